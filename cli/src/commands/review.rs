//! `gongkai review`: look at what changed, and decide.
//!
//! Invariant: a decision names the submission that was looked at; item opinions and their texts pair up in order.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use gongkai_proto::admin::v1::{
    DecideReviewRequest, DecideReviewResponse, ItemOpinion, ListReviewsRequest, ListReviewsResponse, OutsideDecision,
    RevokeReviewRequest, ShowReviewRequest, ShowReviewResponse,
};

use super::{
    Answer, Context, Exit,
    catalog::{import, stale_lines, steps},
    short,
};
use crate::{
    errors::{Failure, Fault},
    ui::{Lang, Page, Table, Word, cells, field_words, moment, state_word},
};

mod outside;
mod reroute;

pub(crate) use self::reroute::reviews;

/// What `gongkai review` can do.
#[derive(Debug, Subcommand)]
pub(crate) enum ReviewCommand {
    /// What waits for this node
    List(ListArgs),
    /// One submission: the items to look at
    Show(ShowArgs),
    /// Approve what was submitted
    Approve(DecideArgs),
    /// Return it with opinions
    Return(DecideArgs),
    /// Take an approval back
    Revoke(RevokeArgs),
    /// Record a decision taken above this tree (the province's), with its number and file
    RecordOutside(outside::RecordArgs),
    /// The file of a decision taken above this tree
    Document(outside::DocumentArgs),
    /// Move open reviews to the steps of the routing table in force
    Reroute(reroute::RerouteArgs),
}

/// Arguments of `review list`.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// All submissions known here, not only those that wait for this node
    #[arg(long)]
    all: bool,
    /// Only this division's
    #[arg(long, default_value = "", hide_default_value = true)]
    division: String,
    /// Only this domain's
    #[arg(long, default_value = "", hide_default_value = true)]
    domain: String,
}

/// Arguments of `review show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The catalog, written division/domain
    catalog: String,
    /// Another submission than the current one
    #[arg(long, value_name = "HASH", default_value = "", hide_default_value = true)]
    submission: String,
    /// Also the items whose approval carries over
    #[arg(long)]
    all_items: bool,
}

/// Arguments of `review approve` and `review return`.
#[derive(Debug, Args)]
pub(crate) struct DecideArgs {
    /// The catalog, written division/domain
    catalog: String,
    /// The submission that was looked at; refused when it is no longer the current one
    #[arg(long, value_name = "HASH", default_value = "", hide_default_value = true)]
    submission: String,
    /// An item that the next --opinion is about; may be repeated
    #[arg(long = "item", value_name = "ID")]
    items: Vec<String>,
    /// One text for each --item in order; one more (or the only one) is about the catalog
    #[arg(long = "opinion", value_name = "TEXT")]
    opinions: Vec<String>,
    /// Act for this department, where the operator has several
    #[arg(long, value_name = "SLUG", default_value = "", hide_default_value = true)]
    department: String,
    /// Record an authority's decision made outside this tree (the province's)
    #[arg(long, value_name = "AUTHORITY", requires = "doc_no")]
    outside: Option<String>,
    /// The outside decision's document number
    #[arg(long, value_name = "NUMBER", requires = "outside")]
    doc_no: Option<String>,
    /// The outside decision's day
    #[arg(long, value_name = "YYYY-MM-DD", requires = "outside", default_value = "", hide_default_value = true)]
    decided_on: String,
    /// The outside decision's document
    #[arg(long, value_name = "FILE", requires = "outside")]
    file: Option<PathBuf>,
}

/// Arguments of `review revoke`.
#[derive(Debug, Args)]
pub(crate) struct RevokeArgs {
    /// The catalog, written division/domain
    catalog: String,
    /// Another revision than the latest approved one
    #[arg(long, default_value = "", hide_default_value = true)]
    revision: String,
    /// Why
    #[arg(long)]
    reason: String,
}

