//! `gongkai node`: make this node, join it to the tree, enrol the nodes below, look.
//!
//! Invariant: `init` and `join` work without a daemon; `init` refuses a directory that belongs to a node, `join` gives
//! that node another place or certificate while its daemon is stopped.

use std::{
    ffi::OsString,
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use gongkai_proto::admin::v1::{
    InviteRequest, InviteResponse, ListNodesRequest, ListNodesResponse, ShowNodeRequest, ShowNodeResponse,
};
use serde_json::Value;

use super::{Answer, Context, short};
use crate::{
    daemon,
    errors::{Failure, Fault},
    ui::{Page, Table, Text, Word, cells, moment, state_word},
};

mod tree;

/// What `gongkai node` can do.
#[derive(Debug, Subcommand)]
pub(crate) enum NodeCommand {
    /// Make a data directory for a division (no daemon needed)
    Init(InitArgs),
    /// Make a one-time token with which a division directly below may join
    Invite(InviteArgs),
    /// Join the tree with a token from the level above (no daemon needed)
    Join(JoinArgs),
    /// Get this node its next certificate now (it does so by itself long before the end)
    Renew,
    /// Put a division under another one (at the top node)
    Move(MoveArgs),
    /// Give the custody of a division's catalogs to another node of its path
    Custody(MoveArgs),
    /// End the keys of a division below: its node is let in no more
    Revoke(RevokeArgs),
    /// The divisions known here, and which of them run a node
    List(ListArgs),
    /// Who this node is
    Show,
}

/// Arguments of `node init`.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The division whose node this is, such as 211200
    #[arg(long, value_name = "CODE")]
    division: String,
    /// The address on which links from below are taken
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// The address that tokens name, where it is another one (NAT)
    #[arg(long, value_name = "ADDR")]
    advertise: Option<String>,
    /// The division's name, where the seeds do not know it
    #[arg(long)]
    name: Option<String>,
    /// A folder with seed files (tree, domains, …) instead of the built-in ones
    #[arg(long, value_name = "DIR")]
    seeds: Option<PathBuf>,
}

/// Arguments of `node invite`.
#[derive(Debug, Args)]
pub(crate) struct InviteArgs {
    /// The division that is to join
    #[arg(value_name = "CODE")]
    division: String,
    /// How long the token holds, in hours
    #[arg(long, value_name = "HOURS", value_parser = clap::value_parser!(u32).range(1..=720))]
    valid_hours: Option<u32>,
    /// The address to print in the token instead of the node's own
    #[arg(long, value_name = "ADDR", default_value = "", hide_default_value = true)]
    address: String,
    /// The node takes the place of one that is lost for good; the lost one's keys end when it joins
    #[arg(long)]
    rebuild: bool,
}

/// Arguments of `node join`.
#[derive(Debug, Args)]
pub(crate) struct JoinArgs {
    /// The token that `gongkai node invite` printed at the level above; every user of this machine sees it in the list of
    /// processes while this runs
    #[arg(required_unless_present = "token_file")]
    token: Option<String>,
    /// The file that holds the token; `-` for stdin
    #[arg(long, value_name = "FILE", conflicts_with = "token")]
    token_file: Option<PathBuf>,
    /// The address on which links from below are taken
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// The address that tokens name, where it is another one (NAT)
    #[arg(long, value_name = "ADDR")]
    advertise: Option<String>,
}

/// Arguments of `node move` and `node custody`.
#[derive(Debug, Args)]
pub(crate) struct MoveArgs {
    /// Which division
    #[arg(value_name = "CODE")]
    pub(super) division: String,
    /// Where to: a division's code
    #[arg(long, value_name = "CODE")]
    pub(super) to: String,
    /// Write nothing, say what would be
    #[arg(long)]
    pub(super) dry_run: bool,
}

/// Arguments of `node revoke`.
#[derive(Debug, Args)]
pub(crate) struct RevokeArgs {
    /// Which division
    #[arg(value_name = "CODE")]
    pub(super) division: String,
    /// Why; kept in the journal
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: String,
}

/// Arguments of `node list`.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Only divisions directly below
    #[arg(long)]
    children: bool,
    /// Only divisions that run a node
    #[arg(long)]
    enrolled: bool,
}

/// Runs it.
pub(crate) async fn run(command: NodeCommand, context: &Context) -> Result<Answer, Failure> {
    match command {
        NodeCommand::Init(args) => init(args, context).await,
        NodeCommand::Invite(args) => invite(args, context).await,
        NodeCommand::Join(args) => join(args, context).await,
        NodeCommand::Renew => tree::renew(context).await,
        NodeCommand::Move(args) => tree::move_division(args, context).await,
        NodeCommand::Custody(args) => tree::give_custody(args, context).await,
        NodeCommand::Revoke(args) => tree::revoke(args, context).await,
        NodeCommand::List(args) => list(&args, context).await,
        NodeCommand::Show => show(context).await,
    }
}

fn with_options(
    verb: &str,
    context: &Context,
    options: Vec<(&str, Option<OsString>)>,
) -> Result<Vec<OsString>, Failure> {
    let mut words: Vec<OsString> = vec![verb.into(), "--data".into(), context.data()?.into()];
    for (name, value) in options {
        if let Some(value) = value {
            words.extend([name.into(), value]);
        }
    }
    Ok(words)
}

