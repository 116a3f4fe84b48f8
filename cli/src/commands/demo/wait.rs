//! Waiting for a state, with a bound.
//!
//! Invariant: nothing here assumes how long anything takes; it asks again until the answer is there or time is up.

use std::time::{Duration, Instant};

use super::fault::DemoFault;
use crate::errors::Failure;

/// Between two questions: short against a person's patience, long against the cost of a question.
const BETWEEN: Duration = Duration::from_millis(20);

/// The longest wait for one state: seconds are usual, a busy machine gets ten times that.
pub(crate) const STATE_MAX: Duration = Duration::from_secs(45);

/// Asks until there is an answer. A refusal of the question itself is a fault at once.
pub(crate) async fn until<T>(
    what: &str,
    mut ask: impl AsyncFnMut() -> Result<Option<T>, Failure>,
) -> Result<T, Failure> {
    let since = Instant::now();
    loop {
        if let Some(found) = ask().await? {
            return Ok(found);
        }
        if since.elapsed() > STATE_MAX {
            return Err(DemoFault::NotReached { what: what.to_owned(), waited: STATE_MAX }.into());
        }
        tokio::time::sleep(BETWEEN).await;
    }
}
