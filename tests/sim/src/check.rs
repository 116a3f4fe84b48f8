//! What must hold: at every commit, at the end of every session, and when all is quiet.
//!
//! Invariant: nothing here asks the code under test what is right: relevance is written from the sentence ("N is on
//! path(S), or the reach is subtree and S is on path(N)"), hashes and chains are computed anew from the entries.

use std::collections::{BTreeMap, BTreeSet};

use gongkai_journal::{
    Entry, EntryHash, Incarnation, Reach, StreamKey,
    kind::Kind,
    payload::{self, KeyRevoke},
};
use gongkai_model::{
    digest::Digest,
    id::DivisionId,
    tree::{Division, Tree},
};
use gongkai_sync::{message::Carried, message::Message, want::Why};

use crate::node::Node;

/// Steps up a tree, at most: more is a loop.
const CLIMB_MAX: usize = 64;

type Parents = BTreeMap<DivisionId, Option<DivisionId>>;

/// Every parent that a division ever had.
#[derive(Debug, Default)]
pub(crate) struct Above(BTreeMap<DivisionId, BTreeSet<DivisionId>>);

impl Above {
    pub(crate) fn of(records: &[Division]) -> Self {
        let mut above = Self::default();
        records.iter().for_each(|record| above.add(&record.id, record.parent.as_ref()));
        above
    }

    fn add(&mut self, id: &DivisionId, parent: Option<&DivisionId>) {
        self.0.entry(id.clone()).or_default().extend(parent.cloned());
    }

    fn allows(&self, stream: &StreamKey) -> bool {
        self.is_above(&stream.author.division, &stream.subject)
    }

    /// The author is the subject, or some chain of parents that ever were leads from the subject to it.
    pub(crate) fn is_above(&self, author: &DivisionId, subject: &DivisionId) -> bool {
        let mut reached = BTreeSet::from([subject]);
        loop {
            let next: BTreeSet<&DivisionId> = reached.iter().filter_map(|id| self.0.get(*id)).flatten().collect();
            let before = reached.len();
            reached.extend(next);
            if reached.len() == before {
                return reached.contains(author);
            }
        }
    }
}

/// What the world remembers of an entry.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) stream: StreamKey,
    pub(crate) previous: Option<EntryHash>,
    pub(crate) seq: u64,
    key_id: Vec<u8>,
}

/// The observer of a run: stops at the first finding.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    pub(crate) failure: Option<String>,
    /// Everything that anyone has ever written.
    pub(crate) written: BTreeMap<EntryHash, Written>,
    /// Entries whose last copy went with a machine.
    pub(crate) lost: BTreeSet<EntryHash>,
    /// Every tree that any machine has believed in.
    trees: Vec<Parents>,
    /// Who stood above whom in any of them.
    above: Above,
    pub(crate) stranded: usize,
    pub(crate) unservable: usize,
    /// Catalogs whose states were compared.
    pub(crate) folds: usize,
    /// Decisions that crossed a submission on drives, with both sides complete afterwards.
    pub(crate) crossings: usize,
    /// What counts nowhere: written under a stolen key after its revocation, which is named, or out of its place.
    pub(crate) void: BTreeMap<EntryHash, Option<EntryHash>>,
    /// When quiet: what revoked keys signed beyond their good heads.
    set_aside: BTreeSet<EntryHash>,
    /// Divisions of which some machine fell back, was restored, rebuilt or copied.
    pub(crate) fallen: BTreeSet<DivisionId>,
    /// Lives of a journal that came back to the machine that was in the middle of them.
    came_back: BTreeSet<(DivisionId, Incarnation)>,
}

impl Watch {
    pub(crate) fn fail(&mut self, what: String) {
        self.failure.get_or_insert(what);
    }

    pub(crate) fn see_tree(&mut self, tree: &Tree) {
        let parents = parents_of(tree);
        if !self.trees.contains(&parents) {
            parents.iter().for_each(|(id, parent)| self.above.add(id, parent.as_ref()));
            self.trees.push(parents);
        }
    }

    pub(crate) fn write(&mut self, entry: &Entry) {
        let header = &entry.header;
        let written = Written {
            stream: header.stream.clone(),
            previous: header.previous,
            seq: header.seq,
            key_id: header.key_id.clone(),
        };
        self.written.insert(entry.hash(), written);
    }

