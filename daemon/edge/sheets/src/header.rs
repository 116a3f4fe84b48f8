//! Finds the header rows of a sheet and says what each column is.
//!
//! Invariant: columns are known by their words, never by position, except where a word is missing: then its
//! neighbours decide, and a warning says so. Left out: titles (domain_title), rows of items (rows).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{
    Answers, Mapping, Reading,
    grid::{Sheet, address},
    marks::{self, Mark},
    report::Diagnostics,
    traditional::is_traditional,
};

mod fields;
mod gaps;
mod words;

pub(crate) use words::{WORD_CHARS_MAX, bare_level, has_lost_letter, is_slug, plain, terms};

/// Whether a text is a word of the form's header.
pub(crate) fn is_word(text: &str) -> bool {
    text.chars().count() <= words::WORD_CHARS_MAX && {
        let word = plain(text);
        words::top(&word).is_some() || words::group(&word).is_some()
    }
}

/// The group and value of a mark column by its head alone.
pub(crate) fn header_mark(reading: &Reading<'_>, head: &str) -> Option<(Group, String)> {
    words::mark(reading, None, head, false)
}

/// Most header rows below the first: the official form has one; three-level matters may have two.
const SUB_ROWS_MAX: u32 = 2;

/// A set of columns whose marks are values of one vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Group {
    /// 公开对象
    Audience,
    /// 公开方式
    Mode,
    /// 公开层级
    Level,
    /// 公开程度
    Extent,
    /// 五公开
    FiveOpen,
    /// 过程/结果
    Stage,
    /// 公开渠道, where each channel has a column of its own.
    Channel,
}

impl Group {
    const ALL: [Self; 7] =
        [Self::Audience, Self::Mode, Self::Level, Self::Extent, Self::FiveOpen, Self::Stage, Self::Channel];
}

/// A column beside the official ones that has a field of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    /// 公开属性 of the element model (嘉定): a mode, one row an element.
    Attribute,
    ResponsibleDept,
    PowerListRef,
    GuidelineRef,
    WithholdReason,
    EffectiveFrom,
    EffectiveTo,
}

/// What a column holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    Serial,
    /// 一级, 二级, 三级事项; 0 for an undivided 公开事项.
    Matter(u8),
    Content,
    Basis,
    TimeLimit,
    /// One of several limits side by side under 公开时限, by its own head: 批准后, 及时公开.
    TimeLimitPart(String),
    Subject,
    Channels,
    /// A mark for one value.
    Mark(Group, String),
    /// A mark under a group's heading whose own head names no value that is known; by that head.
    Leaf(Group, String),
    /// A group without sub-columns: the cell names the values.
    Words(Group),
    Field(Field),
    /// Kept under its header's text.
    Extra(String),
}

/// The header of one table.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    /// First header row.
    pub(crate) top: u32,
    /// One past the last header row.
    pub(crate) end: u32,
    /// What the columns are, left to right; columns without any header and text are left out.
    pub(crate) columns: Vec<(u32, Column)>,
    /// The header says that □ means "optional" (住建 templates).
    pub(crate) has_optional_boxes: bool,
    /// The element model: each 公开要素 has a mode of its own, by 公开属性 or by its marks.
    pub(crate) is_element_model: bool,
    /// The lowest printed text over a column.
    pub(crate) heads: BTreeMap<u32, String>,
    /// What the head of 公开时限 says its numbers are: 个工作日; empty where it says nothing.
    pub(crate) limit_unit: &'static str,
    /// Hidden columns whose cells are left out.
    pub(crate) left_out: Vec<u32>,
    /// Where the same columns begin again beside the first ones: two halves of a table printed side by side.
    pub(crate) halves: Vec<u32>,
}

impl Header {
    /// The first column of that kind.
    pub(crate) fn column(&self, wanted: &Column) -> Option<u32> {
        self.columns.iter().find(|(_, column)| column == wanted).map(|(index, _)| *index)
    }

    /// Whether a group of marks or words is there.
    pub(crate) fn has_group(&self, wanted: Group) -> bool {
        self.columns.iter().any(|(_, column)| match column {
            Column::Mark(group, _) | Column::Leaf(group, _) | Column::Words(group) => *group == wanted,
            Column::Field(Field::Attribute) => wanted == Group::Mode,
            Column::Serial | Column::Matter(_) | Column::Content | Column::Basis | Column::TimeLimit => false,
            Column::TimeLimitPart(_) | Column::Subject | Column::Channels => false,
            Column::Field(_) | Column::Extra(_) => false,
        })
    }

