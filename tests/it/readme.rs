//! The README's first steps, run as they stand.
//!
//! Invariant: only places are changed: the folders, the ports, and where the built programs lie; every line must be done.

use std::{
    fs,
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, ensure};
use gongkai_tests::{
    program::{repository, target_dir},
    tree::free_address,
};

/// The block that stands below a heading.
fn block(readme: &str, heading: &str) -> Result<String> {
    let below = readme.split_once(heading).with_context(|| format!("no {heading}"))?.1;
    let code = below.split_once("```sh\n").context("no commands")?.1;
    Ok(code.split_once("```").context("no end")?.0.to_owned())
}

#[test]
fn the_first_steps_of_the_readme_work_as_they_stand() -> Result<()> {
    let place = tempfile::tempdir()?;
    let readme = fs::read_to_string(repository().join("README.md"))?;
    let mut script = block(&readme, "## Five minutes")?;
    let build = script.lines().next().context("commands")?.to_owned();
    ensure!(build.starts_with("cargo build --release && export PATH="), "the programs are built first: {build}");
    script = script.replacen(&build, &format!("export PATH={}:$PATH", target_dir()?.display()), 1);
    script = script.replace("/tmp/", &format!("{}/", place.path().display()));
    for port in ["127.0.0.1:7100", "127.0.0.1:7101", "127.0.0.1:7110"] {
        ensure!(script.contains(port), "{port} is not used any more");
        script = script.replace(port, &free_address()?);
    }
    // A pasted line that fails is seen by whoever pasted it; 3 is done with something for a person to see.
    let traced = format!(
        "trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT\nset -o pipefail -E\ntrap 's=$?; [ $s -eq 3 ] || {{ echo \"failed ($s): $BASH_COMMAND\"; exit 1; }}' ERR\n{script}"
    );
    let ran = Command::new("bash")
        .args(["-c", &traced])
        .current_dir(repository())
        .stdin(Stdio::null())
        .env_remove("GONGKAI_DATA")
        .env_remove("GONGKAI_OPERATOR")
        .output()?;
    let said = format!("{}\n{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    ensure!(ran.status.success(), "{said}");
    ensure!(place.path().join("city/editions/edition-1/index.html").is_file(), "no edition:\n{said}");
    Ok(())
}
