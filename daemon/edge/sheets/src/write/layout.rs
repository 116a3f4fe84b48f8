//! Which columns a catalog needs: the official 14, and more only for what the items have.
//!
//! Invariant: every value of every item has a column whose header reads back to it.

use std::collections::BTreeSet;

use gongkai_model::{item::Item, vocabulary::Terms};

use crate::{
    Reading,
    header::{Column, Field, Group},
    marks::{self, SECOND_MODE},
};

/// The official pair of levels, for catalogs that use fewer than two.
const USUAL_LEVELS: [&str; 2] = ["county", "township"];
/// Header of the channel column, and the note that makes □ mean "optional" (住建 templates).
const CHANNELS_LABEL: &str = "公开渠道和载体";
const CHANNELS_NOTE: &str = "(\"■\"表示必选项,\"□\"表示可选项)";

/// One column of the sheet.
pub(super) struct Leaf {
    /// The heading over it, shared with its neighbours; none where the header cell spans both rows.
    pub(super) heading: Option<String>,
    pub(super) label: String,
    pub(super) column: Column,
    /// In characters.
    pub(super) width: f64,
}

/// The columns of one sheet.
pub(super) struct Layout {
    pub(super) leaves: Vec<Leaf>,
    /// Whether the header explains □ as "optional".
    pub(super) has_optional_boxes: bool,
}

impl Layout {
    /// The columns for these items.
    pub(super) fn of(items: &[&Item], reading: &Reading<'_>) -> Self {
        let has_optional_boxes = items.iter().any(|item| !item.channels_optional.is_empty());
        let mut layout = Self { leaves: Vec::new(), has_optional_boxes };
        layout.add(None, "序号", Column::Serial, 5.0);
        layout.add(Some("公开事项"), "一级事项", Column::Matter(1), 11.0);
        layout.add(Some("公开事项"), "二级事项", Column::Matter(2), 13.0);
        if items.iter().any(|item| !item.level3.is_empty()) {
            layout.add(Some("公开事项"), "三级事项", Column::Matter(3), 13.0);
        }
        let note = if has_optional_boxes { CHANNELS_NOTE } else { "" };
        layout.add(None, "公开内容(要素)", Column::Content, 31.0);
        layout.add(None, "公开依据", Column::Basis, 27.0);
        layout.add(None, "公开时限", Column::TimeLimit, 14.0);
        layout.add(None, "公开主体", Column::Subject, 13.0);
        layout.add(None, &format!("{CHANNELS_LABEL}{note}"), Column::Channels, 31.0);
        layout.add_groups(items, reading);
        layout.add_fields(items);
        let extras: BTreeSet<&String> = items.iter().flat_map(|item| item.extra.keys()).collect();
        // A second mode is a second tick, not a column.
        for key in extras.into_iter().filter(|key| *key != SECOND_MODE) {
            layout.add(None, key, Column::Extra(key.clone()), 14.0);
        }
        layout
    }

    /// The columns of a form to fill in, for these levels.
    pub(super) fn blank(levels: &[&str], reading: &Reading<'_>) -> Self {
        let item = Item { levels: levels.iter().map(|slug| (*slug).to_owned()).collect(), ..Item::default() };
        Self::of(&[&item], reading)
    }

    fn add(&mut self, heading: Option<&str>, label: &str, column: Column, width: f64) {
        self.leaves.push(Leaf { heading: heading.map(str::to_owned), label: label.to_owned(), column, width });
    }

    fn add_groups(&mut self, items: &[&Item], reading: &Reading<'_>) {
        let vocabulary = reading.vocabulary;
        let used = |value: &dyn Fn(&Item) -> Vec<String>| -> BTreeSet<String> {
            items.iter().flat_map(|item| value(item)).filter(|slug| !slug.is_empty()).collect()
        };
        let audience = used(&|item| item.audience.iter().cloned().collect());
        self.add_group("公开对象", Group::Audience, &vocabulary.audience, &["public", "specific"], &audience);
        let modes = used(&|item| marks::modes(reading, item));
        self.add_group("公开方式", Group::Mode, &vocabulary.modes, &["proactive", "on-request"], &modes);
        self.add_levels(&used(&|item| item.levels.iter().cloned().collect()), reading);
        let extents = used(&|item| vec![item.extent.clone()]);
        self.add_group("公开程度", Group::Extent, &vocabulary.extents, &[], &extents);
        let five_open = used(&|item| item.five_open.iter().cloned().collect());
        self.add_group("五公开", Group::FiveOpen, &vocabulary.five_open, &[], &five_open);
        let stages = used(&|item| vec![item.stage.clone()]);
        self.add_group("过程/结果", Group::Stage, &vocabulary.stages, &[], &stages);
    }

    /// The usual values of a group and the others that items use, in the vocabulary's order, unknown ones last.
    fn add_group(&mut self, heading: &str, group: Group, terms: &Terms, usual: &[&str], used: &BTreeSet<String>) {
        let is_wanted = |slug: &str| usual.contains(&slug) || used.contains(slug);
        let known = terms.iter().map(|term| term.slug.as_str()).filter(|slug| is_wanted(slug));
        let unknown = used.iter().map(String::as_str).filter(|slug| terms.get(slug).is_none());
        for slug in known.chain(unknown) {
            self.add(Some(heading), terms.label(slug), Column::Mark(group, slug.to_owned()), 6.0);
        }
    }

    fn add_levels(&mut self, used: &BTreeSet<String>, reading: &Reading<'_>) {
        let mut levels: BTreeSet<&str> = used.iter().map(String::as_str).collect();
        for usual in USUAL_LEVELS {
            if levels.len() < USUAL_LEVELS.len() {
                levels.insert(usual);
            }
        }
        let terms = &reading.vocabulary.levels;
        let known = terms.iter().map(|term| term.slug.as_str()).filter(|slug| levels.contains(slug));
        let unknown = levels.iter().copied().filter(|slug| terms.get(slug).is_none());
        for slug in known.chain(unknown) {
            let label = reading.level_label(slug).to_owned();
            self.add(Some("公开层级"), &label, Column::Mark(Group::Level, slug.to_owned()), 6.0);
        }
    }

    fn add_fields(&mut self, items: &[&Item]) {
        type Read = fn(&Item) -> &str;
        let fields: [(&str, Field, Read); 6] = [
            ("不予公开理由", Field::WithholdReason, |item| &item.withhold_reason),
            ("责任科室", Field::ResponsibleDept, |item| &item.responsible_dept),
            ("权责清单编码", Field::PowerListRef, |item| &item.power_list_ref),
            ("对应标准指引条目", Field::GuidelineRef, |item| &item.guideline_ref),
            ("生效日期", Field::EffectiveFrom, |item| &item.effective_from),
            ("失效日期", Field::EffectiveTo, |item| &item.effective_to),
        ];
        for (label, field, read) in fields {
            if items.iter().any(|item| !read(item).is_empty()) {
                self.add(None, label, Column::Field(field), 12.0);
            }
        }
    }

    pub(super) fn last_column(&self) -> u16 {
        u16::try_from(self.leaves.len().saturating_sub(1)).unwrap_or(u16::MAX)
    }

    /// The columns of level 1, level 2 and, if there is one, level 3.
    pub(super) fn matters(&self) -> (u16, u16, Option<u16>) {
        let has_third = self.leaves.iter().any(|leaf| leaf.column == Column::Matter(3));
        (1, 2, has_third.then_some(3))
    }
}
