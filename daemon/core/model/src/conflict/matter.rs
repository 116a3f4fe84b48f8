//! One matter that two bodies list as their own (同一事项两家登记).
//!
//! The rule is narrow on purpose, because most matters rightly stand in a county's catalog and in its townships':
//! the same domain; one of the two divisions above the other, or one catalog twice; the same name at all levels,
//! folded; a level of government (公开层级) that both name; and bodies (公开主体) of which none stands on both sides
//! and none is a mere kind of organ. Siblings are never compared: no node below their parent sees both.
//! Invariant: found in what was submitted; named by what both claim, so that a settlement holds until a claim changes.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{AboutItem, Conflict, ConflictKind, Side};
use crate::{
    check::subject::is_generic,
    digest::Digest,
    id::{CatalogId, DivisionId, ItemId},
    item::Item,
    revision::Revision,
    vocabulary::fold,
};

/// A level that stands for two.
const TOWNSHIP_VILLAGE: &str = "township-village";

/// What a catalog says of one item: whose matter it is, and at which levels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The item.
    pub item: ItemId,
    /// Its serial as printed.
    pub serial: String,
    /// The levels of its name that are filled.
    pub name: Vec<String>,
    /// The bodies, the lead body first.
    pub subject: Vec<String>,
    /// The levels of government; its own division's where the item names none.
    pub levels: BTreeSet<String>,
}

/// The claims of a catalog's last submission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The catalog.
    pub catalog: CatalogId,
    /// The submission.
    pub side: Side,
    /// What it claims.
    pub claims: Vec<Claim>,
    /// Conflicts about its matters that somebody settled who may.
    pub settled: Vec<Digest>,
}

/// Who keeps a matter that two list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keeper {
    /// The upper body, or the one that stands first in its catalog.
    Upper,
    /// The lower body.
    Lower,
    /// Both list it rightly.
    Both,
}

impl Keeper {
    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Upper => "upper",
            Self::Lower => "lower",
            Self::Both => "both",
        }
    }
}

/// A person's word on a matter that two bodies claim (entry kind `settlement`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement {
    /// The conflict's digest: the two claims as they stood.
    pub conflict: Digest,
    /// Who keeps it.
    pub keeper: Keeper,
    /// The matter's name, for people.
    pub name: String,
    /// The upper body's catalog.
    pub upper: CatalogId,
    /// Its item.
    pub upper_item: ItemId,
    /// The lower body's item; its catalog is the entry's.
    pub lower_item: ItemId,
    /// Why.
    pub reason: String,
    /// The legal basis.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub basis: String,
}

impl Claim {
    fn bodies(&self) -> BTreeSet<String> {
        self.subject.iter().map(|body| fold(body)).collect()
    }

    fn key(&self) -> String {
        self.name.iter().map(|part| fold(part)).collect::<Vec<_>>().join("\n")
    }

    fn digest(&self, catalog: &CatalogId) -> Digest {
        let joined = |parts: BTreeSet<String>| parts.into_iter().collect::<Vec<_>>().join("\n");
        let (catalog, bodies, levels) = (catalog.to_string(), joined(self.bodies()), joined(self.levels.clone()));
        let parts = [catalog.as_str(), self.item.as_str(), &self.key(), &bodies, &levels];
        Digest::of("gongkai claim v1", &parts.map(str::as_bytes))
    }
}

/// What a submitted revision claims; items whose bodies are not named, or only by kind, claim nothing.
pub fn claims(revision: &Revision, own_level: &str) -> Vec<Claim> {
    let claim = |(id, item, serial): (&ItemId, Item, &String)| -> Option<Claim> {
        if item.subject.is_empty() || item.subject.iter().any(|body| is_generic(body)) {
            return None;
        }
        let name = [item.level1, item.level2, item.level3].into_iter().filter(|part| !part.is_empty());
        Some(Claim {
            item: id.clone(),
            serial: serial.clone(),
            name: name.collect(),
            subject: item.subject,
            levels: levels(item.levels, own_level),
        })
    };
    let items = revision.in_order().into_iter().map(|(id, slot)| (id, slot.item().decode(), &slot.serial));
    items.filter_map(claim).collect()
}

fn levels(named: BTreeSet<String>, own_level: &str) -> BTreeSet<String> {
    let mut levels = named;
    if levels.remove(TOWNSHIP_VILLAGE) {
        levels.extend(["township", "village"].map(str::to_owned));
    }
    if levels.is_empty() {
        levels.insert(own_level.to_owned());
    }
    levels
}

/// The matters that two bodies claim; `is_above` tells whether a division stands above another.
pub fn matters(all: &[Claims], is_above: &dyn Fn(&DivisionId, &DivisionId) -> bool) -> Vec<Conflict> {
    let mut by_matter: BTreeMap<(&str, String), Vec<(&Claims, &Claim)>> = BTreeMap::new();
    for claims in all {
        for claim in &claims.claims {
            let key = (claims.catalog.domain.as_str(), claim.key());
            by_matter.entry(key).or_default().push((claims, claim));
        }
    }
    let mut found = Vec::new();
    for listed in by_matter.values().filter(|listed| listed.len() > 1) {
        for (place, one) in listed.iter().enumerate() {
            for other in &listed[place + 1..] {
                let (upper, lower) = if is_above(&other.0.catalog.division, &one.0.catalog.division) {
                    (other, one)
                } else if one.0.catalog == other.0.catalog
                    || is_above(&one.0.catalog.division, &other.0.catalog.division)
                {
                    (one, other)
                } else {
                    continue;
                };
                found.extend(rivals(upper, lower));
            }
        }
    }
    found
}

fn rivals((upper, ours): &(&Claims, &Claim), (lower, theirs): &(&Claims, &Claim)) -> Option<Conflict> {
    let shares_level = !ours.levels.is_disjoint(&theirs.levels);
    if !shares_level || !ours.bodies().is_disjoint(&theirs.bodies()) {
        return None;
    }
    let named_by = [ours.digest(&upper.catalog), theirs.digest(&lower.catalog)];
    let sides = (upper.side.clone(), lower.side.clone());
    let found = Conflict::of(ConflictKind::Matter, &lower.catalog, sides, &named_by);
    if lower.settled.contains(&found.digest) {
        return None;
    }
    let about = AboutItem { id: theirs.item.clone(), serial: theirs.serial.clone(), name: theirs.name.join(" / ") };
    Some(Conflict { item: Some(about), upper: Some((upper.catalog.clone(), ours.item.clone())), ..found })
}
