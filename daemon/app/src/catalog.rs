//! A catalog as this node knows it: the folded review and the clerk's draft.
//!
//! Invariant: made from the journal alone; a payload that cannot be read blocks only what it is about.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use gongkai_journal::{
    Entry, EntryHash, Header, Reach,
    erasure::Erasures,
    kind::Kind,
    payload::{self, OnCatalog},
    place,
};
use gongkai_model::{
    catalog::CatalogSummary,
    check::StandingWaiver,
    digest::Digest,
    id::{CatalogId, Day, OperatorId},
    review::{
        Act, BUDGET, CatalogState, Decision, Excess, Fact, Folded, Ground, Known, Prescribed, Receipt, Reroute,
        Revocation, Submission, Tally, Withdrawal, fold_known,
    },
    revision::{ItemBatch, Revision, RevisionBody},
};
use gongkai_store::AboutStamp;

use crate::{
    App, DraftState, Error, Result, World,
    draft::{Written, stands_elsewhere},
    erase::{erased, is_rightly_erased},
    recent::{Found, Memory},
    standard::named_standard,
    waive::waivers,
};

/// Headers read at a time while a large catalog is weighed.
const HEADERS_READ_MAX: usize = 1_000;

/// Everything this node knows of one catalog.
#[derive(Clone)]
pub struct Loaded {
    /// Which.
    pub catalog: CatalogId,
    /// Its entries, in feed order; item batches whose content is in a revision come without their bytes.
    pub entries: Vec<Arc<Entry>>,
    /// The review.
    pub state: CatalogState,
    /// Contents of submitted revisions.
    pub revisions: BTreeMap<Digest, Arc<Revision>>,
    /// The latest save, if it is newer than what was submitted.
    pub draft: Option<DraftState>,
    /// Findings of the check that a person overruled.
    pub waivers: Vec<StandingWaiver>,
    /// Saves beside it that nobody took in yet.
    pub asides: Vec<DraftState>,
    /// Whose saves stand in the working state.
    pub(crate) written: Written,
    /// Contents of saved revisions that a save beside the working one stands on.
    pub grounds: BTreeMap<Digest, Arc<Revision>>,
    /// Contents that were removed by law, and what was asked of that kind.
    pub erasures: Erasures,
}

impl Loaded {
    /// The content under which new work stands: the head submission's.
    pub fn head_revision(&self) -> Option<&Arc<Revision>> {
        self.revisions.get(&self.state.head()?.revision)
    }

    /// What a clerk sees as the catalog: the draft, else what was submitted last.
    pub fn working(&self) -> Option<&Arc<Revision>> {
        self.draft.as_ref().map(|draft| &draft.revision).or_else(|| self.head_revision())
    }

    /// The refusal of what the catalog has not.
    pub fn lacks(&self, what: &'static str, text: &str) -> Error {
        Error::NotInCatalog { catalog: self.catalog.clone(), what, text: text.chars().take(80).collect() }
    }

    /// What is known of a catalog that is blocked: that it is, and why.
    fn blocked(catalog: &CatalogId, world: &World, excess: Excess) -> Self {
        let custodians = world.custodians(&catalog.division);
        let ground = Ground { catalog, custodians: &custodians, keeping: None, steps_of: None, standard_of: None };
        Self {
            catalog: catalog.clone(),
            entries: Vec::new(),
            state: CatalogState::blocked(&ground, excess),
            revisions: BTreeMap::new(),
            draft: None,
            waivers: Vec::new(),
            asides: Vec::new(),
            grounds: BTreeMap::new(),
            written: Written::default(),
            erasures: Erasures::default(),
        }
    }

    /// Refuses what needs a catalog that is not blocked.
    pub fn check_open(&self) -> Result<()> {
        match self.state.blocked {
            Some(part) => Err(Error::CatalogBlocked { catalog: self.catalog.clone(), part, max: BUDGET.of(part) }),
            None => Ok(()),
        }
    }

    /// The summary for listings.
    pub fn summary(&self, last_published: Option<&Digest>) -> CatalogSummary {
        let draft = self.draft.as_ref().map(|draft| draft.revision.digest());
        CatalogSummary::of(&self.state, self.working().map(AsRef::as_ref), draft, last_published)
    }
}

