//! `gongkai demo`: the main job from nothing (its story follows in the next commit).
//!
//! Invariant: it refuses with a code until it is there.

use clap::Args;

use super::{Answer, Context};
use crate::errors::Failure;

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {}

/// Runs it.
pub(crate) async fn run(_args: DemoArgs, _context: &Context) -> Result<Answer, Failure> {
    Err(Failure::told("GK-DEMO-000", "the demo is not part of this build", ""))
}
