//! The backup's file: a zip archive of stored parts, the manifest first.
//!
//! Invariant: nothing is taken from an archive that its manifest does not name with length and SHA-256, and no name
//! leads out of the directory. Parts are stored, not packed, so that none unpacks to more than it is.

use std::{
    fs::{DirBuilder, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::Path,
};

use aws_lc_rs::digest::{Context, SHA256};
use gongkai_journal::Incarnation;
use gongkai_model::{digest::Digest, id::DivisionId};
use gongkai_store::{DATABASE_FILE, MARKER_FILE};
use serde::{Deserialize, Serialize};
use zip::{CompressionMethod, ZipArchive, ZipWriter, result::ZipError, write::SimpleFileOptions};

use super::RecoveryError;

/// The format that this version writes and the newest it reads.
pub(super) const FORMAT: u32 = 1;
/// The configuration in a data directory.
pub(super) const CONFIG_FILE: &str = "gongkaid.toml";
/// The folder of keys and certificates.
pub(super) const PKI: &str = "pki";
/// The part that names all others.
const MANIFEST: &str = "manifest.json";
/// A manifest has some 300 bytes and 150 for each part.
const MANIFEST_BYTES_MAX: u64 = 64 * 1024;
/// Seven files of keys, the database, the marker, the configuration; twice that and more.
const PARTS_MAX: usize = 32;
/// Longest name of a part, in bytes.
const NAME_BYTES_MAX: usize = 64;
/// Bytes copied at a time.
const COPY_BYTES: usize = 256 * 1024;
/// Owner only: there are private keys inside.
const FILE_MODE: u32 = 0o600;
const DIR_MODE: u32 = 0o700;

/// What an archive says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    pub(super) format: u32,
    /// The program version that made it.
    pub(super) program: String,
    pub(super) division: DivisionId,
    pub(super) incarnation: Incarnation,
    pub(super) feed_id: Incarnation,
    /// Entries in the feed, and its running hash.
    pub(super) entries: u64,
    pub(super) feed_hash: Digest,
    pub(super) made_at_ms: i64,
    pub(super) parts: Vec<Part>,
}

/// One file inside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Part {
    pub(super) name: String,
    pub(super) bytes: u64,
    /// SHA-256, hexadecimal.
    pub(super) sha256: String,
}

/// Length and SHA-256 of a file.
pub(super) fn measure(path: &Path) -> Result<(u64, String), RecoveryError> {
    let failed = |error| RecoveryError::file("read", path, error);
    let mut file = File::open(path).map_err(failed)?;
    pour(&mut file, &mut io::sink()).map_err(failed)
}

/// Writes the files of a directory into a new archive, and makes it durable.
pub(super) fn pack(dir: &Path, names: &[String], manifest: Manifest, target: &Path) -> Result<(), RecoveryError> {
    let mut manifest = manifest;
    for name in names {
        let (bytes, sha256) = measure(&dir.join(name))?;
        manifest.parts.push(Part { name: name.clone(), bytes, sha256 });
    }
    let failed = |error: io::Error| RecoveryError::file("write", target, error);
    let write = || -> io::Result<()> {
        let file = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(target)?;
        let mut zip = ZipWriter::new(file);
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .large_file(true)
            .unix_permissions(FILE_MODE);
        zip.start_file(MANIFEST, options)?;
        // A manifest is a struct of texts and numbers: serialising it cannot fail.
        zip.write_all(&serde_json::to_vec_pretty(&manifest).unwrap_or_default())?;
        for part in &manifest.parts {
            zip.start_file(part.name.as_str(), options)?;
            pour(&mut File::open(dir.join(&part.name))?, &mut zip)?;
        }
        zip.finish()?.sync_all()
    };
    write().map_err(failed)
}

/// Reads an archive through and compares everything with its manifest.
pub(super) fn verify(file: &Path) -> Result<Manifest, RecoveryError> {
    read(file, |_| Ok(Box::new(io::sink())))
}

/// The same, and writes its files into a directory.
pub(super) fn unpack(file: &Path, dir: &Path) -> Result<Manifest, RecoveryError> {
    read(file, |name| {
        let path = dir.join(name);
        if let Some(folder) = path.parent().filter(|folder| *folder != dir && !folder.exists()) {
            DirBuilder::new()
                .mode(DIR_MODE)
                .create(folder)
                .map_err(|error| RecoveryError::file("make", folder, error))?;
        }
        let made = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(&path);
        Ok(Box::new(Flushed(made.map_err(|error| RecoveryError::file("write", &path, error))?)))
    })
}

