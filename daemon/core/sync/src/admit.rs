//! Admission: what becomes of entries that a peer or a bundle brought.
//!
//! Invariant: nothing is dropped in silence. Each entry is appended, already known, wanted (its prerequisites are
//! missing), or at fault (its stream stops and the sender is told). Both branches of a fork are kept.
//! Left out: what entries mean; that is the fold's business and never stops a stream.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use gongkai_journal::{
    Author, Entry, EntryHash, Lane, Route, StreamKey,
    keys::{Keyring, SignatureFault, certificate_of},
    route::Ancestry,
};
use gongkai_model::{digest::Digest, id::DivisionId, tree::Tree};

use crate::{
    allowance::Room,
    message::{Carried, Fault},
    want::{Tip, Want, Why},
};

/// Branches of one stream kept; more is an attack or a broken machine, and stops the stream.
pub const BRANCHES_MAX: usize = 8;
/// Streams of one life that a node holds, for each division that its author may write about: three reaches on two lanes,
/// and more than as many again for what later versions bring.
pub const STREAMS_PER_SUBJECT_MAX: u64 = 16;

/// What the store knows of the entries and streams that a batch touches, read in the same transaction.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Entries held: hash → (stream digest, seq). Must cover every hash and previous hash of the batch.
    pub entries: BTreeMap<EntryHash, (Digest, u64)>,
    /// Of these, the ones held without their payload although nobody erased it.
    pub bare: BTreeSet<EntryHash>,
    /// Number of tips by stream digest. Must cover every stream of the batch.
    pub tips: BTreeMap<Digest, BTreeSet<EntryHash>>,
    /// What may still be taken of an author in a lane. Of whom it says nothing, all is taken.
    pub rooms: BTreeMap<(DivisionId, Lane), Room>,
    /// Of lives that open a stream here how many are held already. Of whom it says nothing, all are taken.
    pub streams: BTreeMap<Author, u64>,
    /// The disk is nearly full: work of others waits; keys, orders and what one has lost oneself does not.
    pub is_disk_short: bool,
}

/// What to commit.
#[derive(Clone, Debug, Default)]
pub struct Admission {
    /// To append, in this order.
    pub append: Vec<Entry>,
    /// Held already, and here at last with their payload.
    pub fill: Vec<Entry>,
    /// To note as wanted; the store keeps one per (stream, tip).
    pub wants: Vec<Want>,
    /// To tell the sender and to show.
    pub faults: Vec<Fault>,
}

/// A chain fault's permanent code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChainFault {
    /// Not on this node's route.
    Misrouted,
    /// The previous hash names an entry of another stream or sequence.
    BrokenChain,
    /// The signature is not the author's.
    BadSignature,
    /// The key was revoked before this entry.
    RevokedKey,
    /// The payload is not the one that the header names.
    WrongPayload,
    /// More than [`BRANCHES_MAX`] branches.
    TooManyBranches,
    /// The author never stood above the division that it writes about.
    NotAbove,
}

impl ChainFault {
    /// The permanent code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Misrouted => "GK-CHAIN-001",
            Self::BrokenChain => "GK-CHAIN-002",
            Self::BadSignature => "GK-CHAIN-003",
            Self::RevokedKey => "GK-CHAIN-004",
            Self::WrongPayload => "GK-CHAIN-005",
            Self::TooManyBranches => "GK-CHAIN-006",
            Self::NotAbove => "GK-CHAIN-007",
        }
    }
}

/// Hashes and streams that [`Known`] must cover for these entries.
pub fn needs(entries: &[Carried]) -> (BTreeSet<EntryHash>, BTreeSet<Digest>) {
    let mut hashes = BTreeSet::new();
    let mut streams = BTreeSet::new();
    for carried in entries {
        match carried {
            Carried::Whole(entry) => {
                hashes.insert(entry.hash());
                hashes.extend(entry.header.previous);
                streams.insert(entry.header.stream.digest());
            }
            Carried::Named { stream, tip } => {
                hashes.insert(tip.hash);
                streams.insert(stream.digest());
            }
        }
    }
    (hashes, streams)
}

/// What the node believes when entries arrive.
#[derive(Clone, Debug)]
pub struct Trust {
    /// Keys by certificate entries.
    pub keyring: Keyring,
    /// The tree as of the latest entries.
    pub tree: Tree,
    /// Who ever stood above whom.
    pub ancestry: Ancestry,
    /// What is this node's own business.
    pub route: Route,
}

/// How entries came: on the tail of a feed, or as the answer to a want. What the tree at hand speaks against may be
/// right by a newer one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// On the tail: what is not on the route, or not its author's to write, becomes a want.
    Tail,
    /// As an answer, after the trust lane was drained: what is still so is refused.
    Answer,
}

/// Decides about every entry in order. Certificates admitted on the way count for the entries behind them; a tree
/// that changes on the way counts from the next batch on, so that what it routes here waits as a want.
pub fn admit(mut known: Known, trust: &Trust, occasion: Occasion, entries: Vec<Carried>) -> Admission {
    let mut admission = Admission::default();
    // Most batches bring no key: the ring is copied when one does.
    let mut keyring = Cow::Borrowed(&trust.keyring);
    for carried in entries {
        match carried {
            Carried::Named { stream, tip } => {
                if !known.entries.contains_key(&tip.hash) {
                    admission.wants.push(Want { stream, tip, why: Why::Rewound });
                }
            }
            Carried::Whole(entry) if known.entries.contains_key(&entry.hash()) => {
                // Whoever brings it proves by the digest in the signed header that it is the one.
                if known.bare.remove(&entry.hash()) && entry.payload_matches() == Some(true) {
                    admission.fill.push(*entry);
                }
            }
            Carried::Whole(entry) => {
                let mut judgement = judge(&known, &keyring, trust, occasion, &entry);
                if matches!(judgement, Judgement::Append)
                    && let Some(why) = known.delays(&trust.ancestry, &entry)
                {
                    judgement = Judgement::Want(why);
                }
                if matches!(judgement, Judgement::Append) {
                    remember(&mut known, &entry);
                    if let Some(cert) = certificate_of(&trust.ancestry, &entry) {
                        keyring.to_mut().admit(&cert);
                    }
                }
                record(judgement, *entry, &mut admission);
            }
        }
    }
    admission
}