    /// Entries that a machine took from a peer.
    pub(crate) fn commit(&mut self, node: &Node, entries: &[Entry]) {
        for entry in entries {
            if !self.written.contains_key(&entry.hash()) {
                self.fail(format!("{} stored an entry that its author never wrote", node.division));
            }
            let stream = &entry.header.stream;
            self.check_relevant(&node.division, stream, "stored");
            if stream.author.division == node.division
                && stream.author.incarnation == node.incarnation
                && !node.is_clone
            {
                self.came_back.insert((node.division.clone(), node.incarnation));
            }
            if !self.above.allows(stream) {
                let (author, subject) = (&stream.author.division, &stream.subject);
                self.fail(format!("{} stored an entry of {author}, which never stood above {subject}", node.division));
            }
        }
    }

    /// Nobody is held for what was merely said.
    pub(crate) fn held(&mut self, node: &Node) {
        if node.is_held() && !self.fallen.contains(&node.division) {
            self.fail(format!("{} is held, and never fell back", node.division));
        }
    }

    /// When quiet: every hold has ended, and who got back what he had lost does not go on in the life that he lost it of.
    fn lives(&mut self, node: &Node) {
        if node.is_held() {
            self.fail(format!("{} is still held, awaiting {:?}", node.division, node.awaited));
        }
        if self.came_back.contains(&(node.division.clone(), node.incarnation)) {
            self.fail(format!("{} goes on as the author that it no longer was", node.division));
        }
    }

    /// What leaves a machine for another.
    pub(crate) fn message(&mut self, to: &DivisionId, message: &Message) {
        match message {
            Message::Batch(batch) => {
                for carried in &batch.entries {
                    let stream = match carried {
                        Carried::Whole(entry) => &entry.header.stream,
                        Carried::Named { stream, .. } => stream,
                    };
                    self.check_relevant(to, stream, "was sent");
                }
            }
            Message::Heads { heads, .. } => {
                for head in heads {
                    self.check_relevant(to, &head.stream, "was told of");
                }
            }
            Message::Wanted { entries, .. } => {
                for entry in entries {
                    self.check_relevant(to, &entry.header.stream, "was answered");
                }
            }
            Message::Hello(_)
            | Message::Announce { .. }
            | Message::Ack { .. }
            | Message::Want { .. }
            | Message::Done { .. }
            | Message::Standing(_)
            | Message::Refuse(_) => {}
        }
    }

    fn check_relevant(&mut self, node: &DivisionId, stream: &StreamKey, what: &str) {
        if stream.author.division == *node && what != "stored" {
            return;
        }
        if !self.trees.iter().any(|tree| is_relevant(tree, stream, node)) {
            let (author, subject, reach) = (&stream.author.division, &stream.subject, stream.reach());
            self.fail(format!("{node} {what} {author}/{subject}/{reach:?}, which no tree makes its business"));
        }
    }

    /// Our position on the peer's feed: everything up to it that the peer routes to us is stored or wanted.
    pub(crate) fn position(&mut self, node: &Node, peer: &Node) {
        let ours = node.store.db.tables();
        let theirs = peer.store.db.tables();
        let Some(position) = ours.position(&peer.division) else { return };
        let route = gongkai_journal::Route::of(&peer.trust.tree, &node.division);
        let Ok(offset) = usize::try_from(position.offset) else { return };
        let hash = offset.checked_sub(1).and_then(|last| theirs.rows.get(last)).map(|row| row.feed_hash);
        if position.feed_id != theirs.feed_id || hash != Some(position.hash) || position.epoch != route.epoch() {
            return;
        }
        let wanted = self.below_wants(&peer.division, &ours.wants);
        let tree = parents_of(&peer.trust.tree);
        let missing = theirs.rows.iter().take(offset).find(|row| {
            let hash = row.entry.hash();
            is_relevant(&tree, &row.entry.header.stream, &node.division)
                && !ours.holds(&hash)
                && !wanted.contains(&hash)
        });
        if let Some(row) = missing {
            let what = crate::world::label(&row.entry);
            let (at, node, peer) = (position.offset, &node.division, &peer.division);
            self.fail(format!("{node} stands at {at} of {peer}'s feed and neither holds nor wants {what}"));
        }
    }

