//! 公开渠道和载体: a cell of boxes, names or both, as the 13 official channels and others.
//!
//! Invariant: every word of the cell ends in a channel, in the other channels, or is an unticked label; the raw
//! text stays with the item. Left out: columns with one channel each (marks).

use std::collections::BTreeSet;

use gongkai_model::{
    item::Item,
    vocabulary::{fold, is_placeholder},
};

use crate::{Answers, Reading, traditional::simplify};

mod behind;
mod boxes;

use boxes::{Segment, State};

/// The slug for channels outside the twelve named ones.
pub(crate) const OTHER: &str = "other";
/// The slug of 社区/企事业单位/村公示栏(电子屏), whose label is a list itself.
const NOTICE_BOARD: &str = "notice-board";
/// Places whose notice board is meant when the label is split by 、.
const BOARD_PLACES: [&str; 7] = ["社区", "企事业单位", "村", "村居", "村(居)", "单位", "企业"];

/// What a channel cell says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Channels {
    pub(crate) used: BTreeSet<String>,
    pub(crate) optional: BTreeSet<String>,
    pub(crate) other: BTreeSet<String>,
    /// (code, message) pairs.
    pub(crate) findings: Vec<(&'static str, String)>,
    /// Signs before labels of which a person must say whether they are ticks.
    pub(crate) asked: Vec<String>,
}

/// Reads a channel cell; `has_optional_boxes` says that the header explains □ as "optional".
pub(crate) fn read(reading: &Reading<'_>, answers: &Answers<'_>, raw: &str, has_optional_boxes: bool) -> Channels {
    let simple = simplify(raw);
    let mut channels = read_simplified(reading, answers, &simple, has_optional_boxes);
    if simple != raw {
        channels.findings.push(("text-traditional", "traditional characters: a copy of a mirrored page?".to_owned()));
    }
    channels
}

fn read_simplified(reading: &Reading<'_>, answers: &Answers<'_>, raw: &str, has_optional_boxes: bool) -> Channels {
    let mut channels = Channels::default();
    // 无 and / name no channel.
    if is_placeholder(raw) {
        return channels;
    }
    let boxes::Cut { segments, asked } = boxes::split(reading, answers, raw);
    let has_boxes = segments.iter().any(|segment| segment.state != State::Plain);
    if !has_boxes {
        for segment in &segments {
            channels.add_plain(reading, &segment.text);
        }
        return channels;
    }
    let ticked = segments.iter().filter(|segment| segment.state == State::Ticked).count();
    for segment in &segments {
        channels.add_segment(reading, segment, ticked > 0, has_optional_boxes);
    }
    for sign in &asked {
        let message = format!("`{sign}` stands before channels: is it a tick? its channels are not taken");
        channels.findings.push(("mark-question", message));
    }
    if ticked == 0 && asked.is_empty() {
        let message = "no box is ticked: the channels are kept as optional, say which are used";
        channels.findings.push(("channel-mark-missing", message.to_owned()));
    }
    channels.asked = asked;
    channels
}

impl Channels {
    /// 1.政府网站 2.两微一端 or 政府网站、公示栏: all that is named is used.
    fn add_plain(&mut self, reading: &Reading<'_>, text: &str) {
        for line in whole_lines(reading, text) {
            for label in labels(reading, &line) {
                self.used.insert(label.slug);
                self.other.extend(label.other);
            }
        }
    }

    fn add_segment(&mut self, reading: &Reading<'_>, segment: &Segment, has_ticks: bool, has_optional_boxes: bool) {
        let named = labels(reading, &segment.text);
        match segment.state {
            State::Ticked => {
                for name in unboxed(reading, &segment.text) {
                    let message = format!("`{name}` has no box among boxes: taken as used");
                    self.findings.push(("channel-mark-missing", message));
                }
                for label in named {
                    self.used.insert(label.slug);
                    self.other.extend(label.other);
                }
            }
            State::Asked => {}
            State::Unticked if has_optional_boxes || !has_ticks => {
                self.optional.extend(named.into_iter().map(|label| label.slug));
            }
            State::Unticked => {}
            State::Plain => {
                for label in named {
                    let message = format!("`{}` has no box among boxes: taken as used", segment.text.trim());
                    self.findings.push(("channel-mark-missing", message));
                    self.used.insert(label.slug);
                    self.other.extend(label.other);
                }
            }
        }
    }
}

