//! Numbers as their cells show them: the number formats of spreadsheets (ECMA-376, 18.8.31) with the date forms of the
//! Chinese editions.
//!
//! Invariant: what this cannot print as the spreadsheet would is said to be unread, never guessed. Left out: colours,
//! widths and other locales' words.

use calamine::ExcelDateTime;

mod date;
mod numerals;
mod parse;

use numerals::Numerals;
use parse::Token;

/// Longest format looked at, in characters: the format's own limit is 255.
const FORMAT_CHARS_MAX: usize = 1_024;
/// From here on a number has more digits than a spreadsheet keeps.
const DIGITS_KEPT: f64 = 1e15;

/// What a cell shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    Text(String),
    /// The format shows nothing of the value (`;;;`).
    Nothing,
    /// The format is not understood.
    Unread,
}

/// A format that was read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NumberFormat {
    sections: Vec<Section>,
}

/// What holds for positive, negative, zero or text.
#[derive(Clone, Debug, Default, PartialEq)]
struct Section {
    tokens: Vec<Token>,
    /// `[>=100]`
    condition: Option<(Compare, f64)>,
    numerals: Numerals,
    /// Has something that is not understood: a fraction, another calendar.
    is_unread: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Compare {
    Less,
    LessOrEqual,
    Equal,
    NotEqual,
    GreaterOrEqual,
    Greater,
}

impl Compare {
    fn holds(self, value: f64, bound: f64) -> bool {
        match self {
            Self::Less => value < bound,
            Self::LessOrEqual => value <= bound,
            Self::Equal => value == bound,
            Self::NotEqual => value != bound,
            Self::GreaterOrEqual => value >= bound,
            Self::Greater => value > bound,
        }
    }
}

impl NumberFormat {
    /// The format of a code, or of a built-in number where that has a form of its own in Chinese editions; `None` for the
    /// general format and plain text.
    pub(crate) fn of(id: Option<u32>, code: &str) -> Option<Self> {
        let code = id.and_then(built_in).or_else(|| of_system(code)).unwrap_or(code);
        if matches!(code, "" | "@") || code.eq_ignore_ascii_case("general") || code.chars().count() > FORMAT_CHARS_MAX {
            return None;
        }
        Some(Self { sections: parse::sections(code) })
    }

    /// A number as shown.
    pub(crate) fn number(&self, value: f64) -> Shown {
        let Some((section, is_negated)) = self.section_of(value) else { return Shown::Unread };
        if section.is_unread {
            return Shown::Unread;
        }
        if section.has_date() {
            return Shown::Unread;
        }
        let magnitude = if is_negated { value.abs() } else { value };
        match section.number(magnitude) {
            Some(text) if text.trim().is_empty() => Shown::Nothing,
            Some(text) => Shown::Text(text),
            None => Shown::Unread,
        }
    }

    /// A date or time as shown.
    pub(crate) fn date(&self, date: ExcelDateTime) -> Shown {
        let Some((section, _)) = self.section_of(date.as_f64()) else { return Shown::Unread };
        if section.is_unread || !section.has_date() {
            return Shown::Unread;
        }
        date::text(section, date).map_or(Shown::Unread, Shown::Text)
    }

    /// A text as shown; `None` where the format adds nothing to it.
    pub(crate) fn text(&self, text: &str) -> Option<Shown> {
        let section = match self.sections.as_slice() {
            [_, _, _, fourth] => fourth,
            sections => sections.last().filter(|section| section.tokens.contains(&Token::Text))?,
        };
        if section.tokens.is_empty() {
            return Some(Shown::Nothing);
        }
        let is_bare = section.tokens.iter().all(|token| matches!(token, Token::Text));
        if is_bare || section.is_unread || !section.tokens.contains(&Token::Text) {
            return None;
        }
        let parts = section.tokens.iter().filter_map(|token| match token {
            Token::Literal(literal) => Some(literal.as_str()),
            Token::Text => Some(text),
            _ => None,
        });
        Some(Shown::Text(parts.collect()))
    }

