//! `gongkai catalog`: import, look, check, submit.
//!
//! Invariant: a catalog is named `division/domain`; what would change much is shown by `import --dry-run` first.

use clap::{Args, Subcommand};
use gongkai_proto::admin::v1::{
    CatalogHistoryRequest, DiffCatalogRequest, ListCatalogsRequest, ShowCatalogRequest, SubmitCatalogRequest,
    WithdrawCatalogRequest,
};

use self::{
    check::{CheckArgs, UnwaiveArgs, WaiveArgs, WaiversArgs},
    export::{ExportArgs, TemplateArgs},
    import::ImportArgs,
    mappings::MappingsArgs,
    proposals::{AcceptArgs, DeclineArgs, ProposalsArgs},
};
use super::{Answer, Context, Exit};
use crate::errors::Failure;

pub(crate) mod check;
mod export;
pub(crate) mod file;
mod history;
pub(crate) mod import;
mod item;
mod mappings;
mod proposals;
mod report;
mod standard;
mod text;

pub(crate) use self::{
    proposals::lines as proposal_lines,
    text::{changes, steps},
};

/// What `gongkai catalog` can do.
#[derive(Debug, Subcommand)]
pub(crate) enum CatalogCommand {
    /// Read workbooks; --dry-run only reports and needs no daemon
    Import(ImportArgs),
    /// The catalogs known here, with their state
    List(ListArgs),
    /// One catalog with its items
    Show(ShowArgs),
    /// Completeness, quality and privacy of a catalog, or of a file (a daemon is asked where one answers)
    Check(CheckArgs),
    /// Overrule a finding of the check with a reason
    Waive(WaiveArgs),
    /// Take a waiver back
    Unwaive(UnwaiveArgs),
    /// The waivers of a catalog that stand
    Waivers(WaiversArgs),
    /// Compare two revisions, item by item
    Diff(DiffArgs),
    /// Put the latest revision up for review
    Submit(SubmitArgs),
    /// Take a submission back
    Withdraw(WithdrawArgs),
    /// Wordings that reviewers suggested, against the items as they read them
    Proposals(ProposalsArgs),
    /// Take a suggested wording into the draft
    Accept(AcceptArgs),
    /// Do not take a suggested wording, and say why
    Decline(DeclineArgs),
    /// Revisions, submissions, decisions and editions of a catalog
    History(HistoryArgs),
    /// Write a revision as the official workbook, CSV or JSON
    Export(ExportArgs),
    /// Begin a catalog from a standard
    Start(standard::StartArgs),
    /// Move a catalog onto another version of its standard; local deviations stay and are shown
    Rebase(standard::RebaseArgs),
    /// Write a form to fill in, with drop-downs (no daemon needed)
    Template(TemplateArgs),
    /// The columns named for a division's workbooks; forget some
    Mappings(MappingsArgs),
}

/// Arguments of `catalog list`.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Only this division
    #[arg(long, default_value = "", hide_default_value = true)]
    division: String,
    /// Only this domain
    #[arg(long, default_value = "", hide_default_value = true)]
    domain: String,
    /// Only this state, such as `returned`
    #[arg(long, default_value = "", hide_default_value = true)]
    state: String,
    /// As it stood at the end of this day (in China)
    #[arg(long, value_name = "YYYY-MM-DD", default_value = "", hide_default_value = true)]
    as_of: String,
    /// Only those whose content was not touched for so many months, the oldest first
    #[arg(long, value_name = "MONTHS", default_value_t = 0, hide_default_value = true)]
    stale: u32,
    /// Only those that rest on a repealed law
    #[arg(long)]
    basis_repealed: bool,
}

/// Arguments of `catalog show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    target: RevisionArgs,
    /// One item (its id, serial or name), each element beside the cells that it was imported from
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    item: String,
    /// As it stood at the end of this day (in China)
    #[arg(long, value_name = "YYYY-MM-DD", default_value = "", hide_default_value = true)]
    as_of: String,
}

/// Names a catalog and perhaps a revision.
#[derive(Debug, Args)]
pub(crate) struct RevisionArgs {
    /// The catalog, written division/domain
    pub(super) catalog: String,
    /// Another revision than the latest: its hash (or a unique beginning), or `approved`
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(super) revision: String,
}

/// Arguments of `catalog diff`.
#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// The catalog, written division/domain
    catalog: String,
    /// The older side: a revision, its unique beginning, or `approved` (also when not given)
    #[arg(value_name = "FROM", conflicts_with = "from", default_value = "", hide_default_value = true)]
    older: String,
    /// The newer side; the latest revision when not given
    #[arg(value_name = "TO", conflicts_with = "to", default_value = "", hide_default_value = true)]
    newer: String,
    /// The older side, by name
    #[arg(long, hide = true)]
    from: Option<String>,
    /// The newer side, by name
    #[arg(long, hide = true)]
    to: Option<String>,
}

