//! What one end holds and routes, the other holds at the end, whatever breaks in between.

use std::{
    collections::{BTreeSet, VecDeque},
    ops::Range,
};

use gongkai_journal::{Author, Incarnation, Lane, Reach, StreamKey};
use gongkai_model::digest::Digest;

use super::{
    node::{Node, id},
    talk::{End, talk},
};
use crate::{
    message::Message,
    position::Position,
    session::{Event, Outcome},
    want::{Head, Tip},
};

fn check_equal(one: &Node, two: &Node) {
    let (here, there) = (one.routed(two.name), two.routed(one.name));
    let apart: Vec<_> = here.symmetric_difference(&there).collect();
    assert!(apart.is_empty(), "{apart:?} of {} and {}", here.len(), there.len());
    assert_eq!((one.wants.len(), two.wants.len()), (0, 0), "{:?} {:?}", one.wants, two.wants);
}

fn filled() -> (Node, Node) {
    let (mut parent, mut child) = (Node::new("k", 1), Node::new("t", 2));
    for number in 0..20 {
        child.write("t", Reach::Path, &format!("draft {number}"));
        child.write("t", Reach::SelfOnly, &format!("save {number}"));
        parent.write("t", Reach::Path, &format!("decision {number}"));
        parent.write("k", Reach::Path, &format!("not yours {number}"));
        parent.write("k", Reach::Subtree, &format!("edition {number}"));
    }
    (parent, child)
}

#[test]
fn first_contact_brings_each_side_what_is_routed_to_it() {
    let (mut parent, mut child) = filled();
    let outcomes = talk(&mut child, &mut parent, usize::MAX);
    assert_eq!(outcomes, (Some(Outcome::Complete), Some(Outcome::Complete)));
    check_equal(&parent, &child);
    assert_eq!((parent.feed.len(), child.feed.len()), (80, 80));
}

#[test]
fn a_session_cut_after_any_message_is_finished_by_the_next() {
    for cut in 1..80 {
        let (mut parent, mut child) = filled();
        talk(&mut child, &mut parent, cut);
        child.write("t", Reach::Path, "written while cut off");
        let outcomes = talk(&mut child, &mut parent, usize::MAX);
        assert_eq!(outcomes.0, Some(Outcome::Complete), "cut after {cut}");
        check_equal(&parent, &child);
    }
}

#[test]
fn an_act_that_crosses_the_peers_leaving_is_told_from_a_break() {
    let (mut parent, mut child) = filled();
    talk(&mut child, &mut parent, usize::MAX);
    let positions = [&child, &parent].map(|node| Event::Opened { position: node.position.clone() });
    let [opened, answered] = positions;
    let (mut below, mut above) = (End::new(&mut child, "k"), End::new(&mut parent, "t"));
    above.inbox.extend(below.run(opened));
    below.inbox.extend(above.run(answered));
    while above.outcome.is_none() {
        // The child reads only when the parent waits for it: the parent's last word stays unread.
        match above.inbox.pop_front() {
            Some(heard) => below.inbox.extend(above.run(Event::Received(heard))),
            None => {
                above.inbox.extend(below.inbox.pop_front().into_iter().flat_map(|it| below.run(Event::Received(it))))
            }
        }
    }
    assert_eq!(above.outcome, Some(Outcome::Complete));
    // Something is written before the child has read that the parent is done.
    below.node.write("t", Reach::Path, "crossing");
    below.run(Event::FeedAdvanced);
    while let Some(heard) = below.inbox.pop_front() {
        below.run(Event::Received(heard));
    }
    below.run(Event::Closed);
    assert_eq!(below.outcome, Some(Outcome::Overtaken));
    let outcomes = talk(&mut child, &mut parent, usize::MAX);
    assert_eq!(outcomes, (Some(Outcome::Complete), Some(Outcome::Complete)));
    check_equal(&parent, &child);
}

#[test]
fn an_idle_session_costs_the_same_however_much_is_stored() {
    let (mut parent, mut child) = filled();
    talk(&mut child, &mut parent, usize::MAX);
    for size in [0, 60] {
        for number in 0..size {
            child.write("t", Reach::Path, &format!("more {number}"));
        }
        talk(&mut child, &mut parent, usize::MAX);
        talk(&mut child, &mut parent, usize::MAX);
        let position = child.position.clone();
        let mut end = End::new(&mut child, "k");
        assert_eq!(end.run(Event::Opened { position }).len(), 1);
        assert!(talk(&mut child, &mut parent, 7).0.is_some(), "hello, echo of names and done, on both sides");
    }
}

