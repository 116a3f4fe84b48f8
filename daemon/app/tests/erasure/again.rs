//! More than one removal of the same payload, words without an item, and content that never left its node.

use gongkai_app::{App, EraseQuestion, Verdicts};
use gongkai_model::{id::ItemId, item::CanonicalItem, review::Verdict};

use crate::{Tree, bed, code, is_on_disk};

const LAW: &str = "《个人信息保护法》第四十七条";

/// All items with their contents, in order.
fn items(loaded: &gongkai_app::Loaded) -> Vec<(ItemId, CanonicalItem)> {
    let working = loaded.working().unwrap();
    working.in_order().into_iter().map(|(id, slot)| (id.clone(), slot.item().clone())).collect()
}

async fn all_hear(tree: &Tree) {
    for _ in 0..2 {
        bed::sync(&tree.town, &tree.county).await;
        bed::sync(&tree.county, &tree.city).await;
    }
}

async fn remove(tree: &Tree, question: EraseQuestion) {
    let question = EraseQuestion { basis: LAW.to_owned(), reason: "姓名".to_owned(), ..question };
    let asked = tree.town.ask_erasure(&bed::operator(&tree.town, "clerk"), &tree.catalog, question).await.unwrap();
    all_hear(tree).await;
    let request = asked.entry.unwrap().to_string();
    tree.county.confirm_erasure(&bed::operator(&tree.county, "head"), &request).await.unwrap();
    all_hear(tree).await;
}

async fn same_everywhere(tree: &Tree) {
    let first = tree.load(&tree.town).await.state;
    for app in [&tree.county, &tree.city] {
        assert_eq!(tree.load(app).await.state, first, "{}", app.world().me);
    }
    for app in [&tree.town, &tree.county, &tree.city] {
        assert_eq!(app.store().verify_chain(&|_, _| {}).await.unwrap().problems, []);
        let (kept, made) = app.rebuild().await.unwrap();
        assert_eq!(kept, made);
    }
}

fn nobody_has(tree: &Tree, words: &str) {
    for (name, dir) in [("city", 0), ("county", 1), ("town", 2)] {
        assert!(!is_on_disk(tree.dirs[dir].path(), words), "{name} still has {words}");
    }
}

#[tokio::test]
async fn several_items_of_one_submission_go_one_after_the_other() {
    let tree = Tree::new().await;
    all_hear(&tree).await;
    let before = tree.load(&tree.county).await;
    let all = items(&before);
    for (item, content) in all.iter().take(3) {
        remove(&tree, EraseQuestion { item: item.to_string(), ..EraseQuestion::default() }).await;
        nobody_has(&tree, &content.decode().content);
    }
    for app in [&tree.town, &tree.county, &tree.city] {
        let loaded = tree.load(app).await;
        assert_eq!(loaded.state, before.state, "the review is what it was");
        let now = items(&loaded);
        for ((item, content), (_, left)) in all.iter().zip(&now).take(3) {
            assert_eq!(left.erasure(), Some(content.digest()), "{item}");
        }
        assert_eq!(all[3..], now[3..], "their neighbours stay");
    }
    same_everywhere(&tree).await;
    let rows = tree.county.erase_requests(None).await.unwrap();
    assert_eq!(rows.iter().filter(|row| !row.asked.erased_by.is_empty()).count(), 3);
}

/// A reviewer's note, and an opinion that returns an item.
async fn returned(tree: &Tree, note: &str, words: &str) -> String {
    let reviewer = bed::operator(&tree.county, "reviewer");
    let loaded = tree.load(&tree.county).await;
    let item = items(&loaded)[0].0.to_string();
    let said = Verdicts {
        submission: None,
        verdict: Verdict::Return,
        items: vec![(item, Verdict::Return, words.to_owned())],
        note: note.to_owned(),
        approves_rest: false,
        outside: None,
    };
    tree.county.decide(&reviewer, &tree.catalog, said).await.unwrap().1.to_string()
}

