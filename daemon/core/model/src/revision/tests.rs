//! Claims about revisions: bodies lead where they say, bent ones do not, and a table read twice changes nothing.

use proptest::prelude::*;

use super::*;
use crate::item::Item;

fn id(text: &str) -> ItemId {
    ItemId::parse(text).unwrap()
}

fn row(level2: &str, content: &str, serial: &str) -> Row {
    let item =
        Item { level1: "救助".to_owned(), level2: level2.to_owned(), content: content.to_owned(), ..Item::default() };
    Row { item, serial: serial.to_owned() }
}

/// Ids `n1`, `n2`, … that no earlier call gave.
fn ids(prefix: &'static str) -> impl FnMut() -> ItemId {
    let mut made = 0;
    move || {
        made += 1;
        id(&format!("{prefix}{made}"))
    }
}

fn revision_of(items: Items, parents: &[&Revision]) -> Revision {
    Revision {
        catalog: CatalogId::parse("211221100/social-assistance").unwrap(),
        parents: parents.iter().map(|parent| parent.digest()).collect(),
        header: Header { title: "社会救助".to_owned(), ..Header::default() }.to_canonical(),
        items,
    }
}

fn first(rows: Vec<Row>) -> Revision {
    revision_of(match_items(None, rows, ids("n")).unwrap().items, &[])
}

fn wire(body: &RevisionBody) -> RevisionBody {
    serde_json::from_slice(&serde_json::to_vec(body).unwrap()).unwrap()
}

#[test]
fn a_full_body_and_a_delta_lead_to_the_same_revision() {
    let base = first(vec![row("甲", "1", "1"), row("乙", "1", "2"), row("丙", "1", "3")]);
    let rows = vec![row("丁", "1", "1"), row("甲", "1", "2"), row("乙", "2", "3")];
    let next = revision_of(match_items(Some(&base), rows, ids("m")).unwrap().items, &[&base]);
    let delta = wire(&next.delta_from(&base));
    assert_eq!((delta.puts.len(), delta.moves.len(), delta.removes.len()), (2, 1, 1));
    assert_eq!(apply(Some(&base), &[], &delta).as_ref(), Ok(&next));
    assert_eq!(apply(None, &[], &wire(&next.full())), Ok(next));
}

#[test]
fn one_changed_item_of_300_costs_about_one_item() {
    let rows = |changed: &str| -> Vec<Row> {
        let text = |n: usize| if n == 150 { changed.to_owned() } else { "内容".repeat(60) };
        (0..300).map(|n| row(&format!("事项{n}"), &text(n), &n.to_string())).collect()
    };
    let base = first(rows("旧"));
    let next = revision_of(match_items(Some(&base), rows("新"), ids("m")).unwrap().items, &[&base]);
    let bytes = serde_json::to_vec(&next.delta_from(&base)).unwrap().len();
    assert!(bytes < 1024, "{bytes}");
}

#[test]
fn the_digest_covers_everything_and_keeps_its_layout() {
    let one = first(vec![row("甲", "1", "1")]);
    // A golden value: a change of the layout breaks every journal and must be a new label.
    let mut hasher = Hasher::new("gongkai revision v1");
    let slot = &one.items[&id("n1")];
    let parts: [&[u8]; 7] = [
        b"211221100/social-assistance",
        b"",
        &one.header.digest().to_bytes(),
        b"n1",
        &slot.digest().to_bytes(),
        &[0, 0, 4, 0],
        b"1",
    ];
    parts.iter().for_each(|part| hasher.part(part));
    assert_eq!(one.digest(), hasher.finish());

    let mut others = vec![one.clone(); 5];
    others[0].parents = vec![Digest::of("parent", &[])];
    others[1].header = Header::default().to_canonical();
    others[2].items.get_mut(&id("n1")).unwrap().order = 7;
    others[3].items.get_mut(&id("n1")).unwrap().serial = "2".to_owned();
    others[4].catalog = CatalogId::parse("211221101/social-assistance").unwrap();
    let digests: std::collections::BTreeSet<Digest> = others.iter().chain([&one]).map(Revision::digest).collect();
    assert_eq!(digests.len(), 6);
}

