//! A township's catalog, reviewed by its county and then by the city; entries are made by hand, past every
//! check of the state machine, as a hostile or an old node would make them.

use std::collections::BTreeMap;

use crate::{
    digest::Digest,
    id::{CatalogId, DivisionId, ItemId, OperatorId},
    item::{Basis, Item},
    review::{
        Act, CatalogState, Decision, Fact, Opinion, Prescribed, PrescribedStep, Receipt, Revocation, Step, Submission,
        SubmissionState, Target, Verdict, VoidReason, Withdrawal, fold,
    },
    revision::{Header, Revision, Slot},
};

pub(super) const TOWN: &str = "211221100";
pub(super) const COUNTY: &str = "211221";
pub(super) const CITY: &str = "211200";

/// Builds facts and keeps them.
#[derive(Clone)]
pub(super) struct World {
    pub(super) catalog: CatalogId,
    pub(super) facts: Vec<Fact>,
    pub(super) steps: Vec<Step>,
    contents: BTreeMap<Digest, Revision>,
    made: u32,
}

pub(super) fn division(text: &str) -> DivisionId {
    DivisionId::parse(text).unwrap()
}

pub(super) fn operator(text: &str) -> OperatorId {
    OperatorId::parse(text).unwrap()
}

pub(super) fn id(text: &str) -> ItemId {
    ItemId::parse(text).unwrap()
}

pub(super) fn step(text: &str) -> Step {
    Step { division: division(text), department: None, role: "counterpart".to_owned(), is_outside: false }
}

/// A table that prescribes these steps and no others.
pub(super) fn prescribed(version: u64, steps: &[Step]) -> Prescribed {
    let step = |step: &Step| PrescribedStep {
        step: step.clone(),
        departments: [step.department.clone()].into(),
        divisions: [step.division.clone()].into(),
        is_outside_ever: step.is_outside,
    };
    Prescribed { version, steps: steps.iter().map(step).collect(), others: Vec::new() }
}

pub(super) fn table(name: &str) -> Digest {
    Digest::of("routing table", &[name.as_bytes()])
}

/// A complete item whose content says `text`.
pub(super) fn item(name: &str, text: &str) -> Item {
    Item {
        level1: "政策文件".to_owned(),
        level2: name.to_owned(),
        content: text.to_owned(),
        basis: vec![Basis { title: "中华人民共和国政府信息公开条例".to_owned(), ..Basis::default() }],
        time_limit_text: "自信息形成之日起20个工作日内".to_owned(),
        subject: vec!["凡河镇人民政府".to_owned()],
        disclosure_mode: "proactive".to_owned(),
        channels: ["gov-website".to_owned()].into(),
        audience: ["public".to_owned()].into(),
        ..Item::default()
    }
}

/// A revision of the catalog with items (id, content); order as given.
pub(super) fn revision(catalog: &CatalogId, parents: &[Digest], title: &str, items: &[(&str, &str)]) -> Revision {
    let slot = |(order, (name, text)): (u32, &(&str, &str))| {
        let serial = (order + 1).to_string();
        (id(name), Slot::new(order * 1024, serial, item(name, text).to_canonical()))
    };
    let header = Header { title: title.to_owned(), guideline: "v1".to_owned(), ..Header::default() };
    Revision {
        catalog: catalog.clone(),
        parents: parents.to_vec(),
        header: header.to_canonical(),
        items: (0u32..).zip(items).map(slot).collect(),
    }
}

impl World {
    /// One step: the county.
    pub(super) fn new() -> Self {
        Self {
            catalog: CatalogId::parse("211221100/social-assistance").unwrap(),
            facts: Vec::new(),
            steps: vec![step(COUNTY)],
            contents: BTreeMap::new(),
            made: 0,
        }
    }

    /// Two steps: the county, then the city.
    pub(super) fn with_city() -> Self {
        Self { steps: vec![step(COUNTY), step(CITY)], ..Self::new() }
    }

    pub(super) fn state(&self) -> CatalogState {
        fold(&self.catalog, self.facts.clone())
    }

    pub(super) fn submission(&self, hash: Digest) -> SubmissionState {
        self.state().submission(&hash).unwrap().clone()
    }

    pub(super) fn add(&mut self, author: &str, who: &str, act: Act) -> Digest {
        self.made += 1;
        let hash = Digest::of("test entry", &[self.catalog.to_string().as_bytes(), &self.made.to_be_bytes()]);
        let fact = Fact {
            hash,
            author: division(author),
            operator: operator(&format!("{author}/{who}")),
            at_ms: i64::from(self.made),
            act,
        };
        self.facts.push(fact);
        hash
    }

    /// The content that a submission of this world carried.
    pub(super) fn content(&self, submission: Digest) -> &Revision {
        &self.contents[&submission]
    }

    /// Keeps the content of a submission that was made by hand.
    pub(super) fn keep(&mut self, submission: Digest, content: Revision) {
        self.contents.insert(submission, content);
    }

    /// Submits items after `previous`, knowing every decision that was made on it.
    pub(super) fn submit(&mut self, previous: Option<Digest>, items: &[(&str, &str)]) -> Digest {
        let knows = previous.map(|previous| self.decisions_on(previous)).unwrap_or_default();
        self.submit_knowing(previous, &knows, items)
    }

    /// Submits items after `previous`, knowing these decisions only.
    pub(super) fn submit_knowing(
        &mut self,
        previous: Option<Digest>,
        knows: &[Digest],
        items: &[(&str, &str)],
    ) -> Digest {
        let parents: Vec<Digest> = previous.map(|previous| self.contents[&previous].digest()).into_iter().collect();
        let revision = revision(&self.catalog, &parents, "标题", items);
        self.submit_revision(previous, knows, &revision)
    }

