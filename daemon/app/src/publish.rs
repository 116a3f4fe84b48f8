//! Editions (汇总发布版): what one would hold, making it, and what the earlier ones held.
//!
//! Invariant: an edition holds the latest approved revision of each catalog and nothing else; its directory gets its
//! final name only after its entry is committed, and a restart brings the one up to the other. Only the top node
//! publishes. Left out: pages and files (edge/publish), schedules (node).

mod alias;
mod build;
mod check;
mod compare;
mod plan;
mod reason;
mod select;
mod series;
mod sign_off;

use std::path::{Path, PathBuf};

use gongkai_journal::kind::Kind;
use gongkai_model::{
    check::Finding,
    digest::Digest,
    edition::{EditionPayload, SignOff},
};
use gongkai_publish::{Rendered, commit, discard, partial_path};
use gongkai_store::Draft;

pub use check::{CheckedCatalog, Readiness};
pub use compare::{CatalogChanges, EditionDifference, ItemChanged};
pub use gongkai_publish::{Difference, Verified, VerifyError, verify};
pub use reason::{MissingCatalog, Reason};
pub(crate) use series::edition_of;
pub use series::{Change, EditionLine, EditionRow, EditionShown};
pub use sign_off::{SignOffError, SignOffPolicy, SignOffRow, SignOffs};

use crate::{
    Action, App, Error, Operator, Result,
    act::{Acting, Subject},
};
use plan::Plan;
use select::Selection;
use series::{Contents, Series, SeriesEntry};

/// What an edition made now would be.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The number it would get.
    pub number: u64,
    /// The edition before; 0 for none.
    pub previous: u64,
    /// Its catalogs against the edition before, those that would go included; by catalog id.
    pub catalogs: Vec<EditionLine>,
    /// How many catalogs it would hold.
    pub catalogs_held: usize,
    /// How many items it would hold.
    pub items: usize,
    /// What would not be in it, and why; catalogs that are blocked included.
    pub missing: Vec<MissingCatalog>,
    /// Approved catalogs that the content checks keep out.
    pub blocked: Vec<BlockedCatalog>,
    /// Whether it would equal the edition before.
    pub is_unchanged: bool,
}

/// An approved catalog that must not be published as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockedCatalog {
    /// Which, and why in one sentence.
    pub missing: MissingCatalog,
    /// What keeps it out.
    pub findings: Vec<Finding>,
}

/// An edition that was made, or the last one where nothing has changed since.
#[derive(Clone, Debug)]
pub struct Edition {
    /// Its number.
    pub number: u64,
    /// Where it lies.
    pub directory: PathBuf,
    /// Catalogs in it.
    pub catalogs: usize,
    /// Items in it.
    pub items: usize,
    /// What is not in it now, and why.
    pub missing: Vec<MissingCatalog>,
    /// Of these, what the content checks keep out.
    pub blocked: Vec<BlockedCatalog>,
    /// Root over its catalogs.
    pub manifest_root: Digest,
    /// Whether nothing changed since the last edition, so that none was made.
    pub is_unchanged: bool,
    /// Against the edition before; `None` for the first and for an unchanged one.
    pub difference: Option<Difference>,
}

impl App {
    /// What an edition made now would hold, and what would be missing.
    pub async fn preview_edition(&self) -> Result<Preview> {
        self.require_top()?;
        let _alone = self.alone().await;
        let series = self.series().await?;
        let before = self.contents_of_last(&series, None).await?;
        let previous = series.keys().next_back().copied().unwrap_or(0);
        let selection = self.select(&before).await?;
        let now = selection.contents();
        let (catalogs_held, items) = (now.len(), now.values().map(|(_, items)| *items as usize).sum());
        Ok(Preview {
            number: previous + 1,
            previous,
            is_unchanged: previous > 0 && is_same(&before, &now),
            catalogs: self.lines(&before, &now).await?,
            catalogs_held,
            items,
            missing: selection.missing,
            blocked: selection.blocked,
        })
    }

    /// Makes an edition below `root` (`root/edition-N`), or finds that the last one still says it all.
    pub async fn run_edition(
        &self,
        operator: &Operator,
        note: String,
        refuse_missing: bool,
        root: PathBuf,
    ) -> Result<Edition> {
        operator.may(Action::PublishRun)?;
        self.require_top()?;
        let order = Order { operator: operator.clone(), note, refuse_missing, root };
        let app = self.clone();
        // In a task of its own: a caller that hangs up must not let go of the lock while files are being written.
        tokio::spawn(async move { app.make_edition(order).await }).await.unwrap_or(Err(Error::EditionInterrupted))
    }

