//! Sizes and times of links, each with its reason.

use std::time::Duration;

/// What an operator may set of a link's times and sizes; the defaults suit a county on a telephone line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tuning {
    /// For the TCP connection. Over a satellite link it stands in 2 s; a silent firewall never answers.
    pub connect: Duration,
    /// For TLS: two round trips and a signature on the slowest machine.
    pub handshake: Duration,
    /// For the answer to the opening of a session, which the server gives before any work.
    pub open: Duration,
    /// A link on which nothing is heard is asked so often by the child, who is the one to dial again. Asking and
    /// answering cost 234 bytes, TLS and TCP with them: an idle link stays below 600 bytes a minute.
    pub keepalive_every: Duration,
    /// How long it is given to answer. The answer stands behind what is on the way: at the slowest rate that may be
    /// set (16 KiB/s) a full HTTP/2 frame and what TLS and the kernel hold, 20 s.
    pub keepalive_timeout: Duration,
    /// The lowest rate that a connection of these is held to, in bytes a second each way; `None`: as fast as it goes.
    pub bytes_per_second_max: Option<u64>,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            handshake: Duration::from_secs(10),
            open: Duration::from_secs(20),
            keepalive_every: Duration::from_secs(35),
            keepalive_timeout: Duration::from_secs(20),
            bytes_per_second_max: None,
        }
    }
}

impl Tuning {
    /// HTTP/2 window of one stream. On a limited link it holds what passes in [`WINDOW_SECONDS`]: a sign of life that
    /// stands behind a full window must not come too late.
    pub(super) fn stream_window_bytes(&self) -> u32 {
        let Some(rate) = self.bytes_per_second_max else { return STREAM_WINDOW_BYTES };
        let held = rate.saturating_mul(WINDOW_SECONDS);
        u32::try_from(held).unwrap_or(STREAM_WINDOW_BYTES).clamp(STREAM_WINDOW_BYTES_MIN, STREAM_WINDOW_BYTES)
    }

    /// HTTP/2 window of one connection: a session and a second stream (health, renewal) beside it.
    pub(super) fn connection_window_bytes(&self) -> u32 {
        self.stream_window_bytes().saturating_mul(2)
    }
}

/// The parent asks so many times more rarely: a child that comes back takes the place of its old session at once, and
/// one that does not holds a few kilobytes for so long.
pub(super) const PARENT_PATIENCE: u32 = 4;
/// Seconds of a limited link's rate that may be on their way.
const WINDOW_SECONDS: u64 = 4;
/// HTTP/2's own default: less would stall on every round trip.
const STREAM_WINDOW_BYTES_MIN: u32 = 64 * 1024;

/// HTTP/2 window of one stream: bandwidth × delay of 100 Mbit/s at 300 ms. Township links need 0.5 MB.
const STREAM_WINDOW_BYTES: u32 = 4 * 1024 * 1024;
/// HTTP/2 frames: a batch in one frame; measured a third faster than the default of 16 KiB.
pub(super) const HTTP_FRAME_BYTES_MAX: u32 = 256 * 1024;
/// A refused peer hears of it one round trip later; the slot is not kept for longer.
pub(super) const PARTING_TIMEOUT: Duration = Duration::from_secs(2);
/// What a client sends before it hears of a refusal: HTTP/2's first frames and one small message.
pub(super) const PARTING_BYTES_MAX: u64 = 64 * 1024;
/// Signing, one commit and the answer; the parent's database may be busy.
pub(super) const ENROL_TIMEOUT: Duration = Duration::from_secs(30);
/// Sockets that wait for their handshake or are in it, where descriptors allow it: a thousand children behind one address
/// that come back at once after a power cut, and room.
pub(super) const LOBBY_MAX: usize = 1_280;
/// Sockets of one address that have sent nothing. Whoever wants to talk sends with the first packet after the connection.
pub(super) const SILENT_MAX: usize = 256;
/// Handshakes of one address at a time: each costs milliseconds of a core, and a slow one a round trip to the moon.
pub(super) const TURNS_MAX: usize = 64;
/// Connections of enrolled peers at a time, where descriptors allow it: a thousand children, as no division has, and
/// their reconnects.
pub(super) const CONNECTIONS_MAX: usize = 2048;
/// Connections of one child: a session, a renewal, and what a broken line has left of both.
pub(super) const CONNECTIONS_EACH_MAX: usize = 4;
/// Connections of those who have not shown that they are children, where descriptors allow it.
pub(super) const STRANGERS_MAX: usize = 128;
/// Of one address: an office of joiners, or renewals behind one router; the others of it wait.
pub(super) const STRANGERS_EACH_MAX: usize = 16;
/// A stranger that asks nothing for so long gives way to the next: a joiner's request follows its handshake at once.
pub(super) const STRANGER_IDLE: Duration = Duration::from_secs(2);
/// Enrolments that are answered at a time.
pub(super) const ENROLMENTS_AT_ONCE: usize = 2;
/// How long a connection without a certificate may last: one enrolment, twice.
pub(super) const STRANGER_LIFE: Duration = Duration::from_secs(60);
/// Streams of one connection: a session, a renewal, and room.
pub(super) const STREAMS_MAX: u32 = 8;
/// Pause after an accept that failed for lack of file handles or memory.
pub(super) const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Groups of messages that wait to be written: the engine's window holds four batches, the rest are small.
pub(super) const OUTBOUND_MESSAGES_MAX: usize = 8;
/// Longest enrolment message: a chain of eight certificates in PEM has 12 KiB.
pub(super) const ENROL_BYTES_MAX: usize = 64 * 1024;
