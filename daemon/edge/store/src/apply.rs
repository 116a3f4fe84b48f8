//! Taking entries and heads from a peer: admission, journal, wants and position in one transaction.
//!
//! Invariant: after the commit everything up to the position is stored or wanted. The position moves only from
//! where the sender believed it to be, so two carriers never move it over each other. Where there was no room to want
//! something it is forgotten, so that heads are compared next: the wants towards one peer are bounded, and no peer fills
//! the disk or makes others wait.
//! Left out: who is believed; that is `sync::admit`, called under the stream locks.

use std::collections::{BTreeMap, BTreeSet};

use gongkai_journal::{Entry, EntryHash, StreamKey};
use gongkai_model::{digest::Digest, id::DivisionId};
use gongkai_sync::{
    admit::{self, Admission, BRANCHES_MAX, Known, Occasion, Trust},
    message::{Carried, Fault},
    position::Position,
    rewind::Own,
    want::{Head, Tip, Want, Why},
};

use crate::{
    commit::{Growth, grow},
    error::Error,
    feed::FeedState,
    store::{Store, on_db},
    tx::{Direction, StreamIds, Survey, TipsByStream, WriteTx},
    usage::{Taking, rooms, streams_held},
    wanting::{Fresh, Rank, WantChanges, displace, is_cause, merge, turn},
};

/// Heads compared in one transaction: some ten milliseconds of the writer's time.
const HEADS_PER_COMMIT_MAX: usize = 250;

/// Where it is kept by whom this node was shown that it fell back, in the transaction that stores the proof; empty where
/// all that follows from it was done.
pub const FELL_BACK: &str = "fell-back";

/// Says what an entry is about, for looking up.
pub type About<'a> = &'a (dyn Fn(&Entry) -> Option<String> + Send + Sync);

/// What came from a peer.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// From whom.
    pub peer: DivisionId,
    /// In the order in which they came.
    pub entries: Vec<Carried>,
    /// How they came.
    pub occasion: Occasion,
    /// Where our position on the peer's feed must stand, and where it goes.
    pub advance: Option<(Position, Position)>,
    /// The want that they answer.
    pub answered: Option<Want>,
    /// What this node knows of itself: what proves that it fell back is noted with it.
    pub own: Option<Own>,
    /// When, unix milliseconds.
    pub now_ms: i64,
}

/// What was noted as wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Noted {
    /// New or changed wants.
    pub wants: Vec<Want>,
    /// Whether there was no room for some.
    pub has_left_out: bool,
}

/// What became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// New in the journal, in feed order.
    pub appended: Vec<Entry>,
    /// Held before without their payload, and with it now.
    pub filled: Vec<Entry>,
    /// New or changed wants.
    pub wants: Vec<Want>,
    /// Whether something could not be noted as wanted for want of room; the position is then forgotten.
    pub has_left_out: bool,
    /// To tell the sender.
    pub faults: Vec<Fault>,
    /// Our position on the peer's feed now.
    pub position: Option<Position>,
    /// The last of the entries of the stream that was answered which is held now, new or not.
    pub through: Option<Tip>,
}

impl Store {
    /// Commits what a peer or a bundle brought.
    pub async fn apply(&self, arrival: Arrival, trust: &Trust, about: About<'_>) -> Result<Applied, Error> {
        let taking = self.taking();
        let (applied, abouts, state) = on_db!(self, db => {
            let mut tx = db.begin().await?;
            let done = apply_in(&mut tx, arrival, trust, self.wants_max(), taking.as_ref(), about).await?;
            tx.commit().await?;
            done
        });
        if !applied.filled.is_empty() {
            self.forget_fresh();
        }
        self.keep_fresh(state.offset, &applied.appended, abouts);
        self.announce(state.offset);
        Ok(applied)
    }

    /// Takes a peer's heads and the position they stand for; what is lacking becomes wants, which are returned. The
    /// position is forgotten where there was no room for all of them.
    pub async fn apply_heads(
        &self,
        peer: &DivisionId,
        heads: &[Head],
        position: &Position,
        trust: &Trust,
        now_ms: i64,
    ) -> Result<Noted, Error> {
        self.compare(peer, heads, Some(position), trust, now_ms).await
    }

    /// Takes a peer's heads without a position: what is lacking becomes wants, which are returned.
    pub async fn note_heads(
        &self,
        peer: &DivisionId,
        heads: &[Head],
        trust: &Trust,
        now_ms: i64,
    ) -> Result<Noted, Error> {
        self.compare(peer, heads, None, trust, now_ms).await
    }

