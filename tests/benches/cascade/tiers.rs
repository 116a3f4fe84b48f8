//! A tree of real daemons: city, counties, townships, each a process with its own data directory.
//!
//! Invariant: when a tree is handed out, every link is in session, has carried entries, and has nothing left to do.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use gongkai_tests::tree::{Node, eventually, pause};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::{
    admin::Admin,
    data::Workbook,
    system::{self, Commits, Memory},
};

/// The top of every tree here.
pub(crate) const CITY: &str = "211200";
/// Two counties and five townships of each.
pub(crate) const COUNTIES: &[(&str, &[&str])] = &[
    ("211221", &["211221101", "211221102", "211221103", "211221104", "211221105"]),
    ("211282", &["211282102", "211282103", "211282104", "211282105", "211282106"]),
];
/// One line from a township to the city.
pub(crate) const LINE: &[(&str, &[&str])] = &[("211221", &["211221101"])];

/// How often a state is looked at while waiting for it.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// Longest wait for a state. A load may take as long as the whole run may; see `watch_over`.
const PATIENCE: Duration = Duration::from_secs(1800);
/// Longest wait for a tree to come up, and to rest when all has arrived.
const SETTLING: Duration = Duration::from_secs(300);
/// No commit on any tier for this long: receipts and acknowledgements have come to rest.
const REST: Duration = Duration::from_millis(300);

/// One daemon with a connection to it.
pub(crate) struct Tier {
    pub(crate) node: Node,
    pub(crate) admin: Admin,
    pub(crate) pid: u32,
}

impl Tier {
    /// Starts a node's daemon.
    pub(crate) fn start(runtime: &Runtime, mut node: Node) -> Result<Self> {
        node.start()?;
        let admin = runtime.block_on(Admin::of(&node.dir))?;
        let pid = node.pid().context("the daemon was started")?;
        Ok(Self { node, admin, pid })
    }

    /// The commits of its database.
    pub(crate) fn commits(&self) -> Result<Commits> {
        Commits::of(&self.node.dir)
    }

    /// Where its children dial.
    pub(crate) fn port(&self) -> Result<u16> {
        let address = std::fs::read_to_string(self.node.dir.join("listen.addr"))?;
        Ok(address.trim().rsplit(':').next().context("no port")?.parse()?)
    }
}

/// The tree.
pub(crate) struct Tiers {
    pub(crate) city: Tier,
    pub(crate) counties: Vec<Tier>,
    pub(crate) towns: Vec<Tier>,
    pub(crate) place: TempDir,
}

impl Tiers {
    /// Founds, enrols and starts everything.
    pub(crate) fn grow(runtime: &Runtime, shape: &[(&str, &[&str])]) -> Result<Self> {
        let place = tempfile::tempdir()?;
        let city = Tier::start(runtime, Node::found(place.path(), CITY)?)?;
        let (mut counties, mut towns) = (Vec::new(), Vec::new());
        for (county, below) in shape {
            let county = Tier::start(runtime, Node::join(place.path(), &city.node, county)?)?;
            if let Some(first) = below.first() {
                let knows = || Ok(county.node.try_run(&["node", "invite", first])?.status == 0);
                eventually("the tree reaches the county", knows)?;
            }
            for town in *below {
                towns.push(Tier::start(runtime, Node::join(place.path(), &county.node, town)?)?);
            }
            counties.push(county);
        }
        let tiers = Self { city, counties, towns, place };
        tiers.wait_until_settled(runtime)?;
        Ok(tiers)
    }

