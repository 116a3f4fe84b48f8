//! Calls to a daemon over the Unix socket in its data directory, or over its admin port.
//!
//! Invariant: a client exists only when the daemon has answered; every call says who acts and in which language it
//! wants sentences. Left out: what the calls mean (commands), certificates (remote).

use std::{
    io,
    path::{Path, PathBuf},
    sync::Mutex,
    time::{Duration, Instant},
};

use gongkai_model::id::OperatorId;
use gongkai_proto::{
    ADMIN_MESSAGE_BYTES_MAX, ADMIN_SOCKET,
    admin::v1::{
        audit_service_client::AuditServiceClient, bundle_service_client::BundleServiceClient,
        catalog_service_client::CatalogServiceClient, conflict_service_client::ConflictServiceClient,
        custody_service_client::CustodyServiceClient, erase_service_client::EraseServiceClient,
        explain_service_client::ExplainServiceClient, node_service_client::NodeServiceClient,
        operator_service_client::OperatorServiceClient, publish_service_client::PublishServiceClient,
        review_service_client::ReviewServiceClient, routing_service_client::RoutingServiceClient,
        standard_service_client::StandardServiceClient, sync_service_client::SyncServiceClient,
    },
    metadata,
};
use hyper_util::rt::TokioIo;
use tokio::{net::UnixStream, time::sleep};
use tonic::{
    Request, Status,
    metadata::AsciiMetadataValue,
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Channel, Endpoint},
};

use crate::{
    errors::{Failure, Fault},
    remote::Port,
    ui::Lang,
};

/// Fills HTTP/2's authority field; the connector knows where the daemon is.
const AUTHORITY: &str = "http://admin.gongkai.internal";
/// A daemon from which nothing comes is asked so often whether it is there: a long answer ends with a lost link.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// How long a daemon may take from its start to its socket: it checks its database before.
const START_MAX: Duration = Duration::from_secs(5);
/// How often it is knocked at meanwhile.
const KNOCK_EVERY: Duration = Duration::from_millis(50);
/// What makes a directory a node's; in another one no daemon is starting.
const MARKER_FILE: &str = "node.json";

type Service = InterceptedService<Channel, Caller>;

/// Who calls; goes with every request.
#[derive(Clone)]
pub(crate) struct Caller {
    operator: Option<AsciiMetadataValue>,
    language: AsciiMetadataValue,
}

impl Caller {
    /// An operator's id is ASCII (the model's `OperatorId`); other text is wrong usage.
    pub(crate) fn new(operator: Option<&str>, lang: Lang) -> Result<Self, Failure> {
        let not_an_id = |text: &str| Fault::Usage(format!("`{text}` is not an operator id"));
        let operator = match operator {
            Some(text) => {
                OperatorId::parse(text).map_err(|_| not_an_id(text))?;
                Some(text.parse().map_err(|_| not_an_id(text))?)
            }
            None => None,
        };
        Ok(Self { operator, language: AsciiMetadataValue::from_static(lang.tag()) })
    }
}

impl Interceptor for Caller {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let headers = request.metadata_mut();
        headers.insert(metadata::LANGUAGE, self.language.clone());
        if let Some(operator) = &self.operator {
            headers.insert(metadata::OPERATOR, operator.clone());
        }
        Ok(request)
    }
}

/// A connection to one daemon.
#[derive(Clone)]
pub(crate) struct Client {
    service: Service,
}

macro_rules! services {
    ($($name:ident: $client:ident),* $(,)?) => {
        $(pub(crate) fn $name(&self) -> $client<Service> {
            $client::new(self.service.clone())
                .max_decoding_message_size(ADMIN_MESSAGE_BYTES_MAX)
                .max_encoding_message_size(ADMIN_MESSAGE_BYTES_MAX)
        })*
    };
}

