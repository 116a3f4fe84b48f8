//! Which certificates and keys of a division still stand, and what ends those of a lost node.
//!
//! Invariant: a key that an ancestor's entry has ended opens no session; what it has signed is the keyring's matter.
//! A certificate whose entry is not here stands: its chain was checked, and its entry may be on the way.

use gongkai_journal::{
    kind::Kind,
    payload::{self, CertPut, KeyRecord, KeyRevoke},
    sign::PublicKey,
};
use gongkai_model::{digest::Digest, id::DivisionId};
use gongkai_store::Draft;

use crate::World;

impl World {
    /// Whether sessions are held with the certificate of this fingerprint.
    pub fn has_standing(&self, division: &DivisionId, fingerprint: &Digest) -> bool {
        let fingerprint = fingerprint.to_hex();
        let mut of_it = self.certificates_of(division).iter().filter(|cert| cert.tls_fingerprint == fingerprint);
        !of_it.any(|cert| self.has_ended(cert))
    }

    /// Whether a key like this was ever certified for the division.
    pub(crate) fn has_key(&self, division: &DivisionId, is_like: impl Fn(&KeyRecord) -> bool) -> bool {
        self.certificates_of(division).iter().any(|cert| is_like(&cert.entry_key))
    }

    /// The ids of a division's keys that stand.
    pub(crate) fn standing_keys(&self, division: &DivisionId) -> Vec<String> {
        let mut keys: Vec<String> =
            self.certificates_of(division).iter().filter(|cert| !self.has_ended(cert)).map(key_id).collect();
        keys.sort();
        keys.dedup();
        keys
    }

    /// The entries that end every other key of the division: its machine is lost. What those keys signed stays good
    /// wherever it turns up, because the machine took them with it.
    pub(crate) fn retirements(&self, division: &DivisionId, successor: &KeyRecord) -> Vec<Draft> {
        let mut ended: Vec<String> = Vec::new();
        for cert in self.certificates_of(division) {
            let key_id = key_id(cert);
            if cert.entry_key != *successor && !self.has_ended(cert) && !ended.contains(&key_id) {
                ended.push(key_id);
            }
        }
        let retire = |key_id| KeyRevoke {
            division: division.clone(),
            key_id,
            good: Vec::new(),
            reason: "rebuild".to_owned(),
            is_retired: true,
        };
        let payloads = ended.into_iter().map(|key_id| payload::encode(&retire(key_id)));
        payloads.map(|payload| Draft::of(Kind::KeyRevoke, division.clone(), payload)).collect()
    }

    pub(crate) fn has_ended(&self, cert: &CertPut) -> bool {
        hex::decode(key_id(cert)).is_ok_and(|id| self.trust.keyring.has_ended(&cert.division, &id))
    }
}

/// The id of a certificate's entry key as revocations spell it.
fn key_id(cert: &CertPut) -> String {
    let bytes = hex::decode(&cert.entry_key.public).unwrap_or_default();
    hex::encode(PublicKey { algorithm: cert.entry_key.algorithm, bytes }.id())
}
