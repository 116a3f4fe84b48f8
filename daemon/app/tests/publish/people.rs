//! One account of the machine is one person, whatever names he acts under: he decides nothing that he wrote, and
//! confirms no removal for which he asked.

use gongkai_app::{CheckState, EraseQuestion, Error, Operator, Role};
use gongkai_model::{id::CatalogId, item::Item};

use crate::bed::{BUDGETS, Bed};

const ROOT: &str = "uid 0";

fn through(bed: &Bed, name: &str, account: &str) -> Operator {
    Operator { account: account.to_owned(), ..bed.operator(name, &Role::ALL) }
}

fn code(result: Result<impl Sized, Error>) -> &'static str {
    result.err().map_or("", |error| error.code())
}

/// Saved by one clerk and put up by another, each through an account of his own.
async fn submitted(bed: &Bed, saved_by: &Operator, sent_by: &Operator) -> CatalogId {
    let catalog = bed.import_sample_by(saved_by, BUDGETS).await;
    bed.app.submit(sent_by, &catalog, "as planned".to_owned(), String::new()).await.unwrap();
    catalog
}

#[tokio::test]
async fn nobody_decides_under_another_name_what_the_same_account_wrote() {
    let bed = Bed::new().await;
    let (saved_by, sent_by) = (through(&bed, "li", ROOT), through(&bed, "wang", "uid 1002"));
    let catalog = submitted(&bed, &saved_by, &sent_by).await;
    for account in [ROOT, "uid 1002"] {
        let refused = bed.approve_by(&through(&bed, "sun", account), &catalog).await;
        assert_eq!(code(refused), "GK-APP-037", "{account}");
    }
    assert_eq!(code(bed.approve_by(&saved_by, &catalog).await), "GK-REVIEW-015", "by name as before");
    bed.approve_by(&through(&bed, "sun", "certificate of 211200/sun"), &catalog).await.unwrap();

    // What stands approved was written by nobody any more; the account may decide on what a colleague changes.
    bed.change_by(&through(&bed, "zhou", "uid 1004"), &catalog, |index, item: &mut Item| {
        if index == 0 {
            item.content.push_str("及说明");
        }
    })
    .await;
    let clerk = through(&bed, "zhou", "uid 1004");
    bed.app.submit(&clerk, &catalog, "as planned".to_owned(), String::new()).await.unwrap();
    assert_eq!(code(bed.approve_by(&through(&bed, "sun", "uid 1004"), &catalog).await), "GK-APP-037");
    bed.approve_by(&through(&bed, "sun", ROOT), &catalog).await.unwrap();
}

#[tokio::test]
async fn an_account_that_a_clerk_had_only_before_is_not_held_against_another() {
    let bed = Bed::new().await;
    // At first everybody came by root; now each has an account, and what was written since was written through it.
    bed.import_sample_by(&through(&bed, "li", ROOT), crate::bed::ECOLOGY).await;
    let li = through(&bed, "li", "uid 1001");
    let catalog = submitted(&bed, &li, &li).await;
    bed.approve_by(&through(&bed, "sun", ROOT), &catalog).await.unwrap();
}

#[tokio::test]
async fn nobody_confirms_under_another_name_what_the_same_account_asked() {
    let bed = Bed::new().await;
    let clerk = through(&bed, "li", ROOT);
    let catalog = submitted(&bed, &clerk, &clerk).await;
    let loaded = bed.app.load_known(&catalog).await.unwrap();
    let item = loaded.working().unwrap().in_order()[0].0.to_string();
    let (basis, reason) = ("《个人信息保护法》第四十七条".to_owned(), "姓名".to_owned());
    let question = EraseQuestion { item, basis, reason, ..EraseQuestion::default() };
    let asked = bed.app.ask_erasure(&clerk, &catalog, question).await.unwrap();
    let request = asked.entry.unwrap().to_string();
    assert_eq!(code(bed.app.confirm_erasure(&through(&bed, "sun", ROOT), &request).await), "GK-ERASE-010");
    assert_eq!(code(bed.app.confirm_erasure(&clerk, &request).await), "GK-ERASE-006");
    bed.app.confirm_erasure(&through(&bed, "sun", "uid 1003"), &request).await.unwrap();
}

#[tokio::test]
async fn the_doctor_names_an_account_that_several_people_act_through() {
    let bed = Bed::new().await;
    let found = async || {
        let report = bed.app.doctor(false).await.unwrap();
        report.checks.into_iter().find(|check| check.name == "operators").unwrap()
    };
    let catalog = bed.import_sample_by(&through(&bed, "li", "uid 1001"), BUDGETS).await;
    assert_eq!(found().await.state, CheckState::Ok);
    let wang = through(&bed, "wang", "uid 1001");
    bed.import_sample_by(&wang, crate::bed::ECOLOGY).await;
    let named = found().await;
    assert_eq!((named.state, named.reason.code.as_str()), (CheckState::Warning, "GK-DOCTOR-023"));
    for name in ["uid 1001", "211200/li", "211200/wang"] {
        assert!(named.reason.message.contains(name), "{}", named.reason.message);
    }
    // Each has an account of his own from here on.
    let wang = Operator { account: "uid 1002".to_owned(), ..wang };
    bed.change_by(&wang, &catalog, |_, item: &mut Item| item.content.push_str("及说明")).await;
    assert_eq!(found().await.state, CheckState::Ok);
}
