//! Starting, running and stopping one daemon.
//!
//! Invariant: the data directory is locked and the port bound before anything else starts; on the way out sessions
//! end first, the store is closed last, and every task has been awaited.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use gongkai_app::{App, Clock as _, SignOffPolicy, SystemChance, SystemClock, ToldParent};
use gongkai_link::{Sparing, grpc::Listener};
use gongkai_model::id::DivisionId;
use gongkai_pki::{
    EntryKey, PkiDir,
    operator::AdminTls,
    tls::{Credentials, HotTls},
};
use gongkai_proto::{ADMIN_LISTEN_FILE, LISTEN_FILE};
use gongkai_store::{PeerRole, Store};
use tokio::{net::UnixListener, task::JoinSet, time::timeout};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::{
    Error,
    admin::{self, AdminPort, Facts},
    bundles,
    config::{Addresses, Config},
    data_dir, day, descriptors,
    links::{Board, Children, Enroller, Parent, Shared, daemon_id, host_name, session_clock},
    log,
    operators::Operators,
    socket::{self, AdminSocket},
};

/// Where the port of the last life is kept.
const LAST_PORT: &str = "link.port";

/// What a daemon is started with.
#[derive(Clone, Debug)]
pub struct Start {
    /// The data directory.
    pub dir: PathBuf,
    /// The configuration.
    pub config: Config,
    /// The file that it was read from; operators are read from it anew when somebody asks.
    pub config_file: Option<PathBuf>,
}

impl Start {
    /// Reads the configuration: the named file, else the directory's own, else the defaults.
    pub fn read(dir: PathBuf, config_file: Option<&Path>) -> Result<Self, Error> {
        let file = data_dir::config_file(&dir, config_file);
        Ok(Self { config: Config::load(file.as_deref())?, dir, config_file: file })
    }
}

/// A daemon that runs.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    division: DivisionId,
    stop: CancellationToken,
    stop_max: Duration,
    parts: JoinSet<(&'static str, Result<(), Error>)>,
    store: Store,
    _listen_files: Vec<ListenFile>,
    _sockets: Vec<AdminSocket>,
}

/// Starts a daemon; returns when children and operators can reach it.
pub async fn start(start: Start) -> Result<Running, Error> {
    // Before the database is opened: what is made beside it gets its rights.
    if data_dir::holds_node(&start.dir) {
        data_dir::close(&start.dir)?;
    }
    let store = Store::open(&start.dir).await?;
    match assemble(&start, store.clone()).await {
        Ok(running) => Ok(running),
        Err(error) => {
            store.close().await;
            Err(error)
        }
    }
}

async fn assemble(start: &Start, store: Store) -> Result<Running, Error> {
    let Start { dir, config, config_file } = start;
    let sparing = Sparing::default();
    let listener = bind(config.listen()?, &store).await?.tuned(config.tuning_below());
    let listener = listener.with_room(descriptors::share()).sparing(sparing.clone());
    let address = listener.address();
    let own_uid = socket::own_uid()?;
    let (sockets, admin_listeners) = admin_sockets(dir, config, own_uid).await?;
    let division = store.identity().division.clone();
    let operators = Operators::new(division.clone(), own_uid, &config.operators, &config.groups)?;
    let pki = PkiDir::open(dir)?;
    let key = EntryKey::load(&pki)?;
    let credentials = Credentials::load(&pki)?;
    let entry_key_id = key.key_id();
    let parent = parent_of(credentials.path());
    let config = &with_told_parent(config, &store, parent.as_ref()).await?;
    let tls = HotTls::new(credentials, session_clock(last_contact(&store, parent.as_ref()).await?))?;
    let tls = Arc::new(tls);
    let port = admin_port(config, pki, &tls, &sparing).await?;
    let facts = Facts {
        dir: dir.to_owned(),
        address,
        advertise: config.node.advertise.clone(),
        started_at_ms: SystemClock.now_ms(),
        entry_key_id,
        limits: config.limits.clone(),
        admin_address: port.as_ref().map(AdminPort::address),
        turned_away: port.as_ref().map(AdminPort::turned_away).unwrap_or_default(),
        config_file: config_file.clone(),
        own_uid,
    };
    bundles::sweep(dir)?;
    let app =
        App::open(dir.to_owned(), store.clone(), Box::new(key), Box::new(SystemClock), Box::new(SystemChance)).await?;
    app.store().set_allowance(config.intake.allowance());
    app.store().set_disk_floor(config.intake.disk_floor_mib.saturating_mul(1 << 20));
    app.set_review_days(config.review.working_days);
    app.store().set_wants_max(config.link.wants_per_peer_max);
    app.require_sign_offs(SignOffPolicy {
        steps: config.publish.sign_offs.clone(),
        people_min: config.publish.signers_min,
    });
    let shown = tls.credentials();
    app.name_own_certificate(&shown.fingerprint(), shown.not_after_ms()).await?;
    let board = Board::default();
    let host = host_name(&config.node.host);
    let config_of_links = Arc::new(config.clone());
    let daemon_id = daemon_id(dir);
    let shared = Shared { app: app.clone(), tls, board, host, daemon_id, config: config_of_links, sparing };
    show_known_links(&shared, parent.as_ref(), config).await?;
    let parent = parent.map(|parent| Parent::new(shared.clone(), parent)).transpose()?;
    let mut listen_files = vec![ListenFile::write(dir, LISTEN_FILE, address)?];
    if let Some(port) = &port {
        listen_files.push(ListenFile::write(dir, ADMIN_LISTEN_FILE, port.address())?);
    }
    let stop = CancellationToken::new();
    let admin = admin::Admin::new(shared.clone(), operators, facts, config, stop.clone());
    let parts = spawn(Parts { shared, listener, parent, admin, admin_listeners, port, grace: stop_max(config) }, &stop);
    info!(%division, %address, version = env!("CARGO_PKG_VERSION"), "daemon started");
    Ok(Running {
        address,
        division,
        stop,
        stop_max: stop_max(config),
        parts,
        store,
        _listen_files: listen_files,
        _sockets: sockets,
    })
}

