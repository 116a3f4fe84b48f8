//! Messages to bytes and back, what small news costs, and what hostile bytes come to.

use gongkai_journal::{Entry, kind::Kind};
use gongkai_link::codec::{self, DecodeError, EncodeError, limits};
use gongkai_model::{digest::Digest, id::DivisionId, review::Verdict};
use gongkai_proto::link::v1::{self as wire, Frame, frame::Body};
use gongkai_sync::{
    message::{BATCH_ENTRIES_MAX, Batch, Carried, Fault, Hello, Message, Refusal},
    position::Position,
    standing::{HeldBy, Standing},
    want::{Head, Tip},
};
use proptest::prelude::*;
use prost::Message as _;

use crate::{
    matters::{HELD_OUT, LONG, Matter, TRAINING},
    samples::{self, decision, digest, incarnation, receipt, stream, submission},
};

/// A position on a link that stands.
pub(crate) fn position(offset: u64) -> Position {
    let hash = digest(&format!("feed at {offset}"));
    Position { feed_id: incarnation("feed"), offset, hash, epoch: digest("epoch") }
}

fn whole(entry: Entry) -> Carried {
    Carried::Whole(Box::new(entry))
}

fn batch(entries: Vec<Carried>) -> Message {
    let end = 100 + entries.len() as u64;
    Message::Batch(Batch { from: position(100), to: position(end), entries })
}

fn tip(entry: &Entry) -> Tip {
    Tip { seq: entry.header.seq, hash: entry.hash() }
}

/// Bytes that do not compress.
pub(crate) fn noise(length: usize) -> Vec<u8> {
    let blocks = (0..length.div_ceil(32)).map(|index| *digest(&index.to_string()).as_raw());
    blocks.flatten().take(length).collect()
}

/// One of every kind, with every optional part both there and not.
pub(crate) fn every_message() -> Vec<Message> {
    let matter = &TRAINING[0];
    let submitted = submission(0, matter.domain, &[matter], 2);
    let mut erased = submission(1, matter.domain, &[matter], 3);
    erased.payload = None;
    let mut empty = samples::plain_entry(b"", 1);
    empty.payload = Some(Vec::new());
    let key = submitted.header.stream.clone();
    let hello = Hello {
        protocol_min: 1,
        protocol_max: 1,
        division: DivisionId::parse("211221100").unwrap(),
        incarnation: incarnation("a"),
        feed_id: incarnation("b"),
        daemon_id: incarnation("c"),
        host: "新台子-01.local".to_owned(),
        position: Some(position(7)),
        is_live: true,
        program: "0.1.0".to_owned(),
        introduction: vec![submitted.clone(), empty.clone()],
    };
    let head = Head { stream: stream("211221", "211221100", Kind::Receipt), tips: vec![tip(&submitted), tip(&erased)] };
    let fault = Fault { stream: key.clone(), tip: tip(&submitted), code: "GK-CHAIN-003".to_owned() };
    let named = Carried::Named { stream: key.clone(), tip: tip(&submitted) };
    let moved = Position { feed_id: incarnation("other"), epoch: digest("changed"), ..position(9) };
    vec![
        Message::Hello(Hello { position: None, is_live: false, ..hello.clone() }),
        Message::Hello(hello),
        Message::Announce { entries: 12_345 },
        Message::Heads { heads: vec![head.clone(), head], position: Some(position(3)), wants_answer: true },
        Message::Heads { heads: Vec::new(), position: None, wants_answer: false },
        batch(vec![whole(submitted.clone()), named, whole(erased.clone()), whole(empty)]),
        Message::Batch(Batch { from: position(1), to: moved, entries: Vec::new() }),
        Message::Ack { position: position(104), faults: vec![fault] },
        Message::Ack { position: position(105), faults: Vec::new() },
        Message::Want { request: 5, stream: key, tip: tip(&submitted), haves: vec![tip(&erased); 4] },
        Message::Wanted { request: 5, entries: vec![submitted, erased], is_complete: true },
        Message::Wanted { request: 6, entries: Vec::new(), is_complete: false },
        Message::Done { seen: 12 },
        Message::Done { seen: 0 },
        Message::Standing(Standing::default()),
        Message::Standing(Standing {
            wanted_entries: 100_000,
            wanted_streams: 3,
            held: vec![HeldBy {
                division: DivisionId::parse("211221100").unwrap(),
                offset: 77,
                hash: digest("held"),
                age_ms: 5_000,
            }],
        }),
        Message::Refuse(Refusal { code: "GK-SYNC-004".to_owned(), message: "证书已过期".to_owned() }),
    ]
}

fn decoded(body: Body) -> Result<Message, DecodeError> {
    codec::from_bytes(&Frame { body: Some(body) }.encode_to_vec())
}

