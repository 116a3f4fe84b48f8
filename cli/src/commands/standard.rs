//! `gongkai standard`: templates handed down, and what a catalog makes of them.
//!
//! Invariant: a standard is named `division/domain/name`, or by its name where that is plain; `@` and a version name
//! another than the one in force. Nothing here writes a catalog (`catalog start`, `catalog rebase`).

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use gongkai_proto::admin::v1::{
    CompareStandardRequest, ImportStandardRequest, ListStandardsRequest, OfferStandardRequest, SendStandardRequest,
    ShowStandardRequest,
};

use super::{Answer, Context, Exit, catalog::import};
use crate::errors::Failure;

mod text;

/// What `gongkai standard` can do.
#[derive(Debug, Subcommand)]
pub(crate) enum StandardCommand {
    /// Read a workbook as a version of a standard; it stays a draft until it is sent
    Import(ImportArgs),
    /// Standards handed down, drafts, and what pilots offer
    List(ListArgs),
    /// One standard with its items, and who stands on it
    Show(ShowArgs),
    /// Hand the draft (or a pilot's offer) down to everything below
    Send(SendArgs),
    /// Offer a pilot's approved catalog as a template for others
    Offer(OfferArgs),
    /// A catalog beside its standard: missing, changed, extra
    Compare(CompareArgs),
}

/// What a standard is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum KindArg {
    /// 标准指引: a ministry's
    Guideline,
    /// 共性目录: the province's baseline
    Common,
}

/// Arguments of `standard import`.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// A workbook (.xlsx, .xls) or table (.csv) of one domain
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// What it is
    #[arg(long, value_name = "KIND")]
    kind: KindArg,
    /// Which domain, where the file has several or its title does not say it
    #[arg(long, value_name = "SLUG", default_value = "", hide_default_value = true)]
    domain: String,
    /// The version as printed, such as 2020年版
    #[arg(long = "version", value_name = "TEXT")]
    version_text: String,
    /// The document's number
    #[arg(long, value_name = "NUMBER", default_value = "", hide_default_value = true)]
    doc_no: String,
    /// Who issued it
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    authority: String,
    /// The level that set its items; national for a guideline, provincial for a common catalog when not given
    #[arg(long, value_name = "LEVEL", default_value = "", hide_default_value = true)]
    provenance: String,
    /// Its name among the domain's standards; its kind when not given
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    name: String,
    /// Read and report, keep nothing
    #[arg(long)]
    dry_run: bool,
}

/// Arguments of `standard list`.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Only this domain
    #[arg(long, value_name = "SLUG", default_value = "", hide_default_value = true)]
    domain: String,
    /// Also the versions that later ones replace
    #[arg(long)]
    all: bool,
}

/// Arguments of `standard show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The standard; `@` and a version for another than the one in force
    standard: String,
    /// The domain, where the standard is named by its last part alone
    #[arg(long, value_name = "SLUG", default_value = "", hide_default_value = true)]
    domain: String,
}

/// Arguments of `standard send`.
#[derive(Debug, Args)]
pub(crate) struct SendArgs {
    /// The standard, written division/domain/name
    standard: String,
}

/// Arguments of `standard offer`.
#[derive(Debug, Args)]
pub(crate) struct OfferArgs {
    /// The catalog, written division/domain
    catalog: String,
    /// A word to those who may take it
    #[arg(long, default_value = "", hide_default_value = true)]
    note: String,
}

/// Arguments of `standard compare`.
#[derive(Debug, Args)]
pub(crate) struct CompareArgs {
    /// The catalog, written division/domain
    catalog: String,
    /// Another standard than the one that the catalog stands on
    #[arg(long, default_value = "", hide_default_value = true)]
    standard: String,
}

/// Runs it.
pub(crate) async fn run(command: StandardCommand, context: &Context) -> Result<Answer, Failure> {
    let lang = context.lang();
    let mut client = context.connect().await?.standard();
    match command {
        StandardCommand::Import(args) => {
            let response = client.import(import_request(args)?).await?.into_inner();
            let exit = Exit::attention_if(!response.rejected.is_empty());
            Ok(Answer::new(&response, text::imported(&response, lang))?.with_exit(exit))
        }
        StandardCommand::List(args) => {
            let request = ListStandardsRequest { domain: args.domain, all: args.all };
            let response = client.list(request).await?.into_inner();
            Answer::new(&response, text::list(&response, lang))
        }
        StandardCommand::Show(args) => {
            let request = ShowStandardRequest { standard: args.standard, domain: args.domain };
            let response = client.show(request).await?.into_inner();
            Answer::new(&response, text::show(&response, lang))
        }
        StandardCommand::Send(args) => {
            let response = client.send(SendStandardRequest { standard: args.standard }).await?.into_inner();
            Answer::new(&response, text::sent(&response, lang))
        }
        StandardCommand::Offer(args) => {
            let request = OfferStandardRequest { catalog: args.catalog, note: args.note };
            let response = client.offer(request).await?.into_inner();
            Answer::new(&response, text::offered(&response, lang))
        }
        StandardCommand::Compare(args) => {
            let request = CompareStandardRequest { catalog: args.catalog, standard: args.standard };
            let response = client.compare(request).await?.into_inner();
            let exit = Exit::attention_if(!response.missing.is_empty() || !response.is_current);
            Ok(Answer::new(&response, text::compared(&response, lang))?.with_exit(exit))
        }
    }
}

fn import_request(args: ImportArgs) -> Result<ImportStandardRequest, Failure> {
    let content = import::read(&args.file)?;
    let kind = match args.kind {
        KindArg::Guideline => "guideline",
        KindArg::Common => "common",
    };
    Ok(ImportStandardRequest {
        content,
        file_name: args.file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        kind: kind.to_owned(),
        domain: args.domain,
        name: args.name,
        version: args.version_text,
        doc_no: args.doc_no,
        authority: args.authority,
        provenance: args.provenance,
        dry_run: args.dry_run,
    })
}
