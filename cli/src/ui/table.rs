//! Tables for people: Chinese characters count two columns, colour appears on a terminal only.
//!
//! Invariant: off a terminal a row is one line, so that `grep` and `cut` work; on one no line is wider than it.

use std::fmt::Display;

use comfy_table::{Color, ContentArrangement, LineStyle, TableStyle};
use unicode_width::UnicodeWidthStr as _;

use super::{
    columns::{Wish, room, shared},
    shown::Line,
    words::{Lang, Word, state_word},
    wrap,
};

/// A line below the head and nothing else: the rows stay one line each.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// What stands between and around the cells, from airy to tight.
const PADDINGS: [(u16, u16); 3] = [(1, 1), (0, 1), (0, 0)];

/// One cell.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    text: String,
    colour: Option<Color>,
}

impl Cell {
    fn in_colour(self, colour: Color) -> Self {
        Self { colour: Some(colour), ..self }
    }
}

/// A table in the making.
pub(crate) struct Table {
    head: Vec<&'static str>,
    rows: Vec<Vec<Cell>>,
    lang: Lang,
    is_tight: bool,
}

/// Turns a list of values that can be shown into a row.
macro_rules! cells {
    ($($value:expr),* $(,)?) => { vec![$($crate::ui::Table::cell(&$value)),*] };
}
pub(crate) use cells;

impl Table {
    /// An empty table with its head.
    pub(crate) fn new(lang: Lang, head: &[Word]) -> Self {
        let head = head.iter().map(|word| word.of(lang)).collect();
        Self { head, rows: Vec::new(), lang, is_tight: false }
    }

    /// The same with one blank between columns, for tables that have many.
    pub(crate) fn tight(lang: Lang, head: &[Word]) -> Self {
        Self { is_tight: true, ..Self::new(lang, head) }
    }

    /// A plain cell, cleaned; line feeds would break the row off a terminal.
    pub(crate) fn cell(value: &dyn Display) -> Cell {
        Cell { text: Line::from(value.to_string()).to_string(), colour: None }
    }

