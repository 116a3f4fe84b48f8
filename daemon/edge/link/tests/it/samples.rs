//! Realistic entries: what townships, counties and the city write to each other on an ordinary day.
//!
//! Invariant: everything here follows from its arguments, so that a dictionary trained from it comes out the same.
//! Shared by the tests and by `examples/train-dictionary.rs`.

use std::collections::BTreeSet;

use gongkai_journal::{
    Author, Entry, Header as EntryHeader, Incarnation, Reach, StreamKey,
    kind::Kind,
    payload,
    sign::{Ed25519Signer, Signer as _},
};
use gongkai_model::{
    digest::Digest,
    id::{CatalogId, DepartmentSlug, DivisionId, DomainSlug, ItemId, OperatorId},
    item::{Basis, Item},
    review::{Decision, Opinion, Receipt, Step, Submission, Target, Verdict},
    revision::{Header, Put, RevisionBody},
};

use crate::matters::Matter;

/// A township with the county above it; the city is 211200.
pub(crate) const TOWNSHIPS: [(&str, &str, &str); 8] = [
    ("211221100", "211221", "新台子镇人民政府"),
    ("211221101", "211221", "阿吉镇人民政府"),
    ("211223102", "211223", "平岗镇人民政府"),
    ("211224100", "211224", "昌图镇人民政府"),
    ("211224105", "211224", "宝力镇人民政府"),
    ("211281001", "211281", "兀术街街道办事处"),
    ("211282101", "211282", "威远堡镇人民政府"),
    ("211202001", "211202", "红旗街道办事处"),
];
/// 2026-03-02, unix milliseconds.
const MORNING_MS: i64 = 1_772_409_600_000;

fn division(id: &str) -> DivisionId {
    DivisionId::parse(id).expect("written here as digits")
}

/// A digest of nothing in particular, different for every name.
pub(crate) fn digest(name: &str) -> Digest {
    Digest::of("sample", &[name.as_bytes()])
}

/// 128 bits of nothing in particular.
pub(crate) fn incarnation(name: &str) -> Incarnation {
    Incarnation::from_slice(&digest(name).as_raw()[..16]).expect("16 of 32 bytes")
}

/// The stream in which `author` writes about `subject`.
pub(crate) fn stream(author: &str, subject: &str, kind: Kind) -> StreamKey {
    let author = Author { division: division(author), incarnation: incarnation(author) };
    StreamKey::new(author, division(subject), kind.reach(), kind.lane())
}

/// An entry of `author` about `subject`.
pub(crate) fn entry(author: &str, subject: &str, kind: Kind, seq: u64, bytes: Vec<u8>) -> Entry {
    let signer = Ed25519Signer::from_seed(digest(author).as_raw()).expect("32 bytes");
    let header = EntryHeader {
        stream: stream(author, subject, kind),
        seq,
        previous: (seq > 1).then(|| digest(&format!("{author}/{subject}/{seq}"))),
        written_at_ms: MORNING_MS + i64::try_from(seq).unwrap_or_default() * 86_400_137,
        kind: kind.into(),
        payload_digest: digest("set when it is signed"),
        payload_bytes: 0,
        operator: OperatorId::parse(&format!("{author}/clerk{}", seq % 3)).ok(),
        signature_algorithm: signer.algorithm(),
        key_id: Vec::new(),
    };
    Entry::sign(header, bytes, &signer)
}

/// An entry of an unknown kind with any payload.
pub(crate) fn plain_entry(payload: &[u8], seq: u64) -> Entry {
    entry("211221100", "211221100", Kind::Receipt, seq, payload.to_vec())
}

/// The item of a matter as `publisher` fills it in.
fn item(matter: &Matter, publisher: &str) -> Item {
    let set = |words: &str| words.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect();
    Item {
        audience: set(if matter.who.is_empty() { "public" } else { "specific" }),
        audience_specific: matter.who.to_owned(),
        basis: matter.basis.split('、').map(basis).collect(),
        channels: set(matter.channels),
        content: matter.content.replace('；', "；\n"),
        disclosure_mode: "proactive".to_owned(),
        level1: matter.level1.to_owned(),
        level2: matter.level2.to_owned(),
        levels: BTreeSet::from(["county".to_owned(), "township".to_owned()]),
        subject: vec![publisher.to_owned()],
        time_limit_text: matter.limit.to_owned(),
        ..Item::default()
    }
}

fn basis(printed: &str) -> Basis {
    let (title, doc_no) = printed.split_once('》').unwrap_or((printed, ""));
    Basis {
        title: title.trim_start_matches('《').to_owned(),
        doc_no: doc_no.trim_matches(['(', ')', '（', '）']).to_owned(),
        raw: printed.to_owned(),
        ..Basis::default()
    }
}

