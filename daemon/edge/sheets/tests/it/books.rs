//! Workbooks for tests: grids of text with merges, in the official layout or any other.

use std::sync::LazyLock;

use gongkai_seeds::Seeds;
use gongkai_sheets::{Error, Reading, Report, Row};
use rust_xlsxwriter::{Format, Workbook};

pub(crate) static SEEDS: LazyLock<Seeds> = LazyLock::new(Seeds::builtin);

pub(crate) fn reading(level: &'static str) -> Reading<'static> {
    Reading { vocabulary: &SEEDS.vocabulary, routing: &SEEDS.routing, node_level: level }
}

/// The columns of the official form.
pub(crate) const GROUPS: [&str; 14] = [
    "序号",
    "公开事项",
    "",
    "公开内容(要素)",
    "公开依据",
    "公开时限",
    "公开主体",
    "公开渠道和载体",
    "公开对象",
    "",
    "公开方式",
    "",
    "公开层级",
    "",
];
pub(crate) const LEAVES: [&str; 14] =
    ["", "一级事项", "二级事项", "", "", "", "", "", "全社会", "特定群体", "主动", "依申请公开", "县级", "乡级"];
/// Merges of the two header rows when they stand in rows 2 and 3.
const HEADER_MERGES: [&str; 11] =
    ["A2:A3", "B2:C2", "D2:D3", "E2:E3", "F2:F3", "G2:G3", "H2:H3", "I2:J2", "K2:L2", "M2:N2", "A1:N1"];
pub(crate) const TITLE: &str = "社会救助领域基层政务公开标准目录";

/// A complete item; tests change single cells of it.
pub(crate) const ITEM: [&str; 14] = [
    "1",
    "综合业务",
    "政策法规",
    "有关法律",
    "《社会救助暂行办法》",
    "及时公开",
    "铁岭县民政局",
    "■政府网站 □政府公报",
    "√",
    "",
    "√",
    "",
    "√",
    "",
];

/// The complete item with some cells changed.
pub(crate) fn item(changes: &[(usize, &'static str)]) -> Vec<String> {
    let mut cells: Vec<String> = ITEM.iter().map(|text| (*text).to_owned()).collect();
    for (column, text) in changes {
        cells[*column] = (*text).to_owned();
    }
    cells
}

pub(crate) fn texts(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|text| (*text).to_owned()).collect()
}

/// One sheet to write.
pub(crate) struct Page {
    pub(crate) name: String,
    pub(crate) rows: Vec<Vec<String>>,
    pub(crate) merges: Vec<String>,
    pub(crate) hidden_rows: Vec<u32>,
    pub(crate) hidden_columns: Vec<u16>,
}

impl Page {
    pub(crate) fn of(rows: Vec<Vec<String>>) -> Self {
        Self {
            name: "目录".to_owned(), rows, merges: Vec::new(), hidden_rows: Vec::new(), hidden_columns: Vec::new()
        }
    }

    /// Title, header pair, items; the items begin in row 4.
    pub(crate) fn official(items: Vec<Vec<String>>) -> Self {
        let mut rows = vec![texts(&[TITLE]), texts(&GROUPS), texts(&LEAVES)];
        rows.extend(items);
        Self { merges: HEADER_MERGES.map(str::to_owned).to_vec(), ..Self::of(rows) }
    }

    pub(crate) fn merged(mut self, merges: &[&str]) -> Self {
        self.merges.extend(merges.iter().map(|merge| (*merge).to_owned()));
        self
    }

    pub(crate) fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }
}

/// Writes the pages as a workbook.
pub(crate) fn book(pages: &[Page]) -> Vec<u8> {
    let mut workbook = Workbook::new();
    for page in pages {
        let sheet = workbook.add_worksheet();
        sheet.set_name(&page.name).unwrap();
        for (row, cells) in page.rows.iter().enumerate() {
            for (column, text) in cells.iter().enumerate().filter(|(_, text)| !text.is_empty()) {
                sheet.write_string(u32::try_from(row).unwrap(), u16::try_from(column).unwrap(), text).unwrap();
            }
        }
        for merge in &page.merges {
            let (from, to) = merge.split_once(':').unwrap();
            let ((top, left), (bottom, right)) = (cell(from), cell(to));
            let text = page.rows.get(top as usize).and_then(|row| row.get(left as usize)).map_or("", String::as_str);
            sheet.merge_range(top, left, bottom, right, text, &Format::new()).unwrap();
        }
        for row in &page.hidden_rows {
            sheet.set_row_hidden(*row).unwrap();
        }
        for column in &page.hidden_columns {
            sheet.set_column_hidden(*column).unwrap();
        }
    }
    workbook.save_to_buffer().unwrap()
}

/// `B4` → (3, 1).
fn cell(address: &str) -> (u32, u16) {
    let (letter, digits) = address.split_at(1);
    (digits.parse::<u32>().unwrap() - 1, u16::from(letter.as_bytes()[0] - b'A'))
}

pub(crate) fn read(bytes: &[u8]) -> Result<Report, Error> {
    gongkai_sheets::read(bytes, "file.xlsx", &reading("county"))
}

/// Reads one page that must hold a catalog.
pub(crate) fn read_page(page: Page) -> Report {
    read(&book(&[page])).unwrap()
}

pub(crate) fn rows(report: &Report) -> Vec<&Row> {
    report.tables.iter().flat_map(|table| &table.rows).collect()
}

pub(crate) fn codes(report: &Report) -> Vec<&'static str> {
    let mut codes: Vec<_> = report.warnings.iter().map(|warning| warning.code).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// A set's values in order.
pub(crate) fn list(set: &std::collections::BTreeSet<String>) -> Vec<&str> {
    set.iter().map(String::as_str).collect()
}
