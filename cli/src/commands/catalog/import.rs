//! `gongkai catalog import`: workbooks in.
//!
//! Invariant: a file that cannot be read changes nothing and does not stop the files after it; the answer for one file
//! is that file's document, for several a list of them. `--dry-run` never asks a daemon.

use std::{
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
};

use clap::Args;
use gongkai_proto::{
    IMPORT_BYTES_MAX,
    admin::v1::{ImportCatalogRequest, ImportCatalogResponse},
};
use gongkai_seeds::Seeds;
use gongkai_sheets::{Reading, Report};
use serde_json::Value;

use crate::{
    client::Client,
    commands::{Answer, Context, Exit, short},
    errors::{Failure, Fault},
    ui::{Lang, Page, Table, Word, cells},
};

/// Arguments of `catalog import`.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// Workbooks (.xlsx, .xls) or tables (.csv)
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Whose catalogs they are, where the node holds several divisions' catalogs
    #[arg(long, default_value = "", hide_default_value = true)]
    division: String,
    /// The domain, where the title does not say it
    #[arg(long, value_name = "SLUG", default_value = "", hide_default_value = true)]
    domain: String,
    /// Read and report, keep nothing (no daemon needed)
    #[arg(long)]
    dry_run: bool,
    /// Remove the items that a file no longer has
    #[arg(long)]
    confirm_removals: bool,
    /// Why, for the audit
    #[arg(long, default_value = "", hide_default_value = true)]
    reason: String,
}

/// Runs it.
pub(crate) async fn run(args: ImportArgs, context: &Context) -> Result<Answer, Failure> {
    let client = if args.dry_run { None } else { Some(context.connect().await?) };
    let mut results = Vec::new();
    for file in &args.files {
        results.push((file, one(file, &args, client.as_ref()).await));
    }
    match results.len() {
        // One file: its own document, or its own failure.
        1 => {
            let (_, result) = results.remove(0);
            let response = result?;
            Ok(Answer::new(&response, text(&response, context.lang()))?.with_exit(exit(&response)))
        }
        _ => several(&results, context),
    }
}

async fn one(file: &Path, args: &ImportArgs, client: Option<&Client>) -> Result<ImportCatalogResponse, Failure> {
    let content = read(file)?;
    let file_name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let Some(client) = client else {
        return dry_run(&content, &file_name, args);
    };
    let request = ImportCatalogRequest {
        content,
        file_name,
        division: args.division.clone(),
        dry_run: false,
        confirm_removals: args.confirm_removals,
        reason: args.reason.clone(),
        domain: args.domain.clone(),
    };
    Ok(client.catalog().import(request).await?.into_inner())
}

/// Reads a whole file, but never more than an import takes: the name may be that of a device.
pub(crate) fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let unreadable = |source| Fault::FileUnreadable { file: file.to_owned(), source };
    let mut content = Vec::new();
    let limit = IMPORT_BYTES_MAX as u64;
    File::open(file).map_err(unreadable)?.take(limit + 1).read_to_end(&mut content).map_err(unreadable)?;
    if content.len() > IMPORT_BYTES_MAX {
        let bytes = file.metadata().map_or(limit + 1, |metadata| metadata.len());
        return Err(Fault::FileTooLarge { file: file.to_owned(), bytes }.into());
    }
    Ok(content)
}

fn several(
    results: &[(&PathBuf, Result<ImportCatalogResponse, Failure>)],
    context: &Context,
) -> Result<Answer, Failure> {
    let lang = context.lang();
    let mut documents = Vec::new();
    let mut page = String::new();
    let mut end = Exit::Done;
    for (file, result) in results {
        match result {
            Ok(response) => {
                documents.push(serde_json::to_value(response).unwrap_or_default());
                page += &text(response, lang);
                if end == Exit::Done {
                    end = exit(response);
                }
            }
            Err(failure) => {
                documents.push(serde_json::json!({ "file": file.display().to_string(), "error": failure.tell(lang) }));
                page += &format!("{}\n{}\n", file.display(), failure.to_text(lang));
                end = Exit::Failed;
            }
        }
    }
    Ok(Answer::new(&serde_json::json!({ "imports": documents }), page)?.with_exit(end))
}

/// A part that was not taken needs a person.
fn exit(response: &ImportCatalogResponse) -> Exit {
    Exit::attention_if(!response.rejected.is_empty())
}

fn text(response: &ImportCatalogResponse, lang: Lang) -> String {
    let mut tables = Table::new(lang, &[Word::Sheet, Word::Domain, Word::Title, Word::Items]);
    for table in &response.tables {
        tables.row(cells![format!("{}!{}", table.sheet, table.range), table.domain, table.title, table.items]);
    }
    let mut revisions = Table::new(lang, &[Word::Catalog, Word::Revision, Word::Items, Word::Change]);
    for made in &response.revisions {
        let change = format!("+{} ~{} -{} ={}", made.added, made.changed, made.removed, made.unchanged);
        revisions.row(cells![made.catalog, short(&made.revision), made.items, change]);
    }
    let mut findings = Table::new(lang, &[Word::Kind, Word::Sheet, Word::Message]);
    for warning in &response.warnings {
        findings.row(cells![warning.code, warning.cell, warning.message]);
    }
    for rejected in &response.rejected {
        findings.row(cells![rejected.code, format!("{}!{}", rejected.sheet, rejected.range), rejected.message]);
    }
    let (file, items) = (&response.file, response.items);
    Page::new(lang)
        .say(format!("{file}: {items} items"), format!("{file}:{items} 项"))
        .table(&tables, ("no catalog in the file", "文件中没有目录"))
        .table(&revisions, ("nothing was kept", "未保存任何内容"))
        .table(&findings, ("no warning", "没有提示"))
        .into_text()
}

fn dry_run(content: &[u8], file_name: &str, args: &ImportArgs) -> Result<ImportCatalogResponse, Failure> {
    let report = read_report(content, file_name, &args.division)?;
    let mut value = serde_json::to_value(&report).unwrap_or_default();
    drop_nulls(&mut value);
    let mut response: ImportCatalogResponse =
        serde_json::from_value(value).map_err(|error| Fault::DaemonProgramMute { said: error.to_string() })?;
    for table in &mut response.tables {
        if table.domain.is_empty() {
            table.domain.clone_from(&args.domain);
        }
        for row in &mut table.rows {
            row.domain.clone_from(&table.domain);
            if let Some(source) = &mut row.source {
                file_name.clone_into(&mut source.file);
            }
        }
    }
    Ok(response)
}

/// What a file says, read with the built-in vocabularies on behalf of a division (or of none).
pub(crate) fn read_report(content: &[u8], file_name: &str, division: &str) -> Result<Report, Failure> {
    let seeds = Seeds::builtin();
    let division = seeds.divisions.iter().find(|known| known.id.as_str() == division);
    let node_level = division.map_or("", |division| division.level.as_str());
    let reading = Reading { vocabulary: &seeds.vocabulary, routing: &seeds.routing, node_level };
    gongkai_sheets::read(content, file_name, &reading)
        .map_err(|error| Failure::told(error.code(), &error, error.hint()))
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
