//! SyncService: where each link stands, what it cost, and "now".
//!
//! Invariant: positions and what is left to send are read from the store; what the session does now, from the board.

use gongkai_model::id::{CatalogId, DivisionId};
use gongkai_proto::admin::v1::{self as wire, sync_service_server::SyncService};
use gongkai_store::SessionRow;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use super::{Admin, refuse::refused, sync_now, sync_watch};
use crate::{
    Error,
    links::{LinkStatus, Role},
};

/// Sessions listed when the caller names no number.
const SESSIONS_DEFAULT: usize = 50;
/// Answers that wait for a slow reader.
const STREAM_MAX: usize = 16;

#[tonic::async_trait]
impl SyncService for Admin {
    type NowStream = ReceiverStream<Result<wire::SyncProgress, Status>>;
    type WatchStream = ReceiverStream<Result<wire::SyncEvent, Status>>;

    async fn status(
        &self,
        request: Request<wire::SyncStatusRequest>,
    ) -> Result<Response<wire::SyncStatusResponse>, Status> {
        self.operator(&request)?;
        let mut peers = Vec::new();
        for (division, link) in self.all_links() {
            peers.push(self.peer_status(&division, &link).await?);
        }
        Ok(Response::new(wire::SyncStatusResponse { node: self.node_id(), peers, at: self.app().now_ms() }))
    }

    async fn now(&self, request: Request<wire::SyncNowRequest>) -> Result<Response<Self::NowStream>, Status> {
        self.operator(&request)?;
        let asked = request.into_inner();
        let targets = self.now_targets(&asked.division)?;
        let seconds = self.0.facts.limits.sync_now_seconds.max(1);
        let wait_ms = if asked.timeout_ms == 0 { seconds.saturating_mul(1_000) } else { asked.timeout_ms };
        let (sender, answers) = mpsc::channel(STREAM_MAX);
        let (admin, stop) = (self.clone(), self.0.stop.clone());
        self.0.streams.spawn(async move {
            stop.run_until_cancelled(sync_now::run(&admin, targets, wait_ms, sender)).await;
        });
        Ok(Response::new(ReceiverStream::new(answers)))
    }

    async fn peers(
        &self,
        request: Request<wire::ListPeersRequest>,
    ) -> Result<Response<wire::ListPeersResponse>, Status> {
        self.operator(&request)?;
        let mut peers = Vec::new();
        for (division, link) in self.all_links() {
            peers.push(self.peer(&division, &link).await?);
        }
        Ok(Response::new(wire::ListPeersResponse { node: self.node_id(), peers }))
    }

    async fn history(
        &self,
        request: Request<wire::SyncHistoryRequest>,
    ) -> Result<Response<wire::SyncHistoryResponse>, Status> {
        self.operator(&request)?;
        let asked = request.into_inner();
        let peer = match asked.division.as_str() {
            "" => None,
            text => Some(DivisionId::parse(text).map_err(refused)?),
        };
        let limit = usize::try_from(asked.limit).ok().filter(|limit| *limit > 0).unwrap_or(SESSIONS_DEFAULT);
        let rows = self.app().store().sessions(peer.as_ref(), limit).await.map_err(refused)?;
        let sessions = rows.into_iter().map(|row| self.session(row)).collect();
        Ok(Response::new(wire::SyncHistoryResponse { node: self.node_id(), sessions }))
    }

    async fn watch(&self, request: Request<wire::WatchSyncRequest>) -> Result<Response<Self::WatchStream>, Status> {
        self.operator(&request)?;
        let asked = request.into_inner();
        let (sender, events) = mpsc::channel(STREAM_MAX);
        let (admin, stop) = (self.clone(), self.0.stop.clone());
        self.0.streams.spawn(async move {
            stop.run_until_cancelled(sync_watch::watch(&admin, &asked, sender)).await;
        });
        Ok(Response::new(ReceiverStream::new(events)))
    }

    async fn whereabouts(
        &self,
        request: Request<wire::WhereaboutsRequest>,
    ) -> Result<Response<wire::WhereaboutsResponse>, Status> {
        self.operator(&request)?;
        let catalog = CatalogId::parse(&request.into_inner().catalog).map_err(refused)?;
        let entries = self.app().whereabouts(&catalog, &self.links_now()).await.map_err(refused)?;
        Ok(Response::new(wire::WhereaboutsResponse {
            node: self.node_id(),
            catalog: catalog.to_string(),
            entries: entries.into_iter().map(|entry| self.entry_places(entry)).collect(),
            at: self.app().now_ms(),
        }))
    }
}