    /// Many heads are compared in several transactions, so that others get their turn: a want that is noted before the
    /// position is taken does no harm.
    async fn compare(
        &self,
        peer: &DivisionId,
        heads: &[Head],
        position: Option<&Position>,
        trust: &Trust,
        now_ms: i64,
    ) -> Result<Noted, Error> {
        let mut all = Noted::default();
        let mut rest = heads;
        loop {
            let (part, others) = rest.split_at(rest.len().min(HEADS_PER_COMMIT_MAX));
            let noted = on_db!(self, db => {
                let mut tx = db.begin().await?;
                let noted = apply_heads_in(&mut tx, peer, part, self.wants_max(), trust, now_ms).await?;
                let has_left_out = all.has_left_out || noted.has_left_out;
                if has_left_out {
                    tx.drop_position(peer, Direction::Taken).await?;
                } else if let Some(position) = position.filter(|_| others.is_empty()) {
                    tx.put_position(peer, Direction::Taken, position, now_ms).await?;
                }
                tx.commit().await?;
                noted
            });
            all.wants.extend(noted.wants);
            all.has_left_out |= noted.has_left_out;
            if others.is_empty() {
                return Ok(all);
            }
            rest = others;
        }
    }
}

async fn apply_in<T: WriteTx>(
    tx: &mut T,
    arrival: Arrival,
    trust: &Trust,
    wants_max: usize,
    taking: Option<&Taking>,
    about: About<'_>,
) -> Result<(Applied, Vec<Option<String>>, FeedState), Error> {
    let Arrival { peer, entries, occasion, advance, answered, own, now_ms } = arrival;
    let (mut hashes, _) = admit::needs(&entries);
    hashes.extend(answered.as_ref().map(|want| want.tip.hash));
    let survey = tx.survey(&streams_of(&entries, answered.as_ref()), &hashes, Some(&peer)).await?;
    let Survey { streams, tips, known, feed, taken } = survey;
    // Hardly ever: what is known comes as its name only.
    let again: BTreeSet<EntryHash> = brought_again(&entries, &known);
    let bare = if again.is_empty() { BTreeSet::new() } else { tx.bare(&again).await? };
    let is_disk_short = taking.is_some_and(|taking| taking.is_disk_short);
    let rooms = rooms(tx, taking, &entries, now_ms).await?;
    let lives = streams_held(tx, taking, &entries, &tips).await?;
    let known = Known { entries: known, bare, tips: hashes_of(&tips), rooms, streams: lives, is_disk_short };
    let parents = parents_of(&entries);
    let served = answered.as_ref().map(|want| tips_on(&want.stream, &entries)).unwrap_or_default();
    let held: BTreeSet<EntryHash> = known.entries.keys().copied().collect();
    let answered_is_held = answered.as_ref().is_some_and(|want| held.contains(&want.tip.hash));
    let Admission { append, fill, wants, faults } = admit::admit(known, trust, occasion, entries);

    let abouts: Vec<Option<String>> = append.iter().map(about).collect();
    let growth =
        Growth { feed, entries: &append, abouts: &abouts, source: Some(&peer), streams: &streams, tips: &tips, now_ms };
    let state = grow(tx, growth).await?;
    if own.is_some_and(|own| append.iter().any(|entry| own.fell_back_by(entry))) {
        tx.put_meta(FELL_BACK, peer.as_str()).await?;
    }

    let appended: BTreeSet<EntryHash> = append.iter().map(Entry::hash).collect();
    let through = served.into_iter().rev().find(|tip| appended.contains(&tip.hash) || held.contains(&tip.hash));
    for entry in &fill {
        tx.fill(entry, about(entry).as_deref()).await?;
    }
    let filled: Vec<EntryHash> = fill.iter().map(Entry::hash).collect();
    tx.drop_held_wants(&filled).await?;
    let answered = match answered {
        // Asked for its payload alone: it stays wanted until that is here.
        Some(want) if want.why == Why::Bare => None,
        Some(want) if answered_is_held => {
            tx.drop_held_wants(&[want.tip.hash]).await?;
            None
        }
        other => other.filter(|want| !appended.contains(&want.tip.hash)),
    };
    let fresh = fresh_wants(wants, &faults, answered, &appended);
    let noting = Noting { peer: &peer, wants_max, trust, parents: &parents, now_ms };
    let Noted { wants, has_left_out } = note_wants(tx, &noting, &streams, fresh).await?;
    let position = if has_left_out {
        tx.drop_position(&peer, Direction::Taken).await?;
        None
    } else {
        advance_position(tx, &peer, taken, advance, now_ms).await?
    };
    Ok((Applied { appended: append, filled: fill, wants, has_left_out, faults, position, through }, abouts, state))
}

