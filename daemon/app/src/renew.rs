//! The next certificate of a child that showed who it is.
//!
//! Invariant: keys stay the same: new keys come with a new node only. The certificate is granted together with the
//! entry that makes it known.

use gongkai_journal::{
    Entry,
    kind::Kind,
    payload::{self, CertPut},
};
use gongkai_pki::{Grant, Lifetimes, PeerIdentity, Request};
use gongkai_store::Draft;

use crate::{App, Error, Result, enrol::pki};

impl App {
    /// Renews the certificate of a direct child whose chain was checked; the leaf may have run out. Gives with it the
    /// entry that names it, behind those above it.
    pub async fn answer_renewal(&self, peer: &PeerIdentity, request: &Request) -> Result<(Grant, Vec<Entry>)> {
        let on_duty = self.on_duty().await;
        let world = self.world();
        let division = &peer.division;
        if world.tree().parent(division) != Some(&world.me) {
            let hint = "enrol it at its parent with a new token".to_owned();
            return Err(refusal(format!("`{division}` does not stand directly below this node any more"), hint));
        }
        let allows_authority = world.tree().children(division).next().is_some();
        let (grant, checked) = self
            .authority()?
            .renew(peer, request, allows_authority, &Lifetimes::default(), self.now_ms())
            .map_err(pki)?;
        let public = hex::encode(checked.entry_key);
        let Some(known) = world.certificate(division).filter(|known| known.entry_key.public == public) else {
            let hint = format!("a node with other keys is enrolled with `gongkai node invite {division} --rebuild`");
            return Err(refusal(format!("the entry key is not the one that `{division}` was enrolled with"), hint));
        };
        let leaf = grant.leaf().map_err(pki)?;
        let cert = CertPut {
            tls_fingerprint: leaf.fingerprint.to_hex(),
            tls_not_after_ms: leaf.not_after_ms,
            authority_pem: grant.authority_chain.clone().unwrap_or_default(),
            ..known.clone()
        };
        let kind = if grant.authority_chain.is_some() { Kind::AuthorityPut } else { Kind::CertPut };
        on_duty.record(vec![Draft::of(kind, division.clone(), payload::encode(&cert))]).await?;
        let introduction = self.world().introduction(division, &leaf.fingerprint);
        Ok((grant, introduction))
    }
}

fn refusal(message: String, hint: String) -> Error {
    Error::Enrolment { code: "GK-APP-028", message, hint }
}
