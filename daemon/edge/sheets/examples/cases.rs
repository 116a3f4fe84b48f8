//! Reads every small case of a folder and prints what it answers beside what is right: `cases [FOLDER] [LEVEL]`.
//!
//! A folder holds files with `right.json` (by file name), files with `NAME.expected.json` beside them, or a folder for each
//! file with its `expected.json`. Counts and values that can be compared are; all else stands side by side for a person.

#![expect(clippy::print_stdout, reason = "the result is the output")]

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use gongkai_seeds::Seeds;
use gongkai_sheets::{Reading, Report, Row, read};
use serde_json::Value;

/// The project's own cases.
const OWN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/cases");
/// What a workbook or a table of text is called.
const KINDS: [&str; 14] =
    ["xlsx", "xlsm", "xltx", "xls", "csv", "tsv", "et", "wps", "ods", "ots", "fods", "html", "dif", "slk"];
/// Longest text of an element that is shown, in characters.
const SHOWN_CHARS: usize = 48;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let folder = PathBuf::from(args.first().map_or(OWN, String::as_str));
    let told_level = args.get(1).map(String::as_str);
    let seeds = Seeds::builtin();
    let (mut count, mut differing) = (0, Vec::new());
    for file in files(&folder)? {
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let right = right_of(&file, &name)?;
        let own_level = right.pointer("/per_table/0/level").and_then(Value::as_str).unwrap_or("township");
        let reading = Reading {
            vocabulary: &seeds.vocabulary,
            routing: &seeds.routing,
            node_level: told_level.unwrap_or(own_level),
        };
        println!("\n== {name}");
        println!("   right   {}", brief(&right));
        count += 1;
        let differs = match read(&fs::read(&file)?, &name, &reading) {
            Ok(report) => {
                show(&report);
                differences(&report, &right)?
            }
            Err(error) => {
                println!("   refused {} {error}\n           {}", error.code(), error.hint());
                refused_though(&right)
            }
        };
        for difference in &differs {
            println!("   DIFFERS {difference}");
        }
        differing.extend((!differs.is_empty()).then_some(name));
    }
    println!(
        "\n{count} files, {} of them other than what is right where that can be compared {differing:?}",
        differing.len()
    );
    Ok(if differing.is_empty() && count > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The files of a folder and of the folders in it.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(fs::read_dir(&path)?.filter_map(|entry| Some(entry.ok()?.path())));
        } else {
            found.push(path);
        }
    }
    found.retain(|path| path.extension().is_some_and(|kind| KINDS.iter().any(|known| kind == *known)));
    found.sort();
    Ok(found)
}

/// What is right for a file; nothing where nobody wrote it down.
fn right_of(file: &Path, name: &str) -> Result<Value, Box<dyn Error>> {
    let json = |path: PathBuf| -> Result<Option<Value>, Box<dyn Error>> {
        if path.is_file() { Ok(Some(serde_json::from_str(&fs::read_to_string(path)?)?)) } else { Ok(None) }
    };
    if let Some(all) = json(file.with_file_name("right.json"))? {
        return Ok(all.get(name).cloned().unwrap_or_default());
    }
    let own = json(file.with_extension("expected.json"))?;
    Ok(own.or(json(file.with_file_name("expected.json"))?).unwrap_or_default())
}

/// What is right on one line, without what only says where a file comes from.
fn brief(right: &Value) -> String {
    let tables = right.get("per_table").and_then(Value::as_array);
    let spots = tables.map(|tables| tables.iter().map(|table| table["spot_values"].to_string()).collect::<Vec<_>>());
    spots.map_or_else(|| right.to_string(), |spots| format!("{} items, {}", right["items"], spots.join(" ")))
}

fn show(report: &Report) {
    let tables: Vec<String> = report
        .tables
        .iter()
        .map(|table| format!("{} {} {}", table.range, table.domain.as_deref().unwrap_or("no domain"), table.title))
        .collect();
    println!("   answers {} items in {}", report.items, tables.join("; "));
    for row in report.tables.iter().flat_map(|table| &table.rows) {
        println!("           {}", line(row));
    }
    for warning in &report.warnings {
        println!("   warns   {} {} {}", warning.code, warning.cell, one_line(&warning.message));
    }
    for rejected in &report.rejected {
        println!("   rejects {} {} {}", rejected.sheet, rejected.code, rejected.message);
    }
}

