//! What a node's memory and its start owe to what others write about a catalog: entries of a key that is enrolled, made
//! past every use case, on a real store.
//!
//! Invariant: every number is the process's own, as the system says it. Left out: the wire (tests/hostile).

#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "a test stops at the first surprise")]

use gongkai_app::{App, Clock as _, SystemClock};
use gongkai_journal::{kind::Kind, payload};
use gongkai_model::{
    digest::Digest,
    id::{CatalogId, ItemId},
    item::Item,
    review::{BUDGET, Excess, Submission, SubmissionStatus},
    revision::{Header, Items, Revision, Slot, split},
};
use gongkai_store::Draft;

use bed::{CITY, COUNTY, TOWN, id, join, key, open, root, sync};

mod bed;

/// What a node may grow by, whatever others wrote.
const GROWTH_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// The most memory that this process has had.
fn peak_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

/// Begins to measure anew.
fn forget_peak() {
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
}

/// Somebody who writes about one catalog whatever he likes.
struct Writer {
    app: App,
    dir: std::path::PathBuf,
    catalog: CatalogId,
    routing: Digest,
    last: Option<(Digest, Revision)>,
}

impl Writer {
    fn new(app: &App, dir: &std::path::Path) -> Self {
        Self::of(app, dir, "social-assistance")
    }

    fn of(app: &App, dir: &std::path::Path, domain: &str) -> Self {
        let catalog = CatalogId::parse(&format!("{TOWN}/{domain}")).unwrap();
        let routing = app.world().routing().unwrap().0;
        Self { app: app.clone(), dir: dir.to_owned(), catalog, routing, last: None }
    }

    async fn append(&self, drafts: Vec<(Kind, Vec<u8>)>) -> Vec<Digest> {
        let draft =
            |(kind, payload)| Draft { about: Some(self.catalog.to_string()), ..Draft::of(kind, id(TOWN), payload) };
        let author = self.app.store().identity().author();
        let drafts = drafts.into_iter().map(draft).collect();
        let made = self.app.store().append(drafts, &author, &key(&self.dir), SystemClock.now_ms()).await.unwrap();
        made.iter().map(|entry| entry.hash()).collect()
    }

    /// Submits a content; as a change of the one before, where there is one.
    async fn submit(&mut self, items: Items) {
        let header = Header { title: "社会救助".to_owned(), ..Header::default() }.to_canonical();
        let parents = self.last.iter().map(|(_, revision)| revision.digest()).collect();
        let revision = Revision { catalog: self.catalog.clone(), parents, header, items };
        let body = match &self.last {
            Some((_, base)) => revision.delta_from(base),
            None => revision.full(),
        };
        let (batches, mut body) = split(body, 512 * 1024).unwrap();
        let batches = batches.iter().map(|batch| (Kind::ItemBatch, payload::encode(batch))).collect();
        body.parts = self.append(batches).await;
        let submission = Submission {
            body,
            previous: self.last.as_ref().map(|(hash, _)| *hash),
            knows: Vec::new(),
            custody: None,
            routing: self.routing,
            steps: self.app.world().steps(&self.routing, &self.catalog).unwrap(),
            writers: Vec::new(),
            written: std::collections::BTreeMap::new(),
            since: None,
            reason: String::new(),
            basis_of_change: String::new(),
            effective_from: None,
        };
        let hash = self.append(vec![(Kind::Submission, payload::encode(&submission))]).await.remove(0);
        self.last = Some((hash, revision));
    }
}

fn slot(n: u32, words: &str) -> Slot {
    Slot::new(n, String::new(), Item { content: words.to_owned(), ..Item::default() }.to_canonical())
}

fn item_id(n: u32) -> ItemId {
    ItemId::parse(&format!("i{n}")).unwrap()
}

