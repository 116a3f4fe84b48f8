//! The tree of daemons, and the desks at which the story's operators sit.
//!
//! Invariant: a node is made and joined by the daemon program's own commands; nothing here touches a data directory
//! but to make it and to read the log.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs::{self, OpenOptions},
    io::Write as _,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use gongkai_proto::admin::v1::InviteRequest;

use super::{
    cast::Player,
    desk::{Desk, Post},
    fault::DemoFault,
    ports::Ports,
    process::Daemon,
    proxy::CutLink,
    wait,
};
use crate::{
    args::Remote,
    client::{Caller, Client},
    commands::operator::certificates::certify_new,
    daemon,
    errors::{Failure, Fault},
    remote::{PROFILE_FILE, Port},
    ui::Lang,
};

/// A node's configuration in its data directory.
const CONFIG_FILE: &str = "gongkaid.toml";
/// Folder of the certificates with which people come from elsewhere.
const DESKS: &str = "desks";
/// Folder of the nodes' data directories.
pub(crate) const NODES: &str = "nodes";

/// All daemons.
pub(crate) struct Stage {
    folder: PathBuf,
    lang: Lang,
    ports: Ports,
    daemons: BTreeMap<String, Daemon>,
    links: BTreeMap<String, CutLink>,
}

impl Stage {
    /// An empty stage in a folder.
    pub(crate) fn new(folder: PathBuf, lang: Lang) -> Self {
        Self { folder, lang, ports: Ports::new(), daemons: BTreeMap::new(), links: BTreeMap::new() }
    }

    /// Makes and starts the top node.
    pub(crate) async fn found(&mut self, player: &Player) -> Result<(), Failure> {
        let (data, listen) = self.place(player)?;
        let division = player.division.as_str();
        let words = ["init", "--division", division, "--listen", &listen.to_string()];
        self.make(player, data, listen, words.map(OsString::from).to_vec()).await
    }

    /// Invites a division, joins its node and starts it; its link may be one that can be cut.
    pub(crate) async fn enrol(&mut self, player: &Player, can_be_cut: bool) -> Result<(), Failure> {
        let parent = self.daemon(&player.parent)?;
        let mut address = parent.listen;
        if can_be_cut {
            let link = CutLink::to(parent.listen).await?;
            address = link.address();
            self.links.insert(player.division.clone(), link);
        }
        let request = InviteRequest {
            division: player.division.clone(),
            address: address.to_string(),
            ..InviteRequest::default()
        };
        let desk = self.desk(&player.parent, Post::Admin).await?;
        // The tree comes with the parent's own first session.
        let what = format!("{} to know the division {}", player.parent, player.division);
        wait::until(&what, async || Ok(desk.knows(&player.division).await?.then_some(()))).await?;
        let invited = desk.client.node().invite(request).await?.into_inner();
        let (data, listen) = self.place(player)?;
        let words = ["join", "--listen", &listen.to_string(), &invited.token];
        self.make(player, data, listen, words.map(OsString::from).to_vec()).await
    }

    fn place(&mut self, player: &Player) -> Result<(PathBuf, SocketAddr), Failure> {
        let data = self.folder.join(NODES).join(&player.division);
        fs::create_dir_all(&data).map_err(|source| Fault::FileUnwritable { file: data.clone(), source })?;
        Ok((data, self.ports.take()?))
    }

    async fn make(
        &mut self,
        player: &Player,
        data: PathBuf,
        listen: SocketAddr,
        mut words: Vec<OsString>,
    ) -> Result<(), Failure> {
        words.splice(1..1, ["--data".into(), data.clone().into()]);
        daemon::ask(words).await?;
        register(&data, self.ports.take()?)?;
        let mut made = Daemon::new(&player.division, data, listen, self.lang);
        made.start().await?;
        self.daemons.insert(player.division.clone(), made);
        Ok(())
    }

    /// The daemon of a division.
    pub(crate) fn daemon(&self, division: &str) -> Result<&Daemon, Failure> {
        self.daemons.get(division).ok_or_else(|| not_on_stage(division))
    }

    /// The daemon of a division, to stop or start it.
    pub(crate) fn daemon_mut(&mut self, division: &str) -> Result<&mut Daemon, Failure> {
        self.daemons.get_mut(division).ok_or_else(|| not_on_stage(division))
    }

    /// The link of a division that can be cut.
    pub(crate) fn link(&self, division: &str) -> Result<&CutLink, Failure> {
        self.links.get(division).ok_or_else(|| not_on_stage(division))
    }

    /// A desk at a node: calls there in the name of one of its operators.
    pub(crate) async fn desk(&self, division: &str, post: Post) -> Result<Desk, Failure> {
        let daemon = self.daemon(division)?;
        if post.comes_with_certificate() {
            return self.desk_elsewhere(daemon, post).await;
        }
        let operator = format!("{division}/{}", post.name());
        Ok(Desk { client: daemon.client(Some(&operator)).await? })
    }

    /// A desk at a machine of its own: all the world of this demo is one account, which is one person to a node.
    async fn desk_elsewhere(&self, daemon: &Daemon, post: Post) -> Result<Desk, Failure> {
        let place = self.folder.join(NODES).join(&daemon.division).join(DESKS).join(post.name());
        let mut profile = place.join(PROFILE_FILE);
        if !profile.exists() {
            let admin = daemon.client(None).await?;
            profile = certify_new(&admin, post.name(), &place).await?;
        }
        let port = Port::named(&Remote { profile: Some(profile), ..Remote::default() })?;
        let port = port.ok_or_else(|| DemoFault::Unexpected("a profile names no port".to_owned()))?;
        Ok(Desk { client: Client::over_tls(&port, Caller::new(None, self.lang)?).await? })
    }

    /// Stops all daemons, the lowest level first, so that no one logs a lost parent.
    pub(crate) async fn stop(&mut self) {
        let mut daemons: Vec<&mut Daemon> = self.daemons.values_mut().collect();
        daemons.sort_by_key(|daemon| std::cmp::Reverse(daemon.division.len()));
        for daemon in daemons {
            daemon.stop().await;
        }
    }
}

/// Writes the node's people into its configuration, and opens a port for those who come from elsewhere: the same one when
/// the daemon is started again.
fn register(data: &Path, port: SocketAddr) -> Result<(), Failure> {
    let file = data.join(CONFIG_FILE);
    let people = Post::REGISTERED
        .map(|post| format!("\n[[operator]]\nname = \"{}\"\nroles = [\"{}\"]\n", post.name(), post.role()))
        .concat();
    let text = format!("\n[admin]\nlisten = \"{port}\"\n{people}");
    let opened = OpenOptions::new().append(true).open(&file);
    let written = opened.and_then(|mut opened| opened.write_all(text.as_bytes()));
    Ok(written.map_err(|source| Fault::FileUnwritable { file, source })?)
}

fn not_on_stage(division: &str) -> Failure {
    DemoFault::Unexpected(format!("{division} is not on stage")).into()
}