impl App {
    /// Reads and folds a catalog; an unknown one is empty.
    pub async fn load(&self, catalog: &CatalogId) -> Result<Loaded> {
        let about = catalog.to_string();
        let world = self.world();
        if let Some(blocked) = self.inner.recent.blocked(catalog, &world) {
            return Ok(blocked);
        }
        // Before the entries: what is committed in between is read by the next that asks.
        let stamp = self.store().stamp_about(&about).await?;
        if let Some(excess) = self.excess_of(catalog, &stamp, &world).await? {
            let loaded = Loaded::blocked(catalog, &world, excess);
            self.inner.recent.block(world, &loaded);
            return Ok(loaded);
        }
        let memory = match self.inner.recent.get(catalog, &stamp, &world) {
            Found::Same(loaded) => return Ok(*loaded),
            Found::Older(memory) => *memory,
        };
        let fresh = self.store().entries_about_between(&about, memory.through, stamp.feed).await?;
        let (memory, fresh) = if memory.through > 0 && (stands_elsewhere(&fresh, &world.me) || changes_what_was(&fresh))
        {
            // A save that was followed before was let go of, and is the ground of one that has come.
            (Memory::default(), self.store().entries_about_between(&about, 0, stamp.feed).await?)
        } else {
            (memory, fresh)
        };
        let (loaded, memory) = self.fold_entries(catalog, &world, memory, fresh).await?;
        if loaded.state.blocked.is_some() {
            self.inner.recent.block(world, &loaded);
            return Ok(loaded);
        }
        self.inner.recent.put(stamp, world, &loaded, Memory { through: stamp.feed, ..memory });
        Ok(loaded)
    }

    /// The same as it stood at the end of a day in China: folded from the entries that were written up to then, by
    /// their authors' dates, so that it is the same on every node and whenever it is asked again.
    pub async fn load_as_of(&self, catalog: &CatalogId, day: Option<&Day>) -> Result<Loaded> {
        let Some(day) = day else { return self.load(catalog).await };
        let (about, world) = (catalog.to_string(), self.world());
        let stamp = self.store().stamp_about(&about).await?;
        if let Some(excess) = self.excess_of(catalog, &stamp, &world).await? {
            return Ok(Loaded::blocked(catalog, &world, excess));
        }
        let mut entries = self.store().entries_about(&about).await?;
        entries.retain(|entry| Day::in_china(entry.header.written_at_ms) <= *day);
        let entries = entries.into_iter().map(Arc::new).collect();
        Ok(self.fold_entries(catalog, &world, Memory::default(), entries).await?.0)
    }

    /// The part of the budget that the entries about a catalog exceed by their headers: before any of them is read, so
    /// that no catalog is too large to be blocked. Saves that never leave the node are its own matter.
    async fn excess_of(&self, catalog: &CatalogId, stamp: &AboutStamp, world: &World) -> Result<Option<Excess>> {
        let (about, division) = (catalog.to_string(), &catalog.division);
        let is_small = stamp.entries <= BUDGET.submissions.min(BUDGET.acts) && stamp.bytes <= BUDGET.bytes;
        if is_small {
            return Ok(None);
        }
        let mut tally = Tally::default();
        let mut after = 0;
        loop {
            let page = self.store().headers_about(&about, after, HEADERS_READ_MAX).await?;
            let Some(last) = page.last() else { return Ok(tally.excess(&BUDGET)) };
            after = last.feed;
            for entry in page.iter().map(|placed| &placed.entry) {
                let header = &entry.header;
                if header.reach() == Reach::SelfOnly || !world.hears(entry, division) {
                    continue;
                }
                tally.bytes = tally.bytes.saturating_add(header.payload_bytes);
                match header.kind.known() {
                    Some(Kind::Submission) => tally.submissions += 1,
                    Some(Kind::ItemBatch) | None => {}
                    Some(_) => tally.acts += 1,
                }
            }
        }
    }

