//! One item's difference for people: what is gone, what is new, element by element, within 80 columns.
//!
//! Invariant: every element that differs is named; only unchanged words of a long text are left out (…).

use std::{borrow::Cow, sync::OnceLock};

use gongkai_model::vocabulary::{Terms, Vocabulary};
use gongkai_proto::admin::v1::{ElementChange, ItemDifference};
use gongkai_seeds::Seeds;

use super::{
    origin,
    shown::Line,
    words::{Lang, field_word, state_word},
    wrap::{Tone, Wrapped, plain},
};

/// Unchanged characters shown on each side of a change: enough to find the place in a paragraph.
const AROUND_CHARS: usize = 18;

/// Blanks before an element, and before the further lines of its value.
const INDENT: &str = "    ";
const HANG: usize = 8;

/// The lines of one item: a heading and its elements.
pub(crate) fn difference_lines(found: &ItemDifference, lang: Lang) -> Vec<Line> {
    let mut lines = plain(&heading(found, lang), "", HANG);
    if !found.former_name.is_empty() {
        lines.extend(plain(&found.former_name, &format!("{INDENT}{}", lang.pick("was: ", "原名称：")), HANG));
    }
    if !found.item_id.is_empty() && found.item_id != "header" {
        lines.push(format!("{INDENT}{} {}", lang.pick("item", "标识"), found.item_id).into());
    }
    let is_whole = matches!(found.change.as_str(), "added" | "removed");
    for change in &found.elements {
        // The heading has said the name.
        if is_whole && (change.element.starts_with("level") || change.element == "channels_raw") {
            continue;
        }
        lines.extend(element_lines(change, is_whole, lang));
    }
    lines
}

fn heading(found: &ItemDifference, lang: Lang) -> String {
    let sign = match found.change.as_str() {
        "added" => "+",
        "removed" => "-",
        "moved" => "=",
        _ => "~",
    };
    let word = state_word(&found.change, lang);
    let serial = match (found.serial.as_str(), found.former_serial.as_str()) {
        ("", _) => String::new(),
        (serial, "") => format!(" {serial}"),
        (serial, former) => format!(" {former}→{serial}"),
    };
    let name = if found.item_id == "header" {
        format!("{} {}", lang.pick("catalog header", "目录表头"), found.name)
    } else {
        found.name.clone()
    };
    format!("{sign} {word}{serial}  {name}")
}

/// One element: its name and what became of its value; of a whole item the value alone.
fn element_lines(change: &ElementChange, is_whole: bool, lang: Lang) -> Vec<Line> {
    let prefix = format!("{INDENT}{}  ", element_word(&change.element, lang));
    let mut text = Wrapped::default();
    if is_whole {
        let value = if change.after.is_empty() { &change.before } else { &change.after };
        let words: Vec<Cow<'_, str>> = match change.form.as_str() {
            "set" => change.kept.iter().chain(&change.removed).chain(&change.added).map(Cow::from).collect(),
            _ => vec![Cow::from(value)],
        };
        let shown: Vec<String> = words.iter().map(|word| value_word(&change.element, word, lang)).collect();
        text.push(&shown.join("、"), Tone::Plain);
        return text.lines(&prefix, HANG);
    }
    match change.form.as_str() {
        "set" => push_members(&mut text, change, lang),
        "word" => {
            text.push(&value_word(&change.element, &change.before, lang), Tone::Removed);
            text.push(&value_word(&change.element, &change.after, lang), Tone::Added);
        }
        // `text`, `limit`, and forms of a newer daemon.
        _ => push_segments(&mut text, change),
    }
    text.lines(&prefix, HANG)
}

fn push_members(text: &mut Wrapped, change: &ElementChange, lang: Lang) {
    let groups = [(&change.removed, Tone::Removed), (&change.added, Tone::Added)];
    let members = groups.into_iter().flat_map(|(members, tone)| members.iter().map(move |member| (member, tone)));
    for (index, (member, tone)) in members.enumerate() {
        if index > 0 {
            text.push(" ", Tone::Plain);
        }
        text.push(&value_word(&change.element, member, lang), tone);
    }
    let (order, kept) = (change.is_reordered, change.kept.len());
    if order {
        let after =
            lang.pick(format!(" (now in this order: {})", change.after), format!("（现顺序：{}）", change.after));
        text.push(&after, Tone::Plain);
    } else if kept > 0 {
        text.push(&lang.pick(format!(" ({kept} unchanged)"), format!("（其余 {kept} 项不变）")), Tone::Plain);
    }
}

fn push_segments(text: &mut Wrapped, change: &ElementChange) {
    if change.segments.is_empty() {
        text.push(&change.before, Tone::Removed);
        text.push(&change.after, Tone::Added);
    }
    let last = change.segments.len().saturating_sub(1);
    for (index, segment) in change.segments.iter().enumerate() {
        match segment.kind.as_str() {
            "removed" => text.push(&segment.text, Tone::Removed),
            "added" => text.push(&segment.text, Tone::Added),
            _ => text.push(&elided(&segment.text, index > 0, index < last), Tone::Plain),
        }
    }
}

