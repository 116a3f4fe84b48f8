//! Backups and holds in the words of the admin API.
//!
//! Invariant: the path of a backup is absolute: the daemon's own working directory means nothing to the caller.

use std::path::PathBuf;

use gongkai_app::Operator;
use gongkai_model::id::DivisionId;
use gongkai_proto::admin::v1 as wire;
use tracing::info;

use crate::{Error, admin::Admin};

impl Admin {
    /// Saves the node into a new file.
    pub(super) async fn backed_up(
        &self,
        operator: &Operator,
        asked: wire::BackupRequest,
    ) -> Result<wire::BackupResponse, Error> {
        let file = PathBuf::from(asked.file);
        if !file.is_absolute() {
            return Err(Error::BadRequest { what: format!("`{}` is no absolute path", file.display()) });
        }
        let made = self.app().backup(operator, &file).await?;
        info!(operator = %operator.id, entries = made.entries, bytes = made.bytes, "a backup was made");
        Ok(wire::BackupResponse {
            node: self.node_id(),
            file: made.file.display().to_string(),
            bytes: made.bytes,
            sha256: made.sha256,
            entries: made.entries,
            made_at_ms: made.made_at_ms,
        })
    }

    /// The hold that the node is under.
    pub(super) fn hold(&self) -> Option<wire::Hold> {
        self.app().held().map(|held| wire::Hold {
            reason: held.reason.word().to_owned(),
            since_at_ms: held.since_ms,
            awaited: held.awaited.iter().map(DivisionId::to_string).collect(),
        })
    }

    /// The same as a warning with its next step.
    pub(in crate::admin) fn hold_warning(&self) -> Option<wire::Reason> {
        let refusal = self.app().held()?.refusal();
        Some(wire::Reason { code: refusal.code().to_owned(), message: refusal.to_string(), hint: refusal.hint() })
    }
}
