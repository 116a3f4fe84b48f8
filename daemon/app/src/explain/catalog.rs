//! Why a catalog does not get on: whose turn it is, what waits, and how far the submission has come.

use std::collections::BTreeMap;

use gongkai_model::{
    id::{CatalogId, DivisionId},
    review::{Lack, SubmissionState, SubmissionStatus, Waiting},
};

use super::{Finding, FindingState, admin_of, two};
use crate::{App, Arrival, Doubt, Doubted, LinkNow, Loaded, Result, Summary, whereabouts::EntryPlaces};

/// Who keeps the catalog stands in doubt.
pub(super) fn in_doubt(doubt: &Doubt) -> Finding {
    let at: Vec<String> = doubt.said_at.iter().map(ToString::to_string).collect();
    let (entry, author) = (doubt.entry.short(), &doubt.author);
    let cause = match doubt.doubted {
        Doubted::Order { .. } => two(
            format!("{author} 要求接管该区划的目录，尚无人同意，未生效"),
            format!("{author} ordered to take custody, and nobody has agreed: it moves nothing"),
        ),
        Doubted::Submission { .. } => two(
            format!("{author} 并非维护单位而报送，无效力，不列入汇总发布"),
            format!("{author} submitted it and was not its keeper: it has no effect and enters no edition"),
        ),
    };
    let confirm = format!("`gongkai custody confirm {entry}`");
    let action = two(format!("核实后执行 {confirm} 或 refuse"), format!("after asking: {confirm}, or refuse"));
    let who = two(format!("{} 的人员", at.join("、")), format!("a person at {}", at.join(" or ")));
    Finding::new(FindingState::Stuck, doubt.division.clone(), cause)
        .coded(doubt.code())
        .because("条目", "entry", entry, Some(doubt.at_ms))
        .so(action, who)
}

impl App {
    pub(super) async fn explain_catalog(
        &self,
        catalog: &CatalogId,
        links: &BTreeMap<DivisionId, LinkNow>,
    ) -> Result<Vec<Finding>> {
        let loaded = self.load_known(catalog).await?;
        let mut findings: Vec<Finding> = loaded.state.waiting.iter().map(|waiting| lacking(catalog, waiting)).collect();
        findings.extend(self.custody_doubts().await?.iter().filter(|doubt| doubt.is_about(catalog)).map(in_doubt));
        findings.extend(conflict(catalog, &loaded));
        findings.extend(self.draft(catalog, &loaded));
        if let Some(head) = loaded.state.head() {
            let placed = self.store().placed(&head.hash).await?;
            let places = match placed {
                Some(placed) => Some(self.places_of(&placed, links).await?),
                None => None,
            };
            findings.push(self.turn(catalog, head, places.as_ref()));
        }
        Ok(findings)
    }

    fn draft(&self, catalog: &CatalogId, loaded: &Loaded) -> Option<Finding> {
        let draft = loaded.draft.as_ref()?;
        let keeper = self.world().custodian(&catalog.division);
        let cause = two(
            "有未报送的草稿，草稿不离开本节点",
            "there is a draft that was not submitted; drafts stay on this node",
        );
        let finding = Finding::new(FindingState::Waiting, catalog, cause)
            .because("草稿版本", "draft revision", draft.revision.digest(), Some(draft.at_ms))
            .because("来源", "source", &draft.source, None);
        let action = two(
            format!("完成后执行 `gongkai catalog submit {catalog}`"),
            format!("when it is ready: `gongkai catalog submit {catalog}`"),
        );
        Some(finding.so(action, two(format!("{keeper} 的经办人"), format!("a clerk of {keeper}"))))
    }

    /// Whose turn it is.
    fn turn(&self, catalog: &CatalogId, head: &SubmissionState, places: Option<&EntryPlaces>) -> Finding {
        let step = head.status.open_step().and_then(|step| head.steps.get(usize::try_from(step).ok()?));
        let reviewer = step.map(|step| step.division.clone());
        let (state, cause, action, who) = self.turn_text(catalog, head, reviewer.as_ref(), places);
        let mut finding = Finding::new(state, catalog, cause).because(
            "报送",
            "submission",
            format!("{} ({})", head.hash.short(), head.status.word()),
            Some(head.at_ms),
        );
        for receipt in &head.receipts {
            finding = finding.because("回执", "receipt", &receipt.number, Some(receipt.at_ms));
        }
        for decision in &head.decisions {
            finding = finding.because("审核意见", "decision", decision.hash.short(), Some(decision.at_ms));
        }
        for place in places.iter().flat_map(|places| &places.places) {
            let value = format!("{}: {} ({})", place.division, place.arrival.word(), place.says);
            finding = finding.because("到达情况", "arrival", value, place.at_ms);
        }
        finding.so(action, who)
    }

