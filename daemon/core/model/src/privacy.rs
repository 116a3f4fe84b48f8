//! Content checks before a publication: numbers and columns that name single persons (个人信息).
//!
//! Invariant: pure and strict: a number is reported only where its check digit, date or prefix holds, and never
//! printed in full. What is found is a reason for a person to look, not a verdict. Left out: who may overrule a
//! finding (app), lists of persons in running text, and secrecy (保密审查), which people do.

use serde_json::Value;

use crate::id::Day;

/// Findings kept of one text or item: whoever has this many lists persons on purpose.
pub const FINDINGS_MAX: usize = 20;
/// Most groups of digits that are read as one number: a card is printed in five at most.
const GROUPS_MAX: usize = 5;
/// Longest number looked for: a bank card of 19 digits.
const DIGITS_MAX: usize = 19;
/// Codes of provinces (GB/T 2260), the first two digits of a citizen's number.
const PROVINCES: &[&str] = &[
    "11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37", "41", "42", "43", "44",
    "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65", "71", "81", "82", "83",
];
/// Weights of the first 17 digits of a citizen's number (GB 11643, ISO 7064 MOD 11-2).
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
/// The check character for each remainder.
const CHECKS: &[u8; 11] = b"10X98765432";
/// Column headings of lists of persons; an office's own telephone or address is none of them.
const PERSON_COLUMNS: &[&str] = &[
    "姓名",
    "户主",
    "户主姓名",
    "申请人姓名",
    "救助对象姓名",
    "身份证",
    "身份证号",
    "身份证号码",
    "居民身份证号码",
    "公民身份号码",
    "银行卡号",
    "银行账号",
    "银行账户",
    "家庭住址",
    "手机号",
    "手机号码",
];

/// What kind of personal information it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PrivateKind {
    /// 公民身份号码
    CitizenId,
    /// 手机号码
    Mobile,
    /// 银行卡号
    BankCard,
    /// A column that only a list of persons has.
    PersonColumn,
}

impl PrivateKind {
    /// The permanent code.
    pub fn code(self) -> &'static str {
        match self {
            Self::CitizenId => "GK-PRIVACY-001",
            Self::Mobile => "GK-PRIVACY-002",
            Self::BankCard => "GK-PRIVACY-003",
            Self::PersonColumn => "GK-PRIVACY-004",
        }
    }

    /// The Chinese word.
    pub fn label(self) -> &'static str {
        match self {
            Self::CitizenId => "公民身份号码",
            Self::Mobile => "手机号码",
            Self::BankCard => "银行卡号",
            Self::PersonColumn => "人员名单栏目",
        }
    }

    /// The word in English output.
    pub fn word(self) -> &'static str {
        match self {
            Self::CitizenId => "citizen number",
            Self::Mobile => "mobile number",
            Self::BankCard => "bank card number",
            Self::PersonColumn => "column of a list of persons",
        }
    }
}

/// Something that names a single person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrivateFinding {
    /// What.
    pub kind: PrivateKind,
    /// The field it stands in, by its JSON name; fields in fields joined by `.`.
    pub field: String,
    /// The number with its middle hidden, or the column's heading.
    pub masked: String,
}

/// Looks through every text of a JSON value, unknown fields too: all of it would be published.
pub fn check_json(json: &str) -> Vec<PrivateFinding> {
    // Canonical bytes are one JSON object: their makers checked it.
    let value: Value = serde_json::from_str(json).unwrap_or_default();
    let mut findings = Vec::new();
    walk("", &value, &mut findings);
    findings.truncate(FINDINGS_MAX);
    findings
}

/// Looks through one text.
pub fn check_text(field: &str, text: &str) -> Vec<PrivateFinding> {
    let mut findings = Vec::new();
    for run in runs(text) {
        scan(field, &run, &mut findings);
    }
    findings.truncate(FINDINGS_MAX);
    findings
}

