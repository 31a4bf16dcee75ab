//! `map_with_state`: one call a record, and one for each key whose timeout is due. Costs what the batch touches.

use super::contents::Contents;
use super::key_state::State;
use super::shard::{Pending, Shard};
use super::{KeyedState, StateRecord};
use crate::dataset::Rows;
use crate::key_hash::hash_of;
use crate::key_table::{MANY, MISSING, Number};
use crate::ops::exchange::Side;
use crate::prefetch::prefetch;
use crate::record::{Keep, Record, StateKey};
use crate::stage::Workers;
use crate::table::Entry;
use crate::time::Time;

/// The pairs of one shard.
pub(super) type Runs<Q, V> = Vec<Vec<Entry<Q, V>>>;

impl<K: StateRecord, S: Record> KeyedState<K, S> {
    /// Calls `f` for each record, in order, and then for each key that had no data for longer than the timeout, which goes
    /// afterwards. Gives what `f` returned, a partition a shard, and the contents as they will be when the batch is committed.
    ///
    /// A state is cloned once for each batch in which its key has records. The key that `f` sees is the state's own.
    pub fn map<'s, Q, V, E, F>(
        &'s mut self,
        workers: &Workers,
        time: Time,
        side: Side<Q, V>,
        f: F,
    ) -> (Rows<E>, Contents<'s, K, S>)
    where
        Q: StateKey<Owned = K>,
        V: Send,
        E: Send,
        F: Fn(Time, K::View<'s>, Option<V>, &mut State<S>) -> E + Sync,
    {
        self.begin(time);
        let (idle_since, is_first) = (self.idle_since(time), !self.has_begun);
        let (mut tasks, mut records) = (Vec::with_capacity(self.shards.len()), 0);
        for (shard, runs) in self.shards.iter_mut().zip(side.shards) {
            let length = runs.iter().map(Vec::len).sum();
            records += length;
            tasks.push((shard, runs, length));
        }
        let done = workers.map(tasks, records, |(shard, runs, records)| {
            if is_first {
                shard.begin_times(time);
            }
            look_up(shard, &runs, records);
            find_due(shard, idle_since);
            call(shard, runs, records, time, &f)
        });
        let (mut partitions, mut shards) = (Vec::with_capacity(done.len()), Vec::with_capacity(done.len()));
        for (rows, shard) in done {
            partitions.push(rows);
            shards.push(shard);
        }
        (Rows::separate(partitions), Contents { shards })
    }
}

/// Finds the keys of all records, and notes those that are new.
///
/// Several keys are looked up, and their states cloned, before the first of them is needed: a state larger than the near caches
/// costs waits for memory, and these overlap.
fn look_up<K: StateRecord, S: Record, Q: StateKey<Owned = K>, V>(
    shard: &mut Shard<K, S>,
    runs: &Runs<Q, V>,
    records: usize,
) {
    let (keys, states) = (&*shard.kept.keys, &*shard.kept.states);
    let Pending { touched, positions, added, .. } = &mut shard.pending;
    touched.begin(records);
    positions.reserve(records);
    let first_new = keys.numbers() as Number;
    let mut numbers = [0; MANY];
    for records in runs.iter().flat_map(|run| run.chunks(MANY)) {
        let new = touched.touches.len();
        if keys.find_many(records, &mut numbers, |number| prefetch(states, number)) {
            let known = numbers.iter().zip(records);
            positions.extend(known.map(|(number, entry)| touched.of_known(entry.hash, *number)));
        } else {
            positions.extend(numbers.iter().zip(records).map(|(number, Entry { hash, key, .. })| {
                if *number != MISSING {
                    return touched.of_known(*hash, *number);
                }
                let number = first_new + added.len() as Number;
                let is = |other: Number| other >= first_new && key.is(&added[(other - first_new) as usize].1);
                let (position, is_new) = touched.find_or_insert(*hash, is, number);
                if is_new {
                    added.push((*hash, key.view().keep()));
                }
                position
            }));
        }
        for touch in &mut touched.touches[new..] {
            if touch.number < first_new {
                touch.state = State::new(Some(states[touch.number as usize].clone()));
            }
        }
    }
}

/// Notes the keys whose last data is older than `idle_since`.
fn find_due<K: StateRecord, S>(shard: &mut Shard<K, S>, idle_since: Time) {
    let Shard { kept, ages: Some(ages), pending, .. } = shard else { return };
    ages.advance(idle_since);
    for number in ages.due() {
        let is_due = kept.keys.is_live(*number) && ages.time(*number) < idle_since;
        if is_due && !pending.touched.contains(hash_of(kept.keys.key(*number)), *number) {
            pending.removed.push(*number);
        }
    }
}

/// Calls `f` for the records, and then for the keys that time out.
fn call<'s, K: StateRecord, S: Record, Q, V, E>(
    shard: &'s mut Shard<K, S>,
    runs: Runs<Q, V>,
    records: usize,
    time: Time,
    f: &impl Fn(Time, K::View<'s>, Option<V>, &mut State<S>) -> E,
) -> (Vec<E>, &'s Shard<K, S>) {
    let (keys, added, removed) = (&*shard.kept.keys, &shard.pending.added, &shard.pending.removed);
    let (touches, first_new) = (&mut shard.pending.touched.touches, keys.numbers());
    let mut rows = Vec::with_capacity(records + removed.len());
    let mut positions = shard.pending.positions.iter();
    for run in runs {
        rows.extend(run.into_iter().zip(positions.by_ref()).map(|(Entry { value, .. }, position)| {
            let touch = &mut touches[*position as usize];
            let key = match (touch.number as usize).checked_sub(first_new) {
                None => keys.key(touch.number),
                Some(new) => &added[new].1,
            };
            touch.state.begin();
            f(time, key.view(), Some(value), &mut touch.state)
        }));
    }
    for number in removed {
        let mut state = State::timing_out(shard.kept.states[*number as usize].clone());
        rows.push(f(time, keys.key(*number).view(), None, &mut state));
    }
    (rows, shard)
}
