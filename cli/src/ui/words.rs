//! The words of tables and states, in English and Chinese.
//!
//! Invariant: a word here is the noun of the domain, the same in both languages' documents. Sentences stand where
//! they are used, as a pair (`Lang::pick`). JSON never passes here.

use std::{borrow::Cow, env};

use gongkai_journal::kind::Kind;

/// A language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lang {
    En,
    Zh,
}

impl Lang {
    /// As the locale says: LC_ALL before LC_MESSAGES before LANG, the first that is set.
    pub(crate) fn of_environment() -> Self {
        let mut set = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(|name| env::var(name).ok());
        Self::of_locale(&set.find(|value| !value.is_empty()).unwrap_or_default())
    }

    fn of_locale(locale: &str) -> Self {
        if locale.to_ascii_lowercase().starts_with("zh") { Self::Zh } else { Self::En }
    }

    /// The value of a `gk-language` header.
    pub(crate) fn tag(self) -> &'static str {
        self.pick("en", "zh")
    }

    /// The one of the pair.
    pub(crate) fn pick<T>(self, en: T, zh: T) -> T {
        match self {
            Self::En => en,
            Self::Zh => zh,
        }
    }
}

macro_rules! words {
    ($($name:ident $en:literal $zh:literal)*) => {
        /// A word of a table's head or of a list of facts.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Word { $($name,)* }

        impl Word {
            /// The word in the language.
            pub(crate) fn of(self, lang: Lang) -> &'static str {
                match self { $(Self::$name => lang.pick($en, $zh),)* }
            }
        }
    };
}

words! {
    Action "action" "操作"
    Address "address" "地址"
    Age "days" "已等"
    Aliases "other names" "别名"
    Allowed "allowed" "允许"
    Wanted "lacking" "尚缺"
    Size "size" "大小"
    SigningKey "key" "签名密钥"
    SentTo "to" "接收方"
    SentBy "from" "制作方"
    ReadOut "place to read out" "可口头报出的位置"
    ReadAt "read" "导入时间"
    Number "no." "编号"
    MadeAt "made" "制作时间"
    KnownAsOf "known as of" "所知截至"
    HeardAt "heard" "得知时间"
    Forked "forked streams" "分叉"
    Bundle "bundle" "数据包"
    AtStake "at stake" "未确认"
    Approved "approved" "已通过版本"
    AsOf "as of" "截至"
    Author "author" "记录节点"
    Authority "authority" "发文机关"
    BasisOfChange "basis of change" "调整依据"
    Behind "to receive" "待接收"
    BytesReceived "bytes in" "接收字节"
    BytesSent "bytes out" "发送字节"
    Catalog "catalog" "目录"
    Catalogs "catalogs" "目录数"
    Certificate "certificate" "证书"
    Change "change" "变化"
    Changed "changed" "变更"
    Check "check" "检查项"
    Column "column" "列名"
    Publisher "publisher" "编制单位"
    ComparedWith "compared with" "对比版本"
    Conflict "conflict" "冲突"
    Daemon "daemon" "守护进程"
    Department "department" "部门"
    Departments "departments" "部门"
    Directory "directory" "目录位置"
    Division "division" "区划"
    DocumentNo "document no." "文号"
    Domain "domain" "领域"
    Domains "domains" "领域范围"
    Due "due" "期限"
    Edition "edition" "发布版"
    EffectiveFrom "in force from" "生效日期"
    Entries "entries" "条目"
    EntriesReceived "received" "已接收"
    EntriesSent "sent" "已发送"
    Expires "expires" "有效期至"
    Feed "feed" "汇流"
    Field "element" "要素"
    FileDigest "file digest" "文件摘要"
    Follows "follows" "承接"
    Fingerprint "CA fingerprint" "根证书指纹"
    Hash "entry" "条目哈希"
    Incarnation "incarnation" "化身"
    Item "item" "事项"
    ItemId "item id" "事项标识"
    Items "items" "事项数"
    Kind "kind" "种类"
    KnownBy "known by" "识别方式"
    LastContact "last contact" "最近联系"
    LawTitle "law" "法规文件"
    Level "level" "层级"
    Listen "listens on" "监听地址"
    Manifest "manifest root" "清单根哈希"
    Message "message" "说明"
    Missing "missing" "缺少"
    Mode "mode" "方式"
    Name "name" "名称"
    NextRun "next run" "下次运行"
    Note "note" "备注"
    Operator "operator" "操作人"
    Office "office" "审核部门"
    Opinion "opinion" "意见"
    Outcome "outcome" "结果"
    Owner "owner" "编制单位"
    Parent "parent" "上级"
    Path "path" "路径"
    Peer "peer" "对端"
    Pilots "pilots" "试点"
    PrintedVersion "version" "版次"
    Provenance "provenance" "来源层级"
    Place "at" "位置"
    Published "published" "发布时间"
    Reason "reason" "原因"
    Repealed "repealed" "废止"
    Revision "revision" "版本"
    SaidBy "said by" "据"
    Role "role" "角色"
    Roles "roles" "角色"
    RoutedFrom "from" "原审核"
    RoutedTo "to" "改送"
    Rule "rule" "规则"
    Serial "serial" "序号"
    SettledAt "settled at" "处理节点"
    Sheet "sheet" "工作表"
    SignOff "sign-off" "签署"
    Since "since" "自"
    Standard "standard" "标准"
    StandsOn "stands on" "现采用"
    State "state" "状态"
    Step "step" "环节"
    Steps "steps" "环节"
    Subject "subject" "所属区划"
    Submission "submission" "报送"
    Submitted "submitted" "报送时间"
    Summary "summary" "摘要"
    TableVersion "table version" "流程表版本"
    TimeLimit "time limit" "公开时限"
    Title "title" "标题"
    ToSend "to send" "待发送"
    Token "token" "令牌"
    Undecided "to decide" "待决定"
    Version "version" "程序版本"
    Waiting "waiting for" "等待"
    When "when" "时间"
}

