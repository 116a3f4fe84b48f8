//! A node that answers from a script, and the program run against it.
//!
//! Invariant: the server speaks over a real Unix socket in a real directory, the program is a real process.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Command,
};

use gongkai_proto::{
    ADMIN_SOCKET,
    admin::v1::{
        BackupRequest, BackupResponse, DoctorRequest, DoctorResponse, GiveCustodyRequest, GiveCustodyResponse,
        InviteRequest, InviteResponse, ListNodesRequest, ListNodesResponse, ListPeersRequest, ListPeersResponse,
        MoveRequest, MoveResponse, NodeStatusRequest, NodeStatusResponse, ReleaseRequest, ReleaseResponse,
        RenewNodeRequest, RenewNodeResponse, RevokeRequest, RevokeResponse, ShowNodeRequest, ShowNodeResponse,
        ShutdownRequest, ShutdownResponse, SyncEvent, SyncHistoryRequest, SyncHistoryResponse, SyncNowRequest,
        SyncProgress, SyncStatusRequest, SyncStatusResponse, WatchSyncRequest, WhereaboutsRequest, WhereaboutsResponse,
        node_service_server::{NodeService, NodeServiceServer},
        standard_service_server::StandardServiceServer,
        sync_service_server::{SyncService, SyncServiceServer},
    },
    metadata,
};
use tokio::{net::UnixListener, task::JoinHandle};
use tokio_stream::wrappers::UnixListenerStream;
use tonic::{Request, Response, Status, metadata::MetadataValue, transport::Server};

type Answer<T> = Result<Response<T>, Status>;
type Stream<T> = tokio_stream::Iter<std::vec::IntoIter<Result<T, Status>>>;

/// What the scripted node says.
#[derive(Clone, Default)]
pub(crate) struct Script {
    pub(crate) show: ShowNodeResponse,
    pub(crate) doctor: DoctorResponse,
    pub(crate) status: NodeStatusResponse,
    pub(crate) sync_status: SyncStatusResponse,
    pub(crate) sync_now: Vec<SyncProgress>,
    /// What a watch until idle hears.
    pub(crate) sync_watch: Vec<SyncEvent>,
    pub(crate) whereabouts: WhereaboutsResponse,
    /// Code, message and hint with which invitations are refused.
    pub(crate) refusal: Option<(&'static str, &'static str, &'static str)>,
}

fn header<T>(request: &Request<T>, name: &str) -> String {
    request.metadata().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

#[tonic::async_trait]
impl NodeService for Script {
    async fn show(&self, _: Request<ShowNodeRequest>) -> Answer<ShowNodeResponse> {
        Ok(Response::new(self.show.clone()))
    }

    async fn list(&self, _: Request<ListNodesRequest>) -> Answer<ListNodesResponse> {
        Err(Status::unimplemented(""))
    }

    /// Says in the answer who asked and in which language.
    async fn invite(&self, request: Request<InviteRequest>) -> Answer<InviteResponse> {
        if let Some((code, message, hint)) = self.refusal {
            let mut status = Status::failed_precondition("refused");
            let headers = status.metadata_mut();
            headers.insert(metadata::CODE, code.parse().expect("a code is ASCII"));
            headers.insert_bin(metadata::MESSAGE, MetadataValue::from_bytes(message.as_bytes()));
            headers.insert_bin(metadata::HINT, MetadataValue::from_bytes(hint.as_bytes()));
            return Err(status);
        }
        let name = format!("{} {}", header(&request, metadata::OPERATOR), header(&request, metadata::LANGUAGE));
        let asked = request.into_inner();
        Ok(Response::new(InviteResponse { division: asked.division, name, ..InviteResponse::default() }))
    }

    async fn status(&self, _: Request<NodeStatusRequest>) -> Answer<NodeStatusResponse> {
        Ok(Response::new(self.status.clone()))
    }

    async fn doctor(&self, _: Request<DoctorRequest>) -> Answer<DoctorResponse> {
        Ok(Response::new(self.doctor.clone()))
    }

    /// Says in the answer what was asked.
    async fn backup(&self, request: Request<BackupRequest>) -> Answer<BackupResponse> {
        let file = request.into_inner().file;
        Ok(Response::new(BackupResponse { node: "211221".to_owned(), file, ..BackupResponse::default() }))
    }

    /// Says in the answer who asked and why.
    async fn release(&self, request: Request<ReleaseRequest>) -> Answer<ReleaseResponse> {
        let operator = header(&request, metadata::OPERATOR);
        let node = format!("{operator}: {}", request.into_inner().reason);
        Ok(Response::new(ReleaseResponse { node }))
    }

    async fn renew(&self, _: Request<RenewNodeRequest>) -> Answer<RenewNodeResponse> {
        Err(Status::unimplemented(""))
    }

    async fn r#move(&self, _: Request<MoveRequest>) -> Answer<MoveResponse> {
        Err(Status::unimplemented(""))
    }

    async fn give_custody(&self, _: Request<GiveCustodyRequest>) -> Answer<GiveCustodyResponse> {
        Err(Status::unimplemented(""))
    }

    async fn revoke(&self, _: Request<RevokeRequest>) -> Answer<RevokeResponse> {
        Err(Status::unimplemented(""))
    }

    async fn shutdown(&self, _: Request<ShutdownRequest>) -> Answer<ShutdownResponse> {
        Err(Status::unimplemented(""))
    }
}

#[tonic::async_trait]
impl SyncService for Script {
    type NowStream = Stream<SyncProgress>;
    type WatchStream = Stream<SyncEvent>;

