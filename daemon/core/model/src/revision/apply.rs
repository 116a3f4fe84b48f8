//! From a body to a revision: every claim of the body is checked before the result exists.
//!
//! Invariant: [`apply`] returns a revision whose digest is the one that the body names, or a named error.
//! Left out: where the base and the parts come from; the caller finds them by digest and by entry hash.

use std::collections::BTreeSet;

use serde_json::value::RawValue;

use super::{
    CanonicalHeader, HEADER_BYTES_MAX, ITEM_BYTES_MAX, ITEMS_MAX, ItemBatch, Items, Move, PARENTS_MAX, PARTS_MAX, Put,
    Revision, RevisionBody, SERIAL_BYTES_MAX, Slot,
};
use crate::{
    digest::Digest,
    id::{CatalogId, ItemId},
    item::CanonicalItem,
};

/// Why a body makes no revision. The payload stays stored and relayed; it blocks its own catalog's step only.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RevisionError {
    /// The body, a part or the base belongs to another catalog.
    #[error("the revision is of `{expected}` but carries content of `{found}`")]
    OtherCatalog {
        /// The body's catalog.
        expected: CatalogId,
        /// The catalog found.
        found: CatalogId,
    },
    /// The base given is not the one the body names.
    #[error("the revision builds on {named:?}, and {given:?} was given")]
    BaseMismatch {
        /// What the body names.
        named: Option<Digest>,
        /// What the caller brought.
        given: Option<Digest>,
    },
    /// The parts given are not as many as the body names.
    #[error("the revision names {named} item batches, and {given} are here")]
    PartsMismatch {
        /// How many the body names.
        named: usize,
        /// How many the caller brought.
        given: usize,
    },
    /// One item is put, moved or removed twice.
    #[error("item `{0}` is changed twice in one revision")]
    Repeated(ItemId),
    /// An item is moved or removed that the base does not hold.
    #[error("item `{0}` is moved or removed but is not in the base")]
    Absent(ItemId),
    /// The bytes of an item are not an item.
    #[error("the content of item `{0}` is not a catalog item")]
    NotAnItem(ItemId),
    /// The bytes of the header are not a header.
    #[error("the catalog header is not readable")]
    NotAHeader,
    /// Parents are repeated.
    #[error("a parent revision is named twice")]
    RepeatedParent,
    /// A limit of this format is exceeded.
    #[error("{what}: {count} is more than the limit of {max}")]
    TooMuch {
        /// What is counted.
        what: &'static str,
        /// How much there is.
        count: usize,
        /// The limit.
        max: usize,
    },
    /// The result is another revision than the body says.
    #[error("the revision should be {named} but its content is {found}")]
    DigestMismatch {
        /// What the body says.
        named: Digest,
        /// What the content gives.
        found: Digest,
    },
}

impl RevisionError {
    /// The permanent code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::OtherCatalog { .. } => "GK-REVISION-001",
            Self::BaseMismatch { .. } => "GK-REVISION-002",
            Self::PartsMismatch { .. } => "GK-REVISION-003",
            Self::Repeated(_) => "GK-REVISION-004",
            Self::Absent(_) => "GK-REVISION-005",
            Self::NotAnItem(_) => "GK-REVISION-006",
            Self::NotAHeader => "GK-REVISION-007",
            Self::RepeatedParent => "GK-REVISION-008",
            Self::TooMuch { .. } => "GK-REVISION-009",
            Self::DigestMismatch { .. } => "GK-REVISION-010",
        }
    }

    /// The operator's next step.
    pub fn hint(&self) -> String {
        match self {
            Self::BaseMismatch { .. } | Self::PartsMismatch { .. } => {
                "wait for the next sync, or let the owner submit the catalog in full".to_owned()
            }
            Self::TooMuch { what: "items of a catalog", .. } => {
                "split the workbook by domain: a catalog covers one domain".to_owned()
            }
            Self::TooMuch { .. } => "shorten it and import the workbook again".to_owned(),
            Self::OtherCatalog { .. }
            | Self::Repeated(_)
            | Self::Absent(_)
            | Self::NotAnItem(_)
            | Self::NotAHeader
            | Self::RepeatedParent
            | Self::DigestMismatch { .. } => {
                "the sender's program made a faulty entry: let the owner submit the catalog in full".to_owned()
            }
        }
    }
}

/// Makes the revision that `body` describes out of its base and its parts (in the order in which it names them).
pub fn apply(base: Option<&Revision>, parts: &[ItemBatch], body: &RevisionBody) -> Result<Revision, RevisionError> {
    apply_on(base.map(|base| (base.digest(), base)), parts, body)
}

