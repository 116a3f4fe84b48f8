//! Which fields of an item a column holds, by their JSON names: so that a finding about a field has a cell.
//!
//! Invariant: every kind of column has at least one. Left out: what stands in it.

use super::{Column, Field, Group};

impl Column {
    /// The element that a column says most of, as differences name it.
    pub(crate) fn element(&self) -> String {
        match self {
            Self::Extra(head) => format!("extra.{head}"),
            // Every kind of column has at least one field.
            column => column.fields().first().copied().unwrap_or_default().to_owned(),
        }
    }

    /// The fields of an item, by their JSON names, that a column holds.
    pub(crate) fn fields(&self) -> &'static [&'static str] {
        match self {
            Self::Serial => &["serial"],
            Self::Matter(1) => &["level1"],
            Self::Matter(3) => &["level3"],
            Self::Matter(_) => &["level2", "name"],
            Self::Content => &["content"],
            Self::Basis => &["basis"],
            Self::TimeLimit | Self::TimeLimitPart(_) => &["time_limit_text"],
            Self::Subject => &["subject"],
            Self::Channels => &["channels", "channels_raw", "channels_other"],
            Self::Mark(group, _) | Self::Leaf(group, _) | Self::Words(group) => group.fields(),
            Self::Field(field) => field.names(),
            Self::Extra(_) => &["extra"],
        }
    }
}

impl Group {
    fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Audience => &["audience", "audience_specific"],
            Self::Mode => &["disclosure_mode"],
            Self::Level => &["levels"],
            Self::Extent => &["extent"],
            Self::FiveOpen => &["five_open"],
            Self::Stage => &["stage"],
            Self::Channel => &["channels"],
        }
    }
}

impl Field {
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Attribute => &["disclosure_mode"],
            Self::ResponsibleDept => &["responsible_dept"],
            Self::PowerListRef => &["power_list_ref"],
            Self::GuidelineRef => &["guideline_ref"],
            Self::WithholdReason => &["withhold_reason"],
            Self::EffectiveFrom => &["effective_from"],
            Self::EffectiveTo => &["effective_to"],
        }
    }
}
