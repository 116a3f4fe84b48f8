//! `gongkai catalog export` and `template`: catalogs out, as files, and forms to fill in.
//!
//! Invariant: a file is written whole or not at all, and never over another one by accident: the name is the caller's,
//! or the official one in the current folder.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};
use gongkai_proto::admin::v1::{ExportCatalogRequest, TemplateRequest, TemplateResponse};
use gongkai_seeds::Seeds;
use gongkai_sheets::{Reading, Template};

use super::{RevisionArgs, file::domain_named};
use crate::{
    commands::{Answer, Context},
    errors::{Failure, Fault},
    ui::{Line, Text},
};

/// Rows of a form where none are asked for: about three printed pages.
const FORM_ROWS: u32 = 60;

/// A form of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// The official workbook of 14 columns
    Xlsx,
    /// Comma-separated text, one line an item
    Csv,
    /// One JSON document with every field
    Json,
}

impl Format {
    fn word(self) -> &'static str {
        match self {
            Self::Xlsx => "xlsx",
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }

    /// As the file's name says; a workbook where it says nothing.
    fn of_name(file: Option<&Path>) -> Self {
        let ending = file.and_then(Path::extension).and_then(|ending| ending.to_str()).unwrap_or_default();
        match ending.to_ascii_lowercase().as_str() {
            "csv" => Self::Csv,
            "json" => Self::Json,
            _ => Self::Xlsx,
        }
    }
}

/// Arguments of `catalog export`.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    target: RevisionArgs,
    /// The form of the file; its name decides when not given
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
    /// Where to write; the official file name in the current folder when not given
    #[arg(long, alias = "to", value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Arguments of `catalog template`.
#[derive(Debug, Args)]
pub(crate) struct TemplateArgs {
    /// The domain's slug, such as social-assistance
    #[arg(long, value_name = "SLUG")]
    domain: String,
    /// Whose form: its level gets a column
    #[arg(long, default_value = "", hide_default_value = true)]
    division: String,
    /// How many rows to lay out
    #[arg(long, default_value_t = FORM_ROWS)]
    rows: u32,
    /// Where to write; a name made of the domain in the current folder when not given
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Writes a revision as a file.
pub(crate) async fn run(args: ExportArgs, context: &Context) -> Result<Answer, Failure> {
    let RevisionArgs { catalog, revision } = args.target;
    let format = args.format.unwrap_or_else(|| Format::of_name(args.out.as_deref()));
    let request = ExportCatalogRequest { catalog, revision, format: format.word().to_owned() };
    let response = context.connect().await?.catalog().export(request).await?.into_inner();
    let file = write(args.out, &response.file_name, &response.content)?;
    let json = serde_json::json!({
        "catalog": response.catalog,
        "revision": response.revision,
        "format": format.word(),
        "file": file,
        "bytes": response.content.len(),
    });
    Answer::new(&json, wrote(&file, response.content.len(), context))
}

/// Writes a form to fill in: with the node's own tables where one is named, else with those of the program.
pub(crate) async fn template(args: TemplateArgs, context: &Context) -> Result<Answer, Failure> {
    let made = if context.names_node() {
        let request = TemplateRequest { domain: args.domain.clone(), division: args.division.clone(), rows: args.rows };
        context.connect().await?.catalog().template(request).await?.into_inner()
    } else {
        builtin_form(&args)?
    };
    let file = write(args.out, &made.file_name, &made.content)?;
    let json = serde_json::json!({ "domain": made.domain, "file": file, "bytes": made.content.len() });
    Answer::new(&json, wrote(&file, made.content.len(), context))
}

fn builtin_form(args: &TemplateArgs) -> Result<TemplateResponse, Failure> {
    let seeds = Seeds::builtin();
    let domain = domain_named(&seeds, &args.domain)?;
    let division = seeds.divisions.iter().find(|division| division.id.as_str() == args.division);
    let level = division.map_or("county", |division| division.level.as_str());
    let reading = Reading { vocabulary: &seeds.vocabulary, routing: &seeds.routing, node_level: level };
    let title = format!("{}领域基层政务公开标准目录", domain.name);
    let wanted = Template { name: &domain.name, title: &title, levels: &[level], rows: args.rows };
    let content = gongkai_sheets::template(&wanted, &reading)
        .map_err(|error| Failure::told(error.code(), &error, error.hint()))?;
    let file_name = format!("{}-填报表.xlsx", domain.name);
    Ok(TemplateResponse { domain: domain.slug.to_string(), file_name, content })
}

/// Writes beside the target and renames, so that a full disk leaves no half of a file.
pub(super) fn write(out: Option<PathBuf>, file_name: &str, content: &[u8]) -> Result<String, Failure> {
    // The name comes from the daemon: only its last part is used, so that it cannot lead out of the folder.
    let own_name = Path::new(file_name).file_name().map_or_else(|| "catalog.xlsx".into(), PathBuf::from);
    let file = out.unwrap_or(own_name);
    let unwritable = |source| Fault::FileUnwritable { file: file.clone(), source };
    let mut aside = file.clone().into_os_string();
    aside.push(".part");
    // A device such as /dev/stdout is written to as it is.
    if file.exists() && !file.is_file() {
        fs::write(&file, content).map_err(unwritable)?;
    } else {
        fs::write(&aside, content).and_then(|()| fs::rename(&aside, &file)).map_err(unwritable)?;
    }
    Ok(file.display().to_string())
}

fn wrote(file: &str, bytes: usize, context: &Context) -> Text {
    let line = context.lang().pick(format!("wrote {file} ({bytes} bytes)"), format!("已写入 {file}（{bytes} 字节）"));
    Line::from(line).into()
}
