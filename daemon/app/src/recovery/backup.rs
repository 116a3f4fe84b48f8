//! Making a backup of the running node: one file, whole and checked, or none.
//!
//! Invariant: the target appears by a rename after its content was read back. What it was made from is copied at one
//! moment; work goes on meanwhile. Left out: editions, which are made again from the journal.

use std::{
    fs::{self, DirBuilder, File},
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use gongkai_store::{DATABASE_FILE, FeedState, MARKER_FILE, Store};
use serde::{Deserialize, Serialize};

use super::{
    RecoveryError,
    archive::{self, CONFIG_FILE, FORMAT, Manifest, PKI},
};
use crate::{Action, App, Operator, Result};

/// Where the last backup is noted.
const LAST: &str = "backup.last";
/// The archive while it is being made.
const ASIDE: &str = "backup.zip";

/// A backup that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupReport {
    /// Where it lies.
    pub file: PathBuf,
    /// Its length.
    pub bytes: u64,
    /// SHA-256 of the file, hexadecimal, as `sha256sum` prints it.
    pub sha256: String,
    /// Entries of the feed that are in it.
    pub entries: u64,
    /// When it was made, unix milliseconds.
    pub made_at_ms: i64,
}

/// What is remembered of the last backup.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct LastBackup {
    pub(crate) made_at_ms: i64,
    pub(crate) entries: u64,
    pub(crate) file: PathBuf,
}

impl App {
    /// Saves the node into a new file: journal, marker, keys, configuration.
    pub async fn backup(&self, operator: &Operator, target: &Path) -> Result<BackupReport> {
        operator.may(Action::NodeBackup)?;
        let _alone = self.inner.saving.lock().await;
        if target.symlink_metadata().is_ok() {
            return Err(RecoveryError::TargetExists { file: target.to_owned() }.into());
        }
        let aside = aside_of(target)?;
        let made = self.save(&aside, target).await;
        let removed = fs::remove_dir_all(&aside);
        let report = made?;
        removed.map_err(|error| RecoveryError::file("remove", &aside, error))?;
        let last = LastBackup { made_at_ms: report.made_at_ms, entries: report.entries, file: target.to_owned() };
        self.store().put_meta(LAST, &serde_json::to_string(&last).unwrap_or_default()).await?;
        Ok(report)
    }

    /// The last backup that this node made.
    pub(crate) async fn last_backup(&self) -> Result<Option<LastBackup>> {
        let text = self.store().meta(LAST).await?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }

    async fn save(&self, aside: &Path, target: &Path) -> Result<BackupReport> {
        let made_at_ms = self.now_ms();
        self.store().copy_to(aside).await?;
        let mut names = vec![DATABASE_FILE.to_owned(), MARKER_FILE.to_owned()];
        names.extend(copy_siblings(self.dir(), aside)?);
        let copy = Store::open(aside).await?;
        let identity = copy.identity();
        let state = checked(&copy).await;
        copy.close().await;
        let FeedState { offset: entries, hash: feed_hash, feed_id } = state?;
        let manifest = Manifest {
            format: FORMAT,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            division: identity.division.clone(),
            incarnation: identity.incarnation,
            feed_id,
            entries,
            feed_hash,
            made_at_ms,
            parts: Vec::new(),
        };
        let (from, target) = (aside.to_owned(), target.to_owned());
        let packing =
            tokio::task::spawn_blocking(move || pack(&from, &names, manifest, &target).map(|made| (made, target)));
        let packed = packing
            .await
            .map_err(|error| RecoveryError::file("pack", aside, std::io::Error::other(error.to_string())))?;
        let ((bytes, sha256), file) = packed?;
        Ok(BackupReport { file, bytes, sha256, entries, made_at_ms })
    }
}

/// Pages and chains of a store; damage is named, never saved or restored as if it were whole.
pub(super) async fn checked(store: &Store) -> Result<FeedState> {
    store.check_pages().await?;
    let found = store.verify_chain(&|_, _| {}).await?;
    if let Some(problem) = found.problems.into_iter().next() {
        return Err(gongkai_store::Error::Damaged { feed: problem.feed, what: problem.what }.into());
    }
    Ok(store.feed_state().await?)
}

/// A fresh directory beside the target; one that a crash left behind is replaced.
fn aside_of(target: &Path) -> Result<PathBuf, RecoveryError> {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let aside = target.with_file_name(format!(".{name}.part"));
    if aside.exists() {
        fs::remove_dir_all(&aside).map_err(|error| RecoveryError::file("remove", &aside, error))?;
    }
    DirBuilder::new().mode(0o700).create(&aside).map_err(|error| RecoveryError::file("make", &aside, error))?;
    Ok(aside)
}

/// Copies keys, certificates and configuration; gives their names.
fn copy_siblings(dir: &Path, aside: &Path) -> Result<Vec<String>, RecoveryError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error| RecoveryError::file("copy", path, error)
    };
    let mut names = Vec::new();
    if dir.join(CONFIG_FILE).is_file() {
        names.push(CONFIG_FILE.to_owned());
    }
    let pki = dir.join(PKI);
    DirBuilder::new().mode(0o700).create(aside.join(PKI)).map_err(failed(aside))?;
    for found in fs::read_dir(&pki).map_err(failed(&pki))? {
        let name = found.map_err(failed(&pki))?.file_name();
        let Some(name) = name.to_str().filter(|name| !name.ends_with(".new")) else { continue };
        names.push(format!("{PKI}/{name}"));
    }
    names.sort();
    for name in &names {
        fs::copy(dir.join(name), aside.join(name)).map_err(failed(&dir.join(name)))?;
    }
    Ok(names)
}

fn pack(from: &Path, names: &[String], manifest: Manifest, target: &Path) -> Result<(u64, String), RecoveryError> {
    let archive = from.join(ASIDE);
    archive::pack(from, names, manifest, &archive)?;
    archive::verify(&archive)?;
    let measured = archive::measure(&archive)?;
    let folder = match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let renamed = fs::rename(&archive, target).and_then(|()| File::open(folder)?.sync_all());
    renamed.map_err(|error| RecoveryError::file("write", target, error))?;
    Ok(measured)
}