    /// The columns that name the matter, left to right.
    pub(crate) fn matters(&self) -> impl Iterator<Item = (u32, u8)> {
        self.columns.iter().filter_map(|(index, column)| match column {
            Column::Matter(level) => Some((*index, *level)),
            _ => None,
        })
    }
}

/// All headers of a sheet, top to bottom.
pub(crate) fn find(
    sheet: &Sheet,
    reading: &Reading<'_>,
    mapping: &Mapping,
    diagnostics: &mut Diagnostics,
) -> Vec<Header> {
    let mut headers: Vec<Header> = Vec::new();
    let mut row = sheet.first_row();
    // Names, bodies and limits repeat down a sheet: each text is folded once.
    let mut known: HashMap<&str, Option<u8>> = HashMap::new();
    while row < sheet.end_row() {
        if is_main_row(sheet, mapping, row, &mut known) {
            let floor = headers.last().map_or(sheet.first_row(), |header| header.end);
            let header = read(sheet, reading, mapping, row, floor, diagnostics);
            row = header.end;
            headers.push(header);
        } else {
            row += 1;
        }
    }
    headers
}

/// Whether the row names a matter and a content or subject column: the least that makes a catalog.
fn is_main_row<'a>(sheet: &'a Sheet, mapping: &Mapping, row: u32, known: &mut HashMap<&'a str, Option<u8>>) -> bool {
    if mapping.is_empty() && !sheet.own_cells(row).any(|(_, text)| words::may_head_body(text)) {
        return false;
    }
    let mut tops = BTreeSet::new();
    for (_, text) in sheet.own_cells(row) {
        // 4 letters of 3 bytes and a few blanks or notes; longer texts and single marks are not looked at.
        if text.len() >= TOP_BYTES_MIN
            && text.len() <= words::WORD_CHARS_MAX * 4
            && text.chars().count() <= words::WORD_CHARS_MAX
        {
            let rank_of = || {
                let word = plain(text);
                let column = mapping.column(&word, text).or_else(|| words::top(&word));
                column.or_else(|| words::group(&word).map(Column::Words)).map(|column| rank(&column))
            };
            tops.extend(*known.entry(text).or_insert_with(rank_of));
        }
    }
    let has_matter = tops.iter().any(|rank| (MATTER_RANK..MATTER_RANK + 4).contains(rank));
    let has_body = tops.contains(&rank(&Column::Content)) || tops.contains(&rank(&Column::Subject));
    // A full list may have neither body nor content: beside the matter, three other words of the form are no accident.
    let others = tops.iter().filter(|rank| **rank >= MATTER_RANK + 4).count();
    // 锡林浩特 lost the cell 公开事项: four other official words are no accident.
    let officials = tops.iter().filter(|found| **found <= rank(&Column::Channels)).count();
    (has_body && (has_matter || officials >= 4)) || (has_matter && others >= LIST_WORDS_MIN)
}

/// Words of the form beside the matter that make a header of a row without content and body.
const LIST_WORDS_MIN: usize = 3;
/// The shortest word of the form (内容) in bytes.
const TOP_BYTES_MIN: usize = 6;
const MATTER_RANK: u8 = 1;

/// The official order of columns.
fn rank(column: &Column) -> u8 {
    match column {
        Column::Serial => 0,
        Column::Matter(level) => MATTER_RANK + level,
        Column::Content => 5,
        Column::Basis => 6,
        Column::TimeLimit | Column::TimeLimitPart(_) => 7,
        Column::Subject => 8,
        Column::Channels => 9,
        Column::Mark(..) | Column::Leaf(..) | Column::Words(_) => 10,
        Column::Field(_) | Column::Extra(_) => 11,
    }
}

