//! Columns that a clerk named once, kept for the later imports of the same office's files.
//!
//! Invariant: per division and office the latest save of this node counts (highest version, ties by entry hash); what
//! is kept for no office holds for all, and gives way to an office's own. It never leaves the node.
//! Left out: reading a table with it, and which office made a file (sheets).

use std::collections::BTreeMap;

use gongkai_journal::{
    kind::Kind,
    payload::{self, MappingPut},
};
use gongkai_model::id::DivisionId;
use gongkai_sheets::{Mapping, MappingError, PUBLISHER_CHARS_MAX, publisher_key};
use gongkai_store::Draft;

use crate::{
    Action, App, ImportQuestion, Operator, Result,
    act::{Acting, Subject},
};

/// The columns kept for one office's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptColumns {
    /// The office; empty for all.
    pub publisher: String,
    /// Header text → field.
    pub mapping: BTreeMap<String, String>,
}

/// The columns that a file is read with.
pub(crate) struct Columns {
    /// Named now.
    told: Mapping,
    /// Named now, and kept for all offices.
    pub(crate) general: Mapping,
    /// For single offices, by their keys: what is general, and their own before it.
    pub(crate) by_publisher: BTreeMap<String, Mapping>,
}

impl Columns {
    /// Those that an office's file is read with.
    pub(crate) fn of(&self, publisher: &str) -> &Mapping {
        self.by_publisher.get(&publisher_key(publisher)).unwrap_or(&self.general)
    }
}

impl App {
    /// The columns kept for a division's workbooks, by office; those for all of them first.
    pub async fn kept_mapping(&self, division: Option<&str>) -> Result<(DivisionId, Vec<KeptColumns>)> {
        let division = self.writable_division(division)?;
        let kept = self.latest_mappings(&division).await?;
        Ok((division, listed(kept)))
    }

    /// Forgets columns by their header's text, of one office or wherever they are kept; gives what is still kept.
    pub async fn forget_mapping(
        &self,
        operator: &Operator,
        division: Option<&str>,
        publisher: &str,
        headers: &[String],
    ) -> Result<(DivisionId, Vec<KeptColumns>)> {
        operator.may(Action::CatalogMappings)?;
        let division = self.writable_division(division)?;
        let acting = self.begin(operator, Action::CatalogMappings, Subject::NODE).await?;
        let mut kept = self.latest_mappings(&division).await?;
        let asked = publisher_key(publisher);
        for header in headers.iter().map(|header| header.trim()) {
            let of_office = kept.iter_mut().filter(|(key, _)| asked.is_empty() || **key == asked);
            let found = of_office.filter_map(|(_, put)| put.mapping.remove(header)).count();
            if found == 0 {
                return Err(MappingError::NotKept(header.chars().take(80).collect()).into());
            }
        }
        let before = self.latest_mappings(&division).await?;
        for (key, put) in &kept {
            if before.get(key).is_some_and(|before| before.mapping != put.mapping) {
                acting.put_mapping(&division, next(put, put.mapping.clone())).await?;
            }
        }
        Ok((division, listed(kept)))
    }

    /// What a file of a division is read with: what is named now before what was kept.
    pub(crate) async fn columns(&self, question: &ImportQuestion, division: &DivisionId) -> Result<Columns> {
        let vocabulary = &self.world().vocabulary;
        if question.publisher.chars().count() > PUBLISHER_CHARS_MAX {
            return Err(MappingError::PublisherTooLong(question.publisher.chars().count()).into());
        }
        let told = Mapping::parse(question.map.iter().map(String::as_str), vocabulary)?;
        let kept = self.latest_mappings(division).await?;
        let for_all = kept.get("").map(|put| put.mapping.clone()).unwrap_or_default();
        let general = told.clone().with_kept(&for_all, vocabulary)?;
        let mut by_publisher = BTreeMap::new();
        for (key, put) in kept.into_iter().filter(|(key, _)| !key.is_empty()) {
            let own = Mapping::default().with_kept(&put.mapping, vocabulary)?;
            let for_all = Mapping::default().with_kept(&for_all, vocabulary)?;
            let both = told.clone().over(own)?.over(for_all)?;
            by_publisher.insert(key, both);
        }
        Ok(Columns { told, general, by_publisher })
    }

    /// Keeps for an office the columns that were named now and are in the file, if that says anything new.
    pub(crate) async fn keep_mapping(
        &self,
        acting: &Acting<'_>,
        division: &DivisionId,
        publisher: &str,
        (columns, unmet): (&Columns, &[String]),
    ) -> Result<()> {
        let told = columns.told.clone().without(unmet);
        if told.is_empty() {
            return Ok(());
        }
        let mut kept = self.latest_mappings(division).await?;
        let nothing = MappingPut { version: 0, mapping: BTreeMap::new(), publisher: publisher.to_owned() };
        let kept = kept.remove(&publisher_key(publisher)).unwrap_or(nothing);
        let mapping = told.with_kept(&kept.mapping, &self.world().vocabulary)?.to_pairs();
        if mapping == kept.mapping {
            return Ok(());
        }
        acting.put_mapping(division, next(&kept, mapping)).await
    }

    /// The latest save for each office, by its key; those without an office under the empty one.
    async fn latest_mappings(&self, division: &DivisionId) -> Result<BTreeMap<String, MappingPut>> {
        let entries = self.store().entries_about(&about(division)).await?;
        let mut saves: Vec<_> = entries
            .iter()
            .filter_map(|entry| {
                let put: MappingPut = payload::decode(&entry.header.kind, entry.payload.as_deref()?).ok()?;
                Some((put.version, entry.hash(), put))
            })
            .collect();
        saves.sort_by_key(|(version, hash, _)| (*version, *hash));
        Ok(saves.into_iter().map(|(_, _, put)| (publisher_key(&put.publisher), put)).collect())
    }
}

impl Acting<'_> {
    async fn put_mapping(&self, division: &DivisionId, put: MappingPut) -> Result<()> {
        let mut draft = Draft::of(Kind::MappingPut, division.clone(), payload::encode(&put));
        draft.about = Some(about(division));
        self.record_one(draft).await.map(drop)
    }
}

fn listed(kept: BTreeMap<String, MappingPut>) -> Vec<KeptColumns> {
    let columns = kept.into_values().map(|put| KeptColumns { publisher: put.publisher, mapping: put.mapping });
    columns.filter(|kept| !kept.mapping.is_empty()).collect()
}

fn next(put: &MappingPut, mapping: BTreeMap<String, String>) -> MappingPut {
    MappingPut { version: put.version.saturating_add(1), mapping, publisher: put.publisher.clone() }
}

/// What such an entry is about, for looking it up; no catalog id looks like it.
fn about(division: &DivisionId) -> String {
    format!("mapping:{division}")
}