/// Binds the port. Where any will do, the one of the last life is taken again if it is free: children know it.
async fn bind(wanted: SocketAddr, store: &Store) -> Result<Listener, Error> {
    if wanted.port() != 0 {
        return Ok(Listener::bind(wanted).await?);
    }
    let last = store.meta(LAST_PORT).await?.and_then(|text| text.parse().ok());
    let again = match last {
        Some(port) => Listener::bind(SocketAddr::new(wanted.ip(), port)).await.ok(),
        None => None,
    };
    let listener = match again {
        Some(listener) => listener,
        None => Listener::bind(wanted).await?,
    };
    store.put_meta(LAST_PORT, &listener.address().port().to_string()).await?;
    Ok(listener)
}

/// The socket of the data directory, and the shared one where the configuration asks for it.
async fn admin_sockets(
    dir: &Path,
    config: &Config,
    own_uid: u32,
) -> Result<(Vec<AdminSocket>, Vec<UnixListener>), Error> {
    let own = AdminSocket::bind(dir).await?;
    let shared = AdminSocket::bind_shared(&config.admin, own_uid).await?;
    Ok([Some(own), shared].into_iter().flatten().unzip())
}

/// The admin port, where the configuration asks for one.
async fn admin_port(
    config: &Config,
    pki: PkiDir,
    tls: &Arc<HotTls>,
    sparing: &Sparing,
) -> Result<Option<AdminPort>, Error> {
    let Some(address) = config.admin_listen()? else { return Ok(None) };
    AdminPort::bind(address, AdminTls::new(pki, Arc::clone(tls))?, sparing.clone()).await.map(Some)
}

fn stop_max(config: &Config) -> Duration {
    Duration::from_secs(config.limits.stop_seconds.max(1))
}

fn parent_of(path: &[DivisionId]) -> Option<DivisionId> {
    path.iter().rev().nth(1).cloned()
}

/// The addresses that the last token named for this parent, before those of the configuration, which may be of a
/// former parent.
async fn with_told_parent(config: &Config, store: &Store, parent: Option<&DivisionId>) -> Result<Config, Error> {
    let told = ToldParent::read(store).await?.filter(|told| Some(&told.division) == parent);
    let mut config = config.clone();
    if let Some(told) = told {
        let mut addresses = told.addresses;
        addresses.extend(config.parent.address.all().iter().cloned());
        config.parent.address = Addresses::Several(addresses);
    }
    Ok(config)
}

async fn last_contact(store: &Store, parent: Option<&DivisionId>) -> Result<i64, Error> {
    let Some(parent) = parent else { return Ok(0) };
    Ok(store.peer(parent).await?.and_then(|peer| peer.last_contact_ms).unwrap_or(0))
}

/// Puts the links of earlier lives on the board.
async fn show_known_links(shared: &Shared, parent: Option<&DivisionId>, config: &Config) -> Result<(), Error> {
    for peer in shared.app.store().peers().await? {
        if peer.role == PeerRole::Child {
            let told = config.mode_of_child(&peer.division);
            let mode = match (told, peer.mode.as_str()) {
                ("bundle", _) => "bundle",
                (_, "live") => "live",
                (_, _) => "schedule",
            };
            shared.board.add(&peer.division, PeerRole::Child, mode, peer.last_contact_ms);
        } else if Some(&peer.division) == parent {
            shared.board.add(&peer.division, PeerRole::Parent, config.parent.mode.word(), peer.last_contact_ms);
        }
    }
    if let Some(parent) = parent {
        shared.board.add(parent, PeerRole::Parent, config.parent.mode.word(), None);
    }
    Ok(())
}

struct Parts {
    shared: Shared,
    listener: Listener,
    parent: Option<Parent>,
    admin: admin::Admin,
    admin_listeners: Vec<UnixListener>,
    port: Option<AdminPort>,
    grace: Duration,
}