fn read(
    sheet: &Sheet,
    reading: &Reading<'_>,
    mapping: &Mapping,
    main: u32,
    floor: u32,
    diagnostics: &mut Diagnostics,
) -> Header {
    let top = if main > floor && is_group_row(sheet, main - 1) { main - 1 } else { main };
    let mut end = main + 1;
    while end < sheet.end_row() && end <= main + SUB_ROWS_MAX && is_sub_row(sheet, reading, mapping, main, end) {
        end += 1;
    }
    let has_county = (top..end).any(|row| sheet.own_cells(row).any(|(_, text)| reading.is_county(text)));
    let mut header = Header {
        top,
        end,
        columns: Vec::new(),
        has_optional_boxes: false,
        is_element_model: false,
        heads: BTreeMap::new(),
        limit_unit: "",
        left_out: Vec::new(),
        halves: Vec::new(),
    };
    let mut unnamed = Vec::new();
    for column in 0..sheet.end_column() {
        let texts = texts(sheet, top, end, column);
        header.heads.extend(texts.last().map(|text| (column, (*text).to_owned())));
        header.has_optional_boxes |= texts.iter().any(|text| text.contains("可选"));
        if texts.iter().any(|text| is_traditional(text)) {
            diagnostics.warn(
                "text-traditional",
                &sheet.name,
                &address(main, column),
                "traditional characters in the header",
            );
        }
        if texts.iter().any(|text| words::has_lost_letter(&plain(text))) {
            let message = "the letter 公 was lost before this file was made: the column is taken for the form's own";
            diagnostics.warn("header-guessed", &sheet.name, &address(main, column), message);
        }
        let heading = heading(sheet, top, end, column);
        let named = texts.iter().rev().find_map(|text| mapping.column(&plain(text), text));
        let found = named.or_else(|| {
            let found = resolve(reading, &texts, heading, has_county);
            let part = limit_part(sheet, (top, end), column, found.as_ref());
            part.or_else(|| leaf(sheet, (top, end), column, found.as_ref())).or(found)
        });
        match found {
            Some(found) => {
                if matches!(found, Column::TimeLimit | Column::TimeLimitPart(_)) {
                    header.limit_unit = texts.iter().find_map(|text| words::limit_unit(text)).unwrap_or_default();
                }
                header.columns.push((column, found));
            }
            None => unnamed.push((column, texts.join("/"))),
        }
    }
    // Each element has an attribute of its own: then each is an item, whether the head says 要素 or 内容.
    header.is_element_model =
        header.column(&Column::Field(Field::Attribute)).is_some() && header.column(&Column::Content).is_some();
    header.halves = halves(&header.columns);
    if header.halves.is_empty() {
        gaps::fill(sheet, &mut header, unnamed, diagnostics);
        leave_out_hidden(sheet, &mut header, diagnostics);
        settle_repeats(sheet, &mut header, diagnostics);
    }
    header
}

/// The official columns that a half of a table needs at least.
const HALF_COLUMNS_MIN: usize = 3;

/// Where the official columns begin again: each half has a matter and what is said of it.
fn halves(columns: &[(u32, Column)]) -> Vec<u32> {
    let is_official = |column: &Column| rank(column) <= rank(&Column::Channels);
    let is_whole = |half: &[&Column]| {
        let ranks: BTreeSet<u8> = half.iter().map(|column| rank(column)).collect();
        let has_matter = ranks.iter().any(|rank| (MATTER_RANK..MATTER_RANK + 4).contains(rank));
        let has_body = ranks.contains(&rank(&Column::Content)) || ranks.contains(&rank(&Column::Subject));
        ranks.len() >= HALF_COLUMNS_MIN && has_matter && has_body
    };
    let mut starts = Vec::new();
    let mut half: Vec<&Column> = Vec::new();
    let mut complete = 0;
    for (index, column) in columns.iter().filter(|(_, column)| is_official(column)) {
        if half.contains(&column) && is_whole(&half) {
            starts.push(*index);
            half.clear();
            complete += 1;
        }
        half.push(column);
    }
    if complete > 0 && is_whole(&half) { starts } else { Vec::new() }
}

