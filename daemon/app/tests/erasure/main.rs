//! Content removed by law, on three nodes: the town that wrote it, the county that confirms, and the city.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod again;
mod bare;
#[path = "../bed/mod.rs"]
mod bed;

use std::path::Path;

use gongkai_app::{App, EraseQuestion, Loaded, Operator, Role};
use gongkai_model::{
    id::{CatalogId, ItemId},
    item::CanonicalItem,
};

/// The tree after the town's catalog went up and was approved by nobody yet.
struct Tree {
    dirs: Vec<tempfile::TempDir>,
    city: App,
    county: App,
    town: App,
    catalog: CatalogId,
}

impl Tree {
    async fn new() -> Self {
        let dirs: Vec<tempfile::TempDir> = (0..3).map(|_| tempfile::tempdir().unwrap()).collect();
        let city = bed::root(&dirs[0].path().join("city")).await;
        let county = bed::join(&city, &dirs[1].path().join("county"), bed::COUNTY).await;
        bed::sync(&county, &city).await;
        let town = bed::join(&county, &dirs[2].path().join("town"), bed::TOWN).await;
        bed::sync(&town, &county).await;
        let catalog = bed::import(&town, bed::WORKBOOK).await.remove(0);
        town.submit(&bed::operator(&town, "clerk"), &catalog, String::new(), String::new()).await.unwrap();
        Self { dirs, city, county, town, catalog }
    }

    async fn load(&self, app: &App) -> Loaded {
        app.load(&self.catalog).await.unwrap()
    }

    async fn ask(&self, item: &ItemId) -> Result<gongkai_app::EraseAsked, gongkai_app::Error> {
        let question = EraseQuestion {
            item: item.to_string(),
            basis: "《个人信息保护法》第四十七条".to_owned(),
            reason: "姓名".to_owned(),
            ..EraseQuestion::default()
        };
        self.town.ask_erasure(&bed::operator(&self.town, "clerk"), &self.catalog, question).await
    }
}

/// The first item, and its content.
fn first(loaded: &Loaded) -> (ItemId, CanonicalItem) {
    let (id, slot) = loaded.working().unwrap().in_order()[0];
    (id.clone(), slot.item().clone())
}

/// Whether some file of a directory holds these words.
fn is_on_disk(dir: &Path, words: &str) -> bool {
    let mut open = vec![dir.to_owned()];
    while let Some(dir) = open.pop() {
        for file in std::fs::read_dir(dir).unwrap() {
            let path = file.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if std::fs::read(&path).unwrap().windows(words.len()).any(|window| window == words.as_bytes()) {
                return true;
            }
        }
    }
    false
}

fn code(result: Result<impl Sized, gongkai_app::Error>) -> &'static str {
    result.err().map_or("", |error| error.code())
}

#[tokio::test]
async fn one_item_goes_everywhere_and_its_neighbours_stay_under_the_same_digests() {
    let tree = Tree::new().await;
    bed::sync(&tree.town, &tree.county).await;
    let before = tree.load(&tree.county).await;
    let (item, content) = first(&before);
    let words = content.decode().content;
    assert!(words.chars().count() > 20, "{words}");
    let asked = tree.ask(&item).await.unwrap();
    let request = asked.entry.unwrap().to_string();
    bed::sync(&tree.town, &tree.county).await;
    let (row, entries) = tree.county.confirm_erasure(&bed::operator(&tree.county, "head"), &request).await.unwrap();
    assert!(entries > 0 && !row.asked.erased_by.is_empty());
    // The town hears of it after the county; the city never had the content.
    bed::sync(&tree.town, &tree.county).await;
    bed::sync(&tree.county, &tree.city).await;
    for (app, dir) in [(&tree.town, 2), (&tree.county, 1), (&tree.city, 0)] {
        let loaded = tree.load(app).await;
        let revision = loaded.head_revision().unwrap();
        assert_eq!(revision.digest(), before.head_revision().unwrap().digest());
        assert_eq!(loaded.state, before.state, "the review is what it was");
        assert_eq!(revision.items[&item].item().erasure(), Some(content.digest()));
        assert!(revision.items.len() > 1);
        for (id, slot) in revision.items.iter().filter(|(id, _)| **id != item) {
            assert_eq!(slot, &before.head_revision().unwrap().items[id]);
        }
        assert!(!is_on_disk(tree.dirs[dir].path(), &words), "node {dir} still has the words");
        let verified = app.store().verify_chain(&|_, _| {}).await.unwrap();
        assert_eq!(verified.problems, vec![]);
    }
    // Neither projections nor a fold from nothing know it better.
    let (kept, made) = tree.county.rebuild().await.unwrap();
    assert_eq!(kept, made);
}

#[tokio::test]
async fn one_person_alone_erases_nothing() {
    let tree = Tree::new().await;
    let (item, _) = first(&tree.load(&tree.town).await);
    let request = tree.ask(&item).await.unwrap().entry.unwrap().to_string();
    let clerk = bed::operator(&tree.town, "clerk");
    assert_eq!(code(tree.town.confirm_erasure(&clerk, &request).await), "GK-ERASE-007");
    assert_eq!(code(tree.town.confirm_erasure(&clerk, "000000").await), "GK-ERASE-004");
    let question = EraseQuestion { item: item.to_string(), ..EraseQuestion::default() };
    assert_eq!(code(tree.town.ask_erasure(&clerk, &tree.catalog, question).await), "GK-ERASE-003");
    // The clerk of another domain neither asks nor confirms.
    let mut other = Operator::new(&tree.town.world().me, "other", [Role::Clerk]).unwrap();
    other.domains.insert(gongkai_model::id::DomainSlug::parse("education").unwrap());
    let question = EraseQuestion {
        item: item.to_string(),
        basis: "x".to_owned(),
        reason: "x".to_owned(),
        ..EraseQuestion::default()
    };
    assert_eq!(code(tree.town.ask_erasure(&other, &tree.catalog, question).await), "GK-APP-013");
    assert!(tree.load(&tree.town).await.erasures.is_empty());
}

#[tokio::test]
async fn what_was_removed_does_not_come_back_by_the_same_file() {
    let tree = Tree::new().await;
    bed::sync(&tree.town, &tree.county).await;
    let (item, content) = first(&tree.load(&tree.county).await);
    let words = content.decode().content;
    let request = tree.ask(&item).await.unwrap().entry.unwrap().to_string();
    bed::sync(&tree.town, &tree.county).await;
    tree.county.confirm_erasure(&bed::operator(&tree.county, "head"), &request).await.unwrap();
    bed::sync(&tree.town, &tree.county).await;
    // The clerk still has the file, and imports it again.
    let sample = gongkai_seeds::samples().iter().find(|sample| sample.file == bed::WORKBOOK).unwrap();
    let (content, file_name) = (sample.bytes.to_vec(), bed::WORKBOOK.to_owned());
    let question = gongkai_app::ImportQuestion { content, file_name, ..Default::default() };
    let again = tree.town.import(&bed::operator(&tree.town, "clerk"), question).await;
    assert_eq!(code(again), "GK-ERASE-009");
    assert!(!is_on_disk(tree.dirs[2].path(), words.lines().next().unwrap()));
}