fn wanted(dictionary: u32, data: Vec<u8>) -> Body {
    Body::Wanted(wire::Wanted { request: 1, entries: Some(wire::Packed { dictionary, data }), is_complete: true })
}

/// zstd with the shipped dictionary, written as any version may.
fn squeezed(plain: &[u8]) -> Vec<u8> {
    zstd::bulk::Compressor::with_dictionary(3, codec::DICTIONARY_1).unwrap().compress(plain).unwrap()
}

#[test]
fn every_message_reads_back() {
    for message in every_message() {
        assert_eq!(codec::from_bytes(&codec::to_bytes(&message).unwrap()).unwrap(), message);
    }
}

/// Sizes of a submission that changes this item alone: (its JSON, its frame), in bytes.
fn cost(matter: &Matter) -> (usize, usize) {
    let entry = submission(3, matter.domain, &[matter], 4);
    let (json, entry_bytes) = (entry.payload.as_ref().unwrap().len(), entry.wire_bytes());
    let frame = codec::to_bytes(&batch(vec![whole(entry)])).unwrap().len();
    eprintln!("changed item of {}: json {json}, entry {entry_bytes}, frame {frame} bytes", matter.field);
    (json, frame)
}

#[test]
fn one_changed_item_costs_less_than_700_bytes() {
    for matter in HELD_OUT {
        let (json, frame) = cost(matter);
        assert!(json > 1_000 && frame < 700, "{json} {frame}");
    }
}

#[test]
fn a_long_new_text_costs_half_of_itself() {
    let (json, frame) = cost(&LONG);
    assert!(frame * 2 < json, "{json} {frame}");
}

#[test]
fn a_full_batch_shrinks_to_a_third() {
    let one_each = |seq: u64| {
        let matter = &TRAINING[usize::try_from(seq).unwrap() % TRAINING.len()];
        submission(usize::try_from(seq).unwrap(), matter.domain, &[matter], seq)
    };
    let entries: Vec<Entry> = (2..152).map(one_each).collect();
    let plain: usize = entries.iter().map(Entry::wire_bytes).sum();
    let message = batch(entries.into_iter().map(whole).collect());
    let begun = std::time::Instant::now();
    let frame = codec::to_bytes(&message).unwrap();
    let packed = begun.elapsed();
    assert_eq!(codec::from_bytes(&frame).unwrap(), message);
    eprintln!(
        "batch of {plain} bytes: frame {}, packed in {packed:?}, read in {:?}",
        frame.len(),
        begun.elapsed() - packed
    );
    assert!(plain > 200_000 && frame.len() * 3 < plain, "{plain} {}", frame.len());
}

#[test]
fn the_dictionary_pays_on_receipts_and_decisions() {
    for (what, entry) in [("receipt", receipt(2, 77)), ("decision", decision(2, Verdict::Return, 78))] {
        assert!(samples::is_on_the_path(&entry));
        let plain = entry.wire_bytes();
        let alone = zstd::bulk::compress(&[entry.header_bytes.clone(), entry.payload.clone().unwrap()].concat(), 19);
        let alone = alone.unwrap().len() + entry.signature.len();
        let frame = codec::to_bytes(&batch(vec![whole(entry)])).unwrap().len();
        let envelope = codec::to_bytes(&batch(Vec::new())).unwrap().len();
        eprintln!("{what}: entry {plain}, zstd alone {alone}, frame {frame} bytes, {envelope} of them positions");
        assert!(frame - envelope < alone, "{frame} {envelope} {alone}");
    }
}

#[test]
fn dictionary_1_is_the_one_that_nodes_in_the_field_have() {
    let digest = Digest::of_file(codec::DICTIONARY_1).to_string();
    assert_eq!(digest, include_str!("../../dict/v1.sha256").trim());
}

#[test]
fn a_bomb_is_refused_before_it_is_unpacked() {
    let bomb = squeezed(&vec![0; 256 * 1024 * 1024]);
    assert!(bomb.len() < limits::PACKED_BYTES_MAX, "{}", bomb.len());
    assert_eq!(decoded(wanted(codec::DICTIONARY, bomb)), Err(DecodeError::Bomb));
}

#[test]
fn a_list_of_the_greatest_length_is_no_bomb() {
    let member = samples::plain_entry(&vec![7; limits::UNPACKED_BYTES_MAX / 2], 1);
    let message = Message::Wanted { request: 1, entries: vec![member], is_complete: true };
    assert_eq!(codec::from_bytes(&codec::to_bytes(&message).unwrap()).unwrap(), message);
    let longer = samples::plain_entry(&vec![7; limits::UNPACKED_BYTES_MAX], 1);
    let message = Message::Wanted { request: 1, entries: vec![longer], is_complete: true };
    assert!(matches!(codec::to_bytes(&message), Err(EncodeError::TooLong { .. })));
}

