//! The Sync service: hands each session to the caller, with the identity behind it.
//!
//! Invariant: no message is read from a peer whose identity the caller did not give.

use std::{future::Future, pin::Pin, sync::Arc};

use futures::{Stream, StreamExt as _};
use gongkai_pki::{PeerError, PeerIdentity};
use gongkai_proto::link::v1::{Frame, sync_server::Sync as SyncService};
use rustls::pki_types::CertificateDer;
use tokio_util::task::TaskTracker;
use tonic::{Request, Response, Status, Streaming};
use tracing::debug;

use super::{
    connection::Facts,
    duplex::{Duplex, Inbound, Outbound},
};
use crate::refusal::{Refusal, refusal_status};

/// Who may open a session, and what happens in it: the caller's business.
pub trait Sessions: Send + Sync + 'static {
    /// Whose certificates these are (leaf first, never empty), if they may open a session here.
    fn identify(&self, certificates: &[CertificateDer<'static>]) -> Result<PeerIdentity, PeerError>;

    /// Whether it was heard already what names a peer's certificate: then its connection has a child's place at once, else
    /// a stranger's until [`Duplex::seat_child`].
    fn is_named(&self, peer: &PeerIdentity) -> bool;

    /// Holds the session to its end. It is awaited on shutdown: it must end soon after its inbound half does.
    fn serve(&self, session: Duplex) -> impl Future<Output = ()> + Send;
}

pub(super) struct Server<S> {
    sessions: Arc<S>,
    running: TaskTracker,
}

impl<S: Sessions> Server<S> {
    pub(super) fn new(sessions: Arc<S>, running: TaskTracker) -> Self {
        Self { sessions, running }
    }

    fn identify(&self, facts: &Facts) -> Result<PeerIdentity, PeerError> {
        if facts.certificates.is_empty() {
            return Err(PeerError::NoCertificate);
        }
        self.sessions.identify(&facts.certificates)
    }
}

#[tonic::async_trait]
impl<S: Sessions> SyncService for Server<S> {
    type SessionStream = Pin<Box<dyn Stream<Item = Result<Frame, Status>> + Send>>;

    async fn session(&self, request: Request<Streaming<Frame>>) -> Result<Response<Self::SessionStream>, Status> {
        let facts = facts_of(&request)?;
        let peer = self.identify(&facts).map_err(|error| {
            debug!(remote = ?facts.remote, code = error.code(), "session refused");
            refusal_status(&Refusal::from(&error))
        })?;
        let (outbound, frames) = Outbound::channel();
        let traffic = facts.traffic.clone();
        let inbound = Inbound::new(request.into_inner(), facts, &outbound);
        let sessions = Arc::clone(&self.sessions);
        // Its own task: a caller in the middle of a commit must not vanish with the connection.
        self.running.spawn(async move { sessions.serve(Duplex { peer, inbound, outbound, traffic }).await });
        Ok(Response::new(frames.map(Ok).boxed()))
    }
}

/// What the listener knows of the connection that a call came over.
pub(super) fn facts_of<T>(request: &Request<T>) -> Result<Facts, Status> {
    request.extensions().get::<Facts>().cloned().ok_or_else(|| Status::internal("not served by the listener"))
}
