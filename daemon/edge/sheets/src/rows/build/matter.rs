//! The matter's names (一级/二级/三级事项) of a draft.
//!
//! Invariant: a cell merged over level 1 and level 2 is an undivided matter: it is level 2, level 1 stays empty.

use std::borrow::Cow;

use super::Builder;
use crate::{
    header::{Column, Header},
    report::{Diagnostics, Row},
    rows::draft::Draft,
};

/// Cells that say "no such level": the row has none, and takes none from above.
const NONE: [&str; 6] = ["/", "／", "-", "—", "——", "无"];

impl<'a> Builder<'a> {
    /// Fills the names; returns whether the row goes on in the level-1 group of the row above with a blank cell.
    pub(super) fn name(
        &mut self,
        header: &Header,
        draft: &Draft,
        is_after_break: bool,
        row: &mut Row,
        diagnostics: &mut Diagnostics,
    ) -> bool {
        let columns: Vec<(u32, u8)> = header.matters().collect();
        let mut texts = self.printed(draft, &columns);
        let mut is_blank_above = true;
        let has_serial = header.column(&Column::Serial).is_some_and(|c| !self.sheet.own(draft.row, c).is_empty());
        let mut continues_group = false;
        for place in 0..columns.len() {
            let (column, level) = columns[place];
            let Some(printed) = texts[place].take() else {
                // Covered by an undivided matter.
                self.carry.keep(column, "");
                is_blank_above = false;
                continue;
            };
            let at = (draft.row, column);
            let printed = self.without_error(Cow::Borrowed(printed), at, diagnostics);
            let mut text = self.carry.resolve(self.sheet, at, printed, diagnostics);
            if NONE.contains(&text.as_ref()) {
                self.carry.keep(column, "");
                is_blank_above = false;
                continue;
            }
            let is_last = place + 1 == columns.len();
            if text.is_empty() && is_blank_above && !is_last && level != 0 {
                let above = match (is_after_break, has_serial) {
                    (true, _) => self.carry.fill("fill-across-page-break", self.sheet, at, diagnostics),
                    (false, true) => self.carry.fill("merge-lost", self.sheet, at, diagnostics),
                    // One serial with several names below it: the form's own habit, nothing was lost.
                    (false, false) => self.carry.above(column).to_owned(),
                };
                text = Cow::Owned(above);
                continues_group |= level == 1 && !text.is_empty();
            } else if text.is_empty() && is_last && header.is_element_model && !has_serial {
                // An element stands under the matter above it, and shares what is said of that.
                text = Cow::Owned(self.carry.above(column).to_owned());
                continues_group = true;
            } else {
                is_blank_above &= text.is_empty();
            }
            self.carry.keep(column, &text);
            let name = name_text(&text);
            put(level, &name, row);
        }
        continues_group
    }

    /// The printed text of each name column; `None` where another column's merge covers it.
    fn printed(&self, draft: &Draft, columns: &[(u32, u8)]) -> Vec<Option<&'a str>> {
        let mut texts: Vec<Option<&str>> = vec![None; columns.len()];
        for (place, (column, _)) in columns.iter().enumerate() {
            let merge = self.sheet.merge_at(draft.row, *column);
            if merge.is_some_and(|merge| merge.left < *column && columns[..place].iter().any(|(c, _)| *c >= merge.left))
            {
                continue;
            }
            let last = merge.map_or(*column, |merge| merge.right);
            let covers_next = columns.get(place + 1).is_some_and(|(next, _)| *next <= last);
            let target = if covers_next { place + 1 } else { place };
            texts[target] = Some(self.sheet.text(draft.row, *column));
        }
        texts
    }
}

fn put(level: u8, text: &str, row: &mut Row) {
    let item = &mut row.item;
    let field = match level {
        1 => &mut item.level1,
        3 => &mut item.level3,
        _ => &mut item.level2,
    };
    if field.is_empty() {
        text.clone_into(field);
    }
}

/// A name without the blanks and breaks that only fit it into its cell: between Chinese characters all go,
/// between words of other letters, with and without accents, one stays.
fn name_text(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_whitespace) {
        return Cow::Borrowed(text);
    }
    let mut name = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        let is_latin = |c: Option<char>| {
            c.is_some_and(|c| (c.is_alphanumeric() && c < '\u{2e80}') || matches!(c, '\u{300}'..='\u{36f}'))
        };
        if is_latin(name.chars().next_back()) && is_latin(word.chars().next()) {
            name.push(' ');
        }
        name.push_str(word);
    }
    Cow::Owned(name)
}
