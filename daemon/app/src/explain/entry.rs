//! What became of one entry: what it is, where it has arrived, and whether it has an effect.

use std::collections::BTreeMap;

use gongkai_journal::{EntryHash, payload};
use gongkai_model::id::DivisionId;

use super::{Finding, FindingState, admin_of, catalog::in_doubt, two};
use crate::{App, Arrival, Error, LinkNow, Result, audit::summary};

impl App {
    pub(super) async fn explain_entry(
        &self,
        hash: &EntryHash,
        links: &BTreeMap<DivisionId, LinkNow>,
    ) -> Result<Vec<Finding>> {
        let placed = self.store().placed(hash).await?;
        let placed = placed.ok_or_else(|| Error::DivisionUnknown { id: hash.to_string() })?;
        let places = self.places_of(&placed, links).await?;
        let header = &placed.entry.header;
        let cause = summary(&header.kind, placed.entry.payload.as_deref());
        let is_everywhere = places.places.iter().all(|place| place.arrival.is_there());
        let state = if is_everywhere { FindingState::Fine } else { FindingState::Waiting };
        let mut finding = Finding::new(state, hash.short(), cause)
            .because("种类", "kind", &header.kind, Some(header.written_at_ms))
            .because("汇流序号", "feed number", placed.feed, Some(placed.committed_at_ms));
        let mut missing: Option<DivisionId> = None;
        for place in &places.places {
            let value = format!("{}: {} ({})", place.division, place.arrival.word(), place.says);
            finding = finding.because("到达情况", "arrival", value, place.at_ms);
            if !place.arrival.is_there() && missing.is_none() {
                missing = Some(place.division.clone());
            }
        }
        if let Some(first) = missing {
            let is_unknown = places.places.iter().all(|place| {
                place.arrival.is_there() || matches!(place.arrival, Arrival::Unknown | Arrival::Acknowledged)
            });
            let action = if is_unknown {
                two("等待对端说明", "wait for word")
            } else {
                two(format!("查看 `gongkai explain {first}`"), format!("see `gongkai explain {first}`"))
            };
            finding = finding.so(action, admin_of(&self.world().me));
        }
        let mut findings = vec![finding];
        findings.extend(self.without_effect(&placed.entry));
        let doubts = self.custody_doubts().await?;
        match doubts.iter().find(|doubt| doubt.entry == *hash) {
            Some(doubt) => findings.push(in_doubt(doubt)),
            None => findings.extend(self.effect(hash, &placed.entry).await?),
        }
        Ok(findings)
    }

    /// What the review made of it.
    async fn effect(&self, hash: &EntryHash, entry: &gongkai_journal::Entry) -> Result<Option<Finding>> {
        let header = &entry.header;
        let Some(catalog) = entry.payload.as_deref().and_then(|bytes| payload::about(&header.kind, bytes)) else {
            return Ok(None);
        };
        let loaded = self.load(&catalog).await?;
        if let Some(void) = loaded.state.void.iter().find(|void| void.hash == *hash) {
            let cause = two(format!("此条目无效力：{}", void.reason), format!("it has no effect: {}", void.reason));
            return Ok(Some(Finding::new(FindingState::Stuck, &catalog, cause).so(
                two("如仍需要，由作者重新办理", "if it is still meant, its author acts again"),
                admin_of(&void.author),
            )));
        }
        if loaded.state.waiting.iter().any(|waiting| waiting.hash == *hash) {
            let cause = two("此条目等待其他条目到达", "it waits for another entry");
            let see = two(format!("查看 `gongkai explain {catalog}`"), format!("see `gongkai explain {catalog}`"));
            return Ok(Some(Finding::new(FindingState::Waiting, &catalog, cause).so(see, admin_of(&self.world().me))));
        }
        let Some(submission) = loaded.state.submission(hash) else { return Ok(None) };
        let is_head = loaded.state.head().is_some_and(|head| head.hash == *hash);
        let word = submission.status.word();
        let label = submission.status.label();
        let cause = match (header.kind.known(), is_head) {
            (_, true) => {
                two(format!("{catalog} 的当前报送：{label}"), format!("the current submission of {catalog}: {word}"))
            }
            (_, false) => {
                two(format!("{catalog} 的较早报送：{label}"), format!("an earlier submission of {catalog}: {word}"))
            }
        };
        Ok(Some(Finding::new(FindingState::Fine, &catalog, cause).because(
            "状态",
            "state",
            word,
            Some(submission.at_ms),
        )))
    }
}
