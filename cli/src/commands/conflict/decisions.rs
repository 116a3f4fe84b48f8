//! Decisions on single elements from a JSON file: what `conflict show --output json` printed with `take` or `text`
//! added to its rows, or a plain list of such objects.
//!
//! Invariant: every faulty object of the file is named with its item, its element and what is wrong; then nothing of
//! the file counts. Left out: whether the conflict differs there (the daemon says so).

use std::fmt::{self, Write as _};

use gongkai_proto::admin::v1::ConflictChoice;
use serde::Deserialize;
use serde_json::Value;

use crate::errors::Failure;

/// Faulty decisions named in one message; the others are counted.
const FAULTS_SHOWN: usize = 20;
/// Longest words of a name that are repeated in a message, in characters.
const NAME_CHARS_MAX: usize = 40;

const CODE: &str = "GK-CONFLICT-009";

/// The lists that a file may hold.
#[derive(Deserialize)]
#[serde(untagged)]
enum Document {
    List(Vec<Value>),
    Shown { rows: Vec<Value> },
    Choices { choices: Vec<Value> },
}

/// One object; rows of `conflict show` have many fields more.
#[derive(Deserialize)]
struct Decision {
    #[serde(default, alias = "item_id")]
    item: String,
    #[serde(default)]
    element: String,
    take: Option<String>,
    text: Option<String>,
}

/// What is wrong with a file.
#[derive(Debug)]
enum Faulty {
    NoList(String),
    Decisions(Vec<String>),
    Nothing,
}

impl fmt::Display for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoList(why) => write!(f, "the file holds no list of decisions: {why}"),
            Self::Nothing => f.write_str("nothing is decided in the file"),
            Self::Decisions(faults) => {
                let mut text = format!("{} decisions are faulty", faults.len());
                for fault in faults.iter().take(FAULTS_SHOWN) {
                    write!(text, "\n  {fault}")?;
                }
                f.write_str(&text)
            }
        }
    }
}

/// Reads a file's decisions.
pub(super) fn read(content: &[u8]) -> Result<Vec<ConflictChoice>, Failure> {
    parse(content).map_err(|fault| {
        let hint = "write for each element {\"item\": …, \"element\": …, \"take\": \"ours|theirs|base\"} or \"text\": …; \
                    `gongkai conflict show ID --output json` prints the rows";
        Failure::told(CODE, &fault, hint.to_owned())
    })
}

fn parse(content: &[u8]) -> Result<Vec<ConflictChoice>, Faulty> {
    let document: Document = serde_json::from_slice(content).map_err(|error| Faulty::NoList(error.to_string()))?;
    let (Document::List(objects) | Document::Shown { rows: objects } | Document::Choices { choices: objects }) =
        document;
    let (mut choices, mut faults) = (Vec::new(), Vec::new());
    for (index, object) in objects.into_iter().enumerate() {
        match choice(object) {
            Ok(choice) => choices.extend(choice),
            Err((place, why)) => faults.push(format!("{} {place}: {why}", index + 1)),
        }
    }
    match (faults.is_empty(), choices.is_empty()) {
        (false, _) => Err(Faulty::Decisions(faults)),
        (true, true) => Err(Faulty::Nothing),
        (true, false) => Ok(choices),
    }
}

/// One decision; `None` for a row about which nothing was decided.
fn choice(object: Value) -> Result<Option<ConflictChoice>, (String, &'static str)> {
    let decision: Decision = serde_json::from_value(object)
        .map_err(|_| (String::new(), "it is no object with item, element, take or text"))?;
    let name = |text: &str| text.chars().take(NAME_CHARS_MAX).collect::<String>();
    let place = format!("({} {})", name(&decision.item), name(&decision.element));
    let (take, text) = match (decision.take, decision.text) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => return Err((place, "take and text exclude each other")),
        (Some(take), None) if ["ours", "theirs", "base"].contains(&take.as_str()) => (take, String::new()),
        (Some(_), None) => return Err((place, "take is one of ours, theirs, base")),
        (None, Some(_)) if decision.element.is_empty() => return Err((place, "text needs an element")),
        (None, Some(text)) => (String::new(), text),
    };
    if decision.item.is_empty() {
        return Err((place, "no item is named"));
    }
    Ok(Some(ConflictChoice { item: decision.item, element: decision.element, take, text }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<String>, String> {
        let words =
            |choice: &ConflictChoice| format!("{}.{}={}{}", choice.item, choice.element, choice.take, choice.text);
        parse(text.as_bytes()).map(|choices| choices.iter().map(words).collect()).map_err(|fault| fault.to_string())
    }

    #[test]
    fn a_list_and_the_rows_of_show_are_read_and_undecided_rows_passed_over() {
        let one = r#"{"item":"3","element":"content","take":"theirs"}"#;
        let row = r#"{"item_id":"3","element":"basis","name":"低保","ours":"甲","text":"乙"}"#;
        let undecided = r#"{"item_id":"4","element":"basis","ours":"甲"}"#;
        for text in [
            format!("[{one},{row},{undecided}]"),
            format!(r#"{{"rows":[{one},{row},{undecided}],"conflict":{{"id":"a"}}}}"#),
            format!(r#"{{"choices":[{one},{row}]}}"#),
        ] {
            assert_eq!(read(&text), Ok(vec!["3.content=theirs".to_owned(), "3.basis=乙".to_owned()]), "{text}");
        }
    }

    #[test]
    fn every_faulty_decision_is_named() {
        let text = r#"[{"item":"1","element":"content","take":"mine"}, {"item":"2","element":"basis","take":"ours"},
            {"item":"3","text":"words"}, {"element":"basis","take":"ours"},
            {"item":"5","element":"basis","take":"ours","text":"x"}, 7]"#;
        let said = read(text).unwrap_or_else(|said| vec![said]).join("");
        for part in [
            "5 decisions are faulty",
            "1 (1 content): take is one of ours, theirs, base",
            "3 (3 ): text needs an element",
            "4 ( basis): no item is named",
            "5 (5 basis): take and text exclude each other",
            "6 : it is no object",
        ] {
            assert!(said.contains(part), "{part}\n{said}");
        }
        for (text, part) in [("", "no list"), ("{}", "no list"), ("[]", "nothing is decided"), ("\u{0}", "no list")] {
            assert!(read(text).is_err_and(|said| said.contains(part)), "{text}");
        }
    }
}
