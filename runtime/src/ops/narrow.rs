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
    batch.flat_map(f)
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
    batch.flat_map(move |record| {
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

/// The end of a fused chain whose stream is shared: `consumers` pushes each record to all of them. If there is none they are
/// handed nothing, once, so that each gets the user's functions all the same.
#[inline]
pub fn for_each<I: Iterator<Item = T>, T>(batch: I, mut consumers: impl FnMut(Option<T>)) {
    let any = batch.fold(false, |_, record| {
        consumers(Some(record));
        true
    });
    if !any {
        consumers(None);
    }
}

/// The record as one of several consumers of a shared stream gets it.
#[inline]
pub fn share<T: Clone>(record: &Option<T>) -> impl Iterator<Item = T> + use<T> {
    record.clone().into_iter()
}

/// The record as the last consumer of a shared stream gets it.
#[inline]
pub fn hand_over<T>(record: Option<T>) -> impl Iterator<Item = T> {
    record.into_iter()
}
