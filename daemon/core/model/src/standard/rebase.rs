//! A catalog moved from one version of its standard to another (套用新版标准).
//!
//! Invariant: the result is the merge of older version, catalog and newer version, element by element. What the
//! catalog has not changed follows the standard, what it alone has changed stays, and where both changed one element
//! in ways that exclude each other it is *open*: a person decides before the move is kept. An item that says the same
//! keeps its bytes; moving onto the version that the catalog stands on changes nothing.
//! Left out: who may do it, and recording the result (app).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Template, compare::element_differences};
use crate::{
    diff::{self, ElementChange},
    digest::Digest,
    id::ItemId,
    merge::{Choice, Merged, Outcome as Merge, Place, Row, Take, merge_paired},
    revision::{Revision, Slot},
};

mod views;

pub use views::Views;

/// What to move where.
pub struct Rebase<'a> {
    /// The version that the catalog stands on; `None` where it stands on none.
    pub before: Option<&'a Revision>,
    /// The version to move to.
    pub onto: Template<'a>,
    /// The catalog.
    pub local: &'a Revision,
    /// Parents of the revision to be made.
    pub parents: Vec<Digest>,
    /// Items (by either side's id) whose clashes are decided for the standard.
    pub taken: &'a BTreeSet<ItemId>,
    /// Items whose clashes are decided for the catalog.
    pub kept: &'a BTreeSet<ItemId>,
}

/// What became of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Both say the same already.
    Same,
    /// The standard's change was taken over; nothing of the catalog's own is left in the item.
    Taken,
    /// Both had changed, and both changes stand.
    Merged,
    /// New in the standard.
    Added,
    /// Gone from the standard, and never changed here.
    Removed,
    /// A local deviation that the standard's change does not meet, or that a person keeps against it.
    Kept,
    /// Removed here before, and not touched by the standard.
    Missing,
    /// Both changed the same: a person must decide.
    Clash,
    /// Only here.
    Extra,
}

/// One element that both sides changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clash {
    /// The field's JSON name; empty where one side has no such item any more.
    pub element: String,
    /// As the older version has it.
    pub base: String,
    /// As the newer version has it.
    pub standard: String,
    /// As it stands here.
    pub local: String,
}

/// One item and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RebasedItem {
    /// The catalog's item; the standard's where the catalog has none.
    pub item: ItemId,
    /// The standard's item; `None` for a local one.
    pub standard_item: Option<ItemId>,
    /// Its name, where it is not in the result.
    pub name: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Elements in which the result differs from the newer version: before as the standard has it, after as here.
    pub elements: Vec<ElementChange>,
    /// What a person must decide.
    pub clashes: Vec<Clash>,
}

/// The result.
#[derive(Clone, Debug)]
pub struct Rebased {
    /// The catalog on the newer version; while anything is open a suggestion that nobody may keep.
    pub revision: Revision,
    /// Every item of either side: the standard's in its order, then what only the catalog has.
    pub items: Vec<RebasedItem>,
    /// The merge behind it.
    pub merged: Merged,
}

impl Rebased {
    /// How many items ended that way.
    pub fn count(&self, outcome: Outcome) -> usize {
        self.items.iter().filter(|item| item.outcome == outcome).count()
    }
}

/// Moves a catalog onto another version of a standard.
pub fn rebase(question: &Rebase<'_>) -> Rebased {
    let views = Views::of(question);
    let merge = |choices: &[Choice]| merge_paired(Some(&views.base), &views.ours, &views.theirs, choices);
    let suggested = merge(&[]);
    let mut choices = decided(&suggested, question.kept, &views, &Take::Ours);
    choices.extend(decided(&suggested, question.taken, &views, &Take::Theirs));
    let merged = if choices.is_empty() { suggested } else { merge(&choices) };
    let revision = views.settled(question, &merged.items);
    let report = Report { question, views: &views, merged: &merged, result: &revision };
    let items = report.items();
    Rebased { revision, items, merged }
}

