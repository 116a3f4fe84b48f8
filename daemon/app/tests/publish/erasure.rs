//! Content removed by law after it was published: it leaves the editions, and their roots stand.
//!
//! Claims: the directory and all later ones are made again without the words; roots and numbers stay; `verify` names what
//! is gone; the next edition is made on top of it.

use gongkai_app::{EraseQuestion, Role};
use gongkai_publish::verify;

use crate::bed::{BUDGETS, Bed};

/// Whether some file of a directory holds these words.
fn shows(dir: &std::path::Path, words: &str) -> bool {
    std::fs::read_dir(dir).unwrap().any(|file| {
        let path = file.unwrap().path();
        if path.is_dir() {
            return shows(&path, words);
        }
        std::fs::read(&path).unwrap().windows(words.len()).any(|window| window == words.as_bytes())
    })
}

#[tokio::test]
async fn published_content_leaves_every_edition_and_the_roots_stand() {
    let bed = Bed::new().await;
    let catalog = bed.approved(BUDGETS).await;
    let words = "张某某，低保户，住铁岭县新台子镇";
    bed.change(&catalog, |index, item| {
        if index == 0 {
            words.clone_into(&mut item.content);
        }
    })
    .await;
    bed.submit(&catalog).await;
    bed.approve(&catalog).await;
    let first = bed.publish().await;
    // The clerk mends the item; the first edition still says it.
    bed.change(&catalog, |index, item| {
        if index == 0 {
            "低保对象名单按规定公开".clone_into(&mut item.content);
        }
    })
    .await;
    bed.submit(&catalog).await;
    bed.approve(&catalog).await;
    let second = bed.publish().await;
    assert!(shows(&bed.edition_dir(1), words));

    let loaded = bed.app.load_known(&catalog).await.unwrap();
    let held = loaded.revisions.values().flat_map(|revision| &revision.items);
    let (item, slot) = held
        .into_iter()
        .find(|(_, slot)| slot.item().decode().content == words)
        .map(|(id, slot)| (id.clone(), slot))
        .unwrap();
    let content = slot.digest();
    let question = EraseQuestion {
        item: item.to_string(),
        content: content.to_hex(),
        basis: "《个人信息保护法》第四十七条".to_owned(),
        reason: "姓名".to_owned(),
        ..EraseQuestion::default()
    };
    let asked = bed.app.ask_erasure(&bed.operator("clerk", &[Role::Clerk]), &catalog, question).await.unwrap();
    let request = asked.entry.unwrap().to_string();
    let clerk = bed.operator("clerk", &[Role::Clerk, Role::Publisher]);
    let refused = bed.app.confirm_erasure(&clerk, &request).await.err().unwrap();
    assert_eq!(refused.code(), "GK-ERASE-006", "whoever asked does not confirm");
    bed.app.confirm_erasure(&bed.operator("head", &[Role::Publisher]), &request).await.unwrap();

    assert_eq!(bed.app.complete_editions(&bed.editions()).await.unwrap(), [1, 2]);
    for (number, root) in [(1, first.manifest_root), (2, second.manifest_root)] {
        assert!(!shows(&bed.edition_dir(number), words), "edition {number}");
        let verified = verify(&bed.edition_dir(number), None).unwrap();
        assert_eq!((verified.edition, verified.edition_root), (number, root));
        let named = verified.warnings.iter().filter(|warning| warning.code == "GK-PUB-041");
        assert_eq!(named.count(), usize::from(number == 1), "only the first held it");
    }
    assert!(bed.app.complete_editions(&bed.editions()).await.unwrap().is_empty(), "once");
    // The next edition stands on what was made again.
    bed.change(&catalog, |index, item| {
        if index == 1 {
            item.content.push_str("（修订）");
        }
    })
    .await;
    bed.submit(&catalog).await;
    bed.approve(&catalog).await;
    assert_eq!(bed.publish().await.number, 3);
    verify(&bed.edition_dir(3), None).unwrap();
}
