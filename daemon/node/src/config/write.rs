//! Writing the first configuration of a node: the few values that `init` and `join` were told.
//!
//! Invariant: a file that is there is never touched.

use std::{
    fs::OpenOptions,
    io::{self, Write as _},
    path::Path,
};

use super::ConfigError;

/// What a first configuration says.
#[derive(Clone, Debug, Default)]
pub struct Basics {
    /// `node.listen`
    pub listen: String,
    /// `node.advertise`; empty: not said.
    pub advertise: String,
    /// `parent.address`; empty at the top.
    pub parent: Vec<String>,
}

/// Writes the file unless it is there.
pub fn write_if_missing(file: &Path, basics: &Basics) -> Result<(), ConfigError> {
    let unwritable = |source| ConfigError::Unwritable { file: file.to_owned(), source };
    match OpenOptions::new().write(true).create_new(true).open(file) {
        Ok(mut opened) => {
            opened.write_all(text_of(basics).as_bytes()).and_then(|()| opened.sync_all()).map_err(unwritable)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(unwritable(error)),
    }
}

fn text_of(basics: &Basics) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let mut text = format!(
        "# All keys: the documented sample that comes with the program.\n[node]\nlisten = {}\n",
        quoted(&basics.listen)
    );
    if !basics.advertise.is_empty() {
        text += &format!("advertise = {}\n", quoted(&basics.advertise));
    }
    if !basics.parent.is_empty() {
        let addresses: Vec<String> = basics.parent.iter().map(|address| quoted(address)).collect();
        text += &format!("\n[parent]\naddress = [{}]\n", addresses.join(", "));
    }
    text
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn what_is_written_reads_back() {
        let basics = Basics {
            listen: "127.0.0.1:0".to_owned(),
            advertise: "gk.example:7443".to_owned(),
            parent: vec!["10.1.2.3:7443".to_owned()],
        };
        let config = Config::parse(&text_of(&basics)).unwrap();
        assert_eq!(config.node.listen, basics.listen);
        assert_eq!(config.node.advertise, basics.advertise);
        assert_eq!(config.parent.address.all(), basics.parent);
    }
}