    /// All daemons, the city first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Tier> {
        std::iter::once(&self.city).chain(&self.counties).chain(&self.towns)
    }

    /// Waits until every link is in session and nothing moves any more.
    pub(crate) fn wait_until_settled(&self, runtime: &Runtime) -> Result<()> {
        let links = self.counties.len() + self.towns.len();
        within(SETTLING, "all links are connected and drained", || {
            let mut seen = (0, 0);
            for tier in self.all() {
                let (connected, left) = runtime.block_on(tier.admin.links())?;
                seen = (seen.0 + connected, seen.1 + left);
            }
            Ok(seen == (links * 2, 0))
        })?;
        self.wait_for_rest()
    }

    /// Waits until no database has changed for a while.
    pub(crate) fn wait_for_rest(&self) -> Result<()> {
        let mut commits = self.all().map(Tier::commits).collect::<Result<Vec<_>>>()?;
        let mut since = Instant::now();
        within(SETTLING, "the tree comes to rest", || {
            for one in &mut commits {
                if one.have_grown()? {
                    since = Instant::now();
                }
            }
            Ok(since.elapsed() > REST)
        })
    }

    /// Keeps each township's workbooks as drafts.
    pub(crate) fn import(&self, runtime: &Runtime, workbooks: &[Vec<Workbook>]) -> Result<()> {
        for (town, workbooks) in self.towns.iter().zip(workbooks) {
            for workbook in workbooks {
                runtime.block_on(town.admin.import(workbook))?;
            }
        }
        Ok(())
    }

    /// Submits each township's catalogs, all townships at once, and waits until the city lists every item.
    pub(crate) fn submit_all(&self, runtime: &Runtime, workbooks: &[Vec<Workbook>]) -> Result<Submitted> {
        let before = runtime.block_on(self.city.admin.items())?;
        let expected: usize = before + workbooks.iter().flatten().map(|workbook| workbook.items).sum::<usize>();
        let begun = Instant::now();
        let submitting: Vec<_> = self
            .towns
            .iter()
            .zip(workbooks)
            .map(|(town, workbooks)| {
                let (admin, catalogs) = (town.admin.clone(), catalogs_of(workbooks));
                runtime.spawn(async move {
                    for catalog in catalogs {
                        admin.submit(&catalog).await?;
                    }
                    anyhow::Ok(begun.elapsed())
                })
            })
            .collect();
        until("the city lists every item", || Ok(runtime.block_on(self.city.admin.items())? >= expected))?;
        let at_city = begun.elapsed();
        let mut at_towns = Duration::ZERO;
        for one in submitting {
            at_towns = at_towns.max(runtime.block_on(one)??);
        }
        Ok(Submitted { at_towns, at_city })
    }

    /// Processor seconds so far by tier: townships, counties, city.
    pub(crate) fn cpu(&self) -> Result<[f64; 3]> {
        let of = |tiers: &[Tier]| tiers.iter().map(|tier| system::cpu_seconds(tier.pid)).sum::<Result<f64>>();
        Ok([of(&self.towns)?, of(&self.counties)?, system::cpu_seconds(self.city.pid)?])
    }

    /// Memory of the city, of the larger county and of the largest township.
    pub(crate) fn memory(&self) -> Result<[Memory; 3]> {
        let largest = |tiers: &[Tier]| -> Result<Memory> {
            let mut all = tiers.iter().map(|tier| system::memory(tier.pid)).collect::<Result<Vec<_>>>()?;
            all.sort_by(|a, b| a.resident.total_cmp(&b.resident));
            all.pop().context("no node of this tier")
        };
        Ok([system::memory(self.city.pid)?, largest(&self.counties)?, largest(&self.towns)?])
    }
}

fn catalogs_of(workbooks: &[Workbook]) -> Vec<String> {
    workbooks.iter().map(|workbook| workbook.catalog.clone()).collect()
}

/// When a load was through.
pub(crate) struct Submitted {
    /// The last township's last submission was committed and answered.
    pub(crate) at_towns: Duration,
    /// The city listed all items.
    pub(crate) at_city: Duration,
}

/// Looks until a state has come about.
pub(crate) fn until(what: &str, look: impl FnMut() -> Result<bool>) -> Result<()> {
    within(PATIENCE, what, look)
}

/// The same, for so long.
fn within(patience: Duration, what: &str, mut look: impl FnMut() -> Result<bool>) -> Result<()> {
    crate::doing(what);
    let begun = Instant::now();
    while begun.elapsed() < patience {
        if look()? {
            return Ok(());
        }
        pause(LOOK_EVERY);
    }
    bail!("it did not come about within {patience:?}: {what}")
}
