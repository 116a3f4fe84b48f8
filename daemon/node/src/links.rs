//! The links of the node: the port below, the dialling above, and what is shown of both.
//!
//! Invariant: whom to accept is decided from certificates and the tree path before a message is read; what is said
//! is the engine's. Left out: bytes on the wire (link) and what entries mean (app).

use std::{os::unix::fs::MetadataExt as _, path::Path, sync::Arc, time::Duration};

use gongkai_app::{App, CertStanding, Clock as _, SystemClock};
use gongkai_journal::{Entry, Incarnation};
use gongkai_link::Sparing;
use gongkai_model::digest::Digest;
use gongkai_pki::{
    PeerError, PeerIdentity, identity,
    tls::{HotTls, SessionClock},
};
use gongkai_store::{Peer, PeerRole};
use gongkai_sync::message::Hello;
use rustls::pki_types::CertificateDer;
use tracing::warn;

use crate::{Error, config::Config};

mod board;
mod children;
mod driver;
mod enrolment;
mod meter;
mod parent;
mod renewal;
mod telling;
mod wire;

pub(crate) use board::{Board, LinkState, LinkStatus, Role};
pub(crate) use children::Children;
pub(crate) use enrolment::Enroller;
pub(crate) use meter::{Rate, bytes_left, remaining_ms};
pub(crate) use parent::Parent;
pub(crate) use renewal::Renewal;

/// How long a session may take to end after it was asked to.
pub(crate) const SESSION_END_MAX: Duration = Duration::from_secs(3);
/// This version was made after the first day of 2026: a clock that says less has lost its battery.
const BUILD_DAY_MS: i64 = 1_767_225_600_000;
/// Longest host name passed on, in bytes (RFC 1123).
const HOST_BYTES_MAX: usize = 253;

/// What all links share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) app: App,
    pub(crate) tls: Arc<HotTls>,
    pub(crate) board: Board,
    /// This host's name, for messages to peers.
    pub(crate) host: String,
    /// What tells this daemon from one on a copy of its directory, on this machine or on another of the same name.
    pub(crate) daemon_id: Incarnation,
    /// Times, limits and schedules of the links.
    pub(crate) config: Arc<Config>,
    /// Keeps the log readable whatever peers do.
    pub(crate) sparing: Sparing,
}

