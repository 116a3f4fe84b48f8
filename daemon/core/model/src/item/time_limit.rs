//! 公开时限 as structured clauses: kind, trigger, number, unit, period.
//!
//! Invariant: parsing only adds. The printed text stays in the item; a clause this file cannot read is `other`
//! with its words, never nothing. The words below are the grammar of such sentences, not a vocabulary of places.
//! Left out: 同上 is recognised but resolved by whoever has the row above; counting days on a calendar.

use serde::{Deserialize, Serialize};

use crate::vocabulary::fold;

mod amount;
mod clause;

use amount::Amount;

/// Most clauses read from one cell: real ones have one to three; the rest of a longer text joins the last.
const CLAUSES_MAX: usize = 16;
/// Longest text looked at, in characters; a printed limit has some dozens, a spreadsheet cell 32,767.
const LIMIT_CHARS_MAX: usize = 2_000;

/// What a clause says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimeLimitKind {
    /// Within a number of days from a trigger.
    WithinDays,
    /// 及时, 实时: without a number.
    Timely,
    /// Again and again: 每季度, 按年.
    Periodic,
    /// 长期, 永久.
    Permanent,
    /// Before or together with an event: 提前一周, 随采购公告.
    BeforeEvent,
    /// Shown for a length of time: 公示7个工作日.
    Publicity,
    /// 同上, where nobody resolved it.
    SameAs,
    /// Words this version does not understand.
    Other,
}

/// The unit of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Working days (State Council calendar).
    WorkingDay,
    /// Calendar days.
    CalendarDay,
    /// Hours: accidents and disasters.
    Hour,
    /// Weeks.
    Week,
    /// Months.
    Month,
    /// Years.
    Year,
}

/// One clause of a time limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeLimit {
    /// What it says.
    pub kind: TimeLimitKind,
    /// From when, such as 信息形成或者变更; empty where the clause names nothing.
    pub trigger: String,
    /// How many of `unit`; of a range the larger.
    pub number: Option<u32>,
    /// Of what.
    pub unit: Option<Unit>,
    /// How often, for periodic limits: `day`, `week`, `month`, `quarter`, `half-year`, `year`, `regular`.
    pub period: String,
    /// The day inside the period, as printed: 首个月20日, 1月31日前.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub day: String,
    /// The text says that other statutory limits prevail (法律、法规另有规定的,从其规定).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub statutory_override: bool,
}

impl TimeLimit {
    fn new(kind: TimeLimitKind) -> Self {
        Self {
            kind,
            trigger: String::new(),
            number: None,
            unit: None,
            period: String::new(),
            day: String::new(),
            statutory_override: false,
        }
    }

    fn with_amount(mut self, amount: Option<&Amount>) -> Self {
        self.number = amount.map(|amount| amount.number);
        self.unit = amount.map(|amount| amount.unit);
        self
    }
}

/// A stretch of text between two stops.
struct Part {
    text: String,
    /// Ended by 。 or ；, where a sentence ends; not by a comma or a line break.
    ends_hard: bool,
}

/// Reads the clauses of a printed time limit, in printed order; the text itself is never replaced.
pub fn parse_time_limit(text: &str) -> Vec<TimeLimit> {
    let (parts, statutory_override) = parts(text);
    let mut clauses: Vec<TimeLimit> = Vec::new();
    let mut pending = String::new();
    let mut follows_soft = false;
    for (index, part) in parts.iter().enumerate() {
        pending.push_str(&part.text);
        let clause = clause::read(&pending);
        let is_known = clause.kind != TimeLimitKind::Other;
        if !is_known && !part.ends_hard && index + 1 < parts.len() {
            continue;
        }
        // Words after a comma that say nothing by themselves belong to the clause before (…,节假日顺延).
        let is_afterthought = !is_known && follows_soft;
        if !is_afterthought && clauses.len() < CLAUSES_MAX {
            clauses.push(clause);
        }
        follows_soft = !part.ends_hard;
        pending.clear();
    }
    if clauses.is_empty() && statutory_override {
        clauses.push(TimeLimit::new(TimeLimitKind::Other));
    }
    for clause in &mut clauses {
        clause.statutory_override = statutory_override;
    }
    clauses
}

