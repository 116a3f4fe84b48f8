//! Where an entry belongs: its stream's subject is the division of what it is about, its reach and lane are its kind's.
//!
//! Invariant: an entry out of its place is stored, relayed and void on every node alike: who is routed an entry hangs
//! on the subject alone, so one about a division under another subject would count where that division never hears of
//! it. The table of kinds has the rule and its exceptions ([`About`]); every fold asks here.
//! Left out: whether the author may write there (`route`), and whether his key stands (`keys`).

use std::fmt;

use gongkai_model::{
    id::{CatalogId, DivisionId},
    standard::StandardId,
};
use serde::Deserialize;

use crate::{
    entry::Entry,
    header::Header,
    kind::{About, KindWord},
    payload,
    stream::Reach,
};

/// The permanent code of an entry that has no effect because it does not stand where it belongs.
pub const CODE: &str = "GK-CHAIN-008";

/// What of its stream is another than its kind's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misplaced {
    /// Its subject is not the division of what it is about.
    Subject,
    /// It goes another way than its kind.
    Reach,
    /// It takes another lane than its kind.
    Lane,
}

impl fmt::Display for Misplaced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Subject => "subject",
            Self::Reach => "reach",
            Self::Lane => "lane",
        })
    }
}

/// What is wrong with the place of an entry that is about something of this division, if anything. Numbers are compared
/// as they were written: an unknown reach is routed as path and is nobody's place. `root` is the top of the tree.
pub fn misplaced(root: &DivisionId, header: &Header, division: &DivisionId) -> Option<Misplaced> {
    let kind = header.kind.known()?;
    let (stream, about) = (&header.stream, kind.about());
    let (own, here) = (kind.reach().number(), Reach::SelfOnly.number());
    let is_reach = stream.reach_number == own || (about.is_part() && stream.reach_number == here);
    let is_subject = match about {
        About::Catalog | About::CatalogPart | About::Standard | About::StandardPart | About::Division => {
            stream.subject == *division
        }
        About::DivisionRepeated => stream.subject == *division || stream.author.division == *root,
        About::Author => stream.subject == stream.author.division,
        About::Node => true,
    };
    match (is_subject, is_reach, stream.lane_number == kind.lane().number()) {
        (false, ..) => Some(Misplaced::Subject),
        (_, false, _) => Some(Misplaced::Reach),
        (.., false) => Some(Misplaced::Lane),
        (true, true, true) => None,
    }
}

/// The same of an entry by itself. Nothing is said of one whose payload does not tell what it is about: it is void as
/// it is.
pub fn of(root: &DivisionId, entry: &Entry) -> Option<Misplaced> {
    let header = &entry.header;
    let about = header.kind.known()?.about();
    let named = match about {
        About::Author | About::Node => Some(header.stream.subject.clone()),
        _ => entry.named(|payload| division(&header.kind, payload)),
    };
    misplaced(root, header, &named?)
}

/// Whether a piece stands where the entry that names it does: then it arrives wherever that one arrives.
pub fn is_piece_of(piece: &Header, namer: &Header) -> bool {
    let (piece, namer) = (&piece.stream, &namer.stream);
    (&piece.subject, piece.reach_number) == (&namer.subject, namer.reach_number)
}

