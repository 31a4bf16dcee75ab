//! Windows in which records meet: by key, by value, or all of them. What met in a batch enters a window of the last ones.
//!
//! Each operator has its function for the end of a stage here, and in [`windows`](super::windows) what it keeps.

use std::hash::Hash;
use std::marker::PhantomData;

use crate::aggregate::{Aggregate, Lifted};
use crate::engine::Engine;
use crate::error::Result;
use crate::ops::by_key::{Counter, Fold, Reducer};
use crate::ops::entering::Entering;
use crate::ops::exchange::{Exchanged, exchange};
use crate::ops::window::Slides;
use crate::record::{Keep, Pair, Record, StateKey};
use crate::saved::{Captured, DescribeValue, Description, Saved, SavedKind};
use crate::stage::{Part, Workers};
use crate::state::StateRecord;
use crate::time::Time;
use crate::transaction::{StateSize, Transaction};
use crate::window::{Algorithm, Arrivals, Concat, KeyedWindow, Merge, Unmerge};

impl<V, F: Fn(V, V) -> V> Merge<V> for Reducer<F> {
    #[inline(always)]
    fn merge(&self, older: V, newer: V) -> V {
        Fold::merge(self, older, newer)
    }
}

impl Merge<u64> for Counter {
    #[inline(always)]
    fn merge(&self, older: u64, newer: u64) -> u64 {
        older + newer
    }
}

impl Unmerge<u64> for Counter {
    #[inline(always)]
    fn unmerge(&self, total: u64, left: u64) -> u64 {
        total - left
    }
}

/// Stands for the user's functions where a window needs none.
pub struct NoFunctions;

/// A fold by one function, which another one takes back.
pub struct Reversible<F, G> {
    fold: Reducer<F>,
    inverse: G,
}

impl<V, F: Fn(V, V) -> V, G> Fold<V, V> for Reversible<F, G> {
    #[inline(always)]
    fn create(&self, value: V) -> V {
        value
    }
    #[inline(always)]
    fn merge_value(&self, combined: V, value: V) -> V {
        Fold::merge(&self.fold, combined, value)
    }
    #[inline(always)]
    fn merge(&self, left: V, right: V) -> V {
        Fold::merge(&self.fold, left, right)
    }
}

impl<V, F: Fn(V, V) -> V, G> Merge<V> for Reversible<F, G> {
    #[inline(always)]
    fn merge(&self, older: V, newer: V) -> V {
        Fold::merge(&self.fold, older, newer)
    }
}

impl<V, F: Fn(V, V) -> V, G: Fn(V, V) -> V> Unmerge<V> for Reversible<F, G> {
    #[inline(always)]
    fn unmerge(&self, total: V, left: V) -> V {
        (self.inverse)(total, left)
    }
}

impl<A: Aggregate> Fold<A::Input, A::Partial> for Lifted<A> {
    #[inline(always)]
    fn create(&self, value: A::Input) -> A::Partial {
        self.0.lift(value)
    }
    #[inline(always)]
    fn merge_value(&self, combined: A::Partial, value: A::Input) -> A::Partial {
        self.0.add(combined, value)
    }
    #[inline(always)]
    fn merge(&self, left: A::Partial, right: A::Partial) -> A::Partial {
        self.0.combine(left, right)
    }
}

/// See [`DStream::reduce_by_key_and_window`](crate::DStream::reduce_by_key_and_window).
#[inline]
pub fn reduce_by_key_and_window<I, T, K, V, F>(batch: I, part: &mut Entering<K, V, V, Reducer<F>>, f: F)
where
    I: Iterator<Item = T>,
    T: Pair<Key = K, Value = V>,
    K: StateKey,
    V: Record,
    F: Fn(V, V) -> V,
{
    part.fold_all(batch.map(Pair::into_pair), Reducer(f));
}

pub use reduce_by_key_and_window as reduce_by_key_and_window_with_filter;

