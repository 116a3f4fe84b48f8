//! The rules by name: permanent code, usual weight, what to do.
//!
//! Invariant: a code once given keeps its meaning; a rule that goes leaves its number unused.
//! Left out: how each is decided (its own file).

use crate::privacy::PrivateKind;

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Stops a submission.
    Error,
    /// Should be mended or waived before one.
    Warning,
    /// Worth a look.
    Note,
}

impl Severity {
    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// One rule of the check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// One of the eight elements is missing.
    ElementMissing,
    /// 《 and 》 do not pair up.
    TitleUnbalanced,
    /// A title that the list of laws does not know.
    LawUnknown,
    /// A law or regulation by its name that the list does not know and no number identifies.
    LawDoubtful,
    /// A title that no longer holds.
    LawExpired,
    /// A document number other than the list's.
    LawNumber,
    /// 有关规定 instead of a title.
    BasisVague,
    /// 县级人民政府民政部门 instead of an organ.
    BodyGeneric,
    /// Two items under one name.
    MatterRepeated,
    /// Two items that are the same in every element.
    MatterDoubled,
    /// Two names with one content.
    ContentRepeated,
    /// The content says no more than the name.
    ContentThin,
    /// A time limit longer than the standard's or the statutory one.
    LimitLooser,
    /// A time limit in words that are not understood.
    LimitUnread,
    /// 同上 was left in an item.
    SameAsLeft,
    /// A spreadsheet's error (#REF!) stands for a value.
    ErrorValue,
    /// 无, 待补充 or ××× stands for a value.
    PlaceholderLeft,
    /// A mark of which nobody said whether it is a tick.
    QuestionOpen,
    /// Lost characters, or pinyin of a mirrored page.
    TextDamaged,
    /// 特定群体 without a name.
    AudienceUnnamed,
    /// 其他 without a name.
    ChannelUnnamed,
    /// 不予公开 without a reason.
    WithholdReasonMissing,
    /// Days that are none, or in the wrong order.
    DatesWrong,
    /// Only the process or only the result of a matter is open.
    StageOneSided,
    /// The content is a list of persons by its words.
    PersonList,
    /// Several persons' names stand in a row.
    PersonNames,
    /// A number or column that names single persons.
    Private(PrivateKind),
}

impl Rule {
    /// All rules.
    pub const ALL: [Self; 30] = [
        Self::ElementMissing,
        Self::TitleUnbalanced,
        Self::LawUnknown,
        Self::LawDoubtful,
        Self::LawExpired,
        Self::LawNumber,
        Self::BasisVague,
        Self::BodyGeneric,
        Self::MatterRepeated,
        Self::MatterDoubled,
        Self::ContentRepeated,
        Self::ContentThin,
        Self::LimitLooser,
        Self::LimitUnread,
        Self::SameAsLeft,
        Self::ErrorValue,
        Self::PlaceholderLeft,
        Self::QuestionOpen,
        Self::TextDamaged,
        Self::AudienceUnnamed,
        Self::ChannelUnnamed,
        Self::WithholdReasonMissing,
        Self::DatesWrong,
        Self::StageOneSided,
        Self::PersonList,
        Self::PersonNames,
        Self::Private(PrivateKind::CitizenId),
        Self::Private(PrivateKind::Mobile),
        Self::Private(PrivateKind::BankCard),
        Self::Private(PrivateKind::PersonColumn),
    ];