/// As [`apply`], on a base whose digest is known: making it takes as long as all else here.
pub(crate) fn apply_on(
    base: Option<(Digest, &Revision)>,
    parts: &[ItemBatch],
    body: &RevisionBody,
) -> Result<Revision, RevisionError> {
    let given = base.map(|(digest, _)| digest);
    let base = base.map(|(_, base)| base);
    check_frame(base, given, parts, body)?;
    let mut items = base.map(|base| base.items.clone()).unwrap_or_default();
    let mut touched = BTreeSet::new();
    for id in &body.removes {
        touch(&mut touched, id)?;
        if !items.remove(id) {
            return Err(RevisionError::Absent(id.clone()));
        }
    }
    let batches = parts.iter().map(|part| (&part.puts, &part.moves)).chain([(&body.puts, &body.moves)]);
    for (puts, moves) in batches {
        for put in puts {
            touch(&mut touched, &put.id)?;
            items.insert(put.id.clone(), slot_of(put)?);
        }
        for step in moves {
            touch(&mut touched, &step.id)?;
            shift(&mut items, step)?;
        }
    }
    within("items of a catalog", items.len(), ITEMS_MAX)?;
    let header = read_header(&body.header)?;
    let revision = Revision { catalog: body.catalog.clone(), parents: body.parents.clone(), header, items };
    let found = revision.digest();
    if found != body.revision {
        return Err(RevisionError::DigestMismatch { named: body.revision, found });
    }
    Ok(revision)
}

fn check_frame(
    base: Option<&Revision>,
    given: Option<Digest>,
    parts: &[ItemBatch],
    body: &RevisionBody,
) -> Result<(), RevisionError> {
    let found = base.map(|base| &base.catalog).into_iter().chain(parts.iter().map(|part| &part.catalog));
    for catalog in found {
        if *catalog != body.catalog {
            return Err(RevisionError::OtherCatalog { expected: body.catalog.clone(), found: catalog.clone() });
        }
    }
    if given != body.base {
        return Err(RevisionError::BaseMismatch { named: body.base, given });
    }
    within("item batches of a revision", body.parts.len(), PARTS_MAX)?;
    if parts.len() != body.parts.len() {
        return Err(RevisionError::PartsMismatch { named: body.parts.len(), given: parts.len() });
    }
    within("parents of a revision", body.parents.len(), PARENTS_MAX)?;
    let distinct: BTreeSet<_> = body.parents.iter().collect();
    if distinct.len() != body.parents.len() {
        return Err(RevisionError::RepeatedParent);
    }
    let puts = body.puts.len() + parts.iter().map(|part| part.puts.len()).sum::<usize>();
    within("items of a catalog", puts, ITEMS_MAX)
}

fn touch<'a>(touched: &mut BTreeSet<&'a ItemId>, id: &'a ItemId) -> Result<(), RevisionError> {
    if touched.insert(id) { Ok(()) } else { Err(RevisionError::Repeated(id.clone())) }
}

fn slot_of(put: &Put) -> Result<Slot, RevisionError> {
    within("bytes of an item", put.item.get().len(), ITEM_BYTES_MAX)?;
    within("bytes of a serial", put.serial.len(), SERIAL_BYTES_MAX)?;
    let item = CanonicalItem::from_json(put.item.get()).ok_or_else(|| RevisionError::NotAnItem(put.id.clone()))?;
    Ok(Slot::new(put.order, put.serial.clone(), item))
}

fn shift(items: &mut Items, step: &Move) -> Result<(), RevisionError> {
    within("bytes of a serial", step.serial.len(), SERIAL_BYTES_MAX)?;
    let slot = items.get(&step.id).ok_or_else(|| RevisionError::Absent(step.id.clone()))?;
    let moved = slot.moved(step.order, step.serial.clone());
    items.insert(step.id.clone(), moved);
    Ok(())
}

fn read_header(header: &RawValue) -> Result<CanonicalHeader, RevisionError> {
    within("bytes of a catalog header", header.get().len(), HEADER_BYTES_MAX)?;
    CanonicalHeader::from_json(header.get()).ok_or(RevisionError::NotAHeader)
}

pub(super) fn within(what: &'static str, count: usize, max: usize) -> Result<(), RevisionError> {
    if count > max { Err(RevisionError::TooMuch { what, count, max }) } else { Ok(()) }
}
