//! Why something is stuck: cause, evidence with numbers and times, next action, and who can do it.
//!
//! Invariant: every sentence stands in both languages and rests on evidence that is given with it; reading changes
//! nothing. What is in order says so. Left out: the pages of error codes (the command line has them).

use std::collections::BTreeMap;

use gongkai_journal::EntryHash;
use gongkai_model::{
    id::{CatalogId, DivisionId},
    named::only,
};

use crate::{Action, App, Error, LinkNow, Operator, Result, Summary, named::one};

mod catalog;
mod conflict;
mod entry;
mod named;
mod peer;
mod publish;

/// How serious a finding is; ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FindingState {
    /// In order.
    Fine,
    /// It goes on by itself, or somebody's turn has come in the ordinary way.
    Waiting,
    /// Nothing goes on before a person acts.
    Stuck,
}

impl FindingState {
    /// The word in answers.
    pub fn word(self) -> &'static str {
        match self {
            Self::Fine => "ok",
            Self::Waiting => "waiting",
            Self::Stuck => "stuck",
        }
    }
}

/// One fact that a finding rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// What.
    pub name: Summary,
    /// A number, a hash, a name.
    pub value: String,
    /// When, unix milliseconds.
    pub at_ms: Option<i64>,
}

/// One thing found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How serious.
    pub state: FindingState,
    /// A permanent code with a page, where there is one.
    pub code: String,
    /// A division, catalog or entry.
    pub subject: String,
    /// What is so, and why.
    pub cause: Summary,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
    /// What to do; empty where nothing is to be done.
    pub action: Summary,
    /// Who can do it.
    pub who: Summary,
}

impl Finding {
    fn new(state: FindingState, subject: impl ToString, cause: Summary) -> Self {
        Self {
            state,
            code: String::new(),
            subject: subject.to_string(),
            cause,
            evidence: Vec::new(),
            action: Summary::default(),
            who: Summary::default(),
        }
    }

    fn coded(self, code: &str) -> Self {
        Self { code: code.to_owned(), ..self }
    }

    fn because(mut self, zh: &str, en: &str, value: impl ToString, at_ms: Option<i64>) -> Self {
        self.evidence.push(Evidence { name: two(zh, en), value: value.to_string(), at_ms });
        self
    }

    fn so(self, action: Summary, who: Summary) -> Self {
        Self { action, who, ..self }
    }
}

/// The answer about one thing, the most serious finding first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// `division`, `catalog`, `entry`, `want`, `conflict`, `hold`, `sync`, `publish`.
    pub kind: &'static str,
    /// What was asked, in full.
    pub thing: String,
    /// What was found; never empty.
    pub findings: Vec<Finding>,
}

impl Explanation {
    /// The most serious state.
    pub fn state(&self) -> FindingState {
        self.findings.iter().map(|finding| finding.state).max().unwrap_or(FindingState::Fine)
    }
}

/// A sentence in both languages.
fn two(zh: impl Into<String>, en: impl Into<String>) -> Summary {
    Summary { zh: zh.into(), en: en.into() }
}

/// The administrator of a node.
fn admin_of(division: &DivisionId) -> Summary {
    two(format!("{division} 节点的管理员"), format!("the administrator of the node of {division}"))
}

/// What a text asks about.
enum Thing {
    Sync,
    Publish,
    Hold,
    Conflict(String),
    Want(EntryHash),
    Catalog(CatalogId),
    Entry(EntryHash),
    Division(DivisionId),
}

impl App {
    /// Explains a division, a catalog, an entry that is here or wanted, a conflict, `hold`, `sync` or `publish`.
    pub async fn explain(
        &self,
        operator: &Operator,
        asked: &str,
        links: &BTreeMap<DivisionId, LinkNow>,
    ) -> Result<Explanation> {
        let (kind, thing, mut findings) = match self.thing(asked.trim()).await? {
            Thing::Sync => ("sync", "sync".to_owned(), self.explain_sync(links).await?),
            Thing::Publish => {
                // Whoever answers for the edition, or repairs the node.
                if operator.may(Action::NodeDoctor).is_err() {
                    operator.may(Action::PublishRun)?;
                }
                ("publish", "publish".to_owned(), self.explain_publish().await?)
            }
            Thing::Hold => ("hold", "hold".to_owned(), self.explain_self().await?),
            Thing::Conflict(id) => ("conflict", id.clone(), self.explain_conflict(&id).await?),
            Thing::Want(hash) => ("want", hash.to_string(), self.explain_want(&hash, links).await?),
            Thing::Catalog(catalog) => ("catalog", catalog.to_string(), self.explain_catalog(&catalog, links).await?),
            Thing::Entry(hash) => ("entry", hash.to_string(), self.explain_entry(&hash, links).await?),
            Thing::Division(division) => {
                ("division", division.to_string(), self.explain_division(&division, links).await?)
            }
        };
        if findings.is_empty() {
            let cause = two("一切正常，没有受阻的事项", "everything is in order, nothing is stuck");
            findings.push(Finding::new(FindingState::Fine, &thing, cause));
        }
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.state));
        Ok(Explanation { kind, thing, findings })
    }

    async fn thing(&self, asked: &str) -> Result<Thing> {
        match asked {
            "sync" => return Ok(Thing::Sync),
            "publish" => return Ok(Thing::Publish),
            "hold" => return Ok(Thing::Hold),
            _ => {}
        }
        if asked.contains('/') {
            return Ok(Thing::Catalog(CatalogId::parse(asked)?));
        }
        // A division's code may look like the beginning of a hash: the tree is asked first.
        if let Ok(division) = self.world().division(asked) {
            return Ok(Thing::Division(division.id.clone()));
        }
        match self.conflict(asked).await {
            Ok((_, conflict)) => return Ok(Thing::Conflict(conflict.id)),
            Err(several @ Error::Ambiguous { .. }) => return Err(several),
            Err(_) => {}
        }
        let stored = self.entries_beginning(asked).await?.into_iter().map(|hash| (hash, Thing::Entry(hash)));
        let mut things: BTreeMap<EntryHash, Thing> = self.wanted_beginning(asked).await?;
        things.extend(stored);
        let nothing = || Error::DivisionUnknown { id: asked.chars().take(80).collect() };
        let named = only(things.keys().map(|hash| (*hash, hash.to_string())));
        let hash = one(named, "entry", asked, nothing)?;
        things.remove(&hash).ok_or_else(nothing)
    }

    async fn explain_sync(&self, links: &BTreeMap<DivisionId, LinkNow>) -> Result<Vec<Finding>> {
        let mut findings = self.explain_self().await?;
        for peer in links.keys() {
            findings.extend(self.explain_peer(peer, links).await?);
        }
        Ok(findings)
    }
}