/// What is held already and came with its payload all the same.
fn brought_again(entries: &[Carried], known: &BTreeMap<EntryHash, (Digest, u64)>) -> BTreeSet<EntryHash> {
    let whole = entries.iter().filter_map(|carried| match carried {
        Carried::Whole(entry) if entry.payload.is_some() => Some(entry.hash()),
        Carried::Whole(_) | Carried::Named { .. } => None,
    });
    whole.filter(|hash| known.contains_key(hash)).collect()
}

/// The whole entries of one stream, in the order in which they came.
fn tips_on(stream: &StreamKey, entries: &[Carried]) -> Vec<Tip> {
    let on_it = |carried: &Carried| match carried {
        Carried::Whole(entry) if entry.header.stream == *stream => {
            Some(Tip { seq: entry.header.seq, hash: entry.hash() })
        }
        Carried::Whole(_) | Carried::Named { .. } => None,
    };
    entries.iter().filter_map(on_it).collect()
}

fn streams_of(entries: &[Carried], answered: Option<&Want>) -> BTreeMap<Digest, StreamKey> {
    let keys = entries.iter().map(|carried| match carried {
        Carried::Whole(entry) => &entry.header.stream,
        Carried::Named { stream, .. } => stream,
    });
    keys.chain(answered.map(|want| &want.stream)).map(|key| (key.digest(), key.clone())).collect()
}

fn hashes_of(tips: &TipsByStream) -> BTreeMap<Digest, BTreeSet<EntryHash>> {
    tips.iter().map(|(stream, tips)| (*stream, tips.iter().map(|tip| tip.hash).collect())).collect()
}

fn parents_of(entries: &[Carried]) -> BTreeMap<EntryHash, EntryHash> {
    let whole = entries.iter().filter_map(|carried| match carried {
        Carried::Whole(entry) => Some(entry),
        Carried::Named { .. } => None,
    });
    whole.filter_map(|entry| Some((entry.hash(), entry.header.previous?))).collect()
}

/// The wants to note, each with the code of its fault. A want that was answered in vain takes the cause that
/// blocked the answer, so that it is not asked for again at once.
fn fresh_wants(
    wants: Vec<Want>,
    faults: &[Fault],
    answered: Option<Want>,
    appended: &BTreeSet<EntryHash>,
) -> Vec<Fresh> {
    let code_of = |want: &Want| {
        let fault = faults.iter().find(|fault| fault.tip == want.tip && fault.stream == want.stream);
        fault.map(|fault| fault.code.clone())
    };
    let mut fresh: Vec<Fresh> = Vec::with_capacity(wants.len());
    for want in wants.into_iter().filter(|want| want.why == Why::Bare || !appended.contains(&want.tip.hash)) {
        let code = code_of(&want);
        fresh.push((want, code));
    }
    let Some(mut want) = answered else { return fresh };
    let code = faults.iter().find(|fault| fault.stream == want.stream).map(|fault| fault.code.clone());
    let cause = fresh.iter().map(|(other, _)| other).find(|other| other.stream == want.stream && is_cause(other.why));
    want.why = match (&code, cause) {
        (Some(_), _) => Why::Stopped,
        (None, Some(cause)) => cause.why,
        (None, None) => want.why,
    };
    if code.is_some() || cause.is_some() {
        fresh.push((want, code));
    }
    fresh
}

/// What noting wants depends on.
struct Noting<'a> {
    peer: &'a DivisionId,
    wants_max: usize,
    trust: &'a Trust,
    /// The predecessor of every entry at hand.
    parents: &'a BTreeMap<EntryHash, EntryHash>,
    now_ms: i64,
}

