//! Ends of a stage in which records meet: by key, or all of a batch.
//!
//! Each function is called once for each run of records that a worker handles, with the worker's own part. The user's closure
//! for merging is remembered in the part, because that is where its type is known; it is emitted once.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::dataset::{Keyed, Keys, Rows};
use crate::record::{Keep, Key, Pair};
use crate::stage::{Gather, Part, Workers};
use crate::table::{Entry, RESERVED_FROM, SHARDS, ShardedTable, TOGETHER, Table, hash_of, shard_of};

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

/// With fewer keys in each shard a table is small.
const SMALL_SHARD: usize = 256;

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
        self.is_small = (1..SMALL_SHARD).contains(&size);
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

/// A worker's part of `count`.
#[derive(Default)]
pub struct Counted(u64);

impl Part for Counted {}

impl Gather for Counted {
    type Output = Rows<u64>;

    fn gather(parts: Vec<Self>, _: &Workers) -> Rows<u64> {
        Rows::one_partition(vec![parts.into_iter().map(|part| part.0).sum()])
    }
}

/// See [`DStream::count`](crate::DStream::count).
#[inline]
pub fn count<I: Iterator>(batch: I, part: &mut Counted) {
    part.0 += batch.count() as u64;
}

/// A worker's part of `reduce`.
pub struct Reduced<T, F> {
    value: Option<T>,
    f: Option<F>,
}

impl<T, F> Default for Reduced<T, F> {
    fn default() -> Self {
        Reduced { value: None, f: None }
    }
}

impl<T: Send, F: Send> Part for Reduced<T, F> {}

impl<T: Keep + Send + Sync, F: Fn(T, T) -> T> Gather for Reduced<T, F> {
    type Output = Rows<T>;

    fn gather(parts: Vec<Self>, _: &Workers) -> Rows<T> {
        let (values, functions): (Vec<_>, Vec<_>) = parts.into_iter().map(|part| (part.value, part.f)).unzip();
        let f = functions.into_iter().flatten().next();
        let values = values.into_iter().flatten();
        Rows::one_partition(f.and_then(|f| values.reduce(f)).into_iter().collect())
    }
}

/// See [`DStream::reduce`](crate::DStream::reduce).
#[inline]
pub fn reduce<I, T, F>(batch: I, part: &mut Reduced<T, F>, f: F)
where
    I: Iterator<Item = T>,
    T: Keep,
    F: Fn(T, T) -> T,
{
    let mut value = part.value.take();
    // A record at a time, because a shared stream hands over one record a call.
    batch.for_each(|record| {
        value = Some(match value.take() {
            Some(before) => f(before, record),
            None => record,
        });
    });
    part.value = value;
    part.f = Some(f);
}

/// A worker's part of `top`: a heap of the `n` greatest records so far.
pub struct Top<T> {
    n: usize,
    heap: BinaryHeap<Reverse<T>>,
}

impl<T: Ord> Default for Top<T> {
    fn default() -> Self {
        Top { n: 0, heap: BinaryHeap::new() }
    }
}

impl<T: Ord> Top<T> {
    #[inline]
    fn push(&mut self, record: T) {
        if self.heap.len() < self.n {
            self.heap.push(Reverse(record));
        } else if let Some(mut least) = self.heap.peek_mut()
            && record > least.0
        {
            *least = Reverse(record);
        }
    }
}

impl<T: Ord + Send> Part for Top<T> {}

impl<T: Ord + Keep + Send + Sync> Gather for Top<T> {
    type Output = Rows<T>;

    fn gather(parts: Vec<Self>, _: &Workers) -> Rows<T> {
        let n = parts.iter().map(|part| part.n).max().unwrap_or(0);
        let mut rows: Vec<T> = parts.into_iter().flat_map(|part| part.heap).map(|record| record.0).collect();
        rows.sort_unstable_by(|a, b| b.cmp(a));
        rows.truncate(n);
        Rows::one_partition(rows)
    }
}

/// See [`DStream::top`](crate::DStream::top).
#[inline]
pub fn top<I: Iterator<Item = T>, T: Ord + Keep>(batch: I, part: &mut Top<T>, n: usize) {
    part.n = n;
    batch.for_each(|record| part.push(record));
}

/// A worker's part of a batch that an operator takes as a whole, in the order of its records.
pub struct Collected<T>(Vec<T>);

impl<T> Default for Collected<T> {
    fn default() -> Self {
        Collected(Vec::new())
    }
}

