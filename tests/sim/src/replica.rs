//! Carries out what the engine asks of the store, for one session: what the daemon's `replica` does, with the places
//! where a [`Mutation`] takes a rule away.
//!
//! Invariant: with [`Mutation::None`] no decision is made here.

use std::collections::BTreeSet;

use gongkai_journal::{Entry, EntryHash, Lane, Route, StreamKey, route::Ancestry};
use gongkai_model::{digest::Digest, id::DivisionId, tree::Division};
use gongkai_sync::{
    admit::{Occasion, Trust},
    message::{BATCH_BYTES_TARGET, Batch, Carried},
    position::{Position, empty_hash},
    rewind,
    session::{Effect, Event, FeedPart, OpenWant, WantKey},
    want::{Head, Want, Why},
};

use crate::{
    Applied, Arrival, Noted, error::Error, mutation::Mutation, node::Node, store::now, tx::Direction, world::TOMORROW,
};

/// Entries in a batch: few, so that a session has many.
const BATCH_ENTRIES: usize = 3;
/// Entries in an answer: fewer than lie between two samples, so that an answer may bring nothing new.
const ANSWER_ENTRIES: usize = 3;
/// Open wants read at a time: few, so that the list has several pages.
const WANTS_READ_MAX: usize = 4;

/// The store's side of one session.
#[derive(Debug)]
pub(crate) struct Replica {
    pub(crate) peer: DivisionId,
    pub(crate) mutation: Mutation,
    /// What comes was carried by hand.
    pub(crate) is_bundle: bool,
    /// The epoch when the session opened, for [`Mutation::EpochAtOpen`].
    opened_epoch: Option<Digest>,
}

impl Replica {
    pub(crate) fn new(peer: DivisionId, mutation: Mutation) -> Self {
        Self { peer, mutation, is_bundle: false, opened_epoch: None }
    }

    pub(crate) fn opened(&self, node: &Node) -> Event {
        Event::Opened { position: node.store.db.tables().position(&self.peer).cloned() }
    }

    /// Carries out one effect; also gives what it added to the journal.
    pub(crate) fn carry_out(
        &mut self,
        node: &mut Node,
        effect: Effect,
        now_ms: i64,
    ) -> Result<(Option<Event>, Vec<Entry>), Error> {
        let event = match effect {
            Effect::CheckPosition(position) => self.check_position(node, &position)?,
            Effect::ReadHeads => self.read_heads(node)?,
            Effect::ReadFeed { after } => self.read_feed(node, after)?,
            Effect::Apply(batch) => {
                let (event, entries) = self.apply(node, batch, now_ms)?;
                return Ok((Some(event), entries));
            }
            Effect::NotePage { heads } => {
                let Noted { wants, has_left_out } =
                    now(node.store.note_heads(&self.peer, &heads, &node.trust, now_ms))?;
                Event::PageNoted { has_new_wants: !wants.is_empty(), has_left_out }
            }
            Effect::ApplyHeads { heads, position } => self.apply_heads(node, &heads, position, now_ms)?,
            Effect::NoteHeads { heads } => self.note_heads(node, &heads, now_ms)?,
            Effect::ReadWants { but } => self.read_wants(node, &but)?,
            Effect::Serve { request, stream, tip, haves } => {
                let is_routed = self.route(node).takes(&stream.subject, stream.reach());
                let (entries, is_complete) = if is_routed || self.mutation == Mutation::Unfiltered {
                    let served = now(node.store.serve(&stream, &tip, &haves, ANSWER_ENTRIES, BATCH_BYTES_TARGET))?;
                    (served.entries, served.is_complete)
                } else {
                    (Vec::new(), false)
                };
                Event::Served { request, entries, is_complete }
            }
            Effect::Answer { request, want, entries } => {
                let (event, entries) = self.answer(node, request, want, entries, now_ms)?;
                return Ok((Some(event), entries));
            }
            Effect::LetGo { want } => {
                now(node.store.let_go(&self.peer, &want))?;
                return Ok((None, Vec::new()));
            }
            Effect::SetAside { want, code } => {
                now(node.store.mark_want_stopped(&self.peer, &want, Some(&code)))?;
                return Ok((None, Vec::new()));
            }
            Effect::RecordAcked(position) => {
                now(node.store.record_acked(&self.peer, &position, now_ms))?;
                return Ok((None, Vec::new()));
            }
            Effect::Send(_) | Effect::CaughtUp | Effect::Finish(_) => return Ok((None, Vec::new())),
        };
        Ok((Some(event), Vec::new()))
    }

