//! The laws of merging, on generated catalogs, and the cases that people meet.

use proptest::prelude::*;

use super::*;
use crate::{
    diff::element::{elements, label},
    id::CatalogId,
    item::{Basis, CanonicalItem, Item},
    revision::Header,
};

fn id(text: &str) -> ItemId {
    ItemId::parse(text).unwrap()
}

fn item(name: &str) -> Item {
    Item {
        level1: "社会救助".to_owned(),
        level2: name.to_owned(),
        content: "申请条件、申请材料、办理流程、审核结果".to_owned(),
        basis: vec![basis("社会救助暂行办法", "第九条"), basis("中华人民共和国政府信息公开条例", "")],
        time_limit_text: "20个工作日内".to_owned(),
        subject: vec!["凡河镇人民政府".to_owned()],
        channels: ["gov-website", "notice-board"].map(str::to_owned).into(),
        ..Item::default()
    }
}

fn basis(title: &str, article: &str) -> Basis {
    Basis { title: title.to_owned(), article: article.to_owned(), ..Basis::default() }
}

fn revision(title: &str, items: impl IntoIterator<Item = (ItemId, u32, Item)>) -> Revision {
    let slot = |(id, order, item): (ItemId, u32, Item)| (id, Slot::new(order, order.to_string(), item.to_canonical()));
    Revision {
        catalog: CatalogId::parse("211221100/social-assistance").unwrap(),
        parents: Vec::new(),
        header: Header { title: title.to_owned(), ..Header::default() }.to_canonical(),
        items: items.into_iter().map(slot).collect(),
    }
}

fn one(item: Item) -> Revision {
    revision("标题", [(id("a"), 1, item)])
}

fn open_elements(merged: &Merged) -> Vec<Option<&str>> {
    merged.open().map(|row| row.element.as_deref()).collect()
}

fn only(merged: &Merged) -> Item {
    assert_eq!(merged.items.len(), 1, "{:?}", merged.rows);
    merged.items.values().next().unwrap().item().decode()
}

#[test]
fn channels_laws_and_words_apart_merge_and_two_limits_are_a_person_s() {
    let mut ours = item("低保");
    ours.channels.insert("wechat".to_owned());
    ours.content = "申请条件、申请材料、办理流程、审核结果、公示名单".to_owned();
    ours.time_limit_text = "15个工作日内".to_owned();
    let mut theirs = item("低保");
    theirs.channels.remove("notice-board");
    theirs.basis.push(basis("最低生活保障审核确认办法", ""));
    theirs.content = "救助标准、申请条件、申请材料、办理流程、审核结果".to_owned();
    theirs.time_limit_text = "20个自然日内".to_owned();
    let merged = merge(Some(&one(item("低保"))), &one(ours), &one(theirs), &[]);
    let result = only(&merged);
    assert_eq!(result.channels, ["gov-website", "wechat"].map(str::to_owned).into());
    assert_eq!(result.basis.len(), 3);
    assert_eq!(result.content, "救助标准、申请条件、申请材料、办理流程、审核结果、公示名单");
    assert_eq!(result.time_limit_text, "15个工作日内", "open: ours stands until a person decides");
    assert_eq!(open_elements(&merged), [Some("time_limit_text")]);
}

#[test]
fn a_person_s_word_decides_an_element_an_item_and_the_header() {
    let theirs = Item { time_limit_text: "7个工作日内".to_owned(), ..item("低保") };
    let ours = Item { time_limit_text: "15个工作日内".to_owned(), ..item("低保") };
    let at = |element: Option<&str>, take: Take| Choice {
        place: Place::Item(id("a")),
        element: element.map(str::to_owned),
        take,
    };
    for (choice, expected) in [
        (at(Some("time_limit_text"), Take::Theirs), "7个工作日内"),
        (at(Some("time_limit_text"), Take::Base), "20个工作日内"),
        (at(Some("time_limit_text"), Take::Text("10个工作日内".to_owned())), "10个工作日内"),
        (at(None, Take::Theirs), "7个工作日内"),
    ] {
        let merged = merge(Some(&one(item("低保"))), &one(ours.clone()), &one(theirs.clone()), &[choice]);
        assert_eq!((only(&merged).time_limit_text.as_str(), merged.open().count()), (expected, 0));
        assert_eq!(merged.unused, []);
    }
    let stray = at(Some("unheard_of"), Take::Text(String::new()));
    let merged = merge(Some(&one(item("低保"))), &one(ours), &one(theirs), std::slice::from_ref(&stray));
    assert_eq!((merged.unused, merged.rows.len()), (vec![stray], 1));
}

