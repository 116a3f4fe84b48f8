//! `gongkai sync status` for people: a row a link, then what needs a sentence.
//!
//! Invariant: delivered, in flight and unknown are told apart; what is second hand names who said it and when.

use gongkai_proto::admin::v1::{Moved, PeerStatus, SyncStatusResponse};

use super::{code, reasons};
use crate::{
    commands::intake::waits,
    ui::{Lang, Page, Table, Text, Word, ago, cells, moment, rate, size, span, state_word},
};

/// The page.
pub(super) fn text(response: &SyncStatusResponse, lang: Lang) -> Text {
    let head = [
        Word::Peer,
        Word::Role,
        Word::Mode,
        Word::State,
        Word::LastContact,
        Word::ToSend,
        Word::Behind,
        Word::NextRun,
        Word::Reason,
    ];
    let mut table = Table::new(lang, &head);
    for peer in &response.peers {
        let mut row = cells![name(peer), state_word(&peer.role, lang), state_word(&peer.mode, lang)];
        row.push(table.state(&peer.state));
        row.extend(cells![
            moment(peer.last_contact.unwrap_or_default()),
            peer.entries_to_send,
            peer.entries_to_receive,
            moment(peer.next_run.unwrap_or_default()),
            code(peer.reason.as_ref()),
        ]);
        table.row(row);
    }
    let told = response.peers.iter().map(|peer| (peer.division.as_str(), peer.reason.as_ref()));
    let mut page =
        Page::new(lang).table(&table, ("this node has no link yet", "本节点还没有链路")).lines(reasons(told));
    for sentence in response.peers.iter().flat_map(|peer| sentences(peer, response.at, lang)) {
        page = page.say(&sentence, &sentence);
    }
    page.into_text()
}

fn name(peer: &PeerStatus) -> String {
    format!("{} {}", peer.division, peer.name)
}

fn sentences(peer: &PeerStatus, now_ms: i64, lang: Lang) -> Vec<String> {
    let mut said = Vec::new();
    if peer.state == "syncing" {
        let (sent, received) = (peer.sent.unwrap_or_default(), peer.received.unwrap_or_default());
        said.push(format!("{} → {}", peer.division, progress(&sent, lang)));
        said.push(format!("{} ← {}", peer.division, progress(&received, lang)));
    }
    said.extend(undelivered(peer, lang));
    said.extend(first_hand(peer, now_ms, lang));
    said.extend(unproved(peer, lang));
    said.extend(peer.waiting.iter().map(|waiting| waits(waiting, lang)));
    for told in &peer.second_hand {
        let (who, age) = (format!("{} {}", told.division, told.name), ago(Some(told.at), now_ms, lang));
        let (says, behind) = (&peer.division, told.entries_behind);
        said.push(match behind {
            0 => lang.pick(
                format!("{says} says: {who} holds everything from here ({age})"),
                format!("据 {says}：{who} 已收存本节点全部条目（{age}）"),
            ),
            behind => lang.pick(
                format!("{says} says: {who} lacked the latest {behind} from here ({age})"),
                format!("据 {says}：{who} 尚缺本节点最新 {behind} 条（{age}）"),
            ),
        });
    }
    said
}

/// What is not delivered, by what is known of it.
fn undelivered(peer: &PeerStatus, lang: Lang) -> Option<String> {
    let parts = [
        (peer.entries_in_flight, lang.pick("in flight", "在途")),
        (peer.entries_unknown, lang.pick("sent before a break, arrival unknown", "中断前已发送，是否到达不明")),
        (peer.peer_wants, lang.pick("announced, but the peer still lacks them", "已告知，对端尚缺")),
    ];
    let told: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    let (division, to_send) = (&peer.division, peer.entries_to_send);
    (!told.is_empty()).then(|| {
        let told = told.join(lang.pick(", ", "，"));
        lang.pick(
            format!("{division}: {to_send} not delivered: {told}"),
            format!("{division}：未送达 {to_send} 条：{told}"),
        )
    })
}

/// How old the peer's own word is.
fn first_hand(peer: &PeerStatus, now_ms: i64, lang: Lang) -> Option<String> {
    let age = ago(Some(peer.standing_heard?), now_ms, lang);
    let (division, held, acked) = (&peer.division, peer.held_position, peer.acked_position);
    Some(lang.pick(
        format!("{division} said {age}: holds everything up to {held} (acknowledged {acked})"),
        format!("{division} 于{age}称：已收存至 {held}（已确认至 {acked}）"),
    ))
}

