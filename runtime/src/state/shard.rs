//! One of the 64 parts of a state: what was committed, and beside it what the running batch makes of it.
//!
//! Until its commit a batch writes to [`Pending`] alone. So a batch that fails, at whatever point, is undone by clearing that,
//! and a view of the committed contents is two reference counts.

use std::sync::Arc;

use super::StateRecord;
use super::saved::Changes;
use super::timeouts::Ages;
use super::touched::Touched;
use crate::key_table::{KeyTable, Number};
use crate::prefetch::prefetch;
use crate::record::Record;
use crate::time::Time;

/// The committed keys and states of a shard. Copied on the first write while a view holds them.
pub(super) struct Kept<K, S> {
    pub keys: Arc<KeyTable<K>>,
    /// By number. The state of a key that left stays until its number is given out again.
    pub states: Arc<Vec<S>>,
}

impl<K, S> Default for Kept<K, S> {
    fn default() -> Self {
        Kept { keys: Arc::default(), states: Arc::default() }
    }
}

impl<K, S> Clone for Kept<K, S> {
    fn clone(&self) -> Self {
        Kept { keys: Arc::clone(&self.keys), states: Arc::clone(&self.states) }
    }
}

impl<K: StateRecord, S: Record> Kept<K, S> {
    /// Adds a key that is not there.
    pub fn insert(&mut self, hash: u64, key: K, state: S) -> Number {
        let (number, _) = Arc::make_mut(&mut self.keys).find_or_insert(hash, key);
        let states = Arc::make_mut(&mut self.states);
        match states.get_mut(number as usize) {
            Some(place) => *place = state,
            None => states.push(state),
        }
        number
    }
}

/// What the running batch makes of a shard. Empty between batches, with the capacity of the batch before.
pub(super) struct Pending<K, S> {
    /// `map`: the keys that had records. Their numbers go on in `added`.
    pub touched: Touched<S>,
    /// `map`: for each record the position of its key in `touched`.
    pub positions: Vec<u32>,
    /// `update`: the new state of each number; of a key that goes, and of one that left, some state.
    pub next: Vec<S>,
    /// `update`: whether `next` holds the states.
    pub is_replaced: bool,
    /// Keys that are new, with their hashes. The numbers that they may get are not known before the commit.
    pub added: Vec<(u64, K)>,
    /// `update`: their states. A key without one is not added.
    pub added_states: Vec<Option<S>>,
    /// Known keys that go, in the order of their numbers. `map`: those that time out.
    pub removed: Vec<Number>,
}

impl<K, S> Default for Pending<K, S> {
    fn default() -> Self {
        Pending {
            touched: Touched::default(),
            positions: Vec::new(),
            next: Vec::new(),
            is_replaced: false,
            added: Vec::new(),
            added_states: Vec::new(),
            removed: Vec::new(),
        }
    }
}

/// Empties a buffer. One much larger than its contents were is made smaller, so that the memory of a spike is given back.
fn empty<T>(buffer: &mut Vec<T>) {
    let used = buffer.len().max(64);
    buffer.clear();
    if buffer.capacity() / 4 > used {
        buffer.shrink_to(used);
    }
}

impl<K, S> Pending<K, S> {
    fn clear(&mut self) {
        empty(&mut self.touched.touches);
        empty(&mut self.touched.slots);
        empty(&mut self.positions);
        self.next.clear();
        self.is_replaced = false;
        empty(&mut self.added);
        empty(&mut self.added_states);
        empty(&mut self.removed);
    }

    /// How many writes the commit will be, about.
    pub fn changes(&self) -> usize {
        self.touched.touches.len() + self.added.len() + self.removed.len()
    }

    fn bytes(&self) -> usize {
        self.touched.bytes()
            + self.positions.capacity() * size_of::<u32>()
            + self.next.capacity() * size_of::<S>()
            + self.added_states.capacity() * size_of::<Option<S>>()
            + self.added.capacity() * size_of::<(u64, K)>()
            + self.removed.capacity() * size_of::<Number>()
    }
}

/// A shard of a state.
pub(super) struct Shard<K, S> {
    pub kept: Kept<K, S>,
    /// Only if there is a timeout.
    pub ages: Option<Ages>,
    pub pending: Pending<K, S>,
    /// Only if there are checkpoints.
    pub changes: Option<Box<Changes<K>>>,
}

impl<K, S> Default for Shard<K, S> {
    fn default() -> Self {
        Shard { kept: Kept::default(), ages: None, pending: Pending::default(), changes: None }
    }
}

impl<K, S> Shard<K, S> {
    pub fn rollback(&mut self) {
        self.pending.clear();
    }

    pub fn bytes(&self) -> usize {
        self.kept.keys.bytes()
            + self.kept.states.capacity() * size_of::<S>()
            + self.ages.as_ref().map_or(0, Ages::bytes)
            + self.pending.bytes()
            + self.changes.as_ref().map_or(0, |changes| changes.bytes())
    }

    /// When the key had data that had none for longest.
    pub fn oldest(&self) -> Option<Time> {
        let (keys, ages) = (&*self.kept.keys, self.ages.as_ref()?);
        let live = (0..keys.numbers() as Number).filter(|number| keys.is_live(*number));
        live.map(|number| ages.time(number)).min()
    }

