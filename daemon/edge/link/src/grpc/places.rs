//! Places of connections behind their handshake: whose they are, and who leaves when there are too many.
//!
//! Invariant: a holder has at least one place whatever the others do, as long as there are fewer holders than places:
//! in a full house whoever holds most gives one up. Beyond a holder's own share its oldest leaves: a child that comes back
//! takes the place of its broken connection. A place in which a call is being answered is given up by nobody who has
//! not shown who he is. Left out: what is said over a connection.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;

/// How many places there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlacesSize {
    /// In all.
    pub most: usize,
    /// Of one holder.
    pub each: usize,
    /// A place over which nothing was answered for so long is given up for the next comer; zero: any place is, [`Duration::MAX`]:
    /// none, and the comer is turned away.
    pub idle: Duration,
}

/// The places of one kind of holder. Cheap to clone.
#[derive(Debug)]
pub struct Places<H> {
    size: PlacesSize,
    taken: Arc<Mutex<Taken<H>>>,
    freed: Arc<Notify>,
}

impl<H> Clone for Places<H> {
    fn clone(&self) -> Self {
        Self { size: self.size, taken: Arc::clone(&self.taken), freed: Arc::clone(&self.freed) }
    }
}

#[derive(Debug)]
struct Taken<H> {
    /// Of each holder, by number: the oldest first.
    holders: BTreeMap<H, BTreeMap<u64, Seat>>,
    count: usize,
    next: u64,
}

#[derive(Debug)]
struct Seat {
    since: Instant,
    calls: Calls,
    cut: CancellationToken,
}

/// The calls that are being answered over one connection.
#[derive(Clone, Debug, Default)]
pub struct Calls(Arc<AtomicU32>);

/// One of them.
#[derive(Debug)]
pub struct Call(Calls);

impl Calls {
    /// One more, until the value is dropped.
    pub fn begin(&self) -> Call {
        self.0.fetch_add(1, Ordering::Relaxed);
        Call(self.clone())
    }

    fn are_none(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// One place; given back when dropped.
#[derive(Debug)]
pub struct Place<H: Ord + Clone> {
    places: Places<H>,
    holder: H,
    number: u64,
    /// Ends when the place must be given up.
    pub(super) cut: CancellationToken,
}

impl<H: Ord + Clone> Places<H> {
    /// All are free.
    pub fn new(size: PlacesSize) -> Self {
        let taken = Taken { holders: BTreeMap::new(), count: 0, next: 0 };
        Self { size, taken: Arc::new(Mutex::new(taken)), freed: Arc::default() }
    }

    /// A place, if one is free or is given up; the calls are those of the connection that will hold it.
    pub fn take(&self, holder: &H, calls: &Calls) -> Option<Place<H>> {
        let mut taken = self.locked();
        let own = taken.holders.get(holder).map_or(0, BTreeMap::len);
        if own >= self.size.each {
            taken.give_up(holder, self.size.idle)?;
        } else if taken.count >= self.size.most {
            taken.make_room(own, self.size.idle)?;
        }
        let (number, cut) = (taken.next, CancellationToken::new());
        taken.next += 1;
        taken.count += 1;
        let seat = Seat { since: Instant::now(), calls: calls.clone(), cut: cut.clone() };
        taken.holders.entry(holder.clone()).or_default().insert(number, seat);
        drop(taken);
        Some(Place { places: self.clone(), holder: holder.clone(), number, cut })
    }

    /// Waits for a place.
    pub async fn wait(&self, holder: &H, calls: &Calls) -> Place<H> {
        loop {
            let freed = self.freed.notified();
            if let Some(place) = self.take(holder, calls) {
                return place;
            }
            // Places become idle without anybody saying so.
            let _ = tokio::time::timeout(LOOK_EVERY, freed).await;
        }
    }

    fn locked(&self) -> MutexGuard<'_, Taken<H>> {
        // A panic elsewhere leaves the map as it was.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How often a comer looks again whether a place has become idle.
const LOOK_EVERY: Duration = Duration::from_millis(250);

impl<H: Ord + Clone> Taken<H> {
    /// Whoever holds most gives one up, if that is more than the comer has. A child's only place is kept; of those who have
    /// not shown who they are anybody's idle one is given up.
    fn make_room(&mut self, own: usize, idle: Duration) -> Option<()> {
        let most = self.holders.values().map(BTreeMap::len).max()?;
        if most <= own || (most == 1 && idle.is_zero()) {
            return None;
        }
        let fullest: Vec<H> = self.fullest(most);
        fullest.iter().find_map(|holder| self.give_up(holder, idle))
    }

    fn fullest(&self, most: usize) -> Vec<H> {
        self.holders.iter().filter(|(_, seats)| seats.len() == most).map(|(holder, _)| holder.clone()).collect()
    }

    /// The holder's oldest place that is idle is given up; `None` if there is none.
    fn give_up(&mut self, holder: &H, idle: Duration) -> Option<()> {
        let seats = self.holders.get(holder)?;
        let is_idle = |seat: &Seat| idle.is_zero() || (seat.calls.are_none() && seat.since.elapsed() >= idle);
        let number = seats.iter().find(|(_, seat)| is_idle(seat)).map(|(number, _)| *number)?;
        let seat = self.leave(holder, number)?;
        seat.cut.cancel();
        Some(())
    }

    fn leave(&mut self, holder: &H, number: u64) -> Option<Seat> {
        let seats = self.holders.get_mut(holder)?;
        let seat = seats.remove(&number)?;
        self.count -= 1;
        if seats.is_empty() {
            self.holders.remove(holder);
        }
        Some(seat)
    }
}

impl<H: Ord + Clone> Place<H> {
    /// Whether the place must be given up.
    pub fn is_cut(&self) -> bool {
        self.cut.is_cancelled()
    }
}

impl<H: Ord + Clone> Drop for Place<H> {
    fn drop(&mut self) {
        if self.places.locked().leave(&self.holder, self.number).is_some() {
            self.places.freed.notify_one();
        }
    }
}