/// States as the API spells them, and their Chinese.
const STATES_ZH: &[(&str, &str)] = &[
    ("admin", "管理员"),
    ("approve", "通过"),
    ("approved", "已通过"),
    ("auditor", "审计员"),
    ("blocked", "不能发布"),
    ("acknowledged", "已确认"),
    ("arrived", "已送达"),
    ("older", "较旧"),
    ("read-before", "已导入过"),
    ("repeated", "后包已含"),
    ("unheard", "无回音"),
    ("accepted", "已采纳"),
    ("added", "新增"),
    ("ambiguous", "待确认"),
    ("bundle", "离线包"),
    ("caught-up", "已追平"),
    ("changed", "变更"),
    ("came-from", "由其送来"),
    ("asked", "已申请"),
    ("child", "下级"),
    ("clerk", "填报员"),
    ("conflict", "冲突"),
    ("counterpart", "对口部门"),
    ("connected", "已连接"),
    ("connecting", "连接中"),
    ("cut", "中断"),
    ("decision", "审核意见"),
    ("declined", "未采纳"),
    ("department", "部门分工变化"),
    ("done", "完成"),
    ("draft", "草稿"),
    ("over-budget", "超出总量"),
    ("drafts", "草稿并列"),
    ("standard-override", "标准与本地"),
    ("proposal-edit", "建议与修改"),
    ("matter", "事项重复"),
    ("limit", "时限偏宽"),
    ("recorded", "已记录"),
    ("settlement", "归属决定"),
    ("upper", "归上级"),
    ("lower", "归下级"),
    ("both", "双方均可"),
    ("edition", "汇总发布"),
    ("erased", "已删除"),
    ("doubtful", "存疑"),
    ("functional-area", "功能区"),
    ("standard", "标准"),
    ("enrolled", "已加入"),
    ("error", "错误"),
    ("exchanging", "同步中"),
    ("failed", "失败"),
    ("held", "已收存"),
    ("first-review", "一审一校"),
    ("idle", "空闲"),
    ("in-flight", "在途"),
    ("in-review", "审核中"),
    ("invited", "已邀请"),
    ("lead-office", "政务公开主管部门"),
    ("live", "实时"),
    ("manual", "手动"),
    ("municipal", "市级"),
    ("county", "县级"),
    ("township", "乡级"),
    ("moved", "移动"),
    ("never", "从未联系"),
    ("no", "否"),
    ("none", "无节点"),
    ("not-sent", "未发送"),
    ("note", "提示"),
    ("ok", "正常"),
    ("overtaken", "已被修改"),
    ("open", "待审"),
    ("parent", "上级"),
    ("publisher", "发布员"),
    ("proposal", "修改建议"),
    ("proposal-answer", "建议答复"),
    ("ready", "就绪"),
    ("receipt", "回执"),
    ("refused", "被拒绝"),
    ("removed", "删除"),
    ("renamed", "更名"),
    ("return", "退回"),
    ("returned", "已退回"),
    ("reviewer", "审核员"),
    ("revision", "版本"),
    ("revocation", "撤销"),
    ("revoke", "撤销"),
    ("revoked", "已撤销"),
    ("running", "进行中"),
    ("schedule", "定时"),
    ("second-review", "二审二校"),
    ("secrecy", "保密审查"),
    ("self", "本节点"),
    ("stale", "已过时"),
    ("rerouted", "环节已改"),
    ("outweighed", "被退回抵消"),
    ("out-of-turn", "未到环节"),
    ("submission", "报送"),
    ("submissions", "报送并列"),
    ("submitted", "已报送"),
    ("superseded", "已被取代"),
    ("syncing", "同步中"),
    ("stuck", "受阻"),
    ("third-review", "三审三校"),
    ("unchanged", "不变"),
    ("unknown", "不明"),
    ("unreachable", "无法连接"),
    ("waived", "已豁免"),
    ("waiver", "豁免"),
    ("waiting", "等待"),
    ("clash", "冲突"),
    ("common", "共性目录"),
    ("extra", "多出"),
    ("guideline", "标准指引"),
    ("in-force", "现行"),
    ("kept", "保留本地"),
    ("local", "本地"),
    ("merged", "合并"),
    ("missing", "缺少"),
    ("national", "国家"),
    ("offered", "待推广"),
    ("offer", "提供模板"),
    ("pilot", "试点模板"),
    ("provincial", "省级"),
    ("reroute", "改送"),
    ("same", "一致"),
    ("taken", "采用标准"),
    ("warning", "注意"),
    ("withdrawal", "撤回"),
    ("withdrawn", "已撤回"),
    ("written-here", "在此记录"),
    ("yes", "是"),
];

