//! Columns that a clerk named once for a division's workbooks, kept for its later imports.
//!
//! Invariant: the latest save of this node counts (highest version, ties by entry hash); it never leaves the node.
//! Left out: reading a table with it (sheets).

use std::collections::BTreeMap;

use gongkai_journal::{
    kind::Kind,
    payload::{self, MappingPut},
};
use gongkai_model::id::{DivisionId, OperatorId};
use gongkai_sheets::{Mapping, MappingError};
use gongkai_store::Draft;

use crate::{App, Operator, Result, Role};

impl App {
    /// The columns kept for a division's workbooks, header text → field.
    pub async fn kept_mapping(&self, division: Option<&str>) -> Result<(DivisionId, BTreeMap<String, String>)> {
        let division = self.writable_division(division)?;
        let kept = self.latest_mapping(&division).await?;
        Ok((division, kept.map(|kept| kept.mapping).unwrap_or_default()))
    }

    /// Forgets columns by their header's text; gives what is still kept.
    pub async fn forget_mapping(
        &self,
        operator: &Operator,
        division: Option<&str>,
        headers: &[String],
    ) -> Result<(DivisionId, BTreeMap<String, String>)> {
        operator.require(Role::Clerk)?;
        let division = self.writable_division(division)?;
        let _acting = self.inner.acting.lock().await;
        let mut mapping = self.latest_mapping(&division).await?.map(|kept| kept.mapping).unwrap_or_default();
        for header in headers {
            let header = header.trim();
            mapping.remove(header).ok_or_else(|| MappingError::NotKept(header.chars().take(80).collect()))?;
        }
        self.put_mapping(&division, operator.id.clone(), mapping.clone()).await?;
        Ok((division, mapping))
    }

    /// Keeps the columns of an import, if they say anything new. Called with the acting lock held.
    pub(crate) async fn keep_mapping(&self, division: &DivisionId, operator: OperatorId, told: &Mapping) -> Result<()> {
        let mapping = told.to_pairs();
        let kept = self.latest_mapping(division).await?.map(|kept| kept.mapping).unwrap_or_default();
        if mapping == kept { Ok(()) } else { self.put_mapping(division, operator, mapping).await }
    }

    pub(crate) async fn latest_mapping(&self, division: &DivisionId) -> Result<Option<MappingPut>> {
        let entries = self.store().entries_about(&about(division)).await?;
        let saves = entries.iter().filter_map(|entry| {
            let put: MappingPut = payload::decode(&entry.header.kind, entry.payload.as_deref()?).ok()?;
            Some((put.version, entry.hash(), put))
        });
        Ok(saves.max_by_key(|(version, hash, _)| (*version, *hash)).map(|(_, _, put)| put))
    }

    async fn put_mapping(
        &self,
        division: &DivisionId,
        operator: OperatorId,
        mapping: BTreeMap<String, String>,
    ) -> Result<()> {
        let version = self.latest_mapping(division).await?.map_or(1, |kept| kept.version.saturating_add(1));
        let payload = payload::encode(&MappingPut { version, mapping });
        let mut draft = Draft::of(Kind::MappingPut, division.clone(), payload);
        (draft.operator, draft.about) = (Some(operator), Some(about(division)));
        self.record(vec![draft]).await?;
        Ok(())
    }
}

/// What such an entry is about, for looking it up; no catalog id looks like it.
fn about(division: &DivisionId) -> String {
    format!("mapping:{division}")
}