    /// The section that prints a number, and whether its sign is in the section already.
    fn section_of(&self, value: f64) -> Option<(&Section, bool)> {
        let numbers = &self.sections[..self.sections.len().min(3)];
        if numbers.iter().any(|section| section.condition.is_some()) {
            let fits =
                |section: &&Section| section.condition.is_none_or(|(compare, bound)| compare.holds(value, bound));
            return numbers.iter().find(fits).map(|section| (section, false));
        }
        match numbers {
            [] => None,
            [only] => Some((only, false)),
            [_, negative, ..] if value < 0.0 => Some((negative, true)),
            [_, _, zero] if value == 0.0 => Some((zero, false)),
            [positive, ..] => Some((positive, false)),
        }
    }
}

impl Section {
    fn has_date(&self) -> bool {
        self.tokens.iter().any(|token| matches!(token, Token::Date(..) | Token::HalfDay(_)))
    }

    fn number(&self, value: f64) -> Option<String> {
        if self.tokens.iter().any(|token| matches!(token, Token::Exponent)) {
            // 1.12E+11 says less than the number: the digits are what was meant.
            return Some(general(value));
        }
        if self.tokens.contains(&Token::General) {
            let number = self.numerals.number(&general(value))?;
            return Some(self.with_literals(|token| matches!(token, Token::General).then_some(number.as_str())));
        }
        let percents = self.tokens.iter().filter(|token| matches!(token, Token::Percent)).count();
        let scale = i32::try_from(percents * 2).ok()? - 3 * i32::try_from(self.thousands()).ok()?;
        let digits = Digits::of(value * 10_f64.powi(scale), self.decimals())?;
        let whole = self.whole(&digits)?;
        let sign = if value < 0.0 && digits.is_other_than_zero() { "-" } else { "" };
        Some(format!("{sign}{whole}"))
    }

    fn with_literals<'t>(&'t self, print: impl Fn(&'t Token) -> Option<&'t str>) -> String {
        let parts = self.tokens.iter().filter_map(|token| match token {
            Token::Literal(literal) => Some(literal.as_str()),
            Token::Percent => Some("%"),
            token => print(token),
        });
        parts.collect()
    }

    fn point(&self) -> usize {
        self.tokens.iter().position(|token| matches!(token, Token::Point)).unwrap_or(self.tokens.len())
    }

    fn decimals(&self) -> usize {
        self.tokens[self.point()..].iter().filter(|token| matches!(token, Token::Digit(_))).count()
    }

    /// Commas behind the last digit before the point: each divides by a thousand.
    fn thousands(&self) -> usize {
        let before = &self.tokens[..self.point()];
        let last = before.iter().rposition(|token| matches!(token, Token::Digit(_))).map_or(0, |place| place + 1);
        before[last..].iter().take_while(|token| matches!(token, Token::Comma)).count()
    }

    fn is_grouped(&self) -> bool {
        let before = &self.tokens[..self.point()];
        let digits = |tokens: &[Token]| tokens.iter().any(|token| matches!(token, Token::Digit(_)));
        let comma = before.iter().position(|token| matches!(token, Token::Comma));
        comma.is_some_and(|place| digits(&before[..place]) && digits(&before[place..]))
    }

    /// Puts the digits into their places: from the point to the left, then to the right.
    fn whole(&self, digits: &Digits) -> Option<String> {
        let point = self.point();
        let places = self.tokens[..point].iter().filter(|token| matches!(token, Token::Digit(_))).count();
        let mut left: Vec<String> = Vec::new();
        let mut rest: Vec<char> = digits.whole.chars().collect();
        let mut seen = 0;
        for token in self.tokens[..point].iter().rev() {
            match token {
                Token::Digit(kind) => {
                    seen += 1;
                    let is_last = seen == places;
                    let mut piece = match rest.pop() {
                        Some(digit) => digit.to_string(),
                        None => kind.filler().to_owned(),
                    };
                    if is_last {
                        piece = rest.drain(..).collect::<String>() + &piece;
                    }
                    left.push(piece);
                }
                Token::Literal(literal) => left.push(literal.clone()),
                Token::Percent => left.push("%".to_owned()),
                Token::Comma => {}
                _ => return None,
            }
        }
        let mut text: String = left.into_iter().rev().collect();
        if self.is_grouped() {
            text = grouped(&text);
        }
        let mut decimals = digits.decimals.chars();
        let mut tail = String::new();
        for token in &self.tokens[point..] {
            match token {
                Token::Point => tail.push('.'),
                Token::Digit(_) => tail.extend(decimals.next()),
                Token::Literal(literal) => tail.push_str(literal),
                Token::Percent => tail.push('%'),
                Token::Comma => {}
                _ => return None,
            }
        }
        if self.tokens.iter().any(|token| matches!(token, Token::Digit(parse::Place::Optional))) {
            tail = without_optional(self, &tail);
        }
        self.numerals.digits(text + &tail)
    }
}

/// `0.##` of 1.5 is 1.5: zeros at the end of optional places go.
fn without_optional(section: &Section, tail: &str) -> String {
    let optional = section.tokens[section.point()..]
        .iter()
        .rev()
        .take_while(|token| !matches!(token, Token::Digit(parse::Place::Zero)))
        .filter(|token| matches!(token, Token::Digit(parse::Place::Optional)))
        .count();
    let end = tail.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(tail.len());
    let mut digits = tail[..end].to_owned();
    for _ in 0..optional {
        if !digits.ends_with('0') {
            break;
        }
        digits.pop();
    }
    digits + &tail[end..]
}

/// 12345 → 12,345.
fn grouped(text: &str) -> String {
    let start = text.find(|c: char| c.is_ascii_digit()).unwrap_or(text.len());
    let end = text.rfind(|c: char| c.is_ascii_digit()).map_or(start, |place| place + 1);
    let digits = &text[start..end];
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.to_owned();
    }
    let mut out = text[..start].to_owned();
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out + &text[end..]
}

