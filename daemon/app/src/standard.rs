//! Standards as this node knows them: imported here, offered by a pilot, or handed down from above.
//!
//! Invariant: a version counts if its issuer's own node wrote it; what is not handed down yet stays on the node that
//! imported it. A catalog is written by its owner alone: a standard is copied and compared, never imposed.

use std::{collections::BTreeMap, sync::Arc};

use gongkai_journal::{Entry, EntryHash, Lane, Reach, kind::Kind, payload};
use gongkai_model::{
    digest::Digest,
    id::{CatalogId, DomainSlug},
    review::{Act, Fact},
    revision::{CanonicalHeader, ItemBatch, Revision, RevisionBody, apply, split},
    standard::{StandardBatch, StandardFacts, StandardId, StandardPut, StandardRef, Template},
};
use gongkai_store::{Body, Draft};
use serde::{Deserialize, Serialize};

use crate::{
    App, Error, Result,
    act::Acting,
    acts::PART_BYTES_TARGET,
    project::{read_row, text_of},
};

mod adopt;
mod compare;
mod error;
mod hand_down;
mod import;
mod offer;

pub use adopt::{RebaseQuestion, RebasedCatalog, StartQuestion, StartedCatalog};
pub use compare::{ComparedCatalog, StandardNews};
pub use error::StandardError;
pub use import::{StandardImported, StandardQuestion};
pub use offer::Offer;

/// Projection rows of standards: key = id, number and entry.
pub(crate) const STANDARDS: &str = "standard";
/// Fewest characters of a digest by which a version may be named.
const PREFIX_CHARS_MIN: usize = 6;

/// One version of a standard in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandardRow {
    /// Which standard.
    pub id: StandardId,
    /// What is said about it.
    pub facts: StandardFacts,
    /// The title as printed.
    pub title: String,
    /// Counts up from 1 within the standard.
    pub number: u64,
    /// Digest of its content.
    pub revision: Digest,
    /// How many items it has.
    pub items: u32,
    /// The entry that carries it.
    pub entry: EntryHash,
    /// Whether it was handed down; else it is a draft of this node.
    pub is_sent: bool,
    /// The author's wall time, unix milliseconds.
    pub at_ms: i64,
}

/// One version of a standard with its content.
#[derive(Clone, Debug)]
pub struct StandardVersion {
    /// The version.
    pub row: StandardRow,
    /// Its content.
    pub content: Arc<Revision>,
    /// Whether this node's present life wrote it: only then may a later one build on it.
    is_own: bool,
}

impl StandardVersion {
    /// The version as a template.
    pub fn template(&self) -> Template<'_> {
        Template { id: &self.row.id, facts: &self.row.facts, content: &self.content }
    }

    /// How a catalog names it.
    pub fn reference(&self) -> StandardRef {
        self.template().reference()
    }
}

impl App {
    /// The versions known here, by standard, then number; `domain` narrows.
    pub async fn standard_rows(&self, domain: Option<&DomainSlug>) -> Result<Vec<StandardRow>> {
        let rows = self.store().projections(STANDARDS).await?;
        let mut rows: Vec<StandardRow> = rows.iter().map(|row| read_row(&row.value)).collect::<Result<_>>()?;
        rows.retain(|row| domain.is_none_or(|domain| row.id.domain == *domain));
        rows.sort_by(|one, other| order(one).cmp(&order(other)));
        Ok(rows)
    }

