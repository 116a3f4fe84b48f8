//! What the programs say in Chinese is set as Chinese is (GB/T 15834): full-width marks between Chinese characters.
//!
//! Not looked at: what is read from offices' files, which comes in every form.

use std::process::Command;

use gongkai_tests::program::repository;

/// Where words for people stand.
const PLACES: [&str; 6] = [
    "cli/src/*.rs",
    "cli/src/**/*.rs",
    "cli/pages/*.txt",
    "daemon/app/src/*.rs",
    "daemon/app/src/**/*.rs",
    "daemon/node/src/**/*.rs",
];
/// Written as a person types it.
const SYNTAX: [&str; 1] = ["主机:端口"];

#[test]
fn chinese_texts_use_chinese_marks() {
    let listed = Command::new("git").arg("ls-files").args(PLACES).current_dir(repository()).output();
    let Some(listed) = listed.ok().filter(|listed| listed.status.success()) else {
        eprintln!("skipped: this is no git checkout");
        return;
    };
    let listed = String::from_utf8(listed.stdout).unwrap();
    let mut odd = Vec::new();
    for file in listed.lines() {
        let text = std::fs::read_to_string(repository().join(file)).unwrap();
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
        odd.extend(
            lines.filter(|(_, line)| has_narrow_mark(line)).map(|(at, line)| format!("{file}:{}: {line}", at + 1)),
        );
    }
    assert!(odd.is_empty(), "half-width marks between Chinese characters: {odd:#?}");
}

#[test]
fn a_narrow_mark_is_found_where_it_is_wrong() {
    assert!(has_narrow_mark("已通过,已发布"));
    assert!(!has_narrow_mark("已通过，已发布 a,b 12:30"));
    assert!(!has_narrow_mark("写作 主机:端口，例如 10.1.2.3:7443"));
}

fn has_narrow_mark(line: &str) -> bool {
    let line = SYNTAX.iter().fold(line.to_owned(), |line, syntax| line.replace(syntax, ""));
    let marks: Vec<char> = line.chars().collect();
    marks.windows(3).any(|three| is_han(three[0]) && ",:;!?".contains(three[1]) && is_han(three[2]))
}

fn is_han(mark: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&mark)
}
