//! A relay that lets bytes wait: delay and jitter for one link.
//!
//! Invariant: bytes come out in the order in which they went in, none is lost, none is early. It ends when dropped.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::Result;

use crate::tree::pause;

/// Small, so that jitter falls between the parts of one message too.
const CHUNK_BYTES: usize = 2048;
/// Chunks under way: more than a window of the protocol.
const UNDER_WAY_MAX: usize = 4096;

/// The relay.
pub struct Slow {
    address: SocketAddr,
    has_ended: Arc<AtomicBool>,
}

/// How long bytes wait.
#[derive(Clone, Copy, Debug)]
pub struct Wait {
    /// At least.
    pub delay: Duration,
    /// And up to so much more, by turns.
    pub jitter: Duration,
}

impl Slow {
    /// Listens on a free port of loopback and relays to `target`.
    pub fn to(target: &str, wait: Wait) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let (address, has_ended) = (listener.local_addr()?, Arc::new(AtomicBool::new(false)));
        let (target, stop) = (target.to_owned(), Arc::clone(&has_ended));
        thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                // A target that is away closes the near end: the dialler tries again.
                if let Ok(far) = TcpStream::connect(&target) {
                    join(near, far, wait);
                }
            }
        });
        Ok(Self { address, has_ended })
    }

    /// Where it listens.
    pub fn address(&self) -> String {
        self.address.to_string()
    }
}

impl Drop for Slow {
    fn drop(&mut self) {
        self.has_ended.store(true, Ordering::Relaxed);
        // Wakes the listener; whether that succeeds or not, its thread ends with the process.
        let _ = TcpStream::connect(self.address);
    }
}

fn join(near: TcpStream, far: TcpStream, wait: Wait) {
    let pairs = (near.try_clone(), far.try_clone());
    if let (Ok(near_too), Ok(far_too)) = pairs {
        pour(near, far, wait);
        pour(far_too, near_too, wait);
    }
}

/// One direction: a thread that reads and notes when each chunk is due, and one that writes it then.
fn pour(mut from: TcpStream, mut to: TcpStream, wait: Wait) {
    let (due, chunks) = mpsc::sync_channel::<(Instant, Vec<u8>)>(UNDER_WAY_MAX);
    thread::spawn(move || {
        let mut buffer = [0; CHUNK_BYTES];
        let mut turn = 0_u32;
        while let Ok(count) = from.read(&mut buffer) {
            let Some(bytes) = buffer.get(..count).filter(|bytes| !bytes.is_empty()) else { break };
            turn = (turn + 7) % 10;
            let at = Instant::now() + wait.delay + wait.jitter * turn / 10;
            if due.send((at, bytes.to_vec())).is_err() {
                break;
            }
        }
    });
    thread::spawn(move || {
        for (at, bytes) in chunks {
            pause(at.saturating_duration_since(Instant::now()));
            if to.write_all(&bytes).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
    });
}