/// The folded parts without the sentence that lets other statutory limits prevail, and whether it was there.
fn parts(text: &str) -> (Vec<Part>, bool) {
    let mut parts = Vec::new();
    let mut statutory_override = false;
    let cut: String = text.chars().take(LIMIT_CHARS_MAX).collect();
    for sentence in cut.split(['。', ';', '；']) {
        let folded: Vec<String> = sentence.lines().map(fold).collect();
        let folded = folded.join("\n");
        let (kept, has_override) = without_override(&folded);
        statutory_override |= has_override;
        let first = parts.len();
        for piece in kept.split([',', '\n']).filter(|piece| !piece.is_empty()) {
            parts.push(Part { text: piece.to_owned(), ends_hard: false });
        }
        if let Some(last) = parts[first..].last_mut() {
            last.ends_hard = true;
        }
    }
    (parts, statutory_override)
}

/// The sentence without the words that let other limits prevail (法律、法规…另有规定的,从其规定; 除…另有规定外), and whether
/// they were there. What stands before and behind them is kept.
fn without_override(sentence: &str) -> (String, bool) {
    const WORDS: [&str; 2] = ["另有规定", "从其规定"];
    let Some((place, word)) = WORDS.iter().filter_map(|word| Some((sentence.find(word)?, *word))).min() else {
        return (sentence.to_owned(), false);
    };
    let before = &sentence[..override_start(&sentence[..place])];
    let rest = &sentence[place + word.len()..];
    let after = &rest[override_len(rest)..];
    let before = before.trim_end_matches(['(', ',', '\n', '如', '但', '除']);
    let after = after.trim_start_matches([')', ',', '\n', '的', '外']);
    let between = if before.is_empty() || after.is_empty() { "" } else { "," };
    (format!("{before}{between}{after}"), true)
}

/// Where the words that name the laws begin: in the last clause, at the last list of laws.
fn override_start(before: &str) -> usize {
    let clause = before.rfind([',', '\n', '(']).map_or(0, |place| place + 1);
    let text = &before[clause..];
    if text.starts_with('除') || text.starts_with("如") || text.starts_with("但") {
        return clause;
    }
    const LAWS: [&str; 9] = ["法律", "法规", "规章", "国家", "行政", "上级", "党内", "条例", "文件"];
    let Some(last) = LAWS.iter().filter_map(|word| text.rfind(word)).max() else {
        return if text.is_empty() { clause } else { before.len() };
    };
    // 法律、行政法规和国家…: back over the list.
    let mut start = last;
    loop {
        let head = text[..start].trim_end_matches(['、', '和', '或', '及', '以']);
        match LAWS.iter().find_map(|word| head.strip_suffix(word)) {
            Some(shorter) => start = shorter.len(),
            None => break,
        }
    }
    // 除法律法规另有规定外.
    let start = text[..start].strip_suffix('除').map_or(start, str::len);
    clause + start
}

/// How much of what follows 另有规定 belongs to it: up to 从其规定, 除外 or 外.
fn override_len(rest: &str) -> usize {
    /// Longest stretch between 另有规定 and 从其规定, in bytes.
    const BETWEEN_MAX: usize = 60;
    for word in ["从其规定", "除外", "的外", "以外", "之外", "外"] {
        if let Some(place) = rest.find(word).filter(|place| *place <= BETWEEN_MAX) {
            let is_apart = rest[..place].contains(|c: char| c.is_ascii_digit());
            if !is_apart {
                return place + word.len();
            }
        }
    }
    0
}

/// Whether a number with a unit stands in the text that is not understood.
pub fn has_unread_number(text: &str) -> bool {
    let cut: String = text.chars().take(LIMIT_CHARS_MAX).collect();
    amount::has_unread(&fold(&cut))
}

#[cfg(test)]
mod tests {
    use super::{TimeLimitKind as Kind, *};

