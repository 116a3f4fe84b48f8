//! The daemon's configuration: `gongkaid.toml`, every key with its default.
//!
//! Invariant: an unknown key is refused with its line and the nearest known name; what is not said has a default
//! that works. Left out: what the values do (their owners), and secrets (there are none).

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use gongkai_app::Role;
use gongkai_sync::allowance::{Allowance, Quota, Rate};
use serde::Deserialize;

mod error;
mod keys;
mod link;
mod write;

pub use error::ConfigError;
pub use link::{Addresses, ChildConfig, ChildrenConfig, LinkConfig, Mode, ParentConfig};
pub(crate) use write::add_operator;
pub use write::{Basics, write_if_missing};

/// Checks what a command line says as if it stood in a file.
pub(crate) fn check_basics(basics: &Basics) -> Result<(), ConfigError> {
    let node =
        NodeConfig { listen: basics.listen.clone(), advertise: basics.advertise.clone(), ..NodeConfig::default() };
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
    /// All links to the level below.
    pub children: ChildrenConfig,
    /// Single links to the level below.
    #[serde(rename = "child")]
    pub each_child: Vec<ChildConfig>,
    /// Times of all links.
    pub link: LinkConfig,
    /// The admin API over the network.
    pub admin: AdminConfig,
    /// Editions.
    pub publish: PublishConfig,
    /// Review.
    pub review: ReviewConfig,
    /// Who may use the admin socket beside the daemon's own account.
    #[serde(rename = "operator")]
    pub operators: Vec<OperatorConfig>,
    /// Groups of this machine's users, each member an operator under his own name.
    #[serde(rename = "group")]
    pub groups: Vec<GroupConfig>,
    /// Times.
    pub limits: Limits,
    /// What is taken of others.
    pub intake: IntakeConfig,
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
    /// The zone of schedules and windows.
    pub time_zone: String,
}

impl Default for NodeConfig {
    fn default() -> Self {
        Self {
            listen: LISTEN_DEFAULT.to_owned(),
            advertise: String::new(),
            host: String::new(),
            time_zone: ZONE_DEFAULT.to_owned(),
        }
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

/// `[admin]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct AdminConfig {
    /// Address and port for operators with certificates; port 0 takes a free one; empty: none.
    pub listen: String,
    /// A second admin socket for other accounts of this machine, `DIR/admin.sock`; empty: none.
    pub socket: PathBuf,
    /// The group that may open it, by name or number; empty: the daemon's own.
    pub group: String,
}

/// `[publish]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct PublishConfig {
    /// Where editions are written; empty: `editions` in the data directory.
    pub directory: PathBuf,
    /// The words that an edition needs, each given once; empty: none.
    pub sign_offs: Vec<String>,
    /// Fewest different people among those who give them.
    pub signers_min: usize,
}

impl Default for PublishConfig {
    /// 三审三校 by three people; the third of them, who answers for information and secrecy, may give both words.
    fn default() -> Self {
        let steps = ["first-review", "second-review", "third-review", "secrecy"];
        Self { directory: PathBuf::new(), sign_offs: steps.map(str::to_owned).to_vec(), signers_min: 3 }
    }
}

/// `[review]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct ReviewConfig {
    /// Working days that a step has before it is shown as overdue. Nothing happens then: silence is no approval.
    pub working_days: u32,
}

impl Default for ReviewConfig {
    fn default() -> Self {
        Self { working_days: gongkai_app::REVIEW_DAYS_DEFAULT }
    }
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
    /// In which domains he writes or reviews; empty: all.
    #[serde(default)]
    pub domains: Vec<String>,
    /// SHA-256 of the one certificate of his that counts, hexadecimal; empty: whichever this node issued to him.
    #[serde(default)]
    pub certificate: Option<String>,
}

/// `[[group]]`
#[derive(Clone, Debug, Deserialize)]
pub struct GroupConfig {
    /// The group's name on this machine, or its number.
    pub name: String,
    /// What its members may do.
    #[serde(default)]
    pub roles: Vec<Role>,
    /// For which departments they review; empty: all of this division's.
    #[serde(default)]
    pub departments: Vec<String>,
    /// In which domains they write or review; empty: all.
    #[serde(default)]
    pub domains: Vec<String>,
}

/// `[intake]`: what this node takes of each author, and what it leaves free on the disk. It only delays.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct IntakeConfig {
    /// Mebibytes of work at once.
    pub mib: u64,
    /// And more for each day since the author was first heard.
    pub mib_a_day: u64,
    /// Entries of work at once.
    pub entries: u64,
    /// And more each day.
    pub entries_a_day: u64,
    /// Mebibytes of the disk below which peers' work waits.
    pub disk_floor_mib: u64,
}

impl Default for IntakeConfig {
    fn default() -> Self {
        let work = Allowance::default().work;
        Self {
            mib: work.bytes.at_once >> 20,
            mib_a_day: work.bytes.a_day >> 20,
            entries: work.entries.at_once,
            entries_a_day: work.entries.a_day,
            disk_floor_mib: 512,
        }
    }
}

