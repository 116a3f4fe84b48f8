//! Where tables begin and end on a sheet: titles, headers, repeated headers, and what is left over.
//!
//! Invariant: every header belongs to exactly one table; a header repeated without a new title (page break) goes on
//! with the table above. Left out: what the rows say (rows).

use std::collections::{BTreeMap, BTreeSet};

use gongkai_model::{domain::Domain, id::DomainSlug};

use crate::{
    Mapping, Reading, Told,
    account::{Account, range},
    domain_title::{self, Title},
    grid::{CellRemark, Sheet, Visibility, address, letters, position},
    header::{self, Column, Header},
    lost_letter::{self, LOST},
    publisher,
    report::{Diagnostics, Rejected, Table},
    rows::{self, Stretch},
};

/// Reads every table of a sheet; `Err` with the reason where there is none.
pub(crate) fn read(
    sheet: &Sheet,
    file_name: &str,
    reading: &Reading<'_>,
    told: &Told<'_>,
    diagnostics: &mut Diagnostics,
) -> Result<Vec<Table>, Rejected> {
    let publisher = publisher::of(sheet, told);
    let mapping = publisher::mapping_of(told, &publisher);
    let lost = lost_letter::first(sheet);
    let knows_lost = lost.map(|_| reading.vocabulary.also_without(LOST));
    let reading = &Reading { vocabulary: knows_lost.as_ref().unwrap_or(reading.vocabulary), ..*reading };
    let mut own = Diagnostics::default();
    let headers = header::find(sheet, reading, mapping, &mut own);
    let question = Question { file_name, reading, told, mapping, has_lost_letter: lost.is_some() };
    let halves = headers.iter().find(|header| !header.halves.is_empty());
    let tables = match (headers.first(), halves) {
        (None, _) => return Err(reject(sheet)),
        (Some(first), Some(header)) => {
            let head = first.top;
            side_by_side(sheet, &header.halves, head, &question, diagnostics)
        }
        (Some(_), None) => {
            diagnostics.absorb(own);
            of_headers(sheet, headers, &question, diagnostics)
        }
    };
    note_sheet(sheet, diagnostics);
    if let Some((row, column)) = lost {
        let message =
            format!("the letter {LOST} was lost on this page throughout: names, contents and laws lack it too");
        diagnostics.warn("text-damaged", &sheet.name, &address(row, column), &message);
    }
    Ok(tables.into_iter().map(|table| Table { publisher: publisher.clone(), ..table }).collect())
}

/// What a table is read with.
#[derive(Clone, Copy)]
struct Question<'a> {
    file_name: &'a str,
    reading: &'a Reading<'a>,
    told: &'a Told<'a>,
    mapping: &'a Mapping,
    has_lost_letter: bool,
}

impl Question<'_> {
    /// The domain that one of the texts names, also where the page has lost a letter.
    fn domain_of(&self, texts: [&str; 3]) -> Option<&Domain> {
        let lost = || {
            let mended = texts.map(|text| lost_letter::with_letter(text, self.reading.routing));
            self.reading.domain_of(mended.iter().map(String::as_str))
        };
        self.reading.domain_of(texts).or_else(|| lost().filter(|_| self.has_lost_letter))
    }
}

fn of_headers(
    sheet: &Sheet,
    headers: Vec<Header>,
    question: &Question<'_>,
    diagnostics: &mut Diagnostics,
) -> Vec<Table> {
    let mut account = Account::of(sheet);
    let mut groups = group(sheet, question.reading, headers);
    let ends: Vec<u32> = groups.iter().skip(1).map(|next| next.title.first_row).chain([sheet.end_row()]).collect();
    let mut tables = Vec::new();
    for (group, end) in groups.iter_mut().zip(ends) {
        group.tell_elements_apart(sheet, question.reading, end);
        tables.extend(read_one(sheet, question, group, end, (&mut account, diagnostics)));
    }
    account.finish(sheet, diagnostics);
    tables
}

