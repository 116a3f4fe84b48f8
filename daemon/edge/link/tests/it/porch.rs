//! Who waits at a port, who has a place behind it, and what is said of both in the log.
//!
//! Invariant: nothing here opens a socket: these are the rules, `crowds` has the port.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use futures::FutureExt as _;
use gongkai_link::{
    LeftOut, Sparing,
    grpc::{Calls, Lobby, LobbySize, Place, Places, PlacesSize, Source, Visitor},
};

const SIZE: LobbySize = LobbySize { most: 8, silent: 4, turns: 2 };

fn source(last: u8) -> Source {
    Source::of(&SocketAddr::from(([127, 0, 0, last], 9)))
}

fn is_out(visitor: &Visitor) -> bool {
    visitor.shown_out().now_or_never().is_some()
}

#[test]
fn hosts_of_one_network_are_one_source() {
    let of = |text: &str| Source::of(&text.parse().unwrap());
    assert_eq!(of("[2001:db8::1]:1"), of("[2001:db8::ffff:2]:7"));
    assert_ne!(of("[2001:db8::1]:1"), of("[2001:db8:0:1::1]:1"));
    assert_eq!(of("[::ffff:192.0.2.1]:1"), of("192.0.2.1:2"));
    assert_ne!(of("192.0.2.1:1"), of("192.0.2.2:1"));
}

#[test]
fn whoever_is_silent_crowds_out_its_own_oldest() {
    let lobby = Lobby::new(SIZE);
    let mut silent: Vec<Visitor> = (0..4).map(|_| lobby.enter(source(2)).unwrap()).collect();
    let other = lobby.enter(source(3)).unwrap();
    silent.push(lobby.enter(source(2)).unwrap());
    let out: Vec<bool> = silent.iter().map(is_out).collect();
    assert_eq!(out, [true, false, false, false, false]);
    assert!(!is_out(&other));
}

#[tokio::test]
async fn a_handshake_that_has_begun_is_dropped_for_nobody_and_the_rest_wait() {
    let lobby = Lobby::new(SIZE);
    let mut shaking: Vec<Visitor> = (0..8).map(|_| lobby.enter(source(2))).map_while(|it| it).collect();
    assert_eq!(shaking.len(), 8, "only the silent ones are limited beyond the house");
    shaking.drain(..).for_each(drop);
    for _ in 0..2 {
        let mut visitor = lobby.enter(source(2)).unwrap();
        visitor.take_turn().await;
        shaking.push(visitor);
    }
    let mut waiting = Vec::new();
    for _ in 0..6 {
        let mut visitor = lobby.enter(source(2)).unwrap();
        assert!(visitor.take_turn().now_or_never().is_none(), "it waits for its turn");
        waiting.push(visitor);
    }
    assert!(lobby.enter(source(2)).is_none(), "the house is full of its own");
    let stranger = lobby.enter(source(3)).unwrap();
    assert!(is_out(waiting.last().unwrap()) && !waiting.iter().take(5).any(is_out), "the last to wait gives way");
    assert!(!shaking.iter().any(is_out) && !is_out(&stranger));
    drop(shaking.pop());
    assert!(waiting.first_mut().unwrap().take_turn().now_or_never().is_some());
}

fn places(most: usize, each: usize, idle: Duration) -> Places<&'static str> {
    Places::new(PlacesSize { most, each, idle })
}

fn is_cut(place: &Place<&'static str>) -> bool {
    place.is_cut()
}

#[test]
fn one_holder_gives_up_its_own_oldest_and_nobody_elses() {
    let places = places(10, 2, Duration::ZERO);
    let take = |holder| places.take(&holder, &Calls::default()).unwrap();
    let (other, first, second) = (take("b"), take("a"), take("a"));
    let third = take("a");
    assert!(is_cut(&first) && !is_cut(&second) && !is_cut(&third) && !is_cut(&other));
}

#[test]
fn in_a_full_house_whoever_holds_most_gives_one_up_and_one_each_is_kept() {
    let places = places(4, 3, Duration::ZERO);
    let take = |holder| places.take(&holder, &Calls::default());
    let mut held: Vec<_> = ["a", "a", "a", "b"].into_iter().map(|holder| take(holder).unwrap()).collect();
    held.push(take("c").unwrap());
    assert!(is_cut(&held[0]));
    held.push(take("d").unwrap());
    assert!(is_cut(&held[1]) && !is_cut(&held[2]) && !is_cut(&held[3]));
    assert!(take("e").is_none(), "four holders have one each");
    held.truncate(0);
    assert!(take("e").is_some());
}

#[test]
fn a_call_that_is_being_answered_is_not_cut_off_for_a_stranger() {
    let places = places(2, 2, Duration::from_nanos(1));
    let (calls, none) = (Calls::default(), Calls::default());
    let (busy, idle) = (places.take(&"a", &calls).unwrap(), places.take(&"a", &none).unwrap());
    let call = calls.begin();
    std::hint::black_box(&idle);
    let next = places.take(&"a", &calls);
    assert!(next.is_some() && is_cut(&idle) && !is_cut(&busy));
    assert!(places.take(&"a", &none).is_none(), "all are being answered");
    drop(call);
    assert!(places.take(&"a", &none).is_some() && is_cut(&busy));
}

/// How long a line is counted with those before it.
const SPAN: Duration = Duration::from_secs(60);

#[test]
fn a_flood_writes_a_few_lines_and_a_count() {
    let (sparing, begun) = (Sparing::default(), Instant::now());
    let says = |peer: &str, at| sparing.says_at("join refused", peer.to_owned(), at);
    let written = (0..11_700).filter(|_| says("192.0.2.1", begun).is_some()).count();
    assert_eq!(written, 5);
    assert_eq!(says("192.0.2.2", begun), Some(0), "another one is still heard");
    assert_eq!(says("192.0.2.1", begun + SPAN), Some(11_695));
    assert_eq!(says("192.0.2.1", begun + SPAN), Some(0));
}

#[test]
fn what_was_left_out_is_told_though_nothing_follows() {
    let (sparing, begun) = (Sparing::default(), Instant::now());
    for _ in 0..9 {
        sparing.says_at("join refused", "192.0.2.1".to_owned(), begun);
    }
    assert_eq!(sparing.left_out_at(begun), []);
    let told = LeftOut { kind: "join refused", peer: "192.0.2.1".to_owned(), count: 4 };
    assert_eq!(sparing.left_out_at(begun + SPAN), [told]);
    assert_eq!(sparing.left_out_at(begun + SPAN), []);
}

#[test]
fn memory_is_bounded_and_a_newcomer_beyond_it_is_counted_with_the_others() {
    let (sparing, begun) = (Sparing::default(), Instant::now());
    for peer in 0..3 * 1_024 {
        sparing.says_at("join refused", peer.to_string(), begun);
    }
    let others = sparing.left_out_at(begun + SPAN);
    assert_eq!(others.len(), 1, "{others:?}");
    assert_eq!(others.iter().map(|it| it.count).sum::<u64>(), 2 * 1_024 - 5);
}
