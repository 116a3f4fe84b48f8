//! What drives that are lost, read twice, late, half or out of order bring about.

use std::collections::VecDeque;

use gongkai_journal::{Incarnation, Reach};
use gongkai_model::digest::Digest;

use super::office::{Office, check_equal, check_honest, offices, run, settle};
use crate::{
    bundle::{Extent, Reading},
    position::Position,
    session::{Event, Outcome, tests::node::id},
};

#[test]
fn two_offices_without_a_network_hold_the_same_after_one_drive_each_way() {
    let (mut county, mut town) = offices();
    let up = town.export("k", Extent::News);
    assert!(up.recorded.is_full && up.entries() == 12);
    county.import("t", &up);
    let down = county.export("t", Extent::News);
    assert_eq!(down.entries(), 24, "what came from the town goes back by name");
    town.import("k", &down);
    check_equal(&county, &town);
    assert_eq!(
        town.node.acked,
        Some(town.node.at(24, &id("k"))),
        "the acknowledgement came back with the county's drive"
    );
    assert!(town.ledger.made[0].acked_at_ms.is_some());
    assert!(town.ledger.made[0].arrived_at_ms.is_some(), "and so did the receipt for the drive");
}

#[test]
fn a_bundle_begins_where_the_listener_acknowledged_and_not_where_the_last_one_ended() {
    let (mut county, mut town) = offices();
    settle(&mut county, &mut town);
    town.write("t", Reach::Path, "first");
    let lost = town.export("k", Extent::News);
    town.write("t", Reach::Path, "second");
    let second = town.export("k", Extent::News);
    assert_eq!((lost.entries(), second.entries()), (1, 2), "the lost drive's entry is in the next");
    county.import("t", &second);
    assert_eq!(county.ledger.missing_numbers(), vec![lost.mark.number]);
    let down = county.export("t", Extent::News);
    town.import("k", &down);
    check_equal(&county, &town);
    assert_eq!(town.export("k", Extent::News).entries(), 0, "acknowledged: overlapping bundles shrink");
}

#[test]
fn without_a_way_back_a_row_of_drives_moves_the_position_drive_by_drive() {
    let (mut county, mut town) = offices();
    for number in 0..5 {
        town.write("t", Reach::Path, &format!("one way {number}"));
        let drive = town.export("k", Extent::News);
        county.import("t", &drive);
        assert_eq!(county.node.position.as_ref(), Some(&drive.recorded.to), "after drive {number}");
    }
    assert!(town.node.acked.is_none());
    check_honest(&county, &town);
}

#[test]
fn reading_twice_out_of_order_or_half_changes_nothing_in_the_end() {
    let (mut county, mut town) = offices();
    let mut drives = vec![town.export("k", Extent::News)];
    for number in 0..3 {
        town.write("t", Reach::Path, &format!("later {number}"));
        drives.push(town.export("k", Extent::News));
    }
    for cut in 0..drives[3].messages.len() {
        county.import_part("t", &drives[3], cut);
        check_honest(&county, &town);
    }
    for index in [2, 0, 3, 1, 3, 0] {
        county.import("t", &drives[index]);
        check_honest(&county, &town);
    }
    assert_eq!(county.node.position.as_ref(), Some(&drives[3].recorded.to), "an older drive moves nothing back");
    settle(&mut county, &mut town);
    check_equal(&county, &town);
}

#[test]
fn an_old_drive_of_a_lost_history_brings_entries_and_moves_no_position() {
    let (mut county, mut town) = offices();
    settle(&mut county, &mut town);
    let before = town.clone();
    town.write("t", Reach::Path, "of the history that will be lost");
    let old = town.export("k", Extent::News);
    // The town's machine is set back; it works on, and the county hears of that first.
    let clock_ms = town.clock_ms;
    town = before;
    town.clock_ms = clock_ms;
    town.node.incarnation = Incarnation::from_bytes([9; 16]);
    town.write("t", Reach::Path, "instead");
    town.write("t", Reach::Path, "and more");
    let fresh = town.export("k", Extent::News);
    county.import("t", &fresh);
    let stands = county.node.position.clone();
    county.import("t", &old);
    assert_eq!(county.node.position, stands, "the old drive did not move it");
    assert!(county.node.routed("t").len() > town.node.routed("k").len(), "its entry was taken all the same");
    settle(&mut county, &mut town);
    check_equal(&county, &town);
}

#[test]
fn a_listener_that_was_set_back_is_not_led_over_what_it_lost() {
    let (mut county, mut town) = offices();
    let first = town.export("k", Extent::News);
    county.import("t", &first);
    let before = county.clone();
    town.write("t", Reach::Path, "the county will lose this");
    settle(&mut county, &mut town);
    county = before;
    assert_eq!(county.node.position.as_ref(), Some(&first.recorded.to), "at the end of an earlier bundle");
    town.write("t", Reach::Path, "fresh");
    let fresh = town.export("k", Extent::News);
    assert!(fresh.recorded.from.offset > first.recorded.to.offset);
    for cut in 0..fresh.messages.len() {
        county.import_part("t", &fresh, cut);
        check_honest(&county, &town);
    }
    settle(&mut county, &mut town);
    check_equal(&county, &town);
}

