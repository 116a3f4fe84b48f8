//! 公开依据: a cell's text as the titles, document numbers and articles it names.
//!
//! Invariant: nothing printed is lost: the `raw` parts joined by line breaks say what the cell said, and reading
//! that text again gives the same parts. Left out: whether a law exists or still holds (checks).

use super::Basis;

mod doc_no;

/// Most parts read from one cell; the rest of a longer text stays in the last part.
const BASIS_PARTS_MAX: usize = 200;

/// Most rounds until the parts stand: damaged text (a 》 lost) may be cut otherwise once its parts stand on lines.
const ROUNDS_MAX: usize = 8;

/// Reads the titles of a printed basis, in printed order; text without 《》 is a part of its own.
pub fn parse_basis(text: &str) -> Vec<Basis> {
    let mut lines = pieces(text).join("\n");
    for _ in 0..ROUNDS_MAX {
        let again = pieces(&lines).join("\n");
        if again == lines {
            break;
        }
        lines = again;
    }
    pieces(&lines).into_iter().map(read).collect()
}

/// The text that [`parse_basis`] reads back to the same parts: one a line, as printed.
pub fn basis_text(basis: &[Basis]) -> String {
    let lines: Vec<&str> =
        basis.iter().map(|part| if part.raw.is_empty() { part.title.as_str() } else { part.raw.as_str() }).collect();
    lines.join("\n")
}

/// Where the cell's text is cut: between two 《…》, at line breaks, ；, 。 and at commas beside a 《…》.
fn pieces(text: &str) -> Vec<&str> {
    let mut cuts = vec![0];
    let mut scan = Scan { depth: 0, brackets: 0, has_title: false };
    for (place, c) in text.char_indices() {
        if cuts.len() == BASIS_PARTS_MAX {
            break;
        }
        let start = cuts.last().copied().unwrap_or(0);
        if scan.is_cut(c, &text[start..place], &text[place + c.len_utf8()..]) {
            // A bullet printed before 《 (2.《…》) goes with what follows it.
            let at = if c == '《' { place - bullet_len(&text[start..place]) } else { place };
            cuts.push(at);
            scan = Scan { depth: 0, brackets: 0, has_title: false };
        }
        scan.take(c);
    }
    let ends = cuts.iter().skip(1).copied().chain([text.len()]);
    let pieces = cuts.iter().copied().zip(ends).map(|(start, end)| trim(&text[start..end]));
    pieces.filter(|piece| !piece.is_empty()).collect()
}

/// What the scanner is inside of.
struct Scan {
    depth: usize,
    brackets: usize,
    has_title: bool,
}

impl Scan {
    fn take(&mut self, c: char) {
        match c {
            '《' => self.depth += 1,
            '》' => {
                self.depth = self.depth.saturating_sub(1);
                self.has_title = true;
            }
            '(' | '（' if self.depth == 0 => self.brackets += 1,
            ')' | '）' if self.depth == 0 => self.brackets = self.brackets.saturating_sub(1),
            _ => {}
        }
    }

    /// Whether a new part begins at `c`, with `before` of the current part read and `after` still to come.
    fn is_cut(&self, c: char, before: &str, after: &str) -> bool {
        let previous = before.trim_end_matches([' ', '\u{3000}', '\u{a0}']).chars().next_back();
        let next = after.trim_start().chars().next();
        match c {
            // A 《 right after a stop, with the last one still open: its 》 was forgotten.
            '《' if self.depth > 0 => previous.is_some_and(is_stop),
            '《' => self.has_title && self.brackets == 0,
            _ if self.depth > 0 => false,
            '\n' | '\r' => !(continues(after) || is_torn(before, after) || self.brackets > 0 && closes_soon(after)),
            ';' | '；' | '。' => self.brackets == 0 && !continues(after),
            // 《B》3、《C》: the number belongs to what follows, and the 《 will cut before it.
            '、' if next == Some('《') && ends_with_number(before) => false,
            '、' | ',' | '，' if self.brackets == 0 => {
                next == Some('《') || (previous.is_some_and(|p| matches!(p, '》' | ')' | '）')) && !continues(after))
            }
            _ => false,
        }
    }
}

