//! `gongkai catalog import`: workbooks in.
//!
//! Invariant: a file that cannot be read changes nothing and does not stop the files after it; the answer for one file
//! is that file's document, for several a list of them. `--dry-run` keeps nothing: it compares with the catalogs of
//! the daemon where one is named and answers, and else only reads.

use std::path::{Path, PathBuf};

use clap::Args;
use gongkai_proto::admin::v1::{
    ImportCatalogRequest, ImportCatalogResponse, ImportWarning, ImportedRevision, RejectedTable,
};
use serde_json::Value;

pub(crate) use super::file::{FileQuestion, read, read_report};
use super::{file, report};
use crate::{
    client::Client,
    commands::{Answer, Context, Exit, short},
    errors::{Failure, Fault},
    ui::{Bars, Lang, Line, Page, Table, Text, Word, cells, field_words, findings::reading},
};

/// Arguments of `catalog import`.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// Workbooks (.xlsx, .xls) or tables (.csv)
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    told: FileQuestion,
    /// Read and report, keep nothing (no daemon needed; with one the items are compared)
    #[arg(long)]
    dry_run: bool,
    /// Remove the items that a file no longer has, however many
    #[arg(long)]
    confirm_removals: bool,
    /// The revision that the file was made from; an older one than the latest stands beside it as a conflict
    #[arg(long, value_name = "REVISION", default_value = "", hide_default_value = true)]
    base: String,
    /// Why the catalog changes; goes into the submission
    #[arg(long, default_value = "", hide_default_value = true)]
    reason: String,
    /// The legal basis of the change
    #[arg(long, default_value = "", hide_default_value = true)]
    basis: String,
    /// Also write the file's own rows with all findings beside them, as a workbook to mend (one file only)
    #[arg(long, value_name = "OUT.xlsx")]
    report: Option<PathBuf>,
}

/// Runs it.
pub(crate) async fn run(args: ImportArgs, context: &Context) -> Result<Answer, Failure> {
    let client = if args.dry_run {
        // Reading needs no daemon; what is in the catalogs is then not compared.
        context.connect_if_there().await.ok()
    } else {
        Some(context.connect().await?)
    };
    if let Some(out) = &args.report {
        write_report(out, &args, client.as_ref(), context.lang()).await?;
    }
    let mut results = Vec::new();
    let (mut bars, total) = (Bars::new(&context.ui), args.files.len() as u64);
    for (index, file) in (0u64..).zip(&args.files) {
        bars.set("files", file::name_of(file), index, total);
        results.push((file, one(file, &args, client.as_ref()).await));
    }
    bars.clear();
    let lang = context.lang();
    // Where nothing was compared, a person should not take the rows for changes.
    let mut note = args.report.as_deref().map_or_else(Text::default, |out| report::wrote(out, lang));
    if client.is_none() {
        note.push(not_compared(lang));
    }
    match results.len() {
        // One file: its own document, or its own failure.
        1 => {
            let (_, result) = results.remove(0);
            let response = result?;
            Ok(Answer::new(&response, text(&response, lang).and(&note))?.with_exit(exit(&response)))
        }
        _ => several(&results, &note, lang),
    }
}

/// Written before anything is kept: a clerk needs it most where the import is refused.
async fn write_report(out: &Path, args: &ImportArgs, client: Option<&Client>, lang: Lang) -> Result<(), Failure> {
    let [path] = args.files.as_slice() else {
        return Err(Fault::Usage("--report goes with one file".to_owned()).into());
    };
    let content = read(path)?;
    let found = file::check(&content, &file::name_of(path), &args.told, client).await?;
    report::write(out.to_owned(), (&content, args.told.text_form()?), &found, lang).map(drop)
}

fn not_compared(lang: Lang) -> &'static str {
    lang.pick(
        "no daemon was asked: the file was read, and not compared with a catalog",
        "未连接节点守护进程：只读取了文件，没有与现有目录比较",
    )
}

async fn one(path: &Path, args: &ImportArgs, client: Option<&Client>) -> Result<ImportCatalogResponse, Failure> {
    let content = read(path)?;
    let file_name = file::name_of(path);
    let Some(client) = client else {
        return dry_run(&content, &file_name, args);
    };
    let FileQuestion { division, domain, confirm_domain, map, publisher, encoding, delimiter } = args.told.clone();
    let request = ImportCatalogRequest {
        content,
        file_name,
        division,
        dry_run: args.dry_run,
        confirm_removals: args.confirm_removals,
        reason: args.reason.clone(),
        domain,
        confirm_domain,
        map,
        publisher,
        encoding,
        delimiter,
        basis: args.basis.clone(),
        base: args.base.clone(),
    };
    match client.catalog().import(request).await.map_err(Failure::from) {
        Ok(response) => Ok(response.into_inner()),
        // Another node keeps these catalogs: the file can still be read.
        Err(failure) if args.dry_run && failure.is_told(NOT_CUSTODIAN) => {
            dry_run(&read(path)?, &file::name_of(path), args)
        }
        Err(failure) => Err(failure),
    }
}

