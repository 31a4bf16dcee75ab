//! A window as a dataset.

use std::hash::Hash;
use std::marker::PhantomData;
use std::ops::Range;

use crate::dataset::Dataset;
use crate::key_table::Number;
use crate::record::Record;
use crate::table::SHARDS;

use super::algorithm::{Algorithm, Derived};
use super::keyed::KeyedWindow;
use super::shard::Shard;

/// The keys of a part of a shard and their values, by the keys' numbers.
pub struct KeyedViews<'a, K, C, P, D> {
    shard: &'a Shard<K, P, D>,
    numbers: Range<Number>,
    value: PhantomData<fn() -> C>,
}

impl<'a, K: Record, C: Record, P, D: Derived<C>> KeyedViews<'a, K, C, P, D> {
    #[inline(always)]
    fn pair(shard: &'a Shard<K, P, D>, number: Number) -> (K::View<'a>, C::View<'a>) {
        (shard.keys.key(number).view(), shard.derived.view(number))
    }
}

impl<'a, K: Record, C: Record, P, D: Derived<C>> Iterator for KeyedViews<'a, K, C, P, D> {
    type Item = (K::View<'a>, C::View<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let number = self.numbers.next()?;
            if self.shard.is_live(number) {
                return Some(Self::pair(self.shard, number));
            }
        }
    }
    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.numbers.len()))
    }
    #[inline(always)]
    fn fold<B, G: FnMut(B, Self::Item) -> B>(self, init: B, mut f: G) -> B {
        let mut done = init;
        let held = self.shard.held(self.numbers.start as usize..self.numbers.end as usize);
        for (number, held) in self.numbers.zip(held) {
            if held.is_live() {
                done = f(done, Self::pair(self.shard, number));
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
        = KeyedViews<'a, K, C, A::Kept, A::Derived>
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
        let numbers = range.start as Number..range.end as Number;
        KeyedViews { shard: &self.shards[partition], numbers, value: PhantomData }
    }
}
