//! `gongkai erase`: content that the law says must go.
//!
//! Invariant: one person asks, another confirms above; nothing of the content is printed.

use clap::{Args, Subcommand};
use gongkai_proto::admin::v1::{AskErasureRequest, ConfirmErasureRequest, ErasureRow, ListErasuresRequest};

use super::{Answer, Context, Exit, short};
use crate::{
    errors::Failure,
    ui::{Lang, Page, Table, Text, Word, cells, moment, plain, state_word},
};

/// What `gongkai erase` can do.
#[derive(Debug, Subcommand)]
pub(crate) enum EraseCommand {
    /// Ask that an item's content, or people's words in an entry, be removed everywhere
    Ask(AskArgs),
    /// The requests known here, the open ones first
    List(ListArgs),
    /// Say yes to a request of a node below
    Confirm(ConfirmArgs),
}

/// Arguments of `erase ask`.
#[derive(Debug, Args)]
pub(crate) struct AskArgs {
    /// The catalog, written division/domain
    catalog: String,
    /// The item's id
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true, required_unless_present = "entry")]
    item: String,
    /// The entry whose words go: a note, a reason, an opinion; its hash or the beginning of it
    #[arg(long, value_name = "HASH", default_value = "", hide_default_value = true, conflicts_with_all = ["item", "content"])]
    entry: String,
    /// Which of its contents, if it had several: a digest or its beginning
    #[arg(long, value_name = "DIGEST", default_value = "", hide_default_value = true)]
    content: String,
    /// Under which law, such as 《个人信息保护法》第四十七条
    #[arg(long, value_name = "LAW")]
    law: String,
    /// Why, without the words that must go
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Only say what would be asked
    #[arg(long)]
    dry_run: bool,
}

/// Arguments of `erase list`.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Only this catalog's, written division/domain
    #[arg(default_value = "", hide_default_value = true)]
    catalog: String,
}

/// Arguments of `erase confirm`.
#[derive(Debug, Args)]
pub(crate) struct ConfirmArgs {
    /// The request, or the beginning of it
    request: String,
}

/// Runs it.
pub(crate) async fn run(command: EraseCommand, context: &Context) -> Result<Answer, Failure> {
    let lang = context.lang();
    match command {
        EraseCommand::Ask(args) => {
            let AskArgs { catalog, item, entry, content, law, reason, dry_run } = args;
            let request = AskErasureRequest { catalog, item, content, basis: law, reason, is_dry_run: dry_run, entry };
            let answer = context.connect().await?.erase().ask(request).await?.into_inner();
            let (entries, at) = (answer.entries, &answer.confirmed_at);
            let page = match (answer.is_dry_run, answer.request.is_empty()) {
                (true, _) => Page::new(lang).say(
                    format!("would ask: {entries} entries hold the content; confirmed at {at}"),
                    format!("将提出申请：{entries}条日志含有该内容；由 {at} 确认"),
                ),
                (false, true) => Page::new(lang).say("the content is gone already", "该内容已经删除"),
                (false, false) => {
                    let request = short(&answer.request);
                    Page::new(lang).say(
                        format!("asked as {request}: {entries} entries hold the content; to be confirmed at {at}"),
                        format!("已提出申请 {request}：{entries}条日志含有该内容；待 {at} 确认"),
                    )
                }
            };
            Answer::new(&answer, page.into_text())
        }
        EraseCommand::List(args) => {
            let request = ListErasuresRequest { catalog: args.catalog };
            let answer = context.connect().await?.erase().list(request).await?.into_inner();
            let exit = Exit::attention_if(answer.erasures.iter().any(|row| row.is_mine));
            Ok(Answer::new(&answer, list(&answer.erasures, lang))?.with_exit(exit))
        }
        EraseCommand::Confirm(args) => {
            let request = ConfirmErasureRequest { request: args.request };
            let answer = context.connect().await?.erase().confirm(request).await?.into_inner();
            let count = answer.entries;
            let page = Page::new(lang).say(
                format!(
                    "confirmed: {count} entries lose the content, here now and at other nodes when they hear of it"
                ),
                format!("已确认：{count}条日志删除该内容，本节点即时生效，其他节点收到后生效"),
            );
            Answer::new(&answer, page.into_text())
        }
    }
}

fn list(rows: &[ErasureRow], lang: Lang) -> Text {
    let mut table = Table::new(lang, &[Word::Hash, Word::Catalog, Word::State, Word::When]);
    for row in rows {
        table.row(cells![short(&row.request), row.catalog, state_word(&row.state, lang), moment(row.at_ms)]);
    }
    let said = rows.iter().flat_map(|row| {
        let grounds = format!("{}{} {} {} {}", row.item, short(&row.entry), row.operator, row.basis, row.reason);
        plain(&grounds, &format!("{}  ", short(&row.request)), 14)
    });
    Page::new(lang).table(&table, ("nothing was asked", "没有申请")).lines(said).into_text()
}
