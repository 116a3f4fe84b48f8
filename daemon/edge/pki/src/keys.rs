//! The node's keys: ECDSA P-256 for certificates (TLS, authorities), Ed25519 for journal entries.
//!
//! Invariant: two purposes, two keys; a key is made once, stored before it is used, and its private half is handed
//! out only to rustls. `Debug` shows public halves.

use std::fmt;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use gongkai_journal::{
    header::SIGNATURE_ED25519,
    sign::{PublicKey, Signer},
};
use gongkai_model::digest::Digest;
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519, PublicKeyData as _};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject as _};

use crate::{
    error::{Error, FileError, IssueError},
    files::{Kept, PkiDir},
};

/// A key that stands in certificates: of the node's TLS, of an authority, of the root.
pub struct CertKey {
    pub(crate) pair: KeyPair,
}

impl CertKey {
    /// Makes a key and stores it; refuses where one is stored already.
    pub fn create(pki: &PkiDir, kept: Kept) -> Result<Self, Error> {
        let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(IssueError::from)?;
        pki.create_secret(kept, &pair.serialize_pem())?;
        Ok(Self { pair })
    }

    /// Reads a stored key.
    pub fn load(pki: &PkiDir, kept: Kept) -> Result<Self, FileError> {
        let text = pki.read_secret(kept)?;
        let damaged = |why: &str| FileError::Damaged { file: kept.name(), why: why.to_owned() };
        let pair = KeyPair::from_pem(&text).map_err(|_| damaged("it holds no private key"))?;
        if !pair.is_compatible(&PKCS_ECDSA_P256_SHA256) {
            return Err(damaged("its key is not ECDSA P-256"));
        }
        Ok(Self { pair })
    }

    /// Reads the stored key, or makes one where none is stored: a join that was cut off goes on with its key.
    pub fn load_or_create(pki: &PkiDir, kept: Kept) -> Result<Self, Error> {
        match Self::load(pki, kept) {
            Err(FileError::Missing { .. }) => Self::create(pki, kept),
            other => Ok(other?),
        }
    }

    /// The public key, DER SubjectPublicKeyInfo.
    pub fn public_der(&self) -> Vec<u8> {
        self.pair.subject_public_key_info()
    }

    /// SHA-256 of [`CertKey::public_der`].
    pub fn digest(&self) -> Digest {
        Digest::of_file(&self.public_der())
    }

    /// The private key for rustls.
    pub(crate) fn private_der(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.pair.serialize_der()))
    }
}

impl fmt::Debug for CertKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CertKey({})", self.digest())
    }
}

/// The key that signs a node's journal entries.
pub struct EntryKey {
    pair: Ed25519KeyPair,
    public: [u8; 32],
}

impl EntryKey {
    /// Makes the key and stores it; refuses where one is stored already.
    pub fn create(pki: &PkiDir) -> Result<Self, Error> {
        let pair = KeyPair::generate_for(&PKCS_ED25519).map_err(IssueError::from)?;
        pki.create_secret(Kept::EntryKey, &pair.serialize_pem())?;
        Ok(Self::from_pkcs8(pair.serialized_der())?)
    }

    /// Reads the stored key.
    pub fn load(pki: &PkiDir) -> Result<Self, FileError> {
        let text = pki.read_secret(Kept::EntryKey)?;
        let der = PrivatePkcs8KeyDer::from_pem_slice(text.as_bytes()).map_err(|_| Self::damaged())?;
        Self::from_pkcs8(der.secret_pkcs8_der())
    }

    /// Reads the stored key, or makes one where none is stored.
    pub fn load_or_create(pki: &PkiDir) -> Result<Self, Error> {
        match Self::load(pki) {
            Err(FileError::Missing { .. }) => Self::create(pki),
            other => Ok(other?),
        }
    }

    fn damaged() -> FileError {
        FileError::Damaged { file: Kept::EntryKey.name(), why: "it holds no Ed25519 key".to_owned() }
    }

    fn from_pkcs8(der: &[u8]) -> Result<Self, FileError> {
        let pair = Ed25519KeyPair::from_pkcs8(der).map_err(|_| Self::damaged())?;
        let public = pair.public_key().as_ref().try_into().map_err(|_| Self::damaged())?;
        Ok(Self { pair, public })
    }

    /// The 64 bytes of an Ed25519 signature (RFC 8032) over the message.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.pair.sign(message).as_ref().to_vec()
    }

    /// The public half.
    pub fn public_key(&self) -> [u8; 32] {
        self.public
    }

    /// The id under which entries name this key, hexadecimal.
    pub fn key_id(&self) -> String {
        key_id(&self.public)
    }
}

impl Signer for EntryKey {
    fn algorithm(&self) -> u32 {
        SIGNATURE_ED25519
    }

    fn key_id(&self) -> Vec<u8> {
        journal_key(&self.public).id()
    }

    fn public_key(&self) -> Vec<u8> {
        self.public.to_vec()
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        EntryKey::sign(self, message)
    }
}

impl fmt::Debug for EntryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EntryKey({})", self.key_id())
    }
}

/// The id of an entry key as the journal defines it, hexadecimal.
pub fn key_id(public: &[u8; 32]) -> String {
    hex::encode(journal_key(public).id())
}

fn journal_key(public: &[u8; 32]) -> PublicKey {
    PublicKey { algorithm: SIGNATURE_ED25519, bytes: public.to_vec() }
}

/// Whether the signature is the key's over the message.
pub fn is_signed_by(public: &[u8; 32], message: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&ED25519, public).verify(message, signature).is_ok()
}
