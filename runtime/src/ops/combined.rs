//! A worker's table of a fold by key, and how the tables of all workers become one.

use crate::dataset::Keyed;
use crate::entries::Entries;
use crate::key_hash::hash_of;
use crate::ops::by_key::Fold;
use crate::ops::shortcuts::Shortcuts;
use crate::record::Key;
use crate::stage::{Gather, Part, Workers};
use crate::table::{Candidates, Entry, FEW, SHARDS, ShardedTable, Shards, TOGETHER, Table, by_shard, shard_of};

/// A worker's part of a fold by key.
pub struct Combined<K, V, C, F> {
    /// All keys, while there are few: then one table is faster than one that is split, and nothing has to be waited for.
    few: Table<K, C>,
    /// To the entries of the few.
    shortcuts: Shortcuts,
    many: Option<Many<K, V, C>>,
    fold: Option<F>,
}

/// What a worker has made of many keys.
struct Many<K, V, C> {
    table: ShardedTable<K, C>,
    /// Records whose slots are being fetched, until there are enough to look their keys up together.
    waiting: Vec<Entry<K, V>>,
    /// Earlier ones, whose entries are being fetched.
    met: Vec<Entry<K, V>>,
    candidates: Candidates,
    /// The hash of the latest record that was met.
    latest: u64,
    /// The hash of a key that may have many records, and the number of its entry. It lies in a near cache, so they do not wait; none
    /// of the key's is waiting.
    hot: Option<(u64, usize)>,
    /// How many records the hot key has had while others have waited.
    hits: usize,
}

impl<K, V, C> Many<K, V, C> {
    /// Makes room for `keys` keys in all.
    fn with_capacity(keys: usize) -> Self {
        let mut table = ShardedTable::default();
        table.reserve(keys / SHARDS);
        let (waiting, met) = (Vec::with_capacity(TOGETHER), Vec::with_capacity(TOGETHER));
        Many { table, waiting, met, candidates: [0; TOGETHER], latest: 0, hot: None, hits: 0 }
    }
}

impl<K: Key, V, C> Many<K, V, C> {
    #[inline(always)]
    fn push(&mut self, hash: u64, key: K, value: V, fold: &impl Fold<V, C>) {
        if let Some((hot, number)) = self.hot
            && hot == hash
        {
            let shard = &mut self.table.shards[shard_of(hash)];
            if shard.entries()[number].key == key {
                self.hits += 1;
                return shard.fold_entry(number, value, |combined, value| fold.merge_value(combined, value));
            }
        }
        self.table.fetch(hash);
        self.waiting.push(Entry { hash, key, value });
        if self.waiting.len() == TOGETHER {
            self.proceed(fold);
            self.choose_hot(hash, fold);
        }
    }

    /// Takes a step with all records: those that were met are folded, and those that wait are met.
    #[inline(always)]
    fn proceed(&mut self, fold: &impl Fold<V, C>) {
        self.fold_met(fold);
        std::mem::swap(&mut self.met, &mut self.waiting);
        self.table.choose(&self.met, &mut self.candidates);
    }

    /// A key may be hot if it had the last record twice in a row, and stays so as long as it has more records than all others.
    #[inline(always)]
    fn choose_hot(&mut self, latest: u64, fold: &impl Fold<V, C>) {
        if self.hits < TOGETHER {
            let may_be_hot = self.latest == latest;
            self.hot = if may_be_hot { self.fold_met(fold) } else { None };
        }
        (self.latest, self.hits) = (latest, 0);
    }

    /// Folds the records that were met. Returns what [`ShardedTable::fold_together`] tells of the last one.
    #[inline(never)]
    fn fold_met(&mut self, fold: &impl Fold<V, C>) -> Option<(u64, usize)> {
        let (create, merge) = (|value| fold.create(value), |combined, value| fold.merge_value(combined, value));
        self.table.fold_together(&mut self.candidates, &mut self.met, create, merge)
    }

    /// Folds all records.
    fn finish(&mut self, fold: &impl Fold<V, C>) {
        self.proceed(fold);
        self.fold_met(fold);
    }
}

impl<K, V, C, F> Default for Combined<K, V, C, F> {
    fn default() -> Self {
        Combined { few: Table::default(), shortcuts: Shortcuts::default(), many: None, fold: None }
    }
}

impl<K: Key, V, C, F: Fold<V, C>> Combined<K, V, C, F> {
    #[inline(always)]
    pub(super) fn fold_all(&mut self, batch: impl Iterator<Item = (K, V)>, fold: F) {
        batch.for_each(|(key, value)| self.push(key, value, &fold));
        self.remember(fold);
    }

