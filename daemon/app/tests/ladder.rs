//! The ladder approves only what somebody read, on real stores: who wrote what, what an import keeps, what depends on
//! the day.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use gongkai_app::{App, Clock, Error, ImportQuestion, Imported, SystemChance, SystemClock, Verdicts};
use gongkai_model::{
    conflict::ConflictKind,
    domain::{Assignment, TableChange},
    id::{CatalogId, Day, DepartmentSlug, DomainSlug},
    item::Item,
    review::{SubmissionStatus, Verdict},
};
use gongkai_store::Store;

use bed::{COUNTY, TOWN, import, join, key, operator, root, sync};

mod bed;

const HEAD: &str = "社会救助领域基层政务公开标准目录\n\
    序号,一级事项,二级事项,公开内容(要素),公开依据,公开时限,公开主体,公开渠道和载体,公开对象,公开方式,公开层级\n";
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// A table of matters with the limit of each.
fn table(rows: &[(&str, &str)]) -> Vec<u8> {
    let row = |(number, (name, limit)): (usize, &(&str, &str))| {
        format!(
            "{},社会救助,{name},{name}的申请条件、办理流程和审核结果,《社会救助暂行办法》,{limit},新台子镇人民政府,■政府网站,全社会,主动,乡级\n",
            number + 1
        )
    };
    format!("{HEAD}{}", rows.iter().enumerate().map(row).collect::<String>()).into_bytes()
}

fn catalog() -> CatalogId {
    CatalogId::parse(&format!("{TOWN}/social-assistance")).unwrap()
}

/// Somebody keeps a table as the town's catalog.
async fn keep(app: &App, who: &str, rows: &[(&str, &str)], base: Option<String>) -> Imported {
    let division = Some(TOWN.to_owned());
    let (content, file_name) = (table(rows), "社会救助.csv".to_owned());
    let question = ImportQuestion { content, file_name, division, base, ..ImportQuestion::default() };
    app.import(&operator(app, who), question).await.unwrap()
}

async fn submit(app: &App, who: &str) -> Result<(), Error> {
    app.submit(&operator(app, who), &catalog(), "as planned".to_owned(), String::new()).await.map(drop)
}

async fn approve(app: &App, who: &str, items: &[&str]) -> Result<SubmissionStatus, Error> {
    let items: Vec<_> = items.iter().map(|item| ((*item).to_owned(), Verdict::Approve, String::new())).collect();
    let said = Verdicts {
        submission: None,
        verdict: Verdict::Approve,
        approves_rest: items.is_empty(),
        items,
        note: String::new(),
        outside: None,
    };
    let (loaded, _) = app.decide(&operator(app, who), &catalog(), said).await?;
    Ok(loaded.state.head().unwrap().status)
}

/// A county that keeps the catalogs of a town without a node: its own clerks and reviewers are one house.
async fn county(dir: &Path) -> (App, App) {
    let city = root(&dir.join("city")).await;
    let county = join(&city, &dir.join("county"), COUNTY).await;
    sync(&county, &city).await;
    (city, county)
}

fn refused<T>(result: Result<T, Error>) -> &'static str {
    result.err().map_or("", |error| error.code())
}