/// Reads the halves of a table that is printed in two columns as one: what stands on the right follows what stands on
/// the left. Halves whose own titles name different domains are tables of their own.
fn side_by_side(
    sheet: &Sheet,
    halves: &[u32],
    head: u32,
    question: &Question<'_>,
    diagnostics: &mut Diagnostics,
) -> Vec<Table> {
    let starts: Vec<u32> = std::iter::once(0).chain(halves.iter().copied()).collect();
    let ends = starts.iter().skip(1).copied().chain([sheet.end_column()]);
    let bounds: Vec<(u32, u32)> = starts.iter().copied().zip(ends).collect();
    let place = address(head, halves.first().copied().unwrap_or(0));
    if have_own_titles(sheet, &bounds, head, question) {
        let message = "tables stand beside each other, each under a title of its own: each is read by itself";
        diagnostics.warn("tables-beside", &sheet.name, &place, message);
        let parts = bounds.iter().map(|bounds| sheet.part(*bounds, sheet.first_row()));
        return parts.flat_map(|part| of_part(&part, question, diagnostics)).collect();
    }
    let mut tables: Vec<Table> = Vec::new();
    for bounds in bounds {
        let part = sheet.part(bounds, head);
        for (index, table) in of_part(&part, question, diagnostics).into_iter().enumerate() {
            match tables.get_mut(index) {
                Some(first) => {
                    first.items += table.items;
                    first.range = joined(&first.range, &table.range);
                    first.elements.extend(table.elements);
                    first.rows.extend(table.rows);
                }
                None => tables.push(table),
            }
        }
    }
    let message = "the table stands in halves beside each other: the right one is read after the left one";
    diagnostics.warn("table-halves", &sheet.name, &place, message);
    tables
}

fn of_part(part: &Sheet, question: &Question<'_>, diagnostics: &mut Diagnostics) -> Vec<Table> {
    let headers = header::find(part, question.reading, question.mapping, diagnostics);
    of_headers(part, headers, question, diagnostics)
}

/// Whether what stands over the halves names more than one domain, each over a half of its own.
fn have_own_titles(sheet: &Sheet, bounds: &[(u32, u32)], head: u32, question: &Question<'_>) -> bool {
    let named = |(from, to): (u32, u32)| {
        let above = (sheet.first_row()..head).flat_map(|row| sheet.own_cells(row));
        let mut own = above.filter(|(column, _)| (from..to).contains(column)).map(|(_, text)| text);
        own.find_map(|text| question.domain_of([text, "", ""])).map(|domain| &domain.slug)
    };
    let domains: BTreeSet<&DomainSlug> = bounds.iter().filter_map(|bounds| named(*bounds)).collect();
    domains.len() > 1
}

/// From the first cell of one range to the last of another.
fn joined(first: &str, second: &str) -> String {
    let (from, bottom) = first.split_once(':').unwrap_or((first, first));
    let (_, to) = second.split_once(':').unwrap_or((second, second));
    let last = [bottom, to].into_iter().filter_map(position).reduce(|a, b| (a.0.max(b.0), a.1.max(b.1)));
    last.map_or_else(|| first.to_owned(), |(row, column)| format!("{from}:{}", address(row, column)))
}

/// Whether the tables of a hidden sheet count beside those that are shown: only what nothing shown speaks of.
pub(crate) fn may_join(sheet: &Sheet, found: &[Table], shown: &[Table]) -> bool {
    let is_new = |table: &Table| table.domain.is_some() && shown.iter().all(|known| known.domain != table.domain);
    let is_hidden_from_all = sheet.visibility == Visibility::VeryHidden;
    shown.is_empty() || (!is_hidden_from_all && found.iter().all(is_new))
}

/// A hidden sheet with a catalog that does not count.
pub(crate) fn left_out(sheet: &Sheet) -> Rejected {
    let message = "the sheet is hidden and holds a catalog: what is shown counts; show the sheet if it is meant";
    Rejected { sheet: sheet.name.clone(), range: used(sheet), code: "sheet-left-out", message: message.to_owned() }
}

fn used(sheet: &Sheet) -> String {
    let last = address(sheet.end_row().saturating_sub(1), sheet.end_column().saturating_sub(1));
    format!("{}:{last}", address(sheet.first_row(), 0))
}

