//! What only a person can say of an item that was read: words in a column of marks that are neither a tick nor a no.
//!
//! Invariant: a question stands in the item until it is answered, so that nobody submits over it; it goes out with an
//! export and comes back. Left out: asking and answering (sheets).

use super::Item;

/// Begins the name of the further column that holds a question; the column asked about follows.
pub const QUESTION_MARK: &str = "待确认：";
/// Between several words of one column.
const BETWEEN: char = ' ';

/// Puts a question into an item: the column, and the words in it that are not understood.
pub fn ask(item: &mut Item, column: &str, word: &str) {
    let head: String = column.split_whitespace().collect();
    let words = item.extra.entry(format!("{QUESTION_MARK}{head}")).or_default();
    if words.split(BETWEEN).any(|known| known == word) {
        return;
    }
    if !words.is_empty() {
        words.push(BETWEEN);
    }
    words.push_str(word);
}

/// The questions that nobody has answered: (column, words).
pub fn open_questions(item: &Item) -> impl Iterator<Item = (&str, &str)> {
    let questions =
        item.extra.iter().filter_map(|(key, words)| Some((key.strip_prefix(QUESTION_MARK)?, words.as_str())));
    questions.filter(|(_, words)| !words.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_stays_in_the_item_once() {
        let mut item = Item::default();
        for word in ["△", "△", "√×"] {
            ask(&mut item, "特定\n群体", word);
        }
        assert_eq!(open_questions(&item).collect::<Vec<_>>(), [("特定群体", "△ √×")]);
        assert_eq!(item.extra.len(), 1);
    }
}
