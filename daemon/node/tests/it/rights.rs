//! Rights with the domain and the department: every action that the table restricts is tried by a colleague of another
//! domain and by one of another department before the right person does it. Nobody is told by a role alone.

use std::collections::BTreeSet;

use gongkai_app::{Action, Scope};
use gongkai_proto::{
    admin::v1::{erase_service_client::EraseServiceClient, review_service_client::ReviewServiceClient, *},
    metadata,
};
use tonic::{Request, Response, Status, transport::Channel};

use crate::{
    harness::{COUNTY, Node, TOWN, city_with, code, table},
    port::{PORT, desk},
};

/// The city keeps it, since the county has no node, and its civil affairs office reviews it.
const CATALOG: &str = "211221/social-assistance";
const GUIDELINE: &str = "211200/social-assistance/guideline";

/// The right people, and two with every role that the restricted actions ask for.
const PEOPLE: &str = r#"
[[operator]]
name = "li"
roles = ["clerk", "publisher"]
domains = ["social-assistance"]

[[operator]]
name = "wang"
roles = ["reviewer"]
domains = ["social-assistance"]
departments = ["dept-civil-affairs"]

[[operator]]
name = "of-another-domain"
roles = ["clerk", "reviewer", "publisher"]
domains = ["household-registration"]

[[operator]]
name = "of-another-department"
roles = ["clerk", "reviewer", "publisher"]
departments = ["dept-ndrc"]
"#;

fn by<T>(name: &'static str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert(metadata::OPERATOR, name.parse().unwrap());
    request
}

