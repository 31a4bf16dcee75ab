//! `group_by_key`: the values of a key as a slice.
//!
//! Values are kept in the order in which they come, beside the numbers of their keys, and are put in the order of these numbers in one
//! pass at the end. So a key costs no memory of its own, nor does its list grow.

use std::ops::Range;

use crate::dataset::Dataset;
use crate::entries::Entries;
use crate::key_hash::hash_of;
use crate::ops::by_number::ByNumber;
use crate::ops::shortcuts::Shortcuts;
use crate::prefetch::push_ahead;
use crate::record::{Keep, Key, Pair};
use crate::stage::{Gather, Part, Workers};
use crate::table::{Entry, FEW, SHARDS, Table, by_shard, shard_of};

/// Values with the numbers of their keys.
struct Numbered<K, V> {
    /// With the number of each key, in the order of their first values.
    keys: Table<K, u32>,
    values: Vec<(u32, V)>,
}

impl<K, V> Default for Numbered<K, V> {
    fn default() -> Self {
        Numbered { keys: Table::default(), values: Vec::new() }
    }
}

impl<K: Key, V> Numbered<K, V> {
    /// The number of a key, a new one if the key is new.
    #[inline(always)]
    fn number(&mut self, hash: u64, key: K) -> u32 {
        let next = self.keys.entries().len() as u32; // a table holds far fewer keys
        *self.keys.entry(hash, key, || next)
    }

    /// What all workers have, in their order.
    fn joined(parts: Vec<Self>) -> Self {
        let mut parts = parts.into_iter();
        let mut all = parts.next().unwrap_or_default();
        parts.for_each(|others| all.append(others));
        all
    }

    /// Puts the values of others behind these.
    fn append(&mut self, others: Self) {
        let mut numbers = Vec::with_capacity(others.keys.entries().len());
        for Entry { hash, key, .. } in others.keys.into_entries() {
            numbers.push(self.number(hash, key));
        }
        self.values.reserve(others.values.len());
        for (number, value) in others.values {
            self.values.push((numbers[number as usize], value));
        }
    }

    /// One for each shard.
    fn into_shards(self) -> Shards<K, V> {
        let mut shards: Shards<K, V> = (0..SHARDS).map(|_| Numbered::default()).collect();
        let mut places = Vec::with_capacity(self.keys.entries().len());
        for Entry { hash, key, .. } in self.keys.into_entries() {
            let shard = shard_of(hash);
            places.push((shard, shards[shard].number(hash, key)));
        }
        for (number, value) in self.values {
            let (shard, number) = places[number as usize];
            shards[shard].values.push((number, value));
        }
        shards
    }

    fn grouped(self) -> (Table<K, u32>, ByNumber<V>) {
        let values = ByNumber::new(self.values, self.keys.entries().len());
        (self.keys, values)
    }
}

type Shards<K, V> = Vec<Numbered<K, V>>;

/// A worker's part of `group_by_key`.
pub struct Grouping<K, V> {
    /// All values, while there are few: then they are put in order in a near cache.
    few: Numbered<K, V>,
    /// To the numbers of the few.
    shortcuts: Shortcuts,
    /// One for each shard.
    many: Option<Shards<K, V>>,
}

impl<K, V> Default for Grouping<K, V> {
    fn default() -> Self {
        Grouping { few: Numbered::default(), shortcuts: Shortcuts::default(), many: None }
    }
}

impl<K: Key, V> Grouping<K, V> {
    #[inline(always)]
    fn push(&mut self, key: K, value: V) {
        if let Some(number) = self.shortcuts.get(&key)
            && (K::BITS_TELL_APART || self.few.keys.entries()[number].key == key)
        {
            return self.push_few(number, value);
        }
        self.push_hashed(hash_of(&key), key, value);
    }

    #[inline(always)]
    fn push_hashed(&mut self, hash: u64, key: K, value: V) {
        if let Some(many) = &mut self.many {
            let shard = &mut many[shard_of(hash)];
            let number = shard.number(hash, key);
            return push_ahead(&mut shard.values, (number, value));
        }
        let keys = self.few.keys.entries().len();
        match self.few.keys.find(hash, &key) {
            Ok(number) => {
                self.shortcuts.note(&key, number, keys);
                self.push_few(number, value);
            }
            Err(at) => {
                self.few.keys.insert_at(at, hash, key, keys as u32);
                self.push_few(keys, value);
            }
        }
    }

    #[inline(always)]
    fn push_few(&mut self, number: usize, value: V) {
        self.few.values.push((number as u32, value));
        if self.few.values.len() == FEW {
            self.spread();
        }
    }

    #[cold]
    #[inline(never)]
    fn spread(&mut self) {
        self.many = Some(std::mem::take(&mut self.few).into_shards());
        self.shortcuts = Shortcuts::default();
    }

    fn into_shards(self) -> Shards<K, V> {
        self.many.unwrap_or_else(|| self.few.into_shards())
    }

    fn len(&self) -> usize {
        let more = self.many.iter().flatten().map(|shard| shard.values.len());
        self.few.values.len() + more.sum::<usize>()
    }
}

impl<K: Send, V: Send> Part for Grouping<K, V> {
    /// The number of keys, as if each shard had as many as the largest one.
    fn size(&self) -> usize {
        match &self.many {
            Some(many) => many.iter().map(|shard| shard.keys.entries().len()).max().unwrap_or(0) * SHARDS,
            None => self.few.keys.entries().len(),
        }
    }
    fn reserve(&mut self, size: usize) {
        if size < FEW {
            self.few.keys.reserve(size);
            return;
        }
        let mut many: Shards<K, V> = (0..SHARDS).map(|_| Numbered::default()).collect();
        many.iter_mut().for_each(|shard| shard.keys.reserve(size / SHARDS));
        self.many = Some(many);
    }
}

