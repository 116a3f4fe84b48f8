//! How people name what has a long name: a hash by its beginning, an item by its id, its serial or its words.
//!
//! Invariant: a name means one thing, or it is refused together with what it could mean; nothing is taken because it
//! happens to stand first. Left out: where the things are looked for (app), and the refusal's words (app).

use std::collections::BTreeMap;

use crate::{
    digest::Digest,
    id::ItemId,
    revision::{Revision, Slot},
};

/// Fewest digits that name a hash: with fewer, two of a node's hashes share them too soon.
pub const BEGINNING_DIGITS_MIN: usize = 6;
/// Candidates that a refusal lists; more do not help whoever has to choose.
pub const CANDIDATES_MAX: usize = 8;
const DIGEST_DIGITS: usize = 64;

/// The beginning of a hash as people write it: with `sha256:` before it or without, in capitals or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beginning {
    digits: String,
}

impl Beginning {
    /// Reads one; `None` for a text that is too short, too long, or no hexadecimal number.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let digits = text.strip_prefix("sha256:").unwrap_or(text).to_ascii_lowercase();
        let is_one = (BEGINNING_DIGITS_MIN..=DIGEST_DIGITS).contains(&digits.len())
            && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        is_one.then_some(Self { digits })
    }

    /// The digits, in small letters.
    pub fn digits(&self) -> &str {
        &self.digits
    }

    /// Whether the digest begins so.
    pub fn fits(&self, digest: &Digest) -> bool {
        digest.to_hex().starts_with(&self.digits)
    }

    /// The one of the digests that begins so.
    pub fn only(&self, digests: impl IntoIterator<Item = Digest>) -> Result<Digest, NotOne> {
        only(digests.into_iter().filter(|digest| self.fits(digest)).map(|digest| (digest, digest.to_string())))
    }
}

/// Why a name means no one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotOne {
    /// Nothing has it.
    Nothing,
    /// Several things have it.
    Several {
        /// How many.
        count: usize,
        /// The first of them in words that mean each alone, at most [`CANDIDATES_MAX`].
        candidates: Vec<String>,
    },
}

/// The one of the things found, each given with the words that mean it alone. A thing found twice is one.
pub fn only<T: Ord>(found: impl IntoIterator<Item = (T, String)>) -> Result<T, NotOne> {
    let mut found: BTreeMap<T, String> = found.into_iter().collect();
    match found.len() {
        0 => Err(NotOne::Nothing),
        1 => found.pop_first().map(|(thing, _)| thing).ok_or(NotOne::Nothing),
        count => Err(NotOne::Several { count, candidates: found.into_values().take(CANDIDATES_MAX).collect() }),
    }
}

/// The item that a person means among some, each with its serial and its name: by its id, else by serial or name.
pub fn item_named<'i>(
    text: &str,
    items: impl IntoIterator<Item = (&'i ItemId, &'i str, String)>,
) -> Result<&'i ItemId, NotOne> {
    let text = text.trim();
    let mut fitting = Vec::new();
    for (id, serial, name) in items {
        if id.as_str() == text {
            return Ok(id);
        }
        if !text.is_empty() && (serial == text || name == text) {
            fitting.push((id, format!("{id} ({serial} {name})")));
        }
    }
    only(fitting)
}

impl Revision {
    /// The item that a person means: by its id, else by serial or name.
    pub fn item_named(&self, text: &str) -> Result<&ItemId, NotOne> {
        let by_id = ItemId::parse(text.trim()).ok().and_then(|id| self.items.get_key_value(&id));
        if let Some((id, _)) = by_id {
            return Ok(id);
        }
        item_named(text, self.in_order().into_iter().map(|(id, slot)| (id, slot.serial.as_str(), name_of(slot))))
    }
}

/// An item's own name.
pub fn name_of(slot: &Slot) -> String {
    slot.item().decode().name().to_owned()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ids(count: usize) -> Vec<ItemId> {
        (0..count).map(|index| ItemId::parse(&format!("item-{index}")).unwrap()).collect()
    }

    #[test]
    fn a_beginning_is_read_as_people_write_it() {
        let digest = Digest::of_file(b"1");
        let digits = digest.to_hex();
        for text in [&digits[..6], &digits[..7], &digits, &format!(" sha256:{digits}\n"), &digits[..9].to_uppercase()] {
            assert!(Beginning::parse(text).unwrap().fits(&digest), "{text}");
        }
        for text in ["", "sha256:", &digits[..5], "sha256:12345", &format!("{digits}0"), "12345g", "十二三四五六"]
        {
            assert_eq!(Beginning::parse(text), None, "{text}");
        }
        assert!(!Beginning::parse("000000").unwrap().fits(&digest));
    }

    #[test]
    fn of_two_things_neither_is_taken_and_both_are_named() {
        let ids = ids(3);
        let rows = [("1", "低保"), ("2", "特困"), ("2", "低保")];
        let named = |text: &str| {
            let items = ids.iter().zip(rows).map(|(id, (serial, name))| (id, serial, name.to_owned()));
            item_named(text, items).map(ItemId::as_str)
        };
        assert_eq!((named("item-1"), named("1"), named("特困 ")), (Ok("item-1"), Ok("item-0"), Ok("item-1")));
        assert_eq!((named(""), named("临时救助")), (Err(NotOne::Nothing), Err(NotOne::Nothing)));
        let both = ["item-1 (2 特困)", "item-2 (2 低保)"].map(str::to_owned).to_vec();
        assert_eq!(named("2"), Err(NotOne::Several { count: 2, candidates: both }));
        assert!(matches!(named("低保"), Err(NotOne::Several { count: 2, .. })));
    }

    proptest! {
        /// Whatever the order in which things are found, the answer is the same, and it is one only where one is.
        #[test]
        fn the_order_of_what_is_found_does_not_count(mut found in prop::collection::vec(0u8..4, 0..6)) {
            let told = |found: &[u8]| only(found.iter().map(|one| (*one, one.to_string())));
            let answer = told(&found);
            let distinct: std::collections::BTreeSet<u8> = found.iter().copied().collect();
            prop_assert_eq!(answer.is_ok(), distinct.len() == 1);
            found.reverse();
            prop_assert_eq!(answer, told(&found));
        }
    }
}