impl Known {
    /// Why the entry is not taken yet, if it is not; else takes it off its author's allowance. Asked last: only the
    /// author's own signature may cost him anything.
    fn delays(&mut self, ancestry: &Ancestry, entry: &Entry) -> Option<Why> {
        if self.opens_too_many(ancestry, &entry.header.stream) {
            return Some(Why::Streams);
        }
        let (author, lane) = (&entry.header.stream.author.division, entry.header.lane());
        let room = self.rooms.get_mut(&(author.clone(), lane))?;
        if self.is_disk_short && lane == Lane::Work {
            return Some(Why::Disk);
        }
        (!room.take(entry.wire_bytes() as u64)).then_some(Why::Allowance)
    }
}

impl Known {
    fn opens_too_many(&self, ancestry: &Ancestry, stream: &StreamKey) -> bool {
        let opens = self.tips.get(&stream.digest()).is_none_or(BTreeSet::is_empty);
        let held = self.streams.get(&stream.author).copied().unwrap_or(0);
        // What a division with nothing below it may have is counted first: that is nearly everybody's answer.
        opens && held >= STREAMS_PER_SUBJECT_MAX && held >= streams_max(ancestry, &stream.author.division)
    }
}

/// Streams of one life that are held at most.
pub fn streams_max(ancestry: &Ancestry, author: &DivisionId) -> u64 {
    STREAMS_PER_SUBJECT_MAX.saturating_mul(ancestry.below(author) as u64)
}

fn record(judgement: Judgement, entry: Entry, admission: &mut Admission) {
    match judgement {
        Judgement::Append => {
            if entry.payload.is_none() {
                // A relay that leaves a payload out proves nothing by that: it is wanted until it comes, or until an
                // erasure that counts says that it is gone.
                let (stream, tip) = (entry.header.stream.clone(), tip_of(&entry));
                admission.wants.push(Want { stream, tip, why: Why::Bare });
            }
            admission.append.push(entry);
        }
        Judgement::Want(why) => admission.wants.push(Want { tip: tip_of(&entry), stream: entry.header.stream, why }),
        Judgement::Fault(fault) => {
            let tip = tip_of(&entry);
            let stream: StreamKey = entry.header.stream;
            if fault != ChainFault::Misrouted {
                admission.wants.push(Want { stream: stream.clone(), tip: tip.clone(), why: Why::Stopped });
            }
            admission.faults.push(Fault { stream, tip, code: fault.code().to_owned() });
        }
    }
}

enum Judgement {
    Append,
    Want(Why),
    Fault(ChainFault),
}

fn judge(known: &Known, keyring: &Keyring, trust: &Trust, occasion: Occasion, entry: &Entry) -> Judgement {
    let header = &entry.header;
    if let Some(fault) = misplaced(trust, &header.stream) {
        return match occasion {
            Occasion::Tail => Judgement::Want(Why::Misrouted),
            Occasion::Answer => Judgement::Fault(fault),
        };
    }
    let stream = header.stream.digest();
    if let Some(previous) = header.previous {
        let Some((its_stream, its_seq)) = known.entries.get(&previous) else {
            return Judgement::Want(Why::Gap);
        };
        if *its_stream != stream || its_seq.checked_add(1) != Some(header.seq) {
            return Judgement::Fault(ChainFault::BrokenChain);
        }
    }
    match keyring.check(entry) {
        Ok(()) => {}
        Err(SignatureFault::KeyUnknown) => return Judgement::Want(Why::KeyUnknown),
        Err(SignatureFault::Bad) => return Judgement::Fault(ChainFault::BadSignature),
        Err(SignatureFault::Revoked) => return Judgement::Fault(ChainFault::RevokedKey),
    }
    if entry.payload_matches() == Some(false) {
        return Judgement::Fault(ChainFault::WrongPayload);
    }
    let tips = known.tips.get(&stream);
    let extends_tip = header.previous.is_some_and(|previous| tips.is_some_and(|tips| tips.contains(&previous)));
    if !extends_tip && tips.is_some_and(|tips| tips.len() >= BRANCHES_MAX) {
        return Judgement::Fault(ChainFault::TooManyBranches);
    }
    Judgement::Append
}

/// What the tree at hand says against a stream; a newer tree may say otherwise.
pub fn misplaced(trust: &Trust, stream: &StreamKey) -> Option<ChainFault> {
    if !trust.route.takes(&stream.subject, stream.reach()) {
        return Some(ChainFault::Misrouted);
    }
    let is_above = trust.ancestry.may_write(&stream.author.division, &stream.subject);
    (!is_above).then_some(ChainFault::NotAbove)
}

fn remember(known: &mut Known, entry: &Entry) {
    let stream = entry.header.stream.digest();
    known.entries.insert(entry.hash(), (stream, entry.header.seq));
    let tips = known.tips.entry(stream).or_default();
    if tips.is_empty()
        && let Some(count) = known.streams.get_mut(&entry.header.stream.author)
    {
        *count += 1;
    }
    if let Some(previous) = entry.header.previous {
        tips.remove(&previous);
    }
    tips.insert(entry.hash());
}

fn tip_of(entry: &Entry) -> Tip {
    Tip { seq: entry.header.seq, hash: entry.hash() }
}
