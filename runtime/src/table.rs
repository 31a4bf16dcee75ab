//! The hash table under every keyed operator: entries in the order of their first insert, found through an index of
//! 8-byte slots, split by hash into [`SHARDS`] tables.
//!
//! The order of the entries is part of the contract: it makes results independent of the number of workers, and a pass over
//! all keys is a linear scan over compact memory.

use std::hash::{BuildHasher, Hash};

use foldhash::fast::FixedState;

use crate::fold::fold_in_place;

/// Into how many tables the keys are split, by the upper bits of their hash. Fixed, so that every process and every restart
/// finds a key in the same shard.
pub const SHARDS: usize = 64;

/// The one hash of keys: the same in every process and for a view as for what is kept of it.
#[inline(always)]
pub fn hash_of<K: Hash + ?Sized>(key: &K) -> u64 {
    FixedState::with_seed(0x6d69_6372_6f62_6174).hash_one(key)
}

/// The shard that a hash belongs to.
#[inline(always)]
pub fn shard_of(hash: u64) -> usize {
    (hash >> (u64::BITS - SHARDS.ilog2())) as usize
}

/// A key, its hash and its value.
pub struct Entry<K, V> {
    pub(crate) hash: u64,
    pub(crate) key: K,
    pub(crate) value: V,
}

/// A slot holds the lower 32 bits of a hash and the entry's number plus one; zero is an empty slot.
type Slot = u64;
const MIN_SLOTS: usize = 8;

/// One shard of a [`ShardedTable`].
pub struct Table<K, V> {
    /// A power of two of slots, at most three quarters of them used, or none.
    slots: Vec<Slot>,
    entries: Vec<Entry<K, V>>,
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Table { slots: Vec::new(), entries: Vec::new() }
    }
}

impl<K, V> Table<K, V> {
    /// The entries, in the order of their first insert.
    pub fn entries(&self) -> &[Entry<K, V>] {
        &self.entries
    }

    /// Takes the entries out.
    pub fn into_entries(self) -> Vec<Entry<K, V>> {
        self.entries
    }

    #[inline(always)]
    fn slot(hash: u64, index: usize) -> Slot {
        (hash << 32) | (index as u64 + 1)
    }

    /// Doubles the index. Only the slots are read: the lower half of a hash is all that it takes to place them.
    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        grow_slots(&mut self.slots);
    }

    #[inline(always)]
    fn is_full(&self) -> bool {
        self.entries.len() * 4 >= self.slots.len() * 3
    }
}

/// Doubles an index of slots; kept apart from the types of keys and values, so that it is compiled once.
fn grow_slots(slots: &mut Vec<Slot>) {
    let length = (slots.len() * 2).max(MIN_SLOTS);
    let old = std::mem::replace(slots, vec![0; length]);
    let mask = length - 1;
    for slot in old.into_iter().filter(|slot| *slot != 0) {
        let mut at = (slot >> 32) as usize & mask;
        while slots[at] != 0 {
            at = (at + 1) & mask;
        }
        slots[at] = slot;
    }
}

impl<K: Eq, V> Table<K, V> {
    /// Folds `value` into the entry of `key`; `create` makes the first value of a key, `merge` the following ones.
    #[inline(always)]
    pub fn fold<T>(&mut self, hash: u64, key: K, value: T, create: impl FnOnce(T) -> V, merge: impl FnOnce(V, T) -> V) {
        match self.find(hash, &key) {
            Ok(index) => fold_in_place(&mut self.entries, index, |entry| &mut entry.value, |old| merge(old, value)),
            Err(at) => self.insert_at(at, hash, key, create(value)),
        }
    }

    /// The value of `key`, inserted if it is new.
    #[inline(always)]
    pub fn entry(&mut self, hash: u64, key: K, create: impl FnOnce() -> V) -> &mut V {
        let index = match self.find(hash, &key) {
            Ok(index) => index,
            Err(at) => {
                self.insert_at(at, hash, key, create());
                self.entries.len() - 1
            }
        };
        &mut self.entries[index].value
    }

    /// The number of the key's entry, or the empty slot where it belongs.
    #[inline(always)]
    fn find(&self, hash: u64, key: &K) -> Result<usize, usize> {
        if self.slots.is_empty() {
            return Err(0);
        }
        let mask = self.slots.len() - 1;
        let tag = hash & 0xffff_ffff;
        let mut at = tag as usize & mask;
        loop {
            let slot = self.slots[at];
            if slot == 0 {
                return Err(at);
            }
            if slot >> 32 == tag {
                let index = (slot & 0xffff_ffff) as usize - 1;
                if self.entries[index].key == *key {
                    return Ok(index);
                }
            }
            at = (at + 1) & mask;
        }
    }

    #[inline]
    fn insert_at(&mut self, mut at: usize, hash: u64, key: K, value: V) {
        if self.is_full() {
            self.grow();
            let mask = self.slots.len() - 1;
            at = hash as u32 as usize & mask;
            while self.slots[at] != 0 {
                at = (at + 1) & mask;
            }
        }
        self.slots[at] = Self::slot(hash, self.entries.len());
        self.entries.push(Entry { hash, key, value });
    }
}

/// A table split by hash, so that tables of several workers are merged shard by shard in parallel.
pub struct ShardedTable<K, V> {
    pub(crate) shards: Vec<Table<K, V>>,
}

impl<K, V> Default for ShardedTable<K, V> {
    fn default() -> Self {
        ShardedTable { shards: (0..SHARDS).map(|_| Table::default()).collect() }
    }
}

impl<K, V> ShardedTable<K, V> {
    /// How many keys the table holds.
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.entries.len()).sum()
    }
}

impl<K: Hash + Eq, V> ShardedTable<K, V> {
    /// As [`Table::fold`], in the shard of `key`.
    #[inline(always)]
    pub fn fold<T>(&mut self, key: K, value: T, create: impl FnOnce(T) -> V, merge: impl FnOnce(V, T) -> V) {
        let hash = hash_of(&key);
        self.shards[shard_of(hash)].fold(hash, key, value, create, merge);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_keep_the_order_of_their_first_insert() {
        let mut table = Table::default();
        for key in [5u64, 3, 5, 9, 3, 5] {
            table.fold(hash_of(&key), key, 1u64, |n| n, |a, b| a + b);
        }
        let entries: Vec<_> = table.entries().iter().map(|entry| (entry.key, entry.value)).collect();
        assert_eq!(entries, [(5, 3), (3, 2), (9, 1)]);
    }

    #[test]
    fn many_keys_are_all_found_again() {
        let mut table = ShardedTable::default();
        for round in 0..3u64 {
            for key in 0..10_000u64 {
                table.fold(key.to_string(), round, |n| n, |a, b| a + b);
            }
        }
        assert_eq!(table.len(), 10_000);
        assert!(table.shards.iter().flat_map(Table::entries).all(|entry| entry.value == 3));
    }

    #[test]
    fn a_view_hashes_as_what_is_kept_of_it() {
        assert_eq!(hash_of("word"), hash_of(&String::from("word")));
        assert_eq!(hash_of(&("word", 1u64)), hash_of(&(String::from("word"), 1u64)));
        assert_eq!(hash_of(&[1u8, 2].as_slice()), hash_of(&vec![1u8, 2]));
    }
}
