//! Another child of the attacked node, honest: how long it waits for its news to be committed, and to be let in.

use std::time::{Duration, Instant};

use anyhow::Result;
use gongkai_journal::{Lane, Reach};

use crate::thief::{Talk, Thief};

/// A kind that no version has: stored, relayed, and folded by nobody.
const NEWS: &str = "of.a.later.version";

/// What is timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// From an entry said to its acknowledgement, in a session that stands.
    News,
    /// From the first packet of a connection to the node's hello.
    Knock,
}

/// The child.
pub(crate) struct Bystander {
    me: Thief,
    talk: Option<Talk>,
    act: Act,
}

impl Bystander {
    pub(crate) fn new(me: Thief, act: Act) -> Self {
        Self { me, talk: None, act }
    }

    /// Does it once.
    pub(crate) async fn act(&mut self) -> Result<Duration> {
        match self.act {
            Act::Knock => {
                let begun = Instant::now();
                self.me.greet().await?;
                Ok(begun.elapsed())
            }
            Act::News => self.tell().await,
        }
    }

    async fn tell(&mut self) -> Result<Duration> {
        let talk = match &mut self.talk {
            Some(talk) => talk,
            none => none.insert(self.me.greet().await?),
        };
        let me = self.me.me.to_string();
        let stream = self.me.stream(&me, Reach::Path, Lane::Work);
        let entry = self.me.write(&stream, NEWS, b"news".to_vec());
        let begun = Instant::now();
        talk.say(&self.me.news(vec![entry])).await?;
        talk.acknowledged().await?;
        Ok(begun.elapsed())
    }
}
