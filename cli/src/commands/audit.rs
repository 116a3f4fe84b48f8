//! `gongkai audit`: the signed entries of this node's feed.
//!
//! Invariant: what is shown names the entry's hash, so that it can be found again on any node.

use clap::{Args, Subcommand};
use gongkai_proto::admin::v1::{AuditLogRequest, AuditLogResponse};

use super::{Answer, Context, short, who};
use crate::{
    errors::Failure,
    ui::{Page, Table, Text, Word, cells, moment, state_word},
};

/// What `gongkai audit` can do.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Entries, newest first
    Log(LogArgs),
}

/// Arguments of `audit log`.
#[derive(Debug, Args)]
pub(crate) struct LogArgs {
    /// Only about this catalog, written division/domain
    #[arg(long, default_value = "", hide_default_value = true)]
    catalog: String,
    /// Only about this division
    #[arg(long, value_name = "DIVISION", default_value = "", hide_default_value = true)]
    subject: String,
    /// Only of this kind, such as `decision`
    #[arg(long, default_value = "", hide_default_value = true)]
    kind: String,
    /// Only by this operator
    #[arg(long, value_name = "OPERATOR", default_value = "", hide_default_value = true)]
    by: String,
    /// Only entries before this offset of the feed (for the next page)
    #[arg(long, value_name = "OFFSET", default_value_t = 0, hide_default_value = true)]
    before: u64,
    /// At most so many
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    limit: u32,
}

/// Runs it.
pub(crate) async fn run(command: AuditCommand, context: &Context) -> Result<Answer, Failure> {
    let AuditCommand::Log(args) = command;
    let request = AuditLogRequest {
        catalog: args.catalog,
        subject: args.subject,
        kind: args.kind,
        operator: args.by,
        before: args.before,
        limit: args.limit,
        since_at_ms: 0,
    };
    let response = context.connect().await?.audit().log(request).await?.into_inner();
    Answer::new(&response, text(&response, context))
}

fn text(response: &AuditLogResponse, context: &Context) -> Text {
    let head = [Word::When, Word::Operator, Word::Kind, Word::Subject, Word::Summary, Word::Hash];
    let mut table = Table::new(context.lang(), &head);
    for entry in &response.entries {
        table.row(cells![
            format!("{}{}", if entry.is_ahead { "! " } else { "" }, moment(entry.at_ms)),
            who(&entry.author, &entry.operator),
            state_word(&entry.kind, context.lang()),
            if entry.catalog.is_empty() { &entry.subject } else { &entry.catalog },
            entry.summary,
            short(&entry.hash),
        ]);
    }
    let next = response.next_before;
    Page::new(context.lang())
        .table(&table, ("no entry", "没有条目"))
        .say_if(
            response.entries.iter().any(|entry| entry.is_ahead),
            "!: the author's clock was far ahead when it came; do not believe this time",
            "!：到达时作者的时钟远在将来，此时间不可信",
        )
        .say_if(next > 0, format!("older ones: --before {next}"), format!("更早的条目：--before {next}"))
        .into_text()
}
