//! Completeness: the eight elements, and words that an element needs beside its mark.
//!
//! Invariant: one finding for one element of one item.

use super::{Pen, Rule};
use crate::{
    id::Day,
    item::{Item, missing_elements},
    vocabulary::fold,
};

const SPECIFIC: &str = "specific";
const OTHER: &str = "other";
const WITHHELD: &str = "withheld";

pub(super) fn check(item: &Item, pen: &mut Pen<'_, '_>) {
    for element in missing_elements(item) {
        pen.note(Rule::ElementMissing, element.field(), format!("{} is missing", element.label()));
    }
    if item.audience.contains(SPECIFIC) && item.audience_specific.trim().is_empty() {
        let message = "特定群体 is ticked, who it is is not named".to_owned();
        pen.note(Rule::AudienceUnnamed, "audience_specific", message);
    }
    if item.channels.contains(OTHER) && item.channels_other.is_empty() {
        pen.note(Rule::ChannelUnnamed, "channels_other", "其他 is ticked without a name".to_owned());
    }
    if item.disclosure_mode == WITHHELD && item.withhold_reason.trim().is_empty() {
        pen.note(Rule::WithholdReasonMissing, "withhold_reason", "不予公开 without a reason".to_owned());
    }
    let content = fold(&item.content);
    if !content.is_empty() && content == fold(item.name()) {
        pen.note(Rule::ContentThin, "content", "the content is the name again".to_owned());
    }
    check_days(item, pen);
}

fn check_days(item: &Item, pen: &mut Pen<'_, '_>) {
    let fields = [("effective_from", &item.effective_from), ("effective_to", &item.effective_to)];
    let days = fields.map(|(field, text)| (field, text, Day::parse(text).ok()));
    for (field, text, day) in &days {
        if !text.is_empty() && day.is_none() {
            pen.note(Rule::DatesWrong, field, format!("`{text}` is no day"));
        }
    }
    if let [(_, from, Some(first)), (_, to, Some(last))] = &days
        && last < first
    {
        pen.note(Rule::DatesWrong, "effective_to", format!("it ends on {to}, before it begins on {from}"));
    }
}
