//! The eight elements that a catalog item must have (铁公开领〔2020〕1号: 名称、内容、依据、时限、主体、方式、渠道、公开对象).

use super::Item;

/// One of the eight mandatory elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Element {
    /// 名称
    Name,
    /// 内容
    Content,
    /// 依据
    Basis,
    /// 时限
    TimeLimit,
    /// 主体
    Subject,
    /// 方式
    Mode,
    /// 渠道
    Channels,
    /// 公开对象
    Audience,
}

impl Element {
    /// All eight, in the order of the plan's sentence.
    pub const ALL: [Self; 8] = [
        Self::Name,
        Self::Content,
        Self::Basis,
        Self::TimeLimit,
        Self::Subject,
        Self::Mode,
        Self::Channels,
        Self::Audience,
    ];

    /// The Chinese word of the plan.
    pub fn label(self) -> &'static str {
        match self {
            Self::Name => "名称",
            Self::Content => "内容",
            Self::Basis => "依据",
            Self::TimeLimit => "时限",
            Self::Subject => "主体",
            Self::Mode => "方式",
            Self::Channels => "渠道",
            Self::Audience => "公开对象",
        }
    }

    /// The field name used in JSON.
    pub fn field(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Content => "content",
            Self::Basis => "basis",
            Self::TimeLimit => "time_limit_text",
            Self::Subject => "subject",
            Self::Mode => "disclosure_mode",
            Self::Channels => "channels",
            Self::Audience => "audience",
        }
    }

    fn is_missing(self, item: &Item) -> bool {
        match self {
            Self::Name => item.name().is_empty(),
            Self::Content => item.content.is_empty(),
            Self::Basis => item.basis.is_empty(),
            Self::TimeLimit => item.time_limit_text.is_empty(),
            Self::Subject => item.subject.is_empty(),
            Self::Mode => item.disclosure_mode.is_empty(),
            Self::Channels => item.channels.is_empty() && item.channels_other.is_empty(),
            Self::Audience => item.audience.is_empty(),
        }
    }
}

/// The mandatory elements an item lacks, in the plan's order; empty means complete.
pub fn missing_elements(item: &Item) -> Vec<Element> {
    Element::ALL.into_iter().filter(|element| element.is_missing(item)).collect()
}
