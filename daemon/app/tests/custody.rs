//! Who keeps a division's catalogs, on real stores: what stood before a town had a node, custody that is given, and
//! custody that is taken, which moves nothing before somebody there or at the top agrees.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use gongkai_app::{App, Doubted, ImportQuestion, Operator, Role, Verdicts};
use gongkai_journal::kind::Kind;
use gongkai_model::{
    id::CatalogId,
    review::{CatalogState, SubmissionStatus, Verdict},
};
use gongkai_seeds::samples;

use bed::{CORRECTED, COUNTY, TOWN, WORKBOOK, id, import, join, operator, root, sync};

mod bed;

/// Another county.
const OTHER: &str = "211223";

fn catalog() -> CatalogId {
    CatalogId::parse("211221101/social-assistance").unwrap()
}

/// A clerk imports a workbook of the town, wherever he sits.
async fn import_for_town(app: &App, file: &str) {
    let sample = samples().iter().find(|sample| sample.file == file).unwrap();
    let (content, file_name) = (sample.bytes.to_vec(), file.to_owned());
    let division = Some(TOWN.to_owned());
    let question = ImportQuestion { content, file_name, division, ..ImportQuestion::default() };
    app.import(&operator(app, "clerk"), question).await.unwrap();
}

async fn submit(app: &App) -> gongkai_model::digest::Digest {
    app.submit(&operator(app, "clerk"), &catalog(), "as planned".to_owned(), String::new()).await.unwrap().submission
}

async fn approve(app: &App) {
    let verdicts = Verdicts {
        submission: None,
        verdict: Verdict::Approve,
        items: Vec::new(),
        note: String::new(),
        approves_rest: true,
        outside: None,
    };
    app.decide(&operator(app, "reviewer"), &catalog(), verdicts).await.unwrap();
}

async fn state(app: &App) -> CatalogState {
    app.load_known(&catalog()).await.unwrap().state
}

async fn statuses(app: &App) -> Vec<SubmissionStatus> {
    state(app).await.submissions.into_iter().map(|submission| submission.status).collect()
}

/// Everybody sees the same, and rows made again are the same.
async fn agree(apps: &[&App]) {
    let first = state(apps[0]).await;
    for app in apps {
        assert_eq!(state(app).await, first, "{}", app.world().me);
        let doubts = app.custody_doubts().await.unwrap();
        let (before, after) = app.rebuild().await.unwrap();
        assert_eq!(before, after, "projections of {} are rebuilt the same", app.world().me);
        assert_eq!(app.custody_doubts().await.unwrap(), doubts);
    }
}

async fn doubts(app: &App) -> Vec<&'static str> {
    app.custody_doubts().await.unwrap().iter().map(gongkai_app::Doubt::code).collect()
}

struct Line {
    dir: tempfile::TempDir,
    city: App,
    county: App,
}

async fn line() -> Line {
    let dir = tempfile::tempdir().unwrap();
    let city = root(&dir.path().join("city")).await;
    let county = join(&city, &dir.path().join("county"), COUNTY).await;
    sync(&county, &city).await;
    Line { dir, city, county }
}

impl Line {
    async fn town(&self) -> App {
        let town = join(&self.county, &self.dir.path().join("town"), TOWN).await;
        sync(&town, &self.county).await;
        sync(&self.county, &self.city).await;
        town
    }
}

#[tokio::test]
async fn what_the_county_kept_before_the_town_had_a_node_stands_when_it_gets_one() {
    let line = line().await;
    import_for_town(&line.county, WORKBOOK).await;
    submit(&line.county).await;
    let reviewer = match statuses(&line.county).await.first().unwrap().open_step() {
        Some(_) => &line.county,
        None => panic!("nothing is open"),
    };
    approve(reviewer).await;
    sync(&line.county, &line.city).await;
    let before = state(&line.city).await;
    assert_eq!(before.head().unwrap().status, SubmissionStatus::Approved);

    let town = line.town().await;
    assert_eq!(doubts(&line.city).await, Vec::<&str>::new());
    for app in [&line.city, &line.county, &town] {
        assert_eq!(state(app).await.approved, before.approved, "{}", app.world().me);
        assert_eq!(app.world().custodian(&id(TOWN)), id(TOWN));
    }
    assert_eq!(line.county.world().certificate(&id(TOWN)).unwrap().kept, before.heads);
    import(&town, CORRECTED).await;
    submit(&town).await;
    sync(&town, &line.county).await;
    sync(&line.county, &line.city).await;
    agree(&[&line.city, &line.county, &town]).await;
    assert_eq!(state(&line.city).await.heads.len(), 1, "it goes on from there");
}

