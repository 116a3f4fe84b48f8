//! What an edition is made from: plain data that the app folds from the journal.
//!
//! Invariant: every time and number here comes from an entry; nothing is read from a clock or counted from files.
//! Left out: which revisions are approved (model::review) and where they are kept (store).

use gongkai_model::{
    digest::Digest,
    id::{CatalogId, DivisionId, DomainSlug, ItemId},
    item::CanonicalItem,
    tree::Division,
    vocabulary::Vocabulary,
};

/// Everything that one edition shows.
#[derive(Clone, Debug)]
pub struct Consolidation {
    /// The edition's number, from its entry; counts from 1.
    pub number: u64,
    /// Who publishes it.
    pub issuer: Issuer,
    /// The edition entry's wall time, in milliseconds since 1970 (UTC).
    pub published_at_ms: i64,
    /// The program and version that renders, such as `gongkai 0.1.0`.
    pub generator: String,
    /// The edition before this one.
    pub previous: Option<PreviousEdition>,
    /// The divisions as they stand on the day of the edition, one record each.
    pub divisions: Vec<Division>,
    /// The domains in the order in which pages list them.
    pub domains: Vec<DomainName>,
    /// Labels of slugs.
    pub vocabulary: Vocabulary,
    /// The approved revisions.
    pub catalogs: Vec<CatalogPart>,
    /// What is not in the edition, and why.
    pub missing: Vec<Missing>,
    /// Digest of the stream heads from which the edition was folded.
    pub heads: Digest,
    /// The manifest that the edition had before content was removed from it by law.
    pub stands_for: Option<Digest>,
}

/// The office that publishes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    /// Its division.
    pub division: DivisionId,
    /// Its name as pages show it, such as 铁岭市人民政府办公室.
    pub name: String,
}

/// The edition before, as the journal and its directory have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviousEdition {
    /// Its number.
    pub number: u64,
    /// Digest of its manifest, from its entry.
    pub manifest: Digest,
    /// The manifest's bytes.
    pub manifest_bytes: Vec<u8>,
}

/// A domain's slug and the name that pages show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainName {
    /// The permanent slug.
    pub slug: DomainSlug,
    /// The name.
    pub name: String,
}

/// One approved catalog.
#[derive(Clone, Debug)]
pub struct CatalogPart {
    /// Whose and which.
    pub catalog: CatalogId,
    /// Its title; the page makes one from division and domain where it is empty.
    pub title: String,
    /// Header lines beside the title, label and text, in the order shown (编制单位, 标准指引版本, …).
    pub header: Vec<(String, String)>,
    /// The approved revision.
    pub revision: Digest,
    /// The submission entry that was approved.
    pub submission: Digest,
    /// The decision entries that approved it, in the order of the chain.
    pub decisions: Vec<Digest>,
    /// Name of the division whose department decided last.
    pub approved_by_division: String,
    /// Name of that department.
    pub approved_by_department: String,
    /// When, from the decision entry, in milliseconds since 1970 (UTC).
    pub approved_at_ms: i64,
    /// Its items.
    pub items: Vec<ItemPart>,
}

/// One item of an approved catalog.
#[derive(Clone, Debug)]
pub struct ItemPart {
    /// The item's permanent id.
    pub id: ItemId,
    /// Its place in the catalog.
    pub order: u32,
    /// Its serial as printed; not reviewed.
    pub serial: String,
    /// The owner's bytes.
    pub item: CanonicalItem,
    /// The digest that the decisions named.
    pub digest: Digest,
}

/// Something that the edition does not contain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// Whose catalog it is.
    pub division: DivisionId,
    /// Which field; `None` when nothing of the division is there.
    pub domain: Option<DomainSlug>,
    /// The reason, a sentence for the page.
    pub why: String,
}
