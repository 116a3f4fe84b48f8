//! The model's values as messages of the admin API.
//!
//! Invariant: a plain translation: nothing is decided, and what has no place in a message is left out.

use gongkai_app::World;
use gongkai_model::{
    id::{CatalogId, ItemId},
    item::{Item, TimeLimit, missing_elements, parse_time_limit},
    review::{DecisionEffect, Outside, Step, SubmissionState, SubmissionStatus, Verdict},
    revision::Slot,
    standard,
};
use gongkai_proto::admin::v1 as wire;
use serde::Serialize;

use crate::Told;

/// An item's fields; ids, digests and state are the caller's.
pub(super) fn fields(item: &Item) -> wire::Item {
    let list = |set: &std::collections::BTreeSet<String>| set.iter().cloned().collect::<Vec<String>>();
    wire::Item {
        level1: item.level1.clone(),
        level2: item.level2.clone(),
        level3: item.level3.clone(),
        name: item.name().to_owned(),
        content: item.content.clone(),
        basis: item.basis.iter().map(basis).collect(),
        time_limit_text: item.time_limit_text.clone(),
        time_limit: time_limits(&item.time_limit_text),
        subject: item.subject.clone(),
        channels: list(&item.channels),
        channels_other: list(&item.channels_other),
        channels_optional: list(&item.channels_optional),
        channels_raw: item.channels_raw.clone(),
        audience: list(&item.audience),
        audience_specific: item.audience_specific.clone(),
        disclosure_mode: item.disclosure_mode.clone(),
        withhold_reason: item.withhold_reason.clone(),
        levels: list(&item.levels),
        extent: item.extent.clone(),
        five_open: list(&item.five_open),
        stage: item.stage.clone(),
        guideline_ref: item.guideline_ref.clone(),
        power_list_ref: item.power_list_ref.clone(),
        responsible_dept: item.responsible_dept.clone(),
        effective_from: item.effective_from.clone(),
        effective_to: item.effective_to.clone(),
        extra: item.extra.clone(),
        errors: missing_elements(item)
            .iter()
            .map(|element| format!("missing {} ({})", element.field(), element.label()))
            .collect(),
        ..wire::Item::default()
    }
}

/// An item in its place in a revision.
pub(super) fn slot(catalog: &CatalogId, id: &ItemId, slot: &Slot, status: &str) -> wire::Item {
    wire::Item {
        item_id: id.to_string(),
        digest: slot.digest().to_string(),
        status: status.to_owned(),
        serial: slot.serial.clone(),
        domain: catalog.domain.to_string(),
        ..with_origin(&slot.item().decode())
    }
}

/// An item's fields and where it comes from.
fn with_origin(item: &Item) -> wire::Item {
    let local = || standard::PROVENANCE_LOCAL.to_owned();
    let origin = item.origin.clone();
    wire::Item {
        provenance: origin.as_ref().map_or_else(local, |origin| origin.provenance.clone()),
        standard: origin.as_ref().map_or_else(String::new, |origin| origin.standard.clone()),
        standard_item: origin.map_or_else(String::new, |origin| origin.item),
        ..fields(item)
    }
}

/// A row of a workbook, before it has an id.
pub(super) fn row(row: &gongkai_sheets::Row, file: &str, domain: &str) -> wire::Item {
    let source = wire::ItemSource {
        file: file.to_owned(),
        sheet: row.source.sheet.clone(),
        row: row.source.row,
        raw: row.source.raw(),
        ..wire::ItemSource::default()
    };
    wire::Item {
        serial: row.serial.clone(),
        errors: row.errors.clone(),
        source: Some(source),
        domain: domain.to_owned(),
        ..fields(&row.item)
    }
}

fn basis(basis: &gongkai_model::item::Basis) -> wire::Basis {
    wire::Basis {
        title: basis.title.clone(),
        doc_no: basis.doc_no.clone(),
        article: basis.article.clone(),
        raw: basis.raw.clone(),
    }
}

fn time_limits(text: &str) -> Vec<wire::TimeLimit> {
    clauses(parse_time_limit(text))
}

/// The clauses of a time limit.
pub(super) fn clauses(clauses: Vec<TimeLimit>) -> Vec<wire::TimeLimit> {
    let filled = |text: String| Some(text).filter(|text| !text.is_empty());
    clauses
        .into_iter()
        .map(|clause| wire::TimeLimit {
            kind: word(&clause.kind),
            trigger: filled(clause.trigger),
            number: clause.number,
            unit: clause.unit.as_ref().map(word),
            period: filled(clause.period),
        })
        .collect()
}

