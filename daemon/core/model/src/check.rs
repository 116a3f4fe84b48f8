//! What is wrong with a catalog before it is sent up (`catalog check`): completeness, quality, privacy.
//!
//! Invariant: pure and in order: the same items and facts give the same findings, item by item as printed, then what
//! concerns several of them. A finding never changes an item, and never prints a person's number in full.
//! Left out: which laws are known and what the standard says (the caller brings them), and secrecy (保密审查), which
//! people do.

use serde::{Serialize, Serializer, ser::SerializeMap as _};

use crate::{
    digest::Digest,
    item::{Basis, Item},
    privacy::check_json,
};

mod basis;
mod catalog;
mod element;
mod limit;
mod persons;
mod rule;
mod subject;
mod text;
mod waiver;

pub use limit::{Looser, looser, looser_than_statutory};
pub use rule::{Rule, Severity};
pub use waiver::{REASON_CHARS_MAX, Verdict, Waiver, WaiverError, apply_waivers};

/// One item to check.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Its id, or where it has none yet (a file read for a look) its cell.
    pub id: &'a str,
    /// 序号 as printed.
    pub serial: &'a str,
    /// Its content.
    pub item: &'a Item,
    /// Its digest, which a waiver may be bound to.
    pub digest: Option<Digest>,
}

/// What is known of a title that an item rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LawState {
    /// In the list, with its document number where the list has one.
    Known {
        /// Such as 国务院令第711号; empty where the list has none.
        doc_no: String,
    },
    /// Repealed or replaced.
    Expired {
        /// The title or day that ended it, in words.
        by: String,
    },
    /// Not in the list.
    Unknown,
}

/// Looks up what is known of a title.
pub type FindLaw<'a> = dyn Fn(&Basis) -> LawState + 'a;
/// Finds the standard's item that an item follows.
pub type FindStandard<'a> = dyn Fn(&Item) -> Option<&'a Item> + 'a;

/// What the check needs to know beside the items.
#[derive(Clone, Copy, Default)]
pub struct Facts<'a> {
    /// Looks up a title; without it titles are not checked.
    pub laws: Option<&'a FindLaw<'a>>,
    /// The standard's item that an item follows; without one only the statutory limit counts.
    pub standard: Option<&'a FindStandard<'a>>,
}

/// Something a person should mend, or waive with a reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The item's id as given; empty where it concerns the whole catalog.
    pub item: String,
    /// 序号 as printed.
    pub serial: String,
    /// 名称.
    pub name: String,
    /// The field at fault by its JSON name; empty where it is the item as a whole.
    pub field: String,
    /// Which rule.
    pub rule: Rule,
    /// How much it weighs here.
    pub severity: Severity,
    /// What was found.
    pub message: String,
    /// The item's digest, as given.
    pub digest: Option<Digest>,
    /// Why it does not count, where a person said so.
    pub waived: Option<String>,
}

impl Finding {
    /// The permanent code.
    pub fn code(&self) -> &'static str {
        self.rule.code()
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        self.rule.hint()
    }
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("item_id", &self.item)?;
        map.serialize_entry("serial", &self.serial)?;
        map.serialize_entry("name", &self.name)?;
        map.serialize_entry("field", &self.field)?;
        map.serialize_entry("severity", self.severity.word())?;
        map.serialize_entry("code", self.code())?;
        map.serialize_entry("rule", self.rule.name())?;
        map.serialize_entry("message", &self.message)?;
        map.serialize_entry("hint", self.hint())?;
        map.serialize_entry("waived", &self.waived)?;
        map.end()
    }
}

/// Gathers the findings of one item.
struct Pen<'a, 'f> {
    entry: &'a Entry<'a>,
    findings: &'f mut Vec<Finding>,
}

impl Pen<'_, '_> {
    fn note(&mut self, rule: Rule, field: &str, message: String) {
        self.note_as(rule, rule.severity(), field, message);
    }

    fn note_as(&mut self, rule: Rule, severity: Severity, field: &str, message: String) {
        self.findings.push(Finding {
            item: self.entry.id.to_owned(),
            serial: self.entry.serial.to_owned(),
            name: self.entry.item.name().to_owned(),
            field: field.to_owned(),
            rule,
            severity,
            message,
            digest: self.entry.digest,
            waived: None,
        });
    }
}

/// Checks items in printed order.
pub fn check(entries: &[Entry<'_>], facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for entry in entries {
        let mut pen = Pen { entry, findings: &mut findings };
        element::check(entry.item, &mut pen);
        basis::check(entry.item, facts, &mut pen);
        subject::check(entry.item, &mut pen);
        limit::check(entry.item, facts, &mut pen);
        text::check(entry.item, &mut pen);
        persons::check(entry.item, &mut pen);
        private(entry.item, &mut pen);
    }
    catalog::check(entries, &mut findings);
    findings
}

/// Numbers and columns that name single persons; what is found is hidden but for its ends.
fn private(item: &Item, pen: &mut Pen<'_, '_>) {
    for found in check_json(item.to_canonical().as_json()) {
        let message = format!("{} `{}`", found.kind.label(), found.masked);
        pen.note(Rule::Private(found.kind), &found.field, message);
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests;
