//! Why an edition would not hold what it should: what is missing and what is blocked.

use super::{Finding, FindingState, admin_of, two};
use crate::{App, MissingCatalog, Result};

/// Findings given at most: the rest is counted; `publish preview` has all.
const FINDINGS_MAX: usize = 50;

impl App {
    pub(super) async fn explain_publish(&self) -> Result<Vec<Finding>> {
        let world = self.world();
        if world.me != world.root {
            let root = &world.root;
            let cause = two(
                format!("汇总发布由最上级 {root} 进行，本节点不发布"),
                format!("editions are made by the top node {root}, not here"),
            );
            let action = two(
                format!("在 {root} 执行 `gongkai publish preview`"),
                format!("run `gongkai publish preview` at {root}"),
            );
            return Ok(vec![Finding::new(FindingState::Fine, root, cause).so(action, admin_of(root))]);
        }
        let mut findings = self.explain_self().await?;
        let preview = self.preview_edition().await?;
        let (held, number) = (preview.catalogs_held, preview.number);
        if held == 0 {
            let cause = two("没有已通过的目录，无可发布", "nothing is approved, so there is nothing to publish");
            let action = two("先完成审核：`gongkai review list`", "decide what waits: `gongkai review list`");
            findings.push(
                Finding::new(FindingState::Stuck, "publish", cause).coded("GK-APP-031").so(action, admin_of(&world.me)),
            );
        } else {
            let cause = two(
                format!("第 {number} 期将包含 {held} 个目录、{} 项", preview.items),
                format!("edition {number} would hold {held} catalogs with {} items", preview.items),
            );
            findings.push(Finding::new(FindingState::Fine, "publish", cause));
        }
        let count = preview.missing.len();
        findings.extend(preview.missing.iter().take(FINDINGS_MAX).map(missing));
        if count > FINDINGS_MAX {
            let cause = two(
                format!("另有 {} 项缺少，见 `gongkai publish preview`", count - FINDINGS_MAX),
                format!("{} more are missing: `gongkai publish preview`", count - FINDINGS_MAX),
            );
            findings.push(Finding::new(FindingState::Waiting, "publish", cause));
        }
        Ok(findings)
    }
}

fn missing(missing: &MissingCatalog) -> Finding {
    let state = match missing.state.as_str() {
        "blocked" | "conflict" | "returned" | "revoked" | "withdrawn" => FindingState::Stuck,
        _ => FindingState::Waiting,
    };
    let name = missing.name();
    let cause = two(
        format!("{} {} 未列入：{}", missing.division_name, missing.domain_name, missing.why),
        format!("{name} is not in it: {}", missing.reason.message),
    );
    let who = match missing.state.as_str() {
        "submitted" | "received" | "under-review" | "partly-approved" => {
            two("所示审核单位的审核人", "a reviewer of the division named")
        }
        _ => two(format!("{} 的经办人", missing.division), format!("a clerk of {}", missing.division)),
    };
    let see = two(format!("查看 `gongkai explain {name}`"), missing.reason.hint.clone());
    Finding::new(state, &name, cause)
        .coded(&missing.reason.code)
        .because("状态", "state", &missing.state, None)
        .so(see, who)
}
