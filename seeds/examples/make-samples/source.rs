//! The readable sources of the sample workbooks (`catalogs/src/*.json`).
//!
//! Invariant: an item's fields are its own, else the table's defaults; every item read here is complete.

use std::{collections::BTreeMap, fs, path::Path};

use serde::{Deserialize, de::DeserializeOwned};

use crate::Failure;

/// One workbook.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Source {
    pub(crate) file: String,
    pub(crate) division: String,
    pub(crate) level: String,
    /// `demo`, `measure`, or for a revision of another sample `revision`.
    pub(crate) purpose: String,
    /// The sample that this one revises.
    #[serde(skip)]
    pub(crate) of: Option<String>,
    pub(crate) sheets: Vec<Sheet>,
}

/// Another workbook with some items changed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Revision {
    file: String,
    of: String,
    changes: Vec<Named>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sheet {
    pub(crate) name: String,
    pub(crate) tables: Vec<Table>,
}

/// One catalog.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Table {
    pub(crate) domain: String,
    pub(crate) title: String,
    /// The two leaf columns under 公开层级.
    pub(crate) level_columns: [String; 2],
    /// Columns whose equal neighbours inside a level-1 group become one merged cell.
    pub(crate) merge_down: Vec<String>,
    /// Columns that say 同上 where the value is that of the row above.
    pub(crate) write_same_as: Vec<String>,
    pub(crate) defaults: Fields,
    #[serde(default)]
    items: Vec<Named>,
    matrix: Option<Matrix>,
    /// What a revision changes, by level 1 and level 2.
    #[serde(skip)]
    pub(crate) changes: Vec<Named>,
    /// Lines below the table.
    #[serde(default)]
    pub(crate) notes: Vec<String>,
}

/// Every matter for every group: `{level1}` in a matter's content is the group's name.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Matrix {
    groups: Vec<Group>,
    matters: Vec<Matter>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    level1: String,
    basis: Vec<String>,
}

#[derive(Clone, Deserialize)]
struct Matter {
    level2: String,
    content: Vec<String>,
    #[serde(flatten)]
    fields: Fields,
}

#[derive(Clone, Deserialize)]
pub(crate) struct Named {
    pub(crate) level1: String,
    pub(crate) level2: String,
    content: Vec<String>,
    #[serde(flatten)]
    fields: Fields,
}

/// Fields that a table sets for all its items and an item for itself.
#[derive(Clone, Default, Deserialize)]
pub(crate) struct Fields {
    basis: Option<Vec<String>>,
    time_limit: Option<String>,
    subject: Option<String>,
    channels: Option<Vec<String>>,
    channels_other: Option<String>,
    public: Option<bool>,
    specific: Option<String>,
    mode: Option<String>,
    levels: Option<Vec<String>>,
}

/// One complete item.
pub(crate) struct Row {
    pub(crate) level1: String,
    pub(crate) level2: String,
    pub(crate) content: Vec<String>,
    pub(crate) basis: Vec<String>,
    pub(crate) time_limit: String,
    pub(crate) subject: String,
    pub(crate) channels: Vec<String>,
    pub(crate) channels_other: String,
    pub(crate) is_public: bool,
    pub(crate) specific: String,
    pub(crate) mode: String,
    pub(crate) levels: Vec<String>,
}

impl Table {
    /// All items in order; an item that lacks a field is an error of the source.
    pub(crate) fn rows(&self) -> Result<Vec<Row>, Failure> {
        let listed = self.items.iter().map(|item| self.row(&item.level1, &item.level2, &item.content, &item.fields));
        let crossed = self.matrix.iter().flat_map(|matrix| {
            let pairs = matrix.groups.iter().flat_map(|group| matrix.matters.iter().map(move |matter| (group, matter)));
            pairs.map(|(group, matter)| {
                let content: Vec<String> =
                    matter.content.iter().map(|line| line.replace("{level1}", &group.level1)).collect();
                let mut fields = matter.fields.clone();
                fields.basis = fields.basis.or_else(|| Some(group.basis.clone()));
                self.row(&group.level1, &matter.level2, &content, &fields)
            })
        });
        listed.chain(crossed).collect()
    }

    fn row(&self, level1: &str, level2: &str, content: &[String], own: &Fields) -> Result<Row, Failure> {
        let mut own = own.clone();
        let mut content = content;
        for change in self.changes.iter().filter(|change| change.level1 == level1 && change.level2 == level2) {
            content = &change.content;
            own.basis = change.fields.basis.clone().or(own.basis);
            own.time_limit = change.fields.time_limit.clone().or(own.time_limit);
        }
        let all = &self.defaults;
        let missing = |what: &str| format!("{}: {level1}/{level2} has no {what}", self.title);
        Ok(Row {
            level1: level1.to_owned(),
            level2: level2.to_owned(),
            content: content.to_vec(),
            basis: own.basis.clone().or_else(|| all.basis.clone()).ok_or_else(|| missing("basis"))?,
            time_limit: own
                .time_limit
                .clone()
                .or_else(|| all.time_limit.clone())
                .ok_or_else(|| missing("time limit"))?,
            subject: own.subject.clone().or_else(|| all.subject.clone()).ok_or_else(|| missing("subject"))?,
            channels: own.channels.clone().or_else(|| all.channels.clone()).ok_or_else(|| missing("channels"))?,
            channels_other: own.channels_other.clone().unwrap_or_default(),
            is_public: own.public.or(all.public).ok_or_else(|| missing("audience"))?,
            specific: own.specific.clone().unwrap_or_default(),
            mode: own.mode.clone().or_else(|| all.mode.clone()).ok_or_else(|| missing("mode"))?,
            levels: own.levels.clone().or_else(|| all.levels.clone()).ok_or_else(|| missing("levels"))?,
        })
    }
}

/// All workbooks: the written ones by file name, then their revisions by file name of the source.
pub(crate) fn read_all(folder: &Path) -> Result<Vec<Source>, Failure> {
    let mut sources = read_folder::<Source>(folder)?;
    for Revision { file, of, changes } in read_folder(&folder.join("revisions"))? {
        let base =
            sources.iter().find(|source| source.file == of).ok_or_else(|| format!("{file}: there is no {of}"))?;
        let mut source = Source { file, of: Some(of), purpose: "revision".to_owned(), ..base.clone() };
        for table in source.sheets.iter_mut().flat_map(|sheet| &mut sheet.tables) {
            table.changes.extend(changes.iter().cloned());
        }
        sources.push(source);
    }
    Ok(sources)
}

/// Reads every `.json` of a folder, in the order of the file names.
pub(crate) fn read_folder<T: DeserializeOwned>(folder: &Path) -> Result<Vec<T>, Failure> {
    let mut paths = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            paths.insert(path.clone(), fs::read_to_string(&path)?);
        }
    }
    let parse = |(path, text): (std::path::PathBuf, String)| {
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()).into())
    };
    paths.into_iter().map(parse).collect()
}
