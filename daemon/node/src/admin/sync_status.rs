//! Where each link stands, in numbers that say what is known and what is not.
//!
//! Invariant: what was acknowledged is read from the store; what was sent and not acknowledged is in flight while the
//! session runs and unknown after it broke; what a peer or a third node holds is what it said, with the time.

use gongkai_app::{EntryPlaces, LinkNow};
use gongkai_journal::Route;
use gongkai_model::id::DivisionId;
use gongkai_proto::admin::v1 as wire;

use super::{Admin, convert, intake};
use crate::{
    Error,
    links::{LinkStatus, Rate, bytes_left, remaining_ms},
};

/// What is left to do on a link.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Left {
    pub(super) to_send: u64,
    pub(super) to_receive: u64,
    pub(super) in_flight: u64,
    pub(super) unknown: u64,
    /// Of `to_send`: acknowledged, but wanted by the peer.
    pub(super) peer_wants: u64,
    acked: u64,
    held: u64,
    wants: u64,
}

impl Admin {
    /// What is left on a link, both ways.
    pub(super) async fn left(&self, peer: &DivisionId, link: &LinkStatus) -> Result<Left, Error> {
        let store = self.app().store();
        let acked = store.acked_of(peer).await?.map_or(0, |position| position.offset);
        let route = Route::of(self.app().world().tree(), peer);
        let unacked = store.count_routed(acked, &route).await?;
        let beyond_sent = store.count_routed(link.sent_offset.max(acked), &route).await?;
        let sent = unacked.saturating_sub(beyond_sent);
        let (in_flight, unknown) = if link.state.is_in_session() { (sent, 0) } else { (0, sent) };
        let known = self.app().known(peer).await?;
        let peer_wants = known.wanted_entries.saturating_sub(link.wanted_sent);
        let lacking = store.lacking(peer).await?;
        Ok(Left {
            to_send: unacked.saturating_add(peer_wants),
            to_receive: link.announced.saturating_add(lacking.entries),
            in_flight,
            unknown,
            peer_wants,
            acked,
            held: known.held.get(peer).map_or(0, |held| held.offset),
            wants: lacking.streams,
        })
    }

    pub(super) async fn peer_status(&self, peer: &DivisionId, link: &LinkStatus) -> Result<wire::PeerStatus, Error> {
        let left = self.left(peer, link).await?;
        let known = self.app().known(peer).await?;
        let claims = self.app().claims_of(peer).await?;
        let waiting = self.app().waiting().await?;
        let (moved, rates) = (link.moved, link.meter.rates(self.app().now_ms()));
        Ok(wire::PeerStatus {
            division: peer.to_string(),
            role: link.role.word().to_owned(),
            mode: link.mode.to_owned(),
            state: link.state.word().to_owned(),
            last_contact: link.last_contact_ms,
            sent_position: link.sent_offset.max(left.acked),
            acked_position: left.acked,
            entries_to_send: left.to_send,
            entries_to_receive: left.to_receive,
            next_run: link.next_run_ms,
            reason: link.reason.as_ref().map(convert::reason),
            name: self.app().world().name_of(peer),
            wants: left.wants,
            entries_in_flight: left.in_flight,
            entries_unknown: left.unknown,
            held_position: left.held,
            peer_wants: left.peer_wants,
            standing_heard: Some(known.heard_ms).filter(|heard_ms| *heard_ms > 0),
            sent: Some(direction(moved.entries_sent, moved.bytes_sent, left.to_send, rates.sent)),
            received: Some(direction(moved.entries_received, moved.bytes_received, left.to_receive, rates.received)),
            second_hand: self.second_hand(peer, &known).await?,
            version: known.program,
            protocol: known.protocol,
            claimed_streams: claims.streams,
            claimed_position: claims.place.map(|place| place.offset),
            waiting: waiting.iter().filter(|it| it.peer == *peer).map(intake::waiting).collect(),
            wants_max: self.app().store().wants_max() as u64,
        })
    }

    async fn second_hand(&self, peer: &DivisionId, known: &gongkai_app::Known) -> Result<Vec<wire::SecondHand>, Error> {
        let world = self.app().world();
        let mut told = Vec::new();
        for (division, held) in known.held.iter().filter(|(division, _)| *division != peer) {
            let route = Route::of(world.tree(), division);
            told.push(wire::SecondHand {
                division: division.to_string(),
                name: world.name_of(division),
                held_position: held.offset,
                entries_behind: self.app().store().count_routed(held.offset, &route).await?,
                at: held.at_ms,
            });
        }
        Ok(told)
    }

    /// The links as use cases see them.
    pub(super) fn links_now(&self) -> std::collections::BTreeMap<DivisionId, LinkNow> {
        let links = self.all_links().into_iter();
        links.map(|(peer, link)| (peer, link_now(&link))).collect()
    }

    pub(super) fn entry_places(&self, entry: EntryPlaces) -> wire::EntryPlaces {
        let world = self.app().world();
        wire::EntryPlaces {
            kind: entry.kind,
            entry: entry.hash.to_string(),
            revision: entry.revision.map_or_else(String::new, |revision| revision.to_string()),
            author: entry.author.to_string(),
            offset: entry.feed,
            committed_at: entry.committed_at_ms,
            places: entry
                .places
                .into_iter()
                .map(|place| wire::Place {
                    name: world.name_of(&place.division),
                    division: place.division.to_string(),
                    state: place.arrival.word().to_owned(),
                    says: place.says.to_string(),
                    at: place.at_ms,
                })
                .collect(),
        }
    }
}

fn link_now(link: &LinkStatus) -> LinkNow {
    LinkNow {
        role: link.role,
        mode: link.mode,
        state: link.state.word(),
        is_in_session: link.state.is_in_session(),
        sent_offset: link.sent_offset,
        last_contact_ms: link.last_contact_ms,
        next_run_ms: link.next_run_ms,
        announced: link.announced,
        reason: link.reason.as_ref().map(|told| gongkai_app::Reason {
            code: told.code.clone(),
            message: told.message.clone(),
            hint: told.hint.clone(),
        }),
    }
}

fn direction(entries: u64, bytes: u64, entries_left: u64, rate: Rate) -> wire::Moved {
    wire::Moved {
        entries,
        bytes,
        entries_left,
        bytes_left: bytes_left(entries_left, entries, bytes),
        entries_per_second: rate.entries,
        bytes_per_second: rate.bytes,
        remaining_ms: remaining_ms(entries_left, rate),
    }
}
