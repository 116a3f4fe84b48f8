//! Cuts a channel cell at its boxes: ■政府网站 □政府公报 → ticked 政府网站, unticked 政府公报.
//!
//! Invariant: letters that fonts print for boxes (R, þ, £, 口, ??) are boxes only directly before a known label.

use gongkai_model::vocabulary::fold;

use crate::Reading;

/// Whether a label is ticked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// ■ and its like.
    Ticked,
    /// □ and its like.
    Unticked,
    /// No box before it.
    Plain,
}

/// A stretch of text after a box.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) state: State,
    pub(super) text: String,
}

/// Marks that stand for a box wherever they are; the others are letters and signs with a meaning of their own.
const SURE_UNTICKED: [&str; 9] = ["□", "☐", "▢", "◻", "○", "〇", "❑", "❏", "⬜"];

/// Cuts the cell; blank segments are left out.
pub(super) fn split(reading: &Reading<'_>, raw: &str) -> Vec<Segment> {
    let mut segments = vec![Segment { state: State::Plain, text: String::new() }];
    let mut rest = raw;
    while let Some(first) = rest.chars().next() {
        if let Some((state, len)) = box_at(reading, rest) {
            segments.push(Segment { state, text: String::new() });
            rest = &rest[len..];
            continue;
        }
        if let Some(segment) = segments.last_mut() {
            segment.text.push(first);
        }
        rest = &rest[first.len_utf8()..];
    }
    segments.retain(|segment| !segment.text.trim().is_empty());
    segments
}

/// The same text with ■ and □ for whatever stands for them.
pub(super) fn official(reading: &Reading<'_>, raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(first) = rest.chars().next() {
        let (shown, len) = match box_at(reading, rest) {
            Some((State::Ticked, len)) => ('■', len),
            Some((State::Unticked, len)) => ('□', len),
            Some((State::Plain, _)) | None => (first, first.len_utf8()),
        };
        text.push(shown);
        rest = &rest[len..];
    }
    text
}

/// The box at the start of the text and its length in bytes.
fn box_at(reading: &Reading<'_>, text: &str) -> Option<(State, usize)> {
    let marks = &reading.vocabulary.marks;
    let begins = |words: &'_ [String]| {
        words.iter().filter(|w| !w.is_empty() && text.starts_with(w.as_str())).map(String::len).max()
    };
    if let Some(len) = begins(&marks.ticked) {
        return Some((State::Ticked, len));
    }
    if let Some(len) = SURE_UNTICKED.iter().find(|mark| text.starts_with(**mark)).map(|mark| mark.len()) {
        return Some((State::Unticked, len));
    }
    let ticked = begins(&marks.ticked_letters).map(|len| (State::Ticked, len));
    let found = ticked.or_else(|| begins(&marks.unticked).map(|len| (State::Unticked, len)))?;
    is_before_label(reading, &text[found.1..]).then_some(found)
}

/// Whether a known label follows directly: of the text up to the next line break or box-like sign, some label or
/// spelling stands at the beginning, perhaps after a place's name.
fn is_before_label(reading: &Reading<'_>, text: &str) -> bool {
    let end = text.find(['\n', '■', '□', '☐', '☑', '√', '£']).unwrap_or(text.len());
    let label = fold(&text[..end]);
    let has = |word: &String| label.starts_with(&fold(word));
    reading.vocabulary.channels.iter().any(|term| has(&term.label) || term.spellings.iter().any(has))
}
