//! Sockets that have not said yet who they are: how many there are, from where, and whose turn it is.
//!
//! Invariant: whoever says nothing gives way first, and whoever fills the house gives way before the others: a source
//! address is crowded out by itself alone. A handshake that has begun is never dropped for another one; those of one
//! address beyond its share wait for their turn. Left out: what a handshake is, and what follows it (places).

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

/// Bytes of an IPv6 address that name a network: a host draws the others as it likes.
const NETWORK_BYTES: usize = 8;

/// Where a socket comes from, as far as one household can be told from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source(IpAddr);

impl Source {
    /// The source of an address: an IPv4 address, or an IPv6 network of 64 bits.
    pub fn of(remote: &SocketAddr) -> Self {
        match remote.ip().to_canonical() {
            IpAddr::V6(address) => {
                let mut octets = address.octets();
                octets.iter_mut().skip(NETWORK_BYTES).for_each(|octet| *octet = 0);
                Self(IpAddr::from(octets))
            }
            address @ IpAddr::V4(_) => Self(address),
        }
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// How many may stand in the lobby.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LobbySize {
    /// Sockets in all.
    pub most: usize,
    /// Of one source that have said nothing.
    pub silent: usize,
    /// Handshakes of one source at a time.
    pub turns: usize,
}

/// The sockets before and in their handshakes. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Lobby {
    size: LobbySize,
    rooms: Arc<Mutex<Rooms>>,
}

#[derive(Debug, Default)]
struct Rooms {
    sources: BTreeMap<Source, Room>,
    count: usize,
    next: u64,
}

/// The sockets of one source, in the order in which they came.
#[derive(Debug)]
struct Room {
    turns: Arc<Semaphore>,
    visits: BTreeMap<u64, Visit>,
}

#[derive(Debug)]
struct Visit {
    stage: Stage,
    cut: CancellationToken,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Has sent nothing.
    Silent,
    /// Has sent something, and waits: for its turn, or behind its handshake for a place.
    Waiting,
    /// In its handshake.
    Shaking,
}

impl Room {
    fn new(turns: usize) -> Self {
        Self { turns: Arc::new(Semaphore::new(turns)), visits: BTreeMap::new() }
    }

    fn silent(&self) -> impl Iterator<Item = u64> {
        self.visits.iter().filter(|(_, visit)| visit.stage == Stage::Silent).map(|(number, _)| *number)
    }

    /// Who of this room gives way: the one that has been silent for longest, else the last that waits.
    fn dispensable(&self) -> Option<u64> {
        let mut waiting = self.visits.iter().rev().filter(|(_, visit)| visit.stage == Stage::Waiting);
        self.silent().next().or_else(|| waiting.next().map(|(number, _)| *number))
    }
}

impl Rooms {
    fn leave(&mut self, source: Source, number: u64) -> Option<Visit> {
        let room = self.sources.get_mut(&source)?;
        let left = room.visits.remove(&number)?;
        self.count -= 1;
        if room.visits.is_empty() {
            self.sources.remove(&source);
        }
        Some(left)
    }

    fn show_out(&mut self, source: Source, number: u64) {
        if let Some(visit) = self.leave(source, number) {
            visit.cut.cancel();
        }
    }

    /// Somebody of the source with the most sockets gives way. A comer of that very source puts out only one that has
    /// said nothing: the last that waits is the comer itself.
    fn make_room(&mut self, comer: Source) -> bool {
        let Some((source, room)) = self.sources.iter().max_by_key(|(_, room)| room.visits.len()) else { return false };
        let leaving = if *source == comer { room.silent().next() } else { room.dispensable() };
        let (source, leaving) = (*source, leaving);
        leaving.is_some_and(|number| {
            self.show_out(source, number);
            true
        })
    }
}

impl Lobby {
    /// An empty one.
    pub fn new(size: LobbySize) -> Self {
        Self { size, rooms: Arc::default() }
    }

    /// Lets a socket in. In a full house somebody of the source with the most sockets gives way; if that is the
    /// comer's own and has nobody to spare, the comer is turned away.
    pub fn enter(&self, source: Source) -> Option<Visitor> {
        let mut rooms = self.locked();
        let own = rooms.sources.get(&source);
        let silent = own.map(|room| (room.silent().count(), room.silent().next()));
        if let Some((count, Some(oldest))) = silent
            && count >= self.size.silent
        {
            rooms.show_out(source, oldest);
        }
        if rooms.count >= self.size.most && !rooms.make_room(source) {
            return None;
        }
        let number = rooms.next;
        rooms.next += 1;
        rooms.count += 1;
        let cut = CancellationToken::new();
        let turns = self.size.turns;
        let room = rooms.sources.entry(source).or_insert_with(|| Room::new(turns));
        room.visits.insert(number, Visit { stage: Stage::Silent, cut: cut.clone() });
        let turns = Arc::clone(&room.turns);
        drop(rooms);
        Some(Visitor { lobby: self.clone(), source, number, turns, turn: None, cut })
    }

    fn locked(&self) -> MutexGuard<'_, Rooms> {
        // A panic elsewhere leaves the map as it was.
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One socket's place in the lobby; given back when dropped.
#[derive(Debug)]
pub struct Visitor {
    lobby: Lobby,
    source: Source,
    number: u64,
    turns: Arc<Semaphore>,
    turn: Option<OwnedSemaphorePermit>,
    cut: CancellationToken,
}

impl Visitor {
    /// Where it comes from.
    pub fn source(&self) -> Source {
        self.source
    }

    /// Ends when it has to give way.
    pub fn shown_out(&self) -> impl Future<Output = ()> + Send + use<> {
        self.cut.clone().cancelled_owned()
    }

    /// It has sent something, and waits for its source's turn.
    pub async fn take_turn(&mut self) {
        self.stand(Stage::Waiting);
        // The semaphore is never closed.
        self.turn = Arc::clone(&self.turns).acquire_owned().await.ok();
        self.stand(Stage::Shaking);
    }

    /// Its handshake is over, and it waits for a place.
    pub fn give_turn_back(&mut self) {
        self.turn = None;
        self.stand(Stage::Waiting);
    }

    fn stand(&self, stage: Stage) {
        let mut rooms = self.lobby.locked();
        let room = rooms.sources.get_mut(&self.source);
        if let Some(visit) = room.and_then(|room| room.visits.get_mut(&self.number)) {
            visit.stage = stage;
        }
    }
}

impl Drop for Visitor {
    fn drop(&mut self) {
        self.lobby.locked().leave(self.source, self.number);
    }
}
