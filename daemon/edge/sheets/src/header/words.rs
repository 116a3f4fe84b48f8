//! The words of the official form's header, and what each makes of its column.
//!
//! Invariant: these are the form's own words (国务院部门标准指引's 14 columns) and columns met beside them; values
//! such as channels or levels come from the vocabulary. Compared on folded text without brackets and notes.

use gongkai_model::{
    item::QUESTION_MARK,
    vocabulary::{Terms, Vocabulary, fold},
};

use super::{Column, Field, Group};
use crate::{Reading, lost_letter::LOST, marks::SECOND_MODE, traditional::simplified};

/// Longest header cell, in characters; notes that mention 公开内容 are longer.
pub(crate) const WORD_CHARS_MAX: usize = 24;

/// Official columns by their words.
const TOPS: &[(Column, &[&str])] = &[
    (Column::Serial, &["序号", "编号", "序", "项目序号", "事项序号", "no."]),
    (Column::Matter(1), &["一级事项", "一级目录", "一级公开事项", "一级", "一级标题"]),
    (Column::Matter(2), &["二级事项", "二级目录", "二级公开事项", "二级", "二级标题"]),
    (Column::Matter(3), &["三级事项", "三级目录", "三级公开事项", "三级", "三级标题"]),
    (Column::Matter(0), &["公开事项", "事项名称", "公开事项名称", "事项", "公开项目", "公开事项类别", "公开名称"]),
    (
        Column::Content,
        &[
            "公开内容",
            "内容要素",
            "公开要素",
            "公开内容要素",
            "公开内容及要素",
            "公开内容和要素",
            "内容",
            "要素",
            "公开具体内容",
        ],
    ),
    (Column::Basis, &["公开依据", "依据", "法律依据", "公开法律依据", "公开政策依据", "政策依据"]),
    (Column::TimeLimit, &["公开时限", "时限", "公开时间", "公开期限", "公开时效", "公开时限要求"]),
    (Column::Subject, &["公开主体", "主体", "公开责任主体", "责任主体", "公开单位", "发布主体", "公开机构"]),
    (
        Column::Channels,
        &[
            "公开渠道和载体",
            "公开渠道",
            "公开载体",
            "渠道和载体",
            "公开渠道及载体",
            "公开渠道载体",
            "公开载体和渠道",
            "公开渠道与载体",
            "公开平台",
            "渠道",
            "载体",
        ],
    ),
];

/// Headings over columns of marks.
const GROUPS: &[(Group, &[&str])] = &[
    (Group::Audience, &["公开对象", "对象", "公开范围"]),
    (Group::Mode, &["公开方式", "方式"]),
    (Group::Level, &["公开层级", "公开级别", "层级", "公开层次", "级别"]),
    (Group::Extent, &["公开程度"]),
    (Group::FiveOpen, &["五公开"]),
    (Group::Stage, &["过程/结果", "公开阶段", "公开环节"]),
];

const FIELDS: &[(Field, &[&str])] = &[
    (Field::Attribute, &["公开属性", "公开类别"]),
    (Field::ResponsibleDept, &["责任科室", "部门科室", "承办科室", "责任处室", "责任股室"]),
    (
        Field::PowerListRef,
        &["权责清单编码", "权力清单编码", "公共服务事项编码", "权责清单/公共服务事项编码", "事项编码"],
    ),
    (Field::GuidelineRef, &["对应标准指引条目", "标准指引条目"]),
    (Field::WithholdReason, &["不予公开理由", "不公开理由"]),
    (Field::EffectiveFrom, &["生效日期", "生效"]),
    (Field::EffectiveTo, &["失效日期", "失效"]),
];

/// Columns met in real catalogs that have no field: kept as extra columns without a warning.
const EXTRAS: &[&str] = &[
    "公开领域",
    "相应领域",
    "领域",
    "领域编码",
    "类别",
    "事项类型",
    "事项类别",
    "对应职责",
    "网址",
    "条款内容",
    "依据效力",
    "咨询电话",
    "监督电话",
    "监督举报电话",
    "联系电话",
    "备注",
    "责任部门",
    "责任单位",
    "责任人",
    "更新频率",
    "公开形式",
    "公开文本",
    SECOND_MODE,
];

/// Folded header text: simplified, without brackets, notes in them, quotes and stars.
pub(crate) fn plain(text: &str) -> String {
    // Folding leaves Chinese characters as they are, and most short cells have nothing else.
    let is_bare = text.chars().all(|c| matches!(c, '\u{4e00}'..='\u{9fff}'));
    let folded: String =
        if is_bare { text.chars().map(simplified).collect() } else { fold(text).chars().map(simplified).collect() };
    let bare = folded.trim_matches(|c: char| matches!(c, '*' | ':' | '"' | '“' | '”' | '、'));
    let cut = bare.find(['(', '〔', '"', '“', '※']).filter(|place| *place > 0);
    cut.map_or(bare, |place| &bare[..place]).to_owned()
}

