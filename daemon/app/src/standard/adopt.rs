//! A catalog on a standard: begun from one, or moved onto another version.
//!
//! Invariant: only the owner's node does either, and what comes out is a draft that is reviewed like any other.
//! Beginning never overwrites, moving never loses a local deviation.

use std::{collections::BTreeSet, sync::Arc};

use gongkai_model::{
    digest::Digest,
    id::{CatalogId, DivisionId, DomainSlug, ItemId},
    merge::Row,
    named::NotOne,
    revision::{Header, Revision},
    standard::{Outcome, Rebase, Rebased, StandardId, StandardRef, rebase, start},
};

use super::{StandardError, StandardVersion, standard_of};
use crate::{Action, App, Error, Loaded, Operator, Result, import::draft_body, named::one};

/// Which catalog to begin.
#[derive(Clone, Debug, Default)]
pub struct StartQuestion {
    /// The standard, as [`App::standard_named`] reads it.
    pub standard: String,
    /// The domain, where the standard is named by its last part alone.
    pub domain: Option<String>,
    /// Whose catalog; `None`: this node's division.
    pub division: Option<String>,
    /// Report only.
    pub is_dry_run: bool,
}

/// A catalog that was begun.
#[derive(Clone, Debug)]
pub struct StartedCatalog {
    /// Its first revision.
    pub revision: Revision,
    /// The version that it stands on.
    pub standard: StandardRef,
}

/// Which catalog to move where.
#[derive(Clone, Debug)]
pub struct RebaseQuestion {
    /// The catalog.
    pub catalog: CatalogId,
    /// The standard; empty: the one that the catalog stands on.
    pub standard: String,
    /// Items whose clashes are decided for the standard.
    pub taken: Vec<String>,
    /// Items whose clashes are decided for the catalog.
    pub kept: Vec<String>,
    /// Why the catalog keeps or gives up words of its own.
    pub reason: String,
    /// Report only.
    pub is_dry_run: bool,
}

/// A catalog's working content, the version that it stands on and the one to move to.
#[derive(Clone, Debug)]
pub(crate) struct Move {
    /// The version that it stands on; `None` where it stands on none.
    pub(crate) before: Option<StandardVersion>,
    /// The version to move to.
    pub(crate) onto: StandardVersion,
    local: Arc<Revision>,
    parents: Vec<Digest>,
}

impl Move {
    /// The question that the model answers.
    pub(crate) fn question<'a>(&'a self, taken: &'a BTreeSet<ItemId>, kept: &'a BTreeSet<ItemId>) -> Rebase<'a> {
        Rebase {
            before: self.before.as_ref().map(|before| before.content.as_ref()),
            onto: self.onto.template(),
            local: &self.local,
            parents: self.parents.clone(),
            taken,
            kept,
        }
    }
}

/// What moving did.
#[derive(Clone, Debug)]
pub struct RebasedCatalog {
    /// The version that it stood on.
    pub before: Option<StandardRef>,
    /// The version that it stands on now.
    pub onto: StandardRef,
    /// Item by item.
    pub rebased: Rebased,
    /// Whether something was kept, or would be.
    pub is_new: bool,
}

impl RebasedCatalog {
    /// Whether a person must look at something.
    pub fn needs_person(&self) -> bool {
        self.rebased.count(Outcome::Clash) > 0
    }
}

impl App {
    /// Begins a catalog from a standard.
    pub async fn start_catalog(&self, operator: &Operator, question: StartQuestion) -> Result<StartedCatalog> {
        let division = self.writable_division(question.division.as_deref())?;
        let domain = question.domain.as_deref().filter(|text| !text.is_empty()).map(DomainSlug::parse).transpose()?;
        let version = self.standard_named(&question.standard, domain.as_ref()).await?;
        let catalog = CatalogId::new(division.clone(), version.row.id.domain.clone());
        let acting = self.begin(operator, Action::StandardStart, &catalog).await?;
        let loaded = self.load(&catalog).await?;
        if loaded.working().is_some() {
            return Err(StandardError::CatalogBegun { catalog }.into());
        }
        let revision = start(&catalog, &version.template(), self.first_header(&division, &version));
        if !question.is_dry_run {
            let source = format!("start {}", version.row.id);
            acting.record_draft(&catalog, revision.full(), (source, String::new())).await?;
        }
        Ok(StartedCatalog { revision, standard: version.reference() })
    }