    async fn status(&self, _: Request<SyncStatusRequest>) -> Answer<SyncStatusResponse> {
        Ok(Response::new(self.sync_status.clone()))
    }

    async fn now(&self, _: Request<SyncNowRequest>) -> Answer<Self::NowStream> {
        let said: Vec<_> = self.sync_now.iter().cloned().map(Ok).collect();
        Ok(Response::new(tokio_stream::iter(said)))
    }

    async fn peers(&self, _: Request<ListPeersRequest>) -> Answer<ListPeersResponse> {
        Err(Status::unimplemented(""))
    }

    async fn history(&self, _: Request<SyncHistoryRequest>) -> Answer<SyncHistoryResponse> {
        Err(Status::unimplemented(""))
    }

    async fn watch(&self, request: Request<WatchSyncRequest>) -> Answer<Self::WatchStream> {
        let is_ended = request.into_inner().until_idle;
        let said: Vec<_> = self.sync_watch.iter().cloned().map(Ok).filter(|_| is_ended).collect();
        Ok(Response::new(tokio_stream::iter(said)))
    }

    async fn whereabouts(&self, _: Request<WhereaboutsRequest>) -> Answer<WhereaboutsResponse> {
        Ok(Response::new(self.whereabouts.clone()))
    }
}

/// A scripted node in a directory; it ends with this value.
pub(crate) struct Node {
    data: PathBuf,
    _folder: tempfile::TempDir,
    server: JoinHandle<()>,
}

impl Node {
    /// In a new directory.
    pub(crate) fn start(script: Script) -> Self {
        Self::start_below("", script)
    }

    /// In a folder below a new directory.
    pub(crate) fn start_below(below: &str, script: Script) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let data = folder.path().join(below);
        std::fs::create_dir_all(&data).expect("a data directory");
        // A long name is bound through the open directory, as a daemon does it.
        use std::os::fd::AsRawFd as _;
        let open = std::fs::File::open(&data).expect("the directory is there");
        let short = Path::new("/proc/self/fd").join(open.as_raw_fd().to_string()).join(ADMIN_SOCKET);
        let listener = UnixListener::bind(short).expect("a socket");
        let server = Server::builder()
            .add_service(NodeServiceServer::new(script.clone()))
            .add_service(StandardServiceServer::new(script.clone()))
            .add_service(SyncServiceServer::new(script))
            .serve_with_incoming(UnixListenerStream::new(listener));
        let server = tokio::spawn(async move { server.await.expect("the scripted node serves") });
        Self { data, _folder: folder, server }
    }

    /// Runs the program on this node's data directory.
    pub(crate) async fn run(&self, words: &[&str]) -> Ended {
        let mut all = vec!["--data", self.data.to_str().expect("the path is text")];
        all.extend(words);
        run(&all).await
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// How the program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// Stdout as the one JSON document that it must be.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| unreadable(&error, self))
    }
}

fn unreadable(error: &serde_json::Error, ended: &Ended) -> serde_json::Value {
    serde_json::json!({ "not_json": error.to_string(), "stdout": ended.stdout, "stderr": ended.stderr })
}

/// Runs the program with words and nothing of this test's environment that could steer it.
pub(crate) async fn run(words: &[&str]) -> Ended {
    run_with(words, &[]).await
}

/// The same with variables.
pub(crate) async fn run_with(words: &[&str], variables: &[(&str, &OsStr)]) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gongkai"));
    for name in ["GONGKAI_DATA", "GONGKAI_OPERATOR", "GONGKAID", "LC_ALL", "LC_MESSAGES"] {
        command.env_remove(name);
    }
    command.env("LANG", "C").args(words);
    command.envs(variables.iter().map(|(name, value)| (OsStr::new(*name), *value)));
    let output = tokio::task::spawn_blocking(move || command.output());
    let output = output.await.expect("the task ran").expect("the program started");
    Ended {
        status: output.status.code().expect("no signal ended it"),
        stdout: String::from_utf8(output.stdout).expect("text"),
        stderr: String::from_utf8(output.stderr).expect("text"),
    }
}
