//! The conflict commands' answers for people, within 80 columns.
//!
//! Invariant: what a person must decide stands first and in full; what merges by itself follows, or is counted.

use gongkai_proto::admin::v1::{
    ConflictRow, ConflictSide, ListConflictsResponse, MergeRow, ResolveConflictResponse, ReviewStepBrief,
    ShowConflictResponse,
};
use unicode_width::UnicodeWidthStr as _;

use crate::{
    commands::short,
    ui::{Lang, Line, Page, Table, Text, Word, cells, element_word, moment, plain, state_word, value_word},
};

/// Columns of a side's word and the blanks around it.
const HANG: usize = 9;
/// An id and two blanks.
const ID_HANG: usize = 14;

/// What the common state, both sides and the suggestion are called, by the conflict's kind; each padded to one width.
struct Sides {
    words: [String; 4],
    /// Whether there is a common state at all.
    has_base: bool,
}

impl Sides {
    fn of(conflict: &ConflictRow, lang: Lang) -> Self {
        let words = match (conflict.kind.as_str(), lang) {
            ("standard-override", Lang::Zh) => ["原标准", "本目录", "新标准", "建议"],
            ("standard-override", Lang::En) => ["before", "ours", "standard", "merged"],
            ("proposal-edit", Lang::Zh) => ["送审时", "现文字", "审核建议", "合并"],
            ("proposal-edit", Lang::En) => ["as read", "ours", "proposal", "merged"],
            ("limit", Lang::Zh) => ["共同", "本目录", "标准", "建议"],
            ("limit", Lang::En) => ["base", "ours", "standard", "merged"],
            ("matter", Lang::Zh) => ["共同", "上级", "下级", "建议"],
            ("matter", Lang::En) => ["base", "upper", "lower", "merged"],
            (_, Lang::Zh) => ["共同", "我方", "对方", "建议"],
            (_, Lang::En) => ["base", "ours", "theirs", "merged"],
        };
        let width = words.iter().map(|word| word.width()).max().unwrap_or(0);
        let words = words.map(|word| format!("{word}{}", " ".repeat(width - word.width())));
        Self { words, has_base: !conflict.base.is_empty() }
    }

    fn base(&self) -> &str {
        &self.words[0]
    }

    fn ours(&self) -> &str {
        &self.words[1]
    }

    fn theirs(&self) -> &str {
        &self.words[2]
    }

    fn merged(&self) -> &str {
        &self.words[3]
    }
}

pub(super) fn list(response: &ListConflictsResponse, lang: Lang) -> Text {
    let mut table = Table::new(lang, &[Word::Conflict, Word::Kind, Word::Catalog, Word::Undecided, Word::SettledAt]);
    for row in &response.conflicts {
        table.row(cells![row.id, state_word(&row.kind, lang), row.catalog, row.open, row.resolved_at]);
    }
    let said = response.conflicts.iter().flat_map(|row| plain(&row.summary, &format!("{}  ", row.id), ID_HANG));
    Page::new(lang)
        .table(&table, ("no conflict is open", "没有未处理的冲突"))
        .lines(said)
        .say_if(
            !response.conflicts.is_empty(),
            "look at one with `gongkai conflict show ID`",
            "用 `gongkai conflict show ID` 查看",
        )
        .into_text()
}

