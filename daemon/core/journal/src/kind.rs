//! The kinds of entries that this version writes: one table, one row a kind.
//!
//! Invariant: a kind's word, reach and lane are permanent. An unknown kind is stored and relayed, and means nothing;
//! so kinds are an open set, and whoever asks for some of them lets all others pass.
//!
//! A new kind is a row in [`with_kinds`], its payload's type, and one sentence about it for the audit trail, which
//! the compiler asks for. Left out: what entries effect (the folds).

use std::{borrow::Cow, fmt, ops::Deref};

use crate::stream::{Lane, Reach};

/// Hands the table of kinds to a macro. A row is
/// `Name "word" "中文" Reach Lane About PayloadType;` with the documentation of the kind before it:
/// how far its entries go, whether they go first, what they are about, and what their payload is.
#[macro_export]
macro_rules! with_kinds {
    ($then:ident) => {
        $then! {
            /// Divisions of the tree with their dated attributes.
            TreePut "tree.put" "区划表" Subtree Trust Author $crate::payload::TreePut;
            /// Domains, departments, review chains, vocabularies, tasks: the routing table.
            TablePut "table.put" "流程表" Subtree Trust Author $crate::payload::TablePut;
            /// A node's signing key and TLS certificate, bound by its issuer; a leaf's goes along the path.
            CertPut "cert.put" "节点证书" Path Trust Division $crate::payload::CertPut;
            /// The same for a node that may enrol others: everything below must be able to check it.
            AuthorityPut "authority.put" "证书机构" Subtree Trust DivisionRepeated $crate::payload::CertPut;
            /// A signing key that counts no longer beyond named heads.
            KeyRevoke "key.revoke" "密钥失效" Subtree Trust DivisionRepeated $crate::payload::KeyRevoke;
            /// Whose node keeps a division's catalogs.
            CustodyPut "custody.put" "维护权" Path Trust Division $crate::payload::CustodyPut;
            /// A person's word on an order of custody, or on a submission by another than the keeper, that stands in doubt.
            CustodyAnswer "custody.answer" "维护权答复" Path Trust Division $crate::payload::CustodyAnswer;
            /// First entry of a new incarnation, naming the heads that it builds on.
            IncarnationOpen "incarnation.open" "日志开启" Path Trust Author $crate::payload::IncarnationOpen;
            /// A clerk's save: never leaves the node.
            DraftSave "draft.save" "保存草稿" SelfOnly Work Catalog $crate::payload::DraftSave;
            /// The cells that an import made items of: never leaves the node.
            ItemSource "item.source" "导入原文" SelfOnly Work Node $crate::payload::ItemSource;
            /// Columns that a clerk named once for a division's workbooks: never leaves the node.
            MappingPut "mapping.put" "列名对应" SelfOnly Work Node $crate::payload::MappingPut;
            /// A finding of the content check overruled with a reason, or that taken back.
            Waiver "waiver" "豁免" Path Work Catalog $crate::payload::OnCatalog<::gongkai_model::check::WaiverAct>;
            /// Items of a submission or a save too large for one entry.
            ItemBatch "item.batch" "事项分段" Path Work CatalogPart ::gongkai_model::revision::ItemBatch;
            /// A revision put up for review.
            Submission "submission" "报送" Path Work Catalog ::gongkai_model::review::Submission;
            /// A submission taken back by its owner.
            Withdrawal "withdrawal" "撤回" Path Work Catalog $crate::payload::OnCatalog<::gongkai_model::review::Withdrawal>;
            /// The reviewing node's proof of arrival.
            Receipt "receipt" "回执" Path Work Catalog $crate::payload::OnCatalog<::gongkai_model::review::Receipt>;
            /// Approve or return, with opinions.
            Decision "decision" "审核意见" Path Work Catalog $crate::payload::OnCatalog<::gongkai_model::review::Decision>;
            /// A decision taken back.
            Revocation "revocation" "撤销" Path Work Catalog $crate::payload::OnCatalog<::gongkai_model::review::Revocation>;
            /// A reviewer's suggested wording of one item.
            Proposal "proposal" "修改建议" Path Work Catalog ::gongkai_model::review::Proposal;
            /// The owner's word on a proposal.
            ProposalAnswer "proposal.answer" "建议答复" Path Work Catalog $crate::payload::OnCatalog<::gongkai_model::review::ProposalAnswer>;
            /// One person's word for the edition that would be made.
            SignOff "sign-off" "发布前签署" Path Work Author $crate::payload::SignedOff;
            /// An act that was refused for want of a role: never leaves the node.
            Refusal "refusal" "拒绝" SelfOnly Work Node $crate::payload::Refused;
            /// A client certificate that this node issued to one of its operators: never leaves the node.
            OperatorCert "operator.cert" "操作人证书" SelfOnly Work Node $crate::payload::OperatorCert;
            /// Such a certificate that counts no longer: never leaves the node.
            OperatorRevoke "operator.revoke" "吊销证书" SelfOnly Work Node $crate::payload::OperatorRevoke;
            /// Through which account an operator acts from here on: never leaves the node.
            OperatorAccount "operator.account" "操作人账号" SelfOnly Work Node $crate::payload::OperatorAccount;
            /// A numbered consolidated publication.
            Edition "edition" "汇总发布" Subtree Work Author ::gongkai_model::edition::EditionPayload;
            /// Somebody asked that content be removed by law.
            EraseRequest "erase.request" "删除申请" Path Work Catalog $crate::payload::EraseRequest;
            /// Payload bytes removed by law; the chain stays.
            Erase "erase" "删除内容" Path Work CatalogPart $crate::payload::Erase;
            /// A standard that was imported and not handed down yet: never leaves the node.
            StandardDraft "standard.draft" "标准草稿" SelfOnly Work Standard ::gongkai_model::standard::StandardPut;
            /// Items of a standard too large for one entry.
            StandardBatch "standard.batch" "标准分段" Subtree Work StandardPart ::gongkai_model::standard::StandardBatch;
            /// A version of a standard, handed down to everything below its issuer.
            StandardPut "standard.put" "下发标准" Subtree Work Standard ::gongkai_model::standard::StandardPut;
            /// An owner's offer of an approved catalog as a template for others.
            StandardOffer "standard.offer" "提供模板" Path Work Catalog ::gongkai_model::standard::StandardOffer;
            /// Moves the steps of an open submission to those of another routing table.
            Reroute "reroute" "改送" Path Work Catalog $crate::payload::OnCatalog<::gongkai_model::review::Reroute>;
            /// A piece of a document that a decision names, such as the province's letter.
            Document "document" "上级文件" Path Work Catalog $crate::payload::DocumentPart;
            /// A bundle was made and given to somebody to carry.
            BundleExport "bundle.export" "制作数据包" SelfOnly Work Node $crate::payload::BundleCarried;
            /// A bundle was read.
            BundleImport "bundle.import" "导入数据包" SelfOnly Work Node $crate::payload::BundleCarried;
            /// A person's word on a matter that two bodies list as their own.
            Settlement "settlement" "归属决定" Path Work Catalog $crate::payload::OnCatalog<::gongkai_model::conflict::Settlement>;
        }
    };
}

