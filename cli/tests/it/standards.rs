//! Standards, routing and outside decisions as the command line tells them: exit codes, both languages, wrong usage.

use gongkai_proto::admin::v1::{
    CompareStandardRequest, CompareStandardResponse, ImportStandardRequest, ImportStandardResponse, ItemDifference,
    ListStandardsRequest, ListStandardsResponse, OfferStandardRequest, OfferStandardResponse, RebaseCatalogRequest,
    RebaseCatalogResponse, RebasedItem, SendStandardRequest, SendStandardResponse, ShowStandardRequest,
    ShowStandardResponse, StandardClash, StandardRow, StartCatalogRequest, StartCatalogResponse,
    standard_service_server::StandardService,
};
use tonic::{Request, Response, Status};

use crate::harness::{Node, Script, run};

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl StandardService for Script {
    async fn import(&self, _: Request<ImportStandardRequest>) -> Answer<ImportStandardResponse> {
        Err(Status::unimplemented(""))
    }

    async fn list(&self, _: Request<ListStandardsRequest>) -> Answer<ListStandardsResponse> {
        Ok(Response::new(ListStandardsResponse::default()))
    }

    async fn show(&self, _: Request<ShowStandardRequest>) -> Answer<ShowStandardResponse> {
        Err(Status::unimplemented(""))
    }

    async fn send(&self, _: Request<SendStandardRequest>) -> Answer<SendStandardResponse> {
        Err(Status::unimplemented(""))
    }

    async fn offer(&self, _: Request<OfferStandardRequest>) -> Answer<OfferStandardResponse> {
        Err(Status::unimplemented(""))
    }

    /// Lays the catalog asked for beside a newer version.
    async fn compare(&self, request: Request<CompareStandardRequest>) -> Answer<CompareStandardResponse> {
        let missing = ItemDifference { name: "行业管理 / 投诉举报".to_owned(), ..ItemDifference::default() };
        Ok(Response::new(CompareStandardResponse {
            catalog: request.into_inner().catalog,
            standard: Some(StandardRow { version: "2026年版".to_owned(), ..StandardRow::default() }),
            named_version: "2019年版".to_owned(),
            same: 3,
            missing: vec![missing],
            provenance: [("national".to_owned(), 3)].into(),
            ..CompareStandardResponse::default()
        }))
    }

    async fn start(&self, _: Request<StartCatalogRequest>) -> Answer<StartCatalogResponse> {
        Err(Status::unimplemented(""))
    }

    /// Clashes in one item, unless it is taken.
    async fn rebase(&self, request: Request<RebaseCatalogRequest>) -> Answer<RebaseCatalogResponse> {
        let asked = request.into_inner();
        let is_taken = !asked.take.is_empty();
        let clash = StandardClash {
            element: "time_limit_text".to_owned(),
            base: "20个工作日".to_owned(),
            standard: "10个工作日".to_owned(),
            local: "7个工作日".to_owned(),
        };
        let outcome = if is_taken { "taken" } else { "clash" };
        let item = RebasedItem {
            difference: Some(ItemDifference { name: "服务补贴".to_owned(), ..ItemDifference::default() }),
            outcome: outcome.to_owned(),
            clashes: if is_taken { Vec::new() } else { vec![clash] },
            ..RebasedItem::default()
        };
        Ok(Response::new(RebaseCatalogResponse {
            catalog: asked.catalog,
            from_version: "2019年版".to_owned(),
            to_version: "2026年版".to_owned(),
            outcomes: [(outcome.to_owned(), 1)].into(),
            items: vec![item],
            is_new: true,
            needs_person: !is_taken,
            dry_run: asked.dry_run,
            ..RebaseCatalogResponse::default()
        }))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clash_ends_with_attention_and_shows_the_three_sides_in_both_languages() {
    let node = Node::start(Script::default());
    let catalog = "211221101/elderly-care";
    for (lang, words) in
        [("zh", ["公开时限", "原标准：20", "本地：7"]), ("en", ["time_limit_text", "before: 20", "here: 7"])]
    {
        let ended = node.run(&["--lang", lang, "catalog", "rebase", catalog]).await;
        assert_eq!(ended.status, 3, "{ended:?}");
        assert!(words.iter().all(|word| ended.stdout.contains(word)), "{}", ended.stdout);
    }
    let taken = node.run(&["catalog", "rebase", catalog, "--take", "2", "--output", "json"]).await;
    assert_eq!((taken.status, taken.json()["needs_person"].as_bool()), (0, Some(false)));
    let compared = node.run(&["--lang", "zh", "standard", "compare", catalog]).await;
    assert_eq!(compared.status, 3, "something is missing");
    assert!(compared.stdout.contains("缺少 1 项") && compared.stdout.contains("国家 3"), "{}", compared.stdout);
    let empty = node.run(&["standard", "list"]).await;
    assert!(empty.status == 0 && empty.stdout.contains("no standard"), "{empty:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn words_that_make_no_sense_together_are_wrong_usage() {
    for words in [
        &["review", "reroute"][..],
        &["review", "reroute", "211221101/x", "--all"],
        &["routing", "set", "--domain", "x"],
        &["routing", "set", "--step", "counterpart"],
        &["standard", "import", "x.xlsx", "--kind", "pilot", "--version", "1"],
        &["review", "record-outside", "211200/x", "--doc-no", "1", "--decision", "approve"],
    ] {
        let ended = run(words).await;
        assert_eq!(ended.status, 2, "{words:?} {ended:?}");
    }
}
