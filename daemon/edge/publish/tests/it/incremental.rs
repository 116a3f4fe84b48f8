//! Same input, same bytes; an unchanged catalog is copied; a difference names what changed.
//!
//! Invariant: an edition rendered with reuse equals the same edition rendered without.

use std::fs;

use gongkai_model::digest::Digest;
use gongkai_publish::{Consolidation, PublishError, partial_path, render};

use crate::{
    sample,
    support::{Place, files, next},
};

/// Changes one item of the new 新台子镇 catalog.
fn change_one_item(input: &mut Consolidation) {
    let catalog =
        input.catalogs.iter_mut().find(|part| part.catalog.to_string() == "211221100/social-assistance").unwrap();
    let mut item = catalog.items[2].item.decode();
    item.time_limit_text = "信息形成或者变更之日起10个工作日内".to_owned();
    catalog.items[2] = sample::part(catalog.items[2].id.as_str(), catalog.items[2].order, &item);
    catalog.revision = Digest::of("sample", &[b"next revision"]);
}

#[test]
fn the_same_input_gives_the_same_bytes_whatever_the_order_of_its_lists() {
    let place = Place::new();
    let (first, _) = place.sample();
    let other = Place::new();
    let mut shuffled = sample::consolidation();
    shuffled.catalogs.reverse();
    shuffled.divisions.reverse();
    shuffled.missing.rotate_left(5);
    for catalog in &mut shuffled.catalogs {
        catalog.items.reverse();
    }
    let (second, _) = other.publish(&shuffled, None);
    let (first, second) = (files(&first), files(&second));
    assert!(first.len() > 60, "{} files", first.len());
    assert_eq!(first.keys().collect::<Vec<_>>(), second.keys().collect::<Vec<_>>());
    for (path, bytes) in &first {
        assert!(bytes == &second[path], "{path} differs");
    }
}

#[test]
fn one_changed_item_renders_one_catalog_and_is_the_difference() {
    let place = Place::new();
    let input = sample::consolidation();
    let (first, rendered) = place.publish(&input, None);
    assert_eq!((rendered.catalogs_rendered, rendered.catalogs_copied), (12, 0));
    assert_eq!(rendered.difference, None);

    let mut second = next(&input, &first);
    change_one_item(&mut second);
    let (directory, rendered) = place.publish(&second, Some(&first));
    assert_eq!((rendered.catalogs_rendered, rendered.catalogs_copied), (1, 11));
    assert_eq!((rendered.workbooks_rendered, rendered.workbooks_copied), (1, 7));
    let difference = rendered.difference.unwrap();
    assert!(difference.catalogs_added.is_empty() && difference.catalogs_removed.is_empty());
    assert_eq!(difference.catalogs_changed.len(), 1);
    assert_eq!(difference.catalogs_changed[0].catalog.to_string(), "211221100/social-assistance");
    let changed: Vec<_> = difference.catalogs_changed[0].changed.iter().map(|item| item.name.as_str()).collect();
    assert_eq!(changed, ["办事指南"]);
    let totals = difference.totals();
    assert_eq!((totals.added, totals.changed, totals.removed), (0, 1, 0));

    let afresh = place.edition(99);
    let without = render(&second, &afresh, None).unwrap();
    assert_eq!(without.catalogs_rendered, 12);
    assert!(files(&directory) == files(&afresh), "reuse changed a byte");
}

