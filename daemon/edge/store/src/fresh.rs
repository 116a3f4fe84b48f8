//! The entries that came last, kept as they were committed: at once they are asked for again, by what they are about and
//! by the links that pass them on.
//!
//! Invariant: an unbroken end of the feed, nothing of it before its commit, each entry as it was checked then; bounded by
//! [`FRESH_BYTES_MAX`]. Left out: what is older, and what has lost its payload since; the database has both.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use gongkai_journal::{Entry, EntryHash};

/// Bytes of the entries kept: the batches of four children at a time, or two large submissions.
const FRESH_BYTES_MAX: usize = 1024 * 1024;

/// What of the feed's end is in memory.
#[derive(Debug, Default)]
pub(crate) struct Fresh(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    members: VecDeque<Member>,
    bytes: usize,
    /// The last feed number noted.
    through: u64,
}

#[derive(Debug)]
struct Member {
    about: Option<String>,
    entry: Arc<Entry>,
}

impl Fresh {
    /// Notes what a commit has brought, whose last entry has this feed number. Commits may be noted out of order: one
    /// that leaves a gap begins anew, and one that comes too late is passed over.
    pub(crate) fn note(&self, through: u64, entries: &[Entry], abouts: Vec<Option<String>>) {
        let mut kept = self.kept();
        let before = through.saturating_sub(entries.len() as u64);
        if before < kept.through {
            return;
        }
        if before > kept.through {
            *kept = Kept::default();
        }
        for (entry, about) in entries.iter().zip(abouts) {
            kept.bytes += entry.wire_bytes();
            kept.members.push_back(Member { about, entry: Arc::new(entry.clone()) });
        }
        kept.through = through;
        while kept.bytes > FRESH_BYTES_MAX
            && let Some(oldest) = kept.members.pop_front()
        {
            kept.bytes -= oldest.entry.wire_bytes();
        }
    }

    /// Forgets everything: a payload was erased.
    pub(crate) fn forget(&self) {
        let mut kept = self.kept();
        *kept = Kept { through: kept.through, ..Kept::default() };
    }

    /// Everything about one thing behind a feed number and up to another, if all of that is here.
    pub(crate) fn about(&self, about: &str, after: u64, through: u64) -> Option<Vec<Arc<Entry>>> {
        let kept = self.kept();
        let is_here = after >= kept.first_before() && through <= kept.through;
        let count = usize::try_from(through.saturating_sub(after)).ok()?;
        let skipped = usize::try_from(after.saturating_sub(kept.first_before())).ok()?;
        let members = kept.members.iter().skip(skipped).take(count);
        let found = members.filter(|member| member.about.as_deref() == Some(about));
        is_here.then(|| found.map(|member| Arc::clone(&member.entry)).collect())
    }

    /// The entry of a feed number, if it is here and is the one that the database names.
    pub(crate) fn at(&self, feed: u64, hash: &EntryHash) -> Option<Arc<Entry>> {
        let kept = self.kept();
        let place = usize::try_from(feed.checked_sub(kept.first_before() + 1)?).ok()?;
        let entry = &kept.members.get(place)?.entry;
        (entry.hash() == *hash).then(|| Arc::clone(entry))
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Nothing in here can panic half-way.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// The feed number before the first entry kept.
    fn first_before(&self) -> u64 {
        self.through - self.members.len() as u64
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use gongkai_journal::{
        Author, Header, Incarnation, Lane, Reach, StreamKey,
        sign::{Ed25519Signer, Signer},
    };
    use gongkai_model::{digest::Digest, id::DivisionId};

    use super::*;

    fn entries(range: std::ops::RangeInclusive<u64>, bytes: usize) -> Vec<Entry> {
        let signer = Ed25519Signer::from_seed(&[7; 32]).unwrap();
        let division = DivisionId::parse("211200").unwrap();
        let author = Author { division: division.clone(), incarnation: Incarnation::from_bytes([1; 16]) };
        let header = |seq| Header {
            stream: StreamKey::new(author.clone(), division.clone(), Reach::Path, Lane::Work),
            seq,
            previous: None,
            written_at_ms: 0,
            kind: "test".into(),
            payload_digest: Digest::of("", &[]),
            payload_bytes: 0,
            operator: None,
            signature_algorithm: signer.algorithm(),
            key_id: Vec::new(),
        };
        range.map(|seq| Entry::sign(header(seq), vec![1; bytes], &signer)).collect()
    }

    fn note(fresh: &Fresh, range: std::ops::RangeInclusive<u64>, bytes: usize) -> Vec<EntryHash> {
        let through = *range.end();
        let made = entries(range, bytes);
        fresh.note(through, &made, made.iter().map(|entry| Some(format!("{}", entry.header.seq % 2))).collect());
        made.iter().map(Entry::hash).collect()
    }

    fn seqs(found: Option<Vec<Arc<Entry>>>) -> Option<Vec<u64>> {
        found.map(|entries| entries.iter().map(|entry| entry.header.seq).collect())
    }

    #[test]
    fn it_answers_what_it_has_whole_and_nothing_else() {
        let fresh = Fresh::default();
        note(&fresh, 11..=14, 10);
        let hashes = note(&fresh, 15..=17, 10);
        assert_eq!(seqs(fresh.about("1", 10, 17)), Some(vec![11, 13, 15, 17]));
        assert_eq!(seqs(fresh.about("0", 12, 16)), Some(vec![14, 16]));
        assert_eq!(seqs(fresh.about("0", 17, 17)), Some(vec![]));
        assert_eq!(fresh.about("1", 9, 17), None, "the tenth was never noted");
        assert_eq!(fresh.about("1", 12, 18), None, "the eighteenth is not here yet");
        assert!(fresh.at(16, &hashes[1]).is_some());
        for (feed, hash) in [(16, hashes[0]), (10, hashes[0]), (18, hashes[2]), (0, hashes[0])] {
            assert!(fresh.at(feed, &hash).is_none(), "{feed}");
        }
    }

    #[test]
    fn a_gap_begins_anew_and_what_comes_late_is_passed_over() {
        let fresh = Fresh::default();
        note(&fresh, 1..=3, 10);
        note(&fresh, 6..=7, 10);
        note(&fresh, 4..=5, 10);
        assert_eq!(seqs(fresh.about("0", 5, 7)), Some(vec![6]));
        assert_eq!(fresh.about("0", 4, 7), None);
        fresh.forget();
        assert_eq!(fresh.about("0", 5, 7), None);
        note(&fresh, 8..=8, 10);
        assert_eq!(seqs(fresh.about("0", 7, 8)), Some(vec![8]));
    }

    #[test]
    fn the_oldest_make_room() {
        let fresh = Fresh::default();
        note(&fresh, 1..=9, FRESH_BYTES_MAX / 4);
        assert_eq!(seqs(fresh.about("0", 6, 9)), Some(vec![8]));
        assert_eq!(fresh.about("0", 5, 9), None);
        note(&fresh, 10..=10, 2 * FRESH_BYTES_MAX);
        assert_eq!(fresh.about("0", 9, 10), None);
        assert_eq!(seqs(fresh.about("0", 10, 10)), Some(vec![]));
    }
}
