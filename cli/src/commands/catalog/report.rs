//! `--report`: the clerk's own workbook with the findings beside his rows.
//!
//! Invariant: what the reading and the check found stands in it, each at its cell, in the language that is spoken; the
//! file that was sent stays as it is. Left out: how the workbook looks (sheets).

use std::path::PathBuf;

use gongkai_proto::admin::v1::{CheckCatalogResponse, Finding, ImportWarning, RejectedTable};
use gongkai_sheets::{REMARK_WORDS_EN, REMARK_WORDS_ZH, Remark, TextForm, Weight, write_remarks};

use super::export;
use crate::{
    errors::Failure,
    ui::{Lang, field_word, findings},
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
        .chain(found.reading.iter().map(|warning| of_reading(warning, lang)))
        .collect();
    let words = lang.pick(&REMARK_WORDS_EN, &REMARK_WORDS_ZH);
    let book = write_remarks(content, form, &remarks, words)
        .map_err(|error| Failure::told(error.code(), &error, error.hint()))?;
    export::write(Some(out), "", &book)
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
