//! A plain reader of the official layout, apart from the importer, so that the samples are checked by other eyes.
//!
//! Left out on purpose: everything that only awkward workbooks need.

use std::io::Cursor;

use calamine::{Reader as _, Xlsx, open_workbook_from_rs};

/// One table as read: merged areas filled, 同上 resolved.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Read {
    pub(crate) sheet: String,
    pub(crate) title: String,
    pub(crate) items: Vec<Vec<String>>,
    pub(crate) notes: Vec<String>,
    pub(crate) same_as_count: usize,
    pub(crate) merged_level1_count: usize,
}

/// A sheet as a grid from A1 on, merged areas filled with their first cell.
struct Grid {
    name: String,
    rows: Vec<Vec<String>>,
    /// Rows of column B that continue a merged cell.
    merged_level1: Vec<usize>,
}

/// All tables of a workbook.
pub(crate) fn read(bytes: &[u8]) -> Vec<Read> {
    grids(bytes).iter().flat_map(tables).collect()
}

/// All cells of a workbook with their sheet and place.
pub(crate) fn cells(bytes: &[u8]) -> Vec<(String, String)> {
    let mut cells = Vec::new();
    for grid in grids(bytes) {
        for (row, line) in grid.rows.iter().enumerate() {
            for (column, text) in line.iter().enumerate() {
                cells.push((format!("{}!{row},{column}", grid.name), text.clone()));
            }
        }
    }
    cells
}

fn grids(bytes: &[u8]) -> Vec<Grid> {
    let mut book: Xlsx<_> = open_workbook_from_rs(Cursor::new(bytes.to_vec())).unwrap();
    let names = book.sheet_names();
    names.into_iter().map(|name| grid(&mut book, name)).collect()
}

fn grid(book: &mut Xlsx<Cursor<Vec<u8>>>, name: String) -> Grid {
    let range = book.worksheet_range(&name).unwrap();
    let (height, width) = range.end().map_or((0, 0), |(row, column)| (row as usize + 1, column as usize + 1));
    let mut rows = vec![vec![String::new(); width]; height];
    let (top, left) = range.start().unwrap();
    for (row, column, cell) in range.used_cells() {
        rows[row + top as usize][column + left as usize] = cell.to_string();
    }
    let mut merged_level1 = Vec::new();
    for area in book.merge_cells_by_sheet_name(&name).unwrap() {
        let (first, last) = (area.start, area.end);
        let text = rows[first.0 as usize][first.1 as usize].clone();
        for row in first.0..=last.0 {
            for column in first.1..=last.1 {
                rows[row as usize][column as usize].clone_from(&text);
                if column == 1 && row > first.0 {
                    merged_level1.push(row as usize);
                }
            }
        }
    }
    Grid { name, rows, merged_level1 }
}

fn tables(grid: &Grid) -> Vec<Read> {
    let is_header = |row: &usize| grid.rows[*row].first().is_some_and(|cell| cell == "序号");
    let mut tables = Vec::new();
    let mut row = 0;
    while row + 1 < grid.rows.len() {
        if is_header(&row) && is_header(&(row + 1)) {
            let table = table(grid, row);
            row += 2 + table.items.len();
            tables.push(table);
        } else {
            row += 1;
        }
    }
    tables
}

fn table(grid: &Grid, header: usize) -> Read {
    let leaves = &grid.rows[header + 1];
    assert_eq!(leaves[1..3], ["一级事项", "二级事项"], "{}", grid.name);
    assert_eq!(leaves[8..12], ["全社会", "特定群体", "主动", "依申请公开"], "{}", grid.name);
    let mut items: Vec<Vec<String>> = Vec::new();
    let (mut same_as_count, mut merged_level1_count) = (0, 0);
    let body = grid.rows[header + 2..].iter().take_while(|row| row[0].parse::<usize>().is_ok());
    for (index, row) in body.enumerate() {
        let mut row = row.clone();
        for column in 0..row.len() {
            if row[column] == "同上" {
                row[column] = items[index - 1][column].clone();
                same_as_count += 1;
            }
        }
        merged_level1_count += usize::from(grid.merged_level1.contains(&(header + 2 + index)));
        assert_eq!(row[0], (index + 1).to_string());
        items.push(row);
    }
    let after = grid.rows[header + 2 + items.len()..].iter().map(|row| row[0].clone());
    let notes = after.take_while(|text| !text.is_empty()).collect();
    let title = grid.rows[header - 1][0].clone();
    Read { sheet: grid.name.clone(), title, items, notes, same_as_count, merged_level1_count }
}
