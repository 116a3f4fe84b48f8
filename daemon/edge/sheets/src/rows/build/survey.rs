//! Findings about rows and tables that need no parsing: gaps, damage, missing marks and elements.
//!
//! Invariant: one finding for one cause: marks that the whole table lacks are one warning, not one a row.

use gongkai_model::item::Item;

use crate::{
    grid::{Sheet, address},
    header::{Column, Group, Header},
    report::{Diagnostics, Row},
};

/// Letters that only pinyin in a mirrored page has.
const PINYIN: &str = "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ";
/// Where those letters lie: one comparison sorts out every Chinese character.
const PINYIN_RANGE: std::ops::RangeInclusive<char> = 'à'..='ǜ';

/// Warns where a plain number follows another with numbers between them missing.
pub(super) fn serial_gap(sheet: &Sheet, above: &str, text: &str, at: (u32, u32), diagnostics: &mut Diagnostics) {
    let (Ok(above), Ok(number)) = (above.parse::<u32>(), text.parse::<u32>()) else { return };
    if number > above.saturating_add(1) {
        let message = format!("serial {number} follows {above}");
        diagnostics.warn("serial-gap", &sheet.name, &address(at.0, at.1), &message);
    }
}

/// Warns about damaged text in an item.
pub(super) fn text(sheet: &Sheet, header: &Header, row: u32, item: &Item, diagnostics: &mut Diagnostics) {
    let basis = || item.basis.iter().map(|basis| basis.raw.as_str());
    let mut warn = |code, column: &Column, message: &str| {
        let index = header.column(column).unwrap_or(0);
        diagnostics.warn(code, &sheet.name, &address(row, index), message);
    };
    let names = [&item.level1, &item.level2, &item.level3];
    let texts = names.into_iter().map(String::as_str).chain([item.content.as_str()]);
    for text in texts.chain(basis()) {
        if text.contains("??") || text.contains('\u{fffd}') {
            warn("text-damaged", &Column::Content, "characters were lost (??) before this file was made");
        }
        if text.chars().any(|c| PINYIN_RANGE.contains(&c) && PINYIN.contains(c)) {
            warn("text-pinyin", &Column::Content, "pinyin inside the text: a copy of a mirrored page?");
        }
    }
    let count = |c: char| basis().flat_map(str::chars).filter(|other| *other == c).count();
    if count('《') != count('》') {
        warn("basis-unbalanced", &Column::Basis, "《 and 》 do not pair up");
    }
}

/// Findings over all rows of a table.
pub(super) fn table(sheet: &Sheet, header: &Header, rows: &[Row], diagnostics: &mut Diagnostics) {
    let place = |column: Option<u32>| address(header.top, column.unwrap_or(0));
    for (group, code, message) in [
        (Group::Audience, "audience-group-missing", "no column 公开对象"),
        (Group::Mode, "mode-group-missing", "no column 公开方式: the mode stays empty"),
        (Group::Level, "level-group-missing", "no column 公开层级: the node's own level is taken"),
    ] {
        if header.has_group(group) {
            missing_marks(sheet, header, group, rows, diagnostics);
        } else {
            diagnostics.warn(code, &sheet.name, &place(None), message);
        }
    }
    for (column, what, is_missing) in [
        (Column::Content, "公开内容", (|item: &Item| item.content.is_empty()) as fn(&Item) -> bool),
        (Column::Basis, "公开依据", |item| item.basis.is_empty()),
        (Column::TimeLimit, "公开时限", |item| item.time_limit_text.is_empty()),
        (Column::Subject, "公开主体", |item| item.subject.is_empty()),
        (Column::Channels, "公开渠道和载体", |item| item.channels_raw.is_empty() && item.channels.is_empty()),
    ] {
        let Some(index) = header.column(&column) else {
            let has_parts = header.columns.iter().any(|(_, part)| match column {
                Column::Channels => matches!(part, Column::Mark(Group::Channel, _) | Column::Leaf(Group::Channel, _)),
                Column::TimeLimit => matches!(part, Column::TimeLimitPart(_)),
                _ => false,
            });
            if !has_parts {
                diagnostics.warn("column-missing", &sheet.name, &place(None), &format!("no column `{what}`"));
            }
            continue;
        };
        for row in rows.iter().filter(|row| is_missing(&row.item)) {
            let cell = address(row.source.row - 1, index);
            diagnostics.warn("element-missing", &sheet.name, &cell, &format!("`{what}` is empty"));
        }
    }
    for row in rows.iter().filter(|row| row.item.name().is_empty()) {
        let index = header.matters().last().map_or(0, |(column, _)| column);
        diagnostics.warn("element-missing", &sheet.name, &address(row.source.row - 1, index), "`公开事项` is empty");
    }
    for column in header.columns.iter().map(|(column, _)| *column) {
        if sheet.part.hidden_columns.contains(&column) {
            let cell = address(header.top, column);
            diagnostics.warn("column-hidden", &sheet.name, &cell, "the column is hidden, its cells are read");
        }
    }
}

fn missing_marks(sheet: &Sheet, header: &Header, group: Group, rows: &[Row], diagnostics: &mut Diagnostics) {
    let is_missing = |row: &&Row| match group {
        Group::Audience => row.item.audience.is_empty(),
        Group::Mode => row.item.disclosure_mode.is_empty(),
        Group::Level => row.item.levels.is_empty(),
        Group::Extent | Group::FiveOpen | Group::Stage | Group::Channel => false,
    };
    let column = header.columns.iter().find_map(|(index, column)| match column {
        Column::Mark(own, _) | Column::Leaf(own, _) | Column::Words(own) if *own == group => Some(*index),
        _ => None,
    });
    let index = column.unwrap_or(0);
    let missing: Vec<&Row> = rows.iter().filter(is_missing).collect();
    if !rows.is_empty() && missing.len() == rows.len() {
        let message = "no row has a mark here: the marks were lost, fill them in before submitting";
        diagnostics.warn("marks-lost", &sheet.name, &address(header.end, index), message);
        return;
    }
    for row in missing {
        let cell = address(row.source.row - 1, index);
        diagnostics.warn("marks-missing", &sheet.name, &cell, "no mark in this group");
    }
}
