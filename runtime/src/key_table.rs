//! The keys of a state or of a window: each has a number that stays its own as long as the key is there, so that values,
//! queues and lists of what is due can be kept by number beside the keys.
//!
//! Numbers of keys that left are given out again, the latest first, so a table keeps its size while keys come and go. The order
//! of the numbers depends on what was inserted and removed, in which order, and on nothing else.

use std::hash::Hash;
use std::mem::needs_drop;
use std::ops::Range;

use crate::bits::Bits;
use crate::key_hash::hash_of;
use crate::prefetch::{prefetch, prefetch_all};
use crate::record::{Keep, StateKey};
use crate::table::Entry;

/// A key's number in its [`KeyTable`].
pub type Number = u32;

/// The number of no key.
pub const MISSING: Number = Number::MAX;

/// A slot of the index: a number plus one, and above it some bits of the key's hash. Zero is an empty slot.
pub type Slot = u32;
const NUMBER_BITS: u32 = 25;
const NUMBER: Slot = (1 << NUMBER_BITS) - 1;
/// The numbers of more keys would not fit into a slot.
const MAX_SLOTS: usize = 1 << NUMBER_BITS;
/// 1.3 billion keys in all shards.
const MAX_KEYS: usize = MAX_SLOTS / 8 * 5;
const MIN_SLOTS: usize = 8;

/// The bits of a hash that a slot keeps: neither the lowest ones, which place the slot, nor the highest, which are the shard's.
#[inline(always)]
fn tag(hash: u64) -> Slot {
    (hash >> 26) as Slot & !NUMBER
}

/// How many keys [`KeyTable::find_many`] takes well: more than what is under way at a time, and little enough for a near cache.
pub const MANY: usize = 256;
/// Places among so many are bytes.
const _: () = assert!(MANY <= 1 << u8::BITS);

/// The keys of one shard.
#[derive(Clone)]
pub struct KeyTable<K> {
    /// A power of two of slots, at most five eighths of them used, or none.
    slots: Vec<Slot>,
    /// By number. A key that left stays until its number is given out again.
    keys: Vec<K>,
    /// The numbers whose keys are there.
    live: Bits,
    /// Numbers whose keys left.
    free: Vec<Number>,
}

impl<K> Default for KeyTable<K> {
    fn default() -> Self {
        KeyTable { slots: Vec::new(), keys: Vec::new(), live: Bits::default(), free: Vec::new() }
    }
}

impl<K> KeyTable<K> {
    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.keys.len() - self.free.len()
    }

    /// All numbers are below this.
    pub fn numbers(&self) -> usize {
        self.keys.len()
    }

    /// Has all keys fetched, and where they are found.
    pub fn prefetch(&self) {
        prefetch_all(&self.slots);
        prefetch_all(&self.keys);
    }

    /// Whether the number's key is there.
    #[inline(always)]
    pub fn is_live(&self, number: Number) -> bool {
        self.live.has(number)
    }

    /// The key of a number; after it left, and until the number is given out again, the key that was there.
    #[inline(always)]
    pub fn key(&self, number: Number) -> &K {
        &self.keys[number as usize]
    }

    /// Whether all numbers have a key that is there.
    pub fn is_dense(&self) -> bool {
        self.free.is_empty()
    }

    /// All keys, by number; also those that left, until their numbers are given out again.
    pub fn keys(&self) -> &[K] {
        &self.keys
    }

    /// Those of these numbers whose keys are there, as runs of numbers one after the other, in order.
    pub fn live_runs(&self, numbers: Range<usize>) -> impl Iterator<Item = Range<usize>> {
        self.live.runs(numbers)
    }

    /// The bytes that the table itself takes, without what keys hold elsewhere.
    pub fn bytes(&self) -> usize {
        self.slots.capacity() * size_of::<Slot>()
            + self.keys.capacity() * size_of::<K>()
            + self.live.bytes()
            + self.free.capacity() * size_of::<Number>()
    }

    /// The first slot on the way of a hash, or if that is not the hash's, the second one: chosen without a branch, which would be
    /// mispredicted whenever it is the second one. A wrong second one is to be expected.
    ///
    /// A table larger than the near caches costs a wait for memory at each step of a look-up. Taking the first step for several
    /// keys before the second one lets these waits overlap.
    #[inline(always)]
    fn likely_slot(&self, hash: u64) -> Slot {
        let mask = self.slots.len().wrapping_sub(1);
        let at = |at: usize| self.slots.get(at & mask).copied().unwrap_or(0);
        let (first, second) = (at(hash as usize), at((hash as usize).wrapping_add(1)));
        std::hint::select_unpredictable(first & !NUMBER == tag(hash), first, second)
    }

    #[inline(always)]
    fn mask(&self) -> usize {
        self.slots.len() - 1
    }
}

