//! Logging: tracing to stderr, as text for people or as JSON for a collector.
//!
//! Invariant: stdout carries answers only; an event is one line, and nothing foreign in it steers the terminal on
//! which somebody reads it (`gongkai_model::visible`).

use std::{
    io::{self, IsTerminal as _, Write},
    time::Duration,
};

use gongkai_model::visible;

use gongkai_link::{LeftOut, Sparing};
use tokio_util::sync::CancellationToken;
use tracing::warn;
use tracing_subscriber::EnvFilter;

use crate::{
    Error,
    config::{ConfigError, LogConfig, LogFormat},
};

/// How often it is told what was left out of the log.
const TELL_EVERY: Duration = Duration::from_secs(60);

/// Tells once a minute, until `stop`, how many lines about a peer were not written.
pub(crate) async fn tell_what_was_left_out(sparing: Sparing, stop: CancellationToken) {
    while stop.run_until_cancelled(tokio::time::sleep(TELL_EVERY)).await.is_some() {
        for LeftOut { kind, peer, count } in sparing.left_out() {
            warn!(kind, peer, count, "lines about a peer were left out");
        }
    }
}

/// Starts logging for the whole process. A second call changes nothing.
pub fn start_logging(config: &LogConfig) -> Result<(), Error> {
    let filter = EnvFilter::try_new(&config.level).map_err(|error| ConfigError::Value {
        key: "log.level",
        text: config.level.clone(),
        why: error.to_string(),
    })?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter);
    // An error here says only that somebody (a test) has set up logging already.
    let _ = match config.format {
        LogFormat::Text => {
            let is_coloured = io::stderr().is_terminal();
            builder.with_ansi(is_coloured).with_target(false).with_writer(|| Lines(io::stderr())).try_init()
        }
        LogFormat::Json => builder.json().flatten_event(true).with_writer(|| Documents(io::stderr())).try_init(),
    };
    Ok(())
}

/// Takes a whole event at a time, as the formatter writes it.
struct Lines<W>(W);

impl<W: Write> Write for Lines<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        writeln!(self.0, "{}", line(text.trim_end_matches('\n')))?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The same for JSON.
struct Documents<W>(W);

impl<W: Write> Write for Documents<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        self.0.write_all(visible::json(&String::from_utf8_lossy(event)).as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A line between the formatter's own colours, which are kept; it writes a field's own escapes as text.
fn line(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\u{1b}[") {
        let colour = rest[at + 2..].find(|sign: char| !sign.is_ascii_digit() && sign != ';').map(|end| at + 2 + end);
        let Some(end) = colour.filter(|end| rest[*end..].starts_with('m')) else { break };
        shown.push_str(&visible::one_line(&rest[..at]));
        shown.push_str(&rest[at..=end]);
        rest = &rest[end + 1..];
    }
    shown.push_str(&visible::one_line(rest));
    shown
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_line_that_steers_nothing() {
        let mut written = Vec::new();
        Lines(&mut written).write_all("\u{1b}[32mINFO\u{1b}[0m x=a\n\u{1b}]0;t\u{7}\u{202e}\n".as_bytes()).unwrap();
        let text = String::from_utf8(written).unwrap();
        assert_eq!(text, "\u{1b}[32mINFO\u{1b}[0m x=a <U+001B>]0;t<U+0007><U+202E>\n");
        let mut written = Vec::new();
        Documents(&mut written).write_all("{\"x\":\"\u{202e}\"}\n".as_bytes()).unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), "{\"x\":\"\\u202e\"}\n");
    }
}
