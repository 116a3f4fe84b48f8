//! Checks that seed files fit together.
//!
//! Invariant: the first fault in a fixed order is reported, so the same files give the same answer everywhere.

use std::collections::{BTreeMap, BTreeSet};

use gongkai_model::{
    id::DivisionId,
    tree::{DEPTH_MAX, Division},
};

use crate::{Error, Seeds};

pub(crate) fn check(seeds: &Seeds) -> Result<(), Error> {
    check_vocabulary(seeds)?;
    check_divisions(seeds)?;
    if let Some(title) = seeds.laws.repeated().or_else(|| seeds.repealed.repeated()) {
        return Err(Error::LawTwice(title));
    }
    seeds.routing.check()?;
    check_chain_levels(seeds)?;
    check_tasks(seeds)?;
    seeds.holidays.faulty_year().map_or(Ok(()), |year| Err(Error::HolidayFaulty(year)))
}

fn check_vocabulary(seeds: &Seeds) -> Result<(), Error> {
    let words = &seeds.vocabulary;
    let all = [
        ("channels", &words.channels),
        ("audience", &words.audience),
        ("modes", &words.modes),
        ("extents", &words.extents),
        ("levels", &words.levels),
        ("limits", &words.limits),
        ("five_open", &words.five_open),
        ("stages", &words.stages),
    ];
    for (vocabulary, terms) in all {
        if let Some(slug) = terms.faults().into_iter().next() {
            return Err(Error::TermFaulty { vocabulary, slug });
        }
    }
    Ok(())
}

fn check_divisions(seeds: &Seeds) -> Result<(), Error> {
    if seeds.divisions.is_empty() {
        return Err(Error::TreeEmpty);
    }
    let ids: BTreeSet<&DivisionId> = seeds.divisions.iter().map(|division| &division.id).collect();
    let mut rows = BTreeSet::new();
    for Division { id, from, level, parent, .. } in &seeds.divisions {
        if !rows.insert((id, from)) {
            return Err(Error::DivisionTwice(id.clone()));
        }
        if seeds.vocabulary.levels.get(level).is_none() {
            return Err(Error::LevelUnknown { id: id.clone(), level: level.clone() });
        }
        if let Some(parent) = parent.as_ref().filter(|parent| !ids.contains(parent)) {
            return Err(Error::ParentUnknown { id: id.clone(), parent: parent.clone() });
        }
    }
    check_ways_up(&seeds.divisions)
}

/// On every day on which something changes, each division's way up must end.
fn check_ways_up(divisions: &[Division]) -> Result<(), Error> {
    let days: BTreeSet<_> = divisions.iter().map(|division| &division.from).collect();
    for day in days {
        let mut parents: BTreeMap<&DivisionId, &Division> = BTreeMap::new();
        for division in divisions.iter().filter(|division| division.from <= *day) {
            let known = parents.entry(&division.id).or_insert(division);
            if division.from > known.from {
                *known = division;
            }
        }
        for id in parents.keys() {
            let up = std::iter::successors(Some(*id), |id| parents.get(id)?.parent.as_ref());
            if up.take(DEPTH_MAX + 1).count() > DEPTH_MAX {
                return Err(Error::DivisionLoop((*id).clone()));
            }
        }
    }
    Ok(())
}

fn check_chain_levels(seeds: &Seeds) -> Result<(), Error> {
    let levels = seeds.routing.chains.iter().filter_map(|chain| chain.owner_level.as_ref());
    let unknown = levels.into_iter().find(|level| seeds.vocabulary.levels.get(level).is_none());
    unknown.map_or(Ok(()), |level| Err(Error::ChainLevelUnknown(level.clone())))
}

fn check_tasks(seeds: &Seeds) -> Result<(), Error> {
    let mut seen = BTreeSet::new();
    for task in &seeds.tasks {
        let is_complete = !task.id.is_empty() && !task.text.is_empty() && !task.units.is_empty();
        if !is_complete || !seen.insert(&task.id) {
            return Err(Error::TaskFaulty(task.id.clone()));
        }
    }
    Ok(())
}
