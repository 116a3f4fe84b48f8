//! Document numbers (发文字号) inside a printed basis: 中办发〔2016〕8号, 国务院令第711号.
//!
//! Invariant: the year's brackets come out as 〔〕 whatever was printed, and blanks are gone (GB/T 9704).

/// Longest word before the year taken for the issuing body's sign; 国务院办公厅 and the like are shorter.
const SIGN_CHARS_MAX: usize = 16;

/// The first document number of the text.
pub(super) fn find(raw: &str) -> Option<String> {
    let text: Vec<char> = raw.chars().filter(|c| !c.is_whitespace()).map(plain).collect();
    let ends = text.iter().enumerate().filter(|(_, c)| **c == '号').map(|(index, _)| index);
    ends.into_iter().find_map(|end| by_year(&text, end).or_else(|| by_order(&text, end)))
}

fn plain(c: char) -> char {
    match c {
        '﹝' | '[' | '［' | '【' => '〔',
        '﹞' | ']' | '］' | '】' => '〕',
        '（' => '(',
        '）' => ')',
        '０'..='９' => char::from(b'0' + u8::try_from(u32::from(c) - u32::from('０')).unwrap_or(0)),
        other => other,
    }
}

/// 国办发〔2019〕54号; round brackets are accepted where a word and a year stand before.
fn by_year(text: &[char], end: usize) -> Option<String> {
    let number = back_while(text, end, |c| c.is_ascii_digit());
    let (mut close, mut number_start) = (number.checked_sub(1)?, number);
    if text[close] == '第' {
        number_start = close;
        close = close.checked_sub(1)?;
    }
    let year = back_while(text, close, |c| c.is_ascii_digit());
    let open = year.checked_sub(1)?;
    let is_pair = matches!((text[open], text[close]), ('〔', '〕') | ('(', ')'));
    let is_year = close - year == 4 && end > number;
    let sign = back_while(text, open, is_word);
    if !is_pair || !is_year || sign == open {
        return None;
    }
    let word: String = text[sign..open].iter().collect();
    let word = sign_alone(&word);
    if word.is_empty() {
        return None;
    }
    let year: String = text[year..close].iter().collect();
    let number: String = text[number_start..=end].iter().collect();
    Some(format!("{word}〔{year}〕{number}"))
}

/// 国务院令第711号, 主席令第四十六号.
fn by_order(text: &[char], end: usize) -> Option<String> {
    let number = back_while(text, end, |c| c.is_ascii_digit() || "〇零一二三四五六七八九十百".contains(c));
    let before = number.checked_sub(1)?;
    let order = if text[before] == '第' { before.checked_sub(1)? } else { before };
    if text[order] != '令' || number == end {
        return None;
    }
    let sign = back_while(text, order, is_word);
    // 2019年国务院令: the year is when it was changed.
    let is_year = text.get(sign) == Some(&'年') && sign > 0 && text[sign - 1].is_ascii_digit();
    let sign = if is_year { sign + 1 } else { sign };
    let word: String = text[sign..=order].iter().collect();
    let number: String = text[order + 1..=end].iter().collect();
    Some(format!("{}{number}", sign_alone(&word)))
}

/// Words that stand before the issuing body's sign and are no part of it.
const BEFORE_SIGN: [&str; 19] = [
    "中华人民共和国",
    "根据",
    "依据",
    "按照",
    "依照",
    "遵照",
    "参照",
    "详见",
    "见",
    "按",
    "以及",
    "及",
    "和",
    "与",
    "即",
    "如",
    "执行",
    "印发",
    "修订",
];

/// 根据国办发 → 国办发.
fn sign_alone(word: &str) -> &str {
    let mut alone = word;
    while let Some(rest) = BEFORE_SIGN.iter().find_map(|before| alone.strip_prefix(before)) {
        alone = rest;
    }
    alone
}

fn is_word(c: char) -> bool {
    c.is_alphabetic()
}

/// The first index of the run that fits, going back from before `end`.
fn back_while(text: &[char], end: usize, fits: impl Fn(char) -> bool) -> usize {
    let len = text[..end].iter().rev().take(SIGN_CHARS_MAX).take_while(|c| fits(**c)).count();
    end - len
}
