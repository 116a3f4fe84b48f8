//! `gongkaid`: the daemon's arguments, and how its answers and refusals are printed.
//!
//! Invariant: stdout carries one answer, stderr the log and the refusal; exit status 0 done, 1 refused, 2 wrong usage.

use std::{
    fs,
    io::{self, Read as _, Write as _},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{self, ExitCode},
};

use clap::{Parser, Subcommand, ValueEnum};
use gongkai_node::{
    Error, Found, Join, Made, Restore, RestoredNode, SeenBundle, Start, Told,
    config::{Config, LISTEN_DEFAULT},
    visible,
};

/// The daemon that carries disclosure catalogs (政务公开事项标准目录) between levels of government.
#[derive(Debug, Parser)]
#[command(name = "gongkaid", version, disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the daemon of a data directory
    Run {
        /// The data directory
        #[arg(long, value_name = "DIR", env = "GONGKAI_DATA")]
        data: PathBuf,
        /// The configuration instead of DIR/gongkaid.toml
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
        /// Stop when stdin ends
        #[arg(long)]
        exit_with_parent: bool,
        /// Write a line to this open pipe or file once children and operators can reach the daemon
        #[arg(long, value_name = "N")]
        ready_fd: Option<u32>,
    },
    /// Make the data directory of a top node
    Init {
        /// The data directory
        #[arg(long, value_name = "DIR", env = "GONGKAI_DATA")]
        data: PathBuf,
        /// The top division's code, such as 211200
        #[arg(long, value_name = "CODE")]
        division: String,
        /// Its name, where the seeds do not know it
        #[arg(long)]
        name: Option<String>,
        /// Where links from below are taken
        #[arg(long, value_name = "ADDR", default_value = LISTEN_DEFAULT)]
        listen: String,
        /// The address that tokens name, where it is another (NAT)
        #[arg(long, value_name = "ADDR", default_value = "", hide_default_value = true)]
        advertise: String,
        /// A folder with seed files instead of the built-in ones
        #[arg(long, value_name = "DIR")]
        seeds: Option<PathBuf>,
        /// How to print
        #[arg(long, value_name = "FORM", default_value = "text")]
        output: Output,
    },
    /// Make a data directory with a token of the level above
    #[command(group = clap::ArgGroup::new("one_token").required(true).args(["token", "token_file"]))]
    Join {
        /// The data directory
        #[arg(long, value_name = "DIR", env = "GONGKAI_DATA")]
        data: PathBuf,
        /// Refuse a token for another division than this
        #[arg(long, value_name = "CODE")]
        division: Option<String>,
        /// Where links from below are taken
        #[arg(long, value_name = "ADDR", default_value = LISTEN_DEFAULT)]
        listen: String,
        /// The address that tokens name, where it is another (NAT)
        #[arg(long, value_name = "ADDR", default_value = "", hide_default_value = true)]
        advertise: String,
        /// How to print
        #[arg(long, value_name = "FORM", default_value = "text")]
        output: Output,
        /// The token that `gongkai node invite` printed; every user of this machine can see it in the list of processes
        token: Option<String>,
        /// The file that holds the token; `-` for stdin
        #[arg(long, value_name = "FILE")]
        token_file: Option<PathBuf>,
    },
    /// Bring a node back from a backup into an empty directory
    Restore {
        /// The data directory
        #[arg(long, value_name = "DIR", env = "GONGKAI_DATA")]
        data: PathBuf,
        /// How to print
        #[arg(long, value_name = "FORM", default_value = "text")]
        output: Output,
        /// The file that `gongkai backup` made
        file: PathBuf,
    },
    /// Look at a bundle: is it whole, and what does it say of itself
    InspectBundle {
        /// How to print
        #[arg(long, value_name = "FORM", default_value = "text")]
        output: Output,
        /// The bundle
        file: PathBuf,
    },
    /// Tell whether a configuration is right
    CheckConfig {
        /// The configuration
        file: PathBuf,
    },
    /// Print the version
    Version,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Output {
    #[default]
    Text,
    Json,
}