    /// The standard's title, the division's own name.
    fn first_header(&self, division: &DivisionId, version: &StandardVersion) -> Header {
        let world = self.world();
        let level = world.tree().get(division).map_or_else(String::new, |division| division.level.clone());
        Header { title: version.row.title.clone(), publisher: world.name_of(division), level, ..Header::default() }
    }

    /// Moves a catalog onto a version of a standard.
    pub async fn rebase_catalog(&self, operator: &Operator, question: RebaseQuestion) -> Result<RebasedCatalog> {
        let catalog = &question.catalog;
        let (acting, loaded) = self.begin_as_keeper(operator, Action::StandardRebase, catalog).await?;
        let named = loaded.working().and_then(|working| standard_of(working));
        let version = self.standard_for(catalog, named.as_ref(), &question.standard).await?;
        let (taken, kept) = (named_items(&loaded, &question.taken)?, named_items(&loaded, &question.kept)?);
        let moving = self.move_onto(&loaded, version).await?;
        let rebased = rebase(&moving.question(&taken, &kept));
        let is_new = !moving.local.has_same_content(&rebased.revision);
        let moved = RebasedCatalog { before: named, onto: moving.onto.reference(), rebased, is_new };
        if moved.is_new && !question.is_dry_run {
            require_decided(catalog, &moved)?;
            let source = format!("rebase {}", moving.onto.row.id);
            let body = draft_body(&loaded, &moved.rebased.revision);
            acting.record_draft(catalog, body, (source, question.reason)).await?;
        }
        Ok(moved)
    }

    /// The versions of a move of a catalog's working content.
    pub(crate) async fn move_onto(&self, loaded: &Loaded, onto: StandardVersion) -> Result<Move> {
        let local = loaded.working().ok_or_else(|| Error::CatalogUnknown { catalog: loaded.catalog.clone() })?;
        let before = self.standing_on(standard_of(local).as_ref()).await?;
        let parents = loaded.state.head().map(|head| vec![head.revision]).unwrap_or_default();
        Ok(Move { before, onto, local: Arc::clone(local), parents })
    }

    /// The standard that a text means for a catalog: empty for the one that it stands on, in its version in force.
    pub(crate) async fn standard_for(
        &self,
        catalog: &CatalogId,
        named: Option<&StandardRef>,
        text: &str,
    ) -> Result<StandardVersion> {
        match (text, named) {
            ("", None) => Err(StandardError::OnNoStandard { catalog: catalog.clone() }.into()),
            ("", Some(named)) => self.standard(&named.id).await,
            (text, _) => self.standard_named(text, Some(&catalog.domain)).await,
        }
    }

    /// The very version that a catalog names.
    pub(super) async fn standing_on(&self, named: Option<&StandardRef>) -> Result<Option<StandardVersion>> {
        let Some(named) = named else { return Ok(None) };
        let versions = self.standard_versions(&named.id).await?;
        let found = versions.into_iter().find(|version| version.row.revision == named.revision);
        found.map(Some).ok_or_else(|| StandardError::StandardUnknown { text: version_text(&named.id, named) }.into())
    }
}

fn version_text(id: &StandardId, named: &StandardRef) -> String {
    format!("{id}@{}", named.revision.short())
}

/// Refuses a move of which a person has not decided everything: neither side's words are silently kept.
fn require_decided(catalog: &CatalogId, moved: &RebasedCatalog) -> Result<()> {
    let open: Vec<&Row> = moved.rebased.merged.open().collect();
    let Some(first) = open.first() else { return Ok(()) };
    let element = first.element.as_deref().unwrap_or("item");
    let (count, first) = (open.len(), format!("{} {element}", first.name));
    Err(StandardError::Undecided { catalog: catalog.clone(), count, first }.into())
}

/// Items by id, serial or name; an id that the catalog has no more may be one of the standard's.
fn named_items(loaded: &Loaded, texts: &[String]) -> Result<BTreeSet<ItemId>> {
    let working = loaded.working();
    let ids = texts.iter().map(|text| match working.map_or(Err(NotOne::Nothing), |working| working.item_named(text)) {
        Err(NotOne::Nothing) => Ok(ItemId::parse(text)?),
        found => one(found.cloned(), "item", text, || loaded.lacks("item", text)),
    });
    ids.collect()
}
