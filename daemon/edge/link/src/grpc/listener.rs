//! The port that children and joiners dial.
//!
//! Invariant: a stranger costs at most one of a few slots, for a bounded time; whoever is slow in the handshake holds
//! up nobody else. TLS settings are read at every accept, so a renewed certificate needs no restart.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use gongkai_pki::tls::HotTls;
use gongkai_proto::link::v1::{enrol_server::EnrolServer, sync_server::SyncServer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    time::{sleep, timeout},
};
use tokio_rustls::TlsStream;
use tokio_stream::{StreamExt as _, wrappers::ReceiverStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tonic::transport::{Server, server::Router};
use tracing::{debug, info, warn};

use super::{
    accept::{accept_each, part},
    connection::{Connection, End},
    enrol::{self, Enrolment},
    server::{self, Sessions},
    traffic::Counted,
    tuning::{
        CONNECTIONS_MAX, ENROL_BYTES_MAX, HTTP_FRAME_BYTES_MAX, PARENT_PATIENCE, STRANGER_LIFE, STRANGERS_MAX,
        STREAMS_MAX, Tuning,
    },
};
use crate::{codec::limits::FRAME_BYTES_MAX, error::LinkError};

/// Handshaken connections that wait for the server to take them; it does so at once.
const READY_MAX: usize = 16;

type Accepted = Connection<OwnedSemaphorePermit>;

/// A bound port.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    tuning: Tuning,
}

impl Listener {
    /// Binds the port; `:0` takes a free one.
    pub async fn bind(address: SocketAddr) -> Result<Self, LinkError> {
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::AddrInUse => LinkError::PortInUse { address },
            _ => LinkError::Listen { address, source },
        };
        let socket = TcpListener::bind(address).await.map_err(failed)?;
        let address = socket.local_addr().map_err(failed)?;
        Ok(Self { socket, address, tuning: Tuning::default() })
    }

    /// The same port with times of one's own. The rate only sizes the windows here: whom it holds is known later
    /// ([`Traffic::limit`](super::Traffic::limit)).
    pub fn tuned(self, tuning: Tuning) -> Self {
        Self { tuning, ..self }
    }

    /// Where it really listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `shutdown`. Then takes no more connections, gives sessions `grace` to end, cuts what is left,
    /// and waits as long again for the caller's
    /// session tasks. The caller ends its sessions politely by its own signal.
    pub async fn run<S: Sessions, E: Enrolment>(
        self,
        tls: Arc<HotTls>,
        sessions: Arc<S>,
        enrolment: Arc<E>,
        shutdown: CancellationToken,
        grace: Duration,
    ) -> Result<(), LinkError> {
        let (address, running, cut) = (self.address, TaskTracker::new(), CancellationToken::new());
        let (ready, connections) = mpsc::channel(READY_MAX);
        let gate = Arc::new(Gate::new(tls, cut.clone(), ready, self.tuning.handshake));
        let admit = move |stream, remote| {
            let gate = Arc::clone(&gate);
            async move { gate.admit(stream, remote).await }
        };
        let accepting = tokio::spawn(accept_each(self.socket, shutdown.clone(), admit));
        info!(%address, "listening for children");
        let incoming = ReceiverStream::new(connections).map(Ok::<_, io::Error>);
        let serving = router(sessions, enrolment, running.clone(), &self.tuning)
            .serve_with_incoming_shutdown(incoming, shutdown.clone().cancelled_owned());
        let deadline = async {
            shutdown.cancelled().await;
            sleep(grace).await;
            cut.cancel();
        };
        let served = beside(serving, deadline).await;
        running.close();
        if timeout(grace, running.wait()).await.is_err() {
            warn!(sessions = running.len(), "sessions did not end and are left behind");
        }
        // It ends with the same signal, and a panic in it was shown already.
        let _ = accepting.await;
        info!(%address, "listener stopped");
        served.map_err(|error| LinkError::Broken { why: error.to_string() })
    }
}

