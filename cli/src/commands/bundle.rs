//! `gongkai bundle`: entries carried across an air gap by hand.
//!
//! Invariant: a file that this program leaves under its name is whole; nothing is overwritten. Left out: what is in a
//! bundle and what becomes of it (the daemon).

use std::path::PathBuf;

use clap::{Args, Subcommand};
use gongkai_proto::admin::v1::{
    Bundle, BundleInspection, BundleStatusRequest, ExportBundleRequest, ImportedBundle, LostBundlesRequest,
};
use serde::Serialize;

use super::{Answer, Context, Exit};
use crate::{
    client::Client,
    daemon,
    errors::{Failure, Fault},
    ui::Bars,
};

mod file;
mod text;

/// What `gongkai bundle` can do.
#[derive(Debug, Subcommand)]
pub(crate) enum BundleCommand {
    /// Make a bundle for a neighbour: what it has not acknowledged yet
    Export(ExportArgs),
    /// What a bundle is and what reading it would bring (without a daemon: whether it is whole)
    Inspect(FileArgs),
    /// Take what a bundle brings; safe to repeat
    Import(ImportArgs),
    /// The bundles to and from each neighbour: did last month's drive arrive?
    Status(StatusArgs),
    /// Bundles of which nothing was heard, and what to do
    Lost,
}

/// Arguments of `bundle export`.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// For whom: the parent's or a child's code
    #[arg(long, value_name = "CODE")]
    to: String,
    /// The file to write; nothing may lie there. Without it a name is made in this folder
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Everything that the neighbour may have, whatever it acknowledged
    #[arg(long, conflicts_with_all = ["streams", "heard"])]
    full: bool,
    /// Only the streams by or about this division, whole; also for a node that is no neighbour any more
    #[arg(long = "stream", value_name = "CODE", conflicts_with = "heard")]
    streams: Vec<String>,
    /// Where the neighbour says by telephone that it stands: its `place` in `bundle status` there
    #[arg(long, value_name = "PLACE", default_value = "", hide_default_value = true)]
    heard: String,
    /// Only say what would be in it
    #[arg(long)]
    dry_run: bool,
}

/// Names a file.
#[derive(Debug, Args)]
pub(crate) struct FileArgs {
    /// The bundle
    file: PathBuf,
}

/// Arguments of `bundle import`.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    #[command(flatten)]
    file: FileArgs,
    /// Only say what it would bring
    #[arg(long)]
    dry_run: bool,
}

/// Arguments of `bundle status`.
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// Only this neighbour
    #[arg(value_name = "DIVISION", default_value = "", hide_default_value = true)]
    division: String,
}

/// Runs it.
pub(crate) async fn run(command: BundleCommand, context: &Context) -> Result<Answer, Failure> {
    match command {
        BundleCommand::Export(args) => export(args, context).await,
        BundleCommand::Inspect(args) => inspect(args, context).await,
        BundleCommand::Import(args) => import(args, context).await,
        BundleCommand::Status(args) => {
            let request = BundleStatusRequest { division: args.division };
            let response = context.connect().await?.bundle().status(request).await?.into_inner();
            let is_open = response.peers.iter().any(|peer| peer.wanted_streams > 0 || peer.is_forked);
            let answer = Answer::new(&response, text::status(&response, context.lang()))?;
            Ok(answer.with_exit(Exit::attention_if(is_open)))
        }
        BundleCommand::Lost => {
            let response = context.connect().await?.bundle().lost(LostBundlesRequest {}).await?.into_inner();
            let is_open = response.bundles.iter().any(|lost| lost.entries_at_stake > 0);
            let answer = Answer::new(&response, text::lost(&response, context.lang()))?;
            Ok(answer.with_exit(Exit::attention_if(is_open)))
        }
    }
}

/// The JSON form of `bundle export`.
#[derive(Debug, Serialize)]
struct Exported {
    /// Where the file lies; empty after a dry run.
    file: String,
    dry_run: bool,
    bundle: Bundle,
}

