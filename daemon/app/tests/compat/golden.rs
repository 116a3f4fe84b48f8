//! The golden files of format 1: a database with data of every kind, and two sessions over the wire.
//!
//! Invariant: these files never change. A version that reads them opens (and migrates) the database, finds every chain
//! whole, folds the same state from it, and goes through the recorded sessions to the same feed.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use gongkai_app::App;
use gongkai_journal::{kind::Kind, sign::Ed25519Signer};
use gongkai_link::codec;
use gongkai_model::{digest::Digest, id::CatalogId};
use gongkai_store::{DATABASE_FILE, MARKER_FILE};
use gongkai_sync::{message::Message, session::Outcome};
use serde::{Deserialize, Serialize};

use crate::{
    bed::End,
    nodes::{CITY, id, open_signed},
};

pub(crate) const EXPECTED_FILE: &str = "expected.json";
pub(crate) const SESSIONS_FILE: &str = "sessions.json";
/// Kinds of messages that the recorded sessions must show.
const SPOKEN: &str = "ack announce batch done heads hello standing want wanted";

pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/compat/v1/node")
}

/// What is folded from a journal, in digests.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    entries: u64,
    feed_hash: Digest,
    /// Over all heads, by stream.
    heads: Digest,
    divisions: usize,
    table_version: u64,
    /// Status and revision of the head submission, and the draft's revision.
    catalogs: BTreeMap<CatalogId, (String, String, String)>,
}

/// The state before the sessions, and after each.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Expected {
    /// The kinds of its entries: all of this format, and one that nobody knows.
    pub(crate) kinds: BTreeSet<String>,
    pub(crate) before: State,
    pub(crate) after: Vec<State>,
}

/// One frame: who sent it, and its bytes in hexadecimal.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Frame {
    pub(crate) from: String,
    pub(crate) hex: String,
}

/// One session as it crossed the wire.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Recorded {
    pub(crate) name: String,
    pub(crate) frames: Vec<Frame>,
}

impl State {
    pub(crate) async fn of(app: &App) -> Self {
        let world = app.world();
        let feed = app.store().feed_state().await.unwrap();
        let mut catalogs = BTreeMap::new();
        for row in app.catalog_rows().await.unwrap() {
            let catalog = row.summary.catalog.clone();
            let loaded = app.load(&catalog).await.unwrap();
            let head = loaded.state.head();
            let told = (
                head.map_or("-", |head| head.status.word()).to_owned(),
                head.map_or_else(String::new, |head| head.revision.to_string()),
                loaded.draft.as_ref().map_or_else(String::new, |draft| draft.revision.digest().to_string()),
            );
            catalogs.insert(catalog, told);
        }
        Self {
            entries: feed.offset,
            feed_hash: feed.hash,
            heads: heads(app).await,
            divisions: world.tree().len(),
            table_version: world.table_version(),
            catalogs,
        }
    }
}

/// The kinds of all entries.
pub(crate) async fn kinds(app: &App) -> BTreeSet<String> {
    let entries = app.store().entries_after(0, 10_000).await.unwrap();
    entries.into_iter().map(|placed| placed.entry.header.kind.to_string()).collect()
}

async fn heads(app: &App) -> Digest {
    let route = gongkai_journal::Route::of(app.world().tree(), &app.world().me);
    let mut rows: Vec<String> = Vec::new();
    for head in app.store().heads(&route).await.unwrap() {
        let tips: Vec<String> = head.tips.iter().map(|tip| format!("{}:{}", tip.seq, tip.hash)).collect();
        rows.push(format!("{} {}", head.stream.digest(), tips.join(" ")));
    }
    rows.sort();
    Digest::of_file(rows.join("\n").as_bytes())
}

