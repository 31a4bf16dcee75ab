//! Operators on a record at a time. They are iterator adaptors, so that a chain of them is one fused loop.
//!
//! The record is a type parameter of its own, `T`. So a bound on records that does not hold is shown at the operator, and one
//! on the batch at the operator that made it: there rustc has reported the mistake already, and does not do it again.

use crate::record::Pair;

/// See [`DStream::map`](crate::DStream::map).
#[inline]
pub fn map<I: Iterator<Item = T>, T, U>(batch: I, f: impl FnMut(T) -> U) -> impl Iterator<Item = U> {
    batch.map(f)
}

/// See [`DStream::flat_map`](crate::DStream::flat_map).
#[inline]
pub fn flat_map<I, T, U>(batch: I, f: impl FnMut(T) -> U) -> impl Iterator<Item = U::Item>
where
    I: Iterator<Item = T>,
    U: IntoIterator,
{
    FlatMap { batch, f, current: None }
}

/// As the standard library's, but with one loop over the records of a record instead of three: what is called in one place
/// alone is inlined.
struct FlatMap<I, F, U: IntoIterator> {
    batch: I,
    f: F,
    /// What is left of a record, if somebody has taken records singly.
    current: Option<U::IntoIter>,
}

impl<I: Iterator, F: FnMut(I::Item) -> U, U: IntoIterator> Iterator for FlatMap<I, F, U> {
    type Item = U::Item;

    #[inline]
    fn next(&mut self) -> Option<U::Item> {
        loop {
            if let Some(record) = self.current.as_mut().and_then(Iterator::next) {
                return Some(record);
            }
            self.current = Some((self.f)(self.batch.next()?).into_iter());
        }
    }

    #[inline]
    fn fold<B, G: FnMut(B, U::Item) -> B>(self, init: B, mut g: G) -> B {
        let FlatMap { batch, mut f, current } = self;
        let done = match current {
            Some(current) => fold_rest(current, init, &mut g),
            None => init,
        };
        batch.fold(done, |done, record| f(record).into_iter().fold(done, &mut g))
    }
}

#[cold]
#[inline(never)]
fn fold_rest<I: Iterator, B>(rest: I, init: B, g: &mut dyn FnMut(B, I::Item) -> B) -> B {
    rest.fold(init, g)
}

/// See [`DStream::filter`](crate::DStream::filter).
#[inline]
pub fn filter<I: Iterator<Item = T>, T>(batch: I, f: impl FnMut(&T) -> bool) -> impl Iterator<Item = T> {
    batch.filter(f)
}

/// See [`DStream::filter_map`](crate::DStream::filter_map).
#[inline]
pub fn filter_map<I: Iterator<Item = T>, T, U>(batch: I, f: impl FnMut(T) -> Option<U>) -> impl Iterator<Item = U> {
    batch.filter_map(f)
}

/// See [`DStream::inspect`](crate::DStream::inspect).
#[inline]
pub fn inspect<I: Iterator<Item = T>, T>(batch: I, f: impl FnMut(&T)) -> impl Iterator<Item = T> {
    batch.inspect(f)
}

/// See [`DStream::key_by`](crate::DStream::key_by).
#[inline]
pub fn key_by<I: Iterator<Item = T>, T, K>(batch: I, mut f: impl FnMut(&T) -> K) -> impl Iterator<Item = (K, T)> {
    batch.map(move |record| (f(&record), record))
}

/// See [`DStream::map_values`](crate::DStream::map_values).
#[inline]
pub fn map_values<I, T, U>(batch: I, mut f: impl FnMut(T::Value) -> U) -> impl Iterator<Item = (T::Key, U)>
where
    I: Iterator<Item = T>,
    T: Pair,
{
    batch.map(move |record| {
        let (key, value) = record.into_pair();
        (key, f(value))
    })
}

/// See [`DStream::flat_map_values`](crate::DStream::flat_map_values).
#[inline]
pub fn flat_map_values<I, T, U>(batch: I, mut f: impl FnMut(T::Value) -> U) -> impl Iterator<Item = (T::Key, U::Item)>
where
    I: Iterator<Item = T>,
    T: Pair<Key: Clone>,
    U: IntoIterator,
{
    flat_map(batch, move |record| {
        let (key, value) = record.into_pair();
        f(value).into_iter().map(move |value| (key.clone(), value))
    })
}

/// See [`DStream::map_partitions`](crate::DStream::map_partitions).
#[inline]
pub fn map_partitions<I: Iterator, U: IntoIterator>(batch: I, f: impl FnOnce(I) -> U) -> impl Iterator<Item = U::Item> {
    f(batch).into_iter()
}

/// See [`DStream::glom`](crate::DStream::glom).
#[inline]
pub fn glom<I: Iterator<Item = T>, T>(batch: I) -> impl Iterator<Item = Vec<T>> {
    std::iter::once(batch.collect())
}

/// The end of a fused chain whose stream is shared: `consumers` takes some records at a time and pushes them to each consumer, so
/// that each has a loop of its own. If there is no record, it is called once all the same, because each consumer gets the user's
/// functions with it.
#[inline]
pub fn for_each<I: Iterator<Item = T>, T>(batch: I, mut consumers: impl FnMut(&mut Vec<T>)) {
    let most = const { most_at_once(size_of::<T>()) };
    let (mut records, mut is_called) = (Vec::with_capacity(most), false);
    batch.for_each(|record| {
        records.push(record);
        if records.len() == most {
            consumers(&mut records);
            is_called = true;
        }
    });
    if !is_called || !records.is_empty() {
        consumers(&mut records);
    }
}

/// How many records of a shared stream are under way at once: few enough for the nearest cache.
const fn most_at_once(bytes: usize) -> usize {
    const NEAR: usize = 4096;
    if bytes == 0 || bytes > NEAR / 8 { 8 } else { NEAR / bytes }
}

/// The records as one of several consumers of a shared stream gets them.
#[inline]
pub fn share<T: Clone>(records: &[T]) -> impl Iterator<Item = T> {
    records.iter().cloned()
}

/// The records as the last consumer of a shared stream gets them.
#[inline]
pub fn hand_over<T>(records: &mut Vec<T>) -> impl Iterator<Item = T> {
    records.drain(..)
}