/// Channels that stand apart behind a ticked one and have no box of their own: ■政府网站 政府公报.
fn unboxed<'t>(reading: &Reading<'_>, text: &'t str) -> Vec<&'t str> {
    let terms = &reading.vocabulary.channels;
    let name = |piece: &'t str| bare(piece).trim_matches(['_', '＿', '—', '－', '-', '·']);
    let is_channel = |name: &str| terms.find(name).is_some_and(|term| term.slug != OTHER);
    let mut pieces = text.split_whitespace().map(name);
    // One name may be broken over lines; a list of others has none.
    let is_one = terms.find(bare(text)).is_some();
    match pieces.next().filter(|first| !is_one && is_channel(first)) {
        Some(_) => pieces.filter(|name| is_channel(name)).collect(),
        None => Vec::new(),
    }
}

/// The lines of a list of names, where a break inside a name (政府⏎网站) is none.
fn whole_lines(reading: &Reading<'_>, text: &str) -> Vec<String> {
    let terms = &reading.vocabulary.channels;
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        if let Some(last) = lines.last_mut().filter(|last| terms.find_within(last).is_none()) {
            let both = format!("{last}{}", line.trim());
            if terms.find(bare(&both)).is_some() {
                *last = both;
                continue;
            }
        }
        lines.push(line.to_owned());
    }
    lines
}

/// One channel named by a text.
struct Label {
    slug: String,
    other: BTreeSet<String>,
}

impl Label {
    fn of(slug: &str) -> Self {
        Self { slug: slug.to_owned(), other: BTreeSet::new() }
    }
}

/// The channels that a label text names: the whole text first, then its parts.
fn labels(reading: &Reading<'_>, text: &str) -> Vec<Label> {
    let text = bare(text);
    if is_bullet(text) {
        return Vec::new();
    }
    if let Some(rest) = other_rest(reading, text) {
        return vec![Label { slug: OTHER.to_owned(), other: names(rest) }];
    }
    let terms = &reading.vocabulary.channels;
    if let Some(term) = terms.find(text).filter(|term| term.slug != OTHER) {
        return vec![Label::of(&term.slug)];
    }
    let parts: Vec<&str> = split_names(text).filter(|part| !is_bullet(part)).collect();
    if parts.len() < 2 {
        return parts.first().map_or_else(Vec::new, |part| glued(reading, part));
    }
    let found: Vec<Label> = parts.iter().flat_map(|part| glued(reading, part)).collect();
    let has_board = found.iter().any(|label| label.slug == NOTICE_BOARD);
    let is_place = |label: &Label| label.other.iter().all(|name| BOARD_PLACES.contains(&name.as_str()));
    found.into_iter().filter(|label| !(has_board && label.slug == OTHER && is_place(label))).collect()
}

/// Names that nothing separates: 政府网站微信平台等.
fn glued(reading: &Reading<'_>, name: &str) -> Vec<Label> {
    let first = one(reading, name);
    let terms = &reading.vocabulary.channels;
    let text = fold(bare(name));
    if first.slug == OTHER || terms.find(&text).is_some() {
        return vec![first];
    }
    let mut found = vec![first];
    for term in terms.iter().filter(|term| term.slug != OTHER) {
        let is_found = found.iter().any(|label| label.slug == term.slug);
        let names = || std::iter::once(&term.label).chain(&term.spellings);
        // A name inside a longer one of another channel (便民服务大厅) is not meant.
        let is_apart = |name: &String| {
            let name = fold(name);
            name.chars().count() >= GLUED_CHARS_MIN && text.contains(&name) && {
                let rest = text.replacen(&name, "\n", 1);
                rest.split('\n').filter(|part| !part.is_empty()).any(|part| {
                    terms.find_within(part).is_some_and(|other| found.iter().any(|label| label.slug == other.slug))
                })
            }
        };
        if !is_found && names().any(is_apart) {
            found.push(Label::of(&term.slug));
        }
    }
    found
}

/// Shortest name found in the middle of others: 公报 or 现场 may be a part of any word.
const GLUED_CHARS_MIN: usize = 4;

/// One name: a channel by its spelling, by a spelling inside it (铁力市政府网站), or another channel.
fn one(reading: &Reading<'_>, name: &str) -> Label {
    let name = bare(name);
    let terms = &reading.vocabulary.channels;
    match terms.find(name).or_else(|| terms.find_within(name)) {
        Some(term) if term.slug != OTHER => Label::of(&term.slug),
        _ => match other_rest(reading, name) {
            Some(rest) => Label { slug: OTHER.to_owned(), other: names(rest) },
            None => Label { slug: OTHER.to_owned(), other: BTreeSet::from([name.to_owned()]) },
        },
    }
}