/// The headers of one table and its title.
struct TableHeaders {
    title: Title,
    headers: Vec<Header>,
    /// The first row of each head and of the title repeated over it.
    tops: Vec<u32>,
}

impl TableHeaders {
    /// Where rows of one matter have different modes, each row is an element of its own.
    fn tell_elements_apart(&mut self, sheet: &Sheet, reading: &Reading<'_>, end: u32) {
        let Some(first) = self.headers.first() else { return };
        if rows::have_own_modes(sheet, reading, first, end) {
            self.headers.iter_mut().for_each(|header| header.is_element_model = true);
        }
    }
}

fn group(sheet: &Sheet, reading: &Reading<'_>, headers: Vec<Header>) -> Vec<TableHeaders> {
    let mut groups: Vec<TableHeaders> = Vec::new();
    let mut floor = sheet.first_row();
    for mut header in headers {
        let title = domain_title::find(sheet, reading, &header, floor);
        floor = header.end;
        match groups.last_mut() {
            Some(last) if is_page_break(last, &header, &title) => {
                // What an office added by hand has its head on the first page only.
                if let Some(first) = last.headers.first() {
                    header.columns.clone_from(&first.columns);
                }
                last.headers.push(header);
                last.tops.push(title.first_row);
            }
            _ => {
                let tops = vec![title.first_line];
                groups.push(TableHeaders { title, headers: vec![header], tops });
            }
        }
    }
    groups
}

/// The same columns of the form again, under no title or under the same one.
fn is_page_break(last: &TableHeaders, header: &Header, title: &Title) -> bool {
    let of_form = |header: &Header| -> Vec<(u32, Column)> {
        let columns = header.columns.iter();
        columns.filter(|(_, column)| !matches!(column, Column::Extra(_) | Column::Field(_))).cloned().collect()
    };
    let same_columns = last.headers.first().is_some_and(|first| of_form(first) == of_form(header));
    let own = domain_title::without_continuation;
    same_columns && (title.text.is_empty() || own(&title.text) == own(&last.title.text))
}

fn read_one(
    sheet: &Sheet,
    question: &Question<'_>,
    group: &TableHeaders,
    end: u32,
    (account, diagnostics): (&mut Account, &mut Diagnostics),
) -> Option<Table> {
    let Question { file_name, reading, told, .. } = *question;
    let first = group.headers.first()?;
    take_heads(sheet, group, end, account, diagnostics);
    let stretches: Vec<Stretch<'_>> = group
        .headers
        .iter()
        .enumerate()
        .map(|(index, header)| Stretch {
            header,
            from: header.end,
            to: group.tops.get(index + 1).copied().unwrap_or(end),
        })
        .collect();
    let read = rows::read(sheet, (reading, told, question.mapping), &stretches, (account, diagnostics));
    let printed = question.domain_of([group.title.text.as_str(), &sheet.name, file_name]).or_else(|| {
        // 宣汉 and others name the domain in a column of its own.
        let named = read.rows.iter().flat_map(|row| row.item.extra.iter()).filter(|(key, _)| key.contains("领域"));
        reading.domain_of(named.map(|(_, text)| text.as_str()).take(1))
    });
    let (domain, doubt) = domain_title::settle(printed, told.domain);
    if let Some((code, message)) = doubt {
        diagnostics.warn(code, &sheet.name, &address(group.title.first_row, 0), &message);
    }
    if read.rows.is_empty() {
        diagnostics.warn("table-empty", &sheet.name, &address(first.top, 0), "a header without items");
    }
    let left = first.columns.first().map_or(0, |(column, _)| *column);
    let right = first.columns.last().map_or(0, |(column, _)| *column);
    let range = format!("{}:{}", address(group.title.first_row, left), address(read.last_row, right));
    Some(Table {
        sheet: sheet.name.clone(),
        range,
        title: group.title.text.clone(),
        publisher: String::new(),
        domain,
        items: read.rows.len(),
        columns: columns(first),
        elements: first.columns.iter().map(|(index, column)| (letters(*index), column.element())).collect(),
        rows: read.rows,
    })
}

