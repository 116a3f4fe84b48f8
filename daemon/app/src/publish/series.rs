//! The series of editions: their entries, what each held, and how one stands against the one before.
//!
//! Invariant: numbers come from entries of the top node about the top division; nobody else's count. What an edition
//! held comes from its plan, or from its manifest where the plan is not on this node.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use gongkai_journal::{Entry, EntryHash, kind::Kind, payload};
use gongkai_model::{
    digest::Digest,
    edition::EditionPayload,
    id::{CatalogId, DivisionId, OperatorId},
    revision::changes,
};
use gongkai_publish::Manifest;

use super::{
    MissingCatalog, Reason,
    build::{directory, read_manifest},
    reason::domain_name,
};
use crate::{App, Error, Result, World};

/// Entries read in one go.
const PAGE: usize = 500;

/// One edition's entry.
pub(crate) struct SeriesEntry {
    pub(crate) hash: EntryHash,
    pub(crate) feed: u64,
    pub(crate) payload: EditionPayload,
    pub(crate) division: DivisionId,
    pub(crate) operator: Option<OperatorId>,
}

/// Editions by number.
pub(crate) type Series = BTreeMap<u64, SeriesEntry>;
/// What an edition holds: revision and count of items by catalog.
pub(crate) type Contents = BTreeMap<CatalogId, (Digest, u32)>;

/// How a catalog or an item stands against the edition before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// New.
    Added,
    /// In both, and different.
    Changed,
    /// In both, and the same.
    Unchanged,
    /// Gone.
    Removed,
}

impl Change {
    /// The word in JSON and English output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Unchanged => "unchanged",
            Self::Removed => "removed",
        }
    }
}

/// One catalog of an edition against the edition before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditionLine {
    /// Which.
    pub catalog: CatalogId,
    /// Its division's name.
    pub division_name: String,
    /// Its domain's name.
    pub domain_name: String,
    /// The revision; of a removed catalog the one that stood before.
    pub revision: Digest,
    /// Items in the edition; 0 for a removed catalog.
    pub items: usize,
    /// Against the edition before.
    pub change: Change,
    /// Items that are new.
    pub items_added: usize,
    /// Items with other content.
    pub items_changed: usize,
    /// Items that are gone.
    pub items_removed: usize,
}

/// One line of the list of editions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditionRow {
    /// Its number.
    pub number: u64,
    /// When it was published, unix milliseconds.
    pub published_at_ms: i64,
    /// Who published.
    pub division: DivisionId,
    /// On whose word; an alias on every other node.
    pub operator: Option<OperatorId>,
    /// Catalogs in it.
    pub catalogs: usize,
    /// Items in it.
    pub items: usize,
    /// What was missing from it.
    pub missing: usize,
    /// Root over its catalogs.
    pub manifest_root: Digest,
    /// Digest of its manifest.
    pub manifest: Digest,
    /// Its entry.
    pub entry: EntryHash,
    /// Where it lies; `None` where it is not on this node.
    pub directory: Option<PathBuf>,
    /// The publisher's words; only on the node that made it.
    pub note: String,
}

/// An edition with what it held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditionShown {
    /// Its line in the list.
    pub row: EditionRow,
    /// Its catalogs against the edition before; empty where neither plan nor directory is on this node.
    pub catalogs: Vec<EditionLine>,
    /// What was missing from it, and why.
    pub missing: Vec<MissingCatalog>,
}

impl App {
    /// The editions known here, by number. `root` is where this node keeps their directories.
    pub async fn editions(&self, root: &Path) -> Result<Vec<EditionRow>> {
        let mut rows = Vec::new();
        for entry in self.series().await?.values() {
            rows.push(self.edition_row(entry, root).await?);
        }
        Ok(rows)
    }

    /// One edition; 0 for the latest.
    pub async fn edition(&self, number: u64, root: &Path) -> Result<EditionShown> {
        let series = self.series().await?;
        let entry = find(&series, number)?;
        let number = entry.payload.number;
        let before = match series.range(..number).next_back() {
            Some((before, _)) => self.contents(*before, Some(root)).await?,
            None => Some(Contents::new()),
        };
        let now = self.contents(number, Some(root)).await?;
        let catalogs = match (before, now) {
            (Some(before), Some(now)) => self.lines(&before, &now).await?,
            (None, Some(now)) => self.lines(&Contents::new(), &now).await?,
            (_, None) => Vec::new(),
        };
        let missing = self.missing_of(number, root).await?;
        Ok(EditionShown { row: self.edition_row(entry, root).await?, catalogs, missing })
    }

    /// The revision of each catalog in the latest edition, and that edition's number; 0 and nothing before the first
    /// and on nodes that cannot tell.
    pub async fn published(&self) -> Result<(u64, BTreeMap<CatalogId, Digest>)> {
        let number = self.series().await?.keys().next_back().copied().unwrap_or(0);
        let contents = self.contents(number, None).await?.unwrap_or_default();
        Ok((number, contents.into_iter().map(|(catalog, (revision, _))| (catalog, revision)).collect()))
    }

