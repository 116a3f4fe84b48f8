//! Bundles as use cases: who may make or read one, whose signature counts, and what is remembered of it.
//!
//! Invariant: whatever a bundle brings goes through the same replica as a session's messages; here is decided whether
//! it is heard at all. One bundle is made or read at a time. Left out: files (link), driving the engine (node).

use gongkai_journal::{
    Route,
    kind::Kind,
    payload::{self, BundleCarried},
    sign::{PublicKey, message},
};
use gongkai_model::{digest::Digest, id::DivisionId};
use gongkai_store::{Draft, SessionEnd, SessionStart};
use gongkai_sync::{
    bundle::{Ask, Claim, Extent, Heard, Ledger, Manifest, Outside, Recorded, Script, Seen, Subject},
    message::{PROTOCOL_MAX, PROTOCOL_MIN},
    position::Position,
    version::PROGRAM,
};
use tokio::sync::MutexGuard;

use crate::{Action, App, Operator, Result, act};

mod error;
mod foresee;
mod status;

pub use error::BundleRefused;
pub use foresee::Foreseen;
pub use status::{BundlePeer, LostBundle, MadeState};

/// Before the neighbour's division in the node's own table.
const LEDGER: &str = "bundle.ledger.";
/// Digits of a hash that a person reads out.
pub(crate) const SPOKEN_DIGITS: usize = 8;
/// What carries such a session, in the record of sessions.
const CARRIER: &str = "bundle";

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct BundleQuestion {
    /// To whom.
    pub to: String,
    /// Everything on the listener's route.
    pub is_full: bool,
    /// Only streams by or about these divisions, whole.
    pub streams: Vec<String>,
    /// Where the listener says by voice that it stands: OFFSET-HEX; empty: what was heard in the usual way.
    pub heard: String,
}

/// A bundle about to be made.
#[derive(Clone, Debug)]
pub struct BundleStart {
    /// To whom.
    pub to: DivisionId,
    /// Its number.
    pub number: u64,
    /// Bundles of the listener that were read here.
    pub receipts: Vec<Digest>,
    /// Our position on its feed.
    pub claim: Option<Position>,
    /// What to tell.
    pub script: Script,
}

/// What is known of a bundle's speaker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BundleJudged {
    /// Who.
    pub from: DivisionId,
    /// Whether it is the parent or a child.
    pub is_neighbour: bool,
    /// Whether what it says of itself is newer than what is known.
    pub is_news: bool,
    /// Whether this very bundle was read before.
    pub is_repeated: bool,
    /// Whether the key is known as the speaker's; if not, only certificates are taken from it, and it is asked again.
    pub is_key_known: bool,
    /// Whether the key was revoked or retired: what its holder signed before is taken, what it says is not.
    pub is_key_ended: bool,
}

impl BundleJudged {
    /// Whether what the bundle says beside its entries counts: where its speaker stands, what it lacks, and how far
    /// we have come on its feed.
    pub fn has_a_say(&self) -> bool {
        self.is_neighbour && !self.is_key_ended
    }
}

/// What a bundle brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BundleTaken {
    /// Entries that were new.
    pub entries: u64,
    /// When its reading began, unix milliseconds.
    pub begun_ms: i64,
    /// The file's length.
    pub bytes: u64,
}

