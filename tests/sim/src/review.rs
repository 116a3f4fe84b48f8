//! Work at the desks: townships submit and withdraw, those above decide and revoke, the root publishes; each by what it
//! can see.
//!
//! Invariant: a machine that is held edits and does nothing that others act on. Left out: what must hold of it all
//! (verdicts).

use gongkai_journal::{
    Lane, Reach,
    kind::Kind,
    payload::{self, OnCatalog},
};
use gongkai_model::{
    digest::Digest,
    id::{DivisionId, ItemId},
    item::Item,
    review::{Decision, Revocation, Step, Submission, SubmissionState, Verdict, Withdrawal},
    revision::{Header, Revision, Slot},
};

use crate::{
    chance::Chance,
    fold::{catalog, last_number, state_of},
    mutation::Mutation,
    node::{Act, Node},
    world::World,
};

/// Items of a catalog: few, so that they stand unchanged, change back and are removed.
const ITEMS: usize = 3;

impl World<'_> {
    /// A machine submits a revision of its own catalog, or says something on one below.
    pub(crate) fn review(&mut self, place: usize) {
        let Some(node) = self.nodes[place].as_ref() else { return };
        if node.is_held() && self.mutation != Mutation::ActsWhileHeld {
            return self.log(&format!("{place} is held and does not act"));
        }
        if place == 0 && self.chance.one_in(3) {
            return self.publish();
        }
        let Some(node) = self.nodes[place].as_ref() else { return };
        let me = node.division.clone();
        let below: Vec<DivisionId> = node.trust.tree.children(&me).cloned().collect();
        if below.is_empty() || self.chance.one_in(2) {
            let act = self.submit_or_withdraw(place);
            self.say(place, me, act);
            return;
        }
        let of = below[self.chance.below(below.len())].clone();
        if self.chance.one_in(3) {
            return self.race(place, &of);
        }
        let act = self.rule(place, &of);
        self.say(place, of, act);
    }

    fn say(&mut self, place: usize, of: DivisionId, act: Option<(Kind, Vec<u8>)>) -> bool {
        let Some((kind, payload)) = act else { return false };
        self.write(place, vec![Act { subject: of, kind: kind.word(), reach: Reach::Path, lane: Lane::Work, payload }])
    }

    /// The owner submits while the reviewer's decision on what was there before is under way, or the other way round;
    /// often the link breaks just then, and what each has written crosses on drives.
    fn race(&mut self, place: usize, of: &DivisionId) {
        let Some(owner) = self.place(of) else { return };
        let is_held = |node: &Node| node.is_held() && self.mutation != Mutation::ActsWhileHeld;
        if self.nodes[owner].as_ref().is_none_or(is_held) {
            return;
        }
        let is_cut = self.chance.one_in(2);
        if is_cut {
            self.cut_all(owner);
        }
        let is_owner_first = self.chance.one_in(2);
        let mut have_both_acted = true;
        for is_owner in [is_owner_first, !is_owner_first] {
            let (at, act) =
                if is_owner { (owner, self.submit_or_withdraw(owner)) } else { (place, self.rule(place, of)) };
            have_both_acted &= self.say(at, of.clone(), act);
        }
        if have_both_acted && is_cut && self.plan.drives && self.exchange(owner, place) {
            self.compare_views(owner, place, of);
        }
    }

    /// A submission goes up on a drive while the network is cut; then its decision and the next submission race.
    pub(crate) fn cross(&mut self, owner: usize) {
        let Some(node) = self.nodes[owner].as_ref().filter(|node| !node.is_held()) else { return };
        let of = node.division.clone();
        let Some(reviewer) = node.parent().and_then(|parent| self.place(parent)) else { return };
        if self.nodes[reviewer].as_ref().is_none_or(Node::is_held) {
            return;
        }
        self.cut_all(owner);
        let first = self.submit_or_withdraw(owner);
        self.say(owner, of.clone(), first);
        self.exchange(owner, reviewer);
        self.race(reviewer, &of);
    }

    /// Both know of both acts, each its own first: they must see one state.
    fn compare_views(&mut self, owner: usize, reviewer: usize, of: &DivisionId) {
        let (Some(one), Some(other)) = (self.nodes[owner].as_ref(), self.nodes[reviewer].as_ref()) else { return };
        let have_met = self.watch.same_view(one, other, of, self.mutation);
        self.log(&format!("{owner} and {reviewer} have crossed, both complete {have_met}"));
    }

    /// The root publishes: an edition is its number here.
    fn publish(&mut self) {
        let Some(node) = self.nodes[0].as_ref() else { return };
        let (subject, number) = (node.division.clone(), last_number(node) + 1);
        self.write(0, vec![Act::of(Kind::Edition, subject, number.to_string().into_bytes())]);
    }

    fn submit_or_withdraw(&mut self, place: usize) -> Option<(Kind, Vec<u8>)> {
        let node = self.nodes[place].as_ref()?;
        let me = node.division.clone();
        let reviewer = node.parent().cloned().unwrap_or_else(|| me.clone());
        let state = state_of(node, &me, self.mutation);
        let head = state.heads.first().and_then(|head| state.submission(head));
        let knows: Vec<Digest> = head.map(|head| head.decisions.iter().map(|it| it.hash).collect()).unwrap_or_default();
        if let Some(head) = head.filter(|_| self.chance.one_in(6)) {
            let act = Withdrawal { submission: head.hash, knows, reason: "again".to_owned() };
            return Some((Kind::Withdrawal, on(&me, act)));
        }
        let parents: Vec<Digest> = head.map(|head| head.revision).into_iter().collect();
        let submission = Submission {
            previous: head.map(|head| head.hash),
            knows,
            ..submission(revision(&mut self.chance, &me, parents), reviewer)
        };
        Some((Kind::Submission, payload::encode(&submission)))
    }

    /// A submission where it does not belong: about a catalog below under one's own division, which that one is not
    /// routed; or of one's own catalog to everybody below, or on the lane of keys and trees.
    pub(crate) fn stray(&mut self, place: usize) -> Option<Act> {
        let node = self.nodes[place].as_ref()?;
        let me = node.division.clone();
        let below: Vec<DivisionId> = node.trust.tree.children(&me).cloned().collect();
        let how = self.chance.below(3);
        let of = below.get(self.chance.below(below.len().max(1))).filter(|_| how == 0).unwrap_or(&me);
        let content = revision(&mut self.chance, of, Vec::new());
        let payload = payload::encode(&submission(content, me.clone()));
        let (reach, lane) = match how {
            0 => (Reach::Path, Lane::Work),
            1 => (Reach::Subtree, Lane::Work),
            _ => (Reach::Path, Lane::Trust),
        };
        let is_stray = *of != me || how > 0;
        is_stray.then(|| Act { subject: me, kind: Kind::Submission.word(), reach, lane, payload })
    }

    fn rule(&mut self, place: usize, of: &DivisionId) -> Option<(Kind, Vec<u8>)> {
        let node = self.nodes[place].as_ref()?;
        let me = &node.division;
        let state = state_of(node, of, self.mutation);
        let mine = |submission: &&SubmissionState| submission.steps.first().is_some_and(|step| step.division == *me);
        let submission = state.submissions.iter().rfind(mine)?;
        if let Some(made) = submission.decisions.iter().find(|made| made.author == *me && made.revoked_by.is_none()) {
            let act = Revocation { decision: made.hash, reason: "an error".to_owned() };
            return self.chance.one_in(3).then(|| (Kind::Revocation, on(of, act)));
        }
        let mut opinions = submission.complete_opinions(0, Vec::new());
        let verdict = if self.chance.one_in(3) { Verdict::Return } else { Verdict::Approve };
        if let Some(opinion) = opinions.first_mut() {
            (opinion.verdict, opinion.text) = (verdict, "words".to_owned());
        }
        let (submission, routing) = (submission.hash, submission.routing);
        let note = "words".to_owned();
        let act = Decision { submission, step: 0, routing, verdict, opinions, note, outside: None };
        Some((Kind::Decision, on(of, act)))
    }
}

