//! `gongkai review`: look at what changed, and decide.
//!
//! Invariant: a decision names the submission that was looked at; item opinions and their texts pair up in order.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use gongkai_proto::admin::v1::{
    DecideReviewRequest, ItemOpinion, ListReviewsRequest, OutsideDecision, ProposeRequest, RevokeReviewRequest,
    ShowReviewRequest,
};

use super::{
    Answer, Context, Exit,
    catalog::{import, proposal_lines},
};
use crate::{
    errors::{Failure, Fault},
    ui::Page,
};

mod outside;
mod reroute;
mod text;

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
    /// Suggest a wording for one element of an item; the owner accepts or declines it
    Propose(ProposeArgs),
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
    /// Only what you may decide: your department, your domain, not your own work
    #[arg(long)]
    mine: bool,
    /// Only what is overdue
    #[arg(long)]
    overdue: bool,
    /// As it stood at the end of this day (in China)
    #[arg(long, value_name = "YYYY-MM-DD", default_value = "", hide_default_value = true)]
    as_of: String,
}

/// Arguments of `review propose`.
#[derive(Debug, Args)]
pub(crate) struct ProposeArgs {
    /// The submission's hash (or a unique beginning of it), or its catalog, written division/domain
    submission: String,
    /// The item: its id, serial or name
    #[arg(long, value_name = "ID")]
    item: String,
    /// The element: content, basis, time_limit_text, subject, disclosure_mode, channels, audience, name, or its
    /// Chinese word
    #[arg(long, value_name = "NAME")]
    element: String,
    /// The suggested words
    #[arg(long, required_unless_present = "file", conflicts_with = "file")]
    text: Option<String>,
    /// A file that holds the suggested words
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Why
    #[arg(long, default_value = "", hide_default_value = true)]
    note: String,
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
    /// The element that the opinion on each --item is about, in order; `-` where it is about the whole item
    #[arg(long = "element", value_name = "NAME")]
    elements: Vec<String>,
    /// Judge the named items only; the others stay open (部分通过)
    #[arg(long, requires = "items")]
    partly: bool,
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
            let ListArgs { all, division, domain, mine, overdue, as_of } = args;
            let request = ListReviewsRequest { all, division, domain, mine, overdue, as_of };
            let response = context.connect().await?.review().list(request).await?.into_inner();
            Answer::new(&response, text::list(&response, all, lang))
        }
        ReviewCommand::Show(args) => {
            let request =
                ShowReviewRequest { catalog: args.catalog, submission: args.submission, all_items: args.all_items };
            let response = context.connect().await?.review().show(request).await?.into_inner();
            let is_stale = !response.stale.is_empty();
            Ok(Answer::new(&response, text::show(&response, lang))?.with_exit(Exit::attention_if(is_stale)))
        }
        ReviewCommand::Approve(args) => {
            let request = request(args, "approve")?;
            let response = context.connect().await?.review().approve(request).await?.into_inner();
            Answer::new(&response, text::decided(&response, lang))
        }
        ReviewCommand::Return(args) => {
            let request = request(args, "return")?;
            let response = context.connect().await?.review().r#return(request).await?.into_inner();
            Answer::new(&response, text::decided(&response, lang))
        }
        ReviewCommand::Propose(args) => {
            let text = match (args.text, args.file) {
                (Some(text), _) => text,
                (None, Some(file)) => words_of(&file)?,
                (None, None) => String::new(),
            };
            let ProposeArgs { submission, item, element, note, .. } = ProposeArgs { text: None, file: None, ..args };
            let request = ProposeRequest { submission, item, element, text, note };
            let response = context.connect().await?.review().propose(request).await?.into_inner();
            let lines = response.proposal.iter().flat_map(|proposal| proposal_lines(proposal, lang));
            Answer::new(&response, Page::new(lang).lines(lines).into_text())
        }
        ReviewCommand::RecordOutside(args) => {
            let (request, verdict) = outside::request(args)?;
            let mut client = context.connect().await?.review();
            let response = match verdict {
                outside::VerdictArg::Approve => client.approve(request).await?,
                outside::VerdictArg::Return => client.r#return(request).await?,
            };
            let response = response.into_inner();
            Answer::new(&response, text::decided(&response, lang))
        }
        ReviewCommand::Document(args) => outside::document(args, context).await,
        ReviewCommand::Reroute(args) => reroute::run(args, context).await,
        ReviewCommand::Revoke(args) => {
            let request = RevokeReviewRequest { catalog: args.catalog, revision: args.revision, reason: args.reason };
            let response = context.connect().await?.review().revoke(request).await?.into_inner();
            Answer::new(&response, text::decided(&response, lang))
        }
    }
}

