//! Checks an edition's directory from its bytes alone: no daemon, no journal, no network.
//!
//! Invariant: what passes has a signed manifest, exactly the files it lists, items whose digests follow from their
//! own bytes, and roots that follow from the items. Left out: whether the key is the publisher's (the caller knows it
//! or not), and whether the entry is in a journal.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Read,
    path::Path,
};

use serde::Deserialize;
use serde_json::value::RawValue;

use gongkai_model::{
    digest::Digest,
    id::{CatalogId, ItemId},
    item::CanonicalItem,
};

use crate::{
    error::VerifyError,
    export::DATA_FORMAT,
    manifest::{CatalogEntry, ErasedEntry, FILES_MAX, FileEntry, MANIFEST_BYTES_MAX, Manifest},
    merkle, path,
    seal::SignatureFile,
};

/// Largest file of an edition: the search index or CSV of a province stays below half of it.
const FILE_BYTES_MAX: u64 = 512 << 20;
/// A signature file has about 500 bytes.
const SIGNATURE_BYTES_MAX: u64 = 16 << 10;

/// What a sound edition is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Its number.
    pub edition: u64,
    /// Who published it.
    pub issuer: String,
    /// When (RFC 3339, UTC+8).
    pub published_at: String,
    /// Catalogs in it.
    pub catalogs: usize,
    /// Items in it.
    pub items: usize,
    /// Files checked, manifest and signature aside.
    pub files: usize,
    /// Id of the key that signed, in hexadecimal.
    pub key_id: String,
    /// Digest of the manifest.
    pub manifest: Digest,
    /// Root over the catalogs.
    pub edition_root: Digest,
    /// What a person should still look at.
    pub warnings: Vec<Warning>,
}

/// Something that does not make the edition unsound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The permanent code.
    pub code: &'static str,
    /// What it is about.
    pub message: String,
}

/// Checks a directory. `expected_key` is the publisher's public key, if the caller has it from elsewhere.
pub fn verify(directory: &Path, expected_key: Option<&[u8]>) -> Result<Verified, VerifyError> {
    let mut found = walk(directory)?;
    if found.remove(path::MANIFEST).is_none() {
        return Err(VerifyError::NoManifest(directory.to_owned()));
    }
    if found.remove(path::SIGNATURE).is_none() {
        return Err(VerifyError::BadSignatureFile("it is missing".to_owned()));
    }
    let bytes = read(directory, path::MANIFEST, MANIFEST_BYTES_MAX)?;
    let signature = SignatureFile::from_bytes(&read(directory, path::SIGNATURE, SIGNATURE_BYTES_MAX)?)?;
    signature.check(&bytes, expected_key)?;
    let manifest = Manifest::from_bytes(&bytes)?;
    compare_names(&manifest, &found)?;
    manifest.files.iter().try_for_each(|file| check_file(directory, file, found.get(&file.path).copied()))?;
    manifest.catalogs.iter().try_for_each(|entry| check_catalog(directory, entry, &manifest.erased))?;
    check_edition_root(&manifest)?;
    Ok(Verified {
        edition: manifest.edition,
        items: manifest.catalogs.iter().map(|entry| entry.items.len()).sum(),
        catalogs: manifest.catalogs.len(),
        files: manifest.files.len(),
        key_id: signature.key_id.clone(),
        manifest: Manifest::digest_of(&bytes),
        edition_root: manifest.edition_root,
        warnings: warnings(&signature, &manifest, expected_key),
        issuer: manifest.issuer.name,
        published_at: manifest.published_at,
    })
}

fn warnings(signature: &SignatureFile, manifest: &Manifest, expected_key: Option<&[u8]>) -> Vec<Warning> {
    let mut warnings: Vec<Warning> = manifest.erased.iter().map(erased).collect();
    if expected_key.is_none() {
        let key = &signature.key_id;
        let message =
            format!("key {key} was not compared with one known from elsewhere; ask the publishing office for its id");
        warnings.push(Warning { code: "GK-PUB-040", message });
    }
    warnings
}

fn erased(entry: &ErasedEntry) -> Warning {
    let ErasedEntry { catalog, id, digest } = entry;
    let message = format!("item `{id}` of `{catalog}` was erased by law; its digest {} still counts", digest.short());
    Warning { code: "GK-PUB-041", message }
}

/// All plain files below the directory with their sizes; anything else is refused.
fn walk(directory: &Path) -> Result<BTreeMap<String, u64>, VerifyError> {
    let mut found = BTreeMap::new();
    let mut open = vec![String::new()];
    while let Some(folder) = open.pop() {
        let fault = |source| VerifyError::Io { path: folder.clone(), source };
        for entry in fs::read_dir(directory.join(&folder)).map_err(fault)? {
            let entry = entry.map_err(fault)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            if !path::is_safe(&path) {
                return Err(VerifyError::ExtraFile(path));
            }
            // Of the entry itself: a link is not followed.
            let metadata = entry.metadata().map_err(fault)?;
            match (metadata.is_dir(), metadata.is_file()) {
                (true, _) => open.push(path),
                (_, true) => drop(found.insert(path, metadata.len())),
                _ => return Err(VerifyError::NotPlain(path)),
            }
            if found.len() + open.len() > FILES_MAX + 2 {
                return Err(VerifyError::TooLarge { what: "the number of files".to_owned(), limit: FILES_MAX as u64 });
            }
        }
    }
    Ok(found)
}