/// A mark column under a heading that covers several, where its own head says nothing that is known: 村民 under 公开对象.
fn leaf(sheet: &Sheet, (top, end): (u32, u32), column: u32, found: Option<&Column>) -> Option<Column> {
    let (low, head) = (top..end).rev().map(|row| (row, sheet.own(row, column))).find(|(_, text)| !text.is_empty())?;
    let (over, group) = (top..low).rev().find_map(|row| {
        let text = (0..=column).rev().map(|left| sheet.text(row, left)).find(|text| !text.is_empty())?;
        let word = words::plain(text);
        let is_channels = words::top(&word) == Some(Column::Channels);
        let group = words::group(&word).or(is_channels.then_some(Group::Channel))?;
        Some((row, group))
    })?;
    let is_open = match found {
        None | Some(Column::Channels) => true,
        Some(Column::Words(words)) => *words == group && words::group(&words::plain(head)).is_none(),
        Some(_) => false,
    };
    // The heading stands over this column and over one beside it, each with a head of its own.
    let origin = |column: u32| {
        let left = (0..=column).rev().find(|left| !sheet.text(over, *left).is_empty())?;
        Some(sheet.origin(over, left))
    };
    let is_beside = |other: Option<u32>| {
        other.is_some_and(|other| origin(other) == origin(column) && !sheet.own(low, other).is_empty())
    };
    let is_shared = is_beside(column.checked_sub(1)) || is_beside(column.checked_add(1));
    let is_name = !head.starts_with(['(', '（']) && head.chars().count() <= words::WORD_CHARS_MAX;
    if !is_open || !is_shared || !is_name {
        return None;
    }
    let level = bare_level(head).filter(|_| group == Group::Level);
    Some(level.map_or_else(|| Column::Leaf(group, head.to_owned()), |level| Column::Mark(group, level.to_owned())))
}

/// One of several limits under 公开时限, each with a head of its own.
fn limit_part(sheet: &Sheet, (top, end): (u32, u32), column: u32, found: Option<&Column>) -> Option<Column> {
    if found != Some(&Column::TimeLimit) {
        return None;
    }
    let own = |column: u32| (top + 1..end).rev().map(|row| sheet.own(row, column)).find(|text| !text.is_empty());
    let head = own(column).filter(|head| words::top(&words::plain(head)).is_none())?;
    let over = |column: u32| sheet.origin(top, column);
    let is_beside = |other: Option<u32>| {
        let is_shared = |other: u32| !sheet.text(top, column).is_empty() && over(other) == over(column);
        other.is_some_and(|other| is_shared(other) && own(other).is_some())
    };
    let is_part = is_beside(column.checked_sub(1)) || is_beside(column.checked_add(1));
    is_part.then(|| Column::TimeLimitPart(head.to_owned()))
}

/// Hidden columns say nothing where a shown one says the same kind of thing, and where the form knows no such column.
fn leave_out_hidden(sheet: &Sheet, header: &mut Header, diagnostics: &mut Diagnostics) {
    let is_hidden = |column: u32| sheet.part.hidden_columns.contains(&column);
    if !header.columns.iter().any(|(index, _)| is_hidden(*index)) {
        return;
    }
    let shown: Vec<Column> =
        header.columns.iter().filter(|(index, _)| !is_hidden(*index)).map(|(_, column)| column.clone()).collect();
    let is_idle = |index: u32, column: &Column| {
        is_hidden(index) && (matches!(column, Column::Extra(_) | Column::Leaf(..)) || shown.contains(column))
    };
    let idle: Vec<u32> =
        header.columns.iter().filter(|(index, column)| is_idle(*index, column)).map(|(index, _)| *index).collect();
    header.columns.retain(|(index, _)| !idle.contains(index));
    for column in &idle {
        let place = address(header.top, *column);
        let message = "the column is hidden and is left out: what is shown counts; show it if it is meant";
        diagnostics.warn("column-left-out", &sheet.name, &place, message);
    }
    header.left_out = idle;
}

/// The distinct header texts over a column, top to bottom.
fn texts(sheet: &Sheet, top: u32, end: u32, column: u32) -> Vec<&str> {
    let mut texts: Vec<&str> = Vec::new();
    for row in top..end {
        let text = sheet.text(row, column);
        if !text.is_empty() && texts.last() != Some(&text) {
            texts.push(text);
        }
    }
    texts
}

/// The group whose heading stands over the column, or, where merges are lost, nearest on the left of it.
fn heading(sheet: &Sheet, top: u32, end: u32, column: u32) -> Option<Group> {
    for row in top..end {
        let text = (0..=column).rev().map(|left| sheet.text(row, left)).find(|text| !text.is_empty())?;
        if let Some(group) = words::group(&words::plain(text)) {
            return Some(group);
        }
    }
    None
}

