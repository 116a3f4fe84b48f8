//! The admin socket: who is let in, what every client may expect, and refusals with their parts.

use std::os::unix::fs::PermissionsExt as _;

use gongkai_proto::{
    ADMIN_SOCKET,
    admin::v1::{
        AuditLogRequest, CheckCatalogRequest, DiffCatalogRequest, DoctorRequest, ExportCatalogRequest,
        ImportCatalogRequest, ShowCatalogRequest, ShowNodeRequest, ShutdownRequest,
    },
    metadata,
};
use tonic::{Request, Status};
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};

use crate::harness::{CITY, city, code, eventually, sample};

const CATALOG: &str = "211200/ecological-environment";

fn as_operator<T>(name: &'static str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert(metadata::OPERATOR, name.parse().unwrap());
    request
}

fn hint(status: &Status) -> String {
    let bytes = status.metadata().get_bin(metadata::HINT).unwrap().to_bytes().unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_socket_is_its_owners_and_answers_health() {
    let city = city().await;
    let mode = std::fs::metadata(city.dir.join(ADMIN_SOCKET)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let mut health = HealthClient::new(city.channel());
    let answer = health.check(HealthCheckRequest::default()).await.unwrap().into_inner();
    assert_eq!(answer.status(), ServingStatus::Serving);
    let shown = city.nodes().show(ShowNodeRequest {}).await.unwrap().into_inner();
    assert_eq!((shown.division.as_str(), shown.name.as_str(), shown.path), (CITY, "铁岭市", vec![CITY.to_owned()]));
    assert_eq!(shown.listen, city.address());
    let listen = std::fs::read_to_string(city.dir.join(gongkai_proto::LISTEN_FILE)).unwrap();
    assert_eq!(listen.trim(), city.address());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_catalog_is_imported_shown_checked_compared_and_exported() {
    let city = city().await;
    let file = sample("211200-ecological-environment.xlsx");
    let dry = ImportCatalogRequest {
        content: file.bytes.to_vec(),
        file_name: file.file.clone(),
        dry_run: true,
        ..ImportCatalogRequest::default()
    };
    let dry = city.catalogs().import(dry).await.unwrap().into_inner();
    assert_eq!(dry.tables.first().unwrap().rows.len(), file.items);
    assert!(city.row(CATALOG).await.is_none(), "a dry run keeps nothing");
    let imported = city.import(file.bytes, &file.file).await;
    assert!(imported.revisions.first().unwrap().is_new);
    assert!(
        !city.import(file.bytes, &file.file).await.revisions.first().unwrap().is_new,
        "the same file changes nothing"
    );

    let show = ShowCatalogRequest { catalog: CATALOG.to_owned(), ..ShowCatalogRequest::default() };
    let shown = city.catalogs().show(show).await.unwrap().into_inner();
    assert_eq!((shown.items.len(), shown.state.as_str()), (file.items, "draft"));
    assert!(shown.items.iter().all(|item| !item.item_id.is_empty() && item.digest.starts_with("sha256:")));
    let check = CheckCatalogRequest { catalog: CATALOG.to_owned(), ..CheckCatalogRequest::default() };
    let check = city.catalogs().check(check).await.unwrap().into_inner();
    assert!(check.is_complete, "{:?}", check.findings);
    let diff = DiffCatalogRequest { catalog: CATALOG.to_owned(), ..DiffCatalogRequest::default() };
    let diff = city.catalogs().diff(diff).await.unwrap().into_inner();
    assert_eq!((diff.changes.len(), diff.from.as_str()), (file.items, ""));
    // The same element by element, with the header as the first.
    assert_eq!(diff.differences.len(), file.items + 1);
    let names: Vec<&str> = diff.differences[1].elements.iter().map(|change| change.element.as_str()).collect();
    assert!(names.starts_with(&["level1"]) && names.contains(&"time_limit_text"), "{names:?}");
    let export = ExportCatalogRequest { catalog: CATALOG.to_owned(), ..ExportCatalogRequest::default() };
    let exported = city.catalogs().export(export).await.unwrap().into_inner();
    assert!(exported.file_name.ends_with(".xlsx") && exported.content.starts_with(b"PK"));
    let again = city.import(&exported.content, &exported.file_name).await;
    assert!(!again.revisions.first().unwrap().is_new, "what is exported reads back to the same items");
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_carry_code_message_and_next_step() {
    let city = city().await;
    let show = |catalog: &str| ShowCatalogRequest { catalog: catalog.to_owned(), ..ShowCatalogRequest::default() };
    for (catalog, expected) in [("211200/work-safety", "GK-APP-005"), ("nonsense", "GK-APP-001")] {
        let status = city.catalogs().show(show(catalog)).await.unwrap_err();
        assert_eq!(code(&status), expected);
        assert!(!hint(&status).is_empty());
    }
    let junk =
        ImportCatalogRequest { content: b"no workbook".to_vec(), file_name: "a.xlsx".to_owned(), ..Default::default() };
    let status = city.catalogs().import(junk).await.unwrap_err();
    assert!(code(&status).starts_with("GK-SHEET-"), "{}", code(&status));
    let status = city.nodes().show(as_operator("no such name", ShowNodeRequest {})).await.unwrap_err();
    assert_eq!(code(&status), "GK-APP-001");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_acts_under_another_name_and_the_journal_says_who() {
    let city = city().await;
    let file = sample("211200-ecological-environment.xlsx");
    let import =
        ImportCatalogRequest { content: file.bytes.to_vec(), file_name: file.file.clone(), ..Default::default() };
    city.catalogs().import(as_operator("zhao", import)).await.unwrap();
    let log = AuditLogRequest { operator: "zhao".to_owned(), ..AuditLogRequest::default() };
    let log = city.audit().log(log).await.unwrap().into_inner();
    assert!(log.entries.iter().any(|entry| entry.kind == "draft.save" && entry.operator == "211200/zhao"), "{log:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_gives_the_same_state() {
    let city = city().await;
    let file = sample("211200-ecological-environment.xlsx");
    city.import(file.bytes, &file.file).await;
    city.submit(CATALOG).await;
    let report = city.nodes().doctor(DoctorRequest { rebuild: true }).await.unwrap().into_inner();
    assert!(report.is_rebuilt && report.state_digest_before == report.state_digest_after, "{report:?}");
    assert!(report.checks.iter().all(|check| check.state != "failed"), "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_can_ask_for_the_end() {
    let city = city().await;
    city.nodes().shutdown(ShutdownRequest::default()).await.unwrap();
    eventually("the port is closed", async || tokio::net::TcpStream::connect(city.address()).await.err()).await;
}
