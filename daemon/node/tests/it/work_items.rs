//! Conflicts with others' words: a standard, a reviewer, another body. Found alike on every node, settled by a person,
//! asked again when one of the sides changes.

use gongkai_proto::{admin::v1::*, metadata};
use tonic::Request;

use crate::harness::{COUNTY, Node, TOWN, caught_up, city, code, table};

const CATALOG: &str = "211221101/social-assistance";
const GUIDELINE: &str = "211200/social-assistance/guideline";

fn by<T>(name: &'static str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert(metadata::OPERATOR, name.parse().unwrap());
    request
}

async fn tree() -> (Node, Node, Node) {
    let city = city().await;
    let county = city.child(COUNTY).await;
    county.catch_up().await;
    let town = county.child(TOWN).await;
    town.catch_up().await;
    (city, county, town)
}

async fn import(node: &Node, content: &str) {
    node.import(content.as_bytes(), "社会救助.csv").await;
}

async fn hand_down(city: &Node, version: &str, content: &str) {
    let request = ImportStandardRequest {
        content: content.as_bytes().to_vec(),
        file_name: "标准.csv".to_owned(),
        kind: "guideline".to_owned(),
        version: version.to_owned(),
        ..ImportStandardRequest::default()
    };
    assert!(city.standards().import(request).await.unwrap().into_inner().is_new);
    city.standards().send(SendStandardRequest { standard: GUIDELINE.to_owned() }).await.unwrap();
}

async fn conflicts(node: &Node) -> Vec<ConflictRow> {
    node.conflicts().list(ListConflictsRequest::default()).await.unwrap().into_inner().conflicts
}

/// The ids of the open conflicts with their kinds.
async fn open(node: &Node) -> Vec<(String, String)> {
    conflicts(node).await.into_iter().map(|row| (row.kind, row.id)).collect()
}

async fn shown(node: &Node, id: &str) -> ShowConflictResponse {
    node.conflicts().show(ShowConflictRequest { id: id.to_owned() }).await.unwrap().into_inner()
}

async fn resolve(node: &Node, request: ResolveConflictRequest) -> Result<ResolveConflictResponse, String> {
    node.conflicts().resolve(by("clerk", request)).await.map(|done| done.into_inner()).map_err(|status| code(&status))
}

fn take(id: &str, side: &str, reason: &str, basis: &str) -> ResolveConflictRequest {
    let [id, take, reason, basis] = [id, side, reason, basis].map(str::to_owned);
    ResolveConflictRequest { id, take, reason, basis, ..ResolveConflictRequest::default() }
}

