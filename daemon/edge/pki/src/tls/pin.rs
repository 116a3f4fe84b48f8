//! The check of a server never met before: the joiner's, by fingerprint and path from the token, and that of an
//! operator's program, by the trust root and the division that came with his certificate.
//!
//! Invariant: the only trust anchor is the presented certificate whose SHA-256 is the pinned one; chain, dates and
//! signatures are checked by the TLS library and by our own walk.

use gongkai_model::{digest::Digest, id::DivisionId};
use rustls::{
    CertificateError, DigitallySignedStruct, Error, OtherError, SignatureScheme,
    client::{
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_cert_signed_by_trust_anchor, verify_server_name,
    },
    crypto::{WebPkiSupportedAlgorithms, verify_tls13_signature},
    server::ParsedCertificate,
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use std::sync::Arc;

use super::{provider, root_store};
use crate::{error::PeerError, identity};

/// Whose node the server must be.
#[derive(Debug)]
pub(super) enum Expected {
    /// The node at this path of the tree, and its certificate bears the path's name.
    At { path: Vec<DivisionId>, name: ServerName<'static> },
    /// The node of this division, wherever in the tree it stands now.
    Of(DivisionId),
}

/// Trusts one fingerprint and one node.
#[derive(Debug)]
pub(super) struct PinnedRoot {
    fingerprint: Digest,
    expected: Expected,
    algorithms: WebPkiSupportedAlgorithms,
}

impl PinnedRoot {
    pub(super) fn new(fingerprint: Digest, expected: Expected) -> Self {
        Self { fingerprint, expected, algorithms: provider().signature_verification_algorithms }
    }

    fn verify_chain(
        &self,
        end_entity: &CertificateDer<'_>,
        above: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), Error> {
        let root = above.iter().find(|der| Digest::of_file(der) == self.fingerprint);
        let root = root.ok_or_else(|| own_error(PeerError::PinMismatch))?;
        let leaf = ParsedCertificate::try_from(end_entity)?;
        let roots = root_store(root).map_err(own_error)?;
        verify_server_cert_signed_by_trust_anchor(&leaf, &roots, above, now, self.algorithms.all)?;
        if let Expected::At { name, .. } = &self.expected {
            verify_server_name(&leaf, name)?;
        }
        let chain: Vec<_> = std::iter::once(end_entity).chain(above).cloned().collect();
        let now_ms = i64::try_from(now.as_secs()).unwrap_or(i64::MAX).saturating_mul(1000);
        let peer = identity::identify(&chain, root, now_ms).map_err(own_error)?;
        let is_expected = match &self.expected {
            Expected::At { path, .. } => peer.path == *path,
            Expected::Of(division) => peer.division == *division,
        };
        if is_expected { Ok(()) } else { Err(own_error(PeerError::WrongName)) }
    }
}

/// Our refusals travel through rustls and come out again in `refusal`.
fn own_error(error: PeerError) -> Error {
    Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(error))))
}

impl ServerCertVerifier for PinnedRoot {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _dialled: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.verify_chain(end_entity, intermediates, now).map(|()| ServerCertVerified::assertion())
    }

    /// Never reached: the configuration speaks TLS 1.3 only.
    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("TLS 1.2 is not spoken".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
