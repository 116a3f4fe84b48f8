//! `gongkai explain CODE|THING`: the page of an error code, or why something of this node is stuck.
//!
//! Invariant: a code that was ever shipped keeps its page and needs no daemon; a thing is explained by the daemon, with
//! its evidence. It ends 3 when a person must act.

use clap::Args;
use gongkai_proto::admin::v1::{ExplainFinding, ExplainRequest, ExplainResponse};

use super::{Answer, Context, Exit};
use crate::{
    errors::{Failure, Fault},
    explain::{self, Page as CodePage},
    ui::{Lang, Line, Page, Text, moment, state_word},
};

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// A code such as GK-SHEET-004; or of the node in --data: a division, a catalog, a conflict's id, the hash of a
    /// submission or another entry that is here or wanted, `hold`, `sync`, `publish`
    #[arg(required_unless_present = "list", value_name = "CODE|THING")]
    code: Option<String>,
    /// Print all codes
    #[arg(long, conflicts_with = "code")]
    list: bool,
}

/// Runs it.
pub(crate) async fn run(args: &ExplainArgs, context: &Context) -> Result<Answer, Failure> {
    match &args.code {
        Some(code) if is_code(code) => one(code, context.lang()),
        Some(thing) => explained(thing, context).await,
        None => all(context.lang()),
    }
}

/// Codes begin with the house's two letters; no division, catalog or hash does.
fn is_code(text: &str) -> bool {
    text.trim().get(..3).is_some_and(|start| start.eq_ignore_ascii_case("gk-"))
}

fn one(code: &str, lang: Lang) -> Result<Answer, Failure> {
    let code = code.trim().to_ascii_uppercase();
    let Some(page) = explain::page(&code) else {
        let nearest = explain::nearest(&code).map(str::to_owned);
        return Err(Fault::CodeUnknown { code, nearest }.into());
    };
    let (meaning, action) = page.in_language(lang);
    let text = Page::new(lang)
        .say(page.code, page.code)
        .say(meaning, meaning)
        .say(format!("what to do: {action}"), format!("处理办法：{action}"));
    Answer::new(&document(page, lang), text.into_text())
}

fn all(lang: Lang) -> Result<Answer, Failure> {
    let documents: Vec<_> = explain::pages().iter().map(|page| document(page, lang)).collect();
    let mut text = Page::new(lang);
    for page in explain::pages() {
        let line = format!("{}  {}", page.code, page.in_language(lang).0);
        text = text.say(&line, &line);
    }
    Answer::new(&serde_json::json!({ "codes": documents }), text.into_text())
}

fn document(page: &CodePage, lang: Lang) -> serde_json::Value {
    let (meaning, action) = page.in_language(lang);
    serde_json::json!({ "code": page.code, "meaning": meaning, "action": action })
}

async fn explained(thing: &str, context: &Context) -> Result<Answer, Failure> {
    let request = ExplainRequest { thing: thing.to_owned() };
    let response = context.connect().await?.explain().explain(request).await?.into_inner();
    let needs_person = response.state == "stuck";
    let answer = Answer::new(&response, text(&response, context.lang()))?;
    Ok(answer.with_exit(Exit::attention_if(needs_person)))
}

fn text(response: &ExplainResponse, lang: Lang) -> Text {
    let title = format!("{} · {}", response.thing, state_word(&response.state, lang));
    let mut page = Page::new(lang).say(&title, &title);
    for finding in &response.findings {
        page = page.lines(lines(finding, lang));
    }
    page.into_text()
}

/// Cause, evidence, action and actor of one finding, each on its own line.
fn lines(finding: &ExplainFinding, lang: Lang) -> Vec<Line> {
    let state = state_word(&finding.state, lang);
    let mut lines = vec![Line::default(), format!("[{state}] {}", finding.cause).into()];
    for fact in &finding.evidence {
        let at = fact.at.map(|at| format!(" ({})", moment(at))).unwrap_or_default();
        lines.push(format!("    {}: {}{at}", fact.name, fact.value).into());
    }
    let page = explain::page(&finding.code).map(|page| page.in_language(lang));
    let action = match page {
        // The daemon's hints are English; the page has both.
        Some((_, action)) if lang == Lang::Zh || finding.action.is_empty() => action,
        _ => finding.action.as_str(),
    };
    let (next, who) = lang.pick(("next", "who"), ("下一步", "由谁"));
    if !action.is_empty() {
        lines.push(format!("    {next}: {action}").into());
    }
    if !finding.who.is_empty() {
        lines.push(format!("    {who}: {}", finding.who).into());
    }
    if !finding.code.is_empty() {
        lines.push(format!("    {}: gongkai explain {}", lang.pick("more", "详见"), finding.code).into());
    }
    lines
}

#[cfg(test)]
mod tests {
    use gongkai_proto::admin::v1::ExplainEvidence;

    use super::*;

    #[test]
    fn codes_are_told_from_things() {
        for (text, is) in [("GK-SYNC-003", true), ("gk-sync-3", true), ("211221", false), ("sync", false), ("é", false)]
        {
            assert_eq!(is_code(text), is, "{text}");
        }
    }

    #[test]
    fn a_finding_shows_its_evidence_and_who_can_act() {
        let finding = ExplainFinding {
            state: "stuck".to_owned(),
            code: "GK-SYNC-003".to_owned(),
            cause: "c".to_owned(),
            evidence: vec![ExplainEvidence { name: "since".to_owned(), value: "9".to_owned(), at: None }],
            action: "a".to_owned(),
            who: "w".to_owned(),
            ..ExplainFinding::default()
        };
        let english = lines(&finding, Lang::En).join("\n");
        assert!(english.contains("    since: 9\n    next: a\n    who: w\n"), "{english}");
        let chinese = lines(&finding, Lang::Zh).join("\n");
        assert!(chinese.contains("[受阻] c") && !chinese.contains("下一步：a"), "the page's words: {chinese}");
    }
}
