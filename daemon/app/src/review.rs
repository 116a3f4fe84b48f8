//! Deciding: approve, return, revoke; and the receipt that a node writes by itself.

use std::collections::BTreeMap;

use gongkai_model::{
    check::HEADER,
    digest::Digest,
    id::CatalogId,
    item::{EditError, element_of},
    named::{item_named, name_of},
    review::{
        Act, Actor, Coverage, Intent, Opinion, Outside, Ruling, Standing, Step, SubmissionState, Target, Verdict, admit,
    },
};

use crate::{Action, App, Error, Loaded, Operator, ProposalError, Result, catalog::node_operator, named::one};

/// What a reviewer says.
#[derive(Clone, Debug)]
pub struct Verdicts {
    /// The submission that was looked at: one that arrived meanwhile is not decided in its place. `None` = the head.
    pub submission: Option<Digest>,
    /// On the whole.
    pub verdict: Verdict,
    /// Item id, serial or name, verdict, words.
    pub items: Vec<(String, Verdict, String)>,
    /// Words on the whole.
    pub note: String,
    /// Every element not named is approved as seen.
    pub approves_rest: bool,
    /// The document of a decision taken elsewhere.
    pub outside: Option<Outside>,
}

/// Words on one element of an item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ElementWords {
    /// The item, as in [`Verdicts::items`].
    pub item: String,
    /// The element, by field or by its word in the official form.
    pub element: String,
    /// The words.
    pub words: String,
}

/// What goes with a decision beside the verdicts.
#[derive(Clone, Debug, Default)]
pub struct Spoken {
    /// Words on single elements of items.
    pub elements: Vec<ElementWords>,
    /// The document by which it was decided; no bytes: there is none.
    pub document: Vec<u8>,
}

impl App {
    /// Decides the open step of a catalog's head submission.
    pub async fn decide(&self, operator: &Operator, catalog: &CatalogId, said: Verdicts) -> Result<(Loaded, Digest)> {
        self.decide_with(operator, catalog, said, Spoken::default()).await
    }

    /// Decides, with words on elements, and keeps the document by which it was decided; no bytes: there is none.
    pub(crate) async fn decide_with(
        &self,
        operator: &Operator,
        catalog: &CatalogId,
        said: Verdicts,
        spoken: Spoken,
    ) -> Result<(Loaded, Digest)> {
        let Spoken { elements, document } = spoken;
        let action = match said.verdict {
            Verdict::Approve => Action::ReviewApprove,
            Verdict::Return => Action::ReviewReturn,
        };
        let (acting, loaded) = self.begin_on(operator, action, catalog).await?;
        let head = loaded.state.head().ok_or_else(|| loaded.lacks("submission", ""))?;
        if said.submission.is_some_and(|looked_at| looked_at != head.hash) {
            return Err(Error::Raced { catalog: catalog.clone() });
        }
        let world = self.world();
        let (routing, _) = world.routing()?;
        let step = head.next_step.or_else(|| head.status.open_step()).unwrap_or(0);
        let mut given = opinions(&loaded, head, &said)?;
        add_elements(&loaded, head, &mut given, elements)?;
        let opinions = if said.approves_rest { head.complete_opinions(step, given) } else { given };
        let ruling = Ruling {
            submission: head.hash,
            routing,
            verdict: said.verdict,
            opinions,
            note: said.note,
            outside: said.outside,
            coverage: if said.approves_rest || said.items.is_empty() { Coverage::Whole } else { Coverage::Part },
        };
        let actor = acting.actor();
        let act = admit(&loaded.state, Intent::Decide(ruling.clone()), &actor)?;
        self.require_other_hands(operator, &loaded, &ruling, &actor).await?;
        self.require_step_in_force(&loaded, head, step)?;
        let decision = match act {
            Act::Decision(decision) if !document.is_empty() => {
                acting.record_with_document(catalog, decision, &document).await?
            }
            act => acting.record_act(catalog, act).await?,
        };
        Ok((self.load(catalog).await?, decision))
    }

    /// Takes a decision back.
    pub async fn revoke(
        &self,
        operator: &Operator,
        catalog: &CatalogId,
        decision: Digest,
        reason: String,
    ) -> Result<Loaded> {
        let (acting, loaded) = self.begin_on(operator, Action::ReviewRevoke, catalog).await?;
        acting.require_department(steps_from(&loaded, decision))?;
        let act = admit(&loaded.state, Intent::Revoke { decision, reason }, &acting.actor())?;
        acting.record_act(catalog, act).await?;
        self.load(catalog).await
    }

