//! Conflicts as work items (冲突): what stands beside what, on which common ground, and what a person can do.
//!
//! Invariant: a function of what is known of the catalog, never of arrival; a conflict's id is made of its sides, so
//! that the same conflict has the same id on every node and vanishes when one of them is followed. It blocks nothing.
//! Left out: merging the contents (merge) and recording the decision (app).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    digest::Digest,
    id::{CatalogId, DivisionId, OperatorId},
    review::{CatalogState, Step, SubmissionState},
};

/// Most ancestors walked to a common one: a catalog that is submitted once a day has as many in 27 years.
const ANCESTORS_MAX: usize = 10_000;

/// What stands against what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConflictKind {
    /// Two submissions of one owner that nothing follows: a restored node, a fork, a moved custody.
    Submissions,
    /// A draft that stands on an older state than the one it would replace: two clerks on one base.
    Drafts,
    /// The departments' table changed while a submission is under review: its steps are not those of today.
    Department,
}

impl ConflictKind {
    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Submissions => "submissions",
            Self::Drafts => "drafts",
            Self::Department => "department",
        }
    }

    /// Whether its sides are revisions that can be merged.
    pub fn is_merged(self) -> bool {
        match self {
            Self::Submissions | Self::Drafts => true,
            Self::Department => false,
        }
    }
}

/// One side of a conflict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// The revision.
    pub revision: Digest,
    /// The entry that carries it.
    pub entry: Digest,
    /// Whose node wrote it.
    pub author: DivisionId,
    /// On whose word, where it was a person's.
    pub operator: Option<OperatorId>,
    /// The author's wall clock, for display.
    pub at_ms: i64,
    /// Whether it was submitted; else it is a draft.
    pub is_submitted: bool,
}

/// A conflict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// Twelve hexadecimal digits out of kind, catalog and sides.
    pub id: String,
    /// What stands against what.
    pub kind: ConflictKind,
    /// Of which catalog.
    pub catalog: CatalogId,
    /// The latest revision that both sides follow; `None` where there is none.
    pub base: Option<Digest>,
    /// What work goes on with unless a person says otherwise.
    pub ours: Side,
    /// What stands beside it.
    pub theirs: Side,
    /// Of a changed table: the steps that the submission has, and those of today.
    pub steps: Option<(Vec<Step>, Vec<Step>)>,
}

/// What is known of a catalog.
pub struct Known<'a> {
    /// The folded review.
    pub state: &'a CatalogState,
    /// Drafts of this node, the working one last.
    pub drafts: &'a [DraftSide],
    /// The steps that today's table prescribes; `None` while it is not here.
    pub steps_now: Option<&'a [Step]>,
    /// Entries of this node's own present life: its side is ours.
    pub own: &'a BTreeSet<Digest>,
}

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

/// The open conflicts of a catalog.
pub fn conflicts(known: &Known<'_>) -> Vec<Conflict> {
    let parents = parents(known);
    let mut found = Vec::new();
    found.extend(submissions(known, &parents));
    found.extend(drafts(known, &parents));
    found.extend(department(known));
    found
}

/// Heads beside each other: the first pair; the next pair follows when this one is settled.
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
    let side = submitted(head);
    let id = id_of(ConflictKind::Department, &head_text(known), &[head.hash, steps_digest(now)]);
    Some(Conflict {
        id,
        kind: ConflictKind::Department,
        catalog: known.state.catalog.clone(),
        base: None,
        ours: side.clone(),
        theirs: side,
        steps: Some((head.steps.clone(), now.to_vec())),
    })
}

fn head_text(known: &Known<'_>) -> String {
    known.state.catalog.to_string()
}

fn steps_digest(steps: &[Step]) -> Digest {
    // Steps are structs of text: serialising them cannot fail.
    Digest::of("gongkai review steps v1", &[&serde_json::to_vec(steps).unwrap_or_default()])
}

fn conflict(kind: ConflictKind, known: &Known<'_>, parents: &Parents, ours: Side, theirs: Side) -> Conflict {
    Conflict {
        id: id_of(kind, &head_text(known), &[ours.entry, theirs.entry]),
        kind,
        catalog: known.state.catalog.clone(),
        base: nearest_common(parents, ours.revision, theirs.revision),
        ours,
        theirs,
        steps: None,
    }
}

/// The same whoever calls himself "ours".
fn id_of(kind: ConflictKind, catalog: &str, sides: &[Digest]) -> String {
    let mut sides: Vec<[u8; 33]> = sides.iter().map(|side| side.to_bytes()).collect();
    sides.sort_unstable();
    Digest::of("gongkai conflict v1", &[kind.word().as_bytes(), catalog.as_bytes(), &sides.concat()]).short()
}

fn submitted(submission: &SubmissionState) -> Side {
    Side {
        revision: submission.revision,
        entry: submission.hash,
        author: submission.author.clone(),
        operator: Some(submission.operator.clone()),
        at_ms: submission.at_ms,
        is_submitted: true,
    }
}

type Parents = BTreeMap<Digest, BTreeSet<Digest>>;

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
fn nearest_common(parents: &Parents, one: Digest, other: Digest) -> Option<Digest> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(name: &str) -> Digest {
        Digest::of("test", &[name.as_bytes()])
    }

    fn graph(edges: &[(&str, &[&str])]) -> Parents {
        edges.iter().map(|(child, of)| (digest(child), of.iter().map(|name| digest(name)).collect())).collect()
    }

    #[test]
    fn the_common_ground_is_the_latest_state_that_both_follow() {
        let graph = graph(&[("b", &["a"]), ("c", &["b"]), ("x", &["b"]), ("m", &["c", "x"]), ("y", &["x"])]);
        for (one, other, base) in [
            ("c", "x", Some("b")),
            ("x", "c", Some("b")),
            ("m", "y", Some("x")),
            ("c", "b", Some("b")),
            ("c", "stranger", None),
        ] {
            assert_eq!(nearest_common(&graph, digest(one), digest(other)), base.map(digest), "{one} {other}");
        }
    }

    #[test]
    fn an_id_is_the_same_from_either_side_and_another_for_another_pair() {
        let (a, b, c) = (digest("a"), digest("b"), digest("c"));
        let id = |sides: &[Digest]| id_of(ConflictKind::Submissions, "211221100/social-assistance", sides);
        assert_eq!(id(&[a, b]), id(&[b, a]));
        assert_ne!(id(&[a, b]), id(&[a, c]));
        assert_eq!(id(&[a, b]).len(), 12);
    }
}
