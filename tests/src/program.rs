//! Running `gongkai` and reading what it prints.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// The repository's root.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or_else(|| Path::new(".")).to_owned()
}

/// The directory of the built programs: the one that this test's own executable was built into.
pub fn target_dir() -> Result<PathBuf> {
    let own = std::env::current_exe().context("the test's own path")?;
    let deps = own.parent().context("the test's folder")?;
    Ok(deps.parent().context("the profile's folder")?.to_owned())
}

/// A built program; an error names the command that builds it.
pub fn program(name: &str) -> Result<PathBuf> {
    let path = target_dir()?.join(name);
    ensure!(path.is_file(), "`{name}` is not built: run `cargo build -p gongkaid -p gongkai` first");
    Ok(path)
}

/// What a finished `gongkai` printed.
#[derive(Debug)]
pub struct Printed {
    /// Exit status.
    pub status: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Printed {
    /// The one JSON document on standard output.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_str(&self.out).with_context(|| format!("not one JSON document: {self:?}"))
    }
}

impl From<Output> for Printed {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// A built program, to be run in a network namespace or in this process's own.
pub fn command_in(namespace: Option<&str>, name: &str) -> Result<Command> {
    let program = program(name)?;
    let Some(namespace) = namespace else { return Ok(Command::new(program)) };
    let mut command = Command::new("ip");
    command.args(["netns", "exec", namespace]).arg(program);
    Ok(command)
}

/// Runs `gongkai` with arguments to its end.
pub fn gongkai(args: &[&str]) -> Result<Printed> {
    gongkai_in(None, args)
}

/// The same in a network namespace.
pub fn gongkai_in(namespace: Option<&str>, args: &[&str]) -> Result<Printed> {
    let output = command_in(namespace, "gongkai")?.args(args).env_remove("GONGKAI_DATA").output();
    Ok(output.context("gongkai could not be started")?.into())
}

/// Runs `gongkai --output json` with arguments; the document of a success.
pub fn gongkai_json(args: &[&str]) -> Result<Value> {
    let printed = gongkai(&[&["--output", "json"], args].concat())?;
    ensure!(printed.status == 0 || printed.status == 3, "gongkai {args:?} failed: {printed:?}");
    printed.json()
}
