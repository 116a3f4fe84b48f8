//! The admin API of a running daemon, over its socket: the calls that the benchmarks make.
//!
//! Invariant: every call names its operator; a refusal is an error with the daemon's own words.

use std::path::Path;

use anyhow::{Context as _, Result};
use gongkai_proto::{
    ADMIN_MESSAGE_BYTES_MAX, ADMIN_SOCKET,
    admin::v1::{
        CatalogRow, ImportCatalogRequest, ListCatalogsRequest, RunPublishRequest, ShowCatalogRequest,
        SubmitCatalogRequest, SyncStatusRequest, catalog_service_client::CatalogServiceClient,
        publish_service_client::PublishServiceClient, sync_service_client::SyncServiceClient,
    },
    metadata,
};
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;
use tonic::{
    Request, Status,
    transport::{Channel, Endpoint},
};

use crate::data::Workbook;

/// A connection to one daemon.
#[derive(Clone)]
pub(crate) struct Admin(Channel);

impl Admin {
    /// Connects to the daemon of a data directory.
    pub(crate) async fn of(dir: &Path) -> Result<Self> {
        let socket = dir.join(ADMIN_SOCKET);
        let connector = tower::service_fn(move |_: tonic::transport::Uri| {
            let socket = socket.clone();
            async move { UnixStream::connect(socket).await.map(TokioIo::new) }
        });
        let endpoint = Endpoint::from_static("http://admin.gongkai.internal");
        Ok(Self(endpoint.connect_with_connector(connector).await.context("the admin socket")?))
    }

    fn catalogs(&self) -> CatalogServiceClient<Channel> {
        CatalogServiceClient::new(self.0.clone())
            .max_decoding_message_size(ADMIN_MESSAGE_BYTES_MAX)
            .max_encoding_message_size(ADMIN_MESSAGE_BYTES_MAX)
    }

    /// Keeps a workbook as the draft of its catalog; gives the revision.
    pub(crate) async fn import(&self, workbook: &Workbook) -> Result<String> {
        let request = ImportCatalogRequest {
            content: workbook.content.clone(),
            file_name: workbook.file_name.clone(),
            domain: workbook.domain.clone(),
            confirm_removals: true,
            ..ImportCatalogRequest::default()
        };
        Ok(said(self.catalogs().import(by("clerk", request)).await)?.revision)
    }

    /// Puts a catalog up for review; gives the revision.
    pub(crate) async fn submit(&self, catalog: &str) -> Result<String> {
        let request = SubmitCatalogRequest { catalog: catalog.to_owned(), ..SubmitCatalogRequest::default() };
        Ok(said(self.catalogs().submit(by("clerk", request)).await)?.revision)
    }

    /// The latest revision of a catalog, and whether it is readable here at all.
    pub(crate) async fn revision(&self, catalog: &str) -> Result<Option<String>> {
        let request = ShowCatalogRequest { catalog: catalog.to_owned(), ..ShowCatalogRequest::default() };
        match self.catalogs().show(by("auditor", request)).await {
            Ok(shown) => Ok(Some(shown.into_inner().revision)),
            Err(status) if status.code() == tonic::Code::NotFound => Ok(None),
            Err(status) => said(Err(status)),
        }
    }

    /// The catalogs known here.
    pub(crate) async fn list(&self) -> Result<Vec<CatalogRow>> {
        Ok(said(self.catalogs().list(by("auditor", ListCatalogsRequest::default())).await)?.catalogs)
    }

    /// Items of all catalogs known here.
    pub(crate) async fn items(&self) -> Result<usize> {
        Ok(self.list().await?.iter().map(|row| row.items as usize).sum())
    }

    /// Links in session, and entries that are still to move over any link.
    pub(crate) async fn links(&self) -> Result<(usize, u64)> {
        let mut client = SyncServiceClient::new(self.0.clone());
        let peers = said(client.status(by("auditor", SyncStatusRequest {})).await)?.peers;
        let connected = peers.iter().filter(|peer| peer.state == "connected").count();
        Ok((connected, peers.iter().map(|peer| peer.entries_to_send + peer.entries_to_receive).sum()))
    }

    /// Streams that wait because of a budget of this node, or of its disk.
    pub(crate) async fn delayed(&self) -> Result<u64> {
        let mut client = SyncServiceClient::new(self.0.clone());
        let peers = said(client.status(by("auditor", SyncStatusRequest {})).await)?.peers;
        let waiting = peers.iter().flat_map(|peer| &peer.waiting);
        Ok(waiting.filter(|it| it.why == "allowance" || it.why == "disk").map(|it| it.streams).sum())
    }

    /// Makes an edition.
    pub(crate) async fn publish(&self) -> Result<u64> {
        let mut client = PublishServiceClient::new(self.0.clone());
        Ok(said(client.run(by("publisher", RunPublishRequest::default())).await)?.edition)
    }
}

fn by<T>(operator: &'static str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert(metadata::OPERATOR, tonic::metadata::MetadataValue::from_static(operator));
    request
}

fn said<T>(reply: Result<tonic::Response<T>, Status>) -> Result<T> {
    let words = |status: &Status| {
        let said = status.metadata().get_bin(metadata::MESSAGE).and_then(|value| value.to_bytes().ok());
        said.map_or_else(|| status.to_string(), |bytes| String::from_utf8_lossy(&bytes).into_owned())
    };
    reply.map(tonic::Response::into_inner).map_err(|status| anyhow::anyhow!("refused: {}", words(&status)))
}
