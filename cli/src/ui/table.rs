//! Tables for people: Chinese characters count two columns, colour appears on a terminal only.
//!
//! Invariant: off a terminal a row is one line, so that `grep` and `cut` work.

use std::{fmt::Display, io::IsTerminal as _};

use comfy_table::{Cell, Color, ContentArrangement, LineStyle, TableStyle};

use super::words::{Lang, Word, state_word};

/// A line below the head and nothing else: the rows stay one line each.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// The width of a terminal that does not tell its own, as a serial line.
const COLUMNS_USUAL: u16 = 80;

/// A table in the making.
pub(crate) struct Table {
    inner: comfy_table::Table,
    lang: Lang,
}

/// The cells of one row.
type Cells = Vec<Cell>;

/// Turns a list of values that can be shown into a row.
macro_rules! cells {
    ($($value:expr),* $(,)?) => { vec![$($crate::ui::Table::cell(&$value)),*] };
}
pub(crate) use cells;

impl Table {
    /// An empty table with its head.
    pub(crate) fn new(lang: Lang, head: &[Word]) -> Self {
        let mut inner = comfy_table::Table::new();
        inner.load_style(STYLE);
        let arrangement =
            if std::io::stdout().is_terminal() { ContentArrangement::Dynamic } else { ContentArrangement::Disabled };
        inner.set_content_arrangement(arrangement);
        if inner.width() == Some(0) {
            inner.set_width(COLUMNS_USUAL);
        }
        inner.set_header(head.iter().map(|word| word.of(lang)));
        Self { inner, lang }
    }

    /// The same with one blank between columns, for tables that have many.
    pub(crate) fn tight(lang: Lang, head: &[Word]) -> Self {
        let mut table = Self::new(lang, head);
        table.inner.column_iter_mut().for_each(|column| {
            column.set_padding((0, 0));
        });
        table
    }

    /// A plain cell; line feeds would break the row off a terminal.
    pub(crate) fn cell(value: &dyn Display) -> Cell {
        Cell::new(value.to_string().replace('\n', " "))
    }

    /// A state's cell: its word, and the colour of its kind.
    pub(crate) fn state(&self, state: &str) -> Cell {
        let cell = Cell::new(state_word(state, self.lang));
        match state {
            "ok" | "approved" | "connected" | "caught-up" | "done" | "enrolled" | "ready" => cell.fg(Color::Green),
            "failed" | "refused" | "conflict" | "error" | "revoked" => cell.fg(Color::Red),
            "returned" | "unreachable" | "warning" | "stale" | "cut" | "removed" => cell.fg(Color::Yellow),
            _ => cell,
        }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: Cells) {
        self.inner.add_row(cells);
    }

    /// Whether it has no row.
    pub(crate) fn is_empty(&self) -> bool {
        self.inner.is_empty()
    }
}

impl Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.inner)
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
}
