//! What may be printed: lines and texts in which nothing foreign steers the terminal.
//!
//! Invariant: a [`Line`] is made by the cleaner ([`gongkai_model::visible`]) or, with colours of our own around cleaned
//! words, by `wrap`; a [`Text`] is made of lines. The printer takes nothing else, so no command can hand it a foreign
//! text as it came.

use std::{
    borrow::{Borrow, Cow},
    fmt,
    ops::Deref,
};

use gongkai_model::visible;

/// One line of what is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line(String);

impl Line {
    /// Cleaned words between colours of our own.
    pub(super) fn painted(line: String) -> Self {
        Self(line)
    }
}

impl From<&str> for Line {
    fn from(text: &str) -> Self {
        Self(visible::one_line(text).into_owned())
    }
}

impl From<String> for Line {
    fn from(text: String) -> Self {
        match visible::one_line(&text) {
            Cow::Owned(cleaned) => Self(cleaned),
            Cow::Borrowed(_) => Self(text),
        }
    }
}

impl From<&String> for Line {
    fn from(text: &String) -> Self {
        Self::from(text.as_str())
    }
}

impl Deref for Line {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Line {
    fn borrow(&self) -> &str {
        self
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl PartialEq<&str> for Line {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

/// Lines to print.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Text(String);

impl Text {
    /// Adds a line.
    pub(crate) fn push(&mut self, line: impl Into<Line>) {
        self.0.push_str(&line.into());
        self.0.push('\n');
    }

    /// Adds lines that stand straight already: a table, or another text.
    pub(super) fn push_block(&mut self, block: &str) {
        self.0.push_str(block.trim_end_matches('\n'));
        self.0.push('\n');
    }

    /// This text and below it another.
    pub(crate) fn and(mut self, other: &Self) -> Self {
        if !other.is_empty() {
            self.push_block(other);
        }
        self
    }

    /// What this program wrote that breaks and sets in its own lines: the usage of a command, a completion script.
    pub(crate) fn of_program(text: &str) -> Self {
        let parts: Vec<Cow<'_, str>> = text.split('\t').map(visible::lines).collect();
        Self(parts.join("\t"))
    }
}

impl<L: Into<Line>> FromIterator<L> for Text {
    fn from_iter<I: IntoIterator<Item = L>>(lines: I) -> Self {
        let mut text = Self::default();
        lines.into_iter().for_each(|line| text.push(line));
        text
    }
}

impl From<Line> for Text {
    fn from(line: Line) -> Self {
        [line].into_iter().collect()
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
