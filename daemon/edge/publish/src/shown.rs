//! An item as people read it: labels for slugs, marks for sets; shared by pages and CSV.
//!
//! Invariant: nothing is dropped: a slug without a label is shown as it is, a value without a column goes to `more`.
//! Left out: HTML (templates escape), and the official workbook (sheets).

use gongkai_model::{
    item::{Basis, Item},
    vocabulary::{Terms, Vocabulary},
};

use crate::prepared::ReadyItem;

/// A choice of a cell: ■/√ when taken, □ when not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) label: String,
    pub(crate) is_ticked: bool,
    /// Text beside it: the specific group, the reason for withholding.
    pub(crate) note: String,
}

/// One item, ready for a template.
pub(crate) struct Shown {
    pub(crate) id: String,
    pub(crate) serial: String,
    pub(crate) name: String,
    pub(crate) level1: String,
    /// Level 1 is that of the row above: printed in a lighter colour.
    pub(crate) is_level1_repeated: bool,
    /// Level 2 where the name is level 3.
    pub(crate) above_name: String,
    pub(crate) content: String,
    pub(crate) basis: Vec<String>,
    pub(crate) time_limit: String,
    pub(crate) subject: Vec<String>,
    pub(crate) channels: Vec<Mark>,
    pub(crate) audience: Vec<Mark>,
    pub(crate) modes: Vec<Mark>,
    pub(crate) levels: Vec<Mark>,
    /// Fields without a column, label and text.
    pub(crate) more: Vec<(String, String)>,
    pub(crate) digest: String,
}

/// One column of marks: its label, which a narrow header breaks in two, and the slugs that tick it.
pub(crate) struct Column {
    pub(crate) heading: &'static str,
    pub(crate) below: &'static str,
    slugs: &'static [&'static str],
}

const fn column(heading: &'static str, below: &'static str, slugs: &'static [&'static str]) -> Column {
    Column { heading, below, slugs }
}

const AUDIENCE: &[Column] = &[column("全社会", "", &["public"]), column("特定", "群体", &["specific"])];
const MODES: &[Column] = &[column("主动", "", &["proactive"]), column("依申请", "公开", &["on-request"])];
/// The two official columns, and 市级 before them for catalogs of a city.
const LEVELS: &[Column] = &[
    column("市级", "", &["municipal", "prefecture"]),
    column("县级", "", &["county"]),
    column("乡级", "(村级)", &["township", "village", "township-village"]),
];

