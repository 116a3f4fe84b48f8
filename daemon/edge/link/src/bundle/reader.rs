//! Reading a bundle: the outside, the whole body against its digest, then message by message.
//!
//! Invariant: [`BundleReader::open`] has seen every byte before the first message can be asked for. The file may be
//! exchanged below us meanwhile: each pass is counted and digested again, and the last message is withheld until the
//! digest of that pass fits.

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek as _, SeekFrom},
    path::{Path, PathBuf},
};

use gongkai_model::digest::Hasher;
use gongkai_sync::{
    bundle::{Manifest, Outside},
    message::Message,
};

use super::{BODY_LABEL, BUNDLE_BYTES_MAX, BundleError, LENGTH_BYTES, MAGIC, MESSAGES_MAX, OUTSIDE_BYTES_MAX, outside};
use crate::codec::{self, limits::FRAME_BYTES_MAX};

/// A bundle whose file is whole.
pub struct BundleReader {
    path: PathBuf,
    file: BufReader<File>,
    outside: Outside,
    body_at: u64,
    pass: Pass,
}

/// How far a pass over the body has come.
struct Pass {
    hasher: Hasher,
    messages: u64,
    bytes: u64,
}

impl Pass {
    fn begin() -> Self {
        Self { hasher: Hasher::new(BODY_LABEL), messages: 0, bytes: 0 }
    }
}

impl BundleReader {
    /// Opens a file, checks its outside, its signature and every byte of it.
    pub fn open(path: &Path) -> Result<Self, BundleError> {
        let failed = |source| BundleError::File { what: "read", path: path.to_owned(), source };
        let file = File::open(path).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        let mut file = BufReader::new(file);
        let (outside, body_at) = read_outside(&mut file, length, path)?;
        check_lengths(&outside.manifest, length, body_at)?;
        let mut reader = Self { path: path.to_owned(), file, outside, body_at, pass: Pass::begin() };
        while reader.frame()?.is_some() {}
        reader.rewind()?;
        Ok(reader)
    }

    /// What its outside says.
    pub fn outside(&self) -> &Outside {
        &self.outside
    }

    /// Back to the first message.
    pub fn rewind(&mut self) -> Result<(), BundleError> {
        self.pass = Pass::begin();
        let moved = self.file.seek(SeekFrom::Start(self.body_at));
        moved.map(drop).map_err(|source| BundleError::File { what: "read", path: self.path.clone(), source })
    }

    /// The next message; `None` behind the last.
    pub fn next_message(&mut self) -> Result<Option<Message>, BundleError> {
        let Some(frame) = self.frame()? else { return Ok(None) };
        let number = self.pass.messages;
        codec::from_bytes(&frame).map(Some).map_err(|source| BundleError::Message { number, source })
    }

    /// The next frame, counted. With the last one the digest must fit.
    fn frame(&mut self) -> Result<Option<Vec<u8>>, BundleError> {
        let manifest = &self.outside.manifest;
        if self.pass.messages == manifest.messages {
            let is_right = self.pass.bytes == manifest.body_bytes;
            return if is_right {
                Ok(None)
            } else {
                Err(BundleError::Damaged { what: "its messages are not counted" })
            };
        }
        let mut length = [0; LENGTH_BYTES];
        self.fill(&mut length)?;
        let length = u32::from_be_bytes(length) as usize;
        let left = self.outside.manifest.body_bytes.saturating_sub(self.pass.bytes + LENGTH_BYTES as u64);
        if length > FRAME_BYTES_MAX || length as u64 > left {
            return Err(BundleError::Damaged { what: "a message is longer than it can be" });
        }
        let mut frame = vec![0; length];
        self.fill(&mut frame)?;
        self.pass.hasher.part(&frame);
        self.pass.messages += 1;
        self.pass.bytes += (LENGTH_BYTES + length) as u64;
        if self.pass.messages == self.outside.manifest.messages {
            let digest = std::mem::replace(&mut self.pass.hasher, Hasher::new(BODY_LABEL)).finish();
            if digest != self.outside.manifest.body_digest {
                return Err(BundleError::Damaged { what: "its messages are not those that were signed" });
            }
        }
        Ok(Some(frame))
    }

    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), BundleError> {
        let found = self.body_at + self.pass.bytes;
        let expected = self.body_at + self.outside.manifest.body_bytes;
        fill(&mut self.file, buffer, &self.path, || BundleError::Truncated { found, expected })
    }
}

fn read_outside(file: &mut impl Read, length: u64, path: &Path) -> Result<(Outside, u64), BundleError> {
    let mut magic = [0; MAGIC.len()];
    fill(file, &mut magic, path, || BundleError::NoBundle)?;
    if magic != *MAGIC {
        return Err(BundleError::NoBundle);
    }
    let cut = |expected| move || BundleError::Truncated { found: length, expected };
    let head = (MAGIC.len() + LENGTH_BYTES) as u64;
    let mut bytes = [0; LENGTH_BYTES];
    fill(file, &mut bytes, path, cut(head))?;
    let count = u32::from_be_bytes(bytes) as usize;
    if count > OUTSIDE_BYTES_MAX {
        return Err(BundleError::outside_too_long());
    }
    let mut sealed = vec![0; count];
    let body_at = head + count as u64;
    fill(file, &mut sealed, path, cut(body_at))?;
    Ok((outside::open(&sealed)?, body_at))
}

fn check_lengths(manifest: &Manifest, length: u64, body_at: u64) -> Result<(), BundleError> {
    if manifest.body_bytes > BUNDLE_BYTES_MAX || manifest.messages > MESSAGES_MAX {
        return Err(BundleError::too_long());
    }
    let expected = body_at + manifest.body_bytes;
    match length.cmp(&expected) {
        std::cmp::Ordering::Less => Err(BundleError::Truncated { found: length, expected }),
        std::cmp::Ordering::Greater => Err(BundleError::Surplus { expected }),
        std::cmp::Ordering::Equal => Ok(()),
    }
}

fn fill(
    file: &mut impl Read,
    buffer: &mut [u8],
    path: &Path,
    cut: impl FnOnce() -> BundleError,
) -> Result<(), BundleError> {
    file.read_exact(buffer).map_err(|source| match source.kind() {
        io::ErrorKind::UnexpectedEof => cut(),
        _ => BundleError::File { what: "read", path: path.to_owned(), source },
    })
}
