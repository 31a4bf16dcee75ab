//! Operators that take a whole batch at once.

use std::hash::Hash;

use crate::dataset::{Keyed, Rows};
use crate::engine::Engine;
use crate::error::Result;
use crate::ops::exchange::Side;
use crate::record::{Keep, Pair, Same};
use crate::table::{Entry, SHARDS, Table};
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

/// What `cogroup` leaves: for each key the values of both sides.
pub type Cogrouped<'d, K, V, W> =
    Keyed<<K as Keep>::View<'d>, (Vec<<V as Keep>::View<'d>>, Vec<<W as Keep>::View<'d>>)>;

/// See [`DStream::cogroup`](crate::DStream::cogroup).
pub fn cogroup<'d, K, L, V, W>(
    engine: &Engine,
    label: &str,
    left: &'d Side<K, V>,
    right: &'d Side<L, W>,
) -> Result<Cogrouped<'d, K, V, W>>
where
    K: Keep<View<'d>: Hash + Eq + Send> + Sync,
    L: Keep<View<'d>: Same<K::View<'d>>> + Sync,
    V: Keep<View<'d>: Send> + Sync,
    W: Keep<View<'d>: Send> + Sync,
{
    let records = |runs: &[Vec<_>]| runs.iter().map(Vec::len).sum::<usize>();
    let total = left.shards.iter().map(|runs| records(runs)).sum::<usize>()
        + right.shards.iter().map(|runs| runs.iter().map(Vec::len).sum::<usize>()).sum::<usize>();
    engine.caught(label, || {
        let shards = engine.workers().map((0..SHARDS).collect(), total, |shard| {
            let mut groups = Table::default();
            for Entry { hash, key, value } in left.shards[shard].iter().flatten() {
                let group: &mut (Vec<_>, Vec<_>) = groups.entry(*hash, key.view(), Default::default);
                group.0.push(value.view());
            }
            for Entry { hash, key, value } in right.shards[shard].iter().flatten() {
                let group: &mut (Vec<_>, Vec<_>) = groups.entry(*hash, key.view().same(), Default::default);
                group.1.push(value.view());
            }
            groups.into_entries()
        });
        Keyed { shards }
    })
}

macro_rules! joins {
    ($($name:ident: $left:ty, $right:ty; |$v:ident, $w:ident| $pairs:expr;)*) => {$(
        #[doc = concat!("See [`DStream::", stringify!($name), "`](crate::DStream::", stringify!($name), ").")]
        pub fn $name<'d, K, L, V, W>(
            engine: &Engine,
            label: &str,
            left: &'d Side<K, V>,
            right: &'d Side<L, W>,
        ) -> Result<Rows<(K::View<'d>, ($left, $right))>>
        where
            K: Keep<View<'d>: Hash + Eq + Send + Sync> + Sync,
            L: Keep<View<'d>: Same<K::View<'d>>> + Sync,
            V: Keep<View<'d>: Send + Sync> + Sync,
            W: Keep<View<'d>: Send + Sync> + Sync,
        {
            let groups = cogroup(engine, label, left, right)?;
            let records = groups.shards.iter().map(Vec::len).sum();
            let joined = engine.workers().map(groups.shards, records, |shard| {
                let mut rows = Vec::new();
                for entry in shard {
                    let (key, ($v, $w)) = (entry.key, entry.value);
                    rows.extend($pairs.map(|pair| (key, pair)));
                }
                rows
            });
            Ok(Rows::separate(joined))
        }
    )*};
}

joins! {
    join: V::View<'d>, W::View<'d>;
        |v, w| v.iter().flat_map(|v| w.iter().map(move |w| (*v, *w)));
    left_outer_join: V::View<'d>, Option<W::View<'d>>;
        |v, w| v.iter().flat_map(|v| or_none(&w).map(move |w| (*v, w)));
    right_outer_join: Option<V::View<'d>>, W::View<'d>;
        |v, w| or_none(&v).flat_map(|v| w.iter().map(move |w| (v, *w)));
    full_outer_join: Option<V::View<'d>>, Option<W::View<'d>>;
        |v, w| or_none(&v).flat_map(|v| or_none(&w).map(move |w| (v, w)));
}

/// The values, or one `None` where there is no value.
fn or_none<T: Copy>(values: &[T]) -> impl Iterator<Item = Option<T>> {
    let none = values.is_empty().then_some(None);
    values.iter().copied().map(Some).chain(none)
}
