//! 公开主体: the bodies named by a cell.
//!
//! Invariant: the first is the lead; a stop inside brackets (县级民政部门、乡镇政府(街道、开发区)) does not split, nor does a
//! line's end inside a name that only fits it into its cell.
//! Left out: whether a generic body (应急管理部门) should be a named organ (checks).

/// Endings of the names of bodies.
const ENDINGS: [&str; 45] = [
    "局",
    "委",
    "部",
    "厅",
    "院",
    "所",
    "站",
    "室",
    "处",
    "科",
    "股",
    "队",
    "会",
    "办",
    "中心",
    "政府",
    "部门",
    "单位",
    "机构",
    "机关",
    "公司",
    "银行",
    "学校",
    "医院",
    "法院",
    "检察院",
    "派出所",
    "办事处",
    "办公室",
    "委员会",
    "管委会",
    "街道办",
    "支队",
    "大队",
    "中队",
    "分局",
    "总局",
    "服务站",
    "协会",
    "联合会",
    "基金会",
    "集团",
    "企业",
    "大厅",
    "窗口",
];
/// Endings of places, which stand for their governments in a list.
const PLACES: [&str; 12] = ["乡", "镇", "街道", "村", "社区", "区", "县", "市", "旗", "苏木", "农场", "开发区"];
/// Words that are the rest of a name on a new line: a body is not called so.
const RESTS: [&str; 28] = [
    "人民政府",
    "政府",
    "办公室",
    "办事处",
    "委员会",
    "管委会",
    "部门",
    "局",
    "委",
    "办",
    "中心",
    "管理局",
    "服务中心",
    "服务站",
    "单位",
    "机构",
    "机关",
    "街道办事处",
    "居民委员会",
    "村民委员会",
    "管理委员会",
    "管理部门",
    "行政部门",
    "主管部门",
    "派出所",
    "大队",
    "支队",
    "领导小组",
];

/// Splits at 、 ， , ； ; and at line ends between two bodies, outside brackets; blanks inside a name go.
pub(crate) fn split(text: &str) -> Vec<String> {
    let mut names = vec![String::new()];
    let mut depth = 0_usize;
    for (place, c) in text.char_indices() {
        match c {
            '(' | '（' => depth += 1,
            ')' | '）' => depth = depth.saturating_sub(1),
            _ => {}
        }
        let is_stop = match c {
            '、' | '，' | ',' | '；' | ';' => depth == 0,
            '\n' => depth == 0 && names.last().is_some_and(|name| ends_body(name, &text[place + 1..])),
            c if c.is_whitespace() => depth == 0 && names.last().is_some_and(|name| ends_alike(name, &text[place..])),
            _ => false,
        };
        if is_stop {
            names.push(String::new());
        } else if let Some(name) = names.last_mut().filter(|_| !c.is_whitespace()) {
            name.push(c);
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// Whether a blank parts two bodies: 县住建局 县财政局; one inside a name only spreads it over its cell.
fn ends_alike(name: &str, rest: &str) -> bool {
    let next = rest.split_whitespace().next().unwrap_or_default();
    let is_body = |name: &str| {
        name.chars().count() > 2 && !RESTS.contains(&name) && ENDINGS.iter().any(|ending| name.ends_with(ending))
    };
    is_body(name) && is_body(next) && name.chars().next() == next.chars().next()
}

/// Whether a body ends here and another begins on the next line.
fn ends_body(name: &str, rest: &str) -> bool {
    let next: String =
        rest.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().split_whitespace().collect();
    if next.starts_with(['(', '（', ')', '）']) {
        return false;
    }
    let bare = without_note(name);
    let next_name = next.split(['、', '，', ',', '；', ';']).next().unwrap_or_default();
    let is_rest = RESTS.contains(&without_note(next_name)) || next_name.chars().count() < 2;
    if is_rest || bare.chars().count() < 2 {
        return false;
    }
    // 县级以上人民政府⏎应急管理⏎部门 is a kind of body; a body of that government stands under its own name.
    if bare.contains('级') && bare.ends_with("政府") && !next.starts_with(['各', '县', '市', '区', '乡', '镇', '省'])
    {
        return false;
    }
    // Of a list of names one may end as nothing is known to end: a note in brackets tells too.
    if ENDINGS.iter().any(|ending| bare.ends_with(ending)) || bare.len() < name.len() {
        return true;
    }
    let is_place = |name: &str| PLACES.iter().any(|ending| name.ends_with(ending));
    let next_bare = without_note(next_name);
    // 新台子镇⏎社会事务办公室 is one body; 新台子镇⏎铁岭县民政局 are two.
    let is_other = is_place(next_bare) || next_bare.contains(['县', '镇', '乡', '市']);
    is_place(bare) && bare.chars().count() > 2 && is_other
}

/// A name without （牵头） and its like behind it.
fn without_note(name: &str) -> &str {
    let trimmed = name.trim_end_matches([')', '）']);
    if trimmed.len() == name.len() {
        return name;
    }
    trimmed.rfind(['(', '（']).filter(|place| *place > 0).map_or(name, |place| &trimmed[..place])
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

    #[test]
    fn a_line_end_inside_a_name_only_fits_it_into_its_cell() {
        for (text, names) in [
            ("新台子镇\n人民政府", vec!["新台子镇人民政府"]),
            ("城市\n管理\n行政\n执法\n部门", vec!["城市管理行政执法部门"]),
            ("铁岭县民政局\n新台子镇人民政府", vec!["铁岭县民政局", "新台子镇人民政府"]),
            ("县民政局（牵头）\n各乡镇\n人民政府", vec!["县民政局（牵头）", "各乡镇人民政府"]),
            ("县委\n办公室", vec!["县委办公室"]),
            ("新台子镇\n凡河镇\n阿吉镇", vec!["新台子镇", "凡河镇", "阿吉镇"]),
            ("县农业农村局\n（乡村振兴局）", vec!["县农业农村局（乡村振兴局）"]),
            ("县公安局(交警\n大队)、县交通局", vec!["县公安局(交警大队)", "县交通局"]),
            ("铁岭县人力资源\n和社会保障局", vec!["铁岭县人力资源和社会保障局"]),
            ("铁岭县民政局\n铁岭县财政局\n铁岭县教育局", vec!["铁岭县民政局", "铁岭县财政局", "铁岭县教育局"]),
            ("县住建局 县财政局", vec!["县住建局", "县财政局"]),
            ("铁岭市 民政局", vec!["铁岭市民政局"]),
            ("新台子镇人民政府 社会事务办", vec!["新台子镇人民政府社会事务办"]),
            ("县级以上\n人民政府\n应急管理\n部门", vec!["县级以上人民政府应急管理部门"]),
            ("县级人民政府\n乡级人民政府", vec!["县级人民政府", "乡级人民政府"]),
        ] {
            assert_eq!(split(text), names, "{text}");
        }
    }
}
