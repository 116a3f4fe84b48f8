//! Entries that stand where they do not belong.

use std::path::{Path, PathBuf};

use gongkai_app::App;
use gongkai_journal::{
    Entry, Lane, Reach,
    kind::Kind,
    payload::{self, CustodyPut},
};
use gongkai_model::{digest::Digest, edition::EditionPayload, id::CatalogId, review::SubmissionStatus};
use gongkai_store::{Body, Draft};

use crate::bed::{CITY, COUNTY, TOWN, WORKBOOK, id, import, join, key, operator, root, sync};

/// A city, its county and a town with a submission that only the town has.
struct Line {
    city: App,
    county: App,
    town: App,
    county_dir: PathBuf,
    catalog: CatalogId,
    _dir: tempfile::TempDir,
}

async fn line() -> Line {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let city = root(&at("city")).await;
    let county = join(&city, &at("county"), COUNTY).await;
    sync(&county, &city).await;
    let town = join(&county, &at("town"), TOWN).await;
    sync(&town, &county).await;
    sync(&county, &city).await;
    let catalog = import(&town, WORKBOOK).await.remove(0);
    Line { city, county, town, county_dir: at("county"), catalog, _dir: dir }
}

/// Writes what no honest program would, under the node's own key.
async fn write(app: &App, dir: &Path, kind: Kind, stream: (&str, Reach, Lane), payload: &[u8]) -> Entry {
    let (subject, reach, lane) = stream;
    let draft = Draft {
        subject: id(subject),
        kind: kind.word().to_owned(),
        reach,
        lane,
        operator: Some(operator(app, "clerk").id),
        about: payload::about_text(&kind.into(), payload),
        payload: Body::Bytes(payload.to_vec()),
    };
    let author = app.store().identity().author();
    app.store().append(vec![draft], &author, &key(dir), app.now_ms()).await.unwrap().remove(0)
}

/// Whether a node holds the entry, and the code under which it says that the entry has no effect.
async fn code_at(app: &App, entry: &Entry) -> Option<String> {
    assert!(app.store().entry(&entry.hash()).await.unwrap().is_some(), "{} stores and relays it", app.world().me);
    let explained =
        app.explain(&operator(app, "admin"), &entry.hash().to_hex(), &std::collections::BTreeMap::new()).await.unwrap();
    explained.findings.into_iter().map(|finding| finding.code).find(|code| !code.is_empty())
}

async fn submission_payload(line: &Line) -> Vec<u8> {
    let clerk = operator(&line.town, "clerk");
    let submission = line.town.submit(&clerk, &line.catalog, "first".to_owned(), String::new()).await.unwrap();
    line.town.store().entry(&submission.submission).await.unwrap().unwrap().payload.unwrap()
}

#[tokio::test]
async fn a_countys_submission_about_its_town_under_another_stream_counts_nowhere() {
    let line = line().await;
    let payload = submission_payload(&line).await;
    // Under its own division nothing of it would ever reach the town.
    for stream in
        [(COUNTY, Reach::Path, Lane::Work), (TOWN, Reach::Subtree, Lane::Work), (TOWN, Reach::Path, Lane::Trust)]
    {
        let forged = write(&line.county, &line.county_dir, Kind::Submission, stream, &payload).await;
        sync(&line.county, &line.city).await;
        let seen = line.city.load(&line.catalog).await.unwrap();
        assert!(seen.state.submissions.is_empty(), "{stream:?} counts at the city");
        assert!(
            seen.entries.is_empty()
                && line
                    .city
                    .catalog_rows()
                    .await
                    .unwrap()
                    .iter()
                    .all(|row| { row.summary.catalog != line.catalog || row.summary.status.is_none() })
        );
        assert_eq!(code_at(&line.city, &forged).await.as_deref(), Some("GK-CHAIN-008"));
    }
    // The town's own, in its place, counts as ever.
    sync(&line.town, &line.county).await;
    sync(&line.county, &line.city).await;
    let seen = line.city.load_known(&line.catalog).await.unwrap();
    assert_eq!(seen.state.submissions.len(), 1);
    assert_eq!(seen.state, line.town.load_known(&line.catalog).await.unwrap().state);
}

