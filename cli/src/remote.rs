//! A daemon on another machine: its admin port, and the operator's certificate for it.
//!
//! Invariant: the key is read only where nobody else can read it, and nothing is sent before the server has proved to
//! be the node that issued the certificate. Left out: calls (client), and what a refusal means on the node (node).

use std::{
    fs,
    io::{self, Read as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use gongkai_pki::{
    PeerError,
    operator::AdminClient,
    tls::{SessionClock, refusal_of_io},
};
use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, BufReader},
    net::TcpStream,
    time::timeout,
};

use crate::{
    args::Remote,
    errors::{Failure, Fault},
};

/// For TCP, and again for TLS up to the node's first word: a silent firewall never answers.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longest profile, certificate or key read: real ones have below 4 KiB.
const FILE_BYTES_MAX: u64 = 64 * 1024;
/// Permission bits that a key file must not have: any right of group or others.
const OTHERS_MASK: u32 = 0o077;

/// The files beside each other in a directory that `operator certify` makes.
pub(crate) const PROFILE_FILE: &str = "profile.toml";
pub(crate) const CERT_FILE: &str = "client.crt";
pub(crate) const KEY_FILE: &str = "client.key";
pub(crate) const CA_FILE: &str = "ca.crt";

/// A profile: the same words as the options. Paths are taken from the profile's own directory.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Profile {
    pub(crate) remote: String,
    pub(crate) cert: PathBuf,
    pub(crate) key: PathBuf,
    pub(crate) ca: PathBuf,
}

/// One admin port, and how to shake hands there.
pub(crate) struct Port {
    pub(crate) address: String,
    client: AdminClient,
}

impl Port {
    /// The port that the options or the profile name; `None` where neither does.
    pub(crate) fn named(options: &Remote) -> Result<Option<Self>, Failure> {
        let mut profile = match &options.profile {
            Some(file) => read_profile(file)?,
            None => Profile::default(),
        };
        let set = |place: &mut PathBuf, given: &Option<PathBuf>| {
            if let Some(given) = given {
                place.clone_from(given);
            }
        };
        set(&mut profile.cert, &options.cert);
        set(&mut profile.key, &options.key.as_ref().map(PathBuf::from));
        set(&mut profile.ca, &options.ca);
        if let Some(remote) = &options.remote {
            profile.remote.clone_from(remote);
        }
        let files = [&profile.cert, &profile.key, &profile.ca];
        let is_empty = |file: &&PathBuf| file.as_os_str().is_empty();
        match (profile.remote.is_empty(), files.iter().any(is_empty)) {
            (false, false) => Self::of(profile).map(Some),
            (true, _) if files.iter().all(is_empty) => Ok(None),
            _ => {
                Err(Fault::Usage("--remote needs --cert, --key and --ca, or one --profile with all four".to_owned())
                    .into())
            }
        }
    }

    fn of(profile: Profile) -> Result<Self, Failure> {
        let (certificate, key, root) = (read(&profile.cert)?, read_key(&profile.key)?, read(&profile.ca)?);
        let now_ms = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
        let clock = SessionClock::new(move || i64::try_from(now_ms()).unwrap_or(i64::MAX));
        let client = AdminClient::new(&certificate, &key, &root, &clock).map_err(|error| match error {
            PeerError::BadChain { why } => unusable(&profile.cert, why),
            other => unusable(&profile.cert, other),
        })?;
        Ok(Self { address: profile.remote, client })
    }

    /// A connection that both sides have accepted: in TLS 1.3 a client learns only from the server's first bytes
    /// whether its certificate was taken, so these are waited for.
    pub(crate) async fn dial(&self) -> Result<impl AsyncRead + AsyncWrite + Send + Unpin + use<>, Failure> {
        let away = |why: String| Fault::RemoteAway { address: self.address.clone(), why };
        let late = |_| away("it does not answer in time".to_owned());
        let socket = timeout(PATIENCE, TcpStream::connect(&self.address)).await.map_err(late)?;
        let socket = socket.map_err(|error| away(error.to_string()))?;
        // A call is a few small frames: waiting to fill a segment would cost each 40 ms.
        socket.set_nodelay(true).map_err(|error| away(error.to_string()))?;
        let greeted = async {
            let mut stream = BufReader::new(self.client.connector.connect(self.client.name.clone(), socket).await?);
            let is_closed = stream.fill_buf().await?.is_empty();
            if is_closed { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(stream) }
        };
        let stream = timeout(PATIENCE, greeted).await.map_err(late)?;
        Ok(stream.map_err(|error: io::Error| self.refusal(&refusal_of_io(&error)))?)
    }

    fn refusal(&self, error: &PeerError) -> Fault {
        let (address, why) = (self.address.clone(), error.to_string());
        match error {
            PeerError::OwnExpired | PeerError::OwnRevoked | PeerError::OwnAuthority | PeerError::Refused { .. } => {
                Fault::CertificateRefused { address, why }
            }
            PeerError::Interrupted { why } => Fault::RemoteAway { address, why: why.clone() },
            PeerError::NoCertificate
            | PeerError::BadChain { .. }
            | PeerError::OtherAuthority
            | PeerError::OutsideIssuer { .. }
            | PeerError::Expired { .. }
            | PeerError::NotYetValid { .. }
            | PeerError::Revoked { .. }
            | PeerError::Unnamed { .. }
            | PeerError::IssuerRevoked { .. }
            | PeerError::NotMyChild { .. }
            | PeerError::NotMyParent { .. }
            | PeerError::PinMismatch
            | PeerError::WrongName
            | PeerError::WrongPurpose
            | PeerError::Handshake { .. } => {
                Fault::RemoteStranger { address, division: self.client.division.to_string(), why }
            }
        }
    }
}

fn read_profile(file: &Path) -> Result<Profile, Failure> {
    let profile: Profile = toml::from_str(&read(file)?).map_err(|error| unusable(file, error.message()))?;
    let beside = |path: PathBuf| match file.parent() {
        Some(folder) if !path.as_os_str().is_empty() => folder.join(path),
        Some(_) | None => path,
    };
    let Profile { remote, cert, key, ca } = profile;
    Ok(Profile { remote, cert: beside(cert), key: beside(key), ca: beside(ca) })
}

fn read_key(file: &Path) -> Result<String, Failure> {
    let mode = fs::metadata(file).map_err(|source| unreadable(file, source))?.permissions().mode();
    if mode & OTHERS_MASK != 0 {
        return Err(unusable(file, format!("it is open to others (mode {:04o}): chmod 600", mode & 0o7777)));
    }
    read(file)
}

fn read(file: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let opened = fs::File::open(file).map_err(|source| unreadable(file, source))?;
    opened.take(FILE_BYTES_MAX).read_to_string(&mut text).map_err(|source| unreadable(file, source))?;
    Ok(text)
}

fn unreadable(file: &Path, source: io::Error) -> Failure {
    Fault::FileUnreadable { file: file.to_owned(), source }.into()
}

fn unusable(file: &Path, why: impl ToString) -> Failure {
    Fault::CredentialsUnusable { file: file.to_owned(), why: why.to_string() }.into()
}
