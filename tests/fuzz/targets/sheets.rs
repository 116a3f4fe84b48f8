//! Any bytes as a workbook: reading ends with a report or a coded error, and what was read can be checked, written, and
//! written with its findings beside it.
//!
//! Invariant: a panic that reaches the caller is a crash; one that the reader catches inside (of the library that
//! reads cells) is printed once by its place and counted as handled. Zips are taken apart, one part is changed and
//! they are put together again, so that changes reach the parts and not only the checksums.

#![no_main]

use std::{
    collections::BTreeSet,
    io::{Cursor, Read as _, Write as _},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{LazyLock, Mutex, Once},
};

use gongkai_model::check::{Entry, Facts, check};
use gongkai_seeds::Seeds;
use gongkai_sheets::{
    CatalogSheet, REMARK_WORDS_ZH, Reading, Remark, Report, SheetRow, TextForm, Weight, printed_cells, read, write,
    write_csv, write_remarks,
};
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use zip::{CompressionMethod, ZipArchive, ZipWriter, write::SimpleFileOptions};

static SEEDS: LazyLock<Seeds> = LazyLock::new(Seeds::builtin);
/// Places of panics that the reader caught.
static CAUGHT: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
/// Largest part that is changed; the parts of the kept corpus have up to 30 KB.
const PART_BYTES_MAX: usize = 64 << 10;
/// Every so often the bytes of the container itself are changed.
const RAW_ONE_IN: u32 = 16;

/// Replaces libFuzzer's hook, which ends the process at panics that are caught as well.
fn watch() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|panic| {
            let place = panic.location().map(ToString::to_string).unwrap_or_default();
            let is_new = CAUGHT.lock().map(|mut caught| caught.insert(place.clone())).unwrap_or(false);
            if is_new {
                eprintln!("panicked at {place}: {panic}");
            }
        }));
    });
}

fuzz_target!(|data: &[u8]| {
    watch();
    let level = if data.len() % 2 == 0 { "county" } else { "" };
    let reading = Reading { vocabulary: &SEEDS.vocabulary, routing: &SEEDS.routing, node_level: level };
    if catch_unwind(AssertUnwindSafe(|| run(data, &reading))).is_err() {
        eprintln!("the panic reached the caller");
        std::process::abort();
    }
});

fn run(data: &[u8], reading: &Reading<'_>) {
    match read(data, "某县-社会救助.xlsx", reading) {
        Err(error) => assert!(error.code().starts_with("GK-SHEET-") && !error.hint().is_empty()),
        Ok(report) => {
            assert_eq!(report.items, report.tables.iter().map(|table| table.rows.len()).sum::<usize>());
            let unread = unaccounted(data, &report);
            assert!(unread.is_empty(), "cells that nothing accounts for: {unread:?}");
            let remark = |warning: &gongkai_sheets::Warning| {
                let (place, rule, text) = (warning.cell.clone(), warning.code.to_owned(), warning.message.clone());
                Remark { place, weight: Weight::Warning, rule, text }
            };
            let remarks: Vec<Remark> = report.warnings.iter().map(remark).collect();
            // A sheet of the program that wrote it may be larger than the format lets us write.
            let _ = write_remarks(data, TextForm::default(), &remarks, &REMARK_WORDS_ZH);
            for table in report.tables.iter().take(2) {
                let entry = |row| {
                    let row: &gongkai_sheets::Row = row;
                    Entry { id: "a", serial: &row.serial, item: &row.item, kept: None, digest: None }
                };
                let entries: Vec<Entry<'_>> = table.rows.iter().map(entry).collect();
                let known = |basis: &gongkai_model::item::Basis| SEEDS.laws.state(&basis.title);
                let _ = check(&entries, &Facts { laws: Some(&known), standard: None });
                let rows = table.rows.iter().map(|row| SheetRow { serial: &row.serial, item: &row.item }).collect();
                let sheet = CatalogSheet { name: &table.sheet, title: &table.title, rows };
                let _ = write(std::slice::from_ref(&sheet), reading);
                if let Ok(text) = write_csv(&sheet, reading) {
                    // Items made of header words may read back as a header: only the reading itself is held.
                    let _ = read(&text, "某县-社会救助.csv", reading);
                }
            }
        }
    }
}

