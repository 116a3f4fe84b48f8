//! A network of its own: hosts as namespaces on one switch, with loss, partitions, little bandwidth, and a router.
//!
//! Invariant: nothing here touches the machine's own network: the namespaces have no way out, bear a prefix of this
//! process, and are gone when the value is. Left out: delay and jitter, which this kind of kernel may lack
//! ([`crate::delay`]).

use std::{
    process::{Command, Output},
    sync::atomic::{AtomicU32, Ordering},
};

use anyhow::{Context, Result, ensure};

/// Addresses kept for documentation (RFC 5737): the hosts on the switch.
const LAN: &str = "198.51.100";
/// And those behind the router.
const BEHIND: &str = "192.0.2";
/// The port of every daemon: each host has its own.
pub const PORT: u16 = 7443;

/// Which way packets are lost, as the host sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Neither comes in nor goes out.
    Both,
    /// What it sends is lost; it still hears.
    Out,
    /// What is sent to it is lost; it is still heard.
    In,
}

/// The network.
pub struct Net {
    prefix: String,
    hosts: Vec<String>,
}

impl Net {
    /// Makes hosts on one switch; `None`, said on stderr by the caller, where that is not allowed.
    pub fn lay(names: &[&str]) -> Result<Option<Self>> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let mut net = Self { prefix: format!("gk{}x{count}", std::process::id()), hosts: Vec::new() };
        let has_tools = ["ip", "nft", "tc"].iter().all(|tool| Command::new(tool).arg("-V").output().is_ok());
        if !has_tools || !is_done(&ip(&["netns", "add", &net.namespace("switch")])) {
            return Ok(None);
        }
        net.hosts.push("switch".to_owned());
        let switch = net.namespace("switch");
        must(ip(&["-n", &switch, "link", "add", "br0", "type", "bridge"]))?;
        must(ip(&["-n", &switch, "link", "set", "br0", "up"]))?;
        for name in names {
            net.plug(name)?;
        }
        Ok(Some(net))
    }

    fn plug(&mut self, name: &str) -> Result<()> {
        let (host, switch) = (self.namespace(name), self.namespace("switch"));
        let port = format!("p{}", self.hosts.len());
        self.make(name)?;
        must(ip(&["link", "add", "eth0", "netns", &host, "type", "veth", "peer", "name", &port, "netns", &switch]))?;
        must(ip(&["-n", &switch, "link", "set", &port, "master", "br0", "up"]))?;
        must(ip(&["-n", &host, "addr", "add", &format!("{}/24", self.address(name)?), "dev", "eth0"]))?;
        must(ip(&["-n", &host, "link", "set", "eth0", "up"]))?;
        self.nft(name, "add table inet faults")?;
        self.nft(name, "add chain inet faults in { type filter hook input priority 0; }")?;
        self.nft(name, "add chain inet faults out { type filter hook output priority 0; }")
    }

    fn make(&mut self, name: &str) -> Result<()> {
        let host = self.namespace(name);
        must(ip(&["netns", "add", &host]))?;
        self.hosts.push(name.to_owned());
        must(ip(&["-n", &host, "link", "set", "lo", "up"]))
    }

    /// A host behind another one, which passes its packets on under its own address.
    pub fn put_behind(&mut self, router: &str, name: &str) -> Result<()> {
        self.make(name)?;
        let (host, gate) = (self.namespace(name), self.namespace(router));
        must(ip(&["link", "add", "eth0", "netns", &host, "type", "veth", "peer", "name", "inner", "netns", &gate]))?;
        must(ip(&["-n", &gate, "addr", "add", &format!("{BEHIND}.1/24"), "dev", "inner"]))?;
        must(ip(&["-n", &gate, "link", "set", "inner", "up"]))?;
        must(ip(&["-n", &host, "addr", "add", &format!("{BEHIND}.2/24"), "dev", "eth0"]))?;
        must(ip(&["-n", &host, "link", "set", "eth0", "up"]))?;
        must(ip(&["-n", &host, "route", "add", "default", "via", &format!("{BEHIND}.1")]))?;
        must(ip(&["netns", "exec", &gate, "sysctl", "-qw", "net.ipv4.ip_forward=1"]))?;
        self.nft(router, "add table ip nat")?;
        self.nft(router, "add chain ip nat post { type nat hook postrouting priority 100; }")?;
        self.nft(router, "add rule ip nat post oif eth0 masquerade")
    }

    /// The namespace of a host.
    pub fn namespace(&self, name: &str) -> String {
        format!("{}-{name}", self.prefix)
    }

    /// The address of a host on the switch.
    pub fn address(&self, name: &str) -> Result<String> {
        let place = self.hosts.iter().position(|host| host == name).context("no such host")?;
        Ok(format!("{LAN}.{place}"))
    }

    /// Where a daemon on a host listens.
    pub fn listen(&self, name: &str) -> Result<String> {
        Ok(format!("{}:{PORT}", self.address(name)?))
    }

    /// Cuts a host off.
    pub fn cut(&self, name: &str, way: Way) -> Result<()> {
        if way != Way::Out {
            self.nft(name, "add rule inet faults in iif eth0 drop")?;
        }
        if way != Way::In {
            self.nft(name, "add rule inet faults out oif eth0 drop")?;
        }
        Ok(())
    }

    /// Loses so many of a hundred packets that come in.
    pub fn lose(&self, name: &str, percent: u8) -> Result<()> {
        self.nft(name, &format!("add rule inet faults in iif eth0 numgen random mod 100 < {percent} drop"))
    }

    /// Nothing is lost any more.
    pub fn mend(&self, name: &str) -> Result<()> {
        self.nft(name, "flush chain inet faults in")?;
        self.nft(name, "flush chain inet faults out")
    }

    /// Gives a host no more than this, such as `2mbit`, to send.
    pub fn narrow(&self, name: &str, rate: &str) -> Result<()> {
        let words = ["tc", "qdisc", "add", "dev", "eth0", "root", "tbf", "rate", rate, "burst", "16kb", "latency"];
        must(ip(&[&["netns", "exec", &self.namespace(name)], words.as_slice(), &["300ms"]].concat()))
    }

    fn nft(&self, name: &str, rule: &str) -> Result<()> {
        must(ip(&["netns", "exec", &self.namespace(name), "nft", rule]))
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        // Links and rules go with their namespaces.
        for host in &self.hosts {
            let _ = ip(&["netns", "del", &self.namespace(host)]);
        }
    }
}

fn ip(words: &[&str]) -> Result<Output> {
    Command::new("ip").args(words).output().with_context(|| format!("ip {words:?}"))
}

fn is_done(output: &Result<Output>) -> bool {
    output.as_ref().is_ok_and(|output| output.status.success())
}

fn must(output: Result<Output>) -> Result<()> {
    let output = output?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
