//! A sorted map whose copies share what they have in common: of two states of a catalog only the difference is kept
//! twice, however many states there are.
//!
//! Invariant: reads like a `BTreeMap` of the same keys and values; copying one costs no entry, changing one costs the
//! path to the entry. Left out: how that is done, which is `rpds`' red-black tree.

use std::{borrow::Borrow, collections::BTreeMap, fmt, ops::Index};

use rpds::RedBlackTreeMapSync;

/// A sorted map that shares its entries with its copies.
#[derive(Clone)]
pub struct Shared<K: Ord, V>(RedBlackTreeMapSync<K, V>);

impl<K: Ord, V> Shared<K, V> {
    /// One without entries.
    pub fn new() -> Self {
        Self(RedBlackTreeMapSync::new_sync())
    }

    /// How many entries it has.
    pub fn len(&self) -> usize {
        self.0.size()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of a key.
    pub fn get<Q: ?Sized + Ord>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.0.get(key)
    }

    /// The entry of a key.
    pub fn get_key_value<Q: ?Sized + Ord>(&self, key: &Q) -> Option<(&K, &V)>
    where
        K: Borrow<Q>,
    {
        self.0.get_key_value(key)
    }

    /// Whether a key has a value.
    pub fn contains_key<Q: ?Sized + Ord>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.0.contains_key(key)
    }

    /// Gives a key a value, in place of the one that it had.
    pub fn insert(&mut self, key: K, value: V) {
        self.0.insert_mut(key, value);
    }

    /// Takes an entry out; tells whether it was there.
    pub fn remove<Q: ?Sized + Ord>(&mut self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.0.remove_mut(key)
    }

    /// The entries by key.
    pub fn iter(&self) -> Iter<'_, K, V> {
        self.0.iter()
    }

    /// The keys in their order.
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.0.keys()
    }

    /// The values by key.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.0.values()
    }

    /// The entries whose keys another map has not, by key.
    pub fn beyond<'a, W>(&'a self, other: &'a Shared<K, W>) -> impl Iterator<Item = (&'a K, &'a V)> {
        let mut others = other.keys().peekable();
        self.iter().filter(move |(key, _)| {
            while others.next_if(|other| other < key).is_some() {}
            others.peek() != Some(key)
        })
    }

    /// Whether both are one map: an answer that costs nothing, and `false` may still be equal.
    pub fn is_same(&self, other: &Self) -> bool {
        self.0.ptr_eq(&other.0)
    }
}

impl<K: Ord + Clone, V: Clone> Shared<K, V> {
    /// A value to change; what is shared with copies is copied first.
    pub fn get_mut<Q: ?Sized + Ord>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        self.0.get_mut(key)
    }
}

/// The entries of a map, by key.
pub type Iter<'a, K, V> = <&'a RedBlackTreeMapSync<K, V> as IntoIterator>::IntoIter;

impl<'a, K: Ord, V> IntoIterator for &'a Shared<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = Iter<'a, K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<K: Ord, V> Default for Shared<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: Ord, V> Extend<(K, V)> for Shared<K, V> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        for (key, value) in entries {
            self.insert(key, value);
        }
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for Shared<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = Self::new();
        map.extend(entries);
        map
    }
}

impl<K: Ord, V, const N: usize> From<[(K, V); N]> for Shared<K, V> {
    fn from(entries: [(K, V); N]) -> Self {
        entries.into_iter().collect()
    }
}

impl<K: Ord, V> From<BTreeMap<K, V>> for Shared<K, V> {
    fn from(map: BTreeMap<K, V>) -> Self {
        map.into_iter().collect()
    }
}

impl<K: Ord + Borrow<Q>, V, Q: ?Sized + Ord> Index<&Q> for Shared<K, V> {
    type Output = V;

    fn index(&self, key: &Q) -> &V {
        self.get(key).expect("whoever takes a value without asking knows that it is there")
    }
}

impl<K: Ord, V: PartialEq> PartialEq for Shared<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.is_same(other) || (self.len() == other.len() && self.iter().eq(other.iter()))
    }
}

impl<K: Ord, V: Eq> Eq for Shared<K, V> {}

impl<K: Ord + fmt::Debug, V: fmt::Debug> fmt::Debug for Shared<K, V> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn reads_like_a_tree_map(acts in prop::collection::vec((any::<bool>(), 0u8..40, any::<u16>()), 0..200)) {
            let (mut map, mut model) = (Shared::new(), BTreeMap::new());
            let mut before = (map.clone(), model.clone());
            for (is_put, key, value) in acts {
                before = (map.clone(), model.clone());
                if is_put {
                    map.insert(key, value);
                    model.insert(key, value);
                } else {
                    prop_assert_eq!(map.remove(&key), model.remove(&key).is_some());
                }
            }
            prop_assert!(map.iter().eq(model.iter()));
            prop_assert!(before.0.iter().eq(before.1.iter()), "a copy does not follow the changes of another");
            prop_assert_eq!(map.len(), model.len());
            prop_assert_eq!(&map, &Shared::from(model));
        }
    }
}
