//! Revisions of one owner that stand beside each other, and a review whose steps are not those of today.
//!
//! Invariant: one conflict a pair; of several heads the next pair follows when this one is settled.

use std::collections::{BTreeMap, BTreeSet};

use super::{Conflict, ConflictKind, Known, Side, submitted};
use crate::{
    digest::Digest,
    review::{Step, SubmissionState},
};

/// Most ancestors walked to a common one: a catalog that is submitted once a day has as many in 27 years.
const ANCESTORS_MAX: usize = 10_000;

/// A draft as a side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftSide {
    /// The save.
    pub side: Side,
    /// The revision that its writer had before him; `None` for a first one.
    pub stands_on: Option<Digest>,
    /// Whether it stands beside the working draft.
    pub is_aside: bool,
}

/// Those of submissions, of drafts, and of a changed table.
pub(super) fn conflicts(known: &Known<'_>) -> Vec<Conflict> {
    let parents = parents(known);
    let mut found = Vec::new();
    found.extend(submissions(known, &parents));
    found.extend(drafts(known, &parents));
    found.extend(department(known));
    found
}

/// Heads beside each other: the first pair.
fn submissions(known: &Known<'_>, parents: &Parents) -> Option<Conflict> {
    let heads: Vec<&SubmissionState> =
        known.state.heads.iter().filter_map(|hash| known.state.submission(hash)).collect();
    let (last, others) = heads.split_last()?;
    let own = heads.iter().rev().find(|head| known.own.contains(&head.hash)).unwrap_or(last);
    let other = others.iter().chain([last]).rev().find(|head| head.hash != own.hash)?;
    Some(conflict(ConflictKind::Submissions, known, parents, submitted(own), submitted(other)))
}

/// Drafts beside the working state, and a working draft beside a head that it does not follow.
fn drafts(known: &Known<'_>, parents: &Parents) -> Vec<Conflict> {
    let is_split = known.state.heads.len() > 1;
    let head = known.state.head().map(submitted);
    let main = known.drafts.iter().rev().find(|draft| !draft.is_aside);
    let mut found = Vec::new();
    if let (Some(main), Some(head)) = (main, head.as_ref().filter(|_| !is_split))
        && main.stands_on != Some(head.revision)
    {
        found.push(conflict(ConflictKind::Drafts, known, parents, main.side.clone(), head.clone()));
    }
    let working = main.map(|main| main.side.clone()).or(head);
    let asides = known.drafts.iter().filter(|draft| draft.is_aside);
    for aside in asides {
        let Some(working) = working.clone() else { continue };
        // What the clerk had before him was the working state once: it is the common ground.
        let base = aside.stands_on;
        found.push(Conflict { base, ..conflict(ConflictKind::Drafts, known, parents, working, aside.side.clone()) });
    }
    found
}

/// An open submission whose frozen steps are not those of today.
fn department(known: &Known<'_>) -> Option<Conflict> {
    let head = known.state.head().filter(|_| known.state.heads.len() == 1)?;
    let open = usize::try_from(head.status.open_step()?).ok()?;
    let now = known.steps_now?;
    let is_same = head.steps.get(open..) == now.get(open..);
    if is_same || now.is_empty() {
        return None;
    }
    let sides = (submitted(head), submitted(head));
    let named_by = [head.hash, steps_digest(now)];
    let found = Conflict::of(ConflictKind::Department, &known.state.catalog, sides, &named_by);
    Some(Conflict { steps: Some((head.steps.clone(), now.to_vec())), ..found })
}

fn steps_digest(steps: &[Step]) -> Digest {
    // Steps are structs of text: serialising them cannot fail.
    Digest::of("gongkai review steps v1", &[&serde_json::to_vec(steps).unwrap_or_default()])
}

fn conflict(kind: ConflictKind, known: &Known<'_>, parents: &Parents, ours: Side, theirs: Side) -> Conflict {
    let base = nearest_common(parents, ours.revision, theirs.revision);
    let named_by = [ours.entry, theirs.entry];
    Conflict { base, ..Conflict::of(kind, &known.state.catalog, (ours, theirs), &named_by) }
}

pub(super) type Parents = BTreeMap<Digest, BTreeSet<Digest>>;

fn parents(known: &Known<'_>) -> Parents {
    let mut parents = Parents::new();
    for submission in &known.state.submissions {
        parents.entry(submission.revision).or_default().extend(&submission.parents);
    }
    for draft in known.drafts {
        parents.entry(draft.side.revision).or_default().extend(draft.stands_on);
    }
    parents
}

/// The latest revision that both are or follow; of several the lowest digest.
pub(super) fn nearest_common(parents: &Parents, one: Digest, other: Digest) -> Option<Digest> {
    let (of_one, of_other) = (with_ancestors(parents, one), with_ancestors(parents, other));
    let common: BTreeSet<Digest> = of_one.intersection(&of_other).copied().collect();
    // All ancestors of a common one are common, so what is not the latest is some common one's parent.
    let covered: BTreeSet<Digest> = common.iter().filter_map(|digest| parents.get(digest)).flatten().copied().collect();
    common.difference(&covered).next().copied()
}

fn with_ancestors(parents: &Parents, from: Digest) -> BTreeSet<Digest> {
    let mut found = BTreeSet::from([from]);
    let mut open = vec![from];
    while let Some(next) = open.pop() {
        if found.len() > ANCESTORS_MAX {
            break;
        }
        let before = parents.get(&next).into_iter().flatten();
        open.extend(before.copied().filter(|before| found.insert(*before)));
    }
    found
}
