//! Every use case once: authorise, decide (model), record (journal), commit (store).
//!
//! Invariant: whatever changes the node goes through [`App`]; carriers, the admin API and the scheduler only call it.
//! Acts of this node are made one after the other. Left out: sockets, processes, configuration (node).

mod access;
mod account;
mod act;
mod acts;
mod audit;
mod bundle;
mod catalog;
mod certify;
mod check;
mod clock;
mod conflict;
mod custody;
mod desk;
mod doctor;
mod draft;
mod enrol;
mod erase;
mod error;
mod explain;
mod found;
mod history;
mod import;
mod intake;
mod known;
mod mapping;
mod named;
mod operator;
mod outside;
mod permit;
mod project;
mod propose;
mod publish;
mod recent;
mod recovery;
mod refusals;
mod rejoin;
mod renew;
mod reorganise;
mod replica;
mod review;
mod revocation;
mod routing;
mod source;
mod stale;
mod standard;
mod standing;
mod submit;
mod times;
mod waive;
mod whereabouts;
mod world;

#[cfg(test)]
mod walls;

use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32},
    },
};

use arc_swap::{ArcSwap, ArcSwapOption};
use gongkai_journal::sign::Signer;
use gongkai_model::id::DivisionId;
use gongkai_store::Store;
use tokio::sync::{Mutex, watch};

pub use access::close_to_others;
pub use audit::{AuditFilter, AuditPage, AuditRow, Summary};
pub use bundle::{
    BundleJudged, BundlePeer, BundleQuestion, BundleRefused, BundleStart, BundleTaken, Foreseen, LostBundle, MadeState,
};
pub use catalog::Loaded;
pub use certify::{CertError, CertState, HeldCert};
pub use check::{CheckError, Checked, CheckedFile};
pub use clock::{Chance, Clock, SystemChance, SystemClock};
pub use conflict::{ConflictError, Ending, Resolution, Resolved, Settling};
pub use custody::{Custody, CustodyError, Doubt, Doubted};
pub use desk::{Age, Asked, REVIEW_DAYS_DEFAULT};
pub use doctor::{Check, CheckState, DoctorReport};
pub use draft::DraftState;
pub use enrol::{Invited, JoinAnswer, JoinQuestion};
pub use erase::{EraseAsked, EraseError, EraseQuestion, EraseRow};
pub use error::{Error, Result};
pub use explain::{Evidence, Explanation, Finding, FindingState};
pub use found::{Founding, JoinedParts, found_root, store_joined};
pub use history::{CatalogEvent, ItemEvent, ItemHistory};
pub use import::{ImportQuestion, Imported, ImportedRevision, MatchedRow, RowChange};
pub use intake::{AuthorUse, Intake, Waiting};
pub use known::{HeldAt, Known};
pub use mapping::KeptColumns;
pub use named::one;
pub use operator::{Operator, Role};
pub use outside::{DOCUMENT_BYTES_MAX, OutsideDocument};
pub use permit::{Action, ROLES_UNLISTED, Scope, UnderHold};
pub use project::CatalogRow;
pub use propose::{ProposalError, Proposed, Suggestion};
pub use publish::{
    BlockedCatalog, CatalogChanges, Change, CheckedCatalog, Difference, Edition, EditionDifference, EditionLine,
    EditionRow, EditionShown, ItemChanged, MissingCatalog, Preview, Readiness, Reason, SignOffError, SignOffPolicy,
    SignOffRow, SignOffs, Verified, VerifyError, verify,
};
pub use recovery::{BackupReport, Claims, Held, HoldReason, OtherPlace, RecoveryError, Restored, restore};
pub use rejoin::{Rejoining, ToldParent};
pub use reorganise::Moved;
pub use replica::Replica;
pub use review::{ElementWords, Spoken, Verdicts};
pub use routing::{OutdatedReview, RerouteScope, RoutingError, TableChanged};
pub use source::{SourceCells, Sources};
pub use stale::Staleness;
pub use standard::{
    ComparedCatalog, Offer, RebaseQuestion, RebasedCatalog, StandardError, StandardImported, StandardNews,
    StandardQuestion, StandardRow, StandardVersion, StartQuestion, StartedCatalog,
};
pub use standing::CertStanding;
pub use submit::{Change as SubmittedChange, Submitted};
pub use waive::{WaiveQuestion, Waived};
pub use whereabouts::{Arrival, EntryPlaces, LinkNow, Place};
pub use world::{Anchor, World};

