//! What is a conflict and what is none, kind by kind, and the ids.

use super::{
    heads::{Parents, nearest_common},
    *,
};
use crate::{item::Item, revision::Header, revision::Slot};

fn digest(name: &str) -> Digest {
    Digest::of("test", &[name.as_bytes()])
}

fn graph(edges: &[(&str, &[&str])]) -> Parents {
    edges.iter().map(|(child, of)| (digest(child), of.iter().map(|name| digest(name)).collect())).collect()
}

#[test]
fn the_common_ground_is_the_latest_state_that_both_follow() {
    let graph = graph(&[("b", &["a"]), ("c", &["b"]), ("x", &["b"]), ("m", &["c", "x"]), ("y", &["x"])]);
    for (one, other, base) in [
        ("c", "x", Some("b")),
        ("x", "c", Some("b")),
        ("m", "y", Some("x")),
        ("c", "b", Some("b")),
        ("c", "stranger", None),
    ] {
        assert_eq!(nearest_common(&graph, digest(one), digest(other)), base.map(digest), "{one} {other}");
    }
}

#[test]
fn an_id_is_the_same_from_either_side_and_another_for_another_pair_or_kind() {
    let (a, b, c) = (digest("a"), digest("b"), digest("c"));
    let id = |kind: ConflictKind, sides: &[Digest]| digest_of(kind, "211221100/social-assistance", sides).short();
    let of = |sides: &[Digest]| id(ConflictKind::Submissions, sides);
    assert_eq!(of(&[a, b]), of(&[b, a]));
    assert_ne!(of(&[a, b]), of(&[a, c]));
    assert_eq!(of(&[a, b]).len(), 12);
    let ids: BTreeSet<String> = ConflictKind::ALL.iter().map(|kind| id(*kind, &[a, b])).collect();
    assert_eq!(ids.len(), ConflictKind::ALL.len());
}

/// A catalog's only item: name, bodies, levels.
fn one(catalog: &str, name: &str, subject: &[&str], levels: &[&str]) -> Claims {
    let catalog = CatalogId::parse(catalog).unwrap();
    let item = Item {
        level1: "社会救助".to_owned(),
        level2: name.to_owned(),
        subject: subject.iter().map(|body| (*body).to_owned()).collect(),
        levels: levels.iter().map(|level| (*level).to_owned()).collect(),
        ..Item::default()
    };
    let slot = Slot::new(1, "1".to_owned(), item.to_canonical());
    let revision = Revision {
        catalog: catalog.clone(),
        parents: Vec::new(),
        header: Header::default().to_canonical(),
        items: [(ItemId::parse("a").unwrap(), slot)].into(),
    };
    let side = Side {
        kind: SideKind::Submission,
        revision: revision.digest(),
        entry: digest(name),
        author: catalog.division.clone(),
        operator: None,
        at_ms: 0,
        items: 1,
    };
    let level = if catalog.division.as_str().len() == 6 { "county" } else { "township" };
    Claims { catalog, side, claims: claims(&revision, level), settled: Vec::new() }
}

fn found(all: &[Claims]) -> Vec<Conflict> {
    matters(all, &|above, below| above != below && below.as_str().starts_with(above.as_str()))
}

const COUNTY: &str = "211221/social-assistance";
const TOWN: &str = "211221101/social-assistance";

#[test]
fn a_matter_is_claimed_twice_only_where_two_named_bodies_exclude_each_other_at_one_level() {
    let county = || one(COUNTY, "临时救助", &["铁岭县民政局"], &["county", "township"]);
    let town = |name: &str, subject: &[&str], levels: &[&str]| one(TOWN, name, subject, levels);
    for (what, lower, is_found) in [
        ("both claim the township level", town("临时救助", &["新台子镇人民政府"], &["township"]), true),
        ("no level named means its own", town("临时救助", &["新台子镇人民政府"], &[]), true),
        ("two levels in one word", town("临时救助", &["新台子镇人民政府"], &["township-village"]), true),
        ("spelled with other signs", town(" 临时救助 ", &["新台子镇人民政府"], &["township"]), true),
        ("each at its own level", town("临时救助", &["新台子镇人民政府"], &["village"]), false),
        ("they do it together", town("临时救助", &["新台子镇人民政府", "铁岭县民政局"], &[]), false),
        ("only a kind of organ", town("临时救助", &["民政部门"], &[]), false),
        ("nobody is named", town("临时救助", &[], &[]), false),
        ("another matter", town("医疗救助", &["新台子镇人民政府"], &[]), false),
        ("another domain", one("211221101/work-safety", "临时救助", &["新台子镇人民政府"], &[]), false),
    ] {
        let both = found(&[county(), lower.clone()]);
        assert_eq!(!both.is_empty(), is_found, "{what}");
        let turned = found(&[lower, county()]);
        assert_eq!(both, turned, "{what}: the order of catalogs says nothing");
    }
    let siblings = [
        one("211221101/social-assistance", "临时救助", &["新台子镇人民政府"], &[]),
        one("211221102/social-assistance", "临时救助", &["凡河镇人民政府"], &[]),
    ];
    assert_eq!(found(&siblings), [], "siblings each do their own");
}

#[test]
fn a_settled_matter_is_gone_until_a_claim_changes() {
    let county = one(COUNTY, "临时救助", &["铁岭县民政局"], &["county", "township"]);
    let mut town = one(TOWN, "临时救助", &["新台子镇人民政府"], &["township"]);
    let both = found(&[county.clone(), town.clone()]);
    let [conflict] = both.as_slice() else { unreachable!("{both:?}") };
    assert_eq!((conflict.catalog.to_string().as_str(), conflict.ours.author.as_str()), (TOWN, "211221"));
    assert_eq!(conflict.upper.as_ref().unwrap().0.to_string(), COUNTY);
    town.settled.push(conflict.digest);
    assert_eq!(found(&[county.clone(), town.clone()]), []);
    // Other words of the item are no other claim; another body is.
    town.side.revision = digest("later");
    assert_eq!(found(&[county.clone(), town.clone()]), []);
    town.claims[0].subject = vec!["新台子镇民政办公室".to_owned()];
    assert_eq!(found(&[county, town]).len(), 1);
}
