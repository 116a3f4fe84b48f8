//! Opening tags of XML parts, byte by byte.
//!
//! Invariant: nothing here can fail, and nothing is believed: a tag inside a comment is taken for real.

/// One opening tag: its name without prefix, the bytes of its attributes, and the text up to the next tag.
pub(crate) struct Tag<'a> {
    pub(crate) name: &'a [u8],
    rest: &'a [u8],
}

/// The opening tags of a part but for cells and their values, which are most of a sheet.
pub(crate) fn tags(xml: &[u8]) -> impl Iterator<Item = Tag<'_>> {
    let pieces = xml.split(|byte| *byte == b'<');
    pieces.filter(|piece| !piece.starts_with(b"c ") && !piece.starts_with(b"v>")).filter_map(Tag::of)
}

impl<'a> Tag<'a> {
    /// Of what follows a `<`; `None` for a closing tag.
    pub(crate) fn of(piece: &'a [u8]) -> Option<Self> {
        if !piece.first()?.is_ascii_alphabetic() {
            return None;
        }
        let end =
            piece.iter().position(|b| matches!(b, b' ' | b'>' | b'/' | b'\n' | b'\r' | b'\t')).unwrap_or(piece.len());
        let name = piece[..end].rsplit(|byte| *byte == b':').next()?;
        Some(Tag { name, rest: &piece[end..] })
    }

    /// An attribute by its name; one with a prefix also by what stands behind it (`r:id` where `id` is asked).
    pub(crate) fn attr(&self, name: &str) -> Option<String> {
        let text = std::str::from_utf8(self.rest).ok()?;
        let text = &text[..tag_end(text)];
        let mut at = 0;
        while let Some(found) = text[at..].find(name) {
            let start = at + found;
            let is_whole = text[..start].ends_with(|c: char| c.is_whitespace() || c == ':');
            let rest = text[start + name.len()..].trim_start();
            if let Some(value) = rest.strip_prefix('=').filter(|_| is_whole) {
                let value = value.trim_start();
                let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
                return value[1..].split(quote).next().map(unescaped);
            }
            at = start + name.len();
        }
        None
    }

    pub(crate) fn number(&self, name: &str) -> Option<u32> {
        self.attr(name)?.parse().ok()
    }

    /// Whether a switch such as `<strike/>` is on.
    pub(crate) fn is_on(&self) -> bool {
        self.attr("val").is_none_or(|value| !matches!(value.as_str(), "0" | "false" | "none"))
    }

    /// Whether a row or column is hidden, or has no height or width, which looks the same.
    pub(crate) fn is_hidden(&self) -> bool {
        // Most rows carry no such word: the search for it is all they cost.
        let has = |word: &[u8]| self.rest.windows(word.len()).any(|window| window == word);
        let is_nothing_high = || has(b" ht=\"0\"") || has(b" width=\"0\"");
        (has(b"hidden") && self.attr("hidden").is_some_and(|value| value == "1" || value == "true"))
            || is_nothing_high()
    }

    /// The text up to the next tag, as a spreadsheet reads it.
    pub(crate) fn text(&self) -> String {
        let Ok(text) = std::str::from_utf8(self.rest) else { return String::new() };
        let end = tag_end(text);
        let is_preserved = text[..end].contains("preserve");
        let text = unescaped(text[end..].strip_prefix('>').unwrap_or_default());
        let text = if is_preserved { text.as_str() } else { text.trim_matches([' ', '\t', '\r', '\n']) };
        without_codes(text)
    }
}

/// Where a tag ends: a `>` outside quotes.
fn tag_end(text: &str) -> usize {
    let mut quote = None;
    for (place, c) in text.char_indices() {
        match (quote, c) {
            (None, '>') => return place,
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            _ => {}
        }
    }
    text.len()
}

/// `&lt;` and its like as characters; what is no such name stays.
pub(crate) fn unescaped(text: &str) -> String {
    /// Longest name between `&` and `;`.
    const NAME_BYTES_MAX: usize = 8;
    if !text.contains('&') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(place) = rest.find('&') {
        out.push_str(&rest[..place]);
        rest = &rest[place..];
        let end = rest.find(';').filter(|end| *end <= NAME_BYTES_MAX);
        let found = end.and_then(|end| Some((character(&rest[1..end])?, end + 1)));
        let (c, len) = found.unwrap_or(('&', 1));
        out.push(c);
        rest = &rest[len..];
    }
    out + rest
}

fn character(name: &str) -> Option<char> {
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        name => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

/// `_x000A_` as the character: what XML itself cannot hold.
fn without_codes(text: &str) -> String {
    if !text.contains("_x") {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(place) = rest.find("_x") {
        out.push_str(&rest[..place]);
        rest = &rest[place..];
        let code = rest.get(2..6).filter(|_| rest.get(6..7) == Some("_"));
        let c = code.and_then(|hex| u32::from_str_radix(hex, 16).ok()).and_then(char::from_u32);
        let (piece, len) = c.map_or_else(|| ("_x".to_owned(), 2), |c| (c.to_string(), 7));
        out.push_str(&piece);
        rest = &rest[len..];
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_and_texts_are_read_as_a_spreadsheet_reads_them() {
        let tag = |xml: &'static str| Tag::of(xml.as_bytes());
        let sheet = tag(r#"x:sheet name="a>b" d2p1:id='rId1' sheetId="7"/>"#);
        let sheet = sheet.as_ref();
        assert_eq!(sheet.map(|tag| tag.name), Some(&b"sheet"[..]));
        assert_eq!(sheet.and_then(|tag| tag.attr("id")).as_deref(), Some("rId1"));
        assert_eq!(sheet.and_then(|tag| tag.attr("name")).as_deref(), Some("a>b"));
        assert_eq!(sheet.and_then(|tag| tag.number("sheetId")), Some(7));
        for (xml, text) in [
            ("t>a&lt;b&#10;&#x4e2d;&nbsp;", "a<b\n中&nbsp;"),
            ("t> 低保_x000A__x005F_x000D_ ", "低保\n_x000D_"),
            ("t xml:space=\"preserve\"> a ", " a "),
            ("t/>", ""),
        ] {
            assert_eq!(tag(xml).map(|tag| tag.text()).as_deref(), Some(text), "{xml}");
        }
    }
}
