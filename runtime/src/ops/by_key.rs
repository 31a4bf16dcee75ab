//! Ends of a stage in which the records of a key meet.
//!
//! Each function is called once for each run of records that a worker handles, with the worker's own part. The user's closure
//! for merging is remembered in the part, because that is where its type is known; it is emitted once.

use crate::dataset::Keys;
use crate::ops::combined::Combined;
use crate::record::{Keep, Key, Pair};
use crate::stage::{Gather, Part, Workers};

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

/// A fold of records that are keys and nothing else.
struct Presence;

impl Fold<(), ()> for Presence {
    #[inline(always)]
    fn create(&self, (): ()) {}
    #[inline(always)]
    fn merge_value(&self, (): (), (): ()) {}
    fn merge(&self, (): (), (): ()) {}
}

/// A worker's part of `distinct`.
pub struct Distinct<K> {
    combined: Combined<K, (), (), Presence>,
}

impl<K> Default for Distinct<K> {
    fn default() -> Self {
        Distinct { combined: Combined::default() }
    }
}

impl<K: Send> Part for Distinct<K> {
    fn size(&self) -> usize {
        self.combined.size()
    }
    fn reserve(&mut self, size: usize) {
        self.combined.reserve(size);
    }
}

impl<K: Key> Gather for Distinct<K> {
    type Output = Keys<K>;

    fn gather(parts: Vec<Self>, workers: &Workers) -> Keys<K> {
        Keys(Combined::merge_parts(parts.into_iter().map(|part| part.combined).collect(), workers).0.into())
    }
}

/// See [`DStream::distinct`](crate::DStream::distinct).
#[inline]
pub fn distinct<I: Iterator<Item = T>, T: Key>(batch: I, part: &mut Distinct<T>) {
    part.combined.fold_all(batch.map(|record| (record, ())), Presence);
}
