//! The tree of daemons, and the desks at which the story's operators sit.
//!
//! Invariant: a node is made and joined by the daemon program's own commands; nothing here touches a data directory
//! but to make it and to read the log.

use std::{collections::BTreeMap, ffi::OsString, fs, net::SocketAddr, path::PathBuf};

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
    daemon,
    errors::{Failure, Fault},
    ui::Lang,
};

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
        let operator = format!("{division}/{}", post.name());
        Ok(Desk { client: self.daemon(division)?.client(Some(&operator)).await? })
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

fn not_on_stage(division: &str) -> Failure {
    DemoFault::Unexpected(format!("{division} is not on stage")).into()
}
