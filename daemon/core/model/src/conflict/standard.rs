//! A catalog against its standard: elements that both changed, and time limits that allow more than the standard's.
//!
//! Invariant: an override is named by the two versions of the standard, a limit by the words of both sides: what else
//! changes in the catalog asks nobody again, and a change of either asks anew.
//! Left out: the move onto the newer version itself (`standard::rebase`).

use std::sync::Arc;

use super::{AboutItem, Conflict, ConflictKind, Contents, Known, Side};
use crate::{
    check::{Rule, StandingWaiver, looser},
    diff::full_name,
    digest::Digest,
    id::ItemId,
    item::{CanonicalItem, parse_time_limit},
    merge::Outcome,
    revision::{Items, Revision, Slot},
    standard::counterparts,
};

/// The element that a limit is about.
const LIMIT: &str = "time_limit_text";

/// The standard that a catalog's working content names.
#[derive(Clone, Debug)]
pub struct OnStandard {
    /// The version that it names.
    pub named: Side,
    /// That version's content.
    pub content: Arc<Revision>,
    /// The version in force, where it is another one, and the three states of a move onto it.
    pub newer: Option<(Side, Contents)>,
}

/// A newer version that changes what the catalog changed too.
pub(super) fn overrides(known: &Known<'_>) -> Option<Conflict> {
    let (working, _) = known.working.as_ref()?;
    let standard = known.standard?;
    let (newer, contents) = standard.newer.as_ref()?;
    let rows = contents.merged(&[]).rows;
    rows.iter().find(|row| matches!(row.outcome, Outcome::Open | Outcome::Both))?;
    let (before, after) = (standard.named.revision, newer.revision);
    let sides = (working.clone(), newer.clone());
    let found = Conflict::of(ConflictKind::Standard, &known.state.catalog, sides, &[before, after]);
    Some(Conflict { base: Some(before), contents: Some(contents.clone()), ..found })
}

/// Items whose limit is looser than that of the standard's item, and that nobody keeps with a reason.
pub(super) fn limits(known: &Known<'_>) -> Vec<Conflict> {
    let (Some((working, content)), Some(standard)) = (known.working.as_ref(), known.standard) else {
        return Vec::new();
    };
    let pairs = counterparts(content, &standard.content);
    let mut found = Vec::new();
    for (id, slot) in content.in_order() {
        let theirs = pairs.get(id).and_then(|theirs| standard.content.items.get(theirs));
        let Some(theirs) = theirs.map(|theirs| theirs.item().decode()) else { continue };
        let own = slot.item().decode();
        let (own_limit, their_limit) = (&own.time_limit_text, &theirs.time_limit_text);
        let is_looser = looser(&parse_time_limit(own_limit), &parse_time_limit(their_limit)).is_some();
        if !is_looser || is_kept(known.waivers, id, slot, their_limit) {
            continue;
        }
        let about = AboutItem { id: id.clone(), serial: slot.serial.clone(), name: full_name(&own) };
        let named_by = [limit_digest(id.as_str(), own_limit), limit_digest("standard", their_limit)];
        let sides = (working.clone(), standard.named.clone());
        let conflict = Conflict::of(ConflictKind::Limit, &known.state.catalog, sides, &named_by);
        let contents = contents(content, id, slot, their_limit);
        found.push(Conflict { item: Some(about), contents: Some(contents), ..conflict });
    }
    found
}

/// The item as it stands, and with the standard's limit.
fn contents(content: &Revision, id: &ItemId, slot: &Slot, limit: &str) -> Contents {
    let mut fields = slot.item().fields();
    fields.insert(LIMIT.to_owned(), limit.into());
    let adopted = Slot::new(slot.order, slot.serial.clone(), CanonicalItem::from_fields(&fields));
    let one = |slot: Slot| Arc::new(Revision { items: [(id.clone(), slot)].into(), ..shell(content) });
    Contents { base: None, ours: one(slot.clone()), theirs: one(adopted) }
}

/// The catalog without its items.
pub(super) fn shell(content: &Revision) -> Revision {
    Revision {
        catalog: content.catalog.clone(),
        parents: Vec::new(),
        header: content.header.clone(),
        items: Items::new(),
    }
}

fn is_kept(waivers: &[StandingWaiver], id: &ItemId, slot: &Slot, their_limit: &str) -> bool {
    waivers.iter().map(|standing| &standing.waiver).any(|waiver| {
        let is_his = waiver.item.is_empty() || waiver.item == id.as_str();
        let is_as_it_was = waiver.digest.is_none_or(|digest| digest == slot.digest());
        let is_his_word = is_his && is_as_it_was && waiver.holds_against(their_limit);
        waiver.rule() == Ok(Rule::LimitLooser) && is_his_word
    })
}

fn limit_digest(place: &str, text: &str) -> Digest {
    Digest::of("gongkai conflict limit v1", &[place.as_bytes(), text.as_bytes()])
}
