//! Both operators beside a standard map, over random batches, with 1 to 8 workers, failures and views.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicI64, Ordering};

use super::*;
use crate::dataset::{Dataset, Rows};
use crate::key_hash::hash_of;
use crate::ops::exchange::{Exchanged, Side, exchange};
use crate::record::Keep;
use crate::stage::Gather;

type Records = Vec<(String, u64)>;
type Model = BTreeMap<String, (u64, Time)>;

const SECOND: Duration = Duration::from_secs(1);

/// The same numbers in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }

    fn records(&mut self, keys: u64) -> Records {
        let length = if self.below(6) == 0 { 0 } else { self.below(120) };
        (0..length).map(|_| (self.key(keys), self.below(100))).collect()
    }

    /// Keys of few shards, so that these get large enough to be made smaller again.
    fn key(&mut self, keys: u64) -> String {
        let mut number = self.below(keys);
        loop {
            let key = format!("key {number}");
            if shard_of(hash_of(&key)) % 16 == 5 {
                return key;
            }
            number += keys;
        }
    }
}

fn workers(count: usize) -> Workers {
    Workers::new(count, Some(1)).unwrap()
}

/// The records as a stage leaves them that ran on `count` workers.
fn side<'a>(records: &'a Records, workers: &Workers, count: usize) -> Side<&'a str, u64> {
    let mut parts: Vec<Exchanged<&str, u64>> = Vec::new();
    let chunk = records.len().div_ceil(count).max(1);
    for run in records.chunks(chunk) {
        parts.push(Exchanged::default());
        exchange(run.iter().map(|(key, value)| (key.as_str(), *value)), parts.last_mut().unwrap());
    }
    Gather::gather(parts, workers)
}

/// Panics at the call that was chosen.
struct Mine(AtomicI64);

impl Mine {
    fn step(&self) {
        if self.0.fetch_sub(1, Ordering::Relaxed) == 0 {
            panic!("the closure fails, once");
        }
    }
}

fn partitions<T: Keep + Sync>(rows: &Rows<T>) -> Vec<Vec<T::Owned>> {
    let partition = |number| rows.views(number, 0..rows.weight(number)).map(Keep::keep).collect();
    (0..rows.partitions()).map(partition).collect()
}

/// All pairs, read in three ways that must agree.
fn pairs(contents: &Contents<String, u64>) -> BTreeMap<String, u64> {
    let (pairs, mut all) = (contents.pairs(), BTreeMap::new());
    for partition in 0..pairs.partitions() {
        let weight = pairs.weight(partition);
        let mut folded = Vec::new();
        pairs.views(partition, 0..weight).for_each(|pair| folded.push(pair));
        let mut cut = Vec::new();
        for middle in [0..weight / 3, weight / 3..weight / 2, weight / 2..weight] {
            let mut views = pairs.views(partition, middle);
            cut.extend(std::iter::from_fn(|| views.next()));
        }
        assert_eq!(folded, cut);
        for (key, state) in folded {
            assert_eq!(all.insert(key.to_owned(), state), None, "a key comes once");
        }
    }
    all
}

fn states(model: &Model) -> BTreeMap<String, u64> {
    model.iter().map(|(key, (state, _))| (key.clone(), *state)).collect()
}

/// What a view shows, read in both ways.
fn seen(view: &StateView<String, u64>) -> BTreeMap<String, u64> {
    let all: BTreeMap<String, u64> = view.iter().map(|(key, state)| (key.clone(), *state)).collect();
    assert_eq!(view.len(), all.len());
    for (key, state) in &all {
        assert_eq!(view.get(key.as_str()), Some(state));
    }
    assert_eq!(view.get("no key"), None);
    all
}

/// A call of the closure of `map`: the key, the value, the state before, and whether it timed out.
type Call = (String, Option<u64>, Option<u64>, bool);

/// What the closure does with a record: an update, in several ways, a look or a removal.
fn decide(time: Time, value: u64, state: Option<u64>) -> Option<u64> {
    match value % 8 {
        0 => None,
        1 => state,
        _ => Some(state.unwrap_or(0) * 3 % 1_000_003 + value + time.as_millis()),
    }
}

fn apply(time: Time, value: u64, state: &mut State<u64>) {
    let before = state.get_option().copied();
    assert_eq!((state.exists(), state.is_timing_out()), (before.is_some(), false));
    match (value % 8, decide(time, value, before)) {
        (0, _) => assert_eq!(state.remove(), before),
        (1, _) => {}
        (2, Some(after)) => *state.get_or_insert_with(|| 0) = after,
        (3, Some(after)) if before.is_some() => *state.get_mut().unwrap() = after,
        (_, Some(after)) => state.update(after),
        (_, None) => unreachable!(),
    }
}

