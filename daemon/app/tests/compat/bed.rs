//! Nodes on disk without sockets, one engine per end, and every message through the wire's codec.

use std::{collections::VecDeque, path::Path};

use gongkai_app::{
    App, Chance, Founding, ImportQuestion, JoinQuestion, JoinedParts, Operator, Replica, Role, SystemChance,
    SystemClock, found_root, store_joined,
};
use gongkai_journal::sign::Signer;
use gongkai_link::codec;
use gongkai_model::id::{CatalogId, DivisionId};
use gongkai_pki::{EntryKey, PkiDir, Request};
use gongkai_seeds::{Seeds, samples};
use gongkai_store::Store;
use gongkai_sync::{
    message::Message,
    session::{Effect, Event, Outcome, Session},
    version::Versions,
};

pub(crate) const CITY: &str = "211200";
pub(crate) const COUNTY: &str = "211221";
pub(crate) const TOWN: &str = "211221101";

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

pub(crate) fn operator(app: &App, name: &str) -> Operator {
    Operator::new(&app.world().me, name, Role::ALL).unwrap()
}

pub(crate) async fn root(dir: &Path) -> App {
    let (division, seeds) = (id(CITY), Seeds::builtin());
    found_root(dir, Founding { division: &division, seeds: &seeds }, &SystemClock, &SystemChance).await.unwrap();
    open(dir).await
}

pub(crate) async fn join(parent: &App, dir: &Path, division: &str) -> App {
    let admin = operator(parent, "admin");
    let invited = parent.invite(&admin, division, &["127.0.0.1:1".to_owned()], 60_000).await.unwrap();
    let token = gongkai_pki::Token::parse(&invited.token).unwrap();
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
        is_rebuilt: false,
    };
    store_joined(dir, joined, &SystemClock, &SystemChance).await.unwrap();
    open(dir).await
}

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
    session: Session,
    pub(crate) outcome: Option<Outcome>,
}

impl End {
    pub(crate) fn new(app: &App, peer: &DivisionId) -> Self {
        let session = Session::new(app.session_facts(peer.clone(), "golden".to_owned(), false));
        Self { app: app.clone(), peer: peer.clone(), replica: app.replica(peer.clone()), session, outcome: None }
    }

    pub(crate) fn speaking(self, min: u32, max: u32) -> Self {
        Self { session: self.session.speaking(Versions { min, max }), ..self }
    }

    pub(crate) fn agreed(&self) -> Option<u32> {
        self.session.agreed_version()
    }

    pub(crate) async fn open(&mut self) -> Vec<Vec<u8>> {
        let opened = self.replica.opened().await.unwrap();
        self.run(opened).await
    }

    pub(crate) async fn take(&mut self, frame: &[u8]) -> Vec<Vec<u8>> {
        let message = codec::from_bytes(frame).unwrap();
        if let Message::Standing(standing) = &message {
            self.app.hear_standing(&self.peer, standing.clone()).await.unwrap();
        }
        self.run(Event::Received(message)).await
    }

    async fn run(&mut self, event: Event) -> Vec<Vec<u8>> {
        let mut out = Vec::new();
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            for effect in self.session.step(event) {
                match effect {
                    Effect::Send(message) => {
                        // As a node does: before it says that nothing is left, it says where it stands.
                        if matches!(message, Message::Done { .. }) {
                            let standing = self.app.standing_for(&self.peer).await.unwrap();
                            out.push(codec::to_bytes(&Message::Standing(standing)).unwrap());
                        }
                        out.push(codec::to_bytes(&message).unwrap());
                    }
                    Effect::Finish(outcome) => self.outcome = Some(outcome),
                    effect => events.extend(self.replica.carry_out(effect).await.unwrap()),
                }
            }
        }
        out
    }
}

/// A frame as it crossed the wire.
pub(crate) struct Crossed {
    pub(crate) is_from_child: bool,
    pub(crate) bytes: Vec<u8>,
}

/// Runs both ends until neither has anything to say; gives all frames in their order.
pub(crate) async fn converse(child: &mut End, parent: &mut End) -> Vec<Crossed> {
    let mut crossed = Vec::new();
    let mut to_parent = VecDeque::from(child.open().await);
    let mut to_child = VecDeque::from(parent.open().await);
    while !to_parent.is_empty() || !to_child.is_empty() {
        if let Some(bytes) = to_child.pop_front() {
            to_parent.extend(child.take(&bytes).await);
            crossed.push(Crossed { is_from_child: false, bytes });
        }
        if let Some(bytes) = to_parent.pop_front() {
            to_child.extend(parent.take(&bytes).await);
            crossed.push(Crossed { is_from_child: true, bytes });
        }
    }
    crossed
}

/// A session to its end, which must be a good one.
pub(crate) async fn sync(child: &App, parent: &App) -> Vec<Crossed> {
    let (mut one, mut two) = (End::new(child, &parent.world().me), End::new(parent, &child.world().me));
    let crossed = converse(&mut one, &mut two).await;
    assert_eq!((one.outcome, two.outcome), (Some(Outcome::Complete), Some(Outcome::Complete)));
    crossed
}
