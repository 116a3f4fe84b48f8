//! How whole cells look: their number format, whether they are struck out, whether their font is one of signs.
//!
//! Invariant: a cell shows what the spreadsheet shows; where that is not understood, its value stands and a remark says
//! so. Left out: looks inside a cell (rich).

use calamine::{ExcelDateTime, Style};

use crate::{
    number_format::{NumberFormat, Shown, general, is_damaged},
    symbols::SymbolFont,
};

/// One look.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Look {
    pub(crate) format: Option<NumberFormat>,
    pub(crate) is_struck: bool,
    pub(crate) font: Option<SymbolFont>,
}

/// What a cell shows, and what is to be said about it: (code, message).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) text: String,
    pub(crate) remark: Option<(&'static str, String)>,
}

impl Seen {
    fn plain(text: String) -> Self {
        Self { text, remark: None }
    }
}

impl Look {
    fn of(style: &Style) -> Self {
        let format = style.number_format.as_ref();
        Self {
            format: format.and_then(|format| NumberFormat::of(format.format_id, &format.format_code)),
            is_struck: style.font.as_ref().is_some_and(calamine::Font::has_strikethrough),
            font: style.font.as_ref().and_then(|font| SymbolFont::of(font.name.as_deref()?)),
        }
    }

    /// Whether it changes nothing.
    pub(crate) fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// A number as shown.
    pub(crate) fn number(&self, value: f64) -> Seen {
        let digits = general(value);
        if is_damaged(value) {
            let message =
                format!("`{digits}` has more digits than a spreadsheet keeps: the last ones are lost, type it as text");
            return Seen { text: digits, remark: Some(("cell-number", message)) };
        }
        match self.format.as_ref().map(|format| format.number(value)) {
            None => Seen::plain(self.in_font(digits)),
            Some(Shown::Text(text)) => Seen::plain(self.in_font(text)),
            Some(shown) => self.unshown(shown, digits),
        }
    }

    /// A date as shown.
    pub(crate) fn date(&self, date: ExcelDateTime) -> Seen {
        match self.format.as_ref().map(|format| format.date(date)) {
            Some(Shown::Text(text)) => Seen::plain(text),
            // A length of time is a number of days.
            _ if date.is_duration() => self.unshown(Shown::Unread, general(date.as_f64())),
            None => Seen::plain(iso(date)),
            Some(shown) => self.unshown(shown, iso(date)),
        }
    }

    /// A text as shown.
    pub(crate) fn text(&self, text: &str) -> Seen {
        match self.format.as_ref().and_then(|format| format.text(text)) {
            Some(Shown::Text(text)) => Seen::plain(text),
            Some(Shown::Nothing) => self.unshown(Shown::Nothing, text.to_owned()),
            Some(Shown::Unread) | None => Seen::plain(self.in_font(text.to_owned())),
        }
    }

    fn in_font(&self, text: String) -> String {
        match self.font {
            Some(font) => font.seen(&text),
            None => text,
        }
    }

    fn unshown(&self, shown: Shown, value: String) -> Seen {
        let shortened: String = value.chars().take(SHOWN_CHARS).collect();
        match shown {
            Shown::Nothing => {
                let message = format!("the cell's format shows nothing: its value `{shortened}` is left out");
                Seen { text: String::new(), remark: Some(("cell-format", message)) }
            }
            Shown::Unread | Shown::Text(_) => {
                let message = format!("the cell's format is not understood: its value `{shortened}` is read");
                Seen { text: value, remark: Some(("cell-format", message)) }
            }
        }
    }
}

/// Characters of a value that a remark repeats.
const SHOWN_CHARS: usize = 100;

fn iso(date: ExcelDateTime) -> String {
    let (year, month, day, ..) = date.to_ymd_hms_milli();
    format!("{year:04}-{month:02}-{day:02}")
}

/// The looks of a workbook's styles, by their number.
pub(crate) fn of(styles: &[Style]) -> Vec<Look> {
    styles.iter().map(Look::of).collect()
}