/// A file's text.
fn words_of(file: &std::path::Path) -> Result<String, Failure> {
    let not_text = |_| Fault::Usage(format!("`{}` is not UTF-8 text", file.display()));
    Ok(String::from_utf8(import::read(file)?).map_err(not_text)?)
}

/// Pairs items with opinions: as many texts as items, or one more for the catalog as a whole. Items that are approved
/// one by one need no words.
fn request(args: DecideArgs, verdict: &str) -> Result<DecideReviewRequest, Failure> {
    let (items, mut opinions) = (args.items, args.opinions);
    if args.partly && verdict == "approve" && opinions.len() < items.len() {
        opinions.resize(items.len(), String::new());
    }
    if !args.elements.is_empty() && args.elements.len() != items.len() {
        let text = format!("{} --item and {} --element do not pair up", items.len(), args.elements.len());
        return Err(Fault::Usage(text).into());
    }
    let opinion = match opinions.len().checked_sub(items.len()) {
        Some(0) => String::new(),
        Some(1) => opinions.pop().unwrap_or_default(),
        Some(_) | None => {
            let text = format!("{} --item and {} --opinion do not pair up", items.len(), opinions.len());
            return Err(Fault::Usage(text).into());
        }
    };
    let items = merged(items, opinions, &args.elements, verdict);
    let outside = match args.outside {
        Some(authority) => Some(outside(authority, args.doc_no.unwrap_or_default(), args.decided_on, args.file)?),
        None => None,
    };
    let (catalog, submission, department) = (args.catalog, args.submission, args.department);
    Ok(DecideReviewRequest { catalog, submission, opinion, items, outside, department, partly: args.partly })
}

/// One opinion an item: an item that is named several times has words on several elements.
fn merged(items: Vec<String>, opinions: Vec<String>, elements: &[String], verdict: &str) -> Vec<ItemOpinion> {
    let mut merged: Vec<ItemOpinion> = Vec::new();
    for (place, (item_id, words)) in items.into_iter().zip(opinions).enumerate() {
        let element = elements.get(place).filter(|element| *element != "-");
        let known = merged.iter_mut().find(|known| known.item_id == item_id && element.is_some());
        let opinion = match known {
            Some(known) => known,
            None => {
                merged.push(ItemOpinion { item_id, verdict: verdict.to_owned(), ..ItemOpinion::default() });
                let last = merged.len() - 1;
                &mut merged[last]
            }
        };
        match element {
            Some(element) => drop(opinion.elements.insert(element.clone(), words)),
            None => opinion.opinion = words,
        }
    }
    merged
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

#[cfg(test)]
mod tests {
    use super::*;

    fn args(items: &[&str], opinions: &[&str]) -> DecideArgs {
        DecideArgs {
            catalog: "211221101/social-assistance".to_owned(),
            submission: String::new(),
            items: items.iter().map(|text| (*text).to_owned()).collect(),
            opinions: opinions.iter().map(|text| (*text).to_owned()).collect(),
            elements: Vec::new(),
            partly: false,
            department: String::new(),
            outside: None,
            doc_no: None,
            decided_on: String::new(),
            file: None,
        }
    }

    #[test]
    fn words_on_elements_of_one_item_are_one_opinion() {
        let elements = ["依据".to_owned(), "channels".to_owned(), "-".to_owned()];
        let given = DecideArgs { elements: elements.to_vec(), ..args(&["a", "a", "b"], &["x", "y", "z"]) };
        let made = request(given, "return").ok().map(|made| made.items).unwrap_or_default();
        assert_eq!(made.len(), 2);
        assert_eq!((made[0].elements.len(), made[0].opinion.as_str(), made[1].opinion.as_str()), (2, "", "z"));
        let unpaired = DecideArgs { elements: elements[..1].to_vec(), ..args(&["a", "b"], &["x", "y"]) };
        assert!(request(unpaired, "return").is_err());
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
