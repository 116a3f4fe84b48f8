//! NodeService: who this node is, whom it enrolled, how it is.
//!
//! Invariant: no key and no secret leaves but the token that `Invite` makes.

use std::collections::BTreeSet;

use gongkai_app::{App, Role};
use gongkai_model::id::DivisionId;
use gongkai_proto::admin::v1::{self as wire, node_service_server::NodeService};
use tonic::{Request, Response, Status};
use tracing::info;

mod recovery;
mod tree;

use super::{Admin, convert, intake, refuse::refused};
use crate::{Error, links::LinkState};

const MS_PER_SECOND: i64 = 1_000;
const SECONDS_PER_HOUR: u64 = 3_600;
/// A token that lies about for longer than a month is a hole.
const INVITE_SECONDS_MAX: u64 = 31 * 24 * SECONDS_PER_HOUR;
/// How long before its end a certificate is warned about: a month to find a person.
const CERTIFICATE_WARNING_MS: i64 = 30 * 24 * 3_600 * MS_PER_SECOND;

#[tonic::async_trait]
impl NodeService for Admin {
    async fn show(&self, request: Request<wire::ShowNodeRequest>) -> Result<Response<wire::ShowNodeResponse>, Status> {
        self.operator(&request)?;
        Ok(Response::new(self.shown_node().await?))
    }

    async fn list(
        &self,
        request: Request<wire::ListNodesRequest>,
    ) -> Result<Response<wire::ListNodesResponse>, Status> {
        self.operator(&request)?;
        let asked = request.into_inner();
        let world = self.app().world();
        let tree = world.tree();
        let divisions: BTreeSet<DivisionId> =
            if asked.children_only { tree.children(&world.me).cloned().collect() } else { tree.subtree(&world.me) };
        let nodes = divisions.iter().map(|division| self.node_row(division));
        let nodes = nodes.filter(|row| !asked.enrolled_only || row.state != "none").collect();
        Ok(Response::new(wire::ListNodesResponse { node: self.node_id(), nodes }))
    }

    async fn invite(&self, request: Request<wire::InviteRequest>) -> Result<Response<wire::InviteResponse>, Status> {
        let operator = self.operator(&request)?;
        let asked = request.into_inner();
        let address = self.address_for_tokens(asked.address)?;
        let hours = self.0.facts.limits.invite_hours;
        let seconds = match asked.valid_seconds {
            0 => hours.saturating_mul(SECONDS_PER_HOUR),
            seconds => seconds,
        };
        let valid_ms = i64::try_from(seconds.min(INVITE_SECONDS_MAX)).unwrap_or(i64::MAX).saturating_mul(MS_PER_SECOND);
        let addresses = [address.clone()];
        let invited = if asked.rebuild {
            self.app().invite_rebuild(&operator, &asked.division, &addresses, valid_ms).await
        } else {
            self.app().invite(&operator, &asked.division, &addresses, valid_ms).await
        };
        let invited = invited.map_err(refused)?;
        info!(division = %invited.division, operator = %operator.id, "a token was made");
        Ok(Response::new(wire::InviteResponse {
            division: invited.division.to_string(),
            name: self.app().world().name_of(&invited.division),
            token: invited.token,
            address,
            ca_fingerprint: invited.root_fingerprint.to_hex(),
            expires_at_ms: invited.expires_ms,
        }))
    }

    async fn status(
        &self,
        request: Request<wire::NodeStatusRequest>,
    ) -> Result<Response<wire::NodeStatusResponse>, Status> {
        self.operator(&request)?;
        Ok(Response::new(self.node_status().await?))
    }

    async fn doctor(&self, request: Request<wire::DoctorRequest>) -> Result<Response<wire::DoctorResponse>, Status> {
        self.operator_with(&request, &[Role::Admin])?;
        let asked = request.into_inner();
        Ok(Response::new(self.examined(asked.rebuild).await?))
    }

    async fn backup(&self, request: Request<wire::BackupRequest>) -> Result<Response<wire::BackupResponse>, Status> {
        let operator = self.operator(&request)?;
        Ok(Response::new(self.backed_up(&operator, request.into_inner()).await?))
    }

    async fn release(&self, request: Request<wire::ReleaseRequest>) -> Result<Response<wire::ReleaseResponse>, Status> {
        let operator = self.operator(&request)?;
        self.app().release(&operator, &request.into_inner().reason).await.map_err(refused)?;
        Ok(Response::new(wire::ReleaseResponse { node: self.node_id() }))
    }