    /// A bundle that was read to its end: each head that it names is held or wanted.
    pub(crate) fn told(&mut self, node: &Node, peer: &DivisionId, messages: &[Message]) {
        let tables = node.store.db.tables();
        let wanted = self.below_wants(peer, &tables.wants);
        let heads = messages.iter().filter_map(|message| {
            let Message::Heads { heads, .. } = message else { return None };
            Some(heads)
        });
        let mut tips = heads.flatten().flat_map(|head| &head.tips);
        let missing = tips.find(|tip| !tables.holds(&tip.hash) && !wanted.contains(&tip.hash)).cloned();
        drop(tables);
        if let Some(tip) = missing {
            let (node, hash) = (&node.division, tip.hash.short());
            self.fail(format!("{node} has read a bundle of {peer} and neither holds nor wants {hash}"));
        }
    }

    /// The entries that wants towards a peer stand for: each wanted tip and everything before it.
    fn below_wants<'w>(
        &self,
        peer: &DivisionId,
        wants: impl IntoIterator<Item = (&'w (DivisionId, i64, EntryHash), &'w crate::StoredWant)>,
    ) -> BTreeSet<EntryHash> {
        let mut found = BTreeSet::new();
        for ((towards, ..), row) in wants {
            let mut at = (towards == peer).then_some(row.want.tip.hash);
            while let Some(hash) = at
                && found.insert(hash)
            {
                at = self.written.get(&hash).and_then(|written| written.previous);
            }
        }
        found
    }

    /// All is quiet: the machines agree.
    pub(crate) fn quiet(&mut self, nodes: &[&Node], tree: &Tree, above: &Above) {
        let parents = parents_of(tree);
        self.set_aside = set_aside(nodes, &self.written, above);
        // A revocation by a key that was revoked itself, beyond what was good of that, ends no key.
        let set_aside = &self.set_aside;
        self.void.retain(|_, by| by.is_none_or(|by| !set_aside.contains(&by)));
        for node in nodes {
            self.chains(node);
            self.lives(node);
            self.wants(node, nodes, &parents, above);
        }
        let written = std::mem::take(&mut self.written);
        for (hash, entry) in &written {
            self.agreed(hash, entry, nodes, &parents, above);
        }
        self.written = written;
    }

    fn agreed(&mut self, hash: &EntryHash, entry: &Written, nodes: &[&Node], tree: &Parents, above: &Above) {
        let holders: Vec<&&Node> = nodes.iter().filter(|node| node.holds(hash)).collect();
        let (stream, seq) = (&entry.stream, entry.seq);
        let name = || {
            let (author, subject, reach) = (&stream.author.division, &stream.subject, stream.reach());
            format!("{author}/{subject}/{reach:?}#{seq} {}", hash.short())
        };
        if holders.is_empty() {
            if !self.lost.contains(hash) {
                self.fail(format!("{} is gone, and no machine fell back with its last copy", name()));
            }
            return;
        }
        // What a revoked key went on to sign is where it had arrived, has no effect there, and goes nowhere else.
        if stream.reach() == Reach::SelfOnly || self.set_aside.contains(hash) {
            return;
        }
        let routed = |node: &Node| is_relevant(tree, stream, &node.division);
        // Where the order under which it was written is lost, nobody else may take it.
        if !holders.iter().any(|node| routed(node)) || !above.allows(stream) {
            self.stranded += 1;
            return;
        }
        let bare: Vec<&str> =
            holders.iter().filter(|node| !node.has_payload(hash)).map(|node| node.division.as_str()).collect();
        if !bare.is_empty() && bare.len() < holders.len() {
            self.fail(format!("{} has lost its payload at {bare:?}, and nobody erased it", name()));
        }
        let missing: Vec<&str> =
            nodes.iter().filter(|node| routed(node) && !node.holds(hash)).map(|node| node.division.as_str()).collect();
        if !missing.is_empty() {
            let holders: Vec<&str> = holders.iter().map(|node| node.division.as_str()).collect();
            self.fail(format!("{} is held by {holders:?} and missing at {missing:?}", name()));
        }
    }

    /// Gap-free, hash-chained, and the running hash as computed anew.
    fn chains(&mut self, node: &Node) {
        let tables = node.store.db.tables();
        let mut running = gongkai_sync::position::empty_hash();
        let mut held: BTreeMap<EntryHash, (Digest, u64)> = BTreeMap::new();
        for (index, row) in tables.rows.iter().enumerate() {
            let header = &row.entry.header;
            let stream = header.stream.digest();
            running = gongkai_sync::position::running_hash(&running, &row.entry.hash());
            let follows = match header.previous {
                None => header.seq == 1,
                Some(previous) => held.get(&previous) == Some(&(stream, header.seq - 1)),
            };
            if !follows || row.feed_hash != running || row.feed != index as u64 + 1 {
                self.fail(format!("row {} of {} breaks a chain", row.feed, node.division));
            }
            held.insert(row.entry.hash(), (stream, header.seq));
        }
    }

    /// What is still wanted can be had from nobody it is wanted from.
    fn wants(&mut self, node: &Node, nodes: &[&Node], tree: &Parents, above: &Above) {
        for (peer, want) in node.store.db.all_wants() {
            let hash = want.tip.hash;
            let is_bare = want.why == Why::Bare;
            if node.holds(&hash) && (!is_bare || node.has_payload(&hash)) {
                self.fail(format!("{} wants {}, which it holds", node.division, hash.short()));
            }
            // What nobody wrote is asked for and never taken.
            let is_due = self.written.contains_key(&hash) && !self.set_aside.contains(&hash);
            let has_it = is_due
                && nodes.iter().any(|other| {
                    other.division == peer && other.holds(&hash) && (!is_bare || other.has_payload(&hash))
                });
            if has_it && is_relevant(tree, &want.stream, &node.division) && above.allows(&want.stream) {
                let (why, stream) = (want.why.word(), &want.stream);
                let what =
                    format!("{}/{}/{:?}#{}", stream.author.division, stream.subject, stream.reach(), want.tip.seq);
                self.fail(format!("{} still wants {what} ({why}) from {peer}, which has it", node.division));
            }
            self.unservable += 1;
        }
    }
}