/// Arguments of `catalog submit`.
#[derive(Debug, Args)]
pub(crate) struct SubmitArgs {
    #[command(flatten)]
    target: RevisionArgs,
    /// Why the catalog changes; what the imports said when not given
    #[arg(long, visible_alias = "note", default_value = "", hide_default_value = true)]
    reason: String,
    /// The legal basis of the change; what the imports said when not given
    #[arg(long, default_value = "", hide_default_value = true)]
    basis: String,
    /// First day on which the change is meant to hold
    #[arg(long, value_name = "YYYY-MM-DD", default_value = "", hide_default_value = true)]
    effective_from: String,
}

/// Arguments of `catalog withdraw`.
#[derive(Debug, Args)]
pub(crate) struct WithdrawArgs {
    /// The catalog, written division/domain
    catalog: String,
    /// Why
    #[arg(long)]
    reason: String,
}

/// Arguments of `catalog history`.
#[derive(Debug, Args)]
pub(crate) struct HistoryArgs {
    /// The catalog, written division/domain
    catalog: String,
    /// At most so many events
    #[arg(long, value_name = "COUNT", default_value_t = 0, hide_default_value = true)]
    limit: u32,
    /// One item across revisions: its id, serial or name
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    item: String,
}

/// Runs it.
pub(crate) async fn run(command: CatalogCommand, context: &Context) -> Result<Answer, Failure> {
    let lang = context.lang();
    // Not at once: a dry run asks no daemon.
    let catalog = async || Ok::<_, Failure>(context.connect().await?.catalog());
    match command {
        CatalogCommand::Import(args) => import::run(args, context).await,
        CatalogCommand::List(args) => {
            let ListArgs { division, domain, state, as_of, stale, basis_repealed } = args;
            let request = ListCatalogsRequest { division, domain, state, as_of, stale_months: stale, basis_repealed };
            let response = catalog().await?.list(request).await?.into_inner();
            let has_conflict = response.catalogs.iter().any(|row| row.is_conflict);
            Ok(Answer::new(&response, text::list(&response, lang))?.with_exit(Exit::attention_if(has_conflict)))
        }
        CatalogCommand::Show(args) => {
            let RevisionArgs { catalog: name, revision } = args.target;
            let is_of_item = !args.item.is_empty();
            let request = ShowCatalogRequest { catalog: name, revision, item: args.item, as_of: args.as_of };
            let response = catalog().await?.show(request).await?.into_inner();
            let has_conflict = response.heads.len() > 1;
            let text = if is_of_item { item::text(&response, lang) } else { text::show(&response, lang) };
            Ok(Answer::new(&response, text)?.with_exit(Exit::attention_if(has_conflict)))
        }
        CatalogCommand::Check(args) => check::run(args, context).await,
        CatalogCommand::Waive(args) => check::waive(args, context).await,
        CatalogCommand::Unwaive(args) => check::unwaive(args, context).await,
        CatalogCommand::Waivers(args) => check::waivers(args, context).await,
        CatalogCommand::Diff(args) => {
            let request = DiffCatalogRequest {
                catalog: args.catalog,
                from: args.from.unwrap_or(args.older),
                to: args.to.unwrap_or(args.newer),
            };
            let response = catalog().await?.diff(request).await?.into_inner();
            Answer::new(&response, text::diff(&response, lang))
        }
        CatalogCommand::Submit(args) => {
            let RevisionArgs { catalog: name, revision } = args.target;
            let (note, basis, effective_from) = (args.reason, args.basis, args.effective_from);
            let request = SubmitCatalogRequest { catalog: name, revision, note, basis, effective_from };
            let response = catalog().await?.submit(request).await?.into_inner();
            Answer::new(&response, text::submit(&response, lang))
        }
        CatalogCommand::Withdraw(args) => {
            let request = WithdrawCatalogRequest { catalog: args.catalog, reason: args.reason };
            let response = catalog().await?.withdraw(request).await?.into_inner();
            Answer::new(&response, text::withdraw(&response, lang))
        }
        CatalogCommand::History(args) => {
            let is_of_item = !args.item.is_empty();
            let request = CatalogHistoryRequest { catalog: args.catalog, limit: args.limit, item: args.item };
            let response = catalog().await?.history(request).await?.into_inner();
            let text = if is_of_item { history::text(&response, lang) } else { text::history(&response, lang) };
            Answer::new(&response, text)
        }
        CatalogCommand::Proposals(args) => proposals::list(args, context).await,
        CatalogCommand::Accept(args) => proposals::accept(args, context).await,
        CatalogCommand::Decline(args) => proposals::decline(args, context).await,
        CatalogCommand::Export(args) => export::run(args, context).await,
        CatalogCommand::Template(args) => export::template(args, context).await,
        CatalogCommand::Mappings(args) => mappings::run(args, context).await,
        CatalogCommand::Start(args) => standard::start(args, context).await,
        CatalogCommand::Rebase(args) => standard::rebase(args, context).await,
    }
}
