//! The text of one cell of the official workbook.
//!
//! Invariant: each text reads back to the value it was made of; the printed channel cell of the owner is kept where
//! it still says the same, so that a catalog that goes out and comes back is unchanged.

use std::collections::BTreeSet;

use gongkai_model::item::{Item, basis_text};

use super::layout::Layout;
use crate::{
    Reading, channels,
    header::{Column, Field, Group},
};

const TICK: &str = "√";

/// The cell's text; names and serials are written by the caller.
pub(super) fn text(column: &Column, item: &Item, layout: &Layout, reading: &Reading<'_>) -> String {
    match column {
        Column::Serial | Column::Matter(_) | Column::Words(_) => String::new(),
        Column::Content => item.content.clone(),
        Column::Basis => basis_text(&item.basis),
        Column::TimeLimit => item.time_limit_text.clone(),
        Column::Subject => item.subject.join("、"),
        Column::Channels => channel_text(item, layout, reading),
        Column::Mark(group, slug) => mark(*group, slug, item),
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

fn mark(group: Group, slug: &str, item: &Item) -> String {
    let has = |values: &BTreeSet<String>| values.contains(slug);
    let is_set = match group {
        Group::Audience => has(&item.audience),
        Group::Mode => item.disclosure_mode == slug,
        Group::Level => has(&item.levels),
        Group::Extent => item.extent == slug,
        Group::FiveOpen => has(&item.five_open),
        Group::Stage => item.stage == slug,
        Group::Channel => has(&item.channels),
    };
    let is_named = group == Group::Audience && slug == "specific" && !item.audience_specific.is_empty();
    match (is_set, is_named) {
        (false, _) => String::new(),
        (true, true) => item.audience_specific.clone(),
        (true, false) => TICK.to_owned(),
    }
}

fn channel_text(item: &Item, layout: &Layout, reading: &Reading<'_>) -> String {
    let read = channels::read(reading, &item.channels_raw, layout.has_optional_boxes);
    let is_same =
        read.used == item.channels && read.optional == item.channels_optional && read.other == item.channels_other;
    if !item.channels_raw.is_empty() && is_same {
        return item.channels_raw.clone();
    }
    if item.channels.is_empty() && item.channels_optional.is_empty() && item.channels_other.is_empty() {
        return String::new();
    }
    if layout.has_optional_boxes {
        return channels::render_optional(reading, item);
    }
    channels::render(reading, &item.channels, &item.channels_other)
}
