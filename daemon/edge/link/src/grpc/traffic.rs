//! Bytes on a socket, counted where they cross it, and held to a rate: TLS, HTTP/2 and gRPC included.
//!
//! Invariant: a limited direction waits for its bucket (`sync::pace`) and then moves on by itself; a limit that is set
//! or lifted while a direction waits is felt when that wait is over. Left out: what limit a link has (node).

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use gongkai_sync::pace::Pace;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, Sleep},
};

/// What one connection has carried so far. Cheap to clone; all clones show the same counts.
#[derive(Clone, Debug, Default)]
pub struct Traffic(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    received: AtomicU64,
    sent: AtomicU64,
    /// Bytes a second each way; 0: no limit.
    bytes_per_second_max: AtomicU64,
}

impl Traffic {
    /// Holds each direction of the connection to a rate from now on; `None` lifts the limit.
    pub fn limit(&self, bytes_per_second_max: Option<u64>) {
        self.0.bytes_per_second_max.store(bytes_per_second_max.unwrap_or(0), Ordering::Relaxed);
    }

    fn limited_to(&self) -> Option<u64> {
        Some(self.0.bytes_per_second_max.load(Ordering::Relaxed)).filter(|rate| *rate > 0)
    }

    /// Bytes read from the socket.
    pub fn received_bytes(&self) -> u64 {
        self.0.received.load(Ordering::Relaxed)
    }

    /// Bytes written to the socket.
    pub fn sent_bytes(&self) -> u64 {
        self.0.sent.load(Ordering::Relaxed)
    }
}

/// One direction's bucket, and the wait for it.
struct Gate {
    begun: Instant,
    pace: Option<(u64, Pace)>,
    wait: Option<Pin<Box<Sleep>>>,
}

impl Gate {
    fn new() -> Self {
        Self { begun: Instant::now(), pace: None, wait: None }
    }

    fn now_us(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Bytes that may pass now, at least one; pending while there is none.
    fn poll_allowance(&mut self, limit: Option<u64>, cx: &mut Context<'_>) -> Poll<usize> {
        loop {
            if let Some(wait) = &mut self.wait {
                ready!(wait.as_mut().poll(cx));
                self.wait = None;
            }
            let Some(rate) = limit else { return Poll::Ready(usize::MAX) };
            let now_us = self.now_us();
            if self.pace.as_ref().is_none_or(|(known, _)| *known != rate) {
                self.pace = Some((rate, Pace::new(rate, now_us)));
            }
            let Some((_, pace)) = &mut self.pace else { return Poll::Ready(usize::MAX) };
            let allowance = pace.allowance_bytes(now_us);
            if allowance > 0 {
                return Poll::Ready(usize::try_from(allowance).unwrap_or(usize::MAX));
            }
            self.wait = Some(Box::pin(tokio::time::sleep(Duration::from_micros(pace.wait_us()))));
        }
    }

    fn spend(&mut self, bytes: usize) {
        if let Some((_, pace)) = &mut self.pace {
            pace.spend(bytes as u64);
        }
    }
}

/// A socket whose bytes are counted.
pub(super) struct Counted {
    socket: TcpStream,
    traffic: Traffic,
    reading: Gate,
    writing: Gate,
}

impl Counted {
    /// Counts from here on; sends small writes at once (without it, a small answer waits 40 ms for the peer's).
    pub(super) fn new(socket: TcpStream) -> io::Result<Self> {
        socket.set_nodelay(true)?;
        Ok(Self { socket, traffic: Traffic::default(), reading: Gate::new(), writing: Gate::new() })
    }

    pub(super) fn traffic(&self) -> Traffic {
        self.traffic.clone()
    }

    fn count_sent(&mut self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(bytes)) = &written {
            self.traffic.0.sent.fetch_add(*bytes as u64, Ordering::Relaxed);
            self.writing.spend(*bytes);
        }
        written
    }

    /// Reads at most what the bucket holds into the front of `into`.
    fn poll_read_some(&mut self, cx: &mut Context<'_>, into: &mut ReadBuf<'_>, most: usize) -> Poll<io::Result<()>> {
        if most >= into.remaining() {
            return Pin::new(&mut self.socket).poll_read(cx, into);
        }
        let mut part = ReadBuf::new(into.initialize_unfilled_to(most));
        ready!(Pin::new(&mut self.socket).poll_read(cx, &mut part))?;
        let bytes = part.filled().len();
        into.advance(bytes);
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Counted {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let limit = self.traffic.limited_to();
        let most = ready!(self.reading.poll_allowance(limit, cx));
        let before = into.filled().len();
        let read = self.poll_read_some(cx, into, most);
        let bytes = into.filled().len().saturating_sub(before);
        self.traffic.0.received.fetch_add(bytes as u64, Ordering::Relaxed);
        self.reading.spend(bytes);
        read
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let limit = self.traffic.limited_to();
        let most = ready!(self.writing.poll_allowance(limit, cx)).min(bytes.len());
        let written = Pin::new(&mut self.socket).poll_write(cx, &bytes[..most]);
        self.count_sent(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let limit = self.traffic.limited_to();
        let most = ready!(self.writing.poll_allowance(limit, cx));
        let total: usize = slices.iter().map(|slice| slice.len()).sum();
        if total <= most {
            let written = Pin::new(&mut self.socket).poll_write_vectored(cx, slices);
            return self.count_sent(written);
        }
        let Some(first) = slices.iter().find(|slice| !slice.is_empty()) else { return Poll::Ready(Ok(0)) };
        let written = Pin::new(&mut self.socket).poll_write(cx, &first[..most.min(first.len())]);
        self.count_sent(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}
