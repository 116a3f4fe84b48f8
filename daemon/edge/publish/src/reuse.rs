//! Files of the edition before that can be copied, because nothing that they show has changed.
//!
//! Invariant: bytes are taken only from a directory whose manifest is the one the journal names, for equal inputs,
//! and only with the digest listed there; whatever does not fit is rendered again. So reuse never changes a byte.

use std::{
    fs,
    path::{Path, PathBuf},
};

use gongkai_model::{
    digest::Digest,
    id::{CatalogId, DivisionId},
};

use crate::{
    input::PreviousEdition,
    manifest::Manifest,
    path::{self, catalog_data, catalog_page},
};

/// The edition before, as a source of unchanged files.
pub(crate) struct Reuse {
    directory: PathBuf,
    manifest: Manifest,
}

impl Reuse {
    /// `None` where there is nothing to take from; a directory that does not fit is named in the log.
    pub(crate) fn open(directory: Option<&Path>, previous: Option<(&PreviousEdition, &Manifest)>) -> Option<Self> {
        let (directory, (previous, manifest)) = (directory?, previous?);
        let bytes = fs::read(directory.join(path::MANIFEST)).unwrap_or_default();
        if bytes != previous.manifest_bytes {
            tracing::warn!(
                edition = previous.number,
                "previous edition's directory does not fit, all is rendered again"
            );
            return None;
        }
        Some(Self { directory: directory.to_owned(), manifest: manifest.clone() })
    }

    /// Page and data of a catalog.
    pub(crate) fn catalog(&self, catalog: &CatalogId, inputs: &Digest) -> Option<Vec<(String, Vec<u8>)>> {
        let entry = self.manifest.catalog(catalog).filter(|entry| entry.inputs == *inputs)?;
        [catalog_page(&entry.catalog), catalog_data(&entry.catalog)].into_iter().map(|path| self.read(path)).collect()
    }

    /// The workbook of a division.
    pub(crate) fn workbook(&self, division: &DivisionId, inputs: &Digest) -> Option<(String, Vec<u8>)> {
        let mut workbooks = self.manifest.workbooks.iter();
        workbooks.find(|entry| entry.division == *division && entry.inputs == *inputs)?;
        self.read(path::workbook(division))
    }

    fn read(&self, path: String) -> Option<(String, Vec<u8>)> {
        let entry = self.manifest.file(&path)?;
        let bytes = fs::read(self.directory.join(&path)).ok()?;
        if Digest::of_file(&bytes) != entry.digest {
            tracing::warn!(path, "file of the previous edition was changed, it is rendered again");
            return None;
        }
        Some((path, bytes))
    }
}