    /// The versions of one standard with their contents, oldest first; drafts stand behind what was handed down.
    pub async fn standard_versions(&self, id: &StandardId) -> Result<Vec<StandardVersion>> {
        let mut entries = self.store().entries_about(&id.to_string()).await?;
        let world = self.world();
        entries.retain(|entry| world.hears(entry, &id.division));
        let own = self.store().identity().author();
        let mut batches: BTreeMap<EntryHash, ItemBatch> = BTreeMap::new();
        let mut contents: BTreeMap<Digest, Arc<Revision>> = BTreeMap::new();
        let mut versions = Vec::new();
        for entry in &entries {
            match entry.header.kind.known() {
                Some(Kind::StandardBatch) => {
                    let batch: Option<StandardBatch> = decode(entry);
                    batches.extend(batch.map(|batch| (entry.hash(), batch.batch)));
                }
                Some(Kind::StandardPut | Kind::StandardDraft) => {
                    let is_own = entry.header.stream.author == own;
                    let read = version(entry, id, &batches, &contents, is_own);
                    contents.extend(read.iter().map(|read| (read.row.revision, Arc::clone(&read.content))));
                    versions.extend(read);
                }
                _ => {}
            }
        }
        versions.sort_by(|one, other| order(&one.row).cmp(&order(&other.row)));
        Ok(versions)
    }

    /// The version in force: the last that was handed down; before there is one, this node's draft.
    pub async fn standard(&self, id: &StandardId) -> Result<StandardVersion> {
        let versions = self.standard_versions(id).await?;
        let sent = versions.iter().rfind(|version| version.row.is_sent).cloned();
        sent.or_else(|| versions.last().cloned())
            .ok_or_else(|| StandardError::StandardUnknown { text: id.to_string() }.into())
    }

    /// The version that a text means: `division/domain/name`, a name within the domain, each with `@` and a version
    /// (its words, number or digest) where another than the one in force is meant.
    pub async fn standard_named(&self, text: &str, domain: Option<&DomainSlug>) -> Result<StandardVersion> {
        let unknown = || Error::from(StandardError::StandardUnknown { text: text.chars().take(80).collect() });
        let (name, wanted) = text.split_once('@').map_or((text, None), |(name, wanted)| (name, Some(wanted)));
        let id = if name.contains('/') {
            StandardId::parse(name)?
        } else {
            let rows = self.standard_rows(domain).await?;
            let mut ids: Vec<StandardId> = rows.into_iter().map(|row| row.id).filter(|id| id.name == name).collect();
            ids.dedup();
            match ids.as_slice() {
                [one] => one.clone(),
                _ => return Err(unknown()),
            }
        };
        let Some(wanted) = wanted else { return self.standard(&id).await };
        let digits = wanted.strip_prefix("sha256:").unwrap_or(wanted);
        let is_meant = |row: &StandardRow| {
            row.facts.version == wanted
                || row.number.to_string() == wanted
                || (digits.len() >= PREFIX_CHARS_MIN && row.revision.to_hex().starts_with(digits))
        };
        let versions = self.standard_versions(&id).await?;
        versions.into_iter().rev().find(|version| is_meant(&version.row)).ok_or_else(unknown)
    }

    /// Contents of the standards that a catalog's submissions stand on, where they stand on more than one version:
    /// the fold asks what lies between them.
    pub(crate) async fn standards_named(&self, facts: &[Fact]) -> Result<BTreeMap<Digest, Arc<Revision>>> {
        let named: BTreeMap<Digest, StandardId> =
            facts.iter().filter_map(named_standard).map(|named| (named.revision, named.id)).collect();
        let mut found = BTreeMap::new();
        if named.len() < 2 {
            return Ok(found);
        }
        let ids: std::collections::BTreeSet<&StandardId> = named.values().collect();
        for id in ids {
            let versions = self.standard_versions(id).await?.into_iter();
            found.extend(versions.map(|version| (version.row.revision, version.content)));
        }
        Ok(found)
    }

    /// Projection rows of the standards among entries.
    pub(crate) async fn standard_rows_of(&self, entries: &[Entry]) -> Result<Vec<(String, String, Option<String>)>> {
        let mut rows = Vec::new();
        for entry in entries {
            let is_version = matches!(entry.header.kind.known(), Some(Kind::StandardPut | Kind::StandardDraft));
            let Some(put) = decode::<StandardPut>(entry).filter(|_| is_version) else { continue };
            let versions = self.standard_versions(&put.standard).await?;
            let found = versions.into_iter().find(|version| version.row.entry == entry.hash());
            let Some(StandardVersion { row, .. }) = found else { continue };
            let key = format!("{}#{:010}#{}", row.id, row.number, row.entry.short());
            rows.push((STANDARDS.to_owned(), key, Some(text_of(&row))));
        }
        Ok(rows)
    }
}

