//! The commands, one file a noun, and what each gives back.
//!
//! Invariant: a command returns its answer and prints nothing but progress; JSON is the API's message, unchanged.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::{
    args::{Command, Global, Remote},
    client::{Caller, Client},
    errors::{Failure, Fault},
    remote::Port,
    ui::{Lang, Line, Text, Ui},
};

pub(crate) mod audit;
pub(crate) mod bundle;
pub(crate) mod catalog;
pub(crate) mod completions;
pub(crate) mod conflict;
pub(crate) mod custody;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod domain;
pub(crate) mod erase;
pub(crate) mod explain;
pub(crate) mod help;
mod intake;
pub(crate) mod node;
pub(crate) mod operator;
pub(crate) mod publish;
pub(crate) mod recovery;
pub(crate) mod review;
pub(crate) mod routing;
pub(crate) mod standard;
pub(crate) mod status;
pub(crate) mod sync;

/// How a command that gave an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Done,
    /// It answered, and the answer is a refusal or a failure.
    Failed,
    /// Done, but something needs a person: a conflict, something missing.
    Attention,
}

impl Exit {
    /// The process's exit status.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Attention => 3,
        }
    }

    /// `Attention` when it holds.
    pub(crate) fn attention_if(holds: bool) -> Self {
        if holds { Self::Attention } else { Self::Done }
    }

    /// `Failed` when it holds.
    pub(crate) fn failed_if(holds: bool) -> Self {
        if holds { Self::Failed } else { Self::Done }
    }
}

/// A command's answer, in both forms.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) json: String,
    pub(crate) text: Text,
    pub(crate) exit: Exit,
}

impl Answer {
    /// The message as JSON, the text for people.
    pub(crate) fn new(message: &impl Serialize, text: Text) -> Result<Self, Failure> {
        let json = serde_json::to_string_pretty(message)
            .map_err(|error| Fault::DaemonProgramMute { said: error.to_string() })?;
        Ok(Self { json, text, exit: Exit::Done })
    }

    /// The same answer with another end.
    pub(crate) fn with_exit(self, exit: Exit) -> Self {
        Self { exit, ..self }
    }
}

/// What every command works with.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) ui: Ui,
    data: Option<PathBuf>,
    remote: Remote,
    operator: Option<String>,
}

impl Context {
    /// From the arguments that all commands share.
    pub(crate) fn new(global: &Global, remote: Remote) -> Self {
        let lang = global.lang.map_or_else(Lang::of_environment, Lang::from);
        Self {
            ui: Ui { lang, output: global.output, quiet: global.quiet },
            data: global.data.clone(),
            remote,
            operator: global.operator.clone(),
        }
    }

    /// The language of sentences.
    pub(crate) fn lang(&self) -> Lang {
        self.ui.lang
    }

    /// The data directory that was named.
    pub(crate) fn data(&self) -> Result<&Path, Failure> {
        self.data.as_deref().ok_or(Fault::DataNotNamed.into())
    }

    /// Whether a daemon on another machine was named.
    pub(crate) fn is_remote(&self) -> bool {
        self.remote.profile.is_some() || self.remote.remote.is_some()
    }

    /// Whether a daemon was named, by its directory or its port.
    pub(crate) fn names_node(&self) -> bool {
        self.data.is_some() || self.is_remote()
    }

    /// A connection to a daemon that answers at once, for a command that can do without one.
    pub(crate) async fn connect_if_there(&self) -> Result<Client, Failure> {
        let caller = Caller::new(self.operator.as_deref(), self.lang())?;
        match Port::named(&self.remote)? {
            Some(port) => Client::over_tls(&port, caller).await,
            None => Client::connect_now(self.data()?, caller).await,
        }
    }

    /// A connection to the daemon of the port that was named, else of the directory.
    pub(crate) async fn connect(&self) -> Result<Client, Failure> {
        let caller = Caller::new(self.operator.as_deref(), self.lang())?;
        match Port::named(&self.remote)? {
            Some(port) => Client::over_tls(&port, caller).await,
            None => Client::connect(self.data()?, caller).await,
        }
    }
}

/// Runs a command.
pub(crate) async fn run(command: Command, context: &Context) -> Result<Answer, Failure> {
    match command {
        Command::Node(command) => node::run(command, context).await,
        Command::Status => status::run(context).await,
        Command::Sync(command) => sync::run(command, context).await,
        Command::Bundle(command) => bundle::run(command, context).await,
        Command::Catalog(command) => catalog::run(command, context).await,
        Command::Review(command) => review::run(command, context).await,
        Command::Standard(command) => standard::run(command, context).await,
        Command::Routing(command) => routing::run(command, context).await,
        Command::Domain(command) => domain::run(command, context).await,
        Command::Conflict(command) => conflict::run(command, context).await,
        Command::Custody(command) => custody::run(command, context).await,
        Command::Erase(command) => erase::run(command, context).await,
        Command::Publish(command) => publish::run(command, context).await,
        Command::Whoami => operator::whoami(context).await,
        Command::Operator(command) => operator::run(command, context).await,
        Command::Audit(command) => audit::run(command, context).await,
        Command::Backup(args) => recovery::backup(args, context).await,
        Command::Restore(args) => recovery::restore(args, context).await,
        Command::Doctor(args) => doctor::run(args, context).await,
        Command::Demo(args) => demo::run(args, context).await,
        Command::Explain(args) => explain::run(&args, context).await,
        Command::Help(args) => help::run(&args, context.lang()),
        Command::Completions(args) => completions::run(&args),
        Command::Version => version(),
    }
}

fn version() -> Result<Answer, Failure> {
    let version = env!("CARGO_PKG_VERSION");
    Answer::new(
        &serde_json::json!({ "program": "gongkai", "version": version }),
        Line::from(format!("gongkai {version}")).into(),
    )
}

/// The first characters of a digest or entry hash, enough to name it to a person: `sha256:` and 12 hex digits.
pub(crate) fn short(hash: &str) -> &str {
    const CHARS: usize = 19;
    hash.char_indices().nth(CHARS).map_or(hash, |(end, _)| &hash[..end])
}

/// The operator, whose name begins with the node that vouches for it; before another name the node that wrote.
pub(crate) fn who(author: &str, operator: &str) -> String {
    let is_own = operator.strip_prefix(author).is_some_and(|rest| rest.starts_with('/'));
    if is_own { operator.to_owned() } else { format!("{author} {operator}").trim().to_owned() }
}

/// A number, or a dash for "none".
pub(crate) fn or_dash(number: u64) -> String {
    if number == 0 { "-".to_owned() } else { number.to_string() }
}