impl<K: Hash + Eq + Keep> KeyTable<K> {
    /// The number of a key that is there.
    #[inline(always)]
    pub fn find<Q: StateKey<Owned = K>>(&self, hash: u64, key: &Q) -> Option<Number> {
        self.look_up(hash, key).ok()
    }

    /// The numbers of several keys. One that is not there gets the number [`MISSING`]; returns whether all are there.
    ///
    /// Each step is a loop of its own and a short one, and has what the next one needs fetched, so that as many waits for memory
    /// as the processor can have are under way. `fetch` is told the number that a key probably has, to fetch what is kept by
    /// number. That is worth most for about [`MANY`] keys.
    ///
    /// # Panics
    /// When there are more.
    #[inline(always)]
    pub fn find_many<Q: StateKey<Owned = K>, V>(
        &self,
        keys: &[Entry<Q, V>],
        numbers: &mut [Number],
        fetch: impl Fn(usize),
    ) -> bool {
        assert!(keys.len() <= MANY, "keys are looked up {MANY} at a time");
        for entry in keys {
            prefetch(&self.slots, entry.hash as usize & self.slots.len().wrapping_sub(1));
        }
        for (number, entry) in numbers.iter_mut().zip(keys) {
            *number = (self.likely_slot(entry.hash) & NUMBER).wrapping_sub(1);
            prefetch(&self.keys, *number as usize);
            fetch(*number as usize);
        }
        // The others are listed without a branch, which nobody could predict.
        let (mut others, mut count) = ([0u8; MANY], 0);
        for (at, (number, Entry { key, .. })) in numbers.iter().zip(keys).enumerate() {
            let is_it = self.keys.get(*number as usize).is_some_and(|kept| key.is(kept));
            others[count % MANY] = at as u8;
            count += usize::from(!is_it);
        }
        let mut has_all = true;
        for at in &others[..count] {
            let Entry { hash, key, .. } = &keys[*at as usize];
            let number = self.find(*hash, key).unwrap_or(MISSING);
            numbers[*at as usize] = number;
            has_all &= number != MISSING;
        }
        has_all
    }

    /// The number of a key, and whether the key is new.
    #[inline(always)]
    pub fn find_or_insert<Q: StateKey<Owned = K>>(&mut self, hash: u64, key: Q) -> (Number, bool) {
        match self.look_up(hash, &key) {
            Ok(number) => (number, false),
            Err(at) => (self.insert_at(at, hash, key.keep()), true),
        }
    }

    /// The number of a key that is not there yet.
    pub fn insert(&mut self, hash: u64, key: K) -> Number {
        let at = if self.slots.is_empty() { 0 } else { self.vacancy(hash) };
        self.insert_at(at, hash, key)
    }

    /// The number of the key's entry, or the empty slot where it belongs.
    #[inline(always)]
    fn look_up<Q: StateKey<Owned = K>>(&self, hash: u64, key: &Q) -> Result<Number, usize> {
        if self.slots.is_empty() {
            return Err(0);
        }
        let (mask, tag) = (self.mask(), tag(hash));
        let mut at = hash as usize & mask;
        loop {
            let slot = self.slots[at & mask];
            if slot == 0 {
                return Err(at);
            }
            if slot & !NUMBER == tag {
                let number = (slot & NUMBER) - 1;
                if key.is(&self.keys[number as usize]) {
                    return Ok(number);
                }
            }
            at = (at + 1) & mask;
        }
    }

