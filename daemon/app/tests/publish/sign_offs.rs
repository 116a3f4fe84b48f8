//! Before an edition: words of several people, for exactly what it would hold.

use gongkai_app::{Error, Role, SignOffPolicy};

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
