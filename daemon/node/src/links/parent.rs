//! The link to the level above: when to dial, and what follows from how it went.
//!
//! Invariant: the one place that decides on dialling; delays are the engine's (`sync::retry`, `sync::schedule`).
//! What a person must cure is probed once a day; `sync now` always tries at once.

use std::time::Duration;

use gongkai_app::{Chance as _, SystemChance};
use gongkai_link::{
    LinkError,
    grpc::{self, Dial, Duplex},
};
use gongkai_model::id::DivisionId;
use gongkai_pki::tls;
use gongkai_store::PeerRole;
use gongkai_sync::{
    retry::{Class, Retry},
    schedule::Schedule,
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{
    Contact, LinkState, Shared,
    driver::{Ended, Held, hold},
};
use crate::{
    Error, Told,
    config::{Config, ConfigError, Mode},
};

/// Longest sleep before the clock is looked at again: it may have been set.
const SLEEP_MAX: Duration = Duration::from_secs(60);

/// The link to the parent.
pub(crate) struct Parent {
    shared: Shared,
    division: DivisionId,
    addresses: Vec<String>,
    mode: Mode,
    schedule: Option<Schedule>,
    schedule_text: Option<String>,
    retry: Retry,
}

impl Parent {
    /// The link of a node that has a parent.
    pub(crate) fn new(shared: Shared, division: DivisionId, config: &Config) -> Result<Self, ConfigError> {
        let is_scheduled = config.parent.mode == Mode::Schedule;
        Ok(Self {
            shared,
            division,
            addresses: config.parent.address.all().to_vec(),
            mode: config.parent.mode,
            schedule: if is_scheduled { Some(config.schedule()?) } else { None },
            schedule_text: is_scheduled.then(|| config.parent.schedule.clone()),
            retry: Retry::default(),
        })
    }

    /// Dials until `stop`.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut asked = self.shared.board.asked(&self.division);
        let mut next_ms = self.first_run_ms();
        loop {
            let state = if next_ms.is_some() { LinkState::Waiting } else { LinkState::Idle };
            self.shared.board.update(&self.division, |link| {
                link.next_run_ms = next_ms;
                if matches!(link.state, LinkState::Never | LinkState::Connecting) {
                    link.state = state;
                }
            });
            tokio::select! {
                () = stop.cancelled() => return,
                _ = asked.changed() => {}
                () = self.sleep_until(next_ms) => {}
            }
            let number = *asked.borrow_and_update();
            let (ended, was_caught_up) = self.attempt(number, asked.clone(), stop.clone()).await;
            next_ms = match self.settle(number, ended, was_caught_up) {
                Next::Stop => return,
                Next::At(next_ms) => next_ms,
            };
        }
    }

    fn first_run_ms(&self) -> Option<i64> {
        let now_ms = self.shared.app.now_ms();
        match (self.mode, &self.schedule) {
            (Mode::Live, _) => Some(now_ms),
            (Mode::Schedule, Some(schedule)) => {
                let last = self.shared.board.link(&self.division).and_then(|link| link.last_contact_ms);
                let is_due = last.is_none_or(|last| schedule.is_due(last, now_ms));
                if is_due { Some(now_ms) } else { schedule.next_after_ms(now_ms) }
            }
            (Mode::Schedule, None) | (Mode::Manual, _) => None,
        }
    }

    async fn sleep_until(&self, next_ms: Option<i64>) {
        let Some(next_ms) = next_ms else { return std::future::pending().await };
        loop {
            let left_ms = u64::try_from(next_ms.saturating_sub(self.shared.app.now_ms())).unwrap_or(0);
            if left_ms == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(left_ms).min(SLEEP_MAX)).await;
        }
    }

    /// Dials and holds one session.
    async fn attempt(&self, answers: u64, asked: watch::Receiver<u64>, stop: CancellationToken) -> (Ended, bool) {
        self.shared.board.update(&self.division, |link| {
            link.state = LinkState::Connecting;
            link.next_run_ms = None;
        });
        let dialled = tokio::select! {
            () = stop.cancelled() => return (Ended::Stopped, false),
            dialled = self.dial() => dialled,
        };
        let duplex = match dialled {
            Ok(duplex) => duplex,
            Err(Error::Link(error)) => return (Ended::Failed(Told::from(&error), error.class()), false),
            Err(error) => return (Ended::Failed(Told::from(&error), Class::Permanent), false),
        };
        let held = Held {
            shared: &self.shared,
            role: PeerRole::Parent,
            is_live: self.mode == Mode::Live,
            duplex,
            first: None,
            stop,
            answers,
            asked,
        };
        hold(held).await
    }

    /// Tries the addresses in turn; only one that cannot be reached leads to the next.
    async fn dial(&self) -> Result<Duplex, Error> {
        let mut last = Error::ParentUnknown { parent: self.division.clone() };
        for address in &self.addresses {
            match self.dial_at(address).await {
                Ok(duplex) => {
                    let (mode, schedule) = (self.mode.word(), self.schedule_text.clone());
                    let address = Some(address.clone());
                    let contact =
                        Contact { peer: &duplex.peer, role: PeerRole::Parent, address, hello: None, mode, schedule };
                    self.shared.note_contact(contact).await?;
                    return Ok(duplex);
                }
                Err(error @ Error::Link(LinkError::Unreachable { .. } | LinkError::TimedOut { .. })) => last = error,
                Err(error) => return Err(error),
            }
        }
        Err(last)
    }

    async fn dial_at(&self, address: &str) -> Result<Duplex, Error> {
        let credentials = self.shared.tls.credentials();
        let own = credentials.path();
        let above = own.get(..own.len().saturating_sub(1)).unwrap_or_default();
        let name = tls::server_name(above)?;
        let dial = Dial { address: address.to_owned(), name, tls: self.shared.tls.connector() };
        let identify = |certificates: &[rustls::pki_types::CertificateDer<'static>]| {
            let peer = self.shared.identify(certificates)?;
            peer.require_parent_of(own)?;
            Ok(peer)
        };
        Ok(grpc::open(&dial, identify).await?)
    }

    fn settle(&mut self, answers: u64, ended: Ended, was_caught_up: bool) -> Next {
        let now_ms = self.shared.app.now_ms();
        if was_caught_up {
            self.retry.reset();
        }
        match ended {
            Ended::Stopped => Next::Stop,
            Ended::AskedAgain => Next::At(Some(now_ms)),
            Ended::Complete => {
                self.shared.board.answer(&self.division, answers, None);
                let next_ms = match self.mode {
                    // The parent has stopped in order; it will be back.
                    Mode::Live => Some(now_ms.saturating_add(self.delay_ms(Class::Transient))),
                    Mode::Schedule | Mode::Manual => self.planned_after(now_ms),
                };
                self.shared.board.update(&self.division, |link| link.state = LinkState::Idle);
                Next::At(next_ms)
            }
            Ended::Failed(told, class) => Next::At(self.failed(answers, told, class, now_ms)),
        }
    }

    fn failed(&mut self, answers: u64, told: Told, class: Class, now_ms: i64) -> Option<i64> {
        let retry_ms = now_ms.saturating_add(self.delay_ms(class));
        let next_ms = match self.mode {
            Mode::Live => Some(retry_ms),
            Mode::Schedule => Some(self.planned_after(now_ms).map_or(retry_ms, |planned| planned.min(retry_ms))),
            Mode::Manual => None,
        };
        let (peer, code, message) = (&self.division, &told.code, &told.message);
        match class {
            Class::Transient => info!(%peer, code, message, next_ms, "no session with the parent"),
            Class::Permanent => warn!(%peer, code, message, next_ms, "no session with the parent until a person acts"),
        }
        self.shared.board.update(&self.division, |link| {
            link.state = match class {
                Class::Transient => LinkState::Unreachable,
                Class::Permanent => LinkState::Refused,
            };
            link.reason = Some(told.clone());
        });
        self.shared.board.answer(&self.division, answers, Some(told));
        next_ms
    }

    fn planned_after(&self, now_ms: i64) -> Option<i64> {
        self.schedule.as_ref().and_then(|schedule| schedule.next_after_ms(now_ms))
    }

    fn delay_ms(&mut self, class: Class) -> i64 {
        let [a, b, c, d, ..] = SystemChance.bytes();
        let chance = f64::from(u32::from_be_bytes([a, b, c, d])) / f64::from(u32::MAX);
        i64::try_from(self.retry.next_delay_ms(class, chance)).unwrap_or(i64::MAX)
    }
}

/// When to dial again.
enum Next {
    /// Not in this life.
    Stop,
    /// Then; `None`: only when asked.
    At(Option<i64>),
}