/// What entries of a kind are about: where they belong follows from it ([`crate::place`]), and what they are filed under,
/// so that one thing's entries are found without reading all others. The exceptions from the rule are rows here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// The catalog that the payload names, at its top or in its body.
    Catalog,
    /// The same, of another entry's content: what belongs to a draft stays on the node.
    CatalogPart,
    /// The standard that the payload names.
    Standard,
    /// The same, of another entry's content: what belongs to a draft stays on the node.
    StandardPart,
    /// The division that the payload names.
    Division,
    /// The same; the top node repeats it about another division, which has moved away from below that one.
    DivisionRepeated,
    /// The division of its author.
    Author,
    /// Whatever its author chose, for it never leaves the node.
    Node,
}

impl About {
    /// Whether entries are filed under a catalog.
    pub fn is_catalog(self) -> bool {
        matches!(self, Self::Catalog | Self::CatalogPart)
    }

    /// Whether entries are filed under a standard.
    pub fn is_standard(self) -> bool {
        matches!(self, Self::Standard | Self::StandardPart)
    }

    /// Whether entries belong to others, which may be drafts.
    pub fn is_part(self) -> bool {
        matches!(self, Self::CatalogPart | Self::StandardPart)
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident $word:literal $zh:literal $reach:ident $lane:ident $about:ident $payload:ty;)*) => {
        /// What an entry is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind { $($(#[$doc])* $name,)* }

        impl Kind {
            /// All kinds of this version.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The word in headers.
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// What people call it in Chinese.
            pub fn zh(self) -> &'static str {
                match self { $(Self::$name => $zh,)* }
            }

            /// The kind of a word; `None` for one that a later version brought.
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$name),)* _ => None }
            }

            /// How far entries of this kind go.
            pub fn reach(self) -> Reach {
                match self { $(Self::$name => Reach::$reach,)* }
            }

            /// Whether they go first.
            pub fn lane(self) -> Lane {
                match self { $(Self::$name => Lane::$lane,)* }
            }

            /// What they are about.
            pub fn about(self) -> About {
                match self { $(Self::$name => About::$about,)* }
            }
        }
    };
}