/// Runs it.
pub(crate) async fn run(command: ReviewCommand, context: &Context) -> Result<Answer, Failure> {
    let lang = context.lang();
    match command {
        ReviewCommand::List(args) => {
            let request = ListReviewsRequest { all: args.all, division: args.division, domain: args.domain };
            let response = context.connect().await?.review().list(request).await?.into_inner();
            Answer::new(&response, list_text(&response, lang))
        }
        ReviewCommand::Show(args) => {
            let request =
                ShowReviewRequest { catalog: args.catalog, submission: args.submission, all_items: args.all_items };
            let response = context.connect().await?.review().show(request).await?.into_inner();
            let is_stale = !response.stale.is_empty();
            Ok(Answer::new(&response, show_text(&response, lang))?.with_exit(Exit::attention_if(is_stale)))
        }
        ReviewCommand::Approve(args) => {
            let request = request(args, "approve")?;
            let response = context.connect().await?.review().approve(request).await?.into_inner();
            Answer::new(&response, decided_text(&response, lang))
        }
        ReviewCommand::Return(args) => {
            let request = request(args, "return")?;
            let response = context.connect().await?.review().r#return(request).await?.into_inner();
            Answer::new(&response, decided_text(&response, lang))
        }
        ReviewCommand::RecordOutside(args) => {
            let (request, verdict) = outside::request(args)?;
            let mut client = context.connect().await?.review();
            let response = match verdict {
                outside::VerdictArg::Approve => client.approve(request).await?,
                outside::VerdictArg::Return => client.r#return(request).await?,
            };
            let response = response.into_inner();
            Answer::new(&response, decided_text(&response, lang))
        }
        ReviewCommand::Document(args) => outside::document(args, context).await,
        ReviewCommand::Reroute(args) => reroute::run(args, context).await,
        ReviewCommand::Revoke(args) => {
            let request = RevokeReviewRequest { catalog: args.catalog, revision: args.revision, reason: args.reason };
            let response = context.connect().await?.review().revoke(request).await?.into_inner();
            Answer::new(&response, decided_text(&response, lang))
        }
    }
}

/// Pairs items with opinions: as many texts as items, or one more for the catalog as a whole.
fn request(args: DecideArgs, verdict: &str) -> Result<DecideReviewRequest, Failure> {
    let (items, mut opinions) = (args.items, args.opinions);
    let opinion = match opinions.len().checked_sub(items.len()) {
        Some(0) => String::new(),
        Some(1) => opinions.pop().unwrap_or_default(),
        Some(_) | None => {
            let text = format!("{} --item and {} --opinion do not pair up", items.len(), opinions.len());
            return Err(Fault::Usage(text).into());
        }
    };
    let items = items
        .into_iter()
        .zip(opinions)
        .map(|(item_id, opinion)| ItemOpinion {
            item_id,
            opinion,
            verdict: verdict.to_owned(),
            ..ItemOpinion::default()
        })
        .collect();
    let outside = match args.outside {
        Some(authority) => Some(outside(authority, args.doc_no.unwrap_or_default(), args.decided_on, args.file)?),
        None => None,
    };
    let (catalog, submission, department) = (args.catalog, args.submission, args.department);
    Ok(DecideReviewRequest { catalog, submission, opinion, items, outside, department })
}

fn outside(
    authority: String,
    doc_no: String,
    decided_on: String,
    file: Option<PathBuf>,
) -> Result<OutsideDecision, Failure> {
    let (file_name, file) = match file {
        Some(path) => {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            (name, import::read(&path)?)
        }
        None => (String::new(), Vec::new()),
    };
    Ok(OutsideDecision { authority, doc_no, decided_on, file_name, file })
}

