//! How long reading a large workbook takes beside the library that reads its cells, in the same run.
//!
//! Invariant: both read the same bytes in turns, so that a busy machine slows both; the fastest turns are compared, since
//! whatever else the machine does only ever adds time. The texts differ from row to row as in real catalogs, since
//! equal cells are parsed once. What was made is dropped outside the time. Left out: matching and storing.

#![expect(clippy::print_stdout, reason = "the result is the output")]

use std::{
    env,
    error::Error,
    io::Cursor,
    time::{Duration, Instant},
};

use calamine::{Data, Range, Reader as _, Xlsx, XlsxError};
use gongkai_model::item::{Item, parse_basis};
use gongkai_seeds::Seeds;
use gongkai_sheets::{CatalogSheet, Reading, SheetRow, read, write};

const ITEMS: usize = 10_000;
/// Turns: enough that each of the two meets a quiet moment.
const TURNS: usize = 15;
/// What the import should not exceed, as a multiple of the cell reader alone.
const AIM: f64 = 3.0;

fn main() -> Result<(), Box<dyn Error>> {
    let items = wanted_items()?;
    let seeds = Seeds::builtin();
    let reading = Reading { vocabulary: &seeds.vocabulary, routing: &seeds.routing, node_level: "county" };
    let bytes = workbook(items, &seeds, &reading)?;
    let (mut own, mut alone) = (Duration::MAX, Duration::MAX);
    for _ in 0..TURNS {
        let (report, took) = timed(|| read(&bytes, "社会救助.xlsx", &reading));
        assert_eq!(report?.items, items, "every row is an item");
        own = own.min(took);
        let (ranges, took) = timed(|| cells_alone(&bytes));
        assert!(
            ranges?.iter().map(|range| range.used_cells().count()).sum::<usize>() > items * 10,
            "every cell is read"
        );
        alone = alone.min(took);
    }
    let (value, limit) = (own.as_secs_f64() * 1000.0, alone.as_secs_f64() * 1000.0);
    println!(
        r#"{{"bench":"import","items":{items},"value":{value:.1},"unit":"ms","limit":{limit:.1},"limit_what":"calamine alone","ratio":{:.2},"aim":{AIM},"bytes":{},"turns":{TURNS}}}"#,
        value / limit,
        bytes.len(),
    );
    Ok(())
}

/// `--items N`; what the bench runner adds for itself is left alone.
fn wanted_items() -> Result<usize, Box<dyn Error>> {
    let args: Vec<String> = env::args().collect();
    let place = args.iter().position(|arg| arg == "--items");
    Ok(place.map_or(Ok(ITEMS), |place| args.get(place + 1).map_or("", String::as_str).parse())?)
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let made = work();
    (made, start.elapsed())
}

/// The cell reader's own way to a sheet: every cell as a value of its own.
fn cells_alone(bytes: &[u8]) -> Result<Vec<Range<Data>>, XlsxError> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes))?;
    book.sheet_names().iter().map(|name| book.worksheet_range(name)).collect()
}

/// A catalog in the official layout whose items differ as those of a county do.
fn workbook(count: usize, seeds: &Seeds, reading: &Reading<'_>) -> Result<Vec<u8>, Box<dyn Error>> {
    let channels: Vec<&str> = seeds.vocabulary.channels.iter().map(|term| term.slug.as_str()).collect();
    let laws: Vec<&str> = seeds.laws.iter().map(|law| law.title.as_str()).collect();
    let items: Vec<Item> = (0..count).map(|n| item(n, &channels, &laws)).collect();
    let rows = items.iter().map(|item| SheetRow { serial: "", item }).collect();
    let sheet = CatalogSheet { name: "社会救助", title: "社会救助领域基层政务公开标准目录", rows };
    Ok(write(&[sheet], reading)?)
}

fn item(n: usize, channels: &[&str], laws: &[&str]) -> Item {
    let pick =
        |words: &[&str], step: usize| words.get(n * step % words.len().max(1)).copied().unwrap_or_default().to_owned();
    let basis = format!("《{}》第{}条\n《{}》", pick(laws, 7), n % 60 + 1, pick(laws, 13));
    let is_used = |place: usize| ((n * 31) >> (place % 7)) & 1 == 1;
    let used = channels.iter().enumerate().filter(|(place, _)| is_used(*place)).map(|(_, slug)| (*slug).to_owned());
    let set = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
    Item {
        level1: format!("业务{}", n / 12),
        level2: format!("事项{n}办理结果"),
        content: format!("1.事项{n}的申请条件、办理流程\n2.第{n}号文件及其解读\n3.咨询地点和投诉渠道"),
        basis: parse_basis(&basis),
        time_limit_text: format!("信息形成或者变更之日起{}个工作日内", n % 20 + 1),
        subject: vec![format!("某县第{}局", n % 40)],
        channels: used.collect(),
        audience: set(if n.is_multiple_of(9) { &["specific"] } else { &["public"] }),
        audience_specific: if n.is_multiple_of(9) { "申请人".to_owned() } else { String::new() },
        disclosure_mode: if n.is_multiple_of(5) { "on-request" } else { "proactive" }.to_owned(),
        levels: set(&["county"]),
        ..Item::default()
    }
}
