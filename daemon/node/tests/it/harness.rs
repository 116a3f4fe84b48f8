//! Daemons in this process, and calls to them as the command line makes them.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use gongkai_node::{Found, Join, Made, Running, Start, config::Config};
use gongkai_proto::{
    ADMIN_MESSAGE_BYTES_MAX, ADMIN_SOCKET,
    admin::v1::{self as wire, *},
    metadata,
};
use gongkai_seeds::{Sample, samples};
use tempfile::TempDir;
use tokio_stream::StreamExt as _;
use tonic::{
    Status,
    transport::{Channel, Endpoint},
};

/// The city, one of its counties, and two of the county's townships.
pub(crate) const CITY: &str = "211200";
pub(crate) const COUNTY: &str = "211221";
pub(crate) const TOWN: &str = "211221101";
pub(crate) const OTHER_TOWN: &str = "211221105";

/// How long something may take that follows by itself: a loaded machine has minutes of disk queue.
const WAIT_MAX: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(15);
const ANY_PORT: &str = "127.0.0.1:0";

/// Waits until the check gives something.
pub(crate) async fn eventually<T>(what: &str, mut check: impl AsyncFnMut() -> Option<T>) -> T {
    let waited = tokio::time::timeout(WAIT_MAX, async {
        loop {
            if let Some(found) = check().await {
                return found;
            }
            tokio::time::sleep(POLL).await;
        }
    });
    waited.await.unwrap_or_else(|_| panic!("{what} did not come about"))
}

/// The code in a refused call.
pub(crate) fn code(status: &Status) -> String {
    let code = status.metadata().get(metadata::CODE).unwrap_or_else(|| panic!("no code in {status:?}"));
    code.to_str().unwrap().to_owned()
}

/// One node: its directory and its daemon, if it runs.
pub(crate) struct Node {
    pub(crate) dir: PathBuf,
    running: Option<Running>,
    channel: Option<Channel>,
    _kept: Option<TempDir>,
}

/// Founds the city's node and starts it.
pub(crate) async fn city() -> Node {
    city_with("").await
}

/// The same with more lines in its configuration.
pub(crate) async fn city_with(config: &str) -> Node {
    let kept = TempDir::new().unwrap();
    let dir = kept.path().join("node");
    let made = gongkai_node::found(Found {
        dir: dir.clone(),
        division: CITY.to_owned(),
        name: None,
        listen: ANY_PORT.to_owned(),
        advertise: String::new(),
        seeds: None,
    });
    made.await.unwrap();
    let file = dir.join(gongkai_node::CONFIG_FILE);
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text + config).unwrap();
    register(&dir);
    Node::start_in(dir, Some(kept)).await
}

/// Names people at a node where a test names none: the test's own account as one who may do everything, and those whom
/// it names in calls. All of them are one account, which is one person's word: one is asked for.
fn register(dir: &Path) {
    use std::os::unix::fs::MetadataExt as _;
    let file = dir.join(gongkai_node::CONFIG_FILE);
    let mut text = std::fs::read_to_string(&file).unwrap();
    if text.contains("[[operator]]") {
        return;
    }
    if !text.contains("[publish]") {
        text += "\n[publish]\nsigners_min = 1\n";
    }
    let uid = std::fs::metadata(dir).unwrap().uid();
    text += &format!(
        "\n[[operator]]\nuid = {uid}\nname = \"admin\"\nroles = [\"clerk\", \"reviewer\", \"publisher\", \"auditor\", \"admin\"]\n"
    );
    for name in ["first", "second", "third", "publisher"] {
        text += &format!("[[operator]]\nname = \"{name}\"\nroles = [\"publisher\"]\n");
    }
    text += "[[operator]]\nname = \"reviewer\"\nroles = [\"clerk\", \"reviewer\"]\n";
    std::fs::write(&file, text).unwrap();
}

/// Joins with a token; gives the directory too.
pub(crate) async fn join_in(dir: &Path, token: &str, division: Option<&str>) -> Result<Made, gongkai_node::Error> {
    gongkai_node::join(Join {
        dir: dir.to_owned(),
        token: token.to_owned(),
        division: division.map(str::to_owned),
        listen: ANY_PORT.to_owned(),
        advertise: String::new(),
    })
    .await
}

impl Node {
    /// Starts a daemon on a directory that holds a node.
    pub(crate) async fn start_in(dir: PathBuf, kept: Option<TempDir>) -> Self {
        let mut node = Self { dir, running: None, channel: None, _kept: kept };
        node.start().await;
        node
    }

    /// Invites, joins and starts a child.
    pub(crate) async fn child(&self, division: &str) -> Self {
        self.child_with(division, |config| config).await
    }

