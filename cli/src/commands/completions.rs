//! `gongkai completions`: a shell's completion script.
//!
//! Invariant: made from the arguments themselves, so it never lags behind them.

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::Answer;
use crate::{args::Arguments, errors::Failure, ui::Text};

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// Runs it.
pub(crate) fn run(args: &CompletionsArgs) -> Result<Answer, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Arguments::command(), "gongkai", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    Answer::new(&serde_json::json!({ "shell": args.shell.to_string(), "script": script }), Text::of_program(&script))
}