/// How many pools of memory glibc keeps, and the name under which it is told.
const POOLS: (&str, &str) = ("MALLOC_ARENA_MAX", "1");

/// The rights of group and others, which no file of a node gives.
const OTHERS: u32 = 0o077;

fn main() -> ExitCode {
    // Before the first file: what a node writes is its own. Editions are opened to readers one by one.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(OTHERS));
    // First of all: two providers in one build would make rustls refuse to choose.
    let installed = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let arguments = Arguments::parse();
    if matches!(arguments.command, Command::Run { .. }) {
        run_with_one_pool();
    }
    let output = match &arguments.command {
        Command::Init { output, .. }
        | Command::Join { output, .. }
        | Command::Restore { output, .. }
        | Command::InspectBundle { output, .. } => *output,
        Command::Run { .. } | Command::CheckConfig { .. } | Command::Version => Output::Text,
    };
    let runtime = tokio::runtime::Runtime::new().map_err(Error::Signals);
    let done = match (installed, runtime) {
        (Ok(()), Ok(runtime)) => runtime.block_on(carry_out(arguments.command)),
        (Ok(()), Err(error)) => Err(error),
        (Err(_), _) => Err(Error::PartStopped { part: "start", why: "another TLS provider is installed".to_owned() }),
    };
    match done.and_then(|answer| print(&answer, output)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            refuse(&Told::from(&error), output);
            ExitCode::FAILURE
        }
    }
}

/// Starts this program again in its own place, unless somebody has set the number of pools already. glibc keeps a pool of
/// free memory for each of a daemon's dozen threads: a quarter of what it holds after a first load. With one, nothing
/// gets slower; it is read at a process's start alone.
fn run_with_one_pool() {
    let (name, count) = POOLS;
    if std::env::var_os(name).is_some() {
        return;
    }
    if let Ok(program) = std::env::current_exe() {
        let mut words = std::env::args_os();
        let mut again = process::Command::new(program);
        if let Some(own_name) = words.next() {
            again.arg0(own_name);
        }
        // Comes back only where it fails: then everything runs as it is.
        let _ = again.args(words).env(name, count).exec();
    }
}

enum Answer {
    Nothing,
    Line(String),
    Made(Box<Made>),
    Restored(RestoredNode),
    Seen(Box<SeenBundle>),
}

async fn carry_out(command: Command) -> Result<Answer, Error> {
    match command {
        Command::Run { data, config, exit_with_parent, ready_fd } => {
            let start = Start::read(data, config.as_deref())?;
            gongkai_node::start_logging(&start.config.log)?;
            let running = gongkai_node::start(start).await?;
            if let Some(number) = ready_fd {
                say_ready(number)?;
            }
            running.until(gongkai_node::until_asked(exit_with_parent)).await?;
            Ok(Answer::Nothing)
        }
        Command::Init { data: dir, division, name, listen, advertise, seeds, output: _ } => {
            let made = gongkai_node::found(Found { dir, division, name, listen, advertise, seeds }).await?;
            Ok(Answer::Made(Box::new(made)))
        }
        Command::Join { data: dir, division, listen, advertise, output: _, token, token_file } => {
            let token = match token_file {
                Some(file) => read_token(&file)?,
                None => token.unwrap_or_default(),
            };
            let made = gongkai_node::join(Join { dir, token, division, listen, advertise }).await?;
            Ok(Answer::Made(Box::new(made)))
        }
        Command::Restore { data: dir, output: _, file } => {
            Ok(Answer::Restored(gongkai_node::restore(Restore { dir, file }).await?))
        }
        Command::InspectBundle { output: _, file } => Ok(Answer::Seen(Box::new(gongkai_node::inspect_file(&file)?))),
        Command::CheckConfig { file } => {
            Config::load(Some(&file))?;
            Ok(Answer::Line(format!("`{}` is right", file.display())))
        }
        Command::Version => Ok(Answer::Line(format!("gongkaid {}", env!("CARGO_PKG_VERSION")))),
    }
}

