//! A conflict that is open: what stands against what, and who can settle it.
//!
//! Invariant: each kind has a cause, a next step and somebody who can take it; nothing is decided here.

use gongkai_model::{
    conflict::{Conflict, ConflictKind, Side},
    id::DivisionId,
};

use super::{Finding, FindingState, admin_of, two};
use crate::{App, Result, Summary};

impl App {
    /// What stands against what, and who can settle it.
    pub(super) async fn explain_conflict(&self, id: &str) -> Result<Vec<Finding>> {
        let (_, conflict) = self.conflict(id).await?;
        let catalog = &conflict.catalog;
        let base = conflict.base.map_or_else(|| "-".to_owned(), |base| base.short());
        let finding = Finding::new(FindingState::Stuck, catalog, cause(conflict.kind))
            .because("共同基础", "base", base, None)
            .because("本方", "ours", side(&conflict.ours), Some(conflict.ours.at_ms))
            .because("对方", "theirs", side(&conflict.theirs), Some(conflict.theirs.at_ms));
        let (action, who) = next_step(&conflict, &self.world().custodian(&catalog.division));
        Ok(vec![finding.so(action, who)])
    }
}

fn side(side: &Side) -> String {
    let by = side.operator.as_ref().map_or_else(|| side.author.to_string(), ToString::to_string);
    format!("{} {by}", side.revision.short())
}

fn cause(kind: ConflictKind) -> Summary {
    match kind {
        ConflictKind::Submissions => two(
            "同一所有者有两份并列的报送，都保留，须由人选择",
            "two submissions of one owner stand side by side; both are kept, and a person must choose",
        ),
        ConflictKind::Drafts => {
            two("一份草稿基于较早的内容，与另一份并列", "a draft stands on an older state, beside another")
        }
        ConflictKind::Department => two(
            "审核期间部门表有变动，步骤与今天的表不同",
            "the departments' table changed during the review: its steps are not those of today",
        ),
        ConflictKind::Standard => two(
            "新版标准修改了本目录自行改写过的要素",
            "a newer standard changes what the catalog says in words of its own",
        ),
        ConflictKind::Proposal => {
            two("审核建议所针对的事项已被修改", "a reviewer's suggestion is for an item that was changed since")
        }
        ConflictKind::Matter => two("上下级都将同一事项登记为本单位公开", "two bodies list one matter as their own"),
        ConflictKind::Limit => two("公开时限比标准宽", "a time limit is looser than the standard's"),
    }
}

/// What ends it, and who can do so: `keeper` is whose node writes the catalog.
fn next_step(conflict: &Conflict, keeper: &DivisionId) -> (Summary, Summary) {
    let id = &conflict.id;
    let resolve = two(
        format!("先看 `gongkai conflict show {id}`，再执行 `gongkai conflict resolve {id} …`"),
        format!("look at `gongkai conflict show {id}`, then `gongkai conflict resolve {id} …`"),
    );
    let clerk_of = |division: &DivisionId| two(format!("{division} 的经办人"), format!("a clerk of {division}"));
    match conflict.kind {
        ConflictKind::Department => {
            let reroute = two(
                format!("查看 `gongkai conflict show {id}`；必要时改送"),
                format!("look at `gongkai conflict show {id}`; reroute the submission where that is meant"),
            );
            (reroute, admin_of(keeper))
        }
        // Of two bodies the upper one says who keeps the matter.
        ConflictKind::Matter => {
            (resolve, clerk_of(conflict.upper.as_ref().map_or(keeper, |(upper, _)| &upper.division)))
        }
        ConflictKind::Submissions
        | ConflictKind::Drafts
        | ConflictKind::Standard
        | ConflictKind::Proposal
        | ConflictKind::Limit => (resolve, clerk_of(keeper)),
    }
}
