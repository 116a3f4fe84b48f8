//! The daemon program: where it is, and its two commands that write a data directory.
//!
//! Invariant: `init` and `join` are done by the daemon's own code, so that there is one way to make a directory.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::Stdio,
};

use serde_json::Value;
use tokio::io::AsyncWriteExt as _;

use crate::errors::{Failure, Fault, Told};

/// Names another program to run as the daemon.
const OVERRIDE: &str = "GONGKAID";
const PROGRAM: &str = "gongkaid";
/// Most characters of a foreign message that are shown.
const SAID_CHARS_MAX: usize = 400;

/// The daemon program: named by GONGKAID, beside this program, or in PATH.
pub(crate) fn program() -> Result<PathBuf, Failure> {
    if let Some(named) = env::var_os(OVERRIDE).filter(|named| !named.is_empty()) {
        return Ok(named.into());
    }
    let beside = env::current_exe().ok().and_then(|own| own.parent().map(Path::to_owned));
    let in_path = env::var_os("PATH").unwrap_or_default();
    let folders = beside.into_iter().chain(env::split_paths(&in_path).collect::<Vec<_>>());
    folders.map(|folder| folder.join(PROGRAM)).find(|file| file.is_file()).ok_or(Fault::DaemonProgramMissing.into())
}

/// Runs the daemon program to its end; its answer is one JSON document.
///
/// # Errors
/// What the program told as `{"code","message","hint"}` on the last line of its stderr.
pub(crate) async fn ask(arguments: Vec<OsString>) -> Result<Value, Failure> {
    tell(arguments, Vec::new()).await
}

/// The same with what it reads from its stdin: secrets do not belong among arguments.
pub(crate) async fn tell(arguments: Vec<OsString>, told: Vec<u8>) -> Result<Value, Failure> {
    let program = program()?;
    let unusable = |source| Fault::FileUnreadable { file: program.clone(), source };
    let mut child = tokio::process::Command::new(&program)
        .args(arguments)
        .args(["--output", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(unusable)?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that ends without reading says why by itself.
        let _ = stdin.write_all(&told).await;
    }
    let output = child.wait_with_output().await.map_err(unusable)?;
    if !output.status.success() {
        return Err(refusal(&String::from_utf8_lossy(&output.stderr)));
    }
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    serde_json::from_str(&said).map_err(|_| Fault::DaemonProgramMute { said: cut(&said) }.into())
}

fn refusal(stderr: &str) -> Failure {
    match refusal_in(stderr) {
        Some(told) => Failure::Told(told),
        None => Fault::DaemonProgramMute { said: cut(stderr) }.into(),
    }
}

/// The coded refusal on the last line of what the daemon program wrote, if it is one.
pub(crate) fn refusal_in(written: &str) -> Option<Told> {
    let last = written.lines().rev().find(|line| !line.trim().is_empty())?;
    serde_json::from_str(last).ok()
}

fn cut(text: &str) -> String {
    text.trim().chars().take(SAID_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::Lang;

    #[test]
    fn the_last_line_of_stderr_is_the_refusal() {
        let coded = "2026 INFO starting\n{\"code\":\"GK-STORE-007\",\"message\":\"m\",\"hint\":\"h\"}\n\n";
        assert_eq!(refusal(coded).tell(Lang::En).code, "GK-STORE-007");
        assert_eq!(refusal("segmentation fault").tell(Lang::En).code, "GK-CLI-007");
        assert_eq!(refusal("").tell(Lang::En).code, "GK-CLI-007");
    }
}