/// The most memory that a start and a look at a catalog of so many changes take.
async fn peak_of(changes: u32) -> u64 {
    const ITEMS: u32 = 8_000;
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("city");
    let app = root(&at).await;
    let mut writer = Writer::new(&app, &at);
    let mut items: Items = (0..ITEMS).map(|n| (item_id(n), slot(n, ""))).collect();
    writer.submit(items.clone()).await;
    for n in 0..changes {
        items.insert(item_id(n), slot(n, "changed"));
        writer.submit(items.clone()).await;
    }
    let catalog = writer.catalog.clone();
    drop((writer, items));
    app.store().close().await;
    drop(app);

    forget_peak();
    let app = open(&at).await;
    let loaded = app.load_known(&catalog).await.unwrap();
    assert_eq!(loaded.state.submissions.len(), 1 + changes as usize);
    assert_eq!(loaded.state.head().unwrap().status, SubmissionStatus::Submitted);
    let peak = peak_bytes();
    app.store().close().await;
    peak
}

#[tokio::test]
async fn memory_follows_what_was_written_and_not_how_often() {
    let (never, often) = (peak_of(0).await, peak_of(100).await);
    let more = often.saturating_sub(never);
    eprintln!("8,000 items: {} MiB, changed a hundred times {} MiB", never >> 20, often >> 20);
    assert!(more < GROWTH_BYTES_MAX, "a hundred changes of one item took {} MiB", more >> 20);
}

#[tokio::test]
async fn what_is_beyond_the_budget_blocks_the_catalog_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("city");
    let app = root(&at).await;
    let mut writer = Writer::new(&app, &at);
    writer.submit((0..20).map(|n| (item_id(n), slot(n, ""))).collect()).await;
    let more: Vec<(Kind, Vec<u8>)> = (0..BUDGET.submissions).map(|_| (Kind::Submission, b"{}".to_vec())).collect();
    for some in more.chunks(2_000) {
        writer.append(some.to_vec()).await;
    }
    let catalog = writer.catalog.clone();
    app.store().close().await;
    drop((app, writer));

    forget_peak();
    let before = peak_bytes();
    let app = open(&at).await;
    let refused = app.load_known(&catalog).await.err().unwrap();
    assert_eq!(refused.code(), "GK-APP-029");
    assert_eq!(app.load(&catalog).await.unwrap().state.blocked, Some(Excess::Submissions));
    let row = app.catalog_rows().await.unwrap().into_iter().find(|row| row.summary.catalog == catalog).unwrap();
    assert_eq!((row.summary.blocked, row.summary.items), (Some(Excess::Submissions), 0), "the list says so");
    let grown = peak_bytes().saturating_sub(before);
    assert!(grown < GROWTH_BYTES_MAX, "a start took {} MiB", grown >> 20);
    let (one, other) = app.rebuild().await.unwrap();
    assert_eq!(one, other);
}

#[tokio::test]
async fn what_is_in_the_trust_lane_and_no_kind_of_it_is_kept_and_never_read() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("city");
    let app = root(&at).await;
    let author = app.store().identity().author();
    let divisions = app.world().tree().len();
    for n in 0..60u32 {
        let mut draft =
            Draft::of(if n % 2 == 0 { Kind::CertPut } else { Kind::Receipt }, id(TOWN), vec![b' '; 1 << 20]);
        draft.lane = gongkai_journal::Lane::Trust;
        app.store().append(vec![draft], &author, &key(&at), SystemClock.now_ms()).await.unwrap();
    }
    app.store().close().await;
    drop(app);
    // What has come is passed once; every later start asks the lane alone.
    open(&at).await.store().close().await;

    forget_peak();
    let before = peak_bytes();
    let app = open(&at).await;
    let grown = peak_bytes().saturating_sub(before);
    assert_eq!(app.world().tree().len(), divisions);
    eprintln!("60 MiB in the trust lane: a start takes {} MiB", grown >> 20);
    assert!(grown < GROWTH_BYTES_MAX, "a start took {} MiB", grown >> 20);
    let report = app.doctor(false).await.unwrap();
    let usage = report.checks.iter().find(|check| check.name == "usage").unwrap();
    assert!(usage.reason.message.contains("211200 (trust) 6"), "{}", usage.reason.message);
}

