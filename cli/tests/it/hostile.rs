//! Every command, against a node whose every text is made to hurt: nothing of it steers a terminal, forges a line or
//! hides, and JSON keeps the value.
//!
//! Invariant: the commands are read from the program's own help, so that a new one is tried, too; one whose arguments
//! cannot be filled shows nothing, fails here and wants a sample ([`VALUES`]).

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use gongkai_model::visible::is_hidden;

use crate::liar::{FORGED, HOSTILE, Manner, serve};

/// Samples of values, by what stands for them in a usage line; `%` is a file that is there. What is not listed is `x1`.
const VALUES: [(&str, &str); 30] = [
    ("ADDR", "127.0.0.1:7443"),
    ("CATALOG", "211221/work-safety"),
    ("CODE", "211221"),
    ("CODE|THING", "211221/work-safety"),
    ("COUNT", "3"),
    ("DATE", "2020-01-01"),
    ("DAY", "2020-01-01"),
    ("DAYS", "3"),
    ("DECISION", "approve"),
    ("DEPARTMENT", "dept-education"),
    ("DIR", "."),
    ("DIRECTORY", "."),
    ("DIVISION", "211221"),
    ("EDITION", "3"),
    ("FILE", "%"),
    ("FILES", "%"),
    ("FORMAT", "csv"),
    ("FROM", "2020-01-01"),
    ("HEX", "aa"),
    ("HOURS", "3"),
    ("KIND", "guideline"),
    ("LIMIT", "3"),
    ("NUMBER", "3"),
    ("PLACE", "1.2"),
    ("ROWS", "3"),
    ("SECONDS", "3"),
    ("SHELL", "bash"),
    ("SLUG", "work-safety"),
    ("TO", "3"),
    ("VERDICT", "approve"),
];

/// Commands that have no word of a node, a file or another program to show.
const OWN_WORDS: [&str; 4] = ["completions", "help", "version", "operator request"];
/// Starts seven daemons: what it shows, it shows through the same pages.
const APART: [&str; 1] = ["demo"];

/// One command as its help describes it.
#[derive(Debug)]
struct Leaf {
    path: Vec<String>,
    /// What must be given: options with their value's word, positions.
    required: Vec<(Option<String>, Option<String>)>,
    /// What may be given.
    optional: Vec<(Option<String>, Option<String>)>,
}

/// The folder in which the commands run, with a file whose name is as bad as its content.
struct Stage {
    folder: tempfile::TempDir,
    file: PathBuf,
}

impl Stage {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("甲\u{1b}[2J\u{202e}乙.csv");
        fs::write(&file, format!("序号,公开事项,公开内容,公开主体\n1,{},x,y\n", HOSTILE.replace('\n', " ")))
            .expect("a file");
        // The daemon's program, which `node init`, `join` and `restore` run.
        let program = folder.path().join("gongkaid");
        let answer = ["division", "name", "parent", "listen", "ca_fingerprint", "from", "to", "id", "key_id", "number"]
            .map(|name| (name.to_owned(), HOSTILE.into()))
            .into_iter()
            .collect::<serde_json::Map<_, _>>();
        let answer = serde_json::Value::Object(answer).to_string().replace('\'', "");
        fs::write(&program, format!("#!/bin/sh\ncat <<'END'\n{answer}\nEND\n")).expect("a program");
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        fs::set_permissions(&program, mode).expect("a program");
        Self { folder, file }
    }

    fn run(&self, data: &Path, words: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gongkai"));
        for name in ["GONGKAI_OPERATOR", "GONGKAI_PROFILE", "LC_ALL", "LC_MESSAGES", "COLUMNS"] {
            command.env_remove(name);
        }
        command.env("LANG", "C").env("GONGKAI_DATA", data).env("GONGKAID", self.folder.path().join("gongkaid"));
        command.args(words).current_dir(self.folder.path()).stdin(Stdio::null());
        let output = command.output().expect("the program started");
        (
            output.status.code().unwrap_or(-1),
            String::from_utf8(output.stdout).expect("text"),
            String::from_utf8(output.stderr).expect("text"),
        )
    }

    fn value(&self, word: &str) -> String {
        match VALUES.iter().find(|(name, _)| *name == word).map_or("x1", |(_, sample)| sample) {
            "%" => self.file.display().to_string(),
            sample => sample.to_owned(),
        }
    }

    fn words(&self, leaf: &Leaf, extra: Option<&(Option<String>, Option<String>)>) -> Vec<String> {
        let mut words = leaf.path.clone();
        for (option, value) in leaf.required.iter().chain(extra) {
            words.extend(option.clone());
            words.extend(value.as_ref().map(|word| self.value(word)));
        }
        words
    }
}