/// One node: its store, its beliefs and its key. Cheap to clone.
#[derive(Clone)]
pub struct App {
    inner: Arc<Inner>,
}

struct Inner {
    dir: PathBuf,
    store: Store,
    signer: Box<dyn Signer>,
    clock: Box<dyn Clock>,
    chance: Box<dyn Chance>,
    world: ArcSwap<World>,
    /// What it was folded from.
    trust_log: world::TrustLog,
    /// Counts how often the beliefs were folded.
    folded: watch::Sender<u64>,
    recent: recent::Recent,
    /// Held from deciding until the commit, so that no act is decided on what another is about to change.
    acting: Mutex<()>,
    /// One backup at a time.
    saving: Mutex<()>,
    /// One bundle at a time.
    bundling: Mutex<()>,
    /// The hold that the store keeps.
    held: ArcSwapOption<Held>,
    /// Working days that a step of review has.
    review_days: AtomicU32,
    /// The words that an edition needs.
    sign_offs: ArcSwap<SignOffPolicy>,
    /// Refusals written lately, so that a script that tries again and again does not fill the journal.
    refused: std::sync::Mutex<refusals::Lately>,
    /// The client certificates of this node's operators.
    certs: ArcSwap<certify::Register>,
    /// The accounts behind operators that the journal names last.
    accounts: std::sync::Mutex<account::Said>,
    /// Peers with whom a session of this process was settled.
    compared: std::sync::Mutex<BTreeSet<DivisionId>>,
    /// What peers say of this node's past without having shown it.
    unproved: std::sync::Mutex<recovery::Unproved>,
    /// What peers say of where feeds have arrived.
    standings: known::Book,
    /// Counts how often payloads were removed by law.
    erased: watch::Sender<u64>,
    /// Payloads were removed, and what was derived from them is not made anew yet.
    is_erasing: AtomicBool,
    /// What names certificates beside the journal.
    introduced: standing::Introduced,
}

impl App {
    /// Opens the node of a data directory and brings its projections up to the journal.
    pub async fn open(
        dir: PathBuf,
        store: Store,
        signer: Box<dyn Signer>,
        clock: Box<dyn Clock>,
        chance: Box<dyn Chance>,
    ) -> Result<Self> {
        let trust_log = world::TrustLog::default();
        let world = World::load(&store, &trust_log, clock.now_ms()).await?;
        let held = ArcSwapOption::from(recovery::kept(&store).await?.map(Arc::new));
        let inner = Inner {
            dir,
            store,
            signer,
            clock,
            chance,
            world: ArcSwap::from_pointee(world),
            trust_log,
            folded: watch::Sender::new(0),
            recent: recent::Recent::default(),
            acting: Mutex::new(()),
            saving: Mutex::new(()),
            bundling: Mutex::new(()),
            held,
            review_days: AtomicU32::new(REVIEW_DAYS_DEFAULT),
            sign_offs: ArcSwap::default(),
            refused: std::sync::Mutex::default(),
            certs: ArcSwap::default(),
            accounts: std::sync::Mutex::default(),
            compared: std::sync::Mutex::default(),
            unproved: std::sync::Mutex::default(),
            standings: known::Book::default(),
            erased: watch::Sender::new(0),
            is_erasing: AtomicBool::new(false),
            introduced: standing::Introduced::default(),
        };
        let app = Self { inner: Arc::new(inner) };
        app.resume_hold().await?;
        app.renew_rows().await?;
        app.catch_up().await?;
        app.carry_keys().await?;
        app.catch_up().await?;
        app.postpone_again().await?;
        app.read_certs().await?;
        app.read_introduction().await?;
        Ok(app)
    }

    /// The node's data directory.
    pub fn dir(&self) -> &std::path::Path {
        &self.inner.dir
    }

    /// The store, for reading.
    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    /// What the node believes now.
    pub fn world(&self) -> Arc<World> {
        self.inner.world.load_full()
    }

    /// The present, unix milliseconds.
    pub fn now_ms(&self) -> i64 {
        self.inner.clock.now_ms()
    }

    /// Folds the trust entries again: they have grown, or a day has passed.
    pub async fn refresh_world(&self) -> Result<()> {
        let world = World::load(&self.inner.store, &self.inner.trust_log, self.now_ms()).await?;
        self.inner.world.store(Arc::new(world));
        self.inner.folded.send_modify(|count| *count += 1);
        Ok(())
    }

    /// Tells whenever the beliefs were folded anew: what follows from them may be another.
    pub fn watch_world(&self) -> watch::Receiver<u64> {
        self.inner.folded.subscribe()
    }
}