async fn limit_of(node: &Node, name: &str) -> String {
    let request = ShowCatalogRequest { catalog: CATALOG.to_owned(), ..ShowCatalogRequest::default() };
    let items = node.catalogs().show(request).await.unwrap().into_inner().items;
    items.into_iter().find(|item| item.level2 == name).map(|item| item.time_limit_text).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_standard_against_an_override_and_a_looser_limit_are_settled_by_the_owner() {
    let (city, county, town) = tree().await;
    hand_down(&city, "2019年版", &table(&[("低保", "20个工作日内"), ("特困", "及时公开")])).await;
    caught_up(&county).await;
    caught_up(&town).await;
    let start = StartCatalogRequest { standard: GUIDELINE.to_owned(), ..StartCatalogRequest::default() };
    town.standards().start(start).await.unwrap();
    import(&town, &table(&[("低保", "15个工作日内"), ("特困", "及时公开")])).await;
    town.submit(CATALOG).await;
    caught_up(&town).await;
    assert_eq!(open(&town).await, [], "a stricter limit is no conflict");

    // The version that touches the override, and a second item that follows by itself.
    hand_down(&city, "2026年版", &table(&[("低保", "10个工作日内"), ("特困", "每年1月31日前")])).await;
    caught_up(&county).await;
    caught_up(&town).await;
    let (here, there) = (open(&town).await, open(&county).await);
    let [(kind, id)] = here.as_slice() else { panic!("{here:?}") };
    assert_eq!((kind.as_str(), &here), ("standard-override", &there), "the same work item on both nodes");
    let page = shown(&town, id).await;
    let asked: Vec<&MergeRow> = page.rows.iter().filter(|row| row.outcome == "open").collect();
    let [asked] = asked.as_slice() else { panic!("{:?}", page.rows) };
    let texts = [&asked.element, &asked.base, &asked.ours, &asked.theirs].map(String::as_str);
    assert_eq!(texts, ["time_limit_text", "20个工作日内", "15个工作日内", "10个工作日内"]);

    let rebase = RebaseCatalogRequest { catalog: CATALOG.to_owned(), ..RebaseCatalogRequest::default() };
    let silent = town.standards().rebase(rebase).await.unwrap_err();
    assert_eq!(code(&silent), "GK-STD-011", "the owner's words do not stay silently");
    assert_eq!(resolve(&county, take(id, "ours", "", "")).await.unwrap_err(), "GK-APP-004");
    assert_eq!(resolve(&town, take(id, "merge", "", "")).await.unwrap_err(), "GK-CONFLICT-003");
    assert_eq!(resolve(&town, take(id, "both", "", "")).await.unwrap_err(), "GK-CONFLICT-008");
    let done = resolve(&town, take(id, "ours", "本镇审批需两次公示", "")).await.unwrap();
    assert_eq!((done.state.as_str(), done.left), ("draft", 1), "kept against the standard: now the limit is looser");
    assert_eq!(limit_of(&town, "低保").await, "15个工作日内");
    assert_eq!(limit_of(&town, "特困").await, "每年1月31日前", "what nobody changed here follows the standard");

    // The limit: adopt it, or keep it with a reason and its basis.
    let here = open(&town).await;
    let [(kind, looser)] = here.as_slice() else { panic!("{here:?}") };
    assert_eq!(kind, "limit");
    assert_eq!(resolve(&town, take(looser, "ours", "两次公示", "")).await.unwrap_err(), "GK-CONFLICT-007");
    let done = resolve(&town, take(looser, "ours", "两次公示", "《社会救助暂行办法》第十一条")).await.unwrap();
    assert_eq!((done.state.as_str(), done.left), ("recorded", 0));
    town.submit(CATALOG).await;
    caught_up(&town).await;
    assert_eq!((open(&town).await, open(&county).await), (vec![], vec![]), "signed, replicated, gone on both");

    // A later change of the limit asks again, under another id.
    import(&town, &table(&[("低保", "18个工作日内"), ("特困", "每年1月31日前")])).await;
    let again = open(&town).await;
    let [(kind, other)] = again.as_slice() else { panic!("{again:?}") };
    assert!(kind == "limit" && other != looser, "{again:?}");
    assert_eq!(resolve(&town, take(other, "theirs", "", "")).await.unwrap().state, "draft");
    assert_eq!((limit_of(&town, "低保").await.as_str(), open(&town).await), ("10个工作日内", vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_that_was_kept_is_asked_again_when_only_the_standard_changes() {
    let (city, county, town) = tree().await;
    hand_down(&city, "2019年版", &table(&[("低保", "10个工作日内")])).await;
    caught_up(&county).await;
    caught_up(&town).await;
    let start = StartCatalogRequest { standard: GUIDELINE.to_owned(), ..StartCatalogRequest::default() };
    town.standards().start(start).await.unwrap();
    import(&town, &table(&[("低保", "15个工作日内")])).await;
    let [(_, looser)] = <[_; 1]>::try_from(open(&town).await).unwrap();
    resolve(&town, take(&looser, "ours", "两次公示", "《社会救助暂行办法》第十一条")).await.unwrap();
    assert_eq!(open(&town).await, [], "kept with a reason");

    hand_down(&city, "2026年版", &table(&[("低保", "7个工作日内")])).await;
    caught_up(&county).await;
    caught_up(&town).await;
    let [(kind, newer)] = <[_; 1]>::try_from(open(&town).await).unwrap();
    assert_eq!(kind, "standard-override");
    assert_eq!(resolve(&town, take(&newer, "ours", "", "")).await.unwrap().left, 1);
    assert_eq!(limit_of(&town, "低保").await, "15个工作日内", "the item is as it was, so is its digest");
    let [(kind, again)] = <[_; 1]>::try_from(open(&town).await).unwrap();
    assert!(kind == "limit" && again != looser, "the reason was given against 10, not against 7");
    resolve(&town, take(&again, "ours", "两次公示", "《社会救助暂行办法》第十一条")).await.unwrap();
    assert_eq!(open(&town).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proposal_for_an_item_that_was_changed_since_is_merged_or_declined_element_by_element() {
    let (_city, county, town) = tree().await;
    import(&town, &table(&[("低保", "20个工作日内"), ("特困", "及时公开")])).await;
    town.submit(CATALOG).await;
    caught_up(&town).await;
    let propose = |element: &str, text: &str| ProposeRequest {
        submission: CATALOG.to_owned(),
        item: "1".to_owned(),
        element: element.to_owned(),
        text: text.to_owned(),
        note: "与省目录一致".to_owned(),
    };
    county.reviews().propose(by("reviewer", propose("公开时限", "10个工作日内"))).await.unwrap();
    county.reviews().propose(by("reviewer", propose("公开主体", "新台子镇民政办公室"))).await.unwrap();
    caught_up(&county).await;
    caught_up(&town).await;
    assert_eq!(open(&town).await, [], "an unanswered proposal alone is no conflict");
    import(&town, &table(&[("低保", "15个工作日内"), ("特困", "及时公开")])).await;
    town.submit(CATALOG).await;
    caught_up(&town).await;

    let (mut here, mut there) = (open(&town).await, open(&county).await);
    here.sort();
    there.sort();
    assert_eq!((here.len(), &here), (2, &there), "the same two work items on both nodes");
    assert!(here.iter().all(|(kind, _)| kind == "proposal-edit"), "{here:?}");
    let rows = conflicts(&town).await;
    let of = |open: u32| rows.iter().find(|row| row.open == open).map(|row| row.id.clone()).unwrap();
    // One suggested the limit that the owner changed too, the other an element that he left alone.
    let (limit, body) = (of(1), of(0));
    assert_eq!(resolve(&county, take(&body, "merge", "", "")).await.unwrap_err(), "GK-APP-004");
    assert_eq!(resolve(&town, take(&limit, "ours", " ", "")).await.unwrap_err(), "GK-REVIEW-026");
    let done = resolve(&town, take(&body, "merge", "", "")).await.unwrap();
    assert_eq!((done.state.as_str(), done.left), ("draft", 1));
    assert_eq!(limit_of(&town, "低保").await, "15个工作日内", "the owner's own edit stays");
    let done = resolve(&town, take(&limit, "ours", "需两次公示", "")).await.unwrap();
    assert_eq!((done.state.as_str(), done.left), ("recorded", 0));
    caught_up(&town).await;
    let asked = ListProposalsRequest { catalog: CATALOG.to_owned(), all: true };
    let seen = county.catalogs().proposals(asked).await.unwrap().into_inner().proposals;
    let seen: Vec<(&str, &str)> = seen.iter().map(|one| (one.fields[0].as_str(), one.state.as_str())).collect();
    assert_eq!(seen, [("time_limit_text", "declined"), ("subject", "accepted")]);
    assert_eq!(open(&county).await, []);
}

/// A catalog of one matter: its body and the levels at which it is disclosed.
fn matter(subject: &str, levels: &str) -> String {
    let file = table(&[("临时救助", "20个工作日内")]);
    file.replace("新台子镇人民政府", subject).replace(",主动,乡级", &format!(",主动,{levels}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_matter_that_county_and_township_claim_is_settled_by_the_county_and_asked_again_after_a_change() {
    let (city, county, town) = tree().await;
    let upper = format!("{COUNTY}/social-assistance");
    import(&county, &matter("铁岭县民政局", "县级、乡级")).await;
    county.submit(&upper).await;
    import(&town, &matter("新台子镇人民政府", "乡级")).await;
    town.submit(CATALOG).await;
    caught_up(&town).await;
    caught_up(&county).await;

    let (here, above) = (conflicts(&county).await, open(&city).await);
    let [claimed] = here.as_slice() else { panic!("{here:?}") };
    assert_eq!((claimed.kind.as_str(), claimed.is_mine, claimed.open), ("matter", true, 1));
    assert_eq!((claimed.catalog.as_str(), claimed.upper_catalog.as_str()), (CATALOG, upper.as_str()));
    assert_eq!(above, [(claimed.kind.clone(), claimed.id.clone())], "the city sees the same");
    assert_eq!(open(&town).await, [], "the township does not see the county's catalog");
    let rows = shown(&county, &claimed.id).await.rows;
    let bodies = rows.iter().find(|row| row.element == "subject").unwrap();
    assert_eq!((bodies.ours.as_str(), bodies.theirs.as_str()), ("铁岭县民政局", "新台子镇人民政府"));

    let id = claimed.id.as_str();
    assert_eq!(resolve(&city, take(id, "both", "x", "")).await.unwrap_err(), "GK-APP-004");
    assert_eq!(resolve(&county, take(id, "merge", "x", "")).await.unwrap_err(), "GK-CONFLICT-008");
    assert_eq!(resolve(&county, take(id, "both", "", "")).await.unwrap_err(), "GK-REVIEW-026");
    let done = resolve(&county, take(id, "both", "县级审批,乡镇受理", "《社会救助暂行办法》")).await.unwrap();
    assert_eq!((done.state.as_str(), done.left), ("recorded", 0));
    caught_up(&county).await;
    caught_up(&town).await;
    assert_eq!((open(&county).await, open(&city).await), (vec![], vec![]));
    let history = CatalogHistoryRequest { catalog: CATALOG.to_owned(), ..CatalogHistoryRequest::default() };
    let events = town.catalogs().history(history).await.unwrap().into_inner().events;
    let said = events.iter().find(|event| event.kind == "settlement").unwrap();
    assert_eq!((said.state.as_str(), said.opinion.as_str()), ("both", "县级审批,乡镇受理"), "the township is told");

    import(&town, &matter("新台子镇社会事务办公室", "乡级")).await;
    town.submit(CATALOG).await;
    caught_up(&town).await;
    let again = open(&county).await;
    assert!(again.len() == 1 && again[0].1 != id, "another body is another question: {again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workbook_settles_a_conflict_and_another_catalogs_does_not() {
    let city = city().await;
    let on = |base: &str, content: String| ImportCatalogRequest {
        content: content.into_bytes(),
        file_name: "社会救助.csv".to_owned(),
        division: TOWN.to_owned(),
        base: base.to_owned(),
        ..ImportCatalogRequest::default()
    };
    let first = on("", table(&[("低保", "20个工作日内")]));
    let base = city.catalogs().import(first).await.unwrap().into_inner().revisions.remove(0).revision;
    city.catalogs().import(on("", table(&[("低保", "15个工作日内")]))).await.unwrap();
    city.catalogs().import(on(&base, table(&[("低保", "7个工作日内")]))).await.unwrap();
    let found = open(&city).await;
    let [(kind, id)] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(kind, "drafts");
    let file = |content: String| ResolveConflictRequest {
        id: id.clone(),
        content: content.into_bytes(),
        file_name: "合并.csv".to_owned(),
        ..ResolveConflictRequest::default()
    };
    let strange = table(&[("低保", "1个工作日内")]).replace("社会救助领域", "安全生产领域");
    assert_eq!(resolve(&city, file(strange)).await.unwrap_err(), "GK-CONFLICT-006");
    assert_eq!(open(&city).await.len(), 1, "a refusal changes nothing");
    let done = resolve(&city, file(table(&[("低保", "10个工作日内")]))).await.unwrap();
    assert_eq!((done.state.as_str(), done.left, limit_of(&city, "低保").await.as_str()), ("draft", 0, "10个工作日内"));
}
