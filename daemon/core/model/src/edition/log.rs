//! The log of editions: an append-only Merkle tree whose leaves are manifest digests (RFC 6962 §2.1).
//!
//! Invariant: a later root with a proof that holds contains every earlier edition, unchanged and in its place.
//! Left out: items, which come and go between editions and therefore have no consistency proof.

use serde::{Deserialize, Serialize};

use super::{
    MerkleTree, Path, ProofError,
    merkle::{join, verify_path},
};
use crate::digest::Digest;

/// Longest consistency proof that is looked at: one digest a level, and the old root's own.
const PROOF_MAX: usize = 65;

/// Proof that the log of `size` editions continues the one of `old_size`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsistencyProof {
    /// How many editions the earlier log had.
    pub old_size: u64,
    /// How many the later one has.
    pub size: u64,
    /// The subtree roots in the order of RFC 6962 §2.1.2.
    pub nodes: Vec<Digest>,
}

/// H("gongkai log leaf v1", 0x00, manifest digest).
fn leaf(manifest: &Digest) -> Digest {
    Digest::of("gongkai log leaf v1", &[&[0], &manifest.to_bytes()])
}

fn tree(manifests: &[Digest]) -> MerkleTree {
    MerkleTree::of(manifests.iter().map(leaf).collect())
}

/// Root of the log over the manifests of editions 1, 2, ….
pub fn log_root(manifests: &[Digest]) -> Digest {
    tree(manifests).root()
}

/// The path of the edition at `index` (edition number − 1).
pub fn log_inclusion_proof(manifests: &[Digest], index: usize) -> Option<Path> {
    tree(manifests).path(index)
}

/// Checks that a manifest is in the log of that root.
pub fn verify_log_inclusion(manifest: &Digest, path: &Path, root: &Digest) -> Result<(), ProofError> {
    verify_path(&leaf(manifest), path, root)
}

/// Proof that the log continues its first `old_size` editions; `None` for a size beyond it or of nothing.
pub fn consistency_proof(manifests: &[Digest], old_size: usize) -> Option<ConsistencyProof> {
    if old_size == 0 || old_size > manifests.len() {
        return None;
    }
    let mut nodes = Vec::new();
    collect(manifests, old_size, true, &mut nodes);
    Some(ConsistencyProof { old_size: old_size as u64, size: manifests.len() as u64, nodes })
}

/// `is_known` tells that the old root itself is this subtree's, so that the verifier has it.
fn collect(manifests: &[Digest], old_size: usize, is_known: bool, nodes: &mut Vec<Digest>) {
    let size = manifests.len();
    if old_size == size {
        if !is_known {
            nodes.push(log_root(manifests));
        }
        return;
    }
    // The left subtree holds the largest power of two below the size.
    let (left, right) = manifests.split_at(size.next_power_of_two() / 2);
    if old_size <= left.len() {
        collect(left, old_size, is_known, nodes);
        nodes.push(log_root(right));
    } else {
        collect(right, old_size - left.len(), false, nodes);
        nodes.push(log_root(left));
    }
}

/// Checks that the log of `root` continues the log of `old_root`.
pub fn verify_consistency(proof: &ConsistencyProof, old_root: &Digest, root: &Digest) -> Result<(), ProofError> {
    if proof.old_size == 0 || proof.old_size > proof.size || proof.nodes.len() > PROOF_MAX {
        return Err(ProofError::Shape);
    }
    if proof.old_size == proof.size {
        return match (proof.nodes.is_empty(), old_root == root) {
            (true, true) => Ok(()),
            (true, false) => Err(ProofError::OtherRoot),
            (false, _) => Err(ProofError::Shape),
        };
    }
    let (found_old, found) = climb(proof, old_root)?;
    if found_old == *old_root && found == *root { Ok(()) } else { Err(ProofError::OtherRoot) }
}

/// Recomputes both roots from the proof.
fn climb(proof: &ConsistencyProof, old_root: &Digest) -> Result<(Digest, Digest), ProofError> {
    let mut place = proof.old_size - 1;
    let mut last = proof.size - 1;
    let mut nodes = proof.nodes.iter();
    // An old log of 2^n editions is a whole subtree: its root is not repeated in the proof.
    let start = if proof.old_size.is_power_of_two() { Some(old_root) } else { nodes.next() };
    let start = *start.ok_or(ProofError::Shape)?;
    while place & 1 == 1 {
        place >>= 1;
        last >>= 1;
    }
    let (mut old, mut new) = (start, start);
    for node in nodes {
        if last == 0 {
            return Err(ProofError::Shape);
        }
        if place & 1 == 1 || place == last {
            old = join(node, &old);
            new = join(node, &new);
            while place & 1 == 0 && place > 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            new = join(&new, node);
        }
        place >>= 1;
        last >>= 1;
    }
    if last == 0 { Ok((old, new)) } else { Err(ProofError::Shape) }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;

    fn manifests(count: u32) -> Vec<Digest> {
        (0..count).map(|n| Digest::of("manifest", &[&n.to_be_bytes()])).collect()
    }

    #[test]
    fn every_earlier_log_is_contained_in_every_later_one() {
        let all = manifests(20);
        for size in 1..=all.len() {
            let root = log_root(&all[..size]);
            for old_size in 1..=size {
                let proof = consistency_proof(&all[..size], old_size).unwrap();
                let old_root = log_root(&all[..old_size]);
                assert_eq!(verify_consistency(&proof, &old_root, &root), Ok(()), "{old_size} of {size}");
            }
        }
        assert_eq!(consistency_proof(&all, 0), None);
        assert_eq!(consistency_proof(&all, 21), None);
    }

    #[test]
    fn a_log_that_rewrote_an_edition_has_no_proof() {
        let old = manifests(6);
        let mut rewritten = manifests(9);
        rewritten[2] = Digest::of("manifest", &[b"another"]);
        let proof = consistency_proof(&rewritten, 6).unwrap();
        let outcome = verify_consistency(&proof, &log_root(&old), &log_root(&rewritten));
        assert_eq!(outcome, Err(ProofError::OtherRoot));
    }

    #[test]
    fn a_proof_with_any_node_changed_added_or_gone_fails() {
        let all = manifests(13);
        let (old_root, root) = (log_root(&all[..7]), log_root(&all));
        let proof = consistency_proof(&all, 7).unwrap();
        for at in 0..proof.nodes.len() {
            let mut bent = proof.clone();
            bent.nodes[at] = Digest::of("bent", &[]);
            assert!(verify_consistency(&bent, &old_root, &root).is_err(), "changed {at}");
            let mut shorter = proof.clone();
            shorter.nodes.remove(at);
            assert!(verify_consistency(&shorter, &old_root, &root).is_err(), "gone {at}");
        }
        let mut longer = proof;
        longer.nodes.push(root);
        assert!(verify_consistency(&longer, &old_root, &root).is_err());
    }

    #[test]
    fn every_edition_has_a_place_in_the_log() {
        for size in 1..=17 {
            let all = manifests(size);
            let root = log_root(&all);
            for (index, manifest) in all.iter().enumerate() {
                let path = log_inclusion_proof(&all, index).unwrap();
                assert_eq!(verify_log_inclusion(manifest, &path, &root), Ok(()), "{index} of {size}");
                let other = Digest::of("other", &[]);
                assert!(verify_log_inclusion(&other, &path, &root).is_err());
            }
        }
    }
}
