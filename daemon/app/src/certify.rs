//! Client certificates of this node's operators: issued, listed, ended, and asked at every call over the network.
//!
//! Invariant: a certificate counts only while it stands in the register, has not run out and was not revoked; the
//! register is folded from entries that never leave the node, and a revocation outlives whatever else is written.
//! Left out: who is an operator and what he may do (configuration), the handshake (pki).

use std::collections::BTreeMap;

use gongkai_journal::{
    Entry,
    kind::Kind,
    payload::{self, OperatorCert, OperatorRevoke},
};
use gongkai_model::{digest::Digest, id::OperatorId};
use gongkai_pki::{
    PkiDir,
    operator::{self, OPERATOR_DAYS_DEFAULT, OperatorCertificate},
};
use gongkai_store::Draft;

use crate::{
    Action, App, Error, Operator, Result,
    act::{Acting, Subject},
    named::{one, only_beginning},
};

/// What such entries are about, for looking them up; no catalog id looks like it.
const ABOUT: &str = "operators";

/// The register: certificates by fingerprint.
pub(crate) type Register = BTreeMap<Digest, HeldCert>;

/// A certificate that this node issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldCert {
    /// SHA-256 of the certificate.
    pub fingerprint: Digest,
    /// Whom it speaks for.
    pub holder: OperatorId,
    /// Who had it issued.
    pub issued_by: Option<OperatorId>,
    /// When, unix milliseconds.
    pub issued_at_ms: i64,
    /// Last moment of its validity, unix milliseconds.
    pub not_after_ms: i64,
    /// Why it was revoked, if it was.
    pub revoked: Option<String>,
}

/// Whether a certificate counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertState {
    /// It counts.
    Valid,
    /// It ran out.
    Expired,
    /// It was ended.
    Revoked,
}

impl CertState {
    /// The word in answers.
    pub fn word(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

impl HeldCert {
    /// Whether it counts at a time, unix milliseconds.
    pub fn state(&self, now_ms: i64) -> CertState {
        match self.revoked {
            Some(_) => CertState::Revoked,
            None if now_ms > self.not_after_ms => CertState::Expired,
            None => CertState::Valid,
        }
    }
}

/// Refusals about operators' certificates.
#[derive(Debug, thiserror::Error)]
pub enum CertError {
    /// Nobody's, or nobody's any more.
    #[error("no valid certificate of this node is `{which}`")]
    Unknown {
        /// As given.
        which: String,
    },
    /// It was ended by a person.
    #[error("the certificate of `{holder}` was revoked: {reason}")]
    Revoked {
        /// Whose.
        holder: OperatorId,
        /// Why.
        reason: String,
    },
    /// Its time is over.
    #[error("the certificate of `{holder}` has expired")]
    Expired {
        /// Whose.
        holder: OperatorId,
    },
}

impl CertError {
    /// The permanent code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "GK-APP-014",
            Self::Revoked { .. } => "GK-APP-015",
            Self::Expired { .. } => "GK-APP-016",
        }
    }

    /// The next step.
    pub fn hint(&self) -> String {
        match self {
            Self::Unknown { .. } => {
                "`gongkai operator certificates` lists them; give a name, or the first digits of one".to_owned()
            }
            Self::Revoked { holder, .. } | Self::Expired { holder } => {
                format!("have the administrator issue a new one: `gongkai operator certify {}`", short(holder))
            }
        }
    }
}

impl App {
    /// The certificate of a fingerprint, if this node issued it.
    pub fn operator_cert(&self, fingerprint: &Digest) -> Option<HeldCert> {
        self.inner.certs.load().get(fingerprint).cloned()
    }

    /// All certificates that were issued, by holder and age.
    pub fn operator_certs(&self, operator: &Operator) -> Result<Vec<HeldCert>> {
        operator.may(Action::OperatorCertificates)?;
        Ok(self.certs())
    }

    /// Issues a certificate for the holder's own key; gives the trust root too, by which he knows this node.
    pub async fn certify_operator(
        &self,
        operator: &Operator,
        holder: &OperatorId,
        csr: &str,
        days: u32,
    ) -> Result<(OperatorCertificate, String)> {
        let acting = self.begin(operator, Action::OperatorCertify, Subject::NODE).await?;
        let pki = PkiDir::open(self.dir()).map_err(gongkai_pki::Error::from)?;
        let root = operator::trust_root_text(&pki).map_err(gongkai_pki::Error::from)?;
        let days = if days == 0 { OPERATOR_DAYS_DEFAULT } else { days };
        let issued = operator::issue(&pki, holder, csr, days, self.now_ms())?;
        let (fingerprint, not_after_ms) = (issued.fingerprint, issued.not_after_ms);
        let put = OperatorCert { fingerprint, holder: holder.clone(), not_after_ms };
        self.write_certs(&acting, vec![(Kind::OperatorCert, payload::encode(&put))]).await?;
        Ok((issued, root))
    }

