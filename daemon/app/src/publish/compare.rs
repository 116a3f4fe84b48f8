//! The difference between two editions, down to the fields of each item.
//!
//! Invariant: items are compared by id and digest; the contents come from the journal, so both sides are what was
//! approved, not what lies in a directory.

use std::path::Path;

use gongkai_model::{
    digest::Digest,
    id::{CatalogId, ItemId},
    item::CanonicalItem,
    revision::{Revision, changes, item_differences},
};

use super::series::{Change, Contents, EditionLine, find};
use crate::{App, Error, Loaded, Result};

/// What changed between two editions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditionDifference {
    /// The earlier one; 0 for none.
    pub from: u64,
    /// The later one.
    pub to: u64,
    /// The catalogs that differ, by id.
    pub catalogs: Vec<CatalogChanges>,
}

/// What changed in one catalog; no items where only its header, order or serials did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogChanges {
    /// Which.
    pub catalog: CatalogId,
    /// Its division's name.
    pub division_name: String,
    /// Its domain's name.
    pub domain_name: String,
    /// The catalog as a whole.
    pub change: Change,
    /// Its items that differ: added and changed in the new order, then removed ones in the old.
    pub items: Vec<ItemChanged>,
}

/// One item that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemChanged {
    /// Its id.
    pub id: ItemId,
    /// Its name, of the later side where it exists.
    pub name: String,
    /// How.
    pub change: Change,
    /// The fields that differ, by JSON name.
    pub fields: Vec<String>,
    /// Before; `None` for an added item.
    pub before: Option<CanonicalItem>,
    /// After; `None` for a removed item.
    pub after: Option<CanonicalItem>,
}

impl App {
    /// What changed from one edition to another; `from` 0 is the one before `to`, `to` 0 the latest.
    pub async fn difference(&self, from: u64, to: u64, root: &Path) -> Result<EditionDifference> {
        let series = self.series().await?;
        let to = find(&series, to)?.payload.number;
        let from = match from {
            0 => series.range(..to).next_back().map_or(0, |(number, _)| *number),
            from => find(&series, from)?.payload.number,
        };
        let before = if from == 0 { Contents::new() } else { self.contents_or_refuse(from, root).await? };
        let now = self.contents_or_refuse(to, root).await?;
        let mut catalogs = Vec::new();
        for line in self.lines(&before, &now).await? {
            if line.change != Change::Unchanged {
                let old = before.get(&line.catalog).map(|(revision, _)| revision);
                let new = now.get(&line.catalog).map(|(revision, _)| revision);
                catalogs.push(catalog_changes(&self.load(&line.catalog).await?, line, old, new));
            }
        }
        Ok(EditionDifference { from, to, catalogs })
    }

    async fn contents_or_refuse(&self, number: u64, root: &Path) -> Result<Contents> {
        let directory = super::place::directory(root, number);
        self.contents(number, Some(root)).await?.ok_or(Error::EditionNotHere { number, directory })
    }
}

fn catalog_changes(loaded: &Loaded, line: EditionLine, old: Option<&Digest>, new: Option<&Digest>) -> CatalogChanges {
    let revision = |digest: Option<&Digest>| digest.and_then(|digest| loaded.revisions.get(digest)).map(AsRef::as_ref);
    CatalogChanges {
        catalog: line.catalog,
        division_name: line.division_name,
        domain_name: line.domain_name,
        change: line.change,
        items: item_changes(revision(old), revision(new)),
    }
}

fn item_changes(old: Option<&Revision>, new: Option<&Revision>) -> Vec<ItemChanged> {
    let Some(new) = new else {
        let gone = old.map(Revision::in_order).unwrap_or_default();
        return gone.into_iter().map(|(id, slot)| item_changed(id, Some(slot.item()), None)).collect();
    };
    let found = changes(old, new);
    let touched = new.in_order().into_iter().filter(|(id, _)| found.added.contains(id) || found.changed.contains(id));
    let before = |id: &ItemId| old.and_then(|old| old.items.get(id)).map(gongkai_model::revision::Slot::item);
    let touched = touched.map(|(id, slot)| item_changed(id, before(id), Some(slot.item())));
    let gone = old.map(Revision::in_order).unwrap_or_default().into_iter().filter(|(id, _)| found.removed.contains(id));
    touched.chain(gone.map(|(id, slot)| item_changed(id, Some(slot.item()), None))).collect()
}

fn item_changed(id: &ItemId, before: Option<&CanonicalItem>, after: Option<&CanonicalItem>) -> ItemChanged {
    let shown = after.or(before);
    ItemChanged {
        id: id.clone(),
        name: shown.map(|item| item.decode().name().to_owned()).unwrap_or_default(),
        change: match (before, after) {
            (None, _) => Change::Added,
            (Some(_), None) => Change::Removed,
            (Some(_), Some(_)) => Change::Changed,
        },
        fields: item_differences(before, after).into_iter().map(|difference| difference.field).collect(),
        before: before.cloned(),
        after: after.cloned(),
    }
}
