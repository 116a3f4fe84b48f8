//! How high a row must be so that its wrapped text is seen and printed.
//!
//! Invariant: rather a line too many: programs differ in their fonts, and not all of them fit rows by themselves
//! (LibreOffice keeps the default height of a row without one). Left out: merged level-1 names, which have the
//! rows of their group.

use gongkai_model::item::Item;

use super::layout::Layout;
use crate::header::Column;

/// Points of one line of 9 point text, in the widest spaced of the typefaces that stand in for 宋体.
const LINE_HEIGHT: f64 = 13.0;
/// Room above and below the text.
const PADDING: f64 = 5.0;
/// The highest row that the format has.
const HEIGHT_MAX: f64 = 409.0;
/// Half-width letters of 9 points in a column of width 1: a unit of width is the digit 0 of the 11 point default font,
/// 7 pixels; a half-width letter has 6.
const LETTERS_PER_WIDTH: f64 = 7.0 / 6.0;

/// The height for a number of lines.
pub(crate) fn of(lines: u32) -> f64 {
    (f64::from(lines.max(1)) * LINE_HEIGHT + PADDING).min(HEIGHT_MAX)
}

/// Lines that a text takes in a column of a width.
pub(crate) fn lines(text: &str, width: f64) -> u32 {
    let capacity = (width * LETTERS_PER_WIDTH).floor().max(2.0);
    let lines = text.lines().map(|line| (f64::from(letters(line)) / capacity).ceil().max(1.0));
    // Far below u32::MAX: a cell has at most 32,767 characters.
    let count: f64 = lines.sum();
    if count >= HEIGHT_MAX { HEIGHT_MAX as u32 } else { count as u32 }
}

/// The width in characters that a line takes.
pub(crate) fn width(line: &str) -> f64 {
    f64::from(letters(line)) / LETTERS_PER_WIDTH + 1.0
}

/// Lines that an item's names below level 1 take.
pub(super) fn name_lines(layout: &Layout, item: &Item) -> u32 {
    let names = layout.leaves.iter().map(|leaf| match leaf.column {
        Column::Matter(2) => lines(&item.level2, leaf.width),
        Column::Matter(3) => lines(&item.level3, leaf.width),
        _ => 0,
    });
    names.max().unwrap_or(0)
}

/// Half-width letters: a Chinese character is two.
fn letters(line: &str) -> u32 {
    line.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_grows_with_the_lines_that_its_widest_text_takes() {
        for (text, width, expected) in [
            ("", 10.0, 0),
            ("一", 10.0, 1),
            ("一二三四五", 10.0, 1),
            ("一二三四五六", 10.0, 2),
            ("a\nb\n\nc", 10.0, 4),
            ("■社区/企事业单位/村公示栏(电子屏)", 31.0, 1),
        ] {
            assert_eq!(lines(text, width), expected, "{text}");
        }
        assert!(of(0) > LINE_HEIGHT && of(7) > of(6) && of(10_000) <= HEIGHT_MAX);
    }
}
