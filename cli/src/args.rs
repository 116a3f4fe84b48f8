//! The arguments that all commands share, and the tree of nouns.
//!
//! Invariant: a command's own arguments live in its own file under `commands/`; here is only what every one has.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::{
    commands::{
        audit, bundle, catalog, completions, conflict, custody, demo, doctor, domain, erase, explain, help, node,
        operator, publish, recovery, review, routing, standard, sync,
    },
    ui::{Lang, Output},
};

/// Carries disclosure catalogs (政务公开事项标准目录) between townships, counties and the city.
#[derive(Debug, Parser)]
#[command(name = "gongkai", version, propagate_version = false, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(flatten)]
    pub(crate) remote: Remote,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Clone, Debug, Args)]
pub(crate) struct Global {
    /// The node's data directory; its daemon listens on DIR/admin.sock
    #[arg(long, global = true, value_name = "DIR", env = "GONGKAI_DATA")]
    pub(crate) data: Option<PathBuf>,
    /// How to print: for people, or one JSON document
    #[arg(long, global = true, value_name = "FORM", default_value = "text")]
    pub(crate) output: Output,
    /// The language of messages; the locale decides when it is not given
    #[arg(long, global = true, value_name = "LANG")]
    pub(crate) lang: Option<LangArg>,
    /// Who acts, as the node knows the operator
    #[arg(long = "as", global = true, value_name = "OPERATOR", env = "GONGKAI_OPERATOR")]
    pub(crate) operator: Option<String>,
    /// No progress and no notes, only the answer
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}

/// A daemon on another machine. `--key` is text: `publish verify` has one of its own, which is no file.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Remote {
    /// A profile that `gongkai operator certify` wrote: address, certificate, key and trust root
    #[arg(long, global = true, value_name = "FILE", env = "GONGKAI_PROFILE")]
    pub(crate) profile: Option<PathBuf>,
    /// The admin port of a node on another machine, instead of a data directory
    #[arg(long, global = true, value_name = "HOST:PORT")]
    pub(crate) remote: Option<String>,
    /// With --remote: the operator's certificate
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) cert: Option<PathBuf>,
    /// With --remote: the certificate's private key
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) key: Option<String>,
    /// With --remote: the trust root of the node's tree
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
}

/// A language as typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LangArg {
    /// 中文
    Zh,
    /// English
    En,
}

impl From<LangArg> for Lang {
    fn from(lang: LangArg) -> Self {
        match lang {
            LangArg::Zh => Self::Zh,
            LangArg::En => Self::En,
        }
    }
}

/// The nouns.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// This node: make it, join it to the tree, enrol the nodes below
    #[command(subcommand)]
    Node(node::NodeCommand),
    /// One page: links, catalogs, work waiting, warnings
    Status,
    /// The links to the level above and below
    #[command(subcommand)]
    Sync(sync::SyncCommand),
    /// Bundles: carry entries by hand where there is no network
    #[command(subcommand)]
    Bundle(bundle::BundleCommand),
    /// Catalogs: import, look, check, submit
    #[command(subcommand)]
    Catalog(catalog::CatalogCommand),
    /// Submissions to look at and decide
    #[command(subcommand)]
    Review(review::ReviewCommand),
    /// Standards handed down: guidelines, common catalogs, pilots' templates
    #[command(subcommand)]
    Standard(standard::StandardCommand),
    /// Who reviews what: chains, departments, pilots, as data
    #[command(subcommand)]
    Routing(routing::RoutingCommand),
    /// The fields of disclosure, as data
    #[command(subcommand)]
    Domain(domain::DomainCommand),
    /// Conflicts: look at both sides, decide
    #[command(subcommand)]
    Conflict(conflict::ConflictCommand),
    /// Who keeps a division's catalogs: what stands in doubt, and your word on it
    #[command(subcommand)]
    Custody(custody::CustodyCommand),
    /// Content that the law says must go: ask and confirm
    #[command(subcommand)]
    Erase(erase::EraseCommand),
    /// Editions: preview, publish, verify
    #[command(subcommand)]
    Publish(publish::PublishCommand),
    /// Who you are at this node, and what you may do
    Whoami,
    /// The operators of this node
    #[command(subcommand)]
    Operator(operator::OperatorCommand),
    /// Who did what, when, on which node
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Save the running node into one file
    Backup(recovery::BackupArgs),
    /// Bring a node back from a backup (no daemon needed), or lift its hold
    Restore(recovery::RestoreArgs),
    /// Check the node's store, chains and keys
    Doctor(doctor::DoctorArgs),
    /// The main job from nothing: seven daemons on this machine, real workbooks in, one edition out
    Demo(demo::DemoArgs),
    /// What an error code means, or why a division, catalog, entry, `sync` or `publish` is stuck
    Explain(explain::ExplainArgs),
    /// What a command does and takes
    Help(help::HelpArgs),
    /// A shell's completion script
    Completions(completions::CompletionsArgs),
    /// The version of this program
    Version,
}

