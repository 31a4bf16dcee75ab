//! The window over a keyed stream.

use std::hash::Hash;
use std::marker::PhantomData;

use crate::record::{Record, StateKey};
use crate::stage::Workers;
use crate::table::SHARDS;
use crate::time::Time;

use super::algorithm::Algorithm;
use super::arrivals::Arrivals;
use super::shape::Shape;
use super::shard::Shard;

/// A window over a stream of pairs whose values are combined by key: for each key one value of all that the window holds.
///
/// `F` is the user's functions, `A` the [`Algorithm`] that keeps the values up to date. In a batch come `advance`, `read` where
/// a window ends, and then `commit` or `rollback`. Several advances may come before a commit; times must not go back.
pub struct KeyedWindow<K, C: Record, F, A: Algorithm<C, F>> {
    pub(super) shape: Shape,
    pub(super) shards: Vec<Shard<K, A::Kept, A::Derived>>,
    /// What the latest batch that had any record brought.
    fold: Option<F>,
    /// How many values entered or left since the last commit.
    changes: usize,
    /// The batch after which the panes were written to a checkpoint.
    pub(super) captured: Time,
    algorithm: PhantomData<fn() -> A>,
}

impl<K, C: Record, F, A: Algorithm<C, F>> KeyedWindow<K, C, F, A> {
    /// A window that holds nothing yet.
    pub fn new(shape: Shape) -> Self {
        let mut shards = Vec::with_capacity(SHARDS);
        for _ in 0..SHARDS {
            shards.push(Shard::default());
        }
        KeyedWindow { shape, shards, fold: None, changes: 0, captured: Time::ZERO, algorithm: PhantomData }
    }

    /// The window's length, slide and panes.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The user's functions, once there was a record.
    pub fn functions(&self) -> Option<&F> {
        self.fold.as_ref()
    }

    /// How many keys there are.
    pub fn keys(&self) -> usize {
        self.shards.iter().map(|shard| shard.live).sum()
    }

    /// The bytes of the window's own vectors, without what keys and values hold elsewhere.
    pub fn bytes(&self) -> usize {
        let own = self.shards.capacity() * size_of::<Shard<K, A::Kept, A::Derived>>();
        self.shards.iter().map(Shard::bytes::<C>).sum::<usize>() + own
    }

    /// Where the oldest pane that has anything begins.
    pub fn oldest(&self) -> Option<Time> {
        let ends = self.shards.iter().filter_map(|shard| shard.panes.oldest());
        ends.map(|pane| pane.end).min().map(|end| end - self.shape.pane)
    }
}

impl<K, C, F, A> KeyedWindow<K, C, F, A>
where
    K: Record + Hash + Eq,
    C: Record,
    F: Sync,
    A: Algorithm<C, F>,
{
    /// Takes the values of the parent's batch of this time, after the panes that are too old have left. Batches may be missing,
    /// but where a window ends it must be called, be it with an empty batch.
    ///
    /// `fold` is `None` if there was no record from which the user's functions could be had: those of an earlier batch go on.
    ///
    /// # Panics
    /// When a function of the user does, and when values come before any function. Then `rollback` must be called.
    pub fn advance<Q>(
        &mut self,
        workers: &Workers,
        time: Time,
        batch: impl Into<Arrivals<Q, A::Arriving>>,
        fold: Option<F>,
    ) where
        Q: StateKey<Owned = K>,
    {
        self.take_in(workers, time, batch.into(), fold);
    }

    fn take_in<Q>(&mut self, workers: &Workers, time: Time, batch: Arrivals<Q, A::Arriving>, fold: Option<F>)
    where
        Q: StateKey<Owned = K>,
    {
        self.fold = fold.or(self.fold.take());
        let Some(fold) = &self.fold else {
            assert!(batch.len() == 0, "values come with the functions that merge them");
            return;
        };
        let step = self.shape.step(time);
        let batch = if self.shape.counts(time) { batch } else { Arrivals::new(SHARDS) };
        let leaving: usize = self.shards.iter().map(|shard| shard.panes.leaving(&step)).sum();
        let records = batch.len() + leaving;
        self.changes += records;
        let mut tasks = Vec::with_capacity(SHARDS);
        let turn = A::turn(self.shape.panes);
        for (number, (shard, runs)) in self.shards.iter_mut().zip(batch.into_shards()).enumerate() {
            let cycle = turn.map_or(0, |panes| Shape::cycle(number, &step, panes));
            let is_turn = cycle != shard.cycle && shard.live > 0;
            if is_turn || !runs.is_empty() || shard.panes.leaving(&step) > 0 {
                tasks.push((shard, runs, cycle));
            }
        }
        workers.map(tasks, records, |(shard, runs, cycle)| {
            shard.advance::<Q, C, F, A>(fold, &step, runs, cycle);
        });
    }

    /// The window as a dataset: one record a key, in an order that depends on the batches alone.
    ///
    /// # Panics
    /// When a function of the user does. Then `rollback` must be called.
    pub fn read(&mut self, workers: &Workers) -> &Self {
        if let Some(fold) = &self.fold {
            let (mut tasks, mut values) = (Vec::new(), 0);
            for shard in &mut self.shards {
                if A::SETTLES || shard.is_stale {
                    values += shard.live;
                    tasks.push(shard);
                }
            }
            workers.map(tasks, values, |shard| {
                shard.refresh::<C, F, A>(fold, true);
                A::settle(&mut shard.derived, fold, &shard.panes, shard.keys.numbers());
            });
        }
        self
    }

    /// Derives anew what does not fit the panes.
    pub(super) fn refresh(&mut self) {
        if let Some(fold) = &self.fold {
            self.shards.iter_mut().for_each(|shard| shard.refresh::<C, F, A>(fold, true));
        }
    }

    /// What was advanced since the last commit stays.
    pub fn commit(&mut self, workers: &Workers) {
        let mut tasks = Vec::new();
        for shard in &mut self.shards {
            if shard.is_touched {
                tasks.push(shard);
            }
        }
        workers.map(tasks, self.changes, |shard| shard.commit::<C>());
        self.changes = 0;
    }

    /// Brings back the contents after the last commit. Calls no function of the user: the values are derived anew by the next
    /// `advance` or `read`.
    pub fn rollback(&mut self) {
        for shard in &mut self.shards {
            if shard.is_touched {
                shard.rollback();
            }
        }
        self.changes = 0;
    }
}
