//! `gongkai routing`: who reviews what, as data, and what a change of it means for open reviews.
//!
//! Invariant: every change shows the version that it makes; a dry run shows the same and makes none.

use clap::{Args, Subcommand};
use gongkai_proto::admin::v1::{
    AssignDomainRequest, ChainRow, ChainStep, LawRow, PutDepartmentRequest, PutLawRequest, SetChainRequest,
    SetPilotRequest, ShowRoutingRequest,
};

use super::{Answer, Context, Exit};
use crate::errors::Failure;

mod text;

pub(crate) use self::text::{changed, domains};

/// What `gongkai routing` can do.
#[derive(Debug, Subcommand)]
pub(crate) enum RoutingCommand {
    /// The routing table in force: domains, chains, pilots, versions, and open reviews it would lead elsewhere
    Show(ShowArgs),
    /// Set the review steps of some catalogs (at the top node)
    Set(SetArgs),
    /// Give a domain to a department from a day on (at the top node)
    Assign(AssignArgs),
    /// Add a line of departments, or rename one (at the top node)
    Department(DepartmentArgs),
    /// Mark a catalog as a pilot's, or no longer (at the top node)
    Pilot(PilotArgs),
    /// Put a law's title on the list that checks know, or say that it was repealed (at the top node)
    Law(LawArgs),
}

/// Arguments of `routing show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// Another version: its number, or its entry's hash
    #[arg(long = "table", value_name = "VERSION", default_value = "", hide_default_value = true)]
    version: String,
    /// Only this domain
    #[arg(long, value_name = "SLUG", default_value = "", hide_default_value = true)]
    domain: String,
}

/// Arguments of `routing set`.
#[derive(Debug, Args)]
pub(crate) struct SetArgs {
    /// Only for this domain
    #[arg(long, value_name = "SLUG", default_value = "", hide_default_value = true)]
    domain: String,
    /// Only for this owner
    #[arg(long, value_name = "DIVISION", default_value = "", hide_default_value = true)]
    owner: String,
    /// Only for owners of this kind, such as functional-area
    #[arg(long, value_name = "KIND", default_value = "", hide_default_value = true)]
    owner_kind: String,
    /// Only for owners of this level, such as township
    #[arg(long, value_name = "LEVEL", default_value = "", hide_default_value = true)]
    owner_level: String,
    /// One step, first to last: LEVELS_UP:ROLE or LEVELS_UP:ROLE:DEPARTMENT, such as 1:counterpart
    #[arg(long = "step", value_name = "STEP", required_unless_present = "drop", value_parser = step)]
    steps: Vec<ChainStep>,
    /// Drop the chain of this scope, so that the one behind it counts
    #[arg(long, conflicts_with = "steps")]
    drop: bool,
    /// Show the result, change nothing
    #[arg(long)]
    dry_run: bool,
}

/// Arguments of `routing assign`.
#[derive(Debug, Args)]
pub(crate) struct AssignArgs {
    /// The domain
    #[arg(long, value_name = "SLUG")]
    domain: String,
    /// The department
    #[arg(long, value_name = "SLUG")]
    department: String,
    /// The first day of its responsibility
    #[arg(long, value_name = "YYYY-MM-DD")]
    from: String,
    /// Show the result, change nothing
    #[arg(long)]
    dry_run: bool,
}

/// Arguments of `routing department`.
#[derive(Debug, Args)]
pub(crate) struct DepartmentArgs {
    /// The permanent slug, such as dept-data
    slug: String,
    /// The municipal office's name, such as 市数据局
    #[arg(long)]
    name: String,
    /// The name without its division, such as 数据局
    #[arg(long)]
    base_name: String,
    /// The English name
    #[arg(long, default_value = "", hide_default_value = true)]
    name_en: String,
    /// Show the result, change nothing
    #[arg(long)]
    dry_run: bool,
}

/// Arguments of `routing pilot`.
#[derive(Debug, Args)]
pub(crate) struct PilotArgs {
    /// The catalog, written division/domain
    catalog: String,
    /// It is a pilot's no longer
    #[arg(long)]
    end: bool,
    /// Show the result, change nothing
    #[arg(long)]
    dry_run: bool,
}

