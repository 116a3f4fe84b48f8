//! The lock on a data directory: one daemon at a time.
//!
//! Invariant: the lock is the operating system's and dies with the process; the process id inside the file is for
//! people only, so a file left behind by a crash never blocks anybody.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    path::Path,
};

use crate::error::Error;

/// The lock file's name in a data directory.
pub(crate) const LOCK_FILE: &str = "store.lock";
/// Longest process id read back from a lock file, in bytes.
const PID_BYTES_MAX: u64 = 20;

/// Held as long as the store is open.
#[derive(Debug)]
pub(crate) struct DirectoryLock {
    _file: File,
}

impl DirectoryLock {
    /// Takes the lock, or names the process that has it.
    pub(crate) fn take(dir: &Path) -> Result<Self, Error> {
        let path = dir.join(LOCK_FILE);
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(|source| Error::file(&path, source))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::InUse { pid: holder(&mut file) }),
            Err(TryLockError::Error(source)) => return Err(Error::file(&path, source)),
        }
        let write = |file: &mut File| {
            file.set_len(0)?;
            file.rewind()?;
            writeln!(file, "{}", std::process::id())
        };
        write(&mut file).map_err(|source| Error::file(&path, source))?;
        Ok(Self { _file: file })
    }
}

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.take(PID_BYTES_MAX).read_to_string(&mut text);
    let pid = text.trim();
    let is_number = read.is_ok() && !pid.is_empty() && pid.chars().all(|c| c.is_ascii_digit());
    if is_number { pid.to_owned() } else { "unknown".to_owned() }
}
