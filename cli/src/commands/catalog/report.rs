//! `--report`: the clerk's own workbook with the findings beside his rows.
//!
//! Invariant: what the reading and the check found stands in it, each at its cell, in the language that is spoken; the
//! file that was sent stays as it is. Left out: how the workbook looks (sheets).

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use gongkai_proto::admin::v1::{CheckCatalogResponse, Finding, ImportWarning, RejectedTable};
use gongkai_sheets::{REMARK_WORDS_EN, REMARK_WORDS_ZH, Remark, TextForm, Weight, write_remarks};

use super::export;
use crate::{
    errors::Failure,
    ui::{Lang, Line, Text, field_word, findings},
};

/// Writes the workbook; gives its name.
pub(super) fn write(
    out: PathBuf,
    (content, form): (&[u8], TextForm),
    found: &CheckCatalogResponse,
    lang: Lang,
) -> Result<String, Failure> {
    let remarks: Vec<Remark> = found
        .rejected
        .iter()
        .map(|rejected| of_rejected(rejected, lang))
        .chain(found.findings.iter().map(|finding| of_finding(finding, lang)))
        .chain(unsaid(found).map(|warning| of_reading(warning, lang)))
        .collect();
    let words = lang.pick(&REMARK_WORDS_EN, &REMARK_WORDS_ZH);
    let book = write_remarks(content, form, &remarks, words)
        .map_err(|error| Failure::told(error.code(), &error, error.hint()))?;
    export::write(Some(out), "", &book)
}

/// Says where it lies.
pub(super) fn wrote(out: &Path, lang: Lang) -> Text {
    let file = out.display();
    Line::from(lang.pick(format!("the rows with their findings: {file}"), format!("带检查结果的表格：{file}"))).into()
}

/// Kinds of warnings of the reading that a rule of the check says again, of the same row.
const SAID_BY_RULES: [(&str, &str); 7] = [
    ("element-missing", "element-missing"),
    ("matter-repeated", "matter-repeated"),
    ("basis-unbalanced", "title-unbalanced"),
    ("audience-unnamed", "audience-unnamed"),
    ("same-as-nothing", "same-as-left"),
    ("same-as-left", "same-as-left"),
    ("mark-question", "question-open"),
];

/// The warnings of the reading that no finding repeats.
pub(super) fn unsaid(found: &CheckCatalogResponse) -> impl Iterator<Item = &ImportWarning> {
    let said: BTreeSet<(&str, String)> =
        found.findings.iter().map(|finding| (finding.rule.as_str(), row_of(&finding.cell))).collect();
    found.reading.iter().filter(move |warning| {
        let rule = SAID_BY_RULES.iter().find(|(code, _)| *code == warning.code).map(|(_, rule)| *rule);
        rule.is_none_or(|rule| !said.contains(&(rule, row_of(&warning.cell))))
    })
}

/// `sheet!C4` → `sheet!4`.
fn row_of(cell: &str) -> String {
    let Some((sheet, address)) = cell.rsplit_once('!') else { return cell.to_owned() };
    format!("{sheet}!{}", address.trim_start_matches(|c: char| c.is_ascii_alphabetic()))
}

fn of_rejected(rejected: &RejectedTable, lang: Lang) -> Remark {
    Remark {
        place: rejected.sheet.clone(),
        weight: Weight::Error,
        rule: rejected.code.clone(),
        text: findings::reading(&rejected.code, &rejected.message, lang),
    }
}

fn of_reading(warning: &ImportWarning, lang: Lang) -> Remark {
    Remark {
        place: warning.cell.clone(),
        weight: Weight::Warning,
        rule: warning.code.clone(),
        text: findings::reading(&warning.code, &warning.message, lang),
    }
}

fn of_finding(finding: &Finding, lang: Lang) -> Remark {
    let told = findings::finding(&finding.code, &finding.message, lang);
    let field = match finding.field.as_str() {
        "" => String::new(),
        field => format!("{}{}", field_word(field, lang), lang.pick(": ", "：")),
    };
    let waived = match finding.waived.as_str() {
        "" => String::new(),
        reason => lang.pick(format!(" (waived: {reason})"), format!("（已豁免：{reason}）")),
    };
    let weight = match finding.severity.as_str() {
        "error" if waived.is_empty() => Weight::Error,
        "warning" if waived.is_empty() => Weight::Warning,
        _ => Weight::Note,
    };
    let rule = format!("{} {}", finding.code, finding.rule);
    Remark { place: finding.cell.clone(), weight, rule, text: format!("{field}{told}{waived}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_rule_says_of_a_row_is_not_said_again_by_the_reading() {
        let reading = |code: &str, cell: &str| ImportWarning {
            code: code.to_owned(),
            cell: cell.to_owned(),
            ..ImportWarning::default()
        };
        let finding =
            Finding { rule: "title-unbalanced".to_owned(), cell: "目录!E4".to_owned(), ..Finding::default() };
        let found = CheckCatalogResponse {
            findings: vec![finding],
            reading: vec![
                reading("basis-unbalanced", "目录!E4"),
                reading("basis-unbalanced", "目录!E5"),
                reading("row-hidden", "目录!A4"),
            ],
            ..CheckCatalogResponse::default()
        };
        let left: Vec<&str> = unsaid(&found).map(|warning| warning.cell.as_str()).collect();
        assert_eq!(left, ["目录!E5", "目录!A4"]);
    }
}
