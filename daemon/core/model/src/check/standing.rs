//! Which waivers stand: a fold over the entries that made them or took them back.
//!
//! Invariant: a function of the set of facts: a waiver stands unless some fact takes it back, whichever came first.
//! Left out: who may write such a fact (the caller brings only those that count).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Rule, Waiver, WaiverError};
use crate::{
    digest::Digest,
    id::{DivisionId, OperatorId},
};

/// What an entry says about waivers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "kebab-case")]
pub enum WaiverAct {
    /// Overrules a finding.
    Waive(Waiver),
    /// Takes a waiver back.
    Recall {
        /// The waiver's entry.
        waiver: Digest,
        /// Why.
        reason: String,
    },
}

/// An act with the entry around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaiverFact {
    /// The entry.
    pub hash: Digest,
    /// Whose node wrote it.
    pub author: DivisionId,
    /// Who acted.
    pub operator: OperatorId,
    /// The author's wall time, unix milliseconds: for display.
    pub at_ms: i64,
    /// What was done.
    pub act: WaiverAct,
}

/// A waiver that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandingWaiver {
    /// The entry.
    pub hash: Digest,
    /// Whose node wrote it.
    pub author: DivisionId,
    /// Who said so.
    pub operator: OperatorId,
    /// When, unix milliseconds by the author's clock.
    pub at_ms: i64,
    /// What.
    pub waiver: Waiver,
}

/// The waivers that stand, by the time of their entries; one that no rule allows does not.
pub fn standing_waivers(facts: &[WaiverFact]) -> Vec<StandingWaiver> {
    let recalled: BTreeSet<Digest> = facts
        .iter()
        .filter_map(|fact| match &fact.act {
            WaiverAct::Recall { waiver, .. } => Some(*waiver),
            WaiverAct::Waive(_) => None,
        })
        .collect();
    let mut standing: Vec<StandingWaiver> = facts
        .iter()
        .filter(|fact| !recalled.contains(&fact.hash))
        .filter_map(|fact| match &fact.act {
            WaiverAct::Waive(waiver) if is_listed(waiver) => Some(StandingWaiver {
                hash: fact.hash,
                author: fact.author.clone(),
                operator: fact.operator.clone(),
                at_ms: fact.at_ms,
                waiver: waiver.clone(),
            }),
            WaiverAct::Waive(_) | WaiverAct::Recall { .. } => None,
        })
        .collect();
    standing.sort_by_key(|waiver| (waiver.at_ms, waiver.hash));
    standing
}

/// One for a whole catalog that is allowed for single items only since then stands in the list, and covers nothing.
fn is_listed(waiver: &Waiver) -> bool {
    match waiver.rule() {
        Ok(_) => true,
        Err(WaiverError::TooWide(rule)) => !matches!(rule, Rule::Private(_)),
        Err(_) => false,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;

    fn fact(name: &str, at_ms: i64, act: WaiverAct) -> WaiverFact {
        WaiverFact {
            hash: Digest::of("entry", &[name.as_bytes()]),
            author: DivisionId::parse("211221").unwrap(),
            operator: OperatorId::parse("211221/clerk").unwrap(),
            at_ms,
            act,
        }
    }

    fn waive(code: &str) -> WaiverAct {
        let reason = "the organ's own words".to_owned();
        WaiverAct::Waive(Waiver {
            code: code.to_owned(),
            item: "a".to_owned(),
            reason,
            digest: None,
            against: String::new(),
        })
    }

    #[test]
    fn a_waiver_stands_until_it_is_taken_back_in_whatever_order_that_arrives() {
        let made = fact("made", 2, waive("body-generic"));
        let other = fact("other", 1, waive("law-unknown"));
        let recall = WaiverAct::Recall { waiver: made.hash, reason: "a slip".to_owned() };
        let taken = fact("taken", 0, recall);
        let codes = |facts: &[WaiverFact]| -> Vec<String> {
            standing_waivers(facts).into_iter().map(|standing| standing.waiver.code).collect()
        };
        assert_eq!(codes(&[made.clone(), other.clone()]), ["law-unknown", "body-generic"]);
        for facts in [[made.clone(), other.clone(), taken.clone()], [taken, made, other]] {
            assert_eq!(codes(&facts), ["law-unknown"]);
        }
    }

    #[test]
    fn what_nobody_can_waive_does_not_stand() {
        let facts = [fact("a", 1, waive("element-missing")), fact("b", 2, waive("private-citizen-id"))];
        assert_eq!(standing_waivers(&facts), []);
    }

    #[test]
    fn an_act_stands_in_an_entry_beside_the_catalog() {
        let json = serde_json::to_value(waive("law-unknown")).unwrap();
        assert_eq!((json["act"].as_str(), json["code"].as_str()), (Some("waive"), Some("law-unknown")));
        assert_eq!(serde_json::from_value::<WaiverAct>(json).unwrap(), waive("law-unknown"));
    }
}
