//! The rules of review, read from the rules and not from the fold: what is approved, and whose word stands on what.
//!
//! An element is approved at a step iff an approving word of that step stands on it. A word stands on an element of a
//! submission iff it was given in its turn by a decision that counts, on that submission or on one that it follows, and
//! the element stood with that content, under that guideline, in *every* submission that is followed since; of several
//! the later one, of concurrent ones a return, then the lowest hash. A submission is approved iff at each step of its
//! chain a decision that names it approves, none returns it, and every element is approved; and no return stands that a
//! reroute took out of the chain. Slow and plain: everything is looked up in the entries again and again.

use std::collections::{BTreeMap, BTreeSet};

use super::world::division;
use crate::{
    digest::Digest,
    id::{ItemId, OperatorId},
    review::{Act, Decision, Fact, Opinion, Reroute, Step, Submission, Target, Verdict},
    revision::{Revision, apply},
};

type Words = BTreeMap<(Target, usize), (Verdict, Digest)>;

/// The entries, and what each table prescribes with its version.
pub(super) struct Oracle<'f> {
    facts: BTreeMap<Digest, &'f Fact>,
    tables: BTreeMap<Digest, (u64, Vec<Step>)>,
    contents: BTreeMap<Digest, Revision>,
    /// What owners put up, rightly or not: a merge may name it.
    revisions: BTreeMap<Digest, Revision>,
    /// The submissions that can be read, each after what it follows.
    pub(super) submissions: Vec<Digest>,
    follows: BTreeMap<Digest, BTreeSet<Digest>>,
    past: BTreeMap<Digest, BTreeSet<Digest>>,
    elements: BTreeMap<Digest, BTreeMap<Target, Digest>>,
    chains: BTreeMap<Digest, Vec<Step>>,
    words: BTreeMap<Digest, Words>,
}

/// What was said of a target at a step: of which content, how, by which decision.
type Opinions = BTreeMap<(Target, usize), Vec<(Digest, Verdict, Digest)>>;

impl<'f> Oracle<'f> {
    pub(super) fn of(facts: &'f [Fact], tables: &[(Digest, u64, Vec<Step>)]) -> Self {
        let mut oracle = Self {
            facts: facts.iter().map(|fact| (fact.hash, fact)).collect(),
            tables: tables.iter().map(|(hash, version, steps)| (*hash, (*version, steps.clone()))).collect(),
            contents: BTreeMap::new(),
            revisions: BTreeMap::new(),
            submissions: Vec::new(),
            follows: BTreeMap::new(),
            past: BTreeMap::new(),
            elements: BTreeMap::new(),
            chains: BTreeMap::new(),
            words: BTreeMap::new(),
        };
        oracle.read();
        oracle.link();
        for hash in oracle.submissions.clone() {
            let words = oracle.hear(&hash);
            oracle.words.insert(hash, words);
        }
        oracle
    }

