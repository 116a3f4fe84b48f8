//! Lines of delimited text as cells.
//!
//! Invariant: a cell in quotes ends at a quote that a delimiter or a line's end follows; any other quote is a letter. A
//! quote that would swallow whole rows of the table is one that nobody closed. Each byte is looked at a bounded number of
//! times.

use std::borrow::Cow;

/// Delimiters in one line of a quoted cell from which on it is a row of the table that was swallowed.
const SWALLOWED_MIN: usize = 4;

/// One row.
pub(super) struct Record<'t> {
    pub(super) cells: Vec<Cow<'t, str>>,
    /// The first cell that opens a quote and does not close it.
    pub(super) open_quote: Option<usize>,
}

impl Record<'_> {
    /// One past the last cell with text.
    pub(super) fn used(&self) -> usize {
        self.cells.iter().rposition(|cell| !cell.trim().is_empty()).map_or(0, |place| place + 1)
    }
}

/// The rows of a text; its last line's end begins no further one.
pub(super) fn records(text: &str, delimiter: u8) -> impl Iterator<Item = Record<'_>> {
    let mut rest = text;
    let mut usual = 0;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut record = Record { cells: Vec::new(), open_quote: None };
        loop {
            let (cell, len, is_open) = cell(rest, delimiter, usual);
            if is_open && record.open_quote.is_none() {
                record.open_quote = Some(record.cells.len());
            }
            record.cells.push(cell);
            rest = &rest[len..];
            match rest.as_bytes().first() {
                Some(byte) if *byte == delimiter => rest = &rest[1..],
                Some(b'\r') => {
                    rest = rest[1..].strip_prefix('\n').unwrap_or(&rest[1..]);
                    break;
                }
                Some(_) => {
                    rest = &rest[1..];
                    break;
                }
                None => break,
            }
        }
        usual = usual.max(record.cells.len());
        Some(record)
    })
}

/// The cell at the beginning of a text: its text, its length in bytes, and whether it opens a quote and does not close it.
/// `usual` is the length of the rows before.
fn cell(text: &str, delimiter: u8, usual: usize) -> (Cow<'_, str>, usize, bool) {
    let plain = || {
        let ends = |byte: &u8| *byte == delimiter || matches!(byte, b'\n' | b'\r');
        let len = text.bytes().position(|byte| ends(&byte)).unwrap_or(text.len());
        (Cow::Borrowed(&text[..len]), len)
    };
    if !text.starts_with('"') {
        let (cell, len) = plain();
        return (cell, len, false);
    }
    match quoted(text, delimiter, usual) {
        Quoted::Whole(cell, len) => (cell, len, false),
        Quoted::Letter => {
            let (cell, len) = plain();
            (cell, len, false)
        }
        Quoted::Open => {
            let (cell, len) = plain();
            (cell, len, true)
        }
    }
}

enum Quoted<'t> {
    Whole(Cow<'t, str>, usize),
    /// The quote belongs to the text: "低保"申请.
    Letter,
    /// Nobody closes it.
    Open,
}

fn quoted(text: &str, delimiter: u8, usual: usize) -> Quoted<'_> {
    let bytes = text.as_bytes();
    let mut at = 1;
    loop {
        let Some(found) = text[at..].find('"') else { return Quoted::Open };
        let place = at + found;
        match bytes.get(place + 1) {
            Some(b'"') => at = place + 2,
            next if next.is_none_or(|byte| *byte == delimiter || matches!(byte, b'\n' | b'\r')) => {
                let inner = &text[1..place];
                if swallows(inner, delimiter, usual) {
                    return Quoted::Open;
                }
                let cell =
                    if inner.contains("\"\"") { Cow::Owned(inner.replace("\"\"", "\"")) } else { Cow::Borrowed(inner) };
                return Quoted::Whole(cell, place + 1);
            }
            _ => {
                // A quote on another line that nothing ends: the first one was not closed.
                return if text[..place].contains('\n') { Quoted::Open } else { Quoted::Letter };
            }
        }
    }
}

/// Whether a quoted text holds rows of the table: a line with about as many delimiters as a row has.
fn swallows(inner: &str, delimiter: u8, usual: usize) -> bool {
    if !inner.contains('\n') {
        return false;
    }
    let least = usual.saturating_sub(3).max(SWALLOWED_MIN);
    inner.split('\n').skip(1).any(|line| line.bytes().filter(|byte| *byte == delimiter).count() >= least)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> (Vec<Vec<String>>, Vec<Option<usize>>) {
        let records: Vec<Record<'_>> = records(text, b',').collect();
        let cells = records.iter().map(|record| record.cells.iter().map(|cell| cell.to_string()).collect()).collect();
        (cells, records.iter().map(|record| record.open_quote).collect())
    }

    #[test]
    fn lines_are_rows_and_quotes_are_quotes_only_where_they_close() {
        for (text, rows, open) in [
            ("a,b\r\nc,d\r\n", vec![vec!["a", "b"], vec!["c", "d"]], vec![None, None]),
            ("a\n\nb", vec![vec!["a"], vec![""], vec!["b"]], vec![None; 3]),
            ("a,\"b\nc\",d", vec![vec!["a", "b\nc", "d"]], vec![None]),
            ("a,\"b\"\"c\"\n", vec![vec!["a", "b\"c"]], vec![None]),
            ("a,\"低保\"申请,d", vec![vec!["a", "\"低保\"申请", "d"]], vec![None]),
            ("1,\"a,b\n2,c,d\n", vec![vec!["1", "\"a", "b"], vec!["2", "c", "d"]], vec![Some(1), None]),
            (
                "h,h,h,h,h,h\n1,\"a,b,c,d,e\n2,a,b,c,\"d\",e\n",
                vec![vec!["h"; 6], vec!["1", "\"a", "b", "c", "d", "e"], vec!["2", "a", "b", "c", "d", "e"]],
                vec![None, Some(1), None],
            ),
            (
                "h,h,h,h,h,h\n1,\"a,b,c,d,e\n2,a,b,c,d,\"e\"\n",
                vec![vec!["h"; 6], vec!["1", "\"a", "b", "c", "d", "e"], vec!["2", "a", "b", "c", "d", "e"]],
                vec![None, Some(1), None],
            ),
        ] {
            let (read, quotes) = split(text);
            assert_eq!(
                (read, quotes),
                (rows.iter().map(|row| row.iter().map(|c| (*c).to_owned()).collect()).collect(), open),
                "{text:?}"
            );
        }
    }
}
