//! When to stop: a signal, or the end of stdin where a parent process holds it.
//!
//! Invariant: asks only; what is running ends in its own order.

use std::io::Read as _;

use tokio::{
    signal::unix::{SignalKind, signal},
    sync::oneshot,
};

use crate::Error;

/// Waits for SIGTERM or SIGINT and, with `with_parent`, for the end of stdin. Gives the reason.
pub async fn until_asked(with_parent: bool) -> Result<&'static str, Error> {
    let mut terminate = signal(SignalKind::terminate()).map_err(Error::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Error::Signals)?;
    let parent_gone = async { if with_parent { stdin_ended().await } else { std::future::pending().await } };
    tokio::select! {
        _ = terminate.recv() => Ok("SIGTERM"),
        _ = interrupt.recv() => Ok("SIGINT"),
        () = parent_gone => Ok("stdin ended"),
    }
}

/// A blocking read cannot be cancelled, so it has a thread of its own that ends with the process.
async fn stdin_ended() {
    let (ended, end) = oneshot::channel();
    let spawned = std::thread::Builder::new().name("stdin".to_owned()).spawn(move || {
        let mut sink = [0; 256];
        let mut stdin = std::io::stdin().lock();
        while matches!(stdin.read(&mut sink), Ok(bytes) if bytes > 0) {}
        let _ = ended.send(());
    });
    if spawned.is_err() || end.await.is_err() {
        std::future::pending::<()>().await;
    }
}
