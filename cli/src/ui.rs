//! What a person or a script sees: answers and failures, as text or as JSON, in Chinese or English.
//!
//! Invariant: nothing else in this program writes to stdout or stderr, and nothing is written that was not made for it
//! (`shown`): foreign texts are cleaned, in JSON they are escaped.

mod amount;
mod columns;
mod difference;
pub(crate) mod findings;
mod origin;
mod page;
mod progress;
mod shown;
mod table;
mod time;
mod words;
mod wrap;

use std::{
    ffi::OsString,
    io::{IsTerminal as _, Write as _},
};

use clap::ValueEnum;
use gongkai_model::visible;

pub(crate) use self::{
    amount::{ago, rate, size, span},
    difference::{difference_lines, element_word, value_word},
    page::Page,
    progress::Bars,
    shown::{Line, Text},
    table::{Cell, Table, cells},
    time::moment,
    words::{Lang, Word, field_word, field_words, state_word},
    wrap::plain,
};
use crate::{commands::Answer, errors::Failure};

/// The form of the answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people.
    #[default]
    Text,
    /// One JSON document.
    Json,
}

/// How to speak to whoever called.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ui {
    pub(crate) lang: Lang,
    pub(crate) output: Output,
    pub(crate) quiet: bool,
}

impl Ui {
    /// Looks for the two options that shape messages, for the time before (and the case that) parsing fails.
    pub(crate) fn before_parsing(words: &[OsString]) -> Self {
        let value_of = |name: &str| {
            let texts: Vec<&str> = words.iter().filter_map(|word| word.to_str()).collect();
            let joined = format!("{name}=");
            let glued = texts.iter().find_map(|text| text.strip_prefix(joined.as_str()).map(str::to_owned));
            glued.or_else(|| {
                let at = texts.iter().position(|text| *text == name)?;
                texts.get(at + 1).map(|text| (*text).to_owned())
            })
        };
        let lang = match value_of("--lang").as_deref() {
            Some("zh") => Lang::Zh,
            Some("en") => Lang::En,
            _ => Lang::of_environment(),
        };
        let output = if value_of("--output").as_deref() == Some("json") { Output::Json } else { Output::Text };
        Self { lang, output, quiet: false }
    }

    /// Whether progress may be drawn: on a terminal, unless asked not to.
    pub(crate) fn draws_progress(&self) -> bool {
        !self.quiet && std::io::stderr().is_terminal()
    }

    /// The answer on stdout, in the form asked for.
    pub(crate) fn print_answer(&self, answer: &Answer) {
        // A command that printed as it went has nothing left to say.
        match self.output {
            Output::Json if !answer.json.is_empty() => self.print_json(&answer.json),
            Output::Text if !answer.text.is_empty() => self.print(&answer.text),
            Output::Json | Output::Text => {}
        }
    }

    /// A failure: on stderr for people; as the one document on stdout for scripts.
    pub(crate) fn print_failure(&self, failure: &Failure) {
        match self.output {
            Output::Json => self.print_json(&failure.to_json(self.lang)),
            Output::Text => self.print_notice(&failure.to_text(self.lang)),
        }
    }

    /// Lines on stdout. Who closed the pipe has seen enough: that is no error.
    pub(crate) fn print(&self, text: &Text) {
        let mut stdout = std::io::stdout().lock();
        let _closed = writeln!(stdout, "{}", text.trim_end_matches('\n'));
    }

    /// A document on stdout.
    pub(crate) fn print_json(&self, document: &str) {
        let mut stdout = std::io::stdout().lock();
        let _closed = writeln!(stdout, "{}", visible::json(document.trim_end_matches('\n')));
    }

    /// Lines on stderr.
    pub(crate) fn print_notice(&self, text: &Text) {
        let mut stderr = std::io::stderr().lock();
        let room = columns::room_of(&stderr);
        for line in text.trim_end_matches('\n').split('\n') {
            for line in wrap::folded(&Line::painted(line.to_owned()), room) {
                let _closed = writeln!(stderr, "{line}");
            }
        }
    }
}
