//! `gongkai`: the administrator's tool. It reads arguments, asks a daemon (or does what needs none) and prints.
//!
//! Invariant: stdout holds the answer and nothing else; with `--output json` that is exactly one JSON document, be it
//! an answer or an error. Exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 done but a person is needed.

mod args;
mod client;
mod commands;
mod daemon;
mod errors;
mod explain;
mod remote;
mod ui;

use std::{ffi::OsString, process::ExitCode};

use clap::{CommandFactory as _, FromArgMatches as _};

use crate::{
    args::Arguments,
    commands::{Answer, Context},
    errors::{Failure, Fault},
    ui::{Lang, Output, Text, Ui},
};

/// Wrong usage, as in CLI conventions everywhere.
const EXIT_USAGE: u8 = 2;

/// The rights of group and others: what this program writes holds drafts, keys and names.
const OTHERS: u32 = 0o077;

fn main() -> ExitCode {
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(OTHERS));
    let words: Vec<OsString> = std::env::args_os().collect();
    let early = Ui::before_parsing(&words);
    match parse(&words, early.lang) {
        Ok(arguments) => run(arguments),
        Err(error) => refuse_usage(&error, &early),
    }
}

fn parse(words: &[OsString], lang: Lang) -> Result<Arguments, clap::Error> {
    let mut command = args::localised(Arguments::command(), lang);
    let matches = command.try_get_matches_from_mut(words)?;
    Arguments::from_arg_matches(&matches)
}

/// `--help` and `--version` also come here: clap treats them as errors that exit 0.
fn refuse_usage(error: &clap::Error, ui: &Ui) -> ExitCode {
    if !error.use_stderr() {
        ui.print(&Text::of_program(&error.render().to_string()));
        return ExitCode::SUCCESS;
    }
    if ui.output == Output::Json {
        let text = error.render().to_string();
        ui.print_failure(&Failure::from(Fault::Usage(text.trim_end().to_owned())));
    } else {
        ui.print_notice(&Text::of_program(&error.render().to_string()));
    }
    ExitCode::from(EXIT_USAGE)
}

fn run(arguments: Arguments) -> ExitCode {
    let context = Context::new(&arguments.global, arguments.remote);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return finish(Err(Fault::Runtime(error).into()), &context),
    };
    let result = runtime.block_on(commands::run(arguments.command, &context));
    finish(result, &context)
}

fn finish(result: Result<Answer, Failure>, context: &Context) -> ExitCode {
    match result {
        Ok(answer) => {
            context.ui.print_answer(&answer);
            ExitCode::from(answer.exit.code())
        }
        Err(failure) => {
            context.ui.print_failure(&failure);
            if failure.is_usage() { ExitCode::from(EXIT_USAGE) } else { ExitCode::FAILURE }
        }
    }
}
