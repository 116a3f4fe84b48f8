//! `gongkai catalog history --item`: one matter across revisions, editions and opinions, within 80 columns.
//!
//! Invariant: nothing here asks or decides; JSON never passes here.

use gongkai_proto::admin::v1::{CatalogHistoryResponse, ItemEvent};

use crate::{
    commands::short,
    ui::{Lang, Line, Page, Text, Word, difference_lines, moment, plain, state_word},
};

const INDENT: &str = "    ";
const HANG: usize = 8;

pub(super) fn text(response: &CatalogHistoryResponse, lang: Lang) -> Text {
    let mut page = Page::new(lang).facts(&[
        (Word::Catalog, &response.catalog),
        (Word::Item, &response.item_name),
        (Word::ItemId, &response.item_id),
    ]);
    for event in &response.item_events {
        page = page.gap().lines(lines(event, lang));
    }
    page.say_if(response.item_events.is_empty(), "nothing happened to it yet", "还没有记录").into_text()
}

fn lines(event: &ItemEvent, lang: Lang) -> Vec<Line> {
    let what = state_word(&event.kind, lang);
    let step = if event.step > 0 {
        lang.pick(format!(" (step {})", event.step), format!("（第 {} 环节）", event.step))
    } else {
        String::new()
    };
    let edition = if event.edition > 0 { format!(" {}", event.edition) } else { String::new() };
    let mut lines = vec![Line::from(format!("{}  {what}{edition}{step}  {}", moment(event.at_ms), event.operator))];
    if !event.revision.is_empty() {
        lines.push(format!("{INDENT}{} {}", lang.pick("revision", "版本"), short(&event.revision)).into());
    }
    let told = [
        (lang.pick("reason: ", "调整原因："), &event.reason),
        (lang.pick("basis of change: ", "调整依据："), &event.basis_of_change),
        (lang.pick("in force from: ", "生效日期："), &event.effective_from),
        (lang.pick("opinion: ", "意见："), &event.opinion),
    ];
    for (word, words) in told.into_iter().filter(|(_, words)| !words.is_empty()) {
        lines.extend(plain(words, &format!("{INDENT}{word}"), HANG));
    }
    // The first line names the item already: what differs is what is new.
    let elements = event.difference.iter().flat_map(|found| difference_lines(found, lang).into_iter().skip(2));
    lines.extend(elements);
    lines
}