/// Whether a bracket that is open closes before another title begins: then a line's end in it only fits it into the cell.
fn closes_soon(after: &str) -> bool {
    /// Longest rest of a bracket, in characters.
    const REST_CHARS_MAX: usize = 60;
    let end = after.chars().take(REST_CHARS_MAX).find(|c| matches!(c, ')' | '）' | '《' | '(' | '（'));
    matches!(end, Some(')' | '）'))
}

/// Whether a line's end stands inside a number of a law or an article: 国务院⏎令第711号, 第⏎十条.
fn is_torn(before: &str, after: &str) -> bool {
    let (before, after) = (before.trim_end(), after.trim_start());
    let is_order = after.starts_with("令第") || (after.starts_with('号') && before.ends_with(is_number));
    before.ends_with('第') || is_order || (before.ends_with("令") && after.starts_with('第'))
}

/// Whether a bullet's number stands at the end, at the beginning or right behind a title.
fn ends_with_number(before: &str) -> bool {
    let bare = before.trim_end();
    let head = bare.trim_end_matches(|c: char| c.is_ascii_digit());
    let is_apart = head.trim_end().chars().next_back().is_none_or(|c| is_stop(c) || matches!(c, '》' | ')' | '）'));
    head.len() < bare.len() && is_apart
}

/// A document number in brackets, or an article, speaks of the title before it even on a new line.
fn continues(after: &str) -> bool {
    let after = after.trim_start();
    after.starts_with(['(', '（', '〔', '》']) || is_article_start(after)
}

fn is_article_start(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('第') else { return false };
    // 第 十 条 is printed with blanks now and then.
    let end = rest.find(|c: char| !is_number(c) && !is_blank(c)).unwrap_or(rest.len());
    rest[..end].contains(is_number) && rest[end..].starts_with(['条', '款', '项', '章'])
}

fn is_number(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '０'..='９') || "〇零一二两三四五六七八九十百千".contains(c)
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\u{3000}' | '\u{a0}')
}

fn is_stop(c: char) -> bool {
    matches!(c, '\n' | '\r' | '、' | ',' | '，' | ';' | '；' | '。')
}

fn trim(piece: &str) -> &str {
    piece.trim_matches(|c: char| c.is_whitespace() || is_stop(c))
}

/// Bytes of a bullet (2. · ① 3、) at the end of the text, blanks included.
fn bullet_len(text: &str) -> usize {
    let bare = text.trim_end();
    let number = bare.trim_end_matches(['.', '．', '、', ')', '）']);
    let digits = number.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '①'..='⑳' | '·' | '●'));
    let has_bullet = digits.len() < number.len();
    let is_apart = digits.chars().next_back().is_none_or(|c| c.is_whitespace() || is_stop(c) || c == '》');
    if has_bullet && is_apart { text.len() - digits.len() } else { 0 }
}

fn read(raw: &str) -> Basis {
    let doc_no = doc_no::find(raw).unwrap_or_default();
    Basis { title: title(raw), article: article(raw), doc_no, raw: raw.to_owned() }
}

/// The outermost 《…》 without blanks; without one, the words themselves.
fn title(raw: &str) -> String {
    let Some(start) = raw.find('《') else {
        let bare = raw.trim_start_matches(|c: char| c.is_ascii_digit() || c.is_whitespace() || "·●.、)）".contains(c));
        return without_blanks(if bare.is_empty() { raw } else { bare });
    };
    let inner = &raw[start + '《'.len_utf8()..];
    let mut depth = 1_usize;
    for (place, c) in inner.char_indices() {
        match c {
            '《' => depth += 1,
            '》' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return without_blanks(&inner[..place]);
        }
    }
    without_blanks(inner)
}

