//! What a conflict is and what to do about it, in sentences for a person.
//!
//! Invariant: one sentence and one next step a kind, the same in list and show; nothing is decided here.

use gongkai_app::World;
use gongkai_model::{
    conflict::{Conflict, ConflictKind},
    item::Item,
};

/// What it is, and what to do about it.
pub(super) fn sentences(world: &World, conflict: &Conflict, is_zh: bool) -> (String, String) {
    let (summary, hint) = if is_zh {
        (summary_zh(world, conflict), hint_zh(conflict.kind))
    } else {
        (summary_en(world, conflict), hint_en(conflict.kind))
    };
    (summary, hint.to_owned())
}

fn item_of(conflict: &Conflict) -> &str {
    conflict.item.as_ref().map_or("", |item| item.name.as_str())
}

/// The limits of both sides: ours, theirs.
fn limits(conflict: &Conflict) -> (String, String) {
    let of = |revision: &gongkai_model::revision::Revision| -> String {
        let item: Option<Item> = revision.items.values().next().map(|slot| slot.item().decode());
        item.map(|item| item.time_limit_text).unwrap_or_default()
    };
    conflict.contents.as_ref().map(|both| (of(&both.ours), of(&both.theirs))).unwrap_or_default()
}

fn upper_name(world: &World, conflict: &Conflict) -> String {
    conflict.upper.as_ref().map_or_else(String::new, |(upper, _)| world.name_of(&upper.division))
}

fn summary_zh(world: &World, conflict: &Conflict) -> String {
    let item = item_of(conflict);
    match conflict.kind {
        ConflictKind::Submissions => "同一编制单位有两份并列的报送".to_owned(),
        ConflictKind::Drafts => "草稿依据的版本已不是当前版本".to_owned(),
        ConflictKind::Department => "审核期间部门分工发生变化".to_owned(),
        ConflictKind::Standard => "新版标准修改了本目录自行改写过的要素".to_owned(),
        ConflictKind::Proposal => format!("审核建议所针对的事项已被修改：{item}"),
        ConflictKind::Matter => {
            let (upper, lower) = (upper_name(world, conflict), world.name_of(&conflict.catalog.division));
            format!("{upper}与{lower}都将该事项登记为本单位公开：{item}")
        }
        ConflictKind::Limit => {
            let (ours, theirs) = limits(conflict);
            format!("公开时限比标准宽：{item}（本目录“{ours}”，标准“{theirs}”）")
        }
    }
}

fn summary_en(world: &World, conflict: &Conflict) -> String {
    let item = item_of(conflict);
    match conflict.kind {
        ConflictKind::Submissions => "two submissions of the owner stand beside each other".to_owned(),
        ConflictKind::Drafts => "a draft was made on an older state than the one it would replace".to_owned(),
        ConflictKind::Department => "the departments' table changed while this is under review".to_owned(),
        ConflictKind::Standard => {
            "the newer standard changes elements that the catalog has in its own words".to_owned()
        }
        ConflictKind::Proposal => format!("the item of a reviewer's proposal was changed since: {item}"),
        ConflictKind::Matter => {
            let (upper, lower) = (upper_name(world, conflict), world.name_of(&conflict.catalog.division));
            format!("{upper} and {lower} both list a matter as their own: {item}")
        }
        ConflictKind::Limit => {
            let (ours, theirs) = limits(conflict);
            format!("a limit is looser than the standard's: {item} (`{ours}`, the standard `{theirs}`)")
        }
    }
}

fn hint_zh(kind: ConflictKind) -> &'static str {
    match kind {
        ConflictKind::Submissions | ConflictKind::Drafts => {
            "用 `conflict show` 比较后，以 `conflict resolve --take ours|theirs|merge` 处理"
        }
        ConflictKind::Department => "用 `gongkai review reroute` 改送现行环节，或由编制单位重新报送",
        ConflictKind::Standard => {
            "待决定的要素用 `conflict resolve` 逐项决定（--item、--element 加 --take ours|theirs 或 --text），\
             或整体 --take ours（保留本地）、--take theirs（采用标准）；结果存为草稿，再行报送"
        }
        ConflictKind::Proposal => {
            "`conflict resolve --take merge` 合并，--take theirs 以建议为准；不采纳用 --take ours --reason 理由"
        }
        ConflictKind::Matter => {
            "由上级单位 `conflict resolve --take ours`（归上级）、theirs（归下级）或 both（双方均可），并用 --reason 说明理由"
        }
        ConflictKind::Limit => {
            "`conflict resolve --take theirs` 采用标准时限；保留本目录时限用 --take ours --reason 理由 --basis 依据"
        }
    }
}

fn hint_en(kind: ConflictKind) -> &'static str {
    match kind {
        ConflictKind::Submissions | ConflictKind::Drafts => {
            "look at both with `conflict show`, then `conflict resolve --take ours|theirs|merge`"
        }
        ConflictKind::Department => "`gongkai review reroute` moves it to today's steps; or the owner submits it again",
        ConflictKind::Standard => {
            "decide what is open with `conflict resolve` (--item, --element and --take ours|theirs or --text), or all \
             of it with --take ours (your words) or --take theirs (the standard's); the result is a draft to submit"
        }
        ConflictKind::Proposal => {
            "`conflict resolve --take merge` takes both, --take theirs the reviewer's words; decline with --take ours \
             --reason WHY"
        }
        ConflictKind::Matter => {
            "the upper body says who keeps it: `conflict resolve --take ours` (the upper), theirs (the lower) or both, \
             with --reason WHY"
        }
        ConflictKind::Limit => {
            "`conflict resolve --take theirs` adopts the standard's limit; keep yours with --take ours --reason WHY \
             --basis LAW"
        }
    }
}
