//! Certificates that open sessions: those that an entry names, and no others.

use std::path::Path;

use gongkai_app::{App, CertStanding, JoinQuestion, Rejoining};
use gongkai_journal::Entry;
use gongkai_model::digest::Digest;
use gongkai_pki::{PkiDir, Request, identity, tls::Credentials};

use crate::bed::{COUNTY, TOWN, id, join, join_with, open, operator, root, sync};

/// The county to which a town moves.
const OTHER: &str = "211223";

fn shown(dir: &Path) -> Credentials {
    Credentials::load(&PkiDir::open(dir).unwrap()).unwrap()
}

/// What a node brings with its first words.
fn brought(app: &App, dir: &Path) -> Vec<Entry> {
    app.introduction(&shown(dir).fingerprint())
}

/// What a node thinks of another's certificate, with and without what that one brings.
fn seen(by: &App, of: &App, dir: &Path) -> (CertStanding, CertStanding) {
    let (division, fingerprint) = (of.world().me.clone(), shown(dir).fingerprint());
    let world = by.world();
    (world.standing(&division, &fingerprint, &[]), world.standing(&division, &fingerprint, &brought(of, dir)))
}

async fn renew(parent: &App, child: &App, dir: &Path) {
    let credentials = shown(dir);
    let request = Request::make(&PkiDir::open(dir).unwrap(), credentials.path(), true).unwrap();
    let peer = identity::identify_for_renewal(credentials.chain(), credentials.trust_root(), parent.now_ms()).unwrap();
    let (grant, introduction) = parent.answer_renewal(&peer, &request).await.unwrap();
    child.keep_introduction(&introduction).await.unwrap();
    gongkai_pki::enrol::accept_renewal(&PkiDir::open(dir).unwrap(), &grant, credentials.path()).unwrap();
}

#[tokio::test]
async fn a_first_session_opens_on_what_each_side_brings() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let city = root(&at("city")).await;
    city.name_own_certificate(&shown(&at("city")).fingerprint(), 0).await.unwrap();
    let county = join(&city, &at("county"), COUNTY).await;
    // Neither has heard a word of the other's journal; the city wrote the county's entry, and its own key is pinned.
    assert_eq!(seen(&city, &county, &at("county")), (CertStanding::Named, CertStanding::Named));
    assert_eq!(seen(&county, &city, &at("city")), (CertStanding::Unnamed, CertStanding::Named));
    sync(&county, &city).await;
    assert_eq!(seen(&county, &city, &at("city")).0, CertStanding::Named);
    let town = join(&county, &at("town"), TOWN).await;
    assert_eq!(seen(&town, &county, &at("county")), (CertStanding::Unnamed, CertStanding::Named));
    assert_eq!(seen(&county, &town, &at("town")).0, CertStanding::Named);

    // A parent that was renewed a second ago has the entry that names its new certificate from its own parent.
    sync(&town, &county).await;
    renew(&city, &county, &at("county")).await;
    assert_eq!(seen(&town, &county, &at("county")), (CertStanding::Unnamed, CertStanding::Named));
    // What was brought is stored before anything else, or wanted.
    let fingerprint = shown(&at("county")).fingerprint();
    town.introduce(&id(COUNTY), &fingerprint, &brought(&county, &at("county"))).await.unwrap();
    assert_eq!(town.standing_of(&id(COUNTY), &fingerprint), CertStanding::Named);
}

/// Takes another place in the node's own directory, its daemon stopped.
async fn rejoin(parent: &App, app: App, dir: &Path) -> App {
    let division = app.world().me.clone();
    app.store().close().await;
    drop(app);
    let admin = operator(parent, "admin");
    let invited = parent.invite(&admin, division.as_str(), &["127.0.0.1:1".to_owned()], 60_000).await.unwrap();
    let token = gongkai_pki::Token::parse(&invited.token).unwrap();
    let node = Rejoining::open(dir, &division).await.unwrap();
    let question = JoinQuestion {
        path: token.path().to_vec(),
        secret: token.secret().to_vec(),
        request: Request::make(&PkiDir::open(dir).unwrap(), token.path(), true).unwrap(),
        incarnation: node.incarnation(),
    };
    let answer = parent.answer_join(question).await.unwrap();
    let addresses = ["127.0.0.1:1".to_owned()];
    let (path, pinned) = (token.path(), token.root_fingerprint());
    node.settle(path, &answer.grant, pinned, &addresses, &answer.introduction).await.unwrap();
    open(dir).await
}

