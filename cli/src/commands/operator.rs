//! `gongkai whoami` and `gongkai operator`: who acts here, what the roles allow, and who may come in from elsewhere.
//!
//! Invariant: shows the node's own table; nothing is decided here.

use clap::{Args, Subcommand};
use gongkai_proto::admin::v1::{
    AddOperatorRequest, ListOperatorsRequest, ListOperatorsResponse, ReloadOperatorsRequest, WhoAmIRequest,
    WhoAmIResponse,
};

use super::{Answer, Context};
use crate::{
    errors::Failure,
    ui::{Lang, Page, Table, Text, Word, cells, state_word},
};

pub(crate) mod certificates;

/// What `gongkai operator` can do.
#[derive(Debug, Subcommand)]
pub(crate) enum OperatorCommand {
    /// The operators and groups that the configuration names
    List,
    /// Register an operator: only whom the configuration names reviews, signs and publishes
    Add(AddArgs),
    /// Read the operators and groups of gongkaid.toml anew, without a restart
    Reload,
    /// Issue a client certificate to an operator, for work from another machine
    Certify(certificates::CertifyArgs),
    /// Make a key and a request of one's own, for `certify --csr` (no daemon needed)
    Request(certificates::RequestArgs),
    /// The client certificates that were issued
    Certificates,
    /// End an operator's certificates, or one of them
    Revoke(certificates::RevokeArgs),
}

/// Arguments of `operator add`.
#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    /// The name under which the person stands in the journal; never given to another
    name: String,
    /// What the person may do: clerk, reviewer, publisher, auditor, admin; may be repeated
    #[arg(long = "role", value_name = "ROLE", required = true)]
    roles: Vec<String>,
    /// The person's account on the node's machine; without one a certificate or --as names the person
    #[arg(long, value_name = "UID")]
    uid: Option<u32>,
    /// For which department a reviewer speaks; all when not given, may be repeated
    #[arg(long = "department", value_name = "DEPARTMENT")]
    departments: Vec<String>,
    /// In which domain a clerk writes or a reviewer reviews; all when not given, may be repeated
    #[arg(long = "domain", value_name = "SLUG")]
    domains: Vec<String>,
}

/// Runs `gongkai operator`.
pub(crate) async fn run(command: OperatorCommand, context: &Context) -> Result<Answer, Failure> {
    match command {
        OperatorCommand::List => {
            let response = context.connect().await?.operator().list(ListOperatorsRequest {}).await?.into_inner();
            Answer::new(&response, list_text(&response, context.lang()))
        }
        OperatorCommand::Add(args) => {
            let AddArgs { name, roles, uid, departments, domains } = args;
            let request = AddOperatorRequest { name, roles, departments, domains, uid };
            let response = context.connect().await?.operator().add(request).await?.into_inner();
            Answer::new(&response, list_text(&response, context.lang()))
        }
        OperatorCommand::Reload => {
            let response = context.connect().await?.operator().reload(ReloadOperatorsRequest {}).await?.into_inner();
            Answer::new(&response, list_text(&response, context.lang()))
        }
        OperatorCommand::Certify(args) => certificates::certify(args, context).await,
        OperatorCommand::Request(args) => certificates::make_request(&args, context),
        OperatorCommand::Certificates => certificates::list(context).await,
        OperatorCommand::Revoke(args) => certificates::revoke(args, context).await,
    }
}

/// Runs `gongkai whoami`.
pub(crate) async fn whoami(context: &Context) -> Result<Answer, Failure> {
    let response = context.connect().await?.operator().who_am_i(WhoAmIRequest {}).await?.into_inner();
    Answer::new(&response, whoami_text(&response, context.lang()))
}

fn roles(words: &[String], lang: Lang) -> String {
    words.iter().map(|word| state_word(word, lang)).collect::<Vec<_>>().join(lang.pick(", ", "、"))
}

/// An empty list stands for all.
fn or_all(slugs: &[String], lang: Lang) -> String {
    if slugs.is_empty() { lang.pick("all", "全部").to_owned() } else { slugs.join(", ") }
}

fn whoami_text(response: &WhoAmIResponse, lang: Lang) -> Text {
    let mut table = Table::new(lang, &[Word::Action, Word::Allowed, Word::Roles]);
    for row in &response.actions {
        let allowed = state_word(if row.is_allowed { "yes" } else { "no" }, lang).into_owned();
        table.row(cells![row.action, allowed, roles(&row.roles, lang)]);
    }
    Page::new(lang)
        .facts(&[
            (Word::Operator, &response.operator),
            (Word::Roles, &roles(&response.roles, lang)),
            (Word::Departments, &or_all(&response.departments, lang)),
            (Word::Domains, &or_all(&response.domains, lang)),
            (Word::KnownBy, &response.caller),
        ])
        .say_if(
            !response.is_registered,
            "not registered: this name decides, signs and publishes nothing (`gongkai operator add`)",
            "未登记：以此名义不能审核、签署或发布（见 `gongkai operator add`）",
        )
        .table(&table, ("", ""))
        .into_text()
}

fn list_text(response: &ListOperatorsResponse, lang: Lang) -> Text {
    let head = [Word::Operator, Word::Roles, Word::Departments, Word::Domains, Word::KnownBy];
    let mut table = Table::new(lang, &head);
    for row in &response.operators {
        let name = if row.operator.is_empty() { "-" } else { &row.operator };
        let (departments, domains) = (or_all(&row.departments, lang), or_all(&row.domains, lang));
        table.row(cells![name, roles(&row.roles, lang), departments, domains, row.known_by]);
    }
    let none = "none is named: nobody reviews, signs or publishes here; add one with `gongkai operator add`";
    Page::new(lang)
        .table(&table, (none, "未登记操作人：无人可审核、签署或发布，用 `gongkai operator add` 登记"))
        .into_text()
}