/// See [`DStream::reduce_by_key_and_window_with_inverse`](crate::DStream::reduce_by_key_and_window_with_inverse).
#[inline]
pub fn reduce_by_key_and_window_with_inverse<I, T, K, V, F, G>(
    batch: I,
    part: &mut Entering<K, V, V, Reversible<F, G>>,
    f: F,
    inverse: G,
) where
    I: Iterator<Item = T>,
    T: Pair<Key = K, Value = V>,
    K: StateKey,
    V: Record,
    F: Fn(V, V) -> V,
    G: Fn(V, V) -> V,
{
    part.fold_all(batch.map(Pair::into_pair), Reversible { fold: Reducer(f), inverse });
}

pub use reduce_by_key_and_window_with_inverse as reduce_by_key_and_window_with_inverse_and_filter;

/// See [`DStream::group_by_key_and_window`](crate::DStream::group_by_key_and_window).
#[inline]
pub fn group_by_key_and_window<I, T, K, V>(batch: I, part: &mut Exchanged<K, V::Owned>)
where
    I: Iterator<Item = T>,
    T: Pair<Key = K, Value = V>,
    K: StateKey,
    V: Keep,
{
    let owned = |record: T| {
        let (key, value) = record.into_pair();
        (key, value.keep())
    };
    exchange(batch.map(owned), part);
}

/// See [`DStream::count_by_value_and_window`](crate::DStream::count_by_value_and_window).
#[inline]
pub fn count_by_value_and_window<I: Iterator<Item = T>, T: StateKey>(
    batch: I,
    part: &mut Entering<T, (), u64, Counter>,
) {
    part.fold_all(batch.map(|record| (record, ())), Counter);
}

/// See [`DStream::aggregate_by_key_and_window`](crate::DStream::aggregate_by_key_and_window).
#[inline]
pub fn aggregate_by_key_and_window<I, T, K, A>(
    batch: I,
    part: &mut Entering<K, A::Input, A::Partial, Lifted<A>>,
    aggregate: A,
) where
    I: Iterator<Item = T>,
    T: Pair<Key = K, Value = A::Input>,
    K: StateKey,
    A: Aggregate,
{
    part.fold_all(batch.map(Pair::into_pair), Lifted(aggregate));
}

/// A worker's part of a fold of all records.
pub struct Folded<V, C, F> {
    pub(super) value: Option<C>,
    pub(super) fold: Option<F>,
    records: PhantomData<fn(V)>,
}

impl<V, C, F> Default for Folded<V, C, F> {
    fn default() -> Self {
        Folded { value: None, fold: None, records: PhantomData }
    }
}

impl<V, C: Send, F: Send> Part for Folded<V, C, F> {
    fn clear(&mut self) {
        self.value = None;
    }
}

impl<V, C, F: Fold<V, C>> Folded<V, C, F> {
    #[inline(always)]
    fn fold_all(&mut self, batch: impl Iterator<Item = V>, fold: F) {
        let mut value = self.value.take();
        batch.for_each(|record| {
            value = Some(match value.take() {
                Some(before) => fold.merge_value(before, record),
                None => fold.create(record),
            });
        });
        self.value = value;
        self.fold = Some(fold);
    }
}

/// See [`DStream::reduce_by_window`](crate::DStream::reduce_by_window).
#[inline]
pub fn reduce_by_window<I, T, F>(batch: I, part: &mut Folded<T, T, Reducer<F>>, f: F)
where
    I: Iterator<Item = T>,
    T: Record,
    F: Fn(T, T) -> T,
{
    part.fold_all(batch, Reducer(f));
}

/// See [`DStream::reduce_by_window_with_inverse`](crate::DStream::reduce_by_window_with_inverse).
#[inline]
pub fn reduce_by_window_with_inverse<I, T, F, G>(batch: I, part: &mut Folded<T, T, Reversible<F, G>>, f: F, inverse: G)
where
    I: Iterator<Item = T>,
    T: Record,
    F: Fn(T, T) -> T,
    G: Fn(T, T) -> T,
{
    part.fold_all(batch, Reversible { fold: Reducer(f), inverse });
}

/// See [`DStream::aggregate_by_window`](crate::DStream::aggregate_by_window).
#[inline]
pub fn aggregate_by_window<I, A>(batch: I, part: &mut Folded<A::Input, A::Partial, Lifted<A>>, aggregate: A)
where
    I: Iterator<Item = A::Input>,
    A: Aggregate,
{
    part.fold_all(batch, Lifted(aggregate));
}

