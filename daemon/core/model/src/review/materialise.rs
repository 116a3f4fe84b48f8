//! Submissions by content and by line: which of them can be read, and which follows which.
//!
//! Invariant: every submission ends as exactly one of readable, waiting or void, whatever the order of arrival.
//! Left out: what was decided about them.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    Act, Excess, Fact, Lack, Step, Submission, VoidReason,
    budget::Spent,
    fold::{Ground, Known},
    keeping::in_doubt,
    route::{Fault, Route, check_steps, effective, routes},
};
use crate::{
    digest::Digest,
    id::DivisionId,
    revision::{ItemBatch, Revision, apply_on},
};

/// A readable submission in its line.
pub(super) struct Node<'f> {
    pub(super) fact: &'f Fact,
    pub(super) submission: &'f Submission,
    pub(super) revision: Arc<Revision>,
    /// Its place in the line, from 1.
    pub(super) number: u32,
    /// The nearest readable submission that it follows.
    pub(super) from: Option<Digest>,
    /// Whether no void submission lies in between. Nobody can say what stood in that one: no opinion crosses it.
    pub(super) is_line_whole: bool,
    /// The reroutes of it, by hash.
    pub(super) routes: Vec<Route<'f>>,
}

impl<'f> Node<'f> {
    /// The steps that count now.
    pub(super) fn steps(&self) -> &'f [Step] {
        effective(&self.routes).map_or(&self.submission.steps, |route| &route.reroute.steps)
    }

    /// The routing table that the steps were taken from.
    pub(super) fn routing(&self) -> Digest {
        effective(&self.routes).map_or(self.submission.routing, |route| route.reroute.routing)
    }

    /// The chains that it had at some time, each with its table: the frozen one, then those of the reroutes by hash.
    /// What was decided under an older one stays valid, also when it arrives late.
    pub(super) fn chains(&self) -> Vec<(Digest, &'f [Step])> {
        let rerouted = self.routes.iter().map(|route| (route.reroute.routing, route.reroute.steps.as_slice()));
        std::iter::once((self.submission.routing, self.submission.steps.as_slice())).chain(rerouted).collect()
    }
}

/// All submissions of a catalog, sorted out.
#[derive(Default)]
pub(super) struct Submissions<'f> {
    /// The readable ones.
    pub(super) nodes: BTreeMap<Digest, Node<'f>>,
    /// Their hashes, each after the one that it follows.
    pub(super) in_line: Vec<Digest>,
    pub(super) waiting: BTreeMap<Digest, Lack>,
    pub(super) void: BTreeMap<Digest, VoidReason>,
    /// Every revision that could be read, also of submissions that are void for their steps.
    pub(super) revisions: BTreeMap<Digest, Arc<Revision>>,
}

type Entry<'f> = (&'f Fact, &'f Submission, &'f [ItemBatch]);

/// What a submission links to: itself when readable, else what lies behind it.
#[derive(Clone, Copy)]
struct Link {
    node: Option<Digest>,
    is_whole: bool,
    number: u32,
}

pub(super) fn submissions<'f>(
    ground: &Ground<'_>,
    facts: &'f BTreeMap<Digest, Fact>,
    known: &Known,
    spent: &mut Spent<'_>,
) -> Result<Submissions<'f>, Excess> {
    let mut found = Submissions::default();
    let entries = owned(ground, facts, &mut found);
    let contents = contents(&entries, known, &mut found, spent)?;
    for (hash, (_, submission, _)) in &entries {
        if let Err(fault) = check_steps(ground, &submission.routing, &submission.steps) {
            match fault {
                Fault::Lacks(lack) => drop(found.waiting.entry(*hash).or_insert(lack)),
                Fault::Void(reason) => drop(found.void.entry(*hash).or_insert(reason)),
            }
        }
    }
    if let Some(keeping) = ground.keeping {
        let written = entries.iter().map(|(hash, (fact, submission, _))| (*hash, (*fact, *submission))).collect();
        for (hash, reason) in in_doubt(keeping, ground.catalog, facts, &written) {
            found.void.entry(hash).or_insert(reason);
        }
    }
    // A void reason outweighs a lack: what is missing would not help.
    found.waiting.retain(|hash, _| !found.void.contains_key(hash));
    link(facts, &entries, &contents, &mut found);
    let mut rerouted = routes(ground, facts, &mut found.waiting, &mut found.void);
    for (hash, node) in &mut found.nodes {
        node.routes = rerouted.remove(hash).unwrap_or_default();
    }
    // What is left names a submission that cannot be read.
    for (submission, routes) in rerouted {
        for route in routes {
            let hash = route.fact.hash;
            if found.void.contains_key(&submission) {
                found.void.insert(hash, VoidReason::NamesVoid);
            } else {
                found.waiting.insert(hash, Lack::Submission(submission));
            }
        }
    }
    Ok(found)
}

/// The submissions by owners for this catalog; all others are void.
fn owned<'f>(
    ground: &Ground<'_>,
    facts: &'f BTreeMap<Digest, Fact>,
    found: &mut Submissions<'f>,
) -> BTreeMap<Digest, Entry<'f>> {
    let mut entries = BTreeMap::new();
    for (hash, fact) in facts {
        let Act::Submission { submission, parts } = &fact.act else { continue };
        if submission.body.catalog != *ground.catalog {
            found.void.insert(*hash, VoidReason::OtherCatalog);
        } else if !ground.is_owner(&fact.author) {
            found.void.insert(*hash, VoidReason::NotOwner);
        } else {
            entries.insert(*hash, (fact, submission, parts.as_slice()));
        }
    }
    entries
}

