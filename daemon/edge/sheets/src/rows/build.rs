//! Makes items of drafts: gathers each column's text, resolves it, and parses it.
//!
//! Invariant: the text of every cell ends in the item, resolved but otherwise as printed; parsed values stand
//! beside it. Findings name the cell.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use gongkai_model::{
    item::{Basis, Item, QUESTION_MARK, ask, basis_text, parse_basis},
    vocabulary::{is_error_value, is_placeholder, is_reference},
};

use super::{
    Stretch,
    carry::{self, Carry},
    draft::Draft,
};
use crate::{
    Answers, Mapping, Reading, Told,
    account::range,
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
    mapping: &'a Mapping,
    header: Option<&'a Header>,
    carry: Carry,
    rows: Vec<Row>,
    /// Cells repeat down a catalog: each distinct text is parsed once.
    channels: HashMap<String, Channels>,
    basis: HashMap<String, Vec<Basis>>,
    matters: HashMap<(String, String, String), u32>,
    /// Places of items in hidden rows.
    hidden: Vec<usize>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(
        sheet: &'a Sheet,
        (reading, told, mapping): (&'a Reading<'a>, &'a Told<'a>, &'a Mapping),
        stretches: &[Stretch<'a>],
    ) -> Self {
        let header = stretches.first().map(|stretch| stretch.header);
        let has_lost_merges = stretches.iter().all(|s| carry::has_no_row_merges(sheet, s.header, s.to));
        Self {
            sheet,
            reading,
            told,
            mapping,
            header,
            carry: Carry::new(reading, has_lost_merges),
            rows: Vec::new(),
            channels: HashMap::new(),
            basis: HashMap::new(),
            matters: HashMap::new(),
            hidden: Vec::new(),
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
        let is_shifted = self.sheet.shifted_rows.contains(&draft.row);
        for (index, column) in &header.columns {
            // Behind a stray delimiter nobody knows which cell is which.
            if matches!(column, Column::Matter(_)) || (is_shifted && *column != Column::Serial) {
                continue;
            }
            let at = (draft.row, *index);
            let printed = self.gather(draft, *index, column, diagnostics);
            let printed = self.without_error(printed, at, diagnostics);
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
        if is_shifted {
            row.errors.push("shifted cells (a delimiter too many in this row)".to_owned());
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

    /// A cell's text; none for an error of a spreadsheet, which is no value.
    fn without_error<'t>(&self, text: Cow<'t, str>, at: (u32, u32), diagnostics: &mut Diagnostics) -> Cow<'t, str> {
        if !text.starts_with(['#', '＃']) || !is_error_value(&text) {
            return text;
        }
        // Of a workbook's own error cells the sheet tells.
        if !self.sheet.error_cells.contains(&at) {
            let place = address(at.0, at.1);
            diagnostics.warn("cell-error", &self.sheet.name, &place, "the cell holds an error value");
        }
        Cow::Borrowed("")
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
            Column::Serial => parts.first().copied().unwrap_or_default().to_owned(),
            Column::Mark(..) | Column::Leaf(..) => self.one_mark(&parts),
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

    /// The marks of several rows as one: a tick in any of them is one; words count more.
    fn one_mark(&self, parts: &[&str]) -> String {
        let answers = Answers::default();
        let is_mark = |part: &&&str| !matches!(marks::read(self.reading, &answers, part), marks::Mark::Empty);
        let is_bare = |part: &&&str| matches!(marks::read(self.reading, &answers, part), marks::Mark::Ticked);
        let mut told: Vec<&str> = parts.iter().filter(is_mark).filter(|part| !is_bare(part)).copied().collect();
        told.dedup();
        match told.as_slice() {
            [] => parts.iter().find(is_mark).or(parts.first()).copied().unwrap_or_default().to_owned(),
            words => words.join("、"),
        }
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
        let head = header.heads.get(&at.1).map_or("", String::as_str);
        let answers = Answers::new(self.mapping, head);
        match column {
            Column::Matter(_) => {}
            Column::Serial => row.serial = text.into_owned(),
            Column::Content => item.content = lines(&text),
            Column::Basis => item.basis = self.basis(&text),
            Column::TimeLimit => item.time_limit_text = with_unit(text.into_owned(), header.limit_unit),
            Column::TimeLimitPart(part) => {
                let clause = match marks::read(self.reading, &answers, &text) {
                    marks::Mark::Empty => return,
                    marks::Mark::Ticked => part.clone(),
                    _ if text.contains(part.as_str()) => text.into_owned(),
                    _ => format!("{part}{}", with_unit(text.into_owned(), header.limit_unit)),
                };
                if !item.time_limit_text.is_empty() {
                    item.time_limit_text.push('；');
                }
                item.time_limit_text.push_str(&clause);
            }
            Column::Subject => item.subject = subject::split(&text),
            Column::Channels => self.put_channels(header, &answers, at, text, item, diagnostics),
            Column::Mark(group, slug) => {
                let finding = marks::put(self.reading, &answers, (*group, slug), &text, item);
                self.report(finding, at, diagnostics);
            }
            Column::Leaf(group, _) => {
                let finding = marks::put_leaf(self.reading, &answers, *group, &text, item);
                self.report(finding, at, diagnostics);
            }
            Column::Words(group) => {
                let findings = marks::put_words(self.reading, &answers, *group, &text, item);
                self.report(findings, at, diagnostics);
            }
            Column::Field(field) => {
                let findings = put_field(self.reading, &answers, *field, text.into_owned(), item);
                self.report(findings, at, diagnostics);
            }
            Column::Extra(key) if key.starts_with(QUESTION_MARK) => {
                let finding = marks::put_carried(self.reading, self.mapping, key, &text, item);
                self.report(finding, at, diagnostics);
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
        answers: &Answers<'_>,
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
                let read = channels::read(self.reading, answers, &text, header.has_optional_boxes);
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
        for sign in &read.asked {
            ask(item, answers.column(), sign);
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
        // Elements of one matter are items under one name.
        if first != own && !header.is_element_model {
            let message = format!("the matter `{}` stands in row {first} too", row.item.name());
            diagnostics.warn("matter-repeated", &self.sheet.name, &address(draft.row, 0), &message);
        }
        let is_hidden = |row: &u32| self.sheet.part.hidden_rows.contains(row);
        if std::iter::once(&draft.row).chain(&draft.rows_after).any(is_hidden) {
            self.hidden.push(self.rows.len());
        }
        row.list_missing();
        self.list_references(header, draft, row, diagnostics);
    }

    /// 同左, 同1 and their like, which nobody resolves: they are no values.
    fn list_references(&self, header: &Header, draft: &Draft, row: &mut Row, diagnostics: &mut Diagnostics) {
        let basis = basis_text(&row.item.basis);
        let subject = row.item.subject.join("\n");
        let texts = [
            (Column::Content, "content", row.item.content.as_str()),
            (Column::Basis, "basis", &basis),
            (Column::TimeLimit, "time_limit_text", &row.item.time_limit_text),
            (Column::Subject, "subject", &subject),
            (Column::Channels, "channels", &row.item.channels_raw),
        ];
        let mut errors = Vec::new();
        for (column, field, text) in texts {
            if is_placeholder(text) && !is_reference(text) {
                errors.push(format!("placeholder {field} ({})", text.trim()));
                let place = address(draft.row, header.column(&column).unwrap_or(0));
                let message = format!("`{}` fills the place and says nothing: write the value", text.trim());
                diagnostics.warn("placeholder-left", &self.sheet.name, &place, &message);
                continue;
            }
            let Some(line) = text.lines().find(|line| is_reference(line)) else { continue };
            errors.push(format!("unresolved {field} ({})", line.trim()));
            // Of 同上 with nothing above it the row has been told already.
            if self.reading.vocabulary.is_same_as(line) {
                continue;
            }
            let place = address(draft.row, header.column(&column).unwrap_or(0));
            let message = format!("`{}` refers to another cell: write the value out", line.trim());
            diagnostics.warn("same-as-left", &self.sheet.name, &place, &message);
        }
        row.errors.extend(errors);
    }

    /// The table's rows, after findings about the table as a whole.
    pub(super) fn finish(mut self, diagnostics: &mut Diagnostics) -> Vec<Row> {
        self.settle_hidden(diagnostics);
        if let Some(header) = self.header {
            survey::table(self.sheet, header, &self.rows, diagnostics);
        }
        self.rows
    }

    /// Hidden rows are read and named; one whose matter stands in a shown row too is an older state and left out.
    fn settle_hidden(&mut self, diagnostics: &mut Diagnostics) {
        if self.hidden.is_empty() {
            return;
        }
        type Key<'r> = (&'r str, &'r str, &'r str);
        fn key(row: &Row) -> Key<'_> {
            (&row.item.level1, &row.item.level2, &row.item.level3)
        }
        let places: BTreeSet<usize> = self.hidden.iter().copied().collect();
        let shown: BTreeSet<Key<'_>> = self
            .rows
            .iter()
            .enumerate()
            .filter(|(place, _)| !places.contains(place))
            .map(|(_, row)| key(row))
            .collect();
        let gone: BTreeSet<usize> = places
            .iter()
            .copied()
            .filter(|place| self.rows.get(*place).is_some_and(|row| shown.contains(&key(row))))
            .collect();
        for place in &places {
            let Some(row) = self.rows.get(*place) else { continue };
            let at = row.source.row.saturating_sub(1);
            if gone.contains(place) {
                let cells = || row.source.cells.iter().map(|cell| (cell.row, cell.column)).filter(|cell| cell.0 >= at);
                let last =
                    (cells().map(|cell| cell.0).max().unwrap_or(at), cells().map(|cell| cell.1).max().unwrap_or(0));
                let message = "the row is hidden, and a row that is shown has the same matter: it is left out";
                diagnostics.warn("row-left-out", &self.sheet.name, &range((at, 0), last), message);
            } else {
                diagnostics.warn(
                    "row-hidden",
                    &self.sheet.name,
                    &address(at, 0),
                    "the row is hidden, its item is read",
                );
            }
        }
        let mut place = 0;
        self.rows.retain(|_| {
            place += 1;
            !gone.contains(&(place - 1))
        });
    }
}

/// Lines without outer blanks; empty lines go.
fn lines(text: &str) -> String {
    if !text.contains('\n') {
        return text.to_owned();
    }
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

fn put_field(
    reading: &Reading<'_>,
    answers: &Answers<'_>,
    field: Field,
    text: String,
    item: &mut Item,
) -> Vec<marks::Finding> {
    match field {
        Field::Attribute => return marks::put_words(reading, answers, Group::Mode, &text, item),
        Field::ResponsibleDept => item.responsible_dept = text,
        Field::PowerListRef => item.power_list_ref = text,
        Field::GuidelineRef => item.guideline_ref = text,
        Field::WithholdReason => item.withhold_reason = text,
        Field::EffectiveFrom => item.effective_from = day(text),
        Field::EffectiveTo => item.effective_to = day(text),
    }
    Vec::new()
}

/// 2026/1/31, 2026年1月31日 and 2026.1.31 as 2026-01-31; any other text as it is.
fn day(text: String) -> String {
    let parts: Vec<&str> = text.split(['/', '.', '-', '年', '月', '日']).map(str::trim).collect();
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    let number = |part: &str| part.parse::<u32>().ok();
    match parts.as_slice() {
        [year, month, day] if year.len() == 4 => match (number(year), number(month), number(day)) {
            (Some(year), Some(month @ 1..=12), Some(day @ 1..=31)) => format!("{year:04}-{month:02}-{day:02}"),
            _ => text,
        },
        _ => text,
    }
}

/// A bare number under a head that names the unit: 20 under 公开时限（工作日）.
fn with_unit(text: String, unit: &str) -> String {
    let is_number = |line: &str| {
        let line = line.trim();
        !line.is_empty() && line.chars().all(|c| c.is_numeric() || "-~至〇一二三四五六七八九十百.".contains(c))
    };
    if unit.is_empty() || text.is_empty() || !text.lines().all(is_number) {
        return text;
    }
    text.lines().map(|line| format!("{}{unit}", line.trim())).collect::<Vec<_>>().join("\n")
}
