//! `gongkai backup` and `gongkai restore`: one file out of a running node, and a node out of that file.
//!
//! Invariant: a backup is asked of the daemon, a restore is made without one; lifting a hold is asked of the daemon
//! in the caller's name.

use std::path::PathBuf;

use clap::Args;
use gongkai_proto::admin::v1::{BackupRequest, BackupResponse, ReleaseRequest};
use serde_json::Value;

use super::{Answer, Context};
use crate::{
    daemon,
    errors::{Failure, Fault},
    ui::{Page, Text, moment},
};

/// Arguments of `backup`.
#[derive(Debug, Args)]
pub(crate) struct BackupArgs {
    /// The file to write; nothing may lie there
    file: PathBuf,
}

/// Arguments of `restore`.
#[derive(Debug, Args)]
pub(crate) struct RestoreArgs {
    /// The file that `gongkai backup` made
    #[arg(required_unless_present = "release", conflicts_with = "release")]
    file: Option<PathBuf>,
    /// Lift the hold of a restored node, in your name
    #[arg(long, requires = "reason")]
    release: bool,
    /// Why the hold is lifted; kept in the journal
    #[arg(long, value_name = "TEXT", requires = "release")]
    reason: Option<String>,
}

/// Runs `backup`.
pub(crate) async fn backup(args: BackupArgs, context: &Context) -> Result<Answer, Failure> {
    let file = place(args.file, context)?;
    let request = BackupRequest { file: file.display().to_string() };
    let response = context.connect().await?.node().backup(request).await?.into_inner();
    Answer::new(&response, backup_text(&response, context))
}

/// Where the daemon writes. It has another working directory than this program, and may run on another machine.
fn place(file: PathBuf, context: &Context) -> Result<PathBuf, Failure> {
    if context.is_remote() {
        let text = || format!("`{}` is no whole path on the node's machine", file.display());
        return if file.is_absolute() { Ok(file) } else { Err(Fault::Usage(text()).into()) };
    }
    std::path::absolute(&file).map_err(|source| Fault::FileUnreadable { file, source }.into())
}

fn backup_text(made: &BackupResponse, context: &Context) -> Text {
    let BackupResponse { node, file, bytes, sha256, entries, made_at_ms } = made;
    let when = moment(*made_at_ms);
    Page::new(context.lang())
        .say(
            format!("node {node} is saved in `{file}`: {entries} entries, {bytes} bytes, {when}"),
            format!("节点 {node} 已备份到 `{file}`：{entries} 条日志，{bytes} 字节，{when}"),
        )
        .say(format!("sha256 {sha256}"), format!("sha256 {sha256}"))
        .say(
            "the file holds the node's private keys: keep it where only you can read it, on another machine",
            "文件中含有本节点私钥：请存放到其他机器，并限制读取权限",
        )
        .into_text()
}

/// Runs `restore`.
pub(crate) async fn restore(args: RestoreArgs, context: &Context) -> Result<Answer, Failure> {
    match args.file {
        Some(file) => bring_back(file, context).await,
        None => release(args.reason.unwrap_or_default(), context).await,
    }
}

async fn bring_back(file: PathBuf, context: &Context) -> Result<Answer, Failure> {
    let words = vec!["restore".into(), "--data".into(), context.data()?.into(), file.into()];
    let back = daemon::ask(words).await?;
    let text = |name: &str| back.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let number = |name: &str| back.get(name).and_then(Value::as_i64).unwrap_or_default();
    let awaited: Vec<&str> =
        back.get("awaited").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let (division, entries, when) = (text("division"), number("entries"), moment(number("made_at_ms")));
    let with = |nobody_known: &str| if awaited.is_empty() { nobody_known.to_owned() } else { awaited.join(", ") };
    let data = context.data()?.display();
    let page = Page::new(context.lang())
        .say(
            format!("node {division} is back with {entries} entries of {when}"),
            format!("节点 {division} 已恢复：{entries} 条日志，备份时间 {when}"),
        )
        .say(
            format!(
                "until heads are compared with {} it edits, and does not submit, decide or publish",
                with("a neighbour")
            ),
            format!("与 {} 核对之前只能编辑，不能报送、审核或发布", with("一个相邻节点")),
        )
        .say(
            format!("start it with `gongkaid run --data {data}`, then `gongkai sync now`"),
            format!("用 `gongkaid run --data {data}` 启动，然后 `gongkai sync now`"),
        );
    Answer::new(&back, page.into_text())
}

async fn release(reason: String, context: &Context) -> Result<Answer, Failure> {
    let response = context.connect().await?.node().release(ReleaseRequest { reason }).await?.into_inner();
    let page = Page::new(context.lang()).say(
        format!("the hold of node {} is lifted; the journal keeps your name and reason", response.node),
        format!("节点 {} 的限制已解除；姓名与原因已记入日志", response.node),
    );
    Answer::new(&response, page.into_text())
}
