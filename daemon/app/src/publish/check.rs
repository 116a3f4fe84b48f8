//! `publish check`: what the content check finds in the catalogs that an edition would take.
//!
//! Invariant: the same findings that keep a catalog out of the edition made now; looking changes nothing.

use gongkai_model::id::CatalogId;

use super::{reason::domain_name, series::Contents};
use crate::{App, Checked, Result, check::verdict_of};

/// One approved catalog and what was found in it.
#[derive(Clone, Debug)]
pub struct CheckedCatalog {
    /// Which.
    pub catalog: CatalogId,
    /// The division's name.
    pub division_name: String,
    /// The domain's name.
    pub domain_name: String,
    /// What was found.
    pub checked: Checked,
}

impl CheckedCatalog {
    /// Whether an edition made now leaves it out.
    pub fn is_blocked(&self) -> bool {
        self.checked.verdict.stops_publication().next().is_some()
    }
}

impl App {
    /// Checks what an edition made now would take, by catalog id.
    pub async fn check_edition(&self) -> Result<Vec<CheckedCatalog>> {
        self.require_top()?;
        let series = self.series().await?;
        let before: Contents = self.contents_of_last(&series, None).await?;
        let world = self.world();
        let mut checked = Vec::new();
        for row in self.catalog_rows().await? {
            let catalog = row.summary.catalog;
            let loaded = self.load(&catalog).await?;
            let published = before.get(&catalog).map(|(revision, _)| revision);
            let approved = loaded.state.latest_approved(published).map(|submission| submission.revision);
            let Some(revision) = approved.and_then(|digest| loaded.revisions.get(&digest)) else { continue };
            let standard = self.standard_under(revision).await?;
            checked.push(CheckedCatalog {
                division_name: world.name_of(&catalog.division),
                domain_name: domain_name(&world, &catalog.domain),
                checked: Checked {
                    revision: revision.digest(),
                    items: revision.items.len(),
                    verdict: verdict_of(&world, &loaded, revision, standard.as_deref()),
                },
                catalog,
            });
        }
        Ok(checked)
    }
}
