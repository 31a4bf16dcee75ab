//! Aggregates by key and window: partial results enter, and are lowered where they are read.

use std::hash::Hash;
use std::ops::Range;

use crate::aggregate::{Aggregate, Algebra, Lifted};
use crate::dataset::Dataset;
use crate::engine::Engine;
use crate::error::Result;
use crate::ops::entering::Entering;
use crate::ops::window::Slides;
use crate::record::{Keep, Record, StateKey};
use crate::saved::{Captured, DescribeValue, Description, Saved};
use crate::stage::Workers;
use crate::state::StateRecord;
use crate::time::Time;
use crate::transaction::{StateSize, Transaction, delegate_transaction};
use crate::window::{Algorithm, KeyedWindow};
use crate::window_shape::WindowShape;

/// What an aggregate keeps by key.
pub struct Aggregated<K, A: Aggregate>(ByKey<K, A>)
where
    AlgorithmOf<A>: Algorithm<A::Partial, Lifted<A>, Arriving = A::Partial>;

pub(super) type AlgorithmOf<A> = <<A as Aggregate>::Algebra as Algebra>::Algorithm;
type ByKey<K, A> = KeyedWindow<K, <A as Aggregate>::Partial, Lifted<A>, AlgorithmOf<A>>;

impl<K, A: Aggregate> Aggregated<K, A>
where
    K: Record + Hash + Eq,
    AlgorithmOf<A>: Algorithm<A::Partial, Lifted<A>, Arriving = A::Partial>,
{
    pub(super) fn new(shape: &WindowShape) -> Self {
        Aggregated(KeyedWindow::new(shape.panes()))
    }
}

impl<K, Q, A> Slides<Entering<Q, A::Input, A::Partial, Lifted<A>>> for Aggregated<K, A>
where
    K: Record + Hash + Eq,
    Q: StateKey<Owned = K>,
    A: Aggregate,
    AlgorithmOf<A>: Algorithm<A::Partial, Lifted<A>, Arriving = A::Partial>,
{
    type Batch<'a>
        = Lowered<'a, K, A>
    where
        Self: 'a;

    fn slide<'a>(
        &'a mut self,
        engine: &Engine,
        label: &str,
        parts: Vec<Entering<Q, A::Input, A::Partial, Lifted<A>>>,
    ) -> Result<Lowered<'a, K, A>> {
        Slides::slide(&mut self.0, engine, label, parts).map(Lowered)
    }
}

/// A window whose partial results are lowered where they are read.
pub struct Lowered<'a, K, A: Aggregate>(&'a ByKey<K, A>)
where
    AlgorithmOf<A>: Algorithm<A::Partial, Lifted<A>, Arriving = A::Partial>;

/// The pairs of a key and what its values come to.
pub struct LoweredViews<'a, I, A> {
    partials: I,
    aggregate: Option<&'a Lifted<A>>,
}

impl<'a, K, P: Keep + 'a, A: Aggregate<Partial = P>, I: Iterator<Item = (K, P::View<'a>)>> Iterator
    for LoweredViews<'a, I, A>
{
    type Item = (K, A::Output);

    #[inline]
    fn next(&mut self) -> Option<(K, A::Output)> {
        let (key, partial) = self.partials.next()?;
        Some((key, self.aggregate?.0.lower(partial)))
    }
    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.partials.size_hint()
    }
    #[inline]
    fn fold<B, G: FnMut(B, Self::Item) -> B>(self, init: B, mut f: G) -> B {
        match self.aggregate {
            Some(aggregate) => {
                self.partials.fold(init, |done, (key, partial)| f(done, (key, aggregate.0.lower(partial))))
            }
            None => init,
        }
    }
}

impl<'w, K, A> Dataset for Lowered<'w, K, A>
where
    K: Record + Hash + Eq,
    A: Aggregate,
    AlgorithmOf<A>: Algorithm<A::Partial, Lifted<A>, Arriving = A::Partial>,
{
    type Item<'a>
        = (K::View<'a>, A::Output)
    where
        Self: 'a;
    type Views<'a>
        = LoweredViews<'a, <ByKey<K, A> as Dataset>::Views<'a>, A>
    where
        Self: 'a;

    fn partitions(&self) -> usize {
        self.0.partitions()
    }
    fn weight(&self, partition: usize) -> usize {
        self.0.weight(partition)
    }
    fn grain(&self) -> usize {
        self.0.grain()
    }
    #[inline]
    fn views(&self, partition: usize, range: Range<usize>) -> Self::Views<'_> {
        LoweredViews { partials: self.0.views(partition, range), aggregate: self.0.functions() }
    }
}

impl<K, A> Transaction for Aggregated<K, A>
where
    K: StateRecord,
    A: Aggregate,
    AlgorithmOf<A>: Algorithm<A::Partial, Lifted<A>, Arriving = A::Partial>,
{
    delegate_transaction!(0);
}