fn map<'s>(
    state: &'s mut KeyedState<String, u64>,
    workers: &Workers,
    time: Time,
    side: Side<&str, u64>,
    mine: &Mine,
) -> (Vec<Vec<Call>>, Contents<'s, String, u64>) {
    let (rows, contents) = state.map(workers, time, side, |at, key, value, state| {
        mine.step();
        assert_eq!(at, time);
        let call = (key, value, state.get_option().copied(), state.is_timing_out());
        match value {
            Some(value) => apply(at, value, state),
            None => assert!(state.is_timing_out() && state.exists()),
        }
        call
    });
    let calls = partitions(&rows);
    (calls, contents)
}

/// What `map` should call, for each shard, and the contents afterwards.
fn model_map(model: &Model, timeout: Option<Duration>, time: Time, records: &Records) -> (Vec<Vec<Call>>, Model) {
    let (mut calls, mut after, mut touched) = (vec![Vec::new(); SHARDS], model.clone(), HashMap::new());
    for (key, value) in records {
        let before = after.get(key).map(|(state, _)| *state);
        calls[shard_of(hash_of(key))].push((key.clone(), Some(*value), before, false));
        touched.insert(key, ());
        match decide(time, *value, before) {
            Some(state) => drop(after.insert(key.clone(), (state, time))),
            None => drop(after.remove(key)),
        }
    }
    let due =
        |key: &String, at: &Time| timeout.is_some_and(|timeout| *at < time - timeout) && !touched.contains_key(key);
    for (key, (state, at)) in model {
        if due(key, at) {
            calls[shard_of(hash_of(key))].push((key.clone(), None, Some(*state), true));
            after.remove(key);
        }
    }
    (calls, after)
}

/// Time-outs come after the records, in an order that the model does not know.
fn sorted_timeouts(mut calls: Vec<Vec<Call>>) -> Vec<Vec<Call>> {
    for calls in &mut calls {
        let records = calls.iter().take_while(|call| !call.3).count();
        calls[records..].sort();
    }
    calls
}

/// Views that were taken, and what they showed then.
#[derive(Default)]
struct Taken(Vec<(StateView<String, u64>, BTreeMap<String, u64>)>);

impl Taken {
    fn take(
        &mut self,
        random: &mut Random,
        state: &KeyedState<String, u64>,
        handle: &StateHandle<String, u64>,
        model: &Model,
    ) {
        match random.below(4) {
            0 => self.0.push((state.view(), states(model))),
            1 => self.0.push((handle.view().unwrap(), states(model))),
            _ => {}
        }
    }

    fn check(&mut self, random: &mut Random) {
        if random.below(10) == 0 {
            self.0.drain(..).for_each(|(view, model)| assert_eq!(seen(&view), model));
        }
    }
}

fn check_kept(state: &KeyedState<String, u64>, model: &Model, has_times: bool) {
    assert_eq!(pairs(&state.contents()), states(model));
    assert_eq!(seen(&state.view()), states(model));
    assert_eq!(state.len(), model.len());
    let oldest = model.values().map(|(_, time)| *time).min().filter(|_| has_times);
    assert_eq!(state.oldest_of_all(), oldest);
}