fn compare_names(manifest: &Manifest, found: &BTreeMap<String, u64>) -> Result<(), VerifyError> {
    if let Some(missing) = manifest.files.iter().find(|file| !found.contains_key(&file.path)) {
        return Err(VerifyError::MissingFile(missing.path.clone()));
    }
    match found.keys().find(|path| manifest.file(path).is_none()) {
        Some(extra) => Err(VerifyError::ExtraFile(extra.clone())),
        None => Ok(()),
    }
}

fn check_file(directory: &Path, file: &FileEntry, size: Option<u64>) -> Result<(), VerifyError> {
    if size != Some(file.size) {
        return Err(VerifyError::ChangedFile(file.path.clone()));
    }
    let bytes = read(directory, &file.path, FILE_BYTES_MAX)?;
    let is_same = Digest::of_file(&bytes) == file.digest;
    if is_same { Ok(()) } else { Err(VerifyError::ChangedFile(file.path.clone())) }
}

/// Reads a whole file of at most `limit` bytes, whatever size it had a moment ago.
fn read(directory: &Path, path: &str, limit: u64) -> Result<Vec<u8>, VerifyError> {
    let fault = |source| VerifyError::Io { path: path.to_owned(), source };
    let file = File::open(directory.join(path)).map_err(fault)?;
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(fault)?;
    if bytes.len() as u64 > limit {
        return Err(VerifyError::TooLarge { what: format!("file `{path}`"), limit });
    }
    Ok(bytes)
}

/// The part of a catalog's data file that proofs rest on.
#[derive(Deserialize)]
struct CatalogFile<'a> {
    format: u32,
    catalog: CatalogId,
    revision: Digest,
    root: Digest,
    #[serde(borrow)]
    items: Vec<ItemRow<'a>>,
}

#[derive(Deserialize)]
struct ItemRow<'a> {
    id: ItemId,
    digest: Digest,
    #[serde(borrow)]
    item: &'a RawValue,
}

fn check_catalog(directory: &Path, entry: &CatalogEntry, erased: &[ErasedEntry]) -> Result<(), VerifyError> {
    let path = path::catalog_data(&entry.catalog);
    let disagree = |what: &str| VerifyError::Disagree { path: path.clone(), what: what.to_owned() };
    let bytes = read(directory, &path, FILE_BYTES_MAX)?;
    let file: CatalogFile<'_> = serde_json::from_slice(&bytes).map_err(|error| disagree(&error.to_string()))?;
    if file.format != DATA_FORMAT {
        return Err(disagree("the format"));
    }
    if file.catalog != entry.catalog || file.revision != entry.revision {
        return Err(disagree("the catalog or its revision"));
    }
    let mut rows: Vec<&ItemRow<'_>> = file.items.iter().collect();
    rows.sort_by(|a, b| a.id.cmp(&b.id));
    if rows.len() != entry.items.len() {
        return Err(disagree("the number of items"));
    }
    for (row, listed) in rows.iter().zip(&entry.items) {
        let wrong_digest = || VerifyError::ItemDigest { path: path.clone(), item: row.id.to_string() };
        let item = CanonicalItem::from_json(row.item.get()).ok_or_else(wrong_digest)?;
        if item.digest() != row.digest {
            return Err(wrong_digest());
        }
        let is_listed = |gone: &ErasedEntry| gone.catalog == entry.catalog && gone.id == row.id;
        if item.erasure().is_some() != erased.iter().any(is_listed) {
            return Err(disagree(&format!("whether item `{}` was erased", row.id)));
        }
        if row.id != listed.id || row.digest != listed.digest || item.decode().name() != listed.name {
            return Err(disagree(&format!("item `{}`", row.id)));
        }
    }
    let root = merkle::item_tree(&entry.catalog, entry.items.iter().map(|item| (&item.id, &item.digest))).root();
    let is_same = root == entry.root && root == file.root;
    if is_same { Ok(()) } else { Err(VerifyError::CatalogRoot(entry.catalog.clone())) }
}

fn check_edition_root(manifest: &Manifest) -> Result<(), VerifyError> {
    let root = merkle::edition_tree(manifest.catalogs.iter().map(CatalogEntry::line)).root();
    let is_same = root == manifest.edition_root;
    if is_same { Ok(()) } else { Err(VerifyError::EditionRoot) }
}
