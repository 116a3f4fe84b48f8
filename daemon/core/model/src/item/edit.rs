//! Changing one element of an item by a person's words.
//!
//! Invariant: the other fields stay byte for byte, also those that this version does not know; the words are read as
//! the reader of workbooks reads a cell where the element is a list.
//! Left out: whether the words are right (check), and who may change anything (app).

use serde_json::{Map, Value};

use super::{CanonicalItem, Item, parse_basis};
use crate::{
    normal::nfc,
    vocabulary::{Terms, Vocabulary},
};

/// Longest words of one element, in bytes: the longest printed cell met has some 4 KB.
pub const ELEMENT_BYTES_MAX: usize = 64 * 1024;

/// Elements that can be named: the field, and the words of the plan and of the official columns.
const NAMES: [(&str, &[&str]); 19] = [
    ("name", &["名称", "公开事项"]),
    ("content", &["内容", "公开内容", "公开内容(要素)"]),
    ("basis", &["依据", "公开依据"]),
    ("time_limit_text", &["时限", "公开时限"]),
    ("subject", &["主体", "公开主体"]),
    ("disclosure_mode", &["方式", "公开方式"]),
    ("channels", &["渠道", "公开渠道", "公开渠道和载体"]),
    ("audience", &["公开对象", "对象"]),
    ("audience_specific", &["特定群体"]),
    ("level1", &["一级事项"]),
    ("level2", &["二级事项"]),
    ("level3", &["三级事项"]),
    ("withhold_reason", &["不予公开理由"]),
    ("responsible_dept", &["责任科室"]),
    ("guideline_ref", &["对应指引条目"]),
    ("power_list_ref", &["权责清单编码"]),
    ("effective_from", &["生效日期"]),
    ("effective_to", &["失效日期"]),
    ("extent", &["公开程度"]),
];

/// Words that cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// No such element.
    #[error("`{0}` is no element of an item")]
    ElementUnknown(String),
    /// The vocabulary has no such word.
    #[error("`{word}` is no value of `{element}`")]
    WordUnknown {
        /// The element's field.
        element: &'static str,
        /// The word.
        word: String,
    },
    /// Too long.
    #[error("the words have {0} bytes, {ELEMENT_BYTES_MAX} are taken")]
    TooLong(usize),
    /// The item says this already.
    #[error("the item says this already")]
    Same,
}

/// The field that a person's word for an element means.
pub fn element_of(word: &str) -> Option<&'static str> {
    let word = word.trim();
    NAMES.iter().find(|(field, words)| *field == word || words.contains(&word)).map(|(field, _)| *field)
}

/// The item with other words in one element.
pub fn edited(
    item: &CanonicalItem,
    element: &str,
    words: &str,
    vocabulary: &Vocabulary,
) -> Result<CanonicalItem, EditError> {
    if words.len() > ELEMENT_BYTES_MAX {
        return Err(EditError::TooLong(words.len()));
    }
    let unknown = || EditError::ElementUnknown(element.chars().take(40).collect());
    let field = element_of(element).ok_or_else(unknown)?;
    let before = item.decode();
    let mut after = before.clone();
    set(&mut after, field, words.trim(), vocabulary)?;
    if after == before {
        return Err(EditError::Same);
    }
    let mut fields: Map<String, Value> = serde_json::from_str(item.as_json()).unwrap_or_default();
    let (old, new) = (object(&before), object(&after));
    for name in old.keys().chain(new.keys()) {
        match new.get(name) {
            _ if old.get(name) == new.get(name) => {}
            Some(value) => drop(fields.insert(name.clone(), value.clone())),
            None => drop(fields.remove(name)),
        }
    }
    let json = nfc(Value::Object(fields).to_string());
    CanonicalItem::from_json(&json).ok_or(EditError::Same)
}

fn object(item: &Item) -> Map<String, Value> {
    // A struct of texts, sets and maps with text keys always becomes an object.
    serde_json::to_value(item).ok().and_then(|value| value.as_object().cloned()).unwrap_or_default()
}

