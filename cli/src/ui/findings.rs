//! What a reading or a check found, in Chinese: libraries and daemons say it in English, by a permanent code.
//!
//! Invariant: every code that a reading can give has its sentence here (a test reads the sources); the particulars
//! (what stands in backquotes or 《》) stay as they were told.

use super::Lang;
use crate::explain;

/// Kinds of warnings and reasons of rejected sheets.
const READING_ZH: &[(&str, &str)] = &[
    ("audience-group-missing", "没有“公开对象”栏"),
    ("audience-unnamed", "勾选了特定群体但未写明是谁"),
    ("basis-unbalanced", "书名号不成对"),
    ("cell-comment", "单元格的批注不读入"),
    ("cell-error", "单元格是错误值"),
    ("cell-format", "数字格式无法识别或不显示内容"),
    ("cell-link", "单元格的链接地址不读入"),
    ("cell-number", "数字位数超出表格软件的精度，末位已丢失，请按文本填写"),
    ("cell-unread", "这些单元格不属于任何事项、标题或说明，未读入"),
    ("cell-without-value", "公式没有存下计算结果，请打开文件计算后保存"),
    ("channel-mark-missing", "渠道未勾选，请确认是否全部使用"),
    ("column-hidden", "列已隐藏，仍照常读取"),
    ("column-left-out", "列已隐藏，另有显示的同类栏或不是表中的栏，未读入"),
    ("column-list", "是网站栏目清单，不是公开事项目录"),
    ("column-missing", "缺少一栏"),
    ("column-repeated", "同名的栏出现两次"),
    ("column-unknown", "不认识的栏，原样保留为其他列"),
    ("domain-differs", "文件写明的领域与 --domain 不同，按文件处理；确认以指定为准请加 --confirm-domain"),
    ("domain-overruled", "文件写明的领域与指定的不同，已按确认的领域处理"),
    ("domain-unknown", "标题、工作表名、文件名都没有指明唯一领域，请在导入时指定"),
    ("element-missing", "必备要素为空"),
    ("fill-across-page-break", "分页后的空白一级事项沿用上页"),
    ("formula-not-run", "不运行公式，读取已存的值"),
    ("header-ambiguous", "表头有两种可能，请用 --map 指明"),
    ("header-guessed", "表头残缺，按相邻栏与内容推断"),
    ("header-missing", "表头单元格为空，按相邻栏与内容推断"),
    ("level-group-missing", "没有“公开层级”栏，取本节点层级"),
    ("link-ignored", "忽略外部链接"),
    ("macro-ignored", "忽略宏"),
    ("mapping-unmet", "文件中没有所指的列名"),
    ("mark-question", "既不是勾选也不是未选，请改正单元格，或用 --map 列名:△=yes 或 =no 说明"),
    ("mark-several", "只能选一项却勾选了多项"),
    ("mark-unknown", "不认识的标记，未采用"),
    ("marks-lost", "整栏没有任何标记，报送前请补上"),
    ("marks-missing", "本行此栏没有标记"),
    ("matter-repeated", "事项名称重复"),
    ("merge-ignored", "合并范围过大，忽略合并"),
    ("merge-lost", "合并单元格丢失，空白沿用上方内容"),
    ("merge-over-text", "合并范围盖住其他文字，逐格读取"),
    ("mode-group-missing", "没有“公开方式”栏，留空"),
    ("no-header", "没有找到表头：需要“公开事项”与“公开内容”或“公开主体”"),
    ("placeholder-left", "只占位置、没有内容，请写出具体内容"),
    ("reader-changed", "单元格没有变化，读法与上次不同（程序版本、表头或列名说明），报送后原审核意见不再适用"),
    ("row-hidden", "行已隐藏，仍照常读取"),
    ("row-left-out", "行已隐藏，另有显示的同名事项，未读入"),
    ("row-not-item", "不是事项，未读入"),
    ("row-serial-only", "只有序号的行，未读入"),
    ("row-shifted", "单元格比表头多，多了一个分隔符，其后各栏已错位"),
    ("row-short", "单元格比表头少，请核对中间是否缺了一格"),
    ("same-as-left", "指向其他单元格的说法，请写出具体内容"),
    ("same-as-nothing", "“同上”的上方没有内容"),
    ("serial-gap", "序号不连续"),
    ("sheet-hidden", "工作表已隐藏，仍照常读取"),
    ("sheet-left-out", "工作表已隐藏，其中的目录未读入；确需读入请取消隐藏"),
    ("table-empty", "有表头而没有事项"),
    ("table-halves", "表格左右并排打印，右半接在左半之后读取"),
    ("tables-beside", "左右并排的表格各有标题，分别读取"),
    ("text-control", "文中有控制字符，已去除"),
    ("text-damaged", "有文字丢失（??）"),
    ("text-direction", "文中有改变文字方向的符号，已去除，请重新核对"),
    ("text-dump", "整个目录挤在一个单元格里，请索取原表"),
    ("text-folded", "部首形状的字（多来自 PDF 复制）已按相应汉字读取"),
    ("text-pinyin", "文中夹有拼音，可能来自镜像网页"),
    ("text-quote-open", "引号没有结束，按普通字符读取"),
    ("text-struck", "划掉的文字未读入"),
    ("text-traditional", "表头为繁体字"),
    ("time-limit-several", "一个事项有多个时限，按多条保留"),
];

