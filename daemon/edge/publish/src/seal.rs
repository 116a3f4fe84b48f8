//! The signature beside the manifest: `manifest.sig`, a small JSON file.
//!
//! Invariant: what is signed is the manifest's digest under a label of its own, so that a signature over an entry is
//! never one over a manifest. It is no part of the edition's "same bytes".

use std::{fs, path::Path};

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use serde::{Deserialize, Serialize};

use gongkai_journal::{header::SIGNATURE_ED25519, sign::Signer};
use gongkai_model::digest::Digest;

use crate::{
    aside,
    error::{PublishError, VerifyError},
    manifest::Manifest,
    path,
};

/// The label in front of what is signed.
const LABEL: &[u8] = b"gongkai manifest signature v1\0";
const ALGORITHM: &str = "ed25519";
/// The format of `manifest.sig`.
const FORMAT: u32 = 1;

/// What `manifest.sig` says; byte strings in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SignatureFile {
    format: u32,
    algorithm: String,
    pub(crate) key_id: String,
    public_key: String,
    manifest: Digest,
    signature: String,
}

/// Signs the manifest of a rendered directory; a signature that is there already is replaced.
pub fn seal(partial: &Path, signer: &dyn Signer) -> Result<(), PublishError> {
    if signer.algorithm() != SIGNATURE_ED25519 {
        return Err(PublishError::KeyAlgorithm(signer.algorithm()));
    }
    let manifest_path = partial.join(path::MANIFEST);
    let manifest = Manifest::digest_of(&fs::read(&manifest_path).map_err(aside::io("read", &manifest_path))?);
    let file = SignatureFile {
        format: FORMAT,
        algorithm: ALGORITHM.to_owned(),
        key_id: hex::encode(signer.key_id()),
        public_key: hex::encode(signer.public_key()),
        manifest,
        signature: hex::encode(signer.sign(&message(&manifest))),
    };
    // A struct of text and numbers always serialises.
    let mut bytes = serde_json::to_vec_pretty(&file).unwrap_or_default();
    bytes.push(b'\n');
    let signature_path = partial.join(path::SIGNATURE);
    aside::remove_tree(&signature_path)?;
    aside::write_flushed(&signature_path, &bytes)?;
    aside::flush_directory(partial)
}

fn message(manifest: &Digest) -> Vec<u8> {
    [LABEL, &manifest.to_bytes()].concat()
}

impl SignatureFile {
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, VerifyError> {
        let file: Self =
            serde_json::from_slice(bytes).map_err(|error| VerifyError::BadSignatureFile(error.to_string()))?;
        if file.format != FORMAT || file.algorithm != ALGORITHM {
            let what = format!("format {} with algorithm {:.20} is unknown", file.format, file.algorithm);
            return Err(VerifyError::BadSignatureFile(what));
        }
        Ok(file)
    }

    /// Checks the signature over the manifest's bytes, and the key if the caller knows which one to expect.
    pub(crate) fn check(&self, manifest_bytes: &[u8], expected_key: Option<&[u8]>) -> Result<(), VerifyError> {
        let decode = |text: &str| hex::decode(text).map_err(|error| VerifyError::BadSignatureFile(error.to_string()));
        let (key, signature) = (decode(&self.public_key)?, decode(&self.signature)?);
        let manifest = Manifest::digest_of(manifest_bytes);
        let is_signed = UnparsedPublicKey::new(&ED25519, &key).verify(&message(&manifest), &signature).is_ok();
        let own_id = gongkai_journal::sign::PublicKey { algorithm: SIGNATURE_ED25519, bytes: key.clone() }.id();
        if manifest != self.manifest || !is_signed || hex::encode(own_id) != self.key_id {
            return Err(VerifyError::WrongSignature);
        }
        match expected_key {
            Some(expected) if expected != key => Err(VerifyError::OtherKey { found: self.key_id.clone() }),
            Some(_) | None => Ok(()),
        }
    }
}