/// An unchanged stretch without its middle, or without the end that touches no change.
fn elided(text: &str, follows: bool, is_followed: bool) -> String {
    let chars: Vec<char> = text.chars().collect();
    let (head, tail) = (if follows { AROUND_CHARS } else { 0 }, if is_followed { AROUND_CHARS } else { 0 });
    if chars.len() <= head + tail + 2 {
        return text.to_owned();
    }
    let start: String = chars[..head].iter().collect();
    let end: String = chars[chars.len() - tail..].iter().collect();
    format!("{start}…{end}")
}

/// An element's name for people.
pub(crate) fn element_word(element: &str, lang: Lang) -> &str {
    element.strip_prefix("extra.").unwrap_or_else(|| field_word(element, lang))
}

/// A value for people: of a vocabulary its official label, of an object its words; other text as it is.
pub(crate) fn value_word(element: &str, value: &str, lang: Lang) -> String {
    let Some(term) = terms(element).and_then(|terms| terms.get(value)) else {
        return origin::words(element, value, lang).unwrap_or_else(|| value.to_owned());
    };
    match lang {
        Lang::En if !term.label_en.is_empty() => term.label_en.clone(),
        Lang::En | Lang::Zh => term.label.clone(),
    }
}

fn terms(element: &str) -> Option<&'static Terms> {
    static VOCABULARY: OnceLock<Vocabulary> = OnceLock::new();
    let vocabulary = VOCABULARY.get_or_init(|| Seeds::builtin().vocabulary);
    match element {
        "channels" | "channels_optional" => Some(&vocabulary.channels),
        "audience" => Some(&vocabulary.audience),
        "disclosure_mode" => Some(&vocabulary.modes),
        "extent" => Some(&vocabulary.extents),
        "level" | "levels" => Some(&vocabulary.levels),
        "stage" => Some(&vocabulary.stages),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use gongkai_proto::admin::v1::TextSegment;
    use unicode_width::UnicodeWidthStr as _;

    use super::*;

    fn segment(kind: &str, text: &str) -> TextSegment {
        TextSegment { kind: kind.to_owned(), text: text.to_owned() }
    }

    fn sample() -> ItemDifference {
        let limit = ElementChange {
            element: "time_limit_text".to_owned(),
            form: "limit".to_owned(),
            segments: vec![
                segment("kept", "自信息形成之日起"),
                segment("removed", "20"),
                segment("added", "15"),
                segment("kept", "个工作日内"),
            ],
            ..ElementChange::default()
        };
        let channels = ElementChange {
            element: "channels".to_owned(),
            form: "set".to_owned(),
            kept: vec!["gov-website".to_owned()],
            added: vec!["unheard-of".to_owned()],
            ..ElementChange::default()
        };
        ItemDifference {
            item_id: "0199".to_owned(),
            change: "changed".to_owned(),
            name: "社会救助 / 最低生活保障审核确认".to_owned(),
            serial: "3".to_owned(),
            elements: vec![limit, channels],
            ..ItemDifference::default()
        }
    }

    #[test]
    fn a_changed_item_reads_in_both_languages() {
        assert_eq!(
            difference_lines(&sample(), Lang::Zh),
            [
                "~ 变更 3  社会救助 / 最低生活保障审核确认",
                "    标识 0199",
                "    公开时限  自信息形成之日起[-20-]{+15+}个工作日内",
                "    公开渠道和载体  {+unheard-of+}（其余 1 项不变）",
            ]
        );
        let english = difference_lines(&sample(), Lang::En);
        assert_eq!(english[0], "~ changed 3  社会救助 / 最低生活保障审核确认");
        assert_eq!(english[3], "    channels  {+unheard-of+} (1 unchanged)");
    }

    #[test]
    fn unchanged_words_far_from_a_change_are_left_out_and_lines_fit() {
        let long = "申请材料、办理流程、审核结果".repeat(12);
        let mut found = sample();
        found.elements = vec![ElementChange {
            element: "content".to_owned(),
            form: "text".to_owned(),
            segments: vec![segment("kept", &long), segment("added", &long), segment("kept", &long)],
            ..ElementChange::default()
        }];
        let lines = difference_lines(&found, Lang::Zh);
        assert!(lines.iter().all(|line| line.width() <= 80), "{lines:?}");
        let text = lines.concat();
        assert_eq!(text.matches('…').count(), 2, "{text}");
    }

    #[test]
    fn a_vocabulary_s_value_is_shown_by_its_label() {
        assert_eq!(value_word("disclosure_mode", "proactive", Lang::Zh), "主动");
        assert_eq!(value_word("content", "proactive", Lang::Zh), "proactive");
    }
}
