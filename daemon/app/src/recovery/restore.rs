//! Bringing a node back from a backup, without a daemon.
//!
//! Invariant: everything is prepared in a folder inside the directory and moved up with the marker last, so that a
//! directory in which this was cut off holds no node; the same command then begins again. One at a time works in a
//! directory: the lock on it is the system's and dies with the process. The node that comes back is a new incarnation
//! on a new feed, and held.

use std::{
    collections::BTreeSet,
    fs::{self, DirBuilder, File, TryLockError},
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use gongkai_journal::{
    kind::Kind,
    payload::{self, IncarnationOpen},
};
use gongkai_model::id::DivisionId;
use gongkai_pki::{EntryKey, PkiDir};
use gongkai_store::{DATABASE_FILE, Draft, MARKER_FILE, Store};

use super::{
    RecoveryError,
    archive::{self, CONFIG_FILE, Manifest, PKI},
    backup::checked,
    hold::{self, Held, HoldReason},
};
use crate::{Chance, Clock, Result, World};

/// Where a restore is prepared; its presence without a marker beside it means one that was cut off.
const ASIDE: &str = "restore.part";
/// The store's lock file, which a cut-off restore may leave.
const LOCK_FILE: &str = "store.lock";

/// A node that was brought back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// Whose node it is.
    pub division: DivisionId,
    /// Entries of the feed that came back, the one that says so not counted.
    pub entries: u64,
    /// When the backup was made, unix milliseconds.
    pub made_at_ms: i64,
    /// With whom heads must be compared.
    pub awaited: BTreeSet<DivisionId>,
}

/// Restores a backup into an empty or missing directory.
pub async fn restore(file: &Path, dir: &Path, clock: &dyn Clock, chance: &dyn Chance) -> Result<Restored> {
    let _alone = alone(dir)?;
    let aside = prepare(dir)?;
    let prepared = bring_back(file, &aside, clock, chance).await;
    if prepared.is_err() {
        // Nothing was moved up yet: the directory is as empty as it was.
        let _ = fs::remove_dir_all(&aside);
    }
    let restored = prepared?;
    move_up(&aside, dir)?;
    Ok(restored)
}

async fn bring_back(file: &Path, aside: &Path, clock: &dyn Clock, chance: &dyn Chance) -> Result<Restored> {
    let (from, to) = (file.to_owned(), aside.to_owned());
    let unpacking = tokio::task::spawn_blocking(move || archive::unpack(&from, &to));
    let unpacked = unpacking
        .await
        .map_err(|error| RecoveryError::file("unpack", file, std::io::Error::other(error.to_string())))?;
    let manifest = unpacked?;
    let store = Store::open(aside).await?;
    let done = renew(&store, file, aside, &manifest, clock, chance).await;
    store.close().await;
    let awaited = done?;
    let Manifest { division, entries, made_at_ms, .. } = manifest;
    Ok(Restored { division, entries, made_at_ms, awaited })
}

async fn renew(
    store: &Store,
    file: &Path,
    aside: &Path,
    manifest: &Manifest,
    clock: &dyn Clock,
    chance: &dyn Chance,
) -> Result<BTreeSet<DivisionId>> {
    let state = checked(store).await?;
    let identity = store.identity();
    let is_as_said = state.offset == manifest.entries
        && state.hash == manifest.feed_hash
        && identity.division == manifest.division
        && identity.incarnation == manifest.incarnation;
    if !is_as_said {
        let why = "it is not the journal that the manifest names".to_owned();
        return Err(RecoveryError::BackupDamaged { file: file.to_owned(), entry: DATABASE_FILE.to_owned(), why }.into());
    }
    let now_ms = clock.now_ms();
    let key =
        EntryKey::load(&PkiDir::open(aside).map_err(gongkai_pki::Error::from)?).map_err(gongkai_pki::Error::from)?;
    let world = World::load(store, &Default::default(), now_ms).await?;
    let builds_on = hold::own_heads(store, &world).await?;
    let mut awaited: BTreeSet<DivisionId> = store.peers().await?.into_iter().map(|peer| peer.division).collect();
    awaited.extend(world.parent().cloned());
    let held = Held { reason: HoldReason::Restored, since_ms: now_ms, awaited: awaited.clone(), renews: false };
    hold::keep(store, Some(&held)).await?;
    store.renew_identity(chance.incarnation(), chance.incarnation()).await?;
    let open = payload::encode(&IncarnationOpen { reason: "restore".to_owned(), builds_on });
    let drafts = vec![Draft::of(Kind::IncarnationOpen, world.me.clone(), open)];
    store.append(drafts, &store.identity().author(), &key, now_ms).await?;
    Ok(awaited)
}

/// Makes the directory where it is missing, and holds other restores off it. Nothing is written for that: whatever else
/// lies in the directory tells whether it may be used.
fn alone(dir: &Path) -> Result<File, RecoveryError> {
    let failed = |what: &'static str| move |error| RecoveryError::file(what, dir, error);
    DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed("make"))?;
    let held = File::open(dir).map_err(failed("read"))?;
    match held.try_lock() {
        Ok(()) => Ok(held),
        Err(TryLockError::WouldBlock) => Err(RecoveryError::Running { dir: dir.to_owned() }),
        Err(TryLockError::Error(error)) => Err(failed("lock")(error)),
    }
}

/// Gives the folder to prepare in. What an earlier restore left is removed; anything else is refused.
fn prepare(dir: &Path) -> Result<PathBuf, RecoveryError> {
    let failed = |what: &'static str| move |error| RecoveryError::file(what, dir, error);
    let aside = dir.join(ASIDE);
    let is_cut_off = aside.exists() && !dir.join(MARKER_FILE).exists();
    for found in fs::read_dir(dir).map_err(failed("read"))? {
        let found = found.map_err(failed("read"))?.file_name();
        let name = found.to_string_lossy();
        let is_ours = [ASIDE, PKI, CONFIG_FILE, LOCK_FILE].contains(&name.as_ref()) || name.starts_with(DATABASE_FILE);
        if !(is_cut_off && is_ours) {
            return Err(RecoveryError::NotEmpty { dir: dir.to_owned(), found: name.chars().take(80).collect() });
        }
        // The folder itself goes last: it is what tells that the rest is ours.
        if name != ASIDE {
            remove(&dir.join(&found))?;
        }
    }
    if is_cut_off {
        remove(&aside)?;
    }
    DirBuilder::new().mode(0o700).create(&aside).map_err(failed("write"))?;
    Ok(aside)
}

fn remove(path: &Path) -> Result<(), RecoveryError> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    removed.map_err(|error| RecoveryError::file("remove", path, error))
}

fn move_up(aside: &Path, dir: &Path) -> Result<(), RecoveryError> {
    let failed = |error| RecoveryError::file("write", dir, error);
    let flush = || File::open(dir)?.sync_all();
    for name in [PKI, CONFIG_FILE, DATABASE_FILE] {
        if aside.join(name).exists() {
            fs::rename(aside.join(name), dir.join(name)).map_err(failed)?;
        }
    }
    flush().map_err(failed)?;
    fs::rename(aside.join(MARKER_FILE), dir.join(MARKER_FILE)).and_then(|()| flush()).map_err(failed)?;
    fs::remove_dir_all(aside).map_err(failed)
}
