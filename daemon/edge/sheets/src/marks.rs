//! Mark cells (√) and cells that name values in words: 公开对象, 公开方式, 公开层级.
//!
//! Invariant: a cell's words are never dropped: what is no mark and no known word goes to the matching text field
//! or into a warning. Left out: boxes inside channel cells (channels).

use gongkai_model::{item::Item, vocabulary::Terms};

use crate::{Reading, header::Group};

/// Words in a mark cell that say "no".
const NO_WORDS: [&str; 9] = ["×", "✗", "✘", "x", "-", "—", "/", "无", "否"];

/// What a mark cell says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mark<'a> {
    /// Nothing, an empty box or a "no".
    Empty,
    /// A tick alone.
    Ticked,
    /// A tick with words, or words alone.
    Words(&'a str),
}

/// Reads one mark cell.
pub(crate) fn read<'a>(reading: &Reading<'_>, text: &'a str) -> Mark<'a> {
    let marks = &reading.vocabulary.marks;
    let text = text.trim();
    let is_one_of = |words: &[String]| words.iter().any(|word| word == text);
    if text.is_empty() {
        return Mark::Empty;
    }
    if is_one_of(&marks.ticked) || is_one_of(&marks.ticked_letters) || matches!(text, "是" | "有") {
        return Mark::Ticked;
    }
    if is_one_of(&marks.unticked) || NO_WORDS.contains(&text.to_lowercase().as_str()) {
        return Mark::Empty;
    }
    let rest = marks
        .ticked
        .iter()
        .find_map(|mark| text.strip_prefix(mark.as_str()).or_else(|| text.strip_suffix(mark.as_str())));
    match rest.map(str::trim) {
        Some("") => Mark::Ticked,
        Some(rest) if marks.ticked.iter().any(|mark| mark == rest) => Mark::Ticked,
        Some(rest) => Mark::Words(rest),
        None => Mark::Words(text),
    }
}

/// A finding while marks are put into an item: (code, message).
pub(crate) type Finding = (&'static str, String);

/// Puts a mark column's cell into the item.
pub(crate) fn put(reading: &Reading<'_>, group: Group, slug: &str, text: &str, item: &mut Item) -> Option<Finding> {
    let mark = read(reading, text);
    if mark == Mark::Empty {
        return None;
    }
    let words = match &mark {
        Mark::Words(words) => *words,
        Mark::Empty | Mark::Ticked => "",
    };
    match group {
        Group::Audience if slug == "specific" => {
            item.audience.insert(slug.to_owned());
            let is_name = !words.is_empty() && reading.vocabulary.audience.find(words).is_none();
            item.audience_specific = if is_name { words.to_owned() } else { String::new() };
            let message = "特定群体 is ticked, who it is is not named";
            words.is_empty().then(|| ("audience-unnamed", message.to_owned()))
        }
        Group::Level if !words.is_empty() => {
            // A word in the cell (州级 under 县级) says more than its column.
            let level = reading.level(words, true);
            item.levels.insert(level.unwrap_or(slug).to_owned());
            level.is_none().then(|| ("mark-unknown", format!("`{words}` is taken for a tick")))
        }
        _ => {
            let finding = set(group, slug, item);
            let is_value = words.is_empty() || terms(reading, group).is_some_and(|terms| terms.find(words).is_some());
            finding.or_else(|| (!is_value).then(|| ("mark-unknown", format!("`{words}` is taken for a tick"))))
        }
    }
}

/// Puts one value of a group into the item; a second one where only one fits is a finding.
fn set(group: Group, slug: &str, item: &mut Item) -> Option<Finding> {
    let one = |field: &mut String| {
        if field.is_empty() || field == slug {
            slug.clone_into(field);
            return None;
        }
        Some(("mark-several", format!("`{field}` is kept, `{slug}` is ticked too")))
    };
    match group {
        Group::Audience => drop(item.audience.insert(slug.to_owned())),
        Group::Level => drop(item.levels.insert(slug.to_owned())),
        Group::FiveOpen => drop(item.five_open.insert(slug.to_owned())),
        Group::Channel => drop(item.channels.insert(slug.to_owned())),
        Group::Mode => return one(&mut item.disclosure_mode),
        Group::Extent => return one(&mut item.extent),
        Group::Stage => return one(&mut item.stage),
    }
    None
}

/// Puts a cell that names values in words (县级、乡级; 主动公开) into the item.
pub(crate) fn put_words(reading: &Reading<'_>, group: Group, text: &str, item: &mut Item) -> Vec<Finding> {
    if text.is_empty() {
        return Vec::new();
    }
    if group == Group::Audience {
        return put_audience(reading, text, item).into_iter().collect();
    }
    let mut findings = Vec::new();
    for word in text.split(['、', '，', ',', ';', '；', '\n', '/']).map(str::trim).filter(|word| !word.is_empty()) {
        let Mark::Words(word) = read(reading, word) else { continue };
        // 公开方式 = 全文公开 is the extent, not the mode.
        let found = value(reading, group, word).map(|slug| (group, slug));
        let found = found.or_else(|| value(reading, Group::Extent, word).map(|slug| (Group::Extent, slug)));
        match found {
            Some((group, slug)) => findings.extend(set(group, slug, item)),
            None => findings.push(("mark-unknown", format!("`{word}` is no value that is known here"))),
        }
    }
    findings
}

/// 全社会 or 特定群体:申请人; other words name the specific group.
fn put_audience(reading: &Reading<'_>, text: &str, item: &mut Item) -> Option<Finding> {
    let words = match read(reading, text) {
        Mark::Empty => return None,
        Mark::Ticked => return Some(("audience-unnamed", "a tick without a word: who is meant?".to_owned())),
        Mark::Words(words) => words,
    };
    let terms = &reading.vocabulary.audience;
    if let Some(term) = terms.find(words) {
        item.audience.insert(term.slug.clone());
        return None;
    }
    let (head, tail) =
        words.split_once([':', '：', '(', '（', '、', '，', ',', ';', '；', '\n']).unwrap_or((words, ""));
    let tail = tail.trim_end_matches([')', '）']).trim();
    match (terms.find(head).map(|term| term.slug.as_str()), terms.find(tail).map(|term| term.slug.as_str())) {
        (Some(first), Some(second)) => item.audience.extend([first.to_owned(), second.to_owned()]),
        (Some(first), None) => {
            item.audience.extend([first.to_owned(), "specific".to_owned()]);
            tail.clone_into(&mut item.audience_specific);
        }
        (None, _) => {
            item.audience.insert("specific".to_owned());
            words.clone_into(&mut item.audience_specific);
        }
    }
    None
}

fn value<'a>(reading: &Reading<'a>, group: Group, word: &str) -> Option<&'a str> {
    if group == Group::Level {
        return reading.level(word, false);
    }
    let terms = terms(reading, group)?;
    terms.find(word).or_else(|| terms.find_within(word)).map(|term| term.slug.as_str())
}

fn terms<'a>(reading: &Reading<'a>, group: Group) -> Option<&'a Terms> {
    let vocabulary = reading.vocabulary;
    match group {
        Group::Audience => Some(&vocabulary.audience),
        Group::Mode => Some(&vocabulary.modes),
        Group::Extent => Some(&vocabulary.extents),
        Group::FiveOpen => Some(&vocabulary.five_open),
        Group::Stage => Some(&vocabulary.stages),
        Group::Channel => Some(&vocabulary.channels),
        Group::Level => None,
    }
}
