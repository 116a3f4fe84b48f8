//! `gongkai sync watch`: progress and changes as they happen.
//!
//! Invariant: on a terminal a bar a direction and a line a change; elsewhere a line a change; in JSON a document a line,
//! or with `--until-idle` the one document that says how it ended. Interrupting it is no failure.

use std::collections::BTreeMap;

use clap::Args;
use gongkai_proto::admin::v1::{Moved, PeerStatus, SyncEvent, WatchSyncRequest};
use serde::Serialize;

use super::{PeerArgs, status::volume, why};
use crate::{
    client::Client,
    commands::{Answer, Context, Exit},
    errors::Failure,
    ui::{Bars, Line, Output, Text, moment, state_word},
};

/// Arguments of `sync watch`.
#[derive(Debug, Args)]
pub(crate) struct WatchArgs {
    #[command(flatten)]
    peer: PeerArgs,
    /// End when nothing is left that can be done now; 3 if something needs a person or a peer
    #[arg(long)]
    until_idle: bool,
}

/// How the links stood at the end.
#[derive(Debug, Serialize)]
struct Watched {
    peers: Vec<PeerStatus>,
}

/// Runs it.
pub(super) async fn run(client: &Client, args: WatchArgs, context: &Context) -> Result<Answer, Failure> {
    let is_one_document = args.until_idle && context.ui.output == Output::Json;
    let request = WatchSyncRequest { division: args.peer.division, until_idle: args.until_idle };
    let mut stream = client.sync().watch(request).await?.into_inner();
    let mut last: BTreeMap<String, PeerStatus> = BTreeMap::new();
    let mut bars = Bars::new(&context.ui);
    loop {
        let event = tokio::select! {
            event = stream.message() => event?,
            _ = tokio::signal::ctrl_c() => None,
        };
        let Some(event) = event else { break };
        let Some(peer) = event.peer.clone() else { continue };
        let before = last.insert(peer.division.clone(), peer.clone());
        if is_one_document {
            continue;
        }
        if context.ui.output == Output::Json {
            context.ui.print_json(&Answer::new(&event, Text::default())?.json.replace('\n', ""));
            continue;
        }
        show(&event, &peer, before.as_ref(), &mut bars, context);
    }
    bars.clear();
    let needs_somebody = args.until_idle && last.values().any(is_unfinished);
    let watched = Watched { peers: last.into_values().collect() };
    let answer = Answer::new(&watched, Text::default())?;
    let json = if is_one_document { answer.json } else { String::new() };
    Ok(Answer { json, ..answer }.with_exit(Exit::attention_if(needs_somebody)))
}

fn show(event: &SyncEvent, peer: &PeerStatus, before: Option<&PeerStatus>, bars: &mut Bars, context: &Context) {
    let lang = context.lang();
    let (sent, received) = (peer.sent.unwrap_or_default(), peer.received.unwrap_or_default());
    if context.ui.draws_progress() {
        let mut draw = |arrow: &str, moved: &Moved| {
            let total = moved.entries.saturating_add(moved.entries_left);
            let name = format!("{} {arrow}", peer.division);
            bars.set(&name, volume(moved, lang), moved.entries, total);
        };
        draw("→", &sent);
        draw("←", &received);
        let is_change = before.is_none_or(|before| (&before.state, &before.reason) != (&peer.state, &peer.reason));
        if !is_change {
            return;
        }
    }
    let state = state_word(&peer.state, lang);
    let left = format!("→{} ←{}", peer.entries_to_send, peer.entries_to_receive);
    let line = format!("{} {} {state} {left} {}", moment(event.at_ms), peer.division, why(peer.reason.as_ref()));
    bars.above(|| context.ui.print(&Line::from(line).into()));
}

/// Something is left, and waiting here does not bring it on.
fn is_unfinished(peer: &PeerStatus) -> bool {
    peer.state == "refused" || peer.entries_to_send > 0 || peer.entries_to_receive > 0
}
