//! The port that children and joiners dial.
//!
//! Invariant: only a child that stands has a child's place, and each has its own share of them; whoever has not shown
//! that he is one, or not yet what names his certificate, has a stranger's, for a short time, shared out by address. So neither a child nor a crowd of strangers
//! keeps others out. TLS settings are read at every accept, so a renewed certificate needs no restart.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use gongkai_model::id::DivisionId;
use gongkai_pki::tls::HotTls;
use gongkai_proto::link::v1::{enrol_server::EnrolServer, sync_server::SyncServer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::{sleep, timeout},
};
use tokio_rustls::TlsStream;
use tokio_stream::{StreamExt as _, wrappers::ReceiverStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tonic::transport::{Server, server::Router};
use tracing::{debug, info, warn};

use super::{
    accept::{Porch, accept_each, part},
    connection::{Connection, End},
    enrol::{self, Enrolment},
    lobby::{Lobby, LobbySize, Source, Visitor},
    places::{Calls, Places, PlacesSize},
    seat::{Held, Seat},
    server::{self, Sessions},
    traffic::Counted,
    tuning::{
        CONNECTIONS_EACH_MAX, CONNECTIONS_MAX, ENROL_BYTES_MAX, HTTP_FRAME_BYTES_MAX, LOBBY_MAX, PARENT_PATIENCE,
        SILENT_MAX, STRANGER_IDLE, STRANGER_LIFE, STRANGERS_EACH_MAX, STRANGERS_MAX, STREAMS_MAX, TURNS_MAX, Tuning,
    },
};
use crate::{codec::limits::FRAME_BYTES_MAX, error::LinkError, sparing::Sparing};

/// Handshaken connections that wait for the server to take them; it does so at once.
const READY_MAX: usize = 16;

type Accepted = Connection<Seat>;

/// How many connections a port takes: a share for children, one for strangers, one for whoever is neither yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Connections of children.
    pub children: usize,
    /// Connections of those who have not shown that they are children.
    pub strangers: usize,
    /// Sockets before and in their handshakes.
    pub lobby: usize,
}

impl Default for Room {
    fn default() -> Self {
        Self { children: CONNECTIONS_MAX, strangers: STRANGERS_MAX, lobby: LOBBY_MAX }
    }
}

impl Room {
    /// What fits into so many descriptors: each share in proportion, none beyond its use.
    pub fn within(descriptors: usize) -> Self {
        let Self { children, strangers, lobby } = Self::default();
        let wanted = children + strangers + lobby;
        let share = |most: usize| (most.saturating_mul(descriptors) / wanted).clamp(1, most);
        Self { children: share(children), strangers: share(strangers), lobby: share(lobby) }
    }

    fn porch(self, tuning: &Tuning, sparing: Sparing) -> Porch {
        let lobby = LobbySize { most: self.lobby, silent: SILENT_MAX.min(self.lobby), turns: TURNS_MAX };
        Porch { lobby: Lobby::new(lobby), silence: tuning.handshake, sparing }
    }
}

/// A bound port.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    tuning: Tuning,
    room: Room,
    sparing: Sparing,
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
        Ok(Self { socket, address, tuning: Tuning::default(), room: Room::default(), sparing: Sparing::default() })
    }

    /// The same port with times of one's own. The rate only sizes the windows here: whom it holds is known later
    /// ([`Traffic::limit`](super::Traffic::limit)).
    pub fn tuned(self, tuning: Tuning) -> Self {
        Self { tuning, ..self }
    }

    /// The same port with room of one's own.
    pub fn with_room(self, room: Room) -> Self {
        Self { room, ..self }
    }

    /// The same port, whose lines in the log are counted with others.
    pub fn sparing(self, sparing: Sparing) -> Self {
        Self { sparing, ..self }
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
        let gate = Gate {
            tls,
            sessions: Arc::clone(&sessions),
            cut: cut.clone(),
            ready,
            handshake_max: self.tuning.handshake,
            children: Places::new(PlacesSize {
                most: self.room.children,
                each: CONNECTIONS_EACH_MAX,
                idle: Duration::ZERO,
            }),
            strangers: Places::new(PlacesSize {
                most: self.room.strangers,
                each: STRANGERS_EACH_MAX,
                idle: STRANGER_IDLE,
            }),
            sparing: self.sparing.clone(),
        };
        let gate = Arc::new(gate);
        let admit = move |stream, remote, visitor| {
            let gate = Arc::clone(&gate);
            async move { gate.admit(stream, remote, visitor).await }
        };
        let porch = self.room.porch(&self.tuning, self.sparing.clone());
        let accepting = tokio::spawn(accept_each(self.socket, porch, shutdown.clone(), admit));
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

/// Gives each connection its place: a child's, or a stranger's.
struct Gate<S> {
    tls: Arc<HotTls>,
    sessions: Arc<S>,
    cut: CancellationToken,
    ready: mpsc::Sender<Accepted>,
    handshake_max: Duration,
    children: Places<DivisionId>,
    strangers: Places<Source>,
    sparing: Sparing,
}

impl<S: Sessions> Gate<S> {
    async fn admit(&self, stream: TcpStream, remote: SocketAddr, mut visitor: Visitor) {
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
        visitor.give_turn_back();
        let calls = Calls::default();
        let Some((seat, end)) = self.seat(&stream, &mut visitor, &calls).await else { return };
        drop(visitor);
        let seated = seat.seated();
        let connection = Connection::new(stream, Some(remote), calls, end, seat).seated(seated);
        // Closed only when the server has stopped: then the connection goes with it.
        let _ = self.ready.send(connection).await;
    }

    /// A place for the connection, once there is one, and when it must be given up. Whoever shows a certificate that opens
    /// no session is told so in the session that it opens, and is a stranger until then; so is a child whose certificate
    /// nothing names that was heard here, until its first words were taken.
    async fn seat(&self, stream: &TlsStream<Counted>, visitor: &mut Visitor, calls: &Calls) -> Option<(Seat, End)> {
        let shown = stream.get_ref().1.peer_certificates().unwrap_or_default();
        let child = self.sessions.identify(shown).ok().filter(|_| !shown.is_empty());
        if let Some(child) = child.filter(|child| self.sessions.is_named(child)) {
            let Some(place) = self.children.take(&child.division, calls) else {
                if let Some(left_out) = self.sparing.says("no place", &child.division) {
                    warn!(child = %child.division, left_out, "all places are taken; a child's connection was dropped");
                }
                return None;
            };
            return Some(Seat::take(Held::Child(place), None, &self.children, calls, &self.cut));
        }
        let source = visitor.source();
        let shown_out = visitor.shown_out();
        let place = tokio::select! {
            () = shown_out => return None,
            place = timeout(STRANGER_LIFE, self.strangers.wait(&source, calls)) => place.ok()?,
        };
        Some(Seat::take(Held::Stranger(place), Some(STRANGER_LIFE), &self.children, calls, &self.cut))
    }

    async fn shake(&self, stream: TcpStream) -> Result<TlsStream<Counted>, (io::Error, Option<Counted>)> {
        let counted = Counted::new(stream).map_err(|error| (error, None))?;
        let shaken = self.tls.acceptor().accept(counted).into_fallible().await;
        shaken.map(TlsStream::from).map_err(|(error, socket)| (error, Some(socket)))
    }
}