/// Reads the bodies, each once its base is read: deltas build on what the same author submitted before.
fn contents<'f>(
    entries: &BTreeMap<Digest, Entry<'f>>,
    known: &Known,
    found: &mut Submissions<'f>,
    spent: &mut Spent<'_>,
) -> Result<BTreeMap<Digest, Arc<Revision>>, Excess> {
    let mut contents = BTreeMap::new();
    let mut ready: Vec<Digest> = Vec::new();
    let mut on_base: BTreeMap<(&DivisionId, Digest), Vec<Digest>> = BTreeMap::new();
    for (hash, (fact, submission, parts)) in entries {
        if known.contains_key(hash) {
            ready.push(*hash);
        } else if submission.body.parts.len() > parts.len() {
            found.waiting.insert(*hash, Lack::Parts(submission.body.parts.clone()));
        } else if let Some(base) = submission.body.base {
            found.waiting.insert(*hash, Lack::Base(base));
            on_base.entry((&fact.author, base)).or_default().push(*hash);
        } else {
            ready.push(*hash);
        }
    }
    while let Some(hash) = ready.pop() {
        let (fact, submission, parts) = entries[&hash];
        found.waiting.remove(&hash);
        let base = submission.body.base.and_then(|base| found.revisions.get(&base));
        let read = match known.get(&hash) {
            Some(revision) => Ok(Arc::clone(revision)),
            None => {
                let base = submission.body.base.zip(base.map(Arc::as_ref));
                apply_on(base, parts, &submission.body).map(Arc::new)
            }
        };
        // What turns out to be faulty was read all the same.
        let items = read.as_ref().map_or_else(|_| base.map_or(0, |base| base.items.len()), |read| read.items.len());
        spent.places(items)?;
        match read {
            Ok(revision) => {
                let revision = found.revisions.entry(submission.body.revision).or_insert(revision);
                contents.insert(hash, Arc::clone(revision));
                ready.extend(on_base.remove(&(&fact.author, submission.body.revision)).unwrap_or_default());
            }
            Err(error) => {
                let reason = VoidReason::Content { code: error.code().to_owned(), text: error.to_string() };
                found.void.insert(hash, reason);
            }
        }
    }
    Ok(contents)
}

/// Follows `previous` from the first submissions on.
fn link<'f>(
    facts: &BTreeMap<Digest, Fact>,
    entries: &BTreeMap<Digest, Entry<'f>>,
    contents: &BTreeMap<Digest, Arc<Revision>>,
    found: &mut Submissions<'f>,
) {
    let mut followers: BTreeMap<Digest, Vec<Digest>> = BTreeMap::new();
    let mut ready: Vec<(Digest, Link)> = Vec::new();
    for (hash, (_, submission, _)) in entries {
        match submission.previous {
            None => ready.push((*hash, Link { node: None, is_whole: true, number: 0 })),
            Some(previous) if entries.contains_key(&previous) => followers.entry(previous).or_default().push(*hash),
            Some(previous) => set_aside(facts, *hash, previous, found),
        }
    }
    while let Some((hash, behind)) = ready.pop() {
        if found.waiting.contains_key(&hash) {
            continue;
        }
        let link = place(hash, behind, entries[&hash], contents, found);
        ready.extend(followers.remove(&hash).unwrap_or_default().into_iter().map(|follower| (follower, link)));
    }
    // What still hangs on a follower list stands behind a waiting submission.
    for (previous, hashes) in followers {
        for hash in hashes.into_iter().filter(|hash| !found.void.contains_key(hash)) {
            found.waiting.entry(hash).or_insert(Lack::Submission(previous));
        }
    }
    found.waiting.retain(|hash, _| !found.void.contains_key(hash));
    found.in_line.sort_by_key(|hash| (found.nodes[hash].number, *hash));
}

/// Names a submission that follows something which is no owner's submission of this catalog.
fn set_aside(facts: &BTreeMap<Digest, Fact>, hash: Digest, previous: Digest, found: &mut Submissions<'_>) {
    match facts.get(&previous).map(|fact| &fact.act) {
        None => drop(found.waiting.insert(hash, Lack::Submission(previous))),
        Some(Act::Submission { .. }) => drop(found.void.insert(hash, VoidReason::NamesVoid)),
        Some(Act::Withdrawal(_) | Act::Receipt(_) | Act::Decision(_) | Act::Revocation(_) | Act::Reroute(_)) => {
            found.void.insert(hash, VoidReason::NamesOther);
        }
    }
}

fn place<'f>(
    hash: Digest,
    behind: Link,
    (fact, submission, _): Entry<'f>,
    contents: &BTreeMap<Digest, Arc<Revision>>,
    found: &mut Submissions<'f>,
) -> Link {
    let number = behind.number.saturating_add(1);
    let Some(revision) = contents.get(&hash).filter(|_| !found.void.contains_key(&hash)) else {
        return Link { node: behind.node, is_whole: false, number };
    };
    let node = Node {
        fact,
        submission,
        revision: Arc::clone(revision),
        number,
        from: behind.node,
        is_line_whole: behind.is_whole,
        routes: Vec::new(),
    };
    found.nodes.insert(hash, node);
    found.in_line.push(hash);
    Link { node: Some(hash), is_whole: true, number }
}
