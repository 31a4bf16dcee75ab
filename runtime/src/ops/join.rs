//! Joins: the values of two sides that have the same key, in pairs.

use std::hash::Hash;

use crate::dataset::Rows;
use crate::engine::Engine;
use crate::error::Result;
use crate::ops::exchange::Side;
use crate::record::{Keep, Same};
use crate::table::{Entry, SHARDS, Table};

/// The values of one side of a shard, by the numbers of their keys. All lie in one vector, because most keys have few.
struct ByKey<T> {
    values: Vec<T>,
    /// Where those of each key end.
    ends: Vec<usize>,
}

impl<T: Copy> ByKey<T> {
    /// Sorts values by the numbers of their keys, of which there are `keys`. Those of a key stay in order.
    fn new(numbered: &[(usize, T)], keys: usize) -> Self {
        let mut ends = vec![0; keys];
        numbered.iter().for_each(|(key, _)| ends[*key] += 1);
        let mut before = 0;
        for end in &mut ends {
            before += std::mem::replace(end, before);
        }
        let mut values = Vec::from_iter(numbered.iter().map(|(_, value)| *value));
        for (key, value) in numbered {
            values[ends[*key]] = *value;
            ends[*key] += 1;
        }
        ByKey { values, ends }
    }

    /// The values of a key.
    fn of(&self, key: usize) -> &[T] {
        let from = key.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.values[from..self.ends[key]]
    }
}

/// What meets in a shard.
struct Met<K, V, W> {
    /// In the order in which they come on the left side, and then on the right one.
    keys: Table<K, ()>,
    left: ByKey<V>,
    right: ByKey<W>,
}

impl<K: Hash + Eq + Keep, V: Copy, W: Copy> Met<K, V, W> {
    /// Brings the sides together. `alone` says whether keys of the right side count that the left one does not have.
    fn of<'d, A, L, B, R>(left: &'d [Vec<Entry<A, B>>], right: &'d [Vec<Entry<L, R>>], alone: bool) -> Self
    where
        A: Keep<View<'d> = K>,
        L: Keep<View<'d>: Same<K>>,
        B: Keep<View<'d> = V>,
        R: Keep<View<'d> = W>,
    {
        let mut keys = Table::default();
        keys.reserve(left.iter().map(Vec::len).sum());
        let mut numbered = Vec::with_capacity(left.iter().map(Vec::len).sum());
        for entry in left.iter().flatten() {
            numbered.push((keys.number(entry.hash, entry.key.view(), || ()), entry.value.view()));
        }
        let mut others = Vec::with_capacity(right.iter().map(Vec::len).sum());
        for entry in right.iter().flatten() {
            let key = entry.key.view().same();
            let number =
                if alone { Some(keys.number(entry.hash, key, || ())) } else { keys.find(entry.hash, &key).ok() };
            others.extend(number.map(|number| (number, entry.value.view())));
        }
        let count = keys.entries().len();
        Met { keys, left: ByKey::new(&numbered, count), right: ByKey::new(&others, count) }
    }
}

macro_rules! joins {
    ($($name:ident: $left:ty, $right:ty; $alone:expr, |$v:ident, $w:ident| $pairs:expr;)*) => {$(
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
            let joined = engine.caught(label, || {
                engine.workers().map((0..SHARDS).collect(), left.len() + right.len(), |shard| {
                    let mut rows = Vec::new();
                    let met = Met::of(&left.shards[shard], &right.shards[shard], $alone);
                    for (number, entry) in met.keys.entries().iter().enumerate() {
                        let ($v, $w) = (met.left.of(number), met.right.of(number));
                        rows.extend($pairs.map(|pair| (entry.key, pair)));
                    }
                    rows
                })
            })?;
            Ok(Rows::separate(joined))
        }
    )*};
}

joins! {
    join: V::View<'d>, W::View<'d>;
        false, |v, w| v.iter().flat_map(|v| w.iter().map(move |w| (*v, *w)));
    left_outer_join: V::View<'d>, Option<W::View<'d>>;
        false, |v, w| v.iter().flat_map(|v| or_none(w).map(move |w| (*v, w)));
    right_outer_join: Option<V::View<'d>>, W::View<'d>;
        true, |v, w| or_none(v).flat_map(|v| w.iter().map(move |w| (v, *w)));
    full_outer_join: Option<V::View<'d>>, Option<W::View<'d>>;
        true, |v, w| or_none(v).flat_map(|v| or_none(w).map(move |w| (v, w)));
}

/// The values, or one `None` where there is no value.
fn or_none<T: Copy>(values: &[T]) -> impl Iterator<Item = Option<T>> {
    let none = values.is_empty().then_some(None);
    values.iter().copied().map(Some).chain(none)
}