    #[inline]
    fn insert_at(&mut self, mut at: usize, hash: u64, key: K) -> Number {
        if self.len() * 8 >= self.slots.len() * 5 {
            self.index((self.slots.len() * 2).max(MIN_SLOTS));
            at = self.vacancy(hash);
        }
        let number = match self.free.pop() {
            Some(number) => {
                self.keys[number as usize] = key;
                number
            }
            None => {
                self.keys.push(key);
                (self.keys.len() - 1) as Number
            }
        };
        self.slots[at] = tag(hash) | (number + 1);
        self.live.set(number);
        number
    }

    /// Makes room for so many more keys.
    pub fn reserve(&mut self, keys: usize) {
        let all = self.len().saturating_add(keys).min(MAX_KEYS);
        // As many slots as `insert_at` would come to.
        let slots = (all * 8).div_ceil(5).next_power_of_two().max(MIN_SLOTS);
        if slots > self.slots.len() {
            self.index(slots);
        }
        self.keys.reserve(all.saturating_sub(self.keys.len()));
    }

    /// The first empty slot on the way of a hash.
    fn vacancy(&self, hash: u64) -> usize {
        let mut at = hash as usize & self.mask();
        while self.slots[at] != 0 {
            at = (at + 1) & self.mask();
        }
        at
    }

    /// Makes the index anew with `length` slots.
    ///
    /// # Panics
    /// When the table is full for good.
    #[cold]
    #[inline(never)]
    fn index(&mut self, length: usize) {
        assert!(length <= MAX_SLOTS, "a shard holds at most {MAX_KEYS} keys");
        self.slots.clear();
        self.slots.resize(length, 0);
        for number in 0..self.keys.len() as Number {
            if !self.is_live(number) {
                continue;
            }
            let hash = hash_of(&self.keys[number as usize]);
            let at = self.vacancy(hash);
            self.slots[at] = tag(hash) | (number + 1);
        }
    }

    /// Takes a key out; its number may be given out again.
    ///
    /// # Panics
    /// When the key is not there.
    pub fn remove(&mut self, number: Number) {
        assert!(self.is_live(number), "a key is removed once");
        let mut at = hash_of(self.key(number)) as usize & self.mask();
        while self.slots[at] & NUMBER != number + 1 {
            at = (at + 1) & self.mask();
        }
        self.close_gap(at);
        self.live.clear(number);
        self.free.push(number);
    }

    /// Empties a slot, and moves those behind it to where a look-up still finds them (Knuth, The Art of Computer Programming,
    /// volume 3, 6.4, algorithm R).
    fn close_gap(&mut self, mut gap: usize) {
        let mask = self.mask();
        let mut at = gap;
        loop {
            at = (at + 1) & mask;
            let slot = self.slots[at];
            if slot == 0 {
                break;
            }
            let home = hash_of(self.key((slot & NUMBER) - 1)) as usize & mask;
            // Whether the way from its home to where it is passes the gap.
            if (at.wrapping_sub(home) & mask) >= (at.wrapping_sub(gap) & mask) {
                self.slots[gap] = slot;
                gap = at;
            }
        }
        self.slots[gap] = 0;
    }

    /// Whether so many keys left that [`compact`](Self::compact) would give back more memory than it keeps; where keys, or the `V` that
    /// lie beside them, have memory of their own, as much.
    pub fn is_sparse<V>(&self) -> bool {
        let (least, share) = if needs_drop::<K>() || needs_drop::<V>() { (8, 2) } else { (64, 4) };
        self.keys.len() >= least && self.len() * share < self.keys.len()
    }