/// Fields of an item as the API spells them, and the official heads of their columns.
const FIELDS_ZH: &[(&str, &str)] = &[
    ("audience", "公开对象"),
    ("audience_specific", "特定群体"),
    ("basis", "公开依据"),
    ("channels", "公开渠道和载体"),
    ("channels_optional", "可选渠道"),
    ("channels_other", "其他渠道"),
    ("channels_raw", "渠道原文"),
    ("content", "公开内容"),
    ("disclosure_mode", "公开方式"),
    ("edition_text", "版本说明"),
    ("effective_from", "生效日期"),
    ("effective_to", "失效日期"),
    ("extent", "公开程度"),
    ("extra", "其他列"),
    ("five_open", "五公开"),
    ("guideline", "对应标准指引"),
    ("guideline_ref", "对应指引条目"),
    ("level", "目录层级"),
    ("level1", "一级事项"),
    ("level2", "二级事项"),
    ("level3", "三级事项"),
    ("levels", "公开层级"),
    ("name", "名称"),
    ("origin", "来源"),
    ("power_list_ref", "权责清单编码"),
    ("publisher", "编制单位"),
    ("responsible_dept", "责任科室"),
    ("stage", "过程/结果"),
    ("standard", "采用标准"),
    ("subject", "公开主体"),
    ("time_limit_text", "公开时限"),
    ("title", "标题"),
    ("withhold_reason", "不予公开理由"),
];

/// An item's field for people; one that is not in the table as it came.
pub(crate) fn field_word(field: &str, lang: Lang) -> &str {
    match (lang, FIELDS_ZH.iter().find(|(known, _)| *known == field)) {
        (Lang::Zh, Some((_, zh))) => zh,
        (Lang::Zh, None) | (Lang::En, _) => field,
    }
}

/// Several of them in one cell.
pub(crate) fn field_words(fields: &[String], lang: Lang) -> String {
    let words: Vec<&str> = fields.iter().map(|field| field_word(field, lang)).collect();
    words.join(lang.pick(", ", "、"))
}

/// A state for people; one that is not in the table (a newer daemon's) as it came.
pub(crate) fn state_word(state: &str, lang: Lang) -> Cow<'_, str> {
    let named = STATES_ZH.iter().find(|(known, _)| *known == state).map(|(_, zh)| *zh);
    match (lang, named.or_else(|| Kind::from_word(state).map(Kind::zh))) {
        (Lang::Zh, Some(zh)) => Cow::Borrowed(zh),
        (Lang::Zh, None) | (Lang::En, _) => Cow::Borrowed(state),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locale_chooses_the_language() {
        for (locale, lang) in [("zh_CN.UTF-8", Lang::Zh), ("ZH", Lang::Zh), ("C", Lang::En), ("", Lang::En)] {
            assert_eq!(Lang::of_locale(locale), lang, "{locale}");
        }
    }

    #[test]
    fn an_unknown_state_is_shown_as_it_came() {
        assert_eq!(state_word("approved", Lang::Zh), "已通过");
        assert_eq!(state_word("approved", Lang::En), "approved");
        assert_eq!(state_word("brand-new", Lang::Zh), "brand-new");
    }
}