#[tokio::test]
async fn nobody_reviews_what_he_wrote_whoever_saves_the_rest_or_submits_it() {
    let dir = tempfile::tempdir().unwrap();
    let (_city, county) = county(dir.path()).await;
    keep(&county, "wang", &[("低保", "20个工作日内"), ("特困", "20个工作日内"), ("临时", "长期公开")], None).await;
    keep(&county, "li", &[("低保", "10个工作日内"), ("特困", "20个工作日内"), ("临时", "长期公开")], None).await;
    submit(&county, "li").await.unwrap();
    let head = county.load(&catalog()).await.unwrap().state.head().unwrap().clone();
    let wrote = |who: &str| {
        let who = operator(&county, who).id;
        head.standing.iter().filter(|standing| standing.writers.contains(&who)).count()
    };
    assert_eq!((wrote("wang"), wrote("li")), (4, 2), "three items, and one of them together; the header is of both");
    assert_eq!(refused(approve(&county, "wang", &[]).await), "GK-REVIEW-015");
    assert_eq!(refused(approve(&county, "wang", &["特困"]).await), "GK-REVIEW-015");

    // Taken back, and put up again by somebody who saved nothing of it.
    county.withdraw(&operator(&county, "li"), &catalog(), "核对".to_owned()).await.unwrap();
    submit(&county, "zhang").await.unwrap();
    for who in ["wang", "li", "zhang"] {
        assert_eq!(refused(approve(&county, who, &[]).await), "GK-REVIEW-015", "{who}");
    }
    assert_eq!(approve(&county, "zhao", &[]).await.unwrap(), SubmissionStatus::Approved);

    // What was approved is nobody's any more: the next change is reviewed by whoever did not make it.
    keep(&county, "li", &[("低保", "5个工作日内"), ("特困", "20个工作日内"), ("临时", "长期公开")], None).await;
    submit(&county, "li").await.unwrap();
    assert_eq!(refused(approve(&county, "li", &[]).await), "GK-REVIEW-015");
    assert_eq!(approve(&county, "wang", &[]).await.unwrap(), SubmissionStatus::Approved);
}

#[tokio::test]
async fn what_an_import_says_to_keep_is_kept_also_where_a_draft_beside_says_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let (_city, county) = county(dir.path()).await;
    let first = keep(&county, "li", &[("低保", "20个工作日内"), ("特困", "20个工作日内")], None).await;
    let base = first.revisions[0].revision.to_hex();
    keep(&county, "li", &[("低保", "15个工作日内"), ("特困", "20个工作日内")], None).await;
    let theirs = [("低保", "7个工作日内"), ("特困", "20个工作日内")];
    let aside = keep(&county, "zhang", &theirs, Some(base.clone())).await;
    assert!(aside.revisions[0].is_new);
    assert!(!keep(&county, "zhang", &theirs, Some(base)).await.revisions[0].is_new, "it stands there already");
    let loaded = county.load(&catalog()).await.unwrap();
    assert_eq!((loaded.asides.len(), county.conflicts_of(&loaded).await.unwrap().len()), (1, 1));

    let taken = keep(&county, "li", &theirs, None).await;
    let loaded = county.load(&catalog()).await.unwrap();
    let limits = |items: Vec<Item>| items.into_iter().map(|item| item.time_limit_text).collect::<Vec<_>>();
    let working = loaded.working().unwrap();
    let items = working.in_order().into_iter().map(|(_, slot)| slot.item().decode()).collect();
    assert_eq!(limits(items), ["7个工作日内", "20个工作日内"]);
    assert_eq!((taken.revisions[0].is_new, taken.revisions[0].revision), (true, working.digest()));
    assert!(loaded.asides.is_empty() && county.conflicts_of(&loaded).await.unwrap().is_empty());
    submit(&county, "li").await.unwrap();
    let head = county.load(&catalog()).await.unwrap().state.head().unwrap().clone();
    assert!(head.writers.contains(&operator(&county, "zhang").id), "his words stand in it: {:?}", head.writers);
}

#[tokio::test]
async fn a_division_that_moves_and_moves_back_on_one_day_keeps_what_it_submitted_between() {
    let dir = tempfile::tempdir().unwrap();
    let city = root(&dir.path().join("city")).await;
    let admin = operator(&city, "admin");
    let limits = ["20个工作日内", "15个工作日内", "10个工作日内"];
    for (limit, to) in limits.into_iter().zip([Some("211223"), Some(COUNTY), None]) {
        keep(&city, "li", &[("低保", limit)], None).await;
        submit(&city, "li").await.unwrap();
        if let Some(to) = to {
            city.move_division(&admin, TOWN, to, false).await.unwrap();
        }
    }
    let loaded = city.load(&catalog()).await.unwrap();
    let reviewers: Vec<&str> = loaded.state.submissions.iter().map(|one| one.steps[0].division.as_str()).collect();
    assert_eq!(reviewers, [COUNTY, "211223", COUNTY], "each is judged by the tree that it was made under");
    assert!(loaded.state.void.is_empty() && loaded.state.waiting.is_empty(), "{:?}", loaded.state.void);
}

