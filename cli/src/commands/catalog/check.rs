//! `gongkai catalog check`, `waive`, `unwaive`, `waivers`: what is wrong with a catalog, and what does not count.
//!
//! Invariant: a file is checked without a daemon by the same rules as a catalog; what was waived stays in the list.

use std::path::{Path, PathBuf};

use clap::Args;
use gongkai_proto::admin::v1::{
    CheckCatalogRequest, CheckCatalogResponse, Finding, ListWaiversRequest, ListWaiversResponse, RecallWaiverRequest,
    WaiveRequest, WaiveResponse,
};

use super::{
    file::{self, FileQuestion},
    import, report,
};
use crate::{
    commands::{Answer, Context, Exit, short},
    errors::{Failure, Fault},
    ui::{Lang, Page, Table, Text, Word, cells, field_word, findings, moment},
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
    #[command(flatten)]
    told: FileQuestion,
    /// Of a file: write its own rows with all findings beside them, as a workbook to mend
    #[arg(long, value_name = "OUT.xlsx")]
    report: Option<PathBuf>,
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
    let path = PathBuf::from(&args.target);
    let written = args.report.clone();
    let response = if path.is_file() {
        check_file(&path, args, context).await?
    } else if args.report.is_some() {
        return Err(Fault::Usage("--report goes with a file".to_owned()).into());
    } else {
        let request =
            CheckCatalogRequest { catalog: args.target, revision: args.revision, ..CheckCatalogRequest::default() };
        context.connect().await?.catalog().check(request).await?.into_inner()
    };
    let exit = Exit::attention_if(!response.is_complete || !response.rejected.is_empty());
    let wrote = written.map_or_else(Text::default, |out| report::wrote(&out, lang));
    Ok(Answer::new(&response, text(&response, lang).and(&wrote))?.with_exit(exit))
}

/// Checks a file with what the daemon knows; where none answers, with what the program knows.
async fn check_file(path: &Path, args: CheckArgs, context: &Context) -> Result<CheckCatalogResponse, Failure> {
    let client = context.connect_if_there().await.ok();
    let content = file::read(path)?;
    let found = file::check(&content, &file::name_of(path), &args.told, client.as_ref()).await?;
    if let Some(out) = args.report {
        report::write(out, (&content, args.told.text_form()?), &found, context.lang())?;
    }
    Ok(found)
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

fn text(response: &CheckCatalogResponse, lang: Lang) -> Text {
    let CheckCatalogResponse { items, errors, warnings, notes, waived, .. } = response;
    let idle = response.idle.len();
    let has_waivable = response.findings.iter().any(|finding| finding.is_waivable && finding.waived.is_empty());
    let unsaid: Vec<_> = report::unsaid(response).collect();
    let has_reading = !unsaid.is_empty() || !response.rejected.is_empty();
    let reading = import::reading_table(unsaid, &response.rejected, lang);
    let is_by_program = response.revision.is_empty() && !response.is_of_node;
    Page::new(lang)
        .table_if(has_reading, &reading)
        .table(&finding_table(&response.findings, lang), ("nothing was found", "没有发现问题"))
        .say_if(
            is_by_program,
            "no daemon was asked: laws, domains and limits are those of this program",
            "未连接节点守护进程：法规、领域和时限按本程序自带的资料核查",
        )
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

fn waive_text(response: &WaiveResponse, lang: Lang) -> Text {
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

fn waivers_text(response: &ListWaiversResponse, lang: Lang) -> Text {
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