#[tokio::test]
async fn what_a_county_kept_stands_when_the_town_goes_to_another_county_with_a_node_or_without() {
    let line = line().await;
    let other = join(&line.city, &line.dir.path().join("other"), OTHER).await;
    sync(&other, &line.city).await;
    import_for_town(&line.county, WORKBOOK).await;
    let submission = submit(&line.county).await;
    approve(&line.county).await;
    sync(&line.county, &line.city).await;
    let moved = line.city.move_division(&operator(&line.city, "admin"), TOWN, OTHER, false).await.unwrap();
    assert_eq!((moved.nodes, moved.catalogs), (Vec::new(), 1));
    sync(&other, &line.city).await;
    for app in [&line.city, &other] {
        assert_eq!((doubts(app).await, state(app).await.approved), (Vec::new(), vec![submission]));
        assert_eq!(app.world().custodian(&id(TOWN)), id(OTHER));
    }
    import_for_town(&other, CORRECTED).await;
    let next = submit(&other).await;
    sync(&other, &line.city).await;
    assert_eq!(state(&line.city).await.heads, [next]);
    agree(&[&line.city, &other]).await;
}

#[tokio::test]
async fn an_order_stays_what_it_was_when_the_division_has_left_its_author() {
    let line = line().await;
    let other = join(&line.city, &line.dir.path().join("other"), OTHER).await;
    let town = line.town().await;
    line.city.give_custody(&operator(&line.city, "admin"), TOWN, COUNTY, false).await.unwrap();
    sync(&line.county, &line.city).await;
    import_for_town(&line.county, WORKBOOK).await;
    let submission = submit(&line.county).await;
    approve(&line.county).await;
    line.county.give_custody(&operator(&line.county, "admin"), TOWN, TOWN, false).await.unwrap();
    sync(&line.county, &line.city).await;
    sync(&town, &line.county).await;
    line.city.move_division(&operator(&line.city, "admin"), TOWN, OTHER, false).await.unwrap();
    sync(&other, &line.city).await;
    sync(&line.county, &line.city).await;
    sync(&town, &line.county).await;
    for app in [&line.city, &other, &town] {
        let seen = (doubts(app).await, state(app).await.approved);
        assert_eq!(seen, (Vec::new(), vec![submission]), "{}", app.world().me);
        assert_eq!(app.world().custodian(&id(TOWN)), id(TOWN));
    }
    agree(&[&line.city, &other, &town]).await;
}