/// A worker's part of `count_by_window`.
#[derive(Default)]
pub struct CountedForWindow(pub(super) u64);

impl Part for CountedForWindow {}

/// See [`DStream::count_by_window`](crate::DStream::count_by_window).
#[inline]
pub fn count_by_window<I: Iterator>(batch: I, part: &mut CountedForWindow) {
    part.0 += batch.count() as u64;
}

impl<K, Q, V, C, F, A> Slides<Entering<Q, V, C, F>> for KeyedWindow<K, C, F, A>
where
    K: Record + Hash + Eq,
    Q: StateKey<Owned = K>,
    V: Send,
    C: Record,
    F: Fold<V, C> + Merge<C> + Send + Sync,
    A: Algorithm<C, F, Arriving = C>,
{
    type Batch<'a>
        = &'a Self
    where
        Self: 'a;

    fn slide<'a>(&'a mut self, engine: &Engine, label: &str, parts: Vec<Entering<Q, V, C, F>>) -> Result<&'a Self> {
        take_in(self, engine, label, |workers| Entering::arrivals(parts, workers))
    }
}

impl<K, Q, V> Slides<Exchanged<Q, V>> for KeyedWindow<K, Vec<V>, NoFunctions, Concat>
where
    K: Record + Hash + Eq,
    Q: StateKey<Owned = K>,
    V: Record,
{
    type Batch<'a>
        = &'a Self
    where
        Self: 'a;

    fn slide<'a>(&'a mut self, engine: &Engine, label: &str, parts: Vec<Exchanged<Q, V>>) -> Result<&'a Self> {
        take_in(self, engine, label, |_| {
            let arrivals = parts.into_iter().map(Exchanged::into_shards).collect();
            (arrivals, Some(NoFunctions))
        })
    }
}

/// Moves a window on, where the stream is due, by what `arrivals` gives, and makes it ready to be read where a window ends.
fn take_in<'w, K, Q, C, F, A>(
    window: &'w mut KeyedWindow<K, C, F, A>,
    engine: &Engine,
    label: &str,
    arrivals: impl FnOnce(&Workers) -> (Arrivals<Q, A::Arriving>, Option<F>),
) -> Result<&'w KeyedWindow<K, C, F, A>>
where
    K: Record + Hash + Eq,
    Q: StateKey<Owned = K>,
    C: Record,
    F: Sync,
    A: Algorithm<C, F>,
{
    let workers = engine.workers();
    engine.caught(label, || {
        if engine.is_due() {
            let (batch, fold) = arrivals(workers);
            window.advance(workers, engine.time(), batch, fold);
        }
        if engine.is_time_of(window.shape().slide) {
            window.read(workers);
        }
    })?;
    Ok(window)
}

impl<K, C, F, A> Transaction for KeyedWindow<K, C, F, A>
where
    K: StateRecord,
    C: Record,
    F: Send + Sync,
    A: Algorithm<C, F>,
{
    fn commit(&mut self, _: Time, workers: &Workers) {
        KeyedWindow::commit(self, workers);
    }

    fn rollback(&mut self) {
        KeyedWindow::rollback(self);
    }

    fn size(&self) -> StateSize {
        StateSize { entries: self.keys() as u64, bytes: self.bytes() as u64, oldest: self.oldest() }
    }
    fn describe(&self, other: Option<DescribeValue>) -> Description {
        let pane = Some(self.shape().pane);
        Description { pane, ..Description::of::<K, C>(SavedKind::Panes, other) }
    }
    fn capture(&mut self, time: Time, everything: bool, workers: &Workers) -> Captured {
        KeyedWindow::capture(self, time, everything, workers)
    }
    fn restore(&mut self, saved: &Saved<'_>, workers: &Workers) -> Result<()> {
        KeyedWindow::restore(self, saved, workers)
    }
    fn wants_functions(&self) -> bool {
        KeyedWindow::wants_functions(self)
    }
}
