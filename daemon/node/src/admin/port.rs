//! The admin port: the admin API over mutual TLS, for operators who do not sit at the node's machine.
//!
//! Invariant: off unless configured; behind its handshake stands the same gate and the same services as behind the
//! socket, and a connection is a certificate, never a user. Settings are asked at every accept, so that the node's
//! renewed certificate needs no restart. Left out: whether the certificate still counts (gate, at every call).

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use gongkai_app::{Clock as _, SystemClock};
use gongkai_link::{
    Sparing,
    grpc::{Calls, Lobby, LobbySize, Place, Places, PlacesSize, Porch, Source, Visitor, accept_each, part},
};
use gongkai_model::digest::Digest;
use gongkai_pki::operator::{self, AdminTls};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::timeout,
};
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tonic::transport::server::Connected;
use tracing::{error, info, warn};

use super::turned_away::{LastRefusal, TurnedAway};
use crate::{Error, caller::Caller};

/// Connections at a time: a county's office has a few dozen desks, each command is one connection. Nobody is put out for
/// another.
const PLACES: PlacesSize = PlacesSize { most: 128, each: 32, idle: Duration::MAX };
/// Handshaken connections that wait for the server to take them; it does so at once.
const READY_MAX: usize = 16;
/// Sockets before and in their handshakes: those of a few offices that come at once.
const LOBBY: LobbySize = LobbySize { most: 128, silent: 32, turns: 16 };
/// For TLS: two round trips and a signature on the slowest machine.
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);

/// A bound port.
#[derive(Debug)]
pub(crate) struct AdminPort {
    socket: TcpListener,
    address: SocketAddr,
    tls: AdminTls,
    turned_away: TurnedAway,
    sparing: Sparing,
}

impl AdminPort {
    /// Binds the port; `:0` takes a free one.
    pub(crate) async fn bind(address: SocketAddr, tls: AdminTls, sparing: Sparing) -> Result<Self, Error> {
        let failed = |source: io::Error| Error::AdminPort { address, source };
        let socket = TcpListener::bind(address).await.map_err(failed)?;
        let address = socket.local_addr().map_err(failed)?;
        Ok(Self { socket, address, tls, turned_away: TurnedAway::default(), sparing })
    }

    /// Who came no further than its handshake.
    pub(crate) fn turned_away(&self) -> TurnedAway {
        self.turned_away.clone()
    }

    /// Where it really listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes connections into `ready` until `stop`.
    pub(super) async fn accept(self, ready: mpsc::Sender<Remote>, stop: CancellationToken) {
        info!(address = %self.address, "admin API listens for operators' certificates");
        let door = Arc::new(Door {
            tls: self.tls,
            turned_away: self.turned_away,
            places: Places::new(PLACES),
            ready,
            sparing: self.sparing.clone(),
        });
        let admit = move |stream, remote, visitor| {
            let door = Arc::clone(&door);
            async move { door.admit(stream, remote, visitor).await }
        };
        let porch = Porch { lobby: Lobby::new(LOBBY), silence: HANDSHAKE_MAX, sparing: self.sparing };
        accept_each(self.socket, porch, stop, admit).await;
    }
}

/// The way of handshaken connections to the server.
pub(super) fn queue() -> (mpsc::Sender<Remote>, mpsc::Receiver<Remote>) {
    mpsc::channel(READY_MAX)
}

struct Door {
    tls: AdminTls,
    turned_away: TurnedAway,
    places: Places<Digest>,
    ready: mpsc::Sender<Remote>,
    sparing: Sparing,
}

impl Door {
    /// The visitor stands in the lobby until it is known whose connection it is.
    async fn admit(&self, stream: TcpStream, remote: SocketAddr, visitor: Visitor) {
        // A call is a few small frames: waiting to fill a segment would cost each 40 ms. A socket that refuses is slower.
        let _ = stream.set_nodelay(true);
        let acceptor = match self.tls.acceptor() {
            Ok(acceptor) => acceptor,
            Err(failure) => return error!(code = failure.code(), %failure, "the admin port's keys cannot be used"),
        };
        let stream = match timeout(HANDSHAKE_MAX, acceptor.accept(stream).into_fallible()).await {
            Ok(Ok(stream)) => stream,
            Ok(Err((error, socket))) => {
                let code = gongkai_pki::tls::refusal_of_io(&error).code();
                if let Some(left_out) = self.sparing.says("admin refused", &visitor.source()) {
                    info!(%remote, code, %error, left_out, "an admin connection was refused");
                }
                self.turned_away.note(LastRefusal { remote, code, at_ms: SystemClock.now_ms() });
                return part(socket).await;
            }
            Err(_) => return self.late(visitor.source()),
        };
        let shown = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
        let Some((name, fingerprint)) = shown.and_then(operator::holder) else {
            return warn!(%remote, "a certificate of ours names no operator");
        };
        let Some(place) = self.places.take(&fingerprint, &Calls::default()) else {
            if let Some(left_out) = self.sparing.says("admin full", &visitor.source()) {
                warn!(%remote, left_out, "too many admin connections, one was dropped");
            }
            return;
        };
        let caller = Caller::Certificate { name, fingerprint };
        // Closed only when the server has stopped: then the connection goes with it.
        let _ = self.ready.send(Remote { stream, caller, _place: place }).await;
    }

    fn late(&self, source: Source) {
        if let Some(left_out) = self.sparing.says("admin late", &source) {
            info!(%source, left_out, "an admin handshake took too long");
        }
    }
}

/// One operator's connection.
pub(super) struct Remote {
    stream: TlsStream<TcpStream>,
    caller: Caller,
    _place: Place<Digest>,
}

impl Connected for Remote {
    type ConnectInfo = Caller;

    fn connect_info(&self) -> Caller {
        self.caller.clone()
    }
}

impl AsyncRead for Remote {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, into)
    }
}

impl AsyncWrite for Remote {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