fn read<T: serde::de::DeserializeOwned>(file: &str) -> T {
    let path = folder().join(file);
    serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// A copy of the golden database, opened by this version. The key is another: nothing that it signs is compared.
async fn opened(dir: &Path) -> App {
    for file in [MARKER_FILE, DATABASE_FILE] {
        std::fs::copy(folder().join(file), dir.join(file)).unwrap();
    }
    open_signed(dir, Box::new(Ed25519Signer::from_seed(&[9; 32]).unwrap())).await
}

#[tokio::test]
async fn this_version_opens_the_first_database_and_folds_the_same_state() {
    let dir = tempfile::tempdir().unwrap();
    let app = opened(dir.path()).await;
    let expected: Expected = read(EXPECTED_FILE);
    assert_eq!(State::of(&app).await, expected.before);
    let verified = app.store().verify_chain(&|_, _| {}).await.unwrap();
    assert_eq!((verified.entries, verified.problems), (expected.before.entries, Vec::new()));
    assert_eq!(verified.without_payload, 1, "one payload was erased");
    let (before, after) = app.rebuild().await.unwrap();
    assert_eq!(before, after, "projections are rebuilt the same");
    assert_eq!(State::of(&app).await, expected.before);
}

#[tokio::test]
async fn the_first_database_holds_every_kind_and_every_table() {
    let dir = tempfile::tempdir().unwrap();
    let app = opened(dir.path()).await;
    let store = app.store();
    let expected: Expected = read(EXPECTED_FILE);
    assert_eq!(kinds(&app).await, expected.kinds);
    assert!(expected.kinds.iter().any(|word| Kind::from_word(word).is_none()), "and one that nobody knows");
    assert!(!store.peers().await.unwrap().is_empty());
    assert!(!store.wants(&id(CITY)).await.unwrap().is_empty());
    assert!(store.position_of(&id(CITY)).await.unwrap().is_some());
    assert!(store.acked_of(&id(CITY)).await.unwrap().is_some());
    assert!(!store.sessions(None, 10).await.unwrap().is_empty());
}

#[test]
fn this_version_reads_every_frame_of_the_first_sessions_and_writes_it_again() {
    let sessions: Vec<Recorded> = read(SESSIONS_FILE);
    let mut spoken: BTreeSet<&str> = BTreeSet::new();
    for frame in sessions.iter().flat_map(|session| &session.frames) {
        let message = codec::from_bytes(&hex::decode(&frame.hex).unwrap()).unwrap();
        spoken.insert(word(&message));
        // Compression may become better; what is said may not change.
        let again = codec::from_bytes(&codec::to_bytes(&message).unwrap()).unwrap();
        assert_eq!(again, message);
    }
    assert_eq!(spoken, SPOKEN.split_whitespace().collect());
}

#[tokio::test]
async fn this_version_goes_through_the_first_sessions_to_the_same_feed() {
    let dir = tempfile::tempdir().unwrap();
    let app = opened(dir.path()).await;
    let (sessions, expected): (Vec<Recorded>, Expected) = (read(SESSIONS_FILE), read(EXPECTED_FILE));
    for (session, after) in sessions.iter().zip(&expected.after) {
        let mut end = End::new(&app, &id(CITY));
        end.open().await;
        for frame in session.frames.iter().filter(|frame| frame.from == CITY) {
            end.take(&hex::decode(&frame.hex).unwrap()).await;
        }
        assert_eq!(end.outcome(), Some(&Outcome::Complete), "session `{}`", session.name);
        let found = State::of(&app).await;
        if session.name == "another feed" {
            // The first version went on in a new life wherever a peer stood at a place that it did not know. A place proves
            // nothing: this version compares heads, finds nothing of its own missing, and goes on as it was.
            assert_eq!(found.entries + 1, after.entries, "session `{}`", session.name);
            assert_eq!((&found.catalogs, found.divisions), (&after.catalogs, after.divisions), "{}", session.name);
            continue;
        }
        assert_eq!(&found, after, "session `{}`", session.name);
    }
}

fn word(message: &Message) -> &'static str {
    match message {
        Message::Hello(_) => "hello",
        Message::Announce { .. } => "announce",
        Message::Heads { .. } => "heads",
        Message::Batch(_) => "batch",
        Message::Ack { .. } => "ack",
        Message::Want { .. } => "want",
        Message::Wanted { .. } => "wanted",
        Message::Done { .. } => "done",
        Message::Standing(_) => "standing",
        Message::Refuse(_) => "refuse",
    }
}
