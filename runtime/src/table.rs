//! The hash table under every keyed operator: entries in the order of their first insert, found through an index of
//! 4-byte slots, split by hash into [`SHARDS`] tables.
//!
//! The order of the entries is part of the contract: it makes results independent of the number of workers, and a pass over
//! all keys is a linear scan over compact memory.

use crate::fold::fold_in_place;
use crate::key_hash::is_same;
use crate::prefetch::prefetch;
use crate::record::Keep;

/// Into how many tables the keys are split, by the upper bits of their hash. Fixed, so that every process and every restart
/// finds a key in the same shard.
pub const SHARDS: usize = 64;

/// The shard that a hash belongs to.
#[inline(always)]
pub fn shard_of(hash: u64) -> usize {
    (hash >> (u64::BITS - SHARDS.ilog2())) as usize
}

/// A key, its hash and its value; also a record on its way into a table.
pub struct Entry<K, V> {
    pub(crate) hash: u64,
    pub(crate) key: K,
    pub(crate) value: V,
}

impl<K: Eq + Keep, V> Entry<K, V> {
    /// Whether the entry has this key, which has this hash.
    #[inline(always)]
    fn is_of(&self, hash: u64, key: &K) -> bool {
        is_same((self.hash, &self.key), (hash, key))
    }
}

/// A slot holds an entry's number plus one, and above it some bits of the entry's hash, so that most other keys are told apart
/// without a look at the entry. Zero is an empty slot. Slots are small because a table's index should stay in a near cache.
pub type Slot = u32;
const NUMBER_BITS: u32 = 25;
const NUMBER: Slot = (1 << NUMBER_BITS) - 1;
/// The numbers of more entries would not fit into a slot.
const MAX_SLOTS: usize = 1 << NUMBER_BITS;
/// 1.6 billion keys in all shards.
const MAX_ENTRIES: usize = MAX_SLOTS / 4 * 3;
const MIN_SLOTS: usize = 8;
/// With fewer keys in all, a table and a sparse index of it stay in a near cache.
pub const FEW: usize = 1 << 14;
/// From how many keys a shard on room is made ahead.
pub const RESERVED_FROM: usize = 8;

/// The entries of a table, split by hash.
pub type Shards<K, V> = Vec<Vec<Entry<K, V>>>;

/// What several workers have of each shard, in the order of the workers. With loops, as all that is compiled for each table.
pub fn by_shard<T>(workers: Vec<impl IntoIterator<Item = T>>) -> Vec<Vec<T>> {
    let mut shards = Vec::with_capacity(SHARDS);
    for _ in 0..SHARDS {
        shards.push(Vec::with_capacity(workers.len()));
    }
    for worker in workers {
        for (shard, own) in shards.iter_mut().zip(worker) {
            shard.push(own);
        }
    }
    shards
}

/// The bits of a hash that a slot keeps: neither the lowest ones, which place the slot, nor the highest, which are the shard's.
#[inline(always)]
fn tag(hash: u64) -> Slot {
    (hash >> 26) as Slot & !NUMBER
}

