//! A Merkle tree over digests, shaped as in RFC 6962 §2.1, and paths from a leaf to its root.
//!
//! Invariant: leaves and inner nodes are digested under different labels and a leading 0x00 or 0x01, so that no
//! inner node can pass for a leaf. Left out: what the leaves mean (proof, log).

use serde::{Deserialize, Serialize};

use crate::digest::Digest;

/// Longest path that is looked at: a tree of 2^64 leaves has no longer one.
const PATH_MAX: usize = 64;

/// A tree over leaves in a given order, kept level by level so that every path is cheap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MerkleTree {
    /// The leaves first, the root's level last. A last node without a neighbour rises as it is.
    levels: Vec<Vec<Digest>>,
}

/// The way from a leaf to the root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Path {
    /// The leaf's index, from 0.
    pub index: u64,
    /// How many leaves the tree has.
    pub size: u64,
    /// The neighbours to be joined, from the leaf upwards.
    pub siblings: Vec<Digest>,
}

/// Why a proof does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// Its length does not fit the sizes it names.
    #[error("the proof does not have the shape that its sizes ask for")]
    Shape,
    /// It leads to another root.
    #[error("the proof leads to another root")]
    OtherRoot,
}

impl ProofError {
    /// The permanent code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Shape => "GK-EDITION-001",
            Self::OtherRoot => "GK-EDITION-002",
        }
    }

    /// The reader's next step.
    pub fn hint(&self) -> String {
        match self {
            Self::Shape => "fetch the proof file again from the publisher's site".to_owned(),
            Self::OtherRoot => "the content is not that of this edition: compare number and manifest".to_owned(),
        }
    }
}

impl MerkleTree {
    /// Builds the tree over leaf digests.
    pub fn of(leaves: Vec<Digest>) -> Self {
        let mut levels = vec![leaves];
        while let Some(level) = levels.last().filter(|level| level.len() > 1) {
            let next = level.chunks(2).map(|pair| match pair {
                [left, right] => join(left, right),
                // `chunks` gives no empty slice, so this is the lone last node.
                lone => lone[0],
            });
            let next = next.collect();
            levels.push(next);
        }
        Self { levels }
    }

    /// The root; of no leaves at all, H("gongkai empty tree v1").
    pub fn root(&self) -> Digest {
        let top = self.levels.last().and_then(|level| level.first());
        top.copied().unwrap_or_else(|| Digest::of("gongkai empty tree v1", &[]))
    }

    /// The path of the leaf at `index`; `None` beyond the end.
    pub fn path(&self, index: usize) -> Option<Path> {
        let size = self.levels.first().map_or(0, Vec::len);
        let neighbour = |(height, level): (usize, &Vec<Digest>)| level.get((index >> height) ^ 1).copied();
        let siblings = self.levels.iter().enumerate().filter_map(neighbour).collect();
        (index < size).then_some(Path { index: index as u64, size: size as u64, siblings })
    }
}

/// H("gongkai node v1", 0x01, left, right).
pub(super) fn join(left: &Digest, right: &Digest) -> Digest {
    Digest::of("gongkai node v1", &[&[1], &left.to_bytes(), &right.to_bytes()])
}

/// Checks that the leaf stands in the tree of that root, at the place that the path names.
pub fn verify_path(leaf: &Digest, path: &Path, root: &Digest) -> Result<(), ProofError> {
    if path.index >= path.size || path.siblings.len() > PATH_MAX {
        return Err(ProofError::Shape);
    }
    let mut place = path.index;
    let mut last = path.size - 1;
    let mut found = *leaf;
    for sibling in &path.siblings {
        // A lone last node has no neighbour on its level: it rises until it is a right child.
        while place == last && place & 1 == 0 && place > 0 {
            place >>= 1;
            last >>= 1;
        }
        if last == 0 {
            return Err(ProofError::Shape);
        }
        found = if place & 1 == 1 { join(sibling, &found) } else { join(&found, sibling) };
        place >>= 1;
        last >>= 1;
    }
    match (last, found == *root) {
        (0, true) => Ok(()),
        (0, false) => Err(ProofError::OtherRoot),
        (_, _) => Err(ProofError::Shape),
    }
}