#[test]
fn a_rewound_node_gets_back_what_it_had_sent_and_what_it_had_received() {
    let (mut parent, mut child) = filled();
    talk(&mut child, &mut parent, usize::MAX);
    let (old_parent, old_child) = (parent.clone(), child.clone());
    child.write("t", Reach::Path, "lost in the child's rewind");
    parent.write("t", Reach::Path, "lost in the parent's rewind");
    talk(&mut child, &mut parent, usize::MAX);
    let mut rewound = old_child;
    talk(&mut rewound, &mut parent, usize::MAX);
    check_equal(&parent, &rewound);
    let mut rewound = old_parent;
    rewound.write("k", Reach::Subtree, "new work, so that the feed is as long as before");
    rewound.write("k", Reach::Subtree, "and longer");
    talk(&mut child, &mut rewound, usize::MAX);
    check_equal(&rewound, &child);
    assert_eq!(child.routed("k").len(), 63 - 1 + 2);
}

#[test]
fn both_branches_of_a_fork_are_kept_and_relayed() {
    let (mut parent, mut child) = filled();
    talk(&mut child, &mut parent, usize::MAX);
    let snapshot = child.clone();
    child.write("t", Reach::Path, "branch one");
    talk(&mut child, &mut parent, usize::MAX);
    let mut child = snapshot;
    child.write("t", Reach::Path, "branch two");
    talk(&mut child, &mut parent, usize::MAX);
    check_equal(&parent, &child);
    let stream = parent
        .feed
        .iter()
        .find(|(e, _)| e.header.stream.author.division == id("t"))
        .map(|(e, _)| e.header.stream.clone());
    assert_eq!(stream.map(|stream| parent.tips(&stream).len()), Some(2));
}

#[test]
fn a_branch_comes_over_whatever_lies_between_the_nearest_sample_and_the_fork() {
    for length in [1, 2, 3, 6, 11, 17, 30, 39] {
        let (mut parent, mut child) = (Node::new("k", 1), Node::new("t", 2));
        let write = |node: &mut Node, count: usize, mark: &str| {
            (0..count).for_each(|number| node.write("t", Reach::Path, &format!("{mark} {number}")));
        };
        write(&mut child, 40, "shared");
        talk(&mut child, &mut parent, usize::MAX);
        let mut reverted = Node::new("t", 2);
        reverted.feed = child.feed[..40 - length].to_vec();
        reverted.hashes = child.hashes[..=40 - length].to_vec();
        reverted.position = child.position;
        write(&mut reverted, length + 5, "again");
        let outcomes = talk(&mut reverted, &mut parent, usize::MAX);
        assert_eq!(outcomes, (Some(Outcome::Complete), Some(Outcome::Complete)), "forked {length} back");
        check_equal(&parent, &reverted);
    }
}

#[test]
fn an_end_that_wrote_because_of_what_it_took_sends_that_before_it_is_done() {
    let (mut parent, mut child) = filled();
    talk(&mut child, &mut parent, usize::MAX);
    child.write("t", Reach::Path, "one more");
    let outcomes = talk(&mut child, &mut parent, usize::MAX);
    assert_eq!(outcomes, (Some(Outcome::Complete), Some(Outcome::Complete)));
    assert_eq!(child.acked.as_ref(), Some(&child.at(child.feed.len(), &id("k"))));
    assert_eq!(parent.acked.as_ref(), Some(&parent.at(parent.feed.len(), &id("t"))), "its names came over as well");
}

/// A peer with more streams than there is room to want: they come in turns, and nothing is passed over.
#[test]
fn what_there_was_no_room_to_want_comes_when_the_rest_has_come() {
    for wants_max in [1, 2, 3, 5] {
        let (mut parent, mut child) = (Node::new("k", 1), Node::new("t", 2));
        for number in 0..4 {
            parent.incarnation = Incarnation::from_bytes([10 + number; 16]);
            parent.write("t", Reach::Path, "decision");
            parent.write("k", Reach::Subtree, "edition");
        }
        child.wants_max = wants_max;
        let outcomes = talk(&mut child, &mut parent, usize::MAX);
        assert_eq!(outcomes, (Some(Outcome::Complete), Some(Outcome::Complete)), "room for {wants_max}");
        check_equal(&parent, &child);
        assert_eq!(child.position, Some(parent.at(parent.feed.len(), &id("t"))), "it stands at the end");
    }
}

