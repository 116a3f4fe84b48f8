//! The answers about standards for people.
//!
//! Invariant: nothing here asks or decides; JSON never passes here.

use gongkai_proto::admin::v1::{
    CompareStandardResponse, ImportStandardResponse, ItemDifference, ListStandardsResponse, OfferStandardResponse,
    SendStandardResponse, ShowStandardResponse, StandardRow,
};

use crate::{
    commands::short,
    ui::{Lang, Line, Page, Table, Text, Word, cells, difference_lines, state_word},
};

pub(super) fn imported(response: &ImportStandardResponse, lang: Lang) -> Text {
    let row = response.standard.clone().unwrap_or_default();
    let mut findings = Table::new(lang, &[Word::Kind, Word::Sheet, Word::Message]);
    for warning in &response.warnings {
        findings.row(cells![warning.code, warning.cell, warning.message]);
    }
    for rejected in &response.rejected {
        findings.row(cells![rejected.code, format!("{}!{}", rejected.sheet, rejected.range), rejected.message]);
    }
    let change = format!("+{} ~{} -{} ={}", response.added, response.changed, response.removed, response.unchanged);
    Page::new(lang)
        .facts(&[
            (Word::Standard, &row.standard),
            (Word::Domain, &row.domain_name),
            (Word::PrintedVersion, &row.version),
            (Word::Title, &row.title),
            (Word::Items, &row.items),
            (Word::Change, &change),
            (Word::Revision, &short(&row.revision)),
        ])
        .say_if(response.dry_run, "a dry run: nothing was kept", "试运行：未保留任何内容")
        .say_if(!response.is_new, "this version is here already; nothing was written", "该版本已存在，未写入任何内容")
        .say_if(
            response.is_new && !response.dry_run,
            format!("kept as a draft; hand it down with `gongkai standard send {}`", row.standard),
            format!("已存为草稿；用 `gongkai standard send {}` 下发", row.standard),
        )
        .table(&findings, ("no finding", "没有发现问题"))
        .into_text()
}

pub(super) fn list(response: &ListStandardsResponse, lang: Lang) -> Text {
    let head = [
        Word::Standard,
        Word::Domain,
        Word::Kind,
        Word::PrintedVersion,
        Word::State,
        Word::Items,
        Word::Authority,
        Word::Revision,
    ];
    let mut table = Table::new(lang, &head);
    for row in &response.standards {
        let mut line = cells![row.standard, row.domain_name, state_word(&row.kind, lang), row.version];
        line.push(table.state(&row.state));
        line.extend(cells![row.items, row.authority, short(&row.revision)]);
        table.row(line);
    }
    Page::new(lang).table(&table, ("no standard is known here", "这里还没有标准目录")).into_text()
}

fn facts(page: Page, row: &StandardRow, lang: Lang) -> Page {
    page.facts(&[
        (Word::Standard, &row.standard),
        (Word::Domain, &row.domain_name),
        (Word::Kind, &state_word(&row.kind, lang)),
        (Word::PrintedVersion, &row.version),
        (Word::DocumentNo, &row.doc_no),
        (Word::Authority, &row.authority),
        (Word::State, &state_word(&row.state, lang)),
        (Word::Items, &row.items),
        (Word::Message, &row.note),
        (Word::Revision, &short(&row.revision)),
    ])
}

pub(super) fn show(response: &ShowStandardResponse, lang: Lang) -> Text {
    let row = response.standard.clone().unwrap_or_default();
    let mut items = Table::new(lang, &[Word::Serial, Word::Item, Word::TimeLimit, Word::Provenance, Word::ItemId]);
    for item in &response.items {
        let provenance = state_word(&item.provenance, lang);
        items.row(cells![item.serial, item.name, item.time_limit_text, provenance, item.item_id]);
    }
    let mut uses = Table::new(lang, &[Word::Catalog, Word::Division, Word::PrintedVersion, Word::State]);
    for user in &response.uses {
        let state = if user.is_in_force { "in-force" } else { "superseded" };
        let mut line = cells![user.catalog, user.division_name, user.version];
        line.push(uses.state(state));
        uses.row(line);
    }
    facts(Page::new(lang), &row, lang)
        .table(&items, ("no item", "没有事项"))
        .table(&uses, ("no catalog here stands on it", "这里没有目录采用该标准"))
        .into_text()
}

pub(super) fn sent(response: &SendStandardResponse, lang: Lang) -> Text {
    let row = response.standard.clone().unwrap_or_default();
    let divisions = response.divisions;
    facts(Page::new(lang), &row, lang)
        .say(format!("handed down to the {divisions} divisions below"), format!("已下发至下级 {divisions} 个区划"))
        .into_text()
}

pub(super) fn offered(response: &OfferStandardResponse, lang: Lang) -> Text {
    Page::new(lang)
        .facts(&[
            (Word::Catalog, &response.catalog),
            (Word::Revision, &short(&response.revision)),
            (Word::Items, &response.items),
        ])
        .say("offered as a template; a level above hands it down", "已作为模板提供，由上级下发")
        .into_text()
}

pub(super) fn compared(response: &CompareStandardResponse, lang: Lang) -> Text {
    let row = response.standard.clone().unwrap_or_default();
    let (same, changed) = (response.same, response.changed.len());
    let (missing, extra) = (response.missing.len(), response.extra.len());
    let provenance: Vec<String> =
        response.provenance.iter().map(|(word, count)| format!("{} {count}", state_word(word, lang))).collect();
    let named = if response.named_version.is_empty() { "-" } else { &response.named_version };
    Page::new(lang)
        .facts(&[
            (Word::Catalog, &response.catalog),
            (Word::Standard, &row.standard),
            (Word::PrintedVersion, &row.version),
            (Word::StandsOn, &named),
            (Word::Provenance, &provenance.join(lang.pick(", ", "、"))),
        ])
        .say(
            format!("{same} items say the same, {changed} deviate, {missing} are missing, {extra} are extra"),
            format!("一致 {same} 项，不同 {changed} 项，缺少 {missing} 项，多出 {extra} 项"),
        )
        .lines(names("missing", &response.missing, lang))
        .lines(response.changed.iter().flat_map(|item| difference_lines(item, lang)))
        .lines(names("extra", &response.extra, lang))
        .into_text()
}

/// One line an item that only one side has.
fn names(word: &str, items: &[ItemDifference], lang: Lang) -> Vec<Line> {
    let word = state_word(word, lang).into_owned();
    items.iter().map(|item| format!("{word} {} {} ({})", item.serial, item.name, item.item_id).into()).collect()
}
