//! The admin socket: a Unix socket in the data directory, for its owner alone.
//!
//! Invariant: a socket at which somebody answers is never removed; one left behind by a crash is.

use std::{
    fs::{self, File, Permissions},
    io,
    os::{fd::AsRawFd as _, unix::fs::PermissionsExt as _},
    path::{Path, PathBuf},
};

use gongkai_proto::ADMIN_SOCKET;
use tokio::net::{UnixListener, UnixStream};

use crate::Error;

/// Owner only: whoever may open it may act as an operator.
const SOCKET_MODE: u32 = 0o600;
/// A socket's path has at most 107 bytes in the kernel's structure (unix(7)).
const SOCKET_PATH_BYTES_MAX: usize = 107;

/// The bound socket; its file goes with it.
#[derive(Debug)]
pub(crate) struct AdminSocket {
    path: PathBuf,
}

impl AdminSocket {
    /// Binds the socket of a data directory.
    pub(crate) async fn bind(dir: &Path) -> Result<(Self, UnixListener), Error> {
        let path = dir.join(ADMIN_SOCKET);
        let failed = |source| Error::Socket { socket: path.clone(), source };
        // A longer path is reached through the open directory's short name.
        let folder = File::open(dir).map_err(failed)?;
        let short = if path.as_os_str().len() <= SOCKET_PATH_BYTES_MAX {
            path.clone()
        } else {
            Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string()).join(ADMIN_SOCKET)
        };
        if UnixStream::connect(&short).await.is_ok() {
            return Err(Error::SocketInUse { socket: path });
        }
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        let listener = UnixListener::bind(&short).map_err(failed)?;
        fs::set_permissions(&path, Permissions::from_mode(SOCKET_MODE)).map_err(failed)?;
        Ok((Self { path }, listener))
    }
}

impl Drop for AdminSocket {
    fn drop(&mut self) {
        // What stays behind is found stale by the next start.
        let _ = fs::remove_file(&self.path);
    }
}

/// The account that this process runs under.
pub(crate) fn own_uid() -> Result<u32, Error> {
    let pair = UnixStream::pair().and_then(|(one, _other)| one.peer_cred());
    Ok(pair.map_err(|source| Error::file("ask the owner of", "/proc/self", source))?.uid())
}