impl<K: Key, V: Send> Gather for Grouping<K, V> {
    type Output = Grouped<K, V>;

    fn gather(parts: Vec<Self>, workers: &Workers) -> Grouped<K, V> {
        if parts.iter().all(|part| part.many.is_none()) {
            let (keys, values) = Numbered::joined(parts.into_iter().map(|part| part.few).collect()).grouped();
            return Grouped { keys: keys.into(), values: vec![values] };
        }
        let records = parts.iter().map(Grouping::len).sum();
        let shards = by_shard(parts.into_iter().map(Grouping::into_shards).collect());
        let shards = workers.map(shards, records, |parts| {
            let (keys, values) = Numbered::joined(parts).grouped();
            (keys.into_entries(), values)
        });
        let (keys, values) = shards.into_iter().unzip();
        Grouped { keys: Entries::Many(keys), values }
    }
}

/// See [`DStream::group_by_key`](crate::DStream::group_by_key).
#[inline]
pub fn group_by_key<I, T, K, V>(batch: I, part: &mut Grouping<K, V>)
where
    I: Iterator<Item = T>,
    T: Pair<Key = K, Value = V>,
    K: Key,
    V: Keep + Clone,
{
    batch.for_each(|record| {
        let (key, value) = record.into_pair();
        part.push(key, value);
    });
}

/// The values of each key. A shard is a partition.
pub struct Grouped<K, V> {
    /// With the number of each key.
    keys: Entries<K, u32>,
    /// Those of all keys, or of each shard.
    values: Vec<ByNumber<V>>,
}

/// The keys of a shard with their values.
pub struct GroupViews<'a, K, V> {
    keys: std::slice::Iter<'a, Entry<K, u32>>,
    values: &'a ByNumber<V>,
}

impl<'a, K: Keep, V> Iterator for GroupViews<'a, K, V> {
    type Item = (K::View<'a>, &'a [V]);

    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        let entry = self.keys.next()?;
        Some((entry.key.view(), self.values.of(entry.value as usize)))
    }
    #[inline(always)]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.keys.size_hint()
    }
}

impl<K: Keep + Sync, V: Sync> Dataset for Grouped<K, V> {
    type Item<'a>
        = (K::View<'a>, &'a [V])
    where
        Self: 'a;
    type Views<'a>
        = GroupViews<'a, K, V>
    where
        Self: 'a;

    fn partitions(&self) -> usize {
        SHARDS
    }
    fn weight(&self, partition: usize) -> usize {
        self.keys.of_shard(partition).len()
    }
    #[inline]
    fn views(&self, partition: usize, range: Range<usize>) -> GroupViews<'_, K, V> {
        let values = match &self.values[..] {
            [all] => all,
            shards => &shards[partition],
        };
        GroupViews { keys: self.keys.of_shard(partition)[range].iter(), values }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// What so many workers make of the records, shard by shard, if `expected` keys were in the batch before.
    fn grouped(records: &[(u64, String)], parts: usize, expected: usize) -> Vec<Vec<(u64, Vec<String>)>> {
        let cut = |part: usize| records.len() * part / parts;
        let parts_of_records = (0..parts).map(|part| {
            let mut grouping = Grouping::default();
            grouping.reserve(expected);
            // A worker may get its records in several runs.
            for run in records[cut(part)..cut(part + 1)].chunks(1000) {
                group_by_key(run.iter().cloned(), &mut grouping);
            }
            grouping
        });
        let groups = Gather::gather(parts_of_records.collect(), &Workers::new(parts, Some(1)).unwrap());
        let pairs = |shard| {
            let views = groups.views(shard, 0..groups.weight(shard));
            views.map(|(key, values): (u64, &[String])| (key, values.to_vec())).collect()
        };
        (0..groups.partitions()).map(pairs).collect()
    }

    fn by_hand(records: &[(u64, String)]) -> Vec<Vec<(u64, Vec<String>)>> {
        let mut shards = vec![Vec::<(u64, Vec<String>)>::new(); SHARDS];
        let mut places = std::collections::HashMap::new();
        for (key, value) in records {
            let shard = &mut shards[shard_of(hash_of(key))];
            let place = *places.entry(key).or_insert_with(|| {
                shard.push((*key, Vec::new()));
                shard.len() - 1
            });
            shard[place].1.push(value.clone());
        }
        shards
    }

    #[test]
    fn few_values_and_many_are_grouped_alike() {
        let few = FEW as u64;
        for (records, keys) in [(0, 1), (1, 1), (50, 7), (few - 1, 100), (few, 3), (2 * few, few), (3 * few, u64::MAX)]
        {
            let key = |n: u64| n.wrapping_mul(n + 0x9e37_79b9) % keys;
            let records: Vec<(u64, String)> = (0..records).map(|n| (key(n), n.to_string())).collect();
            let right = by_hand(&records);
            for parts in 1..=3 {
                for expected in [0, 100, records.len()] {
                    assert!(
                        grouped(&records, parts, expected) == right,
                        "{} records of {keys} keys, {parts} parts, {expected} keys expected",
                        records.len()
                    );
                }
            }
        }
    }
}
