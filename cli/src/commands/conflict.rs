//! `gongkai conflict`: what stands beside what, and a person's decision.
//!
//! Invariant: nothing is merged by looking; `resolve` says in its arguments what was decided.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use gongkai_proto::admin::v1::{ListConflictsRequest, ResolveConflictRequest, ShowConflictRequest};

use self::choices::{Choices, Side};
use super::{Answer, Context, Exit, catalog::import};
use crate::errors::{Failure, Fault};

mod choices;
mod decisions;
mod text;

/// What `gongkai conflict` can do.
#[derive(Debug, Subcommand)]
pub(crate) enum ConflictCommand {
    /// The open conflicts known here
    List(ListArgs),
    /// Base, both sides and the suggested merge, element by element
    Show(ShowArgs),
    /// Settle one: take a side, the suggested merge with decisions on elements, or a workbook
    Resolve(ResolveArgs),
}

/// Arguments of `conflict list`.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Only this catalog's, written division/domain
    #[arg(default_value = "", hide_default_value = true)]
    catalog: String,
}

/// Arguments of `conflict show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The conflict's id, or its beginning
    id: String,
    /// Also what only one side changed
    #[arg(long)]
    all: bool,
}

/// Arguments of `conflict resolve`.
#[derive(Debug, Args)]
pub(crate) struct ResolveArgs {
    /// The conflict's id, or its beginning
    id: String,
    #[command(flatten)]
    choices: Choices,
    /// A workbook that holds the result, or a JSON file of decided elements
    #[arg(long, value_name = "FILE", conflicts_with_all = ["take", "item", "element", "text"])]
    file: Option<PathBuf>,
    /// Why, for the reviewer and the audit
    #[arg(long, default_value = "", hide_default_value = true)]
    reason: String,
    /// The legal basis, such as 《…条例》第…条; needed to keep a limit that is looser than the standard's
    #[arg(long, value_name = "LAW", default_value = "", hide_default_value = true)]
    basis: String,
}

/// Runs it.
pub(crate) async fn run(command: ConflictCommand, context: &Context) -> Result<Answer, Failure> {
    let lang = context.lang();
    match command {
        ConflictCommand::List(args) => {
            let request = ListConflictsRequest { catalog: args.catalog };
            let response = context.connect().await?.conflict().list(request).await?.into_inner();
            let exit = Exit::attention_if(!response.conflicts.is_empty());
            Ok(Answer::new(&response, text::list(&response, lang))?.with_exit(exit))
        }
        ConflictCommand::Show(args) => {
            let request = ShowConflictRequest { id: args.id };
            let response = context.connect().await?.conflict().show(request).await?.into_inner();
            Ok(Answer::new(&response, text::show(&response, args.all, lang))?.with_exit(Exit::Attention))
        }
        ConflictCommand::Resolve(args) => {
            let request = request(args)?;
            let response = context.connect().await?.conflict().resolve(request).await?.into_inner();
            let exit = Exit::attention_if(response.left > 0);
            Ok(Answer::new(&response, text::resolved(&response, lang))?.with_exit(exit))
        }
    }
}

fn request(args: ResolveArgs) -> Result<ResolveConflictRequest, Failure> {
    let ResolveArgs { id, reason, basis, .. } = args;
    let mut request = ResolveConflictRequest { id, reason, basis, ..ResolveConflictRequest::default() };
    if let Some(file) = args.file {
        if file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json")) {
            request.take = Side::Merge.word().to_owned();
            request.choices = decisions::read(&import::read(&file)?)?;
            return Ok(request);
        }
        request.file_name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        request.content = import::read(&file)?;
        return Ok(request);
    }
    if args.choices.whole.is_none() && args.choices.each.is_empty() {
        let text = "say what is taken: --take ours|theirs|both|merge, --item … or --file FILE".to_owned();
        return Err(Fault::Usage(text).into());
    }
    request.take = args.choices.whole.map_or("merge", Side::word).to_owned();
    request.choices = args.choices.each;
    Ok(request)
}
