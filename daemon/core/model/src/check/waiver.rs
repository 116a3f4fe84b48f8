//! Findings that a person overruled, with the reason.
//!
//! Invariant: a waived finding stays in the list with its reason and weighs nothing; a waiver bound to a digest ends
//! with the next change of its item, one bound to the standard's words with their next change; one that meets no finding is named, so that old ones are cleared.
//! Left out: who may waive, and where waivers are kept (app).

use serde::{Deserialize, Serialize};

use super::{Finding, Rule, Severity};
use crate::digest::Digest;

/// Longest reason, in characters: a sentence or two with the article of a law.
pub const REASON_CHARS_MAX: usize = 500;

/// One rule overruled for one item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiver {
    /// The rule's code or name.
    pub code: String,
    /// The item's id; empty for all of the catalog.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub item: String,
    /// Why it does not count.
    pub reason: String,
    /// Holds only while the item has this digest; rules about persons and titles hold in no other way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// Holds only while the standard says this; empty where the rule compares with no standard, or none was named.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub against: String,
}

/// A waiver that cannot be kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WaiverError {
    /// No such rule.
    #[error("there is no rule `{0}`")]
    RuleUnknown(String),
    /// The rule is one that nobody can overrule.
    #[error("`{}` cannot be waived", .0.name())]
    NotWaivable(Rule),
    /// No reason, or a page of it.
    #[error("a waiver needs a reason of 1 to {REASON_CHARS_MAX} characters")]
    ReasonMissing,
    /// A rule about persons or titles, waived beyond one item as it stands.
    #[error("`{}` is waived for one item as it stands, not in general", .0.name())]
    TooWide(Rule),
}

impl WaiverError {
    /// The permanent code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::RuleUnknown(_) => "GK-CHECK-031",
            Self::NotWaivable(_) => "GK-CHECK-032",
            Self::ReasonMissing => "GK-CHECK-033",
            Self::TooWide(_) => "GK-CHECK-034",
        }
    }

    /// What the operator can do next.
    pub fn hint(&self) -> String {
        match self {
            Self::RuleUnknown(_) => "take the code or the rule's name from the output of `gongkai catalog check`",
            Self::NotWaivable(rule) => rule.hint(),
            Self::ReasonMissing => "say in a sentence why the finding does not count here",
            Self::TooWide(_) => "name the item and its digest as `gongkai catalog check` prints them",
        }
        .to_owned()
    }
}

impl Waiver {
    /// The rule it overrules.
    ///
    /// # Errors
    /// A rule unknown or not waivable, a missing reason, or a waiver of a rule about persons or titles that is not
    /// bound to one item as it stands.
    pub fn rule(&self) -> Result<Rule, WaiverError> {
        let rule = Rule::parse(&self.code).ok_or_else(|| WaiverError::RuleUnknown(self.code.clone()))?;
        if !rule.is_waivable() {
            return Err(WaiverError::NotWaivable(rule));
        }
        if self.reason.trim().is_empty() || self.reason.chars().count() > REASON_CHARS_MAX {
            return Err(WaiverError::ReasonMissing);
        }
        let is_bound = !self.item.is_empty() && self.digest.is_some();
        if rule.is_about_what_was_seen() && !is_bound { Err(WaiverError::TooWide(rule)) } else { Ok(rule) }
    }

    fn covers(&self, finding: &Finding) -> bool {
        let is_same_rule = self.rule().is_ok_and(|rule| rule == finding.rule);
        let is_same_item = self.item.is_empty() || self.item == finding.item;
        let is_same_state = self.digest.is_none() || self.digest == finding.digest;
        let is_same_standard = self.holds_against(finding.against.as_deref().unwrap_or_default());
        is_same_rule && is_same_item && is_same_state && is_same_standard
    }

    /// Whether it was given for these words of the standard, or for whatever it says.
    pub fn holds_against(&self, standard: &str) -> bool {
        self.against.is_empty() || self.against == standard
    }
}

/// Findings after the waivers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// All findings; the waived ones carry the reason.
    pub findings: Vec<Finding>,
    /// How many errors count.
    pub errors: usize,
    /// How many warnings count.
    pub warnings: usize,
    /// How many notes count.
    pub notes: usize,
    /// How many findings were waived.
    pub waived: usize,
    /// Waivers that met no finding: the item changed or was mended.
    pub idle: Vec<Waiver>,
}

impl Verdict {
    /// Whether nothing stops a submission.
    pub fn may_submit(&self) -> bool {
        self.errors == 0
    }

    /// The errors that count, which stop a submission.
    pub fn stops_submission(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.waived.is_none() && finding.severity == Severity::Error)
    }

    /// The findings that keep the catalog out of an edition.
    pub fn stops_publication(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.stops_publication())
    }
}

/// Marks the findings that a waiver covers and counts the rest.
pub fn apply_waivers(mut findings: Vec<Finding>, waivers: &[Waiver]) -> Verdict {
    let mut is_used = vec![false; waivers.len()];
    let mut verdict = Verdict::default();
    for finding in &mut findings {
        if let Some(index) = waivers.iter().position(|waiver| waiver.covers(finding)) {
            is_used[index] = true;
            finding.waived = Some(waivers[index].reason.clone());
            verdict.waived += 1;
            continue;
        }
        match finding.severity {
            Severity::Error => verdict.errors += 1,
            Severity::Warning => verdict.warnings += 1,
            Severity::Note => verdict.notes += 1,
        }
    }
    verdict.idle = waivers.iter().zip(is_used).filter(|(_, used)| !used).map(|(waiver, _)| waiver.clone()).collect();
    verdict.findings = findings;
    verdict
}
