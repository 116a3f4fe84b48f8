//! Taking entries and heads from a peer: admission, journal, wants and position in one transaction.
//!
//! Invariant: after the commit everything up to the position is stored or wanted. The position moves only from
//! where the sender believed it to be, so two carriers never move it over each other.
//! Left out: who is believed; that is `sync::admit`, called under the stream locks.

use std::collections::{BTreeMap, BTreeSet};

use gongkai_journal::{Entry, EntryHash, StreamKey};
use gongkai_model::{digest::Digest, id::DivisionId};
use gongkai_sync::{
    admit::{self, Admission, Known, Occasion, Trust},
    message::{Carried, Fault},
    position::Position,
    want::{Head, Tip, Want, Why},
};

use crate::{
    commit::{Growth, grow},
    error::Error,
    feed::FeedState,
    store::{Store, on_db},
    tx::{Direction, StreamIds, Survey, TipsByStream, WriteTx},
    wanting::{Fresh, WantChanges, is_cause, merge},
};

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
    /// When, unix milliseconds.
    pub now_ms: i64,
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
        let (applied, abouts, state) = on_db!(self, db => {
            let mut tx = db.begin().await?;
            let done = apply_in(&mut tx, arrival, trust, about).await?;
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

    /// Takes a peer's heads and the position they stand for; what is lacking becomes wants, which are returned.
    pub async fn apply_heads(
        &self,
        peer: &DivisionId,
        heads: &[Head],
        position: &Position,
        now_ms: i64,
    ) -> Result<Vec<Want>, Error> {
        on_db!(self, db => {
            let mut tx = db.begin().await?;
            let wants = apply_heads_in(&mut tx, peer, heads, now_ms).await?;
            tx.put_position(peer, Direction::Taken, position, now_ms).await?;
            tx.commit().await?;
            Ok(wants)
        })
    }

    /// Takes a peer's heads without a position: what is lacking becomes wants, which are returned.
    pub async fn note_heads(&self, peer: &DivisionId, heads: &[Head], now_ms: i64) -> Result<Vec<Want>, Error> {
        on_db!(self, db => {
            let mut tx = db.begin().await?;
            let wants = apply_heads_in(&mut tx, peer, heads, now_ms).await?;
            tx.commit().await?;
            Ok(wants)
        })
    }
}

async fn apply_in<T: WriteTx>(
    tx: &mut T,
    arrival: Arrival,
    trust: &Trust,
    about: About<'_>,
) -> Result<(Applied, Vec<Option<String>>, FeedState), Error> {
    let Arrival { peer, entries, occasion, advance, answered, now_ms } = arrival;
    let (mut hashes, _) = admit::needs(&entries);
    hashes.extend(answered.as_ref().map(|want| want.tip.hash));
    let survey = tx.survey(&streams_of(&entries, answered.as_ref()), &hashes, Some(&peer)).await?;
    let Survey { streams, tips, known, feed, taken } = survey;
    // Hardly ever: what is known comes as its name only.
    let again: BTreeSet<EntryHash> = brought_again(&entries, &known);
    let bare = if again.is_empty() { BTreeSet::new() } else { tx.bare(&again).await? };
    let known = Known { entries: known, bare, tips: hashes_of(&tips) };
    let parents = parents_of(&entries);
    let served = answered.as_ref().map(|want| tips_on(&want.stream, &entries)).unwrap_or_default();
    let held: BTreeSet<EntryHash> = known.entries.keys().copied().collect();
    let answered_is_held = answered.as_ref().is_some_and(|want| held.contains(&want.tip.hash));
    let Admission { append, fill, wants, faults } = admit::admit(known, trust, occasion, entries);

    let abouts: Vec<Option<String>> = append.iter().map(about).collect();
    let growth =
        Growth { feed, entries: &append, abouts: &abouts, source: Some(&peer), streams: &streams, tips: &tips, now_ms };
    let state = grow(tx, growth).await?;

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
    let wants = note_wants(tx, &peer, &streams, fresh, &parents, now_ms).await?;
    let position = advance_position(tx, &peer, taken, advance, now_ms).await?;
    Ok((Applied { appended: append, filled: fill, wants, faults, position, through }, abouts, state))
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

async fn note_wants<T: WriteTx>(
    tx: &mut T,
    peer: &DivisionId,
    streams: &StreamIds,
    fresh: Vec<Fresh>,
    parents: &BTreeMap<EntryHash, EntryHash>,
    now_ms: i64,
) -> Result<Vec<Want>, Error> {
    if fresh.is_empty() {
        return Ok(Vec::new());
    }
    let touched: BTreeSet<Digest> = fresh.iter().map(|(want, _)| want.stream.digest()).collect();
    let touched: StreamIds =
        streams.iter().filter(|(digest, _)| touched.contains(digest)).map(|(digest, id)| (*digest, *id)).collect();
    let held = tx.wants_on(peer, &touched).await?;
    let WantChanges { put, gone } = merge(held, fresh, parents, now_ms);
    let id_of = |want: &Want| {
        let digest = want.stream.digest();
        touched.get(&digest).copied().ok_or_else(|| Error::damaged_row(format!("stream {digest} was not made")))
    };
    let gone = gone.iter().map(|row| Ok((id_of(&row.want)?, row.want.tip.hash))).collect::<Result<Vec<_>, Error>>()?;
    let rows = put.iter().map(|row| Ok((id_of(&row.want)?, row.clone()))).collect::<Result<Vec<_>, Error>>()?;
    tx.drop_wants(peer, &gone).await?;
    tx.put_wants(peer, &rows).await?;
    Ok(put.into_iter().map(|row| row.want).collect())
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
    now_ms: i64,
) -> Result<Vec<Want>, Error> {
    let hashes = heads.iter().flat_map(|head| head.tips.iter().map(|tip| tip.hash)).collect();
    let known = tx.known(&hashes).await?;
    let mut keys = BTreeMap::new();
    let mut fresh: Vec<Fresh> = Vec::new();
    for head in heads {
        for tip in head.tips.iter().filter(|tip| !known.contains_key(&tip.hash)) {
            keys.insert(head.stream.digest(), head.stream.clone());
            fresh.push((Want { stream: head.stream.clone(), tip: tip.clone(), why: Why::Heads }, None));
        }
    }
    let streams = tx.streams(&keys).await?;
    note_wants(tx, peer, &streams, fresh, &BTreeMap::new(), now_ms).await
}
