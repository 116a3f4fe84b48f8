//! A link that can be cut or held up: a TCP relay between a township and its county.
//!
//! Invariant: while it is cut no byte passes in either direction, and connections that were open are closed; while it
//! stalls, nothing passes upwards beyond the bytes allowed.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use tokio::{
    io::{self, AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{Notify, watch},
    task::JoinSet,
};

use crate::errors::{Failure, Fault};

/// Most connections at a time: one link has one or two; the rest is room for quick retries.
const CONNECTIONS_MAX: usize = 64;
/// Small, so that a stall falls near the byte asked for.
const CHUNK_BYTES: usize = 4096;

/// What the relay does with bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    Open,
    Cut,
    /// Upwards, after so many bytes since this was asked for.
    StallAfter(usize),
}

/// The relay; it ends when this is dropped.
pub(crate) struct CutLink {
    address: SocketAddr,
    flow: watch::Sender<Flow>,
    stalled: Arc<Notify>,
    _tasks: JoinSet<()>,
}

impl CutLink {
    /// Listens on a free port of loopback and relays to `target`.
    pub(crate) async fn to(target: SocketAddr) -> Result<Self, Failure> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(Fault::Runtime)?;
        let address = listener.local_addr().map_err(Fault::Runtime)?;
        let (flow, seen) = watch::channel(Flow::Open);
        let stalled = Arc::new(Notify::new());
        let mut tasks = JoinSet::new();
        tasks.spawn(relay(listener, target, seen, Arc::clone(&stalled)));
        Ok(Self { address, flow, stalled, _tasks: tasks })
    }

    /// Where the township dials.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Cuts the link.
    pub(crate) fn cut(&self) {
        self.flow.send_replace(Flow::Cut);
    }

    /// Holds up what goes upwards after so many bytes from now.
    pub(crate) fn stall_after(&self, bytes: usize) {
        self.flow.send_replace(Flow::StallAfter(bytes));
    }

    /// Waits until bytes are held up.
    pub(crate) async fn stalled(&self) {
        self.stalled.notified().await;
    }

    /// Lets everything pass again.
    pub(crate) fn mend(&self) {
        self.flow.send_replace(Flow::Open);
    }
}

async fn relay(listener: TcpListener, target: SocketAddr, flow: watch::Receiver<Flow>, stalled: Arc<Notify>) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((near, _)) = listener.accept().await else { continue };
        while connections.try_join_next().is_some() {}
        if *flow.borrow() == Flow::Cut || connections.len() >= CONNECTIONS_MAX {
            continue;
        }
        let (mut until_cut, flow, stalled) = (flow.clone(), flow.clone(), Arc::clone(&stalled));
        connections.spawn(async move {
            tokio::select! {
                // Errors of a broken connection are what a link is expected to have.
                _ended = carry(near, target, flow, stalled) => {}
                _ = until_cut.wait_for(|flow| *flow == Flow::Cut) => {}
            }
        });
    }
}

/// Both directions, until both sides have closed or one breaks.
async fn carry(
    near: TcpStream,
    target: SocketAddr,
    flow: watch::Receiver<Flow>,
    stalled: Arc<Notify>,
) -> io::Result<()> {
    let far = TcpStream::connect(target).await?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    let (near_read, mut near_write) = near.into_split();
    let (mut far_read, far_write) = far.into_split();
    let downwards = async {
        io::copy(&mut far_read, &mut near_write).await?;
        near_write.shutdown().await
    };
    tokio::try_join!(upwards(near_read, far_write, flow, stalled), downwards)?;
    Ok(())
}

async fn upwards(
    mut read: OwnedReadHalf,
    mut write: OwnedWriteHalf,
    mut flow: watch::Receiver<Flow>,
    stalled: Arc<Notify>,
) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut passed = 0;
    loop {
        let count = read.read(&mut chunk).await?;
        if count == 0 {
            return write.shutdown().await;
        }
        let allowed = match *flow.borrow_and_update() {
            Flow::StallAfter(bytes) => bytes.saturating_sub(passed).min(count),
            Flow::Open | Flow::Cut => {
                passed = 0;
                count
            }
        };
        write.write_all(&chunk[..allowed]).await?;
        passed += allowed;
        if allowed < count {
            stalled.notify_one();
            // Without a sender the relay is gone, and this task with it.
            drop(flow.wait_for(|flow| !matches!(flow, Flow::StallAfter(_))).await);
            write.write_all(&chunk[allowed..count]).await?;
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;

    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut read, mut write) = stream.split();
                    let _ended = io::copy(&mut read, &mut write).await;
                });
            }
        });
        address
    }

    async fn answers(address: SocketAddr) -> bool {
        let Ok(mut stream) = TcpStream::connect(address).await else { return false };
        let mut byte = [0_u8];
        stream.write_all(&[7]).await.is_ok() && stream.read_exact(&mut byte).await.is_ok() && byte == [7]
    }

    #[tokio::test]
    async fn a_cut_link_closes_what_was_open_and_carries_nothing_until_mended() {
        let link = CutLink::to(echo().await).await.unwrap();
        assert!(answers(link.address()).await);
        let mut open = TcpStream::connect(link.address()).await.unwrap();
        open.write_all(&[1]).await.unwrap();
        open.read_exact(&mut [0]).await.unwrap();
        link.cut();
        assert_eq!(open.read(&mut [0]).await.unwrap_or(0), 0);
        assert!(!answers(link.address()).await);
        link.mend();
        assert!(answers(link.address()).await);
    }

    #[tokio::test]
    async fn a_stalled_link_passes_what_is_allowed_and_the_rest_when_mended() {
        let link = CutLink::to(echo().await).await.unwrap();
        let mut open = TcpStream::connect(link.address()).await.unwrap();
        link.stall_after(3);
        open.write_all(b"abcdef").await.unwrap();
        link.stalled().await;
        let mut half = [0_u8; 3];
        open.read_exact(&mut half).await.unwrap();
        assert_eq!(&half, b"abc");
        link.mend();
        open.read_exact(&mut half).await.unwrap();
        assert_eq!(&half, b"def");
    }
}