    /// Every edition entry that counts. Of two with one number, which only a fork can make, the lower hash.
    pub(crate) async fn series(&self) -> Result<Series> {
        let world = self.world();
        let mut series = Series::new();
        let mut after = 0;
        loop {
            let page = self.store().entries_of_kinds(&[Kind::Edition.word()], after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(series) };
            after = last.feed;
            for placed in page {
                let (header, hash) = (&placed.entry.header, placed.entry.hash());
                let Some(payload) = edition_of(&world, &placed.entry) else { continue };
                if series.get(&payload.number).is_some_and(|known| known.hash < hash) {
                    continue;
                }
                let (division, operator) = (world.root.clone(), header.operator.clone());
                series.insert(payload.number, SeriesEntry { hash, feed: placed.feed, payload, division, operator });
            }
        }
    }

    /// What an edition held; `None` where this node cannot tell.
    pub(crate) async fn contents(&self, number: u64, root: Option<&Path>) -> Result<Option<Contents>> {
        if let Some(plan) = self.edition_plan(number).await? {
            return Ok(Some(plan.catalogs.iter().map(super::plan::PlannedCatalog::content).collect()));
        }
        let manifest = root.and_then(|root| manifest(root, number));
        let content = |manifest: Manifest| -> Contents {
            let entries = manifest.catalogs.into_iter();
            entries.map(|entry| (entry.catalog, (entry.revision, count(entry.items.len())))).collect()
        };
        Ok(manifest.map(content))
    }

    /// The catalogs of two editions side by side, by catalog id.
    pub(super) async fn lines(&self, before: &Contents, now: &Contents) -> Result<Vec<EditionLine>> {
        let mut lines = Vec::new();
        for (catalog, (revision, items)) in now {
            let mut line = self.line(catalog, *revision, *items as usize);
            match before.get(catalog) {
                None => (line.change, line.items_added) = (Change::Added, line.items),
                Some((old, _)) if old == revision => {}
                Some((old, _)) => self.count_changes(&mut line, old).await?,
            }
            lines.push(line);
        }
        for (catalog, (revision, items)) in before.iter().filter(|(catalog, _)| !now.contains_key(*catalog)) {
            let mut line = self.line(catalog, *revision, 0);
            (line.change, line.items_removed) = (Change::Removed, *items as usize);
            lines.push(line);
        }
        lines.sort_by(|a, b| a.catalog.cmp(&b.catalog));
        Ok(lines)
    }

    fn line(&self, catalog: &CatalogId, revision: Digest, items: usize) -> EditionLine {
        let world = self.world();
        EditionLine {
            catalog: catalog.clone(),
            division_name: world.name_of(&catalog.division),
            domain_name: domain_name(&world, &catalog.domain),
            revision,
            items,
            change: Change::Unchanged,
            items_added: 0,
            items_changed: 0,
            items_removed: 0,
        }
    }

    async fn count_changes(&self, line: &mut EditionLine, old: &Digest) -> Result<()> {
        line.change = Change::Changed;
        let loaded = self.load(&line.catalog).await?;
        let (Some(old), Some(new)) = (loaded.revisions.get(old), loaded.revisions.get(&line.revision)) else {
            return Ok(());
        };
        let found = changes(Some(old), new);
        (line.items_added, line.items_changed) = (found.added.len(), found.changed.len());
        line.items_removed = found.removed.len();
        Ok(())
    }

    async fn edition_row(&self, entry: &SeriesEntry, root: &Path) -> Result<EditionRow> {
        let payload = &entry.payload;
        let operator = match &entry.operator {
            Some(alias) => Some(self.operator_behind(alias).await?),
            None => None,
        };
        let place = directory(root, payload.number);
        Ok(EditionRow {
            number: payload.number,
            published_at_ms: payload.published_at_ms,
            division: entry.division.clone(),
            operator,
            catalogs: payload.catalogs as usize,
            items: payload.items as usize,
            missing: payload.missing as usize,
            manifest_root: payload.manifest_root,
            manifest: payload.manifest,
            entry: entry.hash,
            directory: place.is_dir().then_some(place),
            note: self.edition_plan(payload.number).await?.map(|plan| plan.note).unwrap_or_default(),
        })
    }

    async fn missing_of(&self, number: u64, root: &Path) -> Result<Vec<MissingCatalog>> {
        if let Some(plan) = self.edition_plan(number).await? {
            return Ok(plan.missing);
        }
        let world = self.world();
        let listed = manifest(root, number).map(|manifest| manifest.missing).unwrap_or_default();
        let listed = listed.into_iter().map(|missing| MissingCatalog {
            division_name: world.name_of(&missing.division),
            domain_name: missing.domain.as_ref().map_or_else(String::new, |slug| domain_name(&world, slug)),
            division: missing.division,
            domain: missing.domain,
            state: "missing".to_owned(),
            reason: Reason::new("", missing.why.clone(), ""),
            why: missing.why,
        });
        Ok(listed.collect())
    }
}

/// The edition that an entry makes known: the top node's alone do, about the top division.
pub(crate) fn edition_of(world: &World, entry: &Entry) -> Option<EditionPayload> {
    let is_own = entry.header.kind == Kind::Edition && entry.header.stream.author.division == world.root;
    let bytes = entry.payload.as_deref().filter(|_| is_own && world.hears(entry, &world.root))?;
    payload::decode(&entry.header.kind, bytes).ok()
}

/// The entry of a number; 0 for the latest.
pub(super) fn find(series: &Series, number: u64) -> Result<&SeriesEntry> {
    let found = if number == 0 { series.values().next_back() } else { series.get(&number) };
    found.ok_or(Error::EditionUnknown { number })
}

fn manifest(root: &Path, number: u64) -> Option<Manifest> {
    Manifest::from_bytes(&read_manifest(root, number).ok()?).ok()
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
