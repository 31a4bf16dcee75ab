//! A window as a dataset.

use std::hash::Hash;
use std::iter::Zip;
use std::ops::Range;
use std::slice::Iter;

use crate::dataset::Dataset;
use crate::record::Record;
use crate::table::SHARDS;

use super::algorithm::{Algorithm, Derived};
use super::keyed::KeyedWindow;
use super::shard::{Held, Shard};

/// The keys of a part of a shard and their values, by the keys' numbers.
pub struct KeyedViews<'a, K, C: Record, D: Derived<C>> {
    entries: Entries<'a, K, D::Value>,
}

/// What the panes have of each key, the key, and its value.
type Entries<'a, K, V> = Zip<Zip<Iter<'a, Held>, Iter<'a, K>>, Iter<'a, V>>;

impl<'a, K: Record, C: Record, D: Derived<C>> KeyedViews<'a, K, C, D> {
    /// Those with these numbers.
    #[inline]
    fn new<P>(shard: &'a Shard<K, P, D>, numbers: Range<usize>) -> Self {
        let values = shard.derived.values();
        // Keys that are not there may have no value.
        let end = numbers.end.min(values.len());
        let numbers = numbers.start.min(end)..end;
        let keys = &shard.keys.keys()[numbers.clone()];
        KeyedViews { entries: shard.held(numbers.clone()).iter().zip(keys).zip(&values[numbers]) }
    }
}

impl<'a, K: Record, C: Record, D: Derived<C>> Iterator for KeyedViews<'a, K, C, D> {
    type Item = (K::View<'a>, C::View<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let live = self.entries.find(|((held, _), _)| held.is_live());
        live.map(|((_, key), value)| (key.view(), D::view(value)))
    }
    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.entries.len()))
    }
    #[inline(always)]
    fn fold<B, G: FnMut(B, Self::Item) -> B>(self, init: B, mut f: G) -> B {
        let mut done = init;
        for ((held, key), value) in self.entries {
            if held.is_live() {
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
        = KeyedViews<'a, K, C, A::Derived>
    where
        Self: 'a;

    fn partitions(&self) -> usize {
        SHARDS
    }
    fn weight(&self, partition: usize) -> usize {
        self.shards[partition].keys.numbers()
    }
    fn grain(&self) -> usize {
        1024
    }
    #[inline]
    fn views(&self, partition: usize, range: Range<usize>) -> Self::Views<'_> {
        KeyedViews::new(&self.shards[partition], range)
    }
}
