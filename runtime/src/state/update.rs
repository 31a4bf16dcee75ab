//! `update_state_by_key`: one pass over all keys, in the order of their numbers, and then over those that are new.

use super::contents::Contents;
use super::map::Runs;
use super::shard::{Pending, Shard};
use super::{KeyedState, StateRecord};
use crate::key_table::Number;
use crate::ops::shuffle::Side;
use crate::record::{Keep, Record, StateKey};
use crate::stage::Workers;
use crate::time::Time;

impl<K: StateRecord, S: Record> KeyedState<K, S> {
    /// Calls `f` once for each known key, with its values of this batch if it has any, and for each key of the batch that is
    /// new. What `f` returns is the key's new state; a key without one is removed. Gives the contents as they will be when the
    /// batch is committed.
    ///
    /// The new states are built beside the old ones, so a state is cloned once a batch.
    pub fn update<'s, Q, V, F>(
        &'s mut self,
        workers: &Workers,
        time: Time,
        side: Side<Q, V>,
        f: F,
    ) -> Contents<'s, K, S>
    where
        Q: StateKey<Owned = K>,
        V: Send,
        F: Fn(Time, K::View<'s>, &[V], Option<S>) -> Option<S> + Sync,
    {
        self.begin(time);
        let (mut tasks, mut total) = (Vec::with_capacity(self.shards.len()), self.len());
        for (shard, runs) in self.shards.iter_mut().zip(side.shards) {
            let records = runs.iter().map(Vec::len).sum::<usize>();
            total += records;
            tasks.push((shard, runs, records));
        }
        let shards = workers.map(tasks, total, |(shard, runs, records)| {
            let values = group(shard, runs, records);
            call(shard, time, &values, &f)
        });
        Contents { shards }
    }
}

/// The values of a batch by key: first those of the known keys by their numbers, then those of the new keys.
struct Values<V> {
    /// Where the values of each key end; empty if there are no values at all.
    ends: Vec<u32>,
    values: Vec<V>,
}

impl<V> Values<V> {
    #[inline(always)]
    fn of(&self, key: usize) -> &[V] {
        match self.ends.get(key) {
            None => &[],
            Some(end) => &self.values[key.checked_sub(1).map_or(0, |before| self.ends[before] as usize)..*end as usize],
        }
    }
}

/// Brings the values of each key together, in the order of their records, and notes the keys that are new: a counting sort, so
/// that nothing is allocated for a key.
fn group<K: StateRecord, S: Record, Q: StateKey<Owned = K>, V>(
    shard: &mut Shard<K, S>,
    runs: Runs<Q, V>,
    records: usize,
) -> Values<V> {
    if records == 0 {
        return Values { ends: Vec::new(), values: Vec::new() };
    }
    find_keys(shard, &runs, records);
    let Pending { positions, added, .. } = &shard.pending;
    let mut ends = vec![0u32; shard.kept.keys.numbers() + added.len()];
    positions.iter().for_each(|key| ends[*key as usize] += 1);
    let mut start = 0;
    for end in &mut ends {
        // For now where the next value of the key belongs; in the end that is where its values end.
        start += std::mem::replace(end, start);
    }
    let mut sorted: Vec<Option<V>> = Vec::with_capacity(records);
    sorted.resize_with(records, || None);
    for ((_, _, value), key) in runs.into_iter().flatten().zip(positions) {
        let place = &mut ends[*key as usize];
        sorted[*place as usize] = Some(value);
        *place += 1;
    }
    Values { ends, values: sorted.into_iter().flatten().collect() }
}

/// For each record the number of its key; those of new keys go on behind the others.
fn find_keys<K: StateRecord, S: Record, Q: StateKey<Owned = K>, V>(
    shard: &mut Shard<K, S>,
    runs: &Runs<Q, V>,
    records: usize,
) {
    let keys = &*shard.kept.keys;
    let Pending { touched, positions, added, .. } = &mut shard.pending;
    touched.begin(records);
    positions.reserve(records);
    let first_new = keys.numbers() as Number;
    for (hash, key, _) in runs.iter().flatten() {
        positions.push(match keys.find(*hash, key) {
            Some(number) => number,
            None => {
                let number = first_new + added.len() as Number;
                let is = |other: Number| key.is(&added[(other - first_new) as usize].1);
                let (position, is_new) = touched.find_or_insert(*hash, is, number);
                if is_new {
                    added.push((*hash, key.view().keep()));
                }
                first_new + position
            }
        });
    }
    touched.touches.clear();
}

/// Calls `f` for all keys.
fn call<'s, K: StateRecord, S: Record, V>(
    shard: &'s mut Shard<K, S>,
    time: Time,
    values: &Values<V>,
    f: &impl Fn(Time, K::View<'s>, &[V], Option<S>) -> Option<S>,
) -> &'s Shard<K, S> {
    let (keys, states) = (&*shard.kept.keys, &*shard.kept.states);
    let (added, next) = (&shard.pending.added, &mut shard.pending.next);
    let (added_states, removed) = (&mut shard.pending.added_states, &mut shard.pending.removed);
    next.reserve(states.len());
    for (number, state) in states.iter().enumerate() {
        let mut after = None;
        if keys.is_live(number as Number) {
            after = f(time, keys.key(number as Number).view(), values.of(number), Some(state.clone()));
            if after.is_none() {
                removed.push(number as Number);
            }
        }
        // Each number has some state, also when its key goes or is not there.
        next.push(after.unwrap_or_else(|| state.clone()));
    }
    for (position, (_, key)) in added.iter().enumerate() {
        added_states.push(f(time, key.view(), values.of(keys.numbers() + position), None));
    }
    shard.pending.is_replaced = true;
    shard
}
