//! Mark cells (√) and cells that name values in words: 公开对象, 公开方式, 公开层级.
//!
//! Invariant: a cell's words are never dropped: what is no mark and no known word goes to the matching text field
//! or into a warning. Left out: boxes inside channel cells (channels).

use gongkai_model::{
    item::{Item, QUESTION_MARK, ask},
    vocabulary::{Terms, fold, is_error_value, is_reference},
};

use crate::{
    Answers, Mapping, Reading,
    header::{Group, bare_level, header_mark, is_slug},
    traditional::simplify,
};

/// Extra column of a second mode: an item has one, some rows tick two.
pub(crate) const SECOND_MODE: &str = "另一公开方式";
const SPECIFIC: &str = "specific";
/// Fewest Chinese characters of a group's name: a single one is a sign of which nobody knows what it means.
const NAME_HAN_MIN: usize = 2;

/// What a mark cell says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mark<'a> {
    /// Nothing, an empty box or a "no".
    Empty,
    /// A tick alone, or a "yes".
    Ticked,
    /// A tick with words, or words alone.
    Words(&'a str),
    /// Signs that are neither.
    Unclear(&'a str),
}

/// Reads one mark cell.
pub(crate) fn read<'a>(reading: &Reading<'_>, answers: &Answers<'_>, text: &'a str) -> Mark<'a> {
    let marks = &reading.vocabulary.marks;
    let text = text.trim();
    if text.is_empty() {
        return Mark::Empty;
    }
    if let Some(is_tick) = answers.of(text) {
        return if is_tick { Mark::Ticked } else { Mark::Empty };
    }
    if let Some(is_tick) = yes_or_no(reading, text) {
        return if is_tick { Mark::Ticked } else { Mark::Empty };
    }
    if let Some(is_tick) = chosen(reading, text) {
        return is_tick.map_or(Mark::Unclear(text), |is_tick| if is_tick { Mark::Ticked } else { Mark::Empty });
    }
    let begins = |mark: &&String| text.starts_with(mark.as_str()) || text.ends_with(mark.as_str());
    let Some(mark) = marks.ticked.iter().find(begins) else {
        // ×申请人 and □申请人 say a name and that it is not meant.
        return if !begins_with_no(reading, text) && text.chars().any(char::is_alphanumeric) {
            Mark::Words(text)
        } else {
            Mark::Unclear(text)
        };
    };
    let rest = text.trim_start_matches(mark.as_str()).trim_end_matches(mark.as_str()).trim();
    match yes_or_no(reading, rest) {
        _ if rest.is_empty() => Mark::Ticked,
        Some(true) => Mark::Ticked,
        // √× and √否 say both.
        Some(false) => Mark::Unclear(text),
        None if rest.chars().any(char::is_alphanumeric) => Mark::Words(rest),
        None => Mark::Unclear(text),
    }
}

/// Whether a text is one of the words or signs for "yes" or for "no".
pub(crate) fn yes_or_no(reading: &Reading<'_>, text: &str) -> Option<bool> {
    let marks = &reading.vocabulary.marks;
    let is_one_of = |words: &[String]| words.iter().any(|word| word == text);
    if is_one_of(&marks.ticked) || is_one_of(&marks.ticked_letters) {
        return Some(true);
    }
    if is_one_of(&marks.unticked) || text.chars().all(|c| "-－—–―─_＿/／\\.．。·".contains(c)) {
        return Some(false);
    }
    let plain = bare(text);
    if marks.ticked.contains(&plain) {
        return Some(true);
    }
    if marks.unticked.contains(&plain) {
        return Some(false);
    }
    let is_word = |words: &[String]| words.iter().any(|word| fold(word) == plain);
    match (is_word(&marks.yes), is_word(&marks.no)) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        (false, false) => None,
    }
}

/// Whether a sign for "no" stands before the words; dashes are bullets.
fn begins_with_no(reading: &Reading<'_>, text: &str) -> bool {
    let Some(first) = text.chars().next().filter(|c| !c.is_alphanumeric()) else { return false };
    let marks = &reading.vocabulary.marks;
    let is_no = |words: &[String]| words.iter().any(|word| word.chars().eq([first]));
    is_no(&marks.unticked) || is_no(&marks.no) || CROSSED.contains(first)
}

/// Crossed boxes and circles, which mean yes in one office and no in another.
const CROSSED: &str = "☒⌧⊠⊗⮽🗷🗵";

