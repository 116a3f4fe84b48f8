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
    /// Whose node keeps a division's catalogs.
    CustodyPut,
    /// First entry of a new incarnation, naming the heads that it builds on.
    IncarnationOpen,
    /// A clerk's save: never leaves the node.
    DraftSave,
    /// The cells that an import made items of: never leaves the node.
    ItemSource,
    /// Columns that a clerk named once for a division's workbooks: never leaves the node.
    MappingPut,
    /// A finding of the content check overruled with a reason, or that taken back.
    Waiver,
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
    /// A reviewer's suggested wording of one item.
    Proposal,
    /// The owner's word on a proposal.
    ProposalAnswer,
    /// One person's word for the edition that would be made.
    SignOff,
    /// An act that was refused for want of a role: never leaves the node.
    Refusal,
    /// A client certificate that this node issued to one of its operators: never leaves the node.
    OperatorCert,
    /// Such a certificate that counts no longer: never leaves the node.
    OperatorRevoke,
    /// A numbered consolidated publication.
    Edition,
    /// Payload bytes removed by law; the chain stays.
    Erase,
    /// A standard that was imported and not handed down yet: never leaves the node.
    StandardDraft,
    /// Items of a standard too large for one entry.
    StandardBatch,
    /// A version of a standard, handed down to everything below its issuer.
    StandardPut,
    /// An owner's offer of an approved catalog as a template for others.
    StandardOffer,
    /// Moves the steps of an open submission to those of another routing table.
    Reroute,
    /// A piece of a document that a decision names, such as the province's letter.
    Document,
    /// A bundle was made and given to somebody to carry.
    BundleExport,
    /// A bundle was read.
    BundleImport,
    /// A person's word on a matter that two bodies list as their own.
    Settlement,
}

impl Kind {
    /// All kinds of this version.
    pub const ALL: [Self; 34] = [
        Self::TreePut,
        Self::TablePut,
        Self::CertPut,
        Self::AuthorityPut,
        Self::KeyRevoke,
        Self::CustodyPut,
        Self::IncarnationOpen,
        Self::DraftSave,
        Self::ItemSource,
        Self::MappingPut,
        Self::Waiver,
        Self::ItemBatch,
        Self::Submission,
        Self::Withdrawal,
        Self::Receipt,
        Self::Decision,
        Self::Revocation,
        Self::Proposal,
        Self::ProposalAnswer,
        Self::SignOff,
        Self::Refusal,
        Self::OperatorCert,
        Self::OperatorRevoke,
        Self::Edition,
        Self::Erase,
        Self::StandardDraft,
        Self::StandardBatch,
        Self::StandardPut,
        Self::StandardOffer,
        Self::Reroute,
        Self::Document,
        Self::BundleExport,
        Self::BundleImport,
        Self::Settlement,
    ];

    /// The word in headers.
    pub fn word(self) -> &'static str {
        match self {
            Self::TreePut => "tree.put",
            Self::TablePut => "table.put",
            Self::CertPut => "cert.put",
            Self::AuthorityPut => "authority.put",
            Self::KeyRevoke => "key.revoke",
            Self::CustodyPut => "custody.put",
            Self::IncarnationOpen => "incarnation.open",
            Self::DraftSave => "draft.save",
            Self::ItemSource => "item.source",
            Self::MappingPut => "mapping.put",
            Self::Waiver => "waiver",
            Self::ItemBatch => "item.batch",
            Self::Submission => "submission",
            Self::Withdrawal => "withdrawal",
            Self::Receipt => "receipt",
            Self::Decision => "decision",
            Self::Revocation => "revocation",
            Self::Proposal => "proposal",
            Self::ProposalAnswer => "proposal.answer",
            Self::SignOff => "sign-off",
            Self::Refusal => "refusal",
            Self::OperatorCert => "operator.cert",
            Self::OperatorRevoke => "operator.revoke",
            Self::Edition => "edition",
            Self::Erase => "erase",
            Self::StandardDraft => "standard.draft",
            Self::StandardBatch => "standard.batch",
            Self::StandardPut => "standard.put",
            Self::StandardOffer => "standard.offer",
            Self::Reroute => "reroute",
            Self::Document => "document",
            Self::BundleExport => "bundle.export",
            Self::BundleImport => "bundle.import",
            Self::Settlement => "settlement",
        }
    }

    /// The kind of a word; `None` for one that a later version brought.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// How far entries of this kind go.
    pub fn reach(self) -> Reach {
        match self {
            Self::DraftSave
            | Self::ItemSource
            | Self::MappingPut
            | Self::StandardDraft
            | Self::Refusal
            | Self::BundleExport
            | Self::BundleImport
            | Self::OperatorCert
            | Self::OperatorRevoke => Reach::SelfOnly,
            Self::TreePut
            | Self::TablePut
            | Self::AuthorityPut
            | Self::KeyRevoke
            | Self::Edition
            | Self::StandardBatch
            | Self::StandardPut => Reach::Subtree,
            Self::CertPut
            | Self::CustodyPut
            | Self::IncarnationOpen
            | Self::Waiver
            | Self::ItemBatch
            | Self::Submission
            | Self::Withdrawal
            | Self::Receipt
            | Self::Decision
            | Self::Revocation
            | Self::Proposal
            | Self::ProposalAnswer
            | Self::SignOff
            | Self::Erase
            | Self::StandardOffer
            | Self::Reroute
            | Self::Document
            | Self::Settlement => Reach::Path,
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
            | Self::CustodyPut
            | Self::IncarnationOpen => Lane::Trust,
            Self::DraftSave
            | Self::ItemSource
            | Self::MappingPut
            | Self::Waiver
            | Self::ItemBatch
            | Self::Submission
            | Self::Withdrawal
            | Self::Receipt
            | Self::Decision
            | Self::Revocation
            | Self::Proposal
            | Self::ProposalAnswer
            | Self::SignOff
            | Self::Refusal
            | Self::OperatorCert
            | Self::OperatorRevoke
            | Self::Edition
            | Self::Erase
            | Self::StandardDraft
            | Self::StandardBatch
            | Self::StandardPut
            | Self::StandardOffer
            | Self::Reroute
            | Self::Document
            | Self::BundleExport
            | Self::BundleImport
            | Self::Settlement => Lane::Work,
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
