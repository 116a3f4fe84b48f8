//! `gongkai domain`: the fields of disclosure as data.
//!
//! Invariant: a domain is added without a release, and keeps its slug for ever; only names are added to one.

use clap::{Args, Subcommand};
use gongkai_proto::admin::v1::{PutDomainRequest, ShowRoutingRequest};

use super::{Answer, Context, Exit, routing};
use crate::{errors::Failure, ui::Page};

/// What `gongkai domain` can do.
#[derive(Debug, Subcommand)]
pub(crate) enum DomainCommand {
    /// The domains with their departments and names
    List,
    /// Add a domain (at the top node); imports know it at once
    Add(AddArgs),
    /// Give a domain more names (at the top node)
    Alias(AliasArgs),
}

/// Arguments of `domain add`.
#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    /// The permanent slug, such as broadcasting
    slug: String,
    /// The name, such as 广播电视
    #[arg(long)]
    name: String,
    /// The English name
    #[arg(long, default_value = "", hide_default_value = true)]
    name_en: String,
    /// Another name that titles use; may be repeated
    #[arg(long = "alias", value_name = "NAME")]
    aliases: Vec<String>,
    /// The responsible department
    #[arg(long, value_name = "SLUG", default_value = "", hide_default_value = true)]
    department: String,
    /// From when it is responsible; always when not given
    #[arg(long, value_name = "YYYY-MM-DD", default_value = "", hide_default_value = true)]
    from: String,
    /// The day by which its catalogs are due
    #[arg(long, value_name = "YYYY-MM-DD", default_value = "", hide_default_value = true)]
    due: String,
    /// Show the result, change nothing
    #[arg(long)]
    dry_run: bool,
}

/// Arguments of `domain alias`.
#[derive(Debug, Args)]
pub(crate) struct AliasArgs {
    /// The domain
    slug: String,
    /// The names
    #[arg(required = true)]
    names: Vec<String>,
}

/// Runs it.
pub(crate) async fn run(command: DomainCommand, context: &Context) -> Result<Answer, Failure> {
    let lang = context.lang();
    let request = match command {
        DomainCommand::List => {
            let client = context.connect().await?;
            let response = client.routing().show(ShowRoutingRequest::default()).await?.into_inner();
            let table = routing::domains(&response.domains, lang);
            let text = Page::new(lang).table(&table, ("no domain", "没有领域")).into_text();
            let json = serde_json::json!({ "table": response.table, "domains": response.domains });
            return Answer::new(&json, text);
        }
        DomainCommand::Add(args) => {
            let AddArgs { slug, name, name_en, aliases, department, from, due, dry_run } = args;
            PutDomainRequest { slug, name, name_en, aliases, department, from, due, dry_run }
        }
        DomainCommand::Alias(args) => {
            PutDomainRequest { slug: args.slug, aliases: args.names, ..PutDomainRequest::default() }
        }
    };
    let response = context.connect().await?.routing().put_domain(request).await?.into_inner();
    let exit = Exit::attention_if(!response.outdated.is_empty());
    Ok(Answer::new(&response, routing::changed(&response, lang))?.with_exit(exit))
}
