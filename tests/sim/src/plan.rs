//! What a seed may do: the shape of the tree, its length, and which kinds of fault it knows.

use gongkai_model::{id::DivisionId, tree::Division};

use crate::chance::Chance;

/// Most nodes of a run.
const NODES_MAX: usize = 48;
/// Deepest level below the root.
const DEPTH_MAX: usize = 4;

/// What a run is about. Rules that heal one another hide each other's absence, so most runs know few kinds of fault,
/// and those often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Theme {
    /// Each kind of fault in about half of the runs.
    All,
    /// Machines fall back and do not know.
    Falls,
    /// A machine and a neighbour fall back, one after the other.
    Pairs,
    /// Divisions move.
    Moves,
    /// Operators restore machines, and nothing else falls back: whatever is said twice was said too early.
    Restores,
    /// Keys are revoked, and relays mint keys.
    Keys,
    /// Drives are carried beside live sessions, and machines fall back.
    Drives,
}

/// Seeds from here on are runs of two desks alone: links and machines do as they should, and an owner and a reviewer submit,
/// merge, move chains and decide all the while, so that what is rare beside faults happens in each.
pub const DESKS_FROM: u64 = 1 << 32;
/// Steps of such a run: each act folds all that was said before.
const DESK_STEPS: usize = 4_000;

/// The kinds of fault of a run.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(crate) struct Plan {
    pub(crate) theme: Theme,
    /// Links break after any message.
    pub(crate) cuts: bool,
    /// Machines crash between any two effects.
    pub(crate) crashes: bool,
    /// A commit fails because the disk is full.
    pub(crate) full_disks: bool,
    /// A machine falls back to an older state and does not know.
    pub(crate) reverts: bool,
    /// A machine is restored by its operator: new incarnation, new feed.
    pub(crate) restores: bool,
    /// A copy of a machine runs beside it.
    pub(crate) clones: bool,
    /// A division gets another parent.
    pub(crate) moves: bool,
    /// Certificate entries come after the entries that they are needed for.
    pub(crate) late_keys: bool,
    /// A relay alters what it passes on.
    pub(crate) mauls: bool,
    /// Nodes write out of their place.
    pub(crate) trespasses: bool,
    /// Payloads are erased.
    pub(crate) erases: bool,
    /// Bundles are made, lost, read late, twice, in part, and out of order.
    pub(crate) drives: bool,
    /// Peers say of a machine's past what they cannot show.
    pub(crate) lies: bool,
    /// Nothing but work at the desks.
    pub(crate) desks: bool,
    /// Wants kept towards one peer at most.
    pub(crate) wants_max: usize,
    /// Machines that fall back, are restored or copied, at most: fewer than the branches that a stream may have.
    pub(crate) rewinds_left: u32,
    pub(crate) moves_left: u32,
    /// Keys revoked and keys minted by relays, at most.
    pub(crate) revocations_left: u32,
    pub(crate) mints_left: u32,
    pub(crate) steps: usize,
    /// Faults besides broken links, of 1,000 steps.
    pub(crate) faults: usize,
}

impl Plan {
    pub(crate) fn draw(chance: &mut Chance) -> Self {
        let mut half = || chance.one_in(2);
        let (cuts, crashes, full_disks, reverts, restores, clones, moves, late_keys, mauls) =
            (half(), half(), half(), half(), half(), half(), half(), half(), half());
        let mut plan = Self {
            theme: Theme::All,
            cuts,
            crashes,
            full_disks,
            reverts,
            restores: restores && chance.one_in(2),
            clones: clones && chance.one_in(2),
            moves,
            late_keys,
            mauls: mauls && chance.one_in(2),
            trespasses: chance.one_in(3),
            erases: chance.one_in(3),
            drives: chance.one_in(2),
            lies: false,
            desks: false,
            wants_max: usize::MAX,
            rewinds_left: 4,
            moves_left: 5,
            revocations_left: 0,
            mints_left: 0,
            steps: 600 + chance.below(2_400),
            faults: 15,
        };
        plan.follow(match chance.below(12) {
            0 | 1 => Theme::Falls,
            2 => Theme::Pairs,
            3 | 4 => Theme::Moves,
            5 => Theme::Restores,
            6 => Theme::Keys,
            7 | 8 => Theme::Drives,
            _ => Theme::All,
        });
        plan
    }

    /// What was added later is drawn apart, so that seeds mean otherwise what they meant.
    pub(crate) fn draw_later(&mut self, chance: &mut Chance) {
        self.lies = chance.one_in(3);
        if chance.one_in(3) {
            self.wants_max = 3 + chance.below(9);
        }
    }

    /// Nothing goes wrong, and people work.
    pub(crate) fn sit_down(&mut self) {
        self.calm();
        (self.cuts, self.reverts, self.restores, self.clones, self.moves) = (false, false, false, false, false);
        (self.trespasses, self.erases, self.drives, self.lies) = (false, false, false, false);
        (self.revocations_left, self.mints_left, self.faults) = (0, 0, 0);
        (self.theme, self.desks, self.steps, self.wants_max) = (Theme::All, true, DESK_STEPS, usize::MAX);
    }

    fn follow(&mut self, theme: Theme) {
        self.theme = theme;
        if theme == Theme::All {
            return;
        }
        (self.reverts, self.restores, self.clones, self.moves) = (false, false, false, false);
        (self.trespasses, self.erases, self.drives) = (false, false, false);
        self.faults = 40;
        match theme {
            Theme::All => {}
            Theme::Falls | Theme::Pairs => {
                (self.reverts, self.rewinds_left) = (true, 6);
                self.calm();
            }
            Theme::Moves => {
                (self.moves, self.moves_left) = (true, 12);
                self.calm();
            }
            Theme::Restores => {
                (self.restores, self.rewinds_left) = (true, 6);
                self.late_keys = false;
            }
            Theme::Drives => {
                (self.reverts, self.drives, self.rewinds_left) = (true, true, 6);
                self.faults = 120;
                self.calm();
            }
            Theme::Keys => (self.revocations_left, self.mints_left) = (4, 4),
        }
    }

    /// Nothing but the theme goes wrong.
    fn calm(&mut self) {
        (self.crashes, self.full_disks, self.late_keys, self.mauls) = (false, false, false, false);
    }
}

/// A tree: each node's index in it is its place in the list, the root first, parents before children.
pub(crate) fn draw_tree(chance: &mut Chance) -> Vec<Division> {
    let count = 4 + if chance.one_in(4) { chance.below(NODES_MAX - 3) } else { chance.below(6) };
    let mut depths = vec![0];
    let mut divisions = vec![Division::placed(name(0), None)];
    while divisions.len() < count {
        let above = chance.below(divisions.len());
        if depths[above] >= DEPTH_MAX {
            continue;
        }
        depths.push(depths[above] + 1);
        divisions.push(Division::placed(name(divisions.len()), Some(divisions[above].id.clone())));
    }
    divisions
}

fn name(index: usize) -> DivisionId {
    DivisionId::parse(&format!("n{index}")).expect("letters and digits")
}
