//! Compiles every .proto file under `proto/` with protox: no `protoc` is asked for.
//!
//! Invariant: the files found decide what is compiled; a new service needs a new file and nothing here.

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
};

use prost::Message as _;

const ROOT: &str = "proto";
/// Only the admin API becomes JSON; the link's messages are read by daemons alone.
const ADMIN: &str = ".gongkai.admin.v1";
/// `#[serde(default)]` needs `Default`, which every message has and a oneof has not: the admin API has no oneof.
const SERDE: &str = "#[derive(serde::Serialize, serde::Deserialize)]\n#[serde(default)]";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed={ROOT}");
    let mut files = Vec::new();
    collect(Path::new(ROOT), &mut files)?;
    // The order of a directory listing must not reach the descriptor set: builds are to be the same everywhere.
    files.sort();
    let descriptors = protox::compile(&files, [ROOT])?;
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    fs::write(out.join("gongkai_descriptor.bin"), descriptors.encode_to_vec())?;
    tonic_prost_build::configure()
        .message_attribute(ADMIN, SERDE)
        .btree_map(".")
        .include_file("gongkai_modules.rs")
        .compile_fds(descriptors)?;
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|ending| ending == "proto") {
            files.push(path);
        }
    }
    Ok(())
}