/// A table that is not split, or one shard of a [`ShardedTable`].
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

    /// Doubles the index and places all entries anew.
    ///
    /// # Panics
    /// When the table is full for good.
    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        let length = (self.slots.len() * 2).max(MIN_SLOTS);
        assert!(length <= MAX_SLOTS, "a shard holds at most {MAX_ENTRIES} keys");
        self.slots.clear();
        self.slots.resize(length, 0);
        for (number, entry) in self.entries.iter().enumerate() {
            let at = vacancy(&self.slots, entry.hash);
            self.slots[at] = tag(entry.hash) | (number as Slot + 1);
        }
    }

    /// Makes room for `keys` keys in an empty table.
    pub fn reserve(&mut self, keys: usize) {
        if keys > 0 {
            // A small index may be sparse, so that what is looked for is mostly in its first slot.
            let slots = if keys < FEW { keys * 3 } else { keys.min(MAX_ENTRIES - 1) * 4 / 3 + 1 };
            self.slots = vec![0; slots.next_power_of_two().max(MIN_SLOTS)];
            self.entries.reserve(keys);
        }
    }

    /// Splits the entries by their hash.
    pub fn into_shards(self) -> Shards<K, V> {
        // With loops: half of what adaptors would compile to, for each table of each pipeline.
        let mut lengths = [0; SHARDS];
        for entry in &self.entries {
            lengths[shard_of(entry.hash)] += 1;
        }
        let mut shards = Vec::with_capacity(SHARDS);
        for length in lengths {
            shards.push(Vec::with_capacity(length));
        }
        for entry in self.entries {
            shards[shard_of(entry.hash)].push(entry);
        }
        shards
    }

    /// Adds an entry whose key there is not.
    pub fn push(&mut self, entry: Entry<K, V>) {
        if self.is_full() {
            self.grow();
        }
        let at = vacancy(&self.slots, entry.hash);
        self.slots[at] = tag(entry.hash) | (self.entries.len() as Slot + 1);
        self.entries.push(entry);
    }

    #[inline(always)]
    fn is_full(&self) -> bool {
        self.entries.len() * 4 >= self.slots.len() * 3
    }
}

impl<K: Keep, V> Table<K, V> {
    /// Has the slot fetched where the way of a hash begins.
    #[inline(always)]
    fn fetch(&self, hash: u64) {
        prefetch(&self.slots, hash as usize & self.slots.len().wrapping_sub(1));
    }

    /// The slot where the way of a hash begins. Its entry is fetched then.
    #[inline(always)]
    fn candidate(&self, hash: u64) -> Slot {
        // No slot is found where there are none.
        let slot = self.slots.get(hash as usize & self.slots.len().wrapping_sub(1)).copied().unwrap_or(0);
        prefetch(&self.entries, ((slot & NUMBER) as usize).wrapping_sub(1));
        slot
    }

    /// The slot, if its entry has this hash. What its key borrows is fetched then.
    #[inline(always)]
    fn with_hash(&self, slot: Slot, hash: u64) -> Slot {
        match (slot & NUMBER).checked_sub(1).map(|number| &self.entries[number as usize]) {
            Some(entry) if entry.hash == hash => {
                entry.key.prefetch();
                slot
            }
            _ => 0,
        }
    }
}

/// The first empty slot on the way of a hash.
#[inline(always)]
fn vacancy(slots: &[Slot], hash: u64) -> usize {
    let mask = slots.len() - 1;
    let mut at = hash as usize & mask;
    while slots[at] != 0 {
        at = (at + 1) & mask;
    }
    at
}

impl<K: Eq + Keep, V> Table<K, V> {
    /// Folds `value` into the entry of `key`; `create` makes the first value of a key, `merge` the following ones.
    #[inline(always)]
    pub fn fold<T>(&mut self, hash: u64, key: K, value: T, create: impl FnOnce(T) -> V, merge: impl FnOnce(V, T) -> V) {
        match self.find(hash, &key) {
            Ok(number) => self.fold_entry(number, value, merge),
            Err(at) => self.insert_at(at, hash, key, create(value)),
        }
    }

    /// Folds the entries of another table into those of this one. What is needed next is fetched meanwhile: often both tables are
    /// in the caches of other processors.
    pub fn merge(&mut self, other: Table<K, V>, merge: impl Fn(V, V) -> V) {
        const AHEAD: usize = 8;
        let mut entries = other.entries.into_iter();
        while let Some(Entry { hash, key, value }) = entries.next() {
            if let Some(later) = entries.as_slice().get(2 * AHEAD) {
                self.fetch(later.hash);
            }
            if let Some(later) = entries.as_slice().get(AHEAD) {
                self.candidate(later.hash);
            }
            self.fold(hash, key, value, |value| value, &merge);
        }
    }

    /// The number of the entry of `key`, inserted if it is new.
    #[inline(always)]
    pub fn number(&mut self, hash: u64, key: K, create: impl FnOnce() -> V) -> usize {
        match self.find(hash, &key) {
            Ok(number) => number,
            Err(at) => {
                self.insert_at(at, hash, key, create());
                self.entries.len() - 1
            }
        }
    }

