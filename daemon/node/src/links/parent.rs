//! The link to the level above: when to dial, and what follows from how it went.
//!
//! Invariant: the one place that decides on dialling; delays are the engine's (`sync::retry`, `sync::plan`).
//! What a person must cure is probed once a day; `sync now` always tries at once, also outside a window.

use std::time::Duration;

use gongkai_app::{Chance as _, SystemChance};
use gongkai_link::grpc::{self, Dial, Duplex};
use gongkai_model::id::DivisionId;
use gongkai_pki::tls;
use gongkai_store::PeerRole;
use gongkai_sync::{
    plan::Plan,
    retry::{Class, Retry},
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{
    Contact, LinkState, Renewal, Shared,
    driver::{Ended, Held, hold},
};
use crate::{
    Error, Told,
    config::{ConfigError, Mode},
};

/// Longest sleep before the clock is looked at again: it may have been set.
const SLEEP_MAX: Duration = Duration::from_secs(60);
/// The parent's refusal of a certificate that a revoked key had issued.
const ISSUER_REVOKED: &str = "GK-PKI-049";
/// A clock that runs back by less is only being corrected.
const CLOCK_BACK_MS: i64 = 2_000;
/// Where the last run that ended well is kept.
const LAST_RUN: &str = "link.last_run_ms";

/// The link to the parent.
pub(crate) struct Parent {
    shared: Shared,
    division: DivisionId,
    mode: Mode,
    plan: Plan,
    retry: Retry,
}

impl Parent {
    /// The link of a node that has a parent.
    pub(crate) fn new(shared: Shared, division: DivisionId) -> Result<Self, ConfigError> {
        let plan = shared.config.plan(&shared.app.world().me)?;
        let mode = shared.config.parent.mode;
        Ok(Self { shared, division, mode, plan, retry: Retry::default() })
    }

    /// Dials until `stop`.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut asked = self.shared.board.asked(&self.division);
        let mut next = self.first_run().await;
        let mut has_renewed = false;
        loop {
            self.show_waiting(next.at_ms());
            let is_asked = tokio::select! {
                () = stop.cancelled() => return,
                _ = asked.changed() => true,
                waited = self.wait(next) => match waited {
                    Waited::Over => false,
                    Waited::ClockRanBack => {
                        next = self.first_run().await;
                        continue;
                    }
                },
            };
            let number = *asked.borrow_and_update();
            // A person may dial outside the window; what he began is not cut off at its end.
            let closes_ms = if is_asked { None } else { self.plan.windows.closes_ms(self.now_ms()) };
            let (ended, was_caught_up) = self.attempt(number, asked.clone(), &stop, closes_ms).await;
            if stop.is_cancelled() {
                return;
            }
            if was_caught_up || matches!(ended, Ended::Complete) {
                self.note_run().await;
            }
            let must_renew = matches!(&ended, Ended::Failed(told, _) if told.code == ISSUER_REVOKED);
            next = self.settle(number, ended, was_caught_up);
            // Once in a row: a parent that says so of every certificate is dialled like any other that refuses.
            has_renewed = must_renew && !has_renewed && self.renew().await;
            if has_renewed {
                next = Next::After { delay: Duration::ZERO, at_ms: self.now_ms() };
            }
        }
    }

    /// The certificate was issued under a key that was revoked since: its successor issues another.
    async fn renew(&self) -> bool {
        let addresses = self.shared.config.parent.address.all().to_vec();
        match Renewal::new(self.shared.clone(), addresses).renew().await {
            Ok(not_after_ms) => info!(not_after_ms, "the certificate was renewed"),
            Err(error) => {
                warn!(code = error.code(), %error, "the certificate cannot be renewed now");
                return false;
            }
        }
        true
    }

    fn now_ms(&self) -> i64 {
        self.shared.app.now_ms()
    }

    fn show_waiting(&self, next_ms: Option<i64>) {
        let state = if next_ms.is_some() { LinkState::Waiting } else { LinkState::Idle };
        self.shared.board.update(&self.division, |link| {
            link.next_run_ms = next_ms;
            if matches!(link.state, LinkState::Never | LinkState::Connecting) {
                link.state = state;
            }
        });
    }

    async fn first_run(&self) -> Next {
        let kept = self.shared.app.store().meta(LAST_RUN).await.unwrap_or_default();
        let last_ms = kept.and_then(|text| text.parse().ok());
        // A node of an earlier version kept no runs: its last contact is the next best.
        let heard_ms = self.shared.board.link(&self.division).and_then(|link| link.last_contact_ms);
        self.plan.first_ms(last_ms.or(heard_ms), self.now_ms()).map_or(Next::WhenAsked, Next::At)
    }

    async fn note_run(&self) {
        if let Err(error) = self.shared.app.store().put_meta(LAST_RUN, &self.now_ms().to_string()).await {
            warn!(%error, "cannot note a run of the link to the parent");
        }
    }

    /// Waits for the next attempt. A backoff is a span and no moment: it does not hang on the wall clock. A planned
    /// moment does: a clock that jumps ahead brings it on at once, one that runs back asks for a new plan.
    async fn wait(&self, next: Next) -> Waited {
        let at_ms = match next {
            Next::WhenAsked => return std::future::pending().await,
            Next::After { delay, .. } => {
                tokio::time::sleep(delay).await;
                return Waited::Over;
            }
            Next::At(at_ms) => at_ms,
        };
        let mut seen_ms = self.now_ms();
        loop {
            let now_ms = self.now_ms();
            match look(at_ms, seen_ms, now_ms) {
                Look::Over => return Waited::Over,
                Look::ClockRanBack => return Waited::ClockRanBack,
                Look::Sleep(span) => tokio::time::sleep(span).await,
            }
            seen_ms = now_ms;
        }
    }

    /// Dials and holds one session.
    async fn attempt(
        &self,
        answers: u64,
        asked: watch::Receiver<u64>,
        stop: &CancellationToken,
        closes_ms: Option<i64>,
    ) -> (Ended, bool) {
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
            stop: stop.child_token(),
            answers,
            asked,
        };
        let closing = held.stop.clone();
        let holding = hold(held);
        tokio::pin!(holding);
        let close = closes_ms.map_or(Next::WhenAsked, Next::At);
        tokio::select! {
            ended = &mut holding => ended,
            _ = self.wait(close) => {
                info!(peer = %self.division, "the window closes");
                closing.cancel();
                holding.await
            }
        }
    }

    /// Tries the addresses in turn; only one where the parent is not leads to the next. Where one could not be reached,
    /// that is the answer, also when a stranger was at another: the parent may be back there soon.
    async fn dial(&self) -> Result<Duplex, Error> {
        let mut last = Error::ParentUnknown { parent: self.division.clone() };
        let mut absent = None;
        for address in self.shared.config.parent.address.all() {
            match self.dial_at(address).await {
                Ok(duplex) => {
                    let (mode, schedule) = (self.mode.word(), self.schedule_text());
                    let address = Some(address.clone());
                    let contact =
                        Contact { peer: &duplex.peer, role: PeerRole::Parent, address, hello: None, mode, schedule };
                    self.shared.note_contact(contact).await?;
                    return Ok(duplex);
                }
                Err(Error::Link(error)) if error.is_elsewhere() => match error.class() {
                    Class::Transient => absent = Some(error),
                    Class::Permanent => last = error.into(),
                },
                Err(error) => return Err(error),
            }
        }
        Err(absent.map_or(last, Error::from))
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
        Ok(grpc::open_tuned(&dial, &self.shared.config.tuning(), identify).await?)
    }

    fn schedule_text(&self) -> Option<String> {
        (self.mode == Mode::Schedule).then(|| self.shared.config.parent.schedule.clone())
    }

    fn settle(&mut self, answers: u64, ended: Ended, was_caught_up: bool) -> Next {
        let now_ms = self.now_ms();
        if was_caught_up {
            self.retry.reset();
        }
        match ended {
            Ended::AskedAgain => Next::After { delay: Duration::ZERO, at_ms: now_ms },
            // Stopped: its window has closed. A live link's parent has stopped in order; it will be back.
            Ended::Complete | Ended::Stopped => {
                self.shared.board.answer(&self.division, answers, None);
                self.shared.board.update(&self.division, |link| link.state = LinkState::Idle);
                let delay_ms = if self.mode == Mode::Live { self.delay_ms(Class::Transient) } else { 0 };
                self.next(self.plan.after_done_ms(now_ms, delay_ms), now_ms, delay_ms)
            }
            Ended::Failed(told, class) => self.failed(answers, told, class, now_ms),
        }
    }

    /// A moment that is the retry policy's own is waited for as a span.
    fn next(&self, at_ms: Option<i64>, now_ms: i64, delay_ms: i64) -> Next {
        match at_ms {
            None => Next::WhenAsked,
            Some(at_ms) if at_ms == now_ms.saturating_add(delay_ms) => {
                let delay = Duration::from_millis(u64::try_from(delay_ms).unwrap_or(0));
                Next::After { delay, at_ms }
            }
            Some(at_ms) => Next::At(at_ms),
        }
    }

    fn failed(&mut self, answers: u64, told: Told, class: Class, now_ms: i64) -> Next {
        let delay_ms = self.delay_ms(class);
        let next = self.next(self.plan.after_failure_ms(class, now_ms, delay_ms), now_ms, delay_ms);
        let (peer, code, message, next_ms) = (&self.division, &told.code, &told.message, next.at_ms());
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
        next
    }

    fn delay_ms(&mut self, class: Class) -> i64 {
        let [a, b, c, d, ..] = SystemChance.bytes();
        let chance = f64::from(u32::from_be_bytes([a, b, c, d])) / f64::from(u32::MAX);
        i64::try_from(self.retry.next_delay_ms(class, chance)).unwrap_or(i64::MAX)
    }
}

