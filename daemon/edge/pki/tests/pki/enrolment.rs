//! From the request to the stored chain, with everything that may go wrong between.

use gongkai_pki::{
    Error, Lifetimes, PkiDir, Request, authority, enrol,
    files::Kept,
    identity::{identify, identify_for_renewal},
    keys::{CertKey, EntryKey, key_id},
    request::csr,
    tls::Credentials,
};
use rcgen::{CertificateParams, CustomExtension, IsCa, KeyPair, PKCS_ED25519};

use crate::world::{CITY, COUNTY, DAY_MS, NOW_MS, Node, OTHER_COUNTY, TOWN, path, three_levels};

#[test]
fn a_request_with_forged_names_gets_only_the_name_we_give() {
    let (city, county, _) = three_levels();
    let mut forged =
        CertificateParams::new(vec!["211200.gongkai.internal".to_owned(), "evil.example".to_owned()]).unwrap();
    forged.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    forged.custom_extensions = vec![CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 99999, 1], vec![5, 0])];
    let text = forged.serialize_request(&KeyPair::generate().unwrap()).unwrap().pem().unwrap();
    let chain = county.authority().sign_csr(&text, &path(TOWN), &Lifetimes::default(), NOW_MS).unwrap();
    let chain: Vec<_> = pem_chain(&chain);
    let peer = identify(&chain, &city.root(), NOW_MS).unwrap();
    assert_eq!(peer.path, path(TOWN));
    let (_, leaf) = x509_parser::parse_x509_certificate(&chain[0]).unwrap();
    assert!(!leaf.is_ca());
    assert!(!String::from_utf8_lossy(&chain[0]).contains("evil"));
}

fn pem_chain(text: &str) -> Vec<rustls_pki_types::CertificateDer<'static>> {
    use rustls_pki_types::pem::PemObject as _;
    rustls_pki_types::CertificateDer::pem_slice_iter(text.as_bytes()).map(Result::unwrap).collect()
}

#[test]
fn requests_without_proof_or_with_other_keys_are_refused() {
    let (_, county, _) = three_levels();
    let child = Node::empty(TOWN);
    let good = Request::make(&child.pki, &child.path, false).unwrap();
    let stranger = Node::empty(TOWN);
    let other = Request::make(&stranger.pki, &stranger.path, false).unwrap();
    let ed25519 = CertificateParams::default()
        .serialize_request(&KeyPair::generate_for(&PKCS_ED25519).unwrap())
        .unwrap()
        .pem()
        .unwrap();
    for (what, request, code) in [
        ("another's TLS key", Request { tls_csr: other.tls_csr.clone(), ..good.clone() }, "GK-PKI-021"),
        ("another's entry key", Request { entry_key: other.entry_key.clone(), ..good.clone() }, "GK-PKI-021"),
        ("no Ed25519 key", Request { entry_key: "zz".to_owned(), ..good.clone() }, "GK-PKI-020"),
        ("a tampered request", Request { tls_csr: tampered(&good.tls_csr), ..good.clone() }, "GK-PKI-021"),
        ("rubbish", Request { tls_csr: "rubbish".to_owned(), ..good.clone() }, "GK-PKI-020"),
        ("a key of another kind", Request { tls_csr: ed25519, ..good.clone() }, "GK-PKI-022"),
    ] {
        let refused = county.authority().grant(&request, &child.path, false, &Lifetimes::default(), NOW_MS);
        assert_eq!(refused.unwrap_err().code(), code, "{what}");
    }
    assert!(good.check(&path(COUNTY)).is_err(), "a request is bound to its path");
}

/// Changes one byte of the signed name.
fn tampered(csr: &str) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let body: String = csr.lines().filter(|line| !line.starts_with('-')).collect();
    let mut der = STANDARD.decode(body).unwrap();
    let at = der.windows(7).position(|window| window == b"Gongkai").unwrap();
    der[at] = b'K';
    format!("-----BEGIN CERTIFICATE REQUEST-----\n{}\n-----END CERTIFICATE REQUEST-----\n", STANDARD.encode(der))
}

