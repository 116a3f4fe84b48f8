//! Handing a standard down: from here on every node below has it.
//!
//! Invariant: what is handed down is a draft of this node or an offer from below, as it was looked at; nothing that
//! says the same is handed down twice. Names of people stay here: the entry goes to the whole subtree.

use gongkai_journal::kind::Kind;
use gongkai_model::{
    revision::Revision,
    standard::{StandardFacts, StandardId, StandardPut},
};

use super::{StandardError, StandardRow, StandardVersion};
use crate::{Action, App, Operator, Result};

impl App {
    /// Hands the latest draft, or the offer under that id, down to everything below.
    pub async fn send_standard(&self, operator: &Operator, id: &StandardId) -> Result<StandardRow> {
        operator.may_in(Action::StandardSend, &id.domain)?;
        let me = self.world().me.clone();
        if id.division != me {
            return Err(StandardError::NotIssuer { standard: id.clone(), me }.into());
        }
        let acting = self.begin(operator, Action::StandardSend, id).await?;
        let versions = self.standard_versions(id).await?;
        let in_force = versions.iter().rfind(|version| version.row.is_sent);
        let (facts, content) = self.to_send(id, &versions).await?;
        let is_known = in_force.is_some_and(|sent| sent.row.facts == facts && sent.content.items == content.items);
        if is_known {
            return Err(StandardError::NothingToSend { standard: id.clone() }.into());
        }
        let number = in_force.map_or(0, |sent| sent.row.number) + 1;
        let base = in_force.filter(|sent| sent.is_own);
        let body = base.map_or_else(|| content.full(), |base| content.delta_from(&base.content));
        let put = StandardPut { standard: id.clone(), number, facts, body };
        let entry = acting.record_standard(Kind::StandardPut, put).await?;
        let rows = self.standard_rows(Some(&id.domain)).await?;
        let row = rows.into_iter().find(|row| row.entry == entry);
        row.ok_or_else(|| StandardError::StandardUnknown { text: id.to_string() }.into())
    }

    async fn to_send(&self, id: &StandardId, versions: &[StandardVersion]) -> Result<(StandardFacts, Revision)> {
        let draft = versions.iter().rfind(|version| !version.row.is_sent);
        if let Some(draft) = draft {
            return Ok((draft.row.facts.clone(), draft.content.as_ref().clone()));
        }
        match self.offered(id).await? {
            Some(offered) => Ok(offered),
            None if versions.is_empty() => Err(StandardError::StandardUnknown { text: id.to_string() }.into()),
            None => Err(StandardError::NothingToSend { standard: id.clone() }.into()),
        }
    }
}
