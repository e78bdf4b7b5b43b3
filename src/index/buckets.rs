//! Values filed under a key and a namespace.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use super::MAX_NEAR;

/// Values by key, then by namespace, in the order in which they came.
///
/// An object without a namespace goes to whichever its host applies it to, so it may meet all others.
#[derive(Debug)]
pub(super) struct Buckets<K, T> {
    by_key: HashMap<K, BTreeMap<String, Vec<T>>>,
}

impl<K, T> Default for Buckets<K, T> {
    fn default() -> Self {
        Self { by_key: HashMap::new() }
    }
}

impl<K: Eq + Hash, T> Buckets<K, T> {
    /// Files a value.
    pub(super) fn put(&mut self, key: K, namespace: &str, value: T) {
        self.by_key.entry(key).or_default().entry(namespace.to_owned()).or_default().push(value);
    }

    /// Whether there is nothing under any key.
    pub(super) fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    /// Files the values of another one behind its own.
    pub(super) fn extend(&mut self, later: Self) {
        for (key, spaces) in later.by_key {
            let own = self.by_key.entry(key).or_default();
            for (namespace, values) in spaces {
                own.entry(namespace).or_default().extend(values);
            }
        }
    }

    /// The values under a key that may be in a namespace, at most [`MAX_NEAR`].
    pub(super) fn get<'b>(&'b self, key: &K, namespace: &str) -> impl Iterator<Item = &'b T> + use<'b, K, T> {
        let spaces = self.by_key.get(key);
        let (all, some) = match namespace {
            "" => (spaces, [None, None]),
            _ => (None, [spaces.and_then(|spaces| spaces.get("")), spaces.and_then(|spaces| spaces.get(namespace))]),
        };
        let all = all.into_iter().flat_map(BTreeMap::values).flatten();
        all.chain(some.into_iter().flatten().flatten()).take(MAX_NEAR)
    }

    /// How many values stand under a key.
    #[cfg(test)]
    pub(super) fn count(&self, key: &K) -> usize {
        self.by_key.get(key).map_or(0, |spaces| spaces.values().map(Vec::len).sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_without_a_namespace_meets_all_and_two_namespaces_never_meet() {
        let mut buckets = Buckets::default();
        for (namespace, value) in [("a", 1), ("b", 2), ("", 3)] {
            buckets.put("key", namespace, value);
        }
        let get = |key, namespace| buckets.get(&key, namespace).copied().collect::<Vec<_>>();
        assert_eq!(get("key", "a"), [3, 1]);
        assert_eq!(get("key", "c"), [3]);
        assert_eq!(get("key", ""), [3, 1, 2]);
        assert_eq!(get("other", "a"), [0; 0]);
    }

    #[test]
    fn later_values_stand_behind_those_under_the_same_key_and_namespace() {
        let filed = |values: &[(&'static str, &str, u8)]| {
            let mut buckets = Buckets::default();
            for (key, namespace, value) in values {
                buckets.put(*key, namespace, *value);
            }
            buckets
        };
        let mut all = filed(&[("a", "x", 1), ("a", "y", 2)]);
        all.extend(filed(&[("a", "x", 3), ("a", "", 4), ("b", "x", 5)]));
        let get = |key, namespace| all.get(&key, namespace).copied().collect::<Vec<_>>();
        assert_eq!(get("a", "x"), [4, 1, 3]);
        assert_eq!(get("a", "y"), [4, 2]);
        assert_eq!(get("b", "x"), [5]);
    }

    #[test]
    fn a_look_up_ends_however_much_stands_under_a_key() {
        let mut buckets = Buckets::default();
        for value in 0..2 * MAX_NEAR {
            buckets.put((), &(value % 7).to_string(), value);
        }
        assert_eq!(buckets.get(&(), "").count(), MAX_NEAR);
    }
}
