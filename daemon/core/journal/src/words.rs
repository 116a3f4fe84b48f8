//! People's words in payloads: which kinds hold any, and what is left of a payload without them.
//!
//! Invariant: what is left means what the payload meant: every digest, name of an entry, verdict and item stays, so that a
//! fold of it is the fold of the payload. In the place of words stands a mark, for some folds ask whether there are any.
//! Left out: items, which go by their digest (erasure), and kinds whose payloads the program writes by itself.

use gongkai_model::{
    check::WaiverAct,
    conflict::Settlement,
    review::{Decision, Proposal, ProposalAnswer, Reroute, Revocation, Submission, Withdrawal},
    standard::StandardOffer,
};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    kind::Kind,
    payload::{self, DocumentPart, DraftSave, OnCatalog},
};

/// Stands where words stood.
pub const REMOVED: &str = "（依法删除）";

/// What is left of a payload without people's words, and the words; `None` for a kind that holds none, and for bytes that
/// are none of the kind.
pub fn without_words(kind: Kind, bytes: &[u8]) -> Option<(String, Vec<String>)> {
    match kind {
        Kind::Submission => hush::<Submission>(kind, bytes, |it, taken| {
            taken.all([&mut it.reason, &mut it.basis_of_change]);
        }),
        Kind::DraftSave => hush::<DraftSave>(kind, bytes, |it, taken| {
            taken.all([&mut it.reason, &mut it.basis_of_change]);
        }),
        Kind::Withdrawal => hush::<OnCatalog<Withdrawal>>(kind, bytes, |it, taken| taken.all([&mut it.act.reason])),
        Kind::Revocation => hush::<OnCatalog<Revocation>>(kind, bytes, |it, taken| taken.all([&mut it.act.reason])),
        Kind::Reroute => hush::<OnCatalog<Reroute>>(kind, bytes, |it, taken| taken.all([&mut it.act.reason])),
        Kind::Decision => hush::<OnCatalog<Decision>>(kind, bytes, |it, taken| {
            taken.all([&mut it.act.note]);
            for opinion in &mut it.act.opinions {
                taken.all([&mut opinion.text]);
                taken.all(opinion.elements.values_mut());
            }
            if let Some(outside) = &mut it.act.outside {
                taken.all([&mut outside.authority, &mut outside.document_no, &mut outside.file_name]);
            }
        }),
        Kind::Proposal => hush::<Proposal>(kind, bytes, |it, taken| taken.all([&mut it.note])),
        Kind::ProposalAnswer => {
            hush::<OnCatalog<ProposalAnswer>>(kind, bytes, |it, taken| taken.all([&mut it.act.reason]))
        }
        Kind::Waiver => hush::<OnCatalog<WaiverAct>>(kind, bytes, |it, taken| {
            let (WaiverAct::Waive(gongkai_model::check::Waiver { reason, .. }) | WaiverAct::Recall { reason, .. }) =
                &mut it.act;
            taken.all([reason]);
        }),
        Kind::Settlement => hush::<OnCatalog<Settlement>>(kind, bytes, |it, taken| {
            taken.all([&mut it.act.reason, &mut it.act.basis]);
        }),
        Kind::StandardOffer => hush::<StandardOffer>(kind, bytes, |it, taken| taken.all([&mut it.note])),
        // A file is not the file any more without any of its bytes: it goes piece by piece.
        Kind::Document => hush::<DocumentPart>(kind, bytes, |it, taken| taken.0.push(std::mem::take(&mut it.content))),
        // Keys, certificates, the tree, tables, receipts, and what says why content was removed.
        _ => None,
    }
}

#[derive(Default)]
struct Taken(Vec<String>);

impl Taken {
    fn all<'w>(&mut self, words: impl IntoIterator<Item = &'w mut String>) {
        for text in words.into_iter().filter(|text| !text.is_empty() && *text != REMOVED) {
            self.0.push(std::mem::replace(text, REMOVED.to_owned()));
        }
    }
}

fn hush<T: Serialize + DeserializeOwned>(
    kind: Kind,
    bytes: &[u8],
    take: impl FnOnce(&mut T, &mut Taken),
) -> Option<(String, Vec<String>)> {
    let mut read: T = payload::decode(kind.word(), bytes).ok()?;
    let mut taken = Taken::default();
    take(&mut read, &mut taken);
    let rest = String::from_utf8(payload::encode(&read)).ok()?;
    Some((rest, taken.0.into_iter().filter(|words| !words.is_empty()).collect()))
}
