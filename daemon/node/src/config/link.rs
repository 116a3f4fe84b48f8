//! What can be configured of links: `[parent]`, `[children]`, `[[child]]`, `[link]`.
//!
//! Invariant: times that would cut a healthy link are refused with the reason, whether the operator or a limit made
//! them so. Left out: what the engine does with them (`sync::plan`, `sync::pace`).

use std::time::Duration;

use gongkai_link::grpc::Tuning;
use gongkai_model::id::DivisionId;
use gongkai_sync::{
    pace::BYTES_PER_SECOND_MIN,
    plan::{Plan, Timing, offset_ms},
    schedule::{Schedule, zone_of},
    want::WANTS_PER_PEER_MAX,
    window::Windows,
};
use serde::Deserialize;

use super::{Config, ConfigError};

/// A child runs within so many seconds after its cron time when nothing is said: a hundred children of a county are
/// then on average most of a second apart, and nobody notices a minute.
const JITTER_SECONDS_DEFAULT: u64 = 60;
/// Spreading runs over more than half a day would turn a nightly run into a daily one.
const JITTER_SECONDS_MAX: u64 = 12 * 3_600;
/// Longest of the times below: nobody waits an hour for a link to answer.
const SECONDS_MAX: u64 = 3_600;
/// A session that was not done in a day begins anew.
const SESSION_SECONDS_MAX: u64 = 86_400;
/// With fewer wants than this a county would compare heads many times in its first load; with more one peer could make
/// every commit that notes them slow.
const WANTS_MIN: usize = 256;
const WANTS_MAX: usize = 65_536;
/// What may stand before a sign of life on a limited link: a full HTTP/2 frame, a TLS buffer.
const QUEUED_BYTES_MAX: u64 = 320 * 1024;
const MS_PER_SECOND: u64 = 1_000;

/// `[parent]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct ParentConfig {
    /// Where the level above is dialled, in the order of trying; empty at the top.
    pub address: Addresses,
    /// When it is dialled.
    pub mode: Mode,
    /// Cron line of five fields, for the mode `schedule`.
    pub schedule: String,
    /// The zone of the cron line; empty: the node's.
    pub zone: String,
    /// When the link may be used, such as `mon-fri 20:00-06:00`; none: always.
    pub windows: Vec<String>,
    /// Scheduled runs of a division begin up to so much later, each division at its own time.
    pub jitter_seconds: u64,
    /// Bytes a second each way; 0: no limit.
    pub bytes_per_second_max: u64,
}

impl Default for ParentConfig {
    fn default() -> Self {
        Self {
            address: Addresses::default(),
            mode: Mode::Live,
            schedule: String::new(),
            zone: String::new(),
            windows: Vec::new(),
            jitter_seconds: JITTER_SECONDS_DEFAULT,
            bytes_per_second_max: 0,
        }
    }
}

/// `[children]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ChildrenConfig {
    /// Bytes a second each way on each link from below; 0: no limit.
    pub bytes_per_second_max: u64,
}

/// `[[child]]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ChildConfig {
    /// Whose link.
    pub division: String,
    /// `bundle` where its entries are carried by hand; otherwise the child's own configuration says.
    pub mode: Option<Mode>,
    /// Bytes a second each way; 0: no limit, whatever `[children]` says.
    pub bytes_per_second_max: u64,
}

/// `[link]`: times of all links, in seconds.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct LinkConfig {
    /// For a TCP connection.
    pub connect_seconds: u64,
    /// For the TLS handshake.
    pub handshake_seconds: u64,
    /// For the peer's first words.
    pub hello_seconds: u64,
    /// How often a child asks a link on which nothing is heard; the parent asks four times more rarely …
    pub keepalive_seconds: u64,
    /// … and how long it may take to answer.
    pub keepalive_timeout_seconds: u64,
    /// How long a peer that owes an answer may say nothing, though its connection stands.
    pub stall_seconds: u64,
    /// How long a session may go on without both sides having said that they are done.
    pub session_seconds: u64,
    /// What is noted as wanted of one peer at most; the rest of what it has is asked for when that has come.
    pub wants_per_peer_max: usize,
}

