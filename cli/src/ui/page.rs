//! A page of text for people: facts, tables and notes, in the order given.
//!
//! Invariant: an empty page prints one line that says so, never nothing; on a terminal no line is wider than it; what
//! stands in a sentence or behind a word never begins a line of its own.

use std::fmt::Display;

use unicode_width::UnicodeWidthStr as _;

use super::{
    columns,
    shown::{Line, Text},
    table::Table,
    words::{Lang, Word},
    wrap,
};

/// A page in the making.
pub(crate) struct Page {
    lang: Lang,
    /// The columns that lines have to fit; `None` off a terminal.
    room: Option<usize>,
    text: Text,
}

impl Page {
    /// An empty page.
    pub(crate) fn new(lang: Lang) -> Self {
        Self { lang, room: columns::room(), text: Text::default() }
    }

    /// Lines of word and value, the values below each other; empty values are left out.
    pub(crate) fn facts(mut self, facts: &[(Word, &dyn Display)]) -> Self {
        let shown: Vec<(&str, String)> =
            facts.iter().map(|(word, value)| (word.of(self.lang), value.to_string())).collect();
        let width = shown.iter().map(|(word, _)| word.width()).max().unwrap_or(0);
        for (word, value) in shown.iter().filter(|(_, value)| !value.is_empty()) {
            let gap = " ".repeat(width.saturating_sub(word.width()));
            for line in wrap::behind(&format!("{word}{gap}  "), value, self.room) {
                self.text.push(line);
            }
        }
        self
    }

    /// A table, or the sentence for "none".
    pub(crate) fn table(mut self, table: &Table, none: (&str, &str)) -> Self {
        if table.is_empty() {
            self.line(&self.lang.pick(none.0, none.1).into());
        } else {
            self.text.push_block(&table.to_string());
        }
        self
    }

    /// A table, if it holds.
    pub(crate) fn table_if(mut self, holds: bool, table: &Table) -> Self {
        if holds {
            self.text.push_block(&table.to_string());
        }
        self
    }

    /// A sentence.
    pub(crate) fn say(mut self, en: impl Display, zh: impl Display) -> Self {
        let text = self.lang.pick(en.to_string(), zh.to_string());
        self.line(&text.into());
        self
    }

    /// Lines below each other.
    pub(crate) fn lines(mut self, lines: impl IntoIterator<Item = impl Into<Line>>) -> Self {
        for line in lines {
            self.line(&line.into());
        }
        self
    }

    /// A line without words.
    pub(crate) fn gap(self) -> Self {
        self.lines([""])
    }

    /// The same, if it holds.
    pub(crate) fn gap_if(self, holds: bool) -> Self {
        if holds { self.gap() } else { self }
    }

    /// A sentence, if it holds.
    pub(crate) fn say_if(self, holds: bool, en: impl Display, zh: impl Display) -> Self {
        if holds { self.say(en, zh) } else { self }
    }

    fn line(&mut self, line: &Line) {
        for line in wrap::folded(line, self.room) {
            self.text.push(line);
        }
    }

    /// The page's text.
    pub(crate) fn into_text(self) -> Text {
        if self.text.is_empty() {
            Line::from(self.lang.pick("nothing to show", "没有内容")).into()
        } else {
            self.text
        }
    }
}