#[test]
fn an_item_removed_here_and_changed_there_stays_until_a_person_decides() {
    let base = one(item("低保"));
    let gone = revision("标题", []);
    let changed = one(Item { content: "新".to_owned(), ..item("低保") });
    for (ours, theirs) in [(&gone, &changed), (&changed, &gone)] {
        let merged = merge(Some(&base), ours, theirs, &[]);
        assert_eq!((only(&merged).content.as_str(), open_elements(&merged)), ("新", vec![None]));
        let removal = Choice {
            place: Place::Item(id("a")),
            element: None,
            take: if ours.items.is_empty() { Take::Ours } else { Take::Theirs },
        };
        let merged = merge(Some(&base), ours, theirs, &[removal]);
        assert_eq!((merged.items.len(), merged.open().count()), (0, 0));
    }
    assert!(merge(Some(&base), &gone, &base, &[]).items.is_empty());
}

#[test]
fn an_item_removed_here_and_renamed_and_changed_there_under_a_new_id_is_open() {
    let base = revision("标题", [(id("a"), 1, item("低保审核")), (id("b"), 2, item("特困"))]);
    let removed = revision("标题", [(id("b"), 2, item("特困"))]);
    let changed = Item { time_limit_text: "7个工作日内".to_owned(), ..item("低保审核确认") };
    let renamed = revision("标题", [(id("n"), 1, changed.clone()), (id("b"), 2, item("特困"))]);
    for (ours, theirs) in [(&removed, &renamed), (&renamed, &removed)] {
        let merged = merge(Some(&base), ours, theirs, &[]);
        let open: Vec<&Row> = merged.open().collect();
        assert_eq!(open.len(), 1, "{:?}", merged.rows);
        assert_eq!((open[0].place.clone(), open[0].element.as_deref()), (Place::Item(id("a")), None));
        assert_eq!(merged.items[&id("a")].item().decode(), changed, "it stays until a person decides");
        assert_eq!(merged.joined.get(&id("n")), Some(&id("a")));
    }
    let take = Choice { place: Place::Item(id("a")), element: None, take: Take::Ours };
    assert!(!merge(Some(&base), &removed, &renamed, &[take]).items.contains_key(&id("a")));
}

#[test]
fn the_same_matter_added_twice_and_a_renamed_item_are_one_item() {
    let added = |name: &str, content: &str| {
        revision("标题", [(id(name), 1, Item { content: content.to_owned(), ..item("临时救助") })])
    };
    let empty = revision("标题", []);
    let merged = merge(Some(&empty), &added("x", "同样"), &added("y", "同样"), &[]);
    assert_eq!((merged.items.keys().collect::<Vec<_>>(), merged.open().count()), (vec![&id("x")], 0));
    let merged = merge(Some(&empty), &added("x", "我方"), &added("y", "对方"), &[]);
    assert_eq!((merged.items.len(), open_elements(&merged)), (1, vec![Some("content")]));

    // One clerk's table brought the item back under another name and id; the other clerk changed its limit.
    let base = revision("标题", [(id("a"), 1, item("最低生活保障审核确认"))]);
    let renamed = revision("标题", [(id("n"), 1, item("最低生活保障审核确认(城市)"))]);
    let limited = Item { time_limit_text: "15个工作日内".to_owned(), ..item("最低生活保障审核确认") };
    let limited = revision("标题", [(id("a"), 1, limited)]);
    let merged = merge(Some(&base), &renamed, &limited, &[]);
    let result = only(&merged);
    assert_eq!(
        (result.level2.as_str(), result.time_limit_text.as_str()),
        ("最低生活保障审核确认(城市)", "15个工作日内")
    );
    assert_eq!(merged.joined, [(id("n"), id("a"))].into());
    assert_eq!(merged.open().count(), 0);
}