impl Default for LinkConfig {
    /// Connection and handshake: see [`Tuning`]. First words need no work at the peer. A stall: a full window at the
    /// slowest rate takes a minute, a commit on a busy disk some seconds. A session: the first load of a county over a
    /// slow line takes less, and what takes longer goes on in the next one from where it was.
    fn default() -> Self {
        Self {
            connect_seconds: 10,
            handshake_seconds: 10,
            hello_seconds: 20,
            keepalive_seconds: 35,
            keepalive_timeout_seconds: 20,
            stall_seconds: 300,
            session_seconds: 4 * 3_600,
            wants_per_peer_max: WANTS_PER_PEER_MAX,
        }
    }
}

/// One address or a list.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Addresses {
    /// One.
    One(String),
    /// Several, in the order of trying.
    Several(Vec<String>),
}

impl Default for Addresses {
    fn default() -> Self {
        Self::Several(Vec::new())
    }
}

impl Addresses {
    /// All of them.
    pub fn all(&self) -> &[String] {
        match self {
            Self::One(address) => std::slice::from_ref(address),
            Self::Several(addresses) => addresses,
        }
    }
}

/// When the parent is dialled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Always connected.
    #[default]
    Live,
    /// At the times of a cron line.
    Schedule,
    /// Only by `gongkai sync now`.
    Manual,
    /// Never by itself: files are carried by hand. `gongkai sync now` still tries, where a cable lies for once.
    Bundle,
}

impl Mode {
    /// The word in configuration and answers.
    pub fn word(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Schedule => "schedule",
            Self::Manual => "manual",
            Self::Bundle => "bundle",
        }
    }
}

impl Config {
    /// When the parent is dialled by this division.
    pub fn plan(&self, division: &DivisionId) -> Result<Plan, ConfigError> {
        let parent = &self.parent;
        let zone = self.zone_name();
        let windows_zone = zone_of(zone).map_err(|error| refused("node.time_zone", zone, error))?;
        let windows = Windows::parse(&parent.windows, windows_zone)
            .map_err(|error| refused("parent.windows", &error.text.clone(), error))?;
        let timing = match parent.mode {
            Mode::Live => Timing::Live,
            Mode::Manual | Mode::Bundle => Timing::Manual,
            Mode::Schedule => {
                let schedule = Schedule::parse(&parent.schedule, zone);
                let schedule = schedule.map_err(|error| refused("parent.schedule", &parent.schedule, error))?;
                Timing::Schedule(Box::new(schedule))
            }
        };
        let offset_ms = offset_ms(division, parent.jitter_seconds.saturating_mul(MS_PER_SECOND));
        Ok(Plan { timing, windows, offset_ms })
    }

    /// Bytes a second each way on the link to the parent.
    pub fn limit_of_parent(&self) -> Option<u64> {
        limit(self.parent.bytes_per_second_max)
    }

    /// Bytes a second each way on the link from a child.
    pub fn limit_of_child(&self, division: &str) -> Option<u64> {
        let own = self.each_child.iter().find(|child| child.division == division);
        limit(own.map_or(self.children.bytes_per_second_max, |child| child.bytes_per_second_max))
    }

