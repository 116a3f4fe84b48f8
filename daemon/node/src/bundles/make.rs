//! Making a bundle: what the engine says goes into a file.
//!
//! Invariant: nobody remembers a bundle before its file is whole and on the disk.

use gongkai_app::{BundleQuestion, Operator};
use gongkai_link::bundle::BundleWriter;
use gongkai_sync::{
    bundle::{Outside, Recording},
    message::Message,
    session::{Event, Outcome},
};

use super::{NodeSeal, Passing, Told, ended, facts, incomplete, run};
use crate::{Error, links::Shared};

/// Times that a bundle is begun anew when the tree changes under it.
const ATTEMPTS_MAX: usize = 3;

/// A bundle that was made.
#[derive(Debug)]
pub(crate) struct Made {
    /// Its outside.
    pub(crate) outside: Outside,
    /// Its file's length.
    pub(crate) bytes: u64,
    /// The file; gone when this is dropped.
    pub(crate) file: Passing,
}

/// Makes a bundle; a dry run counts, and nobody remembers it.
pub(crate) async fn make(
    shared: &Shared,
    operator: &Operator,
    asked: &BundleQuestion,
    is_dry_run: bool,
    told: Told<'_>,
) -> Result<Made, Error> {
    let _alone = shared.app.bundling().await;
    let mut attempts = 1;
    let made = loop {
        match attempt(shared, operator, asked, told).await {
            Err(error) if error.code() == "GK-SYNC-011" && attempts < ATTEMPTS_MAX => attempts += 1,
            other => break other?,
        }
    };
    if !is_dry_run {
        shared.app.note_bundle_made(operator, &made.outside, made.bytes).await?;
    }
    Ok(made)
}

async fn attempt(shared: &Shared, operator: &Operator, asked: &BundleQuestion, told: Told<'_>) -> Result<Made, Error> {
    let app = &shared.app;
    let start = app.begin_bundle(operator, asked).await?;
    let file = Passing::new(app.dir())?;
    let mut writer = BundleWriter::create(file.path())?;
    let mut machine = Recording::new(facts(shared, &start.to), start.script.clone());
    let (mut done, mut total) = (0_u64, 0_u64);
    let said = |message: &Message| {
        match message {
            Message::Announce { entries } => total = *entries,
            Message::Batch(batch) => done += batch.entries.len() as u64,
            _ => {}
        }
        told((done, total.max(done)));
        writer.say(message)
    };
    let opened = Event::Opened { position: start.claim.clone() };
    let outcome = run(&app.replica(start.to.clone()), opened, |event| machine.step(event), said).await?;
    ended(outcome.unwrap_or(Outcome::Interrupted))?;
    let recorded = machine.recorded().cloned().ok_or_else(incomplete)?;
    let (outside, bytes) = writer.seal(app.bundle_manifest(&start, recorded), &NodeSeal(app))?;
    Ok(Made { outside, bytes, file })
}
