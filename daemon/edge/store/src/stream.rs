//! Serving wants: samples of what is held of a stream, and the entries that follow what the asker holds.
//!
//! Invariant: what is served is a gap-free piece of the one branch that ends in the wanted tip, from the highest
//! sample that lies on it. Samples come from a peer and only ever shorten the answer.

use std::collections::{BTreeMap, BTreeSet};

use gongkai_journal::{Entry, EntryHash, StreamKey, keys::Beside, payload::GoodHead};
use gongkai_sync::{
    message::HAVES_MAX,
    want::{Tip, Want, Why},
};

use crate::{
    branch::{Branch, Link, samples},
    error::Error,
    store::{Store, on_db},
    tx::StreamId,
};

/// The answer to a want, or a part of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Served {
    /// In sequence; empty when the tip is not held here.
    pub entries: Vec<Entry>,
    /// Whether the tip is among them, or among what the asker said it holds.
    pub is_complete: bool,
}

impl Store {
    /// What is held of a stream, as samples: each tip and 1, 2, 4, 8, … back on its branch, highest first.
    pub async fn haves(&self, key: &StreamKey) -> Result<Vec<Tip>, Error> {
        let Some(stream) = on_db!(self, db => db.stream_id(key).await)? else { return Ok(Vec::new()) };
        let tips = on_db!(self, db => db.tips_of(stream).await)?;
        let Some(count) = HAVES_MAX.checked_div(tips.len()) else { return Ok(Vec::new()) };
        let mut haves = BTreeSet::new();
        for tip in tips {
            let branch = self.branch(stream, tip).await?;
            let (upper, lower): (Vec<u64>, Vec<u64>) =
                samples(branch.tip.seq, count).into_iter().partition(|seq| *seq >= branch.floor);
            let upper = upper.into_iter().filter_map(|seq| branch.at(seq));
            haves.extend(upper.map(|link| (link.seq, link.hash)));
            let lower = on_db!(self, db => db.links_at(stream, &lower).await)?;
            haves.extend(lower.into_iter().map(|link| (link.seq, link.hash)));
        }
        Ok(haves.into_iter().rev().map(|(seq, hash)| Tip { seq, hash }).collect())
    }

    /// The same, as far as it does not hide what is wanted: who wants a payload holds the entry itself.
    pub async fn haves_for(&self, want: &Want) -> Result<Vec<Tip>, Error> {
        let mut haves = self.haves(&want.stream).await?;
        if want.why == Why::Bare {
            haves.retain(|have| have.seq < want.tip.seq);
        }
        Ok(haves)
    }

    /// The next entries of the branch that ends in `tip`, behind the highest of the asker's samples that lies on
    /// it, within the limits; at least one if there is any.
    pub async fn serve(
        &self,
        key: &StreamKey,
        tip: &Tip,
        haves: &[Tip],
        entries_max: usize,
        bytes_target: usize,
    ) -> Result<Served, Error> {
        let Some(stream) = on_db!(self, db => db.stream_id(key).await)? else { return Ok(Served::default()) };
        let held = on_db!(self, db => db.links_of(stream, &[tip.hash]).await)?;
        if !held.iter().any(|link| link.seq == tip.seq) {
            return Ok(Served::default());
        }
        let branch = self.branch(stream, tip.clone()).await?;
        let from = self.highest_common(stream, &branch, haves).await? + 1;
        if from > tip.seq {
            return Ok(Served { entries: Vec::new(), is_complete: true });
        }
        let links = self.links_from(stream, &branch, from, entries_max.max(1)).await?;
        let feeds = within(&links, bytes_target);
        let bodies = on_db!(self, db => db.entries_at(&feeds).await)?;
        let entries: Vec<Entry> = bodies.into_iter().map(|body| body.entry).collect();
        let is_complete = entries.last().is_some_and(|entry| entry.hash() == tip.hash);
        Ok(Served { entries, is_complete })
    }

