//! Staleness (动态管理): which catalogs need a person's look because nobody touched them, because a law that they rest
//! on was repealed, or because items are past their last day.
//!
//! Invariant: a report and nothing more: no catalog changes its state by growing old. Days are those of China, and
//! what is reported for a day is the same whenever it is asked again.
//! Left out: the list of repealed laws (seeds).

use std::collections::BTreeSet;

use gongkai_model::{calendar::months_before, id::Day, revision::Revision};

use crate::{App, Loaded, Reason, desk::seeds};

/// Titles named in one sentence: the others are counted.
const TITLES_SHOWN: usize = 3;

/// What a person should look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staleness {
    /// The day on which the content was last changed or submitted.
    pub touched: Day,
    /// Whether that was longer ago than was asked for.
    pub is_untouched: bool,
    /// Repealed laws that items rest on.
    pub repealed: BTreeSet<String>,
    /// Why, in sentences.
    pub reasons: Vec<Reason>,
}

impl App {
    /// How stale a catalog is on a day; `months` 0 asks for nothing by age.
    pub fn staleness(&self, loaded: &Loaded, months: u32, today: &Day) -> Option<Staleness> {
        let revision = loaded.working()?;
        let touched = Day::in_china(touched_ms(loaded)?);
        let is_untouched = months > 0 && touched < months_before(today, months);
        let mut reasons = Vec::new();
        if is_untouched {
            let text = format!("its content was last touched on {touched}, more than {months} months before {today}");
            reasons.push(Reason::new(
                "GK-STALE-001",
                text,
                "compare it with what the office does now, and submit it again",
            ));
        }
        let repealed = repealed(revision, today);
        if !repealed.is_empty() {
            let titles: Vec<&str> = repealed.iter().take(TITLES_SHOWN).map(String::as_str).collect();
            let text = format!("it rests on {} repealed titles: {}", repealed.len(), titles.join("; "));
            reasons.push(Reason::new("GK-STALE-002", text, "name the law that took its place in the items' basis"));
        }
        let expired = expired(revision, today);
        if expired > 0 {
            let text = format!("{expired} items are past their last day");
            reasons.push(Reason::new("GK-STALE-003", text, "remove them, or give them a later last day"));
        }
        Some(Staleness { touched, is_untouched, repealed, reasons })
    }
}

/// The latest save or submission of content; receipts and decisions touch nothing.
fn touched_ms(loaded: &Loaded) -> Option<i64> {
    let draft = loaded.draft.iter().map(|draft| draft.at_ms);
    draft.chain(loaded.state.submissions.iter().map(|submission| submission.at_ms)).max()
}

/// The repealed titles among the basis of the items, each with the day and what took its place.
fn repealed(revision: &Revision, today: &Day) -> BTreeSet<String> {
    let items = revision.items.values().map(|slot| slot.item().decode());
    let titles: BTreeSet<String> = items.flat_map(|item| item.basis).map(|basis| basis.title).collect();
    let laws = titles.iter().filter_map(|title| seeds().repealed.find(title)).filter(|law| law.from <= *today);
    laws.map(|law| match law.by.as_str() {
        "" => format!("《{}》({})", law.title, law.from),
        by => format!("《{}》({} → 《{by}》)", law.title, law.from),
    })
    .collect()
}

fn expired(revision: &Revision, today: &Day) -> usize {
    let ends = revision.items.values().map(|slot| slot.item().decode().effective_to);
    ends.filter_map(|end| Day::parse(&end).ok()).filter(|end| end < today).count()
}
