//! Writing a bundle: messages first, aside; then the outside that names their digest; then one file.
//!
//! Invariant: the named file is whole and on the disk, or it is not there. What stays aside after a crash is
//! overwritten by the next bundle of that name.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufReader, BufWriter, Write as _},
    path::{Path, PathBuf},
};

use gongkai_journal::sign::PublicKey;
use gongkai_model::digest::{Digest, Hasher};
use gongkai_sync::{
    bundle::{Manifest, Outside},
    message::Message,
};

use super::{BODY_LABEL, BUNDLE_BYTES_MAX, BundleError, LENGTH_BYTES, MAGIC, MESSAGES_MAX, OUTSIDE_BYTES_MAX, outside};
use crate::codec;

/// Whoever signs bundles.
pub trait Seal {
    /// The key that checks the signature.
    fn key(&self) -> PublicKey;
    /// Signs the bundle's id as an entry's hash is signed.
    fn sign(&self, id: &Digest) -> Vec<u8>;
}

/// A bundle being written.
pub struct BundleWriter {
    file: PathBuf,
    body: PathBuf,
    out: BufWriter<File>,
    hasher: Hasher,
    messages: u64,
    bytes: u64,
}

impl BundleWriter {
    /// Begins a bundle that will stand at `file`.
    pub fn create(file: &Path) -> Result<Self, BundleError> {
        let body = aside(file, "body");
        let out = BufWriter::new(create(&body)?);
        Ok(Self { file: file.to_owned(), body, out, hasher: Hasher::new(BODY_LABEL), messages: 0, bytes: 0 })
    }

    /// Adds a message.
    pub fn say(&mut self, message: &Message) -> Result<(), BundleError> {
        let frame = codec::to_bytes(message)?;
        // Frames are bounded far below 4 GiB by the codec.
        let length = u32::try_from(frame.len()).map_err(|_| BundleError::too_long())?;
        let written = self.out.write_all(&length.to_be_bytes()).and_then(|()| self.out.write_all(&frame));
        written.map_err(failed("write", &self.body))?;
        self.hasher.part(&frame);
        self.messages += 1;
        self.bytes += u64::from(length) + LENGTH_BYTES as u64;
        if self.bytes > BUNDLE_BYTES_MAX || self.messages > MESSAGES_MAX {
            return Err(BundleError::too_long());
        }
        Ok(())
    }

    /// Bytes of messages so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Writes the outside and gives the file its name. `manifest` gets counts and digest of what was said.
    pub fn seal(mut self, mut manifest: Manifest, key: &dyn Seal) -> Result<(Outside, u64), BundleError> {
        self.out.flush().map_err(failed("write", &self.body))?;
        (manifest.messages, manifest.body_bytes) = (self.messages, self.bytes);
        manifest.body_digest = std::mem::replace(&mut self.hasher, Hasher::new(BODY_LABEL)).finish();
        let (id, sealed) = outside::seal(&manifest, key);
        if sealed.len() > OUTSIDE_BYTES_MAX {
            return Err(BundleError::outside_too_long());
        }
        let length = self.assemble(&sealed)?;
        let key_id = key.key().id();
        Ok((Outside { id, key_id, manifest }, length))
    }

    fn assemble(&self, sealed: &[u8]) -> Result<u64, BundleError> {
        let whole = aside(&self.file, "new");
        let length = u32::try_from(sealed.len()).map_err(|_| BundleError::outside_too_long())?;
        let mut out = create(&whole)?;
        let head = [MAGIC.as_slice(), &length.to_be_bytes(), sealed].concat();
        let body = File::open(&self.body).map_err(failed("read", &self.body))?;
        let copied = out.write_all(&head).and_then(|()| io::copy(&mut BufReader::new(body), &mut out));
        let copied = copied.and_then(|bytes| out.sync_all().map(|()| bytes)).map_err(failed("write", &whole))?;
        drop(out);
        fs::rename(&whole, &self.file).map_err(failed("write", &self.file))?;
        if let Some(folder) = self.file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed("write", folder))?;
        }
        Ok(head.len() as u64 + copied)
    }
}

impl Drop for BundleWriter {
    fn drop(&mut self) {
        // What cannot be removed is overwritten next time.
        let _ = fs::remove_file(&self.body);
        let _ = fs::remove_file(aside(&self.file, "new"));
    }
}

fn create(path: &Path) -> Result<File, BundleError> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    // Nobody else on this machine need read what an office sends.
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(failed("write", path))
}

fn aside(file: &Path, what: &str) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{what}"));
    file.with_file_name(name)
}

fn failed<'a>(what: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> BundleError + 'a {
    move |source| BundleError::File { what, path: path.to_owned(), source }
}