    /// What is held beside these heads: of each that is held, the entries at or below it that are none of its
    /// ancestors. Of streams that never forked nothing but the head is looked at.
    pub async fn beside(&self, heads: &[GoodHead]) -> Result<Beside, Error> {
        let named: BTreeMap<EntryHash, &GoodHead> = heads.iter().map(|head| (head.hash, head)).collect();
        if named.is_empty() {
            return Ok(Beside::new());
        }
        let hashes: Vec<EntryHash> = named.keys().copied().collect();
        let forked: BTreeSet<StreamId> = on_db!(self, db => db.forked().await)?.into_iter().collect();
        let mut beside = Beside::new();
        for (hash, stream, digest, seq) in on_db!(self, db => db.stand(&hashes).await)? {
            let Some(head) = named.get(&hash) else { continue };
            if (head.seq, head.stream.digest()) != (seq, digest) {
                continue;
            }
            let others =
                if forked.contains(&stream) { self.others(stream, Tip { seq, hash }).await? } else { BTreeSet::new() };
            beside.insert(hash, others);
        }
        Ok(beside)
    }

    /// The entries of a forked stream at or below one of its own that are none of its ancestors.
    async fn others(&self, stream: StreamId, tip: Tip) -> Result<BTreeSet<EntryHash>, Error> {
        let branch = self.branch(stream, tip).await?;
        if branch.tip.seq < branch.floor {
            return Ok(BTreeSet::new());
        }
        let links = on_db!(self, db => db.links_between(stream, branch.floor, branch.tip.seq, usize::MAX).await)?;
        let is_other = |link: &Link| branch.at(link.seq).is_none_or(|own| own.hash != link.hash);
        Ok(links.iter().filter(|link| is_other(link)).map(|link| link.hash).collect())
    }

    async fn branch(&self, stream: StreamId, tip: Tip) -> Result<Branch, Error> {
        let floor = on_db!(self, db => db.fork_floor(stream).await)?.unwrap_or(u64::MAX);
        let links = if tip.seq >= floor {
            on_db!(self, db => db.links_between(stream, floor, tip.seq, usize::MAX).await)?
        } else {
            Vec::new()
        };
        let seq = tip.seq;
        Branch::walk(tip, floor, &links)
            .ok_or_else(|| Error::damaged_row(format!("a branch of stream {stream} breaks below sequence {seq}")))
    }

    async fn highest_common(&self, stream: StreamId, branch: &Branch, haves: &[Tip]) -> Result<u64, Error> {
        let hashes: Vec<EntryHash> = haves.iter().take(HAVES_MAX).map(|have| have.hash).collect();
        let held = on_db!(self, db => db.links_of(stream, &hashes).await)?;
        let is_on_branch = |link: &Link| match branch.at(link.seq) {
            Some(own) => own.hash == link.hash,
            None => link.seq < branch.floor && link.seq <= branch.tip.seq,
        };
        Ok(held.iter().filter(|link| is_on_branch(link)).map(|link| link.seq).max().unwrap_or(0))
    }

    async fn links_from(&self, stream: StreamId, branch: &Branch, from: u64, count: usize) -> Result<Vec<Link>, Error> {
        let shared_to = branch.tip.seq.min(branch.floor.saturating_sub(1));
        let mut links = if from <= shared_to {
            on_db!(self, db => db.links_between(stream, from, shared_to, count).await)?
        } else {
            Vec::new()
        };
        let missing = count - links.len().min(count);
        links.extend(branch.upper.iter().filter(|link| link.seq >= from).take(missing).cloned());
        Ok(links)
    }
}

/// Feed numbers of the first links that fit; always one.
fn within(links: &[Link], bytes_target: usize) -> Vec<u64> {
    let mut bytes = 0;
    let fits = |(index, link): &(usize, &Link)| {
        bytes += link.bytes;
        *index == 0 || bytes <= bytes_target
    };
    links.iter().enumerate().take_while(fits).map(|(_, link)| link.feed).collect()
}
