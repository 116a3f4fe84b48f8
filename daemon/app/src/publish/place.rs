//! Where an edition lies, and its manifest in it.
//!
//! Invariant: the number alone says the place below the editions' root.

use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// Where an edition's manifest lies in its directory.
const MANIFEST: &str = "manifest.json";

/// Where an edition lies.
pub(super) fn directory(root: &Path, number: u64) -> PathBuf {
    root.join(format!("edition-{number}"))
}

/// The bytes of an edition's manifest.
pub(super) fn read_manifest(root: &Path, number: u64) -> Result<Vec<u8>> {
    let directory = directory(root, number);
    std::fs::read(directory.join(MANIFEST)).map_err(|_| Error::EditionNotHere { number, directory })
}
