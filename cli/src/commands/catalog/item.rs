//! `gongkai catalog show --item`: one item, each element beside the cells that it was read from, within 80 columns.
//!
//! Invariant: every cell that was kept is shown, also where nothing could be made of it. Nothing here asks or decides;
//! JSON never passes here.

use gongkai_proto::admin::v1::{Item, ItemSource, ShowCatalogResponse, TimeLimit};
use serde_json::Value;

use crate::ui::{Lang, Line, Page, Text, Word, element_word, moment, plain, state_word, value_word};

/// The elements in the order of the official columns, each with fields that tell more of it.
const ELEMENTS: [(&str, &[&str]); 21] = [
    ("level1", &[]),
    ("level2", &[]),
    ("level3", &[]),
    ("content", &[]),
    ("basis", &[]),
    ("time_limit_text", &[]),
    ("subject", &[]),
    ("channels", &["channels_other"]),
    ("channels_optional", &[]),
    ("audience", &["audience_specific"]),
    ("disclosure_mode", &[]),
    ("withhold_reason", &[]),
    ("levels", &[]),
    ("extent", &[]),
    ("five_open", &[]),
    ("stage", &[]),
    ("responsible_dept", &[]),
    ("guideline_ref", &[]),
    ("power_list_ref", &[]),
    ("effective_from", &[]),
    ("effective_to", &[]),
];
const INDENT: &str = "    ";
const HANG: usize = 8;
/// Blanks before the cells of an element, and before their further lines.
const CELL_INDENT: &str = "        ";
const CELL_HANG: usize = 12;

pub(super) fn text(response: &ShowCatalogResponse, lang: Lang) -> Text {
    let mut page = Page::new(lang);
    for item in &response.items {
        let source = item.source.clone().unwrap_or_default();
        page = page.facts(&[
            (Word::Catalog, &response.catalog),
            (Word::Revision, &response.revision),
            (Word::Item, &item.name),
            (Word::ItemId, &item.item_id),
            (Word::Serial, &item.serial),
            (Word::State, &state_word(&item.status, lang)),
            (Word::Place, &place(&source)),
            (Word::When, &if source.imported_at_ms == 0 { String::new() } else { moment(source.imported_at_ms) }),
            (Word::FileDigest, &source.file_digest),
        ]);
        let is_kept = item.source.is_some();
        page = page
            .say_if(!is_kept, "no cells are kept here: it was not imported at this node", "本节点没有留存导入原文")
            .say_if(
                source.is_changed_since,
                "the item was changed after the import: its cells are older than what it says",
                "导入后事项已修改：原文早于现有内容",
            )
            .say_if(source.is_cut, "the cells were too long to be kept whole", "原文过长，只留存了一部分")
            .lines(element_lines(item, &source, lang))
            .lines(item.errors.iter().map(|error| format!("! {error}")));
    }
    page.into_text()
}

fn place(source: &ItemSource) -> String {
    if source.row == 0 { String::new() } else { format!("{}  {}!{}", source.file, source.sheet, source.row) }
}

fn element_lines(item: &Item, source: &ItemSource, lang: Lang) -> Vec<Line> {
    let fields = serde_json::to_value(item).unwrap_or_default();
    let mut lines = Vec::new();
    let mut shown: Vec<&str> = vec!["serial"];
    for (element, more) in ELEMENTS {
        let mut values = labels(element, &fields[element], lang);
        values.extend(more.iter().flat_map(|field| labels(field, &fields[*field], lang)));
        lines.extend(lines_of(element, &values, source, lang));
        if element == "time_limit_text" {
            lines.extend(item.time_limit.iter().flat_map(|clause| clause_lines(clause, lang)));
        }
        shown.push(element);
    }
    let extra: Vec<String> = item.extra.keys().map(|head| format!("extra.{head}")).collect();
    let known = extra.iter().map(String::as_str).chain(source.elements.values().map(String::as_str));
    for element in known.collect::<std::collections::BTreeSet<&str>>() {
        if !shown.contains(&element) {
            let value = element.strip_prefix("extra.").and_then(|head| item.extra.get(head)).cloned();
            lines.extend(lines_of(element, value.as_slice(), source, lang));
        }
    }
    lines
}

/// An element, and below it its cells; nothing where there is neither.
fn lines_of(element: &str, values: &[String], source: &ItemSource, lang: Lang) -> Vec<Line> {
    let value = values.join("、");
    let cells = cells_of(element, source);
    if value.is_empty() && cells.is_empty() {
        return Vec::new();
    }
    let word = element_word(element, lang);
    let none = lang.pick("(nothing was read)", "(未能读出)");
    let mut lines = plain(if value.is_empty() { none } else { &value }, &format!("{INDENT}{word}  "), HANG);
    for (cell, text) in cells {
        let head = format!("{CELL_INDENT}{} {}!{cell}  ", lang.pick("cell", "原文"), source.sheet);
        let said = if *text == value { lang.pick("(the same words)", "(文字相同)") } else { text };
        lines.extend(plain(said, &head, CELL_HANG));
    }
    lines
}

