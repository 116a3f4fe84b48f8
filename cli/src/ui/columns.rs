//! How wide a page may be, and how wide each column of a table is on it.
//!
//! Invariant: off a terminal nothing is narrowed, unless COLUMNS asks for it; on one, a table never exceeds the room.

use std::{env, io::IsTerminal};

use super::wrap::COLUMNS;

/// Where a table is put together for a page that is narrower than any terminal, it is unreadable anyway.
const COLUMNS_MIN: usize = 40;
/// No screen is wider; what claims to be is a mistake.
const COLUMNS_MAX: usize = 1_000;

/// The columns that the answer has to fit: what COLUMNS says, else the terminal's own; `None` for a pipe or a file.
pub(super) fn room() -> Option<usize> {
    room_of(&std::io::stdout())
}

/// The same for what goes elsewhere.
pub(super) fn room_of(to: &impl IsTerminal) -> Option<usize> {
    let told = env::var("COLUMNS").ok().and_then(|text| text.parse::<usize>().ok());
    // A variable that says nothing usable is as good as none.
    let told = told.filter(|columns| (COLUMNS_MIN..=COLUMNS_MAX).contains(columns));
    let terminal = || {
        let own = comfy_table::Table::new().width().map_or(0, usize::from);
        // A serial line does not tell its width.
        if own == 0 { COLUMNS } else { own.clamp(COLUMNS_MIN, COLUMNS_MAX) }
    };
    told.or_else(|| to.is_terminal().then(terminal))
}

/// What a column asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Wish {
    /// The widest cell on one line.
    pub(super) whole: usize,
    /// The widest stretch that should not be broken.
    pub(super) least: usize,
}

/// Shares the room among the columns: the widest give way first, down to words; below that words are broken.
pub(super) fn shared(wishes: &[Wish], room: usize) -> Vec<usize> {
    let widest = wishes.iter().map(|wish| wish.whole).max().unwrap_or(0);
    let share = |level: usize, keeps_words: bool| -> Vec<usize> {
        let width = |wish: &Wish| {
            let floor = if keeps_words { wish.least.max(level) } else { level };
            wish.whole.min(floor).max(1)
        };
        wishes.iter().map(width).collect()
    };
    let fits = |widths: &Vec<usize>| widths.iter().sum::<usize>() <= room;
    let levels = || (1..=widest.min(room)).rev();
    let by_words = levels().map(|level| share(level, true)).find(fits);
    by_words.or_else(|| levels().map(|level| share(level, false)).find(fits)).unwrap_or_else(|| share(1, false))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(whole: usize, least: usize) -> Wish {
        Wish { whole, least }
    }

    #[test]
    fn the_widest_column_gives_way_and_words_stay_whole_while_they_can() {
        for (wishes, room, widths) in [
            (vec![wish(10, 10), wish(20, 4)], 40, vec![10, 20]),
            (vec![wish(10, 10), wish(60, 4)], 40, vec![10, 30]),
            (vec![wish(16, 10), wish(60, 12), wish(5, 5)], 30, vec![12, 12, 5]),
            (vec![wish(36, 36), wish(36, 36)], 40, vec![20, 20]),
            (vec![], 40, vec![]),
        ] {
            assert_eq!(shared(&wishes, room), widths, "{wishes:?}");
        }
    }
}