/// What was tried so far, by its word.
#[derive(Default)]
struct Tried(BTreeSet<&'static str>);

impl Tried {
    /// Strangers try an action and are refused for what they are; then the right person does it.
    async fn step<T>(
        &mut self,
        word: &'static str,
        right: &'static str,
        call: impl AsyncFn(&'static str) -> Result<Response<T>, Status>,
    ) -> T {
        let domain = ("of-another-domain", "GK-APP-013");
        let strangers = match Action::from_word(word).unwrap().scope() {
            Scope::Node => vec![],
            Scope::Domain => vec![domain],
            Scope::Department => vec![domain, ("of-another-department", "GK-REVIEW-014")],
        };
        for (stranger, expected) in strangers {
            let answered = call(stranger).await.map(drop);
            let refused = answered.err().unwrap_or_else(|| panic!("{word} was open to somebody {stranger}"));
            assert_eq!(code(&refused), expected, "{word} by somebody {stranger}: {refused:?}");
        }
        self.0.insert(word);
        call(right).await.unwrap_or_else(|status| panic!("{word} by {right}: {status:?}")).into_inner()
    }
}

struct Stage {
    city: Node,
    /// The reviewer's own way in: everybody else comes by the account of the test.
    desk: Channel,
    tried: Tried,
}

impl Stage {
    async fn import(&mut self, base: &str, rows: &[(&str, &str)]) -> String {
        let request = ImportCatalogRequest {
            content: table(rows).into_bytes(),
            file_name: "社会救助.csv".to_owned(),
            division: COUNTY.to_owned(),
            base: base.to_owned(),
            ..ImportCatalogRequest::default()
        };
        let city = &self.city;
        let call = async |who| city.catalogs().import(by(who, request.clone())).await;
        self.tried.step("catalog.import", "li", call).await.revisions.remove(0).revision
    }

    async fn submit(&mut self) {
        let request = SubmitCatalogRequest { catalog: CATALOG.to_owned(), ..SubmitCatalogRequest::default() };
        let city = &self.city;
        self.tried
            .step("catalog.submit", "li", async |who| city.catalogs().submit(by(who, request.clone())).await)
            .await;
    }

    /// A finding is overruled, and that is taken back.
    async fn waive(&mut self) {
        let waive = WaiveRequest {
            catalog: CATALOG.to_owned(),
            rule: "limit-looser".to_owned(),
            item: "低保".to_owned(),
            reason: "本县审批需两次公示".to_owned(),
            ..WaiveRequest::default()
        };
        let city = &self.city;
        let call = async |who| city.catalogs().waive(by(who, waive.clone())).await;
        let waiver = self.tried.step("catalog.waive", "li", call).await.waiver.unwrap().waiver;
        let recall =
            RecallWaiverRequest { catalog: CATALOG.to_owned(), waiver, reason: "已按时限办理".to_owned() };
        let call = async |who| city.catalogs().recall_waiver(by(who, recall.clone())).await;
        self.tried.step("catalog.recall-waiver", "li", call).await;
    }

    /// Two drafts on one state, of which a person takes one.
    async fn settle(&mut self) {
        let conflicts = self.city.conflicts().list(ListConflictsRequest::default()).await.unwrap().into_inner();
        let id = conflicts.conflicts.iter().find(|row| row.kind == "drafts").unwrap().id.clone();
        let resolve = ResolveConflictRequest { id, take: "ours".to_owned(), ..ResolveConflictRequest::default() };
        let city = &self.city;
        let call = async |who| city.conflicts().resolve(by(who, resolve.clone())).await;
        self.tried.step("conflict.resolve", "li", call).await;
    }

    /// Two wordings are proposed; one is accepted, one declined.
    async fn propose(&mut self) {
        let city = &self.city;
        let mut proposals = Vec::new();
        for item in ["低保", "特困"] {
            let propose = ProposeRequest {
                submission: CATALOG.to_owned(),
                item: item.to_owned(),
                element: "公开主体".to_owned(),
                text: "铁岭县民政局".to_owned(),
                note: "与上级一致".to_owned(),
            };
            let call = async |who| city.reviews().propose(by(who, propose.clone())).await;
            let proposed = self.tried.step("review.propose", "wang", call).await;
            proposals.push(proposed.proposal.unwrap().proposal);
        }
        let [accepted, declined] = proposals.try_into().unwrap();
        let answer = AnswerProposalRequest { proposal: accepted, ..AnswerProposalRequest::default() };
        let call = async |who| city.catalogs().accept(by(who, answer.clone())).await;
        self.tried.step("catalog.accept", "li", call).await;
        let answer = AnswerProposalRequest { proposal: declined, reason: "本项由乡镇办理".to_owned() };
        let call = async |who| city.catalogs().decline(by(who, answer.clone())).await;
        self.tried.step("catalog.decline", "li", call).await;
    }

    async fn decide(&mut self, word: &'static str) {
        let opinion = if word == "review.return" { "请按提出的意见修改" } else { "" };
        let request = DecideReviewRequest {
            catalog: CATALOG.to_owned(),
            opinion: opinion.to_owned(),
            ..DecideReviewRequest::default()
        };
        let ways = [self.city.channel(), self.desk.clone()];
        let call = async |who| {
            let mut reviews = ReviewServiceClient::new(ways[usize::from(who == "wang")].clone());
            match word {
                "review.return" => reviews.r#return(by(who, request.clone())).await,
                _ => reviews.approve(by(who, request.clone())).await,
            }
        };
        self.tried.step(word, "wang", call).await;
    }

    /// The approved catalog of a pilot is offered.
    async fn offer(&mut self) {
        let pilot = SetPilotRequest { catalog: CATALOG.to_owned(), is_pilot: true, ..SetPilotRequest::default() };
        self.city.routing().set_pilot(pilot).await.unwrap();
        let offer = OfferStandardRequest { catalog: CATALOG.to_owned(), note: "试点经验".to_owned() };
        let city = &self.city;
        let call = async |who| city.standards().offer(by(who, offer.clone())).await;
        self.tried.step("standard.offer", "li", call).await;
    }

    async fn hand_down(&mut self, version: &str, rows: &[(&str, &str)]) {
        let import = ImportStandardRequest {
            content: table(rows).into_bytes(),
            file_name: "标准.csv".to_owned(),
            kind: "guideline".to_owned(),
            version: version.to_owned(),
            ..ImportStandardRequest::default()
        };
        let city = &self.city;
        let call = async |who| city.standards().import(by(who, import.clone())).await;
        self.tried.step("standard.import", "li", call).await;
        let send = SendStandardRequest { standard: GUIDELINE.to_owned() };
        let call = async |who| city.standards().send(by(who, send.clone())).await;
        self.tried.step("standard.send", "li", call).await;
    }

    async fn start(&mut self) {
        let start = StartCatalogRequest {
            standard: GUIDELINE.to_owned(),
            division: TOWN.to_owned(),
            ..StartCatalogRequest::default()
        };
        let city = &self.city;
        let call = async |who| city.standards().start(by(who, start.clone())).await;
        self.tried.step("standard.start", "li", call).await;
    }

    async fn rebase(&mut self) {
        let rebase =
            RebaseCatalogRequest { catalog: format!("{TOWN}/social-assistance"), ..RebaseCatalogRequest::default() };
        let city = &self.city;
        let call = async |who| city.standards().rebase(by(who, rebase.clone())).await;
        assert!(self.tried.step("standard.rebase", "li", call).await.is_new);
    }

    async fn revoke(&mut self) {
        let revoke = RevokeReviewRequest {
            catalog: CATALOG.to_owned(),
            reason: "依据已废止".to_owned(),
            ..RevokeReviewRequest::default()
        };
        let city = &self.city;
        let call = async |who| city.reviews().revoke(by(who, revoke.clone())).await;
        self.tried.step("review.revoke", "wang", call).await;
    }

    async fn withdraw(&mut self) {
        let withdraw = WithdrawCatalogRequest { catalog: CATALOG.to_owned(), reason: "另行报送".to_owned() };
        let city = &self.city;
        let call = async |who| city.catalogs().withdraw(by(who, withdraw.clone())).await;
        self.tried.step("catalog.withdraw", "li", call).await;
    }

    /// An item's content is removed by law: one asks, another says yes.
    async fn erase(&mut self) {
        let city = &self.city;
        let show = ShowCatalogRequest { catalog: CATALOG.to_owned(), ..ShowCatalogRequest::default() };
        let item = city.catalogs().show(by("li", show)).await.unwrap().into_inner().items.remove(0);
        let ask = AskErasureRequest {
            catalog: CATALOG.to_owned(),
            item: item.item_id,
            content: item.digest,
            basis: "《个人信息保护法》第四十七条".to_owned(),
            reason: "姓名".to_owned(),
            ..AskErasureRequest::default()
        };
        let call = async |who| city.erasures().ask(by(who, ask.clone())).await;
        let request = self.tried.step("erase.ask", "li", call).await.request;
        let confirm = ConfirmErasureRequest { request };
        let ways = [self.city.channel(), self.desk.clone()];
        let call = async |who| {
            let way = ways[usize::from(who == "wang")].clone();
            EraseServiceClient::new(way).confirm(by(who, confirm.clone())).await
        };
        self.tried.step("erase.confirm", "wang", call).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_another_domain_or_department_is_refused_every_action_that_the_table_restricts() {
    let city = city_with(&format!("{PORT}{PEOPLE}")).await;
    let desk = desk(&city, "wang").await;
    let mut stage = Stage { city, desk, tried: Tried::default() };
    let first = stage.import("", &[("低保", "25个工作日内"), ("特困", "及时公开")]).await;
    stage.waive().await;
    stage.import("", &[("低保", "15个工作日内"), ("特困", "及时公开")]).await;
    stage.import(&first, &[("低保", "7个工作日内"), ("特困", "及时公开")]).await;
    stage.settle().await;
    stage.submit().await;
    stage.propose().await;
    stage.decide("review.return").await;
    stage.submit().await;
    stage.decide("review.approve").await;
    stage.offer().await;
    stage.hand_down("2019年版", &[("低保", "20个工作日内"), ("特困", "及时公开")]).await;
    stage.start().await;
    stage.hand_down("2026年版", &[("低保", "20个工作日内"), ("特困", "每年1月31日前")]).await;
    stage.rebase().await;
    stage.revoke().await;
    stage.import("", &[("低保", "10个工作日内"), ("特困", "及时公开")]).await;
    stage.submit().await;
    stage.withdraw().await;
    stage.erase().await;

    let restricted = Action::ALL.iter().filter(|action| action.scope() != Scope::Node);
    let restricted: BTreeSet<&str> = restricted.map(|action| action.word()).collect();
    assert_eq!(stage.tried.0, restricted, "every restricted action is tried, and nothing else is restricted");
}
