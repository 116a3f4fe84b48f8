//! Payloads of the trust lane, and of work that never leaves the node; those of review and of standards live in the
//! model.
//!
//! Payloads are JSON, so that an auditor reads an entry without our program. Invariant: a payload is written once
//! and kept as it is; fields that this version does not know stay in the bytes.

use std::collections::BTreeMap;

use gongkai_model::{
    digest::Digest,
    domain::{RoutingTable, Task},
    id::{CatalogId, DivisionId, ItemId, OperatorId},
    revision::RevisionBody,
    standard::StandardId,
    tree::Division,
    vocabulary::Vocabulary,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use crate::{
    kind::KindWord,
    stream::{Incarnation, StreamKey},
};

/// Bytes that are no payload of the kind asked for.
#[derive(Debug, thiserror::Error)]
#[error("the payload is not a `{kind}`")]
pub struct InvalidPayload {
    /// The kind expected.
    pub kind: String,
    /// What the JSON reader says.
    #[source]
    pub source: serde_json::Error,
}

/// The JSON bytes of a payload.
pub fn encode(payload: &impl Serialize) -> Vec<u8> {
    // Payload types are structs with text keys: serialising them cannot fail.
    serde_json::to_vec(payload).unwrap_or_default()
}

/// Reads a payload of the kind.
pub fn decode<T: DeserializeOwned>(kind: &str, bytes: &[u8]) -> Result<T, InvalidPayload> {
    serde_json::from_slice(bytes).map_err(|source| InvalidPayload { kind: kind.to_owned(), source })
}

/// `tree.put`: records of divisions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TreePut {
    /// Counts up from 1: of two records of equal (id, from) the higher version counts, ties by entry hash.
    pub version: u64,
    /// The records; each replaces the one of equal (id, from).
    pub divisions: Vec<Division>,
}

/// `table.put`: the whole of the tables; the highest version counts, ties by entry hash. Its version in the words of
/// review is the hash of its entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TablePut {
    /// Counts up from 1.
    pub version: u64,
    /// Domains, departments, review chains.
    pub routing: RoutingTable,
    /// Channels, audience, modes, levels.
    pub vocabulary: Vocabulary,
    /// The plan's tasks.
    pub tasks: Vec<Task>,
}

/// A public key in a payload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRecord {
    /// Algorithm number of the header.
    pub algorithm: u32,
    /// The key's bytes in hexadecimal.
    pub public: String,
}

/// `cert.put` and `authority.put`: the one entry that binds a node's two keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertPut {
    /// Whose keys.
    pub division: DivisionId,
    /// The life of the journal that the key opens.
    pub incarnation: Incarnation,
    /// The entry-signing key.
    pub entry_key: KeyRecord,
    /// SHA-256 of the TLS certificate's DER, hexadecimal.
    pub tls_fingerprint: String,
    /// Last moment of the TLS certificate, unix milliseconds: for display; dates bind sessions, not entries.
    pub tls_not_after_ms: i64,
    /// The issuing CA's certificate in PEM where the node may enrol others; empty otherwise.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub authority_pem: String,
    /// The submissions at the ends of the lines of the division's catalogs when it got its first certificate: they were
    /// written while another node kept them. Each later certificate says the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<Digest>,
}

/// `key.revoke`: the key opens no session any more. Entries beyond the named heads are set aside on every node,
/// unless the key was merely retired.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRevoke {
    /// Whose key.
    pub division: DivisionId,
    /// The key's id in hexadecimal.
    pub key_id: String,
    /// Last good entry of each stream; a stream that no part of the order names has none.
    pub good: Vec<GoodHead>,
    /// Why.
    pub reason: String,
    /// The key went with a lost machine and nobody else has it: what it signed counts wherever it turns up.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_retired: bool,
    /// Which part of the order this is, where its heads fill more than one entry. The key ends with the first part that
    /// is heard; what it signed is judged when all are held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<RevocationPart>,
}

/// A part of an order that fills several entries of one stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevocationPart {
    /// What the parts of one order have in common: the digest of all its heads.
    pub order: Digest,
    /// From 0.
    pub number: u32,
    /// Of how many.
    pub count: u32,
}

