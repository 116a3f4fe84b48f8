//! One clause of a limit: decides its kind, then fills what that kind has.
//!
//! Invariant: the order of the questions is the meaning: 每年…20日 is periodic before it is a number of days.

use super::{TimeLimit, TimeLimitKind, amount, amount::Amount};

const SAME_AS: [&str; 3] = ["同上", "同前", "同上栏"];
const TIMELY: [&str; 9] = ["及时", "实时", "随时", "即时", "第一时间", "立即", "当日", "当天", "动态"];
const PERMANENT: [&str; 5] = ["长期", "永久", "常年", "长久", "持续"];

/// Period by its words, longer words first.
const PERIODS: [(&str, &str); 20] = [
    ("每半年度", "half-year"),
    ("每半年", "half-year"),
    ("按半年", "half-year"),
    ("半年", "half-year"),
    ("每年度", "year"),
    ("每年", "year"),
    ("按年度", "year"),
    ("按年", "year"),
    ("年度公开", "year"),
    ("每季度", "quarter"),
    ("每季", "quarter"),
    ("按季度", "quarter"),
    ("按季", "quarter"),
    ("每月", "month"),
    ("按月", "month"),
    ("每周", "week"),
    ("按周", "week"),
    ("每日", "day"),
    ("每天", "day"),
    ("定期", "regular"),
];

/// Reads one clause of folded text.
pub(super) fn read(text: &str) -> TimeLimit {
    let amount = amount::find(text);
    if SAME_AS.contains(&text) {
        return TimeLimit::new(TimeLimitKind::SameAs);
    }
    if let Some(clause) = publicity(text, amount.as_ref()).or_else(|| periodic(text, amount.as_ref())) {
        return clause;
    }
    if let Some(clause) = before_event(text, amount.as_ref()) {
        return clause;
    }
    if let Some(amount) = &amount {
        let trigger = trigger(&text[..amount.start]);
        return TimeLimit { trigger, ..TimeLimit::new(TimeLimitKind::WithinDays).with_amount(Some(amount)) };
    }
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let kind = if has(&PERMANENT) {
        TimeLimitKind::Permanent
    } else if has(&TIMELY) {
        TimeLimitKind::Timely
    } else {
        TimeLimitKind::Other
    };
    TimeLimit { trigger: event_before(text, kind), ..TimeLimit::new(kind) }
}

/// 批准后及时公开 → 批准: the event from which on it is to be open.
fn event_before(text: &str, kind: TimeLimitKind) -> String {
    let words: &[&str] = match kind {
        TimeLimitKind::Timely => &TIMELY,
        TimeLimitKind::Permanent => &PERMANENT,
        _ => return String::new(),
    };
    let Some(place) = words.iter().filter_map(|word| text.find(word)).min() else { return String::new() };
    let before = &text[..place];
    let is_event = ["后", "之日起", "日起", "起", "之日"].iter().any(|word| before.ends_with(word));
    if is_event { trigger(before) } else { String::new() }
}

/// 公示7个工作日: the number directly measures the showing, not the way to it (公示期满后20日内, 7日内公示).
fn publicity(text: &str, amount: Option<&Amount>) -> Option<TimeLimit> {
    let amount = amount?;
    let word = text[..amount.start].rfind("公示")?;
    let between = &text[word..amount.start];
    let leads_on = ["起", "后", "满", "结束"].iter().any(|word| between.contains(word));
    let is_length = !leads_on && !text[amount.end..].starts_with('内');
    is_length.then(|| TimeLimit::new(TimeLimitKind::Publicity).with_amount(Some(amount)))
}

fn periodic(text: &str, amount: Option<&Amount>) -> Option<TimeLimit> {
    let (place, word, period) = PERIODS.iter().find_map(|(word, period)| Some((text.find(word)?, *word, *period)))?;
    // 形成后半年内 is a length of time from then on, not twice a year.
    if word == "半年" && amount.is_some_and(|amount| text[..amount.end].ends_with('内')) {
        return None;
    }
    // 每年…: the amount, if there is one with 内 or 工作日, is the time after the period's end.
    let is_limit = |amount: &&Amount| text[..amount.end].ends_with("工作日") || text[amount.end..].starts_with('内');
    let rest = text[place + word.len()..].trim_start_matches(['的', '度']);
    let day =
        if rest.contains(['日', '月', '号']) { rest.trim_end_matches("公开").to_owned() } else { String::new() };
    let clause = TimeLimit::new(TimeLimitKind::Periodic).with_amount(amount.filter(is_limit));
    Some(TimeLimit { period: period.to_owned(), day, ..clause })
}

fn before_event(text: &str, amount: Option<&Amount>) -> Option<TimeLimit> {
    let clause = TimeLimit::new(TimeLimitKind::BeforeEvent).with_amount(amount);
    if let Some(place) = text.find("提前") {
        return Some(TimeLimit { trigger: trigger(&text[..place]), ..clause });
    }
    if let Some(amount) = amount {
        let before = &text[..amount.start];
        let is_before = before.ends_with('前') || text[amount.end..].starts_with('前');
        return is_before.then(|| TimeLimit { trigger: trigger(before.trim_end_matches('前')), ..clause });
    }
    if let Some(event) = text.strip_prefix('随').filter(|event| !event.starts_with(['时', '即'])) {
        let event = event.trim_end_matches("公开").trim_end_matches(['一', '同', '并']);
        return Some(TimeLimit { trigger: event.to_owned(), ..clause });
    }
    // A bare date (2020年12月31日前) or an event (会议召开前).
    let place = text.find('前').filter(|place| *place > 0 && !text[..*place].ends_with('目'))?;
    Some(TimeLimit { trigger: trigger(&text[..place]), ..clause })
}

/// 自信息形成或者变更之日起 → 信息形成或者变更.
fn trigger(before: &str) -> String {
    let start = before.trim_start_matches(['自', '从', '在', '应', '于', '(', ':', '、']);
    let mut end = start;
    loop {
        let cut = ["之日起", "日起", "起", "之后", "后", "之日", "的", "应在", "应当在", "在", "于", ":"];
        let Some(shorter) = cut.iter().find_map(|word| end.strip_suffix(word)) else {
            return end.to_owned();
        };
        end = shorter;
    }
}
