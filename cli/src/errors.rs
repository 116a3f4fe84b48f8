//! What can go wrong in this program, and how a refusal is told.
//!
//! Invariant: every failure has a permanent code, a message and a next step; a daemon's refusal is passed on as the
//! daemon put it. Left out: what the codes mean at length (explain).

use std::{io, path::PathBuf};

use gongkai_proto::{IMPORT_BYTES_MAX, metadata};
use serde::{Deserialize, Serialize};

use crate::{
    commands::demo::fault::DemoFault,
    explain,
    ui::{Lang, Line, Text},
};

/// Faults that this program finds itself.
#[derive(Debug)]
pub(crate) enum Fault {
    /// Neither `--data` nor `GONGKAI_DATA`.
    DataNotNamed,
    /// No daemon answers at the socket.
    DaemonAway { socket: PathBuf },
    /// The socket is not ours to use.
    SocketForbidden { socket: PathBuf },
    /// A file cannot be read.
    FileUnreadable { file: PathBuf, source: io::Error },
    /// A workbook is larger than any import takes.
    FileTooLarge { file: PathBuf, bytes: u64 },
    /// The daemon program is not beside this one.
    DaemonProgramMissing,
    /// The daemon program said something that is no answer.
    DaemonProgramMute { said: String },
    /// No page for a code.
    CodeUnknown { code: String, nearest: Option<String> },
    /// The connection ended in the middle of a call.
    DaemonLost,
    /// The daemon does not know this call.
    DaemonOlder,
    /// The daemon refused without a code of its own.
    DaemonRefused { status: String, message: String },
    /// A file cannot be written.
    FileUnwritable { file: PathBuf, source: io::Error },
    /// The arguments make no sense together.
    Usage(String),
    /// No daemon can be reached at an address.
    RemoteAway { address: String, why: String },
    /// Whoever answers there is not the node that issued the certificate.
    RemoteStranger { address: String, division: String, why: String },
    /// The node refused the certificate in the handshake.
    CertificateRefused { address: String, why: String },
    /// A certificate, key or profile that cannot be used.
    CredentialsUnusable { file: PathBuf, why: String },
    /// The operating system refuses threads, sockets or signals.
    Runtime(io::Error),
    /// The demo stopped.
    Demo(DemoFault),
}