/// The daemon's code for "kept by another node".
const NOT_CUSTODIAN: &str = "GK-APP-004";

fn several(
    results: &[(&PathBuf, Result<ImportCatalogResponse, Failure>)],
    note: &Text,
    lang: Lang,
) -> Result<Answer, Failure> {
    let mut documents = Vec::new();
    let mut page = Text::default();
    let mut end = Exit::Done;
    for (file, result) in results {
        match result {
            Ok(response) => {
                documents.push(serde_json::to_value(response).unwrap_or_default());
                page = page.and(&text(response, lang));
                if end == Exit::Done {
                    end = exit(response);
                }
            }
            Err(failure) => {
                documents.push(serde_json::json!({ "file": file.display().to_string(), "error": failure.tell(lang) }));
                page.push(file.display().to_string());
                page = page.and(&failure.to_text(lang));
                end = Exit::Failed;
            }
        }
    }
    page = page.and(&summary(results, lang)).and(note);
    Ok(Answer::new(&serde_json::json!({ "imports": documents }), page)?.with_exit(end))
}

/// What became of all files, in one line at the end: the first ones have left the screen by then.
fn summary(results: &[(&PathBuf, Result<ImportCatalogResponse, Failure>)], lang: Lang) -> Text {
    let read: Vec<&ImportCatalogResponse> = results.iter().filter_map(|(_, result)| result.as_ref().ok()).collect();
    let (files, good) = (results.len(), read.len());
    let failed = files - good;
    let items: u32 = read.iter().map(|response| response.items).sum();
    let warnings: usize = read.iter().map(|response| response.warnings.len()).sum();
    let rejected: usize = read.iter().map(|response| response.rejected.len()).sum();
    let line = lang.pick(
        format!(
            "{files} files: {good} read with {items} items, {failed} failed; {warnings} warnings, {rejected} sheets not taken"
        ),
        format!("共 {files} 个文件：读入 {good} 个、{items} 项，失败 {failed} 个；提示 {warnings} 条，未采用工作表 {rejected} 张"),
    );
    Line::from(line).into()
}

/// The kind of warning that an import which keeps something is refused for.
const DOMAIN_DIFFERS: &str = "domain-differs";

/// A part that was not taken, would remove much, or is of another domain than was told needs a person.
fn exit(response: &ImportCatalogResponse) -> Exit {
    let is_unconfirmed = response.revisions.iter().any(|made| made.needs_confirmation);
    let is_unsettled = response.warnings.iter().any(|warning| warning.code == DOMAIN_DIFFERS);
    Exit::attention_if(!response.rejected.is_empty() || is_unconfirmed || is_unsettled)
}

fn text(response: &ImportCatalogResponse, lang: Lang) -> Text {
    let mut tables = Table::new(lang, &[Word::Sheet, Word::Domain, Word::Title, Word::Items]);
    for table in &response.tables {
        tables.row(cells![format!("{}!{}", table.sheet, table.range), table.domain, table.title, table.items]);
    }
    let mut revisions = Table::new(lang, &[Word::Catalog, Word::Revision, Word::Items, Word::Change]);
    for made in &response.revisions {
        let renamed = if made.renamed > 0 { format!(" »{}", made.renamed) } else { String::new() };
        let change = format!("+{} ~{}{renamed} -{} ={}", made.added, made.changed, made.removed, made.unchanged);
        revisions.row(cells![made.catalog, short(&made.revision), made.items, change]);
    }
    let rows = matched_rows(&response.revisions, lang);
    let removed: u32 = response.revisions.iter().filter(|made| made.needs_confirmation).map(|made| made.removed).sum();
    let findings = reading_table(&response.warnings, &response.rejected, lang);
    let named = response.mapping.len();
    let office = response.publisher.as_str();
    let (file, items) = (&response.file, response.items);
    Page::new(lang)
        .say(format!("{file}: {items} items"), format!("{file}：{items} 项"))
        .table(&tables, ("no catalog in the file", "文件中没有目录"))
        .say_if(
            !response.encoding.is_empty(),
            format!("text file: {}, {}", response.encoding, response.delimiter),
            format!("文本文件：{}，{}", response.encoding, response.delimiter),
        )
        .table(&revisions, ("nothing was kept", "未保存任何内容"))
        .table_if(!rows.is_empty(), &rows)
        .say_if(
            removed > 0,
            format!("{removed} items would be removed: repeat with --confirm-removals if that is meant"),
            format!("将删除 {removed} 项：确认无误后加 --confirm-removals 重新导入"),
        )
        .say_if(
            named > 0 && !office.is_empty(),
            format!("{named} named columns, for files of {office}"),
            format!("列名对应 {named} 个，适用于{office}的文件"),
        )
        .say_if(
            named > 0 && office.is_empty(),
            format!("{named} named columns, for all files of the division (--publisher names an office)"),
            format!("列名对应 {named} 个，适用于本区划的所有文件（用 --publisher 指明编制单位）"),
        )
        .table(&findings, ("no warning", "没有提示"))
        .into_text()
}