    fn turn_text(
        &self,
        catalog: &CatalogId,
        head: &SubmissionState,
        reviewer: Option<&DivisionId>,
        places: Option<&EntryPlaces>,
    ) -> (FindingState, Summary, Summary, Summary) {
        let owner = two(format!("{} 的经办人", catalog.division), format!("a clerk of {}", catalog.division));
        let correct = || {
            two(
                "按意见修改后重新报送：`gongkai catalog import`、`gongkai catalog submit`",
                "correct it and submit it again: `gongkai catalog import`, `gongkai catalog submit`",
            )
        };
        match (head.status, reviewer) {
            (SubmissionStatus::Approved, _) => (
                FindingState::Fine,
                two("已审核通过，列入下一次汇总发布", "approved: it goes into the next edition"),
                Summary::default(),
                Summary::default(),
            ),
            (SubmissionStatus::Returned { .. }, _) => (
                FindingState::Stuck,
                two("已退回，等待修改", "returned: it waits for its correction"),
                correct(),
                owner,
            ),
            (SubmissionStatus::Withdrawn, _) => {
                (FindingState::Stuck, two("报送单位已撤回", "its owner took it back"), correct(), owner)
            }
            (SubmissionStatus::Revoked, _) => {
                (FindingState::Stuck, two("已通过的审核被撤销", "its approval was revoked"), correct(), owner)
            }
            (SubmissionStatus::Superseded, _) | (_, None) => (
                FindingState::Fine,
                two("已被后来的报送取代", "a later submission took its place"),
                Summary::default(),
                Summary::default(),
            ),
            (_, Some(reviewer)) => self.open_text(catalog, reviewer, places),
        }
    }

    /// An open step: is it on its way, or on a desk?
    fn open_text(
        &self,
        catalog: &CatalogId,
        reviewer: &DivisionId,
        places: Option<&EntryPlaces>,
    ) -> (FindingState, Summary, Summary, Summary) {
        let place = places.and_then(|places| places.places.iter().find(|place| place.division == *reviewer));
        let is_there = *reviewer == self.world().me || place.is_some_and(|place| place.arrival.is_there());
        if is_there {
            return (
                FindingState::Waiting,
                two(
                    format!("已到达 {reviewer}，等待其审核"),
                    format!("it is at {reviewer} and waits for its decision"),
                ),
                two(
                    format!("在 {reviewer} 执行 `gongkai review show {catalog}`，再通过或退回"),
                    format!("at {reviewer}: `gongkai review show {catalog}`, then approve or return"),
                ),
                two(
                    format!("{reviewer} 对口部门的审核人"),
                    format!("a reviewer of the counterpart department at {reviewer}"),
                ),
            );
        }
        let arrival = place.map_or(Arrival::Unknown, |place| place.arrival);
        let (zh, en) = match arrival {
            Arrival::Acknowledged => {
                ("已确认收到通知，内容可能尚在传输", "announced and acknowledged, perhaps still wanted")
            }
            Arrival::InFlight => ("正在传输", "on its way"),
            Arrival::NotSent => ("尚未发送", "not sent yet"),
            Arrival::Unknown | Arrival::Held | Arrival::CameFrom | Arrival::WrittenHere => {
                ("是否到达尚无消息", "nobody has said whether it arrived")
            }
        };
        (
            FindingState::Waiting,
            two(format!("报送给 {reviewer}：{zh}"), format!("sent up to {reviewer}: {en}")),
            two("查看 `gongkai explain sync`", "see `gongkai explain sync`"),
            admin_of(&self.world().me),
        )
    }
}

fn conflict(catalog: &CatalogId, loaded: &Loaded) -> Option<Finding> {
    if !loaded.state.is_in_conflict {
        return None;
    }
    let cause = two(
        "同一单位的两个版本并存，须由人合并",
        "two versions of the same owner stand side by side; a person must merge them",
    );
    let mut finding = Finding::new(FindingState::Stuck, catalog, cause);
    for head in &loaded.state.heads {
        let at_ms = loaded.state.submission(head).map(|submission| submission.at_ms);
        finding = finding.because("并存版本", "head", head.short(), at_ms);
    }
    let action = two(
        format!("`gongkai catalog history {catalog}` 查看两者，修改后重新报送"),
        format!("look at both with `gongkai catalog history {catalog}`, merge, and submit the result"),
    );
    let who = two(format!("{} 的经办人", catalog.division), format!("a clerk of {}", catalog.division));
    Some(finding.so(action, who))
}

/// An entry of the catalog that waits for another.
fn lacking(catalog: &CatalogId, waiting: &Waiting) -> Finding {
    let (zh, en, what) = match &waiting.lack {
        Lack::Submission(hash) => ("所指的报送", "the submission that it names", hash.short()),
        Lack::Decision(hash) => ("所指的审核意见", "the decision that it names", hash.short()),
        Lack::Base(hash) => ("所依据的版本", "the revision that it builds on", hash.short()),
        Lack::Parts(parts) => ("事项分批", "its item batches", format!("{} ×", parts.len())),
        Lack::Reroute(hash) => ("改派条目", "the reroute entry that it names", hash.short()),
        Lack::Routing(hash) => ("路由表", "the routing table that it names", hash.short()),
    };
    let cause = two(
        format!("来自 {} 的条目等待{zh}到达", waiting.author),
        format!("an entry of {} waits: {en} has not arrived", waiting.author),
    );
    let action = two(
        "保持同步；若持续，在其作者节点查看 `gongkai explain sync`",
        "let the links run; if it stays, `gongkai explain sync` at its author's node",
    );
    Finding::new(FindingState::Waiting, catalog, cause)
        .because("条目", "entry", waiting.hash.short(), None)
        .because("缺少", "lacking", what, None)
        .so(action, admin_of(&waiting.author))
}
