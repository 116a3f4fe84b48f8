//! What only shows when the items of a catalog stand side by side: doubled matters, halves that are missing.
//!
//! Invariant: the later item is the one found, naming the first; nothing is merged.

use std::collections::BTreeMap;

use super::{Entry, Finding, Pen, Rule};
use crate::{item::Item, vocabulary::fold};

/// Shortest content that counts as the same by more than chance: 办事指南 stands under many names.
const CONTENT_CHARS_MIN: usize = 30;

pub(super) fn check(entries: &[Entry<'_>], findings: &mut Vec<Finding>) {
    repeated(entries, findings);
    one_sided(entries, findings);
}

fn repeated(entries: &[Entry<'_>], findings: &mut Vec<Finding>) {
    let mut names: BTreeMap<[String; 3], Vec<&Entry<'_>>> = BTreeMap::new();
    let mut contents: BTreeMap<String, &Entry<'_>> = BTreeMap::new();
    for entry in entries {
        let item = entry.item;
        let key = [fold(&item.level1), fold(&item.level2), fold(&item.level3)];
        let content = fold(&item.content);
        let is_named = key.iter().any(|level| !level.is_empty());
        let earlier = names.get(&key).filter(|_| is_named);
        let mut pen = Pen { entry, findings };
        if let Some(twin) = earlier.and_then(|earlier| earlier.iter().find(|other| is_same(other.item, item))) {
            pen.note(Rule::MatterDoubled, "", format!("the same item as {}", place(twin)));
        } else if let Some(first) = earlier.and_then(|earlier| earlier.first()) {
            pen.note(Rule::MatterRepeated, "name", format!("`{}` names {} too", item.name(), place(first)));
        } else if let Some(first) = contents.get(&content) {
            let message = format!("the same content as {} (`{}`)", place(first), first.item.name());
            pen.note(Rule::ContentRepeated, "content", message);
        }
        names.entry(key).or_default().push(entry);
        if content.chars().count() >= CONTENT_CHARS_MIN {
            contents.entry(content).or_insert(entry);
        }
    }
}

/// Whether two items say the same; the printed channel cell may differ in its blanks.
fn is_same(left: &Item, right: &Item) -> bool {
    let bare = |item: &Item| Item { channels_raw: String::new(), content: fold(&item.content), ..item.clone() };
    bare(left) == bare(right)
}

/// Level-1 groups in which every item says its stage and only one of the two stages is there.
fn one_sided(entries: &[Entry<'_>], findings: &mut Vec<Finding>) {
    let mut groups: BTreeMap<String, Vec<&Entry<'_>>> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| !entry.item.level1.is_empty()) {
        groups.entry(fold(&entry.item.level1)).or_default().push(entry);
    }
    let mut found: Vec<(&Entry<'_>, String)> = Vec::new();
    for group in groups.values() {
        let Some(first) = group.first() else { continue };
        let stage = first.item.stage.as_str();
        let label = match stage {
            "process" => "过程",
            "result" => "结果",
            _ => continue,
        };
        if group.iter().all(|entry| entry.item.stage == stage) {
            found.push((first, format!("`{}` opens only the {stage} ({label})", first.item.level1)));
        }
    }
    for (entry, message) in found {
        Pen { entry, findings }.note(Rule::StageOneSided, "stage", message);
    }
}

fn place(entry: &Entry<'_>) -> String {
    if entry.serial.is_empty() { format!("item {}", entry.id) } else { format!("serial {}", entry.serial) }
}
