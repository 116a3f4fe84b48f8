//! The admin sockets: one in the data directory for its owner alone, and where the configuration asks for it a second
//! one that a group of this machine's accounts may open.
//!
//! Invariant: a socket at which somebody answers is never removed; one left behind by a crash is. Who may open a socket
//! decides nothing: the kernel says who calls (SO_PEERCRED), and the gate asks what he may.

use std::{
    fs::{self, File, Permissions},
    io,
    os::{
        fd::AsRawFd as _,
        unix::fs::{MetadataExt as _, PermissionsExt as _, chown},
    },
    path::{Path, PathBuf},
};

use gongkai_proto::ADMIN_SOCKET;
use tokio::net::{UnixListener, UnixStream};

use crate::{Error, config::AdminConfig, users::Users};

/// Owner only: whoever may open it may act as an operator.
const SOCKET_MODE: u32 = 0o600;
/// The group's members connect; what they may do the configuration says of each.
const SHARED_MODE: u32 = 0o660;
/// Rights by which somebody else could put a socket of his own in this one's place.
const DIRECTORY_REFUSED: u32 = 0o022;
/// A socket's path has at most 107 bytes in the kernel's structure (unix(7)).
const SOCKET_PATH_BYTES_MAX: usize = 107;

/// A bound socket; its file goes with it.
#[derive(Debug)]
pub(crate) struct AdminSocket {
    path: PathBuf,
}

impl AdminSocket {
    /// Binds the socket of a data directory.
    pub(crate) async fn bind(dir: &Path) -> Result<(Self, UnixListener), Error> {
        let (socket, listener) = Self::open(dir).await?;
        let failed = |source| Error::Socket { socket: socket.path.clone(), source };
        fs::set_permissions(&socket.path, Permissions::from_mode(SOCKET_MODE)).map_err(failed)?;
        Ok((socket, listener))
    }

    /// Binds the second socket, for a group; `None` where the configuration asks for none.
    pub(crate) async fn bind_shared(config: &AdminConfig, own_uid: u32) -> Result<Option<(Self, UnixListener)>, Error> {
        let Some(dir) = config.socket.parent().filter(|_| !config.socket.as_os_str().is_empty()) else {
            return Ok(None);
        };
        let refused = |why: String| Error::SharedSocket { socket: config.socket.clone(), why };
        require_safe(dir, own_uid).map_err(refused)?;
        let group = match config.group.as_str() {
            "" => None,
            name => Some(Users::system().gid_of(name).ok_or_else(|| refused(format!("there is no group `{name}`")))?),
        };
        let (socket, listener) = Self::open(dir).await?;
        let given = chown(&socket.path, None, group)
            .and_then(|()| fs::set_permissions(&socket.path, Permissions::from_mode(SHARED_MODE)));
        given.map_err(|error| refused(format!("it cannot be given to the group: {error}")))?;
        Ok(Some((socket, listener)))
    }

    async fn open(dir: &Path) -> Result<(Self, UnixListener), Error> {
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
        Ok((Self { path }, listener))
    }
}

impl Drop for AdminSocket {
    fn drop(&mut self) {
        // What stays behind is found stale by the next start.
        let _ = fs::remove_file(&self.path);
    }
}

/// Refuses a directory in which somebody else could put another socket in this one's place.
fn require_safe(dir: &Path, own_uid: u32) -> Result<(), String> {
    let shown = dir.display();
    let found = fs::symlink_metadata(dir).map_err(|error| format!("`{shown}` cannot be used: {error}"))?;
    if !found.is_dir() {
        return Err(format!("`{shown}` is no directory"));
    }
    if found.uid() != own_uid && found.uid() != 0 {
        return Err(format!("`{shown}` belongs to user {}", found.uid()));
    }
    if found.mode() & DIRECTORY_REFUSED != 0 {
        return Err(format!("others may write in `{shown}` (mode {:o})", found.mode() & 0o777));
    }
    Ok(())
}

/// The account that this process runs under.
pub(crate) fn own_uid() -> Result<u32, Error> {
    let pair = UnixStream::pair().and_then(|(one, _other)| one.peer_cred());
    Ok(pair.map_err(|source| Error::file("ask the owner of", "/proc/self", source))?.uid())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;

    fn shared(dir: &Path, group: &str) -> AdminConfig {
        AdminConfig { socket: dir.join(ADMIN_SOCKET), group: group.to_owned(), ..AdminConfig::default() }
    }

    #[tokio::test]
    async fn the_second_socket_is_its_group_s_and_only_where_nobody_else_can_replace_it() {
        let place = tempfile::tempdir().unwrap();
        let own = own_uid().unwrap();
        assert!(AdminSocket::bind_shared(&AdminConfig::default(), own).await.unwrap().is_none());
        let mode = |mode| fs::set_permissions(place.path(), Permissions::from_mode(mode)).unwrap();
        for (open_to, code) in [(0o777, "GK-NODE-034"), (0o775, "GK-NODE-034"), (0o1777, "GK-NODE-034")] {
            mode(open_to);
            let refused = AdminSocket::bind_shared(&shared(place.path(), ""), own).await.unwrap_err();
            assert_eq!(refused.code(), code, "{open_to:o}");
        }
        mode(0o755);
        let strange = AdminSocket::bind_shared(&shared(place.path(), "no-such-group"), own).await.unwrap_err();
        assert!(strange.to_string().contains("no-such-group"), "{strange}");
        let another = AdminSocket::bind_shared(&shared(place.path(), ""), own.wrapping_add(1)).await;
        assert_eq!(another.is_err(), own != 0, "root may own the directory, a stranger not");
        drop(another);
        let gid = fs::metadata(place.path()).unwrap().gid();
        let (socket, _listener) =
            AdminSocket::bind_shared(&shared(place.path(), &gid.to_string()), own).await.unwrap().unwrap();
        let made = fs::metadata(&socket.path).unwrap();
        assert_eq!((made.mode() & 0o777, made.gid()), (SHARED_MODE, gid));
        let again = AdminSocket::bind_shared(&shared(place.path(), ""), own).await.unwrap_err();
        assert_eq!(again.code(), "GK-NODE-001", "somebody answers there");
        let path = socket.path.clone();
        drop(socket);
        assert!(!path.exists());
    }
}