    /// The rule of a code (`GK-CHECK-007`) or name (`body-generic`).
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.code().eq_ignore_ascii_case(text) || rule.name() == text)
    }

    /// The permanent code.
    pub fn code(self) -> &'static str {
        match self {
            Self::ElementMissing => "GK-CHECK-001",
            Self::TitleUnbalanced => "GK-CHECK-002",
            Self::LawUnknown => "GK-CHECK-003",
            Self::LawExpired => "GK-CHECK-004",
            Self::LawNumber => "GK-CHECK-005",
            Self::BasisVague => "GK-CHECK-006",
            Self::BodyGeneric => "GK-CHECK-007",
            Self::MatterRepeated => "GK-CHECK-008",
            Self::MatterDoubled => "GK-CHECK-009",
            Self::ContentRepeated => "GK-CHECK-010",
            Self::ContentThin => "GK-CHECK-011",
            Self::LimitLooser => "GK-CHECK-012",
            Self::LimitUnread => "GK-CHECK-013",
            Self::SameAsLeft => "GK-CHECK-014",
            Self::TextDamaged => "GK-CHECK-015",
            Self::AudienceUnnamed => "GK-CHECK-016",
            Self::ChannelUnnamed => "GK-CHECK-017",
            Self::WithholdReasonMissing => "GK-CHECK-018",
            Self::DatesWrong => "GK-CHECK-019",
            Self::StageOneSided => "GK-CHECK-020",
            Self::PersonList => "GK-CHECK-021",
            Self::PersonNames => "GK-CHECK-022",
            Self::LawDoubtful => "GK-CHECK-023",
            Self::ErrorValue => "GK-CHECK-024",
            Self::QuestionOpen => "GK-CHECK-025",
            Self::PlaceholderLeft => "GK-CHECK-026",
            Self::Private(kind) => kind.code(),
        }
    }

    /// The name in words, for waivers and scripts.
    pub fn name(self) -> &'static str {
        match self {
            Self::ElementMissing => "element-missing",
            Self::TitleUnbalanced => "title-unbalanced",
            Self::LawUnknown => "law-unknown",
            Self::LawDoubtful => "law-doubtful",
            Self::LawExpired => "law-expired",
            Self::LawNumber => "law-number",
            Self::BasisVague => "basis-vague",
            Self::BodyGeneric => "body-generic",
            Self::MatterRepeated => "matter-repeated",
            Self::MatterDoubled => "matter-doubled",
            Self::ContentRepeated => "content-repeated",
            Self::ContentThin => "content-thin",
            Self::LimitLooser => "limit-looser",
            Self::LimitUnread => "limit-unread",
            Self::SameAsLeft => "same-as-left",
            Self::ErrorValue => "error-value",
            Self::QuestionOpen => "question-open",
            Self::PlaceholderLeft => "placeholder-left",
            Self::TextDamaged => "text-damaged",
            Self::AudienceUnnamed => "audience-unnamed",
            Self::ChannelUnnamed => "channel-unnamed",
            Self::WithholdReasonMissing => "withhold-reason-missing",
            Self::DatesWrong => "dates-wrong",
            Self::StageOneSided => "stage-one-sided",
            Self::PersonList => "person-list",
            Self::PersonNames => "person-names",
            Self::Private(PrivateKind::CitizenId) => "private-citizen-id",
            Self::Private(PrivateKind::Mobile) => "private-mobile",
            Self::Private(PrivateKind::BankCard) => "private-bank-card",
            Self::Private(PrivateKind::PersonColumn) => "private-column",
        }
    }

    /// What a finding of the rule weighs if nothing speaks for more or less.
    pub fn severity(self) -> Severity {
        match self {
            Self::ElementMissing | Self::SameAsLeft | Self::WithholdReasonMissing => Severity::Error,
            Self::ErrorValue | Self::PlaceholderLeft | Self::QuestionOpen => Severity::Error,
            Self::Private(PrivateKind::CitizenId | PrivateKind::BankCard | PrivateKind::PersonColumn) => {
                Severity::Error
            }
            // An office may use a mobile telephone.
            Self::Private(PrivateKind::Mobile) => Severity::Warning,
            Self::TitleUnbalanced | Self::LawUnknown | Self::LawDoubtful => Severity::Warning,
            Self::LawExpired | Self::BodyGeneric => Severity::Warning,
            Self::MatterRepeated | Self::MatterDoubled | Self::LimitLooser | Self::TextDamaged => Severity::Warning,
            Self::AudienceUnnamed | Self::ChannelUnnamed | Self::DatesWrong => Severity::Warning,
            Self::PersonList | Self::PersonNames => Severity::Warning,
            Self::LawNumber | Self::BasisVague | Self::ContentRepeated | Self::ContentThin => Severity::Note,
            Self::LimitUnread | Self::StageOneSided => Severity::Note,
        }
    }

    /// Whether a person may overrule it with a reason. A missing element cannot be argued away: the plan names the
    /// eight as the least. Nor can a question: it is answered in the item.
    pub fn is_waivable(self) -> bool {
        !matches!(self, Self::ElementMissing | Self::QuestionOpen | Self::ErrorValue)
    }

    /// Whether it is about names, numbers or titles that somebody must have seen: a waiver is then as wide as what was
    /// seen, one item as it stands.
    pub fn is_about_what_was_seen(self) -> bool {
        match self {
            Self::PersonList | Self::PersonNames | Self::Private(_) => true,
            Self::TitleUnbalanced | Self::LawUnknown | Self::LawDoubtful | Self::LawExpired | Self::LawNumber => true,
            Self::ElementMissing | Self::BasisVague | Self::BodyGeneric | Self::MatterRepeated => false,
            Self::MatterDoubled | Self::ContentRepeated | Self::ContentThin | Self::LimitLooser => false,
            Self::LimitUnread | Self::SameAsLeft | Self::TextDamaged | Self::AudienceUnnamed => false,
            Self::ChannelUnnamed | Self::WithholdReasonMissing | Self::DatesWrong | Self::StageOneSided => false,
            Self::ErrorValue | Self::PlaceholderLeft | Self::QuestionOpen => false,
        }
    }

    /// What to do about a finding.
    pub fn hint(self) -> &'static str {
        match self {
            Self::ElementMissing => "fill in the element: the eight of the plan are the least that an item has",
            Self::TitleUnbalanced => "put the missing 《 or 》 so that each title is whole",
            Self::LawUnknown => {
                "compare the title with the law's text; if it is right, waive it, or add it: `gongkai routing law` at the top node"
            }
            Self::LawDoubtful => {
                "make sure that this law exists: copies of mirrored pages hold invented ones; then waive it or mend it"
            }
            Self::LawExpired => "name the law or document that holds now",
            Self::LawNumber => "check which version is meant and give its number",
            Self::BasisVague => "name the law or document by its title, number and article",
            Self::BodyGeneric => "name the organ as it calls itself, such as 铁岭县民政局",
            Self::MatterRepeated => "give the matters different names, or make one item of them",
            Self::MatterDoubled => "remove one of the two",
            Self::ContentRepeated => "say in each item what is open under its own name",
            Self::ContentThin => "list the elements that are open, not the name again",
            Self::LimitLooser => "shorten the limit, or waive it naming the law that allows more",
            Self::LimitUnread => "say it in the usual words, such as 自信息形成之日起20个工作日内",
            Self::SameAsLeft => "write the value out: above this item may stand another one tomorrow",
            Self::ErrorValue => "mend the formula in the workbook, or write the value out",
            Self::PlaceholderLeft => "write the value, or waive it where the word is meant as it stands",
            Self::QuestionOpen => {
                "say whether the mark is a tick: mend the cell and import again, or import with --map COLUMN:WORD=yes or =no"
            }
            Self::TextDamaged => "put in the lost characters from the original",
            Self::AudienceUnnamed => "name the group in the cell of 特定群体, such as 申请人",
            Self::ChannelUnnamed => "name the channel after 其他",
            Self::WithholdReasonMissing => "give the reason and its article (条例 Art. 14 to 16)",
            Self::DatesWrong => "write days as 2026-01-31, the first day before the last",
            Self::StageOneSided => "add the items that open the other half: process or result",
            Self::PersonList => "say which fields are open and that numbers, addresses and minors are not",
            Self::PersonNames => "take the names out of the catalog: they belong to what is published under it",
            Self::Private(_) => "take it out of the catalog, or waive it if it is an office's own",
        }
    }
}