    /// Writes receipts for submissions that reached the node of their first step and have none yet.
    /// A held node writes none: the one it wrote before may be on its way back. They follow when the hold ends. Where a
    /// peer merely says that there is more of ours about the division, they follow when it has shown it or has not.
    pub(crate) async fn receive(&self, catalog: &CatalogId) -> Result<()> {
        if self.held().is_some() {
            return Ok(());
        }
        let loaded = self.load(catalog).await?;
        let world = self.world();
        let due: Vec<&SubmissionState> = loaded
            .state
            .submissions
            .iter()
            .filter(|submission| !submission.is_superseded && submission.author != world.me)
            .filter(|submission| submission.steps.first().is_some_and(|step| step.division == world.me))
            .filter(|submission| submission.receipts.iter().all(|receipt| receipt.author != world.me))
            .collect();
        if !due.is_empty() && self.is_claimed(&catalog.division).await? {
            self.postpone(catalog);
            return Ok(());
        }
        for submission in due {
            let actor = Actor {
                operator: node_operator(&world.me),
                division: world.me.clone(),
                departments: std::collections::BTreeSet::default(),
            };
            let number = format!("{}-{}", world.me, submission.hash.short());
            let intent = Intent::Receive { submission: submission.hash, number };
            if let Ok(Act::Receipt(receipt)) = admit(&loaded.state, intent, &actor) {
                self.append_receipt(catalog, actor.operator, receipt).await?;
            }
        }
        Ok(())
    }
}

/// The step of a decision and those after it: whoever has a say there may take the decision back; where a reroute took
/// the step out of the chain, everybody in the chain.
fn steps_from(loaded: &Loaded, decision: Digest) -> Vec<&Step> {
    let all = loaded.state.submissions.iter();
    let mut made = all.flat_map(|on| on.decisions.iter().map(move |made| (on, made)));
    let Some((on, made)) = made.find(|(_, made)| made.hash == decision) else { return Vec::new() };
    let from = made.step.and_then(|step| usize::try_from(step).ok()).unwrap_or(0);
    std::iter::once(&made.named).chain(on.steps.iter().skip(from)).collect()
}

/// Finds each named element among what the submission asks for.
fn opinions(loaded: &Loaded, head: &SubmissionState, said: &Verdicts) -> Result<Vec<Opinion>> {
    let opinion = |(text, verdict, words): &(String, Verdict, String)| {
        let standing = element_named(loaded, head, text)?;
        Ok(Opinion {
            target: standing.target.clone(),
            digest: standing.digest,
            verdict: *verdict,
            text: words.clone(),
            elements: BTreeMap::new(),
        })
    };
    said.items.iter().map(opinion).collect()
}

/// Puts the words on single elements into the opinions on their items; an opinion without words of its own takes
/// theirs, so that a node which knows no elements shows them, too.
fn add_elements(
    loaded: &Loaded,
    head: &SubmissionState,
    given: &mut [Opinion],
    elements: Vec<ElementWords>,
) -> Result<()> {
    for said in elements {
        let unknown = || EditError::ElementUnknown(said.element.chars().take(40).collect());
        let field = element_of(&said.element).ok_or_else(unknown).map_err(ProposalError::from)?;
        let target = &element_named(loaded, head, &said.item)?.target;
        let opinion = given.iter_mut().find(|opinion| opinion.target == *target);
        let opinion = opinion.ok_or_else(|| loaded.lacks("item", &said.item))?;
        opinion.elements.insert(field.to_owned(), said.words);
    }
    for opinion in given.iter_mut().filter(|opinion| opinion.text.trim().is_empty()) {
        let words = opinion.elements.iter().map(|(field, words)| format!("{field}: {words}"));
        opinion.text = words.collect::<Vec<_>>().join("; ");
    }
    Ok(())
}

/// The reviewed element that a person means: `header`, a removed item by its id, an item by id, serial or name.
fn element_named<'h>(loaded: &Loaded, head: &'h SubmissionState, text: &str) -> Result<&'h Standing> {
    let lacks = || loaded.lacks("item", text);
    let find = |is_meant: &dyn Fn(&Target) -> bool| {
        let mut standing = head.standing.iter();
        standing.find(|standing| is_meant(&standing.target)).ok_or_else(lacks)
    };
    if text == HEADER {
        return find(&|target| *target == Target::Header);
    }
    let revision = loaded.revisions.get(&head.revision);
    let items = head.standing.iter().filter_map(|standing| match &standing.target {
        Target::Header => None,
        Target::Removal(id) => Some((id, "", String::new())),
        Target::Item(id) => {
            let slot = revision.and_then(|revision| revision.items.get(id));
            Some(slot.map_or((id, "", String::new()), |slot| (id, slot.serial.as_str(), name_of(slot))))
        }
    });
    let item = one(item_named(text, items), "item", text, lacks)?;
    find(&|target| matches!(target, Target::Item(id) | Target::Removal(id) if id == item))
}
