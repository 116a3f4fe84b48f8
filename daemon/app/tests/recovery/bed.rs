//! Three levels of nodes in one directory, without sockets, and what one does to them.

use std::{
    collections::VecDeque,
    fs,
    path::{Path, PathBuf},
};

use gongkai_app::{
    App, Chance as _, Founding, ImportQuestion, JoinQuestion, JoinedParts, Operator, Replica, Role, SystemChance,
    SystemClock, Verdicts, found_root, store_joined,
};
use gongkai_journal::Route;
use gongkai_model::{
    id::{CatalogId, DivisionId},
    review::Verdict,
};
use gongkai_pki::{EntryKey, PkiDir, Request};
use gongkai_seeds::{Seeds, samples};
use gongkai_store::Store;
use gongkai_sync::{
    message::Message,
    session::{Effect, Event, Outcome, Session},
};
use tempfile::TempDir;

pub(crate) const WORKBOOK: &str = "211221101-social-assistance.xlsx";
pub(crate) const CORRECTED: &str = "211221101-social-assistance-corrected.xlsx";

pub(crate) struct Bed {
    kept: TempDir,
    pub(crate) city: App,
    pub(crate) county: App,
    pub(crate) town: App,
}

pub(crate) async fn open(dir: &Path) -> App {
    let store = Store::open(dir).await.unwrap();
    let key = EntryKey::load(&PkiDir::open(dir).unwrap()).unwrap();
    App::open(dir.to_owned(), store, Box::new(key), Box::new(SystemClock), Box::new(SystemChance)).await.unwrap()
}

pub(crate) fn operator(app: &App, name: &str) -> Operator {
    Operator::new(&app.world().me, name, Role::ALL).unwrap()
}

impl Bed {
    /// The city, a county and a township, enrolled and in step.
    pub(crate) async fn new() -> Self {
        let kept = tempfile::tempdir().unwrap();
        let at = |name: &str| kept.path().join(name);
        let division = DivisionId::parse("211200").unwrap();
        let founding = Founding { division: &division, seeds: &Seeds::builtin() };
        found_root(&at("city"), founding, &SystemClock, &SystemChance).await.unwrap();
        let city = open(&at("city")).await;
        let county = join(&city, &at("county"), "211221").await;
        sync(&county, &city).await;
        let town = join(&county, &at("town"), "211221101").await;
        sync(&town, &county).await;
        sync(&county, &city).await;
        Self { kept, city, county, town }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.kept.path().join(name)
    }
}

async fn join(parent: &App, dir: &Path, division: &str) -> App {
    let admin = operator(parent, "admin");
    let invited = parent.invite(&admin, division, &["127.0.0.1:1".to_owned()], 60_000).await.unwrap();
    let token = gongkai_pki::Token::parse(&invited.token).unwrap();
    fs::create_dir_all(dir).unwrap();
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
    };
    store_joined(dir, joined, &SystemClock, &SystemChance).await.unwrap();
    open(dir).await
}

struct End {
    replica: Replica,
    session: Session,
    outcome: Option<Outcome>,
}

impl End {
    fn new(app: &App, peer: &App) -> Self {
        let peer = peer.world().me.clone();
        let session = Session::new(app.session_facts(peer.clone(), "test".to_owned(), false));
        Self { replica: app.replica(peer), session, outcome: None }
    }

    async fn run(&mut self, event: Event) -> Vec<Message> {
        let mut out = Vec::new();
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            for effect in self.session.step(event) {
                match effect {
                    Effect::Send(message) => out.push(message),
                    Effect::Finish(outcome) => {
                        if outcome == Outcome::Complete {
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
async fn note(app: &App, peer: &App, role: gongkai_store::PeerRole) {
    let peer = gongkai_store::Peer {
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

pub(crate) async fn sync(child: &App, parent: &App) {
    note(child, parent, gongkai_store::PeerRole::Parent).await;
    note(parent, child, gongkai_store::PeerRole::Child).await;
    let (mut one, mut two) = (End::new(child, parent), End::new(parent, child));
    let opened = one.replica.opened().await.unwrap();
    let mut to_two = VecDeque::from(one.run(opened).await);
    let opened = two.replica.opened().await.unwrap();
    let mut to_one = VecDeque::from(two.run(opened).await);
    while !to_one.is_empty() || !to_two.is_empty() {
        if let Some(message) = to_one.pop_front() {
            to_two.extend(one.run(Event::Received(message)).await);
        }
        if let Some(message) = to_two.pop_front() {
            to_one.extend(two.run(Event::Received(message)).await);
        }
    }
    assert_eq!((one.outcome, two.outcome), (Some(Outcome::Complete), Some(Outcome::Complete)));
}

pub(crate) async fn import(app: &App, file: &str) -> CatalogId {
    let sample = samples().iter().find(|sample| sample.file == file).unwrap_or_else(|| panic!("no sample {file}"));
    let question =
        ImportQuestion { content: sample.bytes.to_vec(), file_name: file.to_owned(), ..ImportQuestion::default() };
    app.import(&operator(app, "clerk"), question).await.unwrap().revisions.remove(0).catalog
}

pub(crate) async fn submit(app: &App, catalog: &CatalogId) -> Result<(), gongkai_app::Error> {
    app.submit(&operator(app, "clerk"), catalog, "news".to_owned(), String::new()).await.map(drop)
}

pub(crate) async fn approve(app: &App, catalog: &CatalogId) -> Result<(), gongkai_app::Error> {
    let said = Verdicts {
        submission: None,
        verdict: Verdict::Approve,
        items: Vec::new(),
        note: String::new(),
        approves_rest: true,
        outside: None,
    };
    app.decide(&operator(app, "reviewer"), catalog, said).await.map(drop)
}

/// How many submissions of a catalog a node knows.
pub(crate) async fn submissions(app: &App, catalog: &CatalogId) -> usize {
    app.load_known(catalog).await.map_or(0, |loaded| loaded.state.submissions.len())
}

/// Streams with more than one end, of those a node sees.
pub(crate) async fn forks(app: &App) -> usize {
    let world = app.world();
    let heads = app.store().heads(&Route::of(world.tree(), &world.me)).await.unwrap();
    heads.iter().filter(|head| head.tips.len() > 1).count()
}

/// A copy of a data directory, as a machine's snapshot makes it.
pub(crate) fn snapshot(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for found in fs::read_dir(from).unwrap() {
        let found = found.unwrap();
        let target = to.join(found.file_name());
        if found.path().is_dir() {
            snapshot(&found.path(), &target)
        } else {
            fs::copy(found.path(), target).unwrap();
        }
    }
}
