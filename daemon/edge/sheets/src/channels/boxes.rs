//! Cuts a channel cell at its boxes: ■政府网站 □政府公报 → ticked 政府网站, unticked 政府公报.
//!
//! Invariant: a sign that stands before every label is a box, whatever its code point. What it means is known of the sign,
//! or follows from the other one, or is asked. Letters that fonts print for boxes (R, þ, £, 口, ??) are boxes only
//! directly before a known label. Left out: letters in a symbol font (symbols).

use gongkai_model::vocabulary::fold;

use super::behind;
use crate::{Answers, Reading};

/// Whether a label is ticked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// ■ and its like.
    Ticked,
    /// □ and its like.
    Unticked,
    /// A box of which nobody knows what it means.
    Asked,
    /// No box before it.
    Plain,
}

/// A stretch of text after a box.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) state: State,
    pub(super) text: String,
}

/// A cell cut at its boxes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Cut {
    pub(super) segments: Vec<Segment>,
    /// Signs that stand for boxes and that nobody knows.
    pub(super) asked: Vec<String>,
}

/// Marks that stand for an empty box wherever they are; the others are letters and signs with a meaning of their own.
const SURE_UNTICKED: &str = "□☐▢◻◽⬜▫○〇◯❑❒❏❐❍◇☆⚪";
/// Crosses: an empty box beside ticks, and nobody knows without.
const CROSSES: &str = "×✕✖✗✘❌╳☓✘";
/// Boxes with a cross: full beside empty boxes, empty beside ticked ones.
const CROSSED_BOXES: &str = "☒⌧🗷🗵";
/// Signs before a name in a list that say nothing of it.
const BULLETS: &str = "·•‣➢➤►-－—–*＊.．。、，,;；:：/／⁄∕╱・﹑﹔()（）[]【】《》〈〉“”\"'‘’+＋_＿|｜~～…#＃&＆@!！?？";
pub(super) const OPENING: &str = "[【(（〔";
pub(super) const CLOSING: &str = "]】)）〕";
/// Most kinds of signs in one cell that are boxes: lists with more have letters or numbers for bullets.
const KINDS_MAX: usize = 3;
/// Letters that are boxes only where every label of the cell has one.
const LETTERS: [(&str, bool); 9] = [
    ("n", true),
    ("ü", true),
    ("P", true),
    ("o", false),
    ("¨", false),
    ("q", false),
    ("û", false),
    ("O", false),
    ("¡", false),
];

/// Cuts the cell; blank segments are left out.
pub(super) fn split(reading: &Reading<'_>, answers: &Answers<'_>, raw: &str) -> Cut {
    if let Some(segments) = behind::split(reading, raw) {
        return Cut { segments, asked: Vec::new() };
    }
    let signs = Signs::of(reading, answers, raw);
    let mut segments = vec![Segment { state: State::Plain, text: String::new() }];
    walk(reading, &signs, raw, |piece, state| match (state, segments.last_mut()) {
        (None, Some(segment)) => segment.text.push_str(piece),
        (state, _) => segments.push(Segment { state: state.unwrap_or(State::Plain), text: String::new() }),
    });
    segments.retain(|segment| !segment.text.trim().is_empty());
    Cut { segments, asked: signs.asked() }
}

/// The same text with ■ and □ for whatever stands for them.
pub(super) fn official(reading: &Reading<'_>, raw: &str) -> String {
    let signs = Signs::of(reading, &Answers::default(), raw);
    let mut text = String::with_capacity(raw.len());
    walk(reading, &signs, raw, |piece, state| match state {
        Some(State::Ticked) => text.push('■'),
        Some(State::Unticked) => text.push('□'),
        Some(State::Asked | State::Plain) | None => text.push_str(piece),
    });
    text
}

/// Gives the text in pieces: boxes with their state, and what stands between.
fn walk(reading: &Reading<'_>, signs: &Signs, raw: &str, mut take: impl FnMut(&str, Option<State>)) {
    let mut rest = raw;
    let mut is_start = true;
    while let Some(first) = rest.chars().next() {
        let found = signs.at(rest, is_start).or_else(|| box_at(reading, rest));
        let len = found.map_or(first.len_utf8(), |(_, len)| len);
        take(&rest[..len], found.map(|(state, _)| state));
        is_start = begins_name(first);
        rest = &rest[len..];
    }
}

/// The signs of a cell that were found by their place.
struct Signs {
    kinds: Vec<(String, State)>,
}

impl Signs {
    fn of(reading: &Reading<'_>, answers: &Answers<'_>, raw: &str) -> Self {
        let nothing = Self { kinds: Vec::new() };
        // Most cells print the official boxes and nothing else.
        if raw.chars().all(|c| matches!(c, '■' | '□' | '\u{4e00}'..='\u{9fff}' | '/' | '(' | ')' | ' ' | '\n')) {
            return nothing;
        }
        let Some(kinds) = before_labels(reading, raw) else { return nothing };
        let known: Vec<Option<State>> = kinds.iter().map(|sign| known(reading, sign)).collect();
        let has = |state: State| known.contains(&Some(state)) || (state == State::Unticked && raw.contains(['□', '☐']));
        let (has_ticks, has_empty) = (has(State::Ticked), has(State::Unticked));
        let meaning = |sign: &str, state: Option<State>| {
            let inner = inner_of(sign);
            if let Some(is_tick) = answers.of(sign).or_else(|| answers.of(inner)) {
                return if is_tick { State::Ticked } else { State::Unticked };
            }
            match state {
                Some(state) => state,
                None if CROSSES.contains(inner) && has_ticks => State::Unticked,
                None if CROSSED_BOXES.contains(inner) && has_ticks => State::Unticked,
                None if CROSSED_BOXES.contains(inner) && has_empty => State::Ticked,
                None if CROSSES.contains(inner) || CROSSED_BOXES.contains(inner) => State::Asked,
                None if kinds.len() == 2 && has_ticks => State::Unticked,
                None if kinds.len() == 2 && has_empty => State::Ticked,
                None => State::Asked,
            }
        };
        let states: Vec<State> = kinds.iter().zip(&known).map(|(sign, state)| meaning(sign, *state)).collect();
        Self { kinds: kinds.into_iter().zip(states).collect() }
    }

