//! A window as a dataset.

use std::hash::Hash;
use std::marker::PhantomData;
use std::ops::Range;

use crate::bits::Bits;
use crate::dataset::Dataset;
use crate::key_table::Number;
use crate::record::Record;
use crate::table::SHARDS;

use super::algorithm::{Algorithm, Derived};
use super::keyed::KeyedWindow;

/// The keys of a part of a shard and their values, by the keys' numbers. `V` is `D::Value`: a bound here would be one more message
/// where a value is no record.
pub struct KeyedViews<'a, K, C, D, V> {
    present: &'a Bits,
    keys: &'a [K],
    values: &'a [V],
    numbers: Range<usize>,
    derived: PhantomData<fn() -> (C, D)>,
}

impl<'a, K: Record, C: Record, D: Derived<C>> Iterator for KeyedViews<'a, K, C, D, D::Value> {
    type Item = (K::View<'a>, C::View<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let number = self.numbers.find(|number| self.present.has(*number as Number))?;
        Some((self.keys[number].view(), D::view(&self.values[number])))
    }
    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.numbers.len()))
    }
    #[inline(always)]
    fn fold<B, G: FnMut(B, Self::Item) -> B>(self, init: B, mut f: G) -> B {
        let mut done = init;
        for run in self.present.runs(self.numbers) {
            for (key, value) in self.keys[run.clone()].iter().zip(&self.values[run]) {
                done = f(done, (key.view(), D::view(value)));
            }
        }
        done
    }
}

/// To be used as `KeyedWindow::read` returns it, since that makes the values ready.
impl<K, C, F, A> Dataset for KeyedWindow<K, C, F, A>
where
    K: Record + Hash + Eq,
    C: Record,
    F: Sync,
    A: Algorithm<C, F>,
{
    type Item<'a>
        = (K::View<'a>, C::View<'a>)
    where
        Self: 'a;
    type Views<'a>
        = KeyedViews<'a, K, C, A::Derived, <A::Derived as Derived<C>>::Value>
    where
        Self: 'a;

    fn partitions(&self) -> usize {
        SHARDS
    }
    fn weight(&self, partition: usize) -> usize {
        self.shards[partition].keys.numbers()
    }
    #[inline]
    fn views(&self, partition: usize, range: Range<usize>) -> Self::Views<'_> {
        let shard = &self.shards[partition];
        let (keys, values) = (shard.keys.keys(), shard.derived.values());
        KeyedViews { present: &shard.present, keys, values, numbers: range, derived: PhantomData }
    }
}