/// Runs random batches; the calls in all of them, in order.
fn random_map(seed: u64, count: usize, timeout: Option<Duration>) -> Vec<Vec<Vec<Call>>> {
    let (mut random, workers) = (Random(seed), workers(count));
    let (mut model, mut taken, handle, mut log) = (Model::new(), Taken::default(), StateHandle::default(), Vec::new());
    let initial: Records = (0..40).map(|n| (random.key(60), n)).collect();
    for (key, state) in &initial {
        model.entry(key.clone()).or_insert((*state, Time::ZERO + SECOND));
    }
    let mut state = KeyedState::new().initial_state(initial);
    if let Some(timeout) = timeout {
        state = state.timeout(timeout);
    }
    assert_eq!(handle.view().map(|view| view.len()), None);
    state.watch(&handle);
    for batch in 1..=100 {
        let time = Time::ZERO + SECOND * batch;
        // Many keys, then few, so that most leave.
        let keys = if batch % 50 < 20 { 3000 } else { 30 };
        let records = random.records(keys);
        let (expected, after) = model_map(&model, timeout, time, &records);
        taken.take(&mut random, &state, &handle, &model);
        let calls = expected.iter().map(Vec::len).sum::<usize>() as u64;
        if calls > 0 && random.below(3) == 0 {
            let mine = Mine(AtomicI64::new(random.below(calls) as i64));
            let side = side(&records, &workers, count);
            let outcome = catch_unwind(AssertUnwindSafe(|| drop(map(&mut state, &workers, time, side, &mine))));
            assert!(outcome.is_err());
            taken.take(&mut random, &state, &handle, &model);
            if random.below(2) == 0 {
                state.rollback(); // the next attempt would do it too
                if batch > 1 {
                    check_kept(&state, &model, timeout.is_some());
                }
            }
        }
        let never = Mine(AtomicI64::new(-1));
        let (calls, contents) = map(&mut state, &workers, time, side(&records, &workers, count), &never);
        assert_eq!(pairs(&contents), states(&after));
        assert_eq!(sorted_timeouts(calls.clone()), expected);
        taken.take(&mut random, &state, &handle, &model);
        if batch > 1 && random.below(6) == 0 {
            state.rollback(); // the batch is given up
        } else {
            state.commit(&workers);
            model = after;
            log.push(calls);
        }
        check_kept(&state, &model, timeout.is_some());
        assert_eq!(seen(&handle.view().unwrap()), states(&model));
        taken.check(&mut random);
    }
    log
}

#[test]
fn map_does_what_a_standard_map_does() {
    for (seed, timeout) in [(1, None), (2, Some(SECOND * 7)), (3, Some(SECOND * 40)), (4, Some(Duration::ZERO))] {
        let log = random_map(seed, 1, timeout);
        for count in [3, 8] {
            assert_eq!(random_map(seed, count, timeout), log, "{count} workers make no difference");
        }
    }
}

/// What a state of `update` becomes.
fn fold(time: Time, values: &[u64], state: Option<u64>) -> Option<u64> {
    let first = values.first().copied().unwrap_or(1);
    let sum = values.iter().fold(state.unwrap_or(0), |sum, value| (sum * 3 + value) % 1_000_003);
    let goes = first.is_multiple_of(8) || (sum + time.as_millis() / 1000).is_multiple_of(23);
    (!goes).then_some(sum)
}

fn model_update(model: &Model, time: Time, records: &Records) -> Model {
    let mut values: BTreeMap<String, Vec<u64>> = model.keys().map(|key| (key.clone(), Vec::new())).collect();
    for (key, value) in records {
        values.entry(key.clone()).or_default().push(*value);
    }
    let updated = values.into_iter().filter_map(|(key, values)| {
        let state = fold(time, &values, model.get(&key).map(|(state, _)| *state))?;
        Some((key, (state, time)))
    });
    updated.collect()
}

fn ordered(contents: &Contents<String, u64>) -> Vec<(String, u64)> {
    let pairs = contents.pairs();
    (0..SHARDS).flat_map(|shard| pairs.views(shard, 0..pairs.weight(shard))).map(Keep::keep).collect()
}

/// Runs random batches; what came out of all of them, in order.
fn random_update(seed: u64, count: usize) -> Vec<Vec<(String, u64)>> {
    let (mut random, workers) = (Random(seed), workers(count));
    let (mut model, mut taken, handle, mut log) = (Model::new(), Taken::default(), StateHandle::default(), Vec::new());
    let initial: Records = (0..40).map(|n| (random.key(60), n)).collect();
    for (key, state) in &initial {
        model.entry(key.clone()).or_insert((*state, Time::ZERO));
    }
    let mut state = KeyedState::new().initial_state(initial);
    state.watch(&handle);
    for batch in 1..=100 {
        let time = Time::ZERO + SECOND * batch;
        let records = random.records(if batch % 50 < 20 { 3000 } else { 30 });
        let after = model_update(&model, time, &records);
        taken.take(&mut random, &state, &handle, &model);
        let never = Mine(AtomicI64::new(-1));
        let f = |mine: &Mine, at, key: &str, values: &[u64], state| {
            mine.step();
            assert!(at == time && key.starts_with("key "));
            fold(at, values, state)
        };
        if !model.is_empty() && random.below(3) == 0 {
            let mine = Mine(AtomicI64::new(random.below(model.len() as u64) as i64));
            let batch = side(&records, &workers, count);
            let attempt = || {
                state.update(&workers, time, batch, |at, key, values, state| f(&mine, at, key, values, state));
            };
            assert!(catch_unwind(AssertUnwindSafe(attempt)).is_err());
            taken.take(&mut random, &state, &handle, &model);
            if random.below(2) == 0 {
                state.rollback();
                check_kept(&state, &model, false);
            }
        }
        let side = side(&records, &workers, count);
        let contents = state.update(&workers, time, side, |at, key, values, state| f(&never, at, key, values, state));
        assert_eq!(pairs(&contents), states(&after));
        let output = ordered(&contents);
        taken.take(&mut random, &state, &handle, &model);
        if random.below(6) == 0 {
            state.rollback();
        } else {
            state.commit(&workers);
            model = after;
            log.push(output);
        }
        check_kept(&state, &model, false);
        assert_eq!(seen(&handle.view().unwrap()), states(&model));
        taken.check(&mut random);
    }
    log
}

