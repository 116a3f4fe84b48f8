//! Projections: what can be derived from the journal and is kept so that listings are quick.
//!
//! Invariant: `projected_through` trails the feed, never leads it; what lies between is projected at the next start.
//! Each catalog's row is a function of its entries, so that neither the order of projecting nor the day matters: what
//! depends on the day is asked with the day.

use std::collections::BTreeSet;

use gongkai_journal::{Entry, Lane, kind::Kind, payload};
use gongkai_model::{
    conflict::ConflictKind,
    digest::Digest,
    edition::EditionPayload,
    id::{CatalogId, DivisionId, DomainSlug},
    review::Step,
    standard::StandardId,
};
use serde::{Deserialize, Serialize};

use crate::{App, Error, Loaded, Result, publish::edition_of};

/// Projection rows of catalogs: key = catalog id.
pub(crate) const CATALOGS: &str = "catalog";
/// Projection rows of editions: key = number, ten digits.
pub(crate) const EDITIONS: &str = "edition";
/// What the rows hold; goes up with each field, so that rows which an earlier version made are made again.
const ROWS_VERSION: &str = "5";
const ROWS_VERSION_KEY: &str = "projection.version";
/// Entries projected in one go: with payloads of a quarter MiB they stay in memory together.
const CATCH_UP_ENTRIES_MAX: usize = 100;

/// One row of the catalog list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogRow {
    /// The model's summary.
    pub summary: gongkai_model::catalog::CatalogSummary,
    /// The author's time of the latest entry, for display.
    pub updated_at_ms: i64,
    /// The division that must act next; empty when nobody.
    pub waiting_for: String,
    /// Entries by others than its keeper, of which a person must say whether they stand.
    #[serde(default)]
    pub in_doubt: u32,
    /// What stands against what in it, whatever the day: its conflicts are looked for only where there are some.
    #[serde(default)]
    pub conflicts: BTreeSet<ConflictKind>,
    /// The steps of the head submission from the open one on: whether they are those of the table in force is asked
    /// with the day.
    #[serde(default)]
    pub open_steps: Vec<Step>,
}

impl App {
    /// Brings beliefs, receipts and projections up to the feed. Called under the acting lock, or before anything acts.
    /// Works through the feed in its order, so that nothing is passed over whatever was committed meanwhile.
    pub(crate) async fn catch_up(&self) -> Result<()> {
        loop {
            let through = self.store().projected_through().await?;
            // Item batches are most of the bytes and mean nothing without the entry that names them.
            let batch = Kind::ItemBatch.word();
            let placed = self.store().entries_after_without(batch, through, CATCH_UP_ENTRIES_MAX).await?;
            let Some(last) = placed.last().map(|placed| placed.feed) else {
                self.announce_erasures();
                return Ok(());
            };
            self.note_times(placed.iter().map(|placed| (placed.feed, &placed.entry))).await?;
            let entries: Vec<Entry> = placed.into_iter().map(|placed| placed.entry).collect();
            let world = self.world();
            let is_news = |entry: &Entry| entry.header.lane() == Lane::Trust || world.trust.keyring.is_bounded(entry);
            if entries.iter().any(is_news) {
                self.refresh_world().await?;
                self.carry_keys().await?;
            }
            let mut moved = touched(&entries, &[Kind::Submission, Kind::Reroute]);
            moved.extend(self.freed(&entries).await?);
            for catalog in &moved {
                self.receive(catalog).await?;
            }
            let rows = self.rows(&entries, moved).await?;
            self.store().put_projections(rows, last).await?;
        }
    }