/// A word without brackets and stops around it, folded: （是） and 否。 say no more than 是 and 否.
fn bare(text: &str) -> String {
    let folded = fold(text);
    folded.trim_matches(|c: char| "()〔〕【】「」。.,，;；!！".contains(c)).to_owned()
}

/// ☑是 □否: the word that is ticked. `None` where the cell is no such choice, `Some(None)` where it ticks both or none.
fn chosen(reading: &Reading<'_>, text: &str) -> Option<Option<bool>> {
    let folded = fold(text);
    let has_both = ["是", "有", "公开"].iter().any(|yes| folded.contains(yes))
        && ["否", "无", "不公开"].iter().any(|no| folded.contains(no));
    if !has_both || folded.chars().count() > CHOICE_CHARS_MAX {
        return None;
    }
    let marks = &reading.vocabulary.marks;
    let is_tick = |c: char| marks.ticked.iter().any(|mark| mark.starts_with(c));
    let is_box = |c: char| is_tick(c) || marks.unticked.iter().any(|mark| mark.starts_with(c));
    let mut ticked = Vec::new();
    let mut rest = folded.as_str();
    while let Some(place) = rest.find(is_box) {
        let sign = rest[place..].chars().next()?;
        let tail = &rest[place + sign.len_utf8()..];
        let word = &tail[..tail.find(is_box).unwrap_or(tail.len())];
        if is_tick(sign) {
            ticked.push(yes_or_no(reading, word));
        }
        rest = tail;
    }
    match ticked.as_slice() {
        [Some(is_yes)] => Some(Some(*is_yes)),
        _ => Some(None),
    }
}

/// Longest cell taken for a choice between yes and no.
const CHOICE_CHARS_MAX: usize = 12;

/// A finding while marks are put into an item: (code, message).
pub(crate) type Finding = (&'static str, String);

/// Notes that a person must say whether a word is a tick: it stays in the item until somebody did.
pub(crate) fn put_question(answers: &Answers<'_>, word: &str, item: &mut Item) -> Finding {
    let column = answers.column();
    ask(item, column, word);
    let message =
        format!("`{column}:{word}` is neither a tick nor a no: mend the cell, or --map {column}:{word}=yes or =no");
    ("mark-question", message)
}

/// Puts a mark column's cell into the item.
pub(crate) fn put(
    reading: &Reading<'_>,
    answers: &Answers<'_>,
    (group, slug): (Group, &str),
    text: &str,
    item: &mut Item,
) -> Option<Finding> {
    if slug == SPECIFIC && answers.of(text.trim()) == Some(true) && has_name_letters(text) {
        return put_group(item, text.trim());
    }
    if slug == SPECIFIC
        && let Some(name) = behind_own_word(reading, text)
    {
        return put_group(item, name);
    }
    match read(reading, answers, text) {
        Mark::Empty => None,
        Mark::Unclear(word) => Some(put_question(answers, word, item)),
        Mark::Ticked if group == Group::Audience && slug == SPECIFIC => put_group(item, ""),
        Mark::Ticked => set(reading, group, slug, item),
        Mark::Words(words) => put_words_in_mark(reading, answers, (group, slug), words, item),
    }
}

/// Words in a mark cell: the group's name, a level, or the column's own value again; anything else is asked.
fn put_words_in_mark(
    reading: &Reading<'_>,
    answers: &Answers<'_>,
    (group, slug): (Group, &str),
    words: &str,
    item: &mut Item,
) -> Option<Finding> {
    if group == Group::Level {
        // A word in the cell (州级 under 县级) says more than its column.
        return match reading.level(words, true).or_else(|| bare_level(words)) {
            Some(level) => set(reading, group, level, item),
            None => Some(put_question(answers, words, item)),
        };
    }
    let named = terms(reading, group).map(|terms| named(terms, words)).unwrap_or_default();
    match named.as_slice() {
        [only] if *only == slug && slug == SPECIFIC => put_group(item, group_name(reading, words)),
        [only] if *only == slug => set(reading, group, slug, item),
        [] if slug == SPECIFIC && is_group_name(words) => put_group(item, words),
        _ => Some(put_question(answers, words, item)),
    }
}

/// The values that a text names; one that stands only inside the name of another does not count.
fn named<'t>(terms: &'t Terms, text: &str) -> Vec<&'t str> {
    if let Some(term) = terms.find(text) {
        return vec![&term.slug];
    }
    let mut rest = fold(text);
    let mut found = Vec::new();
    while let Some(term) = terms.find_within(&rest).filter(|term| !found.contains(&term.slug.as_str())) {
        let words = std::iter::once(&term.label).chain(&term.spellings).map(|word| fold(word));
        let longest = words.filter(|word| rest.contains(word.as_str())).max_by_key(String::len);
        found.push(term.slug.as_str());
        rest = rest.replacen(&longest.unwrap_or_default(), "\n", 1);
    }
    found
}

