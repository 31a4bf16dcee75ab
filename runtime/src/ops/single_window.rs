//! Windows of one value for all records.

use crate::aggregate::{Aggregate, Lifted};
use crate::dataset::{Dataset, Rows};
use crate::engine::Engine;
use crate::error::Result;
use crate::key_hash::hash_of;
use crate::ops::aggregated::AlgorithmOf;
use crate::ops::by_key::{Counter, Fold};
use crate::ops::window::Slides;
use crate::ops::windowed::{CountedForWindow, Folded};
use crate::record::{Keep, Record};
use crate::saved::{Captured, DescribeValue, Description, Saved};
use crate::stage::Workers;
use crate::table::{Entry, Table, shard_of};
use crate::time::Time;
use crate::transaction::{StateSize, Transaction, delegate_transaction};
use crate::window::{Algorithm, KeyedWindow, Merge, Subtract};
use crate::window_shape::WindowShape;

/// The window of one value for all records: as by key, with one key.
pub struct Single<C: Record, F, A: Algorithm<C, F, Arriving = C>> {
    window: KeyedWindow<(), C, F, A>,
}

impl<C: Record, F: Merge<C> + Send + Sync, A: Algorithm<C, F, Arriving = C>> Single<C, F, A> {
    pub(super) fn new(shape: &WindowShape) -> Self {
        Single { window: KeyedWindow::new(shape.panes()) }
    }

    /// Takes the value of a batch in.
    fn advance(&mut self, engine: &Engine, label: &str, value: Option<C>, fold: Option<F>) -> Result<()> {
        let (workers, time) = (engine.workers(), engine.time());
        engine.caught(label, || {
            if engine.is_due() {
                let mut batch = Table::default();
                if let Some(value) = value {
                    batch.push(Entry { hash: hash_of(&()), key: (), value });
                }
                self.window.advance(workers, time, batch, fold);
            }
            if self.slides(engine) {
                self.window.read(workers);
            }
        })
    }

    fn slides(&self, engine: &Engine) -> bool {
        engine.is_time_of(self.window.shape().slide)
    }

    /// The window's value, if it slides now and there is one.
    fn value(&self, engine: &Engine) -> Option<C::View<'_>> {
        if !self.slides(engine) {
            return None;
        }
        let partition = shard_of(hash_of(&()));
        let mut values = self.window.views(partition, 0..self.window.weight(partition));
        values.next().map(|((), value)| value)
    }
}

/// The parts' values, merged in the order of their records, and their function.
fn merged<V, C, F: Fold<V, C>>(parts: Vec<Folded<V, C, F>>) -> (Option<C>, Option<F>) {
    let (mut value, mut fold) = (None, None);
    for part in parts {
        fold = fold.or(part.fold);
        value = match (value, part.value, &fold) {
            (Some(left), Some(right), Some(fold)) => Some(fold.merge(left, right)),
            (left, right, _) => left.or(right),
        };
    }
    (value, fold)
}

impl<V, C, F, A> Slides<Folded<V, C, F>> for Single<C, F, A>
where
    C: Record,
    F: Fold<V, C> + Merge<C> + Send + Sync,
    A: Algorithm<C, F, Arriving = C>,
{
    type Batch<'a>
        = Rows<C>
    where
        Self: 'a;

    fn slide(&mut self, engine: &Engine, label: &str, parts: Vec<Folded<V, C, F>>) -> Result<Rows<C>> {
        let (value, fold) = engine.caught(label, || merged(parts))?;
        self.advance(engine, label, value, fold)?;
        Ok(Rows::one_partition(self.value(engine).map(Keep::keep).into_iter().collect()))
    }
}

impl<C: Record, F: Merge<C> + Send + Sync, A: Algorithm<C, F, Arriving = C>> Transaction for Single<C, F, A> {
    delegate_transaction!(window);
}

/// What `count_by_window` keeps.
pub struct CountWindow(pub(super) Single<u64, Counter, Subtract>);

impl Slides<CountedForWindow> for CountWindow {
    type Batch<'a> = Rows<u64>;

    fn slide(&mut self, engine: &Engine, label: &str, parts: Vec<CountedForWindow>) -> Result<Rows<u64>> {
        let count = parts.into_iter().map(|part| part.0).sum::<u64>();
        self.0.advance(engine, label, (count > 0).then_some(count), Some(Counter))?;
        Ok(Rows::one_partition(vec![self.0.value(engine).unwrap_or(0)]))
    }
}

impl Transaction for CountWindow {
    delegate_transaction!(0);
}

/// What an aggregate of all records keeps.
pub struct AggregatedSingle<A: Aggregate>(Single<A::Partial, Lifted<A>, AlgorithmOf<A>>)
where
    AlgorithmOf<A>: Algorithm<A::Partial, Lifted<A>, Arriving = A::Partial>;

impl<A: Aggregate> AggregatedSingle<A>
where
    AlgorithmOf<A>: Algorithm<A::Partial, Lifted<A>, Arriving = A::Partial>,
{
    pub(super) fn new(shape: &WindowShape) -> Self {
        AggregatedSingle(Single::new(shape))
    }
}

impl<A: Aggregate<Output: Keep>> Slides<Folded<A::Input, A::Partial, Lifted<A>>> for AggregatedSingle<A>
where
    AlgorithmOf<A>: Algorithm<A::Partial, Lifted<A>, Arriving = A::Partial>,
{
    type Batch<'a>
        = Rows<A::Output>
    where
        Self: 'a;

    fn slide(
        &mut self,
        engine: &Engine,
        label: &str,
        parts: Vec<Folded<A::Input, A::Partial, Lifted<A>>>,
    ) -> Result<Rows<A::Output>> {
        let (value, fold) = engine.caught(label, || merged(parts))?;
        let AggregatedSingle(single) = self;
        single.advance(engine, label, value, fold)?;
        engine.caught(label, || {
            let (aggregate, partial) = (single.window.functions(), single.value(engine));
            let lowered = aggregate.zip(partial).map(|(aggregate, partial)| aggregate.0.lower(partial));
            Rows::one_partition(lowered.into_iter().collect())
        })
    }
}

impl<A: Aggregate> Transaction for AggregatedSingle<A>
where
    AlgorithmOf<A>: Algorithm<A::Partial, Lifted<A>, Arriving = A::Partial>,
{
    delegate_transaction!(0);
}
