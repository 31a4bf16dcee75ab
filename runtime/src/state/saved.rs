//! A state on its way to a checkpoint and back.
//!
//! A piece is a shard, or what changed in it: keys that left, then keys with their states and, where there is a timeout, the
//! times of their last data. Pieces are read in the order in which they were written; the later one counts.

use std::sync::Arc;

use super::shard::{Kept, Shard};
use super::timeouts::Ages;
use super::{KeyedState, StateRecord};
use crate::bits::Bits;
use crate::checkpoint::{Piece, PieceKind};
use crate::key_hash::hash_of;
use crate::key_table::{KeyTable, Number};
use crate::record::Record;
use crate::saved::{Captured, END, Saved, encoded, end_of_piece, load_value};
use crate::stage::Workers;
use crate::stored::{Malformed, Stored, load_length, store_length};
use crate::table::{SHARDS, shard_of};
use crate::time::Time;

/// What changed in a shard since the last capture.
pub(super) struct Changes<K> {
    /// The numbers of keys that were added, or whose state was set.
    set: Bits,
    /// Keys that left. They may have come again.
    removed: Vec<K>,
    /// Every state was set.
    all: bool,
}

impl<K> Default for Changes<K> {
    fn default() -> Self {
        Changes { set: Bits::default(), removed: Vec::new(), all: false }
    }
}

impl<K> Changes<K> {
    #[inline]
    pub fn set(&mut self, number: Number) {
        self.set.set(number);
    }

    /// Notes keys that leave a shard of so many.
    pub fn remove(&mut self, leaving: &[Number], keys: &KeyTable<K>)
    where
        K: Clone,
    {
        leaving.iter().for_each(|number| self.set.clear(*number));
        if !self.all {
            self.removed.extend(leaving.iter().map(|number| keys.key(*number).clone()));
        }
        // So many changes are not worth it: everything is written, however long it is until then.
        if self.removed.len() > keys.numbers() {
            (self.all, self.removed) = (true, Vec::new());
        }
    }

    pub fn set_all(&mut self) {
        self.all = true;
    }

    /// The keys have new numbers; `old` has the old one of each.
    pub fn renumber(&mut self, old: &[Number]) {
        let numbers = (0..).zip(old);
        self.set = numbers.filter(|(_, old)| self.set.has(**old)).map(|(new, _)| new).collect();
    }

    /// How many keys there are to write.
    fn len(&self) -> usize {
        self.removed.len() + self.set.len()
    }

    pub fn bytes(&self) -> usize {
        self.set.bytes() + self.removed.capacity() * size_of::<K>()
    }
}

impl<K: StateRecord, S: Record> KeyedState<K, S> {
    /// From now on the changes between two captures are noted.
    pub fn track(&mut self) {
        self.shards.iter_mut().for_each(|shard| shard.changes = Some(Box::default()));
    }

    /// What a checkpoint is to write: all keys, or those that changed since the last capture if these are few.
    ///
    /// All keys are written behind the back of the pipeline, which copies a shard only if it changes it meanwhile. Changes are
    /// encoded here, in time proportional to their number.
    pub fn capture(&mut self, everything: bool, workers: &Workers) -> Captured {
        let changed: usize = self.shards.iter().map(Shard::changed).sum();
        // Even if no key is left: then that is what has changed.
        let all = self.shards.iter().filter_map(|shard| shard.changes.as_ref()).any(|changes| changes.all);
        let pieces = if everything || all || changed.saturating_mul(4) > self.len() {
            self.shards.iter_mut().enumerate().map(|(number, shard)| shard.capture_all(number)).collect()
        } else {
            let shards = self.shards.iter_mut().enumerate().filter(|(_, shard)| shard.changed() > 0).collect();
            workers.map(shards, changed, |(number, shard)| shard.capture_changes(number))
        };
        Captured { entries: self.len() as u64, cutoff: None, pieces }
    }

    /// Brings back what an earlier run of the program has captured, in place of what there is.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn restore(&mut self, saved: &Saved<'_>, workers: &Workers) -> crate::Result<()> {
        for shard in &mut self.shards {
            let ages = shard.ages.take().map(|_| Ages::default());
            *shard = Shard { ages, changes: shard.changes.take(), ..Shard::default() };
        }
        saved.read(SHARDS, &mut |count, lanes| {
            let mut tasks = Vec::with_capacity(SHARDS);
            for (number, (shard, pieces)) in self.shards.iter_mut().zip(lanes).enumerate() {
                if !pieces.is_empty() {
                    tasks.push((number, shard, pieces));
                }
            }
            let loaded = workers.map(tasks, count, |(number, shard, pieces)| {
                let mut strays = Vec::new();
                for piece in pieces {
                    shard.load_piece(number, &mut piece.bytes(), saved, &mut strays)?;
                }
                Ok(strays)
            });
            let strays = loaded.into_iter().collect::<Result<Vec<_>, Malformed>>()?;
            self.take_in(strays.into_iter().flatten().collect());
            Ok(())
        })?;
        self.committed = Some(saved.time);
        Ok(())
    }

    /// Puts entries where they belong that a build has written which spread keys in another way. Everything is written anew next
    /// time: beside a later entry of a key in its right shard, the one in the wrong shard could not be told to be older.
    fn take_in(&mut self, strays: Vec<Loaded<K, S>>) {
        if !strays.is_empty() {
            self.shards.iter_mut().filter_map(|shard| shard.changes.as_mut()).for_each(|changes| changes.set_all());
        }
        for stray in strays {
            let hash = hash_of(&stray.key);
            self.shards[shard_of(hash)].open().put(hash, stray);
        }
    }
}