    /// What today's tree routes to the peer.
    fn route(&self, node: &Node) -> Route {
        Route::of(&node.trust.tree, &self.peer)
    }

    fn epoch(&self, route: &Route) -> Digest {
        if self.mutation == Mutation::NoRouteEpoch { Digest::of("no epoch", &[]) } else { route.epoch() }
    }

    fn check_position(&mut self, node: &mut Node, position: &Position) -> Result<Event, Error> {
        let state = now(node.store.feed_state())?;
        let route = self.route(node);
        let hash = now(node.store.feed_hash_at(position.offset))?;
        let is_scalar = self.mutation == Mutation::NoRunningHash;
        let agrees = if is_scalar { hash.is_some() } else { hash == Some(position.hash) };
        let holds = position.feed_id == state.feed_id && position.epoch == self.epoch(&route) && agrees;
        let entries_to_send = if holds { now(node.store.count_routed(position.offset, &route))? } else { 0 };
        if self.mutation == Mutation::ClaimsHold && position.feed_id == state.feed_id && !agrees {
            node.hold();
        }
        self.opened_epoch = Some(position.epoch);
        Ok(Event::PositionChecked { holds, entries_to_send })
    }

    fn read_heads(&mut self, node: &Node) -> Result<Event, Error> {
        let route = self.route(node);
        let state = now(node.store.feed_state())?;
        let heads = if self.mutation == Mutation::Unfiltered {
            let tips = now(node.store.db.all_tips())?;
            tips.into_iter().map(|(stream, tip)| Head { stream, tips: vec![tip] }).collect()
        } else {
            now(node.store.heads(&route))?
        };
        let epoch = self.epoch(&route);
        self.opened_epoch = Some(epoch);
        let position = Position { feed_id: state.feed_id, offset: state.offset, hash: state.hash, epoch };
        Ok(Event::HeadsRead { heads, position })
    }

    fn read_feed(&self, node: &Node, after: u64) -> Result<Event, Error> {
        let route = self.route(node);
        let mut part = now(node.store.read_feed(after, &route, &self.peer, BATCH_ENTRIES, BATCH_BYTES_TARGET))?;
        let opened = self.opened_epoch.filter(|_| self.mutation == Mutation::EpochAtOpen);
        let epoch = opened.unwrap_or_else(|| self.epoch(&route));
        if matches!(self.mutation, Mutation::EchoDropped | Mutation::OneDirection) {
            part.entries.retain(|carried| matches!(carried, Carried::Whole(_)));
        }
        let feed_id = now(node.store.feed_state())?.feed_id;
        let to = Position { feed_id, offset: part.to_offset, hash: part.to_hash, epoch };
        Ok(Event::FeedRead(FeedPart { entries: part.entries, to, is_at_end: part.at_end }))
    }