impl<T: Send> Part for Collected<T> {
    fn size(&self) -> usize {
        self.0.len()
    }
    fn reserve(&mut self, size: usize) {
        self.0.reserve(size);
    }
}

impl<T: Send> Gather for Collected<T> {
    type Output = Vec<T>;

    fn gather(parts: Vec<Self>, _: &Workers) -> Vec<T> {
        let mut parts = parts.into_iter();
        let mut all = parts.next().map(|part| part.0).unwrap_or_default();
        parts.for_each(|part| all.extend(part.0));
        all
    }
}

/// Collects the records of a stream, for operators that take a whole batch.
#[inline]
pub fn collect<I: Iterator<Item = T>, T>(batch: I, part: &mut Collected<T>) {
    part.0.extend(batch);
}

/// A worker's part of a stream that two stages share: its records, still in their partitions.
pub struct Kept<T> {
    rows: Vec<T>,
    /// Where the pieces of partitions begin: the partition, and its first row.
    pieces: Vec<(usize, usize)>,
    partitions: usize,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Kept { rows: Vec::new(), pieces: Vec::new(), partitions: 0 }
    }
}

impl<T: Send> Part for Kept<T> {
    fn size(&self) -> usize {
        self.rows.len()
    }
    fn reserve(&mut self, size: usize) {
        self.rows.reserve(size);
    }
    fn begin(&mut self, partition: usize, partitions: usize) {
        self.pieces.push((partition, self.rows.len()));
        self.partitions = partitions;
    }
}

impl<T: Send> Gather for Kept<T> {
    type Output = Rows<T>;

    fn gather(parts: Vec<Self>, _: &Workers) -> Rows<T> {
        let mut lengths = vec![0; parts.iter().map(|part| part.partitions).max().unwrap_or(0)];
        for part in &parts {
            let ends = part.pieces.iter().skip(1).map(|piece| piece.1).chain([part.rows.len()]);
            part.pieces.iter().zip(ends).for_each(|((partition, start), end)| lengths[*partition] += end - start);
        }
        let mut parts = parts.into_iter();
        let mut rows = parts.next().map(|part| part.rows).unwrap_or_default();
        parts.for_each(|part| rows.extend(part.rows));
        Rows::with_lengths(rows, lengths)
    }
}

/// Keeps the records of a stream that two stages share.
#[inline]
pub fn keep<I: Iterator<Item = T>, T>(batch: I, part: &mut Kept<T>) {
    part.rows.extend(batch);
}

/// A worker's part of one side of a join: its pairs, split by the hash of their keys.
pub struct Exchanged<K, V> {
    shards: Vec<Vec<Entry<K, V>>>,
}

impl<K, V> Default for Exchanged<K, V> {
    fn default() -> Self {
        Exchanged { shards: (0..SHARDS).map(|_| Vec::new()).collect() }
    }
}

impl<K: Send, V: Send> Part for Exchanged<K, V> {
    fn size(&self) -> usize {
        self.shards.iter().map(Vec::len).max().unwrap_or(0)
    }
    fn reserve(&mut self, size: usize) {
        if size >= RESERVED_FROM {
            self.shards.iter_mut().for_each(|shard| shard.reserve(size));
        }
    }
}

/// One side of a join: for each shard the runs of pairs that the workers left, in the order of the workers.
pub struct Side<K, V> {
    pub(crate) shards: Vec<Vec<Vec<Entry<K, V>>>>,
}

impl<K: Send, V: Send> Gather for Exchanged<K, V> {
    type Output = Side<K, V>;

    fn gather(parts: Vec<Self>, _: &Workers) -> Side<K, V> {
        let mut shards: Vec<Vec<_>> = (0..SHARDS).map(|_| Vec::with_capacity(parts.len())).collect();
        for part in parts {
            shards.iter_mut().zip(part.shards).for_each(|(runs, run)| runs.push(run));
        }
        Side { shards }
    }
}

/// Sends the pairs of one side of a join to the shards of their keys.
#[inline]
pub fn exchange<I, T, K, V>(batch: I, part: &mut Exchanged<K, V>)
where
    I: Iterator<Item = T>,
    T: Pair<Key = K, Value = V>,
    K: Key,
    V: Keep,
{
    batch.for_each(|record| {
        let (key, value) = record.into_pair();
        let hash = hash_of(&key);
        part.shards[shard_of(hash)].push(Entry { hash, key, value });
    });
}