    async fn fold_entries(
        &self,
        catalog: &CatalogId,
        world: &World,
        memory: Memory,
        fresh: Vec<Arc<Entry>>,
    ) -> Result<(Loaded, Memory)> {
        let Memory { known, drafts, mut entries, mut payloads, has_standard: _, through } = memory;
        let read = entries.len();
        payloads += fresh.iter().filter(|entry| entry.payload.is_some()).count() as u64;
        entries.extend(fresh);
        let (erasures, entries) = erased(world, entries);
        let counts = |entry: &&Arc<Entry>| world.hears(entry, &catalog.division);
        let counting: Vec<Arc<Entry>> = entries.iter().filter(counts).cloned().collect();
        let facts = facts(&counting, catalog, &known, &erasures);
        let has_standard = facts.iter().any(|fact| named_standard(fact).is_some());
        let standards = self.standards_named(&facts).await?;
        let parts = parts_by_submission(&facts);
        let Folded { state, revisions, known: fresh } = fold(world, catalog, &standards, facts, &known);
        let known: Known = known.into_iter().chain(fresh).collect();
        // Saves of earlier incarnations are this node's too: a restored node goes on with them.
        let mut drafts = drafts.follow_all(&entries, read, &world.me, &revisions);
        let waivers = waivers(world, catalog, &counting);
        let mut taken = std::mem::take(&mut drafts.parts);
        taken.extend(parts.into_iter().filter(|(hash, _)| known.contains_key(hash)).flat_map(|(_, parts)| parts));
        let entries: Vec<Arc<Entry>> = entries.into_iter().map(|entry| without_bytes(entry, &taken)).collect();
        let loaded = Loaded {
            catalog: catalog.clone(),
            entries: entries.iter().filter(counts).cloned().collect(),
            draft: drafts.working.clone().filter(|draft| !is_submitted(&state, &revisions, draft)),
            asides: drafts.asides.clone(),
            grounds: drafts.grounds.clone(),
            written: drafts.written.clone(),
            state,
            revisions,
            waivers,
            erasures,
        };
        Ok((loaded, Memory { known, drafts, entries, payloads, has_standard, through }))
    }

    /// Reads a catalog of which something must be known.
    pub async fn load_known(&self, catalog: &CatalogId) -> Result<Loaded> {
        let loaded = self.load(catalog).await?;
        loaded.check_open()?;
        if loaded.entries.is_empty() { Err(Error::CatalogUnknown { catalog: catalog.clone() }) } else { Ok(loaded) }
    }
}

/// Whether what was read before reads otherwise now: content was removed.
fn changes_what_was(fresh: &[Arc<Entry>]) -> bool {
    fresh.iter().any(|entry| entry.header.kind == Kind::Erase)
}

fn fold(
    world: &World,
    catalog: &CatalogId,
    standards: &BTreeMap<Digest, Arc<Revision>>,
    facts: Vec<Fact>,
    known: &Known,
) -> Folded {
    let custodians = world.custodians(&catalog.division);
    let steps_of = |routing: &Digest| -> Option<Prescribed> { world.prescribed(routing, catalog) };
    let standard_of = |revision: &Digest| standards.get(revision).cloned();
    let keeping = world.keeping(&catalog.division);
    let ground = Ground {
        catalog,
        custodians: &custodians,
        keeping: Some(&keeping),
        steps_of: Some(&steps_of),
        standard_of: Some(&standard_of),
    };
    fold_known(&ground, facts, known)
}

/// A draft whose content was submitted, or that says what the head says, is no draft any more.
fn is_submitted(state: &CatalogState, revisions: &BTreeMap<Digest, Arc<Revision>>, draft: &DraftState) -> bool {
    let head = state.head().and_then(|head| revisions.get(&head.revision));
    let digest = draft.revision.digest();
    let was_sent = state.submissions.iter().any(|submission| submission.revision == digest);
    was_sent || head.is_some_and(|head| head.has_same_content(&draft.revision))
}

/// The review facts among a catalog's entries, known submissions without their parts.
fn facts(entries: &[Arc<Entry>], catalog: &CatalogId, known: &Known, erasures: &Erasures) -> Vec<Fact> {
    let batches = batches(entries);
    let facts = entries.iter().filter_map(|entry| fact(entry, catalog, &batches, known));
    facts.filter(|fact| is_backed(fact, erasures)).collect()
}