    fn apply(&self, node: &mut Node, batch: Batch, now_ms: i64) -> Result<(Event, Vec<Entry>), Error> {
        let Batch { mut from, to, entries } = batch;
        if self.is_bundle && self.mutation == Mutation::BundleMovesOn {
            let tables = node.store.db.tables();
            let stands = tables.position(&self.peer).filter(|it| (from.offset..to.offset).contains(&it.offset));
            from = stands.cloned().unwrap_or(from);
        }
        let fallback = from.clone();
        if self.mutation == Mutation::PositionFirst {
            let advance = Some((from.clone(), to.clone()));
            let is_full = std::mem::take(&mut node.store.db.tables().is_full);
            self.take(node, self.arrival(Vec::new(), Occasion::Tail, advance, None, now_ms))?;
            node.store.db.tables().is_full = is_full;
        }
        let arrival = self.arrival(entries, Occasion::Tail, Some((from, to)), None, now_ms);
        let applied = self.take(node, arrival)?;
        if self.mutation == Mutation::NoWants {
            for want in &applied.wants {
                let mut tables = node.store.db.tables();
                tables.wants.retain(|(peer, _, hash), _| *peer != self.peer || *hash != want.tip.hash);
            }
        }
        let position = applied.position.unwrap_or(fallback);
        let has_trust = has_trust(&applied.appended) || has_trust(&applied.filled);
        let (has_new_wants, has_left_out) = (!applied.wants.is_empty(), applied.has_left_out);
        let event = Event::Applied { position, faults: applied.faults, has_new_wants, has_trust, has_left_out };
        Ok((event, applied.appended))
    }

    fn apply_heads(&self, node: &Node, heads: &[Head], position: Position, now_ms: i64) -> Result<Event, Error> {
        let noted = now(node.store.apply_heads(&self.peer, heads, &position, &node.trust, now_ms))?;
        if !noted.has_left_out {
            return Ok(compared(position, &noted));
        }
        if self.mutation == Mutation::PassesWhatHasNoRoom {
            now(node.store.db.put_position(&self.peer, Direction::Taken, &position, now_ms))?;
            return Ok(compared(position, &Noted { has_left_out: false, ..noted }));
        }
        self.noted(node, &noted)
    }

    fn note_heads(&self, node: &Node, heads: &[Head], now_ms: i64) -> Result<Event, Error> {
        let noted = now(node.store.note_heads(&self.peer, heads, &node.trust, now_ms))?;
        self.noted(node, &noted)
    }

    /// The position stays where it is.
    fn noted(&self, node: &Node, noted: &Noted) -> Result<Event, Error> {
        let state = now(node.store.feed_state())?;
        let nowhere =
            Position { feed_id: state.feed_id, offset: 0, hash: empty_hash(), epoch: self.epoch(&self.route(node)) };
        let position = now(node.store.position_of(&self.peer))?.unwrap_or(nowhere);
        Ok(compared(position, noted))
    }

    fn read_wants(&self, node: &Node, but: &BTreeSet<WantKey>) -> Result<Event, Error> {
        let route = self.route(node);
        let takes = |stream: &StreamKey| route.takes(&stream.subject, stream.reach());
        let (rows, has_more) = now(node.store.wants_page(&self.peer, but, WANTS_READ_MAX, &takes))?;
        let mut wants = Vec::new();
        for row in rows {
            let haves = now(node.store.haves_for(&row.want))?;
            wants.push(OpenWant { want: row.want, haves });
        }
        Ok(Event::WantsRead { wants, has_more })
    }

    fn answer(
        &self,
        node: &mut Node,
        request: u64,
        want: Want,
        entries: Vec<Entry>,
        now_ms: i64,
    ) -> Result<(Event, Vec<Entry>), Error> {
        let entries = entries.into_iter().map(|entry| Carried::Whole(Box::new(entry))).collect();
        let applied = self.take(node, self.arrival(entries, Occasion::Answer, None, Some(want.clone()), now_ms))?;
        let is_held = if want.why == Why::Bare { node.has_payload(&want.tip.hash) } else { node.holds(&want.tip.hash) };
        let haves = if is_held { Vec::new() } else { now(node.store.haves_for(&want))? };
        let has_trust = has_trust(&applied.appended) || has_trust(&applied.filled);
        let event =
            Event::Answered { request, is_held, through: applied.through, has_trust, faults: applied.faults, haves };
        Ok((event, applied.appended))
    }

