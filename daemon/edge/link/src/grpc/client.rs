//! Dialling the parent: for a session, for a first certificate, for the next one.
//!
//! Invariant: one call, one connection, no hidden reconnect: whether and when to try again is the engine's decision,
//! by the class of the error.

use std::{future::Future, io, net::SocketAddr, sync::Mutex, time::Duration};

use gongkai_pki::{PeerError, PeerIdentity, tls::refusal_of_io};
use gongkai_proto::link::v1::{enrol_client::EnrolClient, sync_client::SyncClient};
use hyper_util::rt::TokioIo;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::{TlsConnector, TlsStream};
use tonic::{
    Request, Status,
    transport::{Channel, Endpoint},
};

use super::{
    connection::{Connection, Facts},
    duplex::{Duplex, Inbound, Outbound, error_of},
    enrol_words::{Join, Joined, Renew, Renewed, read_joined, read_renewed, write_join, write_renew},
    places::Calls,
    traffic::Counted,
    tuning::{ENROL_BYTES_MAX, ENROL_TIMEOUT, HTTP_FRAME_BYTES_MAX, Tuning},
};
use crate::{codec::limits::FRAME_BYTES_MAX, error::LinkError};

/// Stands in requests where a host is asked for; the certificate's name is checked in the handshake.
const AUTHORITY: &str = "http://parent.gongkai.internal";

/// Whom to dial, and under which TLS settings.
#[derive(Clone)]
pub struct Dial {
    /// `HOST:PORT`.
    pub address: String,
    /// The name that the parent's certificate must bear.
    pub name: ServerName<'static>,
    /// From `HotTls::connector` for sessions, from `join_config` for a first contact.
    pub tls: TlsConnector,
}

impl std::fmt::Debug for Dial {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dial").field("address", &self.address).field("name", &self.name).finish_non_exhaustive()
    }
}

/// Opens a session with the parent, with the default times. `identify` says whose certificates it showed, if it may
/// be the parent.
pub async fn open(
    dial: &Dial,
    identify: impl FnOnce(&[CertificateDer<'static>]) -> Result<PeerIdentity, PeerError>,
) -> Result<Duplex, LinkError> {
    open_tuned(dial, &Tuning::default(), identify).await
}

/// The same with times and a rate of one's own.
pub async fn open_tuned(
    dial: &Dial,
    tuning: &Tuning,
    identify: impl FnOnce(&[CertificateDer<'static>]) -> Result<PeerIdentity, PeerError>,
) -> Result<Duplex, LinkError> {
    let (channel, facts) = connect(dial, tuning).await?;
    let peer = identify(&facts.certificates)?;
    let (outbound, frames) = Outbound::channel();
    let mut client =
        SyncClient::new(channel).max_decoding_message_size(FRAME_BYTES_MAX).max_encoding_message_size(FRAME_BYTES_MAX);
    let request = Request::new(frames);
    let opened = within(dial, "opening the session", tuning.open, client.session(request)).await?;
    let frames = opened.map_err(|status| error_of(&status, &facts))?.into_inner();
    let traffic = facts.traffic.clone();
    Ok(Duplex { peer, inbound: Inbound::new(frames, facts, &outbound), outbound, traffic })
}

/// Asks for the first certificate. The settings of `dial` pin the fingerprint and the name from the token.
pub async fn join(dial: &Dial, join: &Join) -> Result<Joined, LinkError> {
    let (channel, facts) = connect(dial, &Tuning::default()).await?;
    let mut client = EnrolClient::new(channel).max_decoding_message_size(ENROL_BYTES_MAX);
    let reply = within(dial, "enrolling", ENROL_TIMEOUT, client.join(write_join(join))).await?;
    Ok(read_joined(answer(reply, &facts)?)?)
}

/// Asks for the next certificate. Where the old one has expired, `dial` carries settings without it.
pub async fn renew(dial: &Dial, renew: &Renew) -> Result<Renewed, LinkError> {
    let (channel, facts) = connect(dial, &Tuning::default()).await?;
    let mut client = EnrolClient::new(channel).max_decoding_message_size(ENROL_BYTES_MAX);
    let reply = within(dial, "enrolling", ENROL_TIMEOUT, client.renew(write_renew(renew))).await?;
    Ok(read_renewed(answer(reply, &facts)?)?)
}

fn answer<T>(reply: Result<tonic::Response<T>, Status>, facts: &Facts) -> Result<T, LinkError> {
    reply.map(tonic::Response::into_inner).map_err(|status| error_of(&status, facts))
}

async fn within<T>(
    dial: &Dial,
    what: &'static str,
    limit: Duration,
    work: impl Future<Output = T>,
) -> Result<T, LinkError> {
    let late = |_| LinkError::TimedOut { address: dial.address.clone(), seconds: limit.as_secs(), what };
    timeout(limit, work).await.map_err(late)
}

/// TCP, TLS and HTTP/2, in steps of our own: each fails with an error of its own.
async fn connect(dial: &Dial, tuning: &Tuning) -> Result<(Channel, Facts), LinkError> {
    let socket = within(dial, "connecting", tuning.connect, TcpStream::connect(&dial.address)).await?;
    let socket = socket.map_err(|error| unreachable_at(dial, error))?;
    let remote: Option<SocketAddr> = socket.peer_addr().ok();
    let counted = Counted::new(socket).map_err(|error| unreachable_at(dial, error))?;
    counted.traffic().limit(tuning.bytes_per_second_max);
    let shaken = dial.tls.connect(dial.name.clone(), counted);
    let stream = within(dial, "shaking hands", tuning.handshake, shaken).await?;
    let stream = stream.map_err(|error| refusal_of_io(&error))?;
    let forever = Box::pin(std::future::pending());
    let connection = Connection::new(TlsStream::from(stream), remote, Calls::default(), forever, ());
    let facts = connection.facts();
    let channel = over(connection, tuning).await.map_err(|error| match facts.failure() {
        Some(failure) => LinkError::from(failure),
        None => LinkError::Broken { why: error.to_string() },
    })?;
    Ok((channel, facts))
}

fn unreachable_at(dial: &Dial, source: io::Error) -> LinkError {
    let address = dial.address.clone();
    match source.kind() {
        io::ErrorKind::InvalidInput => LinkError::BadAddress { address },
        _ => LinkError::Unreachable { address, source },
    }
}

/// A channel over this one connection. tonic would dial again after a loss: the second time there is nothing to give.
async fn over(connection: Connection<()>, tuning: &Tuning) -> Result<Channel, tonic::transport::Error> {
    let once = Mutex::new(Some(TokioIo::new(connection)));
    let connector = tower::service_fn(move |_| {
        let taken = once.lock().ok().and_then(|mut connection| connection.take());
        std::future::ready(taken.ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected)))
    });
    Endpoint::from_static(AUTHORITY)
        .initial_stream_window_size(tuning.stream_window_bytes())
        .initial_connection_window_size(tuning.connection_window_bytes())
        .max_frame_size(HTTP_FRAME_BYTES_MAX)
        .http2_keep_alive_interval(tuning.keepalive_every)
        .keep_alive_timeout(tuning.keepalive_timeout)
        .keep_alive_while_idle(true)
        .connect_with_connector(connector)
        .await
}
