//! What people see on a terminal of 80 columns: real answers of a small tree, measured.
//!
//! Invariant: no line of any reading command is wider than the terminal, in either language; off a terminal a row
//! stays one line. COLUMNS stands for the terminal, as in every shell.

use std::{fs, process::Command};

use anyhow::{Context as _, Result, ensure};
use gongkai_tests::{
    program::{Printed, program},
    tree::{Node, three},
    work::{CATALOG, FIRST, SECOND, approve, send_back, submit},
};

/// What a terminal has had since there are terminals.
const COLUMNS: usize = 80;

/// Columns of a line: Chinese characters and full-width signs take two.
fn width(line: &str) -> usize {
    let is_wide = |sign: char| matches!(sign, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{ffe6}');
    line.chars().map(|sign| if is_wide(sign) { 2 } else { 1 }).sum()
}

fn on_terminal(node: &Node, lang: &str, words: &[&str], columns: Option<usize>) -> Result<Printed> {
    let mut command = Command::new(program("gongkai")?);
    command.arg("--data").arg(&node.dir).args(["--lang", lang]).args(words).env_remove("COLUMNS");
    if let Some(columns) = columns {
        command.env("COLUMNS", columns.to_string());
    }
    Ok(command.output().context("gongkai could not be started")?.into())
}

/// Reading commands that every node answers.
const EVERYWHERE: [&[&str]; 19] = [
    &["status"],
    &["doctor"],
    &["whoami"],
    &["node", "list", "--enrolled"],
    &["sync", "status"],
    &["sync", "peers"],
    &["sync", "history"],
    &["audit", "log"],
    &["catalog", "list"],
    &["catalog", "show", CATALOG],
    &["catalog", "history", CATALOG],
    &["catalog", "history", CATALOG, "--item", "2"],
    &["review", "list", "--all"],
    &["review", "show", CATALOG, "--all-items"],
    &["explain", "sync"],
    &["explain", CATALOG],
    &["bundle", "status"],
    &["standard", "list"],
    &["operator", "certificates"],
];
/// And those of the city.
const AT_THE_TOP: [&[&str]; 9] = [
    &["publish", "preview"],
    &["publish", "check"],
    &["publish", "list"],
    &["publish", "show"],
    &["publish", "sign-offs"],
    &["routing", "show"],
    &["domain", "list"],
    &["conflict", "list"],
    &["catalog", "proposals", CATALOG, "--all"],
];

/// A tree with a return, a correction, an approval and an edition.
fn lived_in(nodes: &[Node; 3]) -> Result<()> {
    let [city, county, town] = nodes;
    submit(town, FIRST)?;
    town.run(&["sync", "now"])?;
    send_back(county)?;
    county.run(&["sync", "now"])?;
    town.run(&["sync", "now"])?;
    submit(town, SECOND)?;
    town.run(&["sync", "now"])?;
    let propose = ["--as", "reviewer", "review", "propose", CATALOG, "--item", "2", "--element", "content"];
    county
        .run(&[&propose[..], &["--text", &"公开内容应写明办理流程和监督电话".repeat(6), "--note", "补充"]].concat())?;
    approve(county)?;
    county.run(&["sync", "now"])?;
    city.run(&["--as", "publisher", "publish", "run"])?;
    Ok(())
}

#[test]
fn every_reading_command_fits_a_terminal_in_chinese_and_in_english() -> Result<()> {
    let place = tempfile::tempdir()?;
    let nodes = three(place.path())?;
    lived_in(&nodes)?;
    let [city, county, town] = &nodes;
    let asked = [city, county, town].into_iter().flat_map(|node| EVERYWHERE.map(|words| (node, words)));
    for (node, words) in asked.chain(AT_THE_TOP.map(|words| (city, words))) {
        for lang in ["zh", "en"] {
            let printed = on_terminal(node, lang, words, Some(COLUMNS))?;
            ensure!(matches!(printed.status, 0 | 1 | 3), "{words:?}: {printed:?}");
            ensure!(printed.status != 1 || words[0] == "doctor", "{words:?}: {printed:?}");
            let wide = printed.out.lines().find(|line| width(line) > COLUMNS);
            ensure!(
                wide.is_none(),
                "{} {words:?} in {lang}: {} columns\n{}",
                node.division,
                width(wide.unwrap()),
                printed.out
            );
        }
    }
    let refused = on_terminal(city, "zh", &["review", "show", "211221101/work-safety"], Some(COLUMNS))?;
    ensure!(refused.status == 1 && refused.err.lines().all(|line| width(line) <= COLUMNS), "{refused:?}");
    Ok(())
}

#[test]
fn off_a_terminal_a_row_is_one_line() -> Result<()> {
    let place = tempfile::tempdir()?;
    let mut city = Node::found(place.path(), gongkai_tests::tree::CITY)?;
    city.start()?;
    let piped = on_terminal(&city, "en", &["domain", "list"], None)?;
    let folded = on_terminal(&city, "en", &["domain", "list"], Some(COLUMNS))?;
    let domains = city.run(&["domain", "list"])?["domains"].as_array().context("domains")?.len();
    let rows = |printed: &Printed| printed.out.lines().skip_while(|line| !line.contains('─')).skip(1).count();
    ensure!(rows(&piped) >= domains && rows(&folded) > rows(&piped), "{domains}: {}", piped.out);
    ensure!(piped.out.lines().any(|line| width(line) > COLUMNS), "{}", piped.out);
    Ok(())
}

/// Sets a title, clears the screen, turns the order of reading, hides, and begins a line of its own.
const HOSTILE: &str = "甲\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\u{202e}乙\u{2066}\u{200b}\u{feff}\u{ad}\u{2028}\nFORGED";

/// Whether a sign steers a terminal, turns or hides; told again here, so that the cleaner is not asked about itself.
fn is_hidden(sign: char) -> bool {
    sign.is_control()
        || matches!(sign, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[test]
fn words_made_to_hurt_steer_nobody_s_terminal_and_stay_what_they_are() -> Result<()> {
    let place = tempfile::tempdir()?;
    let nodes = three(place.path())?;
    let [_, county, town] = &nodes;
    lived_in(&nodes)?;
    // Through every hole by which a clerk's and a reviewer's words come in.
    let shown = town.run(&["catalog", "export", CATALOG, "--format", "json", "--out", &path(&place, "a.json")])?;
    ensure!(shown["bytes"].as_u64().is_some(), "{shown}");
    let quoted = format!("\"{}\"", HOSTILE.replace('"', "\"\""));
    let head =
        "序号,一级事项,二级事项,公开内容(要素),公开依据,公开时限,公开主体,公开渠道和载体,公开对象,公开方式,公开层级";
    let row = format!(
        "1,社会救助,{quoted},{quoted},《社会救助暂行办法》,20个工作日内,新台子镇人民政府,■政府网站,全社会,主动,乡级"
    );
    let book = place.path().join("book.csv");
    fs::write(&book, format!("社会救助领域基层政务公开标准目录\n{head}\n{row}\n"))?;
    let import = ["--as", "clerk", "catalog", "import", book.to_str().context("text")?];
    town.run(&[&import[..], &["--confirm-removals", "--reason", HOSTILE, "--basis", HOSTILE]].concat())?;
    town.try_run(&["--as", "clerk", "catalog", "submit", CATALOG, "--note", HOSTILE])?;
    town.run(&["sync", "now"])?;
    county.try_run(&[
        "--as",
        "reviewer",
        "review",
        "propose",
        CATALOG,
        "--item",
        "1",
        "--element",
        "content",
        "--text",
        HOSTILE,
        "--note",
        HOSTILE,
    ])?;
    county.try_run(&["--as", "reviewer", "review", "return", CATALOG, "--item", "1", "--opinion", HOSTILE])?;
    county.run(&["sync", "now"])?;
    let item: &[&str] = &["catalog", "show", CATALOG, "--item", "1"];
    let diff: &[&str] = &["catalog", "diff", CATALOG];
    for node in &nodes {
        for words in EVERYWHERE.iter().chain(&AT_THE_TOP).chain([&item, &diff]) {
            for columns in [None, Some(COLUMNS)] {
                let printed = on_terminal(node, "zh", words, columns)?;
                let text = format!("{}{}", printed.out, printed.err);
                let odd = text.chars().find(|sign| *sign != '\n' && is_hidden(*sign));
                ensure!(odd.is_none(), "{} {words:?} printed {odd:?}:\n{text:?}", node.division);
                ensure!(!text.lines().any(|line| line.starts_with("FORGED")), "{} {words:?}:\n{text}", node.division);
            }
            // A document has none of them raw, and means the same.
            let printed = node.try_run(words)?;
            ensure!(!printed.out.chars().any(|sign| sign != '\n' && is_hidden(sign)), "{words:?}: {printed:?}");
        }
    }
    let known = county.run(&["catalog", "show", CATALOG])?;
    let name = known["items"][0]["content"].as_str().unwrap_or_default();
    // The reader of workbooks takes out what steers or hides, and names it; the words stay.
    ensure!(name.contains("owned") && !name.chars().any(|sign| sign != '\n' && is_hidden(sign)), "read as {name:?}");
    let piped = on_terminal(county, "zh", &["review", "show", CATALOG, "--all-items"], None)?;
    ensure!(piped.out.contains("<U+202E>"), "{}", piped.out);
    let told = on_terminal(county, "zh", &["catalog", "history", CATALOG], None)?;
    ensure!(told.out.contains("<U+001B>]0;owned"), "a reviewer's words: {}", told.out);
    Ok(())
}

fn path(place: &tempfile::TempDir, name: &str) -> String {
    place.path().join(name).display().to_string()
}
