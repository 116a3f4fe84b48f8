//! `gongkai sync`: where the links stand, "now", and where a catalog has arrived.
//!
//! Invariant: `now` ends 0 only when every asked peer is caught up; what nobody said is shown as unknown.

use std::collections::BTreeMap;

use clap::{Args, Subcommand};
use gongkai_proto::admin::v1::{
    ListPeersRequest, ListPeersResponse, Reason, SyncHistoryRequest, SyncHistoryResponse, SyncNowRequest, SyncProgress,
    SyncStatusRequest, WhereaboutsRequest,
};
use serde::Serialize;

use super::{Answer, Context, Exit};
use crate::{
    client::Client,
    errors::Failure,
    ui::{Bars, Line, Page, Table, Text, Word, cells, moment, plain, state_word},
};

mod places;
mod status;
mod watch;

/// What `gongkai sync` can do.
#[derive(Debug, Subcommand)]
pub(crate) enum SyncCommand {
    /// Each link: state, what is left, next run, why; or where a catalog has arrived
    Status(StatusArgs),
    /// Sync now, until caught up or a reason why not
    Now(NowArgs),
    /// Each link's configuration and identity
    Peers,
    /// Sessions, newest first, with their bytes
    History(HistoryArgs),
    /// Show progress and changes as they happen, until interrupted
    Watch(watch::WatchArgs),
}

/// Arguments of `sync status`.
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// Where this catalog's latest submission and the answers to it have arrived, such as 211221/work-safety
    #[arg(value_name = "CATALOG", default_value = "", hide_default_value = true)]
    catalog: String,
}

/// Names one peer.
#[derive(Debug, Args)]
pub(crate) struct PeerArgs {
    /// Only this peer
    #[arg(value_name = "DIVISION", default_value = "", hide_default_value = true)]
    division: String,
}

/// Arguments of `sync now`.
#[derive(Debug, Args)]
pub(crate) struct NowArgs {
    #[command(flatten)]
    peer: PeerArgs,
    /// Give up after so many seconds
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u32>,
}

/// Arguments of `sync history`.
#[derive(Debug, Args)]
pub(crate) struct HistoryArgs {
    #[command(flatten)]
    peer: PeerArgs,
    /// At most so many sessions
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    limit: u32,
}

/// Runs it.
pub(crate) async fn run(command: SyncCommand, context: &Context) -> Result<Answer, Failure> {
    let client = context.connect().await?;
    match command {
        SyncCommand::Status(args) if args.catalog.is_empty() => {
            let response = client.sync().status(SyncStatusRequest {}).await?.into_inner();
            Answer::new(&response, status::text(&response, context.lang()))
        }
        SyncCommand::Status(args) => {
            let request = WhereaboutsRequest { catalog: args.catalog };
            let response = client.sync().whereabouts(request).await?.into_inner();
            Answer::new(&response, places::text(&response, context.lang()))
        }
        SyncCommand::Now(args) => now(&client, args, context).await,
        SyncCommand::Peers => {
            let response = client.sync().peers(ListPeersRequest {}).await?.into_inner();
            Answer::new(&response, peers_text(&response, context))
        }
        SyncCommand::History(args) => {
            let request = SyncHistoryRequest { division: args.peer.division, limit: args.limit };
            let response = client.sync().history(request).await?.into_inner();
            Answer::new(&response, history_text(&response, context))
        }
        SyncCommand::Watch(args) => watch::run(&client, args, context).await,
    }
}

fn why(reason: Option<&Reason>) -> String {
    let Some(reason) = reason.filter(|reason| !reason.code.is_empty()) else { return String::new() };
    format!("{} {}", reason.code, reason.message)
}

/// The reasons that a table names by code, in full below it with their next steps.
fn reasons<'a>(told: impl Iterator<Item = (&'a str, Option<&'a Reason>)>) -> Vec<Line> {
    const HANG: usize = 2;
    let told = told.filter_map(|(peer, reason)| Some((peer, reason.filter(|reason| !reason.code.is_empty())?)));
    told.flat_map(|(peer, reason)| {
        let mut lines = plain(&why(Some(reason)), &format!("{peer}: "), HANG);
        if !reason.hint.is_empty() {
            lines.extend(plain(&reason.hint, &" ".repeat(HANG), HANG));
        }
        lines
    })
    .collect()
}

fn code(reason: Option<&Reason>) -> &str {
    reason.map_or("", |reason| reason.code.as_str())
}