/// A warning of a reading for people.
pub(crate) fn reading(code: &str, message: &str, lang: Lang) -> String {
    match (lang, READING_ZH.iter().find(|(known, _)| *known == code)) {
        (Lang::Zh, Some((_, zh))) => with_particulars(zh, message),
        (Lang::Zh, None) | (Lang::En, _) => message.to_owned(),
    }
}

/// A finding of the check for people: in Chinese by the page of its code.
pub(crate) fn finding(code: &str, message: &str, lang: Lang) -> String {
    match (lang, explain::page(code)) {
        (Lang::Zh, Some(page)) => with_particulars(page.in_language(lang).0.trim_end_matches('。'), message),
        (Lang::Zh, None) | (Lang::En, _) => message.to_owned(),
    }
}

fn with_particulars(sentence: &str, message: &str) -> String {
    match particulars(message) {
        "" => sentence.to_owned(),
        particulars => format!("{sentence}：{particulars}"),
    }
}

/// The marks of titles, where a message is about them and quotes nothing.
const TITLE_MARKS: &str = "《 and 》";

/// What is quoted in a message, the first of it.
fn particulars(message: &str) -> &str {
    let quoted = [('`', '`'), ('《', '》')].into_iter().filter_map(|(open, close)| {
        let start = message.find(open)?;
        let inner = start + open.len_utf8();
        let end = inner + message[inner..].find(close)? + close.len_utf8();
        Some((start, end))
    });
    let quoted = quoted.filter(|(start, end)| &message[*start..*end] != TITLE_MARKS);
    quoted.min().map_or("", |(start, end)| &message[start..end])
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;

    #[test]
    fn a_finding_keeps_its_particulars_in_both_languages() {
        let message = "`应急管理部门` is a kind of organ, not an organ";
        assert_eq!(finding("GK-CHECK-007", message, Lang::En), message);
        assert_eq!(finding("GK-CHECK-007", message, Lang::Zh), "公开主体是泛称，不是具体机关：`应急管理部门`");
        assert_eq!(reading("basis-unbalanced", "《 and 》 do not pair up", Lang::Zh), "书名号不成对");
        assert_eq!(reading("row-hidden", "the row is hidden, its item is read", Lang::Zh), "行已隐藏，仍照常读取");
        assert_eq!(reading("tomorrow", "a `new` kind", Lang::Zh), "a `new` kind");
    }

    fn sources(folder: &Path, texts: &mut Vec<String>) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.path().is_dir() {
                sources(&entry.path(), texts);
            } else {
                texts.extend(fs::read_to_string(entry.path()));
            }
        }
    }

    /// Codes in the sources that follow `warn(`, `warn_file(`, `finding(` or stand first in a pair with a sentence.
    #[test]
    fn every_code_of_a_reading_has_its_sentence() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../daemon/edge/sheets/src");
        let mut texts = Vec::new();
        sources(&folder, &mut texts);
        let is_code = |word: &&str| {
            let parts: Vec<&str> = word.split('-').collect();
            let areas = ["audience", "basis", "cell", "channel", "column", "domain", "element", "fill", "formula"];
            let more = ["header", "level", "link", "macro", "mapping", "mark", "marks", "matter", "merge", "mode"];
            let rest = ["no", "row", "same", "serial", "sheet", "table", "text", "time"];
            let is_area = areas.iter().chain(&more).chain(&rest).any(|area| parts.first() == Some(area));
            parts.len() > 1 && is_area && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
        };
        let used: BTreeSet<&str> = texts.iter().flat_map(|text| text.split('"')).filter(is_code).collect();
        assert!(used.len() > 35, "only {} codes were found: the search is broken", used.len());
        let missing: Vec<&&str> =
            used.iter().filter(|code| READING_ZH.iter().all(|(known, _)| known != *code)).collect();
        assert!(missing.is_empty(), "no Chinese for {missing:?}");
    }
}
