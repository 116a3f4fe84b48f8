//! Where an entry has arrived: at this node's peers by their own word, further away by theirs.
//!
//! Invariant: "held" is said by the holder or by one who heard it from him, with the time; what nobody said is unknown,
//! however likely it is. Only divisions on the entry's route are named. Left out: how the words come (standing).

use std::collections::{BTreeMap, BTreeSet};

use gongkai_journal::{Entry, EntryHash, Route};
use gongkai_model::{
    digest::Digest,
    id::{CatalogId, DivisionId},
};
use gongkai_store::{PeerRole, Placed};

use crate::{App, Known, Reason, Result, audit::revision};

/// Entries shown for one catalog: the submission, its receipts and decisions.
const ENTRIES_MAX: usize = 20;

/// A link as it stands now: what the node's own table does not know.
#[derive(Clone, Debug)]
pub struct LinkNow {
    /// Which side it is.
    pub role: PeerRole,
    /// `live`, `schedule`, `manual`.
    pub mode: &'static str,
    /// The state in a word.
    pub state: &'static str,
    /// Whether a session is open.
    pub is_in_session: bool,
    /// Offset in our feed up to which was sent.
    pub sent_offset: u64,
    /// When the peer was last heard, unix milliseconds.
    pub last_contact_ms: Option<i64>,
    /// When it is dialled next, unix milliseconds.
    pub next_run_ms: Option<i64>,
    /// Entries announced and not come yet.
    pub announced: u64,
    /// Why there is no session.
    pub reason: Option<Reason>,
}

/// How far an entry has come to a division.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// It was written there.
    WrittenHere,
    /// It came to us from there.
    CameFrom,
    /// The division holds it, by its own or a peer's word.
    Held,
    /// Acknowledged, but perhaps only wanted.
    Acknowledged,
    /// Sent in the session that runs.
    InFlight,
    /// Nobody has said.
    Unknown,
    /// Not sent yet.
    NotSent,
}

impl Arrival {
    /// The word in answers.
    pub fn word(self) -> &'static str {
        match self {
            Self::WrittenHere => "written-here",
            Self::CameFrom => "came-from",
            Self::Held => "held",
            Self::Acknowledged => "acknowledged",
            Self::InFlight => "in-flight",
            Self::Unknown => "unknown",
            Self::NotSent => "not-sent",
        }
    }

    /// Whether the entry is there for certain.
    pub fn is_there(self) -> bool {
        matches!(self, Self::WrittenHere | Self::CameFrom | Self::Held)
    }
}

/// One division's place.
#[derive(Clone, Debug)]
pub struct Place {
    /// Which division.
    pub division: DivisionId,
    /// How far it has come there.
    pub arrival: Arrival,
    /// On whose word.
    pub says: DivisionId,
    /// As of when, unix milliseconds.
    pub at_ms: Option<i64>,
}

/// One entry and where it is.
#[derive(Clone, Debug)]
pub struct EntryPlaces {
    /// Its kind.
    pub kind: String,
    /// Its hash.
    pub hash: EntryHash,
    /// The revision that it puts up.
    pub revision: Option<Digest>,
    /// The node that wrote it.
    pub author: DivisionId,
    /// Its number in our feed.
    pub feed: u64,
    /// When we committed it, unix milliseconds.
    pub committed_at_ms: i64,
    /// Divisions with a node on its route, from the top.
    pub places: Vec<Place>,
}

/// All that is known of the links, read once for several entries.
struct Links<'a> {
    now: &'a BTreeMap<DivisionId, LinkNow>,
    known: BTreeMap<DivisionId, Known>,
    acked: BTreeMap<DivisionId, u64>,
}

