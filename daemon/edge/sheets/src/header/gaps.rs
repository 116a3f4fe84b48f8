//! Columns whose header is missing, cut or unknown: neighbours and content decide, and a warning tells.
//!
//! Invariant: every column with text ends up in the header; what cannot be decided is an extra column, never lost.

use super::{Column, Header, rank, words};
use crate::{
    grid::{Sheet, address},
    report::Diagnostics,
};

/// How many rows below the header are looked at to know a column by its content.
const SAMPLE_ROWS: u32 = 20;

/// Places the open columns: (column, the header's text).
pub(super) fn fill(sheet: &Sheet, header: &mut Header, open: Vec<(u32, String)>, diagnostics: &mut Diagnostics) {
    let open: Vec<_> =
        open.into_iter().filter(|(column, text)| !text.is_empty() || has_text(sheet, header, *column)).collect();
    for (column, text) in &open {
        let place = address(header.top, *column);
        let bare = words::plain(text);
        let is_cut = bare.is_empty() || bare == "公开";
        let candidates = if is_cut { missing_between(header, &open, *column) } else { Vec::new() };
        let found = match candidates.as_slice() {
            [only] => {
                let code = if text.is_empty() { "header-missing" } else { "header-guessed" };
                diagnostics.warn(code, &sheet.name, &place, &format!("taken for {only:?} by its neighbours"));
                only.clone()
            }
            [] | [_, ..] if bare.is_empty() && is_serial_column(sheet, header, *column) => {
                diagnostics.warn("header-missing", &sheet.name, &place, "taken for 序号 by its content");
                Column::Serial
            }
            [_, ..] => {
                diagnostics.warn(
                    "header-ambiguous",
                    &sheet.name,
                    &place,
                    &format!("may be one of {candidates:?}: name it"),
                );
                Column::Extra(name_of(text, *column))
            }
            [] => {
                let name = name_of(text, *column);
                let message = match text.as_str() {
                    "" => format!("a column without a header is kept as the extra column `{name}`"),
                    _ => format!("`{name}` is kept as an extra column"),
                };
                diagnostics.warn("column-unknown", &sheet.name, &place, &message);
                Column::Extra(name)
            }
        };
        let at = header.columns.partition_point(|(index, _)| index < column);
        header.columns.insert(at, (*column, found));
    }
}

fn name_of(text: &str, column: u32) -> String {
    if text.is_empty() { address(0, column).trim_end_matches('1').to_owned() } else { text.to_owned() }
}

fn has_text(sheet: &Sheet, header: &Header, column: u32) -> bool {
    (header.end..sheet.end_row()).any(|row| !sheet.text(row, column).is_empty())
}

/// The official columns that are missing and belong between the known neighbours of a column. Where as many
/// columns are open side by side as are missing, each has exactly one candidate.
fn missing_between(header: &Header, open: &[(u32, String)], column: u32) -> Vec<Column> {
    let official = [Column::Content, Column::Basis, Column::TimeLimit, Column::Subject, Column::Channels];
    let ranks = header.columns.iter().filter(|(_, known)| rank(known) <= 10);
    let before = ranks.clone().filter(|(index, _)| *index < column).map(|(index, c)| (*index, rank(c))).next_back();
    let after = ranks.clone().filter(|(index, _)| *index > column).map(|(index, c)| (*index, rank(c))).next();
    let (low, high) = (before.map_or(0, |(_, rank)| rank), after.map_or(u8::MAX, |(_, rank)| rank));
    let missing = official.into_iter().filter(|c| header.column(c).is_none() && rank(c) > low && rank(c) < high);
    let missing: Vec<Column> = missing.collect();
    let (from, to) = (before.map_or(0, |(index, _)| index), after.map_or(u32::MAX, |(index, _)| index));
    let side_by_side: Vec<u32> =
        open.iter().map(|(index, _)| *index).filter(|index| (from..to).contains(index)).collect();
    let still_open: Vec<u32> =
        side_by_side.into_iter().filter(|index| header.columns.iter().all(|(c, _)| c != index)).collect();
    if still_open.len() == missing.len() {
        let position = still_open.iter().position(|index| *index == column);
        return position.and_then(|position| missing.get(position)).cloned().into_iter().collect();
    }
    missing
}

fn is_serial_column(sheet: &Sheet, header: &Header, column: u32) -> bool {
    if header.column(&Column::Serial).is_some() {
        return false;
    }
    let rows = header.end..sheet.end_row().min(header.end + SAMPLE_ROWS);
    let texts: Vec<&str> = rows.map(|row| sheet.own(row, column)).filter(|text| !text.is_empty()).collect();
    !texts.is_empty() && texts.iter().all(|text| text.len() <= 6 && text.chars().any(|c| c.is_ascii_digit()))
}
