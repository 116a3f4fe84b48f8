//! Text in lines of a given width: Chinese characters count two columns and break anywhere, Latin words stay whole.
//!
//! Invariant: nothing is lost but blanks at the ends of lines; no line begins with a closing sign (，。》…)
//! unless whole rows of them stand there; no line exceeds its width but by a word that is longer than a line. What is
//! wrapped is cleaned: its line feeds break lines that hang below the first, nothing else of it moves a cursor.

use std::io::IsTerminal as _;

use gongkai_model::visible;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::{columns, shown::Line};

/// The width that pages are made for: what a terminal has had since there are terminals.
pub(crate) const COLUMNS: usize = 80;

/// A Latin stretch that is longer than this may be broken at a sign (`211221101/social-assistance`); a date, a clock
/// and a bare number are not.
const UNBROKEN_MAX: usize = 12;
/// The signs behind which it may be broken.
const JOINTS: &str = "/-:_.,=";
/// Closing signs that follow a word are kept on its line, at most so many columns of them.
const CLOSING_COLUMNS_MAX: usize = 8;
/// Blanks before the further lines of a folded one, behind its own.
const FOLD_HANG: usize = 2;

/// Signs that a line does not begin with.
const CLOSING: &str = "，。、；：？！）》〕】」』”’,.;:?!)]}%…";

/// How a stretch of text is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    /// Gone: `[-…-]`.
    Removed,
    /// New: `{+…+}`.
    Added,
}

/// Stretches of text that are wrapped together.
#[derive(Default)]
pub(crate) struct Wrapped {
    units: Vec<(String, Tone)>,
}

impl Wrapped {
    /// Adds a stretch; a removed or added one between its marks.
    pub(crate) fn push(&mut self, text: &str, tone: Tone) {
        let (open, close) = match tone {
            Tone::Plain => ("", ""),
            Tone::Removed => ("[-", "-]"),
            Tone::Added => ("{+", "+}"),
        };
        let first = self.units.len();
        for unit in units(text) {
            self.units.push((unit, tone));
        }
        if self.units.len() == first {
            return;
        }
        self.units[first].0.insert_str(0, open);
        if let Some(last) = self.units.last_mut() {
            last.0.push_str(close);
        }
    }

    /// The lines: the first behind `prefix`, the others behind `hang` blanks.
    pub(crate) fn lines(&self, prefix: &str, hang: usize) -> Vec<Line> {
        self.lines_of(columns::room().map_or(COLUMNS, |room| room.min(COLUMNS)), prefix, hang)
    }

    /// The same for another width.
    fn lines_of(&self, columns: usize, prefix: &str, hang: usize) -> Vec<Line> {
        let is_coloured = std::io::stdout().is_terminal();
        let mut lines = Vec::new();
        let prefix = visible::one_line(prefix);
        let (mut line, mut width) = (prefix.clone().into_owned(), prefix.width());
        let mut is_empty = prefix.trim().is_empty();
        for (index, (unit, tone)) in self.units.iter().enumerate() {
            let room = if closes(unit) { 0 } else { self.closing_behind(index) };
            if unit == "\n" || (!is_empty && width + unit.width() + room > columns) {
                lines.push(Line::painted(std::mem::take(&mut line).trim_end().to_owned()));
                (line, width, is_empty) = (" ".repeat(hang), hang, true);
            }
            if unit == "\n" || (is_empty && unit.trim().is_empty()) {
                continue;
            }
            line.push_str(&painted(unit, *tone, is_coloured));
            (width, is_empty) = (width + unit.width(), false);
        }
        lines.push(Line::painted(line.trim_end().to_owned()));
        lines
    }

    /// The width of the closing signs that belong to a unit.
    fn closing_behind(&self, index: usize) -> usize {
        let behind = self.units.iter().skip(index + 1).map(|(unit, _)| unit.as_str());
        let width: usize = behind.take_while(|unit| closes(unit)).map(|unit| unit.width()).sum();
        width.min(CLOSING_COLUMNS_MAX)
    }
}

/// A cell's text in lines of its column's width.
pub(super) fn cell(text: &str, width: usize) -> Vec<Line> {
    let mut wrapped = Wrapped::default();
    for part in units(text).iter().flat_map(|unit| parts(unit)) {
        // Only a single character may be wider than its column then.
        let pieces = if part.width() > width { part.chars().map(String::from).collect() } else { vec![part] };
        wrapped.units.extend(pieces.into_iter().map(|piece| (piece, Tone::Plain)));
    }
    wrapped.lines_of(width, "", 0)
}

