//! 公开依据: whole titles, known titles, titles that still hold.
//!
//! Invariant: not in the list does not mean wrong: an unknown title with a document number is a note, since a reader
//! can look it up; one without is a warning, and doubtful where it calls itself a law or regulation: those are a
//! closed set, and mirrored pages carry invented ones. Left out: the list.

use super::{Facts, LawState, Pen, Rule, Severity};
use crate::{
    item::{Basis, Item},
    vocabulary::fold,
};

/// Words that stand for a title without being one.
const VAGUE: [&str; 9] =
    ["法律法规", "有关规定", "相关规定", "各级文件", "相关政策", "相关文件", "有关文件", "上级文件", "政策文件"];
/// Longest title shown in a message.
const SHOWN_CHARS: usize = 40;

pub(super) fn check(item: &Item, facts: &Facts<'_>, pen: &mut Pen<'_, '_>) {
    for basis in &item.basis {
        let printed = if basis.raw.is_empty() { &basis.title } else { &basis.raw };
        if !is_balanced(printed) {
            let message = format!("《 and 》 do not pair up in `{}`", shown(printed));
            pen.note(Rule::TitleUnbalanced, "basis", message);
        }
        let has_title = printed.contains('《') || basis.raw.is_empty();
        if !has_title && VAGUE.iter().any(|word| fold(&basis.title).contains(word)) {
            pen.note(Rule::BasisVague, "basis", format!("`{}` names no law or document", shown(&basis.title)));
        }
        if let (Some(laws), true) = (facts.laws, has_title && !basis.title.is_empty()) {
            check_law(basis, &laws(basis), pen);
        }
    }
    if !is_balanced(&item.content) {
        pen.note(Rule::TitleUnbalanced, "content", "《 and 》 do not pair up".to_owned());
    }
}

fn check_law(basis: &Basis, state: &LawState, pen: &mut Pen<'_, '_>) {
    let title = shown(&basis.title);
    match state {
        LawState::Known { doc_no } => {
            if !doc_no.is_empty() && !basis.doc_no.is_empty() && number(doc_no) != number(&basis.doc_no) {
                let message = format!("《{title}》 is {doc_no} in the list, {} here", basis.doc_no);
                pen.note(Rule::LawNumber, "basis", message);
            }
        }
        LawState::Expired { by } => {
            pen.note(Rule::LawExpired, "basis", format!("《{title}》 no longer holds: {by}"));
        }
        LawState::Unknown if basis.doc_no.is_empty() && is_law_by_name(&basis.title) => {
            let message = format!("《{title}》 calls itself a law and nobody knows it");
            pen.note(Rule::LawDoubtful, "basis", message);
        }
        LawState::Unknown => {
            let severity = if basis.doc_no.is_empty() { Severity::Warning } else { Severity::Note };
            pen.note_as(Rule::LawUnknown, severity, "basis", format!("《{title}》 is not in the list of titles"));
        }
    }
}

/// Whether a title calls itself a law or regulation of the state; those of a province or city name it.
fn is_law_by_name(title: &str) -> bool {
    /// Characters of a title in which its place stands.
    const PLACE_CHARS: usize = 8;
    let head: String = title.chars().take(PLACE_CHARS).collect();
    let is_local = head.contains(['省', '市', '县', '旗']) || head.contains("自治") || head.contains("特区");
    let is_law = title.ends_with("条例") || (title.ends_with('法') && !title.ends_with("办法"));
    is_law && !is_local
}

/// The document number without what offices print differently: 国令 and 国务院令, 第, brackets.
fn number(text: &str) -> String {
    let folded = fold(text).replace("国务院令", "国令").replace("主席令", "令");
    folded.chars().filter(|c| !matches!(c, '第' | '号' | '(' | ')' | '〔' | '〕')).collect()
}

fn is_balanced(text: &str) -> bool {
    let mut depth = 0_i32;
    for c in text.chars() {
        match c {
            '《' => depth += 1,
            '》' => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return false;
        }
    }
    depth == 0
}

fn shown(text: &str) -> String {
    text.chars().filter(|c| *c != '\n').take(SHOWN_CHARS).collect()
}
