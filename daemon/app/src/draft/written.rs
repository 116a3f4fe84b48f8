//! Whose saves stand in the working draft, element by element.
//!
//! Invariant: whoever changed an element is one of its writers until a submission that holds it is approved; a colleague
//! who saves or submits the rest takes nothing from that. Counted by submissions, not by time: the feed's order is the
//! node's own. Left out: what stands in earlier submissions (the fold knows that).

use std::collections::{BTreeMap, BTreeSet};

use gongkai_journal::EntryHash;
use gongkai_model::{
    id::{ItemId, OperatorId},
    revision::Revision,
};

/// An item, there or removed; `None` for the header.
type Place = Option<ItemId>;

/// The writers of a draft.
#[derive(Clone, Debug, Default)]
pub(crate) struct Written {
    /// Of each element who changed it, each with how many submissions there were before his last change.
    by_place: BTreeMap<Place, BTreeMap<OperatorId, usize>>,
    /// The catalog's submissions so far, in feed order.
    submitted: Vec<EntryHash>,
}

impl Written {
    pub(super) fn submit(&mut self, submission: EntryHash) {
        self.submitted.push(submission);
    }

    /// Somebody saved `after` where `before` stood.
    pub(super) fn save(&mut self, operator: Option<&OperatorId>, before: Option<&Revision>, after: &Revision) {
        let Some(operator) = operator else { return };
        let count = self.submitted.len();
        for place in changed(before, after) {
            self.by_place.entry(place).or_default().insert(operator.clone(), count);
        }
    }

    /// Words of a draft that stood beside: of what it says otherwise than `before`, its writers are writers.
    pub(super) fn take_in(&mut self, aside: &Self, before: Option<&Revision>, after: &Revision) {
        let places = changed(before, after);
        for (place, writers) in aside.by_place.iter().filter(|(place, _)| places.contains(*place)) {
            self.by_place.entry(place.clone()).or_default().extend(writers.clone());
        }
    }

    /// Who wrote what of a content since a submission was approved: the items in which it is not as it stood there.
    pub(crate) fn since(
        &self,
        approved: Option<(&EntryHash, &Revision)>,
        content: &Revision,
    ) -> BTreeMap<OperatorId, BTreeSet<Place>> {
        let first = approved.and_then(|(hash, _)| self.submitted.iter().position(|known| known == hash));
        let first = first.map_or(0, |place| place + 1);
        let places = changed(approved.map(|(_, revision)| revision), content);
        let mut found: BTreeMap<OperatorId, BTreeSet<Place>> = BTreeMap::new();
        for (place, writers) in self.by_place.iter().filter(|(place, _)| places.contains(*place)) {
            for (operator, _) in writers.iter().filter(|(_, count)| **count >= first) {
                found.entry(operator.clone()).or_default().insert(place.clone());
            }
        }
        found
    }
}

/// The elements in which two states differ.
pub(crate) fn changed(before: Option<&Revision>, after: &Revision) -> BTreeSet<Place> {
    let mut places = BTreeSet::new();
    if before.is_none_or(|before| before.header != after.header) {
        places.insert(None);
    }
    let of = |revision: Option<&Revision>, id: &ItemId| {
        revision.and_then(|revision| revision.items.get(id)).map(gongkai_model::revision::Slot::digest)
    };
    let ids: BTreeSet<&ItemId> =
        before.into_iter().flat_map(|before| before.items.keys()).chain(after.items.keys()).collect();
    let differing = ids.into_iter().filter(|id| of(before, id) != of(Some(after), id));
    places.extend(differing.map(|id| Some(id.clone())));
    places
}
