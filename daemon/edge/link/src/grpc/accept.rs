//! Taking sockets from a port, for every port of a node.
//!
//! Invariant: whoever is slow in the handshake holds up nobody else, and when too many are under way the oldest is
//! dropped: whoever opens connections and stays silent must not keep others out. Left out: what a handshake is.

use std::{collections::VecDeque, net::SocketAddr};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::{AbortHandle, JoinSet},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::tuning::{ACCEPT_PAUSE, HANDSHAKES_MAX, PARTING_BYTES_MAX, PARTING_TIMEOUT};

/// Takes sockets until `shutdown`, and gives each to `admit` in its own task.
pub async fn accept_each<A>(
    socket: TcpListener,
    shutdown: CancellationToken,
    admit: impl Fn(TcpStream, SocketAddr) -> A,
) where
    A: Future<Output = ()> + Send + 'static,
{
    let mut tasks = JoinSet::new();
    let mut under_way = VecDeque::new();
    loop {
        tokio::select! {
            () = shutdown.cancelled() => break,
            Some(_) = tasks.join_next() => under_way.retain(|task: &AbortHandle| !task.is_finished()),
            accepted = socket.accept() => match accepted {
                Ok((stream, remote)) => {
                    if under_way.len() >= HANDSHAKES_MAX && let Some(oldest) = under_way.pop_front() {
                        oldest.abort();
                    }
                    under_way.push_back(tasks.spawn(admit(stream, remote)));
                }
                Err(error) => {
                    warn!(%error, "cannot accept a connection");
                    sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
    tasks.shutdown().await;
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