/// The end of each link's run; the JSON form of `sync now`.
#[derive(Debug, Serialize)]
pub(crate) struct SyncNow {
    peers: Vec<SyncProgress>,
}

impl SyncNow {
    /// Whether every link came to its end.
    pub(crate) fn is_caught_up(&self) -> bool {
        self.peers.iter().all(|peer| peer.state == "caught-up")
    }
}

/// Syncs with a peer (or all), showing bars; gives the last word of each.
pub(crate) async fn sync_now(client: &Client, request: SyncNowRequest, bars: &mut Bars) -> Result<SyncNow, Failure> {
    let mut stream = client.sync().now(request).await?.into_inner();
    let mut last: BTreeMap<String, SyncProgress> = BTreeMap::new();
    while let Some(progress) = stream.message().await? {
        let done = progress.entries_sent + progress.entries_received;
        let total = done + progress.entries_to_send + progress.entries_to_receive;
        bars.set(&progress.division, state_word(&progress.state, bars.lang).into_owned(), done, total);
        last.insert(progress.division.clone(), progress);
    }
    Ok(SyncNow { peers: last.into_values().collect() })
}

async fn now(client: &Client, args: NowArgs, context: &Context) -> Result<Answer, Failure> {
    const MS_PER_SECOND: u64 = 1000;
    let timeout_ms = args.timeout.map_or(0, |seconds| u64::from(seconds) * MS_PER_SECOND);
    let request = SyncNowRequest { division: args.peer.division, timeout_ms };
    let mut bars = Bars::new(&context.ui);
    let result = sync_now(client, request, &mut bars).await;
    bars.clear();
    let result = result?;
    let answer = Answer::new(&result, now_text(&result, context))?;
    Ok(answer.with_exit(Exit::failed_if(!result.is_caught_up())))
}

fn now_text(result: &SyncNow, context: &Context) -> Text {
    let lang = context.lang();
    let head = [
        Word::Peer,
        Word::State,
        Word::EntriesSent,
        Word::EntriesReceived,
        Word::BytesSent,
        Word::BytesReceived,
        Word::Reason,
    ];
    let mut table = Table::new(lang, &head);
    for peer in &result.peers {
        let mut row = cells![peer.division];
        row.push(table.state(&peer.state));
        row.extend(cells![peer.entries_sent, peer.entries_received, peer.bytes_sent, peer.bytes_received]);
        row.push(Table::cell(&code(peer.reason.as_ref())));
        table.row(row);
    }
    let told = result.peers.iter().map(|peer| (peer.division.as_str(), peer.reason.as_ref()));
    Page::new(lang)
        .table(&table, ("this node has no link to sync", "本节点没有可同步的链路"))
        .lines(reasons(told))
        .into_text()
}

fn peers_text(response: &ListPeersResponse, context: &Context) -> Text {
    let lang = context.lang();
    let head = [Word::Peer, Word::Role, Word::Address, Word::Mode, Word::Certificate, Word::Expires, Word::Version];
    let mut table = Table::new(lang, &head);
    for peer in &response.peers {
        table.row(cells![
            format!("{} {}", peer.division, peer.name),
            state_word(&peer.role, lang),
            peer.address,
            format!("{} {}", state_word(&peer.mode, lang), peer.schedule).trim(),
            peer.certificate_name,
            moment(peer.certificate_not_after_at_ms),
            peer.version,
        ]);
    }
    Page::new(lang).table(&table, ("this node has no link yet", "本节点还没有链路")).into_text()
}

fn history_text(response: &SyncHistoryResponse, context: &Context) -> Text {
    let lang = context.lang();
    let head = [
        Word::When,
        Word::Peer,
        Word::Role,
        Word::Outcome,
        Word::EntriesSent,
        Word::EntriesReceived,
        Word::BytesSent,
        Word::BytesReceived,
        Word::Reason,
    ];
    let mut table = Table::new(lang, &head);
    for session in &response.sessions {
        let mut row = cells![moment(session.started_at_ms), session.division, state_word(&session.role, lang)];
        row.push(table.state(&session.outcome));
        row.extend(cells![
            session.entries_sent,
            session.entries_received,
            session.bytes_sent,
            session.bytes_received,
            why(session.reason.as_ref()),
        ]);
        table.row(row);
    }
    Page::new(lang).table(&table, ("no session yet", "还没有会话")).into_text()
}