/// Tells whoever started the daemon that it can be reached.
fn say_ready(number: u32) -> Result<(), Error> {
    // Opened by its number's name: the number alone says nothing of who else holds it.
    let path = PathBuf::from(format!("/proc/self/fd/{number}"));
    let written = fs::OpenOptions::new().append(true).open(&path).and_then(|mut pipe| pipe.write_all(b"READY\n"));
    written.map_err(|source| Error::File { what: "write", path, source })
}

/// A token from a file or stdin, so that it stands in no list of processes.
fn read_token(file: &Path) -> Result<String, Error> {
    /// A token of a deep tree with many addresses has below 2 KiB.
    const BYTES_MAX: u64 = 64 * 1024;
    let mut text = String::new();
    let read = if file.as_os_str() == "-" {
        io::stdin().lock().take(BYTES_MAX).read_to_string(&mut text)
    } else {
        fs::File::open(file).and_then(|opened| opened.take(BYTES_MAX).read_to_string(&mut text))
    };
    read.map_err(|source| Error::File { what: "read", path: file.to_owned(), source })?;
    Ok(text.trim().to_owned())
}

fn print(answer: &Answer, output: Output) -> Result<(), Error> {
    let text = match (answer, output) {
        (Answer::Nothing, _) => return Ok(()),
        (Answer::Line(line), _) => line.clone(),
        (Answer::Restored(back), Output::Json) => serde_json::to_string(back).unwrap_or_default(),
        (Answer::Restored(back), Output::Text) => format!(
            "node {}\ndata {}\nentries {}\nheld until heads are compared with {}\nstart it with: gongkaid run --data {}",
            back.division,
            back.data_dir,
            back.entries,
            if back.awaited.is_empty() { "a neighbour".to_owned() } else { back.awaited.join(", ") },
            back.data_dir
        ),
        (Answer::Seen(seen), Output::Json) => serde_json::to_string(seen).unwrap_or_default(),
        (Answer::Seen(seen), Output::Text) => format!(
            "bundle {} {}\nfrom {} to {}\nfeed {}..{}\nentries {}\nkey {}\nthe file is whole",
            seen.number, seen.id, seen.from, seen.to, seen.begin_offset, seen.end_offset, seen.entries, seen.key_id
        ),
        (Answer::Made(made), Output::Json) => serde_json::to_string(made).unwrap_or_default(),
        (Answer::Made(made), Output::Text) => format!(
            "node {} {}\npath {}\ndata {}\nlisten {}\nroot certificate {}\nstart it with: gongkaid run --data {}",
            made.division,
            visible::one_line(&made.name),
            made.path.join(" > "),
            made.data_dir,
            made.listen,
            made.ca_fingerprint,
            made.data_dir
        ),
    };
    // What is told here came with a token, a backup or a bundle: others wrote it.
    let text = match output {
        Output::Text => visible::lines(&text),
        Output::Json => visible::json(&text),
    };
    let written = writeln!(io::stdout().lock(), "{text}").and_then(|()| io::stdout().lock().flush());
    written.map_err(|source| Error::File { what: "write", path: "stdout".into(), source })
}

/// Text goes to stderr. As JSON, the document goes to stdout and its one line to stderr, where scripts that keep the
/// two apart look for it. A closed terminal is nobody's to tell.
fn refuse(told: &Told, output: Output) {
    let Told { code, message, hint } = told;
    let _ = match output {
        Output::Text => {
            let (message, hint) = (visible::one_line(message), visible::one_line(hint));
            writeln!(io::stderr().lock(), "error[{code}]: {message}\n  hint: {hint}\n  more: gongkai explain {code}")
        }
        Output::Json => {
            let document = serde_json::json!({ "error": told });
            let _ = writeln!(io::stdout().lock(), "{}", visible::json(&document.to_string()));
            writeln!(io::stderr().lock(), "{}", visible::json(&document["error"].to_string()))
        }
    };
}
