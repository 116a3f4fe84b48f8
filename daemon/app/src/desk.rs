//! The reviewer's desk: since when a submission waits, when it is due, and how much changed in it.
//!
//! Invariant: working days run from the receipt of the reviewing node (from the decision before, at a later step) and
//! are counted by the calendar that is data. Nothing happens when a day is over: silence never means approval.
//! Left out: what the changes are, element by element (node).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{LazyLock, atomic::Ordering},
};

use gongkai_model::{
    calendar::{Counted, Reckoned, after_working_days, working_days_after},
    diff::renames,
    id::{Day, ItemId},
    review::{DecisionEffect, SubmissionState, Target, Verdict},
    revision::Revision,
};
use gongkai_seeds::Seeds;

use crate::{App, Loaded, Operator, World};

/// Working days for one step where the configuration says nothing: half of the twenty within which a matter must be
/// public (政府信息公开条例 art. 26), so that two steps fit.
pub const REVIEW_DAYS_DEFAULT: u32 = 10;

/// What came with the program; parsing it once is enough.
static SEEDS: LazyLock<Seeds> = LazyLock::new(Seeds::builtin);

/// Holidays and repealed laws as they came with the program.
pub(crate) fn seeds() -> &'static Seeds {
    &SEEDS
}

/// How long a submission has waited for its open step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Age {
    /// The day from which it counts.
    pub since: Day,
    /// Working days after that day, today included.
    pub days: u32,
    /// The last day of the time that policy gives.
    pub due: Day,
    /// Whether that day is over.
    pub is_overdue: bool,
    /// Years counted by weekends alone, because their holiday notice is not known.
    pub missing_years: BTreeSet<u32>,
}

/// How many elements the open step is asked about, by what happened to them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Items that were not there before.
    pub added: u32,
    /// Items with other content.
    pub changed: u32,
    /// Items that are gone.
    pub removed: u32,
    /// Whether the header is asked about.
    pub header: bool,
}

impl App {
    /// Sets how many working days a step of review has.
    pub fn set_review_days(&self, days: u32) {
        self.inner.review_days.store(days, Ordering::Relaxed);
    }

    /// The civil day in China.
    pub fn today(&self) -> Day {
        Day::in_china(self.now_ms())
    }

    /// How long the open step of a submission has waited on a day; `None` where no step is open.
    pub fn age(&self, submission: &SubmissionState, today: &Day) -> Option<Age> {
        let since = Day::in_china(waiting_since_ms(submission)?);
        let Counted { days, missing_years } = working_days_after(&since, today, &is_worked);
        let given = self.inner.review_days.load(Ordering::Relaxed);
        let Reckoned { day: due, missing_years: later } = after_working_days(&since, given, &is_worked);
        let missing_years = missing_years.into_iter().chain(later).collect();
        Some(Age { is_overdue: *today > due, since, days, due, missing_years })
    }
}

fn is_worked(day: &Day) -> Option<bool> {
    SEEDS.holidays.is_working_day(day)
}

/// The receipt of the step's own node, else of any; at a later step the approval before; without either the sending.
fn waiting_since_ms(submission: &SubmissionState) -> Option<i64> {
    let index = submission.status.open_step().or(submission.next_step)?;
    let step = submission.steps.get(usize::try_from(index).ok()?)?;
    let before = index.checked_sub(1).and_then(|before| {
        let counts = submission.decisions.iter().filter(|decision| {
            decision.step == Some(before)
                && decision.verdict == Verdict::Approve
                && decision.effect == DecisionEffect::Effective
        });
        counts.map(|decision| decision.at_ms).max()
    });
    let own = submission.receipts.iter().filter(|receipt| receipt.author == step.division);
    let receipt = own.map(|receipt| receipt.at_ms).min();
    Some(before.or(receipt).unwrap_or(submission.at_ms))
}

