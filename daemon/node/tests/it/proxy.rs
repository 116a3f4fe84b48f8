//! A wire between a child and its parent that can be cut, frozen and watched.
//!
//! Invariant: it carries bytes and reads none; a cut ends both connections without a word, a freeze ends neither.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, tcp::OwnedReadHalf, tcp::OwnedWriteHalf},
    sync::watch,
    task::JoinHandle,
};

/// What the wire does with bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mood {
    Carries,
    Frozen,
}

/// The wire.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    mood: watch::Sender<Mood>,
    /// Each connection is cut after so many bytes in one direction; 0: never.
    cut_after: Arc<AtomicU64>,
    connections: Arc<AtomicU64>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// A wire to an address.
    pub(crate) async fn to(far: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (mood, _) = watch::channel(Mood::Carries);
        let far: SocketAddr = far.parse().unwrap();
        let (cut_after, connections) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let moods = mood.clone();
        let (cut, count) = (Arc::clone(&cut_after), Arc::clone(&connections));
        let accepting = tokio::spawn(async move {
            loop {
                let (near, _) = listener.accept().await.unwrap();
                // Nobody there: the child sees its connection end.
                let Ok(far) = TcpStream::connect(far).await else { continue };
                count.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(carry(near, far, moods.subscribe(), cut.load(Ordering::Relaxed)));
            }
        });
        Self { address, mood, cut_after, connections, accepting }
    }

    /// Cuts connections made from now on after so many bytes in one direction.
    pub(crate) fn cut_after(&self, bytes: u64) {
        self.cut_after.store(bytes, Ordering::Relaxed);
    }

    /// Carries nothing more; connections stand.
    pub(crate) fn freeze(&self) {
        self.mood.send_replace(Mood::Frozen);
    }

    pub(crate) fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn carry(near: TcpStream, far: TcpStream, mood: watch::Receiver<Mood>, cut_after: u64) {
    let ((from_near, to_near), (from_far, to_far)) = (near.into_split(), far.into_split());
    let upward = copy(from_near, to_far, mood.clone(), cut_after);
    let downward = copy(from_far, to_near, mood, cut_after);
    // The first half to end takes the other with it.
    tokio::select! {
        () = upward => {}
        () = downward => {}
    }
}

async fn copy(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut mood: watch::Receiver<Mood>, cut_after: u64) {
    let mut buffer = vec![0; 16 * 1024];
    let mut carried = 0;
    loop {
        let read = tokio::select! {
            () = until_frozen(&mut mood) => return std::future::pending().await,
            read = from.read(&mut buffer) => read,
        };
        let Ok(bytes @ 1..) = read else { return };
        carried += bytes as u64;
        if cut_after > 0 && carried > cut_after {
            return;
        }
        if to.write_all(&buffer[..bytes]).await.is_err() {
            return;
        }
    }
}

/// Ends when the wire freezes; a proxy that is gone freezes nothing.
async fn until_frozen(mood: &mut watch::Receiver<Mood>) {
    if mood.wait_for(|mood| *mood == Mood::Frozen).await.is_err() {
        std::future::pending().await
    }
}