/// 特定群体:申请人: what stands behind the group's own word and a colon, whatever it looks like.
fn behind_own_word<'t>(reading: &Reading<'_>, text: &'t str) -> Option<&'t str> {
    let (head, name) = text.trim().split_once([':', '：'])?;
    let is_own = reading.vocabulary.audience.find(&simplify(head)).is_some_and(|term| term.slug == SPECIFIC);
    is_own.then_some(name.trim())
}

/// Whether a group's name reads back from its cell as it stands.
pub(crate) fn is_plain_name(reading: &Reading<'_>, name: &str) -> bool {
    let is_words = read(reading, &Answers::default(), name) == Mark::Words(name);
    let is_value = !named(&reading.vocabulary.audience, name).is_empty();
    let is_other = is_reference(name) || is_error_value(name) || reading.vocabulary.is_same_as(name);
    is_words && is_group_name(name) && !is_value && !is_other
}

/// 特定群体:申请人 in the cell of 特定群体: what stands behind the group's own word.
fn group_name<'t>(reading: &Reading<'_>, words: &'t str) -> &'t str {
    let is_word = |head: &str| reading.vocabulary.audience.find(head).is_some_and(|term| term.slug == SPECIFIC);
    match words.split_once(is_opening) {
        Some((head, name)) if is_word(head) => name.trim_end_matches([')', '）']).trim(),
        _ if is_word(words) => "",
        _ => words,
    }
}

/// Words that say that nobody has decided yet: they name no group.
const UNDECIDED: [&str; 22] = [
    "待定",
    "待补充",
    "待确认",
    "待完善",
    "待填",
    "待核实",
    "待明确",
    "不详",
    "不明",
    "不清楚",
    "不确定",
    "未定",
    "未知",
    "未明确",
    "暂缺",
    "暂定",
    "另行通知",
    "另行规定",
    "视情况",
    "视情况而定",
    "见备注",
    "详见备注",
];

/// Parts of words for people, bodies and places: a name of a group has one of them.
const NAME_PARTS: [&str; 63] = [
    "人", "户", "者", "员", "民", "众", "群", "队", "军", "师", "妇", "婴", "童", "客", "商", "厂", "店", "企", "村",
    "方", "党", "团", "社区", "小区", "对象", "单位", "业主", "家庭", "家属", "亲属", "家长", "子女", "夫妻", "配偶",
    "学生", "考生", "新生", "医生", "青年", "老年", "残疾", "职工", "主体", "机构", "机关", "组织", "部门", "公司",
    "集团", "协会", "商会", "学会", "社团", "学校", "医院", "院校", "范围", "利益", "利害", "当事", "代表", "个体",
    "承租",
];
/// Beginnings of words that deny or allow instead of naming: 不涉及个人, 无此群体, 全部人员.
const DENIALS: [&str; 42] = [
    "不涉及",
    "不针对",
    "不属于",
    "不适用",
    "不包括",
    "不包含",
    "不含",
    "不限",
    "不需",
    "不予",
    "不对",
    "不设",
    "不公开",
    "不要求",
    "不存在",
    "不区分",
    "不分",
    "无此",
    "无特定",
    "无该",
    "无需",
    "无关",
    "无相关",
    "无具体",
    "没有",
    "未涉及",
    "未公开",
    "未明确",
    "未设",
    "未限",
    "非特定",
    "非该",
    "非此",
    "否",
    "是",
    "有",
    "全部",
    "全体",
    "所有",
    "任何",
    "均",
    "皆",
];

/// Whether words can name a group: they say people, bodies or a place, and neither deny nor put it off.
fn is_group_name(words: &str) -> bool {
    let bare = bare(words);
    let is_undecided = UNDECIDED.contains(&bare.as_str()) || is_reference(words);
    let is_denied = DENIALS.iter().any(|denial| bare.starts_with(denial));
    let is_named = NAME_PARTS.iter().any(|part| bare.contains(part));
    is_named && !is_undecided && !is_denied && has_name_letters(words)
}

