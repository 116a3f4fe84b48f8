//! Columns that a person named once: header text → field, where the words of the form do not tell.
//!
//! Invariant: compared like the form's own words, on folded text without notes in brackets, and before them: what was
//! told counts. Left out: where a publisher's mapping is kept (app).

use std::collections::BTreeMap;

use gongkai_model::vocabulary::{Terms, Vocabulary, fold};

use crate::{
    PUBLISHER_CHARS_MAX,
    header::{self, Column, Field, Group},
};

/// Most columns of a mapping: the widest table read has 256, a publisher names a handful.
pub const MAPPINGS_MAX: usize = 64;
/// Longest header text, in characters; a printed one has up to 20.
pub const HEADER_CHARS_MAX: usize = 60;

/// Columns named by a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapping {
    by_word: BTreeMap<String, Named>,
    /// By the folded column and word.
    answers: BTreeMap<(String, String), Answer>,
}

/// Whether a word in a column of marks is a tick.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Answer {
    /// `COLUMN:WORD` as told.
    question: String,
    is_tick: bool,
    is_told: bool,
}

/// What was answered about the words of one column.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Answers<'a> {
    mapping: Option<&'a Mapping>,
    column: &'a str,
}

impl<'a> Answers<'a> {
    /// Of a column by its printed head.
    pub(crate) fn new(mapping: &'a Mapping, column: &'a str) -> Self {
        Self { mapping: Some(mapping), column }
    }

    /// The column's printed head.
    pub(crate) fn column(&self) -> &'a str {
        self.column
    }

    /// Whether a person said that the word is a tick, or that it is none.
    pub(crate) fn of(&self, word: &str) -> Option<bool> {
        let mapping = self.mapping.filter(|mapping| !mapping.answers.is_empty())?;
        mapping.answers.get(&(header::plain(self.column), fold(word))).map(|answer| answer.is_tick)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Named {
    header: String,
    field: String,
    column: Column,
    is_told: bool,
}

/// A mapping that cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// Not `header=field`.
    #[error("`{0}` is no mapping")]
    Malformed(String),
    /// No such field.
    #[error("there is no field `{0}`")]
    FieldUnknown(String),
    /// No such value of a field.
    #[error("`{field}` has no value `{value}`")]
    ValueUnknown {
        /// The field.
        field: String,
        /// What was named.
        value: String,
    },
    /// One header for two fields.
    #[error("`{0}` is mapped twice")]
    Twice(String),
    /// Asked to forget what is not kept.
    #[error("no column `{0}` is kept")]
    NotKept(String),
    /// An office's name that is none.
    #[error("the name of the office has {0} characters, more than {PUBLISHER_CHARS_MAX} are not kept")]
    PublisherTooLong(usize),
    /// More than can be meant.
    #[error("{0} columns are mapped, more than {MAPPINGS_MAX} are not kept")]
    TooMany(usize),
}

impl MappingError {
    /// The permanent code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "GK-SHEET-021",
            Self::FieldUnknown(_) => "GK-SHEET-022",
            Self::ValueUnknown { .. } => "GK-SHEET-023",
            Self::Twice(_) => "GK-SHEET-024",
            Self::TooMany(_) => "GK-SHEET-025",
            Self::NotKept(_) => "GK-SHEET-026",
            Self::PublisherTooLong(_) => "GK-SHEET-027",
        }
    }

    /// What the operator can do next.
    pub fn hint(&self) -> String {
        match self {
            Self::Malformed(_) => {
                format!(
                    "write the header's text, `=` and a field, such as 责任科室=responsible_dept (header up to {HEADER_CHARS_MAX} characters), or for a word in a column of marks 特定群体:△=yes or =no"
                )
            }
            Self::FieldUnknown(_) => {
                let fields: Vec<&str> = fields().collect();
                format!(
                    "the fields are {}; a column of marks is named FIELD:VALUE, such as levels:county",
                    fields.join(", ")
                )
            }
            Self::ValueUnknown { .. } => {
                "take a value's slug or label from the vocabulary, such as county or 县级".to_owned()
            }
            Self::Twice(header) => format!("keep one of the fields for `{header}`"),
            Self::NotKept(_) => "`gongkai catalog mappings` lists the columns that are kept".to_owned(),
            Self::PublisherTooLong(_) => "name the office as its files print it, such as 铁岭县民政局".to_owned(),
            Self::TooMany(_) => "map only the columns that are read wrongly without".to_owned(),
        }
    }
}

