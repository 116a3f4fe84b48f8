//! Sentences that a peer sends for people.
//!
//! Invariant: what leaves here can be printed on a terminal and written in a log line as it is.

use crate::codec::limits::SENTENCE_CHARS_MAX;

/// The sentence without control characters (a peer must not move our cursor or forge a log line), cut to a length
/// that fits a screen.
pub(crate) fn cleaned(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() && !is_direction(*c)).take(SENTENCE_CHARS_MAX).collect()
}

/// Unicode's direction marks can show a text other than the one that is there.
fn is_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_cannot_move_the_cursor() {
        assert_eq!(cleaned("证书\u{1b}[2J已\r\n过期\u{202e}"), "证书[2J已过期");
        assert_eq!(cleaned(&"过".repeat(9_000)).chars().count(), SENTENCE_CHARS_MAX);
    }
}
