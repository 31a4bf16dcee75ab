//! Looking at a state from outside: at the contents of the last commit, while batches run.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::shard::Kept;
use crate::key_hash::hash_of;
use crate::key_table::Number;
use crate::record::{Record, StateKey};
use crate::table::shard_of;
use crate::time::Time;

/// The contents of a state as of one commit. It stays as it is while batches run, and can be sent to other threads.
///
/// A view shares memory with the state. A batch that changes a part of the state which a view still holds copies that part
/// first (1/64 of the keys), once for as long as nobody takes another view: hold on to a view for no longer than you need it.
pub struct StateView<K, S> {
    shards: Arc<[Kept<K, S>]>,
    time: Option<Time>,
}

impl<K, S> Clone for StateView<K, S> {
    fn clone(&self) -> Self {
        StateView { shards: Arc::clone(&self.shards), time: self.time }
    }
}

/// Without the states: there may be millions of them, and they need not be `Debug`.
impl<K, S> fmt::Debug for StateView<K, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StateView").field("time", &self.time).finish_non_exhaustive()
    }
}

impl<K: Record, S: Record> StateView<K, S> {
    pub(super) fn new(shards: Arc<[Kept<K, S>]>, time: Option<Time>) -> Self {
        StateView { shards, time }
    }

    /// The batch that was committed last; `None` before the first one, when there are only initial states.
    pub fn time(&self) -> Option<Time> {
        self.time
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.keys.len()).sum()
    }

    /// Whether there are no keys.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The state of a key, which is given as closures see it: `&str` for `String`.
    pub fn get<'k>(&self, key: K::View<'k>) -> Option<&S>
    where
        K: 'k,
        K::View<'k>: StateKey<Owned = K>,
    {
        let hash = hash_of(&key);
        let shard = &self.shards[shard_of(hash)];
        let number = shard.keys.find(hash, &key)?;
        Some(&shard.states[number as usize])
    }

    /// All keys with their states.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &S)> {
        self.shards.iter().flat_map(|shard| {
            let numbered = shard.states.iter().enumerate().filter(|(number, _)| shard.keys.is_live(*number as Number));
            numbered.map(|(number, state)| (shard.keys.key(number as Number), state))
        })
    }
}

/// Gives views of a state to other threads. Clones belong to the same state.
///
/// A view is given at once, also while a batch runs; only while one is being committed, it waits for that. A state without a
/// handle does nothing for it. With one, each commit costs about a microsecond more, and a copy of the parts that the batch
/// changes and that someone's view still holds.
pub struct StateHandle<K, S>(Arc<Mutex<Option<StateView<K, S>>>>);

impl<K, S> Default for StateHandle<K, S> {
    fn default() -> Self {
        StateHandle(Arc::default())
    }
}

impl<K, S> Clone for StateHandle<K, S> {
    fn clone(&self) -> Self {
        StateHandle(Arc::clone(&self.0))
    }
}

impl<K, S> StateHandle<K, S> {
    /// The contents of the last commit. `None` before the state exists, and after a commit that has panicked. When the engine
    /// has ended, what was there last.
    pub fn view(&self) -> Option<StateView<K, S>> {
        self.lock().clone()
    }

    /// While this is held, nobody gets a view.
    pub(super) fn lock(&self) -> MutexGuard<'_, Option<StateView<K, S>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