#[test]
fn an_authority_signs_for_itself_and_its_direct_children_only() {
    let (_, county, _) = three_levels();
    let stranger = Node::empty(TOWN);
    let key = CertKey::load_or_create(&stranger.pki, Kept::TlsKey).unwrap();
    let request = csr(&key, &path(TOWN)).unwrap();
    let sign = |ids: &[&str]| county.authority().sign_csr(&request, &path(ids), &Lifetimes::default(), NOW_MS);
    assert!(sign(TOWN).is_ok() && sign(COUNTY).is_ok());
    for ids in [CITY, OTHER_COUNTY, &["211200", "211282", "211282100"], &["211200", "211221", "211221100", "1"]] {
        assert_eq!(sign(ids).unwrap_err().code(), "GK-PKI-023", "{ids:?}");
        let request = Request::make(&stranger.pki, &path(ids), false).unwrap();
        let granted = county.authority().grant(&request, &path(ids), false, &Lifetimes::default(), NOW_MS);
        assert_eq!(granted.unwrap_err().code(), "GK-PKI-023", "{ids:?}");
    }
}

#[test]
fn a_county_enrols_a_township_while_the_root_key_is_away() {
    let city = Node::top(CITY);
    std::fs::remove_file(city.pki.path(Kept::RootKey)).unwrap();
    let county = city.child(COUNTY, true);
    let town = county.child(TOWN, false);
    assert_eq!(town.credentials().path(), path(TOWN));
    // The top node starts again without the key, and says so when the key is really needed.
    authority::found(&city.pki, &city.path, &Lifetimes::default(), NOW_MS + DAY_MS).unwrap();
    authority::renew_own(&city.pki, &city.authority(), &Lifetimes::default(), NOW_MS + DAY_MS).unwrap();
    let refused = authority::renew_issuing(&city.pki, &Lifetimes::default(), NOW_MS).unwrap_err();
    assert_eq!(refused.code(), "GK-PKI-007");
}

#[test]
fn founding_goes_on_where_it_was_cut_off() {
    let whole = Node::top(CITY);
    for lost in [Kept::TlsChain, Kept::TlsKey, Kept::AuthorityChain] {
        if lost == Kept::TlsKey {
            std::fs::remove_file(whole.pki.path(Kept::TlsChain)).unwrap();
        }
        let root = whole.root();
        std::fs::remove_file(whole.pki.path(lost)).unwrap();
        authority::found(&whole.pki, &whole.path, &Lifetimes::default(), NOW_MS).unwrap();
        assert_eq!(whole.root(), root);
        assert!(Credentials::load(&whole.pki).is_ok(), "{lost:?}");
    }
}

#[test]
fn no_certificate_outlives_its_issuer() {
    let city = Node::top(CITY);
    let end = city.authority().not_after_ms();
    let child = Node::empty(COUNTY);
    let request = Request::make(&child.pki, &child.path, false).unwrap();
    let grant = |now_ms| city.authority().grant(&request, &child.path, false, &Lifetimes::default(), now_ms);
    let (late, _) = grant(end - DAY_MS).unwrap();
    enrol::accept(&child.pki, &late, &city.authority().root_fingerprint(), &child.path).unwrap();
    assert_eq!(child.credentials().not_after_ms(), end);
    for now_ms in [end, end + DAY_MS, -1, i64::MAX] {
        assert_eq!(grant(now_ms).unwrap_err().code(), "GK-PKI-026", "{now_ms}");
    }
}

#[test]
fn a_chain_never_grows_past_what_verifiers_follow() {
    let mut ids = vec!["0"];
    let mut node = Node::top(&ids);
    let mut kept = Vec::new();
    for id in ["1", "2", "3", "4", "5", "6", "7"] {
        ids.push(id);
        let child = Node::empty(&ids);
        let request = Request::make(&child.pki, &child.path, true).unwrap();
        let lifetimes = Lifetimes::default();
        match node.authority().grant(&request, &child.path, true, &lifetimes, NOW_MS) {
            Ok((grant, _)) => {
                enrol::accept(&child.pki, &grant, &node.authority().root_fingerprint(), &child.path).unwrap()
            }
            Err(error) => {
                assert_eq!((error.code(), ids.len()), ("GK-PKI-024", 7));
                assert!(node.authority().grant(&request, &child.path, false, &lifetimes, NOW_MS).is_ok());
                return;
            }
        }
        kept.push(std::mem::replace(&mut node, child));
    }
    unreachable!("seven levels of authorities were made");
}