    fn at(&self, text: &str, is_start: bool) -> Option<(State, usize)> {
        self.kinds.iter().find_map(|(sign, state)| {
            let rest = text.strip_prefix(sign.as_str())?;
            // A letter or bracket is a box only at the beginning of a name.
            let is_name = rest.chars().next().is_some_and(is_han);
            let is_free = !sign.chars().all(char::is_alphanumeric) && !sign.starts_with(|c| OPENING.contains(c));
            (is_free || (is_start && is_name)).then_some((*state, sign.len()))
        })
    }

    fn asked(&self) -> Vec<String> {
        let asked = self.kinds.iter().filter(|(_, state)| *state == State::Asked);
        asked.map(|(sign, _)| sign.clone()).collect()
    }
}

/// What stands in a bracket: `[√]` → √.
fn inner_of(sign: &str) -> &str {
    match sign.strip_prefix(|c| OPENING.contains(c)) {
        Some(inner) => inner.trim_end_matches(|c| CLOSING.contains(c)).trim(),
        None => sign,
    }
}

/// What a sign means by itself.
pub(super) fn known(reading: &Reading<'_>, sign: &str) -> Option<State> {
    let inner = inner_of(sign);
    let marks = &reading.vocabulary.marks;
    let is_one_of = |words: &[String]| words.iter().any(|word| word == inner);
    if is_one_of(&marks.ticked) || is_one_of(&marks.ticked_letters) {
        return Some(State::Ticked);
    }
    if inner.is_empty() || SURE_UNTICKED.contains(inner) || is_one_of(&marks.unticked) {
        return Some(State::Unticked);
    }
    let letter = LETTERS.iter().find(|(letter, _)| *letter == inner)?;
    Some(if letter.1 { State::Ticked } else { State::Unticked })
}

/// The kinds of signs that stand before the labels, where every label has one; `None` where they are no boxes.
fn before_labels(reading: &Reading<'_>, raw: &str) -> Option<Vec<String>> {
    let mut kinds: Vec<String> = Vec::new();
    let mut before = ' ';
    for (place, c) in raw.char_indices() {
        let rest = &raw[place..];
        let is_start = begins_name(before);
        before = c;
        if !is_start || c.is_whitespace() {
            continue;
        }
        let is_word_start = raw[..place].chars().next_back().is_none_or(char::is_whitespace);
        match sign_of(rest) {
            Some(sign) if is_before_label(reading, &rest[sign.len()..]) => {
                // Inside a word only a sign that is known, or that begins other words: ⁄ in 入户⁄现场 is none.
                let is_new = !kinds.iter().any(|known| known == sign);
                if is_new && (is_word_start || known(reading, sign).is_some()) {
                    kinds.push(sign.to_owned());
                }
                if kinds.len() > KINDS_MAX {
                    return None;
                }
            }
            // A name at the beginning of a word without a sign: then the others' are no boxes.
            None if is_word_start && is_before_label(reading, rest) => return None,
            Some(_) | None => {}
        }
    }
    (!kinds.is_empty() && kinds.len() <= KINDS_MAX).then_some(kinds)
}

/// Whether a name may begin after this character: at a blank, and where names are glued together.
fn begins_name(before: char) -> bool {
    before.is_whitespace() || is_han(before) || CLOSING.contains(before) || "、，,;；_＿".contains(before)
}

/// The sign at the beginning of a text: one character that is neither a letter of a word nor a stop, or a bracket around
/// at most one.
fn sign_of(word: &str) -> Option<&str> {
    let mut chars = word.char_indices();
    let (_, first) = chars.next()?;
    if OPENING.contains(first) {
        let end = word.find(|c: char| CLOSING.contains(c))?;
        let inner = word[first.len_utf8()..end].trim();
        let is_box = inner.chars().count() <= 1 && !inner.chars().any(|c| c.is_ascii_digit() || is_han(c));
        let close = word[end..].chars().next().map_or(0, char::len_utf8);
        return is_box.then_some(&word[..end + close]);
    }
    let (next, second) = chars.next()?;
    let is_sign = !is_han(first) && !first.is_ascii_digit() && !BULLETS.contains(first) && !is_enclosed(first);
    (is_sign && is_han(second)).then_some(&word[..next])
}

/// ① ⑴ ⒈ and their like number a list.
fn is_enclosed(c: char) -> bool {
    matches!(c, '①'..='⒛' | '⓪'..='⓿' | '❶'..='➓' | '㈠'..='㊿' | 'Ⅰ'..='ⅿ')
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
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
    let first = text.chars().next()?;
    if SURE_UNTICKED.contains(first) {
        return Some((State::Unticked, first.len_utf8()));
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
