//! The handle on a node's store: making, opening and closing it.
//!
//! Invariant: a `Store` exists only for a directory whose marker, database and lock agree. It is cheap to clone;
//! the directory stays locked until it is closed or the last clone is gone.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use gongkai_journal::{Entry, EntryHash, Lane};
use gongkai_model::id::DivisionId;
use gongkai_sync::{
    allowance::{Allowance, Used},
    want::{WANTS_PER_PEER_MAX, Why},
};
use tokio::sync::watch;

use crate::{
    disk,
    error::Error,
    fresh::Fresh,
    lock::DirectoryLock,
    marker::{self, FORMAT, Identity, Marker},
    sqlite::Sqlite,
    usage::Taking,
};

/// Left free of what peers send: room for the write-ahead log, for what the node's own people write until somebody has
/// made room, and for a backup's beginning.
const DISK_FLOOR_BYTES: u64 = 512 << 20;

/// A node's journal and tables.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) db: Db,
    identity: RwLock<Arc<Identity>>,
    feed: watch::Sender<u64>,
    pub(crate) fresh: Fresh,
    /// Wants kept towards one peer at most.
    wants_max: AtomicUsize,
    dir: PathBuf,
    allowance: RwLock<Allowance>,
    /// Bytes of the disk that are left free of what peers send.
    disk_floor: AtomicU64,
    lock: Mutex<Option<DirectoryLock>>,
}

/// The engine below.
#[derive(Debug)]
pub(crate) enum Db {
    Sqlite(Sqlite),
}

/// Runs the same call on whatever engine the store has.
macro_rules! on_db {
    ($store:expr, $db:ident => $call:expr) => {
        match &$store.inner.db {
            $crate::store::Db::Sqlite($db) => $call,
        }
    };
}
pub(crate) use on_db;

impl Store {
    /// Makes a node's store in an empty or missing directory. What a creation that never finished left behind is
    /// replaced; anything else that lies there is refused.
    pub async fn create(dir: &Path, identity: Identity, now_ms: i64) -> Result<Self, Error> {
        marker::prepare(dir)?;
        let lock = DirectoryLock::take(dir)?;
        if let Some(marker) = Marker::read(dir)? {
            return Err(Error::AlreadyThere { dir: dir.to_owned(), division: marker.division.to_string() });
        }
        Sqlite::discard_unfinished(dir).await?;
        let db = Sqlite::create(dir, &identity).await?;
        let marker = Marker {
            format: FORMAT,
            division: identity.division.clone(),
            created_at_ms: now_ms,
            feed_id: identity.feed_id,
            next_feed_id: None,
        };
        marker.write(dir)?;
        Self::assemble(Db::Sqlite(db), identity, lock, dir).await
    }

    /// Opens the store of a directory; checks the database's pages if it was not closed properly or is small.
    pub async fn open(dir: &Path) -> Result<Self, Error> {
        let marker = Marker::read(dir)?.ok_or_else(|| Error::NoNode { dir: dir.to_owned() })?;
        let lock = DirectoryLock::take(dir)?;
        let db = Sqlite::open(dir).await?;
        let identity = db.identity().await?;
        if !marker.names(&identity) {
            return Err(Error::WrongNode { marker: marker.label(), database: identity.label() });
        }
        if marker.next_feed_id.is_some() {
            // A renewal was cut off: the database says whether it had happened.
            Marker { feed_id: identity.feed_id, next_feed_id: None, ..marker }.write(dir)?;
        }
        Self::assemble(Db::Sqlite(db), identity, lock, dir).await
    }

    async fn assemble(db: Db, identity: Identity, lock: DirectoryLock, dir: &Path) -> Result<Self, Error> {
        let (feed, _) = watch::channel(0);
        let identity = RwLock::new(Arc::new(identity));
        let inner = Inner {
            db,
            identity,
            feed,
            fresh: Fresh::default(),
            wants_max: AtomicUsize::new(WANTS_PER_PEER_MAX),
            dir: dir.to_owned(),
            allowance: RwLock::default(),
            disk_floor: AtomicU64::new(DISK_FLOOR_BYTES),
            lock: Mutex::new(Some(lock)),
        };
        let store = Self { inner: Arc::new(inner) };
        let state = store.feed_state().await?;
        store.announce(state.offset);
        Ok(store)
    }

