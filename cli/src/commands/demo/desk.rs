//! What an operator of the demo does at a node: the admin API's calls, one line each.
//!
//! Invariant: a clerk writes, another person decides, a third publishes; no call here tries again by itself.

use gongkai_proto::admin::v1::{
    CatalogRow, CheckCatalogRequest, CheckCatalogResponse, DecideReviewRequest, DecideReviewResponse,
    DiffEditionsRequest, DiffEditionsResponse, ImportCatalogRequest, ImportCatalogResponse, ItemOpinion,
    ListCatalogsRequest, ListNodesRequest, ListReviewsRequest, NodeStatusRequest, PeerStatus, ReviewRow,
    RunPublishRequest, RunPublishResponse, ShowReviewRequest, ShowReviewResponse, SignOffRequest, SignOffsResponse,
    SubmitCatalogRequest, SubmitCatalogResponse, SyncHistoryRequest, SyncNowRequest, SyncStatusRequest,
};

use crate::{client::Client, commands::sync, errors::Failure, ui::Bars};

/// Who sits there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Post {
    /// Imports and submits.
    Clerk,
    /// Approves and returns.
    Reviewer,
    /// Reads the next edition and signs it (三审三校 by three people).
    FirstReader,
    /// The second of them.
    SecondReader,
    /// The third, who answers for secrecy, too.
    Secrecy,
    /// Makes editions.
    Publisher,
    /// Invites nodes.
    Admin,
}

impl Post {
    /// Those whom a node registers: nobody else's word counts in review, sign-offs and editions.
    pub(crate) const REGISTERED: [Self; 6] =
        [Self::Clerk, Self::Reviewer, Self::FirstReader, Self::SecondReader, Self::Secrecy, Self::Publisher];

    /// What the node lets him do.
    pub(crate) fn role(self) -> &'static str {
        match self {
            Self::Clerk => "clerk",
            Self::Reviewer => "reviewer",
            Self::FirstReader | Self::SecondReader | Self::Secrecy | Self::Publisher => "publisher",
            Self::Admin => "admin",
        }
    }

    /// Whether he sits at a machine of his own: what one account gives counts as one person's word, three are asked, and
    /// nobody decides what came in through his account.
    pub(crate) fn comes_with_certificate(self) -> bool {
        matches!(self, Self::Reviewer | Self::FirstReader | Self::SecondReader | Self::Secrecy)
    }

    /// The operator's name at the node.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Clerk => "clerk",
            Self::Reviewer => "reviewer",
            Self::FirstReader => "reader-1",
            Self::SecondReader => "reader-2",
            Self::Secrecy => "secrecy",
            Self::Publisher => "publisher",
            Self::Admin => "admin",
        }
    }
}

/// An operator's connection to a node.
pub(crate) struct Desk {
    pub(crate) client: Client,
}

impl Desk {
    /// Whether the node's tree has a division.
    pub(crate) async fn knows(&self, division: &str) -> Result<bool, Failure> {
        let nodes = self.client.node().list(ListNodesRequest::default()).await?.into_inner().nodes;
        Ok(nodes.iter().any(|node| node.division == division))
    }

    /// Imports a workbook; what it no longer holds is removed.
    pub(crate) async fn import(&self, file_name: &str, content: &[u8]) -> Result<ImportCatalogResponse, Failure> {
        let request = ImportCatalogRequest {
            content: content.to_vec(),
            file_name: file_name.to_owned(),
            confirm_removals: true,
            ..ImportCatalogRequest::default()
        };
        Ok(self.client.catalog().import(request).await?.into_inner())
    }

    /// What stands in the way of submitting.
    pub(crate) async fn check(&self, catalog: &str) -> Result<CheckCatalogResponse, Failure> {
        let request = CheckCatalogRequest { catalog: catalog.to_owned(), ..CheckCatalogRequest::default() };
        Ok(self.client.catalog().check(request).await?.into_inner())
    }

    /// Puts a catalog up for review.
    pub(crate) async fn submit(&self, catalog: &str) -> Result<SubmitCatalogResponse, Failure> {
        let request = SubmitCatalogRequest { catalog: catalog.to_owned(), ..SubmitCatalogRequest::default() };
        Ok(self.client.catalog().submit(request).await?.into_inner())
    }

