//! `gongkai status`: one page for a person who just sat down.
//!
//! Invariant: it ends with status 3 when something needs a person, so that a monitoring script needs nothing else.

use gongkai_proto::admin::v1::{NodeStatusRequest, NodeStatusResponse};

use super::{Answer, Context, Exit, intake, or_dash};
use crate::{
    errors::Failure,
    ui::{Lang, Page, Text, Word, moment, plain, state_word},
};

/// Blanks before what goes on of a warning.
const HANG: usize = 2;

/// Runs it.
pub(crate) async fn run(context: &Context) -> Result<Answer, Failure> {
    let response = context.connect().await?.node().status(NodeStatusRequest {}).await?.into_inner();
    let needs_person = response.conflicts > 0 || !response.warnings.is_empty();
    Ok(Answer::new(&response, text(&response, context))?.with_exit(Exit::attention_if(needs_person)))
}

fn text(response: &NodeStatusResponse, context: &Context) -> Text {
    let lang = context.lang();
    let head = [
        format!("{} {}", response.name, response.node),
        state_word(&response.level, lang).into_owned(),
        state_word(&response.state, lang).into_owned(),
    ];
    let warnings = response.warnings.iter().flat_map(|warning| {
        let mut lines = plain(&warning.message, &format!("{}: ", warning.code), HANG);
        lines.extend(plain(&warning.hint, &" ".repeat(HANG), HANG));
        lines
    });
    let (draft, review) = (response.catalogs_draft, response.catalogs_in_review);
    let (returned, approved) = (response.catalogs_returned, response.catalogs_approved);
    let intake = response.intake.iter().flat_map(|intake| intake::sentences(intake, lang));
    let mut page = Page::new(lang)
        .say(head.join(" · "), head.join(" · "))
        .say(
            format!("links: {} of {} connected", response.peers_connected, response.peers),
            format!("链路：{} 条，已连接 {} 条", response.peers, response.peers_connected),
        )
        .say(
            format!(
                "catalogs: {} ({draft} draft, {review} in review, {returned} returned, {approved} approved)",
                response.catalogs
            ),
            format!(
                "目录：{} 个（草稿 {draft}，审核中 {review}，已退回 {returned}，已通过 {approved}）",
                response.catalogs
            ),
        )
        .say(
            format!("waiting for a decision here: {}", response.reviews_waiting),
            format!("待本节点审核：{}", response.reviews_waiting),
        )
        .say_if(
            response.hold.is_some(),
            format!("held until heads are compared with {}", awaited(response, "a neighbour")),
            format!("已限制：须先与 {} 核对", awaited(response, "一个相邻节点")),
        )
        .say_if(
            response.conflicts > 0,
            format!("conflicts: {}", response.conflicts),
            format!("冲突：{}", response.conflicts),
        )
        .say_if(
            response.entries_ahead > 0,
            format!("times not to be believed: {} entries bear one far ahead (gongkai doctor)", response.entries_ahead),
            format!("不可信的时间：{} 条的时间远在将来（见 gongkai doctor）", response.entries_ahead),
        );
    for sentence in intake {
        page = page.say(&sentence, &sentence);
    }
    page.say_if(response.admin_refusals > 0, refusals(response, Lang::En), refusals(response, Lang::Zh))
        .facts(&[
            (Word::Edition, &or_dash(response.edition)),
            (Word::Entries, &response.entries),
            (Word::Version, &format!("{} ({})", response.version, moment(response.started_at_ms))),
        ])
        .lines(warnings)
        .say_if(response.warnings.is_empty(), "no warning", "没有告警")
        .into_text()
}

/// Who knocked at the admin port and was not let in.
fn refusals(response: &NodeStatusResponse, lang: Lang) -> String {
    let (count, last) = (response.admin_refusals, response.last_admin_refusal.clone().unwrap_or_default());
    let (remote, code, at) = (last.remote, last.code, moment(last.at_ms));
    lang.pick(
        format!("turned away at the admin port: {count}, the last {remote} at {at} ({code})"),
        format!("管理端口拒绝的连接：{count}，最近一次 {remote}，{at}（{code}）"),
    )
}

fn awaited(response: &NodeStatusResponse, nobody_known: &str) -> String {
    let awaited = response.hold.as_ref().map(|hold| hold.awaited.join(", ")).unwrap_or_default();
    if awaited.is_empty() { nobody_known.to_owned() } else { awaited }
}
