//! Appending the node's own entries.
//!
//! Invariant: an append is one transaction; its entries follow the heads of their streams, which are locked from
//! reading to commit. An own stream with two tips takes nothing more: the author goes on in a new incarnation.

use std::collections::{BTreeMap, BTreeSet};

use gongkai_journal::{Author, Entry, EntryHash, Header, StreamKey, sign::Signer};
use gongkai_model::digest::Digest;
use gongkai_sync::want::Tip;

use crate::{
    commit::{Growth, grow},
    draft::{Draft, Guard},
    error::Error,
    feed::FeedState,
    store::{Store, on_db},
    tx::{Survey, TipsByStream, WriteTx},
};

impl Store {
    /// Signs and appends drafts in their order; all or none.
    pub async fn append(
        &self,
        drafts: Vec<Draft>,
        author: &Author,
        signer: &dyn Signer,
        now_ms: i64,
    ) -> Result<Vec<Entry>, Error> {
        self.append_if(None, drafts, author, signer, now_ms).await
    }

    /// Appends if the projection row named by the guard stands as it was read, else [`Error::Conflict`].
    pub async fn append_guarded(
        &self,
        guard: Guard,
        drafts: Vec<Draft>,
        author: &Author,
        signer: &dyn Signer,
        now_ms: i64,
    ) -> Result<Vec<Entry>, Error> {
        self.append_if(Some(guard), drafts, author, signer, now_ms).await
    }

    async fn append_if(
        &self,
        guard: Option<Guard>,
        drafts: Vec<Draft>,
        author: &Author,
        signer: &dyn Signer,
        now_ms: i64,
    ) -> Result<Vec<Entry>, Error> {
        let act = Act { guard, drafts, author, signer, now_ms };
        let (entries, abouts, state) = on_db!(self, db => {
            let mut tx = db.begin().await?;
            let done = append_in(&mut tx, act).await?;
            tx.commit().await?;
            done
        });
        self.keep_fresh(state.offset, &entries, abouts);
        self.announce(state.offset);
        Ok(entries)
    }
}

struct Act<'a> {
    guard: Option<Guard>,
    drafts: Vec<Draft>,
    author: &'a Author,
    signer: &'a dyn Signer,
    now_ms: i64,
}

/// The entries, what each is about, and where the feed stands then.
type Appended = (Vec<Entry>, Vec<Option<String>>, FeedState);

async fn append_in<T: WriteTx>(tx: &mut T, act: Act<'_>) -> Result<Appended, Error> {
    let mut keys = BTreeMap::new();
    for draft in &act.drafts {
        draft.check()?;
        let key = stream_of(draft, act.author);
        keys.insert(key.digest(), key);
    }
    let Survey { streams, tips, feed, .. } = tx.survey(&keys, &BTreeSet::new(), None).await?;
    if let Some(guard) = act.guard
        && tx.projection_feed(&guard.kind, &guard.key).await? != guard.feed
    {
        return Err(Error::Conflict { kind: guard.kind, key: guard.key });
    }
    let mut heads = heads_of(&keys, &tips)?;
    let mut hashes: Vec<EntryHash> = Vec::with_capacity(act.drafts.len());
    let mut entries = Vec::with_capacity(act.drafts.len());
    let mut abouts = Vec::with_capacity(act.drafts.len());
    for draft in act.drafts {
        abouts.push(draft.about.clone());
        let stream = stream_of(&draft, act.author);
        let head = heads.get(&stream.digest()).cloned();
        let entry = sign(draft, stream, head, &hashes, act.signer, act.now_ms)?;
        heads.insert(entry.header.stream.digest(), Tip { seq: entry.header.seq, hash: entry.hash() });
        hashes.push(entry.hash());
        entries.push(entry);
    }
    let growth = Growth {
        feed,
        entries: &entries,
        abouts: &abouts,
        source: None,
        streams: &streams,
        tips: &tips,
        now_ms: act.now_ms,
    };
    let state = grow(tx, growth).await?;
    Ok((entries, abouts, state))
}

fn stream_of(draft: &Draft, author: &Author) -> StreamKey {
    StreamKey::new(author.clone(), draft.subject.clone(), draft.reach, draft.lane)
}

/// The one head of each stream; a forked stream is refused.
fn heads_of(keys: &BTreeMap<Digest, StreamKey>, tips: &TipsByStream) -> Result<BTreeMap<Digest, Tip>, Error> {
    let none = BTreeSet::new();
    let mut heads = BTreeMap::new();
    for (digest, key) in keys {
        let tips = tips.get(digest).unwrap_or(&none);
        if tips.len() > 1 {
            return Err(Error::Forked { author: key.author.division.to_string(), subject: key.subject.to_string() });
        }
        heads.extend(tips.first().map(|tip| (*digest, tip.clone())));
    }
    Ok(heads)
}

fn sign(
    draft: Draft,
    stream: StreamKey,
    head: Option<Tip>,
    earlier: &[EntryHash],
    signer: &dyn Signer,
    now_ms: i64,
) -> Result<Entry, Error> {
    let payload = draft.payload.into_bytes(earlier)?;
    let header = Header {
        stream,
        seq: head.as_ref().map_or(1, |tip| tip.seq + 1),
        previous: head.map(|tip| tip.hash),
        written_at_ms: now_ms,
        kind: draft.kind.into(),
        // Entry::sign fills in the next three from the payload and the signer.
        payload_digest: Digest::of("", &[]),
        payload_bytes: 0,
        operator: draft.operator,
        signature_algorithm: signer.algorithm(),
        key_id: Vec::new(),
    };
    Ok(Entry::sign(header, payload, signer))
}
