//! Letters of symbol fonts as the signs that they print: Wingdings, Webdings, and the private-use characters that Word and
//! Excel keep for them.
//!
//! Invariant: only signs for boxes, ticks and bullets; any other letter stays as it is. Left out: what a box means.

/// Where Office keeps a symbol font's letters in text of another font: U+F020 is the letter 0x20.
const PRIVATE: std::ops::RangeInclusive<char> = '\u{f020}'..='\u{f0ff}';

/// A font whose letters are signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SymbolFont {
    Wingdings,
    Wingdings2,
    Webdings,
}

impl SymbolFont {
    /// The font by its name.
    pub(crate) fn of(name: &str) -> Option<Self> {
        let name: String = name.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
        match name.as_str() {
            "wingdings" => Some(Self::Wingdings),
            "wingdings2" => Some(Self::Wingdings2),
            "webdings" => Some(Self::Webdings),
            _ => None,
        }
    }

    fn sign(self, letter: u8) -> Option<char> {
        let table = match self {
            Self::Wingdings => WINGDINGS,
            Self::Wingdings2 => WINGDINGS_2,
            Self::Webdings => WEBDINGS,
        };
        table.iter().find(|(code, _)| *code == letter).map(|(_, sign)| *sign)
    }

    /// A text in this font as it is seen.
    pub(crate) fn seen(self, text: &str) -> String {
        let seen = |c: char| letter_of(c).and_then(|letter| self.sign(letter)).unwrap_or(c);
        text.chars().map(seen).collect()
    }
}

const WINGDINGS: &[(u8, char)] = &[
    (0x6c, '●'),
    (0x6d, '❍'),
    (0x6e, '■'),
    (0x6f, '□'),
    (0x70, '❐'),
    (0x71, '❑'),
    (0x72, '❒'),
    (0x75, '◆'),
    (0x78, '☒'),
    (0x9e, '·'),
    (0x9f, '•'),
    (0xa1, '○'),
    (0xa7, '▪'),
    (0xa8, '◻'),
    (0xb7, '•'),
    (0xd8, '➢'),
    (0xfb, '✗'),
    (0xfc, '✓'),
    (0xfd, '☒'),
    (0xfe, '☑'),
];
const WINGDINGS_2: &[(u8, char)] = &[
    (0x4f, '✗'),
    (0x50, '✓'),
    (0x51, '☒'),
    (0x52, '☑'),
    (0x53, '☒'),
    (0x54, '☒'),
    (0x97, '●'),
    (0x98, '●'),
    (0xa2, '■'),
    (0xa3, '□'),
];
const WEBDINGS: &[(u8, char)] = &[(0x61, '✓'), (0x63, '□'), (0x67, '■'), (0x72, '✗')];

/// The letter of a symbol font, in that font or as a private-use character.
fn letter_of(c: char) -> Option<u8> {
    let code = if PRIVATE.contains(&c) { u32::from(c) - 0xf000 } else { u32::from(c) };
    u8::try_from(code).ok()
}

/// A private-use character as the sign that it most likely printed: its font is lost, and where Wingdings has no box at
/// that place the other fonts have.
pub(crate) fn folded(c: char) -> char {
    if !PRIVATE.contains(&c) {
        return c;
    }
    let Some(letter) = letter_of(c) else { return c };
    let fonts = [SymbolFont::Wingdings, SymbolFont::Wingdings2, SymbolFont::Webdings];
    fonts.into_iter().find_map(|font| font.sign(letter)).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_symbol_fonts_are_the_signs_that_they_print() {
        for (font, text, seen) in [
            ("Wingdings", "þ¨", "☑◻"),
            ("wingdings 2", "R£P", "☑□✓"),
            ("Webdings", "gca", "■□✓"),
            ("Wingdings", "\u{f0fe}政府网站", "☑政府网站"),
        ] {
            assert_eq!(SymbolFont::of(font).map(|font| font.seen(text)).as_deref(), Some(seen), "{text}");
        }
        assert_eq!(SymbolFont::of("宋体"), None);
        let folded: String = "\u{f0fe}\u{f0a8}\u{f052}\u{f0a3}\u{f06e}\u{f06f}\u{f063}".chars().map(folded).collect();
        assert_eq!(folded, "☑◻☑□■□□");
    }
}
