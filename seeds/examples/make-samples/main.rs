//! Makes the sample workbooks and their index from the readable sources in `catalogs/src`.
//!
//! Run it after a change of a source: `cargo run -p gongkai-seeds --example make-samples`. The same sources give the
//! same bytes. Left out: any judgement of the contents; the tests read what it writes.

mod layout;
mod source;
mod variant;
mod workbook;

use std::{fs, io::Write as _, path::Path};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let catalogs = Path::new(env!("CARGO_MANIFEST_DIR")).join("catalogs");
    let mut out = std::io::stdout().lock();
    let mut index = Vec::new();
    for source in source::read_all(&catalogs.join("src"))? {
        fs::write(catalogs.join(&source.file), workbook::render(&source)?)?;
        let entry = workbook::index_entry(&source);
        writeln!(out, "{} {} items", source.file, entry["items"])?;
        index.push(serde_json::to_string(&entry)?);
    }
    fs::write(catalogs.join("index.json"), format!("[\n  {}\n]\n", index.join(",\n  ")))?;
    for grid in source::read_folder::<variant::Variant>(&catalogs.join("variants/src"))? {
        fs::write(catalogs.join("variants").join(&grid.file), variant::render(&grid)?)?;
        writeln!(out, "variants/{}", grid.file)?;
    }
    Ok(())
}
