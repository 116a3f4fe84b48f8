//! Chinese numerals of number formats: `[DBNum1]` 二十, `[DBNum2]` 贰拾.
//!
//! Invariant: what has no such form comes out as `None`, not in other digits.

/// Digits and the words for ten, hundred, thousand.
struct Words {
    digits: [char; 10],
    units: [&'static str; 4],
    groups: [&'static str; 4],
}

const PLAIN: Words = Words {
    digits: ['〇', '一', '二', '三', '四', '五', '六', '七', '八', '九'],
    units: ["", "十", "百", "千"],
    groups: ["", "万", "亿", "万亿"],
};
const FORMAL: Words = Words {
    digits: ['零', '壹', '贰', '叁', '肆', '伍', '陆', '柒', '捌', '玖'],
    units: ["", "拾", "佰", "仟"],
    groups: ["", "万", "亿", "万亿"],
};
/// Between the parts of a number: 一百〇五 is printed 一百零五 by nobody's format, but with the sign for zero.
const GROUP_DIGITS: usize = 4;

/// How a section prints its digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Numerals {
    #[default]
    Arabic,
    Plain,
    Formal,
    /// Full widths.
    Wide,
}

impl Numerals {
    /// Of `dbnum1` and its like.
    pub(super) fn of(word: &str) -> Option<Self> {
        match word {
            "dbnum1" => Some(Self::Plain),
            "dbnum2" => Some(Self::Formal),
            "dbnum3" => Some(Self::Wide),
            _ => None,
        }
    }

    fn words(self) -> Option<&'static Words> {
        match self {
            Self::Plain => Some(&PLAIN),
            Self::Formal => Some(&FORMAL),
            Self::Arabic | Self::Wide => None,
        }
    }

    /// Each digit by itself: 2021 → 二〇二一.
    pub(super) fn digits(self, text: String) -> Option<String> {
        let digit = |c: char| match (self, c.to_digit(10)) {
            (Self::Arabic, _) | (_, None) => Some(c),
            (Self::Wide, Some(_)) => char::from_u32(u32::from(c) + 0xfee0),
            (_, Some(value)) => self.words()?.digits.get(value as usize).copied(),
        };
        text.chars().map(digit).collect()
    }

    /// A whole number in words: 20 → 二十, 15 → 一十五.
    pub(super) fn number(self, digits: &str) -> Option<String> {
        let Some(words) = self.words() else { return self.digits(digits.to_owned()) };
        if digits.is_empty() || digits.len() > GROUP_DIGITS * words.groups.len() {
            return None;
        }
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let mut text = String::new();
        let mut owes_zero = false;
        let mut group_is_empty = true;
        for (index, byte) in digits.bytes().enumerate() {
            let place = digits.len() - index - 1;
            let value = usize::from(byte - b'0');
            if value == 0 {
                owes_zero = !text.is_empty();
            } else {
                if owes_zero {
                    text.push(words.digits[0]);
                }
                owes_zero = false;
                group_is_empty = false;
                text.push(words.digits[value]);
                text.push_str(words.units[place % GROUP_DIGITS]);
            }
            if place.is_multiple_of(GROUP_DIGITS) {
                if !group_is_empty {
                    text.push_str(words.groups[place / GROUP_DIGITS]);
                }
                group_is_empty = true;
            }
        }
        if text.is_empty() {
            text.push(words.digits[0]);
        }
        Some(text)
    }

    /// A day or month in words: 31 → 三十一, 12 → 十二.
    pub(super) fn in_date(self, value: u32) -> Option<String> {
        let text = self.number(&value.to_string())?;
        let ten = self.words().map(|words| format!("{}{}", words.digits[1], words.units[1]));
        let is_plain = self == Self::Plain && (10..20).contains(&value);
        Some(match ten.filter(|_| is_plain).and_then(|ten| text.strip_prefix(&ten).map(str::to_owned)) {
            Some(rest) => format!("十{rest}"),
            None => text,
        })
    }
}
