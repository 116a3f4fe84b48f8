//! A new incarnation and feed for the same journal: after a restore, or when this node finds itself rewound.
//!
//! Invariant: marker and database never contradict each other. The marker names both feeds before the database
//! changes, and the one that counts after; whatever lies between is decided by the database at the next opening.

use gongkai_journal::Incarnation;
use gongkai_sync::position::FeedId;

use crate::{
    error::Error,
    marker::{Identity, Marker},
    store::{Store, on_db},
};

impl Store {
    /// Goes on as another author on another feed; what was written stays as it is.
    pub async fn renew_identity(&self, incarnation: Incarnation, feed_id: FeedId) -> Result<(), Error> {
        let identity = Identity { incarnation, feed_id, ..Identity::clone(&self.identity()) };
        let dir = on_db!(self, db => db.dir().to_owned());
        let marker = Marker::read(&dir)?.ok_or_else(|| Error::NoNode { dir: dir.clone() })?;
        Marker { next_feed_id: Some(feed_id), ..marker.clone() }.write(&dir)?;
        on_db!(self, db => db.put_identity(&identity).await)?;
        Marker { feed_id, next_feed_id: None, ..marker }.write(&dir)?;
        self.set_identity(identity);
        Ok(())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use std::path::Path;

    use gongkai_model::id::DivisionId;

    use super::*;

    fn life(byte: u8) -> FeedId {
        Incarnation::from_bytes([byte; 16])
    }

    async fn made(dir: &Path) -> Store {
        let identity = Identity {
            division: DivisionId::parse("t1").unwrap(),
            incarnation: life(1),
            feed_id: life(1),
            daemon_id: life(1),
        };
        Store::create(dir, identity, 0).await.unwrap()
    }

    async fn reopened(dir: &Path) -> (FeedId, Option<Marker>) {
        let store = Store::open(dir).await.unwrap();
        let feed_id = store.identity().feed_id;
        store.close().await;
        (feed_id, Marker::read(dir).unwrap())
    }

    /// Each of the three steps is where a crash may leave the directory.
    #[tokio::test]
    async fn a_renewal_cut_off_at_any_step_leaves_one_of_the_two() {
        let kept = tempfile::tempdir().unwrap();
        let dir = kept.path();
        let store = made(dir).await;
        let marker = Marker::read(dir).unwrap().unwrap();
        Marker { next_feed_id: Some(life(2)), ..marker.clone() }.write(dir).unwrap();
        store.close().await;
        let (feed_id, seen) = reopened(dir).await;
        assert_eq!((feed_id, seen), (life(1), Some(marker.clone())), "only the marker was written");

        let store = Store::open(dir).await.unwrap();
        Marker { next_feed_id: Some(life(2)), ..marker.clone() }.write(dir).unwrap();
        let identity = Identity { incarnation: life(2), feed_id: life(2), ..Identity::clone(&store.identity()) };
        on_db!(store, db => db.put_identity(&identity).await).unwrap();
        store.close().await;
        let (feed_id, seen) = reopened(dir).await;
        assert_eq!(feed_id, life(2), "the database was written too");
        assert_eq!(seen, Some(Marker { feed_id: life(2), ..marker }));
    }

    #[tokio::test]
    async fn a_renewed_store_says_so_at_once_and_after_opening() {
        let kept = tempfile::tempdir().unwrap();
        let store = made(kept.path()).await;
        store.renew_identity(life(2), life(2)).await.unwrap();
        assert_eq!((store.identity().incarnation, store.identity().feed_id), (life(2), life(2)));
        store.close().await;
        let store = Store::open(kept.path()).await.unwrap();
        assert_eq!((store.identity().incarnation, store.identity().feed_id), (life(2), life(2)));
        assert_eq!(store.identity().daemon_id, life(1));
        store.close().await;
    }

    #[tokio::test]
    async fn a_copy_of_a_store_in_use_is_a_store() {
        let kept = tempfile::tempdir().unwrap();
        let (here, there) = (kept.path().join("here"), kept.path().join("there"));
        std::fs::create_dir(&there).unwrap();
        let store = made(&here).await;
        store.put_meta("known", "before").await.unwrap();
        store.copy_to(&there).await.unwrap();
        store.put_meta("known", "after").await.unwrap();
        let copy = Store::open(&there).await.unwrap();
        copy.check_pages().await.unwrap();
        assert_eq!(copy.meta("known").await.unwrap().as_deref(), Some("before"));
        assert_eq!(copy.identity(), store.identity());
        copy.close().await;
        let refused = store.copy_to(&there).await.unwrap_err();
        assert_eq!(refused.code(), "GK-STORE-014", "a copy replaces nothing: {refused}");
        store.close().await;
    }
}