fn has_name_letters(words: &str) -> bool {
    words.chars().filter(|c| matches!(c, '\u{3400}'..='\u{9fff}')).count() >= NAME_HAN_MIN
}

/// A specific group and, where it is known, its name; a line break inside a name only fits it into the cell.
fn put_group(item: &mut Item, name: &str) -> Option<Finding> {
    item.audience.insert(SPECIFIC.to_owned());
    let name: String = name.split('\n').map(str::trim).collect();
    if !name.is_empty() {
        if !item.audience_specific.is_empty() && item.audience_specific != name {
            item.audience_specific.push('、');
            item.audience_specific.push_str(&name);
        } else {
            item.audience_specific = name;
        }
        return None;
    }
    let is_unnamed = item.audience_specific.is_empty();
    is_unnamed.then(|| ("audience-unnamed", "特定群体 is ticked, who it is is not named".to_owned()))
}

/// Puts a question that an export carried on: answered by now, or still open.
pub(crate) fn put_carried(
    reading: &Reading<'_>,
    mapping: &Mapping,
    key: &str,
    words: &str,
    item: &mut Item,
) -> Option<Finding> {
    let column = key.strip_prefix(QUESTION_MARK)?;
    let answers = Answers::new(mapping, column);
    let mut finding = None;
    for word in words.split_whitespace() {
        match (answers.of(word), header_mark(reading, column)) {
            (Some(true), Some((group, slug))) => {
                finding = put(reading, &answers, (group, &slug), word, item).or(finding)
            }
            // A sign before channels is settled where the channels are.
            (Some(_), _) => {}
            (None, _) => finding = Some(put_question(&answers, word, item)),
        }
    }
    finding
}

/// Puts a cell of a column whose head names no value that is known (村民 under 公开对象, 园区 under 公开层级).
pub(crate) fn put_leaf(
    reading: &Reading<'_>,
    answers: &Answers<'_>,
    group: Group,
    text: &str,
    item: &mut Item,
) -> Option<Finding> {
    let mark = read(reading, answers, text);
    match (group, mark) {
        (_, Mark::Empty) => None,
        (Group::Audience, Mark::Ticked) => put_group(item, answers.column()),
        (Group::Audience, Mark::Words(words)) if is_group_name(words) => put_group(item, words),
        (_, Mark::Ticked | Mark::Words(_) | Mark::Unclear(_)) => {
            let column = answers.column();
            ask(item, column, text);
            let message =
                format!("`{column}` is ticked and no value that is known: name it with --map {column}=FIELD:VALUE");
            Some(("mark-question", message))
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
pub(crate) fn put_words(
    reading: &Reading<'_>,
    answers: &Answers<'_>,
    group: Group,
    text: &str,
    item: &mut Item,
) -> Vec<Finding> {
    if text.is_empty() {
        return Vec::new();
    }
    if group == Group::Audience {
        return put_audience(reading, answers, text, item).into_iter().collect();
    }
    let mut findings = Vec::new();
    for word in text.split(['、', '，', ',', ';', '；', '\n', '/']).map(str::trim).filter(|word| !word.is_empty()) {
        let word = simplify(word);
        // 不公开 is a mode here, not a no.
        let is_value = terms(reading, group).is_some_and(|terms| terms.find(&word).is_some());
        let word = match if is_value { Mark::Words(&word) } else { read(reading, answers, &word) } {
            Mark::Empty => continue,
            // A tick that does not say for what.
            Mark::Ticked | Mark::Unclear(_) => {
                findings.push(put_question(answers, &word, item));
                continue;
            }
            Mark::Words(word) => word.to_owned(),
        };
        let word = word.as_str();
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
fn put_audience(reading: &Reading<'_>, answers: &Answers<'_>, text: &str, item: &mut Item) -> Option<Finding> {
    // 特定群体:□ names a group that looks like a sign.
    let is_named = text
        .split(is_audience_stop)
        .next()
        .is_some_and(|head| head.len() < text.len() && reading.vocabulary.audience.find(&simplify(head)).is_some());
    let words = match if is_named { Mark::Words(text) } else { read(reading, answers, text) } {
        Mark::Empty => return None,
        Mark::Unclear(word) => return Some(put_question(answers, word, item)),
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
            if known.is_none() && !is_group_name(name) && answers.of(name) != Some(true) {
                item.audience.remove(SPECIFIC);
                return Some(put_question(answers, name, item));
            }
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
        return known.or_else(|| reading.level(word, false)).or_else(|| bare_level(word));
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