/// What follows 其他: `其他:三务公开` → `三务公开`; `None` for a text that does not begin so.
fn other_rest<'t>(reading: &Reading<'_>, text: &'t str) -> Option<&'t str> {
    let label = reading.vocabulary.channels.label(OTHER);
    text.strip_prefix(label).or_else(|| text.strip_prefix("其它"))
}

/// The names in free text after 其他, without brackets and fill-in lines.
fn names(rest: &str) -> BTreeSet<String> {
    let rest = rest.trim_matches(|c: char| c.is_whitespace() || "_＿—-:：()（）[]【】．.。".contains(c));
    split_names(rest)
        .map(|name| name.trim_matches(['_', '＿', ' ']).to_owned())
        .filter(|name| !name.is_empty())
        .collect()
}

/// Whether a text numbers or separates names and is none: 3, ／.
fn is_bullet(text: &str) -> bool {
    !text.chars().any(char::is_alphabetic) && text.chars().filter(|c| c.is_numeric()).count() <= BULLET_DIGITS_MAX
}

/// Most digits of a number before a name; 12345 is a channel.
const BULLET_DIGITS_MAX: usize = 2;

fn split_names(text: &str) -> impl Iterator<Item = &str> {
    let is_stop = |c: char| c.is_whitespace() || matches!(c, '、' | '，' | ',' | ';' | '；');
    text.split(is_stop).filter(|name| !name.is_empty())
}

/// Without bullets (1. ① ·) and stops around it.
fn bare(text: &str) -> &str {
    let text = text.trim_matches(|c: char| c.is_whitespace() || "、，,;；。·●•".contains(c));
    let digits = text.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '①'..='⑳'));
    let is_bullet = digits.len() < text.len()
        && (digits.starts_with(['.', '．', '、', ')', '）']) || text.starts_with(|c| matches!(c, '①'..='⑳')));
    if is_bullet { digits.trim_start_matches(['.', '．', '、', ')', '）', ' ']) } else { text }
}

/// The place in the official order of the first channel that the text names; for lists torn over several rows.
pub(crate) fn rank(reading: &Reading<'_>, text: &str) -> Option<usize> {
    let segments = boxes::split(reading, &Answers::default(), text).segments;
    let slug = labels(reading, &segments.first()?.text).into_iter().next()?.slug;
    reading.vocabulary.channels.iter().position(|term| term.slug == slug)
}

/// The official cell: every channel with ■ or □, two a line.
pub(crate) fn render(reading: &Reading<'_>, used: &BTreeSet<String>, other: &BTreeSet<String>) -> String {
    let known = reading.vocabulary.channels.iter().map(|term| term.slug.as_str());
    lay_out(reading, known.map(|slug| (slug, used.contains(slug))), other)
}

/// The cell under a header in which □ means "optional": channels that are neither are left out.
pub(crate) fn render_optional(reading: &Reading<'_>, item: &Item) -> String {
    let known = reading.vocabulary.channels.iter().map(|term| term.slug.as_str());
    let chosen = known.filter(|slug| item.channels.contains(*slug) || item.channels_optional.contains(*slug));
    lay_out(reading, chosen.map(|slug| (slug, item.channels.contains(slug))), &item.channels_other)
}

fn lay_out<'a>(
    reading: &Reading<'_>,
    boxes: impl Iterator<Item = (&'a str, bool)>,
    other: &BTreeSet<String>,
) -> String {
    let mut text = String::new();
    for (index, (slug, is_ticked)) in boxes.enumerate() {
        if index > 0 {
            text.push(if index % 2 == 0 { '\n' } else { ' ' });
        }
        text.push(if is_ticked { '■' } else { '□' });
        text.push_str(reading.vocabulary.channels.label(slug));
        if slug == OTHER && is_ticked && !other.is_empty() {
            let names: Vec<&str> = other.iter().map(String::as_str).collect();
            text.push(':');
            text.push_str(&names.join("、"));
        }
    }
    text
}

/// A printed channel cell with the official boxes ■ and □ for those that fonts and scanners made of them.
pub fn with_official_boxes(reading: &Reading<'_>, raw: &str) -> String {
    boxes::official(reading, raw)
}

/// Whether a text is nothing but channels: each of its names is a known one.
pub(crate) fn is_channel_text(reading: &Reading<'_>, text: &str) -> bool {
    let segments = boxes::split(reading, &Answers::default(), text).segments;
    !fold(text).is_empty()
        && segments.iter().all(|segment| labels(reading, &segment.text).iter().all(|label| label.slug != OTHER))
}