/// The division of what a payload is about.
fn division(kind: &KindWord, payload: &[u8]) -> Option<DivisionId> {
    #[derive(Deserialize)]
    struct Mention {
        division: DivisionId,
    }
    match kind.known()?.about() {
        About::Catalog | About::CatalogPart => payload::about(kind, payload).map(|CatalogId { division, .. }| division),
        About::Standard | About::StandardPart => {
            let standard = payload::about_text(kind, payload)?;
            StandardId::parse(&standard).ok().map(|standard| standard.division)
        }
        About::Division | About::DivisionRepeated => {
            serde_json::from_slice::<Mention>(payload).ok().map(|mention| mention.division)
        }
        About::Author | About::Node => None,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use gongkai_model::digest::Digest;

    use super::*;
    use crate::{
        kind::Kind,
        sign::{Ed25519Signer, Signer as _},
        stream::{Author, Incarnation, Lane, StreamKey},
    };

    fn id(text: &str) -> DivisionId {
        DivisionId::parse(text).unwrap()
    }

    fn entry(kind: Kind, author: &str, subject: &str, reach: Reach, lane: Lane, payload: &str) -> Entry {
        let author = Author { division: id(author), incarnation: Incarnation::from_bytes([1; 16]) };
        let signer = Ed25519Signer::from_seed(&[7; 32]).unwrap();
        let header = Header {
            stream: StreamKey::new(author, id(subject), reach, lane),
            seq: 1,
            previous: None,
            written_at_ms: 0,
            kind: kind.into(),
            payload_digest: Digest::of_file(b""),
            payload_bytes: 0,
            operator: None,
            signature_algorithm: signer.algorithm(),
            key_id: signer.key_id(),
        };
        Entry::sign(header, payload.as_bytes().to_vec(), &signer)
    }

    /// What an entry about the town's things says.
    fn about_town(kind: Kind) -> &'static str {
        match kind.about() {
            About::Catalog if matches!(kind, Kind::DraftSave | Kind::Submission) => r#"{"body":{"catalog":"t/grain"}}"#,
            About::Catalog | About::CatalogPart => r#"{"catalog":"t/grain"}"#,
            About::Standard | About::StandardPart => r#"{"standard":"t/grain/common"}"#,
            About::Division | About::DivisionRepeated => r#"{"division":"t"}"#,
            About::Author | About::Node => "{}",
        }
    }

    #[test]
    fn every_kind_has_one_place_and_is_void_in_all_others() {
        let (root, reaches) = (id("c"), [Reach::SelfOnly, Reach::Path, Reach::Subtree]);
        for kind in Kind::ALL.iter().copied() {
            for (reach, lane, subject) in reaches.iter().flat_map(|reach| {
                let streams = [(Lane::Trust, "t"), (Lane::Work, "t"), (Lane::Trust, "k"), (Lane::Work, "k")];
                streams.map(|(lane, subject)| (*reach, lane, subject))
            }) {
                // Written by the town itself, and by the county: in a stream about the town, and in one about itself.
                for author in ["t", "k"] {
                    let found = of(&root, &entry(kind, author, subject, reach, lane, about_town(kind)));
                    let is_subject = match kind.about() {
                        About::Author => subject == author,
                        About::Node => true,
                        _ => subject == "t",
                    };
                    let is_reach = reach == kind.reach() || (kind.about().is_part() && reach == Reach::SelfOnly);
                    let is_right = is_subject && is_reach && lane == kind.lane();
                    assert_eq!(found.is_none(), is_right, "{author} {subject} {} {reach:?} {lane:?}", kind.word());
                }
            }
        }
    }

    #[test]
    fn the_root_repeats_keys_about_another_division_and_nothing_else() {
        let root = id("c");
        for kind in Kind::ALL.iter().copied() {
            let repeated = entry(kind, "c", "v", kind.reach(), kind.lane(), about_town(kind));
            let may = matches!(kind.about(), About::DivisionRepeated | About::Node);
            assert_eq!(of(&root, &repeated).is_none(), may, "{}", kind.word());
            let by_county = entry(kind, "k", "v", kind.reach(), kind.lane(), about_town(kind));
            let may = kind.about() == About::Node;
            assert_eq!(of(&root, &by_county).is_none(), may, "{}", kind.word());
        }
    }

    #[test]
    fn a_number_that_this_version_reads_as_path_is_not_the_place_of_a_path_entry() {
        let mut submission = entry(Kind::Submission, "t", "t", Reach::Path, Lane::Work, about_town(Kind::Submission));
        submission.header.stream.reach_number = 7;
        assert_eq!(submission.header.reach(), Reach::Path);
        assert_eq!(of(&id("c"), &submission), Some(Misplaced::Reach));
    }

    #[test]
    fn a_piece_stands_where_its_namer_does() {
        let submission = entry(Kind::Submission, "t", "t", Reach::Path, Lane::Work, "{}").header;
        for (reach, subject, is_piece) in
            [(Reach::Path, "t", true), (Reach::SelfOnly, "t", false), (Reach::Path, "k", false)]
        {
            let piece = entry(Kind::ItemBatch, "t", subject, reach, Lane::Work, "{}").header;
            assert_eq!(is_piece_of(&piece, &submission), is_piece, "{reach:?} {subject}");
        }
    }
}