#[test]
fn parents_are_a_set() {
    let (a, b) = (first(vec![row("甲", "1", "")]), first(vec![row("乙", "1", "")]));
    let items = a.items.clone();
    assert_eq!(revision_of(items.clone(), &[&a, &b]).digest(), revision_of(items, &[&b, &a]).digest());
}

#[test]
fn a_bent_body_is_refused_by_name() {
    let base = first(vec![row("甲", "1", "1"), row("乙", "1", "2")]);
    let next = revision_of(match_items(Some(&base), vec![row("甲", "2", "1")], ids("m")).unwrap().items, &[&base]);
    let good = next.delta_from(&base);
    let check = |bend: &dyn Fn(&mut RevisionBody), code: &str| {
        let mut body = good.clone();
        bend(&mut body);
        let error = apply(Some(&base), &[], &body).unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(!error.hint().is_empty());
    };
    check(&|body| body.catalog = CatalogId::parse("1/x").unwrap(), "GK-REVISION-001");
    check(&|body| body.base = None, "GK-REVISION-002");
    check(&|body| body.parts.push(Digest::of("part", &[])), "GK-REVISION-003");
    check(&|body| body.puts.push(body.puts[0].clone()), "GK-REVISION-004");
    check(&|body| body.removes.push(body.puts[0].id.clone()), "GK-REVISION-004");
    check(&|body| body.removes.push(id("nobody")), "GK-REVISION-005");
    check(&|body| body.moves.push(Move { id: id("nobody"), order: 1, serial: String::new() }), "GK-REVISION-005");
    check(&|body| body.puts[0].item = RawValue::from_string("[1]".to_owned()).unwrap(), "GK-REVISION-006");
    check(&|body| body.header = RawValue::from_string("{\"title\":1}".to_owned()).unwrap(), "GK-REVISION-007");
    check(&|body| body.parents.push(body.parents[0]), "GK-REVISION-008");
    check(&|body| body.puts[0].serial = "9".repeat(SERIAL_BYTES_MAX + 1), "GK-REVISION-009");
    check(&|body| body.puts[0].order += 1, "GK-REVISION-010");
    assert_eq!(apply(None, &[], &good).unwrap_err().code(), "GK-REVISION-002");
}

#[test]
fn item_bytes_pass_through_untouched_with_fields_of_a_later_version() {
    // Spaces, key order and an unknown field: nothing of it is this version's own encoding.
    let bytes = "{ \"zz_future\": {\"b\":1,\"a\":[1.50]},  \"level2\":\"甲\" }";
    let item = CanonicalItem::from_json(bytes).unwrap();
    let revision = revision_of([(id("x"), Slot::new(1, String::new(), item))].into(), &[]);
    let read = apply(None, &[], &wire(&revision.full())).unwrap();
    assert_eq!(read.items[&id("x")].item().as_json(), bytes);
}

#[test]
fn a_body_larger_than_an_entry_is_cut_and_joined() {
    let rows: Vec<Row> = (0..500).map(|n| row(&format!("事项{n}"), &"字".repeat(50), &n.to_string())).collect();
    let revision = first(rows);
    let max = 8 * 1024;
    let (parts, mut body) = split(revision.full(), max).unwrap();
    assert!(parts.len() > 10);
    body.parts = (0..parts.len()).map(|n| Digest::of("entry", &[&n.to_be_bytes()])).collect();
    for part in &parts {
        assert!(serde_json::to_vec(part).unwrap().len() <= max);
    }
    assert!(serde_json::to_vec(&body).unwrap().len() <= max);
    assert_eq!(apply(None, &parts, &body).as_ref(), Ok(&revision));
    assert_eq!(apply(None, &parts[1..], &body).unwrap_err().code(), "GK-REVISION-003");
    assert_eq!(split(revision.full(), 300).unwrap_err().code(), "GK-REVISION-009");
    let (none, whole) = split(revision.full(), usize::MAX).unwrap();
    assert!(none.is_empty() && whole.puts.len() == 500);
}

