//! The whole line on real stores, without sockets: three levels, drafts up, decisions down, one engine per end.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::{collections::VecDeque, path::Path};

use gongkai_app::{
    App, Chance, Clock, Founding, ImportQuestion, JoinQuestion, JoinedParts, Operator, Replica, Role, SystemChance,
    SystemClock, Verdicts, found_root, store_joined,
};
use gongkai_model::{
    id::{CatalogId, Day, DivisionId},
    review::{SubmissionStatus, Verdict},
};
use gongkai_pki::{EntryKey, PkiDir, Request};
use gongkai_seeds::{Seeds, samples};
use gongkai_store::Store;
use gongkai_sync::session::{Effect, Event, Outcome, Session};

async fn open(dir: &Path) -> App {
    let store = Store::open(dir).await.unwrap();
    let key = EntryKey::load(&PkiDir::open(dir).unwrap()).unwrap();
    App::open(dir.to_owned(), store, Box::new(key), Box::new(SystemClock), Box::new(SystemChance)).await.unwrap()
}

fn operator(app: &App, name: &str) -> Operator {
    Operator::new(&app.world().me, name, Role::ALL).unwrap()
}

async fn root(dir: &Path) -> App {
    let division = DivisionId::parse("211200").unwrap();
    let seeds = Seeds::builtin();
    found_root(dir, Founding { division: &division, seeds: &seeds }, &SystemClock, &SystemChance).await.unwrap();
    open(dir).await
}

async fn join(parent: &App, dir: &Path, division: &str) -> App {
    let admin = operator(parent, "admin");
    let invited = parent.invite(&admin, division, &["127.0.0.1:1".to_owned()], 60_000).await.unwrap();
    let token = gongkai_pki::Token::parse(&invited.token).unwrap();
    std::fs::create_dir_all(dir).unwrap();
    let request = Request::make(&PkiDir::open(dir).unwrap(), token.path(), true).unwrap();
    let incarnation = SystemChance.incarnation();
    let question = JoinQuestion { path: token.path().to_vec(), secret: token.secret().to_vec(), request, incarnation };
    let answer = parent.answer_join(question).await.unwrap();
    let joined = JoinedParts {
        path: token.path(),
        grant: &answer.grant,
        pinned: token.root_fingerprint(),
        anchor: answer.anchor,
        incarnation,
        is_rebuilt: answer.is_rebuilt,
    };
    store_joined(dir, joined, &SystemClock, &SystemChance).await.unwrap();
    open(dir).await
}

struct End {
    replica: Replica,
    session: Session,
    outcome: Option<Outcome>,
}

impl End {
    fn new(app: &App, peer: &App) -> Self {
        let peer = peer.world().me.clone();
        let session = Session::new(app.session_facts(peer.clone(), "test".to_owned(), false));
        Self { replica: app.replica(peer), session, outcome: None }
    }

    async fn run(&mut self, event: Event) -> Vec<gongkai_sync::message::Message> {
        let mut out = Vec::new();
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            for effect in self.session.step(event) {
                match effect {
                    Effect::Send(message) => out.push(message),
                    Effect::Finish(outcome) => self.outcome = Some(outcome),
                    effect => events.extend(self.replica.carry_out(effect).await.unwrap()),
                }
            }
        }
        out
    }
}

async fn sync(child: &App, parent: &App) {
    let (mut one, mut two) = (End::new(child, parent), End::new(parent, child));
    let opened = one.replica.opened().await.unwrap();
    let mut to_two = VecDeque::from(one.run(opened).await);
    let opened = two.replica.opened().await.unwrap();
    let mut to_one = VecDeque::from(two.run(opened).await);
    while !to_one.is_empty() || !to_two.is_empty() {
        if let Some(message) = to_one.pop_front() {
            to_two.extend(one.run(Event::Received(message)).await);
        }
        if let Some(message) = to_two.pop_front() {
            to_one.extend(two.run(Event::Received(message)).await);
        }
    }
    assert_eq!((one.outcome, two.outcome), (Some(Outcome::Complete), Some(Outcome::Complete)));
}

async fn import(app: &App, file: &str) -> Vec<CatalogId> {
    let sample = samples().iter().find(|sample| sample.file == file).unwrap_or_else(|| panic!("no sample {file}"));
    let question =
        ImportQuestion { content: sample.bytes.to_vec(), file_name: file.to_owned(), ..ImportQuestion::default() };
    let imported = app.import(&operator(app, "clerk"), question).await.unwrap();
    imported.revisions.into_iter().map(|revision| revision.catalog).collect()
}

