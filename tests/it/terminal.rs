//! What people see on a terminal of 80 columns: real answers of a small tree, measured.
//!
//! Invariant: no line of any reading command is wider than the terminal, in either language; off a terminal a row
//! stays one line. COLUMNS stands for the terminal, as in every shell.

use std::process::Command;

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
    let everywhere: [&[&str]; 19] = [
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
    let at_the_top: [&[&str]; 9] = [
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
    let asked = [city, county, town].into_iter().flat_map(|node| everywhere.map(|words| (node, words)));
    for (node, words) in asked.chain(at_the_top.map(|words| (city, words))) {
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