/// A first submission of a revision, in one step.
fn submission(content: Revision, reviewer: DivisionId) -> Submission {
    let step = Step { division: reviewer, department: None, role: "counterpart".to_owned(), is_outside: false };
    Submission {
        body: content.full(),
        previous: None,
        knows: Vec::new(),
        routing: Digest::of("table", &[]),
        steps: vec![step],
        writers: Vec::new(),
        reason: String::new(),
        basis_of_change: String::new(),
        effective_from: None,
    }
}

/// A revision of a division's catalog that stands on nothing, as somebody makes it up.
pub(crate) fn made_up(chance: &mut Chance, division: &DivisionId) -> Vec<u8> {
    payload::encode(&submission(revision(chance, division, Vec::new()), division.clone()))
}

fn on<T: serde::Serialize>(division: &DivisionId, act: T) -> Vec<u8> {
    payload::encode(&OnCatalog { catalog: catalog(division), act })
}

fn revision(chance: &mut Chance, division: &DivisionId, parents: Vec<Digest>) -> Revision {
    let mut items = std::collections::BTreeMap::new();
    for (order, name) in (0_u32..).zip(["a", "b", "c"].into_iter().take(ITEMS)) {
        let text = chance.below(4);
        if text > 0 {
            let item = Item { content: text.to_string(), level2: name.to_owned(), ..Item::default() };
            let id = ItemId::parse(name).expect("a letter");
            items.insert(id, Slot::new(order, order.to_string(), item.to_canonical()));
        }
    }
    let header = Header { title: "matters".to_owned(), ..Header::default() };
    Revision { catalog: catalog(division), parents, header: header.to_canonical(), items }
}