#[test]
fn a_speaker_that_was_set_back_finds_the_listener_again_by_the_place_that_it_named() {
    let (mut county, mut town) = offices();
    let before = town.clone();
    settle(&mut county, &mut town);
    town.write("t", Reach::Path, "lost with the machine");
    let drive = town.export("k", Extent::News);
    county.import("t", &drive);
    let clock_ms = town.clock_ms;
    town = before;
    town.clock_ms = clock_ms;
    settle(&mut county, &mut town);
    check_equal(&county, &town);
    let end = town.node.at(town.node.feed.len(), &id("k"));
    assert_eq!(county.node.position.as_ref(), Some(&end), "and its position is one of the town's feed as it is");
}

/// The place that the listener named lies in the told part by its number, and what lies before that part is another
/// history there.
#[test]
fn no_part_leads_on_from_a_place_of_a_lost_history() {
    let (mut county, mut town) = offices();
    settle(&mut county, &mut town);
    let before = town.clone();
    for number in 0..6 {
        town.write("t", Reach::Path, &format!("lost {number}"));
    }
    settle(&mut county, &mut town);
    let stood = county.clone();
    // The town's machine is set back and works on; it hears where the county stands, and meets it in a session then.
    let clock_ms = town.clock_ms;
    town = before;
    (town.clock_ms, town.node.incarnation) = (clock_ms, Incarnation::from_bytes([9; 16]));
    for number in 0..3 {
        town.write("t", Reach::Subtree, &format!("instead {number}"));
    }
    let down = county.export("t", Extent::News);
    town.import("k", &down);
    town.node.acked = Some(town.node.at(town.node.feed.len(), &id("k")));
    for number in 0..9 {
        town.write("t", Reach::Path, &format!("later {number}"));
    }
    // The county's machine is set back to where it stood before.
    county = stood;
    let news = town.export("k", Extent::News);
    for cut in 0..news.messages.len() {
        let mut read = county.clone();
        read.import_part("t", &news, cut);
        check_honest(&read, &town);
    }
    settle(&mut county, &mut town);
    check_equal(&county, &town);
}

#[test]
fn a_listener_that_lost_everything_gets_everything() {
    let (mut county, mut town) = offices();
    settle(&mut county, &mut town);
    let mut rebuilt = Office::new("t", 7);
    rebuilt.node.feed_id = Incarnation::from_bytes([77; 16]);
    rebuilt.clock_ms = town.clock_ms;
    let down = county.export("t", Extent::News);
    assert_eq!(down.entries(), 0, "the county cannot know yet");
    rebuilt.import("k", &down);
    assert!(!rebuilt.node.wants.is_empty(), "the heads show what is lacking");
    settle(&mut county, &mut rebuilt);
    check_equal(&county, &rebuilt);
}

#[test]
fn a_route_that_changed_is_told_from_the_beginning() {
    let (mut county, mut town) = offices();
    settle(&mut county, &mut town);
    let other = Digest::of_file(b"another tree");
    let acked = county.node.acked.clone().expect("settled");
    county.node.acked = Some(Position { epoch: other, ..acked.clone() });
    town.node.position = Some(Position { epoch: other, ..town.node.position.clone().expect("settled") });
    let down = county.export("t", Extent::News);
    assert!(down.recorded.is_full);
    town.import("k", &down);
    assert_eq!(town.node.position.as_ref(), Some(&down.recorded.to), "from the old route's place to the new one's");
}

#[test]
fn a_copy_another_name_and_a_strange_order_are_refused_and_bring_nothing() {
    let (county, mut town) = offices();
    let drive = town.export("k", Extent::News);
    let mut copy = county.clone();
    copy.node.feed_id = town.node.feed_id;
    let mut headless = drive.clone();
    headless.messages.remove(0);
    for (office, peer, drive, code) in [
        (copy, "t", &drive, "GK-SYNC-004"),
        (county.clone(), "c", &drive, "GK-SYNC-002"),
        (county, "t", &headless, "GK-SYNC-001"),
    ] {
        let mut office = office;
        let before = office.node.feed.len();
        let mut machine = Reading::new(office.facts(peer), true);
        let mut outcome = None;
        for message in drive.messages.clone() {
            let event = VecDeque::from([Event::Received(message)]);
            let (_, ended) = run(&mut office.node, peer, event, |event| machine.step(event));
            outcome = outcome.or(ended);
        }
        assert!(matches!(outcome, Some(Outcome::Refusing(refusal)) if refusal.code == code), "{code}");
        assert_eq!(office.node.feed.len(), before);
    }
}