/// The word of an enum of the model, as it stands in JSON.
pub(super) fn word(value: &impl Serialize) -> String {
    // Unit variants serialise as text.
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// A refusal as a reason.
pub(super) fn reason(told: &Told) -> wire::Reason {
    wire::Reason { code: told.code.clone(), message: told.message.clone(), hint: told.hint.clone() }
}

/// A use case's reason.
pub(super) fn reason_of(reason: &gongkai_app::Reason) -> wire::Reason {
    wire::Reason { code: reason.code.clone(), message: reason.message.clone(), hint: reason.hint.clone() }
}

/// A count for the wire.
pub(super) fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Names of a catalog's division and domain.
pub(super) fn names(world: &World, catalog: &CatalogId) -> (String, String) {
    let domain = world.routing_table().domain(&catalog.domain);
    (world.name_of(&catalog.division), domain.map_or_else(|| catalog.domain.to_string(), |domain| domain.name.clone()))
}

/// The state of a catalog in one word.
pub(super) fn catalog_state(status: Option<SubmissionStatus>, has_draft: bool, is_in_conflict: bool) -> &'static str {
    if is_in_conflict {
        return "conflict";
    }
    match status {
        None => "draft",
        Some(status) if has_draft && status.open_step().is_none() => "draft",
        Some(SubmissionStatus::Submitted) => "submitted",
        Some(
            SubmissionStatus::Received | SubmissionStatus::UnderReview { .. } | SubmissionStatus::PartlyApproved { .. },
        ) => "in-review",
        Some(SubmissionStatus::Returned { .. }) => "returned",
        Some(SubmissionStatus::Approved) => "approved",
        Some(SubmissionStatus::Withdrawn) => "withdrawn",
        // A head is never superseded; the word is for completeness.
        Some(SubmissionStatus::Superseded) => "superseded",
        Some(SubmissionStatus::Revoked) => "revoked",
    }
}

/// The state of a submission in one word.
pub(super) fn submission_state(submission: &SubmissionState) -> &'static str {
    match submission.status {
        SubmissionStatus::Submitted | SubmissionStatus::Received => "waiting",
        SubmissionStatus::UnderReview { .. } | SubmissionStatus::PartlyApproved { .. } => "in-review",
        SubmissionStatus::Returned { .. } => "returned",
        SubmissionStatus::Approved => "approved",
        SubmissionStatus::Withdrawn => "withdrawn",
        SubmissionStatus::Superseded => "superseded",
        SubmissionStatus::Revoked => "revoked",
    }
}

/// All steps of a submission with what became of each.
pub(super) fn steps(world: &World, submission: &SubmissionState) -> Vec<wire::ReviewStep> {
    (0u32..).zip(&submission.steps).map(|(index, step)| step_of(world, submission, index, step)).collect()
}

/// The step that is next to be decided.
pub(super) fn open_step(world: &World, submission: &SubmissionState) -> Option<wire::ReviewStep> {
    let index = submission.status.open_step()?;
    let step = submission.steps.get(usize::try_from(index).ok()?)?;
    Some(step_of(world, submission, index, step))
}

fn step_of(world: &World, submission: &SubmissionState, index: u32, step: &Step) -> wire::ReviewStep {
    let decisions = submission.decisions.iter().filter(|decision| decision.step == Some(index));
    let counts = |effect: DecisionEffect| matches!(effect, DecisionEffect::Effective);
    let decision = decisions.clone().find(|decision| counts(decision.effect));
    let stale = decisions.clone().find(|decision| decision.effect == DecisionEffect::Stale);
    let is_open = submission.status.open_step() == Some(index);
    let state = match (decision, stale) {
        (Some(decision), _) if decision.verdict == Verdict::Approve => "approved",
        (Some(_), _) => "returned",
        (None, _) if is_open => "open",
        (None, Some(_)) => "stale",
        (None, None) => "waiting",
    };
    let shown = decision.or(stale);
    wire::ReviewStep {
        step: index + 1,
        division: step.division.to_string(),
        level: world.tree().get(&step.division).map_or_else(String::new, |division| division.level.clone()),
        role: step.role.clone(),
        department: step.department.as_ref().map_or_else(String::new, ToString::to_string),
        department_name: office(world, step),
        state: state.to_owned(),
        decided_by: shown.map_or_else(String::new, |decision| decision.operator.to_string()),
        decided_at_ms: shown.map_or(0, |decision| decision.at_ms),
        opinion: shown.map_or_else(String::new, |decision| decision.note.clone()),
        decision: shown.map_or_else(String::new, |decision| decision.hash.to_string()),
        is_outside: step.is_outside,
        is_other_table: shown.is_some_and(|decision| decision.is_other_table),
        is_rerouted: submission.reroutes.iter().any(|reroute| reroute.is_effective),
        document: shown.and_then(|decision| decision.outside.as_ref()).map_or_else(String::new, document),
    }
}

/// The name of a step's department; the division's where it has none.
fn office(world: &World, step: &Step) -> String {
    let mut departments = world.routing_table().departments.iter();
    let department = departments.find(|department| Some(&department.slug) == step.department.as_ref());
    department.map_or_else(|| world.name_of(&step.division), |department| department.base_name.clone())
}

/// An outside document in one line.
fn document(outside: &Outside) -> String {
    let day = outside.decided_on.as_ref().map_or("", |day| day.as_str());
    let digest = outside.file_digest.to_string();
    let parts = [outside.authority.as_str(), &outside.document_no, day, &outside.file_name, &digest];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Something that a reading asks a person to look at.
pub(super) fn warning(warning: &gongkai_sheets::Warning) -> wire::ImportWarning {
    wire::ImportWarning {
        code: warning.code.to_owned(),
        cell: warning.cell.clone(),
        message: warning.message.clone(),
        text: warning.text.clone(),
    }
}

/// A sheet without a catalog.
pub(super) fn rejected(rejected: &gongkai_sheets::Rejected) -> wire::RejectedTable {
    wire::RejectedTable {
        sheet: rejected.sheet.clone(),
        range: rejected.range.clone(),
        code: rejected.code.to_owned(),
        message: rejected.message.clone(),
    }
}
