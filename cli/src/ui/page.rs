//! A page of text for people: facts, tables and notes, in the order given.
//!
//! Invariant: an empty page prints one line that says so, never nothing; on a terminal no line is wider than it.

use std::fmt::{Display, Write as _};

use unicode_width::UnicodeWidthStr as _;

use super::{
    columns,
    table::Table,
    words::{Lang, Word},
    wrap,
};

/// A page in the making.
pub(crate) struct Page {
    lang: Lang,
    /// The columns that lines have to fit; `None` off a terminal.
    room: Option<usize>,
    text: String,
}

impl Page {
    /// An empty page.
    pub(crate) fn new(lang: Lang) -> Self {
        Self { lang, room: columns::room(), text: String::new() }
    }

    /// Lines of word and value, the values below each other; empty values are left out.
    pub(crate) fn facts(mut self, facts: &[(Word, &dyn Display)]) -> Self {
        let shown: Vec<(&str, String)> =
            facts.iter().map(|(word, value)| (word.of(self.lang), value.to_string())).collect();
        let width = shown.iter().map(|(word, _)| word.width()).max().unwrap_or(0);
        for (word, value) in shown.iter().filter(|(_, value)| !value.is_empty()) {
            let gap = " ".repeat(width.saturating_sub(word.width()));
            for line in wrap::behind(&format!("{word}{gap}  "), value, self.room) {
                self.raw(&line);
            }
        }
        self
    }

    /// A table, or the sentence for "none".
    pub(crate) fn table(mut self, table: &Table, none: (&str, &str)) -> Self {
        if table.is_empty() {
            self.line(self.lang.pick(none.0, none.1));
        } else {
            self.raw(&table.to_string());
        }
        self
    }

    /// A table, if it holds.
    pub(crate) fn table_if(mut self, holds: bool, table: &Table) -> Self {
        if holds {
            self.raw(&table.to_string());
        }
        self
    }

    /// A sentence.
    pub(crate) fn say(mut self, en: impl Display, zh: impl Display) -> Self {
        let text = self.lang.pick(en.to_string(), zh.to_string());
        self.line(&text);
        self
    }

    /// Lines as they are.
    pub(crate) fn lines(mut self, lines: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        for line in lines {
            self.line(line.as_ref());
        }
        self
    }

    /// A sentence, if it holds.
    pub(crate) fn say_if(self, holds: bool, en: impl Display, zh: impl Display) -> Self {
        if holds { self.say(en, zh) } else { self }
    }

    fn line(&mut self, text: &str) {
        let room = self.room;
        for line in text.split('\n').flat_map(|line| wrap::folded(line, room)) {
            self.raw(&line);
        }
    }

    fn raw(&mut self, text: &str) {
        // Writing to a string does not fail.
        let _infallible = writeln!(self.text, "{text}");
    }

    /// The page's text.
    pub(crate) fn into_text(self) -> String {
        if self.text.is_empty() { self.lang.pick("nothing to show", "没有内容").to_owned() } else { self.text }
    }
}
