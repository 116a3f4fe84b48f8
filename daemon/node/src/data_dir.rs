//! Names and first steps in a data directory.
//!
//! Invariant: a directory that this program makes or uses is its owner's alone (0700): drafts are not public.

use std::{
    fs::DirBuilder,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use crate::Error;

/// The configuration in a data directory, read when no other is named.
pub const CONFIG_FILE: &str = "gongkaid.toml";
/// Only the owner looks into the directory.
const DIR_MODE: u32 = 0o700;

/// Makes the directory where it is missing, and closes one that stood open.
pub(crate) fn make(dir: &Path) -> Result<(), Error> {
    let made = DirBuilder::new().recursive(true).mode(DIR_MODE).create(dir);
    made.map_err(|source| Error::file("make", dir, source))?;
    close(dir)
}

/// Takes the rights of other users from the directory and from what lies in it, the editions aside.
pub(crate) fn close(dir: &Path) -> Result<(), Error> {
    gongkai_app::close_to_others(dir).map_err(|source| Error::file("close", dir, source))
}

/// Whether the directory holds a node.
pub(crate) fn holds_node(dir: &Path) -> bool {
    dir.join(gongkai_store::MARKER_FILE).exists()
}

/// The configuration file to read: the named one, else the directory's own where it exists.
pub(crate) fn config_file(dir: &Path, named: Option<&Path>) -> Option<PathBuf> {
    let own = || Some(dir.join(CONFIG_FILE)).filter(|file| file.exists());
    named.map(Path::to_owned).or_else(own)
}
