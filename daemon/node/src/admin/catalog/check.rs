//! Findings and waivers as messages.
//!
//! Invariant: a plain translation; what was waived stays in the list with its reason.

use gongkai_app::{Checked, CheckedFile, Loaded, Sources};
use gongkai_model::{
    check::{Finding, Rule, StandingWaiver, Waiver},
    id::{CatalogId, ItemId},
};
use gongkai_proto::admin::v1 as wire;

use crate::admin::convert;

/// What the check found in one revision.
pub(in crate::admin) fn response(
    catalog: &CatalogId,
    checked: Checked,
    sources: &Sources,
) -> wire::CheckCatalogResponse {
    let verdict = checked.verdict;
    let is_publishable = verdict.stops_publication().next().is_none();
    wire::CheckCatalogResponse {
        catalog: catalog.to_string(),
        revision: checked.revision.to_string(),
        items: convert::count(checked.items),
        is_complete: verdict.may_submit(),
        errors: convert::count(verdict.errors),
        warnings: convert::count(verdict.warnings),
        notes: convert::count(verdict.notes),
        waived: convert::count(verdict.waived),
        is_publishable,
        idle: verdict.idle.iter().map(waiver).collect(),
        findings: verdict.findings.into_iter().map(|found| at_item(found, sources)).collect(),
        is_of_node: true,
        ..wire::CheckCatalogResponse::default()
    }
}

/// What the reading and the check found in a file; its findings name cells where those of a catalog name items.
pub(super) fn of_file(file_name: &str, checked: CheckedFile) -> wire::CheckCatalogResponse {
    let CheckedFile { report, verdict } = checked;
    let is_publishable = verdict.stops_publication().next().is_none();
    wire::CheckCatalogResponse {
        catalog: file_name.to_owned(),
        items: convert::count(report.items),
        is_complete: verdict.may_submit(),
        errors: convert::count(verdict.errors),
        warnings: convert::count(verdict.warnings),
        notes: convert::count(verdict.notes),
        waived: convert::count(verdict.waived),
        is_publishable,
        findings: verdict.findings.into_iter().map(at_cell).collect(),
        reading: report.warnings.iter().map(convert::warning).collect(),
        rejected: report.rejected.iter().map(convert::rejected).collect(),
        is_of_node: true,
        ..wire::CheckCatalogResponse::default()
    }
}

fn at_item(finding: Finding, sources: &Sources) -> wire::Finding {
    let item = ItemId::parse(&finding.item).ok();
    let source = item.zip(finding.digest).and_then(|(item, digest)| sources.current(&item, &digest));
    let cell = source.map_or_else(String::new, |source| source.place_of(&finding.field));
    wire::Finding { cell, ..translated(finding) }
}

fn at_cell(mut finding: Finding) -> wire::Finding {
    let cell = std::mem::take(&mut finding.item);
    wire::Finding { cell, ..translated(finding) }
}

fn translated(finding: Finding) -> wire::Finding {
    wire::Finding {
        severity: finding.severity.word().to_owned(),
        code: finding.code().to_owned(),
        rule: finding.rule.name().to_owned(),
        hint: finding.hint().to_owned(),
        is_waivable: finding.rule.is_waivable(),
        item_id: finding.item,
        name: finding.name,
        serial: finding.serial,
        field: finding.field,
        message: finding.message,
        waived: finding.waived.unwrap_or_default(),
        cell: String::new(),
    }
}

fn waiver(waiver: &Waiver) -> wire::Waiver {
    let rule = Rule::parse(&waiver.code);
    wire::Waiver {
        code: rule.map_or_else(|| waiver.code.clone(), |rule| rule.code().to_owned()),
        rule: rule.map_or_else(String::new, |rule| rule.name().to_owned()),
        item_id: waiver.item.clone(),
        reason: waiver.reason.clone(),
        ..wire::Waiver::default()
    }
}

/// A waiver that stands.
pub(super) fn standing(standing: &StandingWaiver) -> wire::Waiver {
    wire::Waiver {
        waiver: standing.hash.to_string(),
        division: standing.author.to_string(),
        operator: standing.operator.to_string(),
        at_ms: standing.at_ms,
        ..waiver(&standing.waiver)
    }
}

/// The waivers of a catalog.
pub(super) fn waivers(loaded: &Loaded) -> wire::ListWaiversResponse {
    wire::ListWaiversResponse {
        catalog: loaded.catalog.to_string(),
        waivers: loaded.waivers.iter().map(standing).collect(),
    }
}
