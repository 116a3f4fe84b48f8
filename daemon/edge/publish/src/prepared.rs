//! The input, checked and put in order: what pages, data and manifest are written from.
//!
//! Invariant: every item has its approved digest, nothing stands twice, every division and domain is known; lists
//! are sorted, so that the order of the input's lists does not reach the output (that of `domains` aside).

use std::collections::{BTreeMap, BTreeSet};

use gongkai_model::{
    digest::Digest,
    edition::{EditionCatalog, EditionTree, Path},
    id::{CatalogId, Day, DivisionId, DomainSlug},
    item::Item,
    tree::{Division, Tree},
};

use crate::{
    error::PublishError,
    input::{CatalogPart, Consolidation, DomainName, ItemPart, Missing},
    manifest::FILES_MAX,
    merkle, page,
};

/// Most items of one edition: a province has about 200,000; the search page and the manifest are made for fewer.
pub(crate) const ITEMS_MAX: usize = 500_000;

/// The checked input.
pub(crate) struct Prepared<'a> {
    pub(crate) input: &'a Consolidation,
    pub(crate) tree: Tree,
    /// By id.
    pub(crate) catalogs: Vec<Ready<'a>>,
    /// Sorted, without doubles.
    pub(crate) missing: Vec<&'a Missing>,
    pub(crate) edition: EditionTree,
    /// The catalogs of a division as a range of `catalogs`.
    ranges: BTreeMap<&'a DivisionId, std::ops::Range<usize>>,
}

/// One checked catalog.
pub(crate) struct Ready<'a> {
    pub(crate) part: &'a CatalogPart,
    pub(crate) title: String,
    /// In the order shown.
    pub(crate) items: Vec<ReadyItem<'a>>,
    pub(crate) root: Digest,
    /// Digest of all that the catalog's files depend on.
    pub(crate) inputs: Digest,
}

/// One item, decoded for the page.
pub(crate) struct ReadyItem<'a> {
    pub(crate) part: &'a ItemPart,
    pub(crate) item: Item,
    /// Its path to the catalog's root.
    pub(crate) proof: Option<Path>,
}

impl<'a> Prepared<'a> {
    pub(crate) fn new(input: &'a Consolidation) -> Result<Self, PublishError> {
        check_amounts(input)?;
        let tree = Tree::as_of(&input.divisions, &latest_day(&input.divisions));
        let mut parts: Vec<&CatalogPart> = input.catalogs.iter().collect();
        parts.sort_by(|a, b| a.catalog.cmp(&b.catalog));
        if let Some(pair) = parts.windows(2).find(|pair| pair[0].catalog == pair[1].catalog) {
            return Err(PublishError::Twice { what: format!("catalog `{}`", pair[0].catalog) });
        }
        let names = Names::new(input, &tree);
        let catalogs = parts.into_iter().map(|part| Ready::new(part, &names)).collect::<Result<Vec<_>, _>>()?;
        let edition = merkle::edition_tree(catalogs.iter().map(Ready::line));
        let mut missing: Vec<&Missing> = input.missing.iter().collect();
        missing.sort_by(|a, b| (&a.division, &a.domain, &a.why).cmp(&(&b.division, &b.domain, &b.why)));
        missing.dedup();
        let ranges = ranges(&catalogs);
        Ok(Self { input, tree, catalogs, missing, edition, ranges })
    }

    /// The catalogs of one division, by domain slug.
    pub(crate) fn of_division(&self, division: &DivisionId) -> &[Ready<'a>] {
        self.ranges.get(division).map_or(&[], |range| &self.catalogs[range.clone()])
    }

