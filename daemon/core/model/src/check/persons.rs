//! Persons in running text: words for lists of them, and several names in a row.
//!
//! Invariant: a reason to look, nothing more: 拟救助对象名单 may well be what the law opens. Names are counted, never
//! printed. Left out: numbers and columns (privacy).

use super::{Pen, Rule};
use crate::item::Item;

/// Words of a content that opens a list of persons.
const LISTS: [&str; 10] = [
    "花名册",
    "人员名单",
    "对象名单",
    "贫困户名单",
    "学生名单",
    "未成年人名单",
    "证件照",
    "身份证复印件",
    "身份证号",
    "银行卡号",
];
/// Names in a row that are taken for a list: two may be authors, and two words may look like names.
const NAMES_MIN: usize = 3;
/// Frequent family names that begin few other words; 高, 金, 方, 时, 程, 马, 林, 许, 于 begin too many (高校, 金额, …).
const FAMILIES: &str = "王李张刘陈杨赵吴徐孙胡朱郭罗梁宋郑谢韩冯董曹袁邓沈彭吕";
/// Two-character words with such a beginning that are no names.
const WORDS: [&str; 8] = ["张贴", "张榜", "陈述", "陈列", "董事", "董事会", "梁柱", "罗列"];

pub(super) fn check(item: &Item, pen: &mut Pen<'_, '_>) {
    let names = [&item.level1, &item.level2, &item.level3];
    if let Some(word) = LISTS.into_iter().find(|word| item.content.contains(word)) {
        pen.note(Rule::PersonList, "content", format!("`{word}`: a list of persons?"));
    } else if let Some(word) = LISTS.into_iter().find(|word| names.iter().any(|name| name.contains(word))) {
        pen.note(Rule::PersonList, "name", format!("`{word}`: a list of persons?"));
    }
    let extra = item.extra.iter().map(|(key, text)| (format!("extra.{key}"), text.as_str()));
    let texts = [("content".to_owned(), item.content.as_str())].into_iter().chain(extra);
    for (field, text) in texts {
        let count = names_in_a_row(text);
        if count >= NAMES_MIN {
            pen.note(Rule::PersonNames, &field, format!("{count} names of persons in a row"));
        }
    }
}

/// The longest row of words that look like names.
fn names_in_a_row(text: &str) -> usize {
    let is_stop = |c: char| c.is_whitespace() || "、，,;；".contains(c);
    let (mut longest, mut count) = (0, 0);
    for word in text.split(is_stop).filter(|word| !word.is_empty()) {
        count = if is_name(word) { count + 1 } else { 0 };
        longest = longest.max(count);
    }
    longest
}

fn is_name(word: &str) -> bool {
    let mut chars = word.chars();
    let is_family = chars.next().is_some_and(|first| FAMILIES.contains(first));
    let given = chars.clone().count();
    let is_chinese = chars.all(|c| matches!(c, '\u{4e00}'..='\u{9fff}'));
    let is_place = word.ends_with(['村', '镇', '乡', '县', '屯']);
    is_family && is_chinese && (1..=2).contains(&given) && !is_place && !WORDS.contains(&word)
}
