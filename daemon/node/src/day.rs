//! The change of the day: dated attributes of the tree begin to hold at midnight in China.
//!
//! Invariant: beliefs are folded again on the first look after a day has changed, also after a sleep of the machine.

use std::time::Duration;

use gongkai_app::App;
use gongkai_model::id::Day;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

/// How often the clock is looked at: dated changes are days apart, half a minute late is in time.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Watches the day until `stop`.
pub(crate) async fn watch(app: App, stop: CancellationToken) {
    while stop.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await.is_some() {
        let today = Day::in_china(app.now_ms());
        if app.world().today == today {
            continue;
        }
        match app.refresh_world().await {
            Ok(()) => info!(day = %today, "a new day began"),
            Err(failure) => error!(code = failure.code(), %failure, "cannot fold the trust entries for a new day"),
        }
    }
}
