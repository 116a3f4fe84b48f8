//! Carries out what the replication engine asks of the store, for one peer.
//!
//! Invariant: no decision is made here: the engine decides what to read, admission decides what to keep.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use gongkai_journal::{Entry, Lane, Route, StreamKey, payload};
use gongkai_model::{digest::Digest, id::DivisionId};
use gongkai_store::{Arrival, Noted};
use gongkai_sync::{
    admit::Occasion,
    message::{BATCH_BYTES_TARGET, BATCH_ENTRIES_MAX, Batch, Carried},
    position::{FeedId, Position, empty_hash},
    session::{Effect, Event, Facts, FeedPart, OpenWant, WantKey},
    want::{Head, Want, Why},
};

use crate::{App, Result};

/// Open wants read at a time: the rest follows when these are met.
const WANTS_READ_MAX: usize = 256;

/// The store's side of one session.
#[derive(Clone)]
pub struct Replica {
    app: App,
    peer: DivisionId,
    /// Entries that were new here.
    taken: Arc<AtomicU64>,
}

impl App {
    /// The store's side of a session with a peer.
    pub fn replica(&self, peer: DivisionId) -> Replica {
        Replica { app: self.clone(), peer, taken: Arc::default() }
    }

    /// What this node says of itself when a session opens.
    pub fn session_facts(&self, peer: DivisionId, host: String, is_live: bool) -> Facts {
        let identity = self.store().identity();
        Facts {
            division: identity.division.clone(),
            incarnation: identity.incarnation,
            feed_id: identity.feed_id,
            daemon_id: identity.daemon_id,
            host,
            peer,
            is_live,
            introduction: Vec::new(),
        }
    }
}

impl Replica {
    /// The first event of a session: our position on the peer's feed.
    pub async fn opened(&self) -> Result<Event> {
        self.app.forget_comparison(&self.peer);
        Ok(Event::Opened { position: self.app.store().position_of(&self.peer).await? })
    }

    /// Takes entries that came outside of the feed: in the peer's first words, or with a certificate.
    pub(crate) async fn introduced(&self, entries: Vec<Entry>) -> Result<()> {
        let entries = entries.into_iter().map(|entry| Carried::Whole(Box::new(entry))).collect();
        self.take(self.arrival(entries, Occasion::Tail, None, None)).await.map(drop)
    }

    /// Both sides have said, each after all that the other asked, that nothing is left.
    pub async fn settled(&self) -> Result<()> {
        self.app.compared_with(&self.peer).await
    }