/// The columns of 公开层级: the two official ones, and 市级 before them where an item has it.
pub(crate) fn level_columns(items: &[ReadyItem<'_>]) -> &'static [Column] {
    let mut levels = items.iter().flat_map(|item| &item.item.levels);
    if levels.any(|level| LEVELS[0].slugs.contains(&level.as_str())) { LEVELS } else { &LEVELS[1..] }
}

impl Shown {
    pub(crate) fn new(ready: &ReadyItem<'_>, vocabulary: &Vocabulary, levels: &[Column]) -> Self {
        let item = &ready.item;
        let mode: Vec<&String> = Some(&item.disclosure_mode).filter(|mode| !mode.is_empty()).into_iter().collect();
        Self {
            id: ready.part.id.to_string(),
            serial: ready.part.serial.clone(),
            name: item.name().to_owned(),
            level1: item.level1.clone(),
            is_level1_repeated: false,
            above_name: if item.level3.is_empty() { String::new() } else { item.level2.clone() },
            content: item.content.clone(),
            basis: item.basis.iter().map(basis_text).collect(),
            time_limit: item.time_limit_text.clone(),
            subject: item.subject.clone(),
            channels: channels(item, &vocabulary.channels),
            audience: with_note(
                marks(AUDIENCE, item.audience.iter(), &vocabulary.audience),
                1,
                &item.audience_specific,
            ),
            modes: modes(marks(MODES, mode.into_iter(), &vocabulary.modes), item),
            levels: marks(levels, item.levels.iter(), &vocabulary.levels),
            more: more(item, vocabulary),
            digest: ready.part.digest.short(),
        }
    }
}

/// The items of a catalog, with repeated level 1 marked.
pub(crate) fn rows(items: &[ReadyItem<'_>], vocabulary: &Vocabulary, levels: &[Column]) -> Vec<Shown> {
    let mut rows: Vec<Shown> = items.iter().map(|item| Shown::new(item, vocabulary, levels)).collect();
    for index in 1..rows.len() {
        rows[index].is_level1_repeated = !rows[index].level1.is_empty() && rows[index].level1 == rows[index - 1].level1;
    }
    rows
}

/// One mark a column; slugs that no column has follow as further ticked marks.
fn marks<'a>(columns: &[Column], slugs: impl Iterator<Item = &'a String> + Clone, terms: &Terms) -> Vec<Mark> {
    let is_ticked = |column: &Column| slugs.clone().any(|slug| column.slugs.contains(&slug.as_str()));
    let mut marks: Vec<Mark> = columns
        .iter()
        .map(|column| Mark {
            label: format!("{}{}", column.heading, column.below),
            is_ticked: is_ticked(column),
            note: String::new(),
        })
        .collect();
    let has_column = |slug: &&String| columns.iter().any(|column| column.slugs.contains(&slug.as_str()));
    let others: Vec<&str> = slugs.clone().filter(|slug| !has_column(slug)).map(|slug| terms.label(slug)).collect();
    if let Some(last) = marks.last_mut() {
        last.note = others.join("、");
    }
    marks
}

fn with_note(mut marks: Vec<Mark>, index: usize, note: &str) -> Vec<Mark> {
    if let Some(mark) = marks.get_mut(index).filter(|_| !note.is_empty()) {
        mark.note = if mark.note.is_empty() { note.to_owned() } else { format!("{}；{note}", mark.note) };
    }
    marks
}

/// 不予公开 has no official column: it is said in words where the marks stand.
fn modes(mut marks: Vec<Mark>, item: &Item) -> Vec<Mark> {
    if item.disclosure_mode == "withheld" {
        if let Some(last) = marks.last_mut() {
            last.note.clear();
        }
        let reason =
            if item.withhold_reason.is_empty() { String::new() } else { format!("：{}", item.withhold_reason) };
        return with_note(marks, 0, &format!("不予公开{reason}"));
    }
    with_note(marks, 1, &item.withhold_reason)
}

/// Ticked channels in the official order, then unknown ones, free text, and those that are optional.
fn channels(item: &Item, terms: &Terms) -> Vec<Mark> {
    let named = |slugs: &std::collections::BTreeSet<String>, is_ticked: bool| {
        let mut slugs: Vec<&String> = slugs.iter().collect();
        slugs.sort_by_key(|slug| terms.iter().position(|term| term.slug == **slug).unwrap_or(usize::MAX));
        let mark = |slug: &String| Mark { label: terms.label(slug).to_owned(), is_ticked, note: String::new() };
        slugs.into_iter().map(mark).collect::<Vec<_>>()
    };
    let mut marks = named(&item.channels, true);
    let free = |text: &String| Mark { label: text.clone(), is_ticked: true, note: String::new() };
    marks.extend(item.channels_other.iter().map(free));
    let mut optional = named(&item.channels_optional, false);
    optional.iter_mut().for_each(|mark| mark.note = "可选".to_owned());
    marks.append(&mut optional);
    marks
}

/// The words as printed; where only the parts are known, put together.
pub(crate) fn basis_text(basis: &Basis) -> String {
    if !basis.raw.trim().is_empty() {
        return basis.raw.trim().to_owned();
    }
    let title = if basis.title.is_empty() { String::new() } else { format!("《{}》", basis.title) };
    let number = if basis.doc_no.is_empty() { String::new() } else { format!("（{}）", basis.doc_no) };
    format!("{title}{number}{}", basis.article)
}

fn more(item: &Item, vocabulary: &Vocabulary) -> Vec<(String, String)> {
    let five_open: Vec<&str> = item.five_open.iter().map(|slug| vocabulary.five_open.label(slug)).collect();
    let known = [
        ("公开程度", vocabulary.extents.label(&item.extent).to_owned()),
        ("五公开", five_open.join("、")),
        ("过程/结果", vocabulary.stages.label(&item.stage).to_owned()),
        ("责任科室", item.responsible_dept.clone()),
        ("标准指引条目", item.guideline_ref.clone()),
        ("权责清单编码", item.power_list_ref.clone()),
        ("生效日期", item.effective_from.clone()),
        ("失效日期", item.effective_to.clone()),
    ];
    let known = known.into_iter().map(|(label, text)| (label.to_owned(), text));
    let extra = item.extra.iter().map(|(label, text)| (label.clone(), text.clone()));
    known.chain(extra).filter(|(_, text)| !text.trim().is_empty()).collect()
}

/// Ticked labels, with their notes, for a text cell.
pub(crate) fn ticked_text(marks: &[Mark]) -> String {
    let text = |mark: &Mark| match (mark.is_ticked, mark.note.is_empty()) {
        (true, true) => Some(mark.label.clone()),
        (true, false) => Some(format!("{}（{}）", mark.label, mark.note)),
        (false, true) => None,
        (false, false) => Some(mark.note.clone()),
    };
    marks.iter().filter_map(text).collect::<Vec<_>>().join("、")
}