/// A clock that the test sets.
#[derive(Clone, Default)]
struct Set(Arc<AtomicI64>);

impl Clock for Set {
    fn now_ms(&self) -> i64 {
        SystemClock.now_ms() + self.0.load(Ordering::Relaxed)
    }
}

#[tokio::test]
async fn a_day_that_moves_a_review_is_in_the_list_and_in_no_row() {
    let dir = tempfile::tempdir().unwrap();
    let (city, county) = county(dir.path()).await;
    let tomorrow = Day::in_china(SystemClock.now_ms() + DAY_MS);
    let assignment = Assignment { department: DepartmentSlug::parse("dept-education").unwrap(), from: tomorrow };
    let domain = DomainSlug::parse("social-assistance").unwrap();
    city.change_table(&operator(&city, "admin"), TableChange::Assign { domain, assignment }, false).await.unwrap();
    sync(&county, &city).await;
    let town = join(&county, &dir.path().join("town"), TOWN).await;
    sync(&town, &county).await;
    import(&town, bed::WORKBOOK).await;
    town.submit(&operator(&town, "clerk"), &catalog(), "first".to_owned(), String::new()).await.unwrap();
    sync(&town, &county).await;
    let kinds = |found: Vec<gongkai_model::conflict::Conflict>| found.iter().map(|one| one.kind).collect::<Vec<_>>();
    assert_eq!(kinds(county.conflicts().await.unwrap()), []);

    let place = dir.path().join("county");
    county.store().close().await;
    drop(county);
    let (store, clock) = (Store::open(&place).await.unwrap(), Set::default());
    let county =
        App::open(place.clone(), store, Box::new(key(&place)), Box::new(clock.clone()), Box::new(SystemChance));
    let county = county.await.unwrap();
    clock.0.store(2 * DAY_MS, Ordering::Relaxed);
    county.refresh_world().await.unwrap();
    let said = approve(&county, "reviewer", &[]).await;
    assert_eq!(refused(said), "GK-ROUTE-002");
    assert_eq!(kinds(county.conflicts().await.unwrap()), [ConflictKind::Department], "what is refused is listed");
    let (before, after) = county.rebuild().await.unwrap();
    assert_eq!(before, after, "a row says the same on every day");
}

#[tokio::test]
async fn an_item_that_returns_under_a_new_id_is_one() {
    let dir = tempfile::tempdir().unwrap();
    let (_city, county) = county(dir.path()).await;
    let both = [("低保审核确认", "20个工作日内"), ("特困人员供养", "20个工作日内"), ("临时救助", "长期公开")];
    keep(&county, "li", &both, None).await;
    submit(&county, "li").await.unwrap();
    assert_eq!(approve(&county, "zhao", &[]).await.unwrap(), SubmissionStatus::Approved);
    // Gone from the file, and back in the next one: the second import knows the item no more.
    keep(&county, "li", &both[1..], None).await;
    keep(&county, "li", &both, None).await;
    submit(&county, "li").await.unwrap();
    let loaded = county.load(&catalog()).await.unwrap();
    let head = loaded.state.head().unwrap();
    let asked: Vec<_> = head.pending(0).map(|standing| standing.target.clone()).collect();
    assert_eq!(asked.len(), 2, "the removal and the addition are both looked at: {asked:?}");
    assert_eq!(loaded.pending_counts(head), (1, 2), "and are one of three matters");
    let asked = loaded.asked(head);
    assert_eq!((asked.added, asked.changed, asked.removed), (0, 1, 0));
}
