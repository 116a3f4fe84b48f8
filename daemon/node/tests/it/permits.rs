//! Every call of the admin API, once for each role: let through or refused as the table says, and the refusal kept.

use std::collections::BTreeSet;

use gongkai_app::{Action, Role};
use gongkai_proto::{
    DESCRIPTORS,
    admin::v1::{AuditLogRequest, ImportCatalogRequest, WhoAmIRequest, operator_service_client::OperatorServiceClient},
    metadata,
};
use prost::Message as _;
use prost_types::FileDescriptorSet;
use tonic::{
    Request, Status, client::Grpc, codegen::http::uri::PathAndQuery, metadata::AsciiMetadataValue, transport::Channel,
};
use tonic_prost::ProstCodec;

use crate::harness::{city_with, code, sample};

/// One operator a role, each with that role alone; `li` writes in one domain only.
pub(crate) const OPERATORS: &str = "\n\
    [[operator]]\nname = \"clerk\"\nroles = [\"clerk\"]\n\
    [[operator]]\nname = \"reviewer\"\nroles = [\"reviewer\"]\n\
    [[operator]]\nname = \"publisher\"\nroles = [\"publisher\"]\n\
    [[operator]]\nname = \"auditor\"\nroles = [\"auditor\"]\n\
    [[operator]]\nname = \"admin\"\nroles = [\"admin\"]\n\
    [[operator]]\nname = \"li\"\nroles = [\"clerk\"]\ndomains = [\"work-safety\"]\n";

/// Every call of our services: its path, and its action's word.
pub(crate) fn calls() -> Vec<(String, String)> {
    let descriptors = FileDescriptorSet::decode(DESCRIPTORS).unwrap();
    let mut calls = Vec::new();
    for file in descriptors.file.iter().filter(|file| file.package() == "gongkai.admin.v1") {
        for service in &file.service {
            let noun = kebab(service.name().trim_end_matches("Service"));
            for method in &service.method {
                let path = format!("/gongkai.admin.v1.{}/{}", service.name(), method.name());
                calls.push((path, format!("{noun}.{}", kebab(method.name()))));
            }
        }
    }
    calls
}

fn kebab(name: &str) -> String {
    let mut parts: Vec<String> = Vec::new();
    for letter in name.chars() {
        match parts.last_mut().filter(|_| letter.is_ascii_lowercase()) {
            Some(part) => part.push(letter),
            None => parts.push(letter.to_ascii_lowercase().to_string()),
        }
    }
    parts.join("-")
}

/// Makes every call in the name of a role; those that the table says otherwise of.
pub(crate) async fn wrongly_answered(channel: &Channel, role: Role) -> Vec<String> {
    let mut wrong = Vec::new();
    for (path, word) in calls() {
        let allowed = Action::from_word(&word).map(Action::roles).unwrap_or_default();
        // The call that ends the daemon is not made by whoever may.
        if word == "node.shutdown" && allowed.contains(&role) {
            continue;
        }
        let refused = call(channel.clone(), &path, role.word()).await;
        let is_refused = refused.as_deref() == Some("GK-APP-002");
        if is_refused == allowed.contains(&role) {
            wrong.push(format!("{word} as {}: {refused:?}", role.word()));
        }
    }
    wrong
}

/// Calls with an empty message, for another operator where one is named; gives the code of a refusal.
pub(crate) async fn call(channel: Channel, path: &str, operator: &str) -> Option<String> {
    let mut client = Grpc::new(channel);
    client.ready().await.unwrap();
    let mut request = Request::new(());
    if !operator.is_empty() {
        let name: AsciiMetadataValue = operator.parse().unwrap();
        request.metadata_mut().insert(metadata::OPERATOR, name);
    }
    let path: PathAndQuery = path.parse().unwrap();
    // Streaming suits every call: nothing is waited for but the head of the answer.
    let answered: Result<_, Status> = client.server_streaming(request, path, ProstCodec::<(), ()>::default()).await;
    answered.err().map(|status| code(&status))
}

#[test]
fn every_call_has_a_row_and_every_row_a_call() {
    let calls: BTreeSet<String> = calls().into_iter().map(|(_, word)| word).collect();
    assert!(calls.len() > 30, "only {} calls were found: the search is broken", calls.len());
    let rows: BTreeSet<String> = Action::ALL.iter().map(|action| action.word().to_owned()).collect();
    let missing: Vec<_> = calls.difference(&rows).collect();
    assert!(missing.is_empty(), "calls without a row in daemon/app/src/permit.rs: {missing:?}");
    let stale: Vec<_> = rows.difference(&calls).collect();
    assert!(stale.is_empty(), "rows of daemon/app/src/permit.rs without a call: {stale:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_role_is_let_through_or_refused_as_the_table_says() {
    let city = city_with(OPERATORS).await;
    let mut wrong = Vec::new();
    for role in Role::ALL {
        wrong.extend(wrongly_answered(&city.channel(), role).await);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_names_the_role_and_stands_in_the_journal_once() {
    let city = city_with(OPERATORS).await;
    let file = sample("211200-ecological-environment.xlsx");
    let import = || {
        let message =
            ImportCatalogRequest { content: file.bytes.to_vec(), file_name: file.file.clone(), ..Default::default() };
        as_operator("auditor", message)
    };
    let status = city.catalogs().import(import()).await.unwrap_err();
    assert_eq!(code(&status), "GK-APP-002");
    let message = status.metadata().get_bin(metadata::MESSAGE).unwrap().to_bytes().unwrap();
    assert!(String::from_utf8_lossy(&message).contains("`clerk`"), "{message:?}");
    assert_eq!(code(&city.catalogs().import(import()).await.unwrap_err()), "GK-APP-002");
    let mut other = import();
    other.metadata_mut().insert(metadata::OPERATOR, "li".parse().unwrap());
    assert_eq!(code(&city.catalogs().import(other).await.unwrap_err()), "GK-APP-013");
    let log = as_operator("auditor", AuditLogRequest { kind: "refusal".to_owned(), ..Default::default() });
    let log = city.audit().log(log).await.unwrap().into_inner().entries;
    let seen: Vec<_> = log.iter().map(|entry| (entry.operator.as_str(), entry.reach.as_str())).collect();
    assert_eq!(seen, [("211200/li", "self"), ("211200/auditor", "self")]);
    assert!(log[1].summary.contains("catalog.import") && log[1].summary.contains("GK-APP-002"), "{log:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_calls_is_told_who_he_is() {
    let city = city_with(OPERATORS).await;
    let mut client = OperatorServiceClient::new(city.channel());
    let told = client.who_am_i(as_operator("li", WhoAmIRequest {})).await.unwrap().into_inner();
    assert_eq!((told.operator.as_str(), told.roles.as_slice()), ("211200/li", &["clerk".to_owned()][..]));
    assert_eq!(told.domains, ["work-safety"]);
    assert!(told.caller.starts_with("uid "), "{}", told.caller);
    let allowed = |word: &str| told.actions.iter().find(|row| row.action == word).unwrap().is_allowed;
    assert!(allowed("catalog.submit") && !allowed("review.approve"));
}

fn as_operator<T>(name: &'static str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert(metadata::OPERATOR, name.parse().unwrap());
    request
}
