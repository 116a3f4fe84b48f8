//! Sizes and times of links, each with its reason.

use std::time::Duration;

/// HTTP/2 window of one stream: bandwidth × delay of 100 Mbit/s at 300 ms. Township links need 0.5 MB.
pub(super) const STREAM_WINDOW_BYTES: u32 = 4 * 1024 * 1024;
/// HTTP/2 window of one connection: a session and a second stream (health, renewal) beside it.
pub(super) const CONNECTION_WINDOW_BYTES: u32 = 8 * 1024 * 1024;
/// HTTP/2 frames: a batch in one frame; measured a third faster than the default of 16 KiB.
pub(super) const HTTP_FRAME_BYTES_MAX: u32 = 256 * 1024;
/// The child finds a dead link after 40 s, asked every 30 s: it is the one to dial again. Asking and answering cost
/// 234 bytes, TLS and TCP with them, so that an idle link stays below 600 bytes a minute.
pub(super) const CHILD_KEEPALIVE_EVERY: Duration = Duration::from_secs(30);
/// The parent asks rarely: a child that comes back takes the place of its old session at once, and one that does not
/// holds a few kilobytes for so long.
pub(super) const PARENT_KEEPALIVE_EVERY: Duration = Duration::from_secs(120);
/// How long an answer may take.
pub(super) const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);
/// A TCP connection over a satellite link stands in 2 s; a silent firewall never answers.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Two round trips and a signature on the slowest machine; whoever takes longer holds a slot for nothing.
pub(super) const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// A refused peer hears of it one round trip later; the slot is not kept for longer.
pub(super) const PARTING_TIMEOUT: Duration = Duration::from_secs(2);
/// What a client sends before it hears of a refusal: HTTP/2's first frames and one small message.
pub(super) const PARTING_BYTES_MAX: u64 = 64 * 1024;
/// The server answers the opening of a session at once, before any work.
pub(super) const OPEN_TIMEOUT: Duration = Duration::from_secs(20);
/// Signing, one commit and the answer; the parent's database may be busy.
pub(super) const ENROL_TIMEOUT: Duration = Duration::from_secs(30);
/// Handshakes at a time: each costs milliseconds of a core; the oldest of more is dropped.
pub(super) const HANDSHAKES_MAX: usize = 64;
/// Connections of enrolled peers at a time: a thousand children, as no division has, and their reconnects.
pub(super) const CONNECTIONS_MAX: usize = 2048;
/// Connections without a certificate at a time: joiners come one by one, strangers by the thousand.
pub(super) const STRANGERS_MAX: usize = 32;
/// How long a connection without a certificate may last: one enrolment, twice.
pub(super) const STRANGER_LIFE: Duration = Duration::from_secs(60);
/// Streams of one connection: a session, a renewal, and room.
pub(super) const STREAMS_MAX: u32 = 8;
/// Pause after an accept that failed for lack of file handles or memory.
pub(super) const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Messages that wait to be written: the engine's window holds four batches, the rest are small.
pub(super) const OUTBOUND_MESSAGES_MAX: usize = 8;
/// Longest enrolment message: a chain of eight certificates in PEM has 12 KiB.
pub(super) const ENROL_BYTES_MAX: usize = 64 * 1024;
