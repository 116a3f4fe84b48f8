//! The node's own examination: journal, signatures, keys, clock, links, catalogs, backup.
//!
//! Invariant: nothing is repaired but the projections, and these only when asked; every check says ok or names a
//! code with a next step.

mod clocks;
mod space;

use gongkai_journal::{
    Route,
    keys::SignatureFault,
    sign::{PublicKey, Signer},
};
use gongkai_model::digest::Digest;
use gongkai_pki::{EntryKey, PkiDir};
use gongkai_store::LogFilter;
use gongkai_sync::admit::ChainFault;

use crate::{App, Reason, Result, access};

/// Entries whose signatures are checked in one go.
const PAGE: usize = 200;
/// A weekly backup, and a day for the person who changes the disk.
const BACKUP_AGE_MS_MAX: i64 = 8 * DAY_MS;
const DAY_MS: i64 = 86_400_000;
/// A certificate that ends sooner is named: renewal begins well before.
const EXPIRY_WARNING_MS: i64 = 30 * DAY_MS;
/// How far this node's clock may stand behind its own last commit: a step of the time service.
const CLOCK_SLACK_MS: i64 = 5 * 60_000;
/// A want that is older has waited for more than a night of a scheduled link.
const WANT_AGE_MS_MAX: i64 = 2 * DAY_MS;
/// Where bundles are carried: a drive there and one back, once a month.
const CARRIED_WANT_AGE_MS_MAX: i64 = 62 * DAY_MS;

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CheckState {
    /// Nothing to do.
    Ok,
    /// Works, and a person should look.
    Warning,
    /// Something is wrong.
    Failed,
}

impl CheckState {
    /// The word in JSON and English output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What was looked at.
    pub name: &'static str,
    /// How it ended.
    pub state: CheckState,
    /// What was found; the code is empty where all is well.
    pub reason: Reason,
}

/// The result of an examination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoctorReport {
    /// The checks, in the order made.
    pub checks: Vec<Check>,
    /// Whether the projections were made again.
    pub is_rebuilt: bool,
    /// Digest of the projected state before.
    pub state_digest_before: Digest,
    /// And after; the same where nothing was made again.
    pub state_digest_after: Digest,
    /// Entries in the feed.
    pub entries: u64,
}

impl DoctorReport {
    /// The worst of the checks.
    pub fn state(&self) -> CheckState {
        self.checks.iter().map(|check| check.state).max().unwrap_or(CheckState::Ok)
    }
}

impl App {
    /// Examines the node; `rebuild` throws the projections away and folds them again from the entries.
    pub async fn doctor(&self, rebuild: bool) -> Result<DoctorReport> {
        let intake = self.intake().await?;
        let mut checks = vec![
            self.check_chains().await?,
            self.check_signatures().await?,
            self.check_forks().await?,
            self.check_entry_key(),
            self.check_certificate(),
            self.check_access(),
            self.check_clock().await?,
            self.check_times().await?,
            self.check_wants().await?,
            self.check_catalogs().await?,
            Self::check_usage(&intake),
            Self::check_disk(&intake),
            self.check_backup().await?,
            self.check_hold(),
            self.check_claims().await?,
            self.check_operators().await?,
        ];
        let (before, after) = if rebuild {
            self.rebuild().await?
        } else {
            let digest = self.store().projection_digest().await?;
            (digest, digest)
        };
        if rebuild {
            checks.push(projections(before == after));
        }
        let entries = self.store().feed_state().await?.offset;
        let (state_digest_before, state_digest_after) = (before, after);
        Ok(DoctorReport { checks, is_rebuilt: rebuild, state_digest_before, state_digest_after, entries })
    }

    async fn check_chains(&self) -> Result<Check> {
        let found = self.store().verify_chain(&|_, _| {}).await?;
        let Some(first) = found.problems.first() else {
            let text = format!("{} entries, {} without payload", found.entries, found.without_payload);
            return Ok(ok("chains", text));
        };
        let message = format!("{} problems; entry {} of the feed: {}", found.problems.len(), first.feed, first.what);
        let hint = "stop the daemon, keep a copy of the data directory, and restore the last backup";
        Ok(failed("chains", "GK-DOCTOR-001", message, hint))
    }

