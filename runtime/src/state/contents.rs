//! The whole state as a batch's stream: what `update_state_by_key` gives, and the snapshots of `map_with_state`.

use std::ops::Range;
use std::sync::OnceLock;

use super::StateRecord;
use super::shard::Shard;
use crate::dataset::Dataset;
use crate::key_table::{KeyTable, Number};
use crate::record::{Keep, Record};
use crate::table::SHARDS;

/// The contents of a state as the running batch leaves them; without one, as they are.
pub struct Contents<'s, K, S> {
    pub(super) shards: Vec<&'s Shard<K, S>>,
}

impl<'s, K: StateRecord, S: Record> Contents<'s, K, S> {
    /// All keys with their states.
    pub fn pairs(&self) -> StatePairs<'s, K, S> {
        let mut shards = Vec::with_capacity(self.shards.len());
        for shard in &self.shards {
            shards.push(ShardPairs { shard, changes: OnceLock::new() });
        }
        StatePairs { shards }
    }
}

/// The keys of a state with their states, as a dataset. A shard is a partition; in it the keys come in the order of their
/// numbers, and then those that are new in the batch.
pub struct StatePairs<'s, K, S> {
    shards: Vec<ShardPairs<'s, K, S>>,
}

struct ShardPairs<'s, K, S> {
    shard: &'s Shard<K, S>,
    /// Found where it is read, because mostly nobody reads it. Costs a sort of the keys that the batch has touched.
    changes: OnceLock<Changes<'s, K, S>>,
}

/// What the running batch makes of a shard.
struct Changes<'s, K, S> {
    /// The known keys whose state is not the one in `states`, by number. `None` for those that go.
    changed: Vec<(Number, Option<&'s S>)>,
    added: Vec<(&'s K, &'s S)>,
}

impl<'s, K, S> Changes<'s, K, S> {
    fn of(shard: &'s Shard<K, S>) -> Self {
        let (keys, pending) = (&*shard.kept.keys, &shard.pending);
        let mut changed = Vec::with_capacity(pending.removed.len() + pending.touched.touches.len());
        for number in &pending.removed {
            changed.push((*number, None));
        }
        let mut added = Vec::with_capacity(pending.added.len());
        for ((_, key), state) in pending.added.iter().zip(&pending.added_states) {
            added.extend(state.as_ref().map(|state| (key, state)));
        }
        for touch in &pending.touched.touches {
            match ((touch.number as usize).checked_sub(keys.numbers()), touch.state.get_option()) {
                (None, state) => changed.push((touch.number, state)),
                (Some(new), Some(state)) => added.push((&pending.added[new].1, state)),
                (Some(_), None) => {}
            }
        }
        changed.sort_unstable_by_key(|(number, _)| *number);
        Changes { changed, added }
    }
}

impl<'s, K, S> ShardPairs<'s, K, S> {
    fn changes(&self) -> &Changes<'s, K, S> {
        self.changes.get_or_init(|| Changes::of(self.shard))
    }

    /// The states of the known keys, but for those that are changed.
    fn states(&self) -> &'s [S] {
        let shard = self.shard;
        if shard.pending.is_replaced { &shard.pending.next } else { &shard.kept.states }
    }

    fn range(&self, range: Range<usize>) -> StateViews<'_, K, S> {
        let (states, changes) = (self.states(), self.changes());
        let known = states.len();
        let numbers = range.start.min(known)..range.end.min(known);
        let changed = changes.changed.partition_point(|(number, _)| (*number as usize) < numbers.start);
        let added = range.start.max(known) - known..range.end.max(known) - known;
        StateViews {
            keys: &self.shard.kept.keys,
            states,
            numbers,
            changed: &changes.changed[changed..],
            added: changes.added[added].iter(),
        }
    }
}

/// Some keys of a state with their states.
pub struct StateViews<'a, K, S> {
    keys: &'a KeyTable<K>,
    states: &'a [S],
    numbers: Range<usize>,
    changed: &'a [(Number, Option<&'a S>)],
    added: std::slice::Iter<'a, (&'a K, &'a S)>,
}

impl<'a, K: Keep, S: Keep> StateViews<'a, K, S> {
    /// What is at the next number; the outer `None` is the end of the numbers.
    #[inline(always)]
    fn next_number(&mut self) -> Option<Option<(K::View<'a>, S::View<'a>)>> {
        let index = self.numbers.next()?;
        let (number, mut state) = (index as Number, Some(&self.states[index]));
        match self.changed.split_first() {
            Some(((changed, after), others)) if *changed == number => {
                (state, self.changed) = (*after, others);
            }
            _ if !self.keys.is_live(number) => state = None,
            _ => {}
        }
        Some(state.map(|state| (self.keys.key(number).view(), state.view())))
    }
}

impl<'a, K: Keep, S: Keep> Iterator for StateViews<'a, K, S> {
    type Item = (K::View<'a>, S::View<'a>);

    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        while let Some(pair) = self.next_number() {
            if pair.is_some() {
                return pair;
            }
        }
        self.added.next().map(|(key, state)| (key.view(), state.view()))
    }
    #[inline(always)]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.added.len(), Some(self.numbers.len() + self.added.len()))
    }
    #[inline(always)]
    fn fold<B, F: FnMut(B, Self::Item) -> B>(mut self, init: B, mut f: F) -> B {
        let mut acc = init;
        while !self.changed.is_empty() {
            match self.next_number() {
                Some(Some(pair)) => acc = f(acc, pair),
                Some(None) => {}
                None => break,
            }
        }
        for run in self.keys.live_runs(self.numbers) {
            for (key, state) in self.keys.keys()[run.clone()].iter().zip(&self.states[run]) {
                acc = f(acc, (key.view(), state.view()));
            }
        }
        for (key, state) in self.added {
            acc = f(acc, (key.view(), state.view()));
        }
        acc
    }
}

impl<K: Record, S: Record> Dataset for StatePairs<'_, K, S> {
    type Item<'a>
        = (K::View<'a>, S::View<'a>)
    where
        Self: 'a;
    type Views<'a>
        = StateViews<'a, K, S>
    where
        Self: 'a;

    fn partitions(&self) -> usize {
        SHARDS
    }
    fn weight(&self, partition: usize) -> usize {
        let shard = &self.shards[partition];
        shard.states().len() + shard.changes().added.len()
    }
    #[inline]
    fn views(&self, partition: usize, range: Range<usize>) -> StateViews<'_, K, S> {
        self.shards[partition].range(range)
    }
}