    /// A child whose configuration is changed before its first start.
    pub(crate) async fn child_with(&self, division: &str, change: impl Fn(String) -> String) -> Self {
        let kept = TempDir::new().unwrap();
        let dir = kept.path().join("node");
        join_in(&dir, &self.token(division).await, None).await.unwrap();
        let config = dir.join(gongkai_node::CONFIG_FILE);
        let text = change(std::fs::read_to_string(&config).unwrap());
        std::fs::write(&config, text).unwrap();
        register(&dir);
        Self::start_in(dir, Some(kept)).await
    }

    /// Starts the daemon of the directory.
    pub(crate) async fn start(&mut self) {
        let running = gongkai_node::start(Start::read(self.dir.clone(), None).unwrap()).await.unwrap();
        let socket = format!("unix:{}", self.dir.join(ADMIN_SOCKET).display());
        self.running = Some(running);
        self.channel = Some(Endpoint::from_shared(socket).unwrap().connect().await.unwrap());
    }

    /// Stops the daemon in order.
    pub(crate) async fn stop(&mut self) {
        self.channel = None;
        self.running.take().unwrap().stop().await;
    }

    pub(crate) fn channel(&self) -> Channel {
        self.channel.clone().unwrap()
    }

    pub(crate) fn address(&self) -> String {
        self.running.as_ref().unwrap().address().to_string()
    }

    pub(crate) fn catalogs(&self) -> catalog_service_client::CatalogServiceClient<Channel> {
        catalog_service_client::CatalogServiceClient::new(self.channel())
            .max_decoding_message_size(ADMIN_MESSAGE_BYTES_MAX)
            .max_encoding_message_size(ADMIN_MESSAGE_BYTES_MAX)
    }

    pub(crate) fn reviews(&self) -> review_service_client::ReviewServiceClient<Channel> {
        review_service_client::ReviewServiceClient::new(self.channel())
    }

    pub(crate) fn standards(&self) -> standard_service_client::StandardServiceClient<Channel> {
        standard_service_client::StandardServiceClient::new(self.channel())
            .max_decoding_message_size(ADMIN_MESSAGE_BYTES_MAX)
            .max_encoding_message_size(ADMIN_MESSAGE_BYTES_MAX)
    }

    pub(crate) fn routing(&self) -> routing_service_client::RoutingServiceClient<Channel> {
        routing_service_client::RoutingServiceClient::new(self.channel())
            .max_decoding_message_size(ADMIN_MESSAGE_BYTES_MAX)
            .max_encoding_message_size(ADMIN_MESSAGE_BYTES_MAX)
    }

    pub(crate) fn erasures(&self) -> erase_service_client::EraseServiceClient<Channel> {
        erase_service_client::EraseServiceClient::new(self.channel())
    }

    pub(crate) fn conflicts(&self) -> conflict_service_client::ConflictServiceClient<Channel> {
        conflict_service_client::ConflictServiceClient::new(self.channel())
    }

    pub(crate) fn nodes(&self) -> node_service_client::NodeServiceClient<Channel> {
        node_service_client::NodeServiceClient::new(self.channel())
    }

    pub(crate) fn links(&self) -> sync_service_client::SyncServiceClient<Channel> {
        sync_service_client::SyncServiceClient::new(self.channel())
    }

    pub(crate) fn editions(&self) -> publish_service_client::PublishServiceClient<Channel> {
        publish_service_client::PublishServiceClient::new(self.channel())
    }

    /// Why a thing is stuck, in a language.
    pub(crate) async fn explain(&self, thing: &str, language: &str) -> Result<ExplainResponse, Status> {
        let mut client = explain_service_client::ExplainServiceClient::new(self.channel());
        let mut request = tonic::Request::new(ExplainRequest { thing: thing.to_owned() });
        request.metadata_mut().insert(metadata::LANGUAGE, language.parse().unwrap());
        Ok(client.explain(request).await?.into_inner())
    }

    pub(crate) fn audit(&self) -> audit_service_client::AuditServiceClient<Channel> {
        audit_service_client::AuditServiceClient::new(self.channel())
    }

    /// A token for a division below; a young node knows its children only once the tree has come down.
    pub(crate) async fn token(&self, division: &str) -> String {
        let request = InviteRequest { division: division.to_owned(), ..InviteRequest::default() };
        eventually("the tree", async || self.nodes().invite(request.clone()).await.ok()).await.into_inner().token
    }

    /// `sync now`; the last word of each link.
    pub(crate) async fn sync_now(&self) -> Vec<SyncProgress> {
        let mut answers = self.links().now(SyncNowRequest::default()).await.unwrap().into_inner();
        let mut last: Vec<SyncProgress> = Vec::new();
        while let Some(progress) = answers.next().await {
            let progress = progress.unwrap();
            last.retain(|known| known.division != progress.division);
            last.push(progress);
        }
        last
    }