async fn init(args: InitArgs, context: &Context) -> Result<Answer, Failure> {
    let words = with_options(
        "init",
        context,
        vec![
            ("--division", Some(args.division.into())),
            ("--listen", args.listen.map(Into::into)),
            ("--advertise", args.advertise.map(Into::into)),
            ("--name", args.name.map(Into::into)),
            ("--seeds", args.seeds.map(Into::into)),
        ],
    )?;
    let made = daemon::ask(words).await?;
    made_node(&made, context)
}

async fn join(args: JoinArgs, context: &Context) -> Result<Answer, Failure> {
    let options = vec![("--listen", args.listen.map(Into::into)), ("--advertise", args.advertise.map(Into::into))];
    let mut words = with_options("join", context, options)?;
    // It goes on through a pipe: an argument stands in the list of processes, for everybody to read.
    words.extend(["--token-file".into(), "-".into()]);
    let token = match (&args.token_file, args.token) {
        (Some(file), _) => token_of(file)?,
        (None, token) => token.unwrap_or_default(),
    };
    let made = daemon::tell(words, token.into_bytes()).await?;
    made_node(&made, context)
}

/// A token from a file or stdin.
fn token_of(file: &Path) -> Result<String, Failure> {
    /// A token of a deep tree with many addresses has below 2 KiB.
    const BYTES_MAX: u64 = 64 * 1024;
    let mut text = String::new();
    let read = if file.as_os_str() == "-" {
        io::stdin().lock().take(BYTES_MAX).read_to_string(&mut text)
    } else {
        fs::File::open(file).and_then(|opened| opened.take(BYTES_MAX).read_to_string(&mut text))
    };
    read.map_err(|source| Fault::FileUnreadable { file: file.to_owned(), source })?;
    Ok(text.trim().to_owned())
}

fn made_node(made: &Value, context: &Context) -> Result<Answer, Failure> {
    let field = |name: &str| made.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let data = context.data()?.display();
    let text = Page::new(context.lang())
        .facts(&[
            (Word::Division, &field("division")),
            (Word::Name, &field("name")),
            (Word::Parent, &field("parent")),
            (Word::Listen, &field("listen")),
            (Word::Fingerprint, &field("ca_fingerprint")),
        ])
        .say(
            format!("the node lies in `{data}`; start it with `gongkaid run --data {data}`"),
            format!("节点位于 `{data}`；用 `gongkaid run --data {data}` 启动"),
        )
        .into_text();
    Answer::new(made, text)
}

async fn invite(args: InviteArgs, context: &Context) -> Result<Answer, Failure> {
    const SECONDS_PER_HOUR: u64 = 3600;
    let request = InviteRequest {
        division: args.division,
        valid_seconds: args.valid_hours.map_or(0, |hours| u64::from(hours) * SECONDS_PER_HOUR),
        address: args.address,
        rebuild: args.rebuild,
    };
    let response = context.connect().await?.node().invite(request).await?.into_inner();
    Answer::new(&response, invite_text(&response, context))
}

fn invite_text(response: &InviteResponse, context: &Context) -> Text {
    Page::new(context.lang())
        .facts(&[
            (Word::Division, &response.division),
            (Word::Name, &response.name),
            (Word::Address, &response.address),
            (Word::Fingerprint, &response.ca_fingerprint),
            (Word::Expires, &moment(response.expires_at_ms)),
            (Word::Token, &response.token),
        ])
        .say(
            "at the new node: gongkai --data DIR node join TOKEN (the token works once; hand it over safely)",
            "在新节点执行：gongkai --data DIR node join 令牌（只能使用一次，请妥善传递）",
        )
        .into_text()
}

async fn list(args: &ListArgs, context: &Context) -> Result<Answer, Failure> {
    let request = ListNodesRequest { children_only: args.children, enrolled_only: args.enrolled };
    let response = context.connect().await?.node().list(request).await?.into_inner();
    Answer::new(&response, list_text(&response, context))
}

fn list_text(response: &ListNodesResponse, context: &Context) -> Text {
    let lang = context.lang();
    let head = [Word::Division, Word::Name, Word::Level, Word::Parent, Word::State, Word::LastContact];
    let mut table = Table::new(lang, &head);
    for node in &response.nodes {
        let mut row = cells![node.division, node.name, state_word(&node.level, lang), node.parent];
        row.push(table.state(&node.state));
        row.push(Table::cell(&moment(node.last_contact_at_ms)));
        table.row(row);
    }
    Page::new(lang).table(&table, ("no division is known", "没有已知区划")).into_text()
}

async fn show(context: &Context) -> Result<Answer, Failure> {
    let response = context.connect().await?.node().show(ShowNodeRequest {}).await?.into_inner();
    Answer::new(&response, show_text(&response, context))
}

fn show_text(response: &ShowNodeResponse, context: &Context) -> Text {
    let lang = context.lang();
    let expires = moment(response.certificate_not_after_at_ms);
    Page::new(lang)
        .facts(&[
            (Word::Division, &response.division),
            (Word::Name, &response.name),
            (Word::Level, &state_word(&response.level, lang)),
            (Word::Path, &response.path.join(" › ")),
            (Word::Parent, &response.parent),
            (Word::Incarnation, &short(&response.incarnation)),
            (Word::Feed, &short(&response.feed_id)),
            (Word::Daemon, &short(&response.daemon_id)),
            (Word::Entries, &response.entries),
            (Word::Listen, &response.listen),
            (Word::Certificate, &response.certificate_name),
            (Word::Expires, &expires),
            (Word::Fingerprint, &response.ca_fingerprint),
            (Word::Version, &response.version),
        ])
        .into_text()
}
