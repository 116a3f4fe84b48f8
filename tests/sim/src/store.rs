//! The handle that the store's files expect, on the engine in memory.

use std::{
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use gongkai_journal::{Entry, EntryHash};
use gongkai_model::id::DivisionId;

use crate::{memory::Memory, usage::Taking};

/// A node's store in memory.
#[derive(Debug)]
pub struct Store {
    pub(crate) db: Memory,
    /// Whose it is.
    pub(crate) own: DivisionId,
    /// Wants kept towards one peer at most.
    pub(crate) wants_max: usize,
    pub(crate) taking: Option<Taking>,
}

macro_rules! on_db {
    ($store:expr, $db:ident => $call:expr) => {{
        let $db = &$store.db;
        $call
    }};
}
pub(crate) use on_db;

impl Store {
    /// Watchers are told by the simulator, which looks at the feed.
    #[expect(clippy::unused_self, reason = "the store's files call it so")]
    pub(crate) fn announce(&self, _offset: u64) {}

    pub(crate) fn own_division(&self) -> DivisionId {
        self.own.clone()
    }

    pub(crate) fn wants_max(&self) -> usize {
        self.wants_max
    }

    /// What a machine takes of one author; none is told where it takes all.
    pub(crate) fn taking(&self) -> Option<Taking> {
        self.taking.clone()
    }

    /// All of the feed is in memory here.
    #[expect(clippy::unused_self, reason = "the store's files call it so")]
    pub(crate) fn keep_fresh(&self, _through: u64, _entries: &[Entry], _abouts: Vec<Option<String>>) {}

    /// See [`Self::keep_fresh`].
    #[expect(clippy::unused_self, reason = "the store's files call it so")]
    pub(crate) fn forget_fresh(&self) {}

    /// See [`Self::keep_fresh`].
    #[expect(clippy::unused_self, reason = "the store's files call it so")]
    pub(crate) fn fresh_at(&self, _feed: u64, _hash: &EntryHash) -> Option<Arc<Entry>> {
        None
    }
}

/// Runs a future of the store: in memory nothing ever waits.
pub(crate) fn now<F: Future>(future: F) -> F::Output {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).as_mut().poll(&mut context) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("the engine in memory never waits"),
    }
}