#[test]
fn importing_the_same_rows_twice_changes_nothing() {
    let rows = vec![row("甲", "1", "1"), row("乙", "1", "1"), row("乙", "2", ""), row("丙", "1", "5")];
    let base = first(rows.clone());
    let again = match_items(Some(&base), rows, || unreachable!("no row is new")).unwrap();
    assert!(again.is_unchanged() && again.ambiguous.is_empty());
    assert_eq!(again.items, base.items);
}

#[test]
fn a_row_put_in_between_moves_no_other() {
    let base = first(vec![row("甲", "1", ""), row("乙", "1", "")]);
    let rows = vec![row("甲", "1", ""), row("丁", "1", ""), row("乙", "1", "")];
    let matched = match_items(Some(&base), rows, ids("m")).unwrap();
    assert_eq!((matched.new, matched.unchanged.len()), (vec![id("m1")], 2));
    let revision = revision_of(matched.items, &[]);
    let in_order: Vec<ItemId> = revision.in_order().into_iter().map(|(id, _)| id.clone()).collect();
    assert_eq!(in_order, matched.row_ids);
}

#[test]
fn a_name_in_other_widths_and_spaces_is_the_same_item() {
    let base = first(vec![row("办理程序(试行)", "1", "")]);
    let matched = match_items(Some(&base), vec![row(" 办理程序（试行）\n", "1", "")], ids("m")).unwrap();
    assert_eq!((matched.changed, matched.new.len()), (vec![id("n1")], 0));
}

#[test]
fn colliding_names_pair_by_content_then_by_order_and_are_reported() {
    let base = first(vec![row("甲", "1", ""), row("甲", "2", ""), row("甲", "3", "")]);
    let rows = vec![row("甲", "3", ""), row("甲", "8", ""), row("甲", "9", ""), row("甲", "9", "")];
    let matched = match_items(Some(&base), rows, ids("m")).unwrap();
    assert_eq!(matched.row_ids, vec![id("n3"), id("n1"), id("n2"), id("m1")]);
    assert_eq!(matched.items.len(), 4, "nothing is merged");
    let [ambiguity] = matched.ambiguous.as_slice() else { unreachable!("one name collides") };
    assert_eq!((ambiguity.rows.clone(), ambiguity.items.clone()), (vec![1, 2, 3], vec![id("n1"), id("n2")]));
}

#[test]
fn a_renamed_item_keeps_its_id_where_its_content_tells() {
    let content = |n: u32| format!("申请条件、办理流程、咨询电话和投诉渠道第{n}号");
    let base = first(vec![
        row("甲", &content(1), ""),
        row("乙", &content(2), ""),
        row("丙", "办事指南", ""),
        row("丁", "办事指南", ""),
    ]);
    let grouped = |level2: &str, text: &str| {
        let mut row = row(level2, text, "");
        row.item.level1 = "社会救助".to_owned();
        row
    };
    // 甲 has a new name, 乙 a new group, 丙 and 丁 have nothing that tells them apart.
    let rows = vec![
        row("低保甲", &content(1), ""),
        grouped("乙", &content(2)),
        row("戊", "办事指南", ""),
        row("己", "办事指南", ""),
    ];
    let matched = match_items(Some(&base), rows.clone(), ids("m")).unwrap();
    assert_eq!(matched.renamed, [id("n1"), id("n2")]);
    assert_eq!((matched.changed.len(), matched.new.len(), matched.removed.len()), (0, 2, 2));
    assert!(!matched.is_unchanged());
    let next = revision_of(matched.items, &[&base]);
    assert!(match_items(Some(&next), rows, || unreachable!("no row is new")).unwrap().is_unchanged());
}

