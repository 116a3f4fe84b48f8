//! `gongkai doctor`: is this node in order?
//!
//! Invariant: a failed check ends 1, a warning ends 3; a rebuild that gives another state than before is a failure.

use clap::Args;
use gongkai_proto::admin::v1::{DoctorRequest, DoctorResponse};

use super::{Answer, Context, Exit, short};
use crate::{
    errors::Failure,
    ui::{Page, Table, Text, Word, cells},
};

/// Arguments of `doctor`.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Throw the derived tables away and fold them again from the entries
    #[arg(long)]
    rebuild: bool,
}

/// Runs it.
pub(crate) async fn run(args: DoctorArgs, context: &Context) -> Result<Answer, Failure> {
    let request = DoctorRequest { rebuild: args.rebuild };
    let response = context.connect().await?.node().doctor(request).await?.into_inner();
    Ok(Answer::new(&response, text(&response, context))?.with_exit(exit(&response)))
}

fn exit(response: &DoctorResponse) -> Exit {
    let has = |state: &str| response.checks.iter().any(|check| check.state == state);
    let is_different = response.is_rebuilt && response.state_digest_before != response.state_digest_after;
    match (has("failed") || is_different, has("warning")) {
        (true, _) => Exit::Failed,
        (false, true) => Exit::Attention,
        (false, false) => Exit::Done,
    }
}

fn text(response: &DoctorResponse, context: &Context) -> Text {
    let lang = context.lang();
    let mut table = Table::new(lang, &[Word::Check, Word::State, Word::Reason]);
    for check in &response.checks {
        let reason = check.reason.clone().unwrap_or_default();
        let mut row = cells![check.name];
        row.push(table.state(&check.state));
        row.extend(cells![format!("{} {} {}", reason.code, reason.message, reason.hint).trim()]);
        table.row(row);
    }
    let (before, after) = (&response.state_digest_before, &response.state_digest_after);
    let is_same = before == after;
    Page::new(lang)
        .table(&table, ("no check was made", "没有检查项"))
        .say_if(
            response.is_rebuilt && is_same,
            format!("rebuilt from {} entries: the same state {}", response.entries, short(after)),
            format!("已由 {} 条日志重建：状态不变 {}", response.entries, short(after)),
        )
        .say_if(
            response.is_rebuilt && !is_same,
            format!("rebuilt from {} entries: the state was {}, now {}", response.entries, short(before), short(after)),
            format!("已由 {} 条日志重建：状态由 {} 变为 {}", response.entries, short(before), short(after)),
        )
        .into_text()
}

#[cfg(test)]
mod tests {
    use gongkai_proto::admin::v1::DoctorCheck;

    use super::*;

    #[test]
    fn a_rebuild_that_changes_the_state_is_a_failure() {
        let check = |state: &str| DoctorCheck { state: state.to_owned(), ..DoctorCheck::default() };
        let rebuilt = |after: &str| DoctorResponse {
            is_rebuilt: true,
            state_digest_before: "a".to_owned(),
            state_digest_after: after.to_owned(),
            ..DoctorResponse::default()
        };
        assert_eq!(exit(&rebuilt("a")), Exit::Done);
        assert_eq!(exit(&rebuilt("b")), Exit::Failed);
        let mixed = DoctorResponse { checks: vec![check("warning"), check("ok")], ..DoctorResponse::default() };
        assert_eq!(exit(&mixed), Exit::Attention);
    }
}
