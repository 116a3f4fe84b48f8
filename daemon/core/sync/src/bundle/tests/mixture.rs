//! Any mixture of drives and live sessions, as a property.

use gongkai_journal::{Incarnation, Reach};
use proptest::prelude::*;

use super::office::{Drive, Office, check_equal, check_honest, offices, settle};
use crate::{bundle::Extent, session::tests::talk::talk};

#[derive(Clone, Debug)]
enum Act {
    TownWrites,
    CountyWrites,
    TownExports(bool),
    CountyExports(bool),
    TownReads(usize),
    CountyReads(usize),
    Live(usize),
    TownSetBack,
    CountySetBack,
    Save,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        4 => Just(Act::TownWrites),
        4 => Just(Act::CountyWrites),
        4 => any::<bool>().prop_map(Act::TownExports),
        4 => any::<bool>().prop_map(Act::CountyExports),
        6 => any::<usize>().prop_map(Act::TownReads),
        6 => any::<usize>().prop_map(Act::CountyReads),
        2 => (0..40_usize).prop_map(Act::Live),
        1 => Just(Act::TownSetBack),
        1 => Just(Act::CountySetBack),
        2 => Just(Act::Save),
    ];
    prop::collection::vec(act, 1..60)
}

/// The two offices, every drive ever made, and a saved state of each machine.
struct World {
    county: Office,
    town: Office,
    up: Vec<Drive>,
    down: Vec<Drive>,
    saved: (Office, Office),
    life: u8,
    written: u64,
}

impl World {
    fn act(&mut self, act: Act) {
        self.written += 1;
        let text = format!("text {}", self.written);
        let extent = |is_full: bool| if is_full { Extent::Full } else { Extent::News };
        match act {
            Act::TownWrites => self.town.write("t", Reach::Path, &text),
            Act::CountyWrites => self.county.write("t", Reach::Path, &text),
            Act::TownExports(is_full) => self.up.push(self.town.export("k", extent(is_full))),
            Act::CountyExports(is_full) => self.down.push(self.county.export("t", extent(is_full))),
            Act::TownReads(pick) => {
                if let Some(drive) = picked(&self.down, pick) {
                    self.town.import("k", drive);
                }
            }
            Act::CountyReads(pick) => {
                if let Some(drive) = picked(&self.up, pick) {
                    self.county.import("t", drive);
                }
            }
            Act::Live(cut) => {
                talk(&mut self.town.node, &mut self.county.node, cut);
            }
            // A machine that was set back goes on in a new life, as the node does once it hears of it.
            Act::TownSetBack => set_back(&mut self.town, &self.saved.1, &mut self.life),
            Act::CountySetBack => set_back(&mut self.county, &self.saved.0, &mut self.life),
            Act::Save => self.saved = (self.county.clone(), self.town.clone()),
        }
    }
}

fn picked(drives: &[Drive], pick: usize) -> Option<&Drive> {
    drives.get(pick.checked_rem(drives.len())?)
}

fn set_back(office: &mut Office, saved: &Office, life: &mut u8) {
    *life += 1;
    let clock_ms = office.clock_ms;
    *office = saved.clone();
    office.clock_ms = clock_ms;
    office.node.incarnation = Incarnation::from_bytes([*life; 16]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    /// Whatever was lost, doubled, late, set back or sent live in between: drives to and fro bring both to the same,
    /// and no position ever has a hole behind it.
    #[test]
    fn any_mixture_of_drives_and_sessions_converges_and_no_position_lies(acts in acts()) {
        let (county, town) = offices();
        let saved = (county.clone(), town.clone());
        let mut world = World { county, town, up: Vec::new(), down: Vec::new(), saved, life: 10, written: 0 };
        for act in acts {
            world.act(act);
            check_honest(&world.county, &world.town);
            check_honest(&world.town, &world.county);
        }
        settle(&mut world.county, &mut world.town);
        check_equal(&world.county, &world.town);
    }
}
