//! Refusals for want of a role, kept in the journal of this node.
//!
//! Invariant: such an entry never leaves the node (reach self); the same refusal of the same person is written once
//! an hour, and in all no more than a bounded number an hour: a script in a loop must not fill the journal.
//! Left out: refusals by the rules of review, which concern the work and not the person.

use std::collections::BTreeMap;

use gongkai_journal::{
    kind::Kind,
    payload::{self, Refused},
};
use gongkai_store::Draft;

use crate::{App, Operator, Result};

/// How long the same refusal is not written again: an auditor wants to know that it happened, not how often.
const AGAIN_MS: i64 = 60 * 60 * 1_000;
/// Different refusals kept within that time: more is somebody trying names.
const LATELY_MAX: usize = 200;
/// Longest text kept of what the caller says, in characters.
const TEXT_CHARS_MAX: usize = 120;

/// Codes that say: this person may not.
const PERSONAL: [&str; 11] = [
    "GK-APP-002",
    "GK-APP-013",
    "GK-APP-015",
    "GK-APP-016",
    "GK-APP-018",
    "GK-NODE-003",
    "GK-NODE-004",
    "GK-NODE-030",
    "GK-REVIEW-013",
    "GK-REVIEW-014",
    "GK-REVIEW-015",
];

/// When each refusal was written last: by caller, action and code.
pub(crate) type Lately = BTreeMap<(String, String, String), i64>;

impl App {
    /// Whether a refusal is about the person who asked, and belongs into the journal.
    pub fn is_personal_refusal(code: &str) -> bool {
        PERSONAL.contains(&code)
    }

    /// Writes that somebody wanted what he may not. `operator` is missing where the caller is no operator.
    pub async fn note_refusal(
        &self,
        operator: Option<&Operator>,
        action: &str,
        code: &str,
        caller: &str,
    ) -> Result<()> {
        let cut = |text: &str| text.chars().take(TEXT_CHARS_MAX).collect::<String>();
        let refused = Refused { action: cut(action), code: cut(code), caller: cut(caller) };
        if !self.is_new_refusal(operator, &refused) {
            return Ok(());
        }
        let on_duty = self.on_duty().await;
        let mut draft = Draft::of(Kind::Refusal, self.world().me.clone(), payload::encode(&refused));
        draft.operator = operator.map(|operator| operator.id.clone());
        on_duty.record(vec![draft]).await?;
        Ok(())
    }

    fn is_new_refusal(&self, operator: Option<&Operator>, refused: &Refused) -> bool {
        let who = operator.map_or_else(|| refused.caller.clone(), |operator| operator.id.to_string());
        let key = (who, refused.action.clone(), refused.code.clone());
        let now_ms = self.now_ms();
        // A poisoned map is as good as any: it holds times only.
        let mut lately = self.inner.refused.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        // A clock that was set back must not keep refusals out of the journal.
        lately.retain(|_, at_ms| (0..AGAIN_MS).contains(&now_ms.saturating_sub(*at_ms)));
        if lately.contains_key(&key) || lately.len() >= LATELY_MAX {
            return false;
        }
        lately.insert(key, now_ms);
        true
    }
}
