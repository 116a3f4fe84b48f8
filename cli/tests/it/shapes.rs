//! The JSON that scripts rely on: the keys of the documented answers.

use std::collections::BTreeSet;

use gongkai_proto::admin::v1::{
    Basis, CompareStandardResponse, ImportCatalogResponse, ImportTable, ImportWarning, Item, PeerStatus, Reason,
    RebaseCatalogResponse, RejectedTable, RunPublishResponse, SyncStatusResponse, TimeLimit,
};
use serde::Serialize;

fn keys(message: &impl Serialize) -> BTreeSet<String> {
    let value = serde_json::to_value(message).expect("a message is JSON");
    value.as_object().expect("an object").keys().cloned().collect()
}

fn has(message: &impl Serialize, documented: &str) {
    let known = keys(message);
    for key in documented.split_whitespace() {
        assert!(known.contains(key), "{key} is missing in {known:?}");
    }
}

#[test]
fn the_documented_keys_are_there_even_when_nothing_is_known() {
    has(&ImportCatalogResponse::default(), "file items tables warnings rejected revision");
    has(&ImportTable::default(), "sheet range title domain items rows");
    has(&ImportWarning::default(), "code cell message");
    has(&RejectedTable::default(), "sheet range code message");
    has(
        &Item::default(),
        "serial level1 level2 level3 name content basis time_limit_text time_limit subject channels channels_other \
         channels_raw audience audience_specific disclosure_mode withhold_reason levels extra errors",
    );
    has(&Basis::default(), "title doc_no article raw");
    has(&TimeLimit::default(), "kind trigger number unit period");
    has(&SyncStatusResponse::default(), "node peers");
    has(
        &PeerStatus::default(),
        "division role mode state last_contact sent_position acked_position entries_to_send entries_to_receive \
         next_run reason",
    );
    has(&CompareStandardResponse::default(), "catalog standard named_version is_current same missing changed extra");
    has(&RebaseCatalogResponse::default(), "catalog standard from_version to_version outcomes items needs_person");
    has(&Reason::default(), "code message hint");
    has(&RunPublishResponse::default(), "edition directory catalogs items missing manifest_root unchanged");
}

#[test]
fn a_message_reads_back_from_part_of_its_json() {
    let item: Item = serde_json::from_str(r#"{"level2":"低保","unheard_of":1}"#).expect("unknown keys are passed over");
    assert_eq!((item.level2.as_str(), item.channels.len()), ("低保", 0));
}
