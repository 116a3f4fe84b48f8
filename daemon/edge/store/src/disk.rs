//! Free space where the database lies.
//!
//! Invariant: asked of the system each time; where it cannot tell, there is space. Left out: what is done about it.

use std::path::Path;

/// Free bytes for this user; `None` where the system does not say.
pub(crate) fn free_bytes(dir: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(dir).ok()?;
    Some(found.f_bavail.saturating_mul(found.f_frsize))
}
