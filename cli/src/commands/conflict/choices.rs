//! Decisions on single elements, as they stand in the command line: each `--item` with what follows it.
//!
//! Invariant: what stands before the first `--item` is about the whole conflict; an element's decision is a side or
//! a text, never both.

use clap::{Arg, ArgAction, ArgMatches, Command, FromArgMatches, builder::PossibleValuesParser, error::ErrorKind};
use gongkai_proto::admin::v1::ConflictChoice;

/// What is taken as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// Ours.
    Ours,
    /// Theirs.
    Theirs,
    /// Both list a matter rightly.
    Both,
    /// The suggested merge.
    Merge,
}

impl Side {
    /// As the API spells it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Theirs => "theirs",
            Self::Both => "both",
            Self::Merge => "merge",
        }
    }

    fn of(word: &str) -> Option<Self> {
        [Self::Ours, Self::Theirs, Self::Both, Self::Merge].into_iter().find(|side| side.word() == word)
    }
}

/// The decisions of one command line.
#[derive(Debug, Default)]
pub(crate) struct Choices {
    /// On the whole.
    pub(crate) whole: Option<Side>,
    /// On single items and elements.
    pub(crate) each: Vec<ConflictChoice>,
}

/// The options whose order counts.
const ORDERED: [&str; 4] = ["item", "element", "take", "text"];

impl clap::Args for Choices {
    fn augment_args(command: Command) -> Command {
        let option = |name: &'static str, value: &'static str, help: &'static str| {
            Arg::new(name).long(name).value_name(value).help(help).action(ArgAction::Append)
        };
        let sides = PossibleValuesParser::new(["ours", "theirs", "both", "merge", "base"]);
        command
            .arg(option("take", "SIDE", "What is taken; after an --item: for that item or element").value_parser(sides))
            .arg(option("item", "ID", "The item (id, serial or name, or `header`) that the next options are about"))
            .arg(option("element", "NAME", "The element of that item, as JSON names it").requires("item"))
            .arg(option("text", "TEXT", "The words that this element gets").requires("element"))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Choices {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut given: Vec<(usize, &str, &str)> = Vec::new();
        for name in ORDERED {
            let (Some(places), Some(values)) = (matches.indices_of(name), matches.get_many::<String>(name)) else {
                continue;
            };
            given.extend(places.zip(values).map(|(place, value)| (place, name, value.as_str())));
        }
        given.sort_unstable();
        let mut choices = Self::default();
        for (_, name, value) in given {
            choices.take_in(name, value).map_err(|text| clap::Error::raw(ErrorKind::ValueValidation, text))?;
        }
        let undecided = choices.each.iter().find(|choice| choice.take.is_empty() && choice.text.is_empty());
        match undecided {
            Some(choice) => {
                let text = format!("nothing is decided about item `{}`: add --take or --text\n", choice.item);
                Err(clap::Error::raw(ErrorKind::MissingRequiredArgument, text))
            }
            None => Ok(choices),
        }
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Choices {
    fn take_in(&mut self, name: &str, value: &str) -> Result<(), String> {
        if name == "item" {
            self.each.push(ConflictChoice { item: value.to_owned(), ..ConflictChoice::default() });
            return Ok(());
        }
        let Some(last) = self.each.last_mut() else {
            let side = Side::of(value).filter(|_| name == "take" && self.whole.is_none());
            self.whole = Some(side.ok_or_else(|| format!("--{name} {value} stands before any --item\n"))?);
            return Ok(());
        };
        // A further element of the same item begins a choice of its own.
        if name == "element" && (!last.take.is_empty() || !last.text.is_empty()) {
            let item = last.item.clone();
            self.each.push(ConflictChoice { item, element: value.to_owned(), ..ConflictChoice::default() });
            return Ok(());
        }
        let is_decided = !last.take.is_empty() || !last.text.is_empty();
        let slot = match name {
            "element" if last.element.is_empty() => &mut last.element,
            "take" if !is_decided && !["merge", "both"].contains(&value) => &mut last.take,
            "text" if !is_decided && !last.element.is_empty() => &mut last.text,
            _ => return Err(format!("--{name} {value} does not fit after --item {}\n", last.item)),
        };
        value.clone_into(slot);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use clap::Args as _;

    use super::*;

    fn read(line: &str) -> Result<(Option<Side>, Vec<String>), clap::Error> {
        let command = Choices::augment_args(Command::new("resolve").no_binary_name(true));
        let matches = command.try_get_matches_from(line.split_whitespace())?;
        let choices = Choices::from_arg_matches(&matches)?;
        let words =
            |choice: &ConflictChoice| format!("{}.{}={}{}", choice.item, choice.element, choice.take, choice.text);
        Ok((choices.whole, choices.each.iter().map(words).collect()))
    }

    #[test]
    fn each_item_takes_what_follows_it() {
        for (line, whole, each) in [
            ("--take ours", Some(Side::Ours), vec![]),
            ("--take merge --item 3 --element content --take theirs", Some(Side::Merge), vec!["3.content=theirs"]),
            ("--item 3 --element content --text 新 --item 4 --take base", None, vec!["3.content=新", "4.=base"]),
            ("--item 3 --element a --take ours --element b --text x", None, vec!["3.a=ours", "3.b=x"]),
        ] {
            let (found, items) = read(line).unwrap_or_else(|error| unreachable!("{line}: {error}"));
            assert_eq!((found, items), (whole, each.into_iter().map(str::to_owned).collect()), "{line}");
        }
        for line in ["--take base", "--take ours --take theirs", "--item 3", "--item 3 --take merge", "--text x"] {
            assert!(read(line).is_err(), "{line}");
        }
    }
}