/// A number's digits before and behind the point, rounded.
struct Digits {
    /// Without leading zeros: empty for a fraction.
    whole: String,
    decimals: String,
}

impl Digits {
    fn of(value: f64, decimals: usize) -> Option<Self> {
        if !value.is_finite() || value.abs() >= 1e18 {
            return None;
        }
        let text = format!("{:.*}", decimals.min(30), rounded(value.abs()));
        let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
        Some(Self { whole: whole.trim_start_matches('0').to_owned(), decimals: decimals.to_owned() })
    }

    fn is_other_than_zero(&self) -> bool {
        !self.whole.is_empty() || self.decimals.bytes().any(|digit| digit != b'0')
    }
}

/// The number with the 15 digits that a spreadsheet keeps.
fn rounded(value: f64) -> f64 {
    format!("{value:.14e}").parse().unwrap_or(value)
}

/// A number in the general format: its digits.
pub(crate) fn general(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < DIGITS_KEPT { format!("{value:.0}") } else { rounded(value).to_string() }
}

/// Whether a number had more digits than a spreadsheet keeps: a code that was typed as a number.
pub(crate) fn is_damaged(value: f64) -> bool {
    value.abs() >= DIGITS_KEPT && value.fract() == 0.0
}

/// The long date and the time of the system, whatever the code spells out for other editions.
fn of_system(code: &str) -> Option<&'static str> {
    let upper: String = code.chars().take(16).collect::<String>().to_ascii_uppercase();
    match upper.as_str() {
        upper if upper.contains("[$-F800]") => Some("yyyy\"年\"m\"月\"d\"日\""),
        upper if upper.contains("[$-F400]") => Some("h:mm:ss"),
        _ => None,
    }
}

