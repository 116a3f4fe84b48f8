//! The elements of a submission as a reviewer sees them: what changed, what was said of it before.
//!
//! Invariant: compared with what was approved last, else with what was decided last; differences are the model's.

use gongkai_app::Loaded;
use gongkai_model::{
    diff,
    id::ItemId,
    review::{DecisionState, Opinion, Standing, SubmissionState, Target, Verdict},
    revision::{Revision, Slot},
};
use gongkai_proto::admin::v1 as wire;

use super::{changes, convert, difference, review::verdict_word};

/// The elements to look at, in the catalog's order: header, items, removals.
pub(super) fn shown(loaded: &Loaded, submission: &SubmissionState, with_carried: bool) -> Vec<wire::ReviewItem> {
    let Some(revision) = loaded.revisions.get(&submission.revision) else { return Vec::new() };
    let step = submission.next_step.unwrap_or(0);
    let sight = Sight { loaded, submission, revision, base: loaded.compared_with(submission), step };
    let shown = submission.standing.iter().filter(|standing| with_carried || !standing.is_approved(step));
    let mut placed: Vec<(u32, wire::ReviewItem)> =
        shown.map(|standing| (sight.place(standing), sight.item(standing))).collect();
    placed.sort_by_key(|(place, _)| *place);
    placed.into_iter().map(|(_, item)| item).collect()
}

struct Sight<'l> {
    loaded: &'l Loaded,
    submission: &'l SubmissionState,
    revision: &'l Revision,
    base: Option<&'l Revision>,
    step: u32,
}

impl Sight<'_> {
    fn place(&self, standing: &Standing) -> u32 {
        match &standing.target {
            Target::Header => 0,
            Target::Item(id) => self.revision.items.get(id).map_or(u32::MAX, |slot| slot.order.saturating_add(1)),
            Target::Removal(_) => u32::MAX,
        }
    }

    fn item(&self, standing: &Standing) -> wire::ReviewItem {
        let is_carried =
            standing.mark(self.step).is_some_and(|mark| mark.verdict == Verdict::Approve && mark.is_carried);
        let opinions = self.opinions(standing);
        let mut shown = match &standing.target {
            Target::Header => self.header(),
            Target::Item(id) => self.changed(id, self.revision.items.get(id)),
            Target::Removal(id) => self.changed(id, None),
        };
        let is_returned = standing.mark(self.step).is_some_and(|mark| mark.verdict == Verdict::Return);
        if is_returned {
            shown.change = "returned".to_owned();
        }
        wire::ReviewItem { opinions, is_carried, ..shown }
    }

    fn header(&self) -> wire::ReviewItem {
        let (word, fields) = match self.base {
            None => ("added", Vec::new()),
            Some(base) if base.header == self.revision.header => ("unchanged", Vec::new()),
            Some(base) => ("changed", changes::header_fields(base, self.revision)),
        };
        wire::ReviewItem {
            item_id: changes::HEADER.to_owned(),
            change: word.to_owned(),
            fields,
            difference: difference::header(self.base, self.revision),
            before: self.base.map(|base| changes::header_item(base, word)),
            after: Some(changes::header_item(self.revision, word)),
            ..wire::ReviewItem::default()
        }
    }

    fn changed(&self, id: &ItemId, after: Option<&Slot>) -> wire::ReviewItem {
        let before = self.base.and_then(|base| base.items.get(id)).or_else(|| self.removed(id, after));
        let word = changes::change_word(before, after);
        let side = |slot: Option<&Slot>| slot.map(|slot| convert::slot(&self.loaded.catalog, id, slot, word));
        wire::ReviewItem {
            item_id: id.to_string(),
            change: if after.is_none() { "removed" } else { word }.to_owned(),
            fields: changes::fields(before, after),
            difference: diff::item_of(id, before, after).as_ref().map(difference::item),
            before: side(before),
            after: side(after),
            ..wire::ReviewItem::default()
        }
    }

    /// A removed item as it last stood in any revision known here.
    fn removed(&self, id: &ItemId, after: Option<&Slot>) -> Option<&Slot> {
        let earlier = self.loaded.state.submissions.iter().filter(|other| other.number < self.submission.number);
        let mut earlier: Vec<_> = earlier.collect();
        earlier.sort_by_key(|other| std::cmp::Reverse(other.number));
        let revisions = earlier.into_iter().filter_map(|other| self.loaded.revisions.get(&other.revision));
        if after.is_some() { None } else { revisions.filter_map(|revision| revision.items.get(id)).next() }
    }

    /// Opinions on this very content, then what earlier reviews returned of the same element.
    fn opinions(&self, standing: &Standing) -> Vec<wire::ItemOpinion> {
        let marks = standing.marks.iter().filter_map(|mark| {
            let decision = self.decisions().find(|decision| decision.hash == mark.decision)?;
            let opinion = Opinion {
                target: standing.target.clone(),
                digest: standing.digest,
                verdict: mark.verdict,
                text: mark.text.clone(),
                elements: mark.elements.clone(),
            };
            Some(opinion_of(&opinion, decision))
        });
        let returned =
            self.decisions().flat_map(|decision| decision.returned.iter().map(move |opinion| (opinion, decision)));
        let is_earlier =
            |opinion: &Opinion| is_same_element(&opinion.target, &standing.target) && opinion.digest != standing.digest;
        let returned = returned
            .filter(|(opinion, _)| is_earlier(opinion))
            .map(|(opinion, decision)| opinion_of(opinion, decision));
        marks.chain(returned).collect()
    }

    fn decisions(&self) -> impl Iterator<Item = &DecisionState> {
        self.loaded.state.submissions.iter().flat_map(|submission| &submission.decisions)
    }
}

fn is_same_element(one: &Target, other: &Target) -> bool {
    match (one, other) {
        (Target::Header, Target::Header) => true,
        (Target::Item(one) | Target::Removal(one), Target::Item(other) | Target::Removal(other)) => one == other,
        (Target::Header | Target::Item(_) | Target::Removal(_), _) => false,
    }
}

fn opinion_of(opinion: &Opinion, decision: &DecisionState) -> wire::ItemOpinion {
    let item_id = match &opinion.target {
        Target::Header => changes::HEADER.to_owned(),
        Target::Item(id) | Target::Removal(id) => id.to_string(),
    };
    wire::ItemOpinion {
        item_id,
        verdict: verdict_word(opinion.verdict).to_owned(),
        opinion: opinion.text.clone(),
        elements: opinion.elements.clone(),
        digest: opinion.digest.to_string(),
        step: decision.step.map_or(0, |step| step + 1),
        division: decision.author.to_string(),
        operator: decision.operator.to_string(),
        at_ms: decision.at_ms,
    }
}
