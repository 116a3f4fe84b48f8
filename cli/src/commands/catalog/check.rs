//! `gongkai catalog check`, `waive`, `unwaive`, `waivers`: what is wrong with a catalog, and what does not count.
//!
//! Invariant: a file is checked without a daemon by the same rules as a catalog; what was waived stays in the list.

use std::{
    path::{Path, PathBuf},
    time::SystemTime,
};

use clap::Args;
use gongkai_model::{
    check::{Entry, Facts, Finding as ModelFinding, Verdict, apply_waivers, check},
    id::Day,
};
use gongkai_proto::admin::v1::{
    CheckCatalogRequest, CheckCatalogResponse, Finding, ListWaiversRequest, ListWaiversResponse, RecallWaiverRequest,
    WaiveRequest, WaiveResponse,
};
use gongkai_seeds::Seeds;
use gongkai_sheets::Table as SheetTable;

use super::import;
use crate::{
    commands::{Answer, Context, Exit, short},
    errors::Failure,
    ui::{Lang, Page, Table, Word, cells, field_word, findings, moment},
};

/// Arguments of `catalog check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The catalog, written division/domain, or a workbook
    #[arg(value_name = "CATALOG|FILE")]
    target: String,
    /// Another revision than the latest: its hash (or a unique beginning), or `approved`
    #[arg(long, default_value = "", hide_default_value = true)]
    revision: String,
    /// Whose workbook it is, where a file is checked
    #[arg(long, default_value = "", hide_default_value = true)]
    division: String,
}

/// Arguments of `catalog waive`.
#[derive(Debug, Args)]
pub(crate) struct WaiveArgs {
    /// The catalog, written division/domain
    catalog: String,
    /// The rule, by its code or name as `catalog check` prints them
    rule: String,
    /// The item, by id, serial or name, or `header`; all of the catalog when not given
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    item: String,
    /// Why it does not count here
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// The revision whose item is meant; the latest when not given
    #[arg(long, default_value = "", hide_default_value = true)]
    revision: String,
}