/// A first import of 15,000 items, and what a township wrote in eighteen months without a link, in one session.
#[tokio::test]
async fn honest_bulk_is_taken_at_once_on_the_defaults() {
    let dir = tempfile::tempdir().unwrap();
    let city = root(&dir.path().join("city")).await;
    let county = join(&city, &dir.path().join("county"), COUNTY).await;
    sync(&county, &city).await;
    let at = dir.path().join("town");
    let town = join(&county, &at, TOWN).await;
    sync(&town, &county).await;

    let mut import = Writer::of(&town, &at, "social-assistance");
    let words = "依申请公开的救助对象名单、标准和发放结果".repeat(16);
    import.submit((0..15_000).map(|n| (item_id(n), slot(n, &format!("{n} {words}")))).collect()).await;
    let mut months = Writer::of(&town, &at, "public-legal-services");
    let mut items: Items = (0..60).map(|n| (item_id(n), slot(n, ""))).collect();
    for day in 0..540 {
        items.insert(item_id(day % 60), slot(day % 60, &format!("as of day {day}")));
        months.submit(items.clone()).await;
    }

    sync(&town, &county).await;
    assert_eq!(county.store().wants(&id(TOWN)).await.unwrap(), [], "nothing waits");
    let imported = county.load_known(&import.catalog).await.unwrap();
    assert_eq!(imported.head_revision().unwrap().items.len(), 15_000);
    assert_eq!(county.load_known(&months.catalog).await.unwrap().state.submissions.len(), 540);
    let used = county.store().usage().await.unwrap()[&(id(TOWN), gongkai_journal::Lane::Work)];
    assert!(used.bytes > 12 << 20, "{used:?}");
    eprintln!("taken of the township: {} MiB in {} entries", used.bytes >> 20, used.entries);
}

/// A county whose machine is lost gets back what it and its township wrote, from the city, under new keys.
#[tokio::test]
async fn a_countys_rebuild_is_taken_at_once_on_the_defaults() {
    let dir = tempfile::tempdir().unwrap();
    let city = root(&dir.path().join("city")).await;
    let county = join(&city, &dir.path().join("county"), COUNTY).await;
    sync(&county, &city).await;
    let at = dir.path().join("town");
    let town = join(&county, &at, TOWN).await;
    sync(&town, &county).await;
    let mut writer = Writer::of(&town, &at, "social-assistance");
    let mut items: Items = (0..2_000).map(|n| (item_id(n), slot(n, &"救助标准".repeat(60)))).collect();
    for day in 0..200 {
        items.insert(item_id(day), slot(day, &format!("as of day {day}")));
        writer.submit(items.clone()).await;
    }
    for _ in 0..2 {
        sync(&town, &county).await;
        sync(&county, &city).await;
    }
    let before = county.load_known(&writer.catalog).await.unwrap();
    let author = county.store().identity().author();
    // A county writes much of its own, too.
    let key = key(&dir.path().join("county"));
    for some in 0..10 {
        let own = |n: u32| Draft::of(Kind::Receipt, id(TOWN), format!("{{\"n\":{}}}", some * 2_000 + n).into_bytes());
        county.store().append((0..2_000).map(own).collect(), &author, &key, SystemClock.now_ms()).await.unwrap();
    }
    sync(&county, &city).await;
    county.store().close().await;
    drop(county);

    let admin = bed::operator(&city, "admin");
    let invited = city.invite_rebuild(&admin, COUNTY, &["127.0.0.1:1".to_owned()], 60_000).await.unwrap();
    let rebuilt = bed::join_with(&city, &dir.path().join("rebuilt"), &invited.token).await;
    sync(&rebuilt, &city).await;
    assert_eq!(rebuilt.store().wants(&id(CITY)).await.unwrap(), [], "nothing waits");
    assert_eq!(rebuilt.intake().await.unwrap().waiting, []);
    let after = rebuilt.load_known(&writer.catalog).await.unwrap();
    assert_eq!(after.state.submissions.len(), before.state.submissions.len());
    assert_eq!(after.head_revision().unwrap().digest(), before.head_revision().unwrap().digest());
    let used = rebuilt.store().usage().await.unwrap();
    let of = |division: &str| used[&(id(division), gongkai_journal::Lane::Work)];
    eprintln!("taken again: {:?} of the county's own past, {:?} of its township", of(COUNTY), of(TOWN));
    assert!(of(COUNTY).entries >= 20_000 && of(TOWN).entries >= 200);
}