    #[inline(always)]
    pub(super) fn push(&mut self, key: K, value: V, fold: &F) {
        if let Some(number) = self.shortcuts.get(&key)
            && (K::BITS_TELL_APART || self.few.entries()[number].key == key)
        {
            return self.few.fold_entry(number, value, |combined, value| fold.merge_value(combined, value));
        }
        self.push_hashed(hash_of(&key), key, value, fold);
    }

    #[inline(always)]
    fn push_hashed(&mut self, hash: u64, key: K, value: V, fold: &F) {
        if let Some(many) = &mut self.many {
            return many.push(hash, key, value, fold);
        }
        match self.few.find(hash, &key) {
            Ok(number) => {
                self.shortcuts.note(&key, number, self.few.entries().len());
                self.few.fold_entry(number, value, |combined, value| fold.merge_value(combined, value));
            }
            Err(at) => {
                self.few.insert_at(at, hash, key, fold.create(value));
                self.spread_if_full();
            }
        }
    }

    /// A value that is combined already. To be called before the first `push`.
    pub(super) fn add(&mut self, entry: Entry<K, C>, fold: &F) {
        let Entry { hash, key, value } = entry;
        let (create, merge) = (|value| value, |left, right| fold.merge(left, right));
        match &mut self.many {
            Some(many) => many.table.shards[shard_of(hash)].fold(hash, key, value, create, merge),
            None => {
                self.few.fold(hash, key, value, create, merge);
                self.spread_if_full();
            }
        }
    }

    pub(super) fn take_fold(&mut self) -> Option<F> {
        self.fold.take()
    }

    /// To be called after the last `push`.
    #[inline(always)]
    pub(super) fn remember(&mut self, fold: F) {
        self.fold = Some(fold);
    }

    /// The entries of all keys, and the function.
    pub(super) fn finish(mut self) -> (Shards<K, C>, Option<F>) {
        self.fold_waiting();
        let shards = match self.many {
            Some(many) => many.table.into_shards(),
            None => self.few.into_shards(),
        };
        (shards, self.fold)
    }

    fn fold_waiting(&mut self) {
        if let (Some(many), Some(fold)) = (&mut self.many, &self.fold) {
            many.finish(fold);
        }
    }
}

impl<K, V, C, F> Combined<K, V, C, F> {
    /// Splits the table once there are many keys.
    #[inline(always)]
    fn spread_if_full(&mut self) {
        if self.few.entries().len() == FEW {
            self.spread();
        }
    }

    #[cold]
    #[inline(never)]
    fn spread(&mut self) {
        let mut many = Many::with_capacity(2 * FEW);
        many.table.take(std::mem::take(&mut self.few));
        self.shortcuts = Shortcuts::default();
        self.many = Some(many);
    }

    fn into_table(self) -> ShardedTable<K, C> {
        match self.many {
            Some(many) => many.table,
            None => ShardedTable::from(self.few),
        }
    }

    fn keys(&self) -> usize {
        self.many.as_ref().map_or(self.few.entries().len(), |many| many.table.len())
    }
}

impl<K: Send, V: Send, C: Send, F: Send> Part for Combined<K, V, C, F> {
    /// The number of keys, as if each shard had as many as the largest one.
    fn size(&self) -> usize {
        match &self.many {
            Some(many) => many.table.largest_shard() * SHARDS,
            None => self.few.entries().len(),
        }
    }
    fn reserve(&mut self, size: usize) {
        if size < FEW {
            self.few.reserve(size);
        } else {
            self.many = Some(Many::with_capacity(size));
        }
    }
    fn clear(&mut self) {
        *self = Combined { fold: self.fold.take(), ..Combined::default() };
    }
}

impl<K, V, C, F> Gather for Combined<K, V, C, F>
where
    K: Key,
    C: Send,
    F: Fold<V, C> + Sync,
{
    type Output = Keyed<K, C>;

    fn gather(parts: Vec<Self>, workers: &Workers) -> Keyed<K, C> {
        Keyed(Combined::merge_parts(parts, workers).0.into())
    }
}

impl<K: Key, V, C: Send, F: Fold<V, C> + Sync> Combined<K, V, C, F> {
    /// What all workers have made of the keys, and the function that they have folded by. A key keeps the place of its first record: parts are
    /// merged in the order of the workers.
    pub(super) fn merge_parts(mut parts: Vec<Self>, workers: &Workers) -> (Merged<K, C>, Option<F>) {
        parts.iter_mut().for_each(Combined::fold_waiting);
        let fold = parts.iter_mut().find_map(Combined::take_fold);
        let keys = parts.iter().map(Combined::keys).sum();
        let merged = match &fold {
            Some(fold) => {
                let merge = |left, right| fold.merge(left, right);
                if parts.iter().all(|part| part.many.is_none()) && !workers.is_worth_sharing(keys) {
                    let mut tables = Vec::with_capacity(parts.len());
                    for part in parts {
                        tables.push(part.few);
                    }
                    Merged::Whole(merge_few(tables, merge))
                } else {
                    Merged::Sharded(merge_many(parts, keys, merge, workers))
                }
            }
            None => Merged::Whole(Table::default()),
        };
        (merged, fold)
    }
}

