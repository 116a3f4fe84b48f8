//! Looking at a bundle: what it is, and what reading it would bring.
//!
//! Invariant: nothing is taken. Without a node only the file itself is looked at: whether it is whole, and which key
//! signed it; whose key that is, a journal says.

use std::path::Path;

use gongkai_app::{Action, BundleJudged, Foreseen, Operator};
use gongkai_link::bundle::BundleReader;
use gongkai_sync::{bundle::Outside, message::Message, position::Position};
use serde::Serialize;

use crate::{Error, links::Shared};

/// What was found.
#[derive(Debug)]
pub(crate) struct Inspected {
    pub(crate) outside: Outside,
    /// Why it would not be read here.
    pub(crate) judged: Result<BundleJudged, Error>,
    pub(crate) foreseen: Foreseen,
    pub(crate) stands: Option<Position>,
    pub(crate) missing_numbers: Vec<u64>,
}

/// Looks at a bundle in the light of this node's journal.
pub(crate) async fn inspect(
    shared: &Shared,
    operator: &Operator,
    mut reader: BundleReader,
) -> Result<Inspected, Error> {
    let app = &shared.app;
    let outside = reader.outside().clone();
    let judged = app.judge_bundle(operator, Action::BundleInspect, &outside).await.map_err(Error::from);
    let from = outside.manifest.from.clone();
    let mut foreseen = Foreseen::default();
    if judged.is_ok() {
        while let Some(message) = reader.next_message()? {
            app.foresee(&from, &message, &mut foreseen).await?;
        }
    }
    let stands = app.store().position_of(&from).await?;
    let peers = app.bundle_status(Some(&from)).await?;
    let missing_numbers = peers.first().map(|peer| peer.ledger.missing_numbers()).unwrap_or_default();
    Ok(Inspected { outside, judged, foreseen, stands, missing_numbers })
}

/// What a file says of itself.
#[derive(Clone, Debug, Serialize)]
pub struct SeenBundle {
    /// The digest of its manifest.
    pub id: String,
    /// Counted by its speaker for this listener.
    pub number: u64,
    /// Who says that he made it.
    pub from: String,
    /// For whom.
    pub to: String,
    /// When, unix milliseconds.
    pub made_at_ms: i64,
    /// The part of the speaker's feed that is in it.
    pub begin_offset: u64,
    /// Its end.
    pub end_offset: u64,
    /// The running hash there.
    pub end_hash: String,
    /// Whether it holds everything on the route.
    pub is_full: bool,
    /// Entries told whole.
    pub entries: u64,
    /// Entries told by name.
    pub named: u64,
    /// Of the whole ones: of the trust lane.
    pub trust: u64,
    /// Streams that the speaker asks for.
    pub asks: u64,
    /// The file's length.
    pub bytes: u64,
    /// The maker's program.
    pub program: String,
    /// The key that signed it.
    pub key_id: String,
}

/// Looks at a file without a node: every byte of it is checked, every message read.
pub fn inspect_file(path: &Path) -> Result<SeenBundle, Error> {
    let mut reader = BundleReader::open(path)?;
    while let Some(message) = reader.next_message()? {
        drop::<Message>(message);
    }
    let bytes = std::fs::metadata(path).map_err(|source| Error::file("read", path, source))?.len();
    let Outside { id, key_id, manifest } = reader.outside();
    let recorded = &manifest.recorded;
    Ok(SeenBundle {
        id: id.to_string(),
        number: manifest.number,
        from: manifest.from.to_string(),
        to: manifest.to.to_string(),
        made_at_ms: manifest.made_at_ms,
        begin_offset: recorded.from.offset,
        end_offset: recorded.to.offset,
        end_hash: recorded.to.hash.short(),
        is_full: recorded.is_full,
        entries: recorded.whole,
        named: recorded.named,
        trust: recorded.trust,
        asks: recorded.asks,
        bytes,
        program: manifest.program.clone(),
        key_id: hex::encode(key_id),
    })
}
