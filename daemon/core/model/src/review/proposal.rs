//! Proposals (修改建议): a reviewer's suggested wording of one item, and what the owner says to it.
//!
//! Invariant: a proposal changes nothing by itself; only the owner's own draft brings its wording into the catalog.
//! What became of it is a function of the set of entries: of two answers the acceptance counts, then the lowest hash.
//! Left out: making the wording from a person's text (item::edit), and the merge with later edits (conflict).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::CatalogState;
use crate::{
    digest::Digest,
    id::{CatalogId, DivisionId, ItemId, OperatorId},
    item::CanonicalItem,
    revision::ITEM_BYTES_MAX,
};

/// Suggests a wording (entry kind `proposal`).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Proposal {
    /// The catalog; it stands here because bytes that are kept as they are do not go through a wrapper.
    pub catalog: CatalogId,
    /// The submission entry in which the reviewer read the item.
    pub submission: Digest,
    /// The item.
    pub item_id: ItemId,
    /// Digest of the item as the reviewer read it: the base of the difference, and of a merge.
    pub digest: Digest,
    /// The item's canonical bytes with the suggested wording.
    pub item: Box<RawValue>,
    /// Why, in the reviewer's words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// The owner's word on a proposal (entry kind `proposal.answer`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposalAnswer {
    /// The proposal entry.
    pub proposal: Digest,
    /// Whether the wording went into a draft.
    pub is_accepted: bool,
    /// The draft revision that holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<Digest>,
    /// Why not, or why it was taken so.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The conflict in which it was settled together with a later edit; empty for a plain answer.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub conflict: String,
}

/// One verified entry about a catalog's proposals.
#[derive(Clone, Debug)]
pub struct ProposalFact {
    /// The entry's hash.
    pub hash: Digest,
    /// The division whose node wrote it.
    pub author: DivisionId,
    /// On whose word.
    pub operator: OperatorId,
    /// The author's wall clock, for display.
    pub at_ms: i64,
    /// What it says.
    pub act: ProposalAct,
}

/// What an entry about proposals does.
#[derive(Clone, Debug)]
pub enum ProposalAct {
    /// 建议
    Propose(Proposal),
    /// 答复
    Answer(ProposalAnswer),
}

/// What became of a proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Nobody answered yet.
    Open,
    /// 采纳
    Accepted {
        /// The answer.
        by: Answered,
        /// The draft revision that took the wording.
        revision: Option<Digest>,
    },
    /// 未采纳
    Declined {
        /// The answer.
        by: Answered,
    },
}

impl Fate {
    /// The word in JSON and English output.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Accepted { .. } => "accepted",
            Self::Declined { .. } => "declined",
        }
    }
}

/// Who answered, and with which words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The answer's entry.
    pub hash: Digest,
    /// On whose word.
    pub operator: OperatorId,
    /// The author's wall clock.
    pub at_ms: i64,
    /// The words.
    pub reason: String,
    /// The conflict in which it was settled together with a later edit.
    pub conflict: String,
}

/// A proposal and its fate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposalState {
    /// The proposal's entry.
    pub hash: Digest,
    /// Who suggests.
    pub author: DivisionId,
    /// On whose word.
    pub operator: OperatorId,
    /// The author's wall clock.
    pub at_ms: i64,
    /// The submission that was read.
    pub submission: Digest,
    /// The item.
    pub item_id: ItemId,
    /// Digest of the item as it was read.
    pub digest: Digest,
    /// The suggested item.
    pub proposed: CanonicalItem,
    /// The reviewer's words.
    pub note: String,
    /// What became of it.
    pub fate: Fate,
}

/// The proposals about a catalog, oldest first; one that breaks a rule is left out: its author must be a reviewing
/// division of the submission that it names, the item must stand there with that digest, and the bytes must be an item.
pub fn proposals(
    state: &CatalogState,
    item_digest: &dyn Fn(&Digest, &ItemId) -> Option<Digest>,
    facts: impl IntoIterator<Item = ProposalFact>,
) -> Vec<ProposalState> {
    let mut found: BTreeMap<Digest, ProposalState> = BTreeMap::new();
    let mut answers: BTreeMap<Digest, (DivisionId, Answered, ProposalAnswer)> = BTreeMap::new();
    for ProposalFact { hash, author, operator, at_ms, act } in facts {
        match act {
            ProposalAct::Propose(proposal) => {
                let Some(proposed) = wording(state, item_digest, &author, &proposal) else { continue };
                let Proposal { submission, item_id, digest, note, .. } = proposal;
                let fate = Fate::Open;
                let made =
                    ProposalState { hash, author, operator, at_ms, submission, item_id, digest, proposed, note, fate };
                found.insert(hash, made);
            }
            ProposalAct::Answer(answer) => {
                let (reason, conflict) = (answer.reason.clone(), answer.conflict.clone());
                let by = Answered { hash, operator, at_ms, reason, conflict };
                answers.insert(hash, (author, by, answer));
            }
        }
    }
    // By hash: the first acceptance stays, and a refusal only where none accepted.
    for (author, by, answer) in answers.into_values() {
        let Some(proposal) = found.get_mut(&answer.proposal).filter(|_| state.owners.contains(&author)) else {
            continue;
        };
        match (&proposal.fate, answer.is_accepted) {
            (Fate::Open | Fate::Declined { .. }, true) => {
                proposal.fate = Fate::Accepted { by, revision: answer.revision };
            }
            (Fate::Open, false) => proposal.fate = Fate::Declined { by },
            (Fate::Accepted { .. }, _) | (Fate::Declined { .. }, false) => {}
        }
    }
    let mut listed: Vec<ProposalState> = found.into_values().collect();
    listed.sort_by_key(|proposal| (proposal.at_ms, proposal.hash));
    listed
}

/// The suggested item, if the proposal keeps the rules.
fn wording(
    state: &CatalogState,
    item_digest: &dyn Fn(&Digest, &ItemId) -> Option<Digest>,
    author: &DivisionId,
    proposal: &Proposal,
) -> Option<CanonicalItem> {
    let submission = state.submission(&proposal.submission)?;
    let is_reviewer = submission.reviewers_ever().any(|division| division == author);
    let is_there = item_digest(&submission.revision, &proposal.item_id) == Some(proposal.digest);
    let is_small = proposal.item.get().len() <= ITEM_BYTES_MAX;
    if is_reviewer && is_there && is_small { CanonicalItem::from_json(proposal.item.get()) } else { None }
}