#[test]
fn the_joiner_stores_nothing_that_does_not_fit() {
    let (_, county, _) = three_levels();
    let foreign = Node::top(CITY).child(COUNTY, true);
    let child = Node::empty(TOWN);
    let request = Request::make(&child.pki, &child.path, false).unwrap();
    let lifetimes = Lifetimes::default();
    let pinned = county.authority().root_fingerprint();
    let (good, _) = county.authority().grant(&request, &child.path, false, &lifetimes, NOW_MS).unwrap();
    let (other_root, _) = foreign.authority().grant(&request, &child.path, false, &lifetimes, NOW_MS).unwrap();
    let elsewhere = Node::empty(TOWN);
    let others = Request::make(&elsewhere.pki, &elsewhere.path, false).unwrap();
    let (other_key, _) = county.authority().grant(&others, &child.path, false, &lifetimes, NOW_MS).unwrap();
    let accept = |grant, ids: &[&str]| enrol::accept(&child.pki, grant, &pinned, &path(ids)).map_err(|e| e.code());
    assert_eq!(accept(&other_root, TOWN), Err("GK-PKI-039"));
    assert_eq!(accept(&other_key, TOWN), Err("GK-PKI-031"));
    assert_eq!(accept(&good, &["211200", "211221", "211221101"]), Err("GK-PKI-040"));
    assert!(!child.pki.is_enrolled() && !child.pki.has(Kept::RootCertificate));
    assert_eq!(accept(&good, TOWN), Ok(()));
    assert!(child.pki.is_enrolled());
    let moved = enrol::accept(&child.pki, &other_root, &foreign.authority().root_fingerprint(), &child.path);
    assert_eq!(moved.map_err(|e| e.code()), Err("GK-PKI-003"));
}

#[test]
fn an_expired_node_renews_for_its_own_key_only() {
    let (city, county, town) = three_levels();
    let late = NOW_MS + 500 * DAY_MS;
    let chain = town.credentials().chain().to_vec();
    let peer = identify_for_renewal(&chain, &city.root(), late).unwrap();
    let request = Request::make(&town.pki, &town.path, false).unwrap();
    let renew = |request: &Request, now_ms| {
        county.authority().renew(&peer, request, false, &Lifetimes::default(), now_ms).map_err(|e| e.code())
    };
    let (grant, checked) = renew(&request, late).unwrap();
    assert_eq!(checked.tls_key_digest, peer.key_digest);
    enrol::accept_renewal(&town.pki, &grant, &town.path).unwrap();
    assert!(town.credentials().not_after_ms() > late);
    let stranger = Node::empty(TOWN);
    let new_key = Request::make(&stranger.pki, &stranger.path, false).unwrap();
    assert_eq!(renew(&new_key, late).err(), Some("GK-PKI-027"));
    assert!(renew(&new_key, NOW_MS + DAY_MS).is_ok(), "a living session may bring a new key");
}

#[test]
fn request_and_answer_travel_as_files() {
    let (_, county, _) = three_levels();
    let child = Node::empty(TOWN);
    let sent = serde_json::to_string(&Request::make(&child.pki, &child.path, false).unwrap()).unwrap();
    let request: Request = serde_json::from_str(&sent).unwrap();
    let (grant, checked) =
        county.authority().grant(&request, &child.path, false, &Lifetimes::default(), NOW_MS).unwrap();
    let answer = serde_json::from_str(&serde_json::to_string(&grant).unwrap()).unwrap();
    enrol::accept(&child.pki, &answer, &county.authority().root_fingerprint(), &child.path).unwrap();
    let entry = EntryKey::load(&child.pki).unwrap();
    assert_eq!((checked.entry_key, key_id(&checked.entry_key)), (entry.public_key(), entry.key_id()));
    assert!(!sent.contains("PRIVATE"));
}

#[test]
fn a_second_request_uses_the_keys_of_the_first() {
    let child = Node::empty(TOWN);
    let digest = |pki: &PkiDir| -> Result<_, Error> {
        Request::make(pki, &path(TOWN), false)?;
        Ok((CertKey::load(pki, Kept::TlsKey)?.digest(), EntryKey::load(pki)?.public_key()))
    };
    assert_eq!(digest(&child.pki).unwrap(), digest(&child.pki).unwrap());
}