async fn note_wants<T: WriteTx>(
    tx: &mut T,
    noting: &Noting<'_>,
    streams: &StreamIds,
    mut fresh: Vec<Fresh>,
) -> Result<Noted, Error> {
    if fresh.is_empty() {
        return Ok(Noted::default());
    }
    let is_missing = |why: Why| matches!(why, Why::Heads | Why::Gap | Why::Rewound);
    for (want, _) in fresh.iter_mut().filter(|(want, _)| is_missing(want.why)) {
        if admit::misplaced(noting.trust, &want.stream).is_some() {
            want.why = Why::Misrouted;
        }
    }
    let room = tx.count_wants(noting.peer).await?.room(noting.wants_max);
    let is_short = fresh.len() > room.all;
    let rank_of = |want: &Want| {
        let is_known = noting.trust.keyring.knows(&want.stream.author.division);
        if is_known { Rank::of(want) } else { Rank::of(want).blocked() }
    };
    // What follows something that waits does so as well, and the wants of one stream keep their order.
    let mut ranks: BTreeMap<Digest, Rank> = BTreeMap::new();
    for (want, _) in &fresh {
        let rank = ranks.entry(want.stream.digest()).or_insert_with(|| rank_of(want));
        *rank = rank_of(want).max(*rank);
    }
    fresh.sort_by_cached_key(|(want, _)| {
        let stream = want.stream.digest();
        (ranks.get(&stream).copied(), is_short.then(|| turn(&stream, noting.now_ms)))
    });
    let touched: BTreeSet<Digest> = fresh.iter().map(|(want, _)| want.stream.digest()).collect();
    let touched: StreamIds =
        streams.iter().filter(|(digest, _)| touched.contains(digest)).map(|(digest, id)| (*digest, *id)).collect();
    let held = tx.wants_on(noting.peer, &touched).await?;
    let mut changes = merge(held, fresh, noting.parents, room, noting.now_ms);
    let has_left_out = !changes.left_out.is_empty();
    let mut ids = touched.clone();
    if has_left_out {
        let lower = tx.lowest_wants(noting.peer, changes.left_out.len()).await?;
        ids.extend(lower.iter().map(|(id, row)| (row.want.stream.digest(), *id)));
        displace(&mut changes, lower.into_iter().map(|(_, row)| row).collect(), &rank_of);
    }
    let WantChanges { put, gone, left_out: _ } = changes;
    let id_of = |want: &Want| {
        let digest = want.stream.digest();
        ids.get(&digest).copied().ok_or_else(|| Error::damaged_row(format!("stream {digest} was not made")))
    };
    let gone = gone.iter().map(|row| Ok((id_of(&row.want)?, row.want.tip.hash))).collect::<Result<Vec<_>, Error>>()?;
    let rows = put.iter().map(|row| Ok((id_of(&row.want)?, row.clone()))).collect::<Result<Vec<_>, Error>>()?;
    tx.drop_wants(noting.peer, &gone).await?;
    tx.put_wants(noting.peer, &rows).await?;
    if has_left_out {
        // A stream of which nothing is held and nothing wanted leaves no trace either.
        tx.drop_bare_streams(&ids).await?;
    }
    Ok(Noted { wants: put.into_iter().map(|row| row.want).collect(), has_left_out })
}

/// Compare and set: the stored position moves only if it is `from`. Who has none stands at the beginning of every feed.
async fn advance_position<T: WriteTx>(
    tx: &mut T,
    peer: &DivisionId,
    stored: Option<Position>,
    advance: Option<(Position, Position)>,
    now_ms: i64,
) -> Result<Option<Position>, Error> {
    let stands_at = |from: &Position| stored.as_ref().map_or_else(|| from.is_beginning(), |stored| stored == from);
    match advance {
        Some((from, to)) if stands_at(&from) => {
            tx.put_position(peer, Direction::Taken, &to, now_ms).await?;
            Ok(Some(to))
        }
        _ => Ok(stored),
    }
}

async fn apply_heads_in<T: WriteTx>(
    tx: &mut T,
    peer: &DivisionId,
    heads: &[Head],
    wants_max: usize,
    trust: &Trust,
    now_ms: i64,
) -> Result<Noted, Error> {
    // Nobody keeps more branches of one stream; whoever names more made them up.
    let tips_of = |head: &Head| head.tips.iter().take(BRANCHES_MAX).cloned().collect::<Vec<Tip>>();
    let hashes = heads.iter().flat_map(|head| tips_of(head).into_iter().map(|tip| tip.hash)).collect();
    let known = tx.known(&hashes).await?;
    let mut fresh: Vec<Fresh> = Vec::new();
    for head in heads {
        for tip in tips_of(head).into_iter().filter(|tip| !known.contains_key(&tip.hash)) {
            fresh.push((Want { stream: head.stream.clone(), tip, why: Why::Heads }, None));
        }
    }
    let keys = fresh.iter().map(|(want, _)| (want.stream.digest(), want.stream.clone())).collect();
    let streams = tx.streams(&keys).await?;
    let parents = BTreeMap::new();
    note_wants(tx, &Noting { peer, wants_max, trust, parents: &parents, now_ms }, &streams, fresh).await
}
