//! Sockets at a node's port, from any address of loopback: silent, half shaken, or behind a genuine handshake.
//!
//! Invariant: what is held here stays open until it is dropped.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use anyhow::{Context as _, Result};
use gongkai_model::{digest::Digest, id::DivisionId};
use gongkai_pki::tls::{HotTls, join_config, server_name};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpSocket, TcpStream},
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::thief::Thief;

/// A handshake that takes longer is no handshake.
const SHAKEN_MAX: Duration = Duration::from_secs(30);

/// A TCP connection from `127.0.0.HOST`.
pub(crate) async fn connect(host: u8, to: SocketAddr) -> Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from(([127, 0, 0, host], 0)))?;
    Ok(socket.connect(to).await?)
}

/// Bytes that were sent over several connections.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sent(Arc<AtomicU64>);

impl Sent {
    pub(crate) fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A socket whose sent bytes are counted.
pub(crate) struct Counted(TcpStream, Sent);

impl AsyncRead for Counted {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, into)
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.0).poll_write(cx, bytes);
        if let Poll::Ready(Ok(count)) = written {
            self.1.0.fetch_add(count as u64, Ordering::Relaxed);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

/// A crowd that knocks at one node's port.
#[derive(Clone)]
pub(crate) struct Crowd {
    pub(crate) tls: TlsConnector,
    pub(crate) to: SocketAddr,
    /// The node's place in the tree.
    pub(crate) path: Vec<DivisionId>,
    pub(crate) sent: Sent,
}

impl Crowd {
    /// Under a thief's certificate.
    pub(crate) fn of(thief: &Thief, to: SocketAddr, path: &[DivisionId]) -> Self {
        Self { tls: thief.tls.connector(), to, path: path.to_vec(), sent: Sent::default() }
    }

    /// Without a certificate, knowing the fingerprint as a joiner does.
    pub(crate) fn of_strangers(root: &HotTls, to: SocketAddr, path: &[DivisionId]) -> Result<Self> {
        let fingerprint = Digest::of_file(root.credentials().trust_root());
        let tls = join_config(&fingerprint, path, root.clock())?.into();
        Ok(Self { tls, to, path: path.to_vec(), sent: Sent::default() })
    }

    /// One more handshake, from `127.0.0.HOST`.
    pub(crate) async fn shake(&self, host: u8) -> Result<TlsStream<Counted>> {
        self.shake_on(connect(host, self.to).await?).await
    }

    /// The handshake on a connection that stands.
    pub(crate) async fn shake_on(&self, stream: TcpStream) -> Result<TlsStream<Counted>> {
        let shaken = self.tls.connect(server_name(&self.path)?, Counted(stream, self.sent.clone()));
        Ok(timeout(SHAKEN_MAX, shaken).await.context("no handshake")??)
    }
}