#[tokio::test]
async fn custody_that_the_county_takes_moves_nothing_before_the_town_or_the_city_agrees() {
    let line = line().await;
    let town = line.town().await;
    import(&town, WORKBOOK).await;
    submit(&town).await;
    sync(&town, &line.county).await;
    let admin = operator(&line.county, "admin");
    let given = line.county.give_custody(&admin, TOWN, COUNTY, false).await.unwrap();
    assert!(given.awaits_word && given.from == id(TOWN));
    sync(&line.county, &line.city).await;
    sync(&town, &line.county).await;
    for app in [&line.city, &line.county, &town] {
        assert_eq!(app.world().custodian(&id(TOWN)), id(TOWN), "{}: the town goes on", app.world().me);
        assert_eq!(doubts(app).await, ["GK-CUSTODY-004"], "{}", app.world().me);
    }
    let doubt = line.county.custody_doubts().await.unwrap().remove(0);
    assert_eq!(doubt.doubted, Doubted::Order { from: id(TOWN), to: id(COUNTY) });
    let entry = doubt.entry.to_hex();
    let own = line.county.confirm_custody(&operator(&line.county, "reviewer"), &entry, "").await.unwrap_err();
    assert_eq!(own.code(), "GK-CUSTODY-002", "not by whoever took it: {own}");
    let unnamed = Operator { is_registered: false, ..Operator::new(&id(TOWN), "root", [Role::Admin]).unwrap() };
    assert_eq!(town.confirm_custody(&unnamed, &entry, "").await.unwrap_err().code(), "GK-APP-018");
    let silent = town.refuse_custody(&operator(&town, "clerk"), &entry, " ").await.unwrap_err();
    assert_eq!(silent.code(), "GK-CUSTODY-003");
    let unknown = town.refuse_custody(&operator(&town, "clerk"), "abcdef", "no").await.unwrap_err();
    assert_eq!(unknown.code(), "GK-CUSTODY-001");

    town.refuse_custody(&operator(&town, "clerk"), &entry, "nobody asked us").await.unwrap();
    sync(&town, &line.county).await;
    sync(&line.county, &line.city).await;
    for app in [&line.city, &line.county, &town] {
        assert_eq!(doubts(app).await, Vec::<&str>::new(), "{}", app.world().me);
        assert_eq!(app.world().custodian(&id(TOWN)), id(TOWN));
    }
    // The machine is broken, says the county, and the city agrees.
    line.county.give_custody(&admin, TOWN, COUNTY, false).await.unwrap();
    sync(&line.county, &line.city).await;
    let entry = line.city.custody_doubts().await.unwrap().remove(0).entry.to_hex();
    line.city.confirm_custody(&operator(&line.city, "publisher"), &entry, "").await.unwrap();
    sync(&line.county, &line.city).await;
    assert_eq!(line.county.world().custodian(&id(TOWN)), id(COUNTY));
    import_for_town(&line.county, CORRECTED).await;
    let submission = submit(&line.county).await;
    let stored = line.county.store().entry(&submission).await.unwrap().unwrap();
    assert!(String::from_utf8_lossy(stored.payload.as_deref().unwrap()).contains(&entry), "it names the order");
    sync(&line.county, &line.city).await;
    sync(&town, &line.county).await;
    assert_eq!(state(&line.city).await.heads, [submission]);
    agree(&[&line.city, &line.county, &town]).await;

    // Given back, what the county put up stands, and the town goes on from it.
    let back = line.county.give_custody(&admin, TOWN, TOWN, false).await.unwrap();
    assert!(!back.awaits_word, "the county gives what is its own");
    sync(&line.county, &line.city).await;
    sync(&town, &line.county).await;
    for app in [&line.city, &line.county, &town] {
        assert_eq!((doubts(app).await, state(app).await.heads), (Vec::new(), vec![submission]));
    }
    import(&town, WORKBOOK).await;
    submit(&town).await;
    sync(&town, &line.county).await;
    sync(&line.county, &line.city).await;
    agree(&[&line.city, &line.county, &town]).await;
    assert_eq!(state(&town).await.submissions.len(), 3);
}

#[tokio::test]
async fn what_a_stolen_key_submits_for_the_town_is_an_alarm_until_somebody_answers() {
    let line = line().await;
    let town = line.town().await;
    import(&town, WORKBOOK).await;
    let genuine = submit(&town).await;
    sync(&town, &line.county).await;
    approve(&line.county).await;
    sync(&line.county, &line.city).await;
    // The same again by the county's hand, word for word: only who says it is a lie.
    let entry = line.county.store().entry(&genuine).await.unwrap().unwrap();
    let mut payload: serde_json::Value = serde_json::from_slice(entry.payload.as_deref().unwrap()).unwrap();
    payload["previous"] = serde_json::json!(genuine);
    let draft = gongkai_store::Draft {
        about: Some(catalog().to_string()),
        operator: Some(operator(&line.county, "clerk").id),
        ..gongkai_store::Draft::of(Kind::Submission, id(TOWN), serde_json::to_vec(&payload).unwrap())
    };
    let author = line.county.store().identity().author();
    let key = bed::key(&line.dir.path().join("county"));
    let forged = line.county.store().append(vec![draft], &author, &key, line.county.now_ms()).await.unwrap().remove(0);
    sync(&line.county, &line.city).await;
    sync(&town, &line.county).await;
    for app in [&line.city, &town] {
        assert_eq!(doubts(app).await, ["GK-CUSTODY-005"], "{}", app.world().me);
        assert_eq!(state(app).await.approved, [genuine]);
        let asked = operator(app, "admin");
        let explained = app.explain(&asked, &forged.hash().to_hex(), &Default::default()).await.unwrap();
        assert!(explained.findings.iter().any(|finding| finding.code == "GK-CUSTODY-005"), "{explained:?}");
        let explained = app.explain(&asked, &catalog().to_string(), &Default::default()).await.unwrap();
        assert!(explained.findings.iter().any(|finding| finding.code == "GK-CUSTODY-005"), "{explained:?}");
    }
    let reviewer = operator(&line.city, "reviewer");
    line.city.refuse_custody(&reviewer, &forged.hash().to_hex(), "a stolen key").await.unwrap();
    sync(&line.county, &line.city).await;
    sync(&town, &line.county).await;
    for app in [&line.city, &line.county, &town] {
        assert_eq!((doubts(app).await, state(app).await.heads), (Vec::new(), vec![genuine]), "{}", app.world().me);
    }
    agree(&[&line.city, &line.county, &town]).await;
}