/// Item batches by hash, not decoded: most belong to what is known.
pub(crate) fn batches(entries: &[Arc<Entry>]) -> BTreeMap<EntryHash, &Entry> {
    let batches = entries.iter().filter(|entry| entry.header.kind == Kind::ItemBatch);
    batches.map(|entry| (entry.hash(), entry.as_ref())).collect()
}

/// Whether everything that a submission says was removed by law was: else its content is only withheld.
fn is_backed(fact: &Fact, erasures: &Erasures) -> bool {
    let Act::Submission { submission, parts } = &fact.act else { return true };
    let puts = parts.iter().flat_map(|part| &part.puts).chain(&submission.body.puts);
    is_rightly_erased(erasures, puts)
}

/// The batches that each submission names.
fn parts_by_submission(facts: &[Fact]) -> Vec<(EntryHash, Vec<EntryHash>)> {
    let named = facts.iter().filter_map(|fact| match &fact.act {
        Act::Submission { submission, .. } => Some((fact.hash, submission.body.parts.clone())),
        Act::Withdrawal(_) | Act::Receipt(_) | Act::Decision(_) | Act::Revocation(_) | Act::Reroute(_) => None,
    });
    named.collect()
}

/// A batch without its bytes, once a revision has what is in it: who keeps a catalog would keep all of it twice.
fn without_bytes(entry: Arc<Entry>, taken: &BTreeSet<EntryHash>) -> Arc<Entry> {
    let is_taken = entry.payload.is_some() && taken.contains(&entry.hash());
    if is_taken { Arc::new(entry.without_payload()) } else { entry }
}

/// The parts of the body that an entry carries, if all are here, go where it goes and can be read.
pub(crate) fn parts_of(
    namer: &Header,
    body: &RevisionBody,
    batches: &BTreeMap<EntryHash, &Entry>,
) -> Option<Vec<ItemBatch>> {
    let piece = |part| batches.get(part).filter(|piece| place::is_piece_of(&piece.header, namer));
    body.parts.iter().map(|part| decode::<ItemBatch>(piece(part)?)).collect()
}

pub(crate) fn decode<T: serde::de::DeserializeOwned>(entry: &Entry) -> Option<T> {
    payload::decode(&entry.header.kind, entry.payload.as_deref()?).ok()
}

pub(crate) fn on_catalog<T: serde::de::DeserializeOwned>(entry: &Entry, catalog: &CatalogId) -> Option<T> {
    let on: OnCatalog<T> = decode(entry)?;
    (on.catalog == *catalog).then_some(on.act)
}

fn fact(entry: &Entry, catalog: &CatalogId, batches: &BTreeMap<EntryHash, &Entry>, known: &Known) -> Option<Fact> {
    let act = match entry.header.kind.known()? {
        Kind::Submission => {
            let submission: Submission = decode(entry)?;
            let is_known = known.contains_key(&entry.hash());
            let parts = if is_known { None } else { parts_of(&entry.header, &submission.body, batches) };
            Act::Submission { submission, parts: parts.unwrap_or_default() }
        }
        Kind::Withdrawal => Act::Withdrawal(on_catalog::<Withdrawal>(entry, catalog)?),
        Kind::Receipt => Act::Receipt(on_catalog::<Receipt>(entry, catalog)?),
        Kind::Decision => Act::Decision(on_catalog::<Decision>(entry, catalog)?),
        Kind::Revocation => Act::Revocation(on_catalog::<Revocation>(entry, catalog)?),
        Kind::Reroute => Act::Reroute(on_catalog::<Reroute>(entry, catalog)?),
        // Any other kind is no act of review.
        _ => return None,
    };
    let author = entry.header.stream.author.division.clone();
    let operator = entry.header.operator.clone().unwrap_or_else(|| node_operator(&author));
    Some(Fact { hash: entry.hash(), author, operator, at_ms: entry.header.written_at_ms, act })
}

/// The id under which a node acts by itself.
pub(crate) fn node_operator(division: &gongkai_model::id::DivisionId) -> OperatorId {
    OperatorId::of_node(division)
}
