//! Who gets through a handshake, who does not, and what each side is told.

use gongkai_model::digest::Digest;
use gongkai_pki::{
    Lifetimes, PeerError, authority, enrol,
    identity::identify,
    tls::{HotTls, join_config},
};

use crate::world::{CITY, COUNTY, DAY_MS, NOW_MS, Node, OTHER_COUNTY, TOWN, at, meet, path, three_levels};

fn code<T>(result: Result<T, PeerError>) -> Option<&'static str> {
    result.err().map(|error| error.code())
}

#[tokio::test]
async fn a_township_and_its_county_know_each_other_by_their_certificates() {
    let (city, county, town) = three_levels();
    let met = meet(county.server_config(NOW_MS), town.session_config(NOW_MS), county.name()).await;
    let child = identify(&met.by_server.unwrap(), &city.root(), NOW_MS).unwrap();
    assert_eq!((child.path.clone(), child.division.as_str()), (path(TOWN), "211221100"));
    child.require_child_of(&county.path).unwrap();
    assert_eq!(code(child.require_child_of(&city.path)), Some("GK-PKI-037"));
    let parent = identify(&met.by_client.unwrap(), &town.root(), NOW_MS).unwrap();
    parent.require_parent_of(&town.path).unwrap();
    assert_eq!(code(parent.require_parent_of(&parent.path)), Some("GK-PKI-038"));
    assert_eq!(town.root(), city.root());
}

#[tokio::test]
async fn a_node_of_another_authority_is_refused_on_both_sides() {
    let (_city, county, _town) = three_levels();
    let foreign_city = Node::top(CITY);
    let foreign_county = foreign_city.child(COUNTY, true);
    let foreign_town = foreign_county.child(TOWN, false);
    // The client looks first and refuses the server.
    let met = meet(county.server_config(NOW_MS), foreign_town.session_config(NOW_MS), county.name()).await;
    assert_eq!(code(met.by_client), Some("GK-PKI-032"));
    assert_eq!(code(met.by_server), Some("GK-PKI-044"));
}

#[tokio::test]
async fn a_server_refuses_a_foreign_client_that_does_not_look() {
    let (_city, county, _town) = three_levels();
    let foreign = Node::top(CITY).child(COUNTY, true).child(TOWN, false);
    // A client that trusts the county's root and shows its own foreign chain.
    let careless = foreign.session_config_trusting(&county.root());
    let met = meet(county.server_config(NOW_MS), careless, county.name()).await;
    assert_eq!(code(met.by_server), Some("GK-PKI-032"));
    assert_eq!(code(met.by_client), Some("GK-PKI-044"));
}

#[tokio::test]
async fn a_joiner_without_certificate_gets_through_and_has_no_identity() {
    let (city, county, _town) = three_levels();
    let pinned = county.authority().root_fingerprint();
    let join = join_config(&pinned, &county.path, &at(NOW_MS)).unwrap();
    let met = meet(county.server_config(NOW_MS), join, county.name()).await;
    let shown = met.by_server.unwrap();
    assert!(shown.is_empty());
    assert_eq!(code(identify(&shown, &city.root(), NOW_MS)), Some("GK-PKI-030"));
    let chain = met.by_client.unwrap();
    assert_eq!(Digest::of_file(chain.last().unwrap()), pinned);
}

#[tokio::test]
async fn a_wrong_fingerprint_is_refused_before_anything_is_sent() {
    let (_city, county, _town) = three_levels();
    let other = Node::top(CITY).authority().root_fingerprint();
    let join = join_config(&other, &county.path, &at(NOW_MS)).unwrap();
    let met = meet(county.server_config(NOW_MS), join, county.name()).await;
    assert_eq!(code(met.by_client), Some("GK-PKI-039"));
    assert!(met.by_server.is_err());
}

#[tokio::test]
async fn another_node_of_the_tree_cannot_pose_as_the_inviting_parent() {
    let (city, county, town) = three_levels();
    let pinned = city.authority().root_fingerprint();
    for (server, expected) in [(&town, &county.path), (&county, &city.path), (&city, &county.path)] {
        let join = join_config(&pinned, expected, &at(NOW_MS)).unwrap();
        let met = meet(server.server_config(NOW_MS), join, server.name()).await;
        assert_eq!(code(met.by_client), Some("GK-PKI-040"));
    }
    let session = meet(town.server_config(NOW_MS), town.session_config(NOW_MS), county.name()).await;
    assert_eq!(code(session.by_client), Some("GK-PKI-040"));
}

