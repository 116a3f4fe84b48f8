//! Before an edition: words of several people, for exactly what it would hold.

use gongkai_app::{AuditFilter, Error, Operator, Role, SignOffPolicy};

use crate::bed::{BUDGETS, Bed, ECOLOGY};

async fn with_policy() -> Bed {
    let bed = Bed::new().await;
    let steps = ["first-review", "second-review", "third-review", "secrecy"].map(str::to_owned).to_vec();
    bed.app.require_sign_offs(SignOffPolicy { steps, people_min: 3 });
    bed
}

async fn sign(bed: &Bed, name: &str, step: &str) -> Result<bool, Error> {
    let signed = bed.app.sign_off(&bed.operator(name, &[Role::Reviewer]), step, "").await?;
    Ok(signed.0.is_complete)
}

async fn code(bed: &Bed, name: &str, step: &str) -> &'static str {
    sign(bed, name, step).await.unwrap_err().code()
}

#[tokio::test]
async fn an_edition_waits_for_the_words_of_three_people() {
    let bed = with_policy().await;
    assert_eq!(code(&bed, "li", "").await, "GK-SIGN-005");
    bed.approved(BUDGETS).await;
    let publisher = bed.operator("publisher", &[Role::Publisher]);
    let refused = bed.app.run_edition(&publisher, String::new(), false, bed.editions()).await.unwrap_err();
    assert_eq!(refused.code(), "GK-SIGN-001");
    assert!(refused.to_string().contains("secrecy"), "{refused}");

    let clerk = bed.app.sign_off(&bed.operator("zhao", &[Role::Clerk]), "secrecy", "").await.unwrap_err();
    assert_eq!(clerk.code(), "GK-APP-002");
    assert!(!sign(&bed, "li", "first-review").await.unwrap());
    let (_, is_repeated) = bed.app.sign_off(&bed.operator("li", &[Role::Reviewer]), "first-review", "").await.unwrap();
    assert!(is_repeated, "the same word twice is written once");
    assert_eq!(code(&bed, "wang", "first-review").await, "GK-SIGN-003");
    assert_eq!(code(&bed, "wang", "fourth-review").await, "GK-SIGN-002");
    // Of four words one may be a second one of the same person, not two.
    assert!(!sign(&bed, "li", "second-review").await.unwrap());
    assert_eq!(code(&bed, "li", "third-review").await, "GK-SIGN-004");
    assert!(!sign(&bed, "wang", "third-review").await.unwrap());
    assert_eq!(code(&bed, "wang", "secrecy").await, "GK-SIGN-004");
    assert!(sign(&bed, "sun", "secrecy").await.unwrap());

    assert_eq!(bed.publish().await.number, 1);
    let rows = bed.app.edition_rows().await.unwrap();
    let signed = &rows[0].sign_offs;
    assert_eq!(signed.len(), 4);
    assert!(signed.iter().all(|word| !word.operator.as_str().contains("li")), "names do not go down: {signed:?}");
    assert!(bed.app.sign_offs().await.unwrap().is_unchanged);
}

#[tokio::test]
async fn what_one_account_gives_counts_as_one_person_and_stands_on_record() {
    let bed = with_policy().await;
    bed.approved(BUDGETS).await;
    let by =
        |name: &str, account: &str| Operator { account: account.to_owned(), ..bed.operator(name, &[Role::Reviewer]) };
    bed.app.sign_off(&by("li", "uid 0"), "first-review", "").await.unwrap();
    bed.app.sign_off(&by("wang", "uid 0"), "second-review", "").await.unwrap();
    let refused = bed.app.sign_off(&by("sun", "uid 0"), "third-review", "").await.unwrap_err();
    assert_eq!(refused.code(), "GK-SIGN-006");
    assert!(refused.to_string().contains("uid 0"), "{refused}");
    bed.app.sign_off(&by("sun", "certificate of 211200/sun"), "third-review", "").await.unwrap();
    let (done, _) = bed.app.sign_off(&by("zhou", "uid 1002"), "secrecy", "").await.unwrap();
    assert!(done.is_complete, "{done:?}");
    let accounts: Vec<&str> = done.rows.iter().map(|row| row.account.as_str()).collect();
    assert_eq!(accounts, ["uid 0", "uid 0", "certificate of 211200/sun", "uid 1002"]);
    let auditor = bed.operator("auditor", &[Role::Auditor]);
    let filter = AuditFilter { kind: Some("operator.account".to_owned()), ..AuditFilter::default() };
    assert_eq!(bed.app.audit_log(&auditor, &filter).await.unwrap().rows.len(), 4, "one for each name and its account");
}

#[tokio::test]
async fn one_more_approved_revision_asks_for_all_words_again() {
    let bed = with_policy().await;
    bed.approved(BUDGETS).await;
    for (name, step) in [("li", "first-review"), ("wang", "second-review"), ("sun", "third-review"), ("sun", "secrecy")]
    {
        sign(&bed, name, step).await.unwrap();
    }
    let complete = bed.app.sign_offs().await.unwrap();
    assert!(complete.is_complete && complete.outdated == 0);
    bed.approved(ECOLOGY).await;
    let now = bed.app.sign_offs().await.unwrap();
    assert!(!now.is_complete && now.contents != complete.contents);
    assert_eq!((now.outdated, now.rows.iter().filter(|row| row.operator.is_some()).count()), (4, 0));
    let publisher = bed.operator("publisher", &[Role::Publisher]);
    let refused = bed.app.run_edition(&publisher, String::new(), false, bed.editions()).await.unwrap_err();
    assert_eq!(refused.code(), "GK-SIGN-001");
}

#[tokio::test]
async fn the_check_names_everything_that_an_edition_would_be_refused_for() {
    let bed = Bed::new().await;
    let obstacles = async || -> Vec<(&'static str, String)> {
        let ready = bed.app.edition_readiness().await.unwrap();
        ready.obstacles.iter().map(|error| (error.code(), error.to_string())).collect()
    };
    let publisher = bed.operator("publisher", &[Role::Publisher]);
    let run = async || bed.app.run_edition(&publisher, String::new(), false, bed.editions()).await;
    let nothing = obstacles().await;
    assert_eq!(nothing.len(), 1);
    assert_eq!(nothing[0].0, run().await.unwrap_err().code(), "what the check says is what the run says");
    bed.approved(ECOLOGY).await;
    bed.app.require_sign_offs(SignOffPolicy {
        steps: vec!["secrecy".to_owned(), "first-review".to_owned()],
        people_min: 2,
    });
    let unsigned = obstacles().await;
    let refused = run().await.unwrap_err();
    assert_eq!(unsigned, [(refused.code(), refused.to_string())]);
    assert!(unsigned[0].1.contains("secrecy") && unsigned[0].1.contains("first-review"), "{unsigned:?}");
    sign(&bed, "reader", "secrecy").await.unwrap();
    assert!(!obstacles().await[0].1.contains("secrecy"), "only what is still open is named");
    sign(&bed, "editor", "first-review").await.unwrap();
    assert_eq!(obstacles().await, []);
    run().await.unwrap();
    assert_eq!(obstacles().await, [], "nothing to publish is no obstacle");
}
