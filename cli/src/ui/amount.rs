//! Spans of time, sizes and rates for people.
//!
//! Invariant: one number and one unit, rounded down: what is shown is never more than what is.

use super::words::Lang;

const SECOND_MS: u64 = 1_000;
const MINUTE_MS: u64 = 60 * SECOND_MS;
const HOUR_MS: u64 = 60 * MINUTE_MS;
const DAY_MS: u64 = 24 * HOUR_MS;

/// `42 s`, `5 min`, `3 h`, `12 d`.
pub(crate) fn span(ms: u64, lang: Lang) -> String {
    let units = [(DAY_MS, ("d", "天")), (HOUR_MS, ("h", "小时")), (MINUTE_MS, ("min", "分钟"))];
    let (unit_ms, (en, zh)) = units.into_iter().find(|(unit_ms, _)| ms >= *unit_ms).unwrap_or((SECOND_MS, ("s", "秒")));
    let count = ms / unit_ms;
    format!("{count} {}", lang.pick(en, zh))
}

/// How long ago a moment was; `never` for none.
pub(crate) fn ago(at_ms: Option<i64>, now_ms: i64, lang: Lang) -> String {
    let Some(at_ms) = at_ms.filter(|at_ms| *at_ms > 0) else { return lang.pick("never", "从未").to_owned() };
    let age = span(u64::try_from(now_ms.saturating_sub(at_ms)).unwrap_or(0), lang);
    lang.pick(format!("{age} ago"), format!("{age}前"))
}

/// `831 B`, `12.4 KB`, `3.0 MB`: powers of 1,000, as networks are sold.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KB", "MB", "GB", "TB"];
    if bytes < 1_000 {
        return format!("{bytes} B");
    }
    let mut unit = 1_000;
    let mut name = UNITS[0];
    for next in &UNITS[1..] {
        if bytes / unit < 1_000 {
            break;
        }
        (unit, name) = (unit * 1_000, next);
    }
    format!("{}.{} {name}", bytes / unit, bytes % unit * 10 / unit)
}

/// `12.4 KB/s`.
pub(crate) fn rate(bytes_per_second: u64) -> String {
    format!("{}/s", size(bytes_per_second))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_one_unit_and_are_rounded_down() {
        for (ms, en, zh) in [(0, "0 s", "0 秒"), (59_999, "59 s", "59 秒"), (60_000, "1 min", "1 分钟")] {
            assert_eq!((span(ms, Lang::En).as_str(), span(ms, Lang::Zh).as_str()), (en, zh));
        }
        assert_eq!(span(90 * DAY_MS, Lang::En), "90 d");
        for (bytes, text) in [(999, "999 B"), (1_000, "1.0 KB"), (12_499, "12.4 KB"), (3_099_999, "3.0 MB")] {
            assert_eq!(size(bytes), text);
        }
        assert_eq!(size(u64::MAX), "18446744.0 TB");
        assert_eq!((ago(Some(1_000), 6_000, Lang::En), ago(None, 0, Lang::Zh)), ("5 s ago".into(), "从未".into()));
        assert_eq!(ago(Some(9_000), 6_000, Lang::En), "0 s ago", "clocks differ");
    }
}