    /// A merge of these submissions, in the line of the first, with these items; it knows every decision on them.
    pub(super) fn merge(&mut self, merged: &[Digest], items: &[(&str, &str)]) -> Digest {
        let parents: Vec<Digest> = merged.iter().map(|one| self.contents[one].digest()).collect();
        let knows: Vec<Digest> = merged.iter().flat_map(|one| self.decisions_on(*one)).collect();
        let revision = revision(&self.catalog, &parents, "标题", items);
        self.submit_revision(merged.first().copied(), &knows, &revision)
    }

    /// Names a writer of the last submission, of these items or of anything.
    pub(super) fn written_by(&mut self, who: &str, items: &[&str]) {
        let Some(Fact { act: Act::Submission { submission, .. }, .. }) = self.facts.last_mut() else { return };
        submission.writers.push(operator(who));
        if !items.is_empty() {
            submission.written.insert(operator(who), items.iter().map(|item| id(item)).collect());
        }
    }

    /// Why an entry is void.
    pub(super) fn void_reason(&self, hash: Digest) -> Option<VoidReason> {
        self.state().void.into_iter().find(|void| void.hash == hash).map(|void| void.reason)
    }

    pub(super) fn submit_revision(
        &mut self,
        previous: Option<Digest>,
        knows: &[Digest],
        revision: &Revision,
    ) -> Digest {
        let submission = self.payload(previous, knows, revision);
        let hash = self.add(TOWN, "clerk", Act::Submission { submission, parts: Vec::new() });
        self.contents.insert(hash, revision.clone());
        hash
    }

    pub(super) fn payload(&self, previous: Option<Digest>, knows: &[Digest], revision: &Revision) -> Submission {
        Submission {
            body: revision.full(),
            previous,
            knows: knows.to_vec(),
            custody: None,
            routing: table("1"),
            steps: self.steps.clone(),
            writers: Vec::new(),
            written: BTreeMap::new(),
            since: None,
            reason: String::new(),
            basis_of_change: String::new(),
            effective_from: None,
        }
    }

    fn decisions_on(&self, submission: Digest) -> Vec<Digest> {
        let on_it = |fact: &&Fact| matches!(&fact.act, Act::Decision(made) if made.submission == submission);
        self.facts.iter().filter(on_it).map(|fact| fact.hash).collect()
    }

    /// Opinions of one verdict on elements of a submission.
    pub(super) fn opinions(&self, submission: Digest, verdict: Verdict, targets: &[Target]) -> Vec<Opinion> {
        let elements = self.submission(submission).standing;
        let digest = |target: &Target| elements.iter().find(|element| element.target == *target).unwrap().digest;
        let opinion = |target: &Target| Opinion {
            target: target.clone(),
            digest: digest(target),
            verdict,
            text: "意见".to_owned(),
            elements: Default::default(),
        };
        targets.iter().map(opinion).collect()
    }

    /// Decides with the opinions given.
    pub(super) fn decide(
        &mut self,
        author: &str,
        submission: Digest,
        step: u32,
        verdict: Verdict,
        opinions: Vec<Opinion>,
    ) -> Digest {
        let decision = Decision {
            submission,
            step,
            named: None,
            routing: table("1"),
            verdict,
            opinions,
            note: String::new(),
            outside: None,
        };
        self.add(author, "reviewer", Act::Decision(decision))
    }

    /// Approves with an opinion on everything that is pending.
    pub(super) fn approve(&mut self, author: &str, submission: Digest, step: u32) -> Digest {
        let opinions = self.submission(submission).complete_opinions(step, Vec::new());
        self.decide(author, submission, step, Verdict::Approve, opinions)
    }

    /// Returns the items named and approves everything else that is pending.
    pub(super) fn send_back(&mut self, author: &str, submission: Digest, step: u32, items: &[&str]) -> Digest {
        let targets: Vec<Target> = items.iter().map(|name| Target::Item(id(name))).collect();
        let given = self.opinions(submission, Verdict::Return, &targets);
        let opinions = self.submission(submission).complete_opinions(step, given);
        self.decide(author, submission, step, Verdict::Return, opinions)
    }

    pub(super) fn withdraw(&mut self, submission: Digest, knows: &[Digest]) -> Digest {
        let withdrawal = Withdrawal { submission, knows: knows.to_vec(), reason: String::new() };
        self.add(TOWN, "clerk", Act::Withdrawal(withdrawal))
    }

    pub(super) fn revoke(&mut self, author: &str, decision: Digest) -> Digest {
        let reason = "误批".to_owned();
        self.add(author, "head", Act::Revocation(Revocation { decision, reason }))
    }

    pub(super) fn receive(&mut self, author: &str, submission: Digest) -> Digest {
        self.add(author, "desk", Act::Receipt(Receipt { submission, number: "受1".to_owned() }))
    }

    /// What a step has to look at, in order.
    pub(super) fn pending(&self, submission: Digest, step: u32) -> Vec<Target> {
        self.submission(submission).pending(step).map(|element| element.target.clone()).collect()
    }

    pub(super) fn approved(&self) -> Vec<Digest> {
        self.state().approved
    }
}

pub(super) fn item_target(name: &str) -> Target {
    Target::Item(id(name))
}

pub(super) fn removal(name: &str) -> Target {
    Target::Removal(id(name))
}