    /// `sync now`, which must end well on every link.
    pub(crate) async fn catch_up(&self) {
        let last = self.sync_now().await;
        assert!(!last.is_empty() && last.iter().all(|progress| progress.state == "caught-up"), "{last:?}");
    }

    pub(crate) async fn import(&self, content: &[u8], file_name: &str) -> ImportCatalogResponse {
        let request = ImportCatalogRequest {
            content: content.to_vec(),
            file_name: file_name.to_owned(),
            ..ImportCatalogRequest::default()
        };
        self.catalogs().import(request).await.unwrap().into_inner()
    }

    pub(crate) async fn submit(&self, catalog: &str) -> SubmitCatalogResponse {
        let request = SubmitCatalogRequest { catalog: catalog.to_owned(), ..SubmitCatalogRequest::default() };
        self.catalogs().submit(request).await.unwrap().into_inner()
    }

    /// The row of a catalog in the list.
    pub(crate) async fn row(&self, catalog: &str) -> Option<CatalogRow> {
        let rows = self.catalogs().list(ListCatalogsRequest::default()).await.unwrap().into_inner().catalogs;
        rows.into_iter().find(|row| row.catalog == catalog)
    }

    /// Waits until a catalog is in a state.
    pub(crate) async fn until_state(&self, catalog: &str, state: &str) -> CatalogRow {
        eventually(&format!("{catalog} {state}"), async || self.row(catalog).await.filter(|row| row.state == state))
            .await
    }

    pub(crate) async fn review(&self, catalog: &str) -> ShowReviewResponse {
        let request = ShowReviewRequest { catalog: catalog.to_owned(), ..ShowReviewRequest::default() };
        self.reviews().show(request).await.unwrap().into_inner()
    }

    pub(crate) async fn approve(&self, catalog: &str) -> Result<DecideReviewResponse, Status> {
        let request = DecideReviewRequest { catalog: catalog.to_owned(), ..DecideReviewRequest::default() };
        Ok(self.reviews().approve(request).await?.into_inner())
    }

    /// Three people sign the next edition.
    pub(crate) async fn sign_off(&self) {
        for operator in ["first", "second", "third", "third"] {
            let mut request = tonic::Request::new(SignOffRequest::default());
            request.metadata_mut().insert(metadata::OPERATOR, operator.parse().unwrap());
            self.editions().sign_off(request).await.unwrap();
        }
    }

    /// The link to a peer.
    pub(crate) async fn link(&self, peer: &str) -> PeerStatus {
        let peers = self.links().status(SyncStatusRequest {}).await.unwrap().into_inner().peers;
        peers.into_iter().find(|link| link.division == peer).unwrap_or_else(|| panic!("no link to {peer}"))
    }

    pub(crate) async fn until_link(&self, peer: &str, state: &str) -> PeerStatus {
        eventually(&format!("link to {peer} {state}"), async || {
            Some(self.link(peer).await).filter(|link| link.state == state)
        })
        .await
    }

    pub(crate) async fn history(&self) -> Vec<SyncSession> {
        self.links().history(SyncHistoryRequest::default()).await.unwrap().into_inner().sessions
    }
}

/// A workbook that comes with the program.
pub(crate) fn sample(file: &str) -> &'static Sample {
    samples().iter().find(|sample| sample.file == file).unwrap_or_else(|| panic!("no sample {file}"))
}

/// `sync now` until every link is caught up: a session that its peer left early is begun again.
pub(crate) async fn caught_up(node: &Node) {
    eventually("caught up", async || {
        let last = node.sync_now().await;
        (!last.is_empty() && last.iter().all(|progress| progress.state == "caught-up")).then_some(())
    })
    .await;
}

/// A township's table as text, complete in all elements: rows of second level and time limit.
pub(crate) fn table(rows: &[(&str, &str)]) -> String {
    let head =
        "序号,一级事项,二级事项,公开内容(要素),公开依据,公开时限,公开主体,公开渠道和载体,公开对象,公开方式,公开层级";
    let line = |(number, (name, limit)): (usize, &(&str, &str))| {
        format!(
            "{},社会救助,{name},{name}的办理条件和结果,《社会救助暂行办法》,{limit},新台子镇人民政府,■政府网站,全社会,主动,乡级",
            number + 1
        )
    };
    let lines = rows.iter().enumerate().map(line);
    let title = "社会救助领域基层政务公开标准目录".to_owned();
    [title, head.to_owned()].into_iter().chain(lines).collect::<Vec<_>>().join("\n")
}

/// The refusal of a configuration text.
pub(crate) fn config_error(text: &str) -> String {
    Config::parse(text).unwrap_err().code().to_owned()
}

pub(crate) fn reason(reason: Option<&wire::Reason>) -> String {
    reason.map(|reason| reason.code.clone()).unwrap_or_default()
}