/// The lowest text that says something decides; what no text explains stays open.
fn resolve(reading: &Reading<'_>, texts: &[&str], heading: Option<Group>, has_county: bool) -> Option<Column> {
    let below_heading = texts.len() > 1;
    for text in texts.iter().rev() {
        let word = words::plain(text);
        if let Some(column) = words::top(&word) {
            return Some(column);
        }
        if let Some(group) = words::group(&word) {
            return Some(Column::Words(group));
        }
        if let Some(field) = words::field(&word) {
            return Some(Column::Field(field));
        }
        if words::is_known_extra(&word) {
            return Some(Column::Extra((*text).to_owned()));
        }
        let heading = heading.filter(|_| below_heading || word.chars().count() <= 8);
        if let Some((group, slug)) = words::mark(reading, heading, text, has_county) {
            return Some(Column::Mark(group, slug));
        }
    }
    None
}

/// A row over the main one that only holds headings, where 公开对象 and its like stand a row higher.
fn is_group_row(sheet: &Sheet, row: u32) -> bool {
    let words: Vec<String> = sheet.own_cells(row).map(|(_, text)| words::plain(text)).collect();
    words.len() >= 2 && words.iter().filter(|word| words::group(word).is_some()).count() >= 2
}

/// A row under the main one in which at least half of the cells are header words, or all of them stand side by side under
/// headings, and none is a serial.
fn is_sub_row(sheet: &Sheet, reading: &Reading<'_>, mapping: &Mapping, main: u32, row: u32) -> bool {
    let mut cells = 0;
    let mut known = 0;
    let mut leaves = 0;
    for (column, text) in sheet.own_cells(row) {
        cells += 1;
        if text.chars().count() > words::WORD_CHARS_MAX || text.chars().all(|c| c.is_ascii_digit()) {
            return false;
        }
        let word = words::plain(text);
        let group = heading(sheet, main, main + 1, column);
        let is_named = mapping.column(&word, text).is_some();
        let is_word = is_named || words::top(&word).is_some() || words::group(&word).is_some();
        let is_known = is_word || words::mark(reading, group, text, false).is_some();
        known += usize::from(is_known);
        leaves += usize::from(!is_known && is_leaf_head(sheet, reading, (main, row), column));
    }
    cells > 0 && known + leaves > 0 && (known * 2 >= cells || known + leaves == cells)
}

/// Whether a word that nobody knows heads a column: it stands beside another under one heading of the row above, and is no
/// mark of an item.
fn is_leaf_head(sheet: &Sheet, reading: &Reading<'_>, (main, row): (u32, u32), column: u32) -> bool {
    let over = |column: u32| (0..=column).rev().find(|left| !sheet.text(main, *left).is_empty());
    let Some(heading) = over(column) else { return false };
    let word = words::plain(sheet.text(main, heading));
    let is_heading =
        words::group(&word).is_some() || matches!(words::top(&word), Some(Column::TimeLimit | Column::Channels));
    let origin = |column: u32| over(column).map(|left| sheet.origin(main, left));
    let is_beside = |(other, _): (u32, &str)| other != column && origin(other) == origin(column);
    let is_text = matches!(marks::read(reading, &Answers::default(), sheet.own(row, column)), Mark::Words(_));
    is_heading && is_text && sheet.own_cells(row).any(is_beside)
}

/// A second column of one official kind is kept as an extra column.
fn settle_repeats(sheet: &Sheet, header: &mut Header, diagnostics: &mut Diagnostics) {
    let mut seen: Vec<Column> = Vec::new();
    let mut keys: BTreeSet<String> = BTreeSet::new();
    for (index, column) in &mut header.columns {
        let is_repeat =
            !matches!(column, Column::Mark(..) | Column::Leaf(..) | Column::TimeLimitPart(_) | Column::Extra(_))
                && seen.contains(column);
        if is_repeat {
            let text = texts(sheet, header.top, header.end, *index).join("/");
            diagnostics.warn(
                "column-repeated",
                &sheet.name,
                &address(header.top, *index),
                &format!("a second `{text}`"),
            );
            *column = Column::Extra(text);
        } else {
            seen.push(column.clone());
        }
        if let Column::Extra(key) = column {
            let base = key.clone();
            let mut number = 2;
            while !keys.insert(key.clone()) {
                *key = format!("{base}({number})");
                number += 1;
            }
        }
    }
}
