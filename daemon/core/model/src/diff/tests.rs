//! Claims about differences: nothing is hidden, nothing is invented, and each element is compared as what it is.

use proptest::prelude::*;

use super::*;
use crate::{
    id::CatalogId,
    item::{Basis, TimeLimitKind},
    revision::Header,
};

fn item() -> Item {
    Item {
        level1: "社会救助".to_owned(),
        level2: "最低生活保障审核确认".to_owned(),
        content: "申请材料、办理流程、审核结果".to_owned(),
        basis: vec![basis("中华人民共和国政府信息公开条例", "第十条"), basis("社会救助暂行办法", "")],
        time_limit_text: "自信息形成之日起20个工作日内".to_owned(),
        subject: vec!["凡河镇人民政府".to_owned(), "铁岭县民政局".to_owned()],
        disclosure_mode: "proactive".to_owned(),
        channels: ["gov-website", "notice-board"].map(str::to_owned).into(),
        audience: ["public".to_owned()].into(),
        ..Item::default()
    }
}

fn basis(title: &str, article: &str) -> Basis {
    Basis { title: title.to_owned(), article: article.to_owned(), ..Basis::default() }
}

fn revision(items: &[(&str, u32, Item)]) -> Revision {
    let slot = |(id, order, item): &(&str, u32, Item)| {
        (ItemId::parse(id).unwrap(), Slot::new(*order, order.to_string(), item.to_canonical()))
    };
    Revision {
        catalog: CatalogId::parse("211221100/social-assistance").unwrap(),
        parents: Vec::new(),
        header: Header { title: "标题".to_owned(), ..Header::default() }.to_canonical(),
        items: items.iter().map(slot).collect(),
    }
}

fn between(before: &Item, after: &Item) -> Vec<(String, Change)> {
    let found = items(Some(&before.to_canonical()), Some(&after.to_canonical()));
    found.into_iter().map(|change| (change.element, change.change)).collect()
}

fn kept(text: &str) -> Segment {
    Segment::Kept(text.to_owned())
}

fn removed(text: &str) -> Segment {
    Segment::Removed(text.to_owned())
}

fn added(text: &str) -> Segment {
    Segment::Added(text.to_owned())
}

#[test]
fn a_limit_shows_its_words_and_what_they_mean() {
    let after = Item { time_limit_text: "自信息形成之日起15个工作日内".to_owned(), ..item() };
    let found = between(&item(), &after);
    let [(element, Change::Limit { words, before, after })] = found.as_slice() else { panic_with(&found) };
    assert_eq!(element, "time_limit_text");
    assert_eq!(*words, [kept("自信息形成之日起"), removed("20"), added("15"), kept("个工作日内")]);
    let read = |limits: &[TimeLimit]| limits.iter().map(|limit| (limit.kind, limit.number)).collect::<Vec<_>>();
    assert_eq!(read(before), [(TimeLimitKind::WithinDays, Some(20))]);
    assert_eq!(read(after), [(TimeLimitKind::WithinDays, Some(15))]);
}

#[expect(clippy::panic, reason = "a test stops at the first surprise")]
fn panic_with(found: &[(String, Change)]) -> ! {
    panic!("{found:?}")
}

#[test]
fn channels_and_laws_are_sets_and_the_lead_body_is_seen() {
    let mut after = item();
    after.channels = ["gov-website", "wechat"].map(str::to_owned).into();
    after.basis[0] = basis("中华人民共和国政府信息公开条例", "第二十条");
    after.subject.reverse();
    let set = |kept: &[&str], removed: &[&str], added: &[&str], is_reordered| {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<String>>();
        Change::Set { kept: texts(kept), removed: texts(removed), added: texts(added), is_reordered }
    };
    let expected = [
        (
            "basis".to_owned(),
            set(
                &["《社会救助暂行办法》"],
                &["《中华人民共和国政府信息公开条例》第十条"],
                &["《中华人民共和国政府信息公开条例》第二十条"],
                false,
            ),
        ),
        ("subject".to_owned(), set(&["凡河镇人民政府", "铁岭县民政局"], &[], &[], true)),
        ("channels".to_owned(), set(&["gov-website"], &["notice-board"], &["wechat"], false)),
    ];
    assert_eq!(between(&item(), &after), expected);
}