impl App {
    /// Where the latest submission of a catalog and what answers it have arrived; the oldest first. A catalog that
    /// was never submitted has nothing that travels.
    pub async fn whereabouts(
        &self,
        catalog: &CatalogId,
        links: &BTreeMap<DivisionId, LinkNow>,
    ) -> Result<Vec<EntryPlaces>> {
        let loaded = self.load_known(catalog).await?;
        let Some(head) = loaded.state.head() else { return Ok(Vec::new()) };
        let mut hashes = vec![head.hash];
        hashes.extend(head.receipts.iter().map(|receipt| receipt.hash));
        hashes.extend(head.decisions.iter().map(|decision| decision.hash));
        let mut found = Vec::new();
        for hash in hashes.into_iter().take(ENTRIES_MAX) {
            if let Some(placed) = self.store().placed(&hash).await? {
                found.push(self.places_of(&placed, links).await?);
            }
        }
        found.sort_by_key(|entry| entry.feed);
        Ok(found)
    }

    /// Where one entry has arrived.
    pub(crate) async fn places_of(
        &self,
        placed: &Placed,
        links: &BTreeMap<DivisionId, LinkNow>,
    ) -> Result<EntryPlaces> {
        let links = self.read_links(links).await?;
        let entry = &placed.entry;
        let places = self.on_route(entry).into_iter().map(|division| self.place(placed, division, &links)).collect();
        Ok(EntryPlaces {
            kind: entry.header.kind.to_string(),
            hash: entry.hash(),
            revision: entry.header.kind.known().and_then(|_| revision(entry)),
            author: entry.header.stream.author.division.clone(),
            feed: placed.feed,
            committed_at_ms: placed.committed_at_ms,
            places,
        })
    }

    async fn read_links<'a>(&self, now: &'a BTreeMap<DivisionId, LinkNow>) -> Result<Links<'a>> {
        let (mut known, mut acked) = (BTreeMap::new(), BTreeMap::new());
        for peer in now.keys() {
            known.insert(peer.clone(), self.known(peer).await?);
            acked.insert(peer.clone(), self.store().acked_of(peer).await?.map_or(0, |position| position.offset));
        }
        Ok(Links { now, known, acked })
    }

    /// The divisions with a node that shall have an entry, from the top. Those of another branch are none of ours.
    fn on_route(&self, entry: &Entry) -> Vec<DivisionId> {
        let world = self.world();
        let tree = world.tree();
        let mut all: BTreeSet<DivisionId> = tree.subtree(&world.me);
        all.extend(world.path());
        let shall_have = |division: &DivisionId| Route::of(tree, division).takes_entry(&entry.header);
        let mut found: Vec<DivisionId> =
            all.into_iter().filter(|division| world.has_node(division) && shall_have(division)).collect();
        found.sort_by_key(|division| (tree.path(division).len(), division.clone()));
        found
    }

    fn place(&self, placed: &Placed, division: DivisionId, links: &Links<'_>) -> Place {
        let me = self.world().me.clone();
        let author = &placed.entry.header.stream.author.division;
        let place = |arrival, says, at_ms| Place { division: division.clone(), arrival, says, at_ms };
        if division == *author {
            return place(Arrival::WrittenHere, me, Some(placed.entry.header.written_at_ms));
        }
        if division == me || placed.source.as_ref() == Some(&division) {
            let arrival = if division == me { Arrival::Held } else { Arrival::CameFrom };
            return place(arrival, me, Some(placed.committed_at_ms));
        }
        let told = links.known.iter().filter_map(|(peer, known)| Some((peer, known.held.get(&division)?)));
        if let Some((peer, held)) =
            told.filter(|(_, held)| held.offset >= placed.feed).max_by_key(|(_, held)| held.at_ms)
        {
            return place(Arrival::Held, peer.clone(), Some(held.at_ms));
        }
        let Some(link) = links.now.get(&division) else {
            let heard = links.known.iter().find_map(|(peer, known)| Some((peer, known.held.get(&division)?)));
            let (says, at_ms) = heard.map_or((me, None), |(peer, held)| (peer.clone(), Some(held.at_ms)));
            return place(Arrival::Unknown, says, at_ms);
        };
        let acked = links.acked.get(&division).copied().unwrap_or(0);
        let arrival = match (placed.feed <= acked, placed.feed <= link.sent_offset, link.is_in_session) {
            (true, ..) => Arrival::Acknowledged,
            (false, true, true) => Arrival::InFlight,
            (false, true, false) => Arrival::Unknown,
            (false, false, _) => Arrival::NotSent,
        };
        place(arrival, me, link.last_contact_ms)
    }
}