    /// A state's cell: its word, and the colour of its kind.
    pub(crate) fn state(&self, state: &str) -> Cell {
        let cell = Self::cell(&state_word(state, self.lang));
        match state {
            "ok" | "approved" | "connected" | "caught-up" | "done" | "enrolled" | "ready" => {
                cell.in_colour(Color::Green)
            }
            "failed" | "refused" | "conflict" | "error" | "revoked" => cell.in_colour(Color::Red),
            "returned" | "unreachable" | "warning" | "stale" | "cut" | "removed" => cell.in_colour(Color::Yellow),
            _ => cell,
        }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    /// Whether it has no row.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table on a page of so many columns, or as wide as it is.
    fn on(&self, room: Option<usize>) -> comfy_table::Table {
        let whole = self.laid_out(room);
        let is_wider = |room| whole.to_string().lines().next().is_some_and(|line| line.width() > room);
        let is_folded = whole.row_iter().any(|row| row.cell_iter().any(|cell| cell.content().contains('\n')));
        if room.is_none_or(|room| !is_folded && !is_wider(room)) { whole } else { self.without_empty().laid_out(room) }
    }

    /// The same without the columns in which no row says anything.
    fn without_empty(&self) -> Self {
        let says =
            |index: &usize| self.rows.iter().any(|row| row.get(*index).is_some_and(|cell| !cell.text.is_empty()));
        let kept: Vec<usize> = (0..self.head.len()).filter(says).collect();
        let head = kept.iter().filter_map(|index| self.head.get(*index).copied()).collect();
        let row = |row: &Vec<Cell>| kept.iter().filter_map(|index| row.get(*index).cloned()).collect();
        Self { head, rows: self.rows.iter().map(row).collect(), lang: self.lang, is_tight: self.is_tight }
    }

    /// The table with all its columns.
    fn laid_out(&self, room: Option<usize>) -> comfy_table::Table {
        let wishes = self.wishes();
        let whole: usize = wishes.iter().map(|wish| wish.whole).sum();
        let around = |padding: (u16, u16)| {
            let blanks = usize::from(padding.0 + padding.1) * wishes.len();
            blanks + wishes.len().saturating_sub(1)
        };
        let [airy, _, tight] = PADDINGS;
        let fits = |padding: &(u16, u16)| room.is_none_or(|room| whole + around(*padding) <= room);
        let padding = if self.is_tight { tight } else { PADDINGS.into_iter().find(fits).unwrap_or(tight) };
        let widths = room.map(|room| shared(&wishes, room.saturating_sub(around(padding))));
        let mut made = self.filled(widths.as_deref());
        if padding != airy {
            for column in made.column_iter_mut() {
                column.set_padding(padding);
            }
        }
        made
    }

    /// What each column asks for.
    fn wishes(&self) -> Vec<Wish> {
        let texts = |index: usize| {
            let cells = self.rows.iter().filter_map(move |row| row.get(index).map(|cell| cell.text.as_str()));
            cells.chain(self.head.get(index).copied())
        };
        let wish = |index: usize| Wish {
            whole: texts(index).map(|text| text.width()).max().unwrap_or(0),
            least: texts(index).map(wrap::least_width).max().unwrap_or(0),
        };
        (0..self.head.len()).map(wish).collect()
    }

    fn filled(&self, widths: Option<&[usize]>) -> comfy_table::Table {
        let folded = |index: usize, text: &str| match widths.and_then(|widths| widths.get(index)) {
            Some(width) => wrap::cell(text, *width).join("\n"),
            None => text.to_owned(),
        };
        let mut made = comfy_table::Table::new();
        made.load_style(STYLE);
        made.set_content_arrangement(ContentArrangement::Disabled);
        made.set_header(self.head.iter().enumerate().map(|(index, word)| folded(index, word)));
        for row in &self.rows {
            made.add_row(row.iter().enumerate().map(|(index, cell)| {
                let made = comfy_table::Cell::new(folded(index, &cell.text));
                match cell.colour {
                    Some(colour) => made.fg(colour),
                    None => made,
                }
            }));
        }
        made
    }
}

impl Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.on(room()))
    }
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr as _;

    use super::*;

    #[test]
    fn chinese_and_latin_rows_end_in_the_same_column() {
        let mut table = Table::new(Lang::Zh, &[Word::Division, Word::State]);
        table.row(vec![Table::cell(&"铁岭县"), table.state("approved")]);
        table.row(vec![Table::cell(&"211221"), table.state("draft")]);
        let text = table.to_string();
        let widths: Vec<usize> = text.lines().map(|line| line.width()).collect();
        assert!(widths.windows(2).all(|pair| pair[0] == pair[1]), "{text}");
    }

    #[test]
    fn a_cell_never_breaks_its_row() {
        let mut table = Table::new(Lang::En, &[Word::Item]);
        table.row(vec![Table::cell(&"a\nb")]);
        assert!(table.to_string().contains("a b"));
    }

    /// Nine columns, as `catalog list` has, with the longest names and codes that occur.
    fn wide(lang: Lang) -> Table {
        let head = [Word::Catalog, Word::Division, Word::Domain, Word::Items, Word::State, Word::Waiting];
        let head = [&head[..], &[Word::Revision, Word::Approved, Word::Edition]].concat();
        let mut table = Table::new(lang, &head);
        for number in 1..3 {
            table.row(vec![
                Table::cell(&"211224200201/state-land-requisition"),
                Table::cell(&"昌图县老城镇鴜鹭树社区居民委员会"),
                Table::cell(&"国有土地上房屋征收与补偿"),
                Table::cell(&(number * 1000)),
                table.state("in-review"),
                Table::cell(&"铁岭市自然资源局、铁岭市住房和城乡建设局"),
                Table::cell(&"sha256:80e9081b5a7c"),
                Table::cell(&"sha256:efd820b803a1"),
                Table::cell(&12),
            ]);
        }
        table
    }

    #[test]
    fn a_table_of_nine_columns_fits_a_terminal_with_its_columns_straight() {
        for lang in [Lang::Zh, Lang::En] {
            for columns in [60, 80, 100] {
                let text = wide(lang).on(Some(columns)).to_string();
                let widths: Vec<usize> = text.lines().map(|line| line.width()).collect();
                assert!(widths.iter().all(|width| *width <= columns), "{columns}\n{text}");
                assert!(widths.windows(2).all(|pair| pair[0] == pair[1]), "{columns}\n{text}");
            }
        }
        let on_80 = wide(Lang::Zh).on(Some(80)).to_string();
        assert!(on_80.contains("80e9081b5a7c"), "{on_80}");
        assert_eq!(wide(Lang::Zh).on(None).to_string().lines().count(), 4);
    }

    #[test]
    fn a_table_that_has_room_keeps_its_rows_on_one_line() {
        let mut table = Table::new(Lang::En, &[Word::Catalog, Word::State]);
        table.row(vec![Table::cell(&"211221101/social-assistance"), table.state("approved")]);
        assert_eq!(table.on(Some(80)).to_string(), table.on(None).to_string());
        assert_eq!(table.on(Some(45)).to_string().lines().count(), 3);
    }
}