/// Chinese for the help's lines, by the path of nouns and verbs.
const ABOUT_ZH: &[(&str, &str)] = &[
    ("", "政务公开事项标准目录：乡镇、县、市三级报送、审核与汇总发布"),
    ("node", "本节点：建立、加入、邀请下级"),
    ("node init", "建立数据目录（无需守护进程）"),
    ("node invite", "为直接下级区划生成一次性加入令牌"),
    ("node join", "用令牌加入上级节点（无需守护进程）"),
    ("node renew", "立即更新本节点证书"),
    ("node move", "将区划划归另一上级（在最上级节点）"),
    ("node custody", "将某区划目录的维护权交给其路径上的另一节点"),
    ("node revoke", "使下级节点的密钥失效"),
    ("node list", "列出已知区划及其节点"),
    ("node show", "显示本节点"),
    ("status", "概览：链路、目录、待办、告警"),
    ("sync", "与上下级的链路"),
    ("sync status", "各链路的状态、积压、下次运行与原因；或一个目录已到达何处"),
    ("sync now", "立即同步，直到追平或说明原因"),
    ("sync peers", "各链路的配置与身份"),
    ("sync history", "历次会话及其字节数"),
    ("sync watch", "持续显示进度与状态变化"),
    ("bundle", "离线数据包：无网络时用存储介质传送条目"),
    ("bundle export", "为上级或下级制作数据包：对方尚未确认的内容"),
    ("bundle inspect", "查看数据包是什么、导入会带来什么（无守护进程时只核验完整性）"),
    ("bundle import", "导入数据包，可安全重复"),
    ("bundle status", "与各上下级往来的数据包：上月的介质送到了吗"),
    ("bundle lost", "没有回音的数据包及处理办法"),
    ("catalog", "目录：导入、查看、检查、报送"),
    ("catalog import", "从工作簿导入；--report 另存带检查结果的表格"),
    ("catalog list", "列出目录"),
    ("catalog show", "显示一个目录的事项；--item 显示一项及其导入原文"),
    ("catalog check", "核查完整性、质量与隐私：目录或文件（文件在无守护进程时按程序自带资料核查）"),
    ("catalog waive", "说明理由，豁免一处核查问题"),
    ("catalog unwaive", "收回豁免"),
    ("catalog waivers", "列出有效的豁免"),
    ("catalog diff", "比较两个版本"),
    ("catalog submit", "报送审核"),
    ("catalog withdraw", "撤回报送"),
    ("catalog proposals", "列出审核人的修改建议"),
    ("catalog accept", "采纳一条修改建议，形成草稿"),
    ("catalog decline", "不采纳一条修改建议并说明理由"),
    ("catalog history", "版本、报送、审核与发布的经过"),
    ("catalog export", "导出官方格式工作簿、CSV 或 JSON"),
    ("catalog template", "生成带下拉选项的填报表（无需守护进程）"),
    ("catalog mappings", "列出或删除已保存的列名对应"),
    ("catalog start", "由标准目录建立目录草稿"),
    ("catalog rebase", "将目录套用到标准的新版本，保留并列出本地差异"),
    ("standard", "下发的标准目录：标准指引、共性目录、试点模板"),
    ("standard import", "将工作簿读入为标准的一个版本（下发前为草稿）"),
    ("standard list", "列出已下发的标准、草稿与试点提供的模板"),
    ("standard show", "显示一个标准的事项与采用它的目录"),
    ("standard send", "将草稿或试点模板下发至所有下级"),
    ("standard offer", "将试点已通过的目录作为模板提供"),
    ("standard compare", "目录与标准对照：缺少、不同、多出"),
    ("routing", "审核流程数据：流程、部门、试点"),
    ("routing show", "显示现行流程表及其版本"),
    ("routing set", "设定一类目录的审核环节（在最上级节点）"),
    ("routing assign", "自某日起将领域划归某部门（在最上级节点）"),
    ("routing department", "增加部门条线或更名（在最上级节点）"),
    ("routing pilot", "标记或取消试点目录（在最上级节点）"),
    ("routing law", "把法规文件加入核查清单，或注明废止（在最上级节点）"),
    ("domain", "公开领域数据"),
    ("domain list", "列出领域及其部门、别名"),
    ("domain add", "增加领域（在最上级节点），导入即可识别"),
    ("domain alias", "为领域增加别名（在最上级节点）"),
    ("review", "待审目录与审核意见"),
    ("review list", "列出待审的报送"),
    ("review show", "显示一次报送中需要审核的事项"),
    ("review approve", "审核通过"),
    ("review return", "退回并附意见"),
    ("review propose", "对事项要素提出修改建议，由填报单位采纳或不采纳"),
    ("review revoke", "撤销已通过的版本"),
    ("review record-outside", "记录上级（省）的决定：文号与文件"),
    ("review document", "取出并核对上级决定的文件"),
    ("review reroute", "按现行流程表改送待审报送"),
    ("conflict", "冲突：比较两边并作出决定"),
    ("conflict list", "列出未处理的冲突"),
    ("conflict show", "逐要素显示共同版本、两边与建议的合并"),
    ("conflict resolve", "处理冲突：取一边、取合并结果，或提交工作簿"),
    ("custody", "目录维护权：存疑事项与答复"),
    ("custody list", "列出存疑的维护权变更与报送"),
    ("custody confirm", "确认某项有效"),
    ("custody refuse", "确认某项无效"),
    ("erase", "依法删除内容：申请与确认"),
    ("erase ask", "申请在所有节点删除某事项的内容"),
    ("erase list", "列出删除申请，未确认的在前"),
    ("erase confirm", "确认下级节点的删除申请"),
    ("publish", "汇总发布"),
    ("publish preview", "预览：将包含什么、缺什么、与上一版的差异"),
    ("publish check", "核查将要发布的目录"),
    ("publish sign-offs", "发布前所需签署及其状态"),
    ("publish sign-off", "发布前签署（保密审查、三审三校），由不同人员逐项签署"),
    ("publish run", "生成汇总发布版"),
    ("publish list", "列出历次发布"),
    ("publish show", "显示一次发布的内容"),
    ("publish diff", "比较两次发布"),
    ("publish verify", "核验发布目录（无需守护进程）"),
    ("whoami", "当前操作人及其权限"),
    ("operator", "本节点的操作人"),
    ("operator add", "登记操作人：只有登记的操作人才能审核、签署和发布"),
    ("operator list", "列出配置中的操作人与用户组"),
    ("operator reload", "重新读取 gongkaid.toml 中的操作人与用户组（无需重启）"),
    ("operator certify", "向操作人签发客户端证书，供其在另一台机器上使用"),
    ("operator request", "自行生成密钥与证书申请（无需守护进程）"),
    ("operator certificates", "列出已签发的客户端证书"),
    ("operator revoke", "吊销操作人的客户端证书"),
    ("audit", "审计"),
    ("audit log", "日志条目：何人何时在何节点做了什么"),
    ("backup", "将运行中的节点备份为一个文件"),
    ("restore", "由备份恢复节点（无需守护进程），或解除恢复后的限制"),
    ("doctor", "检查存储、日志链与密钥"),
    ("demo", "从零演示主流程：本机七个守护进程，导入、审核、发布"),
    ("explain", "解释错误代码，或说明区划、目录、条目、同步、发布为何受阻"),
    ("help", "显示一个命令的说明"),
    ("completions", "生成命令行补全脚本"),
    ("version", "显示版本"),
];