/// Runs `deadline` beside `serving`: cut connections end, and with them the server.
async fn beside<T>(serving: impl Future<Output = T>, deadline: impl Future<Output = ()>) -> T {
    tokio::pin!(serving);
    tokio::select! {
        served = &mut serving => served,
        () = deadline => serving.await,
    }
}

fn router<S: Sessions, E: Enrolment>(
    sessions: Arc<S>,
    enrolment: Arc<E>,
    running: TaskTracker,
    tuning: &Tuning,
) -> Router {
    let sync = SyncServer::new(server::Server::new(sessions, running))
        .max_decoding_message_size(FRAME_BYTES_MAX)
        .max_encoding_message_size(FRAME_BYTES_MAX);
    let enrol = EnrolServer::new(enrol::Server::new(enrolment)).max_decoding_message_size(ENROL_BYTES_MAX);
    Server::builder()
        .initial_stream_window_size(tuning.stream_window_bytes())
        .initial_connection_window_size(tuning.connection_window_bytes())
        .max_frame_size(HTTP_FRAME_BYTES_MAX)
        .max_concurrent_streams(STREAMS_MAX)
        .http2_keepalive_interval(Some(tuning.keepalive_every * PARENT_PATIENCE))
        .http2_keepalive_timeout(Some(tuning.keepalive_timeout))
        .add_service(sync)
        .add_service(enrol)
}

/// Decides how many connections there may be, never whose.
struct Gate {
    tls: Arc<HotTls>,
    cut: CancellationToken,
    enrolled: Arc<Semaphore>,
    strangers: Arc<Semaphore>,
    ready: mpsc::Sender<Accepted>,
    handshake_max: Duration,
}

impl Gate {
    fn new(tls: Arc<HotTls>, cut: CancellationToken, ready: mpsc::Sender<Accepted>, handshake_max: Duration) -> Self {
        let (enrolled, strangers) = (Semaphore::new(CONNECTIONS_MAX), Semaphore::new(STRANGERS_MAX));
        Self { tls, cut, enrolled: Arc::new(enrolled), strangers: Arc::new(strangers), ready, handshake_max }
    }

    async fn admit(&self, stream: TcpStream, remote: SocketAddr) {
        let stream = match timeout(self.handshake_max, self.shake(stream)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err((error, socket))) => {
                let refusal = gongkai_pki::tls::refusal_of_io(&error);
                debug!(%remote, code = refusal.code(), %error, "handshake failed");
                if let Some(socket) = socket {
                    part(socket).await;
                }
                return;
            }
            Err(_) => return debug!(%remote, "handshake took too long"),
        };
        let is_stranger = stream.get_ref().1.peer_certificates().is_none_or(<[_]>::is_empty);
        let slots = if is_stranger { &self.strangers } else { &self.enrolled };
        let Ok(slot) = Arc::clone(slots).try_acquire_owned() else {
            return warn!(%remote, is_stranger, "too many connections, one was dropped");
        };
        let connection = Connection::new(stream, Some(remote), self.end(is_stranger), slot);
        // Closed only when the server has stopped: then the connection goes with it.
        let _ = self.ready.send(connection).await;
    }

    async fn shake(&self, stream: TcpStream) -> Result<TlsStream<Counted>, (io::Error, Option<Counted>)> {
        let counted = Counted::new(stream).map_err(|error| (error, None))?;
        let shaken = self.tls.acceptor().accept(counted).into_fallible().await;
        shaken.map(TlsStream::from).map_err(|(error, socket)| (error, Some(socket)))
    }

    fn end(&self, is_stranger: bool) -> End {
        let cut = self.cut.clone().cancelled_owned();
        if !is_stranger {
            return Box::pin(cut);
        }
        Box::pin(async move {
            tokio::select! {
                () = cut => {}
                () = sleep(STRANGER_LIFE) => {}
            }
        })
    }
}
