//! Whoever has stolen the data directory of an enrolled node: its keys, its place in the tree, its journal.
//!
//! Invariant: what it signs verifies and what it shows in a handshake is genuine; all the rest it chooses freely.

#![allow(dead_code, reason = "each attack uses its part")]

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context as _, Result, ensure};
use gongkai_journal::{
    Author, Entry, Incarnation, Lane, Reach, Route, StreamKey,
    header::Header,
    kind::{Kind, KindWord},
    sign::Signer,
};
use gongkai_link::{
    LinkError,
    grpc::{self, Dial, Duplex},
};
use gongkai_model::{
    digest::Digest,
    id::{Day, DivisionId, OperatorId},
    tree::{Division, Tree},
};
use gongkai_pki::{
    EntryKey, PkiDir,
    identity::identify,
    tls::{Credentials, HotTls, SessionClock, server_name},
};
use gongkai_store::Store;
use gongkai_sync::{
    message::{Batch, Carried, Message},
    position::{FeedId, Position, running_hash},
    session::{Effect, Event, Facts, Session},
    want::Tip,
};
use gongkai_tests::{
    tree::{COUNTY, Node, TOWN},
    work::CATALOG,
};
use tokio::time::timeout;

use crate::stage::now_ms;

/// How long a node may take to say what it must say; a busy machine stays far below.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// What was stolen.
pub(crate) struct Thief {
    pub(crate) dir: PathBuf,
    pub(crate) me: DivisionId,
    /// From the root to it.
    pub(crate) path: Vec<DivisionId>,
    /// The node above, and where it listens.
    pub(crate) parent: String,
    pub(crate) tls: Arc<HotTls>,
    key: EntryKey,
    /// In whose name he signs.
    pub(crate) operator: Option<OperatorId>,
    pub(crate) author: Author,
    pub(crate) feed_id: FeedId,
    daemon_id: Incarnation,
    /// The end of its feed, as its parent last took it.
    pub(crate) offset: u64,
    pub(crate) hash: Digest,
    heads: BTreeMap<StreamKey, Tip>,
    /// What the stolen journal says of the one catalog that is worked on.
    pub(crate) catalog: Vec<Entry>,
}

pub(crate) fn division(text: &str) -> DivisionId {
    DivisionId::parse(text).unwrap()
}

impl Thief {
    /// Stops a node and takes what its directory holds; the node at `parent` is the one above it.
    pub(crate) fn steal(victim: &mut Node, parent: &Node) -> Result<Self> {
        victim.stop()?;
        let dir = victim.dir.clone();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(Self::read(dir, parent.listen.clone()))
    }

    async fn read(dir: PathBuf, parent: String) -> Result<Self> {
        let pki = PkiDir::open(&dir)?;
        let credentials = Credentials::load(&pki)?;
        let path = credentials.path().to_vec();
        let store = Store::open(&dir).await?;
        let identity = store.identity();
        let end = store.feed_state().await?;
        let route = Route::of(&tree(&path), &identity.division);
        let own = store.heads(&route).await?.into_iter().filter(|head| head.stream.author == identity.author());
        let heads = own.filter_map(|head| Some((head.stream, head.tips.first().cloned()?))).collect();
        let catalog = store.entries_about(CATALOG).await?;
        store.close().await;
        let clock = SessionClock::new(|| now_ms().unwrap_or(0));
        Ok(Self {
            me: identity.division.clone(),
            path,
            parent,
            tls: Arc::new(HotTls::new(credentials, clock)?),
            key: EntryKey::load(&pki)?,
            operator: None,
            author: identity.author(),
            feed_id: identity.feed_id,
            daemon_id: identity.daemon_id,
            offset: end.offset,
            hash: end.hash,
            heads,
            catalog,
            dir,
        })
    }

    /// Shows the certificate and key of another directory from now on.
    pub(crate) fn wear(&mut self, pki: &PkiDir) -> Result<()> {
        self.tls = Arc::new(HotTls::new(Credentials::load(pki)?, self.tls.clock().clone())?);
        Ok(())
    }

    /// Its parent's division.
    pub(crate) fn above(&self) -> &DivisionId {
        &self.path[self.path.len() - 2]
    }

