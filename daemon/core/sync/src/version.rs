//! Which versions of the protocol two nodes speak, and who must be updated where they have none in common.
//!
//! Invariant: both ends choose the same version from the two ranges, or refuse for the same reason.
//! Left out: versions of payloads and files, which need no agreement: what is not understood is kept and relayed.

use gongkai_model::id::DivisionId;

/// The program's version, as it is told to peers for their lists.
pub const PROGRAM: &str = env!("CARGO_PKG_VERSION");

/// A range of protocol versions, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Versions {
    /// The oldest.
    pub min: u32,
    /// The newest.
    pub max: u32,
}

/// Who is too old.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outdated {
    /// This node.
    Us,
    /// The peer.
    Them,
}

impl Versions {
    /// The newest version in both ranges.
    pub fn agree(self, theirs: Self) -> Result<u32, Outdated> {
        let newest = self.max.min(theirs.max);
        if newest >= self.min.max(theirs.min) {
            return Ok(newest);
        }
        Err(if theirs.min > self.max { Outdated::Us } else { Outdated::Them })
    }
}

impl std::fmt::Display for Versions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}..={}", self.min, self.max)
    }
}

/// One end as a refusal names it.
#[derive(Clone, Copy, Debug)]
pub struct Speaker<'a> {
    /// Whose node.
    pub division: &'a DivisionId,
    /// What it speaks.
    pub versions: Versions,
    /// Its program's version; empty where it did not say.
    pub program: &'a str,
}

/// The sentence of a refusal: both ranges, and where to update. The same on both nodes.
pub fn refusal(us: Speaker<'_>, them: Speaker<'_>, outdated: Outdated) -> String {
    let older = match outdated {
        Outdated::Us => us,
        Outdated::Them => them,
    };
    let named = |speaker: Speaker<'_>| {
        let program = if speaker.program.is_empty() { "of unknown version" } else { speaker.program };
        format!("{} speaks protocol {} (gongkaid {program})", speaker.division, speaker.versions)
    };
    format!("{}, {}: update gongkaid at {}", named(us), named(them), older.division)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn the_newest_common_version_is_spoken_and_the_older_side_is_named() {
        let range = |min, max| Versions { min, max };
        for (ours, theirs, agreed) in [
            (range(1, 1), range(1, 1), Ok(1)),
            (range(1, 3), range(2, 5), Ok(3)),
            (range(2, 5), range(1, 3), Ok(3)),
            (range(1, 1), range(2, 3), Err(Outdated::Us)),
            (range(2, 3), range(1, 1), Err(Outdated::Them)),
            (range(1, u32::MAX), range(0, u32::MAX), Ok(u32::MAX)),
        ] {
            assert_eq!(ours.agree(theirs), agreed, "{ours} with {theirs}");
            assert_eq!(theirs.agree(ours).is_ok(), agreed.is_ok(), "both ends see it alike");
        }
    }

    #[test]
    fn both_nodes_are_told_the_same_place_to_update() {
        let (county, town) = (DivisionId::parse("211221").unwrap(), DivisionId::parse("211221101").unwrap());
        let new = Speaker { division: &county, versions: Versions { min: 2, max: 3 }, program: "0.9.0" };
        let old = Speaker { division: &town, versions: Versions { min: 1, max: 1 }, program: "" };
        for text in [refusal(new, old, Outdated::Them), refusal(old, new, Outdated::Us)] {
            assert!(text.ends_with("update gongkaid at 211221101"), "{text}");
            assert!(text.contains("2..=3") && text.contains("1..=1") && text.contains("0.9.0"), "{text}");
        }
    }
}