/// An entry of a piece.
struct Loaded<K, S> {
    key: K,
    /// `None` if the key left.
    state: Option<S>,
    time: Time,
}

impl<K: StateRecord, S: Record> Shard<K, S> {
    fn changed(&self) -> usize {
        self.changes.as_ref().map_or(0, |changes| changes.len())
    }

    fn capture_all(&mut self, number: usize) -> Piece {
        if let Some(changes) = &mut self.changes {
            **changes = Changes::default();
        }
        let (kept, times) = (self.kept.clone(), self.ages.as_ref().map(Ages::times));
        let write = move |out: &mut Vec<u8>| {
            let Kept { keys, states } = &kept;
            begin(number, &[] as &[K], times.is_some(), keys.len(), out);
            for number in keys.live_runs(0..keys.numbers()).flatten() {
                let time = times.as_ref().map(|times| times[number]);
                store(&keys.keys()[number], &states[number], time, out);
            }
            out.push(END);
        };
        Piece { kind: PieceKind::Full, write: Box::new(write) }
    }

    fn capture_changes(&mut self, number: usize) -> Piece {
        let changes = self.changes.as_deref_mut().map(std::mem::take).unwrap_or_default();
        let (keys, states): (&KeyTable<K>, &[S]) = (&self.kept.keys, &self.kept.states);
        let mut bytes = Vec::with_capacity(changes.len() * (size_of::<K>() + size_of::<S>() + 8) + 16);
        let entries = changes.len() - changes.removed.len();
        begin(number, &changes.removed, self.ages.is_some(), entries, &mut bytes);
        for number in changes.set.iter() {
            let time = self.ages.as_ref().map(|ages| ages.time(number));
            store(keys.key(number), &states[number as usize], time, &mut bytes);
        }
        bytes.push(END);
        encoded(PieceKind::Delta, bytes)
    }

    fn load_piece(
        &mut self,
        number: usize,
        from: &mut &[u8],
        saved: &Saved<'_>,
        strays: &mut Vec<Loaded<K, S>>,
    ) -> Result<(), Malformed> {
        let mut shard = self.open();
        let mut take = |shard: &mut Open<'_, K, S>, entry: Loaded<K, S>| {
            let hash = hash_of(&entry.key);
            if shard_of(hash) == number { shard.put(hash, entry) } else { strays.push(entry) }
        };
        for _ in 0..load_length(from)? {
            let key = K::load(from)?;
            take(&mut shard, Loaded { key, state: None, time: saved.time });
        }
        let has_times = bool::load(from)?;
        let entries = load_length(from)?;
        if shard.states.is_empty() {
            shard.reserve(entries);
        }
        for _ in 0..entries {
            let key = K::load(from)?;
            let state = load_value(from, saved.migrate)?;
            let time = if has_times { Time::load(from)? } else { saved.time };
            take(&mut shard, Loaded { key, state: Some(state), time });
        }
        // The timeout is new. It must not begin anew with the next start, so the times are written once.
        if let (false, Some(_), Some(changes)) = (has_times, &self.ages, &mut self.changes) {
            changes.set_all();
        }
        end_of_piece(from)
    }

    fn open(&mut self) -> Open<'_, K, S> {
        let Kept { keys, states } = &mut self.kept;
        Open { keys: Arc::make_mut(keys), states: Arc::make_mut(states), ages: self.ages.as_mut() }
    }
}

/// A shard that is being loaded: it is looked only once whether a view holds it.
struct Open<'a, K, S> {
    keys: &'a mut KeyTable<K>,
    states: &'a mut Vec<S>,
    ages: Option<&'a mut Ages>,
}

impl<K: StateRecord, S: Record> Open<'_, K, S> {
    /// Makes room for so many keys.
    fn reserve(&mut self, entries: usize) {
        self.keys.reserve(entries);
        self.states.reserve(entries);
    }

    fn put(&mut self, hash: u64, Loaded { key, state, time }: Loaded<K, S>) {
        let Some(state) = state else {
            if let Some(number) = self.keys.find(hash, &key) {
                self.keys.remove(number);
            }
            return;
        };
        let (number, is_new) = self.keys.find_or_insert(hash, key);
        match self.states.get_mut(number as usize) {
            Some(place) => *place = state,
            None => self.states.push(state),
        }
        match &mut self.ages {
            Some(ages) if is_new => ages.insert(number, time),
            Some(ages) => ages.refresh(number, time),
            None => {}
        }
    }
}

fn begin<K: Stored>(shard: usize, removed: &[K], has_times: bool, entries: usize, out: &mut Vec<u8>) {
    out.push(shard as u8);
    store_length(removed.len(), out);
    removed.iter().for_each(|key| key.store(out));
    has_times.store(out);
    store_length(entries, out);
}

#[inline]
fn store<K: Stored, S: Stored>(key: &K, state: &S, time: Option<Time>, out: &mut Vec<u8>) {
    key.store(out);
    state.store(out);
    if let Some(time) = time {
        time.store(out);
    }
}
