//! Keyed state: what `update_state_by_key` and `map_with_state` remember from batch to batch.
//!
//! - [`KeyedState`] is the state of one operator: 64 shards, transactions, memory.
//! - `update.rs` and `map.rs` are the two operators; `touched.rs` and `timeouts.rs` are what the second one needs.
//! - `shard.rs` holds the contents of one shard, and what a running batch makes of them.
//! - `contents.rs` is the whole state as a dataset, `view.rs` as seen by other threads.

mod contents;
mod initial;
mod key_state;
mod map;
#[cfg(test)]
mod memory_tests;
mod saved;
mod shard;
#[cfg(test)]
mod tests;
mod timeouts;
mod touched;
mod update;
mod view;

use std::hash::Hash;
use std::time::Duration;

use contents::Contents;
pub use contents::StatePairs;
pub use initial::InitialState;
pub use key_state::State;
pub use view::{StateHandle, StateView};

use crate::key_hash::hash_of;
use crate::record::{Lookup, Record};
use crate::stage::Workers;
use crate::table::{SHARDS, shard_of};
use crate::time::Time;
use shard::Shard;

/// A key as a state keeps it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a key of a state",
    label = "keys are kept and compared: this needs a `Record` that implements `Hash` and `Eq`",
    note = "own what is borrowed, for example `.initial_state([(\"a\".to_string(), 1)])`, or put `#[derive(Clone, PartialEq, Eq, Hash, Record)]` on each type of yours in it"
)]
pub trait StateRecord: Record + Lookup + Hash + Eq {}

#[diagnostic::do_not_recommend]
impl<K: Record + Lookup + Hash + Eq> StateRecord for K {}

/// The states of keys.
///
/// A batch is one call of [`update`](KeyedState::update) or [`map`](KeyedState::map), and then [`commit`](KeyedState::commit)
/// or [`rollback`](KeyedState::rollback). What the batch makes is written beside the committed contents, and to their place at
/// the commit. So a failed batch, also one whose closure has panicked on several workers at once, leaves them as they were.
pub struct KeyedState<K, S> {
    shards: Vec<Shard<K, S>>,
    timeout: Option<Duration>,
    /// The batch that is running.
    running: Option<Time>,
    /// The batch that was committed last.
    committed: Option<Time>,
    /// Whether a batch was committed in this process, so that all keys have times if there is a timeout.
    has_begun: bool,
    handle: Option<StateHandle<K, S>>,
    /// The last data of the key of each shard that had none for longest, as of the commit that looked at the shard.
    oldest: Vec<Option<Time>>,
    /// The shard that the next commit looks at.
    turn: usize,
}

impl<K: StateRecord, S: Record> Default for KeyedState<K, S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: StateRecord, S: Record> KeyedState<K, S> {
    /// A state without keys.
    pub fn new() -> Self {
        let mut shards = Vec::with_capacity(SHARDS);
        shards.resize_with(SHARDS, Shard::default);
        KeyedState {
            shards,
            timeout: None,
            running: None,
            committed: None,
            has_begun: false,
            handle: None,
            oldest: vec![None; SHARDS],
            turn: 0,
        }
    }

    /// Loads states that are there before the first batch. Of several for a key the first one counts. For a timeout they count
    /// as data of the first batch.
    pub fn initial_state(mut self, states: impl IntoIterator<Item: InitialState<K, S>>) -> Self {
        for (key, state) in states.into_iter().map(InitialState::into_pair) {
            let hash = hash_of(&key);
            self.shards[shard_of(hash)].load(hash, key, state);
        }
        self
    }

    /// Has [`map`](Self::map) remove keys that had no data for longer than `timeout`.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self.shards.iter_mut().for_each(|shard| shard.keep_times(Time::ZERO));
        self
    }

    /// From now on `handle` gives views of this state.
    pub fn watch(&mut self, handle: &StateHandle<K, S>) {
        *handle.lock() = Some(self.view());
        self.handle = Some(handle.clone());
    }

    /// How many keys there were at the last commit.
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.kept.keys.len()).sum()
    }

    /// The memory that the state takes, without what keys and states hold elsewhere.
    pub fn bytes(&self) -> usize {
        self.shards.iter().map(Shard::bytes).sum()
    }

    /// The last data of the key that had none for longest, if there is a timeout. Each commit looks at one shard, because a look
    /// at all keys would cost more than the batch; so it may be 64 commits old.
    pub fn oldest(&self) -> Option<Time> {
        self.oldest.iter().flatten().min().copied()
    }

    /// As [`oldest`](Self::oldest), now.
    #[cfg(test)]
    fn oldest_of_all(&self) -> Option<Time> {
        self.shards.iter().filter_map(Shard::oldest).min()
    }

    /// The contents as of the last commit, also while a batch is running.
    pub fn view(&self) -> StateView<K, S> {
        StateView::new(self.shards.iter().map(|shard| shard.kept.clone()).collect(), self.committed)
    }

    /// The contents as the running batch leaves them.
    pub fn contents(&self) -> Contents<'_, K, S> {
        Contents { shards: self.shards.iter().collect() }
    }

    /// Begins a batch. What an attempt before has left goes. A commit leaves nothing, but the room that the batch took: the next
    /// one takes as much.
    fn begin(&mut self, time: Time) {
        if self.running.is_some() {
            self.rollback();
        }
        self.running = Some(time);
    }

    /// Keys whose last data is older than this time out in the batch of `time`.
    fn idle_since(&self, time: Time) -> Time {
        self.timeout.map_or(Time::ZERO, |timeout| time - timeout)
    }

    /// Makes the batch's changes permanent. Without a batch nothing happens.
    pub fn commit(&mut self, workers: &Workers) {
        let Some(time) = self.running.take() else { return };
        let handle = self.handle.clone();
        let mut published = handle.as_ref().map(StateHandle::lock);
        // The published view goes first: what nobody else holds is written in place.
        published.iter_mut().for_each(|published| **published = None);
        self.commit_shards(workers, time);
        self.has_begun = true;
        self.oldest[self.turn] = self.shards[self.turn].oldest();
        self.turn = (self.turn + 1) % SHARDS;
        self.committed = Some(time);
        published.iter_mut().for_each(|published| **published = Some(self.view()));
    }

    fn commit_shards(&mut self, workers: &Workers, time: Time) {
        let (mut tasks, mut changes) = (Vec::with_capacity(SHARDS), 0);
        for shard in &mut self.shards {
            changes += shard.pending.changes();
            tasks.push(shard);
        }
        workers.map(tasks, changes, |shard| shard.commit(time));
    }

    /// Goes back to the contents of the last commit.
    pub fn rollback(&mut self) {
        self.running = None;
        self.shards.iter_mut().for_each(Shard::rollback);
    }
}
