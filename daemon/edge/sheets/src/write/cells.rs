//! The text of one cell of the official workbook.
//!
//! Invariant: each text reads back to the value it was made of; the printed channel cell of the owner is kept where
//! it still says the same, so that a catalog that goes out and comes back is unchanged; only its boxes become ■ and □.

use std::collections::BTreeSet;

use gongkai_model::{
    item::{Item, basis_text},
    vocabulary::Terms,
};

use super::layout::Layout;
use crate::{
    Answers, Reading, channels,
    header::{Column, Field, Group},
    marks,
};

const TICK: &str = "√";

/// The cell's text; names and serials are written by the caller.
pub(super) fn text(column: &Column, item: &Item, layout: &Layout, reading: &Reading<'_>) -> String {
    match column {
        Column::Serial | Column::Matter(_) => String::new(),
        Column::Words(group) => words(*group, item, reading),
        Column::Content => item.content.clone(),
        Column::Basis => basis_text(&item.basis),
        Column::TimeLimit => item.time_limit_text.clone(),
        Column::Subject => item.subject.join("、"),
        Column::Channels => channel_text(item, layout, reading),
        Column::Mark(group, slug) => mark(*group, slug, item, reading),
        // The form has none.
        Column::Leaf(..) | Column::TimeLimitPart(_) => String::new(),
        Column::Field(field) => field_text(*field, item).to_owned(),
        Column::Extra(key) => item.extra.get(key).cloned().unwrap_or_default(),
    }
}

fn field_text(field: Field, item: &Item) -> &str {
    match field {
        Field::Attribute => "",
        Field::ResponsibleDept => &item.responsible_dept,
        Field::PowerListRef => &item.power_list_ref,
        Field::GuidelineRef => &item.guideline_ref,
        Field::WithholdReason => &item.withhold_reason,
        Field::EffectiveFrom => &item.effective_from,
        Field::EffectiveTo => &item.effective_to,
    }
}

fn mark(group: Group, slug: &str, item: &Item, reading: &Reading<'_>) -> String {
    let has = |values: &BTreeSet<String>| values.contains(slug);
    let is_set = match group {
        Group::Audience => has(&item.audience),
        Group::Mode => marks::modes(reading, item).iter().any(|mode| mode == slug),
        Group::Level => has(&item.levels),
        Group::Extent => item.extent == slug,
        Group::FiveOpen => has(&item.five_open),
        Group::Stage => item.stage == slug,
        Group::Channel => has(&item.channels),
    };
    let is_named = group == Group::Audience && slug == "specific" && !item.audience_specific.is_empty();
    match (is_set, is_named) {
        (false, _) => String::new(),
        // A name that would read as a sign or a reference stands behind the group's own word.
        (true, true) if marks::is_plain_name(reading, &item.audience_specific) => item.audience_specific.clone(),
        (true, true) => format!("{}:{}", reading.vocabulary.audience.label(slug), item.audience_specific),
        (true, false) => TICK.to_owned(),
    }
}

/// The values of a group in one cell: 县级、乡级; 全社会、特定群体:申请人.
fn words(group: Group, item: &Item, reading: &Reading<'_>) -> String {
    let vocabulary = reading.vocabulary;
    let list = |values: &BTreeSet<String>, terms: &Terms| -> String {
        let words: Vec<&str> = values.iter().map(|slug| terms.label(slug)).collect();
        words.join("、")
    };
    match group {
        Group::Audience => {
            let text = list(&item.audience, &vocabulary.audience);
            let is_named = item.audience.contains("specific") && !item.audience_specific.is_empty();
            // `specific` is the last of the two in the set's order.
            if is_named { format!("{text}:{}", item.audience_specific) } else { text }
        }
        Group::Mode => {
            let modes = marks::modes(reading, item);
            let words: Vec<&str> = modes.iter().map(|slug| vocabulary.modes.label(slug)).collect();
            words.join("、")
        }
        Group::Level => {
            let words: Vec<&str> = item.levels.iter().map(|slug| reading.level_list_word(slug)).collect();
            words.join("、")
        }
        Group::Extent => vocabulary.extents.label(&item.extent).to_owned(),
        Group::FiveOpen => list(&item.five_open, &vocabulary.five_open),
        Group::Stage => vocabulary.stages.label(&item.stage).to_owned(),
        Group::Channel => list(&item.channels, &vocabulary.channels),
    }
}

fn channel_text(item: &Item, layout: &Layout, reading: &Reading<'_>) -> String {
    let read = channels::read(reading, &Answers::default(), &item.channels_raw, layout.has_optional_boxes);
    let is_same =
        read.used == item.channels && read.optional == item.channels_optional && read.other == item.channels_other;
    if !item.channels_raw.is_empty() && is_same {
        return channels::with_official_boxes(reading, &item.channels_raw);
    }
    if item.channels.is_empty() && item.channels_optional.is_empty() && item.channels_other.is_empty() {
        return String::new();
    }
    if layout.has_optional_boxes {
        return channels::render_optional(reading, item);
    }
    channels::render(reading, &item.channels, &item.channels_other)
}
