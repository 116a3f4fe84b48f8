//! `gongkai explain CODE`: the page of an error code.
//!
//! Invariant: a code that was ever shipped keeps its page.

use clap::Args;

use super::{Answer, Context};
use crate::{
    errors::{Failure, Fault},
    explain::{self, Page as CodePage},
    ui::{Lang, Page},
};

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The code, such as GK-SHEET-004
    #[arg(required_unless_present = "list")]
    code: Option<String>,
    /// Print all codes
    #[arg(long, conflicts_with = "code")]
    list: bool,
}

/// Runs it.
pub(crate) fn run(args: &ExplainArgs, context: &Context) -> Result<Answer, Failure> {
    match &args.code {
        Some(code) => one(code, context.lang()),
        None => all(context.lang()),
    }
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
        .say(format!("what to do: {action}"), format!("处理办法:{action}"));
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