    /// (text, [(kind, number, unit, trigger)])
    type Row<'a> = (&'a str, &'a [(Kind, Option<u32>, Option<Unit>, &'a str)]);

    const WORKING: Option<Unit> = Some(Unit::WorkingDay);
    const CALENDAR: Option<Unit> = Some(Unit::CalendarDay);

    const ROWS: &[Row] = &[
        ("信息形成或者变更之日起20个工作日内", &[(Kind::WithinDays, Some(20), WORKING, "信息形成或者变更")]),
        ("信息形成(变更)20个工作日内", &[(Kind::WithinDays, Some(20), WORKING, "信息形成(变更)")]),
        ("自信息形成之日起，２０ 个工作日内予以公开", &[(Kind::WithinDays, Some(20), WORKING, "信息形成")]),
        ("20工作日", &[(Kind::WithinDays, Some(20), WORKING, "")]),
        ("制定或获取信息之日起10个\n工作日内", &[(Kind::WithinDays, Some(10), WORKING, "制定或获取信息")]),
        ("决定作出之日起7个工作日", &[(Kind::WithinDays, Some(7), WORKING, "决定作出")]),
        ("批准后20日内", &[(Kind::WithinDays, Some(20), CALENDAR, "批准")]),
        ("批准之日起二十个工作日内", &[(Kind::WithinDays, Some(20), WORKING, "批准")]),
        ("接到报告后24小时内", &[(Kind::WithinDays, Some(24), Some(Unit::Hour), "接到报告")]),
        ("形成后5-7个工作日内", &[(Kind::WithinDays, Some(7), WORKING, "形成")]),
        ("及时公开", &[(Kind::Timely, None, None, "")]),
        ("按进展情况及时公开", &[(Kind::Timely, None, None, "")]),
        ("批准后及时公开", &[(Kind::Timely, None, None, "批准")]),
        ("信息形成之日起立即公开", &[(Kind::Timely, None, None, "信息形成")]),
        ("批准后长期公开", &[(Kind::Permanent, None, None, "批准")]),
        ("实时公开", &[(Kind::Timely, None, None, "")]),
        ("随时公布", &[(Kind::Timely, None, None, "")]),
        ("每季度", &[(Kind::Periodic, None, None, "")]),
        ("每季度的首个月20日", &[(Kind::Periodic, None, None, "")]),
        ("按年公开", &[(Kind::Periodic, None, None, "")]),
        ("半年至少更新1次", &[(Kind::Periodic, None, None, "")]),
        ("每年1月31日前", &[(Kind::Periodic, None, None, "")]),
        ("长期公开", &[(Kind::Permanent, None, None, "")]),
        ("长期公开（动态调整）", &[(Kind::Permanent, None, None, "")]),
        ("提前一周发通知邀请", &[(Kind::BeforeEvent, Some(1), Some(Unit::Week), "")]),
        ("随采购公告公开", &[(Kind::BeforeEvent, None, None, "采购公告")]),
        ("公示7个工作日", &[(Kind::Publicity, Some(7), WORKING, "")]),
        ("公示期不少于5日", &[(Kind::Publicity, Some(5), CALENDAR, "")]),
        ("公示期满之日起20个工作日内", &[(Kind::WithinDays, Some(20), WORKING, "公示期满")]),
        ("年度预算批准后20日内", &[(Kind::WithinDays, Some(20), CALENDAR, "年度预算批准")]),
        ("同上", &[(Kind::SameAs, None, None, "")]),
        (
            "处罚决定7个工作日；其他20个工作日",
            &[(Kind::WithinDays, Some(7), WORKING, "处罚决定"), (Kind::WithinDays, Some(20), WORKING, "其他")],
        ),
        ("20个工作日内，节假日顺延", &[(Kind::WithinDays, Some(20), WORKING, "")]),
        ("20个工作日至60个工作日", &[(Kind::WithinDays, Some(60), WORKING, "")]),
        ("形成之日起20个工作日到30个工作日内", &[(Kind::WithinDays, Some(30), WORKING, "形成")]),
        ("信息形成后半年内", &[(Kind::WithinDays, Some(6), Some(Unit::Month), "信息形成")]),
        ("信息形成后半个月内", &[(Kind::WithinDays, Some(15), CALENDAR, "信息形成")]),
        ("60（六十）个工作日", &[(Kind::WithinDays, Some(60), WORKING, "")]),
        ("六十(60)个工作日内", &[(Kind::WithinDays, Some(60), WORKING, "")]),
        ("60（五十）个工作日", &[(Kind::Other, None, None, "")]),
        ("0.5个月", &[(Kind::WithinDays, Some(15), CALENDAR, "")]),
        ("1.5个月内", &[(Kind::WithinDays, Some(45), CALENDAR, "")]),
        ("二〇个工作日内", &[(Kind::WithinDays, Some(20), WORKING, "")]),
        ("一百二十个工作日", &[(Kind::WithinDays, Some(120), WORKING, "")]),
        ("一百零五日内", &[(Kind::WithinDays, Some(105), CALENDAR, "")]),
        ("一百五日内", &[(Kind::Other, None, None, "")]),
        ("1.5个工作日", &[(Kind::Other, None, None, "")]),
        (
            "按照法律规定60个工作日内公开法律法规另有规定的从其规定",
            &[(Kind::WithinDays, Some(60), WORKING, "按照法律规定")],
        ),
        ("除法律、法规另有规定外，60个工作日内", &[(Kind::WithinDays, Some(60), WORKING, "")]),
        ("另行通知", &[(Kind::Other, None, None, "")]),
        ("", &[]),
    ];

    #[test]
    fn printed_limits_become_clauses() {
        for (text, expected) in ROWS {
            let read: Vec<_> = parse_time_limit(text);
            let read: Vec<_> = read.iter().map(|c| (c.kind, c.number, c.unit, c.trigger.as_str())).collect();
            assert_eq!(read, *expected, "{text}");
        }
    }

    #[test]
    fn the_fallback_sentence_is_a_flag_and_no_clause() {
        for text in [
            "除法律法规另有规定外，信息形成或者变更之日起20个工作日内",
            "信息形成或者变更之日起20个工作日内（法律、行政法规和国家另有规定的除外）",
            "信息形成或者变更之日起20个工作日内，国家另有规定的，从其规定",
            "信息形成或者变更之日起 20 个工作日内。法律、法规对政府信息公开的期限另有规定的,从其规定。",
            "信息形成或者变更之日起20个工作日内（法律法规另有规定的，从其规定）",
            "信息形成或者变更之日起20个工作日内，法律法规另有规定的从其规定",
        ] {
            let clauses = parse_time_limit(text);
            assert_eq!(clauses.len(), 1, "{text}");
            assert!(clauses[0].statutory_override, "{text}");
            assert_eq!((clauses[0].number, clauses[0].trigger.as_str()), (Some(20), "信息形成或者变更"));
        }
        let alone = parse_time_limit("法律、法规另有规定的从其规定");
        assert_eq!((alone.len(), alone[0].kind, alone[0].statutory_override), (1, Kind::Other, true));
    }

    #[test]
    fn a_number_that_is_not_understood_is_known_to_be_there() {
        for text in [
            "60（五十）个工作日",
            "一百五日内",
            "1.5个工作日",
            "几个工作日内",
            "2000个工作日",
            "及时公开，最迟一百五日内",
        ] {
            assert!(has_unread_number(text), "{text}");
        }
        for text in [
            "20个工作日",
            "每年1月31日前",
            "每季度首个月20日",
            "半年至少更新1次",
            "0.5个月",
            "2020年12月31日前",
            "及时公开",
        ] {
            assert!(!has_unread_number(text), "{text}");
        }
    }

    #[test]
    fn a_period_names_how_often_and_on_which_day() {
        for (text, period, day) in [
            ("每季度的首个月20日", "quarter", "首个月20日"),
            ("每年1月31日前", "year", "1月31日前"),
            ("半年至少更新1次", "half-year", ""),
            ("按月公开", "month", ""),
            ("定期公开", "regular", ""),
        ] {
            let clauses = parse_time_limit(text);
            assert_eq!((clauses[0].period.as_str(), clauses[0].day.as_str()), (period, day), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "[0-9一二十百年月日天个工作起前后内每季度公示提随;。,\n( ]{0,60}") {
            proptest::prop_assert!(parse_time_limit(&text).len() <= CLAUSES_MAX);
        }
    }
}