/// `custody.put`: whose node keeps a division's catalogs. Heard in the order of versions, ties by entry hash; each
/// counts if its author stands above the division, and at or above both the keeper before and the one it names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustodyPut {
    /// Counts up from 1 for each division.
    pub version: u64,
    /// Whose catalogs.
    pub division: DivisionId,
    /// Whose node: the division itself, or one above it.
    pub holder: DivisionId,
    /// The submissions at the ends of the lines of its catalogs when the order was given: what the keeper before puts up
    /// besides is too late. `None` in orders that were given before this was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<Vec<Digest>>,
}

/// `custody.answer`: somebody's word on what stands in doubt about who keeps a division's catalogs. Heard by version; of
/// equal ones the refusal counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustodyAnswer {
    /// Counts up from 1 for each entry that is answered.
    pub version: u64,
    /// Whose catalogs.
    pub division: DivisionId,
    /// The order or the submission.
    pub about: Digest,
    /// It stands.
    pub is_right: bool,
    /// Why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// The last good entry of a stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoodHead {
    /// The stream.
    pub stream: StreamKey,
    /// Its sequence.
    pub seq: u64,
    /// Its hash.
    pub hash: Digest,
}

/// `incarnation.open`: why a new life began, and on which heads it builds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncarnationOpen {
    /// `init`, `restore`, `rebuild`, `fork`.
    pub reason: String,
    /// The heads known when it began.
    pub builds_on: Vec<GoodHead>,
}

/// `draft.save`: the working state of a catalog, against an earlier save of the same stream or in full.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DraftSave {
    /// The revision.
    pub body: RevisionBody,
    /// Where it came from: `import FILE`, `edit`, `merge`, `proposal HASH by OPERATOR`.
    pub source: String,
    /// Why the catalog changes, in the clerk's words; a submission takes it over.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The legal basis of the change.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub basis_of_change: String,
    /// The revision that the writer had before him, where it is not the working one: the save stands beside that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stands_on: Option<Digest>,
    /// Revisions beside that this save takes in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merges: Vec<Digest>,
}

/// `item.source`: what the cells said that an import made items of. The rows of a long import go on in the next entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemSource {
    /// Of which catalog.
    pub catalog: CatalogId,
    /// The file's name.
    pub file: String,
    /// SHA-256 of its bytes: a file that somebody kept can be told to be this one.
    pub file_digest: Digest,
    /// The texts of the cells, each once: they repeat down a catalog.
    pub texts: Vec<String>,
    /// The tables with their rows.
    pub tables: Vec<SourceTable>,
}

/// The rows of one table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceTable {
    /// The sheet's name.
    pub sheet: String,
    /// The element that each column was read as, by the column's letters.
    pub elements: BTreeMap<String, String>,
    /// In printed order.
    pub rows: Vec<SourceRow>,
}

/// What one item was read from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceRow {
    /// The item.
    pub item: ItemId,
    /// Its content as it was read.
    pub digest: Digest,
    /// Its first row, from 1.
    pub row: u32,
    /// Places in the list of texts, by the cell's address.
    pub cells: BTreeMap<String, u32>,
    /// The texts were too long to be kept whole.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_cut: bool,
}

/// `mapping.put`: columns that a clerk named for an office's workbooks of the entry's subject, header text → field, all
/// of them; for each office the highest version counts, ties by entry hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingPut {
    /// Counts up from 1.
    pub version: u64,
    /// What is kept.
    pub mapping: BTreeMap<String, String>,
    /// The office whose files have such columns; empty for all offices.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub publisher: String,
}

/// `refusal`: somebody at this node wanted what his roles do not allow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// What he wanted, such as `review.approve`.
    pub action: String,
    /// The code of the refusal.
    pub code: String,
    /// Who asked, as the operating system or the certificate says: `uid 1001`, `certificate ab12…`.
    pub caller: String,
}

/// `bundle.export` and `bundle.import`: a bundle was made for a neighbour, or one of its was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundleCarried {
    /// For whom it was made, or who made it.
    pub division: DivisionId,
    /// Its name: the digest of its manifest.
    pub id: Digest,
    /// Counted by its maker for its reader.
    pub number: u64,
    /// Entries that it told whole, or that were new here.
    pub entries: u64,
}