/// Accounts for the lines above a table, its heads, and hidden columns that were left out.
fn take_heads(sheet: &Sheet, group: &TableHeaders, end: u32, account: &mut Account, diagnostics: &mut Diagnostics) {
    let last = sheet.end_column().saturating_sub(1);
    for (index, header) in group.headers.iter().enumerate() {
        let top = group.tops.get(index).copied().unwrap_or(header.top);
        account.take_rows(top..header.end);
        let place = range((top, 0), (header.end.saturating_sub(1), last));
        diagnostics.head(format!("{}!{place}", sheet.name));
        for column in &header.left_out {
            let next = group.headers.get(index + 1).map_or(end, |next| next.top);
            for row in header.end..next {
                account.take(row, *column);
            }
            let place = range((header.top, *column), (next.saturating_sub(1), *column));
            diagnostics.head(format!("{}!{place}", sheet.name));
        }
    }
}

/// The columns by field; where a group of marks holds one field, its first.
fn columns(header: &Header) -> BTreeMap<&'static str, String> {
    let mut columns = BTreeMap::new();
    for (index, column) in &header.columns {
        for field in column.fields() {
            columns.entry(*field).or_insert_with(|| letters(*index));
        }
    }
    columns
}

/// Facts about the sheet that a person should know.
fn note_sheet(sheet: &Sheet, diagnostics: &mut Diagnostics) {
    if sheet.visibility != Visibility::Shown {
        diagnostics.warn("sheet-hidden", &sheet.name, "", "the sheet is hidden, its catalog is read");
    }
    if sheet.part.has_formula {
        diagnostics.warn("formula-not-run", &sheet.name, "", "formulas are not run: their stored values are read");
    }
    for (row, column) in &sheet.odd_merges {
        let message = "the merge lies over other text: its cells are read one by one";
        diagnostics.warn("merge-over-text", &sheet.name, &address(*row, *column), message);
    }
    for (row, column) in &sheet.wide_merges {
        let message = "the merge covers more cells than are kept: it is ignored";
        diagnostics.warn("merge-ignored", &sheet.name, &address(*row, *column), message);
    }
    for (row, column) in &sheet.error_cells {
        diagnostics.warn("cell-error", &sheet.name, &address(*row, *column), "the cell holds an error value");
    }
    for run in sheet.remarks.chunk_by(is_run) {
        let [first, ..] = run else { continue };
        let last = run.last().unwrap_or(first);
        let cells = range((first.row, first.column), (last.row, last.column));
        let more = match run.len() {
            1 => String::new(),
            cells => format!("; {cells} cells beside each other"),
        };
        diagnostics.warn(first.code, &sheet.name, &cells, &format!("{}{more}", first.message));
    }
}

/// Whether two remarks are about neighbours in a row and say the same kind of thing.
fn is_run(one: &CellRemark, next: &CellRemark) -> bool {
    let is_alike = one.code == next.code && matches!(one.code, "text-struck" | "text-folded");
    is_alike && one.row == next.row && one.column < next.column && next.column - one.column <= RUN_GAP_MAX
}

/// Blank cells that a run of struck-out ones may have between them: a row has marks in half of its columns.
const RUN_GAP_MAX: u32 = 4;

/// Longest cell of a table; the text dump of a whole catalog in one cell is longer.
const DUMP_CHARS_MIN: usize = 400;

fn reject(sheet: &Sheet) -> Rejected {
    let cells = || (sheet.first_row()..sheet.end_row()).flat_map(|row| sheet.own_cells(row));
    let is_dump = cells().any(|(_, text)| text.chars().count() >= DUMP_CHARS_MIN && text.contains("公开"));
    let is_column_list = cells().any(|(_, text)| text.contains("栏目") && text.chars().count() <= 20);
    let (code, message) = if is_column_list {
        ("column-list", "a list of website columns (栏目), not of 公开事项")
    } else if is_dump {
        ("text-dump", "the catalog is running text in one cell: ask for the original table")
    } else {
        ("no-header", "no row has 公开事项 (or 一级/二级事项) beside 公开内容 or 公开主体")
    };
    Rejected { sheet: sheet.name.clone(), range: used(sheet), code, message: message.to_owned() }
}
