//! What is told afterwards: the list of editions, the history of a catalog, the audit trail, the examination.

use gongkai_app::{AuditFilter, Change, CheckState, Role};

use crate::bed::{BUDGETS, Bed, ECOLOGY};

#[tokio::test]
async fn editions_are_listed_with_who_made_them_and_what_they_held() {
    let bed = Bed::new().await;
    bed.approved(BUDGETS).await;
    let first = bed.publish().await;
    bed.approved(ECOLOGY).await;
    bed.publish().await;
    let rows = bed.app.editions(&bed.editions()).await.unwrap();
    let told: Vec<_> = rows.iter().map(|row| (row.number, row.catalogs, row.items, row.missing)).collect();
    assert_eq!(told, [(1, 1, 15, 0), (2, 2, 33, 0)]);
    assert_eq!(rows[0].operator.as_ref().unwrap().as_str(), "211200/publisher");
    assert_eq!((rows[0].note.as_str(), rows[0].directory.as_ref()), ("planned", Some(&first.directory)));
    assert!(rows[0].published_at_ms < rows[1].published_at_ms);
    let entry = bed.app.store().entry(&rows[0].entry).await.unwrap().unwrap();
    let alias = entry.header.operator.clone().unwrap();
    assert!(alias.as_str().starts_with("211200/op-"), "no name goes to every node: {alias}");

    let shown = bed.app.edition(0, &bed.editions()).await.unwrap();
    let lines: Vec<_> = shown.catalogs.iter().map(|line| (line.catalog.domain.as_str(), line.change)).collect();
    assert_eq!(lines, [("budgets-and-accounts", Change::Unchanged), ("ecological-environment", Change::Added),]);
    let (number, published) = bed.app.published().await.unwrap();
    assert_eq!((number, published.len()), (2, 2));
    assert_eq!(bed.app.edition(7, &bed.editions()).await.unwrap_err().code(), "GK-APP-032");
}

#[tokio::test]
async fn a_catalog_tells_its_history_in_order() {
    let bed = Bed::new().await;
    let budgets = bed.approved(BUDGETS).await;
    bed.publish().await;
    let events = bed.app.history(&budgets).await.unwrap();
    let told: Vec<_> = events.iter().map(|e| (e.kind, e.state.as_str(), e.verdict, e.items, e.edition)).collect();
    assert_eq!(
        told,
        [
            ("revision", "draft", "", 15, 0),
            ("submission", "approved", "", 15, 0),
            ("decision", "effective", "approve", 15, 0),
            ("edition", "", "", 15, 1),
        ]
    );
    assert_eq!(events[2].opinion, "同意");
    assert!(events.iter().all(|event| event.revision == events[0].revision && !event.summary.zh.is_empty()));
    assert_eq!(events[3].operator.as_ref().unwrap().as_str(), "211200/publisher");
}

#[tokio::test]
async fn the_audit_trail_is_for_auditors_and_comes_page_by_page() {
    let bed = Bed::new().await;
    let budgets = bed.approved(BUDGETS).await;
    bed.publish().await;
    let clerk = bed.operator("clerk", &[Role::Clerk]);
    let refused = bed.app.audit_log(&clerk, &AuditFilter::default()).await.unwrap_err();
    assert_eq!(refused.code(), "GK-APP-002");
    let auditor = bed.operator("auditor", &[Role::Auditor]);
    let all = bed.app.audit_log(&auditor, &AuditFilter::default()).await.unwrap();
    assert_eq!((all.rows.len() as u64, all.next_before), (bed.app.store().feed_state().await.unwrap().offset, None));
    assert!(all.rows[0].summary.zh.contains("第1期") && all.rows[0].summary.en.starts_with("edition 1:"));

    let mut seen = Vec::new();
    let mut filter = AuditFilter { limit: 3, ..AuditFilter::default() };
    loop {
        let page = bed.app.audit_log(&auditor, &filter).await.unwrap();
        seen.extend(page.rows);
        filter.before = page.next_before;
        if filter.before.is_none() {
            break;
        }
    }
    assert_eq!(seen, all.rows);

    let about =
        AuditFilter { catalog: Some(budgets.clone()), kind: Some("decision".to_owned()), ..AuditFilter::default() };
    let about = bed.app.audit_log(&auditor, &about).await.unwrap().rows;
    assert_eq!((about.len(), about[0].catalog.as_ref(), about[0].reach), (1, Some(&budgets), "path"));
    let by = AuditFilter { operator: Some(bed.operator("publisher", &[]).id), ..AuditFilter::default() };
    let by = bed.app.audit_log(&auditor, &by).await.unwrap().rows;
    assert_eq!((by.len(), by[0].kind.as_str(), by[0].reach), (1, "edition", "subtree"));
    let later = AuditFilter { since_ms: Some(i64::MAX), ..AuditFilter::default() };
    assert_eq!(bed.app.audit_log(&auditor, &later).await.unwrap().rows, []);
}

#[tokio::test]
async fn the_doctor_finds_what_is_wrong_and_only_that() {
    let bed = Bed::new().await;
    bed.approved(BUDGETS).await;
    bed.publish().await;
    let report = bed.app.doctor(true).await.unwrap();
    let found: Vec<_> = report.checks.iter().filter(|check| check.state != CheckState::Ok).collect();
    assert_eq!(found.iter().map(|check| check.name).collect::<Vec<_>>(), ["backup"], "{found:?}");
    assert_eq!(report.state_digest_before, report.state_digest_after);
    assert_eq!((report.state(), report.is_rebuilt), (CheckState::Warning, true));

    let through = bed.app.store().projected_through().await.unwrap();
    let stray = vec![("stray".to_owned(), "row".to_owned(), Some("{}".to_owned()))];
    bed.app.store().put_projections(stray, through).await.unwrap();
    std::fs::remove_file(bed.app.dir().join("pki/entry.key")).unwrap();
    let report = bed.app.doctor(true).await.unwrap();
    let failed: Vec<_> = report.checks.iter().filter(|check| check.state == CheckState::Failed).collect();
    assert_eq!(failed.iter().map(|check| check.name).collect::<Vec<_>>(), ["entry-key", "projections"]);
    assert!(failed.iter().all(|check| check.reason.code.starts_with("GK-") && !check.reason.hint.is_empty()));
    assert_ne!(report.state_digest_before, report.state_digest_after);
    assert!(!bed.app.doctor(false).await.unwrap().is_rebuilt);
}
