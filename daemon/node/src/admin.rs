//! The admin API on the Unix socket and, where configured, on its port: who calls, what is answered, how refusals are
//! told.
//!
//! Invariant: no call is answered before the caller is an operator. The calls themselves hold no rules: they read
//! the request, ask the use cases, and write the answer.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use gongkai_app::{App, Operator, Role, Summary};
use gongkai_proto::{
    ADMIN_MESSAGE_BYTES_MAX, DESCRIPTORS,
    admin::v1::{
        audit_service_server::AuditServiceServer, bundle_service_server::BundleServiceServer,
        catalog_service_server::CatalogServiceServer, conflict_service_server::ConflictServiceServer,
        custody_service_server::CustodyServiceServer, erase_service_server::EraseServiceServer,
        explain_service_server::ExplainServiceServer, node_service_server::NodeServiceServer,
        operator_service_server::OperatorServiceServer, publish_service_server::PublishServiceServer,
        review_service_server::ReviewServiceServer, routing_service_server::RoutingServiceServer,
        standard_service_server::StandardServiceServer, sync_service_server::SyncServiceServer,
    },
    metadata,
};
use tokio::net::UnixListener;
use tokio_stream::{
    Stream, StreamExt as _,
    wrappers::{ReceiverStream, UnixListenerStream},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tonic::{
    Request,
    transport::{Server, server::Router},
};

use crate::{
    Error,
    config::{Config, Limits},
    links::{Renewal, Shared},
    operators::Operators,
};

mod audit;
mod bundle;
mod bundle_rows;
mod catalog;
mod catalogs;
mod changes;
mod conflict;
mod conflict_words;
mod convert;
mod custody;
mod difference;
mod erase;
mod explain;
mod gate;
mod history;
mod intake;
mod local;
mod node;
mod operator;
mod port;
mod proposals;
mod publish;
mod refuse;
mod review;
mod review_items;
mod review_rows;
mod routing;
mod stale;
mod standard;
mod standard_rows;
mod sync;
mod sync_now;
mod sync_status;
mod sync_watch;
mod turned_away;

pub(crate) use port::AdminPort;
pub(crate) use turned_away::TurnedAway;

/// A caller of whom nothing is heard is asked so often; without an answer for as long the connection ends: a desk that
/// was switched off must not hold one of the port's slots.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// What the daemon knows of itself.
pub(crate) struct Facts {
    pub(crate) dir: PathBuf,
    pub(crate) address: SocketAddr,
    pub(crate) advertise: String,
    pub(crate) started_at_ms: i64,
    pub(crate) entry_key_id: String,
    pub(crate) limits: Limits,
    /// Where operators with certificates are taken, if anywhere.
    pub(crate) admin_address: Option<SocketAddr>,
    /// Who was turned away there.
    pub(crate) turned_away: TurnedAway,
    /// The file that operators are read from anew.
    pub(crate) config_file: Option<PathBuf>,
    /// The account that the daemon runs under.
    pub(crate) own_uid: u32,
}

/// All services of one node; cheap to clone.
#[derive(Clone)]
pub(crate) struct Admin(Arc<Inner>);

struct Inner {
    shared: Shared,
    operators: ArcSwap<Operators>,
    facts: Facts,
    /// The cron line of a scheduled link to the parent.
    schedule: String,
    parent_addresses: Vec<String>,
    editions_dir: PathBuf,
    stop: CancellationToken,
    /// Tasks behind answers that stream.
    streams: TaskTracker,
}

impl Admin {
    pub(crate) fn new(
        shared: Shared,
        operators: Operators,
        facts: Facts,
        config: &Config,
        stop: CancellationToken,
    ) -> Self {
        let named = &config.publish.directory;
        let editions_dir = if named.as_os_str().is_empty() { facts.dir.join("editions") } else { named.clone() };
        Self(Arc::new(Inner {
            shared,
            operators: ArcSwap::from_pointee(operators),
            facts,
            schedule: config.parent.schedule.clone(),
            parent_addresses: config.parent.address.all().to_vec(),
            editions_dir,
            stop,
            streams: TaskTracker::new(),
        }))
    }

    /// Where editions are written.
    pub(crate) fn editions_dir(&self) -> &std::path::Path {
        &self.0.editions_dir
    }

    fn app(&self) -> &App {
        &self.0.shared.app
    }

    /// This node's division, as answers name it.
    fn node_id(&self) -> String {
        self.app().world().me.to_string()
    }

    /// The renewal of this node's certificate.
    pub(crate) fn renewal(&self) -> Renewal {
        Renewal::new(self.0.shared.clone(), self.0.parent_addresses.clone())
    }

    /// Who calls: the gate has asked and put him beside the request.
    fn operator<T>(&self, request: &Request<T>) -> Result<Operator, Error> {
        request.extensions().get::<Operator>().cloned().ok_or(Error::NoOperator { uid: -1 })
    }

    /// The sentence in the caller's language.
    fn sentence<T>(&self, request: &Request<T>) -> fn(Summary) -> String {
        match request.metadata().get(metadata::LANGUAGE).and_then(|value| value.to_str().ok()) {
            Some("zh") => |summary| summary.zh,
            Some(_) | None => |summary| summary.en,
        }
    }

    /// Who calls, if he has one of the roles.
    fn operator_with<T>(&self, request: &Request<T>, roles: &'static [Role]) -> Result<Operator, Error> {
        let operator = self.operator(request)?;
        operator.require_one(roles)?;
        Ok(operator)
    }
}

/// Whether the caller reads Chinese.
fn is_zh<T>(request: &Request<T>) -> bool {
    let language = request.metadata().get(metadata::LANGUAGE);
    language.and_then(|value| value.to_str().ok()) == Some("zh")
}

macro_rules! sized {
    ($server:ident, $admin:expr) => {
        $server::new($admin.clone())
            .max_decoding_message_size(ADMIN_MESSAGE_BYTES_MAX)
            .max_encoding_message_size(ADMIN_MESSAGE_BYTES_MAX)
    };
}

/// Serves until `stop`; answers that stream end with it.
pub(crate) async fn serve(
    admin: Admin,
    listeners: Vec<UnixListener>,
    port: Option<AdminPort>,
    stop: CancellationToken,
) -> Result<(), Error> {
    let (ready, remote) = port::queue();
    let accepting = port.map(|port| tokio::spawn(port.accept(ready, stop.clone())));
    let seated = listeners.into_iter().map(|listener| {
        let seats = local::Seats::new(admin.0.shared.sparing.clone());
        UnixListenerStream::new(listener).filter_map(move |accepted| seats.seat(accepted))
    });
    let sockets = tokio_stream::StreamMap::from_iter(seated.enumerate()).map(|(_, accepted)| accepted);
    let local = router(&admin).await?.serve_with_incoming_shutdown(sockets, stop.clone().cancelled_owned());
    // Without a port its queue is closed from the start, and the server would be done before it began.
    let remote: Incoming<port::Remote> = match &accepting {
        Some(_) => Box::pin(ReceiverStream::new(remote).map(Ok)),
        None => Box::pin(tokio_stream::pending()),
    };
    let remote = router(&admin).await?.serve_with_incoming_shutdown(remote, stop.cancelled_owned());
    let served = tokio::try_join!(local, remote);
    if let Some(accepting) = accepting {
        // It ends with the same signal, and a panic in it was shown already.
        let _ = accepting.await;
    }
    admin.0.streams.close();
    admin.0.streams.wait().await;
    served.map(|_| ()).map_err(|error| broken(&error))
}

type Incoming<T> = std::pin::Pin<Box<dyn Stream<Item = Result<T, std::io::Error>> + Send>>;

fn broken(error: &dyn std::fmt::Display) -> Error {
    Error::PartStopped { part: "admin API", why: error.to_string() }
}

/// All services behind the gate: the same for every way in.
async fn router(
    admin: &Admin,
) -> Result<Router<tower::layer::util::Stack<gate::Gate, tower::layer::util::Identity>>, Error> {
    let (health, health_service) = tonic_health::server::health_reporter();
    health.set_serving::<NodeServiceServer<Admin>>().await;
    let described = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let reflection = described().build_v1().map_err(|error| broken(&error))?;
    // Python's client and older tools know nothing but this.
    let older_reflection = described().build_v1alpha().map_err(|error| broken(&error))?;
    Ok(Server::builder()
        .layer(gate::Gate(admin.clone()))
        .http2_keepalive_interval(Some(KEEPALIVE))
        .http2_keepalive_timeout(Some(KEEPALIVE))
        .add_service(health_service)
        .add_service(reflection)
        .add_service(older_reflection)
        .add_service(sized!(AuditServiceServer, admin))
        .add_service(sized!(BundleServiceServer, admin))
        .add_service(sized!(CatalogServiceServer, admin))
        .add_service(sized!(ConflictServiceServer, admin))
        .add_service(sized!(CustodyServiceServer, admin))
        .add_service(sized!(EraseServiceServer, admin))
        .add_service(sized!(ExplainServiceServer, admin))
        .add_service(sized!(NodeServiceServer, admin))
        .add_service(sized!(OperatorServiceServer, admin))
        .add_service(sized!(PublishServiceServer, admin))
        .add_service(sized!(ReviewServiceServer, admin))
        .add_service(sized!(RoutingServiceServer, admin))
        .add_service(sized!(StandardServiceServer, admin))
        .add_service(sized!(SyncServiceServer, admin)))
}
