//! 公开主体: the bodies named by a cell.
//!
//! Invariant: the first is the lead; a stop inside brackets (县级民政部门、乡镇政府(街道、开发区)) does not split.
//! Left out: whether a generic body (应急管理部门) should be a named organ (checks).

/// Splits at 、 ， , ； ; and line breaks outside brackets; blanks inside a name go.
pub(crate) fn split(text: &str) -> Vec<String> {
    let mut names = vec![String::new()];
    let mut depth = 0_usize;
    for c in text.chars() {
        match c {
            '(' | '（' => depth += 1,
            ')' | '）' => depth = depth.saturating_sub(1),
            _ => {}
        }
        let is_stop = matches!(c, '、' | '，' | ',' | '；' | ';' | '\n');
        if is_stop && depth == 0 {
            names.push(String::new());
        } else if let Some(name) = names.last_mut().filter(|_| !c.is_whitespace()) {
            name.push(c);
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn bodies_are_split_outside_brackets() {
        assert_eq!(
            split("县级政府民政部门、乡镇政府(街道、园区)；铁岭市 民政局"),
            ["县级政府民政部门", "乡镇政府(街道、园区)", "铁岭市民政局"]
        );
        assert_eq!(split("、\n"), Vec::<String>::new());
        assert_eq!(split("甲(乙、丙"), ["甲(乙、丙"]);
    }
}