/// A file that is durable once it is flushed.
struct Flushed(File);

impl Write for Flushed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.sync_all()
    }
}

type Sink = Box<dyn Write>;

fn read(file: &Path, sink: impl Fn(&str) -> Result<Sink, RecoveryError>) -> Result<Manifest, RecoveryError> {
    let opened = File::open(file).map_err(|error| RecoveryError::file("read", file, error))?;
    let damaged = |entry: &str, why: String| RecoveryError::BackupDamaged {
        file: file.to_owned(),
        entry: entry.chars().filter(|letter| !letter.is_control()).take(NAME_BYTES_MAX).collect(),
        why,
    };
    let mut zip = ZipArchive::new(opened).map_err(|error| damaged("archive", error.to_string()))?;
    let manifest = manifest(&mut zip).map_err(|error| damaged(MANIFEST, error.to_string()))?;
    if manifest.format > FORMAT {
        return Err(RecoveryError::BackupNewer { found: manifest.format, known: FORMAT });
    }
    for part in &manifest.parts {
        if !is_part(&part.name) {
            return Err(damaged(&part.name, "no part of a backup has this name".to_owned()));
        }
    }
    let has = |name: &str| manifest.parts.iter().any(|part| part.name == name);
    if !has(DATABASE_FILE) || !has(MARKER_FILE) || manifest.parts.len() > PARTS_MAX {
        return Err(damaged(MANIFEST, "it does not name the parts of a node".to_owned()));
    }
    for part in &manifest.parts {
        let mut packed = stored(&mut zip, part).map_err(|error| damaged(&part.name, error.to_string()))?;
        let mut out = sink(&part.name)?;
        let poured = pour(&mut packed, &mut out).and_then(|measured| out.flush().map(|()| measured));
        let measured = poured.map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof | io::ErrorKind::Other => {
                damaged(&part.name, error.to_string())
            }
            _ => RecoveryError::file("restore from", file, error),
        })?;
        if measured != (part.bytes, part.sha256.clone()) {
            return Err(damaged(&part.name, "its content is not the one that was saved".to_owned()));
        }
    }
    Ok(manifest)
}

fn manifest(zip: &mut ZipArchive<File>) -> io::Result<Manifest> {
    let packed = zip.by_name(MANIFEST)?;
    let mut bytes = Vec::new();
    packed.take(MANIFEST_BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(serde_json::from_slice(&bytes)?)
}

fn stored<'a>(zip: &'a mut ZipArchive<File>, part: &Part) -> Result<impl Read + use<'a>, ZipError> {
    let packed = zip.by_name(&part.name)?;
    if packed.compression() != CompressionMethod::Stored || packed.size() != part.bytes {
        return Err(ZipError::InvalidArchive("its length is not the one that was saved".into()));
    }
    // One byte more shows that there is more.
    Ok(packed.take(part.bytes.saturating_add(1)))
}

/// Whether a part may have this name: files of a data directory, and one level of `pki/`.
fn is_part(name: &str) -> bool {
    let is_plain = |name: &str| {
        let is_letter = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_');
        !name.is_empty() && !name.starts_with('.') && name.len() <= NAME_BYTES_MAX && name.chars().all(is_letter)
    };
    match name.split_once('/') {
        None => [DATABASE_FILE, MARKER_FILE, CONFIG_FILE].contains(&name),
        Some((folder, name)) => folder == PKI && is_plain(name),
    }
}

fn pour(from: &mut dyn Read, to: &mut dyn Write) -> io::Result<(u64, String)> {
    let mut hash = Context::new(&SHA256);
    let mut buffer = vec![0; COPY_BYTES];
    let mut bytes = 0;
    loop {
        let count = from.read(&mut buffer)?;
        let Some(read) = buffer.get(..count).filter(|read| !read.is_empty()) else { break };
        to.write_all(read)?;
        hash.update(read);
        bytes += count as u64;
    }
    Ok((bytes, hex::encode(hash.finish())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_part_leads_out_of_the_directory() {
        for name in ["../x", "/etc/passwd", "pki/../x", "pki/a/b", "pki/", "pki/.ssh", "x.db", ""] {
            assert!(!is_part(name), "{name}");
        }
        for name in ["gongkai.db", "node.json", "gongkaid.toml", "pki/entry.key"] {
            assert!(is_part(name), "{name}");
        }
    }
}
