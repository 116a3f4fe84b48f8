//! The files under `DIR/pki`: how they are written and under which conditions they are read.
//!
//! Invariant: a key file appears whole or not at all, is never overwritten, and is not read when others than its
//! owner may open it. Certificate files are replaced whole.
//! Left out: what the files mean (keys, authority, enrol).

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use crate::{error::FileError, pem::PEM_BYTES_MAX};

/// Owner reads and writes, nobody else anything.
const SECRET_MODE: u32 = 0o600;
/// Certificates are public.
const PUBLIC_MODE: u32 = 0o644;
/// Only the owner looks into the directory.
const DIR_MODE: u32 = 0o700;
/// Permission bits that a key file must not have: any right of group or others.
const OTHERS_MASK: u32 = 0o077;

/// A file kept under `DIR/pki`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// The trust root's certificate.
    RootCertificate,
    /// The trust root's key.
    RootKey,
    /// The issuing authority's key.
    AuthorityKey,
    /// The issuing authority's chain.
    AuthorityChain,
    /// The node's TLS key.
    TlsKey,
    /// The node's TLS chain.
    TlsChain,
    /// The node's entry-signing key.
    EntryKey,
    /// The key of the authority for this node's operators.
    OperatorsKey,
    /// That authority's certificate.
    OperatorsCertificate,
}

impl Kept {
    /// The name relative to the data directory: fit for messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::RootCertificate => "pki/root.crt",
            Self::RootKey => "pki/root.key",
            Self::AuthorityKey => "pki/ca.key",
            Self::AuthorityChain => "pki/ca.crt",
            Self::TlsKey => "pki/tls.key",
            Self::TlsChain => "pki/tls.crt",
            Self::EntryKey => "pki/entry.key",
            Self::OperatorsKey => "pki/operators.key",
            Self::OperatorsCertificate => "pki/operators.crt",
        }
    }
}

/// The `pki` directory of one node.
#[derive(Clone, Debug)]
pub struct PkiDir {
    data_dir: PathBuf,
}

impl PkiDir {
    /// Opens `DATA_DIR/pki`, making it where it is missing.
    pub fn open(data_dir: &Path) -> Result<Self, FileError> {
        let mut builder = DirBuilder::new();
        match builder.mode(DIR_MODE).create(data_dir.join("pki")) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(FileError::io("pki", "create", error)),
            _ => Ok(Self { data_dir: data_dir.to_owned() }),
        }
    }

    /// Where the file lies.
    pub fn path(&self, kept: Kept) -> PathBuf {
        self.data_dir.join(kept.name())
    }

    /// Whether the file is there.
    pub fn has(&self, kept: Kept) -> bool {
        self.path(kept).exists()
    }

    /// Whether the node holds a chain of its own.
    pub fn is_enrolled(&self) -> bool {
        self.has(Kept::TlsChain)
    }

    /// Reads a key's text after checking who else could.
    pub(crate) fn read_secret(&self, kept: Kept) -> Result<String, FileError> {
        let (text, mode) = self.read(kept)?;
        if mode & OTHERS_MASK != 0 {
            return Err(FileError::Exposed { file: kept.name(), mode: mode & 0o7777 });
        }
        Ok(text)
    }

    /// Reads a certificate file's text.
    pub(crate) fn read_public(&self, kept: Kept) -> Result<String, FileError> {
        Ok(self.read(kept)?.0)
    }

    /// Writes a key's text to a file that must not exist yet.
    pub(crate) fn create_secret(&self, kept: Kept, text: &str) -> Result<(), FileError> {
        let aside = self.write_aside(kept, text, SECRET_MODE)?;
        // A link refuses to replace what is there, which a rename would do silently.
        let linked = fs::hard_link(&aside, self.path(kept));
        let removed = fs::remove_file(&aside);
        match linked {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(FileError::Exists { file: kept.name() });
            }
            done => done.and(removed).map_err(|error| FileError::io(kept.name(), "create", error))?,
        }
        self.flush_directory(kept)
    }

    /// Puts a certificate file in place of the one that may be there.
    pub(crate) fn replace_public(&self, kept: Kept, text: &str) -> Result<(), FileError> {
        let aside = self.write_aside(kept, text, PUBLIC_MODE)?;
        fs::rename(&aside, self.path(kept)).map_err(|error| FileError::io(kept.name(), "replace", error))?;
        self.flush_directory(kept)
    }

    fn read(&self, kept: Kept) -> Result<(String, u32), FileError> {
        let file = kept.name();
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => FileError::Missing { file },
            io::ErrorKind::InvalidData => FileError::Damaged { file, why: "it is not text".to_owned() },
            _ => FileError::io(file, "read", error),
        };
        let opened = File::open(self.path(kept)).map_err(failed)?;
        // Asked of the open file, so that nobody swaps it between the question and the reading.
        let meta = opened.metadata().map_err(failed)?;
        if !meta.is_file() {
            return Err(FileError::Damaged { file, why: "it is not a file".to_owned() });
        }
        let mut text = String::new();
        opened.take(PEM_BYTES_MAX as u64 + 1).read_to_string(&mut text).map_err(failed)?;
        if text.len() > PEM_BYTES_MAX {
            return Err(FileError::Damaged { file, why: "it is too long".to_owned() });
        }
        Ok((text, meta.permissions().mode()))
    }

    /// Writes and flushes `NAME.new`; one left behind by a crash was never in use and goes.
    fn write_aside(&self, kept: Kept, text: &str, mode: u32) -> Result<PathBuf, FileError> {
        let failed = |error| FileError::io(kept.name(), "write", error);
        let mut aside = self.path(kept).into_os_string();
        aside.push(".new");
        let aside = PathBuf::from(aside);
        match fs::remove_file(&aside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&aside).map_err(failed)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
        Ok(aside)
    }

    fn flush_directory(&self, kept: Kept) -> Result<(), FileError> {
        File::open(self.data_dir.join("pki"))
            .and_then(|directory| directory.sync_all())
            .map_err(|error| FileError::io(kept.name(), "flush", error))
    }
}
