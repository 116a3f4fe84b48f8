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
    review::{CatalogState, Decision, Reroute, Revocation, Step, Submission, SubmissionState, Verdict, Withdrawal},
    revision::{Header, Revision, Slot},
};

use crate::{
    chance::Chance,
    fold::{catalog, last_number, operator, state_of},
    mutation::Mutation,
    node::{Act, Node},
    plan::Theme,
    world::World,
};

/// Items of a catalog: few, so that they stand unchanged, change back and are removed.
const ITEMS: usize = 3;
/// Who writes, and who reviews: two of them are of one house and do both.
const CLERKS: [&str; 3] = ["clerk", "wang", "zhao"];
const REVIEWERS: [&str; 3] = ["wang", "zhao", "sun"];
/// Tables that lead a review through other steps of its reviewer.
const TABLES: usize = 4;

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

    /// The first below the root, and the root, who reviews it: both know the tree from the start.
    fn desks(&self) -> Option<(usize, usize)> {
        let owner = self.nodes.get(1)?.as_ref()?;
        Some((1, self.place(owner.parent()?)?))
    }

    /// The next act of an owner or of a reviewer who do nothing else.
    pub(crate) fn desk_turn(&mut self) {
        let Some((owner, reviewer)) = self.desks() else { return };
        let of = self.divisions[owner].id.clone();
        if self.desk.one_in(2) {
            let act = self.submit_or_withdraw(owner);
            self.say(owner, of, act);
        } else {
            let act = self.rule(reviewer, &of);
            self.say(reviewer, of.clone(), act);
            if let Some(node) = self.nodes[reviewer].as_ref() {
                self.watch.at_desk(node, &of, self.mutation);
            }
        }
    }

    /// The session between them.
    pub(crate) fn open_at_desks(&mut self) {
        if let Some((owner, reviewer)) = self.desks() {
            self.connect(owner, reviewer, false);
        }
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
        let heads = self.ground(&state);
        let head = heads.first();
        let on_them = heads.iter().flat_map(|head| &head.decisions);
        let knows: Vec<Digest> = on_them.map(|made| made.hash).collect();
        if let Some(head) = head.filter(|_| self.chance.one_in(6) && heads.len() == 1) {
            let act = Withdrawal { submission: head.hash, knows, reason: "again".to_owned() };
            return Some((Kind::Withdrawal, on(&me, act)));
        }
        let parents: Vec<Digest> = heads.iter().map(|head| head.revision).collect();
        let (routing, steps) = chain(&reviewer, self.desk.below(TABLES));
        let writers: Vec<_> = CLERKS.into_iter().filter(|_| self.desk.one_in(4)).map(operator).collect();
        let submission = Submission {
            previous: head.map(|head| head.hash),
            knows,
            routing,
            steps,
            writers,
            reason: CLERKS[self.desk.below(CLERKS.len())].to_owned(),
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

    /// What the next submission follows: the head; at times all heads, which meet; at times an older one beside which
    /// there is another then, as after a restore that nobody knew of.
    fn ground(&mut self, state: &CatalogState) -> Vec<SubmissionState> {
        let heads: Vec<SubmissionState> =
            state.heads.iter().filter_map(|hash| state.submission(hash)).cloned().collect();
        if heads.len() > 1 && self.desk.one_in(2) {
            return heads;
        }
        let beside = if self.plan.desks { 3 } else { 6 };
        if self.plan.theme != Theme::Restores && state.submissions.len() > 1 && self.desk.one_in(beside) {
            return vec![state.submissions[self.desk.below(state.submissions.len())].clone()];
        }
        heads.into_iter().take(1).collect()
    }

    fn rule(&mut self, place: usize, of: &DivisionId) -> Option<(Kind, Vec<u8>)> {
        let node = self.nodes[place].as_ref()?;
        let me = node.division.clone();
        let state = state_of(node, of, self.mutation);
        let mine = |submission: &&SubmissionState| submission.steps.first().is_some_and(|step| step.division == me);
        let submission = state.submissions.iter().rfind(mine)?;
        let is_live = |made: &&gongkai_model::review::DecisionState| made.author == me && made.revoked_by.is_none();
        let open = submission.next_step.and_then(|step| usize::try_from(step).ok());
        let made = submission.decisions.iter().rfind(is_live);
        if let Some(made) = made.filter(|_| open.is_none() || self.desk.one_in(4)) {
            let act = Revocation { decision: made.hash, reason: "an error".to_owned() };
            return self.chance.one_in(3).then(|| (Kind::Revocation, on(of, act)));
        }
        let moves = if self.plan.desks { 3 } else { 6 };
        if open.is_some() && self.plan.theme != Theme::Restores && self.desk.one_in(moves) {
            let (routing, steps) = chain(&me, self.desk.below(TABLES));
            let after = submission.reroutes.iter().find(|route| route.is_effective).map(|route| route.hash);
            let (submission, reason) = (submission.hash, String::new());
            return Some((Kind::Reroute, on(of, Reroute { submission, after, routing, steps, reason })));
        }
        let index = open.unwrap_or(0);
        let step = submission.steps.get(index)?.clone();
        let number = u32::try_from(index).ok()?;
        // Nobody decides a step twice, as long as he remembers it.
        if submission.decisions.iter().any(|made| is_live(&made) && made.named.is_same(&step)) {
            return None;
        }
        let mut opinions = submission.complete_opinions(number, Vec::new());
        let verdict = if self.chance.one_in(3) { Verdict::Return } else { Verdict::Approve };
        if let Some(opinion) = opinions.first_mut() {
            (opinion.verdict, opinion.text) = (verdict, "words".to_owned());
        }
        let effective = submission.reroutes.iter().find(|route| route.is_effective);
        let routing = effective.map_or(submission.routing, |route| route.routing);
        let named = (!self.desk.one_in(3)).then_some(step);
        let note = REVIEWERS[self.desk.below(REVIEWERS.len())].to_owned();
        let submission = submission.hash;
        let act = Decision { submission, step: number, named, routing, verdict, opinions, note, outside: None };
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
        custody: None,
        routing: Digest::of("table", &[]),
        steps: vec![step],
        writers: Vec::new(),
        written: std::collections::BTreeMap::new(),
        since: None,
        reason: String::new(),
        basis_of_change: String::new(),
        effective_from: None,
    }
}

/// A revision of a division's catalog that stands on nothing, as somebody makes it up.
pub(crate) fn made_up(chance: &mut Chance, division: &DivisionId) -> Vec<u8> {
    payload::encode(&submission(revision(chance, division, Vec::new()), division.clone()))
}

/// A table's steps, all of one reviewing division: another number, another order, one alone.
fn chain(reviewer: &DivisionId, table: usize) -> (Digest, Vec<Step>) {
    let step =
        |role: &str| Step { division: reviewer.clone(), department: None, role: role.to_owned(), is_outside: false };
    let roles: &[&str] = match table {
        0 => &["counterpart"],
        1 => &["counterpart", "lead-office"],
        2 => &["lead-office"],
        _ => &["lead-office", "counterpart"],
    };
    (Digest::of("table", &[&table.to_be_bytes()]), roles.iter().map(|role| step(role)).collect())
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
    Revision { catalog: catalog(division), parents, header: header.to_canonical(), items: items.into() }
}