    async fn renew(
        &self,
        request: Request<wire::RenewNodeRequest>,
    ) -> Result<Response<wire::RenewNodeResponse>, Status> {
        self.operator_with(&request, &[Role::Admin])?;
        let certificate_not_after_at_ms = self.renewal().renew().await?;
        Ok(Response::new(wire::RenewNodeResponse { node: self.node_id(), certificate_not_after_at_ms }))
    }

    async fn r#move(&self, request: Request<wire::MoveRequest>) -> Result<Response<wire::MoveResponse>, Status> {
        let operator = self.operator(&request)?;
        Ok(Response::new(self.moved(&operator, request.into_inner()).await?))
    }

    async fn give_custody(
        &self,
        request: Request<wire::GiveCustodyRequest>,
    ) -> Result<Response<wire::GiveCustodyResponse>, Status> {
        let operator = self.operator(&request)?;
        Ok(Response::new(self.custody_given(&operator, request.into_inner()).await?))
    }

    async fn revoke(&self, request: Request<wire::RevokeRequest>) -> Result<Response<wire::RevokeResponse>, Status> {
        let operator = self.operator(&request)?;
        Ok(Response::new(self.revoked(&operator, request.into_inner()).await?))
    }

    async fn shutdown(
        &self,
        request: Request<wire::ShutdownRequest>,
    ) -> Result<Response<wire::ShutdownResponse>, Status> {
        let operator = self.operator_with(&request, &[Role::Admin])?;
        let reason: String = request.into_inner().reason.chars().take(200).collect();
        info!(operator = %operator.id, reason, "an operator asked for the end");
        self.0.stop.cancel();
        Ok(Response::new(wire::ShutdownResponse { node: self.node_id() }))
    }
}

