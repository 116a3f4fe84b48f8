//! Which keys there are, so that a misspelt one is found with its line.
//!
//! Invariant: this list and the types of `config` name the same keys; a test reads the sample with both.

use toml::de::{DeTable, DeValue};

use super::{ConfigError, error::line_at};

const SECTIONS: [(&str, &[&str]); 13] = [
    ("node", &["listen", "advertise", "host", "time_zone"]),
    ("log", &["format", "level"]),
    ("parent", &["address", "mode", "schedule", "zone", "windows", "jitter_seconds", "bytes_per_second_max"]),
    ("children", &["bytes_per_second_max"]),
    ("child", &["division", "mode", "bytes_per_second_max"]),
    (
        "link",
        &[
            "connect_seconds",
            "handshake_seconds",
            "hello_seconds",
            "keepalive_seconds",
            "keepalive_timeout_seconds",
            "stall_seconds",
            "session_seconds",
            "wants_per_peer_max",
        ],
    ),
    ("admin", &["listen", "socket", "group"]),
    ("publish", &["directory", "sign_offs", "signers_min"]),
    ("review", &["working_days"]),
    ("operator", &["uid", "name", "roles", "departments", "domains", "certificate"]),
    ("group", &["name", "roles", "departments", "domains"]),
    ("intake", &["mib", "mib_a_day", "entries", "entries_a_day", "disk_floor_mib"]),
    ("limits", &["stop_seconds", "sync_now_seconds", "invite_hours"]),
];

/// Refuses the first unknown key.
pub(super) fn check(text: &str) -> Result<(), ConfigError> {
    let document = DeTable::parse(text).map_err(|error| ConfigError::NotToml {
        line: line_at(text, error.span().map_or(0, |span| span.start)),
        why: error.message().to_owned(),
    })?;
    let sections: Vec<&'static str> = SECTIONS.iter().map(|(name, _)| *name).collect();
    check_table(text, document.get_ref(), "the file", &sections)?;
    for (name, value) in document.get_ref() {
        let Some((section, known)) = SECTIONS.iter().find(|(section, _)| *section == name.get_ref().as_ref()) else {
            continue;
        };
        check_value(text, value.get_ref(), &format!("[{section}]"), known)?;
    }
    Ok(())
}

fn check_value(text: &str, value: &DeValue<'_>, section: &str, known: &[&'static str]) -> Result<(), ConfigError> {
    match value {
        DeValue::Table(table) => check_table(text, table, section, known),
        DeValue::Array(list) => {
            list.iter().try_for_each(|entry| check_value(text, entry.get_ref(), &format!("[{section}]"), known))
        }
        _ => Ok(()),
    }
}

fn check_table(text: &str, table: &DeTable<'_>, section: &str, known: &[&'static str]) -> Result<(), ConfigError> {
    let mut unknown: Vec<_> = table.keys().filter(|key| !known.contains(&key.get_ref().as_ref())).collect();
    unknown.sort_by_key(|key| key.span().start);
    let Some(key) = unknown.first() else { return Ok(()) };
    let written = key.get_ref().as_ref();
    let likeness = |name: &&&str| (strsim::jaro_winkler(written, name) * 1_000_000.0) as u64;
    Err(ConfigError::UnknownKey {
        line: line_at(text, key.span().start),
        key: written.chars().take(80).collect(),
        section: section.to_owned(),
        nearest: known.iter().max_by_key(likeness).copied().unwrap_or_default(),
        known: known.join(", "),
    })
}