/// The cells that were read as an element, in the order of rows and columns.
fn cells_of<'s>(element: &str, source: &'s ItemSource) -> Vec<(&'s String, &'s String)> {
    let column = |cell: &str| cell.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
    let row = |cell: &str| cell.trim_start_matches(|c: char| c.is_ascii_alphabetic()).parse::<u32>().unwrap_or(0);
    let is_meant = |cell: &str| source.elements.get(&column(cell)).is_some_and(|found| found == element);
    let mut cells: Vec<(&String, &String)> = source.raw.iter().filter(|(cell, _)| is_meant(cell)).collect();
    cells.sort_by_key(|(cell, _)| (row(cell), column(cell).len(), column(cell)));
    cells
}

/// A value of the item as a person reads it.
fn labels(element: &str, value: &Value, lang: Lang) -> Vec<String> {
    match value {
        Value::String(text) if !text.is_empty() => vec![value_word(element, text, lang)],
        Value::Array(list) => list.iter().flat_map(|one| labels(element, one, lang)).collect(),
        Value::Object(basis) => {
            let field = |name: &str| basis.get(name).and_then(Value::as_str).unwrap_or_default();
            let number = field("doc_no");
            let number = if number.is_empty() { String::new() } else { format!("({number})") };
            vec![format!("《{}》{number}{}", field("title"), field("article"))]
        }
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

/// What a clause of a time limit was read as.
fn clause_lines(clause: &TimeLimit, lang: Lang) -> Vec<Line> {
    let number = clause.number.map(|number| number.to_string());
    let words = [clause.unit.as_deref(), clause.period.as_deref(), clause.trigger.as_deref()];
    let words = words.into_iter().flatten().map(|word| limit_word(word, lang));
    let told: Vec<String> =
        [limit_word(&clause.kind, lang)].into_iter().chain(number).chain(words).filter(|w| !w.is_empty()).collect();
    plain(&told.join(" "), &format!("{CELL_INDENT}{} ", lang.pick("read as", "读作")), CELL_HANG)
}

/// Kinds, units and periods of time limits for people; a trigger, and what a newer daemon says, as it came.
fn limit_word(word: &str, lang: Lang) -> String {
    const ZH: [(&str, &str); 19] = [
        ("within-days", "限期"),
        ("timely", "及时"),
        ("periodic", "定期"),
        ("permanent", "长期"),
        ("before-event", "事前"),
        ("publicity", "公示"),
        ("same-as", "同上"),
        ("other", "其他"),
        ("working-day", "个工作日"),
        ("calendar-day", "日"),
        ("hour", "小时"),
        ("week", "周"),
        ("month", "月"),
        ("year", "年"),
        ("day", "每日"),
        ("quarter", "季度"),
        ("half-year", "半年"),
        ("immediately", "即时"),
        ("statutory", "法定"),
    ];
    let zh = || ZH.iter().find(|(known, _)| *known == word).map(|(_, zh)| (*zh).to_owned());
    match lang {
        Lang::Zh => zh().unwrap_or_else(|| word.to_owned()),
        Lang::En => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use gongkai_proto::admin::v1::Basis;
    use unicode_width::UnicodeWidthStr as _;

    use super::*;

    fn sample() -> ShowCatalogResponse {
        let pairs = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let source = ItemSource {
            file: "救助.xlsx".to_owned(),
            sheet: "目录".to_owned(),
            row: 4,
            raw: pairs(&[("B3", "综合业务"), ("E10", "《办法》"), ("E4", "同上"), ("F4", "20个工作日内"), ("M4", "?")]),
            elements: pairs(&[("B", "level1"), ("E", "basis"), ("F", "time_limit_text"), ("M", "levels")]),
            ..ItemSource::default()
        };
        let item = Item {
            name: "监督检查".to_owned(),
            level1: "综合业务".to_owned(),
            basis: vec![Basis { title: "社会救助暂行办法".to_owned(), ..Basis::default() }],
            time_limit_text: "20个工作日内".to_owned(),
            content: "举报电话、投诉渠道、办理时限、办理结果".repeat(6),
            channels: vec!["gov-website".to_owned()],
            source: Some(source),
            ..Item::default()
        };
        ShowCatalogResponse { items: vec![item], ..ShowCatalogResponse::default() }
    }

    #[test]
    fn an_element_stands_above_the_cells_that_it_was_read_from() {
        let text = text(&sample(), Lang::Zh);
        let lines: Vec<&str> = text.lines().collect();
        let basis = lines.iter().position(|line| line.contains("公开依据  《社会救助暂行办法》")).unwrap_or_default();
        assert_eq!(
            lines[basis + 1..basis + 3],
            ["        原文 目录!E4  同上", "        原文 目录!E10  《办法》"],
            "{text}"
        );
        assert!(text.contains("原文 目录!F4  (文字相同)") && text.contains("公开渠道和载体  政府网站"), "{text}");
        // A cell of which nothing could be made is shown all the same.
        assert!(text.contains("公开层级  (未能读出)\n        原文 目录!M4  ?"), "{text}");
        assert!(lines.iter().all(|line| line.width() <= 80), "{text}");
    }
}