/// What a reading asks a person to look at, and the sheets that it did not take.
pub(super) fn reading_table<'w>(
    warnings: impl IntoIterator<Item = &'w ImportWarning>,
    rejected: &[RejectedTable],
    lang: Lang,
) -> Table {
    let mut table = Table::new(lang, &[Word::Kind, Word::Sheet, Word::Message]);
    for warning in warnings {
        let told = reading(&warning.code, &warning.message, lang);
        // What is not there has no text of its own: the cell is that of the header beside it.
        let told = if is_absence(&warning.code) { told } else { with_text(&told, &warning.text) };
        table.row(cells![warning.code, warning.cell, told]);
    }
    for rejected in rejected {
        let reason = reading(&rejected.code, &rejected.message, lang);
        table.row(cells![rejected.code, format!("{}!{}", rejected.sheet, rejected.range), reason]);
    }
    table
}

/// The items that would not stay as they are.
fn matched_rows(revisions: &[ImportedRevision], lang: Lang) -> Table {
    let head = [Word::Change, Word::Serial, Word::Item, Word::Field, Word::Sheet, Word::ItemId];
    let mut table = Table::new(lang, &head);
    // A catalog that is new as a whole needs no list: every row is an item of it.
    let compared = revisions.iter().filter(|made| made.added < made.items);
    for row in compared.flat_map(|made| &made.rows).filter(|row| row.is_ambiguous || row.change != "unchanged") {
        let name = match row.name_before.as_str() {
            "" => row.name.clone(),
            before => format!("{before} → {}", row.name),
        };
        let place = if row.row == 0 { String::new() } else { format!("{}!{}", row.sheet, row.row) };
        let change = if row.is_ambiguous { "ambiguous" } else { &row.change };
        let mut line = vec![table.state(change)];
        line.extend(cells![row.serial, name, field_words(&row.fields, lang), place, row.item_id]);
        table.row(line);
    }
    table
}

fn is_absence(code: &str) -> bool {
    code == "column-missing" || code.ends_with("-group-missing")
}

/// The finding with the beginning of the cell that it is about.
fn with_text(message: &str, text: &str) -> String {
    /// Characters of a cell that fit beside the message.
    const CHARS: usize = 24;
    let short: String = text.chars().take(CHARS).collect();
    let is_said = text.is_empty() || message.contains(&short);
    let more = if text.chars().nth(CHARS).is_some() { "…" } else { "" };
    if is_said { message.to_owned() } else { format!("{message}: `{short}{more}`") }
}

fn dry_run(content: &[u8], file_name: &str, args: &ImportArgs) -> Result<ImportCatalogResponse, Failure> {
    let report = read_report(content, file_name, &args.told)?;
    let mut value = serde_json::to_value(&report).unwrap_or_default();
    drop_nulls(&mut value);
    let mut response: ImportCatalogResponse =
        serde_json::from_value(value).map_err(|error| Fault::DaemonProgramMute { said: error.to_string() })?;
    for table in &mut response.tables {
        for row in &mut table.rows {
            row.domain.clone_from(&table.domain);
            if let Some(source) = &mut row.source {
                file_name.clone_into(&mut source.file);
            }
        }
    }
    Ok(response)
}

/// "Not given" is an absent field in the API's messages, and `null` in the report's.
fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            fields.values_mut().for_each(drop_nulls);
        }
        Value::Array(values) => values.iter_mut().for_each(drop_nulls),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
