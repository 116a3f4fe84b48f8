//! Who plays in the demo and with which workbooks: taken from the samples, no division is named in the code.
//!
//! Invariant: players stand with parents before children; every sample belongs to a player.

use gongkai_seeds::{Purpose, Sample, Seeds, samples};

use super::fault::DemoFault;
use crate::errors::Failure;

/// Levels of the demo from the top.
pub(crate) const MUNICIPAL: &str = "municipal";
/// The middle level.
pub(crate) const COUNTY: &str = "county";
/// The lowest level of the demo.
pub(crate) const TOWNSHIP: &str = "township";

/// A division that runs a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Player {
    pub(crate) division: String,
    pub(crate) name: String,
    pub(crate) level: String,
    pub(crate) parent: String,
}

/// A workbook and a later form of it.
#[derive(Clone, Copy)]
pub(crate) struct Revised {
    pub(crate) first: &'static Sample,
    pub(crate) then: &'static Sample,
}

impl Revised {
    /// `division/domain`.
    pub(crate) fn catalog(&self) -> String {
        catalogs(self.first).remove(0)
    }
}

/// The whole cast.
pub(crate) struct Cast {
    players: Vec<Player>,
    /// Workbooks that are imported, submitted and published.
    pub(crate) workbooks: Vec<&'static Sample>,
    /// A township's catalog that is returned, and its correction.
    pub(crate) corrected: Revised,
    /// A large catalog, and the same with one item changed.
    pub(crate) large: Revised,
    /// The corrected workbook, and the same with one item changed.
    pub(crate) updated: Revised,
}

impl Cast {
    /// From the samples.
    pub(crate) fn of_samples() -> Result<Self, Failure> {
        let all = samples();
        let workbooks: Vec<&'static Sample> = all.iter().filter(|sample| sample.purpose == Purpose::Demo).collect();
        let of = |purpose: Purpose, what: &str| {
            let revised = all.iter().find_map(|then| {
                let first = all.iter().find(|first| then.of.as_deref() == Some(&first.file))?;
                (first.purpose == purpose).then_some(Revised { first, then })
            });
            revised.ok_or_else(|| DemoFault::SampleMissing(what.to_owned()))
        };
        let corrected = of(Purpose::Demo, "a corrected workbook")?;
        let large = of(Purpose::Measure, "a large workbook with one item changed")?;
        let updated = of(Purpose::Revision, "an update of the corrected workbook")?;
        Ok(Self { players: players(&workbooks), workbooks, corrected, large, updated })
    }

    /// The players of a level, by code.
    pub(crate) fn of_level(&self, level: &str) -> impl Iterator<Item = &Player> {
        self.players.iter().filter(move |player| player.level == level)
    }

    /// All players, parents first.
    pub(crate) fn players(&self) -> &[Player] {
        &self.players
    }

    /// The player of a division.
    pub(crate) fn player(&self, division: &str) -> Result<Player, Failure> {
        let player = self.players.iter().find(|player| player.division == division);
        player.cloned().ok_or_else(|| DemoFault::SampleMissing(format!("the division {division}")).into())
    }

    /// The top node.
    pub(crate) fn city(&self) -> Result<&Player, Failure> {
        self.of_level(MUNICIPAL)
            .next()
            .ok_or_else(|| DemoFault::SampleMissing("a municipal workbook".to_owned()).into())
    }

    /// The township whose catalog is returned; users' workbooks are its own.
    pub(crate) fn first_township(&self) -> Result<&Player, Failure> {
        let division = self.corrected.first.division.as_str();
        let player = self.players.iter().find(|player| player.division == division);
        player.ok_or_else(|| DemoFault::SampleMissing("the first township".to_owned()).into())
    }

    /// Another township, of another county: its link is cut.
    pub(crate) fn cut_township(&self) -> Result<&Player, Failure> {
        let first = self.first_township()?;
        let other = self.of_level(TOWNSHIP).filter(|player| player.parent != first.parent).last();
        other.ok_or_else(|| DemoFault::SampleMissing("a township of another county".to_owned()).into())
    }
}

/// The catalogs that a sample holds, `division/domain`.
pub(crate) fn catalogs(sample: &Sample) -> Vec<String> {
    sample.tables.iter().map(|table| format!("{}/{}", sample.division, table.domain)).collect()
}

fn players(workbooks: &[&'static Sample]) -> Vec<Player> {
    let seeds = Seeds::builtin();
    let plays = |level: &str, division: &str| {
        workbooks.iter().any(|sample| sample.level == level && sample.division.as_str() == division)
    };
    let mut players = Vec::new();
    for level in [MUNICIPAL, COUNTY, TOWNSHIP] {
        players.extend(seeds.divisions.iter().filter(|division| plays(level, division.id.as_str())).map(|division| {
            Player {
                division: division.id.to_string(),
                name: division.name.clone(),
                level: level.to_owned(),
                parent: division.parent.as_ref().map(ToString::to_string).unwrap_or_default(),
            }
        }));
    }
    players
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn the_samples_fill_one_city_two_counties_and_four_townships_each_below_the_one_before() {
        let cast = Cast::of_samples().unwrap();
        let count = |level| cast.of_level(level).count();
        assert_eq!((count(MUNICIPAL), count(COUNTY), count(TOWNSHIP)), (1, 2, 4));
        for (index, player) in cast.players().iter().enumerate().skip(1) {
            assert!(cast.players()[..index].iter().any(|above| above.division == player.parent), "{player:?}");
        }
        assert_ne!(cast.cut_township().unwrap().parent, cast.first_township().unwrap().parent);
        for revised in [cast.large, cast.updated] {
            assert_eq!(revised.first.division.as_str(), cast.first_township().unwrap().division);
        }
        assert_eq!(cast.updated.first.file, cast.corrected.then.file);
    }
}