/// What all workers have made of the keys.
pub(super) enum Merged<K, C> {
    /// In one table.
    Whole(Table<K, C>),
    /// Shard by shard.
    Sharded(Shards<K, C>),
}

impl<K, C> From<Merged<K, C>> for Entries<K, C> {
    fn from(merged: Merged<K, C>) -> Self {
        match merged {
            Merged::Whole(table) => table.into(),
            Merged::Sharded(shards) => Entries::Many(shards),
        }
    }
}

impl<K, C> From<Merged<K, C>> for Shards<K, C> {
    fn from(merged: Merged<K, C>) -> Self {
        match merged {
            Merged::Whole(table) => table.into_shards(),
            Merged::Sharded(shards) => shards,
        }
    }
}

/// Merges the workers' tables in their order.
fn merge_few<K: Key, C>(tables: Vec<Table<K, C>>, merge: impl Fn(C, C) -> C) -> Table<K, C> {
    let mut tables = tables.into_iter();
    let mut merged = tables.next().unwrap_or_default();
    for table in tables {
        merged.merge(table, &merge);
    }
    merged
}

/// The same shard by shard, in parallel.
fn merge_many<K: Key, V, C: Send, F: Fold<V, C>>(
    parts: Vec<Combined<K, V, C, F>>,
    keys: usize,
    merge: impl Fn(C, C) -> C + Sync,
    workers: &Workers,
) -> Shards<K, C> {
    let mut tables = Vec::with_capacity(parts.len());
    for part in parts {
        tables.push(*part.into_table().shards);
    }
    workers.map(by_shard(tables), keys, |tables| merge_few(tables, &merge).into_entries())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::ops::by_key::Reducer;

    /// The first and the last value of a key, and how many there were.
    type Seen = (u64, u64, u64);

    fn both(left: Seen, right: Seen) -> Seen {
        (left.0, right.1, left.2 + right.2)
    }

    /// What so many workers make of the records, if `expected` keys were in the batch before.
    fn combined(records: &[u64], parts: usize, expected: usize) -> Vec<Vec<(u64, Seen)>> {
        let mut numbered: Vec<_> = (0..).zip(records).map(|(n, key)| (*key, (n, n, 1))).collect();
        let mut all = Vec::new();
        for number in (1..=parts).rev() {
            let rest = numbered.split_off(records.len() * (number - 1) / number.max(parts));
            let mut part = Combined::default();
            part.reserve(expected);
            part.fold_all(rest.into_iter(), Reducer(both));
            all.insert(0, part);
        }
        let keyed = Combined::gather(all, &Workers::new(parts, Some(1)).unwrap());
        let pairs = |shard: &[Entry<u64, Seen>]| shard.iter().map(|entry| (entry.key, entry.value)).collect();
        (0..SHARDS).map(|shard| pairs(keyed.0.of_shard(shard))).collect()
    }

    fn by_hand(records: &[u64]) -> Vec<Vec<(u64, Seen)>> {
        let (mut shards, mut places) = (vec![Vec::new(); SHARDS], HashMap::new());
        for (n, key) in (0..).zip(records) {
            let shard = &mut shards[shard_of(hash_of(key))];
            match places.get(key) {
                Some(place) => {
                    let (_, seen): &mut (u64, Seen) = &mut shard[*place];
                    *seen = both(*seen, (n, n, 1));
                }
                None => {
                    places.insert(*key, shard.len());
                    shard.push((*key, (n, n, 1)));
                }
            }
        }
        shards
    }

    #[test]
    fn few_keys_and_many_are_combined_alike() {
        let few = FEW as u64;
        for keys in [0, 1, 100, few - 1, few, 3 * few] {
            // Two of three records have the same key, for a while, and then another one.
            let hot = |n: u64| if n.is_multiple_of(3) { n.wrapping_mul(0x9e37_79b9) % keys } else { n / 20_000 };
            let records: Vec<u64> = (0..4 * keys).map(hot).collect();
            let right = by_hand(&records);
            for parts in 1..=3 {
                for expected in [0, keys as usize] {
                    assert!(
                        combined(&records, parts, expected) == right,
                        "{keys} keys, {parts} parts, {expected} expected"
                    );
                }
            }
        }
    }
}