impl Loaded {
    /// What a submission is compared with: what was approved last, else what was decided last before it.
    pub fn compared_with(&self, submission: &SubmissionState) -> Option<&Revision> {
        let earlier = self.state.submissions.iter().filter(|other| other.number < submission.number);
        let decided = earlier.filter(|other| !other.decisions.is_empty()).max_by_key(|other| other.number);
        let approved = self.state.latest_approved(None).filter(|approved| approved.hash != submission.hash);
        let base = approved.or(decided)?;
        self.revisions.get(&base.revision).map(AsRef::as_ref)
    }

    /// Items of a submission that stand for one that went under another id: new id → former id.
    pub fn returned(&self, submission: &SubmissionState) -> BTreeMap<ItemId, ItemId> {
        let Some(revision) = self.revisions.get(&submission.revision) else { return BTreeMap::new() };
        let gone = submission.standing.iter().filter_map(|standing| match &standing.target {
            Target::Removal(id) => Some(id),
            Target::Header | Target::Item(_) => None,
        });
        let gone: BTreeSet<&ItemId> = gone.collect();
        let mut found = BTreeMap::new();
        let mut open = gone.clone();
        let mut earlier: Vec<_> = self.state.submissions.iter().filter(|one| one.hash != submission.hash).collect();
        earlier.sort_by_key(|one| std::cmp::Reverse(one.number));
        for before in earlier.iter().filter_map(|one| self.revisions.get(&one.revision)) {
            // Each as it last stood.
            let here: BTreeSet<&ItemId> = open.iter().filter(|id| before.items.contains_key(**id)).copied().collect();
            if here.is_empty() {
                continue;
            }
            let pairs = renames(before, revision).into_iter().filter(|(_, former)| here.contains(former));
            found.extend(pairs);
            open.retain(|id| !here.contains(id));
        }
        found
    }

    /// How many items the open step must look at, and how many are carried over: an item that went and returned under
    /// another id is one. The header is not an item.
    pub fn pending_counts(&self, submission: &SubmissionState) -> (u32, u32) {
        let Some(step) = submission.next_step else { return (0, 0) };
        let returned = self.returned(submission);
        let mut matters: BTreeMap<&ItemId, bool> = BTreeMap::new();
        for standing in &submission.standing {
            let (Target::Item(id) | Target::Removal(id)) = &standing.target else { continue };
            let is_done = matters.entry(returned.get(id).unwrap_or(id)).or_insert(true);
            *is_done &= standing.is_approved(step);
        }
        let done = matters.values().filter(|is_done| **is_done).count();
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        (count(matters.len() - done), count(done))
    }

    /// How many elements the open step of a submission is asked about.
    pub fn asked(&self, submission: &SubmissionState) -> Asked {
        let mut asked = Asked::default();
        let Some(step) = submission.next_step else { return asked };
        let base = self.compared_with(submission);
        let returned = self.returned(submission);
        let is_pending = |target: Target| submission.pending(step).any(|standing| standing.target == target);
        for standing in submission.pending(step) {
            match &standing.target {
                Target::Header => asked.header = true,
                // One that returned under another id is asked about there.
                Target::Removal(id)
                    if returned.iter().any(|(new, former)| former == id && is_pending(Target::Item(new.clone()))) => {}
                Target::Removal(_) => asked.removed += 1,
                Target::Item(id) if returned.contains_key(id) => asked.changed += 1,
                Target::Item(id) if base.is_some_and(|base| base.items.contains_key(id)) => asked.changed += 1,
                Target::Item(_) => asked.added += 1,
            }
        }
        asked
    }
}

impl World {
    /// Whether an operator may decide the open step of a submission: division, department, domain, and not his own.
    pub fn is_for(&self, operator: &Operator, loaded: &Loaded, submission: &SubmissionState) -> bool {
        let open = submission.status.open_step().and_then(|index| usize::try_from(index).ok());
        let Some(step) = open.and_then(|index| submission.steps.get(index)) else { return false };
        let is_department = step
            .department
            .as_ref()
            .is_none_or(|department| operator.departments.is_empty() || operator.departments.contains(department));
        let is_domain = operator.domains.is_empty() || operator.domains.contains(&loaded.catalog.domain);
        step.division == self.me && is_department && is_domain && !submission.writers.contains(&operator.id)
    }
}
