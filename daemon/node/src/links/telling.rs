//! When a node tells a peer where that peer's feed has arrived.
//!
//! Invariant: news are told soon, not at once, and not often: what follows from one change goes out in one message.
//! Left out: what is told (app).

use std::time::Duration;

use gongkai_sync::standing::Standing;
use tokio::time::{Instant, sleep_until};

/// News wait so long for what follows from the same change: the next level's answer takes two commits and a round trip.
const GATHER: Duration = Duration::from_secs(2);
/// Shortest time between two messages: a bulk load tells its progress every five seconds, for some 100 bytes.
const APART: Duration = Duration::from_secs(5);

/// What was told in this session, and when the next is due.
#[derive(Debug, Default)]
pub(super) struct Telling {
    pub(super) said: Option<Standing>,
    pub(super) said_at: Option<Instant>,
    pub(super) due_at: Option<Instant>,
}

impl Telling {
    /// Something may have changed.
    pub(super) fn has_news(&mut self, now: Instant) {
        let gathered = now + GATHER;
        let due_at = self.said_at.map_or(gathered, |said_at| gathered.max(said_at + APART));
        self.due_at.get_or_insert(due_at);
    }

    /// Ends when it is time to tell; never, while there is nothing.
    pub(super) async fn due(&self) {
        match self.due_at {
            Some(due_at) => sleep_until(due_at).await,
            None => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_changes_are_told_once_and_the_next_not_before_its_time() {
        let begun = Instant::now();
        let mut telling = Telling::default();
        (0..100).for_each(|ms| telling.has_news(begun + Duration::from_millis(ms)));
        assert_eq!(telling.due_at, Some(begun + GATHER));
        (telling.due_at, telling.said_at) = (None, Some(begun + GATHER));
        telling.has_news(begun + GATHER);
        assert_eq!(telling.due_at, Some(begun + GATHER + APART));
        telling.due_at = None;
        let later = begun + Duration::from_secs(3_600);
        telling.has_news(later);
        assert_eq!(telling.due_at, Some(later + GATHER));
    }
}
