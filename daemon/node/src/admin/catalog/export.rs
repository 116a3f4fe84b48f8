//! Catalogs as files: the official workbook, CSV, JSON, and a form to fill in.
//!
//! Invariant: a file holds exactly one revision; the words are those of the tables in force here.

use gongkai_app::{Loaded, World};
use gongkai_model::{
    id::{DivisionId, DomainSlug},
    item::Item,
    revision::{Revision, Slot},
};
use gongkai_proto::admin::v1 as wire;
use gongkai_sheets::{CatalogSheet, JsonCatalog, JsonRow, Reading, SheetRow, Template};

use crate::{
    Error,
    admin::{Admin, changes, convert},
};

/// Rows of a form where the caller names no number: one page more than the usual catalog fills.
const FORM_ROWS: u32 = 60;

impl Admin {
    pub(super) fn exported(
        &self,
        loaded: &Loaded,
        revision: &str,
        format: &str,
    ) -> Result<wire::ExportCatalogResponse, Error> {
        let revision = changes::named(loaded, revision)?;
        let world = self.app().world();
        let (division_name, domain_name) = convert::names(&world, &loaded.catalog);
        let (ending, content) = match format {
            "" | "xlsx" => ("xlsx", table(&world, loaded, revision, &domain_name, write_workbook)?),
            "csv" => ("csv", table(&world, loaded, revision, &domain_name, gongkai_sheets::write_csv)?),
            "json" => ("json", json(loaded, revision)?),
            other => return Err(Error::BadRequest { what: format!("no format `{other}`: xlsx, csv or json") }),
        };
        Ok(wire::ExportCatalogResponse {
            catalog: loaded.catalog.to_string(),
            revision: revision.digest().to_string(),
            file_name: format!("{division_name}-{domain_name}.{ending}"),
            content,
        })
    }

    pub(super) fn form(&self, asked: &wire::TemplateRequest) -> Result<wire::TemplateResponse, Error> {
        let world = self.app().world();
        let slug = DomainSlug::parse(&asked.domain)?;
        let Some(domain) = world.routing_table().domain(&slug) else {
            return Err(Error::BadRequest { what: format!("no domain `{slug}`") });
        };
        let division = match asked.division.as_str() {
            "" => world.me.clone(),
            text => world.division(text)?.id.clone(),
        };
        let title = format!("{}领域基层政务公开标准目录", domain.name);
        let rows = if asked.rows == 0 { FORM_ROWS } else { asked.rows };
        let level = level_of(&world, &division);
        let wanted = Template { name: &domain.name, title: &title, levels: &[level], rows };
        let content = gongkai_sheets::template(&wanted, &reading(&world, level)).map_err(gongkai_app::Error::from)?;
        let file_name = format!("{}-{}-填报表.xlsx", world.name_of(&division), domain.name);
        Ok(wire::TemplateResponse { domain: slug.to_string(), file_name, content })
    }
}

fn level_of<'w>(world: &'w World, division: &DivisionId) -> &'w str {
    world.tree().get(division).map_or("", |division| division.level.as_str())
}

fn reading<'w>(world: &'w World, level: &'w str) -> Reading<'w> {
    Reading { vocabulary: &world.vocabulary, routing: world.routing_table(), node_level: level }
}

type WriteSheet = fn(&CatalogSheet<'_>, &Reading<'_>) -> Result<Vec<u8>, gongkai_sheets::Error>;

fn write_workbook(sheet: &CatalogSheet<'_>, reading: &Reading<'_>) -> Result<Vec<u8>, gongkai_sheets::Error> {
    gongkai_sheets::write(std::slice::from_ref(sheet), reading)
}

fn decoded(revision: &Revision) -> Vec<(String, &Slot, Item)> {
    let in_order = revision.in_order().into_iter();
    in_order.map(|(id, slot)| (id.to_string(), slot, slot.item().decode())).collect()
}

fn table(world: &World, loaded: &Loaded, revision: &Revision, name: &str, write: WriteSheet) -> Result<Vec<u8>, Error> {
    let title = revision.header.decode().title;
    let items = decoded(revision);
    let rows = items.iter().map(|(_, slot, item)| SheetRow { serial: &slot.serial, item }).collect();
    let reading = reading(world, level_of(world, &loaded.catalog.division));
    Ok(write(&CatalogSheet { name, title: &title, rows }, &reading).map_err(gongkai_app::Error::from)?)
}

fn json(loaded: &Loaded, revision: &Revision) -> Result<Vec<u8>, Error> {
    let header = revision.header.decode();
    let items: Vec<_> =
        decoded(revision).into_iter().map(|(id, slot, item)| (id, slot, item, slot.digest().to_string())).collect();
    let digest = revision.digest().to_string();
    let rows =
        items.iter().map(|(id, slot, item, content_hash)| JsonRow { id, serial: &slot.serial, item, content_hash });
    let catalog = JsonCatalog {
        division_code: loaded.catalog.division.as_str(),
        domain: loaded.catalog.domain.as_str(),
        publisher_org: &header.publisher,
        title: &header.title,
        revision: &digest,
        items: rows.collect(),
    };
    Ok(gongkai_sheets::write_json(&[catalog]).map_err(gongkai_app::Error::from)?)
}