    /// How the link to a child is run as long as it was not heard: it dials and chooses, or its files are carried.
    pub fn mode_of_child(&self, division: &DivisionId) -> &'static str {
        let own = self.each_child.iter().find(|child| child.division == division.as_str());
        own.and_then(|child| child.mode).unwrap_or(Mode::Live).word()
    }

    /// Times of the links; the rate is the parent's.
    pub fn tuning(&self) -> Tuning {
        let (link, seconds) = (&self.link, Duration::from_secs);
        Tuning {
            connect: seconds(link.connect_seconds),
            handshake: seconds(link.handshake_seconds),
            open: seconds(link.hello_seconds),
            keepalive_every: seconds(link.keepalive_seconds),
            keepalive_timeout: seconds(link.keepalive_timeout_seconds),
            bytes_per_second_max: self.limit_of_parent(),
        }
    }

    /// Times of the port that children dial; the rate is the lowest that holds for any of them.
    pub fn tuning_below(&self) -> Tuning {
        let each = self.each_child.iter().filter_map(|child| limit(child.bytes_per_second_max));
        let lowest = each.chain(limit(self.children.bytes_per_second_max)).min();
        Tuning { bytes_per_second_max: lowest, ..self.tuning() }
    }

    fn zone_name(&self) -> &str {
        if self.parent.zone.is_empty() { &self.node.time_zone } else { &self.parent.zone }
    }

    pub(super) fn check_links(&self) -> Result<(), ConfigError> {
        let addresses = self.parent.address.all();
        if let Some(bad) = addresses.iter().find(|address| !gongkai_pki::token::is_address(address)) {
            return Err(refused("parent.address", bad, "it is not HOST:PORT"));
        }
        zone_of(&self.node.time_zone).map_err(|error| refused("node.time_zone", &self.node.time_zone, error))?;
        // Whose plan it is does not matter for whether there is one.
        self.plan(&DivisionId::parse("0").map_err(|error| refused("child.division", "0", error))?)?;
        let jitter = self.parent.jitter_seconds;
        if jitter > JITTER_SECONDS_MAX {
            return Err(refused("parent.jitter_seconds", &jitter.to_string(), "more than half a day"));
        }
        for child in &self.each_child {
            DivisionId::parse(&child.division).map_err(|error| refused("child.division", &child.division, error))?;
            if let Some(mode) = child.mode.filter(|mode| *mode != Mode::Bundle) {
                return Err(refused("child.mode", mode.word(), "the child chooses it; only `bundle` can be said here"));
            }
        }
        self.check_rates()?;
        self.check_times()
    }

    fn check_rates(&self) -> Result<(), ConfigError> {
        let each = self.each_child.iter().map(|child| ("child.bytes_per_second_max", child.bytes_per_second_max));
        let rates = [
            ("parent.bytes_per_second_max", self.parent.bytes_per_second_max),
            ("children.bytes_per_second_max", self.children.bytes_per_second_max),
        ];
        for (key, rate) in rates.into_iter().chain(each).filter(|(_, rate)| *rate > 0) {
            if rate < BYTES_PER_SECOND_MIN {
                let why = format!("a link needs at least {BYTES_PER_SECOND_MIN} bytes a second (0 lifts the limit)");
                return Err(refused(key, &rate.to_string(), why));
            }
            let needed = QUEUED_BYTES_MAX.div_ceil(rate);
            if self.link.keepalive_timeout_seconds < needed {
                let why = format!("at {rate} bytes a second a sign of life can take {needed} s");
                return Err(refused(
                    "link.keepalive_timeout_seconds",
                    &self.link.keepalive_timeout_seconds.to_string(),
                    why,
                ));
            }
        }
        Ok(())
    }

    fn check_times(&self) -> Result<(), ConfigError> {
        let link = &self.link;
        for (key, seconds) in [
            ("link.connect_seconds", link.connect_seconds),
            ("link.handshake_seconds", link.handshake_seconds),
            ("link.hello_seconds", link.hello_seconds),
            ("link.keepalive_seconds", link.keepalive_seconds),
            ("link.keepalive_timeout_seconds", link.keepalive_timeout_seconds),
            ("link.stall_seconds", link.stall_seconds),
        ] {
            if !(1..=SECONDS_MAX).contains(&seconds) {
                let why = format!("it must be from 1 to {SECONDS_MAX}");
                return Err(refused(key, &seconds.to_string(), why));
            }
        }
        if !(1..=SESSION_SECONDS_MAX).contains(&link.session_seconds) {
            let why = format!("it must be from 1 to {SESSION_SECONDS_MAX}");
            return Err(refused("link.session_seconds", &link.session_seconds.to_string(), why));
        }
        if !(WANTS_MIN..=WANTS_MAX).contains(&link.wants_per_peer_max) {
            let why = format!("it must be from {WANTS_MIN} to {WANTS_MAX}");
            return Err(refused("link.wants_per_peer_max", &link.wants_per_peer_max.to_string(), why));
        }
        Ok(())
    }
}

fn limit(bytes_per_second: u64) -> Option<u64> {
    (bytes_per_second > 0).then_some(bytes_per_second)
}

fn refused(key: &'static str, text: &str, why: impl ToString) -> ConfigError {
    ConfigError::Value { key, text: text.chars().take(80).collect(), why: why.to_string() }
}