fn walk(field: &str, value: &Value, findings: &mut Vec<PrivateFinding>) {
    match value {
        Value::String(text) => findings.extend(check_text(field, text)),
        Value::Number(number) => findings.extend(check_text(field, &number.to_string())),
        Value::Array(list) => list.iter().for_each(|value| walk(field, value, findings)),
        Value::Object(object) => {
            for (name, value) in object {
                let inner = if field.is_empty() { name.clone() } else { format!("{field}.{name}") };
                if is_person_column(name, value) {
                    let masked = name.trim().to_owned();
                    findings.push(PrivateFinding { kind: PrivateKind::PersonColumn, field: inner.clone(), masked });
                }
                walk(&inner, value, findings);
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

fn is_person_column(name: &str, value: &Value) -> bool {
    let heading: String = name.chars().filter(|c| !c.is_whitespace()).collect();
    let is_filled = value.as_str().is_some_and(|text| !text.trim().is_empty());
    is_filled && PERSON_COLUMNS.contains(&heading.as_str())
}

/// Groups of digits that stand one separator apart, such as `6222 0212 3456`; digits in ASCII.
type Run = Vec<String>;

/// Splits a text into runs. Digits that touch a letter or go on behind a decimal point are codes and amounts.
fn runs(text: &str) -> Vec<Run> {
    let chars: Vec<char> = text.chars().map(narrow).collect();
    let mut runs: Vec<Run> = Vec::new();
    let mut last_end: Option<usize> = None;
    let mut at = 0;
    while at < chars.len() {
        if !chars[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let start = at;
        while at < chars.len() && chars[at].is_ascii_digit() {
            at += 1;
        }
        let has_check_x = chars.get(at) == Some(&'X') && !chars.get(at + 1).is_some_and(|c| is_glue(*c));
        at += usize::from(has_check_x);
        if is_part_of_code(&chars, start, at) {
            last_end = None;
            continue;
        }
        let group: String = chars[start..at].iter().collect();
        let joins = last_end.is_some_and(|end| start == end + 1 && is_separator(chars[end]));
        match runs.last_mut().filter(|_| joins) {
            Some(run) => run.push(group),
            None => runs.push(vec![group]),
        }
        last_end = Some(at);
    }
    runs
}

/// Full-width digits, X and hyphens as their ASCII forms.
fn narrow(c: char) -> char {
    match c {
        '０'..='９' => char::from_u32(c as u32 - '０' as u32 + '0' as u32).unwrap_or(c),
        'x' | 'Ｘ' | 'ｘ' => 'X',
        '－' | '‐' | '‑' | '–' | '—' => '-',
        '\u{3000}' | '\u{a0}' => ' ',
        other => other,
    }
}

fn is_glue(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn is_separator(c: char) -> bool {
    c == ' ' || c == '-'
}

fn is_part_of_code(chars: &[char], start: usize, end: usize) -> bool {
    let before = start.checked_sub(1).and_then(|place| chars.get(place));
    let is_amount = chars.get(end) == Some(&'.') && chars.get(end + 1).is_some_and(char::is_ascii_digit);
    before.is_some_and(|c| is_glue(*c)) || chars.get(end).is_some_and(|c| is_glue(*c)) || is_amount
}

/// Tries every sequence of neighbouring groups as one number, the longest first.
fn scan(field: &str, run: &Run, findings: &mut Vec<PrivateFinding>) {
    let mut start = 0;
    while start < run.len() {
        let most = GROUPS_MAX.min(run.len() - start);
        let found = (1..=most).rev().find_map(|count| {
            let number = run[start..start + count].concat();
            let kind = if number.len() <= DIGITS_MAX { kind_of(&number) } else { None };
            kind.map(|kind| (count, kind, number))
        });
        let Some((count, kind, number)) = found else {
            start += 1;
            continue;
        };
        findings.push(PrivateFinding { kind, field: field.to_owned(), masked: mask(&number) });
        start += count;
    }
}

fn kind_of(number: &str) -> Option<PrivateKind> {
    if is_citizen_id(number) {
        return Some(PrivateKind::CitizenId);
    }
    if is_mobile(number) {
        return Some(PrivateKind::Mobile);
    }
    is_bank_card(number).then_some(PrivateKind::BankCard)
}

/// GB 11643: six digits of a region, eight of a day, three of an order, one check character.
fn is_citizen_id(number: &str) -> bool {
    let bytes = number.as_bytes();
    let (18, Some(digits)) = (bytes.len(), bytes.get(..17).filter(|head| head.iter().all(u8::is_ascii_digit))) else {
        return false;
    };
    let day = format!("{}-{}-{}", &number[6..10], &number[10..12], &number[12..14]);
    let is_born = number[6..8].parse::<u32>().is_ok_and(|century| (18..=20).contains(&century));
    let sum: u32 = digits.iter().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    let is_checked = bytes[17] == CHECKS[(sum % 11) as usize];
    is_checked && is_born && PROVINCES.contains(&&number[..2]) && Day::parse(&day).is_ok()
}

/// Eleven digits from 13 to 19 on, with or without the country's 86.
fn is_mobile(number: &str) -> bool {
    let bare = if number.len() == 13 { number.strip_prefix("86").unwrap_or("") } else { number };
    let bytes = bare.as_bytes();
    bytes.len() == 11 && bytes.iter().all(u8::is_ascii_digit) && bytes[0] == b'1' && (b'3'..=b'9').contains(&bytes[1])
}

/// Numbers of the issuers met here (62…, 9558…; 4… and 5… with 16 digits) whose check digit holds (Luhn). Without the
/// prefixes every tenth code of a list of powers would be a card.
fn is_bank_card(number: &str) -> bool {
    let bytes = number.as_bytes();
    let is_local = number.starts_with("62") || number.starts_with("9558");
    let has_length = match bytes.len() {
        16 => is_local || matches!(bytes[0], b'4' | b'5'),
        17..=19 => is_local,
        _ => false,
    };
    has_length && bytes.iter().all(u8::is_ascii_digit) && luhn(bytes).is_multiple_of(10)
}

fn luhn(digits: &[u8]) -> u32 {
    let value = |(place, digit): (usize, &u8)| {
        let digit = u32::from(digit - b'0');
        let doubled = if place % 2 == 1 { digit * 2 } else { digit };
        if doubled > 9 { doubled - 9 } else { doubled }
    };
    digits.iter().rev().enumerate().map(value).sum()
}

/// The first three and the last two characters: enough to find the cell, too little to use.
fn mask(number: &str) -> String {
    let hidden = number.len().saturating_sub(5);
    format!("{}{}{}", &number[..3], "*".repeat(hidden), &number[3 + hidden..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[(PrivateKind, &str)]) {
        let found: Vec<_> = check_text("content", text).into_iter().map(|one| (one.kind, one.masked)).collect();
        let expected: Vec<_> = expected.iter().map(|(kind, masked)| (*kind, (*masked).to_owned())).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn a_number_of_a_person_is_found_however_it_is_printed() {
        for text in [
            "身份证号11010519491231002X。",
            "11010519491231002x",
            "(１１０１０５１９４９１２３１００２Ｘ)",
            "110105 19491231 002X",
            "110105-19491231-002X",
        ] {
            check(text, &[(PrivateKind::CitizenId, "110*************2X")]);
        }
        for text in
            ["联系人张某13800001234", "138 0000 1234", "138-0000-1234", "1.13800001234", "１３８００００１２３４"]
        {
            check(text, &[(PrivateKind::Mobile, "138******34")]);
        }
        check("+8613800001234", &[(PrivateKind::Mobile, "861********34")]);
        check("+86 13800001234", &[(PrivateKind::Mobile, "861********34")]);
        for text in ["6222021234567890128", "6222 0212 3456 7890 128", "6222-0212-3456-7890-128"] {
            check(text, &[(PrivateKind::BankCard, "622**************28")]);
        }
        check(
            "440524188001010014、13911112222",
            &[(PrivateKind::CitizenId, "440*************14"), (PrivateKind::Mobile, "139******22")],
        );
    }

    #[test]
    fn numbers_that_only_look_alike_are_left_alone() {
        for text in [
            "110105194912310021",
            "99010519491231002X",
            "110105194913310027",
            "电话024-74842323、12345热线",
            "0410-72680000",
            "6222021234567890127",
            "权责编码2100000000012345678",
            "编号A13800001234",
            "13800001234567",
            "13800001234.56元",
            "2019年6月5日—2020年12月31日",
            "铁公开领〔2020〕1号",
            "统一社会信用代码11211200MB1234567X",
        ] {
            check(text, &[]);
        }
    }

    #[test]
    fn a_column_of_persons_is_found_and_unknown_fields_are_looked_at() {
        let json = r#"{"content":"低保名单","extra":{"姓名":"张某","联系电话":"024-74842323"},"later":[{"tel":"13800001234"}]}"#;
        let found: Vec<_> = check_json(json).into_iter().map(|one| (one.kind.code(), one.field)).collect();
        assert_eq!(found, [("GK-PRIVACY-004", "extra.姓名".to_owned()), ("GK-PRIVACY-002", "later.tel".to_owned()),]);
    }

    #[test]
    fn findings_are_bounded() {
        assert_eq!(check_text("content", &"13800001234，".repeat(FINDINGS_MAX + 5)).len(), FINDINGS_MAX);
    }
}
