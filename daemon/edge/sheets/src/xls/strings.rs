//! The texts that cells of an .xls workbook share ([MS-XLS] 2.4.265): those in several looks, of which one is struck out or
//! a symbol font.
//!
//! Invariant: every length is checked against what is left of the records; a text that breaks off ends the list. Left
//! out: plain texts, which the cell reader gives.

use crate::{rich::Rich, symbols::SymbolFont};

/// Bit of a text's flags: two bytes a letter.
const IS_WIDE: u8 = 0x01;
/// Bit: something about reading aloud follows.
const HAS_READING: u8 = 0x04;
/// Bit: looks follow.
const HAS_LOOKS: u8 = 0x08;
/// Bytes of one look: where it begins, and its font.
const LOOK_BYTES: usize = 4;

/// A font as far as it matters: struck out, one of signs.
pub(super) type Font = (bool, Option<SymbolFont>);

/// A text in several looks: each part with its font, none for the cell's own.
pub(super) type Parts = Vec<(String, Option<u16>)>;

/// Where a look begins, and its font.
type Begin = (u16, u16);

/// The records of the list, one after the other: a text that goes on in the next one has its flags again there.
pub(super) struct Records<'a> {
    records: Vec<&'a [u8]>,
    record: usize,
    at: usize,
}

impl<'a> Records<'a> {
    pub(super) fn new(records: Vec<&'a [u8]>) -> Self {
        Self { records, record: 0, at: 0 }
    }

    /// The texts in several looks, by their place in the list.
    pub(super) fn in_looks(mut self) -> Vec<(u32, Parts)> {
        let mut found = Vec::new();
        let Some(count) = self.bytes::<4>().and_then(|_| self.bytes::<4>()).map(u32::from_le_bytes) else {
            return found;
        };
        for place in 0..count {
            let Some((text, looks)) = self.text() else { break };
            if !looks.is_empty() {
                found.push((place, parts(&text, &looks)));
            }
        }
        found
    }

    fn byte(&mut self) -> Option<u8> {
        while self.at >= self.records.get(self.record)?.len() {
            (self.record, self.at) = (self.record + 1, 0);
        }
        let byte = self.records.get(self.record)?.get(self.at).copied();
        self.at += 1;
        byte
    }

    fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        let mut bytes = [0; N];
        for byte in &mut bytes {
            *byte = self.byte()?;
        }
        Some(bytes)
    }

    fn skip(&mut self, count: usize) -> Option<()> {
        for _ in 0..count {
            self.byte()?;
        }
        Some(())
    }

    /// A text as its units, and its looks.
    fn text(&mut self) -> Option<(Vec<u16>, Vec<Begin>)> {
        let len = usize::from(u16::from_le_bytes(self.bytes()?));
        let flags = self.byte()?;
        let looks = if flags & HAS_LOOKS == 0 { 0 } else { usize::from(u16::from_le_bytes(self.bytes()?)) };
        let reading = if flags & HAS_READING == 0 { 0 } else { u32::from_le_bytes(self.bytes()?) };
        let mut units = Vec::new();
        let mut is_wide = flags & IS_WIDE != 0;
        while units.len() < len {
            if self.at >= self.records.get(self.record)?.len() {
                (self.record, self.at) = (self.record + 1, 0);
                is_wide = self.byte()? & IS_WIDE != 0;
            }
            units.push(if is_wide { u16::from_le_bytes(self.bytes()?) } else { u16::from(self.byte()?) });
        }
        let mut found = Vec::new();
        for _ in 0..looks {
            let look: [u8; LOOK_BYTES] = self.bytes()?;
            found.push((u16::from_le_bytes([look[0], look[1]]), u16::from_le_bytes([look[2], look[3]])));
        }
        self.skip(usize::try_from(reading).ok()?)?;
        Some((units, found))
    }
}

/// The text cut where its looks begin.
fn parts(units: &[u16], looks: &[Begin]) -> Parts {
    let ends = looks.iter().skip(1).map(|(from, _)| usize::from(*from)).chain([units.len()]);
    let first = looks.first().map_or(units.len(), |(from, _)| usize::from(*from));
    let part = |from: usize, to: usize| String::from_utf16_lossy(units.get(from..to).unwrap_or_default());
    let own = (part(0, first), None);
    let others = looks.iter().zip(ends).map(|((from, font), end)| (part(usize::from(*from), end), Some(*font)));
    std::iter::once(own).chain(others).filter(|(text, _)| !text.is_empty()).collect()
}

/// What counts of a text in several looks, and what is struck out; `None` where it is as plain as its letters.
pub(super) fn settled(parts: &Parts, own: Font, font: impl Fn(u16) -> Font) -> Option<Rich> {
    let looks = || parts.iter().map(|(text, number)| (text, number.map_or(own, &font)));
    if looks().all(|(_, look)| look == Font::default()) {
        return None;
    }
    let mut rich = Rich::default();
    for (text, (is_struck, signs)) in looks() {
        let seen = signs.map_or_else(|| text.clone(), |signs| signs.seen(text));
        if is_struck { &mut rich.struck } else { &mut rich.kept }.push_str(&seen);
    }
    Some(rich)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 4 letters, struck from the second on, cut by the end of a record in the middle.
    #[test]
    fn a_text_in_looks_goes_on_in_the_next_record() {
        let mut first = vec![9, 0, 0, 0, 2, 0, 0, 0];
        first.extend([1, 0, 0, b'a']);
        first.extend([4, 0, HAS_LOOKS | IS_WIDE, 1, 0]);
        first.extend("保留".encode_utf16().flat_map(u16::to_le_bytes));
        let mut second = vec![IS_WIDE];
        second.extend("删除".encode_utf16().flat_map(u16::to_le_bytes));
        second.extend([2, 0, 6, 0]);
        let found = Records::new(vec![&first, &second]).in_looks();
        let expected = vec![(1, vec![("保留".to_owned(), None), ("删除".to_owned(), Some(6))])];
        assert_eq!(found, expected);
        let struck = |number: u16| (number == 6, None);
        let rich = settled(&expected[0].1, Font::default(), struck);
        assert_eq!(rich, Some(Rich { kept: "保留".to_owned(), struck: "删除".to_owned() }));
        assert_eq!(settled(&expected[0].1, Font::default(), |_| Font::default()), None);
        for cut in 0..second.len() {
            assert_eq!(Records::new(vec![&first, &second[..cut]]).in_looks(), [], "{cut}");
        }
    }
}