#[test]
fn added_and_removed_items_and_catalogs_are_told_apart() {
    let place = Place::new();
    let input = sample::consolidation();
    let (first, _) = place.publish(&input, None);
    let mut second = next(&input, &first);
    second.catalogs.remove(0);
    second.catalogs.push(sample::catalog("211282100", "agricultural-subsidies", "township", 5));
    let changed = &mut second.catalogs[1];
    changed.items.pop();
    changed.items.push(sample::part("new-1", 90, &sample::item("county", 40)));
    changed.revision = Digest::of("sample", &[b"other"]);
    second.catalogs[2].revision = Digest::of("sample", &[b"only the header"]);
    let difference = place.publish(&second, Some(&first)).1.difference.unwrap();
    assert_eq!(difference.catalogs_added[0].items, 5);
    assert_eq!(difference.catalogs_removed[0].items, 12);
    let totals = difference.totals();
    assert_eq!((totals.added, totals.changed, totals.removed), (6, 0, 13));
    let only_header = difference.catalogs_changed.iter().filter(|c| c.added.is_empty() && c.removed.is_empty());
    assert_eq!(only_header.count(), 1);
}

#[test]
fn a_changed_file_of_the_previous_edition_is_not_carried_on() {
    let place = Place::new();
    let input = sample::consolidation();
    let (first, _) = place.publish(&input, None);
    let second = next(&input, &first);
    fs::write(first.join("c/211200/work-safety.html"), "forged").unwrap();
    let (directory, rendered) = place.publish(&second, Some(&first));
    assert_eq!((rendered.catalogs_rendered, rendered.catalogs_copied), (1, 11));
    assert!(!fs::read_to_string(directory.join("c/211200/work-safety.html")).unwrap().contains("forged"));

    // Another manifest than the journal's: nothing is taken from that directory.
    fs::write(first.join("manifest.json"), "{}").unwrap();
    let rendered = render(&second, &partial_path(&place.edition(9)), Some(&first)).unwrap();
    assert_eq!(rendered.catalogs_copied, 0);
}

#[test]
fn a_new_name_renders_what_shows_it() {
    let place = Place::new();
    let input = sample::consolidation();
    let (first, _) = place.publish(&input, None);
    let mut second = next(&input, &first);
    let domain = second.domains.iter_mut().find(|domain| domain.slug.as_str() == "work-safety").unwrap();
    domain.name = "安全生产与应急".to_owned();
    let rendered = place.publish(&second, Some(&first)).1;
    assert_eq!((rendered.catalogs_rendered, rendered.catalogs_copied), (1, 11));
}

/// Spoils the input in one way.
type Spoil = fn(&mut Consolidation);

#[test]
fn a_wrong_input_is_refused_by_code_and_leaves_nothing() {
    let cases: &[(&str, Spoil)] = &[
        ("GK-PUB-002", |input| input.catalogs.push(input.catalogs[0].clone())),
        ("GK-PUB-002", |input| {
            let again = input.catalogs[0].items[0].clone();
            input.catalogs[0].items.push(again);
        }),
        ("GK-PUB-003", |input| input.catalogs[0].items[0].digest = Digest::of("sample", &[b"another"])),
        ("GK-PUB-004", |input| input.divisions.retain(|division| division.id.as_str() != "211200")),
        ("GK-PUB-005", |input| input.domains.retain(|domain| domain.slug.as_str() != "work-safety")),
        ("GK-PUB-014", |input| {
            let item = &mut input.catalogs[0].items[0];
            item.item = gongkai_model::item::CanonicalItem::from_json("{\"level1\":\"x\"} ").unwrap();
            item.digest = item.item.digest();
        }),
        ("GK-PUB-007", |input| {
            let manifest_bytes = b"{}".to_vec();
            let manifest = Digest::of("sample", &[b"not its digest"]);
            input.number = 2;
            input.previous = Some(gongkai_publish::PreviousEdition { number: 1, manifest, manifest_bytes });
        }),
    ];
    for (code, spoil) in cases {
        let place = Place::new();
        let mut input = sample::consolidation();
        spoil(&mut input);
        let partial = partial_path(&place.edition(1));
        let error: PublishError = render(&input, &partial, None).unwrap_err();
        assert_eq!(error.code(), *code, "{error}");
        assert!(!error.hint().is_empty());
        assert!(!partial.exists(), "{code}");
    }
}
