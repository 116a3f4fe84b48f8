//! Nodes on real stores without sockets, one engine per end: what the test programs of this crate stand on.
//!
//! Invariant: everything goes through the use cases and the engine, as in the daemon. Left out: what one program alone
//! needs.

#![allow(dead_code, reason = "each test program uses its part")]

use std::{collections::VecDeque, path::Path};

use gongkai_app::{
    App, Chance as _, Founding, ImportQuestion, JoinQuestion, JoinedParts, Operator, Replica, Role, SystemChance,
    SystemClock, found_root, store_joined,
};
use gongkai_journal::sign::Signer;
use gongkai_model::id::{CatalogId, DivisionId};
use gongkai_pki::{EntryKey, PkiDir, Request};
use gongkai_seeds::{Seeds, samples};
use gongkai_store::{Peer, PeerRole, Store};
use gongkai_sync::{
    message::Message,
    session::{Effect, Event, Outcome, Session},
    version::Versions,
};

pub(crate) const CITY: &str = "211200";
pub(crate) const COUNTY: &str = "211221";
pub(crate) const TOWN: &str = "211221101";
pub(crate) const WORKBOOK: &str = "211221101-social-assistance.xlsx";
pub(crate) const CORRECTED: &str = "211221101-social-assistance-corrected.xlsx";

pub(crate) fn id(text: &str) -> DivisionId {
    DivisionId::parse(text).unwrap()
}

pub(crate) fn key(dir: &Path) -> EntryKey {
    EntryKey::load(&PkiDir::open(dir).unwrap()).unwrap()
}

pub(crate) async fn open_signed(dir: &Path, signer: Box<dyn Signer>) -> App {
    let store = Store::open(dir).await.unwrap();
    App::open(dir.to_owned(), store, signer, Box::new(SystemClock), Box::new(SystemChance)).await.unwrap()
}

pub(crate) async fn open(dir: &Path) -> App {
    open_signed(dir, Box::new(key(dir))).await
}

/// Somebody of the node who may do everything.
pub(crate) fn operator(app: &App, name: &str) -> Operator {
    Operator::new(&app.world().me, name, Role::ALL).unwrap()
}

/// Founds the city.
pub(crate) async fn root(dir: &Path) -> App {
    let (division, seeds) = (id(CITY), Seeds::builtin());
    found_root(dir, Founding { division: &division, seeds: &seeds }, &SystemClock, &SystemChance).await.unwrap();
    open(dir).await
}

/// Enrols a node at its parent.
pub(crate) async fn join(parent: &App, dir: &Path, division: &str) -> App {
    let admin = operator(parent, "admin");
    let invited = parent.invite(&admin, division, &["127.0.0.1:1".to_owned()], 60_000).await.unwrap();
    join_with(parent, dir, &invited.token).await
}

/// Redeems a token at its parent.
pub(crate) async fn join_with(parent: &App, dir: &Path, token: &str) -> App {
    let token = gongkai_pki::Token::parse(token).unwrap();
    std::fs::create_dir_all(dir).unwrap();
    let request = Request::make(&PkiDir::open(dir).unwrap(), token.path(), true).unwrap();
    let incarnation = SystemChance.incarnation();
    let question = JoinQuestion { path: token.path().to_vec(), secret: token.secret().to_vec(), request, incarnation };
    let answer = parent.answer_join(question).await.unwrap();
    let joined = JoinedParts {
        path: token.path(),
        grant: &answer.grant,
        pinned: token.root_fingerprint(),
        anchor: answer.anchor,
        incarnation,
        is_rebuilt: answer.is_rebuilt,
        introduction: &answer.introduction,
    };
    store_joined(dir, joined, &SystemClock, &SystemChance).await.unwrap();
    open(dir).await
}

