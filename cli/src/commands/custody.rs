//! `gongkai custody`: what stands in doubt about who keeps a division's catalogs, and a person's word on it.
//!
//! Invariant: while anything stands in doubt, the list ends with status 3. Giving custody is `gongkai node custody`.

use clap::{Args, Subcommand};
use gongkai_proto::admin::v1::{ConfirmCustodyRequest, DoubtRow, ListDoubtsRequest, RefuseCustodyRequest};

use super::{Answer, Context, Exit, short};
use crate::{
    errors::Failure,
    ui::{Lang, Page, Table, Text, Word, cells, moment, plain},
};

/// What `gongkai custody` can do.
#[derive(Debug, Subcommand)]
pub(crate) enum CustodyCommand {
    /// The orders and submissions that stand in doubt
    List,
    /// Say that one stands
    Confirm(ConfirmArgs),
    /// Say that one does not stand
    Refuse(RefuseArgs),
}

/// Arguments of `custody confirm`.
#[derive(Debug, Args)]
pub(crate) struct ConfirmArgs {
    /// The entry, or the beginning of it
    entry: String,
    /// Why
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    reason: String,
}

/// Arguments of `custody refuse`.
#[derive(Debug, Args)]
pub(crate) struct RefuseArgs {
    /// The entry, or the beginning of it
    entry: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Runs it.
pub(crate) async fn run(command: CustodyCommand, context: &Context) -> Result<Answer, Failure> {
    let lang = context.lang();
    let mut client = context.connect().await?.custody();
    match command {
        CustodyCommand::List => {
            let answer = client.list(ListDoubtsRequest {}).await?.into_inner();
            let exit = Exit::attention_if(!answer.doubts.is_empty());
            Ok(Answer::new(&answer, list(&answer.doubts, lang))?.with_exit(exit))
        }
        CustodyCommand::Confirm(ConfirmArgs { entry, reason }) => {
            let answer = client.confirm(ConfirmCustodyRequest { entry, reason }).await?.into_inner();
            let entry = named(answer.doubt.as_ref());
            let page = Page::new(lang).say(format!("{entry} stands from now on"), format!("{entry} 自此有效"));
            Answer::new(&answer, page.into_text())
        }
        CustodyCommand::Refuse(RefuseArgs { entry, reason }) => {
            let answer = client.refuse(RefuseCustodyRequest { entry, reason }).await?.into_inner();
            let entry = named(answer.doubt.as_ref());
            let page = Page::new(lang).say(format!("{entry} does not stand"), format!("{entry} 无效"));
            Answer::new(&answer, page.into_text())
        }
    }
}

fn named(doubt: Option<&DoubtRow>) -> String {
    doubt.map(|doubt| short(&doubt.entry).to_owned()).unwrap_or_default()
}

fn list(rows: &[DoubtRow], lang: Lang) -> Text {
    let mut table = Table::new(lang, &[Word::Hash, Word::Division, Word::When]);
    for row in rows {
        table.row(cells![short(&row.entry), row.division, moment(row.at_ms)]);
    }
    let said = rows.iter().flat_map(|row| plain(&sentence(row, lang), &format!("{}  ", short(&row.entry)), 14));
    Page::new(lang)
        .table(&table, ("nothing stands in doubt", "没有存疑事项"))
        .lines(said)
        .say_if(
            rows.iter().any(|row| row.is_mine),
            "say whether it stands: `gongkai custody confirm ENTRY`, or `gongkai custody refuse ENTRY --reason TEXT`",
            "请确认是否有效：`gongkai custody confirm 条目`，或 `gongkai custody refuse 条目 --reason 理由`",
        )
        .into_text()
}

fn sentence(row: &DoubtRow, lang: Lang) -> String {
    let DoubtRow { division, author, operator, from, to, catalog, said_at, .. } = row;
    let what = match (row.kind.as_str(), row.reason.as_str()) {
        ("order", _) => lang.pick(
            format!("{operator} at {author} ordered that the catalogs of {division} go from {from} to {to}"),
            format!("{author} 的 {operator} 要求将 {division} 的目录由 {from} 改为 {to} 维护"),
        ),
        (_, "taken") => lang.pick(
            format!("{operator} at {author} submitted {catalog} under custody that was taken from {division}"),
            format!("{author} 的 {operator} 依据未经 {division} 同意的维护权报送 {catalog}"),
        ),
        _ => lang.pick(
            format!("{operator} at {author} submitted {catalog} and does not keep it"),
            format!("{author} 的 {operator} 报送 {catalog}，但并非其维护单位"),
        ),
    };
    let at = said_at.join(lang.pick(" or ", "或"));
    lang.pick(format!("{what}; {at} can say whether it stands"), format!("{what}；由 {at} 确认是否有效"))
}
