//! The conflict commands' answers for people, within 80 columns.
//!
//! Invariant: what a person must decide stands first and in full; what merges by itself follows, or is counted.

use gongkai_proto::admin::v1::{
    ConflictRow, ConflictSide, ListConflictsResponse, MergeRow, ResolveConflictResponse, ReviewStepBrief,
    ShowConflictResponse,
};

use crate::{
    commands::short,
    ui::{Lang, Page, Table, Word, cells, element_word, moment, plain, state_word, value_word},
};

const HANG: usize = 9;

pub(super) fn list(response: &ListConflictsResponse, lang: Lang) -> String {
    let mut table = Table::new(lang, &[Word::Conflict, Word::Kind, Word::Catalog, Word::Undecided, Word::SettledAt]);
    for row in &response.conflicts {
        table.row(cells![row.id, state_word(&row.kind, lang), row.catalog, row.open, row.resolved_at]);
    }
    Page::new(lang)
        .table(&table, ("no conflict is open", "没有未处理的冲突"))
        .say_if(
            !response.conflicts.is_empty(),
            "look at one with `gongkai conflict show ID`",
            "用 `gongkai conflict show ID` 查看",
        )
        .into_text()
}

pub(super) fn show(response: &ShowConflictResponse, shows_all: bool, lang: Lang) -> String {
    let conflict = response.conflict.clone().unwrap_or_default();
    let is_asked = |row: &&MergeRow| row.outcome == "open";
    let is_both = |row: &&MergeRow| row.outcome == "both";
    let of_side = |word: &str| response.rows.iter().filter(|row| row.outcome == word).count();
    let (ours, theirs) = (of_side("ours"), of_side("theirs"));
    let mut page = head(&conflict, lang);
    let groups: [(&str, &str, Vec<&MergeRow>); 3] = [
        ("to decide", "待决定", response.rows.iter().filter(is_asked).collect()),
        ("merged, both changes are in", "已合并两边的修改", response.rows.iter().filter(is_both).collect()),
        (
            "changed on one side only",
            "仅一边修改",
            response.rows.iter().filter(|row| shows_all && !is_asked(row) && !is_both(row)).collect(),
        ),
    ];
    for (en, zh, rows) in groups {
        let count = rows.len();
        page = page.say_if(count > 0, format!("\n{en} ({count})"), format!("\n{zh}({count})"));
        page = page.lines(items(&rows, lang));
    }
    if !response.rows.is_empty() {
        page = page.say(
            format!("\nof one side only: {ours} of ours, {theirs} of theirs (--all shows them)"),
            format!("\n仅一边修改的要素：我方 {ours} 处，对方 {theirs} 处（--all 列出）"),
        );
    }
    page = steps(page, response);
    page.lines(plain(&conflict.hint, "", 0)).into_text()
}

fn head(conflict: &ConflictRow, lang: Lang) -> Page {
    let line = format!("{} {}  {}", lang.pick("conflict", "冲突"), conflict.id, conflict.summary);
    let place = format!("{}  {} {}", conflict.catalog, conflict.division_name, conflict.domain_name);
    let side = |word: &str, side: Option<&ConflictSide>| {
        let side = side.cloned().unwrap_or_default();
        let kind = state_word(&side.kind, lang).into_owned();
        format!("{word} {kind} {} {} {}", short(&side.revision), moment(side.at_ms), side.operator)
    };
    let page = Page::new(lang).lines(plain(&line, "", HANG)).lines(plain(&place, "", HANG));
    let page = if conflict.base.is_empty() {
        page
    } else {
        page.lines([format!("{} {}", lang.pick("base  ", "共同"), short(&conflict.base))])
    };
    page.lines(plain(&side(lang.pick("ours  ", "我方"), conflict.ours.as_ref()), "", HANG)).lines(plain(
        &side(lang.pick("theirs", "对方"), conflict.theirs.as_ref()),
        "",
        HANG,
    ))
}

/// Rows by item: a heading each time the item changes.
fn items(rows: &[&MergeRow], lang: Lang) -> Vec<String> {
    let mut lines = Vec::new();
    let mut current = "";
    for row in rows {
        if row.item_id != current {
            current = &row.item_id;
            let name = if current == "header" { lang.pick("catalog header", "目录表头") } else { &row.name };
            lines.extend(plain(&format!("{} {name}", row.serial), "  ", 4));
            lines.push(format!("    {} {current}", lang.pick("item", "标识")));
        }
        lines.extend(element(row, lang));
    }
    lines
}

fn element(row: &MergeRow, lang: Lang) -> Vec<String> {
    let is_item = row.element.is_empty();
    let name = if is_item { lang.pick("the item", "整个事项") } else { element_word(&row.element, lang) };
    let mut lines = vec![format!("    {name}")];
    if !is_item && lang == Lang::Zh && name != row.element {
        lines = vec![format!("    {name}({})", row.element)];
    }
    let value = |text: &str| -> String {
        if text.is_empty() {
            return lang.pick("(none)", "（无）").to_owned();
        }
        let members: Vec<String> = text.split('、').map(|member| value_word(&row.element, member, lang)).collect();
        members.join("、")
    };
    let sides = [
        (lang.pick("base  ", "共同"), &row.base),
        (lang.pick("ours  ", "我方"), &row.ours),
        (lang.pick("theirs", "对方"), &row.theirs),
        (lang.pick("merged", "建议"), &row.merged),
    ];
    for (word, text) in sides {
        let text =
            if is_item && text.is_empty() { lang.pick("(removed)", "（已删除）").to_owned() } else { value(text) };
        lines.extend(plain(&text, &format!("      {word} "), 6 + HANG - 2));
    }
    lines
}

fn steps(page: Page, response: &ShowConflictResponse) -> Page {
    let line = |steps: &[ReviewStepBrief]| {
        let words: Vec<String> = steps.iter().map(|step| format!("{} {}", step.division, step.department)).collect();
        words.join(" → ")
    };
    if response.steps_now.is_empty() {
        return page;
    }
    let (before, now) = (line(&response.steps_submitted), line(&response.steps_now));
    page.say(format!("as submitted: {before}"), format!("报送时环节：{before}"))
        .say(format!("today:        {now}"), format!("现行环节：{now}"))
}

pub(super) fn resolved(response: &ResolveConflictResponse, lang: Lang) -> String {
    let parents: Vec<&str> = response.parents.iter().map(|parent| short(parent)).collect();
    let left = response.left;
    Page::new(lang)
        .facts(&[
            (Word::Catalog, &response.catalog),
            (Word::State, &state_word(&response.state, lang)),
            (Word::Revision, &short(&response.revision)),
            (Word::Follows, &parents.join(", ")),
            (Word::Items, &response.items),
            (Word::Hash, &short(&response.entry)),
        ])
        .say_if(left > 0, format!("{left} conflicts are still open"), format!("仍有 {left} 处冲突未处理"))
        .into_text()
}
