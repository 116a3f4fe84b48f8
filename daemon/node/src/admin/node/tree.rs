//! Moves, custody and revocations in the words of the admin API, and what a move leaves to be done.
//!
//! Invariant: a node whose certificate spells another path than the tree says so until it has joined again.

use gongkai_app::Operator;
use gongkai_model::id::DivisionId;
use gongkai_proto::admin::v1 as wire;
use tracing::info;

use crate::{Error, admin::Admin, admin::convert, links::Role};

impl Admin {
    /// Puts a division under another one.
    pub(super) async fn moved(
        &self,
        operator: &Operator,
        asked: wire::MoveRequest,
    ) -> Result<wire::MoveResponse, Error> {
        let wire::MoveRequest { division, to, dry_run } = asked;
        let moved = self.app().move_division(operator, &division, &to, dry_run).await?;
        info!(operator = %operator.id, division = %moved.division, to = %moved.to, dry_run, "a division was moved");
        Ok(wire::MoveResponse {
            node: self.node_id(),
            division: moved.division.to_string(),
            from: moved.from.to_string(),
            to: moved.to.to_string(),
            nodes: moved.nodes.iter().map(DivisionId::to_string).collect(),
            catalogs: convert::count(moved.catalogs),
            is_dry_run: dry_run,
        })
    }

    /// Gives custody.
    pub(super) async fn custody_given(
        &self,
        operator: &Operator,
        asked: wire::GiveCustodyRequest,
    ) -> Result<wire::GiveCustodyResponse, Error> {
        let wire::GiveCustodyRequest { division, to, dry_run } = asked;
        let given = self.app().give_custody(operator, &division, &to, dry_run).await?;
        info!(operator = %operator.id, division = %given.division, to = %given.to, dry_run, "custody was given");
        Ok(wire::GiveCustodyResponse {
            node: self.node_id(),
            division: given.division.to_string(),
            from: given.from.to_string(),
            to: given.to.to_string(),
            is_dry_run: dry_run,
            awaits_word: given.awaits_word,
        })
    }

    /// Ends a division's keys.
    pub(super) async fn revoked(
        &self,
        operator: &Operator,
        asked: wire::RevokeRequest,
    ) -> Result<wire::RevokeResponse, Error> {
        let wire::RevokeRequest { division, reason } = asked;
        let keys = self.app().revoke_node(operator, &division, &reason).await?;
        info!(operator = %operator.id, division, keys, "a node was revoked");
        Ok(wire::RevokeResponse { node: self.node_id(), division, keys: convert::count(keys) })
    }

    /// What a move leaves to be done: here, and at children that stand elsewhere now.
    pub(super) fn place_warnings(&self) -> Vec<wire::Reason> {
        let world = self.app().world();
        let credentials = self.0.shared.tls.credentials();
        let mut warnings = Vec::new();
        if world.path() != credentials.path()
            && let Some(parent) = world.parent()
        {
            warnings.push(wire::Reason {
                code: "GK-NODE-022".to_owned(),
                message: format!("`{}` stands under `{parent}` now; its certificate is of its former place", world.me),
                hint: format!(
                    "`gongkai node invite {}` at {parent}; then stop this daemon, `gongkai node join TOKEN` in its \
                     directory, and start it",
                    world.me
                ),
            });
        }
        let links = self.0.shared.board.links();
        let children = links.iter().filter(|(_, link)| link.role == Role::Child).map(|(division, _)| division);
        for child in children {
            let Some(parent) = world.tree().parent(child).filter(|parent| **parent != world.me) else { continue };
            warnings.push(wire::Reason {
                code: "GK-NODE-023".to_owned(),
                message: format!("`{child}` stands under `{parent}` now and has not joined there yet"),
                hint: format!(
                    "it is let in here until it has; see that `gongkai node invite {child}` is run at {parent}"
                ),
            });
        }
        warnings
    }
}
