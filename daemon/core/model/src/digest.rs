//! Digests that carry their algorithm, so that SM3 can follow SHA-256 without voiding what stands.
//!
//! Invariant: every digest that is stored, sent or signed is (algorithm, bytes); its text form is `sha256:<hex>`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A digest algorithm by its permanent number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// SHA-256 (FIPS 180-4), number 1.
    Sha256,
}

impl Algorithm {
    /// The number written before the digest's bytes.
    pub fn number(self) -> u8 {
        match self {
            Self::Sha256 => 1,
        }
    }

    /// The algorithm of a number; `None` where this version does not know it.
    pub fn from_number(number: u8) -> Option<Self> {
        (number == 1).then_some(Self::Sha256)
    }
}

/// An (algorithm, 32 bytes) digest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest {
    algorithm: Algorithm,
    bytes: [u8; 32],
}

/// Bytes or text that are no digest this version can read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a digest of a known algorithm")]
pub struct InvalidDigest;

impl Digest {
    /// Digests the parts under a domain label: H(label, 0x00, len(part), part, …), lengths as 64-bit big-endian.
    /// The lengths keep ("ab", "c") and ("a", "bc") apart.
    pub fn of(label: &str, parts: &[&[u8]]) -> Self {
        let mut hasher = Hasher::new(label);
        for part in parts {
            hasher.part(part);
        }
        hasher.finish()
    }

    /// Plain SHA-256 of the bytes, as `sha256sum` prints it: for files.
    pub fn of_file(bytes: &[u8]) -> Self {
        Self { algorithm: Algorithm::Sha256, bytes: Sha256::digest(bytes).into() }
    }

    /// One algorithm byte and 32 digest bytes: the form inside headers and databases.
    pub fn to_bytes(self) -> [u8; 33] {
        let mut out = [0; 33];
        out[0] = self.algorithm.number();
        out[1..].copy_from_slice(&self.bytes);
        out
    }

    /// Reads the form of [`Digest::to_bytes`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidDigest> {
        let (number, rest) = bytes.split_first().ok_or(InvalidDigest)?;
        let algorithm = Algorithm::from_number(*number).ok_or(InvalidDigest)?;
        let bytes = rest.try_into().map_err(|_| InvalidDigest)?;
        Ok(Self { algorithm, bytes })
    }

    /// The digest's 32 bytes without the algorithm.
    pub fn as_raw(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// The hexadecimal digits alone, 64 of them.
    pub fn to_hex(self) -> String {
        hex::encode(self.bytes)
    }

    /// The first 12 hexadecimal digits: for people, never for comparing.
    pub fn short(&self) -> String {
        hex::encode(&self.bytes[..6])
    }
}

/// Digests parts one by one; see [`Digest::of`].
pub struct Hasher(Sha256);

impl Hasher {
    /// Begins a digest under a domain label.
    pub fn new(label: &str) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(label.as_bytes());
        hasher.update([0]);
        Self(hasher)
    }

    /// Adds one part with its length.
    pub fn part(&mut self, part: &[u8]) {
        self.0.update((part.len() as u64).to_be_bytes());
        self.0.update(part);
    }

    /// The digest of all parts.
    pub fn finish(self) -> Digest {
        Digest { algorithm: Algorithm::Sha256, bytes: self.0.finalize().into() }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.algorithm {
            Algorithm::Sha256 => write!(f, "sha256:{}", hex::encode(self.bytes)),
        }
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = InvalidDigest;
    fn from_str(text: &str) -> Result<Self, InvalidDigest> {
        let digits = text.strip_prefix("sha256:").ok_or(InvalidDigest)?;
        let bytes = hex::decode(digits).map_err(|_| InvalidDigest)?;
        let bytes = bytes.try_into().map_err(|_| InvalidDigest)?;
        Ok(Self { algorithm: Algorithm::Sha256, bytes })
    }
}

impl TryFrom<String> for Digest {
    type Error = InvalidDigest;
    fn try_from(text: String) -> Result<Self, InvalidDigest> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> String {
        digest.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_kept_apart_and_text_reads_back() {
        let one = Digest::of("t", &[b"ab", b"c"]);
        assert_ne!(one, Digest::of("t", &[b"a", b"bc"]));
        assert_ne!(one, Digest::of("u", &[b"ab", b"c"]));
        assert_eq!(one.to_string().parse(), Ok(one));
        assert_eq!(Digest::from_bytes(&one.to_bytes()), Ok(one));
        assert_eq!(Digest::from_bytes(&[9; 33]), Err(InvalidDigest));
    }
}