with_kinds!(kinds);

/// The kind in a header: looked up once, when the header is read. Dereferences to the word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KindWord {
    word: Cow<'static, str>,
    known: Option<Kind>,
}

impl KindWord {
    /// The kind; `None` for one that a later version brought.
    pub fn known(&self) -> Option<Kind> {
        self.known
    }

    /// Whether it is one of these.
    pub fn is_one_of(&self, kinds: &[Kind]) -> bool {
        self.known.is_some_and(|kind| kinds.contains(&kind))
    }
}

impl From<Kind> for KindWord {
    fn from(kind: Kind) -> Self {
        Self { word: Cow::Borrowed(kind.word()), known: Some(kind) }
    }
}

impl From<String> for KindWord {
    fn from(word: String) -> Self {
        Kind::from_word(&word).map_or_else(|| Self { word: Cow::Owned(word), known: None }, Self::from)
    }
}

impl From<&str> for KindWord {
    fn from(word: &str) -> Self {
        Self::from(word.to_owned())
    }
}

impl Deref for KindWord {
    type Target = str;
    fn deref(&self) -> &str {
        &self.word
    }
}

impl fmt::Display for KindWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.word)
    }
}

impl PartialEq<Kind> for KindWord {
    fn eq(&self, kind: &Kind) -> bool {
        self.known == Some(*kind)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_word_reads_back() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_word(kind.word()), Some(*kind));
            assert_eq!(KindWord::from(kind.word()), KindWord::from(*kind));
        }
        let later = KindWord::from("tomorrow");
        assert_eq!((later.known(), &*later, later.to_string().as_str()), (None, "tomorrow", "tomorrow"));
    }

    #[test]
    fn no_two_kinds_share_a_word_in_either_language() {
        let count =
            |of: fn(Kind) -> &'static str| Kind::ALL.iter().map(|kind| of(*kind)).collect::<BTreeSet<_>>().len();
        assert_eq!((count(Kind::word), count(Kind::zh)), (Kind::ALL.len(), Kind::ALL.len()));
    }

    #[test]
    fn what_goes_first_is_little_and_goes_far() {
        for kind in Kind::ALL.iter().filter(|kind| kind.lane() == Lane::Trust) {
            let is_filed = kind.about().is_catalog() || kind.about().is_standard();
            assert!(kind.reach() != Reach::SelfOnly && !is_filed, "{}", kind.word());
        }
    }

    #[test]
    fn only_what_never_leaves_the_node_may_stand_anywhere() {
        for kind in Kind::ALL.iter().filter(|kind| kind.about() == About::Node) {
            assert_eq!(kind.reach(), Reach::SelfOnly, "{}", kind.word());
        }
    }
}
