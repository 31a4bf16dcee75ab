//! Operators that take a whole batch at once.

use crate::dataset::Rows;
use crate::engine::Engine;
use crate::error::Result;
use crate::record::Pair;
use crate::time::Time;

/// See [`DStream::transform`](crate::DStream::transform).
pub fn transform<T, U: IntoIterator>(
    engine: &Engine,
    label: &str,
    rows: Vec<T>,
    f: impl FnOnce(Vec<T>, Time) -> U,
) -> Result<Rows<U::Item>> {
    if !engine.is_due() {
        return Ok(Rows::one_partition(Vec::new()));
    }
    let time = engine.time();
    engine.caught(label, || Rows::one_partition(f(rows, time).into_iter().collect()))
}

/// See [`DStream::transform_with`](crate::DStream::transform_with).
pub fn transform_with<T, W, U: IntoIterator>(
    engine: &Engine,
    label: &str,
    rows: Vec<T>,
    other: Vec<W>,
    f: impl FnOnce(Vec<T>, Vec<W>, Time) -> U,
) -> Result<Rows<U::Item>> {
    if !engine.is_due() {
        return Ok(Rows::one_partition(Vec::new()));
    }
    let time = engine.time();
    engine.caught(label, || Rows::one_partition(f(rows, other, time).into_iter().collect()))
}

/// See [`DStream::repartition`](crate::DStream::repartition).
pub fn repartition<T>(_: &Engine, label: &str, rows: Vec<T>, partitions: usize) -> Result<Rows<T>> {
    if partitions == 0 {
        return Err(crate::Error::config(
            format!("`{label}`: a stream cannot have 0 partitions"),
            "write `repartition(1)` or more",
        ));
    }
    Ok(Rows::cut(rows, partitions))
}

/// See [`DStream::sort_by`](crate::DStream::sort_by).
pub fn sort_by<T: Send, K: Ord>(
    engine: &Engine,
    label: &str,
    mut rows: Vec<T>,
    key: impl Fn(&T) -> K + Sync,
) -> Result<Rows<T>> {
    engine.caught(label, || {
        engine.workers().sort_by(&mut rows, |a, b| key(a).cmp(&key(b)));
        Rows::one_partition(rows)
    })
}

/// See [`DStream::sort_by_key`](crate::DStream::sort_by_key).
pub fn sort_by_key<T: Pair<Key: Ord> + Send>(engine: &Engine, label: &str, mut rows: Vec<T>) -> Result<Rows<T>> {
    engine.caught(label, || {
        engine.workers().sort_by(&mut rows, |a, b| a.key().cmp(b.key()));
        Rows::one_partition(rows)
    })
}