impl Client {
    services! {
        audit: AuditServiceClient,
        bundle: BundleServiceClient,
        catalog: CatalogServiceClient,
        conflict: ConflictServiceClient,
        custody: CustodyServiceClient,
        erase: EraseServiceClient,
        explain: ExplainServiceClient,
        node: NodeServiceClient,
        operator: OperatorServiceClient,
        publish: PublishServiceClient,
        review: ReviewServiceClient,
        routing: RoutingServiceClient,
        standard: StandardServiceClient,
        sync: SyncServiceClient,
    }

    /// Connects to the daemon of a data directory; one that is starting is waited for.
    pub(crate) async fn connect(data: &Path, caller: Caller) -> Result<Self, Failure> {
        let socket = data.join(ADMIN_SOCKET);
        let is_node = data.join(MARKER_FILE).exists();
        let begun = Instant::now();
        loop {
            match dial(socket.clone()).await {
                Err(error) if is_node && is_away(&error) && begun.elapsed() < START_MAX => sleep(KNOCK_EVERY).await,
                Err(error) => return Err(refused(&socket, &error).into()),
                Ok(_answered) => return Self::connect_now(data, caller).await,
            }
        }
    }

    /// The same for whoever can do without: a daemon that does not answer at once is away.
    pub(crate) async fn connect_now(data: &Path, caller: Caller) -> Result<Self, Failure> {
        let socket = data.join(ADMIN_SOCKET);
        // tonic's own error says only "transport error"; a bare connection tells why.
        drop(dial(socket.clone()).await.map_err(|error| refused(&socket, &error))?);
        let connector = tower::service_fn({
            let socket = socket.clone();
            move |_: tonic::transport::Uri| {
                let socket = socket.clone();
                async move { dial(socket).await.map(TokioIo::new) }
            }
        });
        let channel = Endpoint::from_static(AUTHORITY)
            .connect_with_connector(connector)
            .await
            .map_err(|_| Fault::DaemonAway { socket })?;
        Ok(Self { service: InterceptedService::new(channel, caller) })
    }

    /// Connects to a daemon on another machine.
    pub(crate) async fn over_tls(port: &Port, caller: Caller) -> Result<Self, Failure> {
        let once = Mutex::new(Some(TokioIo::new(port.dial().await?)));
        // tonic would dial again after a loss: the second time there is nothing to give, and the call fails.
        let connector = tower::service_fn(move |_: tonic::transport::Uri| {
            let taken = once.lock().ok().and_then(|mut stream| stream.take());
            std::future::ready(taken.ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected)))
        });
        let channel = Endpoint::from_static(AUTHORITY)
            .http2_keep_alive_interval(KEEPALIVE)
            .keep_alive_timeout(KEEPALIVE)
            .connect_with_connector(connector)
            .await
            .map_err(|error| Fault::RemoteAway { address: port.address.clone(), why: error.to_string() })?;
        Ok(Self { service: InterceptedService::new(channel, caller) })
    }
}

/// A socket's path has at most 107 bytes in the kernel's structure (unix(7)); a longer one is reached through the
/// open directory's short name under /proc.
const SOCKET_PATH_BYTES_MAX: usize = 107;

async fn dial(socket: PathBuf) -> io::Result<UnixStream> {
    if socket.as_os_str().len() <= SOCKET_PATH_BYTES_MAX {
        return UnixStream::connect(socket).await;
    }
    use std::os::fd::AsRawFd as _;
    let folder = std::fs::File::open(socket.parent().unwrap_or(Path::new(".")))?;
    let name = socket.file_name().unwrap_or_default();
    UnixStream::connect(Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string()).join(name)).await
}

/// No socket yet, or one that a crash left behind.
fn is_away(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused)
}

fn refused(socket: &Path, error: &io::Error) -> Fault {
    let socket = socket.to_owned();
    match error.kind() {
        io::ErrorKind::PermissionDenied => Fault::SocketForbidden { socket },
        _ => Fault::DaemonAway { socket },
    }
}