#[test]
fn rival_articles_of_one_law_and_two_lead_bodies_are_a_person_s() {
    let with = |article: &str| Item { basis: vec![basis("社会救助暂行办法", article)], ..item("低保") };
    let merged = merge(Some(&one(with("第九条"))), &one(with("第十条")), &one(with("第十一条")), &[]);
    assert_eq!(open_elements(&merged), [Some("basis")]);
    let led =
        |bodies: &[&str]| Item { subject: bodies.iter().map(|body| (*body).to_owned()).collect(), ..item("低保") };
    let base = one(led(&["镇政府", "民政局"]));
    let merged = merge(Some(&base), &one(led(&["民政局", "镇政府"])), &one(led(&["镇政府", "民政局", "财政局"])), &[]);
    assert_eq!(only(&merged).subject, ["民政局", "镇政府", "财政局"]);
    let merged = merge(Some(&base), &one(led(&["民政局"])), &one(led(&["财政局", "镇政府", "民政局"])), &[]);
    assert_eq!(open_elements(&merged), [Some("subject")]);
}

#[test]
fn as_above_is_resolved_before_it_is_merged() {
    let rows = |limit: &str, content: &str| {
        let second = Item { time_limit_text: limit.to_owned(), content: content.to_owned(), ..item("特困") };
        revision("标题", [(id("a"), 1, item("低保")), (id("b"), 2, second)])
    };
    let merged = merge(Some(&rows("同上", "旧")), &rows("同上", "旧文"), &rows("20个工作日内", "旧"), &[]);
    assert_eq!(merged.items[&id("b")].item().decode().time_limit_text, "20个工作日内");
    assert_eq!(merged.open().count(), 0);
}

