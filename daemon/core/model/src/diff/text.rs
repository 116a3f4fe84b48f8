//! Text against text: words of Latin letters and digits, and single Chinese characters, kept, removed, added.
//!
//! Invariant: the kept and removed stretches joined are the text before, the kept and added ones the text after.
//! The work is bounded: longer texts are compared by lines, and past a budget as a whole.

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::Segment;

/// Most words or lines a side that are compared with each other: the longest content met has some 2,000 characters,
/// and two wholly different texts of this length cost some tens of milliseconds.
const TOKENS_MAX: usize = 4_000;

/// Words compared in one comparison of revisions: that of 5,000 changed items with contents of 200 characters. Beyond
/// it texts are shown as a whole, so that a hostile catalog costs seconds at most.
const TOKENS_BUDGET: usize = 2_000_000;

/// A kept stretch between two changes that is shorter than this, in words, is shown as changed: single characters
/// that two sentences share by chance help nobody.
const KEPT_TOKENS_MIN: usize = 2;

/// What is left to spend on texts.
pub(crate) struct Budget {
    tokens: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { tokens: TOKENS_BUDGET }
    }
}

impl Budget {
    fn take(&mut self, tokens: usize) -> bool {
        let is_there = tokens <= self.tokens;
        if is_there {
            self.tokens -= tokens;
        }
        is_there
    }
}

/// The text cut into what is compared: runs of Latin letters and digits, blanks, and every other character alone.
pub(crate) fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut start = 0;
    let mut class = None;
    for (place, c) in text.char_indices() {
        let next = class_of(c);
        if place > start && (next.is_none() || next != class) {
            tokens.push(&text[start..place]);
            start = place;
        }
        class = next;
    }
    if start < text.len() {
        tokens.push(&text[start..]);
    }
    tokens
}

/// Characters of one class stay together; `None` stands alone.
fn class_of(c: char) -> Option<u8> {
    match c {
        _ if c.is_ascii_digit() => Some(0),
        _ if c.is_ascii_alphabetic() => Some(1),
        ' ' => Some(2),
        _ => None,
    }
}

/// Text in the coarsest cut that is within the limit: words, else lines, else the whole.
pub(crate) fn cut<'t>(texts: &[&'t str], budget: &mut Budget) -> Vec<Vec<&'t str>> {
    let is_small = |cuts: &[Vec<&str>]| cuts.iter().all(|cut| cut.len() <= TOKENS_MAX);
    let words: Vec<Vec<&str>> = texts.iter().map(|text| tokens(text)).collect();
    if is_small(&words) && budget.take(words.iter().map(Vec::len).sum()) {
        return words;
    }
    let lines: Vec<Vec<&str>> = texts.iter().map(|text| text.split_inclusive('\n').collect()).collect();
    if is_small(&lines) && budget.take(lines.iter().map(Vec::len).sum()) {
        return lines;
    }
    texts.iter().map(|text| vec![*text]).collect()
}

/// What became of the text.
pub(crate) fn segments(before: &str, after: &str, budget: &mut Budget) -> Vec<Segment> {
    let cuts = cut(&[before, after], budget);
    let (old, new) = (&cuts[0], &cuts[1]);
    let ops = capture_diff_slices(Algorithm::Myers, old, new);
    let mut pieces: Vec<(String, String, String)> = Vec::new();
    for (index, op) in ops.iter().enumerate() {
        let (removed, added) = (old[op.old_range()].concat(), new[op.new_range()].concat());
        match op {
            DiffOp::Equal { len, .. } => {
                let is_inside = index > 0 && index + 1 < ops.len();
                if is_inside && *len < KEPT_TOKENS_MIN && !removed.contains('\n') {
                    pieces.push((String::new(), removed, added));
                } else {
                    pieces.push((removed, String::new(), String::new()));
                }
            }
            DiffOp::Delete { .. } | DiffOp::Insert { .. } | DiffOp::Replace { .. } => {
                pieces.push((String::new(), removed, added));
            }
        }
    }
    joined(pieces)
}

/// Changes that touch each other become one removal and one addition.
fn joined(pieces: Vec<(String, String, String)>) -> Vec<Segment> {
    let mut segments = Vec::new();
    let (mut removed, mut added) = (String::new(), String::new());
    let flush = |segments: &mut Vec<Segment>, removed: &mut String, added: &mut String| {
        let pair = [Segment::Removed(std::mem::take(removed)), Segment::Added(std::mem::take(added))];
        segments.extend(pair.into_iter().filter(|segment| !segment.text().is_empty()));
    };
    for (kept, gone, new) in pieces {
        if kept.is_empty() {
            removed.push_str(&gone);
            added.push_str(&new);
            continue;
        }
        flush(&mut segments, &mut removed, &mut added);
        segments.push(Segment::Kept(kept));
    }
    flush(&mut segments, &mut removed, &mut added);
    segments
}

impl Segment {
    /// The stretch's text.
    pub fn text(&self) -> &str {
        match self {
            Self::Kept(text) | Self::Removed(text) | Self::Added(text) => text,
        }
    }
}

/// How alike two texts are: from 0 for nothing in common to 1 for the same.
pub(crate) fn likeness(before: &str, after: &str, budget: &mut Budget) -> f64 {
    let cuts = cut(&[before, after], budget);
    let total = cuts[0].len() + cuts[1].len();
    if total == 0 {
        return 1.0;
    }
    let ops = capture_diff_slices(Algorithm::Myers, &cuts[0], &cuts[1]);
    let equal: usize = ops.iter().map(|op| if let DiffOp::Equal { len, .. } = op { *len } else { 0 }).sum();
    #[expect(clippy::cast_precision_loss, reason = "counts of words are far below 2^52")]
    let share = (2 * equal) as f64 / total as f64;
    share
}