/// A person's word on all that is open about these items, and on whether they stand in the catalog at all.
fn decided(merged: &Merged, items: &BTreeSet<ItemId>, views: &Views, take: &Take) -> Vec<Choice> {
    let ids: BTreeSet<&ItemId> = items.iter().map(|id| views.here.get(id).unwrap_or(id)).collect();
    let is_meant = |row: &&Row| match &row.place {
        Place::Item(id) => ids.contains(id) && (row.outcome == Merge::Open || row.element.is_none()),
        Place::Header => false,
    };
    let choice = |row: &Row| Choice { place: row.place.clone(), element: row.element.clone(), take: take.clone() };
    merged.rows.iter().filter(is_meant).map(choice).collect()
}

/// Tells item by item what the merge came to.
struct Report<'a> {
    question: &'a Rebase<'a>,
    views: &'a Views,
    merged: &'a Merged,
    result: &'a Revision,
}

impl Report<'_> {
    fn items(&self) -> Vec<RebasedItem> {
        let theirs = self.question.onto.content.in_order().into_iter();
        let followed = theirs.map(|(their_id, slot)| self.followed(their_id, slot));
        let local = self.question.local.in_order().into_iter();
        let left = local.filter(|(id, _)| !self.views.theirs.items.contains_key(*id));
        followed.chain(left.map(|(id, slot)| self.left(id, slot))).collect()
    }

    /// One item of the newer version.
    fn followed(&self, their_id: &ItemId, after: &Slot) -> RebasedItem {
        let id = &self.views.here[their_id];
        let (base, result) = (self.views.base.items.get(id), self.result.items.get(id));
        let is_untouched = base.is_some_and(|base| base.item().says_same(after.item()));
        let clashes = self.clashes(id);
        let own = self.question.local.items.get(id);
        let outcome = match (own, result) {
            (Some(own), _) if own.item().says_same(after.item()) => Outcome::Same,
            _ if !clashes.is_empty() => Outcome::Clash,
            (Some(_), Some(result)) if result.item().says_same(after.item()) => Outcome::Taken,
            (Some(own), Some(result)) if is_untouched || result.item().says_same(own.item()) => Outcome::Kept,
            (Some(_), _) => Outcome::Merged,
            (None, Some(_)) => Outcome::Added,
            (None, None) => Outcome::Missing,
        };
        let elements = match (own, result) {
            (Some(_), Some(result)) => element_differences(after.item(), result.item()),
            (Some(_) | None, _) => Vec::new(),
        };
        let name = if own.is_none() { name(after) } else { String::new() };
        RebasedItem { item: id.clone(), standard_item: Some(their_id.clone()), name, outcome, elements, clashes }
    }

    /// An item that the newer version has not.
    fn left(&self, id: &ItemId, own: &Slot) -> RebasedItem {
        let clashes = self.clashes(id);
        let outcome = match (self.views.base.items.contains_key(id), self.result.items.contains_key(id)) {
            (false, _) => Outcome::Extra,
            (true, _) if !clashes.is_empty() => Outcome::Clash,
            (true, true) => Outcome::Kept,
            (true, false) => Outcome::Removed,
        };
        RebasedItem {
            item: id.clone(),
            standard_item: self.views.based.get(id).cloned(),
            name: name(own),
            outcome,
            elements: Vec::new(),
            clashes,
        }
    }

    fn clashes(&self, id: &ItemId) -> Vec<Clash> {
        let place = Place::Item(id.clone());
        let open = self.merged.open().filter(|row| row.place == place);
        let clash = |row: &Row| Clash {
            element: row.element.clone().unwrap_or_default(),
            base: row.base.clone(),
            standard: row.theirs.clone(),
            local: row.ours.clone(),
        };
        open.map(clash).collect()
    }
}

fn name(slot: &Slot) -> String {
    diff::full_name(&slot.item().decode())
}