/// The widest stretch that should not be broken.
pub(super) fn least_width(text: &str) -> usize {
    units(text).iter().flat_map(|unit| parts(unit)).map(|part| part.width()).max().unwrap_or(0)
}

/// A line that is wider than the page, in several; others as they are.
pub(super) fn folded(line: &Line, room: Option<usize>) -> Vec<Line> {
    let Some(room) = room.filter(|room| line.width() > *room && !line.contains('\u{1b}')) else {
        return vec![line.clone()];
    };
    let text = line.trim_start_matches(' ');
    let indent = &line[..line.len() - text.len()];
    let mut wrapped = Wrapped::default();
    for part in units(text).iter().flat_map(|unit| parts(unit)) {
        wrapped.units.push((part, Tone::Plain));
    }
    wrapped.lines_of(room, indent, indent.len() + FOLD_HANG)
}

/// A value behind its word: on one line, or on a page in several below each other.
pub(super) fn behind(word: &str, value: &str, room: Option<usize>) -> Vec<Line> {
    let whole = Line::from(format!("{word}{value}"));
    let Some(room) = room.filter(|room| whole.width() > *room) else { return vec![whole] };
    let lines = cell(value, room.saturating_sub(word.width()).max(1));
    let hang = " ".repeat(word.width());
    let lines = lines.iter().enumerate();
    lines.map(|(index, line)| Line::painted(format!("{}{line}", if index == 0 { word } else { &hang }))).collect()
}

/// A long Latin stretch cut behind its signs.
fn parts(unit: &str) -> Vec<String> {
    if unit.width() <= UNBROKEN_MAX {
        return vec![unit.to_owned()];
    }
    unit.split_inclusive(|sign| JOINTS.contains(sign)).map(str::to_owned).collect()
}

/// Plain text in lines.
pub(crate) fn plain(text: &str, prefix: &str, hang: usize) -> Vec<Line> {
    let mut wrapped = Wrapped::default();
    wrapped.push(text, Tone::Plain);
    wrapped.lines(prefix, hang)
}

fn closes(unit: &str) -> bool {
    unit.chars().next().is_some_and(|c| CLOSING.contains(c)) && unit.chars().count() == 1
}

/// Red and struck through, green, or as it is.
fn painted(unit: &str, tone: Tone, is_coloured: bool) -> String {
    match tone {
        Tone::Removed if is_coloured => format!("\u{1b}[31m{unit}\u{1b}[0m"),
        Tone::Added if is_coloured => format!("\u{1b}[32m{unit}\u{1b}[0m"),
        Tone::Plain | Tone::Removed | Tone::Added => unit.to_owned(),
    }
}

/// What must not be broken: Latin words, and every other character alone with the marks that stand on it.
fn units(text: &str) -> Vec<String> {
    let mut units: Vec<String> = Vec::new();
    let mut in_word = false;
    for c in visible::lines(text).chars() {
        let is_word = c != '\n' && c != ' ' && c.width() == Some(1);
        match units.last_mut() {
            Some(last) if is_word && in_word && last.width() < COLUMNS / 2 => last.push(c),
            Some(last) if c.width() == Some(0) && last != "\n" => {
                last.push(c);
                continue;
            }
            Some(_) | None => units.push(c.to_string()),
        }
        in_word = is_word;
    }
    units
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit_and_hang_and_begin_with_no_closing_sign() {
        let text = "公开内容包括申请材料、办理流程、审核结果，".repeat(8);
        let lines = plain(&text, "    公开内容  ", 6);
        assert!(lines.len() > 2);
        for (index, line) in lines.iter().enumerate() {
            assert!(line.width() <= COLUMNS, "{line}");
            let start = if index == 0 { "    公开内容  " } else { "      " };
            let rest = line.strip_prefix(start).unwrap_or_default();
            assert!(!rest.is_empty() && !rest.starts_with(['、', '，']), "{line}");
        }
        let joined: String = lines.iter().map(|line| line.trim_start()).collect();
        assert_eq!(joined.trim_start_matches("公开内容  "), text);
    }

    #[test]
    fn marks_stay_with_their_words_and_control_signs_do_not_pass() {
        let mut wrapped = Wrapped::default();
        wrapped.push("之日起", Tone::Plain);
        wrapped.push("20", Tone::Removed);
        wrapped.push("1\u{1b}5", Tone::Added);
        wrapped.push("", Tone::Added);
        wrapped.push("个工作日", Tone::Plain);
        assert_eq!(wrapped.lines("", 2), ["之日起[-20-]{+1<U+001B>5+}个工作日"]);
        assert_eq!(plain("a\nb", "\u{202e}\n ", 2), ["<U+202E>  a", "  b"]);
    }
}