fn list_text(response: &ListReviewsResponse, lang: Lang) -> String {
    let head = [
        Word::Catalog,
        Word::Division,
        Word::Domain,
        Word::State,
        Word::Step,
        Word::Changed,
        Word::Carried,
        Word::Operator,
        Word::Submitted,
        Word::Submission,
    ];
    let mut table = Table::new(lang, &head);
    for review in &response.reviews {
        let step = review.step.clone().unwrap_or_default();
        let mut row = cells![review.catalog, review.division_name, review.domain_name];
        row.push(table.state(&review.state));
        row.extend(cells![
            format!("{} {}", step.division, step.department).trim(),
            review.items_changed,
            review.items_carried,
            review.submitted_by,
            moment(review.submitted_at_ms),
            short(&review.submission),
        ]);
        table.row(row);
    }
    Page::new(lang).table(&table, ("nothing waits here", "没有待审的报送")).into_text()
}

fn show_text(response: &ShowReviewResponse, lang: Lang) -> String {
    let review = response.review.clone().unwrap_or_default();
    let mut items = Table::new(lang, &[Word::Change, Word::Item, Word::Field, Word::Opinion, Word::ItemId]);
    for item in &response.items {
        let name = item.after.as_ref().or(item.before.as_ref()).map(|side| side.name.clone()).unwrap_or_default();
        let opinions: Vec<&str> = item.opinions.iter().map(|opinion| opinion.opinion.as_str()).collect();
        let state = items.state(&item.change);
        items.row(
            [vec![state], cells![name, field_words(&item.fields, lang), opinions.join(" / "), item.item_id]].concat(),
        );
    }
    let mut page = Page::new(lang)
        .facts(&[
            (Word::Catalog, &review.catalog),
            (Word::Division, &review.division_name),
            (Word::Domain, &review.domain_name),
            (Word::State, &state_word(&review.state, lang)),
            (Word::Submission, &review.submission),
            (Word::Message, &response.note),
        ])
        .say(
            format!("{} items to look at, {} carried over", review.items_changed, review.items_carried),
            format!("需审核 {} 项,沿用 {} 项", review.items_changed, review.items_carried),
        )
        .table(&items, ("no item needs an opinion", "没有需要审核的事项"))
        .table(&steps(&response.steps, lang), ("no review step", "没有审核环节"));
    for stale in &response.stale {
        page = page.lines(stale_lines(stale));
    }
    page.into_text()
}

fn decided_text(response: &DecideReviewResponse, lang: Lang) -> String {
    let next = response.next.clone().unwrap_or_default();
    Page::new(lang)
        .say_if(response.unchanged, "this decision had been made before", "该决定此前已作出,未重复写入")
        .facts(&[
            (Word::Catalog, &response.catalog),
            (Word::Outcome, &state_word(&response.verdict, lang)),
            (Word::State, &state_word(&response.state, lang)),
            (Word::Revision, &short(&response.revision)),
            (Word::Hash, &short(&response.decision)),
            (Word::Waiting, &format!("{} {}", next.division, next.department).trim()),
        ])
        .into_text()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(items: &[&str], opinions: &[&str]) -> DecideArgs {
        DecideArgs {
            catalog: "211221101/social-assistance".to_owned(),
            submission: String::new(),
            items: items.iter().map(|text| (*text).to_owned()).collect(),
            opinions: opinions.iter().map(|text| (*text).to_owned()).collect(),
            department: String::new(),
            outside: None,
            doc_no: None,
            decided_on: String::new(),
            file: None,
        }
    }

    #[test]
    fn opinions_pair_with_items_and_the_one_left_is_about_the_catalog() {
        for (items, opinions, whole) in [
            (vec!["a"], vec!["x"], Some("")),
            (vec!["a"], vec!["x", "all"], Some("all")),
            (vec![], vec!["all"], Some("all")),
            (vec![], vec![], Some("")),
            (vec!["a", "b"], vec!["x"], None),
            (vec![], vec!["x", "y"], None),
        ] {
            let made = request(args(&items, &opinions), "return").ok();
            assert_eq!(made.as_ref().map(|made| made.opinion.as_str()), whole, "{items:?} {opinions:?}");
            if let Some(made) = made {
                let ids: Vec<&str> = made.items.iter().map(|item| item.item_id.as_str()).collect();
                assert_eq!(ids, items);
            }
        }
    }
}
