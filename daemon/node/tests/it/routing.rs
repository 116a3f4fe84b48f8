//! Review chains as data: domains added, departments that change, reviews that are moved, decisions from outside.

use gongkai_proto::admin::v1::{
    AssignDomainRequest, ChainRow, ChainStep, ChangeTableResponse, DecideReviewRequest, OutsideDecision,
    OutsideDocumentRequest, PutDepartmentRequest, PutDomainRequest, RerouteRequest, RerouteResponse, SetChainRequest,
    ShowRoutingRequest, review_service_client::ReviewServiceClient,
};

use crate::{
    harness::{COUNTY, Node, TOWN, city, city_with, code, sample},
    port::{PORT, desk},
};

const CATALOG: &str = "211221101/social-assistance";

/// A table of one item in a domain that the seeds do not have.
const BROADCASTING: &str = "广播电视领域基层政务公开标准目录\n\
    序号,一级事项,二级事项,公开内容,公开依据,公开时限,公开主体,公开渠道和载体,公开对象,公开方式,公开层级\n\
    1,设施建设,应急广播,建设情况,《中华人民共和国政府信息公开条例》,信息形成之日起20个工作日内,新台子镇人民政府,■政府网站,全社会,主动,乡级\n";

async fn assign(city: &Node, department: &str, from: &str) -> ChangeTableResponse {
    let request = AssignDomainRequest {
        domain: "social-assistance".to_owned(),
        department: department.to_owned(),
        from: from.to_owned(),
        dry_run: false,
    };
    city.routing().assign(request).await.unwrap().into_inner()
}

