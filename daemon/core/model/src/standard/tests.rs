//! Claims about standards: what a catalog keeps, takes and shows when its standard changes.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::{
    id::ItemId,
    item::Item,
    revision::{Header, Revision, Row, Slot, match_items},
};

/// Items of the generated standards; few, so that both sides meet often.
const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];

type Words = BTreeMap<&'static str, (u8, u8)>;

fn id(text: &str) -> ItemId {
    ItemId::parse(text).unwrap()
}

fn standard_id() -> StandardId {
    StandardId::parse("211200/social-assistance/guideline").unwrap()
}

fn catalog() -> CatalogId {
    CatalogId::parse("211221101/social-assistance").unwrap()
}

fn facts(version: &str) -> StandardFacts {
    StandardFacts {
        kind: StandardKind::Guideline,
        version: version.to_owned(),
        doc_no: String::new(),
        authority: "民政部办公厅".to_owned(),
        provenance: "national".to_owned(),
        from_catalog: None,
        note: String::new(),
    }
}

/// An item with two elements to change.
fn item(name: &str, (content, limit): (u8, u8)) -> Item {
    Item {
        level2: name.to_owned(),
        content: format!("内容{content}"),
        time_limit_text: format!("{limit}个工作日"),
        ..Item::default()
    }
}

fn revision(catalog: CatalogId, words: &Words) -> Revision {
    let slot = |(order, (name, words)): (u32, (&&str, &(u8, u8)))| {
        (id(name), Slot::new((order + 1) * 1024, String::new(), item(name, *words).to_canonical()))
    };
    let header = Header { title: "社会救助".to_owned(), ..Header::default() }.to_canonical();
    Revision { catalog, parents: Vec::new(), header, items: (0u32..).zip(words).map(slot).collect() }
}

fn standard(words: &Words) -> Revision {
    revision(standard_id().content_id(), words)
}

fn owned((id, slot): (&ItemId, &Slot)) -> (ItemId, Slot) {
    (id.clone(), slot.clone())
}

/// Makes a catalog say these words, its origins kept.
fn with_words(local: &Revision, words: &Words) -> Revision {
    let mut changed = local.clone();
    changed.items = local.items.iter().filter(|(id, _)| words.contains_key(id.as_str())).map(owned).collect();
    for (name, said) in words {
        let before = changed.items.get(&id(name)).cloned();
        let origin = before.as_ref().and_then(|slot| slot.item().decode().origin);
        let (order, serial) = before.map_or((1, String::new()), |slot| (slot.order, slot.serial));
        let said = Item { origin, ..item(name, *said) }.to_canonical();
        changed.items.insert(id(name), Slot::new(order, serial, said));
    }
    changed
}

fn started(words: &Words) -> Revision {
    let (id, facts, content) = (standard_id(), facts("v1"), standard(words));
    start(&catalog(), &Template { id: &id, facts: &facts, content: &content }, Header::default())
}

fn moved(before: Option<&Revision>, after: &Revision, local: &Revision, taken: &[&str]) -> Rebased {
    let (standard, facts) = (standard_id(), facts("v2"));
    let taken: BTreeSet<ItemId> = taken.iter().map(|name| id(name)).collect();
    let onto = Template { id: &standard, facts: &facts, content: after };
    rebase(&Rebase { before, onto, local, parents: Vec::new(), taken: &taken, kept: &BTreeSet::new() })
}

fn outcome(rebased: &Rebased, name: &str) -> Outcome {
    rebased.items.iter().find(|item| item.item == id(name)).unwrap().outcome
}