    /// The store checks hashes; who signed can only be told with the keys, which are folded from entries.
    async fn check_signatures(&self) -> Result<Check> {
        let world = self.world();
        let (mut after, mut count, mut unknown, mut aside, mut first) = (0, 0_usize, 0_usize, 0_usize, None);
        loop {
            let page = self.store().entries_after(after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.feed;
            count += page.len();
            for placed in &page {
                match world.trust.keyring.check(&placed.entry) {
                    Ok(()) => {}
                    Err(SignatureFault::KeyUnknown) => unknown += 1,
                    // They came before the revocation did, and have no effect.
                    Err(SignatureFault::Revoked) => aside += 1,
                    Err(SignatureFault::Bad) => {
                        first =
                            first.or_else(|| Some((placed.feed, placed.entry.header.stream.author.division.clone())));
                    }
                }
            }
        }
        if let Some((feed, division)) = first {
            let message = format!("entry {feed} of the feed does not bear a valid signature of `{division}`");
            let hint = format!("compare with the node of `{division}`; nothing of that stream counts beyond it");
            return Ok(failed("signatures", "GK-DOCTOR-002", message, hint));
        }
        if unknown > 0 {
            let message = format!("{unknown} entries are signed with keys whose certificate entry is not here");
            let hint = "let the link catch up: `gongkai sync now`";
            return Ok(warning("signatures", "GK-DOCTOR-003", message, hint));
        }
        let aside = if aside > 0 { format!(", {aside} set aside: their key was revoked") } else { String::new() };
        Ok(ok("signatures", format!("{count} signatures{aside}")))
    }

    async fn check_forks(&self) -> Result<Check> {
        let world = self.world();
        let heads = self.store().heads(&Route::of(world.tree(), &world.me)).await?;
        let mut forked = heads.iter().filter(|head| head.tips.len() > 1);
        let Some(first) = forked.next() else { return Ok(ok("forks", format!("{} streams", heads.len()))) };
        let division = &first.stream.author.division;
        let message = format!("{} streams have two ends; the first is of `{division}`", 1 + forked.count());
        let hint = format!("ask `{division}` whether its data directory was restored or copied; both ends are kept");
        Ok(warning("forks", "GK-DOCTOR-004", message, hint))
    }

    fn check_entry_key(&self) -> Check {
        let world = self.world();
        let key = PkiDir::open(self.dir()).and_then(|pki| EntryKey::load(&pki));
        let key = match key {
            Ok(key) => key,
            Err(error) => {
                let error = gongkai_pki::Error::from(error);
                return failed("entry-key", error.code(), error.to_string(), error.hint());
            }
        };
        let Some(cert) = world.certificate(&world.me) else {
            let hint = "let the link catch up: `gongkai sync now`";
            return warning("entry-key", "GK-DOCTOR-005", "this node's certificate entry has not arrived", hint);
        };
        let public = Signer::public_key(&key);
        let id = hex::encode(PublicKey { algorithm: Signer::algorithm(&key), bytes: public.clone() }.id());
        if cert.entry_key.public == hex::encode(&public) && self.inner.signer.public_key() == public {
            return ok("entry-key", format!("key {id}"));
        }
        let hint = "the data directory holds another node's keys: restore `pki/` from this node's backup";
        failed("entry-key", "GK-DOCTOR-006", format!("key {id} is not the one of this node's certificate entry"), hint)
    }

    fn check_certificate(&self) -> Check {
        let credentials = match self.credentials() {
            Ok(credentials) => credentials,
            Err(error) => return failed("certificate", error.code(), error.to_string(), error.hint()),
        };
        let left_ms = credentials.not_after_ms().saturating_sub(self.now_ms());
        let hint = "run `gongkai node renew` here, or at the parent node if it has expired";
        if left_ms <= 0 {
            return failed("certificate", "GK-DOCTOR-007", "the node's certificate has expired", hint);
        }
        let days = left_ms / DAY_MS;
        if left_ms < EXPIRY_WARNING_MS {
            let message = format!("the node's certificate ends in {days} days");
            return warning("certificate", "GK-DOCTOR-008", message, hint);
        }
        ok("certificate", format!("{days} days left"))
    }

    /// Drafts are not public: who may look into the data directory reads them.
    fn check_access(&self) -> Check {
        let hint = "chmod 700 DIR, and restart the daemon; a drive without rights is no place for a node";
        let dir = self.dir();
        let found =
            access::is_open(dir).and_then(|is_open| if is_open { access::open_to_others(dir) } else { Ok(Vec::new()) });
        let open = match found {
            Ok(open) => open,
            Err(error) => return warning("access", "GK-DOCTOR-017", format!("`{}`: {error}", dir.display()), hint),
        };
        let Some(first) = open.first() else { return ok("access", "closed to others") };
        let message = format!(
            "{} files and directories are open to other users of this machine; the first is `{}` (mode {:o})",
            open.len(),
            first.path.display(),
            first.mode
        );
        warning("access", "GK-DOCTOR-017", message, hint)
    }

    async fn check_clock(&self) -> Result<Check> {
        let filter = LogFilter { limit: 1, is_newest_first: true, ..LogFilter::default() };
        let last = self.store().log(&filter).await?.first().map_or(0, |row| row.committed_at_ms);
        let behind_ms = last.saturating_sub(self.now_ms());
        if behind_ms <= CLOCK_SLACK_MS {
            return Ok(ok("clock", "not behind the last commit"));
        }
        let message = format!("the clock stands {} s behind the node's own last commit", behind_ms / 1000);
        let hint = "set the clock, and switch the time service on; entries keep their order meanwhile";
        Ok(warning("clock", "GK-DOCTOR-009", message, hint))
    }

    async fn check_wants(&self) -> Result<Check> {
        let (mut open, mut aside, mut stuck, mut example) = (0_usize, 0_usize, 0_usize, None);
        let now_ms = self.now_ms();
        // Under the node's own name stand payloads that are wanted from whoever has them.
        let peers = self.store().peers().await?.into_iter().map(|peer| peer.division);
        for peer in peers.chain([self.world().me.clone()]) {
            let is_carried = self.bundle_ledger(&peer).await?.newest.is_some();
            let age_ms_max = if is_carried { CARRIED_WANT_AGE_MS_MAX } else { WANT_AGE_MS_MAX };
            for want in self.store().wants(&peer).await? {
                open += 1;
                // What a revoked key went on to sign is kept out, and that is as it should be.
                if want.stopped.as_deref() == Some(ChainFault::RevokedKey.code()) {
                    aside += 1;
                    continue;
                }
                let is_stuck = want.stopped.is_some() || now_ms - want.created_at_ms > age_ms_max;
                stuck += usize::from(is_stuck);
                let why = || want.stopped.clone().unwrap_or_else(|| want.want.why.word().to_owned());
                example = example.or_else(|| is_stuck.then(|| (peer.clone(), why())));
            }
        }
        let Some((peer, why)) = example else {
            return Ok(ok("wants", format!("{open} open, {aside} of them set aside")));
        };
        let message = format!("{stuck} of {open} wants do not get on; the first is from `{peer}` ({why})");
        let hint = format!("`gongkai sync peers` shows the link to `{peer}`; `gongkai explain {why}` tells more");
        Ok(warning("wants", "GK-DOCTOR-010", message, hint))
    }

    async fn check_catalogs(&self) -> Result<Check> {
        let rows = self.catalog_rows().await?;
        let troubled: u32 = rows.iter().map(|row| row.summary.troubled).sum();
        let conflicts = rows.iter().filter(|row| row.summary.is_in_conflict).count();
        if let Some(row) = rows.iter().find(|row| row.summary.blocked.is_some()) {
            let count = rows.iter().filter(|row| row.summary.blocked.is_some()).count();
            let message = format!("{count} catalogs are blocked by their budget, the first is {}", row.summary.catalog);
            return Ok(warning("catalogs", "GK-APP-029", message, "`gongkai explain GK-APP-029` says what to do"));
        }
        if troubled == 0 && conflicts == 0 {
            return Ok(ok("catalogs", format!("{} catalogs", rows.len())));
        }
        let message = format!("{troubled} entries wait or have no effect, {conflicts} catalogs are in conflict");
        let hint = "`gongkai catalog history` shows the entries of a catalog and why";
        Ok(warning("catalogs", "GK-DOCTOR-011", message, hint))
    }

    /// What exists only here needs a backup: everything of the top node, and every node's own drafts.
    async fn check_backup(&self) -> Result<Check> {
        let hint = "run `gongkai backup FILE` regularly, to a disk that is not this machine's";
        let Some(last) = self.last_backup().await? else {
            let world = self.world();
            let message = if world.me == world.root {
                "no backup was ever made: the city's own entries exist only here"
            } else {
                "no backup was ever made: drafts that were not submitted exist only here"
            };
            return Ok(warning("backup", "GK-DOCTOR-012", message, hint));
        };
        let age_ms = self.now_ms().saturating_sub(last.made_at_ms);
        let behind = self.store().feed_state().await?.offset.saturating_sub(last.entries);
        let message = format!("{} days old, {behind} entries behind: `{}`", age_ms / DAY_MS, last.file.display());
        if age_ms > BACKUP_AGE_MS_MAX && behind > 0 {
            return Ok(warning("backup", "GK-DOCTOR-014", format!("the last backup is {message}"), hint));
        }
        Ok(ok("backup", message))
    }

    fn check_hold(&self) -> Check {
        let Some(held) = self.held() else { return ok("hold", "none") };
        let refusal = held.refusal();
        warning("hold", refusal.code(), refusal.to_string(), refusal.hint())
    }

    /// Names that act through one account count as one person: where the rules ask for two, they are not.
    async fn check_operators(&self) -> Result<Check> {
        let shared = self.shared_accounts().await?;
        let Some((account, names)) = shared.first() else { return Ok(ok("operators", "each through his own account")) };
        let names = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let others = match shared.len() - 1 {
            0 => String::new(),
            count => format!(" ({count} more accounts are shared)"),
        };
        let message = format!("{names} act through one account ({account}){others}; they count as one person");
        let hint =
            "give each an account of his own: `gongkai operator add NAME --uid UID` or `gongkai operator certify NAME`";
        Ok(warning("operators", "GK-DOCTOR-023", message, hint))
    }

    /// What peers say of this node's past without having shown it.
    async fn check_claims(&self) -> Result<Check> {
        let claims = self.claims().await?;
        let Some(first) = claims.first() else { return Ok(ok("claims", "none")) };
        let says = first.clause();
        let others = match claims.len() - 1 {
            0 => String::new(),
            count => format!(" ({count} more peers say the like)"),
        };
        let hint = "nothing is held for it: run `gongkai sync now`; what is true comes back signed, the rest lapses";
        Ok(warning("claims", "GK-DOCTOR-020", format!("`{}` {says}, and has not shown it{others}", first.peer), hint))
    }
}

fn projections(is_same: bool) -> Check {
    if is_same {
        return ok("projections", "made again, and the same");
    }
    let message = "the projections were not what the journal says; they are now";
    failed("projections", "GK-DOCTOR-013", message, "report it with the log: projections must follow from the journal")
}

fn ok(name: &'static str, message: impl Into<String>) -> Check {
    Check { name, state: CheckState::Ok, reason: Reason::new("", message, "") }
}

fn warning(name: &'static str, code: &str, message: impl Into<String>, hint: impl Into<String>) -> Check {
    Check { name, state: CheckState::Warning, reason: Reason::new(code, message, hint) }
}

fn failed(name: &'static str, code: &str, message: impl Into<String>, hint: impl Into<String>) -> Check {
    Check { name, state: CheckState::Failed, reason: Reason::new(code, message, hint) }
}
