//! Days and times of entries as the pages print them: civil time of UTC+8.
//!
//! Invariant: a function of the milliseconds alone; no clock and no time zone table (China has kept UTC+8 without
//! summer time since 1992). Left out: working days (model).

const MS_PER_DAY: i64 = 86_400_000;
const CHINA_OFFSET_MS: i64 = 8 * 3_600_000;
/// 9999-12-31T15:59:59Z, the last second that four year digits can print in UTC+8.
const LATEST_MS: i64 = 253_402_271_999_000;
/// 0001-01-01T00:00:00Z.
const EARLIEST_MS: i64 = -62_135_596_800_000;

/// A moment in civil time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Civil {
    year: i64,
    month: i64,
    day: i64,
    second_of_day: i64,
}

/// `2026年3月2日`.
pub(crate) fn chinese(at_ms: i64) -> String {
    let civil = civil(at_ms);
    format!("{}年{}月{}日", civil.year, civil.month, civil.day)
}

/// `2026-03-02`.
pub(crate) fn day(at_ms: i64) -> String {
    let civil = civil(at_ms);
    format!("{:04}-{:02}-{:02}", civil.year, civil.month, civil.day)
}

/// `2026-03-02T09:30:00+08:00` (RFC 3339).
pub(crate) fn rfc3339(at_ms: i64) -> String {
    let second = civil(at_ms).second_of_day;
    format!("{}T{:02}:{:02}:{:02}+08:00", day(at_ms), second / 3600, second / 60 % 60, second % 60)
}

/// Days since 1970 to year, month and day by counting 400-year eras that begin on 1 March, so that the leap day
/// comes last (the arithmetic of the proleptic Gregorian calendar, ISO 8601). Times out of range are cut to it.
fn civil(at_ms: i64) -> Civil {
    let local_ms = at_ms.clamp(EARLIEST_MS, LATEST_MS) + CHINA_OFFSET_MS;
    let days = local_ms.div_euclid(MS_PER_DAY) + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    Civil { year, month, day, second_of_day: local_ms.rem_euclid(MS_PER_DAY) / 1000 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_printed_in_chinese_civil_time() {
        for (at_ms, expected) in [
            (0, "1970-01-01T08:00:00+08:00"),
            (951_753_599_000, "2000-02-28T23:59:59+08:00"),
            (951_753_600_000, "2000-02-29T00:00:00+08:00"),
            (1_709_222_400_000, "2024-03-01T00:00:00+08:00"),
            (1_767_196_799_000, "2025-12-31T23:59:59+08:00"),
            (-1_000, "1970-01-01T07:59:59+08:00"),
            (i64::MAX, "9999-12-31T23:59:59+08:00"),
            (i64::MIN, "0001-01-01T08:00:00+08:00"),
        ] {
            assert_eq!(rfc3339(at_ms), expected);
        }
        assert_eq!(chinese(1_709_222_400_000), "2024年3月1日");
    }
}