/// One item on one line.
fn line(row: &Row) -> String {
    let item = &row.item;
    let names = [&item.level1, &item.level2, &item.level3].map(String::as_str).join("/");
    let set = |values: &std::collections::BTreeSet<String>| values.iter().cloned().collect::<Vec<_>>().join("+");
    let basis: Vec<&str> = item.basis.iter().map(|basis| basis.raw.as_str()).collect();
    let mut parts = vec![
        row.serial.clone(),
        names,
        one_line(&item.content),
        one_line(&basis.join(" ")),
        one_line(&item.time_limit_text),
        item.subject.join("、"),
        format!("{} {}", set(&item.channels), set(&item.channels_other)),
        format!("{} {}", set(&item.audience), item.audience_specific),
        item.disclosure_mode.clone(),
        set(&item.levels),
    ];
    parts.extend(item.extra.iter().map(|(head, text)| format!("{head}={}", one_line(text))));
    parts.extend(row.errors.iter().map(|error| format!("error: {error}")));
    parts.join(" | ")
}

fn one_line(text: &str) -> String {
    let whole = text.replace('\n', "⏎");
    let cut: String = whole.chars().take(SHOWN_CHARS).collect();
    if cut.len() < whole.len() { cut + "…" } else { cut }
}

/// Where a report is other than what is right, as far as that is a count or a value.
fn differences(report: &Report, right: &Value) -> Result<Vec<String>, Box<dyn Error>> {
    let mut found = Vec::new();
    let mut compare = |what: &str, is: &Value, should: &Value| {
        if is != should {
            found.push(format!("{what}: {is}, right is {should}"));
        }
    };
    if let Some(count) = right.get("items").filter(|count| count.is_u64()) {
        compare("items", &Value::from(report.items), count);
    }
    let json = serde_json::to_value(report)?;
    let all = || json["tables"].as_array().into_iter().flatten().flat_map(|table| table["rows"].as_array()).flatten();
    for (serial, fields) in right["rows"].as_object().into_iter().flatten() {
        let row = all().find(|row| row["serial"] == serial.as_str()).cloned().unwrap_or_default();
        for (field, should) in fields.as_object().into_iter().flatten() {
            compare(&format!("{serial} {field}"), &row[field], should);
        }
    }
    for (index, table) in right["per_table"].as_array().into_iter().flatten().enumerate() {
        let is = &json["tables"][index];
        for field in ["domain", "items", "title"] {
            compare(field, &is[field], &table[field]);
        }
        let first = table["first_item_index_in_file"].as_u64().unwrap_or(1);
        for spot in table["spot_values"].as_array().into_iter().flatten() {
            let place = spot["item_in_file"].as_u64().unwrap_or(1).saturating_sub(first);
            let row = &is["rows"][usize::try_from(place)?];
            let field = spot["field"].as_str().unwrap_or_default();
            compare(field, &value(is, row, field, &spot["value"]), &spot["value"]);
        }
    }
    Ok(found)
}

/// A value by the names that such files use for it.
fn value(table: &Value, row: &Value, field: &str, right: &Value) -> Value {
    match field {
        "domain" => table["domain"].clone(),
        "subject" => row["subject"][0].clone(),
        "time_limit_days" => row["time_limit"][0]["number"].clone(),
        "time_limit_kind" => row["time_limit"][0]["kind"].clone(),
        "basis_contains" => {
            let is_in = right.as_str().is_some_and(|text| row["basis"].to_string().contains(text));
            if is_in { right.clone() } else { row["basis"].clone() }
        }
        field => row[field].clone(),
    }
}

/// A file that should have been read.
fn refused_though(right: &Value) -> Vec<String> {
    let is_read = right.get("items").is_some_and(Value::is_u64) || right["expect"] == "import";
    if is_read { vec!["the file is refused, right is that it is read".to_owned()] } else { Vec::new() }
}