#[tokio::test]
async fn a_first_session_at_the_new_parent_opens_after_a_move() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let city = root(&at("city")).await;
    let county = join(&city, &at("county"), COUNTY).await;
    let other = join(&city, &at("other"), OTHER).await;
    sync(&county, &city).await;
    sync(&other, &city).await;
    let town = join(&county, &at("town"), TOWN).await;
    sync(&town, &county).await;
    city.move_division(&operator(&city, "admin"), TOWN, OTHER, false).await.unwrap();
    sync(&other, &city).await;
    // The town has not heard of the order, nor of anything that the new county wrote.
    let town = rejoin(&other, town, &at("town")).await;
    assert_eq!(seen(&other, &town, &at("town")), (CertStanding::Named, CertStanding::Named));
    assert_eq!(seen(&town, &other, &at("other")), (CertStanding::Unnamed, CertStanding::Named));
    // At its former county the certificate that it has now is named by nobody.
    assert_eq!(seen(&county, &town, &at("town")).0, CertStanding::Unnamed);
}

#[tokio::test]
async fn a_parent_restored_from_before_the_enrolment_takes_its_own_word_for_it() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let city = root(&at("city")).await;
    let county = join(&city, &at("county"), COUNTY).await;
    sync(&county, &city).await;
    let before = county.world();
    // The town has been given its entry with its certificate, and has had no session yet.
    let town = join(&county, &at("town"), TOWN).await;
    let (fingerprint, own) = (shown(&at("town")).fingerprint(), brought(&town, &at("town")));
    assert_eq!(own.len(), 3, "the city's, the county's and its own");
    assert_eq!(before.standing(&id(TOWN), &fingerprint, &[]), CertStanding::Unnamed);
    assert_eq!(before.standing(&id(TOWN), &fingerprint, &own), CertStanding::Named);
    // Of somebody else's certificate it says nothing, and without those above it nothing can be checked.
    assert_eq!(before.standing(&id(TOWN), &Digest::of_file(b"minted"), &own), CertStanding::Unnamed);
    assert_eq!(city.world().standing(&id(COUNTY), &fingerprint, &own), CertStanding::Unnamed);
}

#[tokio::test]
async fn below_a_revoked_authority_only_a_renewal_is_open_and_a_retired_one_carries_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let city = root(&at("city")).await;
    let county = join(&city, &at("county"), COUNTY).await;
    sync(&county, &city).await;
    let town = join(&county, &at("town"), TOWN).await;
    sync(&town, &county).await;
    sync(&county, &city).await;
    assert_eq!(seen(&city, &town, &at("town")).0, CertStanding::Named);
    city.revoke_node(&operator(&city, "admin"), COUNTY, "stolen").await.unwrap();
    assert_eq!(seen(&city, &county, &at("county")).0, CertStanding::Ended);
    assert_eq!(seen(&city, &town, &at("town")).0, CertStanding::IssuerRevoked, "its entry precedes the good heads");
    assert_eq!(
        city.world().standing(&id(TOWN), &Digest::of_file(b"minted"), &brought(&town, &at("town"))),
        CertStanding::Unnamed
    );

    let other = tempfile::tempdir().unwrap();
    let at = |name: &str| other.path().join(name);
    let city = root(&at("city")).await;
    let county = join(&city, &at("county"), COUNTY).await;
    sync(&county, &city).await;
    let town = join(&county, &at("town"), TOWN).await;
    sync(&town, &county).await;
    sync(&county, &city).await;
    let admin = operator(&city, "admin");
    let invited = city.invite_rebuild(&admin, COUNTY, &["127.0.0.1:1".to_owned()], 60_000).await.unwrap();
    let successor = join_with(&city, &at("again"), &invited.token).await;
    assert_eq!(seen(&city, &county, &at("county")).0, CertStanding::Ended);
    assert_eq!(seen(&city, &successor, &at("again")).0, CertStanding::Named);
    assert_eq!(seen(&city, &town, &at("town")).0, CertStanding::Named, "what the lost machine issued stands");
}