impl Acting<'_> {
    /// Records a version: batches first, then the entry that names them.
    pub(crate) async fn record_standard(&self, kind: Kind, put: StandardPut) -> Result<EntryHash> {
        let StandardPut { standard, number, facts, body } = put;
        let (batches, body) = split(body, PART_BYTES_TARGET)?;
        let (reach, count) = (kind.reach(), batches.len());
        let draft = |kind: Kind, payload: Vec<u8>| {
            let mut draft = Draft::of(kind, standard.division.clone(), payload);
            (draft.reach, draft.lane) = (reach, Lane::Work);
            draft.about = Some(standard.to_string());
            draft
        };
        let batch = |batch| payload::encode(&StandardBatch { standard: standard.clone(), batch });
        let mut drafts: Vec<Draft> =
            batches.into_iter().map(|items| draft(Kind::StandardBatch, batch(items))).collect();
        let mut last = draft(kind, Vec::new());
        last.payload = Body::Made(Box::new(move |earlier: &[EntryHash]| {
            let body = RevisionBody { parts: earlier[..count].to_vec(), ..body };
            payload::encode(&StandardPut { standard, number, facts, body })
        }));
        drafts.push(last);
        self.record_last(drafts).await
    }
}

/// Drafts behind what was handed down; ties by entry hash.
fn order(row: &StandardRow) -> (&StandardId, bool, u64, EntryHash) {
    (&row.id, !row.is_sent, row.number, row.entry)
}

pub(crate) fn decode<T: serde::de::DeserializeOwned>(entry: &Entry) -> Option<T> {
    payload::decode(&entry.header.kind, entry.payload.as_deref()?).ok()
}

/// Reads one version; `None` for one that another than the issuer wrote, or that cannot be read.
fn version(
    entry: &Entry,
    id: &StandardId,
    batches: &BTreeMap<EntryHash, ItemBatch>,
    contents: &BTreeMap<Digest, Arc<Revision>>,
    is_own: bool,
) -> Option<StandardVersion> {
    let put: StandardPut = decode(entry)?;
    let stream = &entry.header.stream;
    let is_issuer = stream.author.division == id.division && stream.subject == id.division;
    if put.standard != *id || put.body.catalog != id.content_id() || !is_issuer {
        return None;
    }
    let parts: Option<Vec<ItemBatch>> = put.body.parts.iter().map(|part| batches.get(part).cloned()).collect();
    let base = put.body.base.and_then(|base| contents.get(&base));
    let content = apply(base.map(AsRef::as_ref), &parts?, &put.body).ok()?;
    let row = StandardRow {
        id: id.clone(),
        facts: put.facts,
        title: content.header.decode().title,
        number: put.number,
        revision: content.digest(),
        items: u32::try_from(content.items.len()).unwrap_or(u32::MAX),
        entry: entry.hash(),
        is_sent: stream.reach() != Reach::SelfOnly,
        at_ms: entry.header.written_at_ms,
    };
    Some(StandardVersion { row, content: Arc::new(content), is_own })
}

/// The standard that a submitted revision's header names.
pub(crate) fn named_standard(fact: &Fact) -> Option<StandardRef> {
    let Act::Submission { submission, .. } = &fact.act else { return None };
    CanonicalHeader::from_json(submission.body.header.get())?.decode().standard
}

/// The standard that a catalog's revision names.
pub(crate) fn standard_of(revision: &Revision) -> Option<StandardRef> {
    revision.header.decode().standard
}

/// The id under which an offered catalog is handed down.
pub(crate) fn pilot_id(issuer: &gongkai_model::id::DivisionId, catalog: &CatalogId) -> Result<StandardId> {
    let name = StandardId::pilot_name(&catalog.division);
    Ok(StandardId::new(issuer.clone(), catalog.domain.clone(), &name)?)
}