impl Admin {
    async fn shown_node(&self) -> Result<wire::ShowNodeResponse, Error> {
        let world = self.app().world();
        let identity = self.app().store().identity().clone();
        let credentials = self.0.shared.tls.credentials();
        let state = self.app().store().feed_state().await?;
        Ok(wire::ShowNodeResponse {
            division: world.me.to_string(),
            name: world.name_of(&world.me),
            level: world.tree().get(&world.me).map_or_else(String::new, |division| division.level.clone()),
            path: world.path().iter().map(ToString::to_string).collect(),
            parent: world.parent().map_or_else(String::new, ToString::to_string),
            incarnation: identity.incarnation.to_string(),
            feed_id: identity.feed_id.to_string(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            data_dir: self.0.facts.dir.display().to_string(),
            listen: self.0.facts.address.to_string(),
            ca_fingerprint: gongkai_model::digest::Digest::of_file(credentials.trust_root()).to_hex(),
            certificate_name: gongkai_pki::name::dns_name(credentials.path())?,
            certificate_not_after_at_ms: credentials.not_after_ms(),
            entry_key_id: self.0.facts.entry_key_id.clone(),
            started_at_ms: self.0.facts.started_at_ms,
            entries: state.offset,
            daemon_id: self.0.shared.daemon_id.to_string(),
        })
    }

    fn node_row(&self, division: &DivisionId) -> wire::NodeRow {
        let world = self.app().world();
        let known = world.tree().get(division);
        let state = match division {
            me if *me == world.me => "self",
            other if world.has_node(other) => "enrolled",
            _ => "none",
        };
        let link = self.0.shared.board.link(division);
        wire::NodeRow {
            division: division.to_string(),
            code: known.map_or_else(String::new, |known| known.code.clone()),
            name: world.name_of(division),
            level: known.map_or_else(String::new, |known| known.level.clone()),
            parent: known.and_then(|known| known.parent.as_ref()).map_or_else(String::new, ToString::to_string),
            state: state.to_owned(),
            enrolled_at_ms: 0,
            last_contact_at_ms: link.and_then(|link| link.last_contact_ms).unwrap_or(0),
        }
    }

    /// The address that a token names: the one asked for, the advertised one, or where the port is bound.
    fn address_for_tokens(&self, asked: String) -> Result<String, Error> {
        let facts = &self.0.facts;
        if !asked.is_empty() {
            return Ok(asked);
        }
        if !facts.advertise.is_empty() {
            return Ok(facts.advertise.clone());
        }
        if facts.address.ip().is_unspecified() {
            return Err(Error::AddressUnusable { address: facts.address.to_string() });
        }
        Ok(facts.address.to_string())
    }

    async fn node_status(&self) -> Result<wire::NodeStatusResponse, Error> {
        let world = self.app().world();
        let me = world.me.to_string();
        let state = self.app().store().feed_state().await?;
        let mut status = wire::NodeStatusResponse {
            node: me.clone(),
            name: world.name_of(&world.me),
            level: world.tree().get(&world.me).map_or_else(String::new, |division| division.level.clone()),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at_ms: self.0.facts.started_at_ms,
            entries: state.offset,
            ..wire::NodeStatusResponse::default()
        };
        status.conflicts = convert::count(self.app().conflicts().await?.len());
        for row in self.app().catalog_rows().await? {
            let summary = &row.summary;
            let is_open = summary.status.is_some_and(|status| status.open_step().is_some());
            status.catalogs += 1;
            status.reviews_waiting += u32::from(is_open && row.waiting_for == me);
            match convert::catalog_state(summary.status, summary.draft.is_some(), false) {
                "draft" => status.catalogs_draft += 1,
                "submitted" | "in-review" => status.catalogs_in_review += 1,
                "returned" => status.catalogs_returned += 1,
                "approved" => status.catalogs_approved += 1,
                _ => {}
            }
        }
        status.edition = self.app().edition_rows().await?.iter().map(|edition| edition.number).max().unwrap_or(0);
        let links = self.0.shared.board.links();
        status.peers = convert::count(links.len());
        status.peers_connected = convert::count(links.values().filter(|link| link.state.is_in_session()).count());
        status.entries_ahead = convert::count(self.app().entries_ahead().await?.len());
        let (refused, last) = self.0.facts.turned_away.seen();
        status.admin_refusals = refused;
        status.last_admin_refusal = last.map(|last| wire::AdminRefusal {
            remote: last.remote.to_string(),
            code: last.code.to_owned(),
            at_ms: last.at_ms,
        });
        let found = self.app().intake().await?;
        status.warnings = self.warnings();
        status.warnings.extend(App::intake_warnings(&found).iter().map(convert::reason_of));
        status.intake = Some(intake::intake(&found));
        status.warnings.extend(self.custody_warnings().await?);
        status.hold = self.hold();
        status.state = match (&status.hold, status.warnings.is_empty()) {
            (Some(_), _) => "recovering",
            (None, true) => "ready",
            (None, false) => "degraded",
        }
        .to_owned();
        Ok(status)
    }

    fn warnings(&self) -> Vec<wire::Reason> {
        let links = self.0.shared.board.links();
        let refused = links.values().filter(|link| link.state == LinkState::Refused);
        let mut warnings: Vec<wire::Reason> =
            refused.filter_map(|link| link.reason.as_ref()).map(convert::reason).collect();
        let left_ms = self.0.shared.tls.credentials().not_after_ms().saturating_sub(self.app().now_ms());
        if left_ms < CERTIFICATE_WARNING_MS {
            let days = left_ms / (24 * 3_600 * MS_PER_SECOND);
            warnings.push(wire::Reason {
                code: "GK-NODE-020".to_owned(),
                message: format!("the certificate of this node ends in {days} days"),
                hint: "see that the parent can be reached; enrol the node again if it has ended".to_owned(),
            });
        }
        warnings.extend(self.hold_warning());
        warnings.extend(self.place_warnings());
        if self.app().world().routing().is_err() {
            let error = gongkai_app::Error::RoutingMissing;
            warnings.push(wire::Reason {
                code: error.code().to_owned(),
                message: error.to_string(),
                hint: error.hint(),
            });
        }
        warnings
    }

    async fn examined(&self, rebuild: bool) -> Result<wire::DoctorResponse, Error> {
        let report = self.app().doctor(rebuild).await?;
        let mut checks: Vec<wire::DoctorCheck> = report.checks.into_iter().map(check).collect();
        let warning = self.warnings().into_iter().next();
        let state = if warning.is_none() { "ok" } else { "warning" }.to_owned();
        checks.push(wire::DoctorCheck { name: "links".to_owned(), state, reason: warning });
        Ok(wire::DoctorResponse {
            node: self.node_id(),
            checks,
            is_rebuilt: report.is_rebuilt,
            state_digest_before: report.state_digest_before.to_string(),
            state_digest_after: report.state_digest_after.to_string(),
            entries: report.entries,
        })
    }
}

fn check(made: gongkai_app::Check) -> wire::DoctorCheck {
    let gongkai_app::Reason { code, message, hint } = made.reason;
    let reason = (!code.is_empty() || !message.is_empty()).then_some(wire::Reason { code, message, hint });
    wire::DoctorCheck { name: made.name.to_owned(), state: made.state.word().to_owned(), reason }
}