    /// The catalogs of one division in the order of the domain list, the same on every page and in every workbook.
    pub(crate) fn in_domain_order(&self, division: &DivisionId) -> Vec<&Ready<'a>> {
        let catalogs = self.of_division(division);
        let of_domain = |slug: &DomainSlug| catalogs.iter().find(|ready| ready.part.catalog.domain == *slug);
        self.input.domains.iter().filter_map(|domain| of_domain(&domain.slug)).collect()
    }

    /// The catalogs of one domain, by division.
    pub(crate) fn of_domain(&self, domain: &DomainSlug) -> impl Iterator<Item = &Ready<'a>> {
        self.catalogs.iter().filter(move |ready| ready.part.catalog.domain == *domain)
    }

    /// A domain's name; its slug where the list lacks it.
    pub(crate) fn domain_name<'b>(&'b self, slug: &'b DomainSlug) -> &'b str {
        let known = self.input.domains.iter().find(|domain| domain.slug == *slug);
        known.map_or(slug.as_str(), |domain| &domain.name)
    }

    /// A division's name; its id where the tree lacks it.
    pub(crate) fn division_name<'b>(&'b self, id: &'b DivisionId) -> &'b str {
        self.tree.get(id).map_or(id.as_str(), |division| &division.name)
    }

    /// The divisions that have published, in the order of ids.
    pub(crate) fn publishing(&self) -> impl Iterator<Item = &'a DivisionId> {
        self.ranges.keys().copied()
    }

    pub(crate) fn edition_root(&self) -> Digest {
        self.edition.root()
    }

    pub(crate) fn item_count(&self) -> usize {
        self.catalogs.iter().map(|ready| ready.items.len()).sum()
    }
}

fn ranges<'a>(catalogs: &[Ready<'a>]) -> BTreeMap<&'a DivisionId, std::ops::Range<usize>> {
    let mut ranges: BTreeMap<&DivisionId, std::ops::Range<usize>> = BTreeMap::new();
    for (index, ready) in catalogs.iter().enumerate() {
        ranges.entry(&ready.part.catalog.division).or_insert(index..index).end = index + 1;
    }
    ranges
}

/// The records are those of the edition's day already; the latest day keeps all of them.
fn latest_day(divisions: &[Division]) -> Day {
    divisions.iter().map(|division| &division.from).max().cloned().unwrap_or_else(Day::earliest)
}

fn check_amounts(input: &Consolidation) -> Result<(), PublishError> {
    let items = input.catalogs.iter().map(|part| part.items.len()).sum();
    let files = 2 * input.catalogs.len() + 2 * input.divisions.len() + input.domains.len();
    for (what, count, limit) in [("items", items, ITEMS_MAX), ("files", files, FILES_MAX - 20)] {
        if count > limit {
            return Err(PublishError::TooMany { what, count, limit });
        }
    }
    Ok(())
}

/// Names and everything else outside a catalog that its pages show.
struct Names<'a> {
    domains: BTreeMap<&'a DomainSlug, &'a DomainName>,
    tree: &'a Tree,
    /// Generator, templates, issuer and vocabulary: a change of any renders all catalogs again.
    shared: Digest,
}

impl<'a> Names<'a> {
    fn new(input: &'a Consolidation, tree: &'a Tree) -> Self {
        let vocabulary = serde_json::to_vec(&input.vocabulary).unwrap_or_default();
        let parts =
            [input.generator.as_bytes(), input.issuer.name.as_bytes(), &vocabulary, &page::sources().to_bytes()];
        let domains = input.domains.iter().map(|domain| (&domain.slug, domain)).collect();
        Self { domains, tree, shared: Digest::of("gongkai edition inputs v1", &parts) }
    }

    /// Id, name and level from the root to the division.
    fn path(&self, division: &DivisionId) -> Vec<[&str; 3]> {
        let named = |id: &DivisionId| self.tree.get(id).map(|d| [d.id.as_str(), d.name.as_str(), d.level.as_str()]);
        self.tree.path(division).iter().filter_map(named).collect()
    }
}