#[test]
fn update_does_what_a_standard_map_does() {
    for seed in 1..5 {
        let log = random_update(seed, 1);
        for count in [3, 8] {
            assert_eq!(random_update(seed, count), log, "{count} workers make no difference");
        }
    }
}

fn numbers(keys: std::ops::Range<u64>) -> Side<u64, u64> {
    let mut part = Exchanged::default();
    exchange(keys.map(|key| (key, key)), &mut part);
    Gather::gather(vec![part], &workers(1))
}

#[test]
fn memory_is_given_back_when_keys_leave() {
    let workers = workers(1);
    let sum = |_, _, value: Option<u64>, state: &mut State<u64>| {
        value.into_iter().for_each(|value| state.update(value));
    };
    let mut state = KeyedState::<u64, u64>::new().timeout(SECOND * 2);
    let empty = state.bytes();
    let mut largest = 0;
    for batch in 1..=10 {
        let keys = if batch < 4 { 0..50_000 } else { 0..10 };
        state.map(&workers, Time::ZERO + SECOND * batch, numbers(keys), sum);
        state.commit(&workers);
        largest = state.bytes().max(largest);
    }
    assert_eq!((state.len(), state.oldest_of_all()), (10, Some(Time::from_millis(10_000))));
    assert!(largest > 50_000 * 16 && state.bytes() < empty + 60_000, "{} of {largest} bytes remain", state.bytes());
}

#[test]
fn a_key_times_out_in_the_first_batch_after_it_is_due() {
    let workers = workers(1);
    let mut state = KeyedState::<u64, u64>::new().timeout(SECOND * 3);
    for batch in 1..=9 {
        let keys = if batch == 1 {
            1..3
        } else if batch == 4 {
            2..3
        } else {
            0..0
        };
        let f = |_, key, value: Option<u64>, state: &mut State<u64>| {
            if value.is_some() && !state.exists() {
                state.update(1); // data refreshes a key also without an update
            }
            (key, state.is_timing_out())
        };
        let (rows, _) = state.map(&workers, Time::ZERO + SECOND * batch, numbers(keys), f);
        let rows: Vec<_> = partitions(&rows).into_iter().flatten().collect();
        match batch {
            5 => assert_eq!(rows, [(1, true)]),
            8 => assert_eq!(rows, [(2, true)]),
            _ => assert!(rows.iter().all(|(_, is_timing_out)| !is_timing_out)),
        }
        state.commit(&workers);
    }
    assert_eq!(state.len(), 0);
}

#[test]
fn only_parts_that_a_view_holds_are_copied() {
    let workers = workers(1);
    let mut state = KeyedState::new().initial_state((0..10_000u64).map(|key| (key, key)));
    let address = |state: &KeyedState<u64, u64>| state.shards.iter().map(|shard| shard.kept.states.as_ptr()).collect();
    let batch = |state: &mut KeyedState<u64, u64>, time, keys| {
        state.map(&workers, Time::from_millis(time), numbers(keys), |_, _, _, state| {
            *state.get_or_insert_with(|| 0) += 1
        });
        state.commit(&workers);
    };
    let handle = StateHandle::default();
    state.watch(&handle);
    let before: Vec<*const u64> = address(&state);
    batch(&mut state, 1, 0..10_000);
    assert_eq!(before, address(&state), "nobody holds a view");
    let view = handle.view().unwrap();
    batch(&mut state, 2, 7..8);
    let differs = before.iter().zip(address(&state)).filter(|(before, after)| *before != after).count();
    assert_eq!(differs, 1);
    assert_eq!((view.time(), view.get(7), state.view().get(7)), (Some(Time::from_millis(1)), Some(&8), Some(&9)));
}

#[test]
fn views_and_handles_cross_threads() {
    fn crosses<T: Send + Sync>() {}
    crosses::<StateView<String, u64>>();
    crosses::<StateHandle<String, u64>>();
}
