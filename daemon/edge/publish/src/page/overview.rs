//! The first page: what the edition holds by level, division and domain, what is missing, what changed.

use std::collections::BTreeMap;

use askama::Template;

use gongkai_model::{
    id::{CatalogId, DivisionId},
    tree::Division,
};

use crate::{
    day,
    difference::{CatalogDifference, CatalogItems, Difference, ItemName, Totals},
    error::PublishError,
    path,
    prepared::{Prepared, anchor, by_code},
};

use super::{Frame, Place, amounts, filled};

/// Most changed items named on the page; the rest is in data/difference.json.
const CHANGES_SHOWN_MAX: usize = 300;

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage<'a> {
    frame: Frame<'a>,
    number: u64,
    published: String,
    published_at: String,
    edition_root: String,
    division_count: usize,
    published_count: usize,
    domain_count: usize,
    catalog_count: usize,
    item_count: usize,
    missing_count: usize,
    levels: Vec<LevelLine<'a>>,
    groups: Vec<Group<'a>>,
    domains: Vec<DomainLine<'a>>,
    missing: Vec<MissingGroup<'a>>,
    changes: Option<Changes>,
}

struct LevelLine<'a> {
    name: &'a str,
    divisions: usize,
    published: usize,
    catalogs: usize,
    items: usize,
}

/// A division and all below it.
struct Group<'a> {
    head: DivisionLine<'a>,
    members: Vec<DivisionLine<'a>>,
    /// Items of the head and all members.
    items: usize,
    published: usize,
}

struct DivisionLine<'a> {
    name: &'a str,
    href: String,
    catalogs: usize,
    items: usize,
}

struct DomainLine<'a> {
    name: &'a str,
    href: String,
    catalogs: usize,
    items: usize,
}

struct MissingGroup<'a> {
    division: &'a str,
    href: String,
    /// Reason, and the domains that it holds for.
    reasons: Vec<(&'a str, String)>,
}

struct Changes {
    from: u64,
    totals: Totals,
    is_empty: bool,
    catalogs: Vec<ChangedCatalog>,
    not_shown: usize,
}

struct ChangedCatalog {
    name: String,
    href: String,
    what: &'static str,
    items: Vec<ChangedItem>,
}

struct ChangedItem {
    sign: &'static str,
    word: &'static str,
    name: String,
    href: String,
}

/// `index.html`.
pub(super) fn overview_page(prepared: &Prepared<'_>, difference: Option<&Difference>) -> Result<String, PublishError> {
    let input = prepared.input;
    let domains = domain_lines(prepared);
    let page = OverviewPage {
        frame: Frame::new(prepared, "", format!("政务公开事项标准目录 第{}版", input.number), Place::Overview),
        number: input.number,
        published: day::chinese(input.published_at_ms),
        published_at: day::rfc3339(input.published_at_ms),
        edition_root: prepared.edition_root().to_string(),
        division_count: prepared.tree.len(),
        published_count: prepared.publishing().count(),
        domain_count: domains.iter().filter(|line| line.catalogs > 0).count(),
        catalog_count: prepared.catalogs.len(),
        item_count: prepared.item_count(),
        missing_count: prepared.missing.len(),
        levels: level_lines(prepared),
        groups: groups(prepared),
        domains,
        missing: missing_groups(prepared),
        changes: difference.map(|difference| changes(prepared, difference)),
    };
    filled(path::INDEX, &page)
}

/// In the vocabulary's order, then levels that it does not know.
fn level_lines<'b>(prepared: &'b Prepared<'_>) -> Vec<LevelLine<'b>> {
    let terms = &prepared.input.vocabulary.levels;
    let mut levels: BTreeMap<(usize, &str), LevelLine<'_>> = BTreeMap::new();
    for division in prepared.tree.divisions() {
        let rank = terms.iter().position(|term| term.slug == division.level).unwrap_or(usize::MAX);
        let name = terms.label(&division.level);
        let empty = || LevelLine { name, divisions: 0, published: 0, catalogs: 0, items: 0 };
        let line = levels.entry((rank, &division.level)).or_insert_with(empty);
        let (catalogs, items) = amounts(prepared.of_division(&division.id));
        line.divisions += 1;
        line.published += usize::from(catalogs > 0);
        line.catalogs += catalogs;
        line.items += items;
    }
    levels.into_values().collect()
}

/// One group for each top division alone, then one for each division below it with all of its own.
fn groups<'b>(prepared: &'b Prepared<'_>) -> Vec<Group<'b>> {
    let roots = by_code(&prepared.tree, prepared.tree.roots().map(|division| &division.id));
    let mut groups = Vec::new();
    for root in roots {
        groups.push(group(prepared, root, Vec::new()));
        for child in by_code(&prepared.tree, prepared.tree.children(&root.id)) {
            let mut members = Vec::new();
            collect_below(prepared, &child.id, &mut members);
            groups.push(group(prepared, child, members));
        }
    }
    groups
}