    pub(crate) fn dial(&self) -> Result<Dial> {
        let name = server_name(&self.path[..self.path.len() - 1])?;
        Ok(Dial { address: self.parent.clone(), name, tls: self.tls.connector() })
    }

    /// Opens a stream at the parent, and says nothing yet.
    pub(crate) async fn open(&self) -> Result<Talk, LinkError> {
        let root = self.tls.credentials().trust_root().clone();
        let now_ms = now_ms().unwrap_or(0);
        let dial = self.dial().unwrap();
        let duplex = grpc::open(&dial, |chain| identify(chain, &root, now_ms)).await?;
        Ok(Talk { duplex, demands: 0, asked: 0, answered: 0 })
    }

    /// Opens a session and exchanges hellos, as an honest node does.
    pub(crate) async fn greet(&self) -> Result<Talk> {
        self.greet_at(None).await
    }

    /// The same from a position of its choice on the parent's feed.
    pub(crate) async fn greet_at(&self, position: Option<Position>) -> Result<Talk> {
        let mut talk = self.open().await?;
        talk.say(&self.hello(position)).await?;
        let heard = talk.hear().await?.context("the node left")?;
        ensure!(matches!(heard, Message::Hello(_)), "no hello but {heard:?}");
        Ok(talk)
    }

    /// What the real engine would say first.
    pub(crate) fn hello(&self, position: Option<Position>) -> Message {
        let facts = Facts {
            division: self.me.clone(),
            incarnation: self.author.incarnation,
            feed_id: self.feed_id,
            daemon_id: self.daemon_id,
            host: "stolen".to_owned(),
            peer: self.above().clone(),
            is_live: true,
            // The city has the entry that names it: it issued the certificate.
            introduction: Vec::new(),
        };
        let first = Session::new(facts).step(Event::Opened { position });
        let hello = first.into_iter().find_map(|effect| match effect {
            Effect::Send(message) => Some(message),
            _ => None,
        });
        hello.expect("a session begins with a hello")
    }

    /// One of its own streams about anybody.
    pub(crate) fn stream(&self, subject: &str, reach: Reach, lane: Lane) -> StreamKey {
        StreamKey::new(self.author.clone(), division(subject), reach, lane)
    }

    /// The stream in which entries of a kind belong.
    pub(crate) fn stream_of(&self, subject: &str, kind: Kind) -> StreamKey {
        self.stream(subject, kind.reach(), kind.lane())
    }

    /// The next entry of a stream, signed; the stream goes on behind it.
    pub(crate) fn write(&mut self, stream: &StreamKey, kind: impl Into<KindWord>, payload: Vec<u8>) -> Entry {
        let entry = self.sign(stream, self.heads.get(stream).cloned(), kind, payload);
        self.heads.insert(stream.clone(), Tip { seq: entry.header.seq, hash: entry.hash() });
        entry
    }

    /// An entry behind any other, or a stream's first; nothing is remembered of it.
    pub(crate) fn sign(
        &self,
        stream: &StreamKey,
        before: Option<Tip>,
        kind: impl Into<KindWord>,
        payload: Vec<u8>,
    ) -> Entry {
        let header = Header {
            stream: stream.clone(),
            seq: before.as_ref().map_or(1, |tip| tip.seq + 1),
            previous: before.map(|tip| tip.hash),
            written_at_ms: now_ms().unwrap_or(0),
            kind: kind.into(),
            payload_digest: Digest::of_file(b""),
            payload_bytes: 0,
            operator: self.operator.clone(),
            signature_algorithm: Signer::algorithm(&self.key),
            key_id: Signer::key_id(&self.key),
        };
        Entry::sign(header, payload, &self.key)
    }

    /// The catalog's last submission.
    pub(crate) fn submission(&self) -> Result<&Entry> {
        self.of_kind(Kind::Submission).last().context("a submission")
    }

    /// The decisions about it.
    pub(crate) fn decisions(&self) -> Vec<Digest> {
        self.of_kind(Kind::Decision).map(Entry::hash).collect()
    }

    fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Entry> {
        self.catalog.iter().filter(move |entry| entry.header.kind == kind)
    }

    /// Its journal's next life: nobody named it.
    pub(crate) fn reborn(&mut self, number: u64) {
        let mut bytes = [0x66; 16];
        bytes[8..].copy_from_slice(&number.to_be_bytes());
        self.author.incarnation = Incarnation::from_bytes(bytes);
    }

