//! `gongkai help [COMMAND…]`: the same page as `gongkai COMMAND… --help`.
//!
//! Invariant: made from the arguments themselves; a command that there is not is wrong usage.

use clap::{Args, CommandFactory as _};

use super::Answer;
use crate::{
    args::{self, Arguments},
    errors::{Failure, Fault},
    ui::{Lang, Text},
};

/// Arguments of `help`.
#[derive(Debug, Args)]
pub(crate) struct HelpArgs {
    /// The command, such as `catalog import`; all commands when not given
    #[arg(value_name = "COMMAND")]
    path: Vec<String>,
}

/// Runs it.
pub(crate) fn run(args: &HelpArgs, lang: Lang) -> Result<Answer, Failure> {
    let mut command = args::localised(Arguments::command(), lang);
    // Gives every command below its full name in the usage line.
    command.build();
    for name in &args.path {
        let found = command.find_subcommand(name).cloned();
        command = found.ok_or_else(|| {
            let path = args.path.join(" ");
            Fault::Usage(lang.pick(format!("there is no command `{path}`"), format!("没有命令 `{path}`")))
        })?;
    }
    let text = command.render_long_help().to_string();
    Answer::new(&serde_json::json!({ "help": text }), Text::of_program(&text))
}