    /// The value of `key`, inserted if it is new.
    #[inline(always)]
    pub fn entry(&mut self, hash: u64, key: K, create: impl FnOnce() -> V) -> &mut V {
        let number = self.number(hash, key, create);
        &mut self.entries[number].value
    }

    /// The number of the slot's entry, if it has this key.
    #[inline(always)]
    fn number_if_equal(&self, slot: Slot, hash: u64, key: &K) -> Option<usize> {
        let number = (slot & NUMBER).checked_sub(1)? as usize;
        let entry = &self.entries[number];
        // The slot is not compared yet, and keys may be long.
        ((K::BITS_TELL_APART || entry.hash == hash) && entry.is_of(hash, key)).then_some(number)
    }

    /// Folds `value` into the entry of this number.
    ///
    /// # Panics
    /// When there is none.
    #[inline(always)]
    pub fn fold_entry<T>(&mut self, number: usize, value: T, merge: impl FnOnce(V, T) -> V) {
        fold_in_place(&mut self.entries, number, |entry| &mut entry.value, |old| merge(old, value));
    }

    /// The number of the key's entry, or the empty slot where it belongs.
    #[inline(always)]
    pub fn find(&self, hash: u64, key: &K) -> Result<usize, usize> {
        if self.slots.is_empty() {
            return Err(0);
        }
        let mask = self.slots.len() - 1;
        let tag = tag(hash);
        let mut at = hash as usize & mask;
        loop {
            let slot = self.slots[at & mask];
            if slot == 0 {
                return Err(at);
            }
            if slot & !NUMBER == tag {
                let number = (slot & NUMBER) as usize - 1;
                if self.entries[number].is_of(hash, key) {
                    return Ok(number);
                }
            }
            at = (at + 1) & mask;
        }
    }

    /// Adds an entry at the slot that [`find`](Self::find) gave for its key.
    #[inline]
    pub fn insert_at(&mut self, mut at: usize, hash: u64, key: K, value: V) {
        if self.is_full() {
            self.grow();
            at = vacancy(&self.slots, hash);
        }
        self.slots[at] = tag(hash) | (self.entries.len() as Slot + 1);
        self.entries.push(Entry { hash, key, value });
    }
}

/// A table split by hash, so that tables of several workers are merged shard by shard in parallel.
pub struct ShardedTable<K, V> {
    pub(crate) shards: Box<[Table<K, V>; SHARDS]>,
}

impl<K, V> Default for ShardedTable<K, V> {
    fn default() -> Self {
        ShardedTable { shards: Box::new(std::array::from_fn(|_| Table::default())) }
    }
}

impl<K, V> ShardedTable<K, V> {
    /// How many keys the fullest shard holds.
    pub fn largest_shard(&self) -> usize {
        self.shards.iter().map(|shard| shard.entries.len()).max().unwrap_or(0)
    }

    /// Makes room for `keys` keys in each shard of an empty table. Little room is not worth 64 early allocations.
    pub fn reserve(&mut self, keys: usize) {
        if keys >= RESERVED_FROM {
            self.shards.iter_mut().for_each(|shard| shard.reserve(keys));
        }
    }

    /// Takes in the entries of a table, whose keys are others.
    pub fn take(&mut self, table: Table<K, V>) {
        for entry in table.entries {
            self.shards[shard_of(entry.hash)].push(entry);
        }
    }

    /// The entries of each shard.
    pub fn into_shards(self) -> Shards<K, V> {
        let mut shards = Vec::with_capacity(SHARDS);
        for shard in *self.shards {
            shards.push(shard.entries);
        }
        shards
    }

    /// How many keys the table holds.
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.entries.len()).sum()
    }
}

impl<K, V> From<Table<K, V>> for ShardedTable<K, V> {
    fn from(table: Table<K, V>) -> Self {
        let mut sharded = ShardedTable::default();
        sharded.reserve(table.entries.len() / SHARDS);
        sharded.take(table);
        sharded
    }
}