impl Shared {
    /// The identity behind a peer's certificates, whatever its place in the tree.
    fn identify(&self, certificates: &[CertificateDer<'static>]) -> Result<PeerIdentity, PeerError> {
        let credentials = self.tls.credentials();
        let now_ms = self.tls.clock().now_ms();
        let peer = identity::identify(certificates, credentials.trust_root(), now_ms)?;
        match self.app.standing_of(&peer.division, &peer.fingerprint) {
            CertStanding::Ended => Err(refusal_of(CertStanding::Ended, &peer)),
            // Whether an entry names it is asked when the peer has said what names it.
            CertStanding::Named | CertStanding::Unnamed | CertStanding::IssuerRevoked => Ok(peer),
        }
    }

    /// Hears what names a peer's certificate, and refuses one that nothing names.
    async fn vouch(&self, peer: &PeerIdentity, hello: &Hello) -> Result<(), PeerError> {
        if let Err(error) = self.app.introduce(&peer.division, &peer.fingerprint, &hello.introduction).await {
            // What is not taken cannot speak for it.
            warn!(peer = %peer.division, %error, "cannot take what names a peer");
        }
        self.require_standing(peer)
    }

    /// The entries that name this node's certificate, for those who have not heard of it.
    fn introduction(&self) -> Vec<Entry> {
        self.app.introduction(&self.tls.credentials().fingerprint())
    }

    /// The child behind certificates of which the first may have run out: good for a renewal only.
    fn identify_for_renewal(&self, certificates: &[CertificateDer<'static>]) -> Result<PeerIdentity, PeerError> {
        let credentials = self.tls.credentials();
        let now_ms = self.tls.clock().now_ms();
        let peer = identity::identify_for_renewal(certificates, credentials.trust_root(), now_ms)?;
        peer.require_child_of(credentials.path())?;
        match self.app.standing_of(&peer.division, &peer.fingerprint) {
            CertStanding::Named | CertStanding::IssuerRevoked => Ok(peer),
            standing @ (CertStanding::Ended | CertStanding::Unnamed) => Err(refusal_of(standing, &peer)),
        }
    }

    /// Refuses a certificate that no entry names that stands. Asked again whenever the journal grows: a session that is
    /// open ends too.
    fn require_standing(&self, peer: &PeerIdentity) -> Result<(), PeerError> {
        match self.app.standing_of(&peer.division, &peer.fingerprint) {
            CertStanding::Named => Ok(()),
            standing => Err(refusal_of(standing, peer)),
        }
    }

    /// Notes in the store what a peer said of itself, and that it was heard.
    async fn note_contact(&self, contact: Contact<'_>) -> Result<(), Error> {
        let store = self.app.store();
        let known = store.peer(&contact.peer.division).await?;
        let now_ms = self.app.now_ms();
        let peer = Peer {
            division: contact.peer.division.clone(),
            role: contact.role,
            address: contact.address.or_else(|| known.as_ref().and_then(|known| known.address.clone())),
            tls_fingerprint: Some(contact.peer.fingerprint.to_hex()),
            feed_id: contact.hello.map(|hello| hello.feed_id).or_else(|| known.as_ref()?.feed_id),
            daemon_id: contact.hello.map(|hello| hello.daemon_id).or_else(|| known.as_ref()?.daemon_id),
            host: contact.hello.map(|hello| hello.host.clone()).or_else(|| known.as_ref()?.host.clone()),
            last_contact_ms: Some(now_ms),
            mode: contact.mode.to_owned(),
            schedule: contact.schedule,
            since_ms: known.map_or(now_ms, |known| known.since_ms),
        };
        Ok(store.put_peer(&peer).await?)
    }
}

/// Why a certificate that does not stand opens no session.
fn refusal_of(standing: CertStanding, peer: &PeerIdentity) -> PeerError {
    let name = gongkai_pki::name::spell(&peer.path);
    match standing {
        CertStanding::Ended => PeerError::Revoked { name, serial: peer.serial.clone() },
        CertStanding::IssuerRevoked => PeerError::IssuerRevoked { name },
        CertStanding::Named | CertStanding::Unnamed => PeerError::Unnamed { name },
    }
}

/// A peer that was heard.
struct Contact<'a> {
    peer: &'a PeerIdentity,
    role: PeerRole,
    address: Option<String>,
    hello: Option<&'a Hello>,
    mode: &'static str,
    schedule: Option<String>,
}

/// The time by which sessions judge certificates: the system's, but never before this version was made or the parent
/// was last heard.
pub(crate) fn session_clock(last_contact_ms: i64) -> SessionClock {
    let floor_ms = last_contact_ms.max(BUILD_DAY_MS);
    SessionClock::new(move || SystemClock.now_ms().max(floor_ms))
}

/// The configured host name, else the system's.
pub(crate) fn host_name(configured: &str) -> String {
    let system = || std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = if configured.is_empty() { system() } else { configured.to_owned() };
    let name = name.trim();
    if name.is_empty() || name.len() > HOST_BYTES_MAX { "unnamed".to_owned() } else { name.to_owned() }
}

/// Sixteen bytes that are the same at every start of a daemon on its directory until the machine starts anew, and
/// others on a copy: made from the machine's boot, the directory's path and its place on the disk.
pub(crate) fn daemon_id(dir: &Path) -> Incarnation {
    let boot = std::fs::read("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let path = std::fs::canonicalize(dir).unwrap_or_else(|_| dir.to_owned());
    let place = std::fs::metadata(&path).map_or((0, 0), |meta| (meta.dev(), meta.ino()));
    let parts: [&[u8]; 4] =
        [&boot, path.as_os_str().as_encoded_bytes(), &place.0.to_be_bytes(), &place.1.to_be_bytes()];
    let digest = Digest::of("gongkai daemon v1", &parts);
    Incarnation::from_bytes(digest.as_raw().first_chunk().copied().unwrap_or_default())
}