/// First letters of the words for 公开内容 and 公开主体, without which no row is a header.
const BODY_LETTERS: &str = "公内內要主责責发發开開";

/// Whether the text may be one of those words, by its first letter: rows of items are sorted out without folding.
pub(super) fn may_head_body(text: &str) -> bool {
    let first = text.chars().find(|c| matches!(c, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'));
    // Compatibility letters fold to others.
    first.is_some_and(|c| BODY_LETTERS.contains(c) || c >= '\u{f900}')
}

/// The official column a word stands for.
pub(super) fn top(word: &str) -> Option<Column> {
    known(TOPS, word).cloned().or_else(|| behind_limit(word).and_then(unit).map(|_| Column::TimeLimit))
}

/// What follows a word for 公开时限: 公开时限/工作日.
fn behind_limit(word: &str) -> Option<&str> {
    let (_, limits) = TOPS.iter().find(|(column, _)| *column == Column::TimeLimit)?;
    let longest = limits.iter().filter_map(|limit| word.strip_prefix(limit)).min_by_key(|rest| rest.len())?;
    Some(longest).filter(|rest| !rest.is_empty())
}

/// Whether it is a word of the form without its 公.
pub(crate) fn has_lost_letter(word: &str) -> bool {
    let is_lost = |words: &[&str]| !words.contains(&word);
    // Every such word of the form begins with 公开.
    word.contains('开')
        && (find(TOPS, word).is_some_and(|(_, words)| is_lost(words))
            || find(GROUPS, word).is_some_and(|(_, words)| is_lost(words))
            || find(FIELDS, word).is_some_and(|(_, words)| is_lost(words)))
}

/// The group a word heads.
pub(super) fn group(word: &str) -> Option<Group> {
    known(GROUPS, word).copied()
}

/// A column beside the official ones that has a field of its own.
pub(super) fn field(word: &str) -> Option<Field> {
    known(FIELDS, word).copied()
}

/// A table's row that knows the word: as it is, else without a 公 that a page lost (开事项).
fn find<'t, T>(table: &'t [(T, &'t [&'t str])], word: &str) -> Option<&'t (T, &'t [&'t str])> {
    let is_lost = |known: &&str| known.contains(LOST) && known.chars().filter(|c| *c != LOST).eq(word.chars());
    table
        .iter()
        .find(|(_, words)| words.contains(&word))
        .or_else(|| table.iter().find(|(_, words)| word.contains('开') && words.iter().any(is_lost)))
}

fn known<'t, T>(table: &'t [(T, &'t [&'t str])], word: &str) -> Option<&'t T> {
    find(table, word).map(|(value, _)| value)
}

/// Whether the word is known as an extra column; one of questions that an export carried on is, too.
pub(super) fn is_known_extra(word: &str) -> bool {
    EXTRAS.contains(&word) || word.starts_with(fold(QUESTION_MARK).trim_end_matches(':'))
}

/// Words for a level where nothing but a level is meant, under 公开层级; elsewhere they end many other words (现场, 农村).
const BARE_LEVELS: &[(&str, &[&str])] = &[
    (
        "township",
        &[
            "乡",
            "镇",
            "街道",
            "乡镇",
            "镇乡",
            "街",
            "场",
            "农场",
            "林场",
            "牧场",
            "渔场",
            "农牧场",
            "民族乡",
            "办事处",
            "街道办",
        ],
    ),
    ("village", &["村", "居", "村居", "社区居委会", "居委会", "村委会", "居民委员会", "村民委员会"]),
    ("county", &["县", "区", "旗", "县区", "区县", "自治县", "自治旗", "县级市"]),
    ("municipal", &["地级市", "设区市", "地市"]),
    ("prefecture", &["州", "自治州", "盟"]),
    ("province", &["省", "自治区", "直辖市"]),
];

/// The level of such a word.
pub(crate) fn bare_level(text: &str) -> Option<&'static str> {
    let word = plain(text);
    BARE_LEVELS.iter().find(|(_, words)| words.contains(&word.as_str())).map(|(slug, _)| *slug)
}

/// Units that the head of 公开时限 can name, and how a number is written with them.
const LIMIT_UNITS: [(&str, &str); 8] = [
    ("年", "年"),
    ("工作日", "个工作日"),
    ("自然日", "个自然日"),
    ("小时", "小时"),
    ("天", "天"),
    ("日", "日"),
    ("周", "周"),
    ("月", "个月"),
];

