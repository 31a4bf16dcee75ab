//! Operators that remember something of each key from batch to batch.
//!
//! Both sides meet after the stage: the pairs of the batch, in the shards of their keys, and the state.

use std::any::Any;
use std::sync::Arc;

use crate::dataset::Rows;
use crate::engine::Engine;
use crate::error::Result;
use crate::ops::exchange::Side;
use crate::record::{Record, StateKey};
use crate::saved::{Captured, DescribeValue, Description, Saved, SavedKind};
use crate::stage::Workers;
use crate::state::{KeyedState, State, StateHandle, StatePairs, StateRecord};
use crate::time::Time;
use crate::transaction::{StateSize, Transaction};

/// See [`DStream::update_state_by_key`](crate::DStream::update_state_by_key).
pub fn update_state_by_key<'s, K, S, Q, V, F>(
    engine: &Engine,
    label: &str,
    state: &'s mut KeyedState<K, S>,
    side: Side<Q, V>,
    f: F,
) -> Result<(StatePairs<'s, K, S>, StatePairs<'s, K, S>)>
where
    K: StateRecord,
    S: Record,
    Q: StateKey<Owned = K>,
    V: Send + Sync,
    F: Fn(&[V], Option<S>) -> Option<S> + Sync,
{
    update_state_by_key_with_key(engine, label, state, side, |_, _, values, state| f(values, state))
}

/// See [`DStream::update_state_by_key_with_key`](crate::DStream::update_state_by_key_with_key).
pub fn update_state_by_key_with_key<'s, K, S, Q, V, F>(
    engine: &Engine,
    label: &str,
    state: &'s mut KeyedState<K, S>,
    side: Side<Q, V>,
    f: F,
) -> Result<(StatePairs<'s, K, S>, StatePairs<'s, K, S>)>
where
    K: StateRecord,
    S: Record,
    Q: StateKey<Owned = K>,
    V: Send + Sync,
    F: Fn(Time, K::View<'s>, &[V], Option<S>) -> Option<S> + Sync,
{
    engine.caught(label, || {
        let contents = match engine.is_due() {
            true => state.update(engine.workers(), engine.time(), side, f),
            false => state.contents(),
        };
        (contents.pairs(), contents.pairs())
    })
}

/// See [`DStream::map_with_state`](crate::DStream::map_with_state).
pub fn map_with_state<'s, K, S, Q, V, E, F>(
    engine: &Engine,
    label: &str,
    state: &'s mut KeyedState<K, S>,
    side: Side<Q, V>,
    f: F,
) -> Result<(Rows<E>, StatePairs<'s, K, S>)>
where
    K: StateRecord,
    S: Record,
    Q: StateKey<Owned = K>,
    V: Send,
    E: Send,
    F: Fn(Time, K::View<'s>, Option<V>, &mut State<S>) -> E + Sync,
{
    engine.caught(label, || {
        let (rows, contents) = match engine.is_due() {
            true => state.map(engine.workers(), engine.time(), side, f),
            false => (Rows::one_partition(Vec::new()), state.contents()),
        };
        (rows, contents.pairs())
    })
}

impl<K: StateRecord, S: Record> Transaction for KeyedState<K, S> {
    fn commit(&mut self, _: Time, workers: &Workers) {
        KeyedState::commit(self, workers);
    }

    fn rollback(&mut self) {
        KeyedState::rollback(self);
    }

    fn size(&self) -> StateSize {
        StateSize { entries: self.len() as u64, bytes: self.bytes() as u64, oldest: self.oldest() }
    }

    fn describe(&self, other: Option<DescribeValue>) -> Description {
        Description::of::<K, S>(SavedKind::Keyed, other)
    }

    fn track(&mut self) {
        KeyedState::track(self);
    }

    fn capture(&mut self, _: Time, everything: bool, workers: &Workers) -> Captured {
        KeyedState::capture(self, everything, workers)
    }

    fn restore(&mut self, saved: &Saved<'_>, workers: &Workers) -> Result<()> {
        KeyedState::restore(self, saved, workers)
    }

    fn queries(&mut self) -> Option<Arc<dyn Any + Send + Sync>> {
        let handle = StateHandle::default();
        self.watch(&handle);
        Some(Arc::new(handle))
    }
}
