//! Decisions taken above the top of the tree (省级批复): recorded with the document's number and its file.
//!
//! Invariant: the file is in the journal before the decision that names its pieces, in the same commit; what is read
//! back has the digest that the decision names. Left out: who may decide (review).

use gongkai_journal::{
    EntryHash,
    kind::Kind,
    payload::{self, DocumentPart},
};
use gongkai_model::{
    digest::Digest,
    id::CatalogId,
    review::{Decision, Outside},
};
use gongkai_store::{Body, Draft};

use crate::{
    App, Loaded, Operator, Result, RoutingError, Verdicts,
    act::Acting,
    acts::{about, encode_on},
    review::Spoken,
};

/// Largest document taken: a scanned letter of some pages.
pub const DOCUMENT_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Bytes of a file in one entry: hexadecimal doubles them, and a quarter of the protocol's limit moves well.
const PIECE_BYTES: usize = 128 * 1024;

/// A document that was read back.
#[derive(Clone, Debug)]
pub struct OutsideDocument {
    /// What the decision says of it.
    pub outside: Outside,
    /// Its bytes.
    pub content: Vec<u8>,
}

impl Acting<'_> {
    /// Records a decision with the file that it names.
    pub(crate) async fn record_with_document(
        &self,
        catalog: &CatalogId,
        decision: Decision,
        file: &[u8],
    ) -> Result<EntryHash> {
        let digest = Digest::of_file(file);
        let pieces: Vec<&[u8]> = file.chunks(PIECE_BYTES).collect();
        let count = u32::try_from(pieces.len()).unwrap_or(u32::MAX);
        let part = |(index, piece): (u32, &&[u8])| DocumentPart {
            catalog: catalog.clone(),
            file: digest,
            index,
            count,
            content: hex::encode(piece),
        };
        let mut drafts: Vec<Draft> = (0u32..)
            .zip(&pieces)
            .map(|piece| about(catalog, None, Kind::Document, payload::encode(&part(piece))))
            .collect();
        let mut last = about(catalog, None, Kind::Decision, Vec::new());
        let catalog = catalog.clone();
        last.payload = Body::Made(Box::new(move |earlier: &[EntryHash]| {
            let outside = decision.outside.map(|outside| Outside { parts: earlier.to_vec(), ..outside });
            encode_on(catalog, Decision { outside, ..decision })
        }));
        drafts.push(last);
        self.record_last(drafts).await
    }
}

impl App {
    /// Decides by a document: the file is kept beside the decision.
    pub async fn decide_outside(
        &self,
        operator: &Operator,
        catalog: &CatalogId,
        said: Verdicts,
        file: Vec<u8>,
    ) -> Result<(Loaded, Digest)> {
        self.decide_saying(operator, catalog, said, Spoken { document: file, ..Spoken::default() }).await
    }

    /// Decides with all that may go with a decision.
    pub async fn decide_saying(
        &self,
        operator: &Operator,
        catalog: &CatalogId,
        said: Verdicts,
        spoken: Spoken,
    ) -> Result<(Loaded, Digest)> {
        if spoken.document.len() > DOCUMENT_BYTES_MAX {
            return Err(RoutingError::DocumentTooLarge { bytes: spoken.document.len() }.into());
        }
        self.decide_with(operator, catalog, said, spoken).await
    }

    /// The document behind a decision, read back and checked.
    pub async fn outside_document(&self, catalog: &CatalogId, decision: Option<Digest>) -> Result<OutsideDocument> {
        let loaded = self.load_known(catalog).await?;
        let mut decisions =
            loaded.state.submissions.iter().rev().flat_map(|submission| submission.decisions.iter().rev());
        let is_meant = |hash: &Digest| decision.is_none_or(|asked| asked == *hash);
        let found = decisions.find(|made| made.outside.is_some() && is_meant(&made.hash));
        let outside = found.and_then(|made| made.outside.clone());
        let outside = outside
            .ok_or_else(|| loaded.lacks("document", &decision.map_or_else(String::new, |hash| hash.to_string())))?;
        let mut content = Vec::new();
        for part in &outside.parts {
            let entry = loaded.entries.iter().find(|entry| entry.hash() == *part);
            let part: Option<DocumentPart> = entry.and_then(|entry| crate::standard::decode(entry));
            content.extend(part.and_then(|part| hex::decode(part.content).ok()).unwrap_or_default());
        }
        if Digest::of_file(&content) != outside.file_digest {
            return Err(
                RoutingError::DocumentLost { catalog: catalog.clone(), document_no: outside.document_no }.into()
            );
        }
        Ok(OutsideDocument { outside, content })
    }
}
