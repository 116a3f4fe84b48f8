//! Bundles: drives the engine between the store and a file, where `links` drives it between the store and a socket.
//!
//! Invariant: decides nothing about replication. A file that was taken in is whole before the first message is heard;
//! files lie in a folder of their own, are nobody else's to read, and are gone when the call ends. Left out: who may
//! (app), the calls (admin).

use std::{
    collections::VecDeque,
    fs::{self, DirBuilder},
    io,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use gongkai_app::{App, BundleRefused, Replica};
use gongkai_link::bundle::BundleError;
use gongkai_sync::{
    message::Message,
    session::{Effect, Event, Facts, Outcome},
};

use crate::{Error, links::Shared};

mod inspect;
mod make;
mod read;
mod report;

pub(crate) use inspect::{Inspected, inspect};
pub use inspect::{SeenBundle, inspect_file};
pub(crate) use make::{Made, make};
pub(crate) use read::{Report, read};
pub(crate) use report::Refused;

/// Where files lie while they are made or read.
const FOLDER: &str = "bundles";

/// A file of ours that is gone when this is dropped.
#[derive(Debug)]
pub(crate) struct Passing(PathBuf);

impl Passing {
    /// A name in the node's folder for bundles that nobody else uses.
    pub(crate) fn new(dir: &Path) -> Result<Self, Error> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let folder = dir.join(FOLDER);
        if let Err(source) = DirBuilder::new().mode(0o700).create(&folder)
            && source.kind() != io::ErrorKind::AlreadyExists
        {
            return Err(Error::file("make", folder, source));
        }
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Ok(Self(folder.join(format!("{}-{number}.gkb", std::process::id()))))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        // What a crash leaves is swept at the next start.
        let _ = fs::remove_file(&self.0);
    }
}

/// Removes what a crash left behind.
pub(crate) fn sweep(dir: &Path) -> Result<(), Error> {
    let folder = dir.join(FOLDER);
    match fs::remove_dir_all(&folder) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(Error::file("remove", folder, source)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// How far a bundle has come: done, and in all.
pub(crate) type Progress = (u64, u64);
/// Hears of progress; the call goes on whether or not somebody listens.
pub(crate) type Told<'a> = &'a mut (dyn FnMut(Progress) + Send);

fn facts(shared: &Shared, peer: &gongkai_model::id::DivisionId) -> Facts {
    let facts = shared.app.session_facts(peer.clone(), shared.host.clone(), false);
    Facts { daemon_id: shared.daemon_id, ..facts }
}

/// Steps a machine until nothing is left to do; gives how it ended, if it did.
async fn run(
    replica: &Replica,
    first: Event,
    mut step: impl FnMut(Event) -> Vec<Effect>,
    mut said: impl FnMut(&Message) -> Result<(), BundleError>,
) -> Result<Option<Outcome>, Error> {
    let mut events = VecDeque::from([first]);
    let mut outcome = None;
    while let Some(event) = events.pop_front() {
        for effect in step(event) {
            match effect {
                Effect::Send(message) => said(&message)?,
                Effect::Finish(ended) => outcome = Some(ended),
                effect => events.extend(replica.carry_out(effect).await?),
            }
        }
    }
    Ok(outcome)
}

/// The engine's word about how it ended, as a refusal where it is one.
fn ended(outcome: Outcome) -> Result<(), Error> {
    let refusal = match outcome {
        Outcome::Complete => return Ok(()),
        Outcome::Refused(refusal) | Outcome::Refusing(refusal) => refusal,
        Outcome::Interrupted | Outcome::Overtaken => return Err(incomplete()),
    };
    Err(refused(BundleRefused::of_engine(&refusal.code, refusal.message)))
}

/// A conversation without an end.
fn incomplete() -> Error {
    refused(BundleRefused::of_engine("GK-SYNC-001", "the bundle ends in the middle of a conversation".to_owned()))
}

fn refused(refusal: BundleRefused) -> Error {
    gongkai_app::Error::from(refusal).into()
}

/// The node's key, for a bundle's outside.
struct NodeSeal<'a>(&'a App);

impl gongkai_link::bundle::Seal for NodeSeal<'_> {
    fn key(&self) -> gongkai_journal::sign::PublicKey {
        self.0.entry_key()
    }

    fn sign(&self, id: &gongkai_model::digest::Digest) -> Vec<u8> {
        self.0.sign_bundle(id)
    }
}
