//! The title over a table and the domain it names.
//!
//! Invariant: the nearest title above a header is the table's; the domain comes from the title, else from the
//! sheet's or the file's name, and is never guessed; a domain that a person named against them is never passed over in
//! silence. Left out: domains named by a column.

use gongkai_model::domain::Domain;

use crate::{Reading, ToldDomain, grid::Sheet, header::Header, traditional::simplify};

/// Most rows above a header that can belong to it: 附件, title, date, unit, notes.
const TITLE_ROWS_MAX: u32 = 8;
/// A row above a header with at least this many cells is a row of another table or a contents list.
const TITLE_CELLS_MAX: usize = 3;

/// A table's title.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Title {
    /// Without blanks inside; empty where none was found.
    pub(crate) text: String,
    /// The first row that belongs to the table: the title's, or the header's own.
    pub(crate) first_row: u32,
    /// The first of the lines over the table: number, title, office, date, contents.
    pub(crate) first_line: u32,
}

/// Looks for the title above a header, not above `floor`.
pub(crate) fn find(sheet: &Sheet, reading: &Reading<'_>, header: &Header, floor: u32) -> Title {
    let mut best: Option<(u8, Title)> = None;
    let lowest = header.top.saturating_sub(TITLE_ROWS_MAX).max(floor);
    let mut first_line = header.top;
    for row in (lowest..header.top).rev() {
        let cells: Vec<&str> = sheet.own_cells(row).map(|(_, text)| text).collect();
        if cells.len() > TITLE_CELLS_MAX {
            break;
        }
        first_line = row;
        let Some(longest) = cells.iter().max_by_key(|text| text.chars().count()) else { continue };
        let text = without_blanks(longest);
        let score = score(reading, &text);
        if score > 0 && best.as_ref().is_none_or(|(known, _)| score > *known) {
            best = Some((score, Title { text, first_row: row, first_line: row }));
        }
    }
    // Under another table only the title's own lines are this one's; above the first one, all of them.
    let is_first = floor == sheet.first_row();
    let own = |title: Title| if is_first { Title { first_line, ..title } } else { title };
    let none = Title { text: String::new(), first_row: header.top, first_line: header.top };
    own(best.map_or(none, |(_, title)| title))
}

/// How much a line looks like a catalog's title.
fn score(reading: &Reading<'_>, text: &str) -> u8 {
    const TITLE_CHARS_MAX: usize = 80;
    if text.chars().count() > TITLE_CHARS_MAX {
        return 0;
    }
    let is_named = reading.domain_of([text]).is_some();
    let plain = simplify(text);
    let is_catalog = plain.contains("目录") || plain.contains("清单");
    match (is_catalog, is_named) {
        (true, true) => 3,
        (true, false) => 2,
        (false, true) => 1,
        (false, false) => 0,
    }
}

/// A table's domain from what the file says and what a person told, and the warning where they do not agree.
pub(crate) fn settle(
    printed: Option<&Domain>,
    told: Option<ToldDomain<'_>>,
) -> (Option<String>, Option<(&'static str, String)>) {
    let printed = printed.map(|domain| domain.slug.as_str());
    let (domain, doubt) = match (printed, told) {
        (None, None) => {
            let message = "neither title, sheet name nor file name names exactly one domain: name it with --domain";
            (None, Some(("domain-unknown", message.to_owned())))
        }
        (None, Some(told)) => (Some(told.slug), None),
        (Some(printed), Some(told)) if told.slug != printed => {
            let both = format!("`{printed} ≠ {}`", told.slug);
            let (domain, code, message) = if told.is_meant {
                (told.slug, "domain-overruled", "the file names the first domain, the second was told and confirmed")
            } else {
                let message = "the file names the first domain, which counts; --confirm-domain if the second is meant";
                (printed, "domain-differs", message)
            };
            (Some(domain), Some((code, format!("{both}: {message}"))))
        }
        (Some(printed), _) => (Some(printed), None),
    };
    (domain.map(str::to_owned), doubt)
}

/// A title without （续）, 续表 or （续表一） behind it: the next page's.
pub(crate) fn without_continuation(title: &str) -> &str {
    let bare = title.trim_end_matches([')', '）']);
    let marks = ["续表", "续"];
    let opened = bare.rfind(['(', '（']).filter(|_| bare.len() < title.len());
    let is_mark = |place: &usize| bare[*place..].trim_start_matches(['(', '（']).starts_with("续");
    match opened.filter(is_mark) {
        Some(place) => &title[..place],
        None => marks.iter().find_map(|mark| title.strip_suffix(mark)).unwrap_or(title),
    }
}

/// Takes out blanks, which only spread the title over its cell.
pub(crate) fn without_blanks(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}
