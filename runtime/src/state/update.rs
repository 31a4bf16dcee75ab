//! `update_state_by_key`: one pass over all keys, in the order of their numbers, and then over those that are new.

use std::ops::Range;

use super::contents::Contents;
use super::map::Runs;
use super::shard::{Pending, Shard};
use super::{KeyedState, StateRecord};
use crate::bits::{Bits, Ranks};
use crate::key_table::{KeyTable, MANY, MISSING, Number};
use crate::ops::exchange::Side;
use crate::record::{Keep, Record, StateKey};
use crate::stage::Workers;
use crate::table::Entry;
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

/// The values of a batch by key, in the order of the keys' numbers. Those of new keys go on behind the known ones.
struct Values<V> {
    /// The numbers of the keys that have values.
    keys: Bits,
    /// Where the values of each key end, of those that have any.
    ends: Vec<u32>,
    values: Vec<V>,
}

impl<V> Values<V> {
    /// The keys that have values, with these, in order.
    fn iter(&self) -> impl Iterator<Item = (usize, &[V])> {
        let mut start = 0;
        self.keys.iter().zip(&self.ends).map(move |(number, end)| {
            let values = &self.values[start..*end as usize];
            start = *end as usize;
            (number as usize, values)
        })
    }
}

/// Brings the values of each key together, in the order of their records, and notes the keys that are new: a counting sort, so
/// that nothing is allocated for a key, and keys without values cost a bit each.
fn group<K: StateRecord, S: Record, Q: StateKey<Owned = K>, V>(
    shard: &mut Shard<K, S>,
    runs: Runs<Q, V>,
    records: usize,
) -> Values<V> {
    if records == 0 {
        return Values { keys: Bits::default(), ends: Vec::new(), values: Vec::new() };
    }
    find_keys(shard, &runs, records);
    let Pending { positions, added, .. } = &shard.pending;
    let ranks = Ranks::new(positions, shard.kept.keys.numbers() + added.len());
    let mut ends = vec![0u32; ranks.len()];
    positions.iter().for_each(|key| ends[ranks.of(*key)] += 1);
    let mut start = 0;
    for end in &mut ends {
        // For now where the next value of the key belongs; in the end that is where its values end.
        start += std::mem::replace(end, start);
    }
    let mut sorted: Vec<Option<V>> = Vec::with_capacity(records);
    sorted.resize_with(records, || None);
    for (Entry { value, .. }, key) in runs.into_iter().flatten().zip(positions) {
        let place = &mut ends[ranks.of(*key)];
        sorted[*place as usize] = Some(value);
        *place += 1;
    }
    Values { keys: ranks.into_set(), ends, values: sorted.into_iter().flatten().collect() }
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
    let mut numbers = [0; MANY];
    for records in runs.iter().flat_map(|run| run.chunks(MANY)) {
        if keys.find_many(records, &mut numbers, |_| ()) {
            positions.extend(&numbers[..records.len()]);
            continue;
        }
        positions.extend(numbers.iter().zip(records).map(|(number, Entry { hash, key, .. })| {
            if *number != MISSING {
                return *number;
            }
            let is = |other: Number| key.is(&added[(other - first_new) as usize].1);
            let (position, is_new) = touched.find_or_insert(*hash, is, first_new + added.len() as Number);
            if is_new {
                added.push((*hash, key.view().keep()));
            }
            first_new + position
        }));
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
    shard.pending.is_replaced = true;
    let (keys, states, added) = (&*shard.kept.keys, &*shard.kept.states, &shard.pending.added);
    let (added_states, next, removed) =
        (&mut shard.pending.added_states, &mut shard.pending.next, &mut shard.pending.removed);
    let known = keys.numbers();
    next.reserve(known);
    let f = |key: &'s K, values: &[V], state| f(time, key.view(), values, state);
    let mut known_keys = Known { keys, states, next, removed };
    let (mut from, mut new) = (0, 0);
    for (number, values) in values.iter() {
        if number < known {
            known_keys.call_without_values(from..number, &f);
            known_keys.call(number..number + 1, values, &f);
            from = number + 1;
        } else {
            known_keys.call_without_values(from..known, &f);
            from = known;
            added_states.push(f(&added[new].1, values, None));
            new += 1;
        }
    }
    known_keys.call_without_values(from..known, &f);
    shard
}

/// The known keys, and what their states become.
struct Known<'s, 'p, K, S> {
    keys: &'s KeyTable<K>,
    states: &'s [S],
    next: &'p mut Vec<S>,
    removed: &'p mut Vec<Number>,
}

impl<'s, K, S: Record> Known<'s, '_, K, S> {
    /// Calls `f` for those of these keys that are there, none of which has values.
    #[inline]
    fn call_without_values<V>(&mut self, numbers: Range<usize>, f: &impl Fn(&'s K, &[V], Option<S>) -> Option<S>) {
        if self.keys.is_dense() {
            return self.call(numbers, &[], f);
        }
        let mut from = numbers.start;
        for run in self.keys.live_runs(numbers.clone()) {
            // Each number has some state, also when its key is not there.
            self.next.extend_from_slice(&self.states[from..run.start]);
            from = run.end;
            self.call(run, &[], f);
        }
        self.next.extend_from_slice(&self.states[from..numbers.end]);
    }

    /// Calls `f` for these keys, which are there.
    ///
    /// Inlined, so that the loop over keys without values is compiled for that, and in vectors where `f` can be.
    #[inline(always)]
    fn call<V>(&mut self, numbers: Range<usize>, values: &[V], f: &impl Fn(&'s K, &[V], Option<S>) -> Option<S>) {
        let Known { keys, states, next, removed } = self;
        let numbered = numbers.clone().zip(&keys.keys()[numbers.clone()]).zip(&states[numbers]);
        next.extend(numbered.map(|((number, key), state)| {
            let after = f(key, values, Some(state.clone()));
            after.unwrap_or_else(|| {
                removed.push(number as Number);
                state.clone()
            })
        }));
    }
}
