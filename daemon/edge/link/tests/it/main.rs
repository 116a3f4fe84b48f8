//! The link as its users meet it: frames from anybody, and real TLS on loopback.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![expect(clippy::print_stderr, reason = "sizes are figures that people look at")]

mod bundles;
mod crowds;
mod frames;
mod limits;
mod matters;
mod porch;
mod samples;
mod sessions;
mod strangers;
mod talk;
mod world;