/// Fields that a whole column holds.
const COLUMNS: [(&str, Column); 16] = [
    ("serial", Column::Serial),
    ("name", Column::Matter(0)),
    ("level1", Column::Matter(1)),
    ("level2", Column::Matter(2)),
    ("level3", Column::Matter(3)),
    ("content", Column::Content),
    ("basis", Column::Basis),
    ("time_limit_text", Column::TimeLimit),
    ("subject", Column::Subject),
    ("channels", Column::Channels),
    ("responsible_dept", Column::Field(Field::ResponsibleDept)),
    ("power_list_ref", Column::Field(Field::PowerListRef)),
    ("guideline_ref", Column::Field(Field::GuidelineRef)),
    ("withhold_reason", Column::Field(Field::WithholdReason)),
    ("effective_from", Column::Field(Field::EffectiveFrom)),
    ("effective_to", Column::Field(Field::EffectiveTo)),
];
/// Fields whose values have columns of marks each, or are named in words.
const GROUPS: [(&str, Group); 7] = [
    ("audience", Group::Audience),
    ("disclosure_mode", Group::Mode),
    ("extent", Group::Extent),
    ("levels", Group::Level),
    ("five_open", Group::FiveOpen),
    ("stage", Group::Stage),
    ("channels", Group::Channel),
];
/// Words for "it is a tick" and "it is none", the first as it is kept.
const YES: [&str; 2] = ["yes", "是"];
const NO: [&str; 2] = ["no", "否"];
/// Keeps a column under its header's text, whatever the form's words make of it.
const EXTRA: &str = "extra";

/// The fields that a column can be mapped to.
pub fn fields() -> impl Iterator<Item = &'static str> {
    let columns = COLUMNS.iter().map(|(field, _)| *field);
    let groups = GROUPS.iter().map(|(field, _)| *field).filter(|field| *field != "channels");
    columns.chain(groups).chain([EXTRA])
}

impl Mapping {
    /// Reads mappings as they are told: `责任科室=responsible_dept`, `县=levels:county`.
    ///
    /// # Errors
    /// The first that names no header, no known field or no known value, or a header that stands twice.
    pub fn parse<'t>(told: impl IntoIterator<Item = &'t str>, vocabulary: &Vocabulary) -> Result<Self, MappingError> {
        let mut mapping = Self::default();
        for text in told {
            // The last `=`: a header may hold one, a field never does.
            let pair = text.rsplit_once(['=', '＝']).ok_or_else(|| MappingError::Malformed(text.to_owned()))?;
            if mapping.insert(pair.0, pair.1, true, vocabulary)? {
                return Err(MappingError::Twice(pair.0.trim().to_owned()));
            }
        }
        Ok(mapping)
    }

    /// Adds what was kept from earlier, header → field; what was told now counts more.
    ///
    /// # Errors
    /// As for [`Mapping::parse`].
    pub fn with_kept(self, kept: &BTreeMap<String, String>, vocabulary: &Vocabulary) -> Result<Self, MappingError> {
        let mut mapping = Self::default();
        for (header, field) in kept {
            mapping.insert(header, field, false, vocabulary)?;
        }
        self.over(mapping)
    }

    /// Both, this one before the other.
    ///
    /// # Errors
    /// [`MappingError::TooMany`].
    pub fn over(self, mut below: Self) -> Result<Self, MappingError> {
        below.by_word.extend(self.by_word);
        below.answers.extend(self.answers);
        match below.by_word.len() + below.answers.len() {
            count if count > MAPPINGS_MAX => Err(MappingError::TooMany(count)),
            _ => Ok(below),
        }
    }

    /// Header → field, as to be kept.
    pub fn to_pairs(&self) -> BTreeMap<String, String> {
        let columns = self.by_word.values().map(|named| (named.header.clone(), named.field.clone()));
        let answers = self
            .answers
            .values()
            .map(|answer| (answer.question.clone(), if answer.is_tick { YES[0] } else { NO[0] }.to_owned()));
        columns.chain(answers).collect()
    }

    /// The same without some headers, as they were told.
    pub fn without(mut self, headers: &[String]) -> Self {
        self.by_word.retain(|_, named| !headers.contains(&named.header));
        self.answers.retain(|_, answer| !headers.contains(&answer.question));
        self
    }

    /// Whether nothing is mapped.
    pub fn is_empty(&self) -> bool {
        self.by_word.is_empty() && self.answers.is_empty()
    }

    /// Returns whether the header was there before.
    fn insert(
        &mut self,
        header: &str,
        field: &str,
        is_told: bool,
        vocabulary: &Vocabulary,
    ) -> Result<bool, MappingError> {
        let (header, field) = (header.trim(), field.trim());
        let word = header::plain(header);
        if word.is_empty() || header.chars().count() > HEADER_CHARS_MAX {
            return Err(MappingError::Malformed(format!("{header}={field}")));
        }
        if self.by_word.len() + self.answers.len() >= MAPPINGS_MAX {
            return Err(MappingError::TooMany(self.by_word.len() + self.answers.len() + 1));
        }
        let is_yes = YES.contains(&field);
        if is_yes || NO.contains(&field) {
            let malformed = || MappingError::Malformed(format!("{header}={field}"));
            let (column, word) = header.rsplit_once([':', '：']).ok_or_else(malformed)?;
            let key = (header::plain(column), fold(word));
            if key.0.is_empty() || key.1.is_empty() {
                return Err(malformed());
            }
            let answer = Answer { question: header.to_owned(), is_tick: is_yes, is_told };
            return Ok(self.answers.insert(key, answer).is_some());
        }
        let column = column(field, vocabulary)?;
        let named = Named { header: header.to_owned(), field: field.to_owned(), column, is_told };
        Ok(self.by_word.insert(word, named).is_some())
    }

    /// The column that a folded header word was named for; `text` is the header as printed.
    pub(crate) fn column(&self, word: &str, text: &str) -> Option<Column> {
        let named = self.by_word.get(word)?;
        Some(match &named.column {
            Column::Extra(_) => Column::Extra(text.to_owned()),
            other => other.clone(),
        })
    }

    /// Headers told for this reading that `has` does not find.
    pub(crate) fn unmet(&self, has: impl Fn(&str) -> bool) -> impl Iterator<Item = &str> {
        let columns = self.by_word.iter().filter(|(word, named)| named.is_told && !has(word));
        let answers = self.answers.iter().filter(|((column, _), answer)| answer.is_told && !has(column));
        let answers = answers.map(|(_, answer)| answer.question.as_str());
        columns.map(|(_, named)| named.header.as_str()).chain(answers).collect::<Vec<_>>().into_iter()
    }
}