    /// Whose store this is now: a renewal changes it.
    pub fn identity(&self) -> Arc<Identity> {
        Arc::clone(&self.inner.identity.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What this node takes of one author.
    pub fn allowance(&self) -> Allowance {
        *self.inner.allowance.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets it; what was wanted before is asked for again by the next session.
    pub fn set_allowance(&self, allowance: Allowance) {
        *self.inner.allowance.write().unwrap_or_else(PoisonError::into_inner) = allowance;
    }

    pub(crate) fn taking(&self) -> Option<Taking> {
        let is_disk_short = self.free_bytes().is_some_and(|free| free < self.disk_floor());
        Some(Taking { allowance: self.allowance(), me: self.identity().division.clone(), is_disk_short })
    }

    /// Free bytes of the disk; `None` where the system does not say.
    pub fn free_bytes(&self) -> Option<u64> {
        disk::free_bytes(&self.inner.dir)
    }

    /// Bytes of the disk that are left free of what peers send.
    pub fn disk_floor(&self) -> u64 {
        self.inner.disk_floor.load(Ordering::Relaxed)
    }

    /// Sets it.
    pub fn set_disk_floor(&self, bytes: u64) {
        self.inner.disk_floor.store(bytes, Ordering::Relaxed);
    }

    /// What is kept of each author, by lane.
    pub async fn usage(&self) -> Result<BTreeMap<(DivisionId, Lane), Used>, Error> {
        on_db!(self, db => db.usage().await)
    }

    /// Streams of which entries are lacking, by the peer that has them and why they wait.
    pub async fn waiting(&self) -> Result<Vec<(DivisionId, Why, u64)>, Error> {
        on_db!(self, db => db.waiting().await)
    }

    /// Streams that wait for a reason, by author and lane.
    pub async fn waiting_of(&self, why: Why) -> Result<BTreeMap<(DivisionId, Lane), u64>, Error> {
        on_db!(self, db => db.waiting_of(why).await)
    }

    pub(crate) fn set_identity(&self, identity: Identity) {
        *self.inner.identity.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(identity);
    }

    /// How many wants are kept towards one peer at most.
    pub fn wants_max(&self) -> usize {
        self.inner.wants_max.load(Ordering::Relaxed)
    }

    /// Changes that; what is wanted already stays.
    pub fn set_wants_max(&self, wants_max: usize) {
        self.inner.wants_max.store(wants_max, Ordering::Relaxed);
    }

    pub(crate) fn own_division(&self) -> DivisionId {
        self.identity().division.clone()
    }

    /// The feed's offset, changed after each commit that brought entries.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.inner.feed.subscribe()
    }

    /// Tells watchers; commits may be announced out of order, the number only grows.
    pub(crate) fn announce(&self, offset: u64) {
        self.inner.feed.send_if_modified(|seen| {
            let is_news = offset > *seen;
            if is_news {
                *seen = offset;
            }
            is_news
        });
    }

    /// Keeps what a commit has brought for those who ask for it at once.
    pub(crate) fn keep_fresh(&self, through: u64, entries: &[Entry], abouts: Vec<Option<String>>) {
        self.inner.fresh.note(through, entries, abouts);
    }

    /// Forgets them: a payload was erased, or came late.
    pub(crate) fn forget_fresh(&self) {
        self.inner.fresh.forget();
    }

    /// An entry that came just now, if it is the one that the database names.
    pub(crate) fn fresh_at(&self, feed: u64, hash: &EntryHash) -> Option<Arc<Entry>> {
        self.inner.fresh.at(feed, hash)
    }

    /// Closes the database in order, waiting for running statements, and gives the directory free. Other clones
    /// fail from then on.
    pub async fn close(&self) {
        on_db!(self, db => db.close().await);
        self.inner.lock.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// A value that the node keeps for itself.
    pub async fn meta(&self, key: &str) -> Result<Option<String>, Error> {
        on_db!(self, db => db.meta(key).await)
    }

    /// Keeps a value; `node.` keys are the store's own and refused.
    pub async fn put_meta(&self, key: &str, value: &str) -> Result<(), Error> {
        if key.starts_with("node.") || key.is_empty() {
            return Err(Error::DraftInvalid { what: format!("`{key}` is not a free key") });
        }
        on_db!(self, db => db.put_meta(key, value).await)
    }
}
