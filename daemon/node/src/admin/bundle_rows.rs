//! Bundles in the words of the admin API.
//!
//! Invariant: no rules here; what is shown was counted by the reading or the forecast.

use gongkai_app::{App, BundleJudged, BundlePeer, LostBundle, MadeState, World};
use gongkai_model::id::DivisionId;
use gongkai_proto::admin::v1 as wire;
use gongkai_sync::{
    bundle::{Claim, Made, Outside, Read},
    message::Fault,
    position::Position,
};

use super::{Admin, convert};
use crate::{
    Error, Told,
    bundles::{Inspected, Refused, Report},
    links::LinkStatus,
};

/// Digits of a hash that people compare.
const SPOKEN_DIGITS: usize = 8;
/// Refused entries that are listed.
const REFUSED_MAX: usize = 100;

fn digits(position: &Position) -> String {
    position.hash.to_hex().chars().take(SPOKEN_DIGITS).collect()
}

/// The outside.
pub(super) fn bundle(world: &World, outside: &Outside, bytes: u64) -> wire::Bundle {
    let manifest = &outside.manifest;
    let recorded = &manifest.recorded;
    wire::Bundle {
        id: outside.id.to_string(),
        number: manifest.number,
        from_name: world.name_of(&manifest.from),
        from: manifest.from.to_string(),
        to_name: world.name_of(&manifest.to),
        to: manifest.to.to_string(),
        made_at_ms: manifest.made_at_ms,
        begin_offset: recorded.from.offset,
        end_offset: recorded.to.offset,
        end_hash: digits(&recorded.to),
        is_full: recorded.is_full,
        entries: recorded.whole,
        named: recorded.named,
        trust: recorded.trust,
        asks: recorded.asks,
        heads: recorded.heads,
        heads_digest: recorded.heads_digest.to_string(),
        claim_offset: manifest.claim.as_ref().map(|claim| claim.offset),
        claim_hash: manifest.claim.as_ref().map(digits).unwrap_or_default(),
        bytes,
        program: manifest.program.clone(),
        protocol_min: manifest.protocol_min,
        protocol_max: manifest.protocol_max,
        key_id: hex::encode(&outside.key_id),
        receipts: u64::from(convert::count(manifest.receipts.len())),
    }
}

/// What was found by looking.
pub(super) fn inspection(world: &World, found: &Inspected, bytes: u64) -> wire::BundleInspection {
    let judged = found.judged.as_ref().ok();
    let key = match judged {
        Some(judged) if judged.is_key_ended => "ended",
        Some(judged) if judged.is_key_known => "known",
        Some(_) | None => "unknown",
    };
    let state = judged.map_or("", |judged| match (judged.is_repeated, judged.is_news) {
        (true, _) => "read-before",
        (false, true) => "new",
        (false, false) => "older",
    });
    wire::BundleInspection {
        bundle: Some(bundle(world, &found.outside, bytes)),
        key: key.to_owned(),
        state: state.to_owned(),
        is_for_us: found.outside.manifest.to == world.me,
        our_offset: found.stands.as_ref().map(|stands| stands.offset),
        our_hash: found.stands.as_ref().map(digits).unwrap_or_default(),
        leads_on: found.foreseen.leads_on,
        new_entries: found.foreseen.fresh,
        known_entries: found.foreseen.known,
        missing_before: found.foreseen.missing_before,
        missing_numbers: found.missing_numbers.clone(),
        warnings: warnings(&found.outside, &found.judged),
    }
}

/// Why it would not be read here, or only in part.
fn warnings(outside: &Outside, judged: &Result<BundleJudged, Error>) -> Vec<wire::Reason> {
    match judged {
        Ok(judged) => ended_key(outside, judged).into_iter().collect(),
        Err(error) => vec![convert::reason(&Told::from(error))],
    }
}

fn ended_key(outside: &Outside, judged: &BundleJudged) -> Option<wire::Reason> {
    let ended = || Error::from(gongkai_app::Error::from(App::ended_key(outside)));
    judged.is_key_ended.then(|| convert::reason(&Told::from(&ended())))
}

/// A dry run's report.
pub(super) fn forecast(world: &World, found: Inspected, bytes: u64) -> Result<wire::ImportedBundle, Error> {
    let seen = inspection(world, &found, bytes);
    let refused = refused_entries(&found.foreseen.faults);
    let judged = found.judged?;
    Ok(wire::ImportedBundle {
        bundle: seen.bundle,
        dry_run: true,
        applied: seen.new_entries,
        already_had: seen.known_entries,
        wanted: seen.missing_before,
        refused,
        moved: seen.leads_on,
        position: seen.our_offset,
        is_news: judged.is_news,
        warnings: seen.warnings,
        missing_numbers: seen.missing_numbers,
        ..wire::ImportedBundle::default()
    })
}

