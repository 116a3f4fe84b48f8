//! The kinds of entries that this version writes, each with its reach and lane.
//!
//! Invariant: a kind's word, reach and lane are permanent. An unknown kind is stored and relayed, and means nothing.

use crate::stream::{Lane, Reach};

/// What an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Divisions of the tree with their dated attributes.
    TreePut,
    /// Domains, departments, review chains, vocabularies, tasks: the routing table.
    TablePut,
    /// A node's signing key and TLS certificate, bound by its issuer; a leaf's goes along the path.
    CertPut,
    /// The same for a node that may enrol others: everything below must be able to check it.
    AuthorityPut,
    /// A signing key that counts no longer beyond named heads.
    KeyRevoke,
    /// First entry of a new incarnation, naming the heads that it builds on.
    IncarnationOpen,
    /// A clerk's save: never leaves the node.
    DraftSave,
    /// Items of a submission too large for one entry.
    ItemBatch,
    /// A revision put up for review.
    Submission,
    /// A submission taken back by its owner.
    Withdrawal,
    /// The reviewing node's proof of arrival.
    Receipt,
    /// Approve or return, with opinions.
    Decision,
    /// A decision taken back.
    Revocation,
    /// A numbered consolidated publication.
    Edition,
    /// Payload bytes removed by law; the chain stays.
    Erase,
}

impl Kind {
    /// All kinds of this version.
    pub const ALL: [Self; 15] = [
        Self::TreePut,
        Self::TablePut,
        Self::CertPut,
        Self::AuthorityPut,
        Self::KeyRevoke,
        Self::IncarnationOpen,
        Self::DraftSave,
        Self::ItemBatch,
        Self::Submission,
        Self::Withdrawal,
        Self::Receipt,
        Self::Decision,
        Self::Revocation,
        Self::Edition,
        Self::Erase,
    ];

    /// The word in headers.
    pub fn word(self) -> &'static str {
        match self {
            Self::TreePut => "tree.put",
            Self::TablePut => "table.put",
            Self::CertPut => "cert.put",
            Self::AuthorityPut => "authority.put",
            Self::KeyRevoke => "key.revoke",
            Self::IncarnationOpen => "incarnation.open",
            Self::DraftSave => "draft.save",
            Self::ItemBatch => "item.batch",
            Self::Submission => "submission",
            Self::Withdrawal => "withdrawal",
            Self::Receipt => "receipt",
            Self::Decision => "decision",
            Self::Revocation => "revocation",
            Self::Edition => "edition",
            Self::Erase => "erase",
        }
    }

    /// The kind of a word; `None` for one that a later version brought.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// How far entries of this kind go.
    pub fn reach(self) -> Reach {
        match self {
            Self::DraftSave => Reach::SelfOnly,
            Self::TreePut | Self::TablePut | Self::AuthorityPut | Self::KeyRevoke | Self::Edition => Reach::Subtree,
            Self::CertPut
            | Self::IncarnationOpen
            | Self::ItemBatch
            | Self::Submission
            | Self::Withdrawal
            | Self::Receipt
            | Self::Decision
            | Self::Revocation
            | Self::Erase => Reach::Path,
        }
    }

    /// Whether they go first.
    pub fn lane(self) -> Lane {
        match self {
            Self::TreePut
            | Self::TablePut
            | Self::CertPut
            | Self::AuthorityPut
            | Self::KeyRevoke
            | Self::IncarnationOpen => Lane::Trust,
            Self::DraftSave
            | Self::ItemBatch
            | Self::Submission
            | Self::Withdrawal
            | Self::Receipt
            | Self::Decision
            | Self::Revocation
            | Self::Edition
            | Self::Erase => Lane::Work,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_word(kind.word()), Some(kind));
        }
        assert_eq!(Kind::from_word("tomorrow"), None);
    }
}