    /// How many entries it has brought that were new here.
    pub fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }

    /// Carries out one effect that concerns the store; `None` for those that have no result, or are the driver's.
    pub async fn carry_out(&self, effect: Effect) -> Result<Option<Event>> {
        let event = match effect {
            Effect::CheckPosition(position) => self.check_position(&position).await?,
            Effect::ReadHeads => self.read_heads().await?,
            Effect::ReadFeed { after } => self.read_feed(after).await?,
            Effect::Apply(batch) => self.apply(batch).await?,
            Effect::ApplyHeads { heads, position } => self.apply_heads(heads, position).await?,
            Effect::NotePage { heads } => self.note_page(heads).await?,
            Effect::NoteHeads { heads } => self.note_heads(heads).await?,
            Effect::ReadWants { but } => self.read_wants(&but).await?,
            Effect::Serve { request, stream, tip, haves } => {
                let store = self.app.store();
                let is_routed = self.route().takes(&stream.subject, stream.reach());
                let (entries, is_complete) = if is_routed {
                    let served = store.serve(&stream, &tip, &haves, BATCH_ENTRIES_MAX, BATCH_BYTES_TARGET).await?;
                    (served.entries, served.is_complete)
                } else {
                    (Vec::new(), false)
                };
                Event::Served { request, entries, is_complete }
            }
            Effect::Answer { request, want, entries } => self.answer(request, want, entries).await?,
            Effect::LetGo { want } => {
                self.app.let_go(&self.peer, &want).await?;
                return Ok(None);
            }
            Effect::SetAside { want, code } => {
                self.app.store().mark_want_stopped(&self.peer, &want, Some(&code)).await?;
                return Ok(None);
            }
            Effect::RecordAcked(position) => {
                self.app.store().record_acked(&self.peer, &position, self.app.now_ms()).await?;
                return Ok(None);
            }
            Effect::Send(_) | Effect::CaughtUp | Effect::Finish(_) => return Ok(None),
        };
        Ok(Some(event))
    }

    /// What today's tree routes to the peer.
    fn route(&self) -> Route {
        Route::of(self.app.world().tree(), &self.peer)
    }

    fn position(&self, feed_id: FeedId, offset: u64, hash: Digest, route: &Route) -> Position {
        Position { feed_id, offset, hash, epoch: route.epoch() }
    }

    async fn check_position(&self, position: &Position) -> Result<Event> {
        let store = self.app.store();
        let state = store.feed_state().await?;
        let route = self.route();
        let hash = store.feed_hash_at(position.offset).await?;
        if position.feed_id == state.feed_id && hash != Some(position.hash) {
            self.app.note_place(&self.peer, position.offset);
        }
        let holds = position.feed_id == state.feed_id && position.epoch == route.epoch() && hash == Some(position.hash);
        let entries_to_send = if holds { store.count_routed(position.offset, &route).await? } else { 0 };
        Ok(Event::PositionChecked { holds, entries_to_send })
    }

    async fn read_heads(&self) -> Result<Event> {
        let store = self.app.store();
        let route = self.route();
        // The position is read first: what is committed in between is both a head and on the tail.
        let state = store.feed_state().await?;
        let heads = store.heads(&route).await?;
        Ok(Event::HeadsRead { heads, position: self.position(state.feed_id, state.offset, state.hash, &route) })
    }

    async fn read_feed(&self, after: u64) -> Result<Event> {
        let store = self.app.store();
        let route = self.route();
        let part = store.read_feed(after, &route, &self.peer, BATCH_ENTRIES_MAX, BATCH_BYTES_TARGET).await?;
        let to = self.position(store.identity().feed_id, part.to_offset, part.to_hash, &route);
        Ok(Event::FeedRead(FeedPart { entries: part.entries, to, is_at_end: part.at_end }))
    }

    async fn apply(&self, batch: Batch) -> Result<Event> {
        let Batch { from, to, entries } = batch;
        let fallback = from.clone();
        let arrival = self.arrival(entries, Occasion::Tail, Some((from, to)), None);
        let applied = self.take(arrival).await?;
        let position = match applied.position {
            Some(position) => position,
            None => self.app.store().position_of(&self.peer).await?.unwrap_or(fallback),
        };
        Ok(Event::Applied {
            position,
            has_trust: has_trust(&applied.appended) || has_trust(&applied.filled),
            faults: applied.faults,
            has_new_wants: !applied.wants.is_empty(),
            has_left_out: applied.has_left_out,
        })
    }

    async fn apply_heads(&self, heads: Vec<Head>, position: Position) -> Result<Event> {
        let (store, world, now_ms) = (self.app.store(), self.app.world(), self.app.now_ms());
        let noted = store.apply_heads(&self.peer, &heads, &position, &world.trust, now_ms).await?;
        if noted.has_left_out {
            return self.noted(noted).await;
        }
        Ok(applied_heads(position, &noted))
    }

    /// As [`Self::apply_heads`], by a speaker who cannot know where we stand, or of which there was no room for all.
    async fn note_heads(&self, heads: Vec<Head>) -> Result<Event> {
        let noted = self.note(&heads).await?;
        self.noted(noted).await
    }

    async fn note_page(&self, heads: Vec<Head>) -> Result<Event> {
        let Noted { wants, has_left_out } = self.note(&heads).await?;
        Ok(Event::PageNoted { has_new_wants: !wants.is_empty(), has_left_out })
    }

    async fn note(&self, heads: &[Head]) -> Result<Noted> {
        let (store, world) = (self.app.store(), self.app.world());
        Ok(store.note_heads(&self.peer, heads, &world.trust, self.app.now_ms()).await?)
    }

    /// Our position stays where it is.
    async fn noted(&self, noted: Noted) -> Result<Event> {
        let store = self.app.store();
        let end = store.feed_state().await?;
        let nowhere = Position { feed_id: end.feed_id, offset: 0, hash: empty_hash(), epoch: self.route().epoch() };
        let position = store.position_of(&self.peer).await?.unwrap_or(nowhere);
        Ok(applied_heads(position, &noted))
    }

    async fn read_wants(&self, but: &BTreeSet<WantKey>) -> Result<Event> {
        let store = self.app.store();
        let route = self.route();
        let takes = |stream: &StreamKey| route.takes(&stream.subject, stream.reach());
        let (rows, has_more) = store.wants_page(&self.peer, but, WANTS_READ_MAX, &takes).await?;
        let mut wants = Vec::with_capacity(rows.len());
        for row in rows {
            let haves = store.haves_for(&row.want).await?;
            wants.push(OpenWant { want: row.want, haves });
        }
        Ok(Event::WantsRead { wants, has_more })
    }

    async fn answer(&self, request: u64, want: Want, entries: Vec<Entry>) -> Result<Event> {
        let entries = entries.into_iter().map(|entry| Carried::Whole(Box::new(entry))).collect();
        let arrival = self.arrival(entries, Occasion::Answer, None, Some(want.clone()));
        let applied = self.take(arrival).await?;
        let store = self.app.store();
        let held = store.entry(&want.tip.hash).await?;
        let is_held = held.is_some_and(|entry| want.why != Why::Bare || entry.payload.is_some());
        let haves = if is_held { Vec::new() } else { store.haves_for(&want).await? };
        Ok(Event::Answered {
            request,
            is_held,
            through: applied.through,
            has_trust: has_trust(&applied.appended) || has_trust(&applied.filled),
            faults: applied.faults,
            haves,
        })
    }

    fn arrival(
        &self,
        entries: Vec<Carried>,
        occasion: Occasion,
        advance: Option<(Position, Position)>,
        answered: Option<Want>,
    ) -> Arrival {
        let (own, now_ms) = (Some(self.app.own()), self.app.now_ms());
        Arrival { peer: self.peer.clone(), entries, occasion, advance, answered, own, now_ms }
    }

    async fn take(&self, arrival: Arrival) -> Result<gongkai_store::Applied> {
        let world = self.app.world();
        let about = |entry: &Entry| payload::about_text(&entry.header.kind, entry.payload.as_deref()?);
        let applied = self.app.store().apply(arrival, &world.trust, &about).await?;
        let count = u64::try_from(applied.appended.len()).unwrap_or(u64::MAX);
        self.taken.fetch_add(count, Ordering::Relaxed);
        let _alone = self.app.alone().await;
        self.app.watch_for_rewind(&self.peer, &applied.appended).await?;
        self.app.catch_up().await?;
        self.app.take_filled(&applied.filled).await?;
        Ok(applied)
    }
}

fn applied_heads(position: Position, noted: &Noted) -> Event {
    Event::Applied {
        position,
        faults: Vec::new(),
        has_new_wants: !noted.wants.is_empty(),
        has_trust: false,
        has_left_out: noted.has_left_out,
    }
}

fn has_trust(entries: &[Entry]) -> bool {
    entries.iter().any(|entry| entry.header.lane() == Lane::Trust)
}
