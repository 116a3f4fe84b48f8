//! What was said last in one direction of a session, as something to compress the next small list with: a change names
//! the key, the table and the revision that the change before it named, and a receipt the entry that it answers.
//!
//! Invariant: both ends note the same bytes in the same order; bounded by [`HISTORY_BYTES_MAX`].

use gongkai_journal::EntryHash;

use super::packed::DICTIONARY_1;

/// Bytes kept: two changes with what follows from them. A node with a thousand children keeps this two thousand times.
const HISTORY_BYTES_MAX: usize = 4 * 1024;
/// Where the contents of dictionary 1 begin, behind its tables.
const TABLES_BYTES: usize = 132;
/// Bytes of those contents in front of the history: the best stand at their end. All of them would take twice the time
/// and save nothing.
const CONTENTS_BYTES: usize = 16 * 1024;

/// The last that was said.
#[derive(Default)]
pub(super) struct History(Vec<u8>);

impl std::fmt::Debug for History {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "History({} bytes)", self.0.len())
    }
}

impl History {
    /// Remembers a list, packed or not.
    pub(super) fn note(&mut self, plain: &[u8]) {
        let kept = &plain[plain.len().saturating_sub(HISTORY_BYTES_MAX)..];
        let excess = (self.0.len() + kept.len()).saturating_sub(HISTORY_BYTES_MAX);
        self.0.drain(..excess);
        self.0.reserve_exact(kept.len());
        self.0.extend_from_slice(kept);
    }

    /// Remembers entries in both spellings of their names: headers have bytes, payloads text.
    pub(super) fn note_hashes(&mut self, hashes: &[EntryHash]) {
        for hash in hashes {
            self.note(&hash.to_bytes());
            self.note(hash.to_string().as_bytes());
        }
    }

    /// The dictionary for the next list.
    pub(super) fn dictionary(&self) -> Vec<u8> {
        let contents = &DICTIONARY_1[DICTIONARY_1.len() - CONTENTS_BYTES..];
        [&DICTIONARY_1[..TABLES_BYTES], contents, &self.0].concat()
    }
}
