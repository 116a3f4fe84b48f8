//! Custody: whose node keeps a division's catalogs, where a person has said so.
//!
//! Invariant: a function of the set of `custody.put` entries and the tree. Custody moves up and down the division's
//! own path; a keeper beside the path would be sent nothing of what it keeps.

use std::collections::BTreeMap;

use gongkai_journal::{
    Entry,
    kind::Kind,
    payload::{self, CustodyPut},
};
use gongkai_model::{digest::Digest, id::DivisionId, tree::Tree};
use gongkai_store::Draft;

use crate::{Action, App, Error, Operator, Result, World, act::Subject};

/// Custody that was given, or would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Custody {
    /// Whose catalogs.
    pub division: DivisionId,
    /// Whose node kept them.
    pub from: DivisionId,
    /// Whose node keeps them now.
    pub to: DivisionId,
}

/// Who keeps what, by the entries heard, and the highest version of each division.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Holders {
    by_division: BTreeMap<DivisionId, (u64, DivisionId)>,
}

impl Holders {
    /// Hears the entries that count, in the order of their versions. `of_old` says who keeps a division's catalogs of old.
    pub(crate) fn fold<'e>(
        tree: &Tree,
        entries: impl Iterator<Item = &'e Entry>,
        of_old: impl Fn(&DivisionId) -> DivisionId,
    ) -> Self {
        let mut puts: Vec<(u64, Digest, DivisionId, CustodyPut)> = entries
            .filter(|entry| entry.header.kind == Kind::CustodyPut)
            .filter_map(|entry| {
                let put: CustodyPut = payload::decode(&entry.header.kind, entry.payload.as_deref()?).ok()?;
                Some((put.version, entry.hash(), entry.header.stream.author.division.clone(), put))
            })
            .collect();
        puts.sort_by_key(|one| (one.0, one.1));
        let mut holders = Self::default();
        for (version, _, author, CustodyPut { division, holder, .. }) in puts {
            let before = holders.of(&division).cloned().unwrap_or_else(|| of_old(&division));
            if may_give(tree, &author, &division, &before, &holder).is_ok() {
                holders.by_division.insert(division, (version, holder));
            }
        }
        holders
    }

    /// Who was named for a division.
    pub(crate) fn of(&self, division: &DivisionId) -> Option<&DivisionId> {
        self.by_division.get(division).map(|(_, holder)| holder)
    }

    fn version_of(&self, division: &DivisionId) -> u64 {
        self.by_division.get(division).map_or(0, |(version, _)| *version)
    }
}

/// Why custody may not be given.
enum Bar {
    /// The one named stands beside the division's path.
    Beside,
    /// It is given at another node.
    Elsewhere(DivisionId),
}

fn may_give(
    tree: &Tree,
    author: &DivisionId,
    division: &DivisionId,
    before: &DivisionId,
    holder: &DivisionId,
) -> Result<(), Bar> {
    if !tree.is_on_path(holder, division) {
        return Err(Bar::Beside);
    }
    // Of two on one path the upper one is an ancestor of both.
    let upper = if tree.is_on_path(before, holder) { before } else { holder };
    let nearest = if upper == division { tree.parent(division).unwrap_or(division) } else { upper };
    let is_above = author != division && tree.is_on_path(author, nearest);
    if is_above { Ok(()) } else { Err(Bar::Elsewhere(nearest.clone())) }
}

impl App {
    /// Gives the custody of a division's catalogs to another node of its path; a dry run only says what would be.
    pub async fn give_custody(
        &self,
        operator: &Operator,
        division: &str,
        to: &str,
        is_dry_run: bool,
    ) -> Result<Custody> {
        let acting = self.begin(operator, Action::NodeGiveCustody, Subject::NODE).await?;
        let world = self.world();
        let (division, to) = (world.division(division)?.id.clone(), world.division(to)?.id.clone());
        let from = world.custodian(&division);
        check(&world, &division, &from, &to)?;
        if !is_dry_run {
            let version = world.holders.version_of(&division).saturating_add(1);
            let put = CustodyPut { version, division: division.clone(), holder: to.clone() };
            acting.record_one(Draft::of(Kind::CustodyPut, division.clone(), payload::encode(&put))).await?;
        }
        Ok(Custody { division, from, to })
    }
}

fn check(world: &World, division: &DivisionId, from: &DivisionId, to: &DivisionId) -> Result<()> {
    let refusal = |message: String, hint: String| Error::Enrolment { code: "GK-APP-025", message, hint };
    if from == to {
        let message = format!("the catalogs of `{division}` are kept by the node of `{to}` already");
        return Err(refusal(message, "nothing needs to be done".to_owned()));
    }
    if !world.has_node(to) {
        let message = format!("`{to}` has no node that could keep the catalogs of `{division}`");
        return Err(refusal(message, "`gongkai node list --enrolled` shows the divisions with nodes".to_owned()));
    }
    match may_give(world.tree(), &world.me, division, from, to) {
        Ok(()) => Ok(()),
        Err(Bar::Beside) => {
            let message = format!("`{to}` does not stand above `{division}`");
            let path: Vec<String> = world.tree().path(division).iter().map(ToString::to_string).collect();
            Err(refusal(message, format!("name one of its own path: {}", path.join(", "))))
        }
        Err(Bar::Elsewhere(nearest)) => {
            let message = format!("the custody of `{division}` from `{from}` to `{to}` is not this node's to give");
            Err(refusal(message, format!("do this at the node of {nearest}, or of one above it")))
        }
    }
}
