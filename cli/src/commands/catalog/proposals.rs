//! `gongkai catalog proposals`, `accept`, `decline`: the reviewers' suggested wordings, one by one.
//!
//! Invariant: a wording is shown against the item as the reviewer read it; what the owner edited since stands beside it.

use clap::Args;
use gongkai_proto::admin::v1::{
    AnswerProposalRequest, AnswerProposalResponse, ListProposalsRequest, ListProposalsResponse, Proposal,
};

use crate::{
    commands::{Answer, Context, Exit, short},
    errors::Failure,
    ui::{Lang, Line, Page, Text, difference_lines, moment, plain, state_word},
};

const INDENT: &str = "    ";
const HANG: usize = 8;

/// Arguments of `catalog proposals`.
#[derive(Debug, Args)]
pub(crate) struct ProposalsArgs {
    /// The catalog, written division/domain; all when not given
    #[arg(default_value = "", hide_default_value = true)]
    catalog: String,
    /// Also those that are answered
    #[arg(long)]
    all: bool,
}

/// Arguments of `catalog accept`.
#[derive(Debug, Args)]
pub(crate) struct AcceptArgs {
    /// The proposal's hash, or a unique beginning of it
    proposal: String,
}

/// Arguments of `catalog decline`.
#[derive(Debug, Args)]
pub(crate) struct DeclineArgs {
    /// The proposal's hash, or a unique beginning of it
    proposal: String,
    /// Why not; the reviewer reads it
    #[arg(long)]
    reason: String,
}

/// Lists them; one that does not fit any more needs a person.
pub(super) async fn list(args: ProposalsArgs, context: &Context) -> Result<Answer, Failure> {
    let request = ListProposalsRequest { catalog: args.catalog, all: args.all };
    let response = context.connect().await?.catalog().proposals(request).await?.into_inner();
    let is_overtaken = response.proposals.iter().any(|proposal| proposal.state == "overtaken");
    Ok(Answer::new(&response, list_text(&response, context.lang()))?.with_exit(Exit::attention_if(is_overtaken)))
}

pub(super) async fn accept(args: AcceptArgs, context: &Context) -> Result<Answer, Failure> {
    let request = AnswerProposalRequest { proposal: args.proposal, reason: String::new() };
    let response = context.connect().await?.catalog().accept(request).await?.into_inner();
    Answer::new(&response, answer_text(&response, context.lang()))
}

pub(super) async fn decline(args: DeclineArgs, context: &Context) -> Result<Answer, Failure> {
    let request = AnswerProposalRequest { proposal: args.proposal, reason: args.reason };
    let response = context.connect().await?.catalog().decline(request).await?.into_inner();
    Answer::new(&response, answer_text(&response, context.lang()))
}

fn list_text(response: &ListProposalsResponse, lang: Lang) -> Text {
    let mut page = Page::new(lang);
    for (place, proposal) in response.proposals.iter().enumerate() {
        if place > 0 {
            page = page.gap();
        }
        page = page.lines(lines(proposal, lang));
    }
    page.say_if(response.proposals.is_empty(), "no proposal waits", "没有待答复的修改建议").into_text()
}

fn answer_text(response: &AnswerProposalResponse, lang: Lang) -> Text {
    let mut page = Page::new(lang).say_if(
        response.unchanged,
        "this had been answered so before; nothing was written",
        "此前已如此答复，未重复写入",
    );
    if let Some(proposal) = &response.proposal {
        page = page.lines(lines(proposal, lang));
    }
    page.into_text()
}

/// A proposal: who suggests what, element by element, and what became of it.
pub(crate) fn lines(proposal: &Proposal, lang: Lang) -> Vec<Line> {
    let state = match proposal.state.as_str() {
        // A review that is open waits for its reviewer; this waits for the owner.
        "open" => lang.pick("open", "待答复").into(),
        other => state_word(other, lang),
    };
    let (hash, catalog) = (short(&proposal.proposal), &proposal.catalog);
    let mut lines = vec![Line::from(format!("{} {hash}  {state}  {catalog}", lang.pick("proposal", "修改建议")))];
    let who = format!("{} {} {}", lang.pick("by", "建议人"), proposal.operator, moment(proposal.at_ms));
    lines.push(format!("{INDENT}{who}").into());
    if !proposal.note.is_empty() {
        lines.extend(plain(&proposal.note, &format!("{INDENT}{}", lang.pick("why: ", "理由：")), HANG));
    }
    lines.extend(proposal.difference.iter().flat_map(|found| difference_lines(found, lang)));
    if let Some(edit) = &proposal.edited_since {
        lines.push(format!("{INDENT}{}", lang.pick("the owner's edit since:", "填报单位此后的修改：")).into());
        lines.extend(difference_lines(edit, lang));
    }
    if !proposal.answered_by.is_empty() {
        let at = moment(proposal.answered_at_ms);
        let said = format!("{state} {} {at} {}", proposal.answered_by, proposal.reason);
        lines.extend(plain(said.trim_end(), INDENT, HANG));
    }
    if !proposal.conflict.is_empty() {
        let id = &proposal.conflict;
        let merged = lang.pick(
            format!("settled together with a later edit (conflict {id})"),
            format!("与此后的修改一并处理（冲突 {id}）"),
        );
        lines.extend(plain(&merged, INDENT, HANG));
    }
    if !proposal.revision.is_empty() {
        lines.push(format!("{INDENT}{} {}", lang.pick("draft revision", "草稿版本"), short(&proposal.revision)).into());
    }
    lines
}
