//! Unicode's normal forms for text that nearly always has them.
//!
//! Invariant: the same result as normalising; only the way there is shorter. Chinese print consists of characters that
//! normalising never touches, and looking each of them up in its tables took a tenth of a first load.

use unicode_normalization::UnicodeNormalization;

/// The text in NFC.
pub(crate) fn nfc(text: String) -> String {
    if text.chars().all(is_composed) { text } else { text.nfc().collect() }
}

/// Characters that stand in NFC for themselves whatever stands beside them: everything before the combining marks,
/// dashes and quotation marks, the punctuation before the ideographic tone marks, ideographs, and full widths.
fn is_composed(c: char) -> bool {
    matches!(c, '\0'..='\u{2ff}' | '\u{2010}'..='\u{2027}' | '\u{3000}'..='\u{3029}' | '\u{4e00}'..='\u{9fff}'
        | '\u{ff01}'..='\u{ff5e}')
}

/// The text in NFKC, character by character.
pub(crate) fn each_nfkc(text: &str, mut take: impl FnMut(char)) {
    if text.chars().all(|c| compatible(c).is_some()) {
        text.chars().filter_map(compatible).for_each(take);
    } else {
        text.nfkc().for_each(&mut take);
    }
}

/// What NFKC makes of a character whatever stands beside it; `None` where the tables must say.
fn compatible(c: char) -> Option<char> {
    match c {
        '\0'..='\u{7f}' | '\u{b7}' | '\u{4e00}'..='\u{9fff}' => Some(c),
        '\u{2013}' | '\u{2014}' | '\u{2018}' | '\u{2019}' | '\u{201c}' | '\u{201d}' => Some(c),
        '\u{3001}' | '\u{3002}' | '\u{3008}'..='\u{3011}' | '\u{3014}' | '\u{3015}' => Some(c),
        '\u{3000}' => Some(' '),
        // Full widths stand in the order of ASCII.
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn nfkc(text: &str) -> String {
        let mut made = String::new();
        each_nfkc(text, |c| made.push(c));
        made
    }

    #[test]
    fn every_character_comes_out_as_the_tables_say_beside_every_kind_of_neighbour() {
        for c in (0..=0x1_ffff_u32).filter_map(char::from_u32) {
            for text in [format!("{c}"), format!("a{c}"), format!("{c}\u{301}"), format!("{c}中\u{3099}")] {
                assert_eq!(nfc(text.clone()), text.nfc().collect::<String>(), "{text:?}");
                assert_eq!(nfkc(&text), text.nfkc().collect::<String>(), "{text:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_text_comes_out_as_the_tables_say(text in "[a-zA-Z（），：２０\\[é́か゛中文《》〔…\u{3000}①]{0,40}|\\PC{0,20}") {
            prop_assert_eq!(nfc(text.clone()), text.nfc().collect::<String>());
            prop_assert_eq!(nfkc(&text), text.nfkc().collect::<String>());
        }
    }
}
