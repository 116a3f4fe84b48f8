//! Writing in a node's configuration: the few values that `init` and `join` were told, and operators that are added.
//!
//! Invariant: what a person wrote stays as it is, with his comments and their order; a file that would not be right
//! afterwards is not written.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use super::{Config, ConfigError, OperatorConfig};

/// It names people and addresses.
const FILE_MODE: u32 = 0o600;

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
    match OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(file) {
        Ok(mut opened) => {
            opened.write_all(text_of(basics).as_bytes()).and_then(|()| opened.sync_all()).map_err(unwritable)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(unwritable(error)),
    }
}

/// Adds an operator at the end of the file, which is replaced in one rename. `None`: there is no file yet.
pub(crate) fn add_operator(file: &Path, operator: &OperatorConfig) -> Result<(), ConfigError> {
    let unwritable = |source| ConfigError::Unwritable { file: file.to_owned(), source };
    let before = match fs::read_to_string(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        read => read.map_err(|source| ConfigError::Unreadable { file: file.to_owned(), source })?,
    };
    let gap = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
    let text = format!("{before}{gap}{}", operator_text(operator));
    Config::parse(&text)?;
    let mode = fs::metadata(file).map_or(FILE_MODE, |found| found.permissions().mode());
    let mut aside = file.as_os_str().to_owned();
    aside.push(".new");
    let aside = PathBuf::from(aside);
    let write = || {
        let mut opened = OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(&aside)?;
        opened.write_all(text.as_bytes()).and_then(|()| opened.sync_all())?;
        fs::rename(&aside, file)
    };
    write().map_err(|source| {
        let _ = fs::remove_file(&aside);
        unwritable(source)
    })
}

fn operator_text(operator: &OperatorConfig) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let list = |texts: Vec<&str>| texts.into_iter().map(quoted).collect::<Vec<_>>().join(", ");
    let mut text = format!("\n[[operator]]\nname = {}\n", quoted(&operator.name));
    if let Some(uid) = operator.uid {
        text += &format!("uid = {uid}\n");
    }
    text += &format!("roles = [{}]\n", list(operator.roles.iter().map(|role| role.word()).collect()));
    for (key, slugs) in [("departments", &operator.departments), ("domains", &operator.domains)] {
        if !slugs.is_empty() {
            text += &format!("{key} = [{}]\n", list(slugs.iter().map(String::as_str).collect()));
        }
    }
    text
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
    use gongkai_app::Role;

    use super::*;

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

    #[test]
    fn an_operator_is_added_behind_what_stands_there_and_nothing_wrong_is_written() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("gongkaid.toml");
        fs::write(&file, "# mine\n[node]\nlisten = \"127.0.0.1:0\" # here").unwrap();
        let wang = OperatorConfig {
            uid: Some(1001),
            name: "wang".to_owned(),
            roles: vec![Role::Reviewer, Role::Publisher],
            departments: Vec::new(),
            domains: vec!["work-safety".to_owned()],
            certificate: None,
        };
        add_operator(&file, &wang).unwrap();
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("# mine\n[node]\nlisten = \"127.0.0.1:0\" # here\n\n[[operator]]\n"), "{text}");
        let read = Config::parse(&text).unwrap().operators.remove(0);
        assert_eq!(
            (read.name, read.uid, read.roles, read.domains),
            (wang.name.clone(), wang.uid, wang.roles.clone(), wang.domains.clone())
        );
        fs::write(&file, "[node]\nlisten = 1\n").unwrap();
        assert!(add_operator(&file, &wang).is_err());
        assert_eq!(fs::read_to_string(&file).unwrap(), "[node]\nlisten = 1\n");
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
    }
}
