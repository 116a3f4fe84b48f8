//! Channel cells whose boxes or words stand behind the labels: 政府网站■ 政府公报□, 政府网站（√）, 政府网站:是.
//!
//! Invariant: only where every label has a mark behind it and each mark is known; else the cell is none of these.
//! Left out: boxes before labels (boxes).

use super::{
    OTHER, bare,
    boxes::{CLOSING, OPENING, Segment, State, known},
};
use crate::{Reading, marks};

/// What stands between two labels.
const BETWEEN: &str = "、，,；;";

/// The labels with their marks; `None` where the cell is not written so.
pub(super) fn split(reading: &Reading<'_>, raw: &str) -> Option<Vec<Segment>> {
    let mut segments = Vec::new();
    let mut rest = raw.trim();
    if rest.starts_with(is_sign) {
        return None;
    }
    while !rest.is_empty() {
        let (label, behind) = label(reading, rest)?;
        let (state, len) = mark(reading, behind)?;
        segments.push(Segment { state, text: label.to_owned() });
        rest = behind[len..].trim_start_matches(|c: char| c.is_whitespace() || BETWEEN.contains(c));
    }
    (!segments.is_empty()).then_some(segments)
}

/// The label at the beginning of a text, and what stands behind it.
fn label<'t>(reading: &Reading<'_>, text: &'t str) -> Option<(&'t str, &'t str)> {
    let terms = &reading.vocabulary.channels;
    let is_end = |c: char| c.is_whitespace() || matches!(c, ':' | '：') || OPENING.contains(c) || is_sign(c);
    // A label may have a bracket of its own: …村公示栏(电子屏).
    let ends = text.char_indices().filter(|(place, c)| *place > 0 && is_end(*c)).map(|(place, _)| place);
    let found = ends.take(ENDS_MAX).filter(|place| {
        let name = bare(&text[..*place]);
        terms.find(name).or_else(|| terms.find_within(name)).is_some_and(|term| term.slug != OTHER)
    });
    let is_marked = |place: &usize| mark(reading, text[*place..].trim_start()).is_some();
    let place = found.into_iter().find(is_marked)?;
    let name = &text[..place];
    (!name.contains(|c: char| c.is_whitespace() || is_sign(c))).then(|| (name, text[place..].trim_start()))
}

/// Most places at which a label is looked for to end: real ones have up to three signs.
const ENDS_MAX: usize = 6;

/// Whether a character is a sign rather than a letter or a stop.
fn is_sign(c: char) -> bool {
    !c.is_alphanumeric() && !c.is_whitespace() && !BETWEEN.contains(c) && !"/／⁄·-—_()（）[]【】〔〕:：".contains(c)
}

/// What the mark at the beginning of a text says, and its length.
fn mark(reading: &Reading<'_>, text: &str) -> Option<(State, usize)> {
    let first = text.chars().next()?;
    let state = |is_tick: bool| if is_tick { State::Ticked } else { State::Unticked };
    let said = |word: &str| known(reading, word).or_else(|| marks::yes_or_no(reading, word).map(state));
    if OPENING.contains(first) {
        let end = text.find(|c| CLOSING.contains(c))?;
        let inner = text[first.len_utf8()..end].trim();
        let len = end + text[end..].chars().next().map_or(0, char::len_utf8);
        return Some((if inner.is_empty() { State::Unticked } else { said(inner)? }, len));
    }
    if matches!(first, ':' | '：') {
        let rest = &text[first.len_utf8()..];
        let blanks = rest.len() - rest.trim_start().len();
        let word = rest.trim_start().split(|c: char| c.is_whitespace() || BETWEEN.contains(c)).next()?;
        return Some((said(word).filter(|_| !word.is_empty())?, first.len_utf8() + blanks + word.len()));
    }
    is_sign(first).then(|| Some((known(reading, &text[..first.len_utf8()])?, first.len_utf8())))?
}