    fn submission(&self, hash: &Digest) -> &'f Submission {
        match &self.facts[hash].act {
            Act::Submission { submission, .. } => submission,
            _ => unreachable!("looked for among submissions"),
        }
    }

    fn put_up(&self, hash: &Digest) -> Option<&'f Submission> {
        match &self.facts.get(hash)?.act {
            Act::Submission { submission, .. } => Some(submission),
            _ => None,
        }
    }

    /// With the steps of the table that it names.
    fn is_right(&self, hash: &Digest) -> bool {
        let submission = self.submission(hash);
        self.tables.get(&submission.routing).is_some_and(|(_, steps)| *steps == submission.steps)
    }

    /// What can be read: every entry of its line is here, whether right or not.
    fn read(&mut self) {
        for hash in self.facts.keys().copied().collect::<Vec<_>>() {
            let Some(submission) = self.put_up(&hash) else { continue };
            let content = apply(None, &[], &submission.body).unwrap();
            let mut line = std::iter::successors(Some(hash), |hash| self.put_up(hash)?.previous);
            if self.is_right(&hash) && line.all(|hash| self.put_up(&hash).is_some()) {
                self.contents.insert(hash, content.clone());
            }
            self.revisions.insert(submission.body.revision, content);
        }
    }

    /// The nearest in its line that can be read, and whether nothing wrong lies between.
    fn from(&self, hash: &Digest) -> (Option<Digest>, bool) {
        let mut line = std::iter::successors(self.submission(hash).previous, |hash| self.submission(hash).previous);
        let first = line.next();
        let near = first.into_iter().chain(line).find(|hash| self.contents.contains_key(hash));
        (near, near == first)
    }

    fn stands_on(&self, hash: &Digest, behind: &Digest) -> bool {
        std::iter::successors(Some(*hash), |hash| self.from(hash).0).any(|hash| hash == *behind)
    }

    fn link(&mut self) {
        for hash in self.contents.keys() {
            let merged = self.contents.iter().filter(|(other, _)| {
                let carries = self.submission(other).body.revision;
                self.contents[hash].parents.contains(&carries) && !self.stands_on(other, hash)
            });
            let all: BTreeSet<Digest> = merged.map(|(other, _)| *other).chain(self.from(hash).0).collect();
            self.follows.insert(*hash, all);
        }
        for hash in self.contents.keys() {
            let mut past = BTreeSet::new();
            let mut open: Vec<Digest> = self.follows[hash].iter().copied().collect();
            while let Some(next) = open.pop() {
                if past.insert(next) {
                    open.extend(&self.follows[&next]);
                }
            }
            assert!(!past.contains(hash), "the histories make no rings");
            self.past.insert(*hash, past);
        }
        self.submissions = self.contents.keys().copied().collect();
        self.submissions.sort_by_key(|hash| self.past[hash].len());
        for hash in self.submissions.clone() {
            let (elements, chain) = (self.read_elements(&hash), self.read_chain(&hash));
            self.elements.insert(hash, elements);
            self.chains.insert(hash, chain);
        }
    }

    fn elements(&self, hash: &Digest) -> &BTreeMap<Target, Digest> {
        &self.elements[hash]
    }

    fn chain(&self, hash: &Digest) -> &Vec<Step> {
        &self.chains[hash]
    }

    fn read_elements(&self, hash: &Digest) -> BTreeMap<Target, Digest> {
        let content = &self.contents[hash];
        let mut elements = BTreeMap::from([(Target::Header, content.header.digest())]);
        elements.extend(content.items.iter().map(|(id, slot)| (Target::Item(id.clone()), slot.digest())));
        let before = self.follows[hash].iter().flat_map(|one| self.elements[one].keys());
        let before = before.filter_map(|target| match target {
            Target::Item(id) | Target::Removal(id) => Some(id),
            Target::Header => None,
        });
        let named = content.parents.iter().filter_map(|parent| self.revisions.get(parent));
        let ever = before.chain(named.flat_map(|one| one.items.keys()));
        let gone: BTreeSet<&ItemId> = ever.filter(|id| !content.items.contains_key(*id)).collect();
        elements.extend(gone.into_iter().map(|id| (Target::Removal(id.clone()), self.last(hash, id).unwrap())));
        elements
    }

    /// An item as it last stood: in the own line first.
    fn last(&self, hash: &Digest, id: &ItemId) -> Option<Digest> {
        let before = self.from(hash).0.into_iter().chain(self.follows[hash].iter().copied());
        let mut found = before.map(|one| {
            let elements = &self.elements[&one];
            elements.get(&Target::Item(id.clone())).or_else(|| elements.get(&Target::Removal(id.clone()))).copied()
        });
        let mut parents: Vec<&Digest> = self.contents[hash].parents.iter().collect();
        parents.sort_unstable();
        let named = parents.into_iter().filter_map(|parent| self.revisions.get(parent)?.items.get(id));
        found.find_map(|found| found).or_else(|| named.map(crate::revision::Slot::digest).next())
    }

    /// The chain that counts: of the last reroute of the longest line, then of the newer table, then the greater hash.
    fn read_chain(&self, hash: &Digest) -> Vec<Step> {
        let mut best = None;
        for (route, reroute) in self.reroutes(hash) {
            let line = std::iter::successors(Some(route), |route| match &self.facts.get(route)?.act {
                Act::Reroute(reroute) => reroute.after,
                _ => None,
            });
            best = best.max(Some((line.count(), self.tables[&reroute.routing].0, route)));
        }
        match best.map(|(_, _, route)| &self.facts[&route].act) {
            Some(Act::Reroute(reroute)) => reroute.steps.clone(),
            _ => self.submission(hash).steps.clone(),
        }
    }

    /// From above, with the steps of the table that they name, and the whole line of reroutes here.
    fn reroutes(&self, hash: &Digest) -> Vec<(Digest, &'f Reroute)> {
        let is_right = |fact: &Fact, reroute: &Reroute| {
            let is_above = [division("211221"), division("211200")].contains(&fact.author);
            let is_table = self.tables.get(&reroute.routing).is_some_and(|(_, steps)| *steps == reroute.steps);
            is_above && is_table && reroute.submission == *hash
        };
        let routes = self.facts.iter().filter_map(|(route, fact)| match &fact.act {
            Act::Reroute(reroute) if is_right(fact, reroute) => Some((*route, reroute)),
            _ => None,
        });
        let routes: BTreeMap<Digest, &Reroute> = routes.collect();
        let is_whole = |reroute: &&Reroute| {
            let mut line = std::iter::successors(reroute.after, |after| routes.get(after)?.after);
            line.all(|after| routes.contains_key(&after))
        };
        routes.iter().filter(|(_, reroute)| is_whole(reroute)).map(|(hash, reroute)| (*hash, *reroute)).collect()
    }

    /// The chain under which a decision was made and its place there; none where it is nobody's of any chain.
    fn seat(&self, author: &str, decision: &Decision) -> Option<(Vec<Step>, usize)> {
        let submission = self.submission(&decision.submission);
        let mut chains = vec![(submission.routing, submission.steps.clone())];
        let rerouted = self.reroutes(&decision.submission).into_iter();
        chains.extend(rerouted.map(|(_, reroute)| (reroute.routing, reroute.steps.clone())));
        let index = decision.step as usize;
        let mut places: Vec<(bool, Vec<Step>, usize)> = Vec::new();
        for (table, chain) in chains {
            let place = match &decision.named {
                Some(named) if chain.get(index).is_some_and(|step| step.is_same(named)) => Some(index),
                Some(named) => chain.iter().position(|step| step.is_same(named)),
                None => chain.get(index).filter(|step| step.division.as_str() == author).map(|_| index),
            };
            if let Some(place) = place.filter(|place| chain[*place].division.as_str() == author) {
                places.push((table == decision.routing && place == index, chain, place));
            }
        }
        let best = places.iter().position(|(is_table, ..)| *is_table).unwrap_or(0);
        places.into_iter().nth(best).map(|(_, chain, place)| (chain, place))
    }

    /// Where a step of one chain stands in another: the same step, or the only one that took over its role.
    fn place(&self, (from, index): &(Vec<Step>, usize), to: &[Step]) -> Option<usize> {
        let step = &from[*index];
        if let Some(same) = same(from, *index, to) {
            return Some(same);
        }
        let lost: Vec<usize> =
            (0..from.len()).filter(|at| from[*at].role == step.role && same(from, *at, to).is_none()).collect();
        let new: Vec<usize> =
            (0..to.len()).filter(|at| to[*at].role == step.role && same(to, *at, from).is_none()).collect();
        if lost.len() == 1 && new.len() == 1 { new.first().copied() } else { None }
    }

    /// Whose saves stand in an element.
    pub(super) fn writers(&self, hash: &Digest, target: &Target) -> BTreeSet<OperatorId> {
        let digest = self.elements(hash)[target];
        let submission = self.submission(hash);
        let stood: Vec<&Digest> =
            self.follows[hash].iter().filter(|one| self.elements(one).get(target) == Some(&digest)).collect();
        if stood.is_empty() {
            let mut all: BTreeSet<OperatorId> = submission.writers.iter().cloned().collect();
            all.insert(self.facts[hash].operator.clone());
            all.extend(submission.written.keys().cloned());
            let of_item = |who: &OperatorId| match (submission.written.get(who), target) {
                (None, _) | (Some(_), Target::Header) => true,
                (Some(items), Target::Item(id) | Target::Removal(id)) => items.contains(id),
            };
            let wrote: BTreeSet<OperatorId> = all.iter().filter(|who| of_item(who)).cloned().collect();
            return if wrote.is_empty() { all } else { wrote };
        }
        let is_approved = submission.since.is_some_and(|since| {
            let is_behind = self.from(hash).0.is_some_and(|from| self.stands_on(&from, &since));
            is_behind && self.elements(&since).get(target) == Some(&digest)
        });
        if is_approved {
            return BTreeSet::new();
        }
        stood.into_iter().flat_map(|one| self.writers(one, target)).collect()
    }

    /// Whether a decision keeps the rules by itself, and where its step stands in the chain that counts.
    fn ruled(&self, hash: &Digest) -> Option<(&'f Decision, Option<usize>)> {
        let fact = self.facts.get(hash)?;
        let Act::Decision(decision) = &fact.act else { return None };
        let on = &decision.submission;
        if !self.contents.contains_key(on) {
            return None;
        }
        let seat = self.seat(fact.author.as_str(), decision)?;
        let submission = self.submission(on);
        let is_named = fact.operator == self.facts[on].operator || submission.writers.contains(&fact.operator);
        let wrote = |opinion: &Opinion| self.writers(on, &opinion.target).contains(&fact.operator);
        let elements = self.elements(on);
        let is_about = |opinion: &Opinion| elements.get(&opinion.target) == Some(&opinion.digest);
        let is_plain = decision.opinions.iter().all(is_about) && decision.outside.is_none();
        if is_named || !is_plain || decision.opinions.iter().any(wrote) {
            return None;
        }
        Some((decision, self.place(&seat, self.chain(on))))
    }

    fn is_revoked(&self, hash: &Digest) -> bool {
        let Some((decision, place)) = self.ruled(hash) else { return false };
        let author = self.facts[hash].author.as_str();
        let (chain, index) = self.seat(author, decision).unwrap();
        let now = self.chain(&decision.submission);
        let may = chain[index..].iter().chain(&now[place.unwrap_or(0)..]).map(|step| &step.division);
        let may: BTreeSet<_> = may.collect();
        self.facts.values().any(|fact| match &fact.act {
            Act::Revocation(made) => made.decision == *hash && may.contains(&fact.author),
            _ => false,
        })
    }

    /// Taken back by an owner who knew of no decision that counts.
    fn is_withdrawn(&self, hash: &Digest) -> bool {
        self.facts.values().any(|fact| match &fact.act {
            Act::Withdrawal(made) if made.submission == *hash => made.knows.iter().all(|known| {
                let is_on_it = self.ruled(known).is_some_and(|(decision, _)| decision.submission == *hash);
                self.facts.contains_key(known) && (!is_on_it || self.is_revoked(known))
            }),
            _ => false,
        })
    }

    /// The decisions on a submission that count, each with its place.
    fn live(&self, on: &Digest) -> Vec<(Digest, &'f Decision, Option<usize>)> {
        if self.is_withdrawn(on) {
            return Vec::new();
        }
        let ruled = self.facts.keys().filter_map(|hash| self.ruled(hash).map(|(made, place)| (*hash, made, place)));
        ruled.filter(|(hash, made, _)| made.submission == *on && !self.is_revoked(hash)).collect()
    }

    /// The words that stand on a submission once everything that it follows is heard.
    fn hear(&self, on: &Digest) -> Words {
        let mut words = self.carried(on);
        let live = self.live(on);
        for place in 0..self.chain(on).len() {
            let here: Vec<_> = live.iter().filter(|(.., at)| *at == Some(place)).collect();
            let mut own: BTreeMap<Target, (bool, Digest)> = BTreeMap::new();
            for (hash, made, _) in &here {
                for opinion in &made.opinions {
                    let rank = (opinion.verdict == Verdict::Approve, *hash);
                    own.entry(opinion.target.clone()).and_modify(|known| *known = rank.min(*known)).or_insert(rank);
                }
            }
            for (target, (is_approval, hash)) in own {
                let verdict = if is_approval { Verdict::Approve } else { Verdict::Return };
                words.insert((target, place), (verdict, hash));
            }
            let approves = here.iter().any(|(_, made, _)| made.verdict == Verdict::Approve);
            let returns = here.iter().any(|(_, made, _)| made.verdict == Verdict::Return);
            if !approves || returns || !self.is_settled(on, &words, place) {
                break;
            }
        }
        words
    }

    fn is_settled(&self, on: &Digest, words: &Words, place: usize) -> bool {
        let is_approved =
            |target: Target| words.get(&(target, place)).is_some_and(|(word, _)| *word == Verdict::Approve);
        self.elements(on).keys().cloned().all(is_approved)
    }

    /// The words given before that go on to a submission.
    fn carried(&self, on: &Digest) -> Words {
        let elements = self.elements(on);
        let mut found: Opinions = BTreeMap::new();
        for given_on in &self.past[on] {
            for ((target, place), (verdict, decision)) in &self.words[given_on] {
                let Act::Decision(made) = &self.facts[decision].act else { unreachable!("words are decisions'") };
                if made.submission != *given_on || elements.get(target) != self.elements(given_on).get(target) {
                    continue;
                }
                let step = (self.chain(given_on).clone(), *place);
                let Some(there) = self.led(given_on, on, &step) else { continue };
                if self.stood(given_on, on, target) {
                    found.entry((target.clone(), there)).or_default().push((*given_on, *verdict, *decision));
                }
            }
        }
        let strongest = found.into_iter().filter_map(|(key, given)| {
            let is_overtaken = |one: &Digest| given.iter().any(|(other, ..)| self.past[other].contains(one));
            let last = given.iter().filter(|(on, ..)| !is_overtaken(on));
            let (_, verdict, decision) = last.min_by_key(|(_, verdict, hash)| (*verdict == Verdict::Approve, *hash))?;
            Some((key, (*verdict, *decision)))
        });
        strongest.collect()
    }

    /// Whether an element stood unchanged, under one guideline, in all that is followed since, itself included.
    fn stood(&self, given_on: &Digest, on: &Digest, target: &Target) -> bool {
        let guideline = |hash: &Digest| self.contents[hash].header.decode().guideline;
        let digest = self.elements(given_on).get(target).copied();
        let is_behind = |hash: &Digest| hash == given_on || self.past[given_on].contains(hash);
        let mut since = self.past[on].iter().chain([on]).filter(|hash| !is_behind(hash));
        guideline(given_on) == guideline(on)
            && since.all(|hash| {
                let is_same = self.elements(hash).get(target).copied() == digest;
                is_same && guideline(hash) == guideline(on) && self.from(hash).1
            })
    }

    /// Where a step has come to, along some line of submissions whose chains all have it.
    fn led(&self, given_on: &Digest, on: &Digest, step: &(Vec<Step>, usize)) -> Option<usize> {
        let content = &self.contents[on];
        let known = |parent: &Digest| self.follows[on].iter().any(|one| self.submission(one).body.revision == *parent);
        let is_known = content.parents.len() < 2 || content.parents.iter().all(known);
        if self.from(on).0.is_none() || !is_known {
            return None;
        }
        let chain = self.chain(on);
        let mut ways = self.follows[on].iter().filter_map(|before| {
            let there = if before == given_on { Some(step.1) } else { self.led(given_on, before, step) };
            let is_behind = before == given_on || self.past[before].contains(given_on);
            same(self.chain(before), there.filter(|_| is_behind)?, chain)
        });
        ways.next()
    }

    /// Whether a submission is approved.
    pub(super) fn is_approved(&self, on: &Digest) -> bool {
        let live = self.live(on);
        let after: Vec<&Digest> = self.submissions.iter().filter(|later| self.follows[*later].contains(on)).collect();
        let is_late = |hash: &Digest| {
            let knows = |later: &&Digest| self.submission(later).knows.contains(hash);
            !after.is_empty() && !after.iter().any(knows)
        };
        let returns =
            |place: Option<usize>| live.iter().any(|(_, made, at)| *at == place && made.verdict == Verdict::Return);
        let approves = |place: usize| {
            live.iter().any(|(hash, made, at)| *at == Some(place) && made.verdict == Verdict::Approve && !is_late(hash))
        };
        let mut places = 0..self.chain(on).len();
        let words = &self.words[on];
        !returns(None)
            && places.all(|place| approves(place) && !returns(Some(place)) && self.is_settled(on, words, place))
    }

    /// The elements on which a step has agreed.
    pub(super) fn agreed(&self, on: &Digest, place: usize) -> BTreeSet<Target> {
        let agreed = self.words[on].iter().filter(|((_, at), (word, _))| *at == place && *word == Verdict::Approve);
        let elements = self.elements(on);
        agreed.map(|((target, _), _)| target.clone()).filter(|target| elements.contains_key(target)).collect()
    }

    /// Whether a decision keeps the rules; one that does has an effect.
    pub(super) fn is_legal(&self, decision: &Digest) -> bool {
        self.ruled(decision).is_some()
    }
}

fn same(from: &[Step], index: usize, to: &[Step]) -> Option<usize> {
    let nth = from[..index].iter().filter(|step| step.is_same(&from[index])).count();
    to.iter().enumerate().filter(|(_, step)| step.is_same(&from[index])).nth(nth).map(|(place, _)| place)
}
