//! `gongkai demo`: the main job from nothing, with seven real daemons on this machine.
//!
//! Invariant: when it ends, for whatever reason, no process of it is left: every daemon ends with the pipe it holds
//! on its stdin, even when this process is killed. All calls go through the client that the commands use.

mod cast;
mod change;
mod desk;
pub(crate) mod fault;
mod ports;
mod process;
mod proxy;
mod report;
mod stage;
mod story;
mod wait;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use self::{cast::Cast, fault::DemoFault, report::Report, stage::Stage};
use super::{Answer, Context, Exit, catalog::import};
use crate::{
    errors::{Failure, Fault},
    ui::Line,
};

/// The whole run. A minute is the aim on two cores; a machine four times as slow still gets its answer, a hanging
/// demo does not run for ever.
const RUN_MAX: Duration = Duration::from_secs(240);

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Keep all nodes' data in this folder, which must be empty or new
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Also import this workbook at the first township; may be repeated
    #[arg(long = "input", value_name = "FILE")]
    inputs: Vec<PathBuf>,
    /// Leave the seven daemons running until interrupted
    #[arg(long)]
    keep_running: bool,
}

/// A user's workbook, read and found to hold a catalog before anything is started.
pub(crate) struct Input {
    pub(crate) file_name: String,
    pub(crate) content: Vec<u8>,
}

/// Runs it.
pub(crate) async fn run(args: DemoArgs, context: &Context) -> Result<Answer, Failure> {
    let inputs = args.inputs.iter().map(|file| input(file)).collect::<Result<Vec<_>, _>>()?;
    let cast = Cast::of_samples()?;
    let folder = folder(args.dir.as_deref())?;
    let mut report = Report::new(context.ui, story::steps(&inputs));
    let mut stage = Stage::new(folder.clone(), context.lang());

    let played = play(&mut stage, &cast, &inputs, &mut report).await;
    let played = match played {
        Ok(()) if args.keep_running => stay(&report, &folder).await,
        other => other,
    };
    stage.stop().await;
    match played {
        Ok(()) => {
            if args.dir.is_none() && !args.keep_running {
                report.keep_only_editions(&folder)?;
            }
            Ok(report.answer(&folder)?.with_exit(Exit::attention_if(report.needs_person())))
        }
        Err(failure) => {
            report.fail();
            let line = context.lang().pick(
                format!("the nodes' data and logs lie in {}", folder.display()),
                format!("各节点的数据与日志位于 {}", folder.display()),
            );
            context.ui.print_notice(&Line::from(line).into());
            Err(failure)
        }
    }
}

/// The story, until its end, its time is up, or someone wants it to stop.
async fn play(stage: &mut Stage, cast: &Cast, inputs: &[Input], report: &mut Report) -> Result<(), Failure> {
    tokio::select! {
        played = story::play(stage, cast, inputs, report) => played,
        () = tokio::time::sleep(RUN_MAX) => Err(DemoFault::TooLong(RUN_MAX).into()),
        signal = stop_signal() => Err(signal.map_or_else(Failure::from, |()| DemoFault::Interrupted.into())),
    }
}

async fn stop_signal() -> Result<(), Fault> {
    let mut terminate = signal(SignalKind::terminate()).map_err(Fault::Runtime)?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted.map_err(Fault::Runtime),
        _ = terminate.recv() => Ok(()),
    }
}

/// `--keep-running`: the tree stays up until someone ends it, which is then no failure.
async fn stay(report: &Report, folder: &Path) -> Result<(), Failure> {
    report.say_running(folder);
    Ok(stop_signal().await?)
}

fn input(file: &Path) -> Result<Input, Failure> {
    let content = import::read(file)?;
    let file_name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    import::read_report(&content, &file_name, &import::FileQuestion::of(""))?;
    Ok(Input { file_name, content })
}

/// A folder for the nodes: the one named, which must hold nothing, or a new one among the temporary files.
fn folder(named: Option<&Path>) -> Result<PathBuf, Failure> {
    let Some(named) = named else {
        let made = tempfile::Builder::new().prefix("gongkai-demo-").tempdir();
        let folder = made.map_err(|source| Fault::FileUnwritable { file: std::env::temp_dir(), source })?;
        return Ok(folder.keep());
    };
    let unwritable = |source| Fault::FileUnwritable { file: named.to_owned(), source };
    fs::create_dir_all(named).map_err(unwritable)?;
    let mut entries = fs::read_dir(named).map_err(unwritable)?;
    if entries.next().is_some() {
        return Err(DemoFault::FolderNotEmpty(named.to_owned()).into());
    }
    named.canonicalize().map_err(|source| unwritable(source).into())
}
