//! Makes the golden files of this version's format: a county's database with data of every kind, and two sessions of it
//! with its city.
//!
//! Invariant: files that are there are never written over: a new format gets a new folder.

use std::path::Path;

use gongkai_app::{App, Verdicts};
use gongkai_journal::{
    Lane, Reach,
    kind::Kind,
    payload::{self, Erase, IncarnationOpen, KeyRevoke},
};
use gongkai_model::{digest::Digest, edition::EditionPayload, id::CatalogId, review::Verdict, revision::ItemBatch};
use gongkai_store::{Arrival, Body, DATABASE_FILE, Draft, MARKER_FILE, Peer, PeerRole, SessionEnd, SessionStart};
use gongkai_sync::{admit::Occasion, message::Carried, want::Tip};

use crate::{
    bed::{Crossed, sync},
    golden::{EXPECTED_FILE, Expected, Frame, Recorded, SESSIONS_FILE, State, folder, kinds},
    nodes::{CITY, COUNTY, TOWN, id, import, join, key, open, operator, root},
};

const AT_MS: i64 = 1_772_424_000_000;

#[tokio::test]
#[ignore = "writes tests/compat/v1/node: once for a format"]
async fn make_the_golden_files() {
    let folder = folder();
    assert!(!folder.exists(), "{} is there: a new format gets a new folder", folder.display());
    let dir = tempfile::tempdir().unwrap();
    let (city_dir, county_dir) = (dir.path().join("city"), dir.path().join("county"));
    let city = root(&city_dir).await;
    let county = join(&city, &county_dir, COUNTY).await;
    sync(&county, &city).await;
    let own = work(&county, &county_dir, &city).await;
    small_tables(&county).await;
    news(&county, &city, &city_dir, &own).await;
    let kinds = kinds(&county).await;
    assert!(Kind::ALL.iter().all(|kind| kinds.contains(kind.word())), "{kinds:?}");
    let before = State::of(&county).await;
    county.store().close().await;
    drop(county);
    std::fs::create_dir_all(&folder).unwrap();
    for file in [MARKER_FILE, DATABASE_FILE] {
        std::fs::copy(county_dir.join(file), folder.join(file)).unwrap();
    }

    let county = open(&county_dir).await;
    let mut sessions = vec![recorded("news on both sides", sync(&county, &city).await)];
    let mut after = vec![State::of(&county).await];
    // The city's feed is another now, and has grown: both sides compare heads.
    let incarnation = city.store().identity().incarnation;
    city.store().renew_identity(incarnation, gongkai_journal::Incarnation::from_bytes([77; 16])).await.unwrap();
    append(&city, &city_dir, vec![Draft::of(Kind::Edition, id(CITY), payload::encode(&edition(2)))]).await;
    sessions.push(recorded("another feed", sync(&county, &city).await));
    after.push(State::of(&county).await);
    write(&folder, SESSIONS_FILE, &sessions);
    write(&folder, EXPECTED_FILE, &Expected { kinds, before, after });
}

fn write(folder: &Path, file: &str, value: &impl serde::Serialize) {
    std::fs::write(folder.join(file), serde_json::to_string_pretty(value).unwrap() + "\n").unwrap();
}

fn recorded(name: &str, crossed: Vec<Crossed>) -> Recorded {
    let frame = |crossed: Crossed| Frame {
        from: if crossed.is_from_child { COUNTY } else { CITY }.to_owned(),
        hex: hex::encode(crossed.bytes),
    };
    Recorded { name: name.to_owned(), frames: crossed.into_iter().map(frame).collect() }
}

async fn append(app: &App, dir: &Path, drafts: Vec<Draft>) -> Vec<Digest> {
    let author = app.store().identity().author();
    let written = app.store().append(drafts, &author, &key(dir), AT_MS).await.unwrap();
    written.iter().map(gongkai_journal::Entry::hash).collect()
}

fn verdicts(verdict: Verdict) -> Verdicts {
    Verdicts {
        submission: None,
        verdict,
        items: Vec::new(),
        note: "as seen".to_owned(),
        approves_rest: true,
        outside: None,
    }
}