    /// The next batch of its feed with these entries.
    pub(crate) fn batch(&mut self, entries: Vec<Carried>) -> Message {
        let from = self.place();
        for carried in &entries {
            let hash = match carried {
                Carried::Whole(entry) => entry.hash(),
                Carried::Named { tip, .. } => tip.hash,
            };
            self.hash = running_hash(&self.hash, &hash);
            self.offset += 1;
        }
        Message::Batch(Batch { from, to: self.place(), entries })
    }

    /// A batch of whole entries.
    pub(crate) fn news(&mut self, entries: Vec<Entry>) -> Message {
        self.batch(entries.into_iter().map(|entry| Carried::Whole(Box::new(entry))).collect())
    }

    /// Where its feed ends, under what its tree routes to the parent.
    pub(crate) fn place(&self) -> Position {
        let epoch = Route::of(&tree(&self.path), self.above()).epoch();
        Position { feed_id: self.feed_id, offset: self.offset, hash: self.hash, epoch }
    }
}

/// What a thief knows of the tree: his own line, and the one town that is worked on.
fn tree(path: &[DivisionId]) -> Tree {
    let above = std::iter::once(None).chain(path.iter().cloned().map(Some));
    let mut rows: Vec<Division> =
        path.iter().cloned().zip(above).map(|(id, above)| Division::placed(id, above)).collect();
    if path.last() == Some(&division(COUNTY)) {
        rows.push(Division::placed(division(TOWN), Some(division(COUNTY))));
    }
    Tree::as_of(&rows, &Day::earliest())
}

/// One session, from the liar's end.
pub(crate) struct Talk {
    pub(crate) duplex: Duplex,
    /// Of the node's, so far.
    demands: u64,
    /// What was said here that it commits, and what of that it has committed.
    asked: u64,
    answered: u64,
}

impl Talk {
    pub(crate) async fn say(&mut self, message: &Message) -> Result<(), LinkError> {
        self.asked += u64::from(matches!(message, Message::Batch(_) | Message::Heads { position: Some(_), .. }));
        self.duplex.outbound.send(message).await
    }

    /// The node's next words; `None` when it has left.
    pub(crate) async fn hear(&mut self) -> Result<Option<Message>> {
        let heard = timeout(PATIENCE, self.duplex.inbound.receive()).await.context("the node says nothing")?;
        Ok(heard.transpose()?)
    }

    /// Hears until something comes that is looked for, and answers the rest as an honest node does.
    pub(crate) async fn until<T>(&mut self, mut look: impl FnMut(&Message) -> Option<T>) -> Result<T> {
        loop {
            let message = self.hear().await?.context("the node left")?;
            self.answered += u64::from(matches!(message, Message::Ack { .. }));
            if let Some(found) = look(&message) {
                return Ok(found);
            }
            self.answer(message).await?;
        }
    }

    async fn answer(&mut self, message: Message) -> Result<()> {
        let position = match message {
            Message::Batch(batch) => batch.to,
            Message::Heads { position: Some(position), .. } => position,
            Message::Want { request, .. } => {
                self.demands += 1;
                let nothing = Message::Wanted { request, entries: Vec::new(), is_complete: false };
                return Ok(self.say(&nothing).await?);
            }
            Message::Refuse(refusal) => anyhow::bail!("refused: {} {}", refusal.code, refusal.message),
            _ => return Ok(()),
        };
        self.demands += 1;
        self.say(&Message::Ack { position, faults: Vec::new() }).await?;
        Ok(self.say(&Message::Done { seen: self.demands }).await?)
    }

    /// Until the node has committed all that was said.
    pub(crate) async fn acknowledged(&mut self) -> Result<()> {
        while self.answered < self.asked {
            self.until(|message| matches!(message, Message::Ack { .. }).then_some(())).await?;
        }
        Ok(())
    }

    /// Bytes on the wire so far, TLS and handshake included.
    pub(crate) fn sent_bytes(&self) -> u64 {
        self.duplex.traffic.sent_bytes()
    }
}

/// The address that a node listens on.
pub(crate) fn address(listen: &str) -> SocketAddr {
    listen.parse().expect("a node of the tests listens on an address")
}
