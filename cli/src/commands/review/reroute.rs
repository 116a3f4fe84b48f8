//! `gongkai review reroute`: open reviews moved to the steps of the routing table in force.
//!
//! Invariant: a person moves them, one or all of a domain; no change of a table does.

use clap::Args;
use gongkai_proto::admin::v1::{OutdatedReview, RerouteRequest, RerouteResponse, RoutedStep};

use crate::{
    commands::{Answer, Context, short},
    errors::Failure,
    ui::{Lang, Page, Table, Text, Word, cells},
};

/// Arguments of `review reroute`.
#[derive(Debug, Args)]
pub(crate) struct RerouteArgs {
    /// The catalog, written division/domain, or its current submission's hash
    #[arg(required_unless_present_any = ["domain", "all"], conflicts_with_all = ["domain", "all"])]
    submission: Option<String>,
    /// All open reviews of this domain
    #[arg(long, value_name = "SLUG")]
    domain: Option<String>,
    /// All open reviews
    #[arg(long, conflicts_with = "domain")]
    all: bool,
    /// The department that it must lead to; refused when the routing table says another
    #[arg(long, value_name = "DEPARTMENT", default_value = "", hide_default_value = true)]
    to: String,
    /// Why
    #[arg(long, default_value = "", hide_default_value = true)]
    reason: String,
    /// Show what would be moved
    #[arg(long)]
    dry_run: bool,
}

/// Runs it.
pub(super) async fn run(args: RerouteArgs, context: &Context) -> Result<Answer, Failure> {
    let request = RerouteRequest {
        submission: args.submission.unwrap_or_default(),
        domain: args.domain.unwrap_or_default(),
        all: args.all,
        to: args.to,
        reason: args.reason,
        dry_run: args.dry_run,
    };
    let response = context.connect().await?.routing().reroute(request).await?.into_inner();
    Answer::new(&response, text(&response, context.lang()))
}

fn text(response: &RerouteResponse, lang: Lang) -> Text {
    Page::new(lang)
        .table(&reviews(&response.rerouted, lang), ("no open review has other steps", "没有需要改送的待审报送"))
        .say_if(response.dry_run, "a dry run: nothing was moved", "试运行：未改送")
        .into_text()
}

/// Open reviews with where they are and where they lead.
pub(crate) fn reviews(reviews: &[OutdatedReview], lang: Lang) -> Table {
    let mut table = Table::new(lang, &[Word::Catalog, Word::Submission, Word::RoutedFrom, Word::RoutedTo]);
    for review in reviews {
        table.row(cells![review.catalog, short(&review.submission), steps(&review.from), steps(&review.to)]);
    }
    table
}

fn steps(steps: &[RoutedStep]) -> String {
    let one = |step: &RoutedStep| format!("{} {}", step.division, step.department).trim().to_owned();
    steps.iter().map(one).collect::<Vec<_>>().join(" → ")
}
