//! `cogroup`: the values of two sides that have the same key; and joins, which put them in pairs.

use std::hash::Hash;
use std::ops::Range;

use crate::dataset::{Dataset, Rows};
use crate::engine::Engine;
use crate::error::Result;
use crate::ops::by_number::ByNumber;
use crate::ops::exchange::Side;
use crate::record::{Keep, Same};
use crate::table::{Entry, SHARDS, Table};

/// What meets in a shard.
struct Met<K, V, W> {
    /// In the order in which they come on the left side, and then on the right one.
    keys: Table<K, ()>,
    left: ByNumber<V>,
    right: ByNumber<W>,
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
            let number = keys.number(entry.hash, entry.key.view(), || ());
            numbered.push((number as u32, entry.value.view()));
        }
        let mut others = Vec::with_capacity(right.iter().map(Vec::len).sum());
        for entry in right.iter().flatten() {
            let key = entry.key.view().same();
            let number =
                if alone { Some(keys.number(entry.hash, key, || ())) } else { keys.find(entry.hash, &key).ok() };
            others.extend(number.map(|number| (number as u32, entry.value.view())));
        }
        let count = keys.entries().len();
        Met { keys, left: ByNumber::of_copies(&numbered, count), right: ByNumber::of_copies(&others, count) }
    }
}

/// What `cogroup` leaves: for each key the values of both sides. A shard is a partition.
pub struct Cogrouped<K, V, W> {
    shards: Vec<Met<K, V, W>>,
}

/// See [`DStream::cogroup`](crate::DStream::cogroup).
pub fn cogroup<'d, K, L, V, W>(
    engine: &Engine,
    label: &str,
    left: &'d Side<K, V>,
    right: &'d Side<L, W>,
) -> Result<Cogrouped<K::View<'d>, V::View<'d>, W::View<'d>>>
where
    K: Keep<View<'d>: Hash + Eq + Send> + Sync,
    L: Keep<View<'d>: Same<K::View<'d>>> + Sync,
    V: Keep<View<'d>: Send> + Sync,
    W: Keep<View<'d>: Send> + Sync,
{
    engine.caught(label, || {
        let shards = engine.workers().map((0..SHARDS).collect(), left.len() + right.len(), |shard| {
            Met::of(&left.shards[shard], &right.shards[shard], true)
        });
        Cogrouped { shards }
    })
}

/// The keys of a shard with their values.
pub struct CogroupViews<'a, K, V, W> {
    met: &'a Met<K, V, W>,
    /// The numbers of the keys.
    numbers: Range<usize>,
}

impl<'a, K: Keep, V, W> Iterator for CogroupViews<'a, K, V, W> {
    type Item = (K::View<'a>, (&'a [V], &'a [W]));

    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        let number = self.numbers.next()?;
        let entry = &self.met.keys.entries()[number];
        Some((entry.key.view(), (self.met.left.of(number), self.met.right.of(number))))
    }
    #[inline(always)]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.numbers.size_hint()
    }
}

impl<K: Keep + Sync, V: Sync, W: Sync> Dataset for Cogrouped<K, V, W> {
    type Item<'a>
        = (K::View<'a>, (&'a [V], &'a [W]))
    where
        Self: 'a;
    type Views<'a>
        = CogroupViews<'a, K, V, W>
    where
        Self: 'a;

    fn partitions(&self) -> usize {
        self.shards.len()
    }
    fn weight(&self, partition: usize) -> usize {
        self.shards[partition].keys.entries().len()
    }
    #[inline]
    fn views(&self, partition: usize, range: Range<usize>) -> CogroupViews<'_, K, V, W> {
        CogroupViews { met: &self.shards[partition], numbers: range }
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