async fn reroute(node: &Node, domain: &str, to: &str) -> Result<RerouteResponse, String> {
    let request = RerouteRequest {
        domain: domain.to_owned(),
        to: to.to_owned(),
        reason: "机构改革".to_owned(),
        ..RerouteRequest::default()
    };
    node.routing().reroute(request).await.map(tonic::Response::into_inner).map_err(|status| code(&status))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_is_added_without_a_release_and_imports_know_it() {
    let city = city().await;
    let county = city.child(COUNTY).await;
    county.catch_up().await;
    let town = county.child(TOWN).await;
    town.catch_up().await;
    let add = PutDomainRequest {
        slug: "broadcasting".to_owned(),
        name: "广播电视".to_owned(),
        aliases: vec!["广播影视".to_owned()],
        department: "dept-culture".to_owned(),
        due: "2027-12-31".to_owned(),
        ..PutDomainRequest::default()
    };
    let below = county.routing().put_domain(add.clone()).await.unwrap_err();
    assert_eq!(code(&below), "GK-ROUTE-001", "one table for the whole tree");
    let planned = city.routing().put_domain(PutDomainRequest { dry_run: true, ..add.clone() }).await.unwrap();
    assert_eq!((planned.get_ref().version, planned.get_ref().entry.as_str()), (2, ""));
    assert_eq!(city.routing().put_domain(add.clone()).await.unwrap().into_inner().version, 2);
    assert_eq!(code(&city.routing().put_domain(add).await.unwrap_err()), "GK-DOMAIN-001");
    county.catch_up().await;
    town.catch_up().await;

    let imported = town.import(BROADCASTING.as_bytes(), "broadcasting.csv").await;
    let catalog = "211221101/broadcasting";
    assert_eq!(imported.revisions.first().unwrap().catalog, catalog);
    let step = town.submit(catalog).await.steps.remove(0);
    assert_eq!((step.division.as_str(), step.department.as_str()), (COUNTY, "dept-culture"));
    town.catch_up().await;
    assert_eq!(county.approve(catalog).await.unwrap().state, "approved");
}

#[tokio::test(flavor = "multi_thread")]
async fn open_reviews_keep_their_steps_until_they_are_rerouted() {
    let city = city().await;
    let county = city.child(COUNTY).await;
    county.catch_up().await;
    let town = county.child(TOWN).await;
    town.catch_up().await;
    let file = sample("211221101-social-assistance.xlsx");
    town.import(file.bytes, &file.file).await;
    assert_eq!(town.submit(CATALOG).await.steps[0].department, "dept-civil-affairs");
    town.catch_up().await;
    county.catch_up().await;

    let department = PutDepartmentRequest {
        slug: "dept-social-work".to_owned(),
        name: "市社会工作部".to_owned(),
        base_name: "社会工作部".to_owned(),
        ..PutDepartmentRequest::default()
    };
    city.routing().put_department(department).await.unwrap();
    let changed = assign(&city, "dept-social-work", "2026-01-01").await;
    assert_eq!(changed.outdated.len(), 1, "the open review is named, and not moved");
    county.catch_up().await;
    town.catch_up().await;
    let review = county.review(CATALOG).await;
    assert_eq!(review.steps[0].department, "dept-civil-affairs", "the steps are frozen");
    assert_eq!(code(&county.approve(CATALOG).await.unwrap_err()), "GK-ROUTE-002");

    assert_eq!(reroute(&town, "social-assistance", "").await.unwrap_err(), "GK-ROUTE-012");
    assert_eq!(reroute(&city, "social-assistance", "dept-tax").await.unwrap_err(), "GK-ROUTE-003");
    let moved = reroute(&city, "social-assistance", "dept-social-work").await.unwrap();
    assert_eq!(moved.rerouted.len(), 1);
    assert!(reroute(&city, "social-assistance", "").await.unwrap().rerouted.is_empty(), "nothing is left to move");
    county.catch_up().await;
    town.catch_up().await;
    let step = county.review(CATALOG).await.steps.remove(0);
    assert!(step.is_rerouted && step.department == "dept-social-work", "{step:?}");
    assert_eq!(county.approve(CATALOG).await.unwrap().state, "approved");
    town.catch_up().await;
    assert_eq!(town.review(CATALOG).await.steps[0].department, "dept-social-work");
    let shown = city.routing().show(ShowRoutingRequest::default()).await.unwrap().into_inner();
    assert_eq!((shown.table.unwrap().version, shown.versions.len(), shown.outdated.len()), (3, 3, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vertical_department_reviews_past_the_county_and_nobody_his_own() {
    let city = city().await;
    let county = city.child(COUNTY).await;
    county.catch_up().await;
    let town = county.child(TOWN).await;
    town.catch_up().await;
    let set = |levels_up| SetChainRequest {
        chain: Some(ChainRow {
            domain: "social-assistance".to_owned(),
            owner_level: "township".to_owned(),
            steps: vec![ChainStep { levels_up, role: "counterpart".to_owned(), department: "dept-tax".to_owned() }],
            ..ChainRow::default()
        }),
        ..SetChainRequest::default()
    };
    assert_eq!(code(&city.routing().set_chain(set(0)).await.unwrap_err()), "GK-ROUTE-020");
    city.routing().set_chain(set(2)).await.unwrap();
    county.catch_up().await;
    town.catch_up().await;
    let file = sample("211221101-social-assistance.xlsx");
    town.import(file.bytes, &file.file).await;
    let step = town.submit(CATALOG).await.steps.remove(0);
    assert_eq!((step.division.as_str(), step.department.as_str()), ("211200", "dept-tax"));
    town.catch_up().await;
    county.catch_up().await;
    assert_eq!(code(&county.approve(CATALOG).await.unwrap_err()), "GK-REVIEW-013");
    assert_eq!(city.approve(CATALOG).await.unwrap().state, "approved");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_provinces_decision_is_recorded_with_its_number_and_its_file() {
    let city = city_with(PORT).await;
    let mut reviews = ReviewServiceClient::new(desk(&city, "reviewer").await);
    let catalog = "211200/ecological-environment";
    let file = sample("211200-ecological-environment.xlsx");
    city.import(file.bytes, &file.file).await;
    let submitted = city.submit(catalog).await;
    assert!(submitted.steps[0].is_outside);
    let bare = DecideReviewRequest { catalog: catalog.to_owned(), ..DecideReviewRequest::default() };
    let bare = reviews.approve(bare).await.unwrap_err();
    assert_eq!(code(&bare), "GK-ROUTE-010", "only a document decides");
    // Larger than one entry: the file is kept in pieces.
    let scan: Vec<u8> = (0..300_000u32).map(|byte| u8::try_from(byte % 251).unwrap_or_default()).collect();
    let request = DecideReviewRequest {
        // Named by the submission's hash.
        catalog: submitted.submission.clone(),
        opinion: "同意".to_owned(),
        outside: Some(OutsideDecision {
            authority: "辽宁省生态环境厅".to_owned(),
            doc_no: "辽环函〔2026〕12号".to_owned(),
            decided_on: "2026-11-20".to_owned(),
            file_name: "批复.pdf".to_owned(),
            file: scan.clone(),
        }),
        ..DecideReviewRequest::default()
    };
    let decided = reviews.approve(request).await.unwrap().into_inner();
    assert_eq!(decided.state, "approved");
    let shown = city.review(catalog).await.steps.remove(0);
    assert!(shown.document.contains("辽环函〔2026〕12号") && shown.document.contains("sha256:"), "{}", shown.document);
    let request = OutsideDocumentRequest { catalog: catalog.to_owned(), decision: decided.decision };
    let kept = city.routing().document(request).await.unwrap().into_inner();
    assert!(kept.file == scan, "the file comes back byte by byte");
    assert_eq!((kept.file_name.as_str(), kept.decided_on.as_str()), ("批复.pdf", "2026-11-20"));
}