#[test]
fn two_rows_with_one_content_rename_nothing() {
    let text = "申请条件、办理流程、咨询电话和投诉渠道";
    let base = first(vec![row("甲", text, "")]);
    let matched = match_items(Some(&base), vec![row("乙", text, ""), row("丙", text, "")], ids("m")).unwrap();
    assert_eq!((matched.renamed.len(), matched.new.len(), matched.removed.len()), (0, 2, 1));
}

#[test]
fn an_id_source_that_repeats_itself_is_refused() {
    let base = first(vec![row("甲", "1", "")]);
    let rows = vec![row("乙", "1", ""), row("丙", "1", "")];
    assert_eq!(match_items(Some(&base), rows.clone(), || id("n1")).unwrap_err().code(), "GK-REVISION-004");
    assert_eq!(match_items(None, rows, || id("x")).unwrap_err().code(), "GK-REVISION-004");
}

#[test]
fn changes_name_what_differs_and_only_that() {
    let base = first(vec![row("甲", "1", "1"), row("乙", "1", "2"), row("丙", "1", "3"), row("丁", "1", "4")]);
    let rows = vec![row("丙", "1", "3"), row("甲", "2", "1"), row("乙", "1", "9"), row("戊", "1", "5")];
    let next = revision_of(match_items(Some(&base), rows, ids("m")).unwrap().items, &[&base]);
    let found = changes(Some(&base), &next);
    let expected = Changes {
        added: vec![id("m1")],
        changed: vec![id("n1")],
        removed: vec![id("n4")],
        moved: vec![id("n3")],
        renumbered: vec![id("n2")],
        header_changed: false,
    };
    assert_eq!(found, expected);
    assert!(changes(Some(&base), &base).is_empty());
    assert_eq!(changes(None, &base).added.len(), 4);
}

#[test]
fn differences_show_each_field_even_unknown_ones() {
    let before = CanonicalItem::from_json("{\"content\":\"甲\",\"subject\":[\"一\",\"二\"],\"zz\":1}").unwrap();
    let after =
        CanonicalItem::from_json("{\"content\":\"乙\",\"subject\":[\"一\",\"二\"],\"zz\":2,\"stage\":\"result\"}");
    let found = item_differences(Some(&before), after.as_ref());
    let fields: Vec<(&str, &str, &str)> =
        found.iter().map(|d| (d.field.as_str(), d.before.as_str(), d.after.as_str())).collect();
    assert_eq!(fields, vec![("content", "甲", "乙"), ("stage", "", "result"), ("zz", "1", "2")]);
    let gone = item_differences(Some(&before), None);
    assert_eq!(gone[1].before, "一、二");
}

proptest! {
    /// Whatever table follows whatever table: every row has an item, in the order of the rows, the delta leads to
    /// the same revision, and the same table again changes nothing.
    #[test]
    fn any_table_after_any_table_holds_together(
        before in prop::collection::vec((0..6u8, 0..3u8, 0..3u8), 0..12),
        after in prop::collection::vec((0..6u8, 0..3u8, 0..3u8), 0..12),
    ) {
        let rows = |table: &[(u8, u8, u8)]| -> Vec<Row> {
            table.iter().map(|(name, text, serial)| row(&name.to_string(), &text.to_string(), &serial.to_string())).collect()
        };
        let base = first(rows(&before));
        let matched = match_items(Some(&base), rows(&after), ids("m")).unwrap();
        let next = revision_of(matched.items.clone(), &[&base]);
        let in_order: Vec<ItemId> = next.in_order().into_iter().map(|(id, _)| id.clone()).collect();
        prop_assert_eq!(&in_order, &matched.row_ids);
        for (id, row) in matched.row_ids.iter().zip(rows(&after)) {
            prop_assert_eq!(next.items[id].item(), &row.item.to_canonical());
            prop_assert_eq!(&next.items[id].serial, &row.serial);
        }
        prop_assert_eq!(apply(Some(&base), &[], &wire(&next.delta_from(&base))), Ok(next.clone()));
        let again = match_items(Some(&next), rows(&after), || unreachable!("no row is new")).unwrap();
        prop_assert!(again.is_unchanged());
    }
}
