//! Standards through three levels: handed down, adopted, overridden, moved onto a new version; a pilot's template.

use gongkai_proto::admin::v1::{
    CheckCatalogRequest, CompareStandardRequest, DecideReviewRequest, ImportStandardRequest, ImportStandardResponse,
    ListStandardsRequest, OfferStandardRequest, RebaseCatalogRequest, RebaseCatalogResponse, SendStandardRequest,
    ShowCatalogRequest, StandardRow, StartCatalogRequest,
};

use crate::harness::{COUNTY, Node, TOWN, city, code, sample, table};

const CATALOG: &str = "211221101/social-assistance";
const GUIDELINE: &str = "211200/social-assistance/guideline";
/// 调兵山市, the pilot of the plan.
const PILOT: &str = "211281";

async fn import(node: &Node, file: &str, version: &str) -> ImportStandardResponse {
    let file = sample(file);
    let request = ImportStandardRequest {
        content: file.bytes.to_vec(),
        file_name: file.file.clone(),
        kind: "guideline".to_owned(),
        version: version.to_owned(),
        doc_no: "民办发〔2019〕1号".to_owned(),
        authority: "民政部办公厅".to_owned(),
        ..ImportStandardRequest::default()
    };
    node.standards().import(request).await.unwrap().into_inner()
}

async fn send(node: &Node, standard: &str) -> StandardRow {
    let request = SendStandardRequest { standard: standard.to_owned() };
    node.standards().send(request).await.unwrap().into_inner().standard.unwrap()
}

async fn listed(node: &Node) -> Vec<StandardRow> {
    node.standards().list(ListStandardsRequest::default()).await.unwrap().into_inner().standards
}

async fn start(node: &Node, standard: &str) -> Result<u32, String> {
    let request = StartCatalogRequest { standard: standard.to_owned(), ..StartCatalogRequest::default() };
    match node.standards().start(request).await {
        Ok(response) => Ok(response.into_inner().items),
        Err(status) => Err(code(&status)),
    }
}

