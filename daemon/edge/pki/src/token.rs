//! The enrolment token: one line of text that a person carries from the parent to the child.
//!
//! Invariant: a token that parses is exactly what `invite` wrote; a wrong character is a typo, not a bad secret.
//! Form: `gk1.` and unpadded base64url of: path (root first, joined by `.`), addresses, root fingerprint (33 bytes),
//! secret (16), expiry (8, big-endian), checksum (first 4 bytes of SHA-256 of all before). Text fields and the list
//! carry their length. A newer form gets another prefix.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use gongkai_model::{digest::Digest, id::DivisionId};

use crate::{
    error::{Error, TokenError},
    name, template,
};

/// How a token begins; the digit is the form's version.
pub const PREFIX: &str = "gk1.";
/// 128 bits: nobody guesses it while the invite is open.
pub const SECRET_BYTES: usize = 16;
/// Longest text read: a path of a full DNS name and four addresses of full length stay below.
const TOKEN_CHARS_MAX: usize = 2048;
/// Enough for a host with two networks and two protocols.
const ADDRESSES_MAX: usize = 4;
/// Longest host name and a port.
const ADDRESS_BYTES_MAX: usize = 253 + 6;
/// Bytes of the checksum: one typo in four thousand million goes through, and then the secret does not fit.
const CHECKSUM_BYTES: usize = 4;

/// What a token says.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    path: Vec<DivisionId>,
    addresses: Vec<String>,
    root_fingerprint: Digest,
    secret: [u8; SECRET_BYTES],
    expires_ms: i64,
}

/// Makes the token for a child at `path` (root first).
pub fn invite(
    path: &[DivisionId],
    addresses: &[String],
    root_fingerprint: Digest,
    expires_ms: i64,
) -> Result<Token, Error> {
    let bad = |why: String| Error::from(TokenError::BadInvite { why });
    if path.len() < 2 {
        return Err(bad("the top division needs no invite".to_owned()));
    }
    name::dns_name(path)?;
    if addresses.is_empty() || addresses.len() > ADDRESSES_MAX {
        return Err(bad(format!("one to {ADDRESSES_MAX} addresses are needed")));
    }
    if let Some(address) = addresses.iter().find(|address| !is_address(address)) {
        return Err(bad(format!("`{address}` is not HOST:PORT")));
    }
    if expires_ms <= 0 {
        return Err(bad("the expiry lies before 1970".to_owned()));
    }
    let mut secret = [0; SECRET_BYTES];
    template::random(&mut secret)?;
    Ok(Token { path: path.to_vec(), addresses: addresses.to_vec(), root_fingerprint, secret, expires_ms })
}

impl Token {
    /// Reads what a person typed or pasted; line breaks and spaces inside are left out.
    pub fn parse(text: &str) -> Result<Self, TokenError> {
        let malformed = |why| TokenError::Malformed { why };
        if text.len() > TOKEN_CHARS_MAX {
            return Err(malformed("it is too long"));
        }
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let body = text.strip_prefix(PREFIX).ok_or(malformed("it does not begin with `gk1.`"))?;
        let bytes = URL_SAFE_NO_PAD.decode(body).map_err(|_| TokenError::Typo)?;
        let (payload, sum) = bytes.split_last_chunk::<CHECKSUM_BYTES>().ok_or(TokenError::Typo)?;
        if checksum(payload) != *sum {
            return Err(TokenError::Typo);
        }
        read(payload).ok_or(malformed("it was made by another version"))
    }

    /// The invited node's path, root first.
    pub fn path(&self) -> &[DivisionId] {
        &self.path
    }

    /// The path of the node that invites.
    pub fn parent_path(&self) -> &[DivisionId] {
        self.path.split_last().map_or(&[], |(_, parent)| parent)
    }

    /// Where the parent listens, `HOST:PORT`, best first.
    pub fn addresses(&self) -> &[String] {
        &self.addresses
    }

    /// SHA-256 of the trust root.
    pub fn root_fingerprint(&self) -> &Digest {
        &self.root_fingerprint
    }

    /// The one-time secret: to be sent to the pinned parent, never to be logged.
    pub fn secret(&self) -> &[u8; SECRET_BYTES] {
        &self.secret
    }

    /// Until when the parent accepts it, unix milliseconds.
    pub fn expires_ms(&self) -> i64 {
        self.expires_ms
    }

    /// Refuses before anything is sent: an expired token, or one of another division.
    pub fn check_for(&self, division: &DivisionId, now_ms: i64) -> Result<(), TokenError> {
        if self.path.last() != Some(division) {
            let invited = name::spell(&self.path);
            return Err(TokenError::OtherDivision { invited, asked: division.to_string() });
        }
        if now_ms > self.expires_ms {
            return Err(TokenError::Expired { day_ms: self.expires_ms });
        }
        Ok(())
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = Vec::new();
        let path = self.path.iter().map(DivisionId::as_str).collect::<Vec<_>>().join(".");
        write_text(&mut bytes, &path);
        bytes.push(u8::try_from(self.addresses.len()).map_err(|_| fmt::Error)?);
        self.addresses.iter().for_each(|address| write_text(&mut bytes, address));
        bytes.extend(self.root_fingerprint.to_bytes());
        bytes.extend(self.secret);
        bytes.extend(self.expires_ms.to_be_bytes());
        bytes.extend(checksum(&bytes));
        write!(f, "{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({}, secret elided)", name::spell(&self.path))
    }
}

/// Whether the text is `HOST:PORT` as tokens carry it; IPv6 hosts stand in brackets.
pub fn is_address(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    let is_port = port.parse::<u16>().is_ok_and(|port| port > 0) && port.bytes().all(|b| b.is_ascii_digit());
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    let is_host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(inner) => inner.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.chars().all(plain),
    };
    text.len() <= ADDRESS_BYTES_MAX && is_port && is_host
}

fn checksum(payload: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let digest = Digest::of_file(payload);
    let [a, b, c, d, ..] = *digest.as_raw();
    [a, b, c, d]
}

/// Path (a DNS name at most) and address are below 65536 bytes by their checks; two bytes of length.
fn write_text(bytes: &mut Vec<u8>, text: &str) {
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    bytes.extend(length.to_be_bytes());
    bytes.extend(text.as_bytes());
}

fn read(payload: &[u8]) -> Option<Token> {
    let (path, rest) = read_text(payload)?;
    let path: Vec<DivisionId> = path.split('.').map(DivisionId::parse).collect::<Result<_, _>>().ok()?;
    name::dns_name(&path).ok().filter(|_| path.len() > 1)?;
    let (count, mut rest) = rest.split_first()?;
    let count = usize::from(*count);
    if count == 0 || count > ADDRESSES_MAX {
        return None;
    }
    let mut addresses = Vec::new();
    for _ in 0..count {
        let (address, after) = read_text(rest).filter(|(address, _)| is_address(address))?;
        addresses.push(address.to_owned());
        rest = after;
    }
    let (fingerprint, rest) = rest.split_first_chunk::<33>()?;
    let (secret, rest) = rest.split_first_chunk::<SECRET_BYTES>()?;
    let expires_ms = i64::from_be_bytes(rest.try_into().ok()?);
    let root_fingerprint = Digest::from_bytes(fingerprint).ok()?;
    Some(Token { path, addresses, root_fingerprint, secret: *secret, expires_ms })
}

fn read_text(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    let (text, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
    Some((std::str::from_utf8(text).ok()?, rest))
}
