//! Reads a workbook and writes its catalogs again: `rewrite IN OUT`, the form by OUT's ending (xlsx, csv, json).
//! With `template` for IN an empty form is written. For looking at the result in a spreadsheet program.

use std::{env, error::Error, fs};

use gongkai_model::item::Item;
use gongkai_seeds::Seeds;
use gongkai_sheets::{
    CatalogSheet, JsonCatalog, JsonRow, Reading, Row, SheetRow, Table, Template, read, template, write, write_csv,
    write_json,
};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().collect();
    let [_, from, to] = args.as_slice() else { return Err("usage: rewrite IN OUT".into()) };
    let seeds = Seeds::builtin();
    let reading = Reading { vocabulary: &seeds.vocabulary, routing: &seeds.routing, node_level: "county" };
    if from == "template" {
        let title = "社会救助领域基层政务公开标准目录";
        let wanted = Template { name: "社会救助", title, levels: &["county", "township"], rows: 60 };
        return Ok(fs::write(to, template(&wanted, &reading)?)?);
    }
    let report = read(&fs::read(from)?, from, &reading)?;
    let bytes = match to.rsplit('.').next() {
        Some("csv") => write_csv(report.tables.first().map(sheet).as_ref().ok_or("no table")?, &reading)?,
        Some("json") => write_json(&report.tables.iter().map(json).collect::<Vec<_>>())?,
        _ => write(&report.tables.iter().map(sheet).collect::<Vec<_>>(), &reading)?,
    };
    Ok(fs::write(to, bytes)?)
}

fn sheet(table: &Table) -> CatalogSheet<'_> {
    let rows = table.rows.iter().map(|row| SheetRow { serial: &row.serial, item: &row.item }).collect();
    CatalogSheet { name: table.domain.as_deref().unwrap_or(&table.sheet), title: &table.title, rows }
}

fn json(table: &Table) -> JsonCatalog<'_> {
    fn item(row: &Row) -> JsonRow<'_> {
        let item: &Item = &row.item;
        JsonRow { id: "", serial: &row.serial, item, content_hash: "" }
    }
    let items = table.rows.iter().map(item).collect();
    let domain = table.domain.as_deref().unwrap_or_default();
    JsonCatalog { division_code: "", domain, publisher_org: "", title: &table.title, revision: "", items }
}
