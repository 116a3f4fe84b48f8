//! Names for operators that go to every node: who published is known here and not below.
//!
//! Invariant: an entry that reaches the whole subtree names its operator by an alias; the same operator always has
//! the same one, and only this node can tell who it is.

use gongkai_model::{digest::Digest, id::OperatorId};

use crate::{App, Result};

/// Where the random text is kept without which anyone could try names.
const SALT: &str = "operator.alias_salt";
/// Before an alias in the node's own table.
const ALIAS: &str = "operator.alias.";

impl App {
    /// The operator's alias; kept, so that the audit can name the person.
    pub(crate) async fn alias_of(&self, operator: &OperatorId) -> Result<OperatorId> {
        let salt = match self.store().meta(SALT).await? {
            Some(salt) => salt,
            None => {
                let salt = hex::encode(self.inner.chance.bytes());
                self.store().put_meta(SALT, &salt).await?;
                salt
            }
        };
        let digest = Digest::of("gongkai operator alias v1", &[salt.as_bytes(), operator.as_str().as_bytes()]);
        let alias = OperatorId::parse(&format!("{}/op-{}", self.world().me, digest.short()))?;
        self.store().put_meta(&format!("{ALIAS}{alias}"), operator.as_str()).await?;
        Ok(alias)
    }

    /// The operator behind an alias of this node; any other id as it is.
    pub(crate) async fn operator_behind(&self, id: &OperatorId) -> Result<OperatorId> {
        let known = self.store().meta(&format!("{ALIAS}{id}")).await?;
        Ok(known.and_then(|text| OperatorId::parse(&text).ok()).unwrap_or_else(|| id.clone()))
    }
}
