//! Tokens: used twice, expired, for another division, mangled; and who may be invited.

use gongkai_proto::admin::v1::{InviteRequest, ListNodesRequest};
use tempfile::TempDir;

use crate::harness::{CITY, COUNTY, TOWN, city, code, join_in};

#[tokio::test(flavor = "multi_thread")]
async fn a_token_enrols_one_node_of_one_division_once() {
    let city = city().await;
    let token = city.token(COUNTY).await;
    let dir = TempDir::new().unwrap();
    let place = |name: &str| dir.path().join(name);

    let error = join_in(&place("other"), &token, Some("211222")).await.unwrap_err();
    assert_eq!(error.code(), "GK-PKI-014", "{error}");
    assert!(!place("other").exists(), "nothing is made for a refused token");

    let made = join_in(&place("first"), &token, Some(COUNTY)).await.unwrap();
    assert_eq!((made.division.as_str(), made.parent.as_str()), (COUNTY, CITY));
    let error = join_in(&place("second"), &token, None).await.unwrap_err();
    let told = gongkai_node::Told::from(&error);
    assert_eq!(told.code, "GK-PKI-013", "{told:?}");
    let again = join_in(&place("first"), &token, None).await.unwrap();
    assert_eq!(again.path, made.path, "the same keys in the same directory are the same node");

    let rows = city.nodes().list(ListNodesRequest { enrolled_only: true, ..Default::default() }).await.unwrap();
    let states: Vec<_> = rows.into_inner().nodes.into_iter().map(|row| (row.division, row.state)).collect();
    assert_eq!(states, [(CITY.to_owned(), "self".to_owned()), (COUNTY.to_owned(), "enrolled".to_owned())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_or_mangled_token_is_refused_before_anything_is_sent() {
    let city = city().await;
    let dir = TempDir::new().unwrap();
    let request = InviteRequest { division: COUNTY.to_owned(), valid_seconds: 1, ..InviteRequest::default() };
    let invited = city.nodes().invite(request).await.unwrap().into_inner();
    crate::harness::eventually("the token's end", async || {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
        (i128::try_from(now).unwrap() > i128::from(invited.expires_at_ms)).then_some(())
    })
    .await;
    let error = join_in(&dir.path().join("late"), &invited.token, None).await.unwrap_err();
    assert_eq!(error.code(), "GK-PKI-012", "{error}");
    let mut mangled = city.token(COUNTY).await;
    let last = if mangled.pop() == Some('A') { 'B' } else { 'A' };
    mangled.push(last);
    let error = join_in(&dir.path().join("mangled"), &mangled, None).await.unwrap_err();
    assert!(error.code().starts_with("GK-PKI-01"), "{error}");
    assert_eq!(dir.path().read_dir().unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_direct_children_are_invited() {
    let city = city().await;
    for (division, expected) in [(TOWN, "GK-APP-021"), (CITY, "GK-APP-021"), ("999999", "GK-APP-003")] {
        let request = InviteRequest { division: division.to_owned(), ..InviteRequest::default() };
        let status = city.nodes().invite(request).await.unwrap_err();
        assert_eq!(code(&status), expected, "{division}");
    }
}
