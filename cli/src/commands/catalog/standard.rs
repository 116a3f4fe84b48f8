//! `gongkai catalog start` and `catalog rebase`: a catalog on a standard.
//!
//! Invariant: both give a draft that is reviewed like any other; where both sides changed one element a person decides,
//! with --take and --keep or as a conflict, before anything is kept.

use clap::Args;
use gongkai_proto::admin::v1::{
    RebaseCatalogRequest, RebaseCatalogResponse, RebasedItem, StandardClash, StartCatalogRequest, StartCatalogResponse,
};

use crate::{
    commands::{Answer, Context, Exit, short},
    errors::Failure,
    ui::{Lang, Line, Page, Text, Word, difference_lines, field_word, state_word},
};

/// Arguments of `catalog start`.
#[derive(Debug, Args)]
pub(crate) struct StartArgs {
    /// The standard, written division/domain/name (or its name with --domain); `@` and a version for another one
    #[arg(long, value_name = "STANDARD")]
    from_standard: String,
    /// The domain, where the standard is named by its last part alone
    #[arg(long, value_name = "SLUG", default_value = "", hide_default_value = true)]
    domain: String,
    /// Whose catalog it is, where the node holds several divisions' catalogs
    #[arg(long, default_value = "", hide_default_value = true)]
    division: String,
    /// Report only
    #[arg(long)]
    dry_run: bool,
}

/// Arguments of `catalog rebase`.
#[derive(Debug, Args)]
pub(crate) struct RebaseArgs {
    /// The catalog, written division/domain
    catalog: String,
    /// The standard; when not given the one that the catalog stands on, in its version in force
    #[arg(long, value_name = "STANDARD", default_value = "", hide_default_value = true)]
    onto: String,
    /// Take the standard's words for this item (id or serial) where both sides changed it; may be repeated
    #[arg(long, value_name = "ITEM")]
    take: Vec<String>,
    /// Keep the catalog's words for this item where both sides changed it; may be repeated
    #[arg(long, value_name = "ITEM")]
    keep: Vec<String>,
    /// Why, for the reviewer
    #[arg(long, default_value = "", hide_default_value = true)]
    reason: String,
    /// Report only
    #[arg(long)]
    dry_run: bool,
}

/// Begins a catalog.
pub(super) async fn start(args: StartArgs, context: &Context) -> Result<Answer, Failure> {
    let request = StartCatalogRequest {
        standard: args.from_standard,
        domain: args.domain,
        division: args.division,
        dry_run: args.dry_run,
    };
    let response = context.connect().await?.standard().start(request).await?.into_inner();
    Answer::new(&response, started(&response, context.lang()))
}

/// Moves a catalog.
pub(super) async fn rebase(args: RebaseArgs, context: &Context) -> Result<Answer, Failure> {
    let request = RebaseCatalogRequest {
        catalog: args.catalog,
        standard: args.onto,
        take: args.take,
        keep: args.keep,
        reason: args.reason,
        dry_run: args.dry_run,
    };
    let response = context.connect().await?.standard().rebase(request).await?.into_inner();
    let exit = Exit::attention_if(response.needs_person);
    Ok(Answer::new(&response, rebased(&response, context.lang()))?.with_exit(exit))
}

fn started(response: &StartCatalogResponse, lang: Lang) -> Text {
    Page::new(lang)
        .facts(&[
            (Word::Catalog, &response.catalog),
            (Word::Standard, &response.standard),
            (Word::PrintedVersion, &response.version),
            (Word::Items, &response.items),
            (Word::Revision, &short(&response.revision)),
        ])
        .say_if(response.dry_run, "a dry run: nothing was kept", "试运行：未保留任何内容")
        .say_if(!response.dry_run, "begun as a draft", "已建立草稿")
        .into_text()
}

fn rebased(response: &RebaseCatalogResponse, lang: Lang) -> Text {
    let from = if response.from_version.is_empty() { "-" } else { &response.from_version };
    let versions = format!("{from} → {}", response.to_version);
    let outcomes: Vec<String> =
        response.outcomes.iter().map(|(word, count)| format!("{} {count}", state_word(word, lang))).collect();
    Page::new(lang)
        .facts(&[
            (Word::Catalog, &response.catalog),
            (Word::Standard, &response.standard),
            (Word::PrintedVersion, &versions),
            (Word::Outcome, &outcomes.join(lang.pick(", ", "、"))),
            (Word::Revision, &short(&response.revision)),
        ])
        .lines(response.items.iter().flat_map(|item| item_lines(item, lang)))
        .say_if(response.dry_run, "a dry run: nothing was kept", "试运行：未保留任何内容")
        .say_if(!response.is_new, "nothing changes", "没有变化")
        .say_if(
            response.needs_person,
            "a person must decide the clashes: `gongkai conflict list` names the conflict; or --take ITEM, --keep ITEM",
            "冲突须由人决定：见 `gongkai conflict list`，或用 `--take 事项`（采用标准）、`--keep 事项`（保留本地）",
        )
        .into_text()
}

/// An item's outcome, its clashes, and what still deviates from the standard.
fn item_lines(item: &RebasedItem, lang: Lang) -> Vec<Line> {
    let difference = item.difference.clone().unwrap_or_default();
    let word = state_word(&item.outcome, lang);
    let mut lines = vec![Line::from(format!("[{word}] {} {}", difference.serial, difference.name))];
    lines.extend(item.clashes.iter().flat_map(|clash| clash_lines(clash, lang)));
    if item.outcome == "kept" || item.outcome == "merged" {
        // The heading says the name already.
        lines.extend(difference_lines(&difference, lang).into_iter().skip(1));
    }
    lines
}

fn clash_lines(clash: &StandardClash, lang: Lang) -> Vec<Line> {
    let element =
        if clash.element.is_empty() { lang.pick("the whole item", "整项") } else { field_word(&clash.element, lang) };
    let gone = lang.pick("(gone)", "（无）");
    let side = |word: &str, text: &str| format!("      {word}{}", if text.is_empty() { gone } else { text }).into();
    vec![
        format!("    {element}").into(),
        side(lang.pick("before: ", "原标准："), &clash.base),
        side(lang.pick("standard: ", "新标准："), &clash.standard),
        side(lang.pick("here: ", "本地："), &clash.local),
    ]
}