/// The commands below a path, from its help.
fn walk(stage: &Stage, path: &[String], leaves: &mut Vec<Leaf>) {
    let mut words: Vec<&str> = path.iter().map(String::as_str).collect();
    words.push("--help");
    let (status, help, _) = stage.run(stage.folder.path(), &words);
    assert_eq!(status, 0, "{path:?}");
    let section =
        |name: &'static str| help.lines().skip_while(move |line| *line != name).skip(1).take_while(|l| !l.is_empty());
    let below: Vec<String> = section("Commands:")
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect();
    if below.is_empty() {
        leaves.push(leaf(path, &help));
    }
    for name in below {
        walk(stage, &[path, &[name]].concat(), leaves);
    }
}

fn leaf(path: &[String], help: &str) -> Leaf {
    let usage = help.lines().find_map(|line| line.strip_prefix("Usage: gongkai ")).expect("a usage line");
    let mut rest = usage.split_whitespace().skip(path.len()).peekable();
    let (mut required, mut optional) = (Vec::new(), Vec::new());
    let bare = |word: &str| word.trim_matches(|sign| "<>[].".contains(sign)).to_owned();
    while let Some(word) = rest.next() {
        if let Some(group) = word.strip_prefix('<').filter(|word| word.contains("--") || word.contains('|')) {
            // One of several: the first of them.
            let first = group.split(['|', '>']).next().unwrap_or_default();
            if first.starts_with("--") {
                let value = rest
                    .peek()
                    .filter(|word| word.starts_with('<'))
                    .map(|word| bare(word.split('|').next().unwrap_or_default()));
                required.push((Some(first.to_owned()), value));
                while rest.peek().is_some_and(|word| !word.ends_with('>') && !word.starts_with("--")) {
                    rest.next();
                }
                rest.next();
            } else {
                required.push((None, Some(bare(first))));
            }
        } else if word.starts_with("--") {
            required.push((Some(word.to_owned()), rest.next().map(bare)));
        } else if word.starts_with('<') {
            required.push((None, Some(bare(word))));
        } else if word.starts_with('[') && word != "[OPTIONS]" {
            optional.push((None, Some(bare(word))));
        }
    }
    for line in help.lines().map(str::trim_start) {
        let option = line.find("--").map(|at| &line[at..]).filter(|_| line.starts_with('-'));
        let Some(option) = option else { continue };
        let mut parts = option.split_whitespace();
        let name = parts.next().unwrap_or_default().to_owned();
        let value = parts.next().filter(|word| word.starts_with('<') && word.ends_with('>')).map(bare);
        let is_global =
            GLOBAL.contains(&name.as_str()) || required.iter().any(|(known, _)| known.as_deref() == Some(&name));
        if !is_global {
            optional.push((Some(name), value));
        }
    }
    Leaf { path: path.to_vec(), required, optional }
}

/// What every command has: tried apart from the rest.
const GLOBAL: [&str; 12] = [
    "--data",
    "--output",
    "--lang",
    "--as",
    "--quiet",
    "--profile",
    "--remote",
    "--cert",
    "--key",
    "--ca",
    "--help",
    "--version",
];