#[tokio::test]
async fn a_decision_under_another_subject_decides_nothing() {
    let line = line().await;
    submission_payload(&line).await;
    sync(&line.town, &line.county).await;
    sync(&line.county, &line.city).await;
    let head = line.city.load_known(&line.catalog).await.unwrap().state.head().unwrap().clone();
    let step = head.steps.iter().position(|step| step.division == id(COUNTY)).unwrap();
    let act = serde_json::json!({
        "catalog": line.catalog, "submission": head.hash, "step": step, "routing": head.routing,
        "verdict": "return", "opinions": [], "note": "no",
    });
    let payload = serde_json::to_vec(&act).unwrap();
    let forged =
        write(&line.county, &line.county_dir, Kind::Decision, (COUNTY, Reach::Path, Lane::Work), &payload).await;
    sync(&line.county, &line.city).await;
    let seen = line.city.load_known(&line.catalog).await.unwrap().state;
    assert_eq!(seen.head().unwrap().status, head.status);
    assert!(head.status == SubmissionStatus::Received, "{:?}", head.status);
    assert_eq!(code_at(&line.city, &forged).await.as_deref(), Some("GK-CHAIN-008"));
    // The same words in their place are a decision.
    write(&line.county, &line.county_dir, Kind::Decision, (TOWN, Reach::Path, Lane::Work), &payload).await;
    sync(&line.county, &line.city).await;
    let seen = line.city.load_known(&line.catalog).await.unwrap().state;
    assert!(matches!(seen.head().unwrap().status, SubmissionStatus::Returned { .. }));
}

#[tokio::test]
async fn custody_and_editions_of_others_move_nothing() {
    let line = line().await;
    let put = CustodyPut { version: 9, division: id(TOWN), holder: id(COUNTY), kept: None };
    let put = payload::encode(&put);
    let before = line.city.world().custodian(&id(TOWN));
    let taken = write(&line.county, &line.county_dir, Kind::CustodyPut, (COUNTY, Reach::Path, Lane::Trust), &put).await;
    let digest = Digest::of_file(b"edition");
    let edition = EditionPayload {
        number: 99,
        previous: None,
        manifest_root: digest,
        manifest: digest,
        catalogs: 1,
        items: 1,
        missing: 0,
        published_at_ms: 0,
        sign_offs: Vec::new(),
        heads: digest,
    };
    let edition = payload::encode(&edition);
    let stream = (COUNTY, Reach::Subtree, Lane::Work);
    write(&line.county, &line.county_dir, Kind::Edition, stream, &edition).await;
    sync(&line.county, &line.city).await;
    assert_eq!(line.city.world().custodian(&id(TOWN)), before);
    assert_eq!(code_at(&line.city, &taken).await.as_deref(), Some("GK-CHAIN-008"));
    sync(&line.town, &line.county).await;
    for app in [&line.city, &line.town] {
        assert_eq!(app.edition_rows().await.unwrap(), [], "an edition is the top node's");
    }
    // And the top node's counts.
    let own = (CITY, Reach::Subtree, Lane::Work);
    let city_dir = line.county_dir.with_file_name("city");
    write(&line.city, &city_dir, Kind::Edition, own, &edition).await;
    line.city.rebuild().await.unwrap();
    assert_eq!(line.city.edition_rows().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_division_makes_no_second_key_for_itself() {
    let line = line().await;
    let world = line.city.world();
    let cert = world.certificate(&id(COUNTY)).unwrap().clone();
    let mut minted = cert.clone();
    minted.entry_key.public = hex_of(9);
    minted.tls_not_after_ms += 1;
    let payload = payload::encode(&minted);
    write(&line.county, &line.county_dir, Kind::CertPut, (COUNTY, Reach::Path, Lane::Trust), &payload).await;
    sync(&line.county, &line.city).await;
    assert_eq!(line.city.world().certificate(&id(COUNTY)), Some(&cert));
}

fn hex_of(byte: u8) -> String {
    format!("{byte:02x}").repeat(32)
}
