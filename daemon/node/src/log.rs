//! Logging: tracing to stderr, as text for people or as JSON for a collector.
//!
//! Invariant: stdout carries answers only.

use std::io::{self, IsTerminal as _};

use tracing_subscriber::EnvFilter;

use crate::{
    Error,
    config::{ConfigError, LogConfig, LogFormat},
};

/// Starts logging for the whole process. A second call changes nothing.
pub fn start_logging(config: &LogConfig) -> Result<(), Error> {
    let filter = EnvFilter::try_new(&config.level).map_err(|error| ConfigError::Value {
        key: "log.level",
        text: config.level.clone(),
        why: error.to_string(),
    })?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    // An error here says only that somebody (a test) has set up logging already.
    let _ = match config.format {
        LogFormat::Text => builder.with_ansi(io::stderr().is_terminal()).with_target(false).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    Ok(())
}
