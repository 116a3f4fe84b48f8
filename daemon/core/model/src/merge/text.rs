//! Text with two changes: both are in, unless they touch the same words.
//!
//! Invariant: changes that overlap or stand side by side are a person's to decide, because one sentence was meant;
//! the sides can be swapped.

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::diff::text::{Budget, cut};

/// A stretch of the base and what stands in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Hunk<'t> {
    base: Range<usize>,
    new: Vec<&'t str>,
}

/// The text with both changes; `None` where they touch.
pub(super) fn merge(base: &str, ours: &str, theirs: &str, budget: &mut Budget) -> Option<String> {
    let cuts = cut(&[base, ours, theirs], budget);
    let (our, their) = (hunks(&cuts[0], &cuts[1]), hunks(&cuts[0], &cuts[2]));
    let mut merged = String::new();
    let (mut i, mut j, mut at) = (0, 0, 0);
    loop {
        let hunk = match (our.get(i), their.get(j)) {
            (None, None) => break,
            (Some(one), Some(other)) if one == other => {
                (i, j) = (i + 1, j + 1);
                one
            }
            (Some(one), Some(other)) if touches(&one.base, &other.base) => return None,
            (Some(one), Some(other)) if one.base.start < other.base.start => {
                i += 1;
                one
            }
            (Some(one), None) => {
                i += 1;
                one
            }
            (_, Some(other)) => {
                j += 1;
                other
            }
        };
        merged.push_str(&cuts[0][at..hunk.base.start].concat());
        merged.push_str(&hunk.new.concat());
        at = hunk.base.end;
    }
    merged.push_str(&cuts[0][at..].concat());
    Some(merged)
}

fn hunks<'t>(base: &[&'t str], side: &[&'t str]) -> Vec<Hunk<'t>> {
    let ops = capture_diff_slices(Algorithm::Myers, base, side);
    let changed = ops.into_iter().filter(|op| !matches!(op, DiffOp::Equal { .. }));
    changed.map(|op| Hunk { base: op.old_range(), new: side[op.new_range()].to_vec() }).collect()
}

fn touches(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.start <= other.end && other.start <= one.end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_apart_are_both_in_and_changes_that_touch_are_not_merged() {
        let base = "自信息形成之日起20个工作日内公开申请材料";
        for (ours, theirs, merged) in [
            (
                "自信息形成之日起15个工作日内公开申请材料",
                "自信息形成之日起20个工作日内公开申请材料和结果",
                Some("自信息形成之日起15个工作日内公开申请材料和结果"),
            ),
            ("自信息形成之日起15个工作日内公开申请材料", "自信息形成之日起7个工作日内公开申请材料", None),
            ("公开申请材料", "自信息形成之日起20个工作日内公开", Some("公开")),
            (
                "自信息形成之日起20个自然日内公开申请材料",
                "自信息形成之日起10个工作日内公开申请材料",
                Some("自信息形成之日起10个自然日内公开申请材料"),
            ),
            ("自信息形成之日起10工作日内公开申请材料", "自信息形成之日起20个自然日内公开申请材料", None),
        ] {
            let found = merge(base, ours, theirs, &mut Budget::default());
            assert_eq!(found.as_deref(), merged, "{ours} {theirs}");
            assert_eq!(merge(base, theirs, ours, &mut Budget::default()), found);
        }
    }
}
