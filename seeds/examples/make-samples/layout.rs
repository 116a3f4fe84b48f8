//! The official 14-column layout: headers, widths and what a cell of an item says.
//!
//! Invariant: labels come from the vocabularies and document numbers from the law titles; no text is made up here.

use gongkai_seeds::Seeds;

use crate::{Failure, source::Row};

/// Leaf columns of the official layout.
pub(crate) const COLUMNS: u16 = 14;
/// Cells of the first header row: first column, last column, text.
pub(crate) const HEADER_GROUPS: [(u16, u16, &str); 10] = [
    (0, 0, "序号"),
    (1, 2, "公开事项"),
    (3, 3, "公开内容(要素)"),
    (4, 4, "公开依据"),
    (5, 5, "公开时限"),
    (6, 6, "公开主体"),
    (7, 7, "公开渠道和载体"),
    (8, 9, "公开对象"),
    (10, 11, "公开方式"),
    (12, 13, "公开层级"),
];
/// Column widths in characters, wide enough to read the printed sheet.
pub(crate) const WIDTHS: [f64; 14] = [5.0, 12.0, 16.0, 36.0, 34.0, 18.0, 16.0, 34.0, 7.0, 12.0, 6.0, 8.0, 8.0, 8.0];
/// Official pairs of channels, one line each.
const CHANNEL_LINES: [&[&str]; 7] = [
    &["gov-website", "gov-gazette"],
    &["two-weis-one-app", "press-hearing"],
    &["broadcast-tv", "print-media"],
    &["reading-point", "service-hall"],
    &["convenience-station", "on-site"],
    &["notice-board"],
    &["targeted-push", "other"],
];

/// Leaf headers of the second header row, by column.
pub(crate) fn leaf_headers(level_columns: &[String; 2]) -> [(u16, &str); 8] {
    let [first, second] = level_columns;
    [
        (1, "一级事项"),
        (2, "二级事项"),
        (8, "全社会"),
        (9, "特定群体"),
        (10, "主动"),
        (11, "依申请公开"),
        (12, first),
        (13, second),
    ]
}

/// The column that a source's `merge_down` or `write_same_as` means.
pub(crate) fn column_of(name: &str) -> Result<u16, Failure> {
    match name {
        "basis" => Ok(4),
        "time_limit" => Ok(5),
        "subject" => Ok(6),
        "channels" => Ok(7),
        _ => Err(format!("`{name}` is no column that can be merged or say 同上").into()),
    }
}

/// The 14 cells of an item, in full.
pub(crate) fn cells(
    seeds: &Seeds,
    serial: usize,
    row: &Row,
    level_columns: &[String; 2],
) -> Result<[String; 14], Failure> {
    let tick = |is_set: bool| if is_set { "√".to_owned() } else { String::new() };
    let content: Vec<String> = row.content.iter().enumerate().map(|(n, line)| format!("{}.{line}", n + 1)).collect();
    let [first, second] = level_columns;
    Ok([
        serial.to_string(),
        row.level1.clone(),
        row.level2.clone(),
        if content.len() == 1 { row.content[0].clone() } else { content.join("\n") },
        basis(seeds, row)?,
        row.time_limit.clone(),
        row.subject.clone(),
        channels(seeds, row)?,
        tick(row.is_public),
        row.specific.clone(),
        tick(row.mode == "proactive"),
        tick(row.mode == "on-request"),
        tick(row.levels.contains(first)),
        tick(row.levels.contains(second)),
    ])
}

/// `《title》(number)article`, joined by 、.
fn basis(seeds: &Seeds, row: &Row) -> Result<String, Failure> {
    let one = |entry: &String| -> Result<String, Failure> {
        let (title, article) = entry.rsplit_once(' ').unwrap_or((entry, ""));
        let law = seeds.laws.find(title).ok_or_else(|| format!("`{title}` is no known law title"))?;
        let number = if law.doc_no.is_empty() { String::new() } else { format!("({})", law.doc_no) };
        Ok(format!("《{title}》{number}{article}"))
    };
    Ok(row.basis.iter().map(one).collect::<Result<Vec<_>, _>>()?.join("、"))
}

fn channels(seeds: &Seeds, row: &Row) -> Result<String, Failure> {
    let terms = &seeds.vocabulary.channels;
    if let Some(unknown) = row.channels.iter().find(|slug| terms.get(slug).is_none()) {
        return Err(format!("`{unknown}` is no channel").into());
    }
    let one = |slug: &&str| {
        let is_ticked = row.channels.iter().any(|ticked| ticked == slug);
        let text = match (*slug, is_ticked) {
            ("other", true) => format!(":{}", row.channels_other),
            ("other", false) => "___".to_owned(),
            _ => String::new(),
        };
        format!("{}{}{text}", if is_ticked { "■" } else { "□" }, terms.label(slug))
    };
    Ok(CHANNEL_LINES.map(|line| line.iter().map(one).collect::<Vec<_>>().join(" ")).join("\n"))
}
