//! Ends of a stage in which the records of a key meet.
//!
//! Each function is called once for each run of records that a worker handles, with the worker's own part. The user's closure
//! for merging is remembered in the part, because that is where its type is known; it is emitted once.

use crate::dataset::{Keyed, Keys};
use crate::record::{Keep, Key, Pair};
use crate::stage::{Gather, Part, Workers};
use crate::table::{Entry, SHARDS, SMALL, ShardedTable, TOGETHER, Table, hash_of, shard_of};

/// How the values of a key are folded to one.
pub trait Fold<V, C> {
    /// The first value of a key.
    fn create(&self, value: V) -> C;
    /// A further value of a key.
    fn merge_value(&self, combined: C, value: V) -> C;
    /// What two workers have made of a key.
    fn merge(&self, left: C, right: C) -> C;
}

/// A fold by one function.
pub struct Reducer<F>(pub(super) F);

impl<V, F: Fn(V, V) -> V> Fold<V, V> for Reducer<F> {
    #[inline(always)]
    fn create(&self, value: V) -> V {
        value
    }
    #[inline(always)]
    fn merge_value(&self, combined: V, value: V) -> V {
        (self.0)(combined, value)
    }
    #[inline(always)]
    fn merge(&self, left: V, right: V) -> V {
        (self.0)(left, right)
    }
}

/// A fold by three functions.
pub struct Combiner<F, G, H> {
    create: F,
    merge_value: G,
    merge: H,
}

impl<V, C, F: Fn(V) -> C, G: Fn(C, V) -> C, H: Fn(C, C) -> C> Fold<V, C> for Combiner<F, G, H> {
    #[inline(always)]
    fn create(&self, value: V) -> C {
        (self.create)(value)
    }
    #[inline(always)]
    fn merge_value(&self, combined: C, value: V) -> C {
        (self.merge_value)(combined, value)
    }
    #[inline(always)]
    fn merge(&self, left: C, right: C) -> C {
        (self.merge)(left, right)
    }
}

/// A worker's part of a fold by key.
pub struct Combined<K, V, C, F> {
    table: ShardedTable<K, C>,
    /// Records that wait until there are enough to look their keys up together.
    waiting: Vec<Entry<K, V>>,
    fold: Option<F>,
    /// Whether the table is likely to stay in a near cache: then there is nothing to wait for.
    is_small: bool,
    /// The hash of a key that may have many records. It lies in a near cache, so they do not wait; none of the key's is waiting.
    hot: Option<u64>,
}

impl<K, V, C, F> Default for Combined<K, V, C, F> {
    fn default() -> Self {
        let (table, waiting) = (ShardedTable::default(), Vec::new());
        Combined { table, waiting, fold: None, is_small: false, hot: None }
    }
}

impl<K: Key, V, C, F: Fold<V, C>> Combined<K, V, C, F> {
    #[inline(always)]
    pub(super) fn fold_all(&mut self, batch: impl Iterator<Item = (K, V)>, fold: F) {
        batch.for_each(|(key, value)| self.push(hash_of(&key), key, value, &fold));
        self.remember(fold);
    }

    #[inline(always)]
    pub(super) fn push(&mut self, hash: u64, key: K, value: V, fold: &F) {
        if self.is_small || self.hot == Some(hash) {
            let shard = &mut self.table.shards[shard_of(hash)];
            return shard.fold(hash, key, value, |value| fold.create(value), |c, v| fold.merge_value(c, v));
        }
        self.waiting.push(Entry { hash, key, value });
        if self.waiting.len() == TOGETHER {
            self.hot = self.waiting.last().map(|entry| entry.hash);
            self.table.fold_together(&mut self.waiting, |value| fold.create(value), |c, v| fold.merge_value(c, v));
        }
    }

    /// A value that is combined already. To be called before the first `push`.
    pub(super) fn add(&mut self, entry: Entry<K, C>, fold: &F) {
        let shard = &mut self.table.shards[shard_of(entry.hash)];
        shard.fold(entry.hash, entry.key, entry.value, |value| value, |left, right| fold.merge(left, right));
    }

