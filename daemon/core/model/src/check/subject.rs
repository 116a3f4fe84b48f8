//! 公开主体: whether a body is an organ that one can write to, or only a kind of organ.
//!
//! Invariant: decided by the words alone; 县民政局 passes, since the catalog says which county.

use super::{Pen, Rule};
use crate::{item::Item, vocabulary::fold};

/// Endings of words for a kind of organ.
const ENDINGS: [&str; 5] = ["部门", "有关单位", "相关单位", "责任单位", "各单位"];
/// Beginnings that name a level or a choice, not a place.
const BEGINNINGS: [&str; 18] = [
    "各级",
    "各乡",
    "各镇",
    "各县",
    "有关",
    "相关",
    "本级",
    "上级",
    "县级",
    "区级",
    "市级",
    "乡级",
    "镇级",
    "乡镇",
    "乡(",
    "镇(",
    "县(",
    "所在地",
];
/// Whole words for a kind of organ.
const WHOLE: [&str; 9] =
    ["人民政府", "政府", "县人民政府", "乡人民政府", "镇人民政府", "街道办事处", "主管单位", "审批机关", "行政机关"];

pub(super) fn check(item: &Item, pen: &mut Pen<'_, '_>) {
    for name in item.subject.iter().filter(|name| is_generic(name)) {
        pen.note(Rule::BodyGeneric, "subject", format!("`{name}` is a kind of organ, not an organ"));
    }
}

pub(crate) fn is_generic(name: &str) -> bool {
    let folded = fold(name);
    WHOLE.contains(&folded.as_str())
        || ENDINGS.iter().any(|word| folded.ends_with(word))
        || BEGINNINGS.iter().any(|word| folded.starts_with(word))
}