/// Chinese for the help's arguments, by their names.
const HELP_ZH: &[(&str, &str)] = &[
    ("data", "节点的数据目录；守护进程的套接字为 DIR/admin.sock"),
    ("output", "输出形式：text 供人阅读，json 输出一个 JSON 文档"),
    ("lang", "消息语言；不指定时由系统区域设置决定"),
    ("operator", "操作人"),
    ("profile", "连接配置文件（由 operator certify 生成）：地址、证书、密钥、根证书"),
    ("remote", "另一台机器上节点的管理端口，代替数据目录"),
    ("cert", "与 --remote 同用：操作人的证书"),
    ("ca", "与 --remote 同用：根证书"),
    ("quiet", "不显示进度与提示，只输出结果"),
];

/// The command with its help in the language.
pub(crate) fn localised(command: clap::Command, lang: Lang) -> clap::Command {
    match lang {
        Lang::En => command,
        Lang::Zh => in_chinese(command, ""),
    }
}

fn in_chinese(command: clap::Command, path: &str) -> clap::Command {
    let about = ABOUT_ZH.iter().find(|(known, _)| *known == path).map(|(_, text)| *text);
    let command = match about {
        Some(text) => command.about(text),
        None => command,
    };
    let command = command.mut_args(|arg| {
        let help = HELP_ZH.iter().find(|(name, _)| arg.get_id() == name).map(|(_, text)| *text);
        match help {
            Some(text) => arg.help(text),
            None => arg,
        }
    });
    let path = path.to_owned();
    command.mut_subcommands(move |sub| {
        let name = sub.get_name().to_owned();
        let below = if path.is_empty() { name } else { format!("{path} {name}") };
        in_chinese(sub, &below)
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_arguments_do_not_contradict_each_other() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_command_has_its_line_in_chinese() {
        fn walk(command: &clap::Command, path: &str, missing: &mut Vec<String>) {
            if !ABOUT_ZH.iter().any(|(known, _)| *known == path) {
                missing.push(path.to_owned());
            }
            for sub in command.get_subcommands() {
                let below = format!("{path} {}", sub.get_name());
                walk(sub, below.trim_start(), missing);
            }
        }
        let mut missing = Vec::new();
        walk(&Arguments::command(), "", &mut missing);
        assert_eq!(missing, Vec::<String>::new());
    }
}
