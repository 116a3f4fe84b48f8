//! Makes items of drafts: gathers each column's text, resolves it, and parses it.
//!
//! Invariant: the text of every cell ends in the item, resolved but otherwise as printed; parsed values stand
//! beside it. Findings name the cell.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use gongkai_model::item::{Basis, Item, parse_basis};

use super::{
    Stretch,
    carry::{self, Carry},
    draft::Draft,
};
use crate::{
    Reading, Told,
    channels::{self, Channels},
    grid::{Sheet, address},
    header::{Column, Field, Group, Header},
    marks,
    report::{Diagnostics, Row},
    source::{Source, SourceCell},
    subject,
};

mod matter;
mod survey;

/// Builds the rows of one table.
pub(super) struct Builder<'a> {
    sheet: &'a Sheet,
    reading: &'a Reading<'a>,
    told: &'a Told<'a>,
    header: Option<&'a Header>,
    carry: Carry,
    rows: Vec<Row>,
    /// Cells repeat down a catalog: each distinct text is parsed once.
    channels: HashMap<String, Channels>,
    basis: HashMap<String, Vec<Basis>>,
    matters: HashMap<(String, String, String), u32>,
    warned_rows: BTreeSet<u32>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(
        sheet: &'a Sheet,
        reading: &'a Reading<'a>,
        told: &'a Told<'a>,
        stretches: &[Stretch<'a>],
    ) -> Self {
        let header = stretches.first().map(|stretch| stretch.header);
        let has_lost_merges = stretches.iter().all(|s| carry::has_no_row_merges(sheet, s.header, s.to));
        Self {
            sheet,
            reading,
            told,
            header,
            carry: Carry::new(reading, has_lost_merges),
            rows: Vec::new(),
            channels: HashMap::new(),
            basis: HashMap::new(),
            matters: HashMap::new(),
            warned_rows: BTreeSet::new(),
        }
    }

    /// Makes room for that many more items: rows are large, and moving them while the list grows takes time.
    pub(super) fn expect(&mut self, count: usize) {
        self.rows.reserve(count);
        self.matters.reserve(count);
    }

    /// Adds the item of one draft.
    pub(super) fn add(&mut self, header: &Header, draft: &Draft, is_after_break: bool, diagnostics: &mut Diagnostics) {
        let mut row = Row { source: self.source(header, draft), ..Row::default() };
        let continues_group = self.name(header, draft, is_after_break, &mut row, diagnostics);
        for (index, column) in &header.columns {
            if matches!(column, Column::Matter(_)) {
                continue;
            }
            let at = (draft.row, *index);
            let printed = self.gather(draft, *index, column, diagnostics);
            let mut text = self.carry.resolve(self.sheet, at, printed, diagnostics);
            if text.is_empty() && continues_group && self.carry.has_lost_merges && carry::is_filled(column) {
                text = Cow::Owned(self.carry.fill("merge-lost", self.sheet, at, diagnostics));
            }
            if text.is_empty() && *column == Column::Serial {
                text = Cow::Owned(self.carry.above(*index).to_owned());
            } else if *column == Column::Serial {
                survey::serial_gap(self.sheet, self.carry.above(*index), &text, at, diagnostics);
            }
            self.carry.keep(*index, &text);
            self.put(header, column, at, text, &mut row, diagnostics);
        }
        self.check_row(header, draft, &mut row, diagnostics);
        self.rows.push(row);
    }

    /// The draft's cells as printed: those of the other rows only where they begin there.
    fn source(&self, header: &Header, draft: &Draft) -> Source {
        let mut cells: Vec<SourceCell> = Vec::with_capacity(header.columns.len());
        for row in draft.rows() {
            for (index, _) in &header.columns {
                let at = self.sheet.origin(row, *index);
                let is_new = cells.last().is_none_or(|last| (last.row, last.column) != at);
                if (row == draft.row || at == (row, *index)) && is_new {
                    let text = self.sheet.cell(at.0, at.1).map(Arc::clone);
                    cells.extend(text.map(|text| SourceCell { row: at.0, column: at.1, text }));
                }
            }
        }
        Source { sheet: self.sheet.name.clone(), row: draft.row.saturating_add(1), cells }
    }

    /// The column's text over the rows of a draft. A cell merged over several columns belongs to the leftmost, but
    /// a mark merged over levels is a mark for each.
    fn gather(&self, draft: &Draft, index: u32, column: &Column, diagnostics: &mut Diagnostics) -> Cow<'a, str> {
        let merge = self.sheet.merge_at(draft.row, index);
        let is_from_left = merge.is_some_and(|merge| merge.left < index);
        let is_shared = matches!(column, Column::Mark(Group::Level, _));
        let first = if is_from_left && !is_shared { "" } else { self.sheet.text(draft.row, index) };
        if draft.rows_after.is_empty() && draft.channel_rows_before.is_empty() {
            return Cow::Borrowed(first);
        }
        let before = draft.channel_rows_before.iter().filter(|_| *column == Column::Channels);
        let mut parts: Vec<&str> = before.map(|row| self.sheet.own(*row, index)).collect();
        parts.push(first);
        parts.extend(draft.rows_after.iter().map(|row| self.sheet.own(*row, index)));
        parts.retain(|part| !part.is_empty());
        parts.dedup();
        let text = match column {
            Column::Serial | Column::Mark(..) => parts.first().copied().unwrap_or_default().to_owned(),
            Column::Subject => parts.join("、"),
            Column::TimeLimit if parts.len() > 1 => {
                let message = "several limits in one item: kept as clauses";
                diagnostics.warn("time-limit-several", &self.sheet.name, &address(draft.row, index), message);
                parts.join("\n")
            }
            _ => parts.join("\n"),
        };
        Cow::Owned(text)
    }

    fn put(
        &mut self,
        header: &Header,
        column: &Column,
        at: (u32, u32),
        text: Cow<'_, str>,
        row: &mut Row,
        diagnostics: &mut Diagnostics,
    ) {
        let item = &mut row.item;
        match column {
            Column::Matter(_) => {}
            Column::Serial => row.serial = text.into_owned(),
            Column::Content => item.content = lines(&text),
            Column::Basis => item.basis = self.basis(&text),
            Column::TimeLimit => item.time_limit_text = text.into_owned(),
            Column::Subject => item.subject = subject::split(&text),
            Column::Channels => self.put_channels(header, at, text, item, diagnostics),
            Column::Mark(group, slug) => {
                let finding = marks::put(self.reading, *group, slug, &text, item);
                self.report(finding, at, diagnostics);
            }
            Column::Words(group) => {
                let findings = marks::put_words(self.reading, *group, &text, item);
                self.report(findings, at, diagnostics);
            }
            Column::Field(field) => {
                let findings = put_field(self.reading, *field, text.into_owned(), item);
                self.report(findings, at, diagnostics);
            }
            Column::Extra(key) => {
                if !text.is_empty() {
                    item.extra.insert(key.clone(), text.into_owned());
                }
            }
        }
    }

    fn report(
        &self,
        findings: impl IntoIterator<Item = marks::Finding>,
        at: (u32, u32),
        diagnostics: &mut Diagnostics,
    ) {
        for (code, message) in findings {
            diagnostics.warn(code, &self.sheet.name, &address(at.0, at.1), &message);
        }
    }

    fn put_channels(
        &mut self,
        header: &Header,
        at: (u32, u32),
        text: Cow<'_, str>,
        item: &mut Item,
        diagnostics: &mut Diagnostics,
    ) {
        if text.is_empty() {
            return;
        }
        let read = match self.channels.get(text.as_ref()) {
            Some(read) => read,
            None => {
                let read = channels::read(self.reading, &text, header.has_optional_boxes);
                self.channels.entry(text.clone().into_owned()).or_insert(read)
            }
        };
        if item.channels.is_empty() {
            item.channels.clone_from(&read.used);
        } else {
            item.channels.extend(read.used.iter().cloned());
        }
        item.channels_optional.clone_from(&read.optional);
        item.channels_other.clone_from(&read.other);
        for (code, message) in &read.findings {
            diagnostics.warn(code, &self.sheet.name, &address(at.0, at.1), message);
        }
        item.channels_raw = text.into_owned();
    }

    fn basis(&mut self, text: &str) -> Vec<Basis> {
        if let Some(read) = self.basis.get(text) {
            return read.clone();
        }
        let mut read = parse_basis(text);
        if let Some(full_title) = self.told.law_title {
            for basis in &mut read {
                if let Some(title) = full_title(&basis.title) {
                    basis.title = title;
                }
            }
        }
        self.basis.insert(text.to_owned(), read.clone());
        read
    }

    /// Looks over the finished item once more.
    fn check_row(&mut self, header: &Header, draft: &Draft, row: &mut Row, diagnostics: &mut Diagnostics) {
        if !header.has_group(Group::Level) && !self.reading.node_level.is_empty() {
            row.item.levels.insert(self.reading.node_level.to_owned());
        }
        survey::text(self.sheet, header, draft.row, &row.item, diagnostics);
        let key = (row.item.level1.clone(), row.item.level2.clone(), row.item.level3.clone());
        let own = draft.row.saturating_add(1);
        let first = *self.matters.entry(key).or_insert(own);
        if first != own {
            let message = format!("the matter `{}` stands in row {first} too", row.item.name());
            diagnostics.warn("matter-repeated", &self.sheet.name, &address(draft.row, 0), &message);
        }
        let is_hidden = |row: &u32| self.sheet.part.hidden_rows.contains(row);
        let rows = std::iter::once(&draft.row).chain(&draft.rows_after);
        if rows.clone().any(is_hidden) && self.warned_rows.insert(draft.row) {
            let message = "the row is hidden, its item is read";
            diagnostics.warn("row-hidden", &self.sheet.name, &address(draft.row, 0), message);
        }
        row.list_missing();
    }

    /// The table's rows, after findings about the table as a whole.
    pub(super) fn finish(self, diagnostics: &mut Diagnostics) -> Vec<Row> {
        if let Some(header) = self.header {
            survey::table(self.sheet, header, &self.rows, diagnostics);
        }
        self.rows
    }
}

/// Lines without outer blanks; empty lines go.
fn lines(text: &str) -> String {
    if !text.contains('\n') {
        return text.to_owned();
    }
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

fn put_field(reading: &Reading<'_>, field: Field, text: String, item: &mut Item) -> Vec<marks::Finding> {
    match field {
        Field::Attribute => return marks::put_words(reading, Group::Mode, &text, item),
        Field::ResponsibleDept => item.responsible_dept = text,
        Field::PowerListRef => item.power_list_ref = text,
        Field::GuidelineRef => item.guideline_ref = text,
        Field::WithholdReason => item.withhold_reason = text,
        Field::EffectiveFrom => item.effective_from = text,
        Field::EffectiveTo => item.effective_to = text,
    }
    Vec::new()
}
