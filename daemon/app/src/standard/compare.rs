//! A catalog beside its standard, and the news that a standard has for a catalog under review.
//!
//! Invariant: reading only; both sides may be looked at by anyone who has them.

use std::sync::Arc;

use gongkai_model::{
    id::{CatalogId, ItemId},
    review::SubmissionState,
    revision::Revision,
    standard::{Compared, StandardRef, compare, touched},
};

use super::{StandardVersion, standard_of};
use crate::{App, Error, Loaded, Result};

/// A catalog laid beside a standard.
#[derive(Clone, Debug)]
pub struct ComparedCatalog {
    /// The version that it was laid beside.
    pub standard: StandardVersion,
    /// The version that the catalog names.
    pub named: Option<StandardRef>,
    /// The catalog's revision.
    pub local: Arc<Revision>,
    /// What came out.
    pub compared: Compared,
}

/// A newer version of the standard that a submission stands on.
#[derive(Clone, Debug)]
pub struct StandardNews {
    /// The version that the submission names.
    pub named: StandardRef,
    /// The version in force.
    pub in_force: StandardRef,
    /// Items of the submission that the newer version touches.
    pub items: Vec<ItemId>,
    /// How many items of the standard differ.
    pub touched: usize,
}

impl App {
    /// Lays a catalog's latest revision beside a standard; empty: the one that it stands on.
    pub async fn compare_catalog(&self, catalog: &CatalogId, standard: &str) -> Result<ComparedCatalog> {
        let loaded = self.load_known(catalog).await?;
        let local = loaded.working().ok_or_else(|| Error::CatalogUnknown { catalog: catalog.clone() })?;
        let named = standard_of(local);
        let standard = self.standard_for(catalog, named.as_ref(), standard).await?;
        let compared = compare(&standard.content, local);
        Ok(ComparedCatalog { standard, named, local: Arc::clone(local), compared })
    }

    /// The newer version of the standard under a submission, where there is one: an open review is told.
    pub async fn standard_news(&self, loaded: &Loaded, submission: &SubmissionState) -> Result<Option<StandardNews>> {
        let Some(content) = loaded.revisions.get(&submission.revision) else { return Ok(None) };
        let Some(named) = standard_of(content) else { return Ok(None) };
        let versions = self.standard_versions(&named.id).await?;
        let before = versions.iter().find(|version| version.row.revision == named.revision);
        let in_force = versions.iter().rfind(|version| version.row.is_sent);
        let (Some(before), Some(after)) = (before, in_force) else { return Ok(None) };
        if before.row.revision == after.row.revision {
            return Ok(None);
        }
        let touched = touched(&before.content, &after.content);
        let ids = touched.in_catalog(content, [&before.content, &after.content]);
        let items = content.in_order().into_iter().map(|(id, _)| id).filter(|id| ids.contains(*id));
        Ok(Some(StandardNews {
            items: items.cloned().collect(),
            touched: touched.len(),
            in_force: after.reference(),
            named,
        }))
    }
}