/// A clerk imports a sample workbook; gives its catalogs.
pub(crate) async fn import(app: &App, file: &str) -> Vec<CatalogId> {
    let sample = samples().iter().find(|sample| sample.file == file).unwrap_or_else(|| panic!("no sample {file}"));
    let question =
        ImportQuestion { content: sample.bytes.to_vec(), file_name: file.to_owned(), ..ImportQuestion::default() };
    let imported = app.import(&operator(app, "clerk"), question).await.unwrap();
    imported.revisions.into_iter().map(|revision| revision.catalog).collect()
}

/// One end of a session.
pub(crate) struct End {
    app: App,
    peer: DivisionId,
    replica: Replica,
    pub(crate) session: Session,
    pub(crate) outcome: Option<Outcome>,
}

impl End {
    pub(crate) fn new(app: &App, peer: &DivisionId, host: &str) -> Self {
        let session = Session::new(app.session_facts(peer.clone(), host.to_owned(), false));
        Self { app: app.clone(), peer: peer.clone(), replica: app.replica(peer.clone()), session, outcome: None }
    }

    /// The same end, of a node that speaks other versions.
    pub(crate) fn speaking(self, versions: Versions) -> Self {
        Self { session: self.session.speaking(versions), ..self }
    }

    /// Its first words.
    pub(crate) async fn open(&mut self) -> Vec<Message> {
        let opened = self.replica.opened().await.unwrap();
        self.run(opened).await
    }

    /// What it says to what it hears.
    pub(crate) async fn hear(&mut self, message: Message) -> Vec<Message> {
        if let Message::Standing(standing) = &message {
            self.app.hear_standing(&self.peer, standing.clone()).await.unwrap();
        }
        self.run(Event::Received(message)).await
    }

    async fn run(&mut self, event: Event) -> Vec<Message> {
        let mut out = Vec::new();
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            for effect in self.session.step(event) {
                match effect {
                    Effect::Send(message) => {
                        // As a node does: before it says that nothing is left, it says where it stands.
                        if matches!(message, Message::Done { .. }) {
                            let standing = self.app.standing_for(&self.peer).await.unwrap();
                            out.push(Message::Standing(standing));
                        }
                        out.push(message);
                    }
                    Effect::Finish(outcome) => {
                        if outcome == Outcome::Complete && self.session.has_compared_all() {
                            self.replica.settled().await.unwrap();
                        }
                        self.outcome = Some(outcome);
                    }
                    effect => events.extend(self.replica.carry_out(effect).await.unwrap()),
                }
            }
        }
        out
    }
}

/// Notes a peer as the node does when it hears it.
async fn note(app: &App, peer: &App, role: PeerRole) {
    let peer = Peer {
        division: peer.world().me.clone(),
        role,
        address: None,
        tls_fingerprint: None,
        feed_id: None,
        daemon_id: None,
        host: None,
        last_contact_ms: None,
        mode: "live".to_owned(),
        schedule: None,
        since_ms: 0,
    };
    app.store().put_peer(&peer).await.unwrap();
}

/// A session to its end, which must be a good one.
pub(crate) async fn sync(child: &App, parent: &App) {
    sync_through(child, parent, |message| message).await;
}

/// The same, with something done to each message that the child says.
pub(crate) async fn sync_through(child: &App, parent: &App, maul: impl Fn(Message) -> Message) {
    note(child, parent, PeerRole::Parent).await;
    note(parent, child, PeerRole::Child).await;
    let mut one = End::new(child, &parent.world().me, "test");
    let mut two = End::new(parent, &child.world().me, "test");
    let mut to_two: VecDeque<Message> = one.open().await.into_iter().map(&maul).collect();
    let mut to_one = VecDeque::from(two.open().await);
    while !to_one.is_empty() || !to_two.is_empty() {
        if let Some(message) = to_one.pop_front() {
            to_two.extend(one.hear(message).await.into_iter().map(&maul));
        }
        if let Some(message) = to_two.pop_front() {
            to_one.extend(two.hear(message).await);
        }
    }
    assert_eq!((one.outcome, two.outcome), (Some(Outcome::Complete), Some(Outcome::Complete)));
}
