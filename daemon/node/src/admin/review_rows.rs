//! The reviewer's desk as rows: what waits, since when, until when it is due, and how much changed.
//!
//! Invariant: a row is folded from entries up to the day that was asked for; due dates never decide anything.

use std::collections::BTreeSet;

use gongkai_app::{Loaded, Operator, World};
use gongkai_model::{id::Day, review::SubmissionState};
use gongkai_proto::admin::v1 as wire;

use super::{Admin, catalog::day_of, convert};
use crate::Error;

impl Admin {
    /// The rows that a request asks for, what is due first on top.
    pub(super) async fn listed_reviews(
        &self,
        operator: &Operator,
        asked: wire::ListReviewsRequest,
    ) -> Result<wire::ListReviewsResponse, Error> {
        let day = day_of(&asked.as_of)?;
        let today = day.clone().unwrap_or_else(|| self.app().today());
        let fits = |wanted: &str, found: &str| wanted.is_empty() || wanted == found;
        let (mut reviews, mut years) = (Vec::new(), BTreeSet::new());
        for row in self.app().catalog_rows().await? {
            let catalog = &row.summary.catalog;
            let is_open = row.summary.status.is_some_and(|status| status.open_step().is_some());
            let may_be_asked = asked.all || day.is_some() || is_open;
            if !may_be_asked
                || !fits(&asked.division, catalog.division.as_str())
                || !fits(&asked.domain, catalog.domain.as_str())
            {
                continue;
            }
            let loaded = self.app().load_as_of(catalog, day.as_ref()).await?;
            let Some(head) = loaded.state.head() else { continue };
            let (found, missing) = self.review_row(operator, &loaded, head, &today);
            let is_asked = asked.all || found.is_mine;
            if is_asked && (!asked.mine || found.is_yours) && (!asked.overdue || found.is_overdue) {
                reviews.push(found);
                years.extend(missing);
            }
        }
        // Without an open step there is nothing due: such rows stand last.
        reviews.sort_by(|a, b| {
            let key = |row: &wire::ReviewRow| (row.due.is_empty(), row.due.clone(), row.catalog.clone());
            key(a).cmp(&key(b))
        });
        let warnings = warnings(&years);
        Ok(wire::ListReviewsResponse { node: self.node_id(), reviews, warnings, as_of: asked.as_of })
    }

    /// One row, and the years whose calendar it lacked.
    pub(super) fn review_row(
        &self,
        operator: &Operator,
        loaded: &Loaded,
        submission: &SubmissionState,
        today: &Day,
    ) -> (wire::ReviewRow, BTreeSet<u32>) {
        let world = self.app().world();
        let mut row = outline(&world, loaded, submission);
        row.is_yours = world.is_for(operator, loaded, submission);
        let asked = loaded.asked(submission);
        (row.items_added, row.items_edited, row.items_removed) = (asked.added, asked.changed, asked.removed);
        row.header_changed = asked.header;
        let is_open = submission.status.open_step().is_some();
        let Some(age) = self.app().age(submission, today).filter(|_| is_open) else { return (row, BTreeSet::new()) };
        row.waiting_since = age.since.to_string();
        row.age_working_days = age.days;
        row.due = age.due.to_string();
        row.is_overdue = age.is_overdue;
        (row, age.missing_years)
    }
}

/// Each year that was counted by weekends alone.
pub(super) fn warnings(years: &BTreeSet<u32>) -> Vec<wire::Reason> {
    let warning = |year: &u32| wire::Reason {
        code: "GK-CALENDAR-001".to_owned(),
        message: format!("calendar of {year} missing: weekends only"),
        hint: "install a version that knows the year's holiday notice; until then count holidays by hand".to_owned(),
    };
    years.iter().map(warning).collect()
}

fn outline(world: &World, loaded: &Loaded, submission: &SubmissionState) -> wire::ReviewRow {
    let (division_name, domain_name) = convert::names(world, &loaded.catalog);
    let step = convert::open_step(world, submission);
    let (items_changed, items_carried) = loaded.pending_counts(submission);
    let receipt = submission.receipts.iter().find(|receipt| receipt.author == world.me);
    wire::ReviewRow {
        catalog: loaded.catalog.to_string(),
        division_name,
        domain_name,
        submission: submission.hash.to_string(),
        revision: submission.revision.to_string(),
        state: convert::submission_state(submission).to_owned(),
        is_mine: step.as_ref().is_some_and(|step| step.division == world.me.as_str()),
        department_name: step.as_ref().map_or_else(String::new, |step| step.department_name.clone()),
        step,
        items: submission.items,
        items_changed,
        items_carried,
        submitted_by: submission.operator.to_string(),
        submitted_at_ms: submission.at_ms,
        received_at_ms: receipt.map_or(0, |receipt| receipt.at_ms),
        reason: submission.reason.clone(),
        basis_of_change: submission.basis_of_change.clone(),
        effective_from: submission.effective_from.as_ref().map_or_else(String::new, ToString::to_string),
        number: submission.number,
        ..wire::ReviewRow::default()
    }
}
