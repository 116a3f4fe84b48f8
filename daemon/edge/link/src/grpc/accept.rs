//! Taking sockets from a port, for every port of a node.
//!
//! Invariant: whoever is slow in the handshake holds up nobody else: it waits in the lobby, which is fair between
//! addresses, and a socket that has sent nothing costs nothing but its place there. Left out: what a handshake is.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::{
    lobby::{Lobby, Source, Visitor},
    tuning::{ACCEPT_PAUSE, PARTING_BYTES_MAX, PARTING_TIMEOUT},
};
use crate::sparing::Sparing;

/// What a port has for all of its sockets.
#[derive(Clone, Debug)]
pub struct Porch {
    /// Where they wait.
    pub lobby: Lobby,
    /// How long one may say nothing.
    pub silence: Duration,
    /// Keeps the log readable.
    pub sparing: Sparing,
}

/// Takes sockets until `shutdown`, and gives each to `admit` in its own task, once it has said something and its address
/// has a turn for it. The visitor is held for as long as it is not known whose the socket is.
pub async fn accept_each<A>(
    socket: TcpListener,
    porch: Porch,
    shutdown: CancellationToken,
    admit: impl Fn(TcpStream, SocketAddr, Visitor) -> A + Clone + Send + 'static,
) where
    A: Future<Output = ()> + Send + 'static,
{
    let mut tasks = JoinSet::new();
    loop {
        tokio::select! {
            () = shutdown.cancelled() => break,
            Some(_) = tasks.join_next() => {}
            accepted = socket.accept() => match accepted {
                Ok((stream, remote)) => match porch.lobby.enter(Source::of(&remote)) {
                    Some(visitor) => drop(tasks.spawn(receive(stream, remote, visitor, porch.silence, admit.clone()))),
                    None => porch.turn_away(&remote),
                },
                Err(error) => {
                    porch.cannot_accept(&error);
                    sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
    tasks.shutdown().await;
}

impl Porch {
    fn turn_away(&self, remote: &SocketAddr) {
        let source = Source::of(remote);
        if let Some(left_out) = self.sparing.says("lobby full", &source) {
            warn!(%source, left_out, "too many connections wait for their handshake; one was turned away");
        }
    }

    fn cannot_accept(&self, error: &io::Error) {
        if let Some(left_out) = self.sparing.says("accept failed", &error.kind()) {
            warn!(%error, left_out, "cannot accept a connection");
        }
    }
}

async fn receive<A: Future<Output = ()>>(
    stream: TcpStream,
    remote: SocketAddr,
    mut visitor: Visitor,
    silence: Duration,
    admit: impl Fn(TcpStream, SocketAddr, Visitor) -> A,
) {
    let shown_out = visitor.shown_out();
    let ready = async {
        // Looked at and left there: that a socket is called readable may be a guess of the runtime.
        let mut first = [0; 1];
        let spoke = matches!(timeout(silence, stream.peek(&mut first)).await, Ok(Ok(bytes)) if bytes > 0);
        if spoke {
            visitor.take_turn().await;
        }
        spoke
    };
    let may_begin = tokio::select! {
        () = shown_out => false,
        ready = ready => ready,
    };
    if may_begin {
        admit(stream, remote, visitor).await;
    }
}

/// Lets a refused peer read why. Closing a socket with unread bytes resets it, the reset overtakes the TLS alert, and
/// the peer takes a refusal that stands for a broken wire and dials on.
pub async fn part(mut socket: impl AsyncRead + AsyncWrite + Unpin) {
    let listened = async {
        socket.shutdown().await?;
        tokio::io::copy(&mut socket.take(PARTING_BYTES_MAX), &mut tokio::io::sink()).await
    };
    // Whatever comes of it, the socket closes now.
    let _ = timeout(PARTING_TIMEOUT, listened).await;
}
