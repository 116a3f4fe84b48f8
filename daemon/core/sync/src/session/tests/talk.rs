//! Two machines that talk: messages go to and fro until nothing is left to say, or the link breaks.

use std::collections::VecDeque;

use super::node::{Node, id};
use crate::{
    message::Message,
    session::{Effect, Event, Facts, Outcome, Session},
};

pub(super) struct End<'a> {
    pub(super) node: &'a mut Node,
    pub(super) session: Session,
    pub(super) inbox: VecDeque<Message>,
    pub(super) outcome: Option<Outcome>,
    said: usize,
}

impl<'a> End<'a> {
    pub(super) fn new(node: &'a mut Node, peer: &str) -> Self {
        let facts = Facts {
            division: id(node.name),
            incarnation: node.incarnation,
            feed_id: node.feed_id,
            daemon_id: node.feed_id,
            host: node.name.to_owned(),
            peer: id(peer),
            is_live: false,
            introduction: Vec::new(),
        };
        Self { session: Session::new(facts), node, inbox: VecDeque::new(), outcome: None, said: 0 }
    }

    /// Steps until nothing is left to do; gives what goes to the peer.
    pub(super) fn run(&mut self, event: Event) -> Vec<Message> {
        let mut out = Vec::new();
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            for effect in self.session.step(event) {
                if let Effect::Finish(outcome) = &effect {
                    self.outcome = Some(outcome.clone());
                }
                let peer = self.session.facts.peer.clone();
                let (event, message) = self.node.carry_out(&peer, effect);
                events.extend(event);
                out.extend(message);
            }
        }
        self.said += out.len();
        out
    }
}

/// Runs a whole session, or until `cut` messages were said; gives both outcomes.
pub(crate) fn talk(one: &mut Node, two: &mut Node, cut: usize) -> (Option<Outcome>, Option<Outcome>) {
    let (name_one, name_two) = (one.name, two.name);
    let (position_one, position_two) = (one.position.clone(), two.position.clone());
    let mut one = End::new(one, name_two);
    let mut two = End::new(two, name_one);
    two.inbox.extend(one.run(Event::Opened { position: position_one }));
    one.inbox.extend(two.run(Event::Opened { position: position_two }));
    for _ in 0..100_000 {
        if one.said + two.said >= cut || (one.inbox.is_empty() && two.inbox.is_empty()) {
            break;
        }
        if let Some(message) = one.inbox.pop_front() {
            two.inbox.extend(one.run(Event::Received(message)));
        }
        if let Some(message) = two.inbox.pop_front() {
            one.inbox.extend(two.run(Event::Received(message)));
        }
    }
    (one.outcome, two.outcome)
}