fn without_blanks(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// 第十条第二款 after the title, as printed without blanks.
fn article(raw: &str) -> String {
    let rest = raw.rfind('》').map_or("", |place| &raw[place..]);
    let Some(start) = rest.char_indices().map(|(place, _)| place).find(|place| is_article_start(&rest[*place..]))
    else {
        return String::new();
    };
    let is_part = |c: char| is_number(c) || c.is_whitespace() || "第条款项章目之至、-—".contains(c);
    let end = rest[start..].find(|c| !is_part(c)).map_or(rest.len(), |len| start + len);
    without_blanks(rest[start..end].trim_end_matches(['、', '-', '—', '至', '第']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(text: &str) -> Vec<(String, String, String)> {
        parse_basis(text).into_iter().map(|b| (b.title, b.doc_no, b.article)).collect()
    }

    fn check(text: &str, expected: &[(&str, &str, &str)]) {
        let expected: Vec<_> =
            expected.iter().map(|(t, d, a)| ((*t).to_owned(), (*d).to_owned(), (*a).to_owned())).collect();
        assert_eq!(read_all(text), expected, "{text}");
    }

    #[test]
    fn a_cell_becomes_titles_numbers_and_articles() {
        check("《信息公开条例》及相关规定", &[("信息公开条例", "", "")]);
        check(
            "《中华人民共和国政府信息公开条例》《关于全面推进政务公开工作的意见》(中办发﹝2016﹞8号)",
            &[("中华人民共和国政府信息公开条例", "", ""), ("关于全面推进政务公开工作的意见", "中办发〔2016〕8号", "")],
        );
        check(
            "《中华人民共和国政府信息公开条例》（国务院令第711号）第十条、第二十条第一款",
            &[("中华人民共和国政府信息公开条例", "国务院令第711号", "第十条、第二十条第一款")],
        );
        check(
            "1.《农业生产发展资金\n管理办法》2.《意见》\n（国办发[2019]54号）；各级文件",
            &[("农业生产发展资金管理办法", "", ""), ("意见", "国办发〔2019〕54号", ""), ("各级文件", "", "")],
        );
        check(
            "《关于印发《办法》的通知》、《最低生活保障审核审批办法(试行)》、各地配套政策法规文件",
            &[
                ("关于印发《办法》的通知", "", ""),
                ("最低生活保障审核审批办法(试行)", "", ""),
                ("各地配套政策法规文件", "", ""),
            ],
        );
        check("《A办法》3、《C条例》", &[("A办法", "", ""), ("C条例", "", "")]);
        check("1、《A办法》2、《B办法》3.《C条例》", &[("A办法", "", ""), ("B办法", "", ""), ("C条例", "", "")]);
        check("《信息公开条例》第 十 条", &[("信息公开条例", "", "第十条")]);
        check("《信息公开条例》（国务院\n令第711号）", &[("信息公开条例", "国务院令第711号", "")]);
        check("《信息公开条例》国务院\n令第711号", &[("信息公开条例", "国务院令第711号", "")]);
        check("《信息公开条例》（中华人民共和国国务院令第711号）", &[("信息公开条例", "国务院令第711号", "")]);
        check("《信息公开条例》（2019年国务院令第711号修订）", &[("信息公开条例", "国务院令第711号", "")]);
        check("根据国办发〔2019〕54号", &[("根据国办发〔2019〕54号", "国办发〔2019〕54号", "")]);
        check("《办法》(中办发〔2016〕8号\n《意见》", &[("办法", "中办发〔2016〕8号", ""), ("意见", "", "")]);
        check("《没有结束\n《下一个》", &[("没有结束", "", ""), ("下一个", "", "")]);
        check(" \n", &[]);
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_reads_back(text in "[《》()（）第十条1.、，;。\n 中办发〔〕2号]{0,40}") {
            let once = parse_basis(&text);
            proptest::prop_assert_eq!(parse_basis(&basis_text(&once)), once);
        }
    }
}