pub(super) fn show(response: &ShowConflictResponse, shows_all: bool, lang: Lang) -> Text {
    let conflict = response.conflict.clone().unwrap_or_default();
    let is_asked = |row: &&MergeRow| row.outcome == "open";
    let is_both = |row: &&MergeRow| row.outcome == "both";
    let of_side = |word: &str| response.rows.iter().filter(|row| row.outcome == word).count();
    let (ours, theirs) = (of_side("ours"), of_side("theirs"));
    let sides = Sides::of(&conflict, lang);
    let mut page = head(&conflict, &sides, lang);
    let is_beside = |row: &&MergeRow| row.outcome == "beside";
    let groups: [(&str, &str, Vec<&MergeRow>); 4] = [
        ("as both list it", "双方登记的内容", response.rows.iter().filter(is_beside).collect()),
        ("to decide", "待决定", response.rows.iter().filter(is_asked).collect()),
        ("merged, both changes are in", "已合并两边的修改", response.rows.iter().filter(is_both).collect()),
        (
            "changed on one side only",
            "仅一边修改",
            response
                .rows
                .iter()
                .filter(|row| shows_all && !is_asked(row) && !is_both(row) && !is_beside(row))
                .collect(),
        ),
    ];
    for (en, zh, rows) in groups {
        let count = rows.len();
        page = page.gap_if(count > 0).say_if(count > 0, format!("{en} ({count})"), format!("{zh}({count})"));
        page = page.lines(items(&rows, &sides, lang));
    }
    if ours + theirs > 0 {
        let (our, their) = (sides.ours().trim_end(), sides.theirs().trim_end());
        page = page.gap().say(
            format!("of one side only: {ours} of {our}, {theirs} of {their} (--all shows them)"),
            format!("仅一边修改的要素：{our} {ours} 处，{their} {theirs} 处（--all 列出）"),
        );
    }
    page = steps(page, response);
    let next = lang.pick("next: ", "下一步：");
    page.gap().lines(plain(&conflict.hint, next, next.width())).into_text()
}

fn head(conflict: &ConflictRow, sides: &Sides, lang: Lang) -> Page {
    let line = format!("{} {}  {}", lang.pick("conflict", "冲突"), conflict.id, conflict.summary);
    let place = format!("{}  {} {}", conflict.catalog, conflict.division_name, conflict.domain_name);
    let side = |word: &str, side: Option<&ConflictSide>| {
        let side = side.cloned().unwrap_or_default();
        let kind = state_word(&side.kind, lang).into_owned();
        let who = if side.operator.is_empty() { &side.division } else { &side.operator };
        format!("{word} {kind} {} {} {who}", short(&side.revision), moment(side.at_ms))
    };
    let page = Page::new(lang).lines(plain(&line, "", HANG)).lines(plain(&place, "", HANG));
    let page = if conflict.base.is_empty() {
        page
    } else {
        page.lines([format!("{} {}", sides.base(), short(&conflict.base))])
    };
    page.lines(plain(&side(sides.ours(), conflict.ours.as_ref()), "", HANG)).lines(plain(
        &side(sides.theirs(), conflict.theirs.as_ref()),
        "",
        HANG,
    ))
}

/// Rows by item: a heading each time the item changes.
fn items(rows: &[&MergeRow], sides: &Sides, lang: Lang) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut current = "";
    for row in rows {
        if row.item_id != current {
            current = &row.item_id;
            let name = if current == "header" { lang.pick("catalog header", "目录表头") } else { &row.name };
            lines.extend(plain(&format!("{} {name}", row.serial), "  ", 4));
            lines.push(format!("    {} {current}", lang.pick("item", "标识")).into());
        }
        lines.extend(element(row, sides, lang));
    }
    lines
}

fn element(row: &MergeRow, words: &Sides, lang: Lang) -> Vec<Line> {
    let is_item = row.element.is_empty();
    let name = if is_item { lang.pick("the item", "整个事项") } else { element_word(&row.element, lang) };
    let mut lines = vec![Line::from(format!("    {name}"))];
    if !is_item && lang == Lang::Zh && name != row.element {
        lines = vec![format!("    {name}({})", row.element).into()];
    }
    let value = |text: &str| -> String {
        if text.is_empty() {
            return lang.pick("(none)", "（无）").to_owned();
        }
        let members: Vec<String> = text.split('、').map(|member| value_word(&row.element, member, lang)).collect();
        members.join("、")
    };
    let sides = [
        (words.base(), &row.base),
        (words.ours(), &row.ours),
        (words.theirs(), &row.theirs),
        (words.merged(), &row.merged),
    ];
    let first = usize::from(!words.has_base);
    // Claims beside each other are not merged.
    let count = if row.outcome == "beside" { 3 } else { 4 };
    for (word, text) in sides.into_iter().take(count).skip(first) {
        let text =
            if is_item && text.is_empty() { lang.pick("(removed)", "（已删除）").to_owned() } else { value(text) };
        lines.extend(plain(&text, &format!("      {word} "), 7 + word.width()));
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

pub(super) fn resolved(response: &ResolveConflictResponse, lang: Lang) -> Text {
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