/// Arguments of `catalog unwaive`.
#[derive(Debug, Args)]
pub(crate) struct UnwaiveArgs {
    /// The catalog, written division/domain
    catalog: String,
    /// The waiver's entry as `catalog waivers` prints it, or a unique beginning
    waiver: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Arguments of `catalog waivers`.
#[derive(Debug, Args)]
pub(crate) struct WaiversArgs {
    /// The catalog, written division/domain
    catalog: String,
}

/// Checks a catalog, or a file where one of that name is there.
pub(crate) async fn run(args: CheckArgs, context: &Context) -> Result<Answer, Failure> {
    let lang = context.lang();
    let file = PathBuf::from(&args.target);
    let response = if file.is_file() {
        check_file(&file, &args.division)?
    } else {
        let request = CheckCatalogRequest { catalog: args.target, revision: args.revision };
        context.connect().await?.catalog().check(request).await?.into_inner()
    };
    let exit = Exit::attention_if(!response.is_complete);
    Ok(Answer::new(&response, text(&response, lang))?.with_exit(exit))
}

/// Overrules findings.
pub(crate) async fn waive(args: WaiveArgs, context: &Context) -> Result<Answer, Failure> {
    let WaiveArgs { catalog, rule, item, reason, revision } = args;
    let request = WaiveRequest { catalog, rule, item, reason, revision };
    let response = context.connect().await?.catalog().waive(request).await?.into_inner();
    Answer::new(&response, waive_text(&response, context.lang()))
}

/// Takes a waiver back.
pub(crate) async fn unwaive(args: UnwaiveArgs, context: &Context) -> Result<Answer, Failure> {
    let UnwaiveArgs { catalog, waiver, reason } = args;
    let request = RecallWaiverRequest { catalog, waiver, reason };
    let response = context.connect().await?.catalog().recall_waiver(request).await?.into_inner();
    Answer::new(&response, waivers_text(&response, context.lang()))
}

/// Lists the waivers.
pub(crate) async fn waivers(args: WaiversArgs, context: &Context) -> Result<Answer, Failure> {
    let request = ListWaiversRequest { catalog: args.catalog };
    let response = context.connect().await?.catalog().list_waivers(request).await?.into_inner();
    Answer::new(&response, waivers_text(&response, context.lang()))
}

/// Checks every table of a file by the rules and laws of this program.
fn check_file(file: &Path, division: &str) -> Result<CheckCatalogResponse, Failure> {
    let content = import::read(file)?;
    let file_name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let report = import::read_report(&content, &file_name, &import::FileQuestion::of(division))?;
    let (seeds, today) = (Seeds::builtin(), today());
    let known = |basis: &gongkai_model::item::Basis| seeds.law_state(&basis.title, &today);
    let facts = Facts { laws: Some(&known), standard: None };
    let mut findings = Vec::new();
    for table in &report.tables {
        findings.extend(check_table(table, &facts));
    }
    Ok(response(&file_name, report.items, apply_waivers(findings, &[])))
}

fn today() -> Day {
    // A clock before 1970 knows no repealed law yet.
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Day::in_china(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// The items have no ids yet: the cell at fault names them, or the first of the row.
fn check_table(table: &SheetTable, facts: &Facts<'_>) -> Vec<ModelFinding> {
    let cells: Vec<String> = table.rows.iter().map(|row| format!("{}!A{}", row.source.sheet, row.source.row)).collect();
    let entries: Vec<Entry<'_>> = table
        .rows
        .iter()
        .zip(&cells)
        .map(|(row, cell)| Entry { id: cell, serial: &row.serial, item: &row.item, kept: None, digest: None })
        .collect();
    let mut findings = check(&entries, facts);
    for finding in &mut findings {
        let column = table.columns.get(finding.field.split('.').next().unwrap_or_default());
        if let (Some(column), Some((sheet, row))) = (column, finding.item.rsplit_once("!A")) {
            finding.item = format!("{sheet}!{column}{row}");
        }
    }
    findings
}

fn response(file_name: &str, items: usize, verdict: Verdict) -> CheckCatalogResponse {
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let is_publishable = verdict.stops_publication().next().is_none();
    CheckCatalogResponse {
        catalog: file_name.to_owned(),
        items: count(items),
        is_complete: verdict.may_submit(),
        errors: count(verdict.errors),
        warnings: count(verdict.warnings),
        notes: count(verdict.notes),
        is_publishable,
        findings: verdict.findings.into_iter().map(finding).collect(),
        ..CheckCatalogResponse::default()
    }
}

fn finding(finding: ModelFinding) -> Finding {
    Finding {
        severity: finding.severity.word().to_owned(),
        code: finding.code().to_owned(),
        rule: finding.rule.name().to_owned(),
        hint: finding.hint().to_owned(),
        is_waivable: finding.rule.is_waivable(),
        cell: finding.item,
        name: finding.name,
        serial: finding.serial,
        field: finding.field,
        message: finding.message,
        ..Finding::default()
    }
}

/// Findings as a table: those that count first, the waived ones after them with their reasons.
pub(crate) fn finding_table(listed: &[Finding], lang: Lang) -> Table {
    let head = [Word::State, Word::Rule, Word::Serial, Word::Place, Word::Field, Word::Message];
    let mut table = Table::new(lang, &head);
    let (counting, waived): (Vec<&Finding>, Vec<&Finding>) =
        listed.iter().partition(|finding| finding.waived.is_empty());
    for finding in counting.into_iter().chain(waived) {
        let is_waived = !finding.waived.is_empty();
        // A person looks for the cell; without one, or without a serial to name the item by, the id is the way to it.
        let has_cell = !finding.cell.is_empty() && (finding.item_id.is_empty() || !finding.serial.is_empty());
        let place = if has_cell { &finding.cell } else { &finding.item_id };
        let reason = lang.pick(format!(" (waived: {})", finding.waived), format!("（已豁免：{}）", finding.waived));
        let told = findings::finding(&finding.code, &finding.message, lang);
        let message = format!("{told}{}", if is_waived { &reason } else { "" });
        let mut row = vec![table.state(if is_waived { "waived" } else { &finding.severity })];
        row.extend(cells![finding.rule, finding.serial, place, field_word(&finding.field, lang), message]);
        table.row(row);
    }
    table
}

fn text(response: &CheckCatalogResponse, lang: Lang) -> String {
    let CheckCatalogResponse { items, errors, warnings, notes, waived, .. } = response;
    let idle = response.idle.len();
    let has_waivable = response.findings.iter().any(|finding| finding.is_waivable && finding.waived.is_empty());
    Page::new(lang)
        .table(&finding_table(&response.findings, lang), ("nothing was found", "没有发现问题"))
        .say(
            format!("{items} items: {errors} errors, {warnings} warnings, {notes} notes, {waived} waived"),
            format!("共 {items} 项：错误 {errors}，注意 {warnings}，提示 {notes}，已豁免 {waived}"),
        )
        .say_if(idle > 0, format!("{idle} waivers meet no finding any more"), format!("{idle} 条豁免已无对应问题"))
        .say_if(response.is_complete, "it may be submitted", "可以报送")
        .say_if(!response.is_complete, "it may not be submitted yet", "尚不能报送")
        .say_if(!response.is_publishable, "an edition would not take it as it is", "按现状不能进入汇总发布版")
        .say_if(
            has_waivable,
            "mend it, or overrule: gongkai catalog waive CATALOG RULE --item ID --reason TEXT",
            "请修改，或说明理由豁免：gongkai catalog waive 目录 规则 --item 事项 --reason 理由",
        )
        .into_text()
}

fn waive_text(response: &WaiveResponse, lang: Lang) -> String {
    let waiver = response.waiver.clone().unwrap_or_default();
    let findings = response.findings;
    Page::new(lang)
        .say_if(response.unchanged, "it was waived already; nothing was written", "此前已豁免，未写入任何内容")
        .facts(&[
            (Word::Catalog, &response.catalog),
            (Word::Rule, &format!("{} {}", waiver.rule, waiver.code)),
            (Word::ItemId, &waiver.item_id),
            (Word::Reason, &waiver.reason),
            (Word::Hash, &short(&waiver.waiver)),
        ])
        .say(format!("{findings} findings do not count any more"), format!("{findings} 处问题不再计入"))
        .into_text()
}

fn waivers_text(response: &ListWaiversResponse, lang: Lang) -> String {
    let head = [Word::Hash, Word::When, Word::Operator, Word::Rule, Word::ItemId, Word::Reason];
    let mut table = Table::new(lang, &head);
    for waiver in &response.waivers {
        table.row(cells![
            short(&waiver.waiver),
            moment(waiver.at_ms),
            waiver.operator,
            waiver.rule,
            waiver.item_id,
            waiver.reason
        ]);
    }
    Page::new(lang).table(&table, ("no waiver stands", "没有豁免")).into_text()
}