impl App {
    /// Holds others off while a bundle is made or read.
    pub async fn bundling(&self) -> MutexGuard<'_, ()> {
        self.inner.bundling.lock().await
    }

    /// What is told to whom.
    pub async fn begin_bundle(&self, operator: &Operator, asked: &BundleQuestion) -> Result<BundleStart> {
        operator.may(Action::BundleExport)?;
        let to = self.world().division(&asked.to)?.id.clone();
        let ledger = self.bundle_ledger(&to).await?;
        let (number, receipts) = (ledger.last_number + 1, ledger.receipts());
        let script = if asked.streams.is_empty() {
            self.script(&to, &ledger, asked).await?
        } else {
            let subject = Subject { extent: Extent::Asked, acked: None, standing: None };
            Script { asks: self.by_hand(&to, &asked.streams).await?, stands: Vec::new(), ..ledger.script(subject) }
        };
        let claim = self.store().position_of(&to).await?;
        Ok(BundleStart { to, number, receipts, claim, script })
    }

    async fn script(&self, to: &DivisionId, ledger: &Ledger, asked: &BundleQuestion) -> Result<Script> {
        if !self.is_neighbour(to) {
            return Err(BundleRefused::NoNeighbour { to: to.clone() }.into());
        }
        let acked = match asked.heard.as_str() {
            "" => self.store().acked_of(to).await?,
            heard => Some(self.spoken_place(to, heard).await?),
        };
        let extent = if asked.is_full { Extent::Full } else { Extent::News };
        let standing = Some(self.standing_for(to).await?);
        Ok(ledger.script(Subject { extent, acked, standing }))
    }

    /// A place of our feed that somebody read out.
    async fn spoken_place(&self, to: &DivisionId, heard: &str) -> Result<Position> {
        let unknown = || BundleRefused::PlaceUnknown { heard: heard.chars().take(80).collect() };
        let (offset, digits) = heard.trim().split_once('-').ok_or_else(unknown)?;
        let offset: u64 = offset.parse().map_err(|_| unknown())?;
        let hash = self.store().feed_hash_at(offset).await?.ok_or_else(unknown)?;
        let digits = digits.to_ascii_lowercase();
        if digits.len() < SPOKEN_DIGITS || !hash.to_hex().starts_with(&digits) {
            return Err(unknown().into());
        }
        let epoch = Route::of(self.world().tree(), to).epoch();
        Ok(Position { feed_id: self.store().identity().feed_id, offset, hash, epoch })
    }

    /// Whole streams by or about some divisions, as far as the one routing rule lets the listener have them.
    async fn by_hand(&self, to: &DivisionId, named: &[String]) -> Result<Vec<Ask>> {
        let world = self.world();
        let heads = self.store().heads(&Route::of(world.tree(), to)).await?;
        let mut asks = Vec::new();
        for text in named {
            let division = DivisionId::parse(text)?;
            let of_it =
                heads.iter().filter(|head| head.stream.author.division == division || head.stream.subject == division);
            let before = asks.len();
            for head in of_it {
                let ask = |tip: &_| Ask { stream: head.stream.clone(), tip: Clone::clone(tip), haves: Vec::new() };
                asks.extend(head.tips.iter().map(ask));
            }
            if asks.len() == before {
                return Err(BundleRefused::NothingAsked { division, to: to.clone() }.into());
            }
        }
        Ok(asks)
    }

    /// The outside of a bundle that was recorded; its file fills in what it counts.
    pub fn bundle_manifest(&self, start: &BundleStart, recorded: Recorded) -> Manifest {
        let identity = self.store().identity();
        Manifest {
            protocol_min: PROTOCOL_MIN,
            protocol_max: PROTOCOL_MAX,
            program: PROGRAM.to_owned(),
            from: identity.division.clone(),
            to: start.to.clone(),
            incarnation: identity.incarnation,
            number: start.number,
            made_at_ms: self.now_ms(),
            recorded,
            claim: start.claim.clone(),
            receipts: start.receipts.clone(),
            messages: 0,
            body_bytes: 0,
            body_digest: Digest::of_file(&[]),
        }
    }

    /// The key with which this node signs.
    pub fn entry_key(&self) -> PublicKey {
        let signer = &self.inner.signer;
        PublicKey { algorithm: signer.algorithm(), bytes: signer.public_key() }
    }

    /// Signs a bundle's name.
    pub fn sign_bundle(&self, id: &Digest) -> Vec<u8> {
        self.inner.signer.sign(&message(id))
    }

    /// Remembers a bundle whose file is whole, and writes who made it.
    pub async fn note_bundle_made(&self, operator: &Operator, outside: &Outside, bytes: u64) -> Result<()> {
        let Manifest { to, number, recorded, made_at_ms, .. } = &outside.manifest;
        let mut ledger = self.bundle_ledger(to).await?;
        ledger.note_made(outside.mark(), recorded, bytes);
        self.keep_ledger(to, &ledger).await?;
        let end = SessionEnd {
            finished_at_ms: self.now_ms(),
            entries_sent: recorded.whole,
            bytes_sent: bytes,
            ..SessionEnd::default()
        };
        self.note_carried(to, *made_at_ms, &end).await?;
        let told = BundleCarried { division: to.clone(), id: outside.id, number: *number, entries: recorded.whole };
        self.write_carried(operator, Action::BundleExport, Kind::BundleExport, &told).await
    }

    /// Whether a bundle is heard at all.
    pub async fn judge_bundle(&self, operator: &Operator, action: Action, outside: &Outside) -> Result<BundleJudged> {
        operator.may(action)?;
        let world = self.world();
        let Manifest { from, to, receipts, .. } = &outside.manifest;
        if *from == world.me {
            return Err(BundleRefused::Own { me: world.me.clone() }.into());
        }
        if *to != world.me {
            return Err(BundleRefused::ForAnother { to: to.clone(), me: world.me.clone() }.into());
        }
        let keyring = &world.trust.keyring;
        let is_key_ended = keyring.has_ended(from, &outside.key_id);
        let ledger = self.bundle_ledger(from).await?;
        let is_neighbour = self.is_neighbour(from);
        Ok(BundleJudged {
            from: from.clone(),
            is_neighbour,
            is_news: is_neighbour && !is_key_ended && ledger.is_news(&outside.mark(), receipts),
            is_repeated: ledger.has_read(&outside.id),
            is_key_known: keyring.get(from, &outside.key_id).is_some(),
            is_key_ended,
        })
    }

    /// The refusal of a bundle whose key is still not known after its certificates were taken.
    pub fn unknown_key(outside: &Outside) -> crate::Error {
        let key_id = hex::encode(&outside.key_id);
        BundleRefused::KeyUnknown { from: outside.manifest.from.clone(), key_id }.into()
    }

    /// That a bundle's key has been ended.
    pub fn ended_key(outside: &Outside) -> BundleRefused {
        let key_id = hex::encode(&outside.key_id);
        BundleRefused::KeyEnded { from: outside.manifest.from.clone(), key_id }
    }

    /// Remembers what a bundle said and brought, and writes who read it. Ends a hold that waited for this speaker, if
    /// the bundle was made after the speaker had heard of us as we are, tells all that it has, and we lack nothing of
    /// our own.
    pub async fn note_bundle_read(
        &self,
        operator: &Operator,
        outside: &Outside,
        judged: &BundleJudged,
        heard: &Heard,
        taken: &BundleTaken,
    ) -> Result<()> {
        let (from, now_ms) = (&judged.from, self.now_ms());
        if judged.has_a_say() {
            let seen = Seen {
                mark: outside.mark(),
                receipts: outside.manifest.receipts.clone(),
                heads_digest: heard.has_heads.then_some(outside.manifest.recorded.heads_digest),
                entries: taken.entries,
                is_news: judged.is_news,
            };
            let mut ledger = self.bundle_ledger(from).await?;
            ledger.note_heard(heard, seen, now_ms);
            self.keep_ledger(from, &ledger).await?;
            if let Some(standing) = heard.standing.clone() {
                self.hear_standing(from, standing).await?;
            }
            self.note_program(from, &outside.manifest.program, PROTOCOL_MAX.min(outside.manifest.protocol_max)).await?;
            self.compare_by_bundle(from, judged, heard).await?;
        } else if !judged.is_neighbour {
            // Nothing more will come from there: what it named and did not bring is wanted from the neighbours.
            self.store().drop_wants_of(from).await?;
        }
        let end = SessionEnd {
            finished_at_ms: now_ms,
            entries_received: taken.entries,
            bytes_received: taken.bytes,
            ..SessionEnd::default()
        };
        self.note_carried(from, taken.begun_ms, &end).await?;
        let Manifest { number, .. } = outside.manifest;
        let told = BundleCarried { division: from.clone(), id: outside.id, number, entries: taken.entries };
        self.write_carried(operator, Action::BundleImport, Kind::BundleImport, &told).await
    }

    async fn compare_by_bundle(&self, from: &DivisionId, judged: &BundleJudged, heard: &Heard) -> Result<()> {
        let has_heard_us = judged.is_news && heard.has_heads && matches!(heard.claim, Some(Claim::Holds(_)));
        if !has_heard_us {
            return Ok(());
        }
        let me = self.world().me.clone();
        let wants = self.store().wants(from).await?;
        if wants.iter().any(|row| row.want.stream.author.division == me) {
            return Ok(());
        }
        self.compared_with(from).await
    }

    /// Whether there is a link to the division by the tree.
    pub fn is_neighbour(&self, division: &DivisionId) -> bool {
        let world = self.world();
        world.parent() == Some(division) || world.tree().parent(division) == Some(&world.me)
    }

    /// What is remembered of the bundles to and from a neighbour. One that cannot be read was of another version:
    /// bundles are then longer than they need be.
    pub(crate) async fn bundle_ledger(&self, peer: &DivisionId) -> Result<Ledger> {
        let kept = self.store().meta(&format!("{LEDGER}{peer}")).await?;
        Ok(kept.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
    }

    pub(crate) async fn keep_ledger(&self, peer: &DivisionId, ledger: &Ledger) -> Result<()> {
        // Structs with text keys: serialising them cannot fail.
        let text = serde_json::to_string(ledger).unwrap_or_default();
        Ok(self.store().put_meta(&format!("{LEDGER}{peer}"), &text).await?)
    }

    async fn note_carried(&self, peer: &DivisionId, started_at_ms: i64, end: &SessionEnd) -> Result<()> {
        let start = SessionStart { peer: peer.clone(), carrier: CARRIER.to_owned(), started_at_ms };
        let session = self.store().begin_session(&start).await?;
        Ok(self.store().finish_session(session, end).await?)
    }

    async fn write_carried(&self, operator: &Operator, action: Action, kind: Kind, told: &BundleCarried) -> Result<()> {
        let acting = self.begin(operator, action, act::Subject::NODE).await?;
        acting.record_one(Draft::of(kind, self.world().me.clone(), payload::encode(told))).await.map(drop)
    }
}