/// When to dial again.
#[derive(Clone, Copy, Debug)]
enum Next {
    /// Only when asked.
    WhenAsked,
    /// At a moment of the wall clock.
    At(i64),
    /// After a span; `at_ms` is for show.
    After { delay: Duration, at_ms: i64 },
}

impl Next {
    fn at_ms(self) -> Option<i64> {
        match self {
            Self::WhenAsked => None,
            Self::At(at_ms) | Self::After { at_ms, .. } => Some(at_ms),
        }
    }
}

/// How a wait ended.
enum Waited {
    Over,
    ClockRanBack,
}

/// What the wall clock says of a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    Over,
    ClockRanBack,
    Sleep(Duration),
}

fn look(at_ms: i64, seen_ms: i64, now_ms: i64) -> Look {
    if now_ms.saturating_add(CLOCK_BACK_MS) < seen_ms {
        return Look::ClockRanBack;
    }
    match u64::try_from(at_ms.saturating_sub(now_ms)) {
        Ok(left_ms @ 1..) => Look::Sleep(Duration::from_millis(left_ms).min(SLEEP_MAX)),
        Ok(0) | Err(_) => Look::Over,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_jumps_neither_sleeps_on_nor_skips_a_run() {
        let (noon, hour, day) = (1_772_424_000_000, 3_600_000, 86_400_000);
        assert_eq!(look(noon + hour, noon, noon), Look::Sleep(SLEEP_MAX), "looked at again within a minute");
        assert_eq!(look(noon + 10, noon, noon), Look::Sleep(Duration::from_millis(10)));
        assert_eq!(look(noon + hour, noon, noon + day), Look::Over, "set ahead: the run is caught up");
        assert_eq!(look(noon + hour, noon, noon - day), Look::ClockRanBack, "set back: planned anew");
        assert_eq!(look(noon + hour, noon, noon - 1_000), Look::Sleep(SLEEP_MAX), "a correction is no jump");
        assert_eq!(look(i64::MIN, noon, noon), Look::Over);
    }
}
