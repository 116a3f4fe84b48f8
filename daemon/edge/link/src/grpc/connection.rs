//! One TLS connection, ours or theirs: what is known of it, why it failed, and when it is cut.
//!
//! Invariant: the first TLS or socket error is kept. HTTP/2 passes errors on as text only, and whether retrying helps
//! must not hang on text.

use std::{
    future::Future,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll},
};

use gongkai_pki::{PeerError, tls::refusal_of_io};
use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::TlsStream;
use tonic::transport::server::Connected;

use super::{
    places::Calls,
    seat::Seated,
    traffic::{Counted, Traffic},
};

/// What is known of a connection; its clones reach every call that comes over it.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    /// The peer's certificates, leaf first; empty where it showed none.
    pub(super) certificates: Arc<[CertificateDer<'static>]>,
    pub(super) traffic: Traffic,
    pub(super) remote: Option<SocketAddr>,
    /// What is being answered over it.
    pub(super) calls: Calls,
    /// Where it sits among the connections; nowhere if it is ours.
    pub(super) seat: Seated,
    failure: Arc<OnceLock<PeerError>>,
}

impl Facts {
    /// Why the connection failed, if it did.
    pub(super) fn failure(&self) -> Option<PeerError> {
        self.failure.get().cloned()
    }
}

/// Ends with the connection's permission to live.
pub(super) type End = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A connection after its handshake. `keep` is held as long as it lasts: its slot among the connections.
pub(super) struct Connection<K> {
    stream: TlsStream<Counted>,
    facts: Facts,
    end: End,
    is_cut: bool,
    _keep: K,
}

impl<K> Connection<K> {
    pub(super) fn new(stream: TlsStream<Counted>, remote: Option<SocketAddr>, calls: Calls, end: End, keep: K) -> Self {
        let (socket, session) = stream.get_ref();
        let certificates = session.peer_certificates().unwrap_or_default().to_vec().into();
        let traffic = socket.traffic();
        let facts = Facts { certificates, traffic, remote, calls, seat: Seated::default(), failure: Arc::default() };
        Self { stream, facts, end, is_cut: false, _keep: keep }
    }

    /// The same, whose calls know where it sits.
    pub(super) fn seated(mut self, seat: Seated) -> Self {
        self.facts.seat = seat;
        self
    }

    pub(super) fn facts(&self) -> Facts {
        self.facts.clone()
    }

    fn noted<T>(&self, polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if let Poll::Ready(Err(error)) = &polled {
            // Only the first counts: what follows is its consequence.
            let _ = self.facts.failure.set(refusal_of_io(error));
        }
        polled
    }

    fn poll_end(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        if !self.is_cut {
            self.is_cut = self.end.as_mut().poll(cx).is_ready();
        }
        if self.is_cut { Err(io::ErrorKind::ConnectionAborted.into()) } else { Ok(()) }
    }
}

impl<K: Send + Unpin + 'static> Connected for Connection<K> {
    type ConnectInfo = Facts;

    fn connect_info(&self) -> Facts {
        self.facts()
    }
}

impl<K: Unpin> AsyncRead for Connection<K> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        // HTTP/2 always reads: this is where a cut is felt.
        self.poll_end(cx)?;
        let read = Pin::new(&mut self.stream).poll_read(cx, into);
        self.noted(read)
    }
}

impl<K: Unpin> AsyncWrite for Connection<K> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.noted(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.noted(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.noted(flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
