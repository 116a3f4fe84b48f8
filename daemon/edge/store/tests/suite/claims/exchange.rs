//! Claims about two stores that exchange what they hold until they are equal.

use std::collections::BTreeSet;

use gongkai_journal::{Entry, EntryHash};

use crate::bed::{Bed, Node, chain, draft, entry, stream};

/// Worlds tried; each has its own seed, so that a failure is found again by its number.
const SEEDS: u64 = 12;

/// A repeatable source of chance (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((bits ^ (bits >> 31)) % limit as u64).unwrap()
    }
}

/// Entries of three streams with forks here and there, predecessors first.
fn forest(dice: &mut Dice) -> Vec<Entry> {
    let mut all: Vec<Entry> = Vec::new();
    for key in [stream("t1", "t1"), stream("k", "t1"), stream("c", "k")] {
        let mut branches: Vec<Entry> = vec![entry(&key, None, "first")];
        all.push(branches[0].clone());
        for number in 0..30 {
            let at = dice.below(branches.len());
            let next = entry(&key, Some(&branches[at]), &format!("{number}"));
            all.push(next.clone());
            // A new branch stands beside the old one; at most four a stream, of the eight that are kept.
            if dice.below(10) == 0 && branches.len() < 4 {
                branches.push(next);
            } else {
                branches[at] = next;
            }
        }
    }
    all
}

/// Gives a node some of the entries, each with everything before it, in an order of their own.
async fn seed(node: &Node, peer: &str, all: &[Entry], dice: &mut Dice) {
    let mut held: BTreeSet<EntryHash> = BTreeSet::new();
    let mut chosen = Vec::new();
    for entry in all {
        let is_ready = entry.header.previous.is_none_or(|previous| held.contains(&previous));
        if is_ready && dice.below(6) > 0 {
            held.insert(entry.hash());
            chosen.push(entry.clone());
        }
    }
    let mut rest = chosen.as_slice();
    while !rest.is_empty() {
        let (batch, others) = rest.split_at(1 + dice.below(rest.len()));
        assert_eq!(node.receive(peer, batch).await.appended.len(), batch.len());
        rest = others;
    }
}

pub(crate) async fn two_nodes_with_random_forks_become_equal(_: &Bed) {
    for number in 0..SEEDS {
        let bed = &Bed::new();
        let mut dice = Dice(number);
        let (k, c) = (bed.node("k").await, bed.node("c").await);
        let all = forest(&mut dice);
        seed(&k, "t1", &all, &mut dice).await;
        seed(&c, "b", &all, &mut dice).await;
        // The first round compares heads; the second finds both positions standing.
        assert_eq!((bed.pull(&k, &c).await, bed.pull(&c, &k).await), (1, 1), "seed {number}");
        k.write(vec![draft("k", "news")]).await;
        assert_eq!((bed.pull(&k, &c).await, bed.pull(&c, &k).await), (0, 0), "seed {number}");
        let sets: Vec<BTreeSet<EntryHash>> =
            vec![k.all().await.into_iter().collect(), c.all().await.into_iter().collect()];
        assert_eq!(sets[0], sets[1], "seed {number}");
        let route = bed.route("c");
        assert_eq!(k.store.heads(&route).await.unwrap(), c.store.heads(&route).await.unwrap(), "seed {number}");
        for (node, peer) in [(&k, &c), (&c, &k)] {
            assert_eq!(node.store.wants(&peer.id).await.unwrap(), [], "seed {number}");
            node.assert_whole().await;
            node.store.close().await;
        }
    }
}

pub(crate) async fn a_rewound_node_gets_its_own_entries_back(bed: &Bed) {
    let (t1, k) = (bed.node("t1").await, bed.node("k").await);
    t1.write(vec![draft("t1", "one"), draft("t1", "two")]).await;
    bed.pull(&t1, &k).await;
    bed.pull(&k, &t1).await;
    t1.store.close().await;
    let snapshot = bed.path("snapshot");
    copy_dir(&t1.dir, &snapshot);
    let t1 = bed.dress("t1", gongkai_store::Store::open(&t1.dir).await.unwrap(), t1.dir);
    let lost = t1.write(vec![draft("t1", "three"), draft("t1", "four")]).await;
    let foreign = chain(&stream("k", "t1"), None, 2, "from k");
    k.receive("c", &foreign).await;
    bed.pull(&t1, &k).await;
    bed.pull(&k, &t1).await;
    t1.store.close().await;

    // The machine is put back to the snapshot; nobody says so, and it writes something new.
    let t1 = bed.dress("t1", gongkai_store::Store::open(&snapshot).await.unwrap(), snapshot);
    let new = t1.write(vec![draft("t1", "another three")]).await;
    bed.pull(&k, &t1).await;
    bed.pull(&t1, &k).await;
    bed.pull(&k, &t1).await;
    for node in [&t1, &k] {
        let held = node.all().await;
        for entry in lost.iter().chain(&new).chain(&foreign) {
            assert!(held.contains(&entry.hash()));
        }
        node.assert_whole().await;
    }
}

fn copy_dir(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir(to).unwrap();
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}