    /// Keys that were there before the first batch count as data of this one, also if a checkpoint was made before it came.
    pub fn begin_times(&mut self, time: Time) {
        if self.ages.as_mut().is_some_and(|ages| ages.begin(time))
            && let Some(changes) = &mut self.changes
        {
            changes.set_all();
        }
    }

    /// From now on the times of the keys are kept. Those that are there had data at `time`.
    pub fn keep_times(&mut self, time: Time) {
        let mut ages = Ages::default();
        (0..self.kept.keys.numbers() as Number).for_each(|number| ages.insert(number, time));
        self.ages = Some(ages);
    }
}

impl<K: StateRecord, S: Record> Shard<K, S> {
    /// Loads a state that is there before the first batch. The first one of a key counts.
    pub fn load(&mut self, hash: u64, key: K, state: S) {
        if self.kept.keys.find(hash, &key).is_none() {
            let number = self.kept.insert(hash, key, state);
            if let Some(ages) = &mut self.ages {
                ages.insert(number, Time::ZERO);
            }
        }
    }

    /// Writes what the batch has made to the committed contents.
    pub fn commit(&mut self, time: Time) {
        self.note_touched();
        if self.pending.is_replaced {
            self.replace_states();
        }
        self.store_touched(time);
        self.note_removed();
        self.remove_all();
        // Before a number is given out again, so that a new key is queued anew.
        if let Some(ages) = &mut self.ages {
            ages.settle(|number| self.kept.keys.is_live(number));
        }
        self.insert_added(time);
        self.pending.clear();
        if self.kept.keys.is_sparse::<S>() {
            self.compact();
        }
    }

    /// Notes for the next checkpoint which states are set.
    fn note_touched(&mut self) {
        let Some(changes) = &mut self.changes else { return };
        if self.pending.is_replaced {
            changes.set_all();
        }
        let known = self.kept.keys.numbers() as Number;
        self.pending
            .touched
            .touches
            .iter()
            .filter(|touch| touch.number < known)
            .for_each(|touch| changes.set(touch.number));
    }

    fn note_removed(&mut self) {
        if let Some(changes) = &mut self.changes {
            changes.remove(&self.pending.removed, &self.kept.keys);
        }
    }

    /// The new states take the place of the old ones, whose memory is that of the next new ones.
    fn replace_states(&mut self) {
        match Arc::get_mut(&mut self.kept.states) {
            Some(states) => std::mem::swap(states, &mut self.pending.next),
            None => self.kept.states = Arc::new(std::mem::take(&mut self.pending.next)),
        }
    }

    /// Writes the states of known keys that had records; those without one join the keys that go.
    fn store_touched(&mut self, time: Time) {
        let Pending { touched, removed, .. } = &mut self.pending;
        if touched.touches.is_empty() {
            return;
        }
        let known = self.kept.keys.numbers() as Number;
        // A loop for each column, so that the waits for its memory overlap.
        if let Some(ages) = &mut self.ages {
            for touch in touched.touches.iter().filter(|touch| touch.number < known) {
                ages.refresh(touch.number, time);
            }
        }
        let states = Arc::make_mut(&mut self.kept.states);
        touched.touches.iter().for_each(|touch| prefetch(states, touch.number as usize));
        for touch in touched.touches.iter_mut().filter(|touch| touch.number < known) {
            match touch.state.as_mut() {
                Some(state) => std::mem::swap(&mut states[touch.number as usize], state),
                None => removed.push(touch.number),
            }
        }
    }

    fn remove_all(&mut self) {
        if !self.pending.removed.is_empty() {
            let keys = Arc::make_mut(&mut self.kept.keys);
            self.pending.removed.drain(..).for_each(|number| keys.remove(number));
        }
    }

    /// Adds the new keys that have a state. The touches that are left in `touched` with one are theirs, in their order.
    fn insert_added(&mut self, time: Time) {
        let Pending { touched, added, added_states, is_replaced, .. } = &mut self.pending;
        let known = self.kept.keys.numbers() as Number;
        let mut add = |(hash, key), state| {
            let number = self.kept.insert(hash, key, state);
            if let Some(ages) = &mut self.ages {
                ages.insert(number, time);
            }
            if let Some(changes) = &mut self.changes {
                changes.set(number);
            }
        };
        if *is_replaced {
            for (key, state) in added.drain(..).zip(added_states.drain(..)) {
                if let Some(state) = state {
                    add(key, state);
                }
            }
            return;
        }
        let new = touched.touches.drain(..).filter(|touch| touch.number >= known);
        for (key, touch) in added.drain(..).zip(new) {
            if let Some(state) = touch.state.into_value() {
                add(key, state);
            }
        }
    }

    /// Gives memory back after most keys have left.
    #[cold]
    fn compact(&mut self) {
        let old = Arc::make_mut(&mut self.kept.keys).compact();
        let states = Arc::make_mut(&mut self.kept.states);
        for (new, old) in old.iter().enumerate() {
            states.swap(new, *old as usize);
        }
        states.truncate(old.len());
        states.shrink_to_fit();
        if let Some(ages) = &mut self.ages {
            ages.renumber(&old);
        }
        if let Some(changes) = &mut self.changes {
            changes.renumber(&old);
        }
        self.pending = Pending::default();
    }
}