    fn arrival(
        &self,
        entries: Vec<Carried>,
        occasion: Occasion,
        advance: Option<(Position, Position)>,
        answered: Option<Want>,
        now_ms: i64,
    ) -> Arrival {
        Arrival { peer: self.peer.clone(), entries, occasion, advance, answered, own: None, now_ms }
    }

    fn take(&self, node: &mut Node, mut arrival: Arrival) -> Result<Applied, Error> {
        if matches!(self.mutation, Mutation::SecondBranchRefused | Mutation::FirstSeenWins) {
            arrival.entries = first_branch(node, arrival.entries);
        }
        if self.mutation == Mutation::UnknownKindsDropped && node.is_old {
            arrival.entries.retain(|it| kind_of(it) != Some(TOMORROW));
        }
        if self.mutation == Mutation::ErasedRefused {
            arrival.entries.retain(|it| !is_erased(it));
        }
        let credulous = (self.mutation == Mutation::AnyoneWrites).then(|| trusting(node, &arrival));
        let trust = credulous.as_ref().unwrap_or(&node.trust);
        let applied = now(node.store.apply(arrival, trust, &|_| None))?;
        if self.mutation == Mutation::ClaimsHold
            && applied.wants.iter().any(|want| rewind::is_claim(&node.division, &want.stream))
        {
            node.hold();
        }
        if self.mutation == Mutation::BareIsErased {
            node.store.db.tables().wants.retain(|_, row| row.want.why != Why::Bare);
        }
        if applied.filled.is_empty() {
            node.catch_up();
        } else {
            // What was passed over without its payload says something now.
            node.refold();
        }
        Ok(applied)
    }
}

fn compared(position: Position, noted: &Noted) -> Event {
    Event::Applied {
        position,
        faults: Vec::new(),
        has_new_wants: !noted.wants.is_empty(),
        has_trust: false,
        has_left_out: noted.has_left_out,
    }
}

fn kind_of(carried: &Carried) -> Option<&str> {
    match carried {
        Carried::Whole(entry) => Some(&entry.header.kind),
        Carried::Named { .. } => None,
    }
}

fn is_erased(carried: &Carried) -> bool {
    matches!(carried, Carried::Whole(entry) if entry.payload.is_none())
}

/// Beliefs by which every author stands above what it writes about.
fn trusting(node: &Node, arrival: &Arrival) -> Trust {
    let streams = arrival.entries.iter().filter_map(|carried| match carried {
        Carried::Whole(entry) => Some(&entry.header.stream),
        Carried::Named { .. } => None,
    });
    let made_up = streams.map(|stream| Division::placed(stream.subject.clone(), Some(stream.author.division.clone())));
    let records: Vec<Division> = node.trust.tree.divisions().cloned().chain(made_up).collect();
    let ancestry = Ancestry::of(&node.division, &records);
    Trust { ancestry, ..node.trust.clone() }
}

/// Leaves out what would make a second branch, and what builds on that.
fn first_branch(node: &Node, entries: Vec<Carried>) -> Vec<Carried> {
    let tables = node.store.db.tables();
    let mut places: BTreeSet<(Digest, u64)> = tables.rows.iter().map(|row| place(&row.entry)).collect();
    let mut refused: BTreeSet<EntryHash> = BTreeSet::new();
    let mut kept = Vec::new();
    for carried in entries {
        if let Carried::Whole(entry) = &carried
            && !tables.holds(&entry.hash())
        {
            let follows_refused = entry.header.previous.is_some_and(|previous| refused.contains(&previous));
            if follows_refused || !places.insert(place(entry)) {
                refused.insert(entry.hash());
                continue;
            }
        }
        kept.push(carried);
    }
    kept
}

fn place(entry: &Entry) -> (Digest, u64) {
    (entry.header.stream.digest(), entry.header.seq)
}

fn has_trust(entries: &[Entry]) -> bool {
    entries.iter().any(|entry| entry.header.lane() == Lane::Trust)
}
