//! The catalog commands' answers for people.
//!
//! Invariant: nothing here asks or decides; JSON never passes here.

use gongkai_proto::admin::v1::{
    CatalogEvent, CatalogHistoryResponse, DiffCatalogResponse, ItemChange, ListCatalogsResponse, Reason, ReviewStep,
    ShowCatalogResponse, SubmitCatalogResponse, WithdrawCatalogResponse,
};

use crate::{
    commands::{or_dash, short, who},
    ui::{Lang, Line, Page, Table, Text, Word, cells, difference_lines, field_words, moment, plain, state_word},
};

/// The state of a decision that came too late.
const STALE: &str = "stale";
/// The states in which a verdict stands as it was given, in part or as a whole.
const COUNTING: [&str; 3] = ["", "effective", "incomplete"];
/// The header as the API names it among items.
const HEADER: &str = "header";
/// Names in one line; the others are counted.
const NAMES_SHOWN: usize = 6;

pub(super) fn list(response: &ListCatalogsResponse, lang: Lang) -> Text {
    let head = [
        Word::Catalog,
        Word::Name,
        Word::Items,
        Word::State,
        Word::Waiting,
        Word::Revision,
        Word::Approved,
        Word::Edition,
    ];
    let mut table = Table::new(lang, &head);
    for row in &response.catalogs {
        let name = format!("{} {}", row.division_name, row.domain_name);
        let is_same = !row.revision.is_empty() && row.revision == row.approved_revision;
        let approved = if is_same { lang.pick("the same", "同左") } else { short(&row.approved_revision) };
        let mut line = cells![row.catalog, name, row.items];
        line.push(table.state(if row.is_conflict { "conflict" } else { &row.state }));
        line.extend(cells![row.waiting_for, short(&row.revision), approved, or_dash(row.edition)]);
        table.row(line);
    }
    let mut page = Page::new(lang)
        .say_if(
            !response.as_of.is_empty(),
            format!("as it stood on {}", response.as_of),
            format!("截至 {} 的情况", response.as_of),
        )
        .table(&table, ("no catalog is known here", "这里还没有目录"));
    for row in response.catalogs.iter().filter(|row| !row.stale.is_empty()) {
        page = page.lines([format!("{}  {}", row.catalog, lang.pick("needs a look:", "需关注："))]);
        for reason in &row.stale {
            page = page.lines(plain(&format!("{} {}", reason.code, reason.message), "    ", 8));
        }
    }
    page.into_text()
}

pub(super) fn show(response: &ShowCatalogResponse, lang: Lang) -> Text {
    let mut table = Table::new(lang, &[Word::Serial, Word::Item, Word::TimeLimit, Word::State, Word::ItemId]);
    for item in &response.items {
        let mut row = cells![item.serial, item.name, item.time_limit_text];
        row.push(table.state(&item.status));
        row.push(Table::cell(&item.item_id));
        table.row(row);
    }
    let heads = response.heads.len();
    Page::new(lang)
        .say_if(
            !response.as_of.is_empty(),
            format!("as it stood on {}", response.as_of),
            format!("截至 {} 的情况", response.as_of),
        )
        .facts(&[
            (Word::Catalog, &response.catalog),
            (Word::Division, &response.division_name),
            (Word::Domain, &response.domain_name),
            (Word::Title, &response.title),
            (Word::State, &state_word(&response.state, lang)),
            (Word::Revision, &response.revision),
            (Word::Approved, &response.approved_revision),
            (Word::EffectiveFrom, &in_force(response, lang)),
            (Word::When, &moment(response.updated_at_ms)),
        ])
        .say_if(
            heads > 1,
            format!("conflict: {heads} revisions have no successor; a person must choose"),
            format!("冲突：有 {heads} 个并列的最新版本，需要人工处理"),
        )
        .lines(response.stale.iter().flat_map(stale_lines))
        .table(&table, ("no item", "没有事项"))
        .into_text()
}

/// The day from which it is in force; on an earlier day that was asked for it was not yet.
fn in_force(response: &ShowCatalogResponse, lang: Lang) -> String {
    let ShowCatalogResponse { effective_from: from, as_of, .. } = response;
    // Days are written alike, so that their texts stand in the order of the calendar.
    let is_later = !as_of.is_empty() && from > as_of;
    let word = if is_later { lang.pick(" (not yet on that day)", "（该日尚未生效）") } else { "" };
    format!("{from}{word}")
}

/// A decision that came too late: why, and what holds.
fn stale_lines(stale: &Reason) -> Vec<Line> {
    plain(&format!("{}; {}", stale.message, stale.hint), "! ", 2)
}

/// The changed items as a table, the changed elements named.
pub(crate) fn changes(changes: &[ItemChange], lang: Lang) -> Table {
    let mut table = Table::new(lang, &[Word::Change, Word::Item, Word::Field, Word::ItemId]);
    for change in changes {
        let state = table.state(&change.change);
        table.row([vec![state], cells![change.name, field_words(&change.fields, lang), change.item_id]].concat());
    }
    table
}

pub(super) fn diff(response: &DiffCatalogResponse, lang: Lang) -> Text {
    let unchanged = response.unchanged;
    let from = if response.from.is_empty() { lang.pick("nothing", "（空）") } else { short(&response.from) };
    let sides = format!("{} {from} → {}", response.catalog, short(&response.to));
    Page::new(lang)
        .say(&sides, &sides)
        .lines(response.differences.iter().flat_map(|item| difference_lines(item, lang)))
        .say_if(response.differences.is_empty(), "no item differs", "没有不同的事项")
        .say(format!("{unchanged} items are equal"), format!("{unchanged} 项相同"))
        .into_text()
}

