//! Programs at an admin socket: whose they are, and how many of one account there may be.
//!
//! Invariant: one account of this machine keeps no other from its socket, and each socket has places of its own, so that
//! the daemon's own account gets through whatever a group does at the shared one. Left out: what they may (gate).

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use gongkai_link::{
    Sparing,
    grpc::{Calls, Place, Places, PlacesSize},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::UnixStream,
};
use tonic::transport::server::{Connected, UdsConnectInfo};
use tracing::warn;

/// Programs at one socket: an office's desks and their scripts. Nobody is put out for another.
const PLACES: PlacesSize = PlacesSize { most: 128, each: 64, idle: Duration::MAX };

/// The places at one socket.
#[derive(Debug)]
pub(super) struct Seats {
    places: Places<u32>,
    sparing: Sparing,
}

impl Seats {
    pub(super) fn new(sparing: Sparing) -> Self {
        Self { places: Places::new(PLACES), sparing }
    }

    /// Gives a program its place; without one its connection ends.
    pub(super) fn seat(&self, stream: io::Result<UnixStream>) -> Option<io::Result<Local>> {
        let stream = match stream {
            Ok(stream) => stream,
            Err(error) => return Some(Err(error)),
        };
        let uid = stream.peer_cred().map_or(u32::MAX, |peer| peer.uid());
        let place = self.places.take(&uid, &Calls::default());
        if place.is_none()
            && let Some(left_out) = self.sparing.says("socket full", &uid)
        {
            warn!(uid, left_out, "too many programs at the admin socket, one was turned away");
        }
        place.map(|place| Ok(Local { stream, _place: place }))
    }
}

/// One program's connection.
pub(super) struct Local {
    stream: UnixStream,
    _place: Place<u32>,
}

impl Connected for Local {
    type ConnectInfo = UdsConnectInfo;

    fn connect_info(&self) -> UdsConnectInfo {
        self.stream.connect_info()
    }
}

impl AsyncRead for Local {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, into)
    }
}

impl AsyncWrite for Local {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
