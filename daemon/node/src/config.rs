//! The daemon's configuration: `gongkaid.toml`, every key with its default.
//!
//! Invariant: an unknown key is refused with its line and the nearest known name; what is not said has a default
//! that works. Left out: what the values do (their owners), and secrets (there are none).

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use gongkai_app::Role;
use gongkai_sync::schedule::Schedule;
use serde::Deserialize;

mod error;
mod keys;
mod write;

pub use error::ConfigError;
pub use write::{Basics, write_if_missing};

/// Checks what a command line says as if it stood in a file.
pub(crate) fn check_basics(basics: &Basics) -> Result<(), ConfigError> {
    let node = NodeConfig { listen: basics.listen.clone(), advertise: basics.advertise.clone(), host: String::new() };
    Config { node, ..Config::default() }.check()
}

/// Longest configuration file read, in bytes; real ones have some hundred lines.
pub const CONFIG_BYTES_MAX: u64 = 1024 * 1024;
/// Where children are expected when nothing is said: all networks of the host.
pub const LISTEN_DEFAULT: &str = "0.0.0.0:7443";
/// The zone of schedules when nothing is said.
pub const ZONE_DEFAULT: &str = "Asia/Shanghai";

/// Everything that can be configured.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Config {
    /// The node itself.
    pub node: NodeConfig,
    /// The log.
    pub log: LogConfig,
    /// The link to the level above.
    pub parent: ParentConfig,
    /// Editions.
    pub publish: PublishConfig,
    /// Who may use the admin socket beside the daemon's own account.
    #[serde(rename = "operator")]
    pub operators: Vec<OperatorConfig>,
    /// Times.
    pub limits: Limits,
}

/// `[node]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct NodeConfig {
    /// Address and port for links from below; port 0 takes a free one.
    pub listen: String,
    /// The address that tokens name, where it is another than `listen` (NAT); empty: `listen`.
    pub advertise: String,
    /// The host's name in messages to peers; empty: the system's.
    pub host: String,
}

impl Default for NodeConfig {
    fn default() -> Self {
        Self { listen: LISTEN_DEFAULT.to_owned(), advertise: String::new(), host: String::new() }
    }
}

/// `[log]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct LogConfig {
    /// For people or for a collector.
    pub format: LogFormat,
    /// `error`, `warn`, `info`, `debug`, or directives such as `info,gongkai_link=debug`.
    pub level: String,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { format: LogFormat::Text, level: "info".to_owned() }
    }
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

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
    /// The zone of the cron line.
    pub zone: String,
}

impl Default for ParentConfig {
    fn default() -> Self {
        let zone = ZONE_DEFAULT.to_owned();
        Self { address: Addresses::default(), mode: Mode::Live, schedule: String::new(), zone }
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
}

impl Mode {
    /// The word in configuration and answers.
    pub fn word(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Schedule => "schedule",
            Self::Manual => "manual",
        }
    }
}

/// `[publish]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PublishConfig {
    /// Where editions are written; empty: `editions` in the data directory.
    pub directory: PathBuf,
}

/// `[[operator]]`
#[derive(Clone, Debug, Deserialize)]
pub struct OperatorConfig {
    /// The account on this machine; without one the operator is reached by --as only.
    #[serde(default)]
    pub uid: Option<u32>,
    /// The name in the journal, never used again for another person.
    pub name: String,
    /// What he may do.
    #[serde(default)]
    pub roles: Vec<Role>,
    /// For which departments he reviews; empty: all of this division's.
    #[serde(default)]
    pub departments: Vec<String>,
}

/// `[limits]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// How long a graceful stop may take.
    pub stop_seconds: u64,
    /// How long `sync now` waits when the caller names no time.
    pub sync_now_seconds: u64,
    /// How long a token holds when the caller names no time.
    pub invite_hours: u64,
}

impl Default for Limits {
    /// Service managers kill after 90 s; a bulk load takes a minute; a token is handed over within three days.
    fn default() -> Self {
        Self { stop_seconds: 10, sync_now_seconds: 60, invite_hours: 72 }
    }
}