#[test]
fn a_field_of_a_newer_version_goes_on() {
    let with = |json: &str| {
        let mut revision = revision("标题", []);
        let slot = Slot::new(1, "1".to_owned(), CanonicalItem::from_json(json).unwrap());
        revision.items.insert(id("a"), slot);
        revision
    };
    let merged = merge(
        Some(&with(r#"{"content":"甲","level1":"名"}"#)),
        &with(r#"{"content":"乙","level1":"名"}"#),
        &with(r#"{"content":"甲","level1":"名","zz_new":{"k":1}}"#),
        &[],
    );
    assert_eq!(merged.items[&id("a")].item().as_json(), r#"{"content":"乙","level1":"名","zz_new":{"k":1}}"#);
}

/// Items out of few values each, so that sides meet on the same ones.
fn items() -> impl Strategy<Value = Item> {
    let words = || prop::sample::select(vec!["甲乙丙丁戊己", "甲乙丙丁", "甲二丙丁戊己", "甲乙丙四戊己", "同上", ""]);
    let laws = prop::sample::subsequence(
        vec![basis("甲法", "第一条"), basis("甲法", "第二条"), basis("乙法", ""), basis("丙法", "")],
        0..=4,
    );
    let channels = prop::collection::btree_set(prop::sample::select(vec!["a", "a b", "c", "d"]), 0..4);
    let bodies = prop::sample::subsequence(vec!["镇", "县", "市"], 0..=3).prop_shuffle();
    let name = prop::sample::select(vec!["低保", "特困", "临时救助", "残疾人补贴"]);
    (name, words(), words(), laws, channels, bodies).prop_map(|(name, content, limit, basis, channels, bodies)| Item {
        level1: "社会救助".to_owned(),
        level2: name.to_owned(),
        content: content.to_owned(),
        time_limit_text: limit.to_owned(),
        basis,
        channels: channels.into_iter().map(str::to_owned).collect(),
        subject: bodies.into_iter().map(str::to_owned).collect(),
        extra: [("备注".to_owned(), content.to_owned())].into(),
        ..Item::default()
    })
}

fn catalogs() -> impl Strategy<Value = Revision> {
    let ids = prop::sample::select(vec!["a", "b", "c", "d", "e"]);
    let items = prop::collection::btree_map(ids, (0u32..4, items()), 0..5);
    (prop::sample::select(vec!["标题", "标题甲", "乙标题"]), items).prop_map(|(title, items)| {
        revision(title, items.into_iter().map(|(name, (order, item))| (id(name), order, item)))
    })
}

fn content(merged: &Merged, like: &Revision) -> Revision {
    merged.revision(like.catalog.clone(), like.parents.clone())
}

/// What is open, without who is who.
fn open_set(merged: &Merged, is_swapped: bool) -> BTreeSet<(Place, Option<String>, String, String, String)> {
    let of = |row: &Row| {
        let (ours, theirs) = if is_swapped { (&row.theirs, &row.ours) } else { (&row.ours, &row.theirs) };
        (row.place.clone(), row.element.clone(), row.base.clone(), ours.clone(), theirs.clone())
    };
    merged.open().map(of).collect()
}

/// Every element of a side is in the result, or a row says what became of it and why.
fn nothing_is_lost(base: &Revision, side: &Revision, merged: &Merged, is_ours: bool) -> Result<(), TestCaseError> {
    for (own_id, slot) in &side.items {
        let at = merged.joined.get(own_id).unwrap_or(own_id);
        let place = Place::Item(at.clone());
        let rows: Vec<&Row> = merged.rows.iter().filter(|row| row.place == place).collect();
        let Some(result) = merged.items.get(at) else {
            let unchanged = base.items.get(own_id).is_some_and(|old| old.digest() == slot.digest());
            prop_assert!(unchanged && rows.iter().any(|row| row.element.is_none()), "{own_id} {:?}", merged.rows);
            continue;
        };
        let result = elements(result.item().as_json());
        for (name, value) in elements(slot.item().as_json()) {
            if result.get(&name) == Some(&value) || label(&value) == "同上" {
                continue;
            }
            let row = rows.iter().find(|row| row.element.as_deref() == Some(&name));
            let row = row.ok_or_else(|| TestCaseError::fail(format!("{name} of {own_id} is lost")))?;
            let (own, other) = if is_ours { (&row.ours, Outcome::Theirs) } else { (&row.theirs, Outcome::Ours) };
            prop_assert_eq!(own, &label(&value));
            prop_assert!(row.outcome != other || row.base == *own, "{row:?}");
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn what_one_side_alone_changed_is_the_result(base in catalogs(), side in catalogs()) {
        let by_us = merge(Some(&base), &side, &base, &[]);
        let by_them = merge(Some(&base), &base, &side, &[]);
        prop_assert_eq!(content(&by_us, &side), side.clone());
        prop_assert_eq!(content(&by_them, &side), side);
        prop_assert_eq!((by_us.open().count(), by_them.open().count()), (0, 0));
    }

    #[test]
    fn what_both_sides_say_is_the_result(base in catalogs(), side in catalogs()) {
        let merged = merge(Some(&base), &side, &side, &[]);
        prop_assert_eq!((content(&merged, &side), merged.rows), (side, vec![]));
    }

    #[test]
    fn swapped_sides_leave_the_same_open(base in catalogs(), ours in catalogs(), theirs in catalogs()) {
        let (one, other) = (merge(Some(&base), &ours, &theirs, &[]), merge(Some(&base), &theirs, &ours, &[]));
        prop_assert_eq!(open_set(&one, false), open_set(&other, true));
        if one.open().count() == 0 {
            prop_assert_eq!(content(&one, &base), content(&other, &base));
        }
    }

    #[test]
    fn no_element_of_either_side_is_lost(base in catalogs(), ours in catalogs(), theirs in catalogs()) {
        let merged = merge(Some(&base), &ours, &theirs, &[]);
        nothing_is_lost(&base, &ours, &merged, true)?;
        nothing_is_lost(&base, &theirs, &merged, false)?;
    }

    #[test]
    fn with_every_open_row_decided_nothing_is_open(base in catalogs(), ours in catalogs(), theirs in catalogs()) {
        let merged = merge(Some(&base), &ours, &theirs, &[]);
        let choice = |row: &Row| Choice { place: row.place.clone(), element: row.element.clone(), take: Take::Theirs };
        let choices: Vec<Choice> = merged.open().map(choice).collect();
        let decided = merge(Some(&base), &ours, &theirs, &choices);
        prop_assert_eq!((decided.open().count(), decided.unused), (0, vec![]));
    }
}