/// What came of reading.
pub(super) async fn imported(admin: &Admin, report: &Report, bytes: u64) -> Result<wire::ImportedBundle, Error> {
    let (store, world) = (admin.app().store(), admin.app().world());
    let (mut held, mut absent) = (0_u64, 0_u64);
    for hash in report.tally.whole() {
        if store.feed_of(hash).await?.is_some() {
            held += 1;
        } else {
            absent += 1;
        }
    }
    let claim = match &report.heard.claim {
        Some(Claim::Holds(_)) => "holds",
        Some(Claim::Lost(_)) => "lost",
        Some(Claim::Nothing) => "nothing",
        None => "",
    };
    Ok(wire::ImportedBundle {
        bundle: Some(bundle(&world, &report.outside, bytes)),
        dry_run: false,
        applied: report.tally.applied,
        already_had: held.saturating_sub(report.tally.applied),
        wanted: absent.saturating_sub(u64::from(convert::count(report.heard.faults.len()))),
        refused: refused_entries(&report.heard.faults),
        moved: report.before != report.after,
        position: report.after.as_ref().map(|after| after.offset),
        is_news: report.judged.is_news,
        claim: claim.to_owned(),
        asks: u64::from(convert::count(report.heard.asks.len())),
        lacking_entries: report.lacking.entries,
        lacking_streams: report.lacking.streams,
        missing_numbers: report.missing_numbers.clone(),
        warnings: ended_key(&report.outside, &report.judged).into_iter().chain(admin.hold_warning()).collect(),
    })
}

fn refused_entries(faults: &[Fault]) -> Vec<wire::RefusedEntry> {
    faults.iter().take(REFUSED_MAX).map(|fault| refused_entry(Refused::from(fault))).collect()
}

fn refused_entry(refused: Refused) -> wire::RefusedEntry {
    let Refused { author, subject, tip, code } = refused;
    wire::RefusedEntry { author, subject, seq: tip.seq, code }
}

/// A neighbour's history.
pub(super) fn peer(world: &World, links: &[(DivisionId, LinkStatus)], peer: &BundlePeer) -> wire::BundlePeer {
    let link = links.iter().find(|(division, _)| *division == peer.division).map(|(_, link)| link);
    let ledger = &peer.ledger;
    wire::BundlePeer {
        division: peer.division.to_string(),
        name: world.name_of(&peer.division),
        role: if world.parent() == Some(&peer.division) { "parent" } else { "child" }.to_owned(),
        mode: link.map_or("", |link| link.mode).to_owned(),
        acked_offset: peer.acked_offset,
        entries_to_send: peer.entries_to_send,
        place: peer.place.clone().unwrap_or_default(),
        wanted_streams: peer.lacking.streams,
        wanted_entries: peer.lacking.entries,
        is_forked: peer.is_forked,
        known_as_of_ms: ledger.newest.as_ref().map(|newest| newest.made_at_ms),
        made: ledger.made.iter().rev().map(|made| made_bundle(made, peer.state_of(made))).collect(),
        read: ledger.read.iter().rev().map(read_bundle).collect(),
        missing_numbers: ledger.missing_numbers(),
    }
}

fn made_bundle(made: &Made, state: MadeState) -> wire::MadeBundle {
    wire::MadeBundle {
        id: made.mark.id.to_string(),
        number: made.mark.number,
        made_at_ms: made.mark.made_at_ms,
        begin_offset: made.from.offset,
        end_offset: made.to.offset,
        is_full: made.is_full,
        entries: made.entries,
        bytes: made.bytes,
        state: state.word().to_owned(),
        heard_at_ms: made.acked_at_ms.or(made.arrived_at_ms),
    }
}

fn read_bundle(read: &Read) -> wire::ReadBundle {
    wire::ReadBundle {
        id: read.mark.id.to_string(),
        number: read.mark.number,
        made_at_ms: read.mark.made_at_ms,
        read_at_ms: read.read_at_ms,
        entries: read.entries,
    }
}

/// A bundle of which nothing was heard, with what to do.
pub(super) fn lost(world: &World, lost: &LostBundle, is_zh: bool) -> wire::LostBundle {
    let to = &lost.division;
    let (zh, en) = match (lost.state, lost.at_stake) {
        (_, 0) => (
            "其中没有对方缺少的内容，无需处理".to_owned(),
            "it held nothing that the neighbour lacks: nothing to do".to_owned(),
        ),
        (MadeState::Repeated, _) => (
            "后一个数据包已包含其全部内容：送达后一个即可".to_owned(),
            "a later bundle holds all of it: it is enough to bring that one".to_owned(),
        ),
        (MadeState::Acknowledged | MadeState::Arrived | MadeState::Unheard, _) => (
            format!("重新导出即可，新包从对方已确认处开始：`gongkai bundle export --to {to}`"),
            format!("make another, it begins where the neighbour acknowledged: `gongkai bundle export --to {to}`"),
        ),
    };
    wire::LostBundle {
        division: to.to_string(),
        name: world.name_of(to),
        bundle: Some(made_bundle(&lost.made, lost.state)),
        entries_at_stake: lost.at_stake,
        action: if is_zh { zh } else { en },
    }
}