/// Cells with text that are in no item, in no title or head, and in no warning that names them. Documents without cells
/// have none.
fn unaccounted(data: &[u8], report: &Report) -> Vec<String> {
    let Ok(cells) = printed_cells(data, TextForm::default()) else { return Vec::new() };
    let own: BTreeSet<(&str, String)> = report
        .tables
        .iter()
        .flat_map(|table| &table.rows)
        .flat_map(|row| row.source.cells.iter().map(|cell| (row.source.sheet.as_str(), cell.address())))
        .collect();
    let rejected: Vec<String> = report.rejected.iter().map(|one| format!("{}!{}", one.sheet, one.range)).collect();
    let places = report.warnings.iter().map(|warning| &warning.cell).chain(&report.heads).chain(&rejected);
    let areas: Vec<_> = places.filter_map(|place| area(place)).collect();
    let is_named = |sheet: &str, address: &str| {
        own.contains(&(sheet, address.to_owned()))
            || cell(address).is_some_and(|(row, column)| {
                areas.iter().any(|(name, (top, left), (bottom, right))| {
                    *name == sheet && (*top..=*bottom).contains(&row) && (*left..=*right).contains(&column)
                })
            })
    };
    let unread = cells.iter().filter(|cell| !is_named(&cell.sheet, &cell.address));
    unread.map(|cell| format!("{}!{}", cell.sheet, cell.address)).collect()
}

/// `sheet!A1:N3` as the sheet and its corners.
fn area(place: &str) -> Option<(&str, (u32, u32), (u32, u32))> {
    let (sheet, cells) = place.rsplit_once('!')?;
    let (from, to) = cells.split_once(':').unwrap_or((cells, cells));
    Some((sheet, cell(from)?, cell(to)?))
}

/// `B4` as (4, 2).
fn cell(address: &str) -> Option<(u32, u32)> {
    let digits = address.trim_start_matches(|c: char| c.is_ascii_uppercase());
    let letters = &address[..address.len() - digits.len()];
    let column = letters
        .bytes()
        .try_fold(0_u32, |sum, letter| sum.checked_mul(26)?.checked_add(u32::from(letter - b'A') + 1))?;
    Some((digits.parse().ok()?, column))
}

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let whole = |data: &mut [u8]| fuzzer_mutate(data, size, max_size);
    if seed % RAW_ONE_IN == 0 {
        return whole(data);
    }
    let Some(changed) = change_part(&data[..size], seed / RAW_ONE_IN) else { return whole(data) };
    if changed.len() > max_size {
        return whole(data);
    }
    data[..changed.len()].copy_from_slice(&changed);
    changed.len()
});

/// The same zip with one part changed; none where it is no zip or no part fits.
fn change_part(data: &[u8], seed: u32) -> Option<Vec<u8>> {
    let mut zip = ZipArchive::new(Cursor::new(data)).ok()?;
    let mut parts = Vec::new();
    for index in 0..zip.len().min(64) {
        let file = zip.by_index(index).ok()?;
        let name = file.name().ok()?.into_owned();
        let mut content = Vec::new();
        file.take(PART_BYTES_MAX as u64).read_to_end(&mut content).ok()?;
        parts.push((name, content));
    }
    // Sheets and texts three times as often as the rest.
    let is_main = |name: &str| name.contains("worksheets/sheet") || name.contains("sharedStrings");
    let main: Vec<usize> = (0..parts.len()).filter(|index| is_main(&parts[*index].0)).collect();
    let chosen = match (seed % 4, main.len()) {
        (1.., 1..) => main[seed as usize / 4 % main.len()],
        _ => (seed as usize / 4).checked_rem(parts.len())?,
    };
    let mut content = std::mem::take(&mut parts[chosen].1);
    let len = content.len();
    content.resize(PART_BYTES_MAX, 0);
    let len = fuzzer_mutate(&mut content, len, PART_BYTES_MAX);
    content.truncate(len);
    parts[chosen].1 = content;
    let options =
        SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).compression_level(Some(1));
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in &parts {
        writer.start_file(name.as_str(), options).ok()?;
        writer.write_all(content).ok()?;
    }
    Some(writer.finish().ok()?.into_inner())
}
