//! Decisions that no longer decide: those that came too late, with what superseded the submission that they name and
//! what of them still holds; and those of steps that a reroute took out of the chain.
//!
//! Invariant: read from the fold alone, so that both ends of a link say the same once they have the same entries.

use gongkai_app::Loaded;
use gongkai_model::review::{CatalogState, DecisionEffect, DecisionState, SubmissionState, Target, Verdict};
use gongkai_proto::admin::v1 as wire;

use super::convert;

/// The code of such a decision; it is no refusal.
const CODE: &str = "GK-REVIEW-STALE";
/// The code of one whose step is no longer in the chain.
const REROUTED: &str = "GK-REVIEW-REROUTED";

/// Why decisions on earlier submissions no longer count in full. One that a later decision of the same step has
/// taken up is history.
pub(super) fn stale(loaded: &Loaded, is_zh: bool) -> Vec<wire::Reason> {
    let state = &loaded.state;
    let made = state.submissions.iter().flat_map(|on| on.decisions.iter().map(move |decision| (on, decision)));
    let stale = made.filter(|(_, decision)| decision.effect == DecisionEffect::Stale);
    let stale = stale.filter(|(on, decision)| !is_taken_up(state, on, decision));
    let stale = stale.map(|(on, decision)| reason(state, on, decision, is_zh));
    stale.chain(state.head().into_iter().flat_map(|head| rerouted(head, is_zh))).collect()
}

/// Decisions on the head whose steps were taken out of its chain: an approval stands for nothing, a return still does.
fn rerouted(head: &SubmissionState, is_zh: bool) -> Vec<wire::Reason> {
    let is_off = |made: &&DecisionState| {
        made.step.is_none() && matches!(made.effect, DecisionEffect::Rerouted | DecisionEffect::Effective)
    };
    let reason = |made: &DecisionState| {
        let (hash, operator, role) = (made.hash.short(), &made.operator, &made.named.role);
        let is_return = made.verdict == Verdict::Return;
        let (message, hint) = match (is_zh, is_return) {
            (true, true) => (
                format!("{operator} 的退回 {hash} 所在环节（{role}）已改送，退回仍然有效"),
                "由编制单位修改后重新报送，或由现审核单位撤销该退回",
            ),
            (true, false) => (
                format!("{operator} 的通过 {hash} 所在环节（{role}）已改送，不代替其他环节"),
                "由现行环节的审核单位作出决定",
            ),
            (false, true) => (
                format!("return {hash} by {operator}: its step ({role}) was rerouted away; the return stands"),
                "the owner submits a changed revision, or those who review now revoke the return",
            ),
            (false, false) => (
                format!(
                    "approval {hash} by {operator}: its step ({role}) was rerouted away; it stands for no other step"
                ),
                "those who review now decide",
            ),
        };
        wire::Reason { code: REROUTED.to_owned(), message, hint: hint.to_owned() }
    };
    head.decisions.iter().filter(is_off).map(reason).collect()
}

fn reason(state: &CatalogState, on: &SubmissionState, decision: &DecisionState, is_zh: bool) -> wire::Reason {
    let later = state.submissions.iter().filter(|later| follows(later, on));
    let later: Vec<String> = later.map(|later| later.hash.short()).collect();
    let (late, named, by) = (decision.hash.short(), on.hash.short(), later.join(", "));
    let (carried, open) = held(state, decision);
    let operator = &decision.operator;
    let (message, hint) = if is_zh {
        let word = verdict_word(decision.verdict, true);
        (
            format!("{operator} 对报送 {named} 的决定 {late}（{word}）已过时：该报送已被 {by} 取代"),
            format!("内容未变的 {carried} 项意见继续有效，其余 {open} 项重新审核"),
        )
    } else {
        let word = verdict_word(decision.verdict, false);
        (
            format!(
                "decision {late} ({word}) by {operator} on submission {named} is stale: superseded by {by}; \
                 carried: {carried} items"
            ),
            format!("its opinions hold where the content is the same; {open} items are up for review again"),
        )
    };
    wire::Reason { code: CODE.to_owned(), message, hint }
}

fn is_taken_up(state: &CatalogState, on: &SubmissionState, stale: &DecisionState) -> bool {
    let later = state.submissions.iter().filter(|later| later.number > on.number);
    let decisions = later.flat_map(|later| &later.decisions);
    decisions.into_iter().any(|decision| decision.step == stale.step && decision.effect == DecisionEffect::Effective)
}

fn follows(later: &SubmissionState, earlier: &SubmissionState) -> bool {
    later.hash != earlier.hash
        && (later.previous == Some(earlier.hash)
            || (later.number > earlier.number && later.parents.contains(&earlier.revision)))
}

/// Items of the head on which this decision's opinions stand, and items on which its step has said nothing yet.
fn held(state: &CatalogState, decision: &DecisionState) -> (u32, u32) {
    let Some(head) = state.head() else { return (0, 0) };
    let items = head.standing.iter().filter(|standing| standing.target != Target::Header);
    let carried = items.clone().filter(|standing| standing.marks.iter().any(|mark| mark.decision == decision.hash));
    let open = items.filter(|standing| decision.step.and_then(|step| standing.mark(step)).is_none());
    (convert::count(carried.count()), convert::count(open.count()))
}

fn verdict_word(verdict: Verdict, is_zh: bool) -> &'static str {
    match (verdict, is_zh) {
        (Verdict::Approve, true) => "通过",
        (Verdict::Return, true) => "退回",
        (Verdict::Approve, false) => "approve",
        (Verdict::Return, false) => "return",
    }
}
