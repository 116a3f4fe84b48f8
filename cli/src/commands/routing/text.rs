//! The routing table for people.
//!
//! Invariant: nothing here asks or decides; JSON never passes here.

use gongkai_proto::admin::v1::{ChainRow, ChangeTableResponse, DomainRow, LawRow, ShowRoutingResponse};

use crate::{
    commands::{review::reviews, short},
    ui::{Lang, Page, Table, Text, Word, cells, state_word},
};

/// The first day of what holds since always.
const ALWAYS: &str = "0001-01-01";

pub(super) fn show(response: &ShowRoutingResponse, lang: Lang) -> Text {
    let table = response.table.clone().unwrap_or_default();
    let mut versions = Table::new(lang, &[Word::TableVersion, Word::Hash, Word::State]);
    for version in &response.versions {
        let mut row = cells![version.version, short(&version.entry)];
        row.push(versions.state(if version.is_in_force { "in-force" } else { "superseded" }));
        versions.row(row);
    }
    Page::new(lang)
        .facts(&[(Word::TableVersion, &table.version), (Word::Hash, &table.entry)])
        .table(&domains(&response.domains, lang), ("no domain", "没有领域"))
        .table(&chains(&response.chains, lang), ("no chain: one level up, the counterpart", "没有流程：上一级对口部门"))
        .facts(&[(Word::Pilots, &response.pilots.join(lang.pick(", ", "、")))])
        .table_if(!response.laws.is_empty(), &laws(&response.laws, lang))
        .table(&versions, ("", ""))
        .say_if(
            !response.outdated.is_empty(),
            "open reviews that keep older steps; move them with `gongkai review reroute`:",
            "以下待审报送仍按旧流程，用 `gongkai review reroute` 改送：",
        )
        .table_if(!response.outdated.is_empty(), &reviews(&response.outdated, lang))
        .into_text()
}

/// The domains with who is responsible, today and from which days.
pub(crate) fn domains(rows: &[DomainRow], lang: Lang) -> Table {
    let head = [Word::Domain, Word::Name, Word::Department, Word::Since, Word::Aliases, Word::Due];
    let mut table = Table::new(lang, &head);
    for row in rows {
        let since = row.departments.iter().map(|assignment| {
            let from = if assignment.from == ALWAYS { lang.pick("always", "一直") } else { &assignment.from };
            format!("{from} {}", assignment.department)
        });
        // One department since always needs no second mention.
        let since: Vec<String> = if row.departments.len() > 1 { since.collect() } else { Vec::new() };
        let department = format!("{} {}", row.department_name, row.department);
        let aliases = row.aliases.join(lang.pick(", ", "、"));
        table.row(cells![row.slug, row.name, department.trim(), since.join("; "), aliases, row.due]);
    }
    table
}

fn chains(rows: &[ChainRow], lang: Lang) -> Table {
    let mut table = Table::new(lang, &[Word::Domain, Word::Owner, Word::Steps]);
    let all = lang.pick("all", "全部");
    for row in rows {
        let owner = [row.owner.as_str(), &row.owner_kind, &state_word(&row.owner_level, lang)];
        let owner: Vec<&str> = owner.into_iter().filter(|part| !part.is_empty()).collect();
        let owner = if owner.is_empty() { all.to_owned() } else { owner.join(" ") };
        let steps = row.steps.iter().map(|step| {
            let role = state_word(&step.role, lang);
            let up = lang.pick(format!("{} up", step.levels_up), format!("上{}级", step.levels_up));
            format!("{up} {role} {}", step.department).trim().to_owned()
        });
        let steps: Vec<String> = steps.collect();
        let domain = if row.domain.is_empty() { all } else { &row.domain };
        table.row(cells![domain, owner, steps.join(" → ")]);
    }
    table
}

fn laws(rows: &[LawRow], lang: Lang) -> Table {
    let mut table = Table::new(lang, &[Word::LawTitle, Word::DocumentNo, Word::Aliases, Word::Repealed]);
    for row in rows {
        let by = if row.replaced_by.is_empty() { String::new() } else { format!(" → {}", row.replaced_by) };
        let repealed = format!("{}{by}", row.repealed_from);
        table.row(cells![row.title, row.doc_no, row.also.join(lang.pick(", ", "、")), repealed]);
    }
    table
}

/// What a change made of the table.
pub(crate) fn changed(response: &ChangeTableResponse, lang: Lang) -> Text {
    let mut page = Page::new(lang).facts(&[(Word::TableVersion, &response.version), (Word::Hash, &response.entry)]);
    if !response.domains.is_empty() {
        page = page.table(&domains(&response.domains, lang), ("", ""));
    }
    if !response.chains.is_empty() {
        page = page.table(&chains(&response.chains, lang), ("", ""));
    }
    if !response.laws.is_empty() {
        page = page.table(&laws(&response.laws, lang), ("", ""));
    }
    page.say_if(response.dry_run, "a dry run: the table stays as it is", "试运行：流程表未改动")
        .say_if(
            !response.outdated.is_empty(),
            "open reviews keep their steps until `gongkai review reroute`:",
            "待审报送保持原流程，直到执行 `gongkai review reroute`：",
        )
        .table_if(!response.outdated.is_empty(), &reviews(&response.outdated, lang))
        .into_text()
}