    /// Gives memory back: the keys that are there get the lowest numbers, in the order of their old ones. Returns the old number
    /// of each new one. Costs a pass over all keys.
    pub fn compact(&mut self) -> Vec<Number> {
        let old: Vec<Number> = (0..self.keys.len() as Number).filter(|number| self.is_live(*number)).collect();
        for (new, old) in old.iter().enumerate() {
            self.keys.swap(new, *old as usize);
        }
        self.keys.truncate(old.len());
        self.keys.shrink_to_fit();
        self.free = Vec::new();
        self.live = (0..old.len() as Number).collect();
        self.slots = Vec::new();
        self.index((old.len() * 8).div_ceil(5).next_power_of_two().max(MIN_SLOTS));
        old
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    /// A few thousand inserts and removals of a few hundred keys, by a fixed rule, beside a standard map.
    #[test]
    fn keys_come_and_go_as_in_a_standard_map() {
        let (mut table, mut model) = (KeyTable::<String>::default(), HashMap::new());
        let mut random = 1u64;
        for round in 0..20_000u64 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let key = (random >> 33) % (50 + round / 50);
            let text = key.to_string();
            let hash = hash_of(&text);
            if random >> 62 == 0 {
                let found = table.find(hash, &text.as_str());
                assert_eq!(found, model.remove(&key));
                found.into_iter().for_each(|number| table.remove(number));
            } else {
                let (number, is_new) = table.find_or_insert(hash, text.as_str());
                assert_eq!(model.insert(key, number), (!is_new).then_some(number));
                assert_eq!(*table.key(number), text);
            }
            assert_eq!(table.len(), model.len());
        }
        for numbers in [0..0, 0..table.numbers(), 3..70, 64..128, 63..table.numbers() - 1] {
            let live: Vec<_> = numbers.clone().filter(|number| table.is_live(*number as Number)).collect();
            let runs: Vec<_> = table.live_runs(numbers).collect();
            assert!(runs.windows(2).all(|runs| runs[0].end < runs[1].start));
            assert_eq!(runs.into_iter().flatten().collect::<Vec<_>>(), live);
        }
        for (key, number) in &model {
            let text = key.to_string();
            assert_eq!(table.find(hash_of(&text), &text), Some(*number));
            assert!(table.is_live(*number));
        }
    }

    #[test]
    fn several_keys_are_found_as_one_is() {
        for (keys, looked_up) in [(0, 0), (0, 3), (1, MANY), (200, MANY), (1000, 1), (1000, MANY), (3000, MANY - 1)] {
            let mut table = KeyTable::<u64>::default();
            for key in 0..keys {
                table.find_or_insert(hash_of(&key), key);
            }
            // Some come twice, and some are not there.
            let key = |n: usize| (n as u64 / 3 * 7) % (keys + keys / 4 + 1);
            let entries: Vec<_> =
                (0..looked_up).map(|n| Entry { hash: hash_of(&key(n)), key: key(n), value: () }).collect();
            let one: Vec<_> = entries.iter().map(|entry| table.find(entry.hash, &entry.key)).collect();
            let mut numbers = vec![0; looked_up];
            let has_all = table.find_many(&entries, &mut numbers, |_| ());
            assert_eq!(has_all, one.iter().all(Option::is_some));
            assert_eq!(numbers, one.into_iter().map(|number| number.unwrap_or(MISSING)).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_compact_table_holds_the_same_keys() {
        let mut table = KeyTable::<u64>::default();
        for key in 0..1000u64 {
            table.find_or_insert(hash_of(&key), key);
        }
        (0..1000).filter(|number| number % 7 != 0).for_each(|number| table.remove(number));
        assert!(table.is_sparse::<()>());
        let before = table.bytes();
        let old = table.compact();
        assert_eq!(old, (0..1000).filter(|number| number % 7 == 0).collect::<Vec<_>>());
        for (new, old) in old.into_iter().enumerate() {
            assert_eq!(table.find(hash_of(&u64::from(old)), &u64::from(old)), Some(new as Number));
        }
        assert!(!table.is_sparse::<()>() && table.bytes() * 3 < before);
    }
}
