//! Where an item and a catalog come from, in words: the API's elements `origin` and `standard` are objects.
//!
//! Invariant: what is not understood (a newer daemon's) is shown as it came. Nothing here is read back.

use serde::Deserialize;

use super::words::{Lang, state_word};

/// An item's `origin`.
#[derive(Deserialize)]
struct Origin {
    standard: String,
    #[serde(default)]
    provenance: String,
}

/// A header's `standard`.
#[derive(Deserialize)]
struct Standard {
    id: String,
    #[serde(default)]
    version: String,
    #[serde(default)]
    revision: String,
}

/// An element that is an object, as a person reads it; `None` for any other.
pub(super) fn words(element: &str, value: &str, lang: Lang) -> Option<String> {
    match element {
        "origin" => {
            let Origin { standard, provenance } = serde_json::from_str(value).ok()?;
            let level = state_word(&provenance, lang);
            Some(if level.is_empty() {
                standard
            } else {
                lang.pick(format!("{standard} ({level})"), format!("{standard}（{level}）"))
            })
        }
        "standard" => {
            let Standard { id, version, revision } = serde_json::from_str(value).ok()?;
            // A version without a printed name is told apart by its content.
            let version = if version.is_empty() { crate::commands::short(&revision).to_owned() } else { version };
            Some(format!("{id} {version}").trim_end().to_owned())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_told_in_words_and_the_rest_as_it_came() {
        let origin = r#"{"item":"0199","provenance":"national","standard":"211200/elderly-care/guideline"}"#;
        let standard = r#"{"id":"211200/elderly-care/guideline","revision":"sha256:7e0e","version":"2019年版"}"#;
        let unnamed = r#"{"id":"211200/elderly-care/guideline","revision":"sha256:7e0e2adc0349267faa"}"#;
        for (element, value, zh) in [
            ("origin", origin, Some("211200/elderly-care/guideline（国家）")),
            ("standard", standard, Some("211200/elderly-care/guideline 2019年版")),
            ("standard", unnamed, Some("211200/elderly-care/guideline sha256:7e0e2adc0349")),
            ("origin", "[1]", None),
            ("content", origin, None),
        ] {
            assert_eq!(words(element, value, Lang::Zh).as_deref(), zh, "{element} {value}");
        }
        assert_eq!(words("origin", origin, Lang::En).as_deref(), Some("211200/elderly-care/guideline (national)"));
    }
}