fn set(item: &mut Item, field: &'static str, words: &str, vocabulary: &Vocabulary) -> Result<(), EditError> {
    let text = match field {
        "name" => deepest(item),
        "content" => &mut item.content,
        "time_limit_text" => &mut item.time_limit_text,
        "audience_specific" => &mut item.audience_specific,
        "level1" => &mut item.level1,
        "level2" => &mut item.level2,
        "level3" => &mut item.level3,
        "withhold_reason" => &mut item.withhold_reason,
        "responsible_dept" => &mut item.responsible_dept,
        "guideline_ref" => &mut item.guideline_ref,
        "power_list_ref" => &mut item.power_list_ref,
        "effective_from" => &mut item.effective_from,
        "effective_to" => &mut item.effective_to,
        _ => return set_list(item, field, words, vocabulary),
    };
    words.clone_into(text);
    Ok(())
}

fn set_list(item: &mut Item, field: &'static str, words: &str, vocabulary: &Vocabulary) -> Result<(), EditError> {
    match field {
        "basis" => item.basis = parse_basis(words),
        "subject" => item.subject = parts(words).map(str::to_owned).collect(),
        "channels" => {
            item.channels.clear();
            item.channels_other.clear();
            item.channels_raw.clear();
            for word in parts(words) {
                match slug_of(&vocabulary.channels, word) {
                    Some(slug) => item.channels.insert(slug),
                    None => item.channels_other.insert(word.to_owned()),
                };
            }
        }
        "audience" => {
            let slugs = parts(words).map(|word| known(&vocabulary.audience, "audience", word));
            item.audience = slugs.collect::<Result<_, _>>()?;
        }
        "disclosure_mode" => item.disclosure_mode = known(&vocabulary.modes, "disclosure_mode", words)?,
        "extent" => item.extent = known(&vocabulary.extents, "extent", words)?,
        other => return Err(EditError::ElementUnknown(other.to_owned())),
    }
    Ok(())
}

/// The level that is the item's name.
fn deepest(item: &mut Item) -> &mut String {
    if !item.level3.is_empty() {
        &mut item.level3
    } else if !item.level2.is_empty() {
        &mut item.level2
    } else {
        &mut item.level1
    }
}

fn parts(words: &str) -> impl Iterator<Item = &str> {
    words.split(['、', ',', '，', ';', '；', '\n']).map(str::trim).filter(|part| !part.is_empty())
}

fn slug_of(terms: &Terms, word: &str) -> Option<String> {
    terms.get(word).or_else(|| terms.find(word)).map(|term| term.slug.clone())
}

/// An emptied element stays empty; any other word must be in the vocabulary.
fn known(terms: &Terms, element: &'static str, word: &str) -> Result<String, EditError> {
    let unknown = || EditError::WordUnknown { element, word: word.chars().take(40).collect() };
    if word.is_empty() { Ok(String::new()) } else { slug_of(terms, word).ok_or_else(unknown) }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;

    fn item() -> CanonicalItem {
        let json = r#"{"channels":["portal"],"content":"旧","level1":"救助","level2":"临时救助","novelty":7}"#;
        CanonicalItem::from_json(json).unwrap()
    }

    #[test]
    fn one_element_changes_and_unknown_fields_stay() {
        let vocabulary = Vocabulary::default();
        for (element, words, expected) in [
            (
                "内容",
                " 新的内容 ",
                r#"{"channels":["portal"],"content":"新的内容","level1":"救助","level2":"临时救助","novelty":7}"#,
            ),
            (
                "name",
                "急难救助",
                r#"{"channels":["portal"],"content":"旧","level1":"救助","level2":"急难救助","novelty":7}"#,
            ),
            ("content", "", r#"{"channels":["portal"],"level1":"救助","level2":"临时救助","novelty":7}"#),
            (
                "渠道",
                "宣传栏、村喇叭",
                r#"{"channels_other":["宣传栏","村喇叭"],"content":"旧","level1":"救助","level2":"临时救助","novelty":7}"#,
            ),
        ] {
            assert_eq!(edited(&item(), element, words, &vocabulary).unwrap().as_json(), expected, "{element}");
        }
    }

    #[test]
    fn words_that_cannot_be_taken_are_refused() {
        let vocabulary = Vocabulary::default();
        assert_eq!(edited(&item(), "content", "旧", &vocabulary), Err(EditError::Same));
        assert_eq!(edited(&item(), "colour", "x", &vocabulary), Err(EditError::ElementUnknown("colour".to_owned())));
        assert!(matches!(edited(&item(), "方式", "明信片", &vocabulary), Err(EditError::WordUnknown { .. })));
        assert!(matches!(
            edited(&item(), "content", &"长".repeat(ELEMENT_BYTES_MAX), &vocabulary),
            Err(EditError::TooLong(_))
        ));
    }
}
