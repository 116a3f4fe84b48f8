//! Listing catalogs: as they are, as they stood on a day, and those that grow stale.
//!
//! Invariant: the quick list comes from projections; whatever is asked for a day or by age is folded from entries.

use gongkai_model::id::CatalogId;
use gongkai_proto::admin::v1 as wire;

use super::{Admin, catalog::day_of, convert};
use crate::Error;

impl Admin {
    /// The rows that a request asks for.
    pub(super) async fn listed_catalogs(
        &self,
        asked: wire::ListCatalogsRequest,
    ) -> Result<wire::ListCatalogsResponse, Error> {
        let published = self.app().published().await?;
        let fits = |wanted: &str, found: &str| wanted.is_empty() || wanted == found;
        let is_deep = !asked.as_of.is_empty() || asked.stale_months > 0 || asked.basis_repealed;
        let mut catalogs = Vec::new();
        for row in self.app().catalog_rows().await? {
            let CatalogId { division, domain } = &row.summary.catalog;
            if !fits(&asked.division, division.as_str()) || !fits(&asked.domain, domain.as_str()) {
                continue;
            }
            let shown = if is_deep {
                self.examined_row(&row.summary.catalog, &asked).await?
            } else {
                Some(self.catalog_row(&row, &published))
            };
            catalogs.extend(shown.filter(|row| fits(&asked.state, &row.state)));
        }
        if asked.stale_months > 0 {
            catalogs.sort_by(|a, b| (&a.touched_on, &a.catalog).cmp(&(&b.touched_on, &b.catalog)));
        }
        Ok(wire::ListCatalogsResponse { node: self.node_id(), catalogs, as_of: asked.as_of })
    }

    /// A row folded from the entries up to the day; `None` where it is not asked for.
    async fn examined_row(
        &self,
        catalog: &CatalogId,
        asked: &wire::ListCatalogsRequest,
    ) -> Result<Option<wire::CatalogRow>, Error> {
        let day = day_of(&asked.as_of)?;
        let loaded = self.app().load_as_of(catalog, day.as_ref()).await?;
        if loaded.entries.is_empty() {
            return Ok(None);
        }
        let today = day.unwrap_or_else(|| self.app().today());
        let staleness = self.app().staleness(&loaded, asked.stale_months, &today);
        let is_asked = staleness.as_ref().is_none_or(|stale| {
            (asked.stale_months == 0 || stale.is_untouched) && (!asked.basis_repealed || !stale.repealed.is_empty())
        });
        if !is_asked {
            return Ok(None);
        }
        let mut row = self.catalog_row(&self.app().row_of(&loaded).await?, &self.app().published().await?);
        if !asked.as_of.is_empty() {
            // What was published by then is told by the editions themselves.
            row.edition = 0;
        }
        if let Some(stale) = staleness {
            row.touched_on = stale.touched.to_string();
            row.stale = stale.reasons.iter().map(convert::reason_of).collect();
        }
        Ok(Some(row))
    }
}