impl Config {
    /// Reads and checks a file; `None` gives the defaults.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let Some(file) = file else { return Ok(Self::default()) };
        let unreadable = |source| ConfigError::Unreadable { file: file.to_owned(), source };
        let bytes = std::fs::metadata(file).map_err(unreadable)?.len();
        if bytes > CONFIG_BYTES_MAX {
            return Err(ConfigError::TooLarge { file: file.to_owned(), bytes });
        }
        Self::parse(&std::fs::read_to_string(file).map_err(unreadable)?)
    }

    /// Reads and checks a text.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        keys::check(text)?;
        let config: Self = toml::from_str(text).map_err(|error| ConfigError::of_toml(text, &error))?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), ConfigError> {
        self.listen()?;
        let addresses = self.parent.address.all();
        let bad = addresses.iter().find(|address| !gongkai_pki::token::is_address(address));
        if let Some(address) = bad {
            return Err(ConfigError::Value {
                key: "parent.address",
                text: address.clone(),
                why: "it is not HOST:PORT".to_owned(),
            });
        }
        let advertise = &self.node.advertise;
        if !advertise.is_empty() && !gongkai_pki::token::is_address(advertise) {
            let why = "it is not HOST:PORT".to_owned();
            return Err(ConfigError::Value { key: "node.advertise", text: advertise.clone(), why });
        }
        if self.parent.mode == Mode::Schedule {
            self.schedule()?;
        }
        Ok(())
    }

    /// Where to listen.
    pub fn listen(&self) -> Result<SocketAddr, ConfigError> {
        let text = &self.node.listen;
        text.parse().map_err(|_| ConfigError::Value {
            key: "node.listen",
            text: text.clone(),
            why: "it is not ADDRESS:PORT, such as 0.0.0.0:7443".to_owned(),
        })
    }

    /// The schedule of the link to the parent.
    pub fn schedule(&self) -> Result<Schedule, ConfigError> {
        Schedule::parse(&self.parent.schedule, &self.parent.zone).map_err(|error| ConfigError::Value {
            key: "parent.schedule",
            text: self.parent.schedule.clone(),
            why: error.to_string(),
        })
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_refused_with_its_line_and_the_nearest_name() {
        for (text, line, nearest) in [
            ("[node]\nlisen = \"127.0.0.1:0\"", 2, "listen"),
            ("[nod]\n", 1, "node"),
            ("\n\n[parent]\nmod = \"live\"", 4, "mode"),
            ("[[operator]]\nname = \"li\"\nrole = []", 3, "roles"),
        ] {
            let error = Config::parse(text).unwrap_err();
            assert_eq!(error.code(), "GK-CONF-003", "{text}");
            assert!(error.to_string().contains(&format!("line {line}")), "{error}");
            assert!(error.hint().contains(&format!("`{nearest}`")), "{}", error.hint());
        }
    }

    #[test]
    fn wrong_values_are_named() {
        for (text, code) in [
            ("[node", "GK-CONF-002"),
            ("[log]\nformat = \"xml\"", "GK-CONF-004"),
            ("[node]\nlisten = \"7443\"", "GK-CONF-005"),
            ("[parent]\naddress = [\"somewhere\"]", "GK-CONF-005"),
            ("[parent]\nmode = \"schedule\"\nschedule = \"at noon\"", "GK-CONF-005"),
            ("[[operator]]\nname = \"li\"\nroles = [\"king\"]", "GK-CONF-004"),
        ] {
            assert_eq!(Config::parse(text).unwrap_err().code(), code, "{text}");
        }
    }

    #[test]
    fn the_documented_sample_is_accepted() {
        let sample = include_str!("../../../deploy/gongkaid.toml");
        let config = Config::parse(sample).unwrap();
        assert_eq!(config.node.listen, LISTEN_DEFAULT);
        // The lines that are commented out must be right as well.
        let uncommented: Vec<&str> = sample.lines().map(|line| line.strip_prefix("#: ").unwrap_or(line)).collect();
        let config = Config::parse(&uncommented.join("\n")).unwrap();
        assert_eq!(config.parent.address.all().len(), 2);
        assert_eq!(config.operators.len(), 2);
    }
}
