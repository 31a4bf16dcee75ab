//! Ends of a stage in which records meet: by key, or all of a batch.
//!
//! Each function is called once for each run of records that a worker handles, with the worker's own part. The user's closure
//! for merging is remembered in the part, because that is where its type is known; it is emitted once.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::dataset::{Keyed, Keys, Rows};
use crate::record::{Keep, Key, Pair};
use crate::stage::{Gather, Workers};
use crate::table::{SHARDS, ShardedTable, Table, hash_of, shard_of};

type KeyOf<I> = <<I as Iterator>::Item as Pair>::Key;
type ValueOf<I> = <<I as Iterator>::Item as Pair>::Value;

/// A worker's part of a fold by key.
pub struct Combined<K, C, M> {
    table: ShardedTable<K, C>,
    merge: Option<M>,
}

impl<K, C, M> Default for Combined<K, C, M> {
    fn default() -> Self {
        Combined { table: ShardedTable::default(), merge: None }
    }
}

impl<K, C, M> Gather for Combined<K, C, M>
where
    K: Key,
    C: Send,
    M: Fn(C, C) -> C + Sync,
{
    type Output = Keyed<K, C>;

    fn gather(parts: Vec<Self>, workers: &Workers) -> Keyed<K, C> {
        Keyed { table: merge_tables(parts.into_iter().map(|part| (part.table, part.merge)).collect(), workers) }
    }
}

