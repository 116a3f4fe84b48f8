//! What can be wrong with a configuration file: `GK-CONF-001…`.
//!
//! Invariant: an error names the line or the key, and what would be right.

use std::{io, path::PathBuf};

/// A configuration that is refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the configuration `{}` cannot be read", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
    /// No configuration is that long.
    #[error("`{}` has {bytes} bytes: that is no configuration", file.display())]
    TooLarge {
        /// The file.
        file: PathBuf,
        /// Its length.
        bytes: u64,
    },
    /// Not TOML.
    #[error("line {line}: {why}")]
    NotToml {
        /// The line, from 1.
        line: usize,
        /// The reader's words.
        why: String,
    },
    /// A key that does not exist.
    #[error("line {line}: there is no key `{key}` in {section}")]
    UnknownKey {
        /// The line, from 1.
        line: usize,
        /// The key as written.
        key: String,
        /// Where it stands, such as `[node]`.
        section: String,
        /// The known key that looks most like it.
        nearest: &'static str,
        /// All keys of that section.
        known: String,
    },
    /// A value of the wrong kind.
    #[error("line {line}: {why}")]
    WrongKind {
        /// The line, from 1.
        line: usize,
        /// The reader's words.
        why: String,
    },
    /// A value that means nothing.
    #[error("`{text}` is no value for `{key}`: {why}")]
    Value {
        /// The key.
        key: &'static str,
        /// The value.
        text: String,
        /// The rule that it breaks.
        why: String,
    },
    /// The file cannot be written.
    #[error("the configuration `{}` cannot be written", file.display())]
    Unwritable {
        /// The file.
        file: PathBuf,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
}

impl ConfigError {
    /// The permanent code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } | Self::TooLarge { .. } => "GK-CONF-001",
            Self::NotToml { .. } => "GK-CONF-002",
            Self::UnknownKey { .. } => "GK-CONF-003",
            Self::WrongKind { .. } => "GK-CONF-004",
            Self::Value { .. } => "GK-CONF-005",
            Self::Unwritable { .. } => "GK-CONF-006",
        }
    }

    /// The operator's next step.
    pub fn hint(&self) -> String {
        match self {
            Self::Unreadable { file, .. } => format!("check the name and the rights of `{}`", file.display()),
            Self::TooLarge { .. } => "name the right file with --config".to_owned(),
            Self::NotToml { .. } | Self::WrongKind { .. } => {
                "compare with the documented sample; `gongkaid check-config FILE` tells whether it is right".to_owned()
            }
            Self::UnknownKey { nearest, known, .. } => format!("did you mean `{nearest}`? known here: {known}"),
            Self::Value { key, .. } => format!("correct `{key}` in the configuration"),
            Self::Unwritable { file, .. } => format!("check the rights and the space at `{}`", file.display()),
        }
    }

    /// A value that the types refuse.
    pub(super) fn of_toml(text: &str, error: &toml::de::Error) -> Self {
        let line = line_at(text, error.span().map_or(0, |span| span.start));
        Self::WrongKind { line, why: error.message().to_owned() }
    }
}

/// The line of a byte, from 1.
pub(super) fn line_at(text: &str, byte: usize) -> usize {
    text.as_bytes().iter().take(byte).filter(|byte| **byte == b'\n').count() + 1
}