/// Built-in formats that Chinese editions print in their own way, and those that no file spells out.
fn built_in(id: u32) -> Option<&'static str> {
    Some(match id {
        14 => "yyyy/m/d",
        22 => "yyyy/m/d h:mm",
        27 | 36 | 50 | 52 | 57 => "yyyy\"年\"m\"月\"",
        28 | 29 | 51 | 53 | 54 | 58 => "m\"月\"d\"日\"",
        30 => "m-d-yy",
        31 => "yyyy\"年\"m\"月\"d\"日\"",
        32 => "h\"时\"mm\"分\"",
        33 => "h\"时\"mm\"分\"ss\"秒\"",
        34 | 55 => "上午/下午h\"时\"mm\"分\"",
        35 | 56 => "上午/下午h\"时\"mm\"分\"ss\"秒\"",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use calamine::ExcelDateTimeType;

    use super::*;

    fn shown(code: &str, value: f64) -> Shown {
        NumberFormat::of(None, code).map_or_else(|| Shown::Text(general(value)), |format| format.number(value))
    }

    #[test]
    fn a_number_is_shown_as_its_format_says() {
        for (code, value, expected) in [
            ("General", 20.0, "20"),
            ("General", 0.1 + 0.2, "0.3"),
            ("0\"个工作日内\"", 20.0, "20个工作日内"),
            ("\"自形成之日起\"0\"个工作日\"", 7.0, "自形成之日起7个工作日"),
            ("000", 1.0, "001"),
            ("0.00", 1.1, "1.10"),
            ("0.##", 1.5, "1.5"),
            ("0%", 0.5, "50%"),
            ("#,##0", 12_345.0, "12,345"),
            ("#,##0\"元\"", 1_234_567.0, "1,234,567元"),
            ("#,##0,\"千\"", 12_000.0, "12千"),
            ("000-00000000", 2_442_118_066.0, "024-42118066"),
            ("0000\\-0000", 12_345_678.0, "1234-5678"),
            ("0;(0)", -5.0, "(5)"),
            ("0;-0;\"无\"", 0.0, "无"),
            ("[<100]0\"天\";0\"个月\"", 20.0, "20天"),
            ("[Red]0\"日\"_);[=0]\"-\"", 3.0, "3日 "),
            ("[DBNum1]General", 20.0, "二十"),
            ("[DBNum1][$-804]General\"个工作日\"", 15.0, "一十五个工作日"),
            ("[DBNum2]General", 20.0, "贰拾"),
            ("[$-804]0\"个工作日\"", 7.0, "7个工作日"),
            ("0.00E+00", 112_112_210_015.0, "112112210015"),
            ("-0", 3.0, "-3"),
        ] {
            assert_eq!(shown(code, value), Shown::Text(expected.to_owned()), "{code} {value}");
        }
        assert_eq!(shown(";;;", 20.0), Shown::Nothing);
        assert_eq!(shown("# ?/?", 0.5), Shown::Unread);
    }

    #[test]
    fn a_date_is_shown_as_its_format_says() {
        for (id, code, serial, expected) in [
            (None, "yyyy\"年\"m\"月\"d\"日前\"", 44_196.0, "2020年12月31日前"),
            (None, "\"每年\"m\"月\"d\"日前\"", 44_227.0, "每年1月31日前"),
            (None, "\"每季度首月\"d\"日\"", 46_042.0, "每季度首月20日"),
            (None, "yyyy-mm-dd", 44_227.0, "2021-01-31"),
            (None, "[DBNum1][$-804]yyyy\"年\"m\"月\"d\"日\"", 44_196.0, "二〇二〇年十二月三十一日"),
            (None, "[$-804]aaaa", 44_227.0, "星期日"),
            (None, "h:mm AM/PM", 44_227.75, "6:00 PM"),
            (None, "[$-409]d-mmm-yy", 44_227.0, "31-Jan-21"),
            (None, "h\"时\"mm\"分\"", 0.520_833_333_333, "12时30分"),
            (Some(14), "mm-dd-yy", 44_227.0, "2021/1/31"),
            (None, "[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy", 44_227.0, "2021年1月31日"),
            (Some(31), "", 44_227.0, "2021年1月31日"),
            (Some(58), "", 44_227.0, "1月31日"),
            (Some(57), "", 44_227.0, "2021年1月"),
        ] {
            let date = ExcelDateTime::new(serial, ExcelDateTimeType::DateTime, false);
            let text = NumberFormat::of(id, code).map(|format| format.date(date));
            assert_eq!(text, Some(Shown::Text(expected.to_owned())), "{code}");
        }
    }

    #[test]
    fn a_text_takes_what_its_format_adds() {
        let format = |code: &str| NumberFormat::of(None, code);
        let shown = |code: &str, text: &str| format(code).and_then(|format| format.text(text));
        assert_eq!(shown("@\"级\"", "县"), Some(Shown::Text("县级".to_owned())));
        assert_eq!(shown("0;-0;0;@\"。\"", "县"), Some(Shown::Text("县。".to_owned())));
        assert_eq!(shown(";;;", "县"), Some(Shown::Nothing));
        assert_eq!((shown("0\"日\"", "县"), format("@")), (None, None));
    }

    proptest::proptest! {
        #[test]
        fn any_format_and_number_is_read_without_a_panic(
            code in "[0#?.,;%@\"\\\\_*\\[\\]ymdhs年月日aAPpMgeE+/$<>=0-9中 -]{0,24}",
            value in proptest::num::f64::ANY,
        ) {
            let Some(format) = NumberFormat::of(None, &code) else { return Ok(()) };
            let _ = (format.number(value), format.text("字"));
            let _ = format.date(ExcelDateTime::new(value, ExcelDateTimeType::DateTime, false));
        }
    }
}