fn column(field: &str, vocabulary: &Vocabulary) -> Result<Column, MappingError> {
    let unknown = || MappingError::FieldUnknown(field.to_owned());
    if field == EXTRA {
        return Ok(Column::Extra(String::new()));
    }
    if let Some((_, column)) = COLUMNS.iter().find(|(name, _)| *name == field) {
        return Ok(column.clone());
    }
    let (name, value) = field.split_once([':', '：']).unwrap_or((field, ""));
    let (_, group) = GROUPS.iter().find(|(known, _)| *known == name.trim()).ok_or_else(unknown)?;
    if value.is_empty() {
        return Ok(Column::Words(*group));
    }
    let terms = header::terms(vocabulary, *group);
    let value = value.trim();
    let term = terms.get(value).or_else(|| Terms::find(terms, value));
    let term = term.ok_or_else(|| MappingError::ValueUnknown { field: name.to_owned(), value: value.to_owned() })?;
    Ok(Column::Mark(*group, term.slug.clone()))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;

    fn vocabulary() -> Vocabulary {
        let json = r#"{"levels":[{"slug":"county","label":"县级","spellings":["区级"]}]}"#;
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn mappings_are_read_and_kept_as_told() {
        let told = ["责任科室(盖章)=responsible_dept", "旗＝levels:区级", "备 注=extra"];
        let mapping = Mapping::parse(told, &vocabulary()).unwrap();
        assert_eq!(mapping.column("责任科室", "x"), Some(Column::Field(Field::ResponsibleDept)));
        assert_eq!(mapping.column("旗", "旗"), Some(Column::Mark(Group::Level, "county".to_owned())));
        assert_eq!(mapping.column("备注", "备 注"), Some(Column::Extra("备 注".to_owned())));
        let kept = mapping.to_pairs();
        assert_eq!(kept["责任科室(盖章)"], "responsible_dept");
        let again = Mapping::parse(["旗=subject"], &vocabulary()).unwrap().with_kept(&kept, &vocabulary()).unwrap();
        assert_eq!((again.column("旗", "旗"), again.by_word.len()), (Some(Column::Subject), 3));
        assert_eq!(again.unmet(|_| false).collect::<Vec<_>>(), ["旗"]);
    }

    #[test]
    fn a_mapping_that_says_nothing_is_refused_and_the_fields_are_named() {
        let long = format!("{}=content", "长".repeat(HEADER_CHARS_MAX + 1));
        for (told, code) in [
            (vec!["责任科室"], "GK-SHEET-021"),
            (vec!["=content"], "GK-SHEET-021"),
            (vec![long.as_str()], "GK-SHEET-021"),
            (vec!["责任科室=department"], "GK-SHEET-022"),
            (vec!["旗=levels:banner"], "GK-SHEET-023"),
            (vec!["甲=content", "甲 =basis"], "GK-SHEET-024"),
        ] {
            let error = Mapping::parse(told.iter().copied(), &vocabulary()).unwrap_err();
            assert_eq!(error.code(), code, "{told:?}");
        }
        let many: Vec<String> = (0..=MAPPINGS_MAX).map(|n| format!("列{n}=extra")).collect();
        let error = Mapping::parse(many.iter().map(String::as_str), &vocabulary()).unwrap_err();
        assert_eq!(error.code(), "GK-SHEET-025");
        let hint = MappingError::FieldUnknown("x".to_owned()).hint();
        assert!(fields().all(|field| hint.contains(field)), "{hint}");
    }
}