impl Fault {
    fn code(&self) -> &'static str {
        match self {
            Self::DataNotNamed => "GK-CLI-001",
            Self::DaemonAway { .. } => "GK-CLI-002",
            Self::SocketForbidden { .. } => "GK-CLI-003",
            Self::FileUnreadable { .. } => "GK-CLI-004",
            Self::FileTooLarge { .. } => "GK-CLI-005",
            Self::DaemonProgramMissing => "GK-CLI-006",
            Self::DaemonProgramMute { .. } => "GK-CLI-007",
            Self::CodeUnknown { .. } => "GK-CLI-008",
            Self::DaemonLost => "GK-CLI-009",
            Self::DaemonOlder => "GK-CLI-010",
            Self::DaemonRefused { .. } => "GK-CLI-011",
            Self::Usage(_) => "GK-CLI-012",
            Self::FileUnwritable { .. } => "GK-CLI-013",
            Self::Runtime(_) => "GK-CLI-014",
            Self::RemoteAway { .. } => "GK-CLI-015",
            Self::RemoteStranger { .. } => "GK-CLI-016",
            Self::CertificateRefused { .. } => "GK-CLI-017",
            Self::CredentialsUnusable { .. } => "GK-CLI-018",
            Self::Demo(fault) => fault.code(),
        }
    }

    fn message(&self, lang: Lang) -> String {
        let (en, zh) = match self {
            Self::DataNotNamed => ("no data directory was named".to_owned(), "没有指定数据目录".to_owned()),
            Self::DaemonAway { socket } => (
                format!("no daemon answers at `{}`", socket.display()),
                format!("`{}` 处没有守护进程应答", socket.display()),
            ),
            Self::SocketForbidden { socket } => (
                format!("this user may not use `{}`", socket.display()),
                format!("当前用户无权使用 `{}`", socket.display()),
            ),
            Self::FileUnreadable { file, source } => (
                format!("`{}` cannot be read: {source}", file.display()),
                format!("无法读取 `{}`：{source}", file.display()),
            ),
            Self::FileUnwritable { file, source } => (
                format!("`{}` cannot be written: {source}", file.display()),
                format!("无法写入 `{}`：{source}", file.display()),
            ),
            Self::FileTooLarge { file, bytes } => (
                format!("`{}` has {bytes} bytes, an import takes at most {IMPORT_BYTES_MAX}", file.display()),
                format!("`{}` 有 {bytes} 字节，导入上限为 {IMPORT_BYTES_MAX} 字节", file.display()),
            ),
            Self::DaemonProgramMissing => {
                ("the daemon program `gongkaid` was not found".to_owned(), "找不到守护进程程序 `gongkaid`".to_owned())
            }
            Self::DaemonProgramMute { said } => {
                (format!("`gongkaid` gave no usable answer: {said}"), format!("`gongkaid` 的应答无法理解：{said}"))
            }
            Self::CodeUnknown { code, .. } => (format!("`{code}` is no known code"), format!("没有代码 `{code}`")),
            Self::DaemonLost => {
                ("the daemon went away in the middle of the call".to_owned(), "调用途中守护进程断开".to_owned())
            }
            Self::DaemonOlder => ("the daemon does not know this call".to_owned(), "守护进程不认识这个调用".to_owned()),
            Self::DaemonRefused { status, message } => {
                (format!("the daemon refused ({status}): {message}"), format!("守护进程拒绝（{status}）：{message}"))
            }
            Self::Usage(text) => (text.clone(), text.clone()),
            Self::RemoteAway { address, why } => {
                (format!("no daemon can be reached at `{address}`: {why}"), format!("无法连接 `{address}`:{why}"))
            }
            Self::RemoteStranger { address, division, why } => (
                format!("`{address}` is not the node of {division}: {why}"),
                format!("`{address}` 不是 {division} 的节点：{why}"),
            ),
            Self::CertificateRefused { address, why } => (
                format!("the node at `{address}` does not take this certificate: {why}"),
                format!("`{address}` 处的节点不接受该证书：{why}"),
            ),
            Self::CredentialsUnusable { file, why } => {
                (format!("`{}` cannot be used: {why}", file.display()), format!("`{}` 无法使用：{why}", file.display()))
            }
            Self::Runtime(source) => (format!("cannot start: {source}"), format!("无法启动：{source}")),
            Self::Demo(fault) => return fault.message(lang),
        };
        lang.pick(en, zh)
    }

    fn hint(&self, lang: Lang) -> String {
        let (en, zh) = match self {
            Self::DataNotNamed => {
                ("add `--data DIR` or set GONGKAI_DATA", "加上 `--data DIR` 或设置环境变量 GONGKAI_DATA")
            }
            Self::DaemonAway { .. } => (
                "start it with `gongkaid run --data DIR`, or see `systemctl status gongkaid`",
                "用 `gongkaid run --data DIR` 启动，或查看 `systemctl status gongkaid`",
            ),
            Self::SocketForbidden { .. } => (
                "act as the user that runs the daemon, or ask its administrator for the group",
                "改用运行守护进程的用户，或请管理员授权",
            ),
            Self::FileUnreadable { .. } => ("check the path and the rights", "检查路径与权限"),
            Self::FileUnwritable { .. } => ("check the path, the rights and the space", "检查路径、权限与剩余空间"),
            Self::FileTooLarge { .. } => {
                ("split the workbook by domain and import the parts", "按领域拆分工作簿后分别导入")
            }
            Self::DaemonProgramMissing => (
                "install it beside `gongkai` or in PATH, or name it in GONGKAID",
                "把它装在 `gongkai` 旁边或 PATH 中，或用环境变量 GONGKAID 指明",
            ),
            Self::DaemonProgramMute { .. } | Self::DaemonOlder => (
                "install `gongkai` and `gongkaid` of the same version (`gongkai version`)",
                "安装同一版本的 `gongkai` 与 `gongkaid`（见 `gongkai version`）",
            ),
            Self::CodeUnknown { nearest: Some(nearest), .. } => {
                return lang.pick(format!("did you mean `{nearest}`?"), format!("是否指 `{nearest}`?"));
            }
            Self::CodeUnknown { nearest: None, .. } => {
                ("`gongkai explain --list` prints all codes", "`gongkai explain --list` 列出全部代码")
            }
            Self::DaemonLost => (
                "ask `gongkai status` what was done, then repeat: commands are safe to repeat",
                "先用 `gongkai status` 查看，再重复该命令：命令可以安全地重复",
            ),
            Self::DaemonRefused { .. } => ("see the daemon's log", "查看守护进程日志"),
            Self::Demo(fault) => (fault.hint(Lang::En), fault.hint(Lang::Zh)),
            Self::RemoteAway { .. } => (
                "check address and network; the node needs `listen` under [admin] in gongkaid.toml",
                "检查地址与网络；节点须在 gongkaid.toml 的 [admin] 中设置 `listen`",
            ),
            Self::RemoteStranger { .. } => (
                "check the address and the clock; take the trust root that came with the certificate",
                "检查地址与本机时钟；使用随证书一同签发的根证书",
            ),
            Self::CertificateRefused { .. } => (
                "use a certificate of this node's `gongkai operator certify`; no other counts",
                "使用该节点 `gongkai operator certify` 签发的证书，其他证书无效",
            ),
            Self::CredentialsUnusable { .. } => (
                "use the files of `gongkai operator certify`; the key must be yours alone (chmod 600)",
                "使用 `gongkai operator certify` 生成的文件；密钥须仅本人可读（chmod 600）",
            ),
            Self::Usage(_) => ("see `gongkai --help`", "见 `gongkai --help`"),
            Self::Runtime(_) => {
                ("check the limits of this user (`ulimit -a`)", "检查当前用户的系统限制（`ulimit -a`）")
            }
        };
        lang.pick(en, zh).to_owned()
    }
}