async fn export(args: ExportArgs, context: &Context) -> Result<Answer, Failure> {
    let ExportArgs { to, out, full, streams, heard, dry_run } = args;
    let client = context.connect().await?;
    let mut bars = Bars::new(&context.ui);
    let request = ExportBundleRequest { to, full, streams, heard, dry_run };
    let done = fetch(&client, request, out, &mut bars).await;
    bars.clear();
    let exported = done?;
    Answer::new(&exported, text::exported(&exported.bundle, &exported.file, context.lang()))
}

async fn fetch(
    client: &Client,
    request: ExportBundleRequest,
    out: Option<PathBuf>,
    bars: &mut Bars,
) -> Result<Exported, Failure> {
    let (to, dry_run) = (request.to.clone(), request.dry_run);
    let mut parts = client.bundle().export(request).await?.into_inner();
    let mut exported = Exported { file: String::new(), dry_run, bundle: Bundle::default() };
    let mut writing: Option<file::Writing> = None;
    while let Some(part) = parts.message().await? {
        bars.set(&to, String::new(), part.entries_done, part.entries_total);
        if let Some(bundle) = part.bundle {
            if !dry_run {
                writing = Some(file::Writing::create(out.clone().unwrap_or_else(|| file::name_of(&bundle)))?);
            }
            exported.bundle = bundle;
        }
        if let Some(writing) = &mut writing {
            writing.add(&part.data)?;
        }
        if part.is_complete {
            if let Some(writing) = writing.take() {
                exported.file = writing.finish()?.display().to_string();
            }
            return Ok(exported);
        }
    }
    Err(Fault::DaemonLost.into())
}

async fn inspect(args: FileArgs, context: &Context) -> Result<Answer, Failure> {
    let Ok(client) = context.connect().await else { return look(args, context).await };
    let parts = file::parts(&args.file, false)?;
    let found: BundleInspection = client.bundle().inspect(parts).await?.into_inner();
    let is_open = !found.warnings.is_empty() || found.missing_before > 0;
    let answer = Answer::new(&found, text::inspection(&found, context.lang()))?;
    Ok(answer.with_exit(Exit::attention_if(is_open)))
}

/// Without a daemon: is the file whole, and what does it say of itself.
async fn look(args: FileArgs, context: &Context) -> Result<Answer, Failure> {
    let seen = daemon::ask(vec!["inspect-bundle".into(), args.file.into()]).await?;
    let bundle: Bundle =
        serde_json::from_value(seen).map_err(|error| Fault::DaemonProgramMute { said: error.to_string() })?;
    let found = BundleInspection { bundle: Some(bundle), key: "unknown".to_owned(), ..BundleInspection::default() };
    Answer::new(&found, text::looked_at(&found, context.lang()))
}

async fn import(args: ImportArgs, context: &Context) -> Result<Answer, Failure> {
    let client = context.connect().await?;
    let parts = file::parts(&args.file.file, args.dry_run)?;
    let mut bars = Bars::new(&context.ui);
    let name = args.file.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let done = hear(&client, parts, &name, &mut bars).await;
    bars.clear();
    let report = done?;
    let is_open = !report.refused.is_empty() || report.lacking_streams > 0 || !report.warnings.is_empty();
    let answer = Answer::new(&report, text::imported(&report, context.lang()))?;
    Ok(answer.with_exit(Exit::attention_if(is_open)))
}

async fn hear(client: &Client, parts: file::Parts, name: &str, bars: &mut Bars) -> Result<ImportedBundle, Failure> {
    let mut said = client.bundle().import(parts).await?.into_inner();
    while let Some(progress) = said.message().await? {
        bars.set(name, String::new(), progress.messages_done, progress.messages_total);
        if let Some(report) = progress.report {
            return Ok(report);
        }
    }
    Err(Fault::DaemonLost.into())
}