fn said(verdict: Verdict, items: Vec<(String, Verdict, String)>) -> Verdicts {
    Verdicts {
        submission: None,
        verdict,
        items,
        note: "see the opinions".to_owned(),
        approves_rest: true,
        outside: None,
    }
}

#[tokio::test]
async fn a_catalog_goes_up_is_returned_corrected_and_approved_and_all_nodes_agree() {
    let dir = tempfile::tempdir().unwrap();
    let city = root(&dir.path().join("city")).await;
    let county = join(&city, &dir.path().join("county"), "211221").await;
    sync(&county, &city).await;
    assert!(county.world().tree().len() > 100, "the tree came down");
    let town = join(&county, &dir.path().join("town"), "211221101").await;
    sync(&town, &county).await;
    let catalog = import(&town, "211221101-social-assistance.xlsx").await.remove(0);
    assert!(import(&town, "211221101-social-assistance.xlsx").await == vec![catalog.clone()]);
    town.submit(&operator(&town, "clerk"), &catalog, "first".to_owned(), String::new()).await.unwrap();

    sync(&town, &county).await;
    sync(&county, &city).await;
    let seen = county.load_known(&catalog).await.unwrap();
    let head = seen.state.head().unwrap().clone();
    let serial = seen.head_revision().unwrap().in_order()[0].1.serial.clone();
    let items = vec![(serial, Verdict::Return, "name the body".to_owned())];
    county.decide(&operator(&county, "reviewer"), &catalog, said(Verdict::Return, items)).await.unwrap();
    sync(&town, &county).await;
    let returned = town.load_known(&catalog).await.unwrap();
    assert_eq!(returned.state.head().unwrap().status, SubmissionStatus::Returned { step: 0 });
    assert_eq!(returned.state.head().unwrap().receipts.len(), 1, "the county confirmed the arrival of {}", head.hash);

    import(&town, "211221101-social-assistance-corrected.xlsx").await;
    town.submit(&operator(&town, "clerk"), &catalog, "corrected".to_owned(), String::new()).await.unwrap();
    sync(&town, &county).await;
    let again = county.load_known(&catalog).await.unwrap();
    let pending = again.state.head().unwrap().pending(0).count();
    assert!(pending > 0 && pending <= 3, "only what changed or was returned: {pending}");
    let older = Verdicts { submission: Some(head.hash), ..said(Verdict::Approve, Vec::new()) };
    let raced = county.decide(&operator(&county, "reviewer"), &catalog, older).await.err().unwrap();
    assert_eq!(raced.code(), "GK-APP-010", "what was looked at is not what stands now");
    county.decide(&operator(&county, "reviewer"), &catalog, said(Verdict::Approve, Vec::new())).await.unwrap();
    sync(&town, &county).await;
    sync(&county, &city).await;

    let states = [&town, &county, &city].map(|app| app.clone());
    let mut seen = Vec::new();
    for app in states {
        seen.push(app.load_known(&catalog).await.unwrap().state);
        let (before, after) = app.rebuild().await.unwrap();
        assert_eq!(before, after, "projections of {} are rebuilt the same", app.world().me);
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[1], seen[2]);
    assert_eq!(seen[2].head().unwrap().status, SubmissionStatus::Approved);
    assert!(city.now_ms() > 0);
}

/// What is remembered of a catalog must be what reading all its entries gives; a day in the past is never remembered.
async fn assert_as_read(app: &App, catalog: &CatalogId, step: &str) {
    let remembered = app.load(catalog).await.unwrap();
    let day = Day::parse("9999-12-31").unwrap();
    let read = app.load_as_of(catalog, Some(&day)).await.unwrap();
    assert_eq!(remembered.entries, read.entries, "after {step}");
    assert_eq!(remembered.state, read.state, "after {step}");
    assert_eq!(remembered.waivers, read.waivers, "after {step}");
    assert!(remembered.revisions.keys().eq(read.revisions.keys()), "after {step}");
    assert_eq!(remembered.grounds, read.grounds, "after {step}");
    let drafts = [remembered, read].map(|loaded| {
        let drafts: Vec<_> = loaded.draft.into_iter().chain(loaded.asides).collect();
        format!("{drafts:?}")
    });
    assert_eq!(drafts[0], drafts[1], "after {step}");
}

