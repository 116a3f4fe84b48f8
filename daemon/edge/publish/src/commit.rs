//! From the directory beside to the final name, and what a restart finds.
//!
//! Invariant: the final name appears by one rename of a complete, flushed, sealed directory, after the journal holds
//! the edition entry; nobody ever sees half an edition. Left out: the entry itself (app).

use std::{
    fs,
    path::{Path, PathBuf},
};

use gongkai_model::digest::Digest;

use crate::{
    aside,
    error::PublishError,
    manifest::{ErasedEntry, Manifest},
    path,
    seal::SignatureFile,
    verify,
};

/// What a restart did, or what it leaves to the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restart {
    /// The edition stands under its final name.
    Complete,
    /// The journal has no such edition: what lay beside was removed.
    Discarded,
    /// The journal has the edition but no sound directory is there: render, seal and commit it again; the same
    /// entries give the same manifest.
    RenderAgain,
}

/// The name beside the target: `<target>.partial`.
pub fn partial_path(target: &Path) -> PathBuf {
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(".partial");
    target.with_file_name(name)
}

/// Gives the sealed directory its final name. To be called after the edition entry is committed; safe to repeat.
pub fn commit(partial: &Path, target: &Path, manifest: &Digest) -> Result<(), PublishError> {
    if holds(target, manifest) {
        return aside::remove_tree(partial);
    }
    if fs::symlink_metadata(target).is_ok() {
        return Err(PublishError::TargetExists(target.to_owned()));
    }
    if !holds(partial, manifest) {
        return Err(PublishError::NotTheEdition { path: partial.to_owned(), expected: *manifest });
    }
    fs::rename(partial, target).map_err(aside::io("rename", partial))?;
    target.parent().map_or(Ok(()), aside::flush_directory)
}

/// What an edition's directory says was removed from it, and whether it was made again for such a reason; `None` without
/// a readable manifest.
pub fn erased_in(target: &Path) -> Option<(Vec<ErasedEntry>, bool)> {
    let bytes = fs::read(target.join(path::MANIFEST)).ok()?;
    let manifest = Manifest::from_bytes(&bytes).ok()?;
    Some((manifest.erased, manifest.stands_for.is_some()))
}

/// Takes an edition's directory away that must be made again, because it shows what was removed by law since.
pub fn withdraw(target: &Path) -> Result<(), PublishError> {
    aside::remove_tree(target)
}

/// Removes what lies beside the target; for an edition that was given up before its entry.
pub fn discard(target: &Path) -> Result<(), PublishError> {
    aside::remove_tree(&partial_path(target))
}

/// Cleans up after a crash. `committed` is the manifest digest of the edition's entry, if the journal holds one.
pub fn restart(target: &Path, committed: Option<&Digest>) -> Result<Restart, PublishError> {
    let partial = partial_path(target);
    let Some(manifest) = committed else {
        aside::remove_tree(&partial)?;
        return Ok(Restart::Discarded);
    };
    if holds(target, manifest) {
        aside::remove_tree(&partial)?;
        return Ok(Restart::Complete);
    }
    // A power cut may have taken bytes that the rename would make public: look at every file first.
    if holds(&partial, manifest) && verify::verify(&partial, None).is_ok() {
        commit(&partial, target, manifest)?;
        return Ok(Restart::Complete);
    }
    aside::remove_tree(&partial)?;
    Ok(Restart::RenderAgain)
}

/// Whether the directory holds that manifest with a signature over it.
fn holds(directory: &Path, manifest: &Digest) -> bool {
    let Ok(bytes) = fs::read(directory.join(path::MANIFEST)) else { return false };
    let Ok(signature) = fs::read(directory.join(path::SIGNATURE)) else { return false };
    let is_signed = SignatureFile::from_bytes(&signature).is_ok_and(|file| file.check(&bytes, None).is_ok());
    let is_named = match Manifest::from_bytes(&bytes) {
        Ok(read) => read.name(&bytes) == *manifest,
        Err(_) => Manifest::digest_of(&bytes) == *manifest,
    };
    is_named && is_signed
}
