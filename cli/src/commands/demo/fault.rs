//! What can go wrong in the demo itself.
//!
//! Invariant: a daemon's or a library's own refusal is passed on with its own code, never wrapped in one of these.

use std::{path::PathBuf, time::Duration};

use crate::{
    errors::{Failure, Fault},
    ui::Lang,
};

/// Why the demo stopped.
#[derive(Debug)]
pub(crate) enum DemoFault {
    /// `--dir` names a folder with something in it.
    FolderNotEmpty(PathBuf),
    /// A state was not reached in its time.
    NotReached { what: String, waited: Duration },
    /// The whole run took too long.
    TooLong(Duration),
    /// Ctrl-C, or a polite kill.
    Interrupted,
    /// A daemon ended by itself.
    DaemonEnded { division: String, status: String },
    /// What a node says is not what the story needs.
    Unexpected(String),
    /// The built-in samples lack a part.
    SampleMissing(String),
}

impl DemoFault {
    /// The permanent code.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::FolderNotEmpty(_) => "GK-DEMO-001",
            Self::NotReached { .. } => "GK-DEMO-002",
            Self::TooLong(_) => "GK-DEMO-003",
            Self::Interrupted => "GK-DEMO-004",
            Self::DaemonEnded { .. } => "GK-DEMO-005",
            Self::Unexpected(_) => "GK-DEMO-006",
            Self::SampleMissing(_) => "GK-DEMO-007",
        }
    }

    /// What happened.
    pub(crate) fn message(&self, lang: Lang) -> String {
        let (en, zh) = match self {
            Self::FolderNotEmpty(folder) => {
                (format!("`{}` is not empty", folder.display()), format!("`{}` 不是空文件夹", folder.display()))
            }
            Self::NotReached { what, waited } => {
                let seconds = waited.as_secs();
                (format!("waited {seconds} s for {what}"), format!("等待 {seconds} 秒仍未出现：{what}"))
            }
            Self::TooLong(limit) => {
                let seconds = limit.as_secs();
                (format!("the demo did not end within {seconds} s"), format!("演示未能在 {seconds} 秒内完成"))
            }
            Self::Interrupted => ("interrupted".to_owned(), "已中断".to_owned()),
            Self::DaemonEnded { division, status } => (
                format!("the daemon of {division} ended by itself ({status})"),
                format!("{division} 的守护进程自行退出（{status}）"),
            ),
            Self::Unexpected(what) => (what.clone(), what.clone()),
            Self::SampleMissing(what) => {
                (format!("the sample workbooks lack {what}"), format!("示例工作簿缺少：{what}"))
            }
        };
        lang.pick(en, zh)
    }

    /// A next step.
    pub(crate) fn hint(&self, lang: Lang) -> &'static str {
        match self {
            Self::FolderNotEmpty(_) => lang.pick(
                "name a new folder, or remove what the last demo left in it",
                "指定新文件夹，或删除上次演示留下的内容",
            ),
            Self::NotReached { .. } | Self::TooLong(_) => lang.pick(
                "see the daemons' logs (nodes/*/daemon.log); on a busy machine, run it again",
                "查看各守护进程日志（nodes/*/daemon.log）；机器繁忙时请重试",
            ),
            Self::Interrupted => lang.pick("all daemons were stopped; run it again", "所有守护进程已停止；可重新运行"),
            Self::DaemonEnded { .. } | Self::Unexpected(_) => {
                lang.pick("see the daemons' logs (nodes/*/daemon.log)", "查看各守护进程日志（nodes/*/daemon.log）")
            }
            Self::SampleMissing(_) => lang.pick(
                "this build is incomplete; build it again from a clean checkout",
                "构建不完整，请从干净的源代码重新构建",
            ),
        }
    }
}

impl From<DemoFault> for Failure {
    fn from(fault: DemoFault) -> Self {
        Fault::Demo(fault).into()
    }
}