fn spawn(parts: Parts, stop: &CancellationToken) -> JoinSet<(&'static str, Result<(), Error>)> {
    let Parts { shared, listener, parent, admin, admin_listeners, port, grace } = parts;
    let mut tasks = JoinSet::new();
    let children = Arc::new(Children::new(shared.clone(), stop.clone()));
    let enroller = Arc::new(Enroller(shared.clone()));
    let (tls, stopping) = (Arc::clone(&shared.tls), stop.clone());
    let moves = Arc::clone(&children);
    tasks.spawn(async move {
        moves.watch_moves().await;
        ("moves of children", Ok(()))
    });
    tasks.spawn(async move {
        let ran = listener.run(tls, children, enroller, stopping, grace / 2).await;
        ("listener", ran.map_err(Error::from))
    });
    if let Some(parent) = parent {
        let stopping = stop.clone();
        tasks.spawn(async move {
            parent.run(stopping).await;
            ("link to the parent", Ok(()))
        });
    }
    let (renewal, stopping) = (admin.renewal(), stop.clone());
    tasks.spawn(async move {
        renewal.watch(stopping).await;
        ("certificate watch", Ok(()))
    });
    let admin_editions = admin.editions_dir().to_owned();
    let stopping = stop.clone();
    tasks.spawn(async move { ("admin API", admin::serve(admin, admin_listeners, port, stopping).await) });
    let (app, editions, stopping) = (shared.app.clone(), admin_editions, stop.clone());
    tasks.spawn(async move {
        let mut erased = app.erased();
        loop {
            complete_editions(&app, &editions).await;
            // What was removed by law leaves the published pages as soon as this node has heard of it.
            if stopping.run_until_cancelled(erased.changed()).await.is_none_or(|changed| changed.is_err()) {
                return ("editions", Ok(()));
            }
            if let Err(failure) = app.store().purge().await {
                warn!(code = failure.code(), %failure, "free parts of the database may keep what was erased");
            }
        }
    });
    let (sparing, stopping) = (shared.sparing.clone(), stop.clone());
    tasks.spawn(async move {
        log::tell_what_was_left_out(sparing, stopping).await;
        ("log", Ok(()))
    });
    let (app, stopping) = (shared.app, stop.clone());
    tasks.spawn(async move {
        day::watch(app, stopping).await;
        ("day watch", Ok(()))
    });
    tasks
}

/// A crash between an edition's entry and its directory is mended here; links and operators need not wait for it.
async fn complete_editions(app: &App, editions: &Path) {
    match app.complete_editions(editions).await {
        Ok(made) if made.is_empty() => {}
        Ok(made) => info!(?made, "editions were completed"),
        Err(failure) => error!(code = failure.code(), %failure, "an edition cannot be completed"),
    }
}

impl Running {
    /// Where children dial.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whose node it is.
    pub fn division(&self) -> &DivisionId {
        &self.division
    }

    /// Runs until `asked` gives a reason, an operator asks for the end, or a part ends by itself.
    pub async fn until(mut self, asked: impl Future<Output = Result<&'static str, Error>>) -> Result<(), Error> {
        // systemd wants to know; without it nobody listens and that is no failure.
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
        let ended = tokio::select! {
            reason = asked => reason.map(|reason| info!(reason, "asked to stop")),
            () = self.stop.cancelled() => Ok(()),
            Some(ended) = self.parts.join_next() => Err(stopped_by_itself(ended)),
        };
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
        self.stop().await;
        ended
    }

    /// Stops in order: no new work, sessions to their end, then the store.
    pub async fn stop(mut self) {
        self.stop.cancel();
        let ending = async {
            while let Some(ended) = self.parts.join_next().await {
                match ended {
                    Ok((_, Ok(()))) => {}
                    Ok((part, Err(failure))) => {
                        warn!(part, code = failure.code(), %failure, "a part ended with an error")
                    }
                    Err(failure) => error!(%failure, "a part did not end in order"),
                }
            }
        };
        if timeout(self.stop_max, ending).await.is_err() {
            warn!(seconds = self.stop_max.as_secs(), "not all parts ended in time");
            self.parts.shutdown().await;
        }
        self.store.close().await;
        info!(division = %self.division, "daemon stopped");
    }
}

fn stopped_by_itself(ended: Result<(&'static str, Result<(), Error>), tokio::task::JoinError>) -> Error {
    match ended {
        Ok((_, Err(failure))) => failure,
        Ok((part, Ok(()))) => Error::PartStopped { part, why: "it came to its end".to_owned() },
        Err(failure) => Error::PartStopped { part: "daemon", why: failure.to_string() },
    }
}

/// The file that tells scripts where port 0 went; gone with the daemon.
#[derive(Debug)]
struct ListenFile(PathBuf);

impl ListenFile {
    fn write(dir: &Path, name: &str, address: SocketAddr) -> Result<Self, Error> {
        let path = dir.join(name);
        let aside = dir.join(format!("{name}.new"));
        // Renamed, so that a reader finds a whole address or none.
        let written = fs::write(&aside, format!("{address}\n")).and_then(|()| fs::rename(&aside, &path));
        written.map_err(|source| Error::file("write", &path, source))?;
        Ok(Self(path))
    }
}

impl Drop for ListenFile {
    fn drop(&mut self) {
        // What stays behind is overwritten by the next start.
        let _ = fs::remove_file(&self.0);
    }
}