async fn rebase(node: &Node, dry_run: bool) -> RebaseCatalogResponse {
    let request = RebaseCatalogRequest { catalog: CATALOG.to_owned(), dry_run, ..RebaseCatalogRequest::default() };
    node.standards().rebase(request).await.unwrap().into_inner()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standard_comes_down_is_adopted_and_its_new_version_asks_only_for_what_it_touches() {
    let city = city().await;
    let county = city.child(COUNTY).await;
    county.catch_up().await;
    let town = county.child(TOWN).await;
    town.catch_up().await;

    let first = import(&city, "211221101-social-assistance.xlsx", "2019年版").await;
    assert!(first.is_new && first.added > 0);
    assert!(!import(&city, "211221101-social-assistance.xlsx", "2019年版").await.is_new, "the same file again");
    county.catch_up().await;
    assert!(listed(&county).await.is_empty(), "a draft stays where it was imported");
    assert_eq!(send(&city, GUIDELINE).await.state, "in-force");
    let again = city.standards().send(SendStandardRequest { standard: GUIDELINE.to_owned() }).await.unwrap_err();
    assert_eq!(code(&again), "GK-STD-004");
    county.catch_up().await;
    town.catch_up().await;
    assert_eq!(listed(&town).await.first().map(|row| row.state.clone()), Some("in-force".to_owned()));

    // The town begins from it and says some things in its own words.
    assert_eq!(start(&town, GUIDELINE).await, Ok(first.added));
    assert_eq!(start(&town, GUIDELINE).await, Err("GK-STD-002".to_owned()), "copying never overwrites");
    let own = sample("211221101-social-assistance-corrected.xlsx");
    let imported = town.import(own.bytes, &own.file).await;
    let deviations = imported.revisions.first().unwrap().changed;
    assert!(deviations > 0);
    let request = CompareStandardRequest { catalog: CATALOG.to_owned(), ..CompareStandardRequest::default() };
    let compared = town.standards().compare(request).await.unwrap().into_inner();
    assert_eq!(compared.changed.len(), usize::try_from(deviations).unwrap());
    assert!(compared.is_current && compared.provenance["national"] > 0, "{:?}", compared.provenance);
    let show = ShowCatalogRequest { catalog: CATALOG.to_owned(), ..ShowCatalogRequest::default() };
    let items = town.catalogs().show(show).await.unwrap().into_inner().items;
    assert!(items.iter().any(|item| item.standard == GUIDELINE && item.provenance == "national"), "{items:?}");
    let unchanged = rebase(&town, false).await;
    assert!(!unchanged.is_new, "moving onto the version it stands on changes nothing: {:?}", unchanged.outcomes);
    town.submit(CATALOG).await;
    town.catch_up().await;

    // While the review is open, a new version comes: the reviewer is told.
    let second = import(&city, "211221101-social-assistance-updated.xlsx", "2021年版").await;
    assert!(second.is_new && second.changed > 0);
    send(&city, GUIDELINE).await;
    county.catch_up().await;
    town.catch_up().await;
    let told = county.review(CATALOG).await.stale;
    assert!(told.iter().any(|reason| reason.code == "GK-STD-010"), "{told:?}");
    county.approve(CATALOG).await.unwrap();
    town.catch_up().await;

    let planned = rebase(&town, true).await;
    assert!(planned.is_new && !planned.needs_person, "{:?}", planned.outcomes);
    let moved = rebase(&town, false).await;
    assert_eq!((moved.from_version.as_str(), moved.to_version.as_str()), ("2019年版", "2021年版"));
    assert_eq!(moved.outcomes, planned.outcomes);
    assert!(!rebase(&town, false).await.is_new, "once is enough");
    let submitted = town.submit(CATALOG).await;
    assert!(
        submitted.items_changed > 0 && submitted.items_changed <= second.changed && submitted.items_carried > 0,
        "what the version touches is asked again, the rest is not: {submitted:?}"
    );
    town.catch_up().await;
    assert!(county.review(CATALOG).await.stale.iter().all(|reason| reason.code != "GK-STD-010"));
    assert_eq!(county.approve(CATALOG).await.unwrap().state, "approved");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pilot_offers_its_approved_catalog_and_others_begin_from_it() {
    let city = city().await;
    let pilot = city.child(PILOT).await;
    pilot.catch_up().await;
    let other = city.child(COUNTY).await;
    other.catch_up().await;
    let catalog = format!("{PILOT}/household-registration");
    let offer = |catalog: &str| OfferStandardRequest { catalog: catalog.to_owned(), note: "试点经验".to_owned() };

    let file = sample("211282-household-registration.xlsx");
    pilot.import(file.bytes, &file.file).await;
    let early = pilot.standards().offer(offer(&catalog)).await.unwrap_err();
    assert_eq!(code(&early), "GK-STD-007", "only what is approved");
    pilot.submit(&catalog).await;
    pilot.catch_up().await;
    city.approve(&catalog).await.unwrap();
    pilot.catch_up().await;
    assert_eq!(pilot.standards().offer(offer(&catalog)).await.unwrap().into_inner().catalog, catalog);
    pilot.catch_up().await;

    let offered = listed(&city).await;
    let row = offered.iter().find(|row| row.state == "offered").unwrap();
    assert_eq!(row.standard, format!("211200/household-registration/pilot-{PILOT}"));
    other.catch_up().await;
    assert!(listed(&other).await.is_empty(), "an offer is seen by the levels above only");
    let sent = send(&city, &row.standard).await;
    assert_eq!((sent.kind.as_str(), sent.from_catalog.as_str()), ("pilot", catalog.as_str()));
    other.catch_up().await;
    assert_eq!(start(&other, &row.standard).await, Ok(row.items));
    let not_a_pilot = other.standards().offer(offer(&format!("{COUNTY}/household-registration"))).await.unwrap_err();
    assert_eq!(code(&not_a_pilot), "GK-STD-006");
    // The pilot's own catalog is untouched by all this.
    assert_eq!(pilot.row(&catalog).await.unwrap().state, "approved");
    let decide = DecideReviewRequest { catalog: catalog.clone(), ..DecideReviewRequest::default() };
    assert!(city.reviews().approve(decide).await.unwrap().into_inner().unchanged);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_imported_catalog_is_held_to_the_limits_of_the_standard_of_its_domain() {
    let city = city().await;
    let limit = |days: u32| table(&[("低保审批", &format!("信息形成之日起{days}个工作日内"))]).into_bytes();
    city.import(&limit(20), "目录.csv").await;
    let looser = async || {
        let check = CheckCatalogRequest { catalog: "211200/social-assistance".to_owned(), ..Default::default() };
        let found = city.catalogs().check(check).await.unwrap().into_inner().findings;
        found.into_iter().find(|finding| finding.rule == "limit-looser").map(|finding| finding.message)
    };
    assert_eq!(looser().await, None, "the statutory limit is kept");
    let request = ImportStandardRequest {
        content: limit(7),
        file_name: "指引.csv".to_owned(),
        kind: "guideline".to_owned(),
        version: "2019年版".to_owned(),
        authority: "民政部办公厅".to_owned(),
        ..ImportStandardRequest::default()
    };
    city.standards().import(request).await.unwrap();
    assert_eq!(looser().await, None, "a draft of a standard binds nobody");
    send(&city, GUIDELINE).await;
    let message = looser().await.unwrap();
    assert!(message.contains("20 working days, not 7"), "{message}");
}
