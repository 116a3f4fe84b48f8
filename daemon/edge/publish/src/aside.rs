//! The directory beside the final one: files are written, flushed and recorded here.
//!
//! Invariant: a file is recorded with the size and digest of the bytes that were flushed; after [`Aside::finish`] all
//! files and directories are on the disk. An edition is public: everybody may read it, whatever the process's umask says.
//! Left out: the final name (commit).

use std::{
    collections::BTreeSet,
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io::Write,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use gongkai_model::digest::Digest;

use crate::{error::PublishError, manifest::FileEntry};

/// Readers' rights on a directory and on a file.
const DIRECTORY_MODE: u32 = 0o755;
const FILE_MODE: u32 = 0o644;

/// A directory being filled.
pub(crate) struct Aside {
    root: PathBuf,
    directories: BTreeSet<PathBuf>,
    files: Vec<FileEntry>,
}

impl Aside {
    /// Begins an empty directory; what a crash left under that name is removed.
    pub(crate) fn begin(root: &Path) -> Result<Self, PublishError> {
        remove_tree(root)?;
        make_public(root)?;
        Ok(Self { root: root.to_owned(), directories: BTreeSet::from([root.to_owned()]), files: Vec::new() })
    }

    /// Writes, flushes and records one file.
    pub(crate) fn put(&mut self, path: &str, bytes: &[u8]) -> Result<(), PublishError> {
        self.put_unlisted(path, bytes)?;
        let (size, digest) = (bytes.len() as u64, Digest::of_file(bytes));
        self.files.push(FileEntry { path: path.to_owned(), size, digest });
        Ok(())
    }

    /// Writes and flushes one file that the manifest does not list.
    pub(crate) fn put_unlisted(&mut self, path: &str, bytes: &[u8]) -> Result<(), PublishError> {
        let full = self.root.join(path);
        if let Some(parent) = full.parent() {
            make_public(parent)?;
            let own = parent.ancestors().take_while(|ancestor| ancestor.starts_with(&self.root));
            self.directories.extend(own.map(Path::to_owned));
        }
        write_flushed(&full, bytes)
    }

    /// What was recorded so far, by path.
    pub(crate) fn files(&self) -> Vec<FileEntry> {
        let mut files = self.files.clone();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files
    }

    /// Flushes the directories, the deepest first, and the one that holds the edition.
    pub(crate) fn finish(&self) -> Result<(), PublishError> {
        self.directories.iter().rev().try_for_each(|directory| flush_directory(directory))?;
        self.root.parent().map_or(Ok(()), flush_directory)
    }
}

/// Makes a directory and what is missing above it; those that are there keep their rights.
fn make_public(path: &Path) -> Result<(), PublishError> {
    let is_missing = |directory: &&Path| !directory.as_os_str().is_empty() && !directory.is_dir();
    let missing: Vec<&Path> = path.ancestors().take_while(is_missing).collect();
    for directory in missing.into_iter().rev() {
        DirBuilder::new().recursive(true).create(directory).map_err(io("create", directory))?;
        open_to_readers(directory, DIRECTORY_MODE);
    }
    Ok(())
}

/// A drive without rights refuses, and shows everything to everybody as it is.
fn open_to_readers(path: &Path, mode: u32) {
    let _ = fs::set_permissions(path, Permissions::from_mode(mode));
}

/// Writes a new file and flushes it; a file that exists is refused.
pub(crate) fn write_flushed(path: &Path, bytes: &[u8]) -> Result<(), PublishError> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path).map_err(io("create", path))?;
    open_to_readers(path, FILE_MODE);
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(io("write", path))
}

/// Makes a directory's names durable. An empty path is the working directory.
pub(crate) fn flush_directory(path: &Path) -> Result<(), PublishError> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    File::open(path).and_then(|directory| directory.sync_all()).map_err(io("flush", path))
}

/// Removes a directory if it is there; a link under its name is removed, never followed.
pub(crate) fn remove_tree(path: &Path) -> Result<(), PublishError> {
    let result = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => Err(error),
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
    };
    result.map_err(io("remove", path))
}

/// Names the act and the path of a refusal.
pub(crate) fn io(act: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> PublishError {
    let path = path.to_owned();
    move |source| PublishError::Io { act, path, source }
}