/// The review steps as a table.
pub(crate) fn steps(steps: &[ReviewStep], lang: Lang) -> Table {
    let mut table =
        Table::new(lang, &[Word::Step, Word::Division, Word::Role, Word::State, Word::Operator, Word::Opinion]);
    for step in steps {
        let department = if step.department_name.is_empty() { &step.department } else { &step.department_name };
        let role = format!("{} {department}", state_word(&step.role, lang));
        let mut row = cells![step.step, step.division, role.trim()];
        row.push(table.state(&step.state));
        row.extend(cells![step.decided_by, told(step, lang)]);
        table.row(row);
    }
    table
}

/// The words of a step, the document behind them, and what is unusual about it.
fn told(step: &ReviewStep, lang: Lang) -> String {
    let flag = |holds: bool, en: &'static str, zh: &'static str| if holds { lang.pick(en, zh) } else { "" };
    let parts = [
        step.opinion.as_str(),
        &step.document,
        flag(step.is_rerouted, "[rerouted]", "[已改送]"),
        flag(step.is_other_table, "[decided under another routing table]", "[依据其他版本流程表作出]"),
        flag(step.is_outside && step.document.is_empty(), "[decided above this tree]", "[由上级（省）决定]"),
    ];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

pub(super) fn submit(response: &SubmitCatalogResponse, lang: Lang) -> Text {
    let (changed, carried) = (response.items_changed, response.items_carried);
    Page::new(lang)
        .say_if(
            response.unchanged,
            "this revision is up for review already; nothing was written",
            "该版本已在审核中，未写入任何内容",
        )
        .facts(&[
            (Word::Catalog, &response.catalog),
            (Word::Revision, &short(&response.revision)),
            (Word::Submission, &short(&response.submission)),
        ])
        .say(
            format!("{changed} items to review, {carried} carried over"),
            format!("需审核 {changed} 项，沿用 {carried} 项"),
        )
        .table(&steps(&response.steps, lang), ("", ""))
        .into_text()
}

pub(super) fn withdraw(response: &WithdrawCatalogResponse, lang: Lang) -> Text {
    Page::new(lang)
        .facts(&[
            (Word::Catalog, &response.catalog),
            (Word::Submission, &short(&response.submission)),
            (Word::State, &state_word(&response.state, lang)),
        ])
        .into_text()
}

pub(super) fn history(response: &CatalogHistoryResponse, lang: Lang) -> Text {
    let head = [Word::When, Word::Kind, Word::Operator, Word::Revision, Word::State, Word::Summary];
    let mut table = Table::new(lang, &head);
    for event in &response.events {
        let summary = [event.summary.as_str(), event.opinion.as_str()].join(" ");
        // A verdict that does not count as it was given says what became of it; lines below the table say more.
        let counts = COUNTING.contains(&event.state.as_str());
        let state = if event.verdict.is_empty() || !counts { &event.state } else { &event.verdict };
        let mut row = cells![
            moment(event.at_ms),
            state_word(&event.kind, lang),
            who(&event.division, &event.operator),
            short(&event.revision)
        ];
        row.push(table.state(state));
        row.push(Table::cell(&summary.trim()));
        table.row(row);
    }
    let late = response.events.iter().filter(|event| event.state == STALE).flat_map(|event| late_lines(event, lang));
    Page::new(lang).table(&table, ("nothing happened yet", "还没有记录")).lines(late).into_text()
}

/// A decision on a submission that a later one had replaced: what of it still holds, and what is asked again.
fn late_lines(event: &CatalogEvent, lang: Lang) -> Vec<Line> {
    let verdict = state_word(&event.verdict, lang);
    let names = |names: &[String]| -> String {
        let word = |name: &String| {
            if name == HEADER { lang.pick("the header", "目录表头").to_owned() } else { name.clone() }
        };
        let named: Vec<String> = names.iter().take(NAMES_SHOWN).map(word).collect();
        let more = names.len().saturating_sub(NAMES_SHOWN);
        let more = if more == 0 {
            String::new()
        } else {
            lang.pick(format!(" and {more} more"), format!("等另 {more} 项"))
        };
        format!("{}{more}", named.join(lang.pick(", ", "、")))
    };
    let (kept, asked) = (event.carried.len(), event.returned_to_review.len());
    let head = lang.pick(
        format!("{} {verdict} of {} came after a later submission:", moment(event.at_ms), event.operator),
        format!("{} {} 的审核意见（{verdict}）到达时，该次报送已被取代：", moment(event.at_ms), event.operator),
    );
    let kept = lang.pick(
        format!("{kept} carried over: {}", names(&event.carried)),
        format!("沿用 {kept} 项：{}", names(&event.carried)),
    );
    let asked = lang.pick(
        format!("{asked} back to review: {}", names(&event.returned_to_review)),
        format!("重新审核 {asked} 项：{}", names(&event.returned_to_review)),
    );
    let mut lines = plain(&head, "", 2);
    lines.extend([kept, asked].iter().flat_map(|line| plain(line.trim_end_matches([':', ' ', '：']), "  ", 4)));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_in_the_past_says_whether_the_revision_was_in_force() {
        let on = |as_of: &str| {
            let (as_of, effective_from) = (as_of.to_owned(), "2021-01-01".to_owned());
            show(&ShowCatalogResponse { as_of, effective_from, ..ShowCatalogResponse::default() }, Lang::Zh)
        };
        assert!(on("2020-12-31").contains("2021-01-01（该日尚未生效）"), "{}", on("2020-12-31"));
        assert!(on("2021-01-01").contains("截至 2021-01-01") && !on("2021-01-01").contains("尚未生效"));
        assert!(!on("").contains("截至"), "{}", on(""));
    }
}
