//! Signing and checking of entry hashes, with algorithm numbers so that SM2 can follow Ed25519.
//!
//! Invariant: what is signed is the entry hash with its algorithm byte, under a fixed label; the signature is
//! never part of what is hashed (ECDSA and SM2 signatures can be altered without the key).

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use gongkai_model::digest::Digest;

use crate::header::SIGNATURE_ED25519;

/// The label in front of what is signed.
const LABEL: &[u8] = b"gongkai entry signature v1\0";

/// Whoever can sign entries.
pub trait Signer: Send + Sync {
    /// The algorithm's number, written into headers.
    fn algorithm(&self) -> u32;
    /// The key's id, written into headers.
    fn key_id(&self) -> Vec<u8>;
    /// The public key's bytes.
    fn public_key(&self) -> Vec<u8>;
    /// Signs a message.
    fn sign(&self, message: &[u8]) -> Vec<u8>;
}

/// A public key that entries are checked with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PublicKey {
    /// The algorithm's number.
    pub algorithm: u32,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl PublicKey {
    /// The first 8 bytes of H("gongkai key v1", algorithm, key): what headers carry.
    pub fn id(&self) -> Vec<u8> {
        let digest = Digest::of("gongkai key v1", &[&self.algorithm.to_be_bytes(), &self.bytes]);
        digest.as_raw()[..8].to_vec()
    }

    /// Whether the signature over an entry hash is this key's.
    pub fn verifies(&self, hash: &Digest, signature: &[u8]) -> bool {
        match self.algorithm {
            SIGNATURE_ED25519 => {
                UnparsedPublicKey::new(&ED25519, &self.bytes).verify(&message(hash), signature).is_ok()
            }
            _ => false,
        }
    }
}

/// The message that is signed for an entry hash.
pub fn message(hash: &Digest) -> Vec<u8> {
    [LABEL, &hash.to_bytes()].concat()
}

/// An Ed25519 key made from 32 secret bytes; signing is deterministic (RFC 8032).
pub struct Ed25519Signer(Ed25519KeyPair);

impl Ed25519Signer {
    /// Takes the seed; `None` when it is not 32 bytes.
    pub fn from_seed(seed: &[u8]) -> Option<Self> {
        Ed25519KeyPair::from_seed_unchecked(seed).ok().map(Self)
    }
}

impl Signer for Ed25519Signer {
    fn algorithm(&self) -> u32 {
        SIGNATURE_ED25519
    }

    fn key_id(&self) -> Vec<u8> {
        PublicKey { algorithm: SIGNATURE_ED25519, bytes: self.public_key() }.id()
    }

    fn public_key(&self) -> Vec<u8> {
        self.0.public_key().as_ref().to_vec()
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign(message).as_ref().to_vec()
    }
}
