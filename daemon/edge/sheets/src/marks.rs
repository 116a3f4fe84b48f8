//! Mark cells (√) and cells that name values in words: 公开对象, 公开方式, 公开层级.
//!
//! Invariant: a cell's words are never dropped: what is no mark and no known word goes to the matching text field
//! or into a warning. Left out: boxes inside channel cells (channels).

use gongkai_model::{item::Item, vocabulary::Terms};

use crate::{
    Reading,
    header::{Group, is_slug},
    traditional::simplify,
};

/// Extra column of a second mode: an item has one, some rows tick two.
pub(crate) const SECOND_MODE: &str = "另一公开方式";
const SPECIFIC: &str = "specific";

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
        Group::Audience if slug == SPECIFIC => {
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
            let finding = set(reading, group, slug, item);
            let is_value = words.is_empty() || terms(reading, group).is_some_and(|terms| terms.find(words).is_some());
            finding.or_else(|| (!is_value).then(|| ("mark-unknown", format!("`{words}` is taken for a tick"))))
        }
    }
}

/// Puts one value of a group into the item; a second one where only one fits is a finding.
fn set(reading: &Reading<'_>, group: Group, slug: &str, item: &mut Item) -> Option<Finding> {
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
        Group::Mode => return add_mode(reading, slug, item),
        Group::Extent => return one(&mut item.extent),
        Group::Stage => return one(&mut item.stage),
    }
    None
}

/// Adds a mode: the first of the vocabulary is the item's, others go beside it.
fn add_mode(reading: &Reading<'_>, slug: &str, item: &mut Item) -> Option<Finding> {
    let mut all = modes(reading, item);
    if all.iter().any(|known| known == slug) {
        return None;
    }
    all.push(slug.to_owned());
    let place = |slug: &String| reading.vocabulary.modes.iter().position(|term| term.slug == *slug);
    all.sort_by_key(|slug| place(slug).unwrap_or(usize::MAX));
    let (first, others) = all.split_first()?;
    first.clone_into(&mut item.disclosure_mode);
    if others.is_empty() {
        return None;
    }
    let labels: Vec<&str> = others.iter().map(|slug| reading.vocabulary.modes.label(slug)).collect();
    item.extra.insert(SECOND_MODE.to_owned(), labels.join("、"));
    Some((
        "mark-several",
        format!("`{first}` is the mode, `{}` is kept beside it: make two items?", others.join("`, `")),
    ))
}

/// The modes of an item by their slugs: its own, then those beside it.
pub(crate) fn modes(reading: &Reading<'_>, item: &Item) -> Vec<String> {
    let beside = item.extra.get(SECOND_MODE).map_or("", String::as_str);
    let beside = beside.split('、').filter_map(|label| reading.vocabulary.modes.find(label)).map(|term| &term.slug);
    let own = Some(&item.disclosure_mode).filter(|mode| !mode.is_empty());
    own.into_iter().chain(beside).cloned().collect()
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
        let word = simplify(word);
        let Mark::Words(word) = read(reading, &word) else { continue };
        // 公开方式 = 全文公开 is the extent, not the mode.
        let found = value(reading, group, word).map(|slug| (group, slug));
        let found = found.or_else(|| value(reading, Group::Extent, word).map(|slug| (Group::Extent, slug)));
        match found {
            Some((group, slug)) => findings.extend(set(reading, group, slug, item)),
            // A value that a newer version wrote by its slug.
            None if is_slug(word) => findings.extend(set(reading, group, word, item)),
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
    let find = |word: &str| terms.find(&simplify(word));
    let mut rest = words;
    while !rest.is_empty() {
        if let Some(term) = find(rest) {
            item.audience.insert(term.slug.clone());
            break;
        }
        let (head, stop) =
            rest.find(is_audience_stop).map_or((rest, ' '), |place| (&rest[..place], char_at(rest, place)));
        let tail = rest[head.len()..].trim_start_matches(stop).trim();
        let known = find(head);
        if let Some(term) = known {
            item.audience.insert(term.slug.clone());
        }
        // 特定群体:申请人, 全社会(申请人): what follows names the group, whatever stops it has.
        if known.is_none() || is_opening(stop) {
            item.audience.insert(SPECIFIC.to_owned());
            let name = if known.is_none() { rest } else { tail };
            let is_bracketed = known.is_some() && matches!(stop, '(' | '（');
            let name = if is_bracketed { name.trim_end_matches([')', '）']) } else { name };
            name.trim().clone_into(&mut item.audience_specific);
            break;
        }
        rest = tail;
    }
    None
}

fn is_audience_stop(c: char) -> bool {
    is_opening(c) || matches!(c, '、' | '，' | ',' | ';' | '；' | '\n')
}

fn is_opening(c: char) -> bool {
    matches!(c, ':' | '：' | '(' | '（')
}

fn char_at(text: &str, place: usize) -> char {
    text[place..].chars().next().unwrap_or(' ')
}

fn value<'a>(reading: &Reading<'a>, group: Group, word: &str) -> Option<&'a str> {
    if group == Group::Level {
        let known = reading.vocabulary.levels.get(word).map(|term| term.slug.as_str());
        return known.or_else(|| reading.level(word, false));
    }
    let terms = terms(reading, group)?;
    let found = terms.find(word).or_else(|| terms.get(word)).or_else(|| terms.find_within(word));
    found.map(|term| term.slug.as_str())
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