    /// Makes the rows anew of what entries are about whose payload came after they had been passed in the feed.
    pub(crate) async fn take_filled(&self, entries: &[Entry]) -> Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        if entries.iter().any(|entry| entry.header.lane() == Lane::Trust) {
            self.inner.trust_log.forget().await;
            self.refresh_world().await?;
            self.carry_keys().await?;
        }
        let mut moved = touched(entries, &[Kind::Submission, Kind::Reroute, Kind::ItemBatch]);
        moved.extend(self.freed(entries).await?);
        for catalog in &moved {
            self.receive(catalog).await?;
        }
        let rows = self.rows(entries, moved).await?;
        let through = self.store().projected_through().await?;
        Ok(self.store().put_projections(rows, through).await?)
    }

    /// Throws away rows that another version made; catching up makes them again from the journal.
    pub(crate) async fn renew_rows(&self) -> Result<()> {
        if self.store().meta(ROWS_VERSION_KEY).await?.as_deref() != Some(ROWS_VERSION) {
            self.store().clear_projections().await?;
            self.store().put_meta(ROWS_VERSION_KEY, ROWS_VERSION).await?;
        }
        Ok(())
    }

    /// Throws projections away and makes them again; gives the digest of before and after.
    pub async fn rebuild(&self) -> Result<(Digest, Digest)> {
        let _alone = self.alone().await;
        let before = self.store().projection_digest().await?;
        self.store().clear_projections().await?;
        self.inner.trust_log.forget().await;
        self.refresh_world().await?;
        self.catch_up().await?;
        Ok((before, self.store().projection_digest().await?))
    }

    /// The catalog list, by catalog id.
    pub async fn catalog_rows(&self) -> Result<Vec<CatalogRow>> {
        let rows = self.store().projections(CATALOGS).await?;
        rows.iter().map(|row| read_row(&row.value)).collect()
    }

    /// The editions known, by number.
    pub async fn edition_rows(&self) -> Result<Vec<EditionPayload>> {
        let rows = self.store().projections(EDITIONS).await?;
        rows.iter().map(|row| read_row(&row.value)).collect()
    }

    /// Catalogs that entries about something else may have changed: those that waited for a table, and those on a
    /// standard that has come.
    async fn freed(&self, entries: &[Entry]) -> Result<BTreeSet<CatalogId>> {
        let world = self.world();
        let is_bounded = entries.iter().any(|entry| world.trust.keyring.is_bounded(entry));
        if is_bounded || !of_kinds(entries, &[Kind::TreePut, Kind::CustodyPut, Kind::KeyRevoke]).is_empty() {
            // Whose turn it is follows from the tree and from custody; what a revoked key signed may count no longer,
            // and once its good head is here, what stands before it counts.
            return Ok(self.catalog_rows().await?.into_iter().map(|row| row.summary.catalog).collect());
        }
        let kept = self.kept_anew(entries).await?;
        let has_table = entries.iter().any(|entry| entry.header.kind == Kind::TablePut);
        let domains: BTreeSet<DomainSlug> = entries
            .iter()
            .filter(|entry| entry.header.kind == Kind::StandardPut)
            .filter_map(|entry| payload::about_text(&entry.header.kind, entry.payload.as_deref()?))
            .filter_map(|text| Some(StandardId::parse(&text).ok()?.domain))
            .collect();
        if !has_table && domains.is_empty() {
            return Ok(kept);
        }
        let rows = self.catalog_rows().await?.into_iter().map(|row| row.summary);
        let freed = rows
            .filter(|row| (has_table && row.troubled > 0) || domains.contains(&row.catalog.domain))
            .map(|row| row.catalog);
        Ok(freed.chain(kept).collect())
    }

    /// Catalogs of which entries say who keeps or kept them: whose node there is, and what stood when it came.
    async fn kept_anew(&self, entries: &[Entry]) -> Result<BTreeSet<CatalogId>> {
        let told = of_kinds(entries, &[Kind::CertPut, Kind::AuthorityPut, Kind::CustodyAnswer]);
        let about: BTreeSet<&DivisionId> = told.into_iter().map(|entry| &entry.header.stream.subject).collect();
        if about.is_empty() {
            return Ok(BTreeSet::new());
        }
        let world = self.world();
        let rows = self.catalog_rows().await?.into_iter().map(|row| row.summary.catalog);
        Ok(rows.filter(|row| about.iter().any(|above| world.tree().is_on_path(above, &row.division))).collect())
    }

    async fn rows(
        &self,
        entries: &[Entry],
        moved: BTreeSet<CatalogId>,
    ) -> Result<Vec<(String, String, Option<String>)>> {
        let mut rows = self.standard_rows_of(entries).await?;
        let kinds = [
            Kind::DraftSave,
            Kind::Waiver,
            Kind::Submission,
            Kind::Withdrawal,
            Kind::Receipt,
            Kind::Decision,
            Kind::Revocation,
            Kind::Proposal,
            Kind::ProposalAnswer,
            Kind::Settlement,
            Kind::EraseRequest,
            Kind::Erase,
        ];
        let mut changed = touched(entries, &kinds);
        changed.extend(moved);
        for catalog in changed {
            let loaded = self.load(&catalog).await?;
            self.carry_out(&loaded).await?;
            let row = self.row_of(&loaded).await?;
            rows.push((CATALOGS.to_owned(), catalog.to_string(), Some(text_of(&row))));
            rows.extend(self.claims_row(&loaded));
            rows.extend(Self::erasure_rows(&loaded));
        }
        let world = self.world();
        for edition in entries.iter().filter_map(|entry| edition_of(&world, entry)) {
            rows.push((EDITIONS.to_owned(), format!("{:010}", edition.number), Some(text_of(&edition))));
        }
        Ok(rows)
    }

    /// The row of a catalog as it was loaded, also for a day in the past.
    pub async fn row_of(&self, loaded: &Loaded) -> Result<CatalogRow> {
        let summary = loaded.summary(None);
        let updated_at_ms = loaded.entries.iter().map(|entry| entry.header.written_at_ms).max().unwrap_or(0);
        let head = loaded.state.head();
        let next = head.and_then(|head| head.steps.get(usize::try_from(head.status.open_step()?).ok()?));
        let waiting_for = match (next, &loaded.draft) {
            (Some(step), _) => step.division.to_string(),
            // A draft waits where it was saved: it never left this node.
            (None, Some(_)) => self.world().me.to_string(),
            (None, None) => String::new(),
        };
        let conflicts = self.conflicts_of(loaded).await?;
        let lasting = conflicts.iter().filter(|conflict| conflict.kind != ConflictKind::Department);
        let conflicts = lasting.map(|conflict| conflict.kind).collect();
        let open_steps = head.map(|head| head.open_steps().to_vec()).unwrap_or_default();
        let in_doubt = u32::try_from(loaded.state.in_doubt().count()).unwrap_or(u32::MAX);
        Ok(CatalogRow { summary, updated_at_ms, waiting_for, in_doubt, conflicts, open_steps })
    }
}

fn of_kinds<'e>(entries: &'e [Entry], kinds: &[Kind]) -> Vec<&'e Entry> {
    let is_one = |entry: &&Entry| entry.header.kind.is_one_of(kinds);
    entries.iter().filter(is_one).collect()
}

/// The catalogs that entries of these kinds are about.
fn touched(entries: &[Entry], kinds: &[Kind]) -> BTreeSet<CatalogId> {
    let of_kind = entries.iter().filter(|entry| entry.header.kind.is_one_of(kinds));
    of_kind.filter_map(|entry| payload::about(&entry.header.kind, entry.payload.as_deref()?)).collect()
}

pub(crate) fn text_of(row: &impl Serialize) -> String {
    // Rows are structs with text keys: serialising them cannot fail.
    serde_json::to_string(row).unwrap_or_default()
}

pub(crate) fn read_row<T: serde::de::DeserializeOwned>(json: &str) -> Result<T> {
    serde_json::from_str(json).map_err(|error| Error::Damaged { hash: "projection".to_owned(), why: error.to_string() })
}
