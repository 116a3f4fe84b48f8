//! Catalogs as one JSON document for other programs, with the fields that `catalog show` has.
//!
//! Invariant: same catalogs, same bytes; every field of an item is there even when it is empty.
//! Left out: who changed an item and when, which the journal knows.

use gongkai_model::{item::Item, privacy};
use serde::{Serialize, Serializer, ser::SerializeMap as _};

use crate::{Error, report::put_item};

/// Names the document's form; a change that a reader must know of changes it.
pub(crate) const FORMAT: &str = "gongkai-catalogs/1";

/// One catalog to write.
#[derive(Clone, Debug, Serialize)]
pub struct JsonCatalog<'a> {
    /// 行政区划代码.
    pub division_code: &'a str,
    /// The domain's slug.
    pub domain: &'a str,
    /// 编制单位; empty where it is not known.
    pub publisher_org: &'a str,
    /// The title.
    pub title: &'a str,
    /// The revision's digest; empty for a catalog that has none.
    pub revision: &'a str,
    /// The items in order.
    pub items: Vec<JsonRow<'a>>,
}

/// One item to write.
#[derive(Clone, Copy, Debug)]
pub struct JsonRow<'a> {
    /// 事项标识; empty where it has none yet.
    pub id: &'a str,
    /// 序号 as printed.
    pub serial: &'a str,
    /// The item.
    pub item: &'a Item,
    /// The digest of its canonical bytes; empty where it has none.
    pub content_hash: &'a str,
}

impl Serialize for JsonRow<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("item_id", self.id)?;
        map.serialize_entry("serial", self.serial)?;
        put_item(&mut map, self.item)?;
        let is_private = !privacy::check_json(self.item.to_canonical().as_json()).is_empty();
        map.serialize_entry("privacy_flag", &is_private)?;
        map.serialize_entry("content_hash", self.content_hash)?;
        map.end()
    }
}

#[derive(Serialize)]
struct Document<'a> {
    format: &'static str,
    catalogs: &'a [JsonCatalog<'a>],
}

/// Writes catalogs as one document.
///
/// # Errors
/// [`Error::Write`] where the text could not be put together.
pub fn write_json(catalogs: &[JsonCatalog<'_>]) -> Result<Vec<u8>, Error> {
    let mut bytes = serde_json::to_vec_pretty(&Document { format: FORMAT, catalogs })
        .map_err(|error| Error::Write { what: error.to_string() })?;
    bytes.push(b'\n');
    Ok(bytes)
}
