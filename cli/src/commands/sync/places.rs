//! `gongkai sync status CATALOG`: where the latest submission and the answers to it have arrived.
//!
//! Invariant: each place names who says so and as of when.

use gongkai_proto::admin::v1::WhereaboutsResponse;

use crate::{
    commands::short,
    ui::{Lang, Page, Table, Text, Word, ago, cells, moment, state_word},
};

/// The page.
pub(super) fn text(response: &WhereaboutsResponse, lang: Lang) -> Text {
    let mut page = Page::new(lang);
    for entry in &response.entries {
        let kind = state_word(&entry.kind, lang);
        let (hash, at) = (short(&entry.entry), moment(entry.committed_at));
        page = page.say(
            format!("{kind} {hash} by {}, here since {at}", entry.author),
            format!("{kind} {hash}，{} 记录，{at} 到达本节点", entry.author),
        );
        let mut table = Table::new(lang, &[Word::Division, Word::State, Word::SaidBy, Word::AsOf]);
        for place in &entry.places {
            let mut row = cells![format!("{} {}", place.division, place.name)];
            row.push(table.state(&place.state));
            row.extend(cells![place.says, ago(place.at, response.at, lang)]);
            table.row(row);
        }
        page = page.table(&table, ("no other node shall have it", "没有其他节点需要它"));
    }
    page.say_if(
        response.entries.is_empty(),
        "never submitted: drafts stay on this node",
        "从未报送：草稿只保存在本节点",
    )
    .into_text()
}
