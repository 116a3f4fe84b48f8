//! The whole line on real stores, without sockets: three levels, drafts up, decisions down, one engine per end.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use gongkai_app::{App, Chance, Clock, ImportQuestion, JoinQuestion, SystemChance, SystemClock, Verdicts};
use gongkai_model::{
    id::{CatalogId, Day},
    review::{SubmissionStatus, Verdict},
};
use gongkai_pki::{PkiDir, Request};
use gongkai_seeds::samples;

use bed::{CORRECTED, COUNTY, TOWN, WORKBOOK, import, join, operator, root, sync};

mod bed;

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
    let county = join(&city, &dir.path().join("county"), COUNTY).await;
    sync(&county, &city).await;
    assert!(county.world().tree().len() > 100, "the tree came down");
    let town = join(&county, &dir.path().join("town"), TOWN).await;
    sync(&town, &county).await;
    let catalog = import(&town, WORKBOOK).await.remove(0);
    assert!(import(&town, WORKBOOK).await == vec![catalog.clone()]);
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

    import(&town, CORRECTED).await;
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
    let (clerk, reviewer) = (operator(town, "clerk"), operator(county, "reviewer"));
    match act {
        0 => drop(import(town, WORKBOOK).await),
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
    let county = join(&city, &dir.path().join("county"), COUNTY).await;
    sync(&county, &city).await;
    let town = join(&county, &dir.path().join("town"), TOWN).await;
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
    let county = join(&city, &dir.path().join("county"), COUNTY).await;
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