    /// Finishes what a crash left: a committed edition without its directory is made again from the journal, and
    /// what lies beside without an entry is removed. Gives the numbers made again. For the node's start.
    pub async fn complete_editions(&self, root: &Path) -> Result<Vec<u64>> {
        if self.require_top().is_err() {
            return Ok(Vec::new());
        }
        let _alone = self.alone().await;
        let series = self.series().await?;
        self.complete(&series, root).await
    }

    async fn make_edition(&self, order: Order) -> Result<Edition> {
        let acting = self.begin(&order.operator, Action::PublishRun, Subject::NODE).await?;
        let series = self.series().await?;
        self.complete(&series, &order.root).await?;
        let last = series.values().next_back();
        let before = self.contents_of_last(&series, Some(&order.root)).await?;
        let selection = self.select(&before).await?;
        if let Some(missing) = selection.missing.first().filter(|_| order.refuse_missing) {
            return Err(Error::EditionIncomplete { count: selection.missing.len(), first: missing.name() });
        }
        match last {
            Some(last) if is_same(&before, &selection.contents()) => Ok(unchanged(last, selection, &order.root)),
            None if selection.chosen.is_empty() => Err(Error::NothingApproved),
            Some(_) | None => self.publish(&acting, selection, last, &order).await,
        }
    }

    /// Built aside, planned, committed, renamed: in this order, so that a crash between any two can be told.
    async fn publish(
        &self,
        acting: &Acting<'_>,
        selection: Selection,
        last: Option<&SeriesEntry>,
        order: &Order,
    ) -> Result<Edition> {
        let number = last.map_or(1, |last| last.payload.number + 1);
        let words = self.required_words(number, &selection.contents()).await?;
        let plan = Plan::of(&selection, last, order.note.clone(), self.now_ms());
        let target = build::directory(&order.root, plan.number);
        let rendered = self.render_aside(&plan, selection.revisions(), &order.root).await?;
        if let Err(error) = self.commit_entry(acting, &plan, (&rendered, words), last).await {
            // The first fault is the one to report; what stays is removed by the next run.
            let _ = discard(&target);
            return Err(error);
        }
        let (partial, manifest) = (partial_path(&target), rendered.manifest);
        let place = target.clone();
        build::off_thread(move || commit(&partial, &place, &manifest)).await??;
        Ok(Edition {
            number: plan.number,
            directory: target,
            catalogs: plan.catalogs.len(),
            items: rendered.counts.items as usize,
            missing: selection.missing,
            blocked: selection.blocked,
            manifest_root: rendered.edition_root,
            is_unchanged: false,
            difference: rendered.difference,
        })
    }

    async fn commit_entry(
        &self,
        acting: &Acting<'_>,
        plan: &Plan,
        (rendered, sign_offs): (&Rendered, Vec<SignOff>),
        last: Option<&SeriesEntry>,
    ) -> Result<()> {
        self.keep_plan(plan).await?;
        let count = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        let payload = EditionPayload {
            number: plan.number,
            previous: last.map(|last| last.hash),
            manifest_root: rendered.edition_root,
            manifest: rendered.manifest,
            catalogs: count(rendered.counts.catalogs),
            items: count(rendered.counts.items),
            missing: count(rendered.counts.missing),
            published_at_ms: plan.published_at_ms,
            sign_offs,
            heads: plan.heads,
        };
        let subject = self.world().root.clone();
        let draft = Draft::of(Kind::Edition, subject, gongkai_journal::payload::encode(&payload));
        acting.record_one(draft).await.map(drop)
    }

    /// Refuses everywhere but at the top of the tree.
    fn require_top(&self) -> Result<()> {
        let world = self.world();
        if world.me == world.root {
            return Ok(());
        }
        Err(Error::NotPublisher { root: world.root.clone(), me: world.me.clone() })
    }

    async fn contents_of_last(&self, series: &Series, root: Option<&Path>) -> Result<Contents> {
        match series.keys().next_back() {
            Some(number) => Ok(self.contents(*number, root).await?.unwrap_or_default()),
            None => Ok(Contents::new()),
        }
    }
}

/// Who wants an edition, where and how.
struct Order {
    operator: Operator,
    note: String,
    refuse_missing: bool,
    root: PathBuf,
}

/// Whether two editions hold the same revisions.
fn is_same(before: &Contents, now: &Contents) -> bool {
    let revisions = |contents: &Contents| -> Vec<_> {
        contents.iter().map(|(catalog, (revision, _))| (catalog.clone(), *revision)).collect()
    };
    revisions(before) == revisions(now)
}

fn unchanged(last: &SeriesEntry, selection: Selection, root: &Path) -> Edition {
    Edition {
        number: last.payload.number,
        directory: build::directory(root, last.payload.number),
        catalogs: last.payload.catalogs as usize,
        items: last.payload.items as usize,
        missing: selection.missing,
        blocked: selection.blocked,
        manifest_root: last.payload.manifest_root,
        is_unchanged: true,
        difference: None,
    }
}