#[tokio::test]
async fn an_expired_leaf_is_refused_and_both_sides_know_whose_it_is() {
    let (city, county, town) = three_levels();
    let later = NOW_MS + 366 * DAY_MS;
    let lifetimes = Lifetimes::default();
    enrol::accept_renewal(&county.pki, &county.renewal(&city, later), &county.path).unwrap();
    let met = meet(county.server_config(later), town.session_config(later), county.name()).await;
    assert_eq!(met.by_server.unwrap_err(), PeerError::Expired { not_after_ms: NOW_MS + lifetimes.leaf_ms });
    assert_eq!(code(met.by_client), Some("GK-PKI-042"));
    // The parent's end is the parent's affair: the child sees whose certificate ran out.
    let much_later = later + 366 * DAY_MS;
    let join = join_config(&city.authority().root_fingerprint(), &county.path, &at(much_later)).unwrap();
    let met = meet(county.server_config(much_later), join, county.name()).await;
    assert_eq!(code(met.by_client), Some("GK-PKI-034"));
}

#[tokio::test]
async fn a_clock_before_the_certificate_is_its_own_refusal() {
    let (_city, county, town) = three_levels();
    let before = NOW_MS - 2 * DAY_MS;
    let met = meet(county.server_config(NOW_MS), town.session_config(before), county.name()).await;
    assert_eq!(code(met.by_client), Some("GK-PKI-035"));
}

#[tokio::test]
async fn the_tls_library_refuses_a_name_outside_its_issuers_constraint() {
    let (city, county, _town) = three_levels();
    let thief = county.forge_child(&[OTHER_COUNTY[0], OTHER_COUNTY[1], "211282100"]);
    let met = meet(city.server_config(NOW_MS), thief, city.name()).await;
    assert_eq!(code(met.by_server), Some("GK-PKI-033"));
    assert!(met.by_client.is_err());
}

#[tokio::test]
async fn a_broken_connection_is_no_refusal() {
    let (_city, county, town) = three_levels();
    let (near, far) = tokio::io::duplex(1024);
    drop(far);
    let hot = HotTls::new(town.credentials(), at(NOW_MS)).unwrap();
    let error = hot.connector().connect(county.name(), near).await.unwrap_err();
    let refusal = gongkai_pki::tls::refusal_of_io(&error);
    assert_eq!((refusal.code(), refusal.is_transient()), ("GK-PKI-047", true));
}

#[tokio::test]
async fn renewed_credentials_serve_the_next_session_without_a_restart() {
    let (city, county, town) = three_levels();
    let hot = HotTls::new(county.credentials(), at(NOW_MS)).unwrap();
    let before = hot.credentials().not_after_ms();
    let accepted = hot.acceptor();
    let later = NOW_MS + 30 * DAY_MS;
    enrol::accept_renewal(&county.pki, &county.renewal(&city, later), &county.path).unwrap();
    hot.swap(county.credentials()).unwrap();
    assert_eq!(hot.credentials().not_after_ms(), before + 30 * DAY_MS);
    for (config, end) in [(accepted.config(), before), (hot.acceptor().config(), before + 30 * DAY_MS)] {
        let met = meet(config.clone(), town.session_config(later), county.name()).await;
        let parent = identify(&met.by_client.unwrap(), &town.root(), later).unwrap();
        assert_eq!(parent.not_after_ms, end);
    }
}

#[tokio::test]
async fn a_village_under_a_township_needs_no_other_code() {
    let (city, county, _) = three_levels();
    let town = county.child(TOWN, true);
    let village_path = [TOWN, &["211221100201"]].concat();
    let village = town.child(&village_path, false);
    let met = meet(town.server_config(NOW_MS), village.session_config(NOW_MS), town.name()).await;
    let child = identify(&met.by_server.unwrap(), &city.root(), NOW_MS).unwrap();
    assert!(child.is_child_of(&town.path));
    assert_eq!(authority::trust_root(&village.pki).unwrap(), city.root());
}