/// A peer that names what it cannot serve gets its share of asking, is asked once more what it has, and holds the session
/// up no longer; what it named is let go, and where it is believed to stand with it.
#[test]
fn a_peer_that_names_more_than_it_has_ends_its_session_and_leaves_nothing_behind() {
    let (mut parent, mut child) = (Node::new("k", 1), Node::new("t", 2));
    parent.write("t", Reach::Path, "decision");
    talk(&mut child, &mut parent, usize::MAX);
    child.wants_max = 3;
    let greeting = End::new(&mut parent, "t").run(Event::Opened { position: None }).remove(0);
    let position = child.position.clone();
    let mut end = End::new(&mut child, "k");
    end.run(Event::Opened { position });
    let mut heard = VecDeque::from(end.run(Event::Received(greeting)));
    let made_up = |number: u8| {
        let author = Author { division: id("k"), incarnation: Incarnation::from_bytes([number; 16]) };
        let stream = StreamKey::new(author, id("t"), Reach::Path, Lane::Work);
        Head { stream, tips: vec![Tip { seq: u64::MAX / 2, hash: Digest::of_file(&[number]) }] }
    };
    let place = Position { offset: 99, ..parent.at(1, &id("t")) };
    let page = |numbers: Range<u8>, position: Option<&Position>| Message::Heads {
        heads: numbers.map(made_up).collect(),
        position: position.cloned(),
        wants_answer: false,
    };
    let mut comparisons = 0;
    heard.extend(end.run(Event::Received(page(0..2, None))));
    heard.extend(end.run(Event::Received(page(2..9, Some(&place)))));
    while let Some(message) = heard.pop_front() {
        let answers = match message {
            Message::Want { request, .. } => vec![Message::Wanted { request, entries: Vec::new(), is_complete: false }],
            Message::Batch(batch) => vec![Message::Ack { position: batch.to, faults: Vec::new() }],
            Message::Heads { position: Some(position), wants_answer, .. } => {
                comparisons += usize::from(wants_answer);
                let ack = Message::Ack { position, faults: Vec::new() };
                [Some(ack), wants_answer.then(|| page(0..9, Some(&place)))].into_iter().flatten().collect()
            }
            _ => Vec::new(),
        };
        for answer in answers {
            heard.extend(end.run(Event::Received(answer)));
        }
    }
    assert_eq!(comparisons, 2, "it is not asked for ever");
    assert!(end.session.is_caught_up(), "nobody waits for what is not there");
    assert!(!end.session.has_compared_all(), "and nobody takes it for one that told all");
    assert_eq!((child.wants.len(), child.position), (0, None));
}

#[test]
fn a_forged_entry_stops_its_stream_and_no_other() {
    let (mut parent, mut child) = filled();
    let forged =
        child.feed.iter().position(|(e, _)| e.header.seq == 5 && e.header.reach() == Reach::Path).expect("there");
    child.feed[forged].0.signature[0] ^= 1;
    let outcomes = talk(&mut child, &mut parent, usize::MAX);
    assert_eq!(outcomes.0, Some(Outcome::Complete));
    assert_eq!(parent.feed.iter().filter(|(e, _)| e.header.stream.author.division == id("t")).count(), 4);
    assert_eq!(child.feed.iter().filter(|(e, _)| e.header.stream.author.division == id("k")).count(), 40);
    let stopped: BTreeSet<&StreamKey> = parent.wants.iter().map(|want| &want.stream).collect();
    assert_eq!(stopped.len(), 1, "the rest of the stream stays wanted");
}

#[test]
fn a_peer_with_another_name_and_a_copy_of_the_database_are_refused() {
    let (mut parent, mut child) = filled();
    let greeting = End::new(&mut parent, "t").run(Event::Opened { position: None }).remove(0);
    let mut end = End::new(&mut child, "c");
    end.run(Event::Received(greeting));
    assert!(matches!(end.outcome, Some(Outcome::Refusing(refusal)) if refusal.code == "GK-SYNC-002"));
    let (mut parent, mut child) = filled();
    parent.feed_id = child.feed_id;
    let (one, _) = talk(&mut child, &mut parent, usize::MAX);
    assert!(matches!(one, Some(Outcome::Refusing(refusal)) if refusal.code == "GK-SYNC-004"));
}
