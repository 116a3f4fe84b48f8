//! Who else on this machine may look into a node: drafts, names and keys are nobody's but the daemon's account's.
//!
//! Invariant: of the data directory, and of what lies in it but the editions, group and others get no right. A drive that
//! knows no rights is used as it is, and the examination (doctor) says so. A key that stood open is left so: it is refused
//! where it is read (pki), since somebody may have it. Left out: what a file is made with (the
//! programs' umask), and editions, which are public (publish).

use std::{
    fs::{self, Permissions},
    io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

/// Rights of group and others.
const OTHERS: u32 = 0o077;
/// Names looked at in one directory: a node's own has some twenty.
const NAMES_MAX: usize = 4_096;
/// Directories of a node that are its own; `editions` beside them is public.
const PRIVATE: [&str; 2] = ["pki", "bundles"];

/// Something that others may use, and its rights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Open {
    /// Where it lies.
    pub(crate) path: PathBuf,
    /// Its rights, as `chmod` takes them.
    pub(crate) mode: u32,
}

/// Whether others may look into a data directory at all; nothing in one that is closed can be reached.
pub(crate) fn is_open(dir: &Path) -> io::Result<bool> {
    Ok(fs::metadata(dir)?.permissions().mode() & OTHERS != 0)
}

/// What of a data directory has rights for others.
pub(crate) fn open_to_others(dir: &Path) -> io::Result<Vec<Open>> {
    let mut found = vec![dir.to_owned()];
    found.extend(files(dir)?);
    found.extend(PRIVATE.map(|name| dir.join(name)).into_iter().filter(|below| below.is_dir()));
    let opened = found.into_iter().filter_map(|path| {
        // One that went away meanwhile is open to nobody.
        let mode = fs::symlink_metadata(&path).ok()?.permissions().mode() & 0o7777;
        (mode & OTHERS != 0).then_some(Open { path, mode })
    });
    Ok(opened.collect())
}

/// Takes others' rights away, as far as the drive has any and we may.
pub fn close_to_others(dir: &Path) -> io::Result<()> {
    for open in open_to_others(dir)? {
        // What cannot be closed is used all the same: a node on a drive without rights works, and doctor names it.
        let _ = fs::set_permissions(&open.path, Permissions::from_mode(open.mode & !OTHERS));
    }
    Ok(())
}

/// Links are not followed, and a socket's rights are set where it is bound.
fn files(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(dir)?.take(NAMES_MAX) {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            paths.push(entry.path());
        }
    }
    Ok(paths)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn all_but_the_editions_is_closed_where_it_stood_open_before() {
        let place = tempfile::tempdir().unwrap();
        let dir = place.path().join("node");
        let set = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
        for folder in ["pki", "editions/edition-1"] {
            fs::create_dir_all(dir.join(folder)).unwrap();
            set(&dir.join(folder), 0o755);
        }
        for (file, mode) in [("gongkai.db", 0o644), ("gongkai.db-wal", 0o666), ("pki/ca.crt", 0o644)] {
            fs::write(dir.join(file), "x").unwrap();
            set(&dir.join(file), mode);
        }
        fs::write(dir.join("editions/edition-1/index.html"), "x").unwrap();
        set(&dir.join("editions/edition-1/index.html"), 0o644);
        set(&dir, 0o775);
        std::os::unix::fs::symlink(place.path(), dir.join("elsewhere")).unwrap();
        assert_eq!(open_to_others(&dir).unwrap().len(), 4);
        close_to_others(&dir).unwrap();
        assert_eq!(open_to_others(&dir).unwrap(), []);
        let mode = |name: &str| fs::metadata(dir.join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("gongkai.db"), mode("pki"), mode("")), (0o600, 0o700, 0o700));
        assert_eq!((mode("editions/edition-1"), mode("editions/edition-1/index.html")), (0o755, 0o644));
    }
}
