//! `publish check`: what the content check finds in the catalogs that an edition would take, and what keeps the
//! edition itself from being made.
//!
//! Invariant: the same findings that keep a catalog out of the edition made now, and every refusal that making it
//! would meet; looking changes nothing. Left out: who may make one (permit).

use gongkai_model::id::CatalogId;

use super::{
    reason::domain_name,
    series::Contents,
    sign_off::{SignOffError, SignOffs},
};
use crate::{App, Checked, Error, Result, check::verdict_of};

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

/// How the next edition stands.
#[derive(Debug)]
pub struct Readiness {
    /// What it would be refused for, each with code and next step; empty when it may be made.
    pub obstacles: Vec<Error>,
    /// Its sign-offs, given and open.
    pub sign_offs: SignOffs,
    /// How many catalogs it would lack.
    pub missing: usize,
}

impl App {
    /// Everything that an edition made now would be refused for.
    pub async fn edition_readiness(&self) -> Result<Readiness> {
        let missing = self.preview_edition().await?.missing.len();
        let sign_offs = self.sign_offs().await?;
        let mut obstacles: Vec<Error> = self.require_free().err().into_iter().collect();
        // What equals the last edition is not made and not refused.
        if sign_offs.is_nothing() {
            obstacles.push(Error::NothingApproved);
        } else if !sign_offs.is_unchanged && !sign_offs.is_complete {
            let (edition, steps) = (sign_offs.edition, sign_offs.missing());
            obstacles.push(SignOffError::Missing { edition, steps }.into());
        }
        Ok(Readiness { obstacles, sign_offs, missing })
    }

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