impl IntakeConfig {
    /// As the store asks for it; keys and orders have their own measure, which nobody needs to change.
    pub fn allowance(&self) -> Allowance {
        let bytes = |mib: u64| mib.saturating_mul(1 << 20);
        let work = Quota {
            bytes: Rate { at_once: bytes(self.mib), a_day: bytes(self.mib_a_day) },
            entries: Rate { at_once: self.entries, a_day: self.entries_a_day },
        };
        Allowance { work, ..Allowance::default() }
    }
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
        self.admin_listen()?;
        self.check_sign_offs()?;
        self.check_socket()?;
        let advertise = &self.node.advertise;
        if !advertise.is_empty() && !gongkai_pki::token::is_address(advertise) {
            let why = "it is not HOST:PORT".to_owned();
            return Err(ConfigError::Value { key: "node.advertise", text: advertise.clone(), why });
        }
        self.check_links()
    }

    fn check_sign_offs(&self) -> Result<(), ConfigError> {
        let steps = &self.publish.sign_offs;
        let refuse = |text: &str, why: &str| {
            Err(ConfigError::Value { key: "publish.sign_offs", text: text.to_owned(), why: why.to_owned() })
        };
        for (place, step) in steps.iter().enumerate() {
            let is_word = !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
            if !is_word {
                return refuse(step, "it is not written in small letters and hyphens");
            }
            if steps[..place].contains(step) {
                return refuse(step, "it stands there twice");
            }
        }
        if steps.len() > gongkai_model::edition::SIGN_OFFS_MAX {
            return refuse("", "there are too many");
        }
        Ok(())
    }

    /// Whoever names its directory with --data must find the socket there under its name.
    fn check_socket(&self) -> Result<(), ConfigError> {
        let (socket, group) = (&self.admin.socket, &self.admin.group);
        let refuse =
            |key, text: &str, why: &str| Err(ConfigError::Value { key, text: text.to_owned(), why: why.to_owned() });
        let is_named = socket.is_absolute() && socket.ends_with(gongkai_proto::ADMIN_SOCKET);
        match (socket.as_os_str().is_empty(), is_named) {
            (true, _) if group.is_empty() => Ok(()),
            (true, _) => refuse("admin.group", group, "it is for a `socket`, and none is given"),
            (false, true) => Ok(()),
            (false, false) => {
                refuse("admin.socket", &socket.to_string_lossy(), "it is not an absolute path that ends in admin.sock")
            }
        }
    }

    /// Where to listen.
    pub fn listen(&self) -> Result<SocketAddr, ConfigError> {
        address("node.listen", &self.node.listen)
    }

    /// Where to listen for operators with certificates, if anywhere.
    pub fn admin_listen(&self) -> Result<Option<SocketAddr>, ConfigError> {
        let text = &self.admin.listen;
        if text.is_empty() { Ok(None) } else { address("admin.listen", text).map(Some) }
    }
}

fn address(key: &'static str, text: &str) -> Result<SocketAddr, ConfigError> {
    let why = || "it is not ADDRESS:PORT, such as 0.0.0.0:7443".to_owned();
    text.parse().map_err(|_| ConfigError::Value { key, text: text.to_owned(), why: why() })
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
            ("[admin]\nlisten = \"everywhere\"", "GK-CONF-005"),
            ("[admin]\nsocket = \"admin.sock\"", "GK-CONF-005"),
            ("[admin]\nsocket = \"/run/gongkai/desk.sock\"", "GK-CONF-005"),
            ("[admin]\ngroup = \"gongkai-desk\"", "GK-CONF-005"),
            ("[parent]\naddress = [\"somewhere\"]", "GK-CONF-005"),
            ("[parent]\nmode = \"schedule\"\nschedule = \"at noon\"", "GK-CONF-005"),
            ("[parent]\nwindows = [\"at night\"]", "GK-CONF-005"),
            ("[parent]\nbytes_per_second_max = 100", "GK-CONF-005"),
            ("[node]\ntime_zone = \"Tieling\"", "GK-CONF-005"),
            ("[[child]]\ndivision = \"no id!\"", "GK-CONF-005"),
            ("[[child]]\ndivision = \"211221101\"\nmode = \"live\"", "GK-CONF-005"),
            ("[link]\nkeepalive_timeout_seconds = 0", "GK-CONF-005"),
            ("[children]\nbytes_per_second_max = 16384\n[link]\nkeepalive_timeout_seconds = 5", "GK-CONF-005"),
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
        assert_eq!(config.admin_listen().unwrap(), None, "the admin port is off unless somebody turns it on");
        // The lines that are commented out must be right as well.
        let uncommented: Vec<&str> = sample.lines().map(|line| line.strip_prefix("#: ").unwrap_or(line)).collect();
        let config = Config::parse(&uncommented.join("\n")).unwrap();
        assert_eq!(config.parent.address.all().len(), 2);
        assert_eq!(config.operators.len(), 2);
        assert!(config.admin_listen().unwrap().is_some());
        assert_eq!(config.limit_of_child("211221101"), Some(65_536));
        assert_eq!(config.limit_of_child("211221105"), Some(262_144));
        assert_eq!(config.limit_of_parent(), Some(131_072));
    }
}
