//! The manifest of an edition: what is in it, from what it was folded, and the digest of every file.
//!
//! Invariant: its bytes are made once, here, from sorted lists; its digest is over those bytes. A manifest that was
//! read has passed [`Manifest::from_bytes`]: known format, safe paths, sorted lists without doubles, right counts.

use serde::{Deserialize, Serialize};

use gongkai_model::{
    digest::Digest,
    id::{CatalogId, DivisionId, DomainSlug, ItemId},
};

use crate::{error::VerifyError, path};

/// The format that this version writes, and the highest it reads.
pub const FORMAT: u32 = 1;
/// Largest manifest read: a province's 200,000 items at about 250 bytes each, with room.
pub const MANIFEST_BYTES_MAX: u64 = 128 << 20;
/// Most files of an edition: a province's 1,500 divisions with 26 catalogs, two files each, with room.
pub const FILES_MAX: usize = 200_000;

/// What `manifest.json` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The format, see [`FORMAT`].
    pub format: u32,
    /// The edition's number.
    pub edition: u64,
    /// Who published it.
    pub issuer: IssuerEntry,
    /// When, from the edition entry, in milliseconds since 1970 (UTC).
    pub published_at_ms: i64,
    /// The same for people (RFC 3339, UTC+8).
    pub published_at: String,
    /// Program and version that rendered it.
    pub generator: String,
    /// The edition before: manifests form a chain.
    pub previous: Option<PreviousEntry>,
    /// Digest of the stream heads it was folded from.
    pub heads: Digest,
    /// Root over the catalogs' roots.
    pub edition_root: Digest,
    /// How much is in it.
    pub counts: Counts,
    /// The catalogs, by id.
    pub catalogs: Vec<CatalogEntry>,
    /// What is not in it.
    pub missing: Vec<MissingEntry>,
    /// The workbooks, by division.
    pub workbooks: Vec<WorkbookEntry>,
    /// Items whose content was removed by law since: their digests stand, their words are gone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub erased: Vec<ErasedEntry>,
    /// The manifest in whose place this one stands: the edition was made again after content was removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stands_for: Option<Digest>,
    /// Every file but the manifest and its signature, by path.
    pub files: Vec<FileEntry>,
}

/// An item whose content was removed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ErasedEntry {
    /// Its catalog.
    pub catalog: CatalogId,
    /// Its id.
    pub id: ItemId,
    /// The digest of the content that is gone.
    pub digest: Digest,
}

/// Who published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuerEntry {
    /// The division.
    pub division: DivisionId,
    /// The office's name.
    pub name: String,
}

/// The edition before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviousEntry {
    /// Its number.
    pub edition: u64,
    /// Digest of its manifest.
    pub manifest: Digest,
}

/// How much an edition holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Divisions of the tree.
    pub divisions: u64,
    /// Divisions with at least one catalog.
    pub divisions_published: u64,
    /// Catalogs.
    pub catalogs: u64,
    /// Items.
    pub items: u64,
    /// Missing catalogs or divisions.
    pub missing: u64,
}

/// One catalog.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogEntry {
    /// Whose and which.
    pub catalog: CatalogId,
    /// Its title.
    pub title: String,
    /// The approved revision.
    pub revision: Digest,
    /// The submission entry.
    pub submission: Digest,
    /// The decision entries.
    pub decisions: Vec<Digest>,
    /// Root over its items.
    pub root: Digest,
    /// Digest of all that its files were rendered from: equal inputs are copied, not rendered again.
    pub inputs: Digest,
    /// Its items, by id.
    pub items: Vec<ItemEntry>,
}

/// One item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemEntry {
    /// Its id.
    pub id: ItemId,
    /// Its digest.
    pub digest: Digest,
    /// Its name, so that a list of differences can be read without the edition before.
    pub name: String,
}

/// Something not in the edition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MissingEntry {
    /// Whose.
    pub division: DivisionId,
    /// Which field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<DomainSlug>,
    /// Why.
    pub why: String,
}