fn raw(json: &str) -> Box<serde_json::value::RawValue> {
    serde_json::value::RawValue::from_string(json.to_owned()).expect("canonical bytes are JSON")
}

/// A submission of `township` (an index into [`TOWNSHIPS`]) that changes one item, or brings a first full revision.
pub(crate) fn submission(township: usize, domain: &str, matters: &[&Matter], seq: u64) -> Entry {
    let (id, county, publisher) = TOWNSHIPS[township % TOWNSHIPS.len()];
    let name = format!("{id}/{domain}/{seq}");
    let header = Header {
        level: "township".to_owned(),
        publisher: publisher.to_owned(),
        title: format!("{}{}领域基层政务公开标准目录", publisher.trim_end_matches("人民政府"), matters[0].field),
        ..Header::default()
    };
    let puts = matters.iter().enumerate().map(|(index, matter)| Put {
        id: ItemId::parse(&item_id(&format!("{name}/{index}"))).expect("written here"),
        order: u32::try_from(index + 1).unwrap_or_default() * 1024,
        serial: (index + 1).to_string(),
        item: raw(item(matter, publisher).to_canonical().as_json()),
    });
    let body = RevisionBody {
        catalog: CatalogId::new(division(id), DomainSlug::parse(domain).expect("written here")),
        revision: digest(&name),
        parents: (seq > 1).then(|| digest(&format!("{name}/base"))).into_iter().collect(),
        base: (seq > 1).then(|| digest(&format!("{name}/base"))),
        header: raw(header.to_canonical().as_json()),
        puts: puts.collect(),
        moves: Vec::new(),
        removes: Vec::new(),
        parts: Vec::new(),
    };
    let submission = Submission {
        body,
        previous: (seq > 1).then(|| digest(&format!("{name}/previous"))),
        knows: Vec::new(),
        custody: None,
        routing: digest(&format!("routing table {township} {}", seq / 8)),
        steps: vec![step(county, Some(domain), "counterpart"), step("211200", None, "lead-office")],
        writers: Vec::new(),
        written: Default::default(),
        since: None,
        reason: if seq > 1 { "按上级审核意见修改公开时限".to_owned() } else { String::new() },
        basis_of_change: String::new(),
        effective_from: None,
    };
    entry(id, id, Kind::Submission, seq, payload::encode(&submission))
}

fn step(reviewer: &str, domain: Option<&str>, role: &str) -> Step {
    let department = domain.and_then(|domain| DepartmentSlug::parse(&format!("dept-{domain}")).ok());
    Step { division: division(reviewer), department, role: role.to_owned(), is_outside: false }
}

/// In the form of a UUIDv7.
fn item_id(name: &str) -> String {
    let hex = digest(name).to_hex();
    format!("0195{}-{}-7{}-8{}-{}", &hex[..4], &hex[4..8], &hex[8..11], &hex[11..14], &hex[14..26])
}

/// The county's proof that a submission arrived.
pub(crate) fn receipt(township: usize, seq: u64) -> Entry {
    let (id, county, _) = TOWNSHIPS[township % TOWNSHIPS.len()];
    let receipt = Receipt { submission: digest(&format!("{id}/{seq}")), number: format!("受理〔2026〕{seq}号") };
    entry(county, id, Kind::Receipt, seq, payload::encode(&receipt))
}

/// The county's word on a submission, with one opinion.
pub(crate) fn decision(township: usize, verdict: Verdict, seq: u64) -> Entry {
    let (id, county, _) = TOWNSHIPS[township % TOWNSHIPS.len()];
    let name = format!("{id}/{seq}");
    let words = ["公开时限与《中华人民共和国政府信息公开条例》不一致，请改为20个工作日", "公开主体应写明具体部门", ""];
    let opinion = Opinion {
        target: Target::Item(ItemId::parse(&item_id(&name)).expect("written here")),
        digest: digest(&format!("item {name}")),
        verdict,
        text: words[usize::try_from(seq).unwrap_or_default() % words.len()].to_owned(),
        elements: Default::default(),
    };
    let decision = Decision {
        submission: digest(&name),
        step: 0,
        named: None,
        routing: digest(&format!("routing table {township} {}", seq / 8)),
        verdict,
        opinions: vec![opinion],
        note: String::new(),
        outside: None,
    };
    entry(county, id, Kind::Decision, seq, payload::encode(&decision))
}

/// Whether the reach of the samples is what the kinds say: keeps them honest when kinds change.
pub(crate) fn is_on_the_path(entry: &Entry) -> bool {
    entry.header.reach() == Reach::Path
}