impl<'a> Ready<'a> {
    fn new(part: &'a CatalogPart, names: &Names<'_>) -> Result<Self, PublishError> {
        let id = &part.catalog;
        let Some(division) = names.tree.get(&id.division) else {
            return Err(PublishError::UnknownDivision(id.division.clone()));
        };
        let Some(domain) = names.domains.get(&id.domain) else {
            return Err(PublishError::UnknownDomain(id.domain.clone()));
        };
        let title = match part.title.trim() {
            "" => format!("{}{}领域政务公开事项标准目录", division.name, domain.name),
            title => title.to_owned(),
        };
        let (items, root) = ready_items(part)?;
        let inputs =
            catalog_inputs(part, &items, &[names.shared.to_string(), domain.name.clone()], &names.path(&id.division));
        Ok(Self { part, title, items, root, inputs })
    }

    /// The catalog's line in the edition's tree.
    fn line(&self) -> EditionCatalog {
        EditionCatalog {
            catalog: self.part.catalog.clone(),
            revision: self.part.revision,
            submission: self.part.submission,
            // `check_amounts` has refused more items than ITEMS_MAX.
            items: u32::try_from(self.items.len()).unwrap_or(u32::MAX),
            root: self.root,
        }
    }

    /// The items by id, as manifest and leaves list them.
    pub(crate) fn by_id(&self) -> Vec<&ReadyItem<'a>> {
        let mut items: Vec<&ReadyItem<'_>> = self.items.iter().collect();
        items.sort_by(|a, b| a.part.id.cmp(&b.part.id));
        items
    }
}

/// Checks every digest, makes leaves in the order of ids, and returns the items in the order shown.
fn ready_items(part: &CatalogPart) -> Result<(Vec<ReadyItem<'_>>, Digest), PublishError> {
    let mut sorted: Vec<&ItemPart> = part.items.iter().collect();
    sorted.sort_by(|a, b| a.id.cmp(&b.id));
    let mut seen = BTreeSet::new();
    for item in &sorted {
        if !seen.insert(&item.id) {
            return Err(PublishError::Twice { what: format!("item `{}` of catalog `{}`", item.id, part.catalog) });
        }
        if item.item.digest() != item.digest {
            return Err(PublishError::ItemDigest { catalog: part.catalog.clone(), item: item.id.clone() });
        }
        if !item.item.as_json().ends_with('}') {
            return Err(PublishError::NotCanonical { catalog: part.catalog.clone(), item: item.id.clone() });
        }
    }
    let tree = merkle::item_tree(&part.catalog, sorted.iter().map(|item| (&item.id, &item.digest)));
    let mut items: Vec<ReadyItem<'_>> = sorted
        .iter()
        .enumerate()
        .map(|(index, part)| ReadyItem { part, item: part.item.decode(), proof: tree.path(index) })
        .collect();
    items.sort_by(|a, b| (a.part.order, &a.part.id).cmp(&(b.part.order, &b.part.id)));
    Ok((items, tree.root()))
}

/// Digests all that a catalog's page, data file and sheet are made from.
fn catalog_inputs(part: &CatalogPart, items: &[ReadyItem<'_>], shared: &[String], path: &[[&str; 3]]) -> Digest {
    let about = (&part.catalog, &part.title, &part.header, &part.revision, &part.submission, &part.decisions);
    let approval = (&part.approved_by_division, &part.approved_by_department, part.approved_at_ms);
    let items: Vec<_> = items.iter().map(|i| (&i.part.id, i.part.order, &i.part.serial, &i.part.digest)).collect();
    // Tuples of text and numbers always serialise.
    let json = serde_json::to_vec(&(about, approval, items, shared, path)).unwrap_or_default();
    Digest::of("gongkai catalog inputs v1", &[&json])
}

/// The order in which pages list divisions: by current code, then by id.
pub(crate) fn by_code<'t>(tree: &'t Tree, ids: impl Iterator<Item = &'t DivisionId>) -> Vec<&'t Division> {
    let mut divisions: Vec<&Division> = ids.filter_map(|id| tree.get(id)).collect();
    divisions.sort_by(|a, b| (&a.code, &a.id).cmp(&(&b.code, &b.id)));
    divisions
}

/// A catalog's anchor for an item.
pub(crate) fn anchor(catalog: &CatalogId, item: &str) -> String {
    format!("{}#item-{item}", crate::path::catalog_page(catalog))
}
