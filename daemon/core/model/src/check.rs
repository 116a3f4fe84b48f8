//! What is wrong with a catalog before it is sent up (`catalog check`): completeness, quality, privacy.
//!
//! Invariant: pure and in order: the same items and facts give the same findings, item by item as printed, then what
//! concerns several of them. A finding never changes an item, and never prints a person's number in full.
//! Left out: which laws are known and what the standard says (the caller brings them), and secrecy (保密审查), which
//! people do.

use serde::{Serialize, Serializer, ser::SerializeMap as _};

use crate::{
    digest::Digest,
    id::Day,
    item::{Basis, CanonicalItem, Item},
    privacy::{PrivateFinding, check_json, check_text},
    revision::{CanonicalHeader, Revision},
};

mod basis;
mod catalog;
mod element;
mod limit;
mod persons;
mod rule;
mod standing;
pub(crate) mod subject;
mod text;
mod waiver;

pub use limit::{Looser, looser, looser_than_statutory};
pub use rule::{Rule, Severity};
pub use standing::{StandingWaiver, WaiverAct, WaiverFact, standing_waivers};
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
    /// Its bytes as kept, with fields that this version does not know; `None` for a row that was only read.
    pub kept: Option<&'a CanonicalItem>,
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

impl LawState {
    /// Of a law that was repealed on a day; `by` is what took its place, empty where nothing did.
    pub fn expired(from: &Day, by: &str) -> Self {
        let by = if by.is_empty() { String::new() } else { format!(", now 《{by}》") };
        Self::Expired { by: format!("repealed on {from}{by}") }
    }
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
    /// The standard's words that the item was held to, where the rule compares with them.
    pub against: Option<String>,
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

    /// Whether it keeps the catalog out of an edition: an error, anything that names a person, or a doubtful law;
    /// unless waived.
    pub fn stops_publication(&self) -> bool {
        let is_barred = matches!(self.rule, Rule::Private(_) | Rule::PersonNames | Rule::LawDoubtful);
        self.waived.is_none() && (self.severity == Severity::Error || is_barred)
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
        map.serialize_entry("is_waivable", &self.rule.is_waivable())?;
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
        self.findings.push(self.finding(rule, severity, field, message));
    }

    /// A finding of a comparison with the standard's words.
    fn note_against(&mut self, rule: Rule, field: &str, message: String, standard: Option<&str>) {
        let found = self.finding(rule, rule.severity(), field, message);
        self.findings.push(Finding { against: standard.map(str::to_owned), ..found });
    }

    fn finding(&self, rule: Rule, severity: Severity, field: &str, message: String) -> Finding {
        Finding {
            item: self.entry.id.to_owned(),
            serial: self.entry.serial.to_owned(),
            name: self.entry.item.name().to_owned(),
            field: field.to_owned(),
            rule,
            severity,
            message,
            digest: self.entry.digest,
            against: None,
            waived: None,
        }
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
        private(&mut pen);
    }
    catalog::check(entries, &mut findings);
    findings
}

/// Checks a revision: its header, then its items in printed order.
pub fn check_revision(revision: &Revision, facts: &Facts<'_>) -> Vec<Finding> {
    // Of what was removed by law nothing is left to check, and nobody can mend it.
    let in_order: Vec<_> =
        revision.in_order().into_iter().filter(|(_, slot)| slot.item().erasure().is_none()).collect();
    let items: Vec<Item> = in_order.iter().map(|(_, slot)| slot.item().decode()).collect();
    let entries: Vec<Entry<'_>> = in_order
        .iter()
        .zip(&items)
        .map(|((id, slot), item)| Entry {
            id: id.as_str(),
            serial: &slot.serial,
            item,
            kept: Some(slot.item()),
            digest: Some(slot.digest()),
        })
        .collect();
    let mut findings = check_header(&revision.header);
    findings.extend(check(&entries, facts));
    findings
}

/// The id under which the header stands among items.
pub const HEADER: &str = "header";

/// Checks a catalog's header: it is published with the items, and a title or note may name a person too.
pub fn check_header(header: &CanonicalHeader) -> Vec<Finding> {
    let finding = |found: PrivateFinding| {
        let rule = Rule::Private(found.kind);
        Finding {
            item: HEADER.to_owned(),
            serial: String::new(),
            name: header.decode().title,
            message: format!("{} `{}`", found.kind.label(), found.masked),
            field: found.field,
            rule,
            severity: rule.severity(),
            digest: Some(header.digest()),
            against: None,
            waived: None,
        }
    };
    check_json(header.as_json()).into_iter().map(finding).collect()
}

/// Numbers and columns that name single persons; what is found is hidden but for its ends.
fn private(pen: &mut Pen<'_, '_>) {
    let serial = check_text("serial", pen.entry.serial);
    let made = pen.entry.kept.is_none().then(|| pen.entry.item.to_canonical());
    let bytes = pen.entry.kept.or(made.as_ref()).map_or("{}", CanonicalItem::as_json);
    for found in serial.into_iter().chain(check_json(bytes)) {
        let message = format!("{} `{}`", found.kind.label(), found.masked);
        pen.note(Rule::Private(found.kind), &found.field, message);
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests;
