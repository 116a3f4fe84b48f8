//! Sessions of version 2: what both ends remember is not said again, and every message arrives as it was said.

use std::collections::VecDeque;

use gongkai_journal::Entry;
use gongkai_link::codec::{self, DecodeError, Talk, limits::UNACKED_MAX};
use gongkai_proto::link::v1::{self as wire, Frame, frame::Body};
use gongkai_sync::{
    message::{Batch, Carried, Hello, Message},
    position::{Position, running_hash},
    want::Tip,
};
use proptest::prelude::*;
use prost::Message as _;

use crate::{
    frames::{every_message, position},
    matters::HELD_OUT,
    samples::{self, receipt, submission},
};

fn hello(protocol_max: u32) -> Message {
    let hello = every_message().into_iter().find_map(|message| match message {
        Message::Hello(hello) => Some(hello),
        _ => None,
    });
    Message::Hello(Hello { protocol_max, ..hello.unwrap() })
}

/// Two ends that have greeted each other with these versions.
fn greeted(one: u32, two: u32) -> [Talk; 2] {
    let mut ends = [Talk::default(), Talk::default()];
    let frames = [ends[0].encode(&hello(one)).unwrap(), ends[1].encode(&hello(two)).unwrap()];
    let [first, second] = frames;
    ends[1].decode(first).unwrap();
    ends[0].decode(second).unwrap();
    ends
}

/// Says a message and hears it on the other side; gives the bytes of its frame.
fn say(ends: &mut [Talk; 2], from: usize, message: &Message) -> usize {
    let frame = ends[from].encode(message).unwrap();
    let bytes = frame.encoded_len();
    assert_eq!(&ends[1 - from].decode(frame).unwrap(), message);
    bytes
}

/// A batch that begins where the one before ended, with every entry that the feed has there.
fn batch_behind(from: &Position, entries: Vec<Carried>) -> (Message, Position) {
    let hashes = entries.iter().map(|carried| match carried {
        Carried::Whole(entry) => entry.hash(),
        Carried::Named { tip, .. } => tip.hash,
    });
    let hash = hashes.fold(from.hash, |before, hash| running_hash(&before, &hash));
    let to = Position { offset: from.offset + entries.len() as u64, hash, ..from.clone() };
    (Message::Batch(Batch { from: from.clone(), to: to.clone(), entries }), to)
}

fn named(entry: &Entry) -> Carried {
    let tip = Tip { seq: entry.header.seq, hash: entry.hash() };
    Carried::Named { stream: entry.header.stream.clone(), tip }
}

/// A submission up, its receipt down, and what is said beside them; gives the bytes of all frames.
fn change(ends: &mut [Talk; 2], seq: u64, up: &mut Position, down: &mut Position) -> usize {
    let matter = &HELD_OUT[0];
    let submitted = submission(3, matter.domain, &[matter], seq);
    let (news, up_to) = batch_behind(up, vec![Carried::Whole(Box::new(submitted.clone()))]);
    let answer = Carried::Whole(Box::new(receipt(3, seq)));
    let (answer, down_to) = batch_behind(down, vec![named(&submitted), answer]);
    let acks = [&up_to, &down_to].map(|to| Message::Ack { position: to.clone(), faults: Vec::new() });
    let mut bytes = say(ends, 0, &news);
    bytes += say(ends, 1, &acks[0]) + say(ends, 1, &answer);
    bytes += say(ends, 0, &acks[1]) + say(ends, 0, &Message::Done { seen: seq });
    bytes += say(ends, 1, &Message::Done { seen: seq });
    (*up, *down) = (up_to, down_to);
    bytes
}

#[test]
fn the_second_change_of_a_session_costs_half_of_the_first() {
    let cost = |version: u32| {
        let mut ends = greeted(version, 2);
        let (mut up, mut down) = (position(100), position(2_000));
        [4, 5].map(|seq| change(&mut ends, seq, &mut up, &mut down))
    };
    let (before, now) = (cost(1), cost(2));
    eprintln!("frames of a change and the next one: version 1 {before:?}, version 2 {now:?} bytes");
    assert!(now[1] * 2 < now[0] && now[1] * 2 < before[1], "{before:?} {now:?}");
}