#[tokio::test]
async fn a_decisions_words_go_and_the_decision_stands() {
    let tree = Tree::new().await;
    all_hear(&tree).await;
    let (note, words) = ("户主张三的身份证号不应写在这里", "张三一家的情况请删去");
    let decision = returned(&tree, note, words).await;
    all_hear(&tree).await;
    let status = tree.load(&tree.town).await.state.head().unwrap().status;
    remove(&tree, EraseQuestion { entry: decision.clone(), ..EraseQuestion::default() }).await;
    nobody_has(&tree, note);
    nobody_has(&tree, words);
    for app in [&tree.town, &tree.county, &tree.city] {
        let loaded = tree.load(app).await;
        assert_eq!(loaded.state.head().unwrap().status, status, "it is returned as it was");
    }
    same_everywhere(&tree).await;
    let again =
        EraseQuestion { entry: decision, basis: LAW.to_owned(), reason: "姓名".to_owned(), ..Default::default() };
    let clerk = bed::operator(&tree.town, "clerk");
    assert_eq!(code(tree.town.ask_erasure(&clerk, &tree.catalog, again).await), "GK-ERASE-012", "they are gone");
}

async fn refused(app: &App, tree: &Tree, entry: &str) -> &'static str {
    let (basis, reason) = (LAW.to_owned(), "姓名".to_owned());
    let question = EraseQuestion { entry: entry.to_owned(), basis, reason, ..EraseQuestion::default() };
    code(app.ask_erasure(&bed::operator(app, "clerk"), &tree.catalog, question).await)
}

#[tokio::test]
async fn what_holds_no_words_is_named_and_stays() {
    let tree = Tree::new().await;
    all_hear(&tree).await;
    let loaded = tree.load(&tree.town).await;
    let of = |kind: &str| loaded.entries.iter().find(|entry| &*entry.header.kind == kind).unwrap().hash().to_string();
    assert_eq!(refused(&tree.town, &tree, &of("receipt")).await, "GK-ERASE-012");
    assert_eq!(refused(&tree.town, &tree, &"f".repeat(64)).await, "GK-ERASE-011");
}

#[tokio::test]
async fn a_submissions_reason_goes_from_the_keepers_saves_as_well() {
    let tree = Tree::new().await;
    let reason = "应张三本人要求修改其低保情况";
    let catalog = bed::import(&tree.town, bed::CORRECTED).await.remove(0);
    let clerk = bed::operator(&tree.town, "clerk");
    tree.town.submit(&clerk, &catalog, reason.to_owned(), String::new()).await.unwrap();
    all_hear(&tree).await;
    let submission = tree.load(&tree.town).await.state.head().unwrap().hash.to_string();
    assert!(is_on_disk(tree.dirs[1].path(), reason));
    remove(&tree, EraseQuestion { entry: submission, ..EraseQuestion::default() }).await;
    nobody_has(&tree, reason);
    same_everywhere(&tree).await;
}

#[tokio::test]
async fn content_that_never_left_its_node_goes_by_the_same_two_words() {
    let tree = Tree::new().await;
    all_hear(&tree).await;
    let catalog = bed::import(&tree.town, bed::CORRECTED).await.remove(0);
    assert_eq!(catalog, tree.catalog);
    let loaded = tree.load(&tree.town).await;
    let (head, draft) = (loaded.head_revision().unwrap(), loaded.draft.clone().unwrap().revision);
    let is_new = |id: &ItemId, digest| head.items.get(id).is_none_or(|slot| slot.digest() != digest);
    let fresh = draft.items.iter().find(|(id, slot)| is_new(id, slot.digest())).unwrap();
    let (item, content) = (fresh.0.to_string(), fresh.1.item().clone());
    let question = EraseQuestion { item, content: content.digest().to_string(), ..EraseQuestion::default() };
    remove(&tree, question).await;
    nobody_has(&tree, &content.decode().content);
    same_everywhere(&tree).await;
}