/// Arguments of `routing law`.
#[derive(Debug, Args)]
pub(crate) struct LawArgs {
    /// The full title, such as 铁岭市城乡网格化服务管理条例
    title: String,
    /// The document number
    #[arg(long, default_value = "", hide_default_value = true)]
    number: String,
    /// A short form in use; may be repeated
    #[arg(long, value_name = "TITLE")]
    also: Vec<String>,
    /// The first day on which it holds no more
    #[arg(long, value_name = "YYYY-MM-DD", default_value = "", hide_default_value = true)]
    repealed_from: String,
    /// What took its place
    #[arg(long, value_name = "TITLE", default_value = "", hide_default_value = true)]
    replaced_by: String,
    /// Take it from the list
    #[arg(long)]
    drop: bool,
    /// Show the result, change nothing
    #[arg(long)]
    dry_run: bool,
}

/// Runs it.
pub(crate) async fn run(command: RoutingCommand, context: &Context) -> Result<Answer, Failure> {
    let lang = context.lang();
    let response = match command {
        RoutingCommand::Show(args) => {
            let request = ShowRoutingRequest { version: args.version, domain: args.domain };
            let response = context.connect().await?.routing().show(request).await?.into_inner();
            let exit = Exit::attention_if(!response.outdated.is_empty());
            return Ok(Answer::new(&response, text::show(&response, lang))?.with_exit(exit));
        }
        RoutingCommand::Set(args) => {
            let request = set_request(args);
            context.connect().await?.routing().set_chain(request).await?.into_inner()
        }
        RoutingCommand::Assign(args) => {
            let AssignArgs { domain, department, from, dry_run } = args;
            let request = AssignDomainRequest { domain, department, from, dry_run };
            context.connect().await?.routing().assign(request).await?.into_inner()
        }
        RoutingCommand::Department(args) => {
            let DepartmentArgs { slug, name, base_name, name_en, dry_run } = args;
            let request = PutDepartmentRequest { slug, name, base_name, name_en, dry_run };
            context.connect().await?.routing().put_department(request).await?.into_inner()
        }
        RoutingCommand::Pilot(args) => {
            let request = SetPilotRequest { catalog: args.catalog, is_pilot: !args.end, dry_run: args.dry_run };
            context.connect().await?.routing().set_pilot(request).await?.into_inner()
        }
        RoutingCommand::Law(args) => {
            let LawArgs { title, number, also, repealed_from, replaced_by, drop, dry_run } = args;
            let law = LawRow { title, doc_no: number, also, repealed_from, replaced_by };
            let request = PutLawRequest { law: Some(law), drop, dry_run };
            context.connect().await?.routing().put_law(request).await?.into_inner()
        }
    };
    let exit = Exit::attention_if(!response.outdated.is_empty());
    Ok(Answer::new(&response, changed(&response, lang))?.with_exit(exit))
}

fn set_request(args: SetArgs) -> SetChainRequest {
    let SetArgs { domain, owner, owner_kind, owner_level, steps, drop, dry_run } = args;
    SetChainRequest { chain: Some(ChainRow { domain, owner, owner_kind, owner_level, steps }), drop, dry_run }
}

/// Reads `LEVELS_UP:ROLE` or `LEVELS_UP:ROLE:DEPARTMENT`.
fn step(text: &str) -> Result<ChainStep, String> {
    let parts: Vec<&str> = text.split(':').collect();
    let wrong = || "write LEVELS_UP:ROLE or LEVELS_UP:ROLE:DEPARTMENT".to_owned();
    let (levels, role, department) = match parts.as_slice() {
        [levels, role] => (levels, role, ""),
        [levels, role, department] => (levels, role, *department),
        _ => return Err(wrong()),
    };
    let levels_up = levels.parse().map_err(|_| wrong())?;
    Ok(ChainStep { levels_up, role: (*role).to_owned(), department: department.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_read_in_its_two_forms_and_no_other() {
        let read = |text: &str| step(text).ok().map(|step| (step.levels_up, step.role, step.department));
        assert_eq!(read("1:counterpart"), Some((1, "counterpart".to_owned(), String::new())));
        assert_eq!(read("2:counterpart:dept-tax"), Some((2, "counterpart".to_owned(), "dept-tax".to_owned())));
        for wrong in ["", "counterpart", "x:counterpart", "1:a:b:c", "-1:counterpart"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