/// A refusal: found here, or told by someone else with his code.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Found by this program.
    Own(Box<Fault>),
    /// Told by the daemon, the sheets, the seeds, ….
    Told(Told),
}

/// A refusal that carries its own code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Told {
    pub(crate) code: String,
    pub(crate) message: String,
    #[serde(default)]
    pub(crate) hint: String,
}

/// Libraries and daemons tell in English; the code's page has the Chinese. The particulars stay as they were told.
fn in_language(told: &Told, lang: Lang) -> Told {
    let is_chinese = |text: &str| text.chars().any(|letter| ('\u{4e00}'..='\u{9fff}').contains(&letter));
    let page = explain::page(&told.code).filter(|_| lang == Lang::Zh && !is_chinese(&told.hint));
    let Some((meaning, action)) = page.map(|page| page.in_language(lang)) else { return told.clone() };
    let message = format!("{}（{}）", meaning.trim_end_matches('。'), told.message);
    Told { code: told.code.clone(), message, hint: action.to_owned() }
}

impl Failure {
    /// A refusal of a library of ours.
    pub(crate) fn told(code: &str, message: impl ToString, hint: impl Into<String>) -> Self {
        Self::Told(Told { code: code.to_owned(), message: message.to_string(), hint: hint.into() })
    }

    /// Whether the words on the command line were wrong.
    pub(crate) fn is_usage(&self) -> bool {
        matches!(self, Self::Own(fault) if matches!(**fault, Fault::Usage(_)))
    }

    /// Whether someone told it with this code.
    pub(crate) fn is_told(&self, code: &str) -> bool {
        matches!(self, Self::Told(told) if told.code == code)
    }

    /// Code, message and hint in the language.
    pub(crate) fn tell(&self, lang: Lang) -> Told {
        match self {
            Self::Told(told) => in_language(told, lang),
            Self::Own(fault) => {
                Told { code: fault.code().to_owned(), message: fault.message(lang), hint: fault.hint(lang) }
            }
        }
    }

    pub(crate) fn to_text(&self, lang: Lang) -> Text {
        let Told { code, message, hint } = self.tell(lang);
        let (error, hint_word, more) = lang.pick(("error", "hint", "more"), ("错误", "建议", "详见"));
        let colon = lang.pick(": ", "：");
        // A message that lists several faults goes on below its first line, further in than what is ours.
        let mut parts = message.split('\n');
        let mut text: Text = Line::from(format!("{error}[{code}]{colon}{}", parts.next().unwrap_or_default())).into();
        parts.for_each(|part| text.push(format!("    {}", part.trim_start())));
        if !hint.is_empty() {
            text.push(format!("  {hint_word}{colon}{hint}"));
        }
        text.push(format!("  {more}{colon}gongkai explain {code}"));
        text
    }

    pub(crate) fn to_json(&self, lang: Lang) -> String {
        serde_json::json!({ "error": self.tell(lang) }).to_string()
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Own(Box::new(fault))
    }
}

impl From<tonic::Status> for Failure {
    fn from(status: tonic::Status) -> Self {
        let text = |key: &str| {
            let value = status.metadata().get_bin(key)?.to_bytes().ok()?;
            Some(String::from_utf8_lossy(&value).into_owned())
        };
        if let Some(code) = status.metadata().get(metadata::CODE).and_then(|code| code.to_str().ok()) {
            let message = text(metadata::MESSAGE).unwrap_or_else(|| status.message().to_owned());
            return Self::told(code, message, text(metadata::HINT).unwrap_or_default());
        }
        match status.code() {
            tonic::Code::Unimplemented => Fault::DaemonOlder.into(),
            tonic::Code::Unavailable | tonic::Code::Unknown | tonic::Code::Cancelled => Fault::DaemonLost.into(),
            code => Fault::DaemonRefused { status: format!("{code:?}"), message: status.message().to_owned() }.into(),
        }
    }
}