/// `operator.cert`: a client certificate that the node issued to one of its operators.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorCert {
    /// SHA-256 of the certificate.
    pub fingerprint: Digest,
    /// Whom it speaks for; who issued it stands in the header.
    pub holder: OperatorId,
    /// Last moment of its validity, unix milliseconds.
    pub not_after_ms: i64,
}

/// `operator.revoke`: the certificate counts no longer, whatever else is written of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorRevoke {
    /// SHA-256 of the certificate.
    pub fingerprint: Digest,
    /// Why.
    pub reason: String,
}

/// `operator.account`: through what an operator acts from here on in this node's feed; stays at the node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorAccount {
    /// Who.
    pub operator: OperatorId,
    /// Such as `uid 1001`, or `certificate of 211200/wang`.
    pub account: String,
}

/// `sign-off`: one person's word for exactly these contents of the next edition (保密审查, 三审三校).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedOff {
    /// The number that the edition would get.
    pub edition: u64,
    /// Digest of the catalogs and revisions that it would hold: another choice needs other words.
    pub contents: Digest,
    /// What for: `first-review`, `second-review`, `third-review`, `secrecy`, ….
    pub step: String,
    /// Words, such as the number of the secrecy form (保密审查单).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// A review payload with the catalog it is about, so that an index needs no other entry to place it. Used for
/// `withdrawal`, `receipt`, `decision`, `revocation`, `waiver`, `settlement` and `proposal.answer`;
/// a `submission` names its catalog in its body, a `proposal` in a field of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnCatalog<T> {
    /// The catalog.
    pub catalog: CatalogId,
    /// The act.
    #[serde(flatten)]
    pub act: T,
}

/// What an entry is filed under: the catalog or the standard that it is about, as text.
pub fn about_text(kind: &KindWord, payload: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Mention {
        standard: StandardId,
    }
    if kind.known()?.about().is_standard() {
        return serde_json::from_slice::<Mention>(payload).ok().map(|mention| mention.standard.to_string());
    }
    about(kind, payload).map(|catalog| catalog.to_string())
}

/// The catalog that an entry is about; `None` for kinds that are about none, and broken payloads.
pub fn about(kind: &KindWord, payload: &[u8]) -> Option<CatalogId> {
    #[derive(Deserialize)]
    struct Body {
        catalog: CatalogId,
    }
    #[derive(Deserialize)]
    struct Mention {
        catalog: Option<CatalogId>,
        body: Option<Body>,
    }
    if !kind.known()?.about().is_catalog() {
        return None;
    }
    let mention: Mention = serde_json::from_slice(payload).ok()?;
    mention.catalog.or(mention.body.map(|body| body.catalog))
}

/// `erase.request`: somebody asks that content of a catalog be removed everywhere. It names what goes by digest, so that
/// it does not say again what must not be said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EraseRequest {
    /// The catalog.
    pub catalog: CatalogId,
    /// The item whose content goes; `None`: a whole entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<ItemId>,
    /// Digest of that content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Digest>,
    /// The entries that were known to hold it.
    pub entries: Vec<Digest>,
    /// Under which law: a title with its article.
    pub basis: String,
    /// Why.
    pub reason: String,
}

/// `erase`: removes a payload's bytes everywhere, or one item's among them. Counts with an `erase.request` by another
/// person alone (erasure).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Erase {
    /// The catalog that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catalog: Option<CatalogId>,
    /// The entry whose payload goes.
    pub entry: Digest,
    /// The request that it grants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Digest>,
    /// Digest of the one content that goes; `None`: the whole payload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Digest>,
    /// The payload without that content: its neighbours keep their bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rest: Option<Box<RawValue>>,
    /// Under which law.
    pub basis: String,
    /// Why.
    pub reason: String,
}

/// `document`: a piece of a file that a decision names by digest; the pieces in their order are the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentPart {
    /// The catalog whose decision names it.
    pub catalog: CatalogId,
    /// Digest of the whole file.
    pub file: Digest,
    /// The piece's place, from 0.
    pub index: u32,
    /// How many pieces there are.
    pub count: u32,
    /// The piece's bytes in hexadecimal.
    pub content: String,
}