/// In the order of codes, each division before those below it; the tree has no loops and a bounded depth.
fn collect_below<'b>(prepared: &'b Prepared<'_>, id: &DivisionId, members: &mut Vec<&'b Division>) {
    for child in by_code(&prepared.tree, prepared.tree.children(id)) {
        members.push(child);
        collect_below(prepared, &child.id, members);
    }
}

fn group<'b>(prepared: &'b Prepared<'_>, head: &'b Division, members: Vec<&'b Division>) -> Group<'b> {
    let head = division_line(prepared, head);
    let members: Vec<DivisionLine<'_>> = members.into_iter().map(|d| division_line(prepared, d)).collect();
    let all = || std::iter::once(&head).chain(&members);
    let (items, published) = (all().map(|line| line.items).sum(), all().filter(|line| line.catalogs > 0).count());
    Group { head, members, items, published }
}

fn division_line<'b>(prepared: &Prepared<'_>, division: &'b Division) -> DivisionLine<'b> {
    let (catalogs, items) = amounts(prepared.of_division(&division.id));
    DivisionLine { name: &division.name, href: path::division_page(&division.id), catalogs, items }
}

fn domain_lines<'b>(prepared: &'b Prepared<'_>) -> Vec<DomainLine<'b>> {
    let mut amounts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for ready in &prepared.catalogs {
        let (catalogs, items) = amounts.entry(ready.part.catalog.domain.as_str()).or_default();
        (*catalogs, *items) = (*catalogs + 1, *items + ready.items.len());
    }
    let line = |domain: &'b crate::input::DomainName| {
        let (catalogs, items) = amounts.get(domain.slug.as_str()).copied().unwrap_or_default();
        DomainLine { name: &domain.name, href: path::domain_page(&domain.slug), catalogs, items }
    };
    prepared.input.domains.iter().map(line).collect()
}

/// A province lacks thousands of catalogs: one line a division, its domains joined by reason.
fn missing_groups<'b>(prepared: &'b Prepared<'_>) -> Vec<MissingGroup<'b>> {
    let group = |missing: &[&'b crate::input::Missing]| {
        let division = &missing[0].division;
        let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for one in missing {
            let domain = one.domain.as_ref().map_or("全部领域", |slug| prepared.domain_name(slug));
            reasons.entry(&one.why).or_default().push(domain);
        }
        MissingGroup {
            division: prepared.division_name(division),
            href: path::division_page(division),
            reasons: reasons.into_iter().map(|(why, domains)| (why, domains.join("、"))).collect(),
        }
    };
    prepared.missing.chunk_by(|a, b| a.division == b.division).map(group).collect()
}

fn changes(prepared: &Prepared<'_>, difference: &Difference) -> Changes {
    let mut catalogs = Vec::new();
    let whole = |what, is_there: bool| {
        move |one: &CatalogItems| ChangedCatalog {
            name: catalog_name(prepared, &one.catalog),
            href: if is_there { path::catalog_page(&one.catalog) } else { String::new() },
            what,
            items: Vec::new(),
        }
    };
    catalogs.extend(difference.catalogs_added.iter().map(whole("新增目录", true)));
    catalogs.extend(difference.catalogs_removed.iter().map(whole("撤下目录", false)));
    let (mut left, mut not_shown) = (CHANGES_SHOWN_MAX, 0);
    for one in &difference.catalogs_changed {
        let mut items = changed_items(one);
        let what = if items.is_empty() { "目录信息调整" } else { "" };
        not_shown += items.len().saturating_sub(left);
        items.truncate(left);
        left -= items.len();
        let (name, href) = (catalog_name(prepared, &one.catalog), path::catalog_page(&one.catalog));
        catalogs.push(ChangedCatalog { name, href, what, items });
    }
    Changes { from: difference.from, totals: difference.totals(), is_empty: difference.is_empty(), catalogs, not_shown }
}

fn catalog_name(prepared: &Prepared<'_>, id: &CatalogId) -> String {
    format!("{} · {}", prepared.division_name(&id.division), prepared.domain_name(&id.domain))
}

fn changed_items(one: &CatalogDifference) -> Vec<ChangedItem> {
    let item = |sign, word, is_there: bool| {
        move |item: &ItemName| ChangedItem {
            sign,
            word,
            name: if item.name.is_empty() { item.id.to_string() } else { item.name.clone() },
            href: if is_there { anchor(&one.catalog, item.id.as_str()) } else { String::new() },
        }
    };
    let added = one.added.iter().map(item("＋", "新增", true));
    let changed = one.changed.iter().map(item("∆", "修改", true));
    added.chain(changed).chain(one.removed.iter().map(item("－", "删除", false))).collect()
}