/// Merges the workers' tables shard by shard, in the order of the workers: a key keeps the place of its first record.
fn merge_tables<K: Key, C: Send, M: Fn(C, C) -> C + Sync>(
    parts: Vec<(ShardedTable<K, C>, Option<M>)>,
    workers: &Workers,
) -> ShardedTable<K, C> {
    let (mut tables, merges): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
    let (1.., Some(merge)) = (tables.len().saturating_sub(1), merges.into_iter().flatten().next()) else {
        return tables.pop().unwrap_or_default();
    };
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
pub fn combine_by_key<I, C, M>(
    batch: I,
    part: &mut Combined<KeyOf<I>, C, M>,
    create: impl Fn(ValueOf<I>) -> C,
    merge_value: impl Fn(C, ValueOf<I>) -> C,
    merge_combiners: M,
) where
    I: Iterator<Item: Pair<Key: Key>>,
    C: Keep,
    M: Fn(C, C) -> C,
{
    let table = &mut part.table;
    batch.for_each(|record| {
        let (key, value) = record.into_pair();
        table.fold(key, value, &create, &merge_value);
    });
    part.merge = Some(merge_combiners);
}

/// See [`DStream::reduce_by_key`](crate::DStream::reduce_by_key).
#[inline]
pub fn reduce_by_key<I, F>(batch: I, part: &mut Combined<KeyOf<I>, ValueOf<I>, F>, f: F)
where
    I: Iterator<Item: Pair<Key: Key, Value: Keep>>,
    F: Fn(ValueOf<I>, ValueOf<I>) -> ValueOf<I>,
{
    let table = &mut part.table;
    batch.for_each(|record| {
        let (key, value) = record.into_pair();
        table.fold(key, value, |value| value, &f);
    });
    part.merge = Some(f);
}

/// See [`DStream::aggregate_by_key`](crate::DStream::aggregate_by_key).
#[inline]
pub fn aggregate_by_key<I, C, M>(
    batch: I,
    part: &mut Combined<KeyOf<I>, C, M>,
    zero: C,
    fold: impl Fn(C, ValueOf<I>) -> C,
    merge: M,
) where
    I: Iterator<Item: Pair<Key: Key>>,
    C: Keep + Clone,
    M: Fn(C, C) -> C,
{
    combine_by_key(batch, part, |value| fold(zero.clone(), value), &fold, merge);
}

/// How two lists of values of one key are joined.
pub type Concatenate<V> = fn(Vec<V>, Vec<V>) -> Vec<V>;

/// See [`DStream::group_by_key`](crate::DStream::group_by_key).
#[inline]
pub fn group_by_key<I>(batch: I, part: &mut Combined<KeyOf<I>, Vec<ValueOf<I>>, Concatenate<ValueOf<I>>>)
where
    I: Iterator<Item: Pair<Key: Key, Value: Keep + Clone>>,
{
    let append = |mut values: Vec<_>, value| {
        values.push(value);
        values
    };
    let concatenate: Concatenate<ValueOf<I>> = |mut left, right| {
        left.extend(right);
        left
    };
    combine_by_key(batch, part, |value| vec![value], append, concatenate);
}

/// See [`DStream::count_by_value`](crate::DStream::count_by_value).
#[inline]
pub fn count_by_value<I>(batch: I, part: &mut Combined<I::Item, u64, fn(u64, u64) -> u64>)
where
    I: Iterator<Item: Key>,
{
    reduce_by_key(batch.map(|record| (record, 1)), part, |a, b| a + b);
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

impl<K: Key> Gather for Distinct<K> {
    type Output = Keys<K>;

    fn gather(parts: Vec<Self>, workers: &Workers) -> Keys<K> {
        let keep_first = |(), ()| ();
        Keys { table: merge_tables(parts.into_iter().map(|part| (part.table, Some(keep_first))).collect(), workers) }
    }
}

/// See [`DStream::distinct`](crate::DStream::distinct).
#[inline]
pub fn distinct<I: Iterator<Item: Key>>(batch: I, part: &mut Distinct<I::Item>) {
    batch.for_each(|record| part.table.fold(record, (), |()| (), |(), ()| ()));
}

/// A worker's part of `count`.
#[derive(Default)]
pub struct Counted(u64);

impl Gather for Counted {
    type Output = Rows<u64>;

    fn gather(parts: Vec<Self>, _: &Workers) -> Rows<u64> {
        Rows::one_partition(vec![parts.into_iter().map(|part| part.0).sum()])
    }
}

/// See [`DStream::count`](crate::DStream::count).
#[inline]
pub fn count<I: Iterator>(batch: I, part: &mut Counted) {
    batch.for_each(|_| part.0 += 1);
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
pub fn reduce<I, F>(batch: I, part: &mut Reduced<I::Item, F>, f: F)
where
    I: Iterator<Item: Keep>,
    F: Fn(I::Item, I::Item) -> I::Item,
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
pub fn top<I: Iterator<Item: Ord + Keep>>(batch: I, part: &mut Top<I::Item>, n: usize) {
    part.n = n;
    batch.for_each(|record| part.push(record));
}

/// A worker's part of a stream that is kept in memory as it is, in the order of its records.
pub struct Collected<T>(Vec<T>);

impl<T> Default for Collected<T> {
    fn default() -> Self {
        Collected(Vec::new())
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

/// Keeps the records of a stream: for operators that take a whole batch, and for streams that two stages share.
#[inline]
pub fn collect<I: Iterator>(batch: I, part: &mut Collected<I::Item>) {
    part.0.extend(batch);
}

/// A worker's part of one side of a join: its pairs, split by the hash of their keys.
pub struct Exchanged<K, V> {
    shards: Vec<Vec<(u64, K, V)>>,
}

impl<K, V> Default for Exchanged<K, V> {
    fn default() -> Self {
        Exchanged { shards: (0..SHARDS).map(|_| Vec::new()).collect() }
    }
}

/// One side of a join: for each shard the runs of pairs that the workers left, in the order of the workers.
pub struct Side<K, V> {
    pub(crate) shards: Vec<Vec<Vec<(u64, K, V)>>>,
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
pub fn exchange<I>(batch: I, part: &mut Exchanged<KeyOf<I>, ValueOf<I>>)
where
    I: Iterator<Item: Pair<Key: Key, Value: Keep>>,
{
    batch.for_each(|record| {
        let (key, value) = record.into_pair();
        let hash = hash_of(&key);
        part.shards[shard_of(hash)].push((hash, key, value));
    });
}