    pub(super) fn take_fold(&mut self) -> Option<F> {
        self.fold.take()
    }

    /// To be called after the last `push`.
    #[inline(always)]
    pub(super) fn remember(&mut self, fold: F) {
        self.fold = Some(fold);
    }

    pub(super) fn finish(mut self) -> (ShardedTable<K, C>, Option<F>) {
        if let Some(fold) = &self.fold {
            self.table.fold_together(&mut self.waiting, |value| fold.create(value), |c, v| fold.merge_value(c, v));
        }
        (self.table, self.fold)
    }
}

impl<K: Send, V: Send, C: Send, F: Send> Part for Combined<K, V, C, F> {
    fn size(&self) -> usize {
        self.table.largest_shard()
    }
    fn reserve(&mut self, size: usize) {
        self.is_small = (1..SMALL).contains(&size);
        if !self.is_small {
            self.waiting.reserve_exact(TOGETHER);
        }
        self.table.reserve(size);
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
        Keyed { table: Combined::merge_parts(parts, workers).0 }
    }
}

impl<K: Key, V, C: Send, F: Fold<V, C> + Sync> Combined<K, V, C, F> {
    /// The table of all workers, and the function that they have folded by.
    pub(super) fn merge_parts(parts: Vec<Self>, workers: &Workers) -> (ShardedTable<K, C>, Option<F>) {
        let (tables, folds): (Vec<_>, Vec<_>) = parts.into_iter().map(Combined::finish).unzip();
        match folds.into_iter().flatten().next() {
            Some(fold) => (merge_tables(tables, |left, right| fold.merge(left, right), workers), Some(fold)),
            None => (ShardedTable::default(), None),
        }
    }
}

/// Merges the workers' tables shard by shard, in the order of the workers: a key keeps the place of its first record.
fn merge_tables<K: Key, C: Send>(
    mut tables: Vec<ShardedTable<K, C>>,
    merge: impl Fn(C, C) -> C + Sync,
    workers: &Workers,
) -> ShardedTable<K, C> {
    if tables.len() <= 1 {
        return tables.pop().unwrap_or_default();
    }
    let records = tables.iter().map(ShardedTable::len).sum();
    let mut columns: Vec<Vec<Table<K, C>>> = (0..SHARDS).map(|_| Vec::with_capacity(tables.len())).collect();
    for table in tables {
        columns.iter_mut().zip(table.shards).for_each(|(column, shard)| column.push(shard));
    }
    let shards = workers.map(columns, records, |column| {
        let mut column = column.into_iter();
        let mut merged = column.next().unwrap_or_default();
        for entry in column.flat_map(Table::into_entries) {
            merged.fold(entry.hash, entry.key, entry.value, |value| value, &merge);
        }
        merged
    });
    ShardedTable { shards }
}

/// See [`DStream::combine_by_key`](crate::DStream::combine_by_key).
#[inline]
pub fn combine_by_key<I, T, K, V, C, F, G, H>(
    batch: I,
    part: &mut Combined<K, V, C, Combiner<F, G, H>>,
    create: F,
    merge_value: G,
    merge_combiners: H,
) where
    I: Iterator<Item = T>,
    T: Pair<Key = K, Value = V>,
    K: Key,
    C: Keep,
    F: Fn(V) -> C,
    G: Fn(C, V) -> C,
    H: Fn(C, C) -> C,
{
    part.fold_all(batch.map(Pair::into_pair), Combiner { create, merge_value, merge: merge_combiners });
}

/// See [`DStream::reduce_by_key`](crate::DStream::reduce_by_key).
#[inline]
pub fn reduce_by_key<I, T, K, V, F>(batch: I, part: &mut Combined<K, V, V, Reducer<F>>, f: F)
where
    I: Iterator<Item = T>,
    T: Pair<Key = K, Value = V>,
    K: Key,
    V: Keep,
    F: Fn(V, V) -> V,
{
    part.fold_all(batch.map(Pair::into_pair), Reducer(f));
}