#[test]
fn with_a_peer_of_version_1_every_frame_stands_for_itself() {
    let mut ends = greeted(2, 1);
    for message in every_message().into_iter().chain(every_message()) {
        for from in [0, 1] {
            assert_eq!(ends[from].encode(&message).unwrap(), codec::encode(&message).unwrap());
        }
    }
}

#[test]
fn what_was_left_out_and_cannot_be_known_is_refused() {
    let position = wire::Position { feed_id: vec![1; 16], offset: 9, hash: Vec::new(), epoch: Vec::new() };
    let gap = wire::Position { offset: 3, hash: vec![1; 33], epoch: vec![1; 33], ..position.clone() };
    let parts =
        wire::EntryParts { header: vec![0; 9], signature: Vec::new(), payload: Some(vec![1]), digest_at: Some(10) };
    let plain = |member: Vec<u8>| Some(wire::Packed { dictionary: 0, data: member });
    for (body, refusal) in [
        (Body::Ack(wire::Ack::default()), DecodeError::Missing { field: "ack.position" }),
        (Body::Ack(wire::Ack { answers: 1, ..Default::default() }), DecodeError::Invalid { field: "ack.answers" }),
        (Body::Batch(wire::Batch { from: None, ..Default::default() }), DecodeError::Missing { field: "batch.from" }),
        (
            Body::Batch(wire::Batch { from: Some(gap), to: Some(position), entries: None }),
            DecodeError::Missing { field: "batch.to.hash" },
        ),
        (
            Body::Wanted(wire::Wanted { entries: plain(parts.encode_length_delimited_to_vec()), ..Default::default() }),
            DecodeError::Invalid { field: "entry.digest_at" },
        ),
    ] {
        let [mut end, _] = greeted(2, 2);
        assert_eq!(end.decode(Frame { body: Some(body) }), Err(refusal));
    }
}

#[test]
fn what_nobody_answers_is_not_kept_for_ever() {
    let mut ends = greeted(2, 2);
    let mut place = position(105);
    let mut batches = (1..=UNACKED_MAX as u64 + 1).map(|seq| {
        let entry = Carried::Whole(Box::new(samples::plain_entry(&[7; 300], seq)));
        let (batch, to) = batch_behind(&place, vec![entry]);
        place = to;
        batch
    });
    let (first, rest) = (batches.next().unwrap(), batches.by_ref().take(UNACKED_MAX - 1).collect::<Vec<_>>());
    say(&mut ends, 0, &first);
    for batch in &rest {
        say(&mut ends, 0, batch);
    }
    let one_more = ends[0].encode(&batches.next().unwrap()).unwrap();
    let refusal = DecodeError::TooMany { list: "batches without an answer", count_max: UNACKED_MAX };
    assert_eq!(ends[1].decode(one_more), Err(refusal));
    // The speaker has forgotten the first of them by now.
    let late = wire::Ack { answers: 1, ..Default::default() };
    let refusal = DecodeError::Invalid { field: "ack.answers" };
    assert_eq!(ends[0].decode(Frame { body: Some(Body::Ack(late)) }), Err(refusal));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Messages cross on the wire in every way, those of a session and those that nobody expects.
    #[test]
    fn whatever_is_said_arrives(said in prop::collection::vec((0..2_usize, 0..40_usize, any::<bool>()), 1..40)) {
        let mut ends = greeted(2, 3);
        let mut all = every_message();
        let mut place = position(105);
        for seq in 1..20 {
            let entry = Carried::Whole(Box::new(samples::plain_entry(&[7; 300], seq)));
            let (batch, to) = batch_behind(&place, vec![entry]);
            all.extend([batch, Message::Ack { position: to.clone(), faults: Vec::new() }]);
            place = to;
        }
        let mut wires = [VecDeque::new(), VecDeque::new()];
        for (from, which, hears) in said {
            let message = &all[which % all.len()];
            wires[from].push_back((ends[from].encode(message).unwrap(), message));
            if hears && let Some((frame, message)) = wires[1 - from].pop_front() {
                prop_assert_eq!(&ends[from].decode(frame).unwrap(), message);
            }
        }
        for (from, wire) in wires.iter_mut().enumerate() {
            while let Some((frame, message)) = wire.pop_front() {
                prop_assert_eq!(&ends[1 - from].decode(frame).unwrap(), message);
            }
        }
    }
}