fn words(list: &[(&'static str, (u8, u8))]) -> Words {
    list.iter().copied().collect()
}

#[test]
fn a_catalog_begins_as_its_standard_and_remembers_each_item() {
    let said = words(&[("a", (1, 1)), ("b", (1, 1))]);
    let local = started(&said);
    assert_eq!(local.header.decode().standard.unwrap().revision, standard(&said).digest());
    let origin = local.items[&id("a")].item().decode().origin.unwrap();
    assert_eq!((origin.item.as_str(), origin.provenance.as_str()), ("a", "national"));
    assert_eq!(compare(&standard(&said), &local).same.len(), 2);
    assert_eq!(provenances(&with_words(&local, &words(&[("a", (1, 1)), ("z", (1, 1))])))["local"], 1);
    // A standard that stands on a higher one hands that one's provenance down.
    let (own, own_facts) = (
        StandardId::parse("211200/social-assistance/common").unwrap(),
        StandardFacts { provenance: "provincial".to_owned(), ..facts("2021") },
    );
    let below = start(&catalog(), &Template { id: &own, facts: &own_facts, content: &local }, Header::default());
    assert_eq!(below.items[&id("a")].item().decode().origin.unwrap().provenance, "national");
}

#[test]
fn a_workbook_keeps_where_its_items_come_from() {
    let said = words(&[("a", (1, 1)), ("b", (1, 1))]);
    let local = started(&said);
    let row = |name: &str, said| Row { item: item(name, said), serial: String::new() };
    let matched =
        match_items(Some(&local), vec![row("a", (1, 1)), row("b", (2, 1)), row("n", (1, 1))], || id("new")).unwrap();
    assert_eq!((matched.unchanged, matched.changed), (vec![id("a")], vec![id("b")]));
    assert_eq!(matched.items[&id("b")].item().decode().origin.unwrap().item, "b");
    assert_eq!(matched.items[&id("new")].item().decode().origin, None);
}

#[test]
fn missing_changed_and_extra_are_told_element_by_element() {
    let local = with_words(
        &started(&words(&[("a", (1, 1)), ("b", (1, 1)), ("c", (1, 1))])),
        &words(&[("a", (1, 1)), ("b", (1, 9)), ("z", (1, 1))]),
    );
    let found = compare(&standard(&words(&[("a", (1, 1)), ("b", (1, 1)), ("c", (1, 1))])), &local);
    assert_eq!((found.same, found.missing, found.extra), (vec![id("a")], vec![id("c")], vec![id("z")]));
    let changed = &found.changed[0];
    assert_eq!(changed.elements.len(), 1);
    assert_eq!(changed.elements[0].element, "time_limit_text");
}

#[test]
fn a_catalog_that_began_alone_is_met_by_name() {
    let mut local = revision(catalog(), &words(&[("a", (1, 1)), ("b", (7, 1))]));
    local.items = local.items.iter().map(|(item, slot)| (id(&format!("own-{item}")), slot.clone())).collect();
    let after = standard(&words(&[("a", (1, 1)), ("b", (1, 1)), ("c", (1, 1))]));
    let rebased = moved(None, &after, &local, &[]);
    assert_eq!(outcome(&rebased, "own-a"), Outcome::Same);
    assert_eq!(outcome(&rebased, "own-b"), Outcome::Kept);
    assert_eq!(outcome(&rebased, "c"), Outcome::Added);
    assert_eq!(rebased.revision.items[&id("own-a")], local.items[&id("own-a")], "what says the same keeps its bytes");
}

#[test]
fn each_outcome_has_its_case() {
    let before = standard(&words(&[("a", (1, 1)), ("b", (1, 1)), ("c", (1, 1)), ("d", (1, 1)), ("e", (1, 1))]));
    let after = standard(&words(&[("a", (2, 1)), ("b", (2, 1)), ("c", (2, 1)), ("n", (1, 1)), ("e", (1, 1))]));
    let local = with_words(
        &started(&words(&[("a", (1, 1)), ("b", (1, 1)), ("c", (1, 1)), ("d", (1, 1)), ("e", (1, 1))])),
        &words(&[("a", (1, 1)), ("b", (1, 9)), ("c", (9, 1)), ("d", (1, 1)), ("x", (1, 1))]),
    );
    let rebased = moved(Some(&before), &after, &local, &[]);
    for (name, expected) in [
        ("a", Outcome::Taken),
        ("b", Outcome::Merged),
        ("c", Outcome::Clash),
        ("d", Outcome::Removed),
        ("e", Outcome::Missing),
        ("n", Outcome::Added),
        ("x", Outcome::Extra),
    ] {
        assert_eq!(outcome(&rebased, name), expected, "{name}");
    }
    let said = |name: &str| {
        let item = rebased.revision.items[&id(name)].item().decode();
        (item.content, item.time_limit_text)
    };
    assert_eq!(said("b"), ("内容2".to_owned(), "9个工作日".to_owned()));
    assert_eq!(said("c"), ("内容9".to_owned(), "1个工作日".to_owned()), "until a person decides");
    let clash = &rebased.items.iter().find(|item| item.item == id("c")).unwrap().clashes[0];
    assert_eq!(
        (clash.element.as_str(), clash.base.as_str(), clash.standard.as_str(), clash.local.as_str()),
        ("content", "内容1", "内容2", "内容9")
    );
    let decided = moved(Some(&before), &after, &local, &["c"]);
    assert_eq!(outcome(&decided, "c"), Outcome::Taken);
    assert_eq!(decided.revision.items[&id("c")].item().decode().content, "内容2");
}

fn any_words() -> impl Strategy<Value = Words> {
    let said = proptest::option::of((0u8..3, 0u8..3));
    proptest::collection::vec(said, NAMES.len())
        .prop_map(|list| NAMES.into_iter().zip(list).filter_map(|(name, said)| Some((name, said?))).collect())
}

fn element(revision: &Revision, name: &str) -> Option<(String, String)> {
    let item = revision.items.get(&id(name))?.item().decode();
    Some((item.content, item.time_limit_text))
}

proptest! {
    #[test]
    fn onto_the_same_version_changes_nothing(first in any_words(), here in any_words()) {
        let before = standard(&first);
        let local = with_words(&started(&first), &here);
        let rebased = moved(Some(&before), &before, &local, &[]);
        prop_assert!(rebased.revision.has_same_content(&local));
        prop_assert_eq!(rebased.count(Outcome::Clash), 0);
    }

    #[test]
    fn no_local_deviation_is_lost(first in any_words(), second in any_words(), here in any_words()) {
        let (before, after) = (standard(&first), standard(&second));
        let local = with_words(&started(&first), &here);
        let rebased = moved(Some(&before), &after, &local, &[]);
        let result = &rebased.revision;
        for name in NAMES {
            let (base, ours, then) = (element(&before, name), element(&local, name), element(result, name));
            match (base, ours) {
                (base, Some(ours)) if base.as_ref() != Some(&ours) => {
                    let then = then.ok_or_else(|| TestCaseError::fail(format!("{name} was lost")))?;
                    let base = base.unwrap_or_default();
                    prop_assert!(ours.0 == base.0 || then.0 == ours.0, "the content of {}", name);
                    prop_assert!(ours.1 == base.1 || then.1 == ours.1, "the limit of {}", name);
                }
                (Some(_), None) => {
                    let is_asked = rebased.items.iter().any(|item| item.item == id(name) && !item.clashes.is_empty());
                    prop_assert!(then.is_none() || is_asked, "{} comes back by itself", name);
                }
                (Some(_) | None, _) => {}
            }
        }
    }

    #[test]
    fn what_was_not_changed_here_is_the_newer_version(first in any_words(), second in any_words()) {
        let (before, after) = (standard(&first), standard(&second));
        let rebased = moved(Some(&before), &after, &started(&first), &[]);
        prop_assert_eq!(compare(&after, &rebased.revision).same.len(), after.items.len());
        prop_assert_eq!(rebased.revision.items.len(), after.items.len());
        prop_assert_eq!(rebased.count(Outcome::Clash), 0);
    }

    #[test]
    fn twice_is_once_and_every_item_is_told_once(first in any_words(), second in any_words(), here in any_words()) {
        let (before, after) = (standard(&first), standard(&second));
        let local = with_words(&started(&first), &here);
        let once = moved(Some(&before), &after, &local, &[]);
        let told: BTreeSet<&ItemId> = once.items.iter().map(|item| &item.item).collect();
        prop_assert_eq!(told.len(), once.items.len());
        prop_assert!(local.items.keys().chain(after.items.keys()).all(|id| told.contains(id)));
        let twice = moved(Some(&after), &after, &once.revision, &[]);
        prop_assert!(twice.revision.has_same_content(&once.revision));
    }
}
