//! Texts in several looks inside one cell: what is struck out, and what is printed in a symbol font.
//!
//! Invariant: tags and their attributes are looked at byte by byte, nothing here can fail; what is neither struck out nor in
//! a symbol font comes out as the cell reader gives it. Left out: the look of a whole cell (looks).

use crate::{symbols::SymbolFont, tags::Tag};

/// A text with its looks settled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rich {
    /// What counts.
    pub(crate) kept: String,
    /// What was struck out, without what counts.
    pub(crate) struck: String,
}

/// Reads the content of an `si` or `is` element; `None` where nothing is struck out or in a symbol font.
pub(crate) fn read(xml: &[u8]) -> Option<Rich> {
    let mut rich = Rich::default();
    let mut look = Look::default();
    let mut has_look = false;
    let mut is_reading_aloud = false;
    for piece in xml.split(|byte| *byte == b'<') {
        let Some(tag) = Tag::of(piece) else {
            is_reading_aloud &= !piece.starts_with(b"/rPh") && !piece.ends_with(b":rPh>");
            continue;
        };
        match tag.name {
            b"r" => look = Look::default(),
            b"rPh" => is_reading_aloud = true,
            b"strike" => look.is_struck = tag.is_on(),
            b"rFont" => look.font = tag.attr("val").and_then(|name| SymbolFont::of(&name)),
            b"t" if !is_reading_aloud => {
                has_look |= look.is_struck || look.font.is_some();
                look.put(&tag, &mut rich);
            }
            _ => {}
        }
    }
    has_look.then_some(rich)
}

#[derive(Default)]
struct Look {
    is_struck: bool,
    font: Option<SymbolFont>,
}

impl Look {
    fn put(&self, tag: &Tag<'_>, rich: &mut Rich) {
        let text = tag.text();
        let text = self.font.map_or(text.clone(), |font| font.seen(&text));
        if self.is_struck { &mut rich.struck } else { &mut rich.kept }.push_str(&text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_struck_out_is_told_from_what_counts() {
        for (xml, expected) in [
            (
                "<r><rPr><strike/></rPr><t>20个工作日</t></r><r><rPr/><t>7个工作日</t></r>",
                Some(("7个工作日", "20个工作日")),
            ),
            ("<r><rPr><strike val=\"0\"/></rPr><t>20</t></r>", None),
            (
                "<r><t xml:space=\"preserve\">甲 </t></r><r><rPr><strike val=\"1\"/></rPr><t>乙&amp;丙</t></r>",
                Some(("甲 ", "乙&丙")),
            ),
            (
                "<r><rPr><rFont val=\"Wingdings\"/></rPr><t>þ</t></r><r><rPr><rFont val=\"宋体\"/></rPr><t>政府网站</t></r>",
                Some(("☑政府网站", "")),
            ),
            ("<t>低保</t><rPh sb=\"0\" eb=\"2\"><t>dibao</t></rPh>", None),
        ] {
            let read = read(xml.as_bytes());
            assert_eq!(read.as_ref().map(|rich| (rich.kept.as_str(), rich.struck.as_str())), expected, "{xml}");
        }
    }
}