/// What the peer says of this node's past and has not shown.
fn unproved(peer: &PeerStatus, lang: Lang) -> Option<String> {
    let (division, streams) = (&peer.division, peer.claimed_streams);
    match (streams, peer.claimed_position) {
        (0, None) => None,
        (0, Some(place)) => Some(lang.pick(
            format!("{division} stands at {place} of a feed of this node that is not the one here; heads are compared"),
            format!("{division} 停在本节点没有的汇流位置 {place}；正在核对流末端"),
        )),
        (streams, _) => Some(lang.pick(
            format!(
                "{division} names entries of {streams} streams of this node that are not here, and has not shown them"
            ),
            format!("{division} 声称有本节点 {streams} 个流的条目而此处没有，尚未出示"),
        )),
    }
}

/// `1200/5000 entries, 340.0 KB of about 1.4 MB, 120.0 KB/s, 8 s left`.
fn progress(moved: &Moved, lang: Lang) -> String {
    let total = moved.entries.saturating_add(moved.entries_left);
    let entries = format!("{}/{total} {}", moved.entries, lang.pick("entries", "条"));
    [entries, volume(moved, lang)].join(lang.pick(", ", "，"))
}

/// `340.0 KB of about 1.4 MB, 120.0 KB/s, 8 s left`.
pub(super) fn volume(moved: &Moved, lang: Lang) -> String {
    let done = size(moved.bytes);
    let done = match moved.bytes_left.filter(|left| *left > 0) {
        Some(left) => {
            let all = size(moved.bytes.saturating_add(left));
            lang.pick(format!("{done} of about {all}"), format!("{done}，共约 {all}"))
        }
        None => done,
    };
    let mut parts = vec![done, rate(moved.bytes_per_second)];
    if let Some(left) = moved.remaining_ms.filter(|left| *left > 0) {
        let left = span(left, lang);
        parts.push(lang.pick(format!("{left} left"), format!("还需 {left}")));
    }
    parts.join(lang.pick(", ", "，"))
}

#[cfg(test)]
mod tests {
    use gongkai_proto::admin::v1::SecondHand;

    use super::*;

    fn response() -> SyncStatusResponse {
        let told = SecondHand {
            division: "211221101".to_owned(),
            name: "阿吉镇".to_owned(),
            held_position: 12,
            entries_behind: 0,
            at: 940_000,
        };
        let peer = PeerStatus {
            division: "211221".to_owned(),
            state: "syncing".to_owned(),
            entries_to_send: 9,
            entries_in_flight: 5,
            entries_unknown: 4,
            held_position: 12,
            acked_position: 20,
            standing_heard: Some(700_000),
            sent: Some(Moved {
                entries: 10,
                bytes: 2_000,
                entries_left: 30,
                bytes_left: Some(6_000),
                bytes_per_second: 1_500,
                remaining_ms: Some(4_000),
                ..Moved::default()
            }),
            second_hand: vec![told],
            ..PeerStatus::default()
        };
        SyncStatusResponse { peers: vec![peer], at: 1_000_000, ..SyncStatusResponse::default() }
    }

    #[test]
    fn what_a_peer_merely_says_is_told_and_no_count_overflows() {
        let mut told = response();
        let peer = &mut told.peers[0];
        peer.claimed_position = Some(7);
        peer.received = Some(Moved {
            entries: 1,
            entries_left: u64::MAX,
            bytes: 9,
            bytes_left: Some(u64::MAX),
            ..Moved::default()
        });
        assert!(text(&told, Lang::En).contains("211221 stands at 7 of a feed of this node that is not the one here"));
        told.peers[0].claimed_streams = 3;
        assert!(text(&told, Lang::Zh).contains("211221 声称有本节点 3 个流的条目而此处没有，尚未出示"));
    }

    #[test]
    fn what_is_known_first_hand_second_hand_and_not_at_all_is_told_apart() {
        let english = text(&response(), Lang::En);
        for sentence in [
            "211221 → 10/40 entries, 2.0 KB of about 8.0 KB, 1.5 KB/s, 4 s left",
            "211221: 9 not delivered: 5 in flight, 4 sent before a break, arrival unknown",
            "211221 said 5 min ago: holds everything up to 12 (acknowledged 20)",
            "211221 says: 211221101 阿吉镇 holds everything from here (1 min ago)",
        ] {
            assert!(english.contains(sentence), "{sentence} in\n{english}");
        }
        let chinese = text(&response(), Lang::Zh);
        assert!(chinese.contains("据 211221：211221101 阿吉镇 已收存本节点全部条目（1 分钟前）"), "{chinese}");
    }
}
