//! Reading a bundle: what stands in a file is heard by the engine.
//!
//! Invariant: the file was checked to its last byte before. From a speaker whose key is not known only certificates
//! are taken; if they do not make it known, nothing else is. Reading is the same however often it is done.

use gongkai_app::{Action, App, BundleJudged, BundleTaken, Operator, Replica};
use gongkai_link::bundle::BundleReader;
use gongkai_store::Lacking;
use gongkai_sync::{
    bundle::{Heard, Outside, Reading, certificates_of, entries_alone},
    position::Position,
    session::{Effect, Event, Outcome},
};

use super::{Told, ended, facts, incomplete, report::Tally, run};
use crate::{Error, links::Shared};

/// What came of a bundle.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) outside: Outside,
    pub(crate) judged: BundleJudged,
    pub(crate) heard: Heard,
    pub(crate) tally: Tally,
    pub(crate) before: Option<Position>,
    pub(crate) after: Option<Position>,
    pub(crate) lacking: Lacking,
    pub(crate) missing_numbers: Vec<u64>,
}

/// Reads a bundle.
pub(crate) async fn read(
    shared: &Shared,
    operator: &Operator,
    mut reader: BundleReader,
    bytes: u64,
    told: Told<'_>,
) -> Result<Report, Error> {
    let app = &shared.app;
    let _alone = app.bundling().await;
    let begun_ms = app.now_ms();
    let outside = reader.outside().clone();
    let judged = known_speaker(shared, operator, &mut reader).await?;
    let replica = app.replica(judged.from.clone());
    let before = app.store().position_of(&judged.from).await?;
    let mut tally = Tally::default();
    let heard = listen(shared, &replica, &mut reader, &judged, &mut tally, told).await?;
    let taken = BundleTaken { entries: replica.taken(), begun_ms, bytes };
    tally.applied = taken.entries;
    app.note_bundle_read(operator, &outside, &judged, &heard, &taken).await?;
    show(shared, &judged);
    let peers = app.bundle_status(Some(&judged.from)).await?;
    let missing_numbers = peers.first().map(|peer| peer.ledger.missing_numbers()).unwrap_or_default();
    Ok(Report {
        after: app.store().position_of(&judged.from).await?,
        lacking: app.store().lacking(&judged.from).await?,
        outside,
        judged,
        heard,
        tally,
        before,
        missing_numbers,
    })
}

/// Who speaks, if need be after its certificates were taken.
async fn known_speaker(shared: &Shared, operator: &Operator, reader: &mut BundleReader) -> Result<BundleJudged, Error> {
    let app = &shared.app;
    let judged = app.judge_bundle(operator, Action::BundleImport, reader.outside()).await?;
    if judged.is_key_known {
        return Ok(judged);
    }
    let replica = app.replica(judged.from.clone());
    while let Some(message) = reader.next_message()? {
        if let Some(batch) = certificates_of(message) {
            replica.carry_out(Effect::Apply(batch)).await?;
        }
    }
    reader.rewind()?;
    let judged = app.judge_bundle(operator, Action::BundleImport, reader.outside()).await?;
    if judged.is_key_known { Ok(judged) } else { Err(App::unknown_key(reader.outside()).into()) }
}

async fn listen(
    shared: &Shared,
    replica: &Replica,
    reader: &mut BundleReader,
    judged: &BundleJudged,
    tally: &mut Tally,
    told: Told<'_>,
) -> Result<Heard, Error> {
    let mut machine = Reading::new(facts(shared, &judged.from), judged.is_news);
    let total = reader.outside().manifest.messages;
    loop {
        let mut outcome = None;
        let mut done = 0;
        while let Some(message) = reader.next_message()? {
            let message = if judged.has_a_say() { Some(message) } else { entries_alone(message) };
            if let Some(message) = message {
                tally.hear(&message);
                let event = Event::Received(message);
                let step = |event| machine.step(event);
                outcome = run(replica, event, step, |_| Ok(())).await?.or(outcome);
            }
            done += 1;
            told((done, total));
            if let Some(early) = outcome.take_if(|outcome| *outcome != Outcome::Complete) {
                ended(early)?;
            }
        }
        ended(outcome.unwrap_or(Outcome::Interrupted))?;
        let heard = machine.heard().cloned().ok_or_else(incomplete)?;
        if !machine.begins_again() {
            return Ok(heard);
        }
        *tally = Tally::default();
        reader.rewind()?;
    }
}

/// A neighbour was heard, by whatever carrier.
fn show(shared: &Shared, judged: &BundleJudged) {
    if !judged.has_a_say() {
        return;
    }
    let now_ms = shared.app.now_ms();
    shared.board.update(&judged.from, |link| link.last_contact_ms = Some(now_ms));
}
