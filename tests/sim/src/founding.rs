//! The beginning of a run: machines with what enrolment gives them, the tree, and certificates.

use gongkai_journal::{
    Incarnation,
    kind::Kind,
    payload::{self, CertPut, KeyRecord, TreePut},
    sign::{Ed25519Signer, PublicKey, Signer},
};
use gongkai_model::{id::DivisionId, tree::Division};

use crate::{
    node::{Act, Node, Pinned},
    world::World,
};

impl World<'_> {
    /// Machines with what enrolment gives them; the root writes the tree, parents write certificates.
    pub(crate) fn found(&mut self) {
        self.log(&format!("{:?}", self.plan));
        for index in 0..self.divisions.len() {
            let division = self.divisions[index].id.clone();
            let (feed_id, incarnation) = (self.life(), self.life());
            self.log(&format!("{division} below {:?}", self.divisions[index].parent));
            let mut node = Node::new(division, feed_id, incarnation, self.pinned(index), self.mutation);
            self.watch.see_tree(&node.trust.tree);
            node.is_old = self.chance.one_in(3);
            node.store.wants_max = self.plan.wants_max;
            self.nodes.push(Some(node));
        }
        let put = TreePut { version: 1, divisions: self.divisions.clone() };
        let root = self.divisions[0].id.clone();
        self.write(0, vec![Act::of(Kind::TreePut, root, payload::encode(&put))]);
        if !self.plan.late_keys {
            for index in 1..self.divisions.len() {
                self.certify(index);
            }
        }
    }

    fn pinned(&self, index: usize) -> Pinned {
        let mut path = vec![self.divisions[index].clone()];
        while let Some(parent) = path.last().and_then(|division| division.parent.clone()) {
            path.extend(self.divisions.iter().find(|division| division.id == parent).cloned());
        }
        let is_trusted = |division: &&Division| division.parent.is_none();
        let keys = self.divisions.iter().filter(is_trusted).map(|it| (it.id.clone(), self.public(&it.id)));
        Pinned { root: self.divisions[0].id.clone(), tree: path, keys: keys.collect() }
    }

    pub(crate) fn public(&self, division: &DivisionId) -> PublicKey {
        let signer = &self.signers[division];
        PublicKey { algorithm: signer.algorithm(), bytes: signer.public_key() }
    }

    /// The parent's entry that makes a division's key known.
    pub(crate) fn certify(&mut self, index: usize) {
        let division = self.divisions[index].id.clone();
        let parent = self.nodes[index].as_ref().and_then(Node::parent).and_then(|parent| self.place(parent));
        let Some(parent) = parent else { return };
        let key = self.public(&division);
        self.certify_key(parent, &division, &key);
    }

    pub(crate) fn certify_key(&mut self, parent: usize, division: &DivisionId, key: &PublicKey) {
        let node = self.place(division).and_then(|place| self.nodes[place].as_ref());
        let Some(incarnation) = node.map(|node| node.incarnation) else { return };
        let cert = cert_of(division, incarnation, key);
        let has_children = self.divisions.iter().any(|other| other.parent.as_ref() == Some(division));
        let kind = if has_children { Kind::AuthorityPut } else { Kind::CertPut };
        self.write(parent, vec![Act::of(kind, division.clone(), payload::encode(&cert))]);
    }
}

/// What a parent's entry says of a key.
pub(crate) fn cert_of(division: &DivisionId, incarnation: Incarnation, key: &PublicKey) -> CertPut {
    CertPut {
        division: division.clone(),
        incarnation,
        entry_key: KeyRecord { algorithm: key.algorithm, public: hex::encode(&key.bytes) },
        tls_fingerprint: String::new(),
        tls_not_after_ms: 0,
        authority_pem: String::new(),
        kept: Vec::new(),
    }
}

/// The key of a machine by its place.
pub(crate) fn signer(index: usize) -> Ed25519Signer {
    let mut seed = [7; 32];
    seed[0] = u8::try_from(index).unwrap_or(0);
    Ed25519Signer::from_seed(&seed).expect("32 bytes")
}
