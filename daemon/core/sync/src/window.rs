//! Spans of the local week in which a link may be used, such as `mon-fri 20:00-06:00`.
//!
//! Invariant: the time is an argument, and local times become moments only here: a start that the clocks skip is the
//! first moment after the gap, an end that they pass twice is the later one, so that no span is lost to a change of
//! the clocks. Left out: when to dial inside a span (plan).

use chrono::{DateTime, Datelike as _, Days, Duration, LocalResult, NaiveDate, TimeZone as _};
use chrono_tz::Tz;

/// Minutes of a day; `24:00` is a valid end.
const DAY_MINUTES: u32 = 24 * 60;
/// Spans of one link at most: two a day of the week, and room.
pub const WINDOWS_MAX: usize = 32;
/// Days looked at ahead: a week and the day of today.
const HORIZON_DAYS: u64 = 8;
/// No zone has skipped more than a day (Samoa, 2011): a skipped start is looked for this far ahead, in steps.
const GAP_STEPS_MAX: i32 = 96;
/// Clocks change by quarters of an hour.
const GAP_STEP_MINUTES: i64 = 15;
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Text that is no span.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no window such as `mon-fri 20:00-06:00`")]
pub struct InvalidWindow {
    /// As given.
    pub text: String,
}

/// One span, on some days of the week.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Window {
    days: [bool; 7],
    from_minute: u32,
    /// Not after `from_minute`: the span ends on the next day.
    to_minute: u32,
}

/// All spans of one link; none at all means "always".
#[derive(Clone, Debug)]
pub struct Windows {
    spans: Vec<Window>,
    zone: Tz,
}

impl Windows {
    /// Reads spans such as `22:00-06:00`, `mon-fri 12:00-13:30`, `sat,sun 00:00-24:00`.
    pub fn parse(texts: &[String], zone: Tz) -> Result<Self, InvalidWindow> {
        let refused = |text: &str| InvalidWindow { text: text.chars().take(80).collect() };
        if let Some(beyond) = texts.get(WINDOWS_MAX) {
            return Err(refused(beyond));
        }
        let spans = texts.iter().map(|text| read(text).ok_or_else(|| refused(text))).collect::<Result<_, _>>()?;
        Ok(Self { spans, zone })
    }

    /// Whether the link may be used at a moment.
    pub fn is_open(&self, at_ms: i64) -> bool {
        self.spans.is_empty() || self.moments(at_ms).any(|(from, to)| (from..to).contains(&at_ms))
    }

    /// The first moment from `at_ms` on at which the link may be used.
    pub fn opens_ms(&self, at_ms: i64) -> i64 {
        if self.is_open(at_ms) {
            return at_ms;
        }
        let next = self.moments(at_ms).map(|(from, _)| from).filter(|from| *from > at_ms).min();
        next.unwrap_or(at_ms)
    }

    /// When the span that is open at a moment ends, adjoining ones taken together; `None` where it never does.
    pub fn closes_ms(&self, at_ms: i64) -> Option<i64> {
        if self.spans.is_empty() {
            return None;
        }
        let moments: Vec<(i64, i64)> = self.moments(at_ms).collect();
        let mut end = at_ms;
        for _ in 0..=moments.len() {
            let further = moments.iter().filter(|(from, to)| *from <= end && end < *to).map(|(_, to)| *to).max();
            match further {
                Some(to) => end = to,
                None => break,
            }
        }
        let week_ms = 7 * 24 * 60 * 60 * 1000;
        (end - at_ms < week_ms).then_some(end)
    }

    /// The spans around a moment, from yesterday's to those of the same day next week.
    fn moments(&self, at_ms: i64) -> impl Iterator<Item = (i64, i64)> {
        let today = self.zone.timestamp_millis_opt(at_ms).single().map(|local| local.date_naive());
        let first = today.and_then(|day| day.checked_sub_days(Days::new(1)));
        let days = (0..=HORIZON_DAYS + 1).filter_map(move |ahead| first?.checked_add_days(Days::new(ahead)));
        days.flat_map(move |day| self.spans.iter().filter_map(move |span| self.moment(span, day)))
    }

    fn moment(&self, span: &Window, day: NaiveDate) -> Option<(i64, i64)> {
        let weekday = usize::try_from(day.weekday().num_days_from_monday()).ok()?;
        if !span.days[weekday] {
            return None;
        }
        let wraps = span.to_minute <= span.from_minute;
        let last = if wraps { day.checked_add_days(Days::new(1))? } else { day };
        let from = self.local(day, span.from_minute)?.earliest;
        let to = self.local(last, span.to_minute)?.latest;
        Some((from.timestamp_millis(), to.timestamp_millis()))
    }

    fn local(&self, day: NaiveDate, minute: u32) -> Option<Local> {
        let mut wall = day.and_hms_opt(0, 0, 0)? + Duration::minutes(i64::from(minute));
        for _ in 0..GAP_STEPS_MAX {
            match self.zone.from_local_datetime(&wall) {
                LocalResult::Single(at) => return Some(Local { earliest: at, latest: at }),
                LocalResult::Ambiguous(earliest, latest) => return Some(Local { earliest, latest }),
                LocalResult::None => wall += Duration::minutes(GAP_STEP_MINUTES),
            }
        }
        None
    }
}