#[test]
fn too_many_members_are_refused_on_both_sides() {
    let entry = samples::plain_entry(b"{}", 1);
    let member = wire::EntryParts {
        header: entry.header_bytes.clone(),
        signature: entry.signature.clone(),
        payload: None,
        digest_at: None,
    };
    let plain = member.encode_length_delimited_to_vec().repeat(BATCH_ENTRIES_MAX + 1);
    let refused = decoded(wanted(codec::DICTIONARY, squeezed(&plain)));
    assert_eq!(refused, Err(DecodeError::TooMany { list: "answer", count_max: BATCH_ENTRIES_MAX }));
    let entries = vec![entry; BATCH_ENTRIES_MAX + 1];
    let refused = codec::to_bytes(&Message::Wanted { request: 1, entries, is_complete: true });
    assert!(matches!(refused, Err(EncodeError::TooMany { .. })), "{refused:?}");
}

#[test]
fn hostile_frames_have_their_codes() {
    let header = wire::EntryParts { header: vec![255; 9], ..wire::EntryParts::default() };
    let many_tips = wire::Head { stream: None, tips: vec![wire::Tip::default(); limits::TIPS_MAX + 1] };
    let heads = |data| wire::Heads { heads: Some(wire::Packed { dictionary: 0, data }), ..wire::Heads::default() };
    let refuse = |code: &str| Body::Refuse(wire::Refuse { code: code.to_owned(), message: String::new() });
    let hello = |host: String| Body::Hello(wire::Hello { host, ..wire::Hello::default() });
    for (what, body, code) in [
        ("a dictionary of the future", wanted(9, vec![1]), "GK-LINK-025"),
        ("too long as packed", wanted(0, vec![0; limits::PACKED_BYTES_MAX + 1]), "GK-LINK-026"),
        ("no zstd", wanted(codec::DICTIONARY, b"what?".to_vec()), "GK-LINK-028"),
        ("cut short", wanted(codec::DICTIONARY, squeezed(&[1; 999])[..12].to_vec()), "GK-LINK-028"),
        ("a member longer than the list", wanted(0, vec![200, 1]), "GK-LINK-021"),
        ("an unreadable header", wanted(0, header.encode_length_delimited_to_vec()), "GK-LINK-030"),
        ("too many tips", Body::Heads(heads(many_tips.encode_length_delimited_to_vec())), "GK-LINK-029"),
        ("a head without stream", Body::Heads(heads(vec![0])), "GK-LINK-023"),
        ("a batch without positions", Body::Batch(wire::Batch::default()), "GK-LINK-023"),
        ("a code with an escape", refuse("\u{1b}[2J"), "GK-LINK-024"),
        ("a host that fills a screen", hello("x".repeat(300)), "GK-LINK-024"),
        ("a hello of nobody", hello(String::new()), "GK-LINK-024"),
    ] {
        let error = decoded(body).expect_err(what);
        assert_eq!(error.code(), code, "{what}: {error}");
        assert!(!error.hint().is_empty());
    }
    assert_eq!(codec::from_bytes(&[]), Err(DecodeError::UnknownMessage));
    assert_eq!(codec::from_bytes(&[0xf2, 0x7f, 0]), Err(DecodeError::UnknownMessage));
    let bytes = limits::FRAME_BYTES_MAX + 1;
    assert_eq!(codec::from_bytes(&vec![0; bytes]), Err(DecodeError::FrameTooLong { bytes }));
}

#[test]
fn a_window_larger_than_any_list_is_refused() {
    let mut encoder = zstd::stream::write::Encoder::with_dictionary(Vec::new(), 3, codec::DICTIONARY_1).unwrap();
    encoder.window_log(27).unwrap();
    std::io::Write::write_all(&mut encoder, &[0; 9]).unwrap();
    let packed = encoder.finish().unwrap();
    assert_eq!(decoded(wanted(codec::DICTIONARY, packed)), Err(DecodeError::Damaged));
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = codec::from_bytes(&bytes);
        let _ = decoded(wanted(0, bytes.clone()));
        let _ = decoded(wanted(codec::DICTIONARY, squeezed(&bytes)));
    }

    #[test]
    fn damaged_frames_never_panic_and_never_pass_for_the_original(
        which in 0..15_usize, at in any::<prop::sample::Index>(), flip in 1..=255_u8, cut in any::<bool>(),
    ) {
        let message = every_message().swap_remove(which);
        let mut bytes = codec::to_bytes(&message).unwrap();
        prop_assume!(!bytes.is_empty());
        let at = at.index(bytes.len());
        if cut { bytes.truncate(at) } else { bytes[at] ^= flip }
        if let Ok(read) = codec::from_bytes(&bytes) {
            // Another message may come out, and it must be one that could have been sent.
            prop_assert_eq!(codec::from_bytes(&codec::to_bytes(&read).unwrap()).unwrap(), read);
        }
    }
}