impl Admin {
    /// The links on the board, and the enrolled children that were never heard.
    pub(super) fn all_links(&self) -> Vec<(DivisionId, LinkStatus)> {
        let world = self.app().world();
        let board = &self.0.shared.board;
        for child in world.tree().children(&world.me).filter(|child| world.has_node(child)) {
            board.add_unheard(child, self.0.shared.config.mode_of_child(child));
        }
        board.links().into_iter().collect()
    }

    async fn peer(&self, division: &DivisionId, link: &LinkStatus) -> Result<wire::Peer, Error> {
        let stored = self.app().store().peer(division).await?;
        let world = self.app().world();
        let certificate = world.certificate(division);
        let configured = if link.role == Role::Parent { self.0.parent_addresses.first().cloned() } else { None };
        let path = world.tree().path(division);
        let stored_text = |pick: fn(&gongkai_store::Peer) -> Option<String>| stored.as_ref().and_then(pick);
        Ok(wire::Peer {
            division: division.to_string(),
            name: world.name_of(division),
            role: link.role.word().to_owned(),
            address: configured.or_else(|| stored_text(|peer| peer.address.clone())).unwrap_or_default(),
            mode: link.mode.to_owned(),
            schedule: if link.role == Role::Parent { self.0.schedule.clone() } else { String::new() },
            certificate_name: gongkai_pki::name::dns_name(&path).unwrap_or_default(),
            certificate_fingerprint: stored_text(|peer| peer.tls_fingerprint.clone())
                .or_else(|| certificate.map(|certificate| certificate.tls_fingerprint.clone()))
                .unwrap_or_default(),
            certificate_not_after_at_ms: certificate.map_or(0, |certificate| certificate.tls_not_after_ms),
            incarnation: certificate.map_or_else(String::new, |certificate| certificate.incarnation.to_string()),
            feed_id: stored_text(|peer| peer.feed_id.map(|feed| feed.to_string())).unwrap_or_default(),
            version: self.app().known(division).await?.program,
        })
    }

    fn session(&self, row: SessionRow) -> wire::SyncSession {
        let link = self.0.shared.board.link(&row.start.peer);
        let is_running = link.as_ref().is_some_and(|link| link.session == Some(row.id));
        let role = link.as_ref().map_or("", |link| link.role.word());
        let mut session = wire::SyncSession {
            division: row.start.peer.to_string(),
            role: role.to_owned(),
            carrier: row.start.carrier,
            started_at_ms: row.start.started_at_ms,
            ..wire::SyncSession::default()
        };
        match (row.end, link) {
            (Some(end), _) => {
                let code = end.code.unwrap_or_default();
                session.ended_at_ms = end.finished_at_ms;
                (session.entries_sent, session.entries_received) = (end.entries_sent, end.entries_received);
                (session.bytes_sent, session.bytes_received) = (end.bytes_sent, end.bytes_received);
                session.outcome = outcome(&code).to_owned();
                session.reason = (!code.is_empty()).then(|| wire::Reason { code, ..wire::Reason::default() });
            }
            (None, Some(link)) if is_running => {
                let moved = link.moved;
                (session.entries_sent, session.entries_received) = (moved.entries_sent, moved.entries_received);
                (session.bytes_sent, session.bytes_received) = (moved.bytes_sent, moved.bytes_received);
                session.outcome = "running".to_owned();
            }
            (None, _) => session.outcome = "cut".to_owned(),
        }
        session
    }

    /// The parent and the children in session; or the one named, which must be reachable from here.
    fn now_targets(&self, division: &str) -> Result<Vec<DivisionId>, Error> {
        let links = self.all_links();
        let can_ask = |link: &LinkStatus| link.role == Role::Parent || link.state.is_in_session();
        if division.is_empty() {
            let all: Vec<DivisionId> =
                links.into_iter().filter(|(_, link)| can_ask(link)).map(|(peer, _)| peer).collect();
            return if all.is_empty() { Err(Error::NobodyToAsk) } else { Ok(all) };
        }
        let found = links.into_iter().find(|(peer, _)| peer.as_str() == division);
        let no_link = || Error::NoLink { division: division.chars().take(80).collect() };
        let (peer, link) = found.ok_or_else(no_link)?;
        if can_ask(&link) { Ok(vec![peer]) } else { Err(Error::ChildAway { child: peer }) }
    }
}

/// Whose codes are refusals, ours or the peer's.
const REFUSERS: [&str; 3] = ["GK-SYNC-", "GK-PKI-", "GK-APP-"];

/// How a session ended, by the code that it left.
fn outcome(code: &str) -> &'static str {
    match code {
        "" => "done",
        "GK-LINK-007" | "GK-LINK-008" | "GK-PKI-047" => "cut",
        code if REFUSERS.iter().any(|area| code.starts_with(area)) || code == "GK-LINK-006" => "refused",
        _ => "failed",
    }
}