/// The unit of a head such as 公开时限（工作日）, 公开时限(单位:天) or 公开时限/工作日.
pub(super) fn limit_unit(text: &str) -> Option<&'static str> {
    let folded = fold(text);
    behind_limit(&folded).and_then(unit)
}

/// The unit that a text names and nothing else.
fn unit(text: &str) -> Option<&'static str> {
    let bare = text.trim_matches(|c: char| !c.is_alphanumeric());
    let bare = bare.trim_start_matches("单位").trim_start_matches(|c: char| !c.is_alphanumeric());
    let bare = bare.trim_start_matches(['为', '以', '按', '个']).trim_end_matches("为单位");
    let bare = bare.trim_end_matches(['内', '计', '算']).trim_end_matches(['以', '数', '之']);
    LIMIT_UNITS.iter().find(|(word, _)| *word == bare).map(|(_, unit)| *unit)
}

/// A mark column: the group and value that a word under (or without) a heading stands for.
pub(super) fn mark(
    reading: &Reading<'_>,
    heading: Option<Group>,
    raw: &str,
    has_county: bool,
) -> Option<(Group, String)> {
    let word = plain(raw);
    if word.is_empty() {
        return None;
    }
    let value = |group: Group| exact(reading, group, raw, &word, has_county).map(|slug| (group, slug));
    // The word decides, not the heading: 三门 prints 公开方式 over 县级 and 乡级.
    let found = heading.and_then(value).or_else(|| Group::ALL.into_iter().find_map(value));
    let found =
        found.or_else(|| by_beginning(&word)).or_else(|| heading.and_then(|group| cut_word(reading, group, &word)));
    // A value that a newer version wrote by its slug.
    found.or_else(|| heading.filter(|_| is_slug(&word)).map(|group| (group, word)))
}

/// Whether a word has the form of a slug with a hyphen, such as a value of a newer version.
pub(crate) fn is_slug(word: &str) -> bool {
    word.contains('-') && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

fn exact(reading: &Reading<'_>, group: Group, raw: &str, word: &str, has_county: bool) -> Option<String> {
    if group == Group::Level {
        let level = reading.level(raw, has_county).or_else(|| reading.level(word, has_county));
        return level.filter(|_| word.chars().count() <= LEVEL_CHARS_MAX).map(str::to_owned);
    }
    let terms = terms(reading.vocabulary, group);
    terms.find(raw).or_else(|| terms.find(word)).or_else(|| terms.get(word)).map(|term| term.slug.clone())
}

/// Longest word taken for a level: 东阳市级, 乡级、村级; a longer text that ends so is a sentence.
const LEVEL_CHARS_MAX: usize = 10;

/// The values of a group.
pub(crate) fn terms(vocabulary: &Vocabulary, group: Group) -> &Terms {
    match group {
        Group::Audience => &vocabulary.audience,
        Group::Mode => &vocabulary.modes,
        Group::Level => &vocabulary.levels,
        Group::Extent => &vocabulary.extents,
        Group::FiveOpen => &vocabulary.five_open,
        Group::Stage => &vocabulary.stages,
        Group::Channel => &vocabulary.channels,
    }
}

fn by_beginning(word: &str) -> Option<(Group, String)> {
    let (group, slug) = [
        ("全社会", Group::Audience, "public"),
        ("特定", Group::Audience, "specific"),
        ("主动", Group::Mode, "proactive"),
        ("依申请", Group::Mode, "on-request"),
        ("不予公开", Group::Mode, "withheld"),
        ("不予开", Group::Mode, "withheld"),
    ]
    .into_iter()
    .find_map(|(start, group, slug)| word.starts_with(start).then_some((group, slug)))?;
    Some((group, slug.to_owned()))
}

/// A word cut short by the printer (全, 依, 特): the one value of the group that begins so.
fn cut_word(reading: &Reading<'_>, group: Group, word: &str) -> Option<(Group, String)> {
    let begins = |text: &String| fold(text).starts_with(word);
    let mut found =
        terms(reading.vocabulary, group).iter().filter(|term| begins(&term.label) || term.spellings.iter().any(begins));
    let first = found.next()?;
    found.next().is_none().then(|| (group, first.slug.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_for_the_body_begins_with_one_of_its_letters() {
        let bodies = TOPS.iter().filter(|(column, _)| matches!(column, Column::Content | Column::Subject));
        for word in bodies.flat_map(|(_, words)| *words) {
            assert!(may_head_body(word) && may_head_body(&format!("* “{word}”")), "{word}");
        }
        assert!(!may_head_body("信息形成之日起") && !may_head_body("√") && !may_head_body("1"));
    }
}