    /// Ends the valid certificates of an operator, or the one of a fingerprint's first digits; gives those it ended.
    pub async fn revoke_operator_certs(&self, operator: &Operator, which: &str, reason: &str) -> Result<Vec<HeldCert>> {
        let acting = self.begin(operator, Action::OperatorRevoke, Subject::NODE).await?;
        let mut found = self.certs();
        found.retain(|cert| cert.revoked.is_none());
        if found.iter().any(|cert| is_holder(cert, which)) {
            found.retain(|cert| is_holder(cert, which));
        } else {
            let unknown = || Error::from(CertError::Unknown { which: which.chars().take(80).collect() });
            let prints = found.iter().map(|cert| cert.fingerprint);
            let named = one(only_beginning(which, prints), "certificate", which, unknown)?;
            found.retain(|cert| cert.fingerprint == named);
        }
        let end = |cert: &HeldCert| {
            let revoke = OperatorRevoke { fingerprint: cert.fingerprint, reason: reason.to_owned() };
            (Kind::OperatorRevoke, payload::encode(&revoke))
        };
        self.write_certs(&acting, found.iter().map(end).collect()).await?;
        let ended = |cert: HeldCert| HeldCert { revoked: Some(reason.to_owned()), ..cert };
        Ok(found.into_iter().map(ended).collect())
    }

    /// Folds the register from the journal.
    pub(crate) async fn read_certs(&self) -> Result<()> {
        let entries = self.store().entries_about(ABOUT).await?;
        self.inner.certs.store(fold(&entries).into());
        Ok(())
    }

    fn certs(&self) -> Vec<HeldCert> {
        let mut certs: Vec<HeldCert> = self.inner.certs.load().values().cloned().collect();
        certs.sort_by(|a, b| (&a.holder, a.issued_at_ms).cmp(&(&b.holder, b.issued_at_ms)));
        certs
    }

    async fn write_certs(&self, acting: &Acting<'_>, acts: Vec<(Kind, Vec<u8>)>) -> Result<()> {
        let me = self.world().me.clone();
        let drafts = acts.into_iter().map(|(kind, payload)| {
            let mut draft = Draft::of(kind, me.clone(), payload);
            draft.about = Some(ABOUT.to_owned());
            draft
        });
        acting.record(drafts.collect()).await?;
        self.read_certs().await
    }
}

/// The register that a set of entries says, in whatever order they stand.
fn fold(entries: &[Entry]) -> Register {
    let mut register = Register::new();
    for entry in entries.iter().filter(|entry| is_of(entry, Kind::OperatorCert)) {
        let Some(OperatorCert { fingerprint, holder, not_after_ms }) = read(entry) else { continue };
        let (issued_by, issued_at_ms) = (entry.header.operator.clone(), entry.header.written_at_ms);
        let held = HeldCert { fingerprint, holder, issued_by, issued_at_ms, not_after_ms, revoked: None };
        register.insert(fingerprint, held);
    }
    for entry in entries.iter().filter(|entry| is_of(entry, Kind::OperatorRevoke)) {
        let Some(OperatorRevoke { fingerprint, reason }) = read(entry) else { continue };
        if let Some(held) = register.get_mut(&fingerprint) {
            // Of two reasons the smaller text, so that the order of the entries does not show.
            held.revoked = Some(held.revoked.take().map_or(reason.clone(), |other| other.min(reason)));
        }
    }
    register
}

fn is_of(entry: &Entry, kind: Kind) -> bool {
    entry.header.kind == kind
}

fn read<T: serde::de::DeserializeOwned>(entry: &Entry) -> Option<T> {
    payload::decode(&entry.header.kind, entry.payload.as_deref()?).ok()
}

fn is_holder(cert: &HeldCert, which: &str) -> bool {
    which == cert.holder.as_str() || which == short(&cert.holder)
}

/// The name without the division before it.
fn short(holder: &OperatorId) -> &str {
    holder.as_str().split_once('/').map_or(holder.as_str(), |(_, name)| name)
}
