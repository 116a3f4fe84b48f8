//! Pages on which the letter 公 was lost throughout: 开事项, 主动开, 开查阅点.
//!
//! Invariant: only where a row has several of the form's words without the letter and no word of the form has it; then
//! every word of the vocabulary is known without it too, and the page is named. What the cells say is not mended: nobody
//! knows where else the letter stood.

use gongkai_model::{
    domain::{Domain, RoutingTable},
    vocabulary::fold,
};

use crate::{
    grid::Sheet,
    header::{WORD_CHARS_MAX, has_lost_letter, is_word, plain},
};

/// The letter that copies of such pages lack.
pub(crate) const LOST: char = '公';
/// Words of the form in one row that lack it, at least: one may be a slip.
const WORDS_MIN: usize = 2;

/// The first word of the form that lacks the letter, where the page has lost it throughout.
pub(crate) fn first(sheet: &Sheet) -> Option<(u32, u32)> {
    for row in sheet.first_row()..sheet.end_row() {
        let mut lost = Vec::new();
        for (column, text) in sheet.own_cells(row).filter(|(_, text)| text.chars().count() <= WORD_CHARS_MAX) {
            if text.contains(LOST) && is_word(text) {
                return None;
            }
            if text.contains('开') && has_lost_letter(&plain(text)) {
                lost.push((row, column));
            }
        }
        if lost.len() >= WORDS_MIN {
            return lost.first().copied();
        }
    }
    None
}

/// A title with the letter where a domain's name has it: 共法律服务 as 公共法律服务.
pub(crate) fn with_letter(title: &str, routing: &RoutingTable) -> String {
    let title = fold(title);
    let names = routing.domains.iter().flat_map(Domain::names).filter(|name| name.contains(LOST));
    let pairs = names.map(|name| (name.replace(LOST, ""), name));
    let longest = pairs.filter(|(lost, _)| title.contains(lost.as_str())).max_by_key(|(lost, _)| lost.len());
    longest.map_or(title.clone(), |(lost, name)| title.replace(&lost, name))
}
