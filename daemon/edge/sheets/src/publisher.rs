//! The office that made a sheet, where the sheet says so above or below its table: 编制单位：某某局.
//!
//! Invariant: only a line of few cells outside the table is believed, and only behind a colon or in a cell of its own.
//! Left out: what is kept under the office's name (app).

use gongkai_model::vocabulary::fold;

use crate::{Mapping, Told, grid::Sheet};

/// Longest name of an office, in characters.
pub const PUBLISHER_CHARS_MAX: usize = 60;
/// Words that stand before the office's name; longer ones before those that they begin with.
const LABELS: [&str; 9] =
    ["编制单位", "编制部门", "编制机关", "填报单位", "填报部门", "制表单位", "制作单位", "发布机构", "公布单位"];
/// Rows from each end of the sheet that are looked at: title, number, date and notes stand there.
const EDGE_ROWS: u32 = 10;
/// A row with more cells belongs to a table.
const LINE_CELLS_MAX: usize = 4;

/// The name under which what an office needs is kept: one office writes itself with and without blanks.
pub fn publisher_key(name: &str) -> String {
    fold(name)
}

/// The office of a sheet: the one that was told, else the one that is printed; empty where neither is.
pub(crate) fn of(sheet: &Sheet, told: &Told<'_>) -> String {
    let named = told.publisher.trim();
    if named.is_empty() { printed(sheet).unwrap_or_default() } else { named.to_owned() }
}

/// The columns that are known of an office; those of everybody where it has none of its own.
pub(crate) fn mapping_of<'t>(told: &Told<'t>, publisher: &str) -> &'t Mapping {
    told.by_publisher.get(&publisher_key(publisher)).unwrap_or(told.mapping)
}

fn printed(sheet: &Sheet) -> Option<String> {
    let (first, end) = (sheet.first_row(), sheet.end_row());
    let head = first..end.min(first.saturating_add(EDGE_ROWS));
    let foot = end.saturating_sub(EDGE_ROWS).max(head.end)..end;
    head.chain(foot).find_map(|row| in_line(sheet, row))
}

fn in_line(sheet: &Sheet, row: u32) -> Option<String> {
    let cells: Vec<&str> = sheet.own_cells(row).map(|(_, text)| text).take(LINE_CELLS_MAX + 1).collect();
    if cells.len() > LINE_CELLS_MAX {
        return None;
    }
    cells.iter().enumerate().find_map(|(index, text)| {
        let rest = after_label(text)?;
        let name = if rest.is_empty() { cells.get(index + 1).copied().unwrap_or_default() } else { rest };
        name_of(name)
    })
}

/// What stands behind the label and its colon; empty where the cell ends there.
fn after_label(text: &str) -> Option<&str> {
    let is_word = |place: usize| text[..place].chars().next_back().is_none_or(char::is_whitespace);
    let mut labels = LABELS.iter().filter_map(|label| Some((text.find(label)?, label.len())));
    let place = labels.find(|(place, _)| is_word(*place)).map(|(place, len)| place + len)?;
    let rest = without_note(text[place..].trim_start());
    match rest.strip_prefix([':', '：']) {
        Some(name) => Some(name),
        None if rest.is_empty() => Some(rest),
        None => None,
    }
}

/// Without (盖章) between the label and its colon.
fn without_note(text: &str) -> &str {
    let inner = text.strip_prefix(['(', '（']).and_then(|inner| inner.split_once([')', '）']));
    inner.map_or(text, |(_, rest)| rest).trim_start()
}

/// The name without blanks, up to a date or the next label (填报时间：) in the same cell.
fn name_of(text: &str) -> Option<String> {
    let is_other = |word: &str| word.contains([':', '：']) || word.starts_with(|c: char| c.is_ascii_digit());
    let words = without_note(text.trim()).split_whitespace();
    let name: String = words.take_while(|word| !is_other(word)).collect();
    (2..=PUBLISHER_CHARS_MAX).contains(&name.chars().count()).then_some(name)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;
    use crate::grid::{Budget, Visibility};

    #[test]
    fn the_office_is_read_from_its_line_and_from_nothing_else() {
        for (cells, expected) in [
            (vec!["编制单位：铁岭县民政局"], "铁岭县民政局"),
            (vec!["填报单位(盖章)： 铁岭县 民政局   填报时间：2024年"], "铁岭县民政局"),
            (vec!["填报单位（盖章）", "铁岭县民政局"], "铁岭县民政局"),
            (vec!["附件2", "制表单位:铁岭县民政局 填报时间:2024"], "铁岭县民政局"),
            (vec!["编制单位：", "填报时间："], ""),
            (vec!["编制单位应当写全称"], ""),
            (vec!["规划编制单位：铁岭县规划局"], ""),
            (vec!["2024年3月 编制单位：铁岭县规划局"], "铁岭县规划局"),
            (vec!["1", "机构信息", "编制单位：甲局", "x", "y"], ""),
            (vec!["社会救助领域基层政务公开标准目录"], ""),
        ] {
            let mut sheet = Sheet::new("s", Visibility::Shown);
            let mut budget = Budget::default();
            for (column, text) in (0..).zip(&cells) {
                sheet.put(0, column, text, &mut budget).unwrap();
            }
            assert_eq!(printed(&sheet).unwrap_or_default(), expected, "{cells:?}");
        }
    }
}