#[test]
fn a_field_of_a_newer_version_is_shown_and_further_columns_stand_alone() {
    let before = CanonicalItem::from_json(r#"{"extra":{"备注":"旧"},"level1":"甲","zz_new":3}"#).unwrap();
    let after = CanonicalItem::from_json(r#"{"extra":{"备注":"新"},"level1":"甲","zz_new":4}"#).unwrap();
    let found = items(Some(&before), Some(&after));
    let words = Change::Word { before: "3".to_owned(), after: "4".to_owned() };
    let expected = [
        ElementChange { element: "extra.备注".to_owned(), change: Change::Text(vec![removed("旧"), added("新")]) },
        ElementChange { element: "zz_new".to_owned(), change: words },
    ];
    assert_eq!(found, expected);
}

#[test]
fn order_is_a_move_and_no_difference_of_content() {
    let (a, b) = (item(), Item { level2: "临时救助".to_owned(), ..item() });
    let from = revision(&[("a", 1, a.clone()), ("b", 2, b.clone())]);
    let mut to = revision(&[("a", 2, a), ("b", 1, b)]);
    for (id, serial) in [("a", "1"), ("b", "2")] {
        to.items.get_mut(&ItemId::parse(id).unwrap()).unwrap().serial = serial.to_owned();
    }
    let found = revisions(Some(&from), &to);
    assert!(found.is_settled());
    assert_eq!((found.items.len(), found.unchanged), (1, 2));
    assert!(found.items.iter().all(|item| item.kind == ItemChangeKind::Moved && item.elements.is_empty()));
    assert_eq!(revisions(Some(&from), &from), RevisionDifference { unchanged: 2, ..RevisionDifference::default() });
}

#[test]
fn a_renamed_item_is_found_with_its_id_or_without() {
    let renamed = Item { level2: "最低生活保障审核确认(城市)".to_owned(), ..item() };
    let other = Item {
        level2: "残疾人两项补贴".to_owned(), content: "补贴标准、发放名册".to_owned(), ..item()
    };
    let from = revision(&[("a", 1, item())]);
    for (id, former) in [("a", None), ("x", Some(ItemId::parse("a").unwrap()))] {
        let found = revisions(Some(&from), &revision(&[(id, 1, renamed.clone())]));
        let [difference] = found.items.as_slice() else { unreachable!("{found:?}") };
        assert_eq!((difference.kind, &difference.former), (ItemChangeKind::Renamed, &former));
        assert_eq!(difference.former_name, "社会救助 / 最低生活保障审核确认");
        let elements: Vec<&str> = difference.elements.iter().map(|change| change.element.as_str()).collect();
        assert_eq!(elements, ["level2"]);
    }
    let found = revisions(Some(&from), &revision(&[("x", 1, other)]));
    let kinds: Vec<ItemChangeKind> = found.items.iter().map(|item| item.kind).collect();
    assert_eq!(kinds, [ItemChangeKind::Added, ItemChangeKind::Removed]);
}

#[test]
fn texts_beyond_the_limit_are_compared_by_lines_and_then_as_a_whole() {
    let line = "办理流程".repeat(600);
    let before = format!("{line}\n{line}\n旧\n");
    let after = format!("{line}\n{line}\n新\n");
    let found = segments(&before, &after, &mut Budget::default());
    assert_eq!(found[1..], [removed("旧\n"), added("新\n")]);
    let endless: String = (0..9_000).map(|n| format!("{n}\n")).collect();
    let found = segments(&endless, "短", &mut Budget::default());
    assert_eq!(found, [removed(&endless), added("短")]);
}

proptest! {
    #[test]
    fn segments_are_both_texts_and_nothing_else(before in "[一二三甲乙ab1 2\n]{0,30}", after in "[一二三甲乙ab1 2\n]{0,30}") {
        let found = segments(&before, &after, &mut Budget::default());
        let side = |keeps: fn(&Segment) -> bool| -> String {
            found.iter().filter(|segment| keeps(segment)).map(Segment::text).collect()
        };
        prop_assert_eq!(side(|segment| !matches!(segment, Segment::Added(_))), before);
        prop_assert_eq!(side(|segment| !matches!(segment, Segment::Removed(_))), after);
    }

    #[test]
    fn taken_apart_and_put_together_the_bytes_are_the_same(
        levels in proptest::collection::vec("[一二三甲乙 \"a]{0,6}", 3),
        channels in proptest::collection::btree_set("[a-c]{1,2}", 0..4),
        extra in proptest::collection::btree_map("[备注x.]{1,3}", "[一二]{1,2}", 0..3),
    ) {
        let item = Item {
            level1: levels[0].clone(), level2: levels[1].clone(), content: levels[2].clone(), channels, extra, ..item()
        };
        let canonical = item.to_canonical();
        prop_assert_eq!(element::canonical_json(&element::elements(canonical.as_json())), canonical.as_json());
    }
}
