//! Matters that two bodies claim: what each submitted catalog claims is kept as a projection, so that a whole city is
//! compared without folding a catalog.
//!
//! Invariant: a row is a function of the catalog's entries and of the tree; a settlement counts if its author stands
//! at or above the upper body's division, and is filed with the lower catalog, so that all who see both see it.

use std::{collections::BTreeSet, sync::Arc};

use gongkai_journal::kind::Kind;
use gongkai_model::{
    conflict::{Claims, Conflict, Contents, Settlement, claims, matters, submitted},
    digest::Digest,
    id::{DivisionId, ItemId},
    revision::{Header, Revision, Slot},
};

use crate::{
    App, Loaded, Result,
    catalog::on_catalog,
    project::{read_row, text_of},
};

/// Projection rows of claims: key = catalog id.
const CLAIMS: &str = "claims";

impl App {
    /// The projection row of what a catalog claims; nothing before it was submitted.
    pub(crate) fn claims_row(&self, loaded: &Loaded) -> Option<(String, String, Option<String>)> {
        let (head, content) = (loaded.state.head()?, loaded.head_revision()?);
        let world = self.world();
        let level = world.tree().get(&loaded.catalog.division).map_or("", |division| division.level.as_str());
        let (side, catalog) = (submitted(head), loaded.catalog.clone());
        let row = Claims { catalog, side, claims: claims(content, level), settled: self.settled(loaded) };
        Some((CLAIMS.to_owned(), loaded.catalog.to_string(), Some(text_of(&row))))
    }

    /// The conflicts that settlements filed with a catalog have ended.
    fn settled(&self, loaded: &Loaded) -> Vec<Digest> {
        let world = self.world();
        let entries = loaded.entries.iter();
        let settlements = entries.filter(|entry| entry.header.kind == Kind::Settlement);
        let counting = settlements.filter_map(|entry| {
            let settlement: Settlement = on_catalog(entry, &loaded.catalog)?;
            let (author, upper) = (&entry.header.stream.author.division, &settlement.upper.division);
            (author == upper || world.custodians(upper).contains(author)).then_some(settlement.conflict)
        });
        counting.collect::<BTreeSet<Digest>>().into_iter().collect()
    }

    /// Of a matter: the upper body's item and the lower's, under one id.
    pub async fn both_claims(&self, lower: &Loaded, conflict: &Conflict) -> Result<Option<Contents>> {
        let (Some((upper, upper_item)), Some(about)) = (&conflict.upper, &conflict.item) else { return Ok(None) };
        let loaded = self.load(upper).await?;
        let one = |content: Option<&Arc<Revision>>, item: &ItemId| -> Option<Arc<Revision>> {
            let content = content?;
            let slot = content.items.get(item)?;
            let item = Slot::new(slot.order, slot.serial.clone(), slot.item().with_origin(None));
            let header = Header::default().to_canonical();
            let items = [(about.id.clone(), item)].into();
            Some(Arc::new(Revision { catalog: content.catalog.clone(), parents: Vec::new(), header, items }))
        };
        let ours = one(loaded.head_revision(), upper_item);
        let theirs = one(lower.head_revision(), &about.id);
        Ok(ours.zip(theirs).map(|(ours, theirs)| Contents { base: None, ours, theirs }))
    }

    /// The matters that two bodies claim, as far as this node sees both.
    pub(super) async fn matters(&self) -> Result<Vec<Conflict>> {
        let rows = self.store().projections(CLAIMS).await?;
        let all: Vec<Claims> = rows.iter().map(|row| read_row(&row.value)).collect::<Result<_>>()?;
        let world = self.world();
        let tree = world.tree();
        let is_above = |above: &DivisionId, below: &DivisionId| above != below && tree.is_on_path(above, below);
        Ok(matters(&all, &is_above))
    }
}