    /// The catalogs known there.
    pub(crate) async fn catalogs(&self) -> Result<Vec<CatalogRow>, Failure> {
        Ok(self.client.catalog().list(ListCatalogsRequest::default()).await?.into_inner().catalogs)
    }

    /// What waits for a decision of this node.
    pub(crate) async fn reviews(&self) -> Result<Vec<ReviewRow>, Failure> {
        let request = ListReviewsRequest::default();
        let reviews = self.client.review().list(request).await?.into_inner().reviews;
        Ok(reviews.into_iter().filter(|review| review.is_mine).collect())
    }

    /// The items to look at.
    pub(crate) async fn look(&self, catalog: &str) -> Result<ShowReviewResponse, Failure> {
        let request = ShowReviewRequest { catalog: catalog.to_owned(), ..ShowReviewRequest::default() };
        Ok(self.client.review().show(request).await?.into_inner())
    }

    /// Approves what was looked at.
    pub(crate) async fn approve(&self, catalog: &str, opinion: &str) -> Result<DecideReviewResponse, Failure> {
        self.decide(DecideReviewRequest {
            catalog: catalog.to_owned(),
            opinion: opinion.to_owned(),
            ..DecideReviewRequest::default()
        })
        .await
    }

    /// Approves, as the request says.
    pub(crate) async fn decide(&self, request: DecideReviewRequest) -> Result<DecideReviewResponse, Failure> {
        Ok(self.client.review().approve(request).await?.into_inner())
    }

    /// Returns with opinions on items.
    pub(crate) async fn send_back(
        &self,
        catalog: &str,
        opinion: &str,
        items: Vec<ItemOpinion>,
    ) -> Result<DecideReviewResponse, Failure> {
        let request = DecideReviewRequest {
            catalog: catalog.to_owned(),
            opinion: opinion.to_owned(),
            items,
            ..DecideReviewRequest::default()
        };
        Ok(self.client.review().r#return(request).await?.into_inner())
    }

    /// Each link's state.
    pub(crate) async fn links(&self) -> Result<Vec<PeerStatus>, Failure> {
        Ok(self.client.sync().status(SyncStatusRequest {}).await?.into_inner().peers)
    }

    /// Syncs with a peer; whether both are caught up.
    pub(crate) async fn sync_now(&self, division: &str) -> Result<bool, Failure> {
        let request = SyncNowRequest { division: division.to_owned(), timeout_ms: 0 };
        Ok(sync::sync_now(&self.client, request, &mut Bars::hidden()).await?.is_caught_up())
    }

    /// Bytes that all sessions with a peer cost so far, both directions.
    pub(crate) async fn bytes_with(&self, division: &str) -> Result<u64, Failure> {
        const SESSIONS_MAX: u32 = 10_000;
        let request = SyncHistoryRequest { division: division.to_owned(), limit: SESSIONS_MAX };
        let sessions = self.client.sync().history(request).await?.into_inner().sessions;
        Ok(sessions.iter().map(|session| session.bytes_sent + session.bytes_received).sum())
    }

    /// The latest edition that the node knows of; 0 for none.
    pub(crate) async fn edition(&self) -> Result<u64, Failure> {
        Ok(self.client.node().status(NodeStatusRequest {}).await?.into_inner().edition)
    }

    /// Gives one's word for a step of the next edition.
    pub(crate) async fn sign(&self, step: &str, note: &str) -> Result<SignOffsResponse, Failure> {
        let request = SignOffRequest { step: step.to_owned(), note: note.to_owned() };
        Ok(self.client.publish().sign_off(request).await?.into_inner())
    }

    /// Makes an edition.
    pub(crate) async fn publish(&self, note: &str) -> Result<RunPublishResponse, Failure> {
        let request = RunPublishRequest { refuse_missing: false, note: note.to_owned() };
        Ok(self.client.publish().run(request).await?.into_inner())
    }

    /// The difference of the last two editions.
    pub(crate) async fn difference(&self) -> Result<DiffEditionsResponse, Failure> {
        Ok(self.client.publish().diff(DiffEditionsRequest::default()).await?.into_inner())
    }
}