/// How many records are looked up together.
pub const TOGETHER: usize = 32;

/// For each of several records the slot that may be its key's, or 0.
pub type Candidates = [Slot; TOGETHER];

/// A table larger than the near caches costs a wait for memory at each step of a look-up: slot, entry, key. These methods take one
/// step each, for several records before the next one, and have what that needs fetched, so that the waits overlap. Between two steps other
/// records may be folded: entries are never moved or removed.
impl<K: Keep + Eq, V> ShardedTable<K, V> {
    /// The first step: has the slot fetched where the way of a hash begins.
    #[inline(always)]
    pub fn fetch(&mut self, hash: u64) {
        self.shards[shard_of(hash)].fetch(hash);
    }

    /// The second step for up to [`TOGETHER`] records: has the entries fetched that the slots lead to.
    #[inline(always)]
    pub fn choose<T>(&mut self, records: &[Entry<K, T>], candidates: &mut Candidates) {
        for (candidate, record) in candidates.iter_mut().zip(records) {
            *candidate = self.shards[shard_of(record.hash)].candidate(record.hash);
        }
    }

    /// The hash of the last of these records, and the number of the entry that has this hash, if there is one.
    #[inline(always)]
    fn last<T>(&self, candidates: &Candidates, records: &[Entry<K, T>]) -> Option<(u64, usize)> {
        let hash = records.last()?.hash;
        let slot = self.shards[shard_of(hash)].with_hash(candidates[records.len() - 1], hash);
        Some((hash, (slot & NUMBER).checked_sub(1)? as usize))
    }

    /// As [`Table::fold`] for the records that these candidates are of, and leaves none of them. Returns the hash of the last one and
    /// the number of the entry that has this hash, if there was one.
    #[inline]
    pub fn fold_together<T>(
        &mut self,
        candidates: &mut Candidates,
        records: &mut Vec<Entry<K, T>>,
        create: impl Fn(T) -> V,
        merge: impl Fn(V, T) -> V,
    ) -> Option<(u64, usize)> {
        if K::POINTS {
            for (candidate, record) in candidates.iter_mut().zip(&*records) {
                *candidate = self.shards[shard_of(record.hash)].with_hash(*candidate, record.hash);
            }
        }
        let last = self.last(candidates, records);
        for (candidate, Entry { hash, key, value }) in candidates.iter().zip(records.drain(..)) {
            let shard = &mut self.shards[shard_of(hash)];
            match shard.number_if_equal(*candidate, hash, &key) {
                Some(number) => shard.fold_entry(number, value, &merge),
                None => shard.fold(hash, key, value, &create, &merge),
            }
        }
        last
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key_hash::hash_of;

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
        let mut table = Table::default();
        for round in 0..3u64 {
            for key in (0..10_000u64).map(|key| key.to_string()) {
                table.fold(hash_of(&key), key, round, |n| n, |a, b| a + b);
            }
        }
        assert_eq!(table.entries().len(), 10_000);
        assert!(table.entries().iter().all(|entry| entry.value == 3));
    }

    #[test]
    fn a_split_table_has_the_same_entries_in_the_same_order() {
        let mut table = Table::default();
        for key in (0..1000u64).rev() {
            table.fold(hash_of(&key), key, key, |n| n, |_, n| n);
        }
        let keys = |shard: &Vec<Entry<u64, u64>>| shard.iter().map(|entry| entry.key).collect::<Vec<_>>();
        let mut sharded = ShardedTable::default();
        sharded.take(std::mem::take(&mut table));
        assert_eq!(sharded.len(), 1000);
        for (number, shard) in sharded.into_shards().iter().enumerate() {
            let own: Vec<_> = (0..1000u64).rev().filter(|key| shard_of(hash_of(key)) == number).collect();
            assert_eq!(keys(shard), own);
            shard.iter().for_each(|entry| table.push(Entry { ..*entry }));
        }
        for (number, shard) in table.into_shards().iter().enumerate() {
            assert!(shard.iter().all(|entry| shard_of(entry.hash) == number && entry.key == entry.value));
        }
    }
}
