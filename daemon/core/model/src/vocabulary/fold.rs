//! Folds text for comparing; what is stored stays as printed.

use super::radicals::radical_as_letter;
use crate::normal::each_nfkc;

/// The text without what catalogs print differently for the same word: width (NFKC), blanks and invisible
/// characters, case, the slashes that Word makes of `/`, and the brackets of document numbers.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    each_nfkc(text, |c| {
        if is_blank(c) {
            return;
        }
        match plain(c) {
            c if c.is_ascii() => folded.push(c.to_ascii_lowercase()),
            c @ '\u{4e00}'..='\u{9fff}' => folded.push(c),
            c => folded.extend(c.to_lowercase()),
        }
    });
    folded
}

/// U+2800 to U+28FF (Braille) stands for blanks in copies from damaged pages; NFKC leaves it and the zero widths.
fn is_blank(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}')
        || matches!(c, '\u{feff}' | '\u{2800}'..='\u{28ff}' | '\u{fe00}'..='\u{fe0f}')
}

fn plain(c: char) -> char {
    match c {
        '\u{2044}' | '\u{2215}' => '/',
        '[' => '〔',
        ']' => '〕',
        '\u{2e80}'..='\u{2fdf}' => radical_as_letter(c),
        // What NFKC makes of the radical that copies print for 户.
        '戶' => '户',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn words_that_look_alike_fold_alike() {
        for (left, right) in [
            ("（二十）公共文化服务", "(二十)公共 文化\u{3000}服务"),
            ("２０个工作日", "20 个工作日"),
            ("入户⁄现场", "入户/现场"),
            ("公\u{2802}开\u{feff}主体", "公开主体"),
            ("国办发﹝2019﹞54号", "国办发〔2019〕54号"),
            ("国办发［2019］54号", "国办发[2019]54号"),
            ("App", "ａｐｐ"),
            ("新台⼦镇⼈⺠政府", "新台子镇人民政府"),
            ("低\u{ad}保\u{202e}", "低保"),
        ] {
            assert_eq!(fold(left), fold(right));
        }
        assert_ne!(fold("就业"), fold("就业创业"));
    }
}