fn require_harmless(words: &[String], printed: &(i32, String, String)) {
    let (status, out, err) = printed;
    for text in [out, err] {
        let odd = text.chars().find(|sign| !matches!(sign, '\n' | '\t') && is_hidden(*sign));
        assert!(odd.is_none(), "`gongkai {}` ({status}) printed {odd:?} as it came:\n{text:?}", words.join(" "));
        let forged = text.lines().find(|line| line.starts_with(FORGED));
        assert!(forged.is_none(), "`gongkai {}` let a foreign text begin a line:\n{text}", words.join(" "));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_command_lets_a_foreign_text_steer_the_terminal() {
    let stage = Stage::new();
    let [answering, refusing] = ["answers", "refuses"].map(|name| stage.folder.path().join(name));
    for folder in [&answering, &refusing] {
        fs::create_dir(folder).expect("a folder");
    }
    let nodes = [serve(&answering, Manner::Answers), serve(&refusing, Manner::Refuses)];
    let tried = tokio::task::spawn_blocking(move || {
        let mut leaves = Vec::new();
        walk(&stage, &[], &mut leaves);
        assert!(leaves.len() > 80, "only {} commands were found: the search is broken", leaves.len());
        let name = |leaf: &Leaf| leaf.path.join(" ");
        let told: Vec<&Leaf> = leaves.iter().filter(|leaf| !APART.contains(&name(leaf).as_str())).collect();
        let silent: Vec<String> =
            told.into_iter().filter(|leaf| !tried(&stage, leaf, &answering, &refusing)).map(name).collect();
        // A usage that is not met shows nothing foreign, and proves nothing.
        let silent: Vec<&String> = silent.iter().filter(|name| !OWN_WORDS.contains(&name.as_str())).collect();
        assert!(silent.is_empty(), "these showed nothing foreign; give their arguments samples in VALUES: {silent:#?}");
    });
    tried.await.expect("the commands were tried");
    nodes.iter().for_each(tokio::task::JoinHandle::abort);
}

/// Tries a command in both languages, with each of its options, refused, and as JSON; whether it showed the node's text.
fn tried(stage: &Stage, leaf: &Leaf, answering: &Path, refusing: &Path) -> bool {
    let run = |data: &Path, global: &[&str], extra: Option<&(Option<String>, Option<String>)>| {
        let words = stage.words(leaf, extra);
        let mut all = global.to_vec();
        all.extend(words.iter().map(String::as_str));
        let printed = stage.run(data, &all);
        require_harmless(&words, &printed);
        printed
    };
    let mut shows = false;
    let mut note = |printed: (i32, String, String)| shows |= (printed.1 + &printed.2).contains("<U+202E>");
    note(run(answering, &["--lang", "en"], None));
    note(run(answering, &["--lang", "zh"], None));
    note(run(refusing, &["--lang", "zh"], None));
    for option in &leaf.optional {
        note(run(answering, &["--lang", "en"], Some(option)));
    }
    for data in [answering, refusing] {
        let (status, out, _) = run(data, &["--output", "json"], None);
        for document in out.lines().filter(|line| !line.is_empty()).take(1) {
            let whole = serde_json::from_str::<serde_json::Value>(&out).or_else(|_| serde_json::from_str(document));
            let value = whole
                .unwrap_or_else(|error| unreachable!("`gongkai {}` ({status}): {error}\n{out}", leaf.path.join(" ")));
            let holds = |text: &str| serde_json::to_string(&value).is_ok_and(|shown| shown.contains(text));
            let is_foreign = holds("owned");
            let kept = serde_json::to_string(HOSTILE).expect("a text");
            assert!(
                !is_foreign || holds(kept.trim_matches('"')),
                "JSON changed a text of `gongkai {}`",
                leaf.path.join(" ")
            );
        }
    }
    shows
}