/// One workbook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkbookEntry {
    /// Whose.
    pub division: DivisionId,
    /// Digest of all that it was written from.
    pub inputs: Digest,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Where, relative to the edition.
    pub path: String,
    /// Its bytes.
    pub size: u64,
    /// Plain SHA-256 of its bytes.
    pub digest: Digest,
}

impl Manifest {
    /// The bytes of `manifest.json`; a struct of text and numbers always serialises.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// The digest that entries, signatures and the next manifest name: H("gongkai manifest v1", bytes).
    pub fn digest_of(bytes: &[u8]) -> Digest {
        Digest::of("gongkai manifest v1", &[bytes])
    }

    /// The digest under which entries and later editions know it: its own, or that of the one for which it stands.
    pub fn name(&self, bytes: &[u8]) -> Digest {
        self.stands_for.unwrap_or_else(|| Self::digest_of(bytes))
    }

    /// Reads and checks a manifest on its own, without its files.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, VerifyError> {
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        let bad = |error: serde_json::Error| VerifyError::BadManifest(error.to_string());
        let Format { format } = serde_json::from_slice(bytes).map_err(bad)?;
        if format > FORMAT {
            return Err(VerifyError::NewerFormat { found: format, known: FORMAT });
        }
        let manifest: Self = serde_json::from_slice(bytes).map_err(bad)?;
        manifest.check_paths()?;
        manifest.check_order()?;
        manifest.check_counts()?;
        Ok(manifest)
    }

    /// The entry of a catalog.
    pub fn catalog(&self, id: &CatalogId) -> Option<&CatalogEntry> {
        self.catalogs.binary_search_by(|entry| entry.catalog.cmp(id)).ok().map(|index| &self.catalogs[index])
    }

    /// The entry of a file.
    pub fn file(&self, path: &str) -> Option<&FileEntry> {
        self.files.binary_search_by(|entry| entry.path.as_str().cmp(path)).ok().map(|index| &self.files[index])
    }

    fn check_paths(&self) -> Result<(), VerifyError> {
        if self.files.len() > FILES_MAX {
            return Err(VerifyError::TooLarge { what: "the list of files".to_owned(), limit: FILES_MAX as u64 });
        }
        let is_own = |path: &str| path == path::MANIFEST || path == path::SIGNATURE;
        match self.files.iter().find(|file| !path::is_safe(&file.path) || is_own(&file.path)) {
            Some(file) => Err(VerifyError::UnsafePath(file.path.chars().take(80).collect())),
            None => Ok(()),
        }
    }

    fn check_order(&self) -> Result<(), VerifyError> {
        ascending("files", &self.files, |file| &file.path)?;
        ascending("catalogs", &self.catalogs, |entry| &entry.catalog)?;
        ascending("workbooks", &self.workbooks, |entry| &entry.division)?;
        self.catalogs.iter().try_for_each(|entry| ascending("items", &entry.items, |item| &item.id))
    }

    fn check_counts(&self) -> Result<(), VerifyError> {
        let items: usize = self.catalogs.iter().map(|entry| entry.items.len()).sum();
        let published = self.catalogs.chunk_by(|a, b| a.catalog.division == b.catalog.division).count();
        for (what, counted, listed) in [
            ("catalogs", self.counts.catalogs, self.catalogs.len()),
            ("items", self.counts.items, items),
            ("divisions with catalogs", self.counts.divisions_published, published),
            ("missing catalogs", self.counts.missing, self.missing.len()),
        ] {
            if counted != listed as u64 {
                return Err(VerifyError::WrongCount { what, counted, listed: listed as u64 });
            }
        }
        Ok(())
    }
}

fn ascending<T, K: Ord + ToString>(what: &'static str, list: &[T], key: fn(&T) -> &K) -> Result<(), VerifyError> {
    match list.windows(2).find(|pair| key(&pair[0]) >= key(&pair[1])) {
        Some(pair) => Err(VerifyError::Disorder { what, at: key(&pair[1]).to_string().chars().take(80).collect() }),
        None => Ok(()),
    }
}
