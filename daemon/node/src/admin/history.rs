//! The story of one catalog: its entries as events, oldest first.
//!
//! Invariant: one event an entry that a person cares about; item batches are part of what names them.

use gongkai_app::{Loaded, World};
use gongkai_journal::{Entry, EntryHash, kind::Kind};
use gongkai_model::review::{CatalogState, DecisionState, SubmissionState, Verdict};
use gongkai_proto::admin::v1::CatalogEvent;

use super::convert;

/// The latest `limit` events (0: all), oldest first.
pub(super) fn events(world: &World, loaded: &Loaded, limit: u32) -> Vec<CatalogEvent> {
    let mut events: Vec<CatalogEvent> = loaded.entries.iter().filter_map(|entry| event(world, loaded, entry)).collect();
    // Feed order is this node's own; the authors' times are what a reader expects.
    events.sort_by_key(|event| event.at_ms);
    let kept = usize::try_from(limit).ok().filter(|limit| *limit > 0).unwrap_or(events.len());
    events.split_off(events.len().saturating_sub(kept))
}

fn event(world: &World, loaded: &Loaded, entry: &Entry) -> Option<CatalogEvent> {
    let hash = entry.hash();
    let state = &loaded.state;
    let mut event = CatalogEvent {
        at_ms: entry.header.written_at_ms,
        entry: hash.to_string(),
        division: entry.header.stream.author.division.to_string(),
        operator: entry.header.operator.as_ref().map_or_else(String::new, ToString::to_string),
        ..CatalogEvent::default()
    };
    let by = format!("{} ({})", event.operator, world.name_of(&entry.header.stream.author.division));
    match Kind::from_word(&entry.header.kind)? {
        Kind::DraftSave => {
            let latest = loaded.draft.as_ref().filter(|draft| draft.hash == hash);
            event.kind = "revision".to_owned();
            event.revision = latest.map_or_else(String::new, |draft| draft.revision.digest().to_string());
            event.items = latest.map_or(0, |draft| convert::count(draft.revision.items.len()));
            event.state = "draft".to_owned();
            event.summary = format!("{by} saved a draft");
        }
        Kind::Submission => {
            event.kind = "submission".to_owned();
            if let Some(submission) = state.submission(&hash) {
                event.revision = submission.revision.to_string();
                event.items = submission.items;
                event.state = submission.status.word().to_owned();
                event.opinion.clone_from(&submission.reason);
                event.summary = format!("{by} submitted {} items", submission.items);
            } else {
                event.summary = format!("{by} submitted; it has no effect here yet");
            }
        }
        Kind::Withdrawal => {
            event.kind = "withdrawal".to_owned();
            event.summary = format!("{by} took the submission back");
        }
        Kind::Receipt => {
            event.kind = "receipt".to_owned();
            event.summary = format!("{} received the submission", world.name_of(&entry.header.stream.author.division));
        }
        Kind::Decision => decision_event(&mut event, state, &hash, &by),
        Kind::Revocation => {
            event.kind = "revocation".to_owned();
            event.verdict = "revoke".to_owned();
            event.summary = format!("{by} took a decision back");
        }
        Kind::TreePut
        | Kind::TablePut
        | Kind::CertPut
        | Kind::AuthorityPut
        | Kind::KeyRevoke
        | Kind::IncarnationOpen
        | Kind::ItemBatch
        | Kind::Edition
        | Kind::Erase => return None,
    }
    Some(event)
}

fn decision_event(event: &mut CatalogEvent, state: &CatalogState, hash: &EntryHash, by: &str) {
    event.kind = "decision".to_owned();
    let Some((submission, decision)) = decision_of(state, hash) else {
        event.summary = format!("{by} decided; it has no effect here");
        return;
    };
    event.revision = submission.revision.to_string();
    event.verdict = verdict_word(decision.verdict).to_owned();
    event.opinion.clone_from(&decision.note);
    event.items = decision.opinions;
    event.state = convert::word(&decision.effect);
    let word = match decision.verdict {
        Verdict::Approve => "approved",
        Verdict::Return => "returned",
    };
    event.summary = format!("{by} {word} step {} of {}", decision.step + 1, submission.steps.len());
}

/// The word of a verdict.
pub(super) fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Approve => "approve",
        Verdict::Return => "return",
    }
}

fn decision_of<'s>(state: &'s CatalogState, hash: &EntryHash) -> Option<(&'s SubmissionState, &'s DecisionState)> {
    state.submissions.iter().find_map(|submission| {
        let decision = submission.decisions.iter().find(|decision| decision.hash == *hash)?;
        Some((submission, decision))
    })
}
