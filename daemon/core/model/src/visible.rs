//! Foreign text made fit to be looked at: what would steer a terminal, turn the order of reading, or not be seen at
//! all is shown as its code point, `<U+202E>`.
//!
//! Invariant: nothing that comes out moves a cursor, sets a title, colours, reorders or hides; a text without such
//! signs comes out as it went in. What is kept, sent, exported or hashed never passes here: only what is shown does.
//! Left out: where it is shown (cli's `ui`, the daemon's log).

use std::{borrow::Cow, fmt::Write as _};

use unicode_normalization::char::is_combining_mark;

/// Combining marks on one base; more grow over the lines above and below. No script that offices write needs five.
const MARKS_MAX: usize = 4;

/// A text for a place of one line: line feeds and tabs are blanks.
pub fn one_line(text: &str) -> Cow<'_, str> {
    cleaned(text, false)
}

/// A text whose own line feeds may break lines.
pub fn lines(text: &str) -> Cow<'_, str> {
    cleaned(text, true)
}

/// A JSON document whose strings hold none of those signs raw: each is escaped, so that its value stays what it is.
/// Outside of strings JSON has none.
pub fn json(document: &str) -> Cow<'_, str> {
    // What lies below U+0020 inside of a string the writer has escaped; outside it is layout.
    let is_raw = |sign: char| sign >= ' ' && (is_hidden(sign) || is_variation(sign));
    if !document.chars().any(is_raw) {
        return Cow::Borrowed(document);
    }
    let mut text = String::with_capacity(document.len() + 16);
    for sign in document.chars() {
        if is_raw(sign) {
            for unit in sign.encode_utf16(&mut [0; 2]) {
                // Writing to a string does not fail.
                let _infallible = write!(text, "\\u{unit:04x}");
            }
        } else {
            text.push(sign);
        }
    }
    Cow::Owned(text)
}

/// Whether a sign steers, reorders or is not seen: controls (C0, DEL, C1), directions, zero width, separators of lines and
/// paragraphs, fillers, tags, what is no character. (Unicode: Cc, Zl, Zp, Bidi_Control, Default_Ignorable_Code_Point.)
pub fn is_hidden(sign: char) -> bool {
    sign.is_control()
        || matches!(sign,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{fdd0}'..='\u{fdef}' | '\u{e0000}'..='\u{e00ff}' | '\u{e01f0}'..='\u{e0fff}')
        || u32::from(sign) & 0xfffe == 0xfffe
}

/// Chooses another form of the sign before it: of one that stands there, and once.
fn is_variation(sign: char) -> bool {
    matches!(sign, '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

fn cleaned(text: &str, keeps_lines: bool) -> Cow<'_, str> {
    if !text.chars().any(|sign| is_hidden(sign) || is_variation(sign) || is_combining_mark(sign)) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    let (mut marks, mut is_based) = (0, false);
    let mut signs = text.chars().peekable();
    while let Some(sign) = signs.next() {
        let is_first_variation = is_variation(sign) && is_based;
        marks = if is_combining_mark(sign) { marks + 1 } else { 0 };
        match sign {
            '\r' if signs.peek() == Some(&'\n') => continue,
            '\n' if keeps_lines => shown.push('\n'),
            '\n' | '\t' => shown.push(' '),
            _ if is_hidden(sign) || (is_variation(sign) && !is_first_variation) || marks > MARKS_MAX => {
                let _infallible = write!(shown, "<U+{:04X}>", u32::from(sign));
            }
            _ => shown.push(sign),
        }
        is_based = !is_hidden(sign) && !is_variation(sign) && !sign.is_whitespace();
    }
    Cow::Owned(shown)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_steers_or_hides_is_shown_and_the_rest_stays() {
        for (text, shown) in [
            ("社会救助 \u{a0}①⑴■☑“”", "社会救助 \u{a0}①⑴■☑“”"),
            ("\u{1b}]0;title\u{7}\u{1b}[2J", "<U+001B>]0;title<U+0007><U+001B>[2J"),
            ("\u{9b}31m \u{85}\u{7f}", "<U+009B>31m <U+0085><U+007F>"),
            ("20\u{202e}51\u{202c}\u{2066}\u{2069}", "20<U+202E>51<U+202C><U+2066><U+2069>"),
            ("甲\u{200b}乙\u{feff}丙\u{ad}\u{2060}\u{3164}", "甲<U+200B>乙<U+FEFF>丙<U+00AD><U+2060><U+3164>"),
            ("a\u{2028}b\u{2029}c", "a<U+2028>b<U+2029>c"),
            ("a\tb\r\nc\rd\ne", "a b c<U+000D>d e"),
            ("葛\u{e0100}城 ☎\u{fe0f}", "葛\u{e0100}城 ☎\u{fe0f}"),
            ("a\u{fe0f}\u{fe0f} \u{fe01}", "a\u{fe0f}<U+FE0F> <U+FE01>"),
            ("\u{e0041}\u{e007f}\u{10ffff}\u{fdd0}", "<U+E0041><U+E007F><U+10FFFF><U+FDD0>"),
            ("e\u{301}\u{301}\u{301}\u{301}\u{301}", "e\u{301}\u{301}\u{301}\u{301}<U+0301>"),
        ] {
            assert_eq!(one_line(text), shown, "{text:?}");
        }
        assert_eq!(lines("a\r\nb\n\tc"), "a\nb\n c");
        assert!(matches!(one_line("没有什么"), Cow::Borrowed(_)));
    }

    fn is_harmless(text: &str) -> bool {
        !text.chars().any(|sign| sign != '\n' && is_hidden(sign))
    }

    proptest! {
        #[test]
        fn nothing_that_steers_comes_out_and_cleaning_twice_changes_nothing(text in any::<String>()) {
            let (once, kept) = (one_line(&text).into_owned(), lines(&text).into_owned());
            prop_assert!(is_harmless(&once) && !once.contains('\n') && is_harmless(&kept));
            prop_assert_eq!(one_line(&once), once.as_str());
        }

        #[test]
        fn json_keeps_its_value(text in any::<String>()) {
            let document = serde_json::to_string_pretty(&[text.as_str(), "\u{202e}\u{7f}\u{9b}\u{e0041}\u{feff}"]).unwrap();
            let escaped = json(&document);
            prop_assert!(is_harmless(&escaped));
            let (before, after): (Vec<String>, Vec<String>) =
                (serde_json::from_str(&document).unwrap(), serde_json::from_str(&escaped).unwrap());
            prop_assert_eq!(before, after);
        }
    }
}