/// One act of a clerk or a reviewer, or a session; many are refused as things stand, which is as good a step.
async fn act(town: &App, county: &App, catalog: &CatalogId, act: usize) -> &'static str {
    const FIRST: &str = "211221101-social-assistance.xlsx";
    const CORRECTED: &str = "211221101-social-assistance-corrected.xlsx";
    let (clerk, reviewer) = (operator(town, "clerk"), operator(county, "reviewer"));
    match act {
        0 => drop(import(town, FIRST).await),
        1 => drop(import(town, CORRECTED).await),
        2 => {
            let loaded = town.load(catalog).await.unwrap();
            let file = samples().iter().find(|sample| sample.file == CORRECTED).unwrap();
            let base = loaded.revisions.keys().next().map(|digest| digest.to_hex());
            let (content, file_name) = (file.bytes.to_vec(), file.file.to_owned());
            let question = ImportQuestion { content, file_name, base, ..ImportQuestion::default() };
            let _ = town.import(&operator(town, "second"), question).await;
            return "a save on an older state";
        }
        3 | 4 => drop(town.submit(&clerk, catalog, "as planned".to_owned(), String::new()).await),
        5 => drop(town.withdraw(&clerk, catalog, "too early".to_owned()).await),
        6 => drop(county.decide(&reviewer, catalog, said(Verdict::Return, Vec::new())).await),
        7 => drop(county.decide(&reviewer, catalog, said(Verdict::Approve, Vec::new())).await),
        _ => sync(town, county).await,
    }
    ["import", "import", "", "submit", "submit", "withdraw", "return", "approve"].get(act).unwrap_or(&"a session")
}

#[tokio::test]
async fn what_is_remembered_of_a_catalog_is_what_reading_it_gives() {
    let dir = tempfile::tempdir().unwrap();
    let city = root(&dir.path().join("city")).await;
    let county = join(&city, &dir.path().join("county"), "211221").await;
    sync(&county, &city).await;
    let town = join(&county, &dir.path().join("town"), "211221101").await;
    sync(&town, &county).await;
    let catalog = CatalogId::parse("211221101/social-assistance").unwrap();
    let mut dice = 0x9e37_79b9_u32;
    let mut steps = std::collections::BTreeSet::new();
    for _ in 0..60 {
        dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let step = act(&town, &county, &catalog, (dice >> 16) as usize % 11).await;
        steps.insert(step);
        assert_as_read(&town, &catalog, step).await;
        assert_as_read(&county, &catalog, step).await;
    }
    let loaded = town.load(&catalog).await.unwrap();
    assert!(loaded.state.submissions.len() > 2 && steps.len() == 7, "{} {steps:?}", loaded.state.submissions.len());
}

#[tokio::test]
async fn a_token_enrols_once_and_only_its_division() {
    let dir = tempfile::tempdir().unwrap();
    let city = root(&dir.path().join("city")).await;
    let refused = city.invite(&operator(&city, "admin"), "211221101", &["127.0.0.1:1".to_owned()], 60_000).await;
    assert_eq!(refused.unwrap_err().code(), "GK-APP-021");
    let county = join(&city, &dir.path().join("county"), "211221").await;
    let invited = city.invite(&operator(&city, "admin"), "211282", &["127.0.0.1:1".to_owned()], 60_000).await.unwrap();
    let token = gongkai_pki::Token::parse(&invited.token).unwrap();
    let make = |name: &str| {
        let place = dir.path().join(name);
        std::fs::create_dir_all(&place).unwrap();
        JoinQuestion {
            path: token.path().to_vec(),
            secret: token.secret().to_vec(),
            request: Request::make(&PkiDir::open(&place).unwrap(), token.path(), false).unwrap(),
            incarnation: SystemChance.incarnation(),
        }
    };
    let elsewhere = county.answer_join(make("x")).await.unwrap_err();
    assert_eq!(elsewhere.code(), "GK-APP-022", "another node does not know the token");
    let first = make("a");
    city.answer_join(first.clone()).await.unwrap();
    city.answer_join(first).await.unwrap();
    let second = city.answer_join(make("b")).await.unwrap_err();
    assert_eq!(second.code(), "GK-PKI-013", "{second}");
    assert!(SystemClock.now_ms() > 0);
}
