//! Review on the machines: townships submit, those above decide, withdraw and revoke, by what each can see; and what
//! must hold of it when all is quiet.
//!
//! Invariant: the state is folded by the daemon's own code from the entries held; that a catalog's approvals are
//! decided by somebody is looked up in the entries again, past the fold.

use gongkai_journal::{
    Entry, Lane, Reach,
    kind::Kind,
    payload::{self, OnCatalog},
};
use gongkai_model::{
    digest::Digest,
    id::{CatalogId, DivisionId, ItemId, OperatorId},
    item::Item,
    review::{
        self, CatalogState, Decision, Fact, Revocation, Step, Submission, SubmissionState, Verdict, Withdrawal, fold,
    },
    revision::{Header, Revision, Slot},
};

use crate::{
    chance::Chance,
    check::{Above, Watch},
    mutation::Mutation,
    node::{Act, Node},
    world::World,
};

/// Items of a catalog: few, so that they stand unchanged, change back and are removed.
const ITEMS: usize = 3;
/// Shuffled foldings of each catalog when all is quiet.
const SHUFFLES: usize = 2;

impl World<'_> {
    /// A machine submits a revision of its own catalog, or says something on one below.
    pub(crate) fn review(&mut self, place: usize) {
        let Some(node) = self.nodes[place].as_ref() else { return };
        if node.is_held {
            return self.log(&format!("{place} is held and does not act"));
        }
        let me = node.division.clone();
        let below: Vec<DivisionId> = node.trust.tree.children(&me).cloned().collect();
        let is_own = below.is_empty() || self.chance.one_in(2);
        let of = if is_own { me } else { below[self.chance.below(below.len())].clone() };
        let act = if is_own { self.submit_or_withdraw(place) } else { self.rule(place, &of) };
        let Some((kind, payload)) = act else { return };
        self.write(place, vec![Act { subject: of, kind: kind.word(), reach: Reach::Path, lane: Lane::Work, payload }]);
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
            body: revision(&mut self.chance, &me, parents).full(),
            previous: head.map(|head| head.hash),
            knows,
            routing: Digest::of("table", &[]),
            steps: vec![Step {
                division: reviewer,
                department: None,
                role: "counterpart".to_owned(),
                is_outside: false,
            }],
            writers: Vec::new(),
            reason: String::new(),
            basis_of_change: String::new(),
            effective_from: None,
        };
        Some((Kind::Submission, payload::encode(&submission)))
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

impl Watch {
    /// Every machine that a catalog is routed to folds the same state, in whatever order; nothing is approved that
    /// its reviewer did not approve by an entry that names it.
    pub(crate) fn reviews(&mut self, nodes: &[&Node], above: &Above, mutation: Mutation, chance: &mut Chance) {
        for owner in nodes {
            let of = &owner.division;
            let expected = folded(of, facts(owner, of, above), mutation);
            self.folds += usize::from(!expected.submissions.is_empty());
            for node in nodes.iter().filter(|node| owner.trust.tree.is_on_path(&node.division, of)) {
                for _ in 0..SHUFFLES {
                    let mut facts = facts(node, of, above);
                    facts.extend(facts.clone().into_iter().step_by(2));
                    shuffle(&mut facts, chance);
                    if folded(of, facts, mutation) != expected {
                        self.fail(format!("{} folds the catalog of {of} into another state", node.division));
                    }
                }
            }
            self.approved_by_somebody(owner, &expected, &facts(owner, of, above));
        }
    }

    fn approved_by_somebody(&mut self, owner: &Node, state: &CatalogState, facts: &[Fact]) {
        for submission in state.approved.iter().filter_map(|hash| state.submission(hash)) {
            let is_approval = |fact: &&Fact| match &fact.act {
                review::Act::Decision(made) => {
                    made.submission == submission.hash
                        && made.verdict == Verdict::Approve
                        && submission.steps.iter().any(|step| step.division == fact.author)
                }
                _ => false,
            };
            if !facts.iter().any(|fact| is_approval(&fact)) {
                self.fail(format!(
                    "{} counts {} as approved, which nobody approved",
                    owner.division,
                    submission.hash.short()
                ));
            }
        }
    }
}

fn on<T: serde::Serialize>(division: &DivisionId, act: T) -> Vec<u8> {
    payload::encode(&OnCatalog { catalog: catalog(division), act })
}

fn catalog(division: &DivisionId) -> CatalogId {
    CatalogId::parse(&format!("{division}/matters")).expect("a division's id and a word")
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

fn state_of(node: &Node, of: &DivisionId, mutation: Mutation) -> CatalogState {
    folded(of, all_facts(node, of), mutation)
}

fn folded(of: &DivisionId, mut facts: Vec<Fact>, mutation: Mutation) -> CatalogState {
    if mutation == Mutation::ArrivalOrder {
        first_decisions(&mut facts);
    }
    fold(&catalog(of), facts)
}

/// Those by authors that ever stood above: what a lost order allowed is not everywhere.
fn facts(node: &Node, of: &DivisionId, above: &Above) -> Vec<Fact> {
    let mut facts = all_facts(node, of);
    facts.retain(|fact| above.is_above(&fact.author, of));
    facts
}

fn all_facts(node: &Node, of: &DivisionId) -> Vec<Fact> {
    let tables = node.store.db.tables();
    tables.rows.iter().filter(|row| row.entry.header.stream.subject == *of).filter_map(|row| fact(&row.entry)).collect()
}

fn fact(entry: &Entry) -> Option<Fact> {
    let (word, bytes) = (&entry.header.kind, entry.payload.as_deref()?);
    let act = match Kind::from_word(word)? {
        Kind::Submission => {
            review::Act::Submission { submission: payload::decode(word, bytes).ok()?, parts: Vec::new() }
        }
        Kind::Withdrawal => review::Act::Withdrawal(payload::decode::<OnCatalog<_>>(word, bytes).ok()?.act),
        Kind::Decision => review::Act::Decision(payload::decode::<OnCatalog<_>>(word, bytes).ok()?.act),
        Kind::Revocation => review::Act::Revocation(payload::decode::<OnCatalog<_>>(word, bytes).ok()?.act),
        _ => return None,
    };
    let author = entry.header.stream.author.division.clone();
    let operator = OperatorId::parse(&format!("{author}/desk")).expect("a division's id and a word");
    Some(Fact { hash: entry.hash(), author, operator, at_ms: entry.header.written_at_ms, act })
}

fn shuffle(facts: &mut [Fact], chance: &mut Chance) {
    for index in (1..facts.len()).rev() {
        facts.swap(index, chance.below(index + 1));
    }
}

/// The rule taken away by [`Mutation::ArrivalOrder`]: of several decisions on a submission the first to arrive counts.
fn first_decisions(facts: &mut Vec<Fact>) {
    let mut decided = std::collections::BTreeSet::new();
    facts.retain(|fact| match &fact.act {
        review::Act::Decision(made) => decided.insert(made.submission),
        _ => true,
    });
}
