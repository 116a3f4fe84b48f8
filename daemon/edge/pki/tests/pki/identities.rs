//! What our own walk refuses, whatever the TLS library thinks.

use gongkai_pki::{
    PeerError,
    identity::{identify, identify_for_renewal},
};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls_pki_types::CertificateDer;

use crate::world::{COUNTY, DAY_MS, NOW_MS, TOWN, path, three_levels};

type Forger = CertifiedIssuer<'static, KeyPair>;

fn params(names: &[&str], subject: &str, is_authority: bool) -> CertificateParams {
    let mut params = CertificateParams::new(names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>()).unwrap();
    params.distinguished_name.push(DnType::CommonName, subject);
    if is_authority {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    } else {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    }
    params
}

/// A root and a county authority without name constraints: only our own check stands in the way.
fn lax_authorities() -> (Forger, Forger) {
    let root = params(&["211200.gongkai.internal"], "root", true);
    let root = CertifiedIssuer::self_signed(root, KeyPair::generate().unwrap()).unwrap();
    let county = params(&["211221.211200.gongkai.internal"], "county", true);
    let county = CertifiedIssuer::signed_by(county, KeyPair::generate().unwrap(), &root).unwrap();
    (root, county)
}

fn leaf(names: &[&str], is_authority: bool, issuer: &Issuer<'_, KeyPair>) -> CertificateDer<'static> {
    let key = KeyPair::generate().unwrap();
    params(names, "leaf", is_authority).signed_by(&key, issuer).unwrap().der().clone()
}

fn refusal(chain: &[CertificateDer<'static>], root: &CertificateDer<'static>) -> Option<PeerError> {
    identify(chain, root, NOW_MS).err()
}

#[test]
fn our_own_check_refuses_a_name_outside_its_issuer() {
    let (root, county) = lax_authorities();
    let (anchor, above) = (root.der().clone(), county.der().clone());
    let good = leaf(&["211221100.211221.211200.gongkai.internal"], false, &county);
    assert_eq!(refusal(&[good, above.clone(), anchor.clone()], &anchor), None);
    for stranger in ["211282100.211282.211200.gongkai.internal", "211200.gongkai.internal", "1.2.gongkai.internal"] {
        let forged = leaf(&[stranger], false, &county);
        let error = refusal(&[forged, above.clone(), anchor.clone()], &anchor).unwrap();
        assert_eq!(error.code(), "GK-PKI-033", "{stranger}");
    }
}

#[test]
fn a_decoy_between_leaf_and_issuer_hides_nothing() {
    let (root, county) = lax_authorities();
    let (anchor, above) = (root.der().clone(), county.der().clone());
    let decoy = params(&["211282.211200.gongkai.internal"], "county", true);
    let decoy = CertifiedIssuer::self_signed(decoy, KeyPair::generate().unwrap()).unwrap();
    let forged = leaf(&["211282100.211282.211200.gongkai.internal"], false, &county);
    for chain in [
        vec![forged.clone(), decoy.der().clone(), above.clone(), anchor.clone()],
        vec![forged.clone(), above.clone(), decoy.der().clone(), anchor.clone()],
        vec![forged.clone(), decoy.der().clone(), anchor.clone()],
    ] {
        assert!(refusal(&chain, &anchor).is_some());
    }
}

#[test]
fn certificates_of_the_wrong_shape_are_refused() {
    let (root, county) = lax_authorities();
    let (anchor, above) = (root.der().clone(), county.der().clone());
    let name = "211221100.211221.211200.gongkai.internal";
    let rubbish = CertificateDer::from(vec![0x30, 0x03, 1, 2, 3]);
    let town = leaf(&[name], false, &county);
    for (what, chain, code) in [
        ("no certificate", vec![], "GK-PKI-030"),
        ("rubbish", vec![rubbish, above.clone(), anchor.clone()], "GK-PKI-031"),
        ("root left out", vec![town.clone(), above.clone()], "GK-PKI-032"),
        ("issuer left out", vec![town.clone(), anchor.clone()], "GK-PKI-031"),
        (
            "two names",
            vec![leaf(&[name, "x.gongkai.internal"], false, &county), above.clone(), anchor.clone()],
            "GK-PKI-031",
        ),
        ("no name of ours", vec![leaf(&["example.org"], false, &county), above.clone(), anchor.clone()], "GK-PKI-031"),
        ("no name", vec![leaf(&[], false, &county), above.clone(), anchor.clone()], "GK-PKI-031"),
        ("an authority as peer", vec![leaf(&[name], true, &county), above.clone(), anchor.clone()], "GK-PKI-041"),
        ("the county's authority as peer", vec![above.clone(), anchor.clone()], "GK-PKI-041"),
        ("too long", vec![above.clone(); 9], "GK-PKI-031"),
    ] {
        assert_eq!(refusal(&chain, &anchor).map(|error| error.code()), Some(code), "{what}");
    }
}

#[test]
fn a_name_alone_makes_no_issuer() {
    let (root, county) = lax_authorities();
    let (_, impostor) = lax_authorities();
    let forged = leaf(&["211221100.211221.211200.gongkai.internal"], false, &impostor);
    let error = refusal(&[forged, county.der().clone(), root.der().clone()], root.der());
    assert_eq!(error, Some(PeerError::BadChain { why: "a signature in it is wrong" }));
}

#[test]
fn a_leaf_cannot_issue() {
    let (root, county) = lax_authorities();
    let key = KeyPair::generate().unwrap();
    let town_params = params(&["211221100.211221.211200.gongkai.internal"], "town", false);
    let town = CertifiedIssuer::signed_by(town_params, key, &county).unwrap();
    let village = leaf(&["1.211221100.211221.211200.gongkai.internal"], false, &town);
    let chain = [village, town.der().clone(), county.der().clone(), root.der().clone()];
    assert_eq!(refusal(&chain, root.der()).map(|error| error.code()), Some("GK-PKI-031"));
}

#[test]
fn an_expired_peer_is_known_for_renewal_and_for_nothing_else() {
    let (city, _county, town) = three_levels();
    let chain = town.credentials().chain().to_vec();
    let late = NOW_MS + 500 * DAY_MS;
    let error = identify(&chain, &city.root(), late).unwrap_err();
    assert_eq!(error.code(), "GK-PKI-034");
    let peer = identify_for_renewal(&chain, &city.root(), late).unwrap();
    assert_eq!(peer.path, path(TOWN));
    assert!(peer.is_child_of(&path(COUNTY)));
}