/// A fold that begins with a copy of the same value for each key.
pub struct Aggregator<C, G, H> {
    zero: C,
    fold: G,
    merge: H,
}

impl<V, C: Clone, G: Fn(C, V) -> C, H: Fn(C, C) -> C> Fold<V, C> for Aggregator<C, G, H> {
    #[inline(always)]
    fn create(&self, value: V) -> C {
        (self.fold)(self.zero.clone(), value)
    }
    #[inline(always)]
    fn merge_value(&self, combined: C, value: V) -> C {
        (self.fold)(combined, value)
    }
    #[inline(always)]
    fn merge(&self, left: C, right: C) -> C {
        (self.merge)(left, right)
    }
}

/// See [`DStream::aggregate_by_key`](crate::DStream::aggregate_by_key).
#[inline]
pub fn aggregate_by_key<I, T, K, V, C, G, H>(
    batch: I,
    part: &mut Combined<K, V, C, Aggregator<C, G, H>>,
    zero: C,
    fold: G,
    merge: H,
) where
    I: Iterator<Item = T>,
    T: Pair<Key = K, Value = V>,
    K: Key,
    C: Keep + Clone,
    G: Fn(C, V) -> C,
    H: Fn(C, C) -> C,
{
    part.fold_all(batch.map(Pair::into_pair), Aggregator { zero, fold, merge });
}

/// A fold to the list of values.
pub struct Grouper;

impl<V> Fold<V, Vec<V>> for Grouper {
    #[inline(always)]
    fn create(&self, value: V) -> Vec<V> {
        vec![value]
    }
    #[inline(always)]
    fn merge_value(&self, mut values: Vec<V>, value: V) -> Vec<V> {
        values.push(value);
        values
    }
    fn merge(&self, mut left: Vec<V>, right: Vec<V>) -> Vec<V> {
        left.extend(right);
        left
    }
}

/// See [`DStream::group_by_key`](crate::DStream::group_by_key).
#[inline]
pub fn group_by_key<I, T, K, V>(batch: I, part: &mut Combined<K, V, Vec<V>, Grouper>)
where
    I: Iterator<Item = T>,
    T: Pair<Key = K, Value = V>,
    K: Key,
    V: Keep + Clone,
{
    part.fold_all(batch.map(Pair::into_pair), Grouper);
}

/// A fold to the number of values.
pub struct Counter;

impl Fold<(), u64> for Counter {
    #[inline(always)]
    fn create(&self, (): ()) -> u64 {
        1
    }
    #[inline(always)]
    fn merge_value(&self, count: u64, (): ()) -> u64 {
        count + 1
    }
    #[inline(always)]
    fn merge(&self, left: u64, right: u64) -> u64 {
        left + right
    }
}

/// See [`DStream::count_by_value`](crate::DStream::count_by_value).
#[inline]
pub fn count_by_value<I: Iterator<Item = T>, T: Key>(batch: I, part: &mut Combined<T, (), u64, Counter>) {
    part.fold_all(batch.map(|record| (record, ())), Counter);
}

/// A worker's part of `distinct`.
pub struct Distinct<K> {
    table: ShardedTable<K, ()>,
}

impl<K> Default for Distinct<K> {
    fn default() -> Self {
        Distinct { table: ShardedTable::default() }
    }
}

impl<K: Send> Part for Distinct<K> {
    fn size(&self) -> usize {
        self.table.largest_shard()
    }
    fn reserve(&mut self, size: usize) {
        self.table.reserve(size);
    }
}

impl<K: Key> Gather for Distinct<K> {
    type Output = Keys<K>;

    fn gather(parts: Vec<Self>, workers: &Workers) -> Keys<K> {
        Keys { table: merge_tables(parts.into_iter().map(|part| part.table).collect(), |(), ()| (), workers) }
    }
}

/// See [`DStream::distinct`](crate::DStream::distinct).
#[inline]
pub fn distinct<I: Iterator<Item = T>, T: Key>(batch: I, part: &mut Distinct<T>) {
    batch.for_each(|record| part.table.fold(record, (), |()| (), |(), ()| ()));
}
