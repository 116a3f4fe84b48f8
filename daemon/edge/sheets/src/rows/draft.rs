//! Groups the rows of a table: which rows make one item.
//!
//! Invariant: every row with text is in exactly one draft or in a warning.

use super::{
    Stretch,
    kind::{self, Kind},
};
use crate::{
    Reading,
    account::{Account, range},
    channels, domain_title,
    grid::Sheet,
    header::{Column, Header},
    report::Diagnostics,
};

/// Characters of a skipped row's text that a warning shows.
const SHOWN_CHARS: usize = 40;

/// The rows of one item.
#[derive(Debug)]
pub(super) struct Draft {
    /// The row in which the item begins.
    pub(super) row: u32,
    /// Rows above it that hold the first of its channels (嘉荫).
    pub(super) channel_rows_before: Vec<u32>,
    /// Rows below it that continue its cells.
    pub(super) rows_after: Vec<u32>,
    /// Under which printing of the header it begins, from 0.
    pub(super) stretch: usize,
    /// Whether it is the first under that printing.
    pub(super) is_first: bool,
}

impl Draft {
    /// All of its rows, top to bottom.
    pub(super) fn rows(&self) -> impl Iterator<Item = u32> {
        self.channel_rows_before.iter().copied().chain([self.row]).chain(self.rows_after.iter().copied())
    }

    pub(super) fn last_row(&self) -> u32 {
        self.rows_after.last().copied().unwrap_or(self.row)
    }
}

/// What stands between a row and the item above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Between {
    Nothing,
    /// The end of a page: the item may go on.
    Page,
    /// A note: what follows belongs to no item.
    Note,
}

/// Groups the rows of all stretches into drafts; an item that a page break cuts goes on behind it.
pub(super) fn group(
    sheet: &Sheet,
    reading: &Reading<'_>,
    stretches: &[Stretch<'_>],
    (account, diagnostics): (&mut Account, &mut Diagnostics),
) -> Vec<Draft> {
    let mut drafts: Vec<Draft> = Vec::new();
    for (index, stretch) in stretches.iter().enumerate() {
        let start = if index == 0 { Between::Nothing } else { Between::Page };
        let first = drafts.len();
        let mut grouping =
            Grouping { sheet, reading, stretch, drafts: &mut drafts, floating: Vec::new(), between: start };
        for row in stretch.from..stretch.to {
            grouping.take(row, index, (account, diagnostics));
        }
        grouping.share_out(None);
        if let Some(draft) = drafts.get_mut(first) {
            draft.is_first = true;
        }
    }
    drafts
}

struct Grouping<'a> {
    sheet: &'a Sheet,
    reading: &'a Reading<'a>,
    stretch: &'a Stretch<'a>,
    drafts: &'a mut Vec<Draft>,
    /// Rows of channels that may be the item's above or below.
    floating: Vec<u32>,
    between: Between,
}

impl Grouping<'_> {
    fn take(&mut self, row: u32, stretch: usize, (account, diagnostics): (&mut Account, &mut Diagnostics)) {
        let header = self.stretch.header;
        match kind::of(self.sheet, self.reading, header, row) {
            Kind::Blank => {}
            Kind::Item if self.repeats_name(header, row) => {
                self.share_out(None);
                if let Some(draft) = self.drafts.last_mut() {
                    draft.rows_after.push(row);
                }
                self.between = Between::Nothing;
            }
            Kind::Item => {
                let channel_rows_before = self.share_out(Some(row));
                let draft = Draft { row, channel_rows_before, rows_after: Vec::new(), stretch, is_first: false };
                self.drafts.push(draft);
                self.between = Between::Nothing;
            }
            Kind::ChannelsOnly => self.floating.push(row),
            Kind::Continuation if self.goes_on(header, row) => {
                self.share_out(None);
                if let Some(draft) = self.drafts.last_mut() {
                    draft.rows_after.push(row);
                }
                self.between = Between::Nothing;
            }
            kind => {
                let code = if kind == Kind::SerialOnly { "row-serial-only" } else { "row-not-item" };
                warn_row(code, self.sheet, row, account, diagnostics);
                self.between = match kind {
                    Kind::Note => Between::Note,
                    Kind::Furniture if self.between == Between::Nothing => Between::Page,
                    _ => self.between,
                };
            }
        }
    }

    /// Whether a row without serial and name continues the item above.
    fn goes_on(&self, header: &Header, row: u32) -> bool {
        !self.drafts.is_empty()
            && match self.between {
                Between::Nothing => true,
                Between::Page => !kind::is_whole(self.sheet, header, row),
                Between::Note => false,
            }
    }

    /// Whether the row says that the item above goes on: 低保申请（续） below 低保申请.
    fn repeats_name(&self, header: &Header, row: u32) -> bool {
        let Some((column, _)) = header.matters().last() else { return false };
        let (name, own) =
            (self.sheet.own(row, column), domain_title::without_continuation(self.sheet.own(row, column)));
        let above = self.drafts.last().map_or("", |draft| self.sheet.text(draft.row, column));
        own.len() < name.len() && own == above
    }

    /// Gives rows that hold only channels to the item above or to the one that begins at `next`: where the official
    /// order of channels starts again, the next item's list has begun. Returns the next item's rows.
    fn share_out(&mut self, next: Option<u32>) -> Vec<u32> {
        let rows = std::mem::take(&mut self.floating);
        let column = self.stretch.header.column(&Column::Channels).filter(|_| !rows.is_empty());
        let Some(column) = column else { return rows };
        let Some(draft) = self.drafts.last_mut() else { return rows };
        let rank = |row: u32| channels::rank(self.reading, self.sheet.own(row, column)).unwrap_or(usize::MAX);
        let mut last = rank(draft.last_row());
        let mut split = rows.len();
        for (index, row) in rows.iter().enumerate() {
            let rank = rank(*row);
            if rank < last && next.is_some() {
                split = index;
                break;
            }
            last = rank;
        }
        draft.rows_after.extend(&rows[..split]);
        rows[split..].to_vec()
    }
}

/// Names a row that is left out, with all of its cells.
fn warn_row(code: &'static str, sheet: &Sheet, row: u32, account: &mut Account, diagnostics: &mut Diagnostics) {
    let cells: Vec<(u32, &str)> = sheet.own_cells(row).collect();
    let (Some((first, text)), Some((last, _))) = (cells.first(), cells.last()) else { return };
    let shown: String = text.chars().filter(|c| *c != '\n').take(SHOWN_CHARS).collect();
    let place = range((row, *first), (row, *last));
    if diagnostics.warn(code, &sheet.name, &place, &format!("the row is no item and is left out: `{shown}`")) {
        cells.iter().for_each(|(column, _)| account.take(row, *column));
    }
}