struct Local {
    earliest: DateTime<Tz>,
    latest: DateTime<Tz>,
}

fn read(text: &str) -> Option<Window> {
    let lower = text.trim().to_ascii_lowercase();
    let (days, times) = match lower.split_once(' ') {
        Some((days, times)) => (read_days(days)?, times.trim().to_owned()),
        None => ([true; 7], lower),
    };
    let (from, to) = times.split_once('-')?;
    let (from_minute, to_minute) = (read_minute(from)?, read_minute(to)?);
    (from_minute < DAY_MINUTES).then_some(Window { days, from_minute, to_minute })
}

fn read_days(text: &str) -> Option<[bool; 7]> {
    let index = |name: &str| WEEKDAYS.iter().position(|known| *known == name);
    let mut days = [false; 7];
    for part in text.split(',') {
        let (first, last) = match part.split_once('-') {
            Some((first, last)) => (index(first)?, index(last)?),
            None => (index(part)?, index(part)?),
        };
        // `sat-mon` goes over the end of the week.
        let count = (last + 7 - first) % 7 + 1;
        (0..count).for_each(|ahead| days[(first + ahead) % 7] = true);
    }
    Some(days)
}

fn read_minute(text: &str) -> Option<u32> {
    let (hour, minute) = text.trim().split_once(':')?;
    let is_plain = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_plain(hour) || !is_plain(minute) {
        return None;
    }
    let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.parse().ok()?);
    let at = hour * 60 + minute;
    (minute < 60 && at <= DAY_MINUTES).then_some(at)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;

    const HOUR_MS: i64 = 3_600_000;

    fn windows(texts: &[&str], zone: &str) -> Windows {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        Windows::parse(&texts, zone.parse().unwrap()).unwrap()
    }

    fn at(text: &str) -> i64 {
        DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis()
    }

    #[test]
    fn a_span_over_midnight_is_open_on_both_days() {
        let nights = windows(&["mon-fri 20:00-06:00"], "Asia/Shanghai");
        // 2026-03-06 is a Friday.
        for (moment, is_open) in [
            ("2026-03-06T19:59:00+08:00", false),
            ("2026-03-06T20:00:00+08:00", true),
            ("2026-03-07T05:59:00+08:00", true),
            ("2026-03-07T06:00:00+08:00", false),
            ("2026-03-07T21:00:00+08:00", false),
        ] {
            assert_eq!(nights.is_open(at(moment)), is_open, "{moment}");
        }
        assert_eq!(nights.opens_ms(at("2026-03-07T21:00:00+08:00")), at("2026-03-09T20:00:00+08:00"));
        assert_eq!(nights.closes_ms(at("2026-03-06T21:00:00+08:00")), Some(at("2026-03-07T06:00:00+08:00")));
    }

    #[test]
    fn no_span_and_a_whole_week_never_close() {
        assert_eq!(windows(&[], "Asia/Shanghai").closes_ms(0), None);
        let always = windows(&["00:00-24:00"], "Asia/Shanghai");
        assert!(always.is_open(0));
        assert_eq!(always.closes_ms(0), None);
        let weekend = windows(&["sat,sun 00:00-24:00"], "Asia/Shanghai");
        assert_eq!(weekend.closes_ms(at("2026-03-07T12:00:00+08:00")), Some(at("2026-03-09T00:00:00+08:00")));
    }

    #[test]
    fn a_span_survives_the_days_on_which_the_clocks_change() {
        let early = windows(&["02:00-03:30"], "Europe/Berlin");
        // 2026-03-29: 02:00 is skipped, the span is what is left of it; 2026-10-25: 02:00 to 03:00 comes twice.
        let (spring, autumn) = (at("2026-03-28T22:00:00Z"), at("2026-10-24T22:00:00Z"));
        let opened = early.opens_ms(spring);
        assert_eq!(opened, at("2026-03-29T03:00:00+02:00"));
        assert_eq!(early.closes_ms(opened).map(|closed| closed - opened), Some(HOUR_MS / 2));
        let opened = early.opens_ms(autumn);
        assert_eq!(opened, at("2026-10-25T02:00:00+02:00"));
        assert_eq!(early.closes_ms(opened).map(|closed| closed - opened), Some(5 * HOUR_MS / 2));
    }

    #[test]
    fn nonsense_is_refused() {
        for text in
            ["", "always", "8-18", "25:00-26:00", "mon 08:00", "mon-fry 08:00-18:00", "24:00-24:00", "08:60-09:00"]
        {
            let refused = Windows::parse(&[text.to_owned()], Tz::Asia__Shanghai);
            assert!(refused.is_err(), "{text}");
        }
        let many = vec!["08:00-18:00".to_owned(); WINDOWS_MAX + 1];
        assert!(Windows::parse(&many, Tz::Asia__Shanghai).is_err());
    }
}