/// What stands beyond the good heads of a revocation of its key that is not beyond another's itself: those from
/// further up are looked at first.
fn set_aside(nodes: &[&Node], written: &BTreeMap<EntryHash, Written>, above: &Above) -> BTreeSet<EntryHash> {
    let mut revocations: Vec<(usize, EntryHash, KeyRevoke)> = Vec::new();
    for node in nodes {
        let tables = node.store.db.tables();
        let entries = tables.rows.iter().map(|row| &row.entry);
        for entry in entries.filter(|entry| entry.header.kind == Kind::KeyRevoke) {
            let bytes = entry.payload.as_deref().unwrap_or_default();
            let author = &entry.header.stream.author.division;
            let above_it = above.0.keys().filter(|other| above.is_above(other, author)).count();
            let read = payload::decode(&entry.header.kind, bytes).ok();
            revocations.extend(read.map(|revocation| (above_it, entry.hash(), revocation)));
        }
    }
    revocations.sort_by_key(|(above_it, hash, _)| (*above_it, *hash));
    let mut found = BTreeSet::new();
    for (_, hash, revocation) in revocations {
        if found.contains(&hash) {
            continue;
        }
        let is_beyond = |hash: &EntryHash, entry: &Written| {
            let mut good = revocation.good.iter().filter(|head| head.stream == entry.stream);
            entry.stream.author.division == revocation.division
                && hex::encode(&entry.key_id) == revocation.key_id
                && !good.any(|head| entry.seq < head.seq || (entry.seq, *hash) == (head.seq, head.hash))
        };
        found.extend(written.iter().filter(|(hash, entry)| is_beyond(hash, entry)).map(|(hash, _)| *hash));
    }
    found
}

/// Parents that have no record stand below the top.
fn parents_of(tree: &Tree) -> Parents {
    let mut parents: Parents =
        tree.divisions().map(|division| (division.id.clone(), division.parent.clone())).collect();
    let top = parents.iter().find(|(_, parent)| parent.is_none()).map(|(id, _)| id.clone());
    let unknown: Vec<DivisionId> =
        parents.values().flatten().filter(|parent| !parents.contains_key(*parent)).cloned().collect();
    parents.extend(unknown.into_iter().map(|id| (id, top.clone())));
    parents
}

/// N is on path(S), or the reach is subtree and S is on path(N).
fn is_relevant(tree: &Parents, stream: &StreamKey, node: &DivisionId) -> bool {
    match stream.reach() {
        Reach::SelfOnly => false,
        Reach::Path => is_on_path(tree, node, &stream.subject),
        Reach::Subtree => is_on_path(tree, node, &stream.subject) || is_on_path(tree, &stream.subject, node),
    }
}

fn is_on_path(tree: &Parents, above: &DivisionId, below: &DivisionId) -> bool {
    let mut at = Some(below);
    for _ in 0..CLIMB_MAX {
        let Some(step) = at else { return false };
        if step == above {
            return true;
        }
        at = tree.get(step).and_then(Option::as_ref);
    }
    false
}