/// Ordinary work, and one entry of each kind that it does not bring.
async fn work(county: &App, dir: &Path, city: &App) -> Vec<CatalogId> {
    let clerk = operator(county, "clerk");
    let reviewer = operator(city, "reviewer");
    let own = import(county, "211221-social-assistance.xlsx").await.remove(0);
    county.submit(&clerk, &own, "first".to_owned(), String::new()).await.unwrap();
    county.withdraw(&clerk, &own, "too early".to_owned()).await.unwrap();
    let large = import(county, "211221101-agricultural-subsidies-200.xlsx").await.remove(0);
    county.submit(&clerk, &large, "first".to_owned(), String::new()).await.unwrap();
    sync(county, city).await;
    let (_, decision) = city.decide(&reviewer, &large, verdicts(Verdict::Approve)).await.unwrap();
    city.revoke(&reviewer, &large, decision, "looked at again".to_owned()).await.unwrap();
    sync(county, city).await;

    let raw = |kind: &str, subject: &str, reach, lane, bytes: Vec<u8>| Draft {
        subject: id(subject),
        kind: kind.to_owned(),
        reach,
        lane,
        operator: None,
        about: None,
        payload: Body::Bytes(bytes),
    };
    let revoke = KeyRevoke {
        part: None,
        division: id(TOWN),
        key_id: "0011223344556677".to_owned(),
        good: Vec::new(),
        reason: "lost".to_owned(),
        is_retired: false,
    };
    let open = IncarnationOpen { reason: "init".to_owned(), builds_on: Vec::new() };
    let batch = ItemBatch { catalog: own.clone(), puts: Vec::new(), moves: Vec::new() };
    let unknown = raw("of.a.later.version", COUNTY, Reach::Path, Lane::Work, vec![0, 255, 7]);
    let drafts = vec![
        Draft::of(Kind::KeyRevoke, id(TOWN), payload::encode(&revoke)),
        Draft::of(Kind::IncarnationOpen, id(COUNTY), payload::encode(&open)),
        Draft::of(Kind::ItemBatch, id(COUNTY), payload::encode(&batch)),
        unknown,
        raw("of.a.later.version", COUNTY, Reach::SelfOnly, Lane::Work, b"to be erased".to_vec()),
    ];
    let written = append(county, dir, drafts).await;
    let known = kinds(county).await;
    let rest = Kind::ALL.iter().copied().filter(|kind| !known.contains(kind.word()) && *kind != Kind::Erase);
    // What they say is in the tests of their own; here they only have to be kept.
    let rest = rest.map(|kind| raw(kind.word(), COUNTY, Reach::SelfOnly, Lane::Work, b"{}".to_vec())).collect();
    append(county, dir, rest).await;
    let erase = Erase {
        catalog: None,
        entry: written[4],
        request: None,
        content: None,
        rest: None,
        basis: "PIPL 47".to_owned(),
        reason: "a name".to_owned(),
    };
    let by = append(county, dir, vec![Draft::of(Kind::Erase, id(COUNTY), payload::encode(&erase))]).await;
    assert!(county.store().erase_payload(&written[4], &by[0], COUNTY).await.unwrap());
    vec![large, own]
}

fn edition(number: u64) -> EditionPayload {
    let digest = Digest::of_file(b"edition");
    EditionPayload {
        number,
        previous: None,
        manifest_root: digest,
        manifest: digest,
        catalogs: 1,
        items: 1,
        missing: 0,
        published_at_ms: AT_MS,
        sign_offs: Vec::new(),
        heads: digest,
    }
}

/// Rows of the tables beside the journal, as a daemon would have written them; and a want that nobody can meet.
async fn small_tables(county: &App) {
    let store = county.store();
    let life = gongkai_journal::Incarnation::from_bytes([5; 16]);
    let peer = Peer {
        division: id(CITY),
        role: PeerRole::Parent,
        address: Some("10.21.12.1:7443".to_owned()),
        tls_fingerprint: Some("00".repeat(32)),
        feed_id: Some(life),
        daemon_id: Some(life),
        host: Some("tl-gk-01".to_owned()),
        last_contact_ms: Some(AT_MS),
        mode: "schedule".to_owned(),
        schedule: Some("0 2 * * *".to_owned()),
        since_ms: AT_MS,
    };
    store.put_peer(&peer).await.unwrap();
    let start = SessionStart { peer: id(CITY), carrier: "grpc".to_owned(), started_at_ms: AT_MS };
    let session = store.begin_session(&start).await.unwrap();
    let end = SessionEnd { finished_at_ms: AT_MS + 1, entries_sent: 1, ..SessionEnd::default() };
    store.finish_session(session, &end).await.unwrap();
    store.put_meta("link.last_run_ms", &AT_MS.to_string()).await.unwrap();

    let author = gongkai_journal::Author { division: id(CITY), incarnation: life };
    let stream = gongkai_journal::StreamKey::new(author, id(COUNTY), Reach::Path, Lane::Work);
    let tip = Tip { seq: 3, hash: Digest::of_file(b"nobody has it") };
    let arrival = Arrival {
        peer: id(CITY),
        entries: vec![Carried::Named { stream, tip }],
        occasion: Occasion::Tail,
        advance: None,
        answered: None,
        own: None,
        now_ms: AT_MS,
    };
    store.apply(arrival, &county.world().trust, &|_| None).await.unwrap();
}

/// What both sides have to say in the first session.
async fn news(county: &App, city: &App, city_dir: &Path, catalogs: &[CatalogId]) {
    let clerk = operator(county, "clerk");
    let own = &catalogs[1];
    county.submit(&clerk, own, "again".to_owned(), String::new()).await.unwrap();
    sync(county, city).await;
    city.decide(&operator(city, "reviewer"), own, verdicts(Verdict::Approve)).await.unwrap();
    append(city, city_dir, vec![Draft::of(Kind::Edition, id(CITY), payload::encode(&edition(1)))]).await;
    sync(county, city).await;
    // Left for the recorded session: a decision of the city's own tables, and a draft submitted anew at the county.
    append(city, city_dir, vec![Draft::of(Kind::Edition, id(CITY), payload::encode(&edition(3)))]).await;
    import(county, "211221101-agricultural-subsidies-200-changed.xlsx").await;
    county.submit(&clerk, &catalogs[0], "corrected".to_owned(), String::new()).await.unwrap();
}
