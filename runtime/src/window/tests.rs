//! Every algorithm beside values merged from the raw history, over random batches, shapes, failures and workers.
#![allow(clippy::unwrap_used)]

mod functions;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::dataset::Dataset;
use crate::key_hash::hash_of;
use crate::record::{Keep, Record};
use crate::stage::{Workers, caught};
use crate::table::{Entry, SHARDS, Table, shard_of};
use crate::time::Time;
use functions::{Fed, Functions, Greatest};

/// Numbers by a fixed rule.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// What is computed: the value of a record, and how two values are merged.
struct Case<C> {
    value: fn(u64) -> C,
    merge: fn(C, C) -> C,
}

/// A batch: its time and its records.
type Batch<C> = (u64, Vec<(String, C)>);

/// The contents of a window.
type Contents<C> = Vec<(String, C)>;

const LENGTH_SLIDE_EVERY: [(u64, u64, u64); 12] = [
    (1, 1, 1),
    (4, 1, 1),
    (30, 1, 1),
    (6, 4, 1),
    (6, 4, 2),
    (12, 9, 1),
    (2, 5, 1),
    (4, 10, 2),
    (10, 10, 1),
    (5, 5, 5),
    (40, 10, 5),
    (3, 9, 3),
];

fn time(second: u64) -> Time {
    Time::from_millis(second * 1000)
}

fn window<C: Record, A: Algorithm<C, Functions>>(length: u64, slide: u64) -> KeyedWindow<String, C, Functions, A> {
    KeyedWindow::new(Shape::new(Duration::from_secs(length), Duration::from_secs(slide)))
}

fn combined<'a, C: Record, A: Fed<C>>(records: &'a [(String, C)], case: &Case<C>) -> Arrivals<&'a str, A::Arriving> {
    let mut arrivals = Arrivals::new(SHARDS);
    combine::<C, A>(records, case, &mut arrivals);
    arrivals
}

fn combine<'a, C: Record, A: Fed<C>>(
    records: &'a [(String, C)],
    case: &Case<C>,
    arrivals: &mut Arrivals<&'a str, A::Arriving>,
) {
    let mut table = Table::default();
    for (key, value) in records {
        table.fold(hash_of(key), key.as_str(), value.clone(), |value| value, case.merge);
    }
    for (number, shard) in table.into_shards().into_iter().enumerate() {
        let parts = shard.into_iter().flat_map(|Entry { hash, key, value }| {
            A::parts(value).into_iter().map(move |value| Entry { hash, key, value })
        });
        arrivals.add_combined(number, parts.collect());
    }
}

/// The records combined by each of two workers, or one by one in several runs, or half of them so.
fn arrivals<'a, C: Record, A: Fed<C>>(
    records: &'a [(String, C)],
    case: &Case<C>,
    second: u64,
) -> Arrivals<&'a str, A::Arriving> {
    let singles = records.len() * (second as usize % 3) / 2;
    let mut arrivals = Arrivals::new(SHARDS);
    for run in records[..singles].chunks(20) {
        let mut shards: Vec<Vec<_>> = (0..SHARDS).map(|_| Vec::new()).collect();
        for (key, value) in run {
            let hash = hash_of(key);
            let parts = A::parts(value.clone()).into_iter();
            shards[shard_of(hash)].extend(parts.map(|value| Entry { hash, key: key.as_str(), value }));
        }
        shards.into_iter().enumerate().for_each(|(number, run)| arrivals.add_singles(number, run));
    }
    let half = (records.len() - singles).div_ceil(2).max(1);
    for part in records[singles..].chunks(half) {
        combine::<C, A>(part, case, &mut arrivals);
    }
    arrivals
}

fn contents<C: Record, A: Algorithm<C, Functions>>(window: &KeyedWindow<String, C, Functions, A>) -> Contents<C> {
    let mut all = Vec::new();
    for shard in 0..window.partitions() {
        let (weight, before) = (window.weight(shard), all.len());
        let keep = |(key, value): (&str, C::View<'_>)| (key.to_owned(), value.keep());
        // Cut anywhere, by `next` and by `fold` it is the same.
        all.extend(window.views(shard, 0..weight / 3).map(keep));
        window.views(shard, weight / 3..weight).for_each(|pair| all.push(keep(pair)));
        let mut views = window.views(shard, 0..weight);
        for (key, _) in &all[before..] {
            assert_eq!(views.next().map(|pair| pair.0), Some(key.as_str()));
        }
        assert!(views.next().is_none());
    }
    all
}

#[test]
fn what_two_workers_have_combined_is_one_value_a_key() {
    let case = Case { value: |n| n as i64, merge: |a, b| a + b };
    let records: Vec<_> = (0..2000).map(|n| ((n % 1000).to_string(), 1)).collect();
    let (mut window, workers) = (window::<i64, Subtract>(10, 1), Workers::new(1, None).unwrap());
    window.advance(&workers, time(3), arrivals::<_, Subtract>(&records, &case, 3), Some(Functions(Arc::default())));
    let entries: u32 = window.shards.iter().map(|shard| shard.panes.newest_len()).sum();
    assert_eq!(entries, 1000);
    assert!(contents(window.read(&workers)).iter().all(|(_, count)| *count == 2));
}

/// What a window that was last advanced at `now` is to hold. Where no window ends, what begins to leave has left already.
fn expected<C: Record>(history: &[Batch<C>], shape: Shape, now: u64, case: &Case<C>) -> BTreeMap<String, C> {
    let (length, slide, pane) = (shape.length.as_secs(), shape.slide.as_secs(), shape.pane.as_secs());
    let from = now.div_ceil(pane) * pane;
    let mut values = BTreeMap::<String, C>::new();
    for (second, records) in history {
        let is_in_some = second.div_ceil(slide) * slide < second + length;
        if second + length <= from || !is_in_some {
            continue;
        }
        for (key, value) in records {
            let value = match values.remove(key) {
                Some(older) => (case.merge)(older, value.clone()),
                None => value.clone(),
            };
            values.insert(key.clone(), value);
        }
    }
    values
}

/// What happens to a batch.
enum Fate {
    Works,
    /// A function panics after so many calls.
    Panics(u64),
    /// Something else fails later, after the window was read or not.
    FailsLater(bool),
}

fn fate(random: &mut Random) -> Fate {
    let calls = 1 << random.below(9);
    match random.below(8) {
        0 | 1 => Fate::Panics(1 + random.below(calls)),
        2 => Fate::FailsLater(true),
        3 => Fate::FailsLater(false),
        _ => Fate::Works,
    }
}

/// The keys of all batches drift, so that some stay, some leave and some come back; now and then many come at once.
fn records<C>(random: &mut Random, second: u64, case: &Case<C>) -> Vec<(String, C)> {
    let count = match random.below(12) {
        0..=2 => 0,
        11 => 300,
        _ => random.below(40),
    };
    let range = if count == 300 { 1000 } else { 25 };
    let mut records = Vec::new();
    for _ in 0..count {
        let key = if random.below(4) == 0 { 0 } else { second / 20 * 10 } + random.below(range);
        records.push((format!("key {key}"), (case.value)(random.below(1000))));
    }
    records
}

/// Runs batches through a window, comparing it with the history after each; returns what was read.
fn run<C, A>(shape: (u64, u64, u64), workers: &Workers, case: &Case<C>, seed: u64) -> Vec<Contents<C>>
where
    C: Record + PartialEq + std::fmt::Debug,
    A: Fed<C>,
{
    let (length, slide, every) = shape;
    let (mut random, functions) = (Random(seed), Functions(Arc::default()));
    let mut window = window::<C, A>(length, slide);
    let (mut history, mut read, mut last) = (Vec::<Batch<C>>::new(), Vec::new(), 0);
    for second in (1..=40).map(|batch| batch * every) {
        let (records, fate) = (records(&mut random, second, case), fate(&mut random));
        let is_due = second % slide == 0;
        if random.below(6) == 0 && !is_due {
            continue;
        }
        let advance = |window: &mut KeyedWindow<_, _, _, A>, reads: bool| {
            let fold = (!records.is_empty()).then(|| functions.clone());
            caught(|| {
                window.advance(workers, time(second), arrivals::<C, A>(&records, case, second), fold);
                reads.then(|| contents(window.read(workers)))
            })
        };
        let failed = match fate {
            Fate::Works => false,
            Fate::Panics(calls) => {
                functions.arm(calls);
                advance(&mut window, true).is_err()
            }
            Fate::FailsLater(reads) => advance(&mut window, reads).is_ok(),
        };
        functions.arm(0);
        window.rollback();
        assert_eq!(window.keys(), expected(&history, window.shape(), last, case).len());
        if failed && random.0 & 1 << 40 == 0 {
            let before: BTreeMap<_, _> = contents(window.read(workers)).into_iter().collect();
            assert_eq!(before, expected(&history, window.shape(), last, case), "after a rollback at {second}");
        }
        let now = advance(&mut window, true).unwrap().unwrap();
        window.commit(workers);
        assert_eq!(contents(window.read(workers)), now);
        history.push((second, records));
        history.retain(|batch| batch.0 + 2 * length.max(slide) > second);
        last = second;
        let found: BTreeMap<_, _> = now.iter().cloned().collect();
        assert_eq!(found, expected(&history, window.shape(), second, case), "at {second} of {shape:?}");
        assert_eq!(window.keys(), now.len());
        if is_due {
            let in_window = |batch: &&Batch<C>| batch.0 + length > second;
            let raw: Vec<Batch<C>> = history.iter().filter(in_window).cloned().collect();
            assert_eq!(found, expected(&raw, window.shape(), second, case));
            let oldest =
                raw.iter().find(|batch| !batch.1.is_empty()).map(|batch| (batch.0 - 1) / window.shape().pane.as_secs());
            assert_eq!(window.oldest(), oldest.map(|pane| time(pane * window.shape().pane.as_secs())));
        }
        read.push(now);
    }
    read
}

fn check<C, A>(case: &Case<C>)
where
    C: Record + PartialEq + std::fmt::Debug,
    A: Fed<C>,
{
    let all: Vec<Workers> = [1, 2, 8].into_iter().map(|count| Workers::new(count, Some(1)).unwrap()).collect();
    for (number, shape) in LENGTH_SLIDE_EVERY.into_iter().enumerate() {
        let alone = run::<C, A>(shape, &all[0], case, number as u64);
        for workers in &all[1..] {
            assert!(run::<C, A>(shape, workers, case, number as u64) == alone, "the order depends on workers");
        }
    }
}

const SUM: Case<i64> = Case { value: |n| n as i64, merge: |older, newer| older + newer };
const GREATEST: Case<i64> = Case { value: |n| n as i64, merge: i64::max };
const TEXT: Case<String> = Case { value: |n| format!("{n} "), merge: |older, newer| older + &newer };
const LIST: Case<Vec<String>> =
    Case { value: |n| vec![n.to_string(); 1 + n as usize % 2], merge: |older, newer| [older, newer].concat() };

#[test]
fn recompute_equals_the_history() {
    check::<i64, Recompute>(&SUM);
}

#[test]
fn recompute_keeps_the_order_of_time() {
    check::<String, Recompute>(&TEXT);
}

#[test]
fn subtract_equals_the_history() {
    check::<i64, Subtract>(&SUM);
}

#[test]
fn two_stacks_equal_the_history() {
    check::<i64, TwoStacks>(&SUM);
}

#[test]
fn two_stacks_keep_the_order_of_time() {
    check::<String, TwoStacks>(&TEXT);
}

#[test]
fn monotonic_equals_the_history() {
    check::<i64, Monotonic>(&GREATEST);
}

#[test]
fn selecting_equals_the_history() {
    check::<Greatest<u64>, Selecting>(&Case { value: Some, merge: Ord::max });
    check::<Greatest<String>, Selecting>(&Case { value: |n| Some(n.to_string()), merge: Ord::max });
}

#[test]
fn concat_equals_the_history() {
    check::<Vec<String>, Concat>(&LIST);
}

/// The bytes of a window with a few keys, with very many, and when most of them have left. What it holds stays right when keys
/// get new numbers and nodes new places.
fn memory<C, A>(case: &Case<C>) -> [usize; 3]
where
    C: Record + PartialEq + std::fmt::Debug,
    A: Fed<C>,
{
    let (workers, functions) = (Workers::new(1, None).unwrap(), Functions(Arc::default()));
    let (mut window, mut history, mut bytes) = (window::<C, A>(10, 1), Vec::new(), Vec::new());
    for (seconds, keys) in [(1..=20, 0..200), (21..=22, 0..20_000), (23..=60, 19_800..20_000)] {
        for second in seconds {
            let record = |key: u64| (key.to_string(), (case.value)(key + second));
            let records: Vec<_> = keys.clone().map(record).collect();
            let advance = |window: &mut KeyedWindow<_, _, _, A>| {
                window.advance(&workers, time(second), combined::<C, A>(&records, case), Some(functions.clone()));
            };
            if second % 9 == 0 {
                advance(&mut window);
                window.rollback();
            }
            advance(&mut window);
            window.read(&workers);
            window.commit(&workers);
            history.push((second, records));
            if second % 2 == 0 {
                let found: BTreeMap<_, _> = contents(window.read(&workers)).into_iter().collect();
                assert!(found == expected(&history, window.shape(), second, case), "at {second}");
            }
        }
        assert_eq!(window.keys(), keys.count());
        bytes.push(window.bytes());
    }
    [bytes[0], bytes[1], bytes[2]]
}

#[test]
fn memory_is_given_back_when_keys_leave() {
    for [before, between, after] in [
        memory::<i64, Recompute>(&SUM),
        memory::<i64, Subtract>(&SUM),
        memory::<String, TwoStacks>(&TEXT),
        memory::<i64, Monotonic>(&GREATEST),
        memory::<Vec<String>, Concat>(&LIST),
    ] {
        assert!(between > 10 * before && after < 2 * before, "{before} {between} {after} bytes");
    }
}

#[test]
fn a_batch_that_never_succeeds_leaves_no_trace() {
    let (workers, functions) = (Workers::new(2, Some(1)).unwrap(), Functions(Arc::default()));
    let mut window = window::<String, TwoStacks>(3, 1);
    // Some of each shard: in which batches the values of a key are merged depends on its shard.
    let of_each = |keys: std::ops::Range<u32>, value: &str| -> Vec<_> {
        keys.map(|key| (format!("{key:03}"), value.to_owned())).collect()
    };
    let (first, second) = (of_each(0..500, "1"), of_each(250..750, "2"));
    window.advance(&workers, time(1), combined::<_, TwoStacks>(&first, &TEXT), Some(functions.clone()));
    window.commit(&workers);
    for _ in 0..3 {
        functions.arm(1);
        assert!(caught(|| window.advance(&workers, time(2), combined::<_, TwoStacks>(&second, &TEXT), None)).is_err());
        window.rollback();
        // A panic while the values are derived anew is tried again as well.
        functions.arm(0);
        let mut all = contents(window.read(&workers));
        all.sort();
        assert_eq!(all, first);
    }
    window.advance(&workers, time(4), Arrivals::<&str, String>::new(SHARDS), None);
    window.commit(&workers);
    assert_eq!((window.keys(), window.oldest()), (0, None));
}

#[test]
fn a_panic_while_values_are_derived_anew_is_tried_again() {
    let (workers, functions) = (Workers::new(1, None).unwrap(), Functions(Arc::default()));
    let mut window = window::<i64, Subtract>(5, 1);
    let batch = [("a".to_owned(), 1)];
    for second in 1..=3 {
        window.advance(&workers, time(second), combined::<_, Subtract>(&batch, &SUM), Some(functions.clone()));
        window.commit(&workers);
    }
    window.advance(&workers, time(4), combined::<_, Subtract>(&batch, &SUM), None);
    window.rollback();
    for calls in [1, 2] {
        functions.arm(calls);
        assert!(caught(|| window.advance(&workers, time(4), combined::<_, Subtract>(&batch, &SUM), None)).is_err());
        window.rollback();
        functions.arm(calls);
        assert!(caught(|| window.read(&workers).keys()).is_err());
    }
    functions.arm(0);
    window.advance(&workers, time(4), combined::<_, Subtract>(&batch, &SUM), None);
    window.commit(&workers);
    assert_eq!(contents(window.read(&workers)), [("a".to_owned(), 4)]);
}

/// Else the manifest of a checkpoint would list each shard of each pane.
#[test]
fn a_checkpoint_has_the_shards_of_a_pane_side_by_side() {
    let (workers, functions) = (Workers::new(1, None).unwrap(), Functions(Arc::default()));
    let mut window: KeyedWindow<String, i64, Functions, Subtract> = window(5, 1);
    for second in 1..=5 {
        let records: Vec<(String, i64)> = (0..500).map(|key| (format!("key {key}"), 1)).collect();
        let case = Case { value: |value| value as i64, merge: |a, b| a + b };
        window.advance(&workers, time(second), arrivals::<_, Subtract>(&records, &case, 0), Some(functions.clone()));
        window.commit(&workers);
    }
    let mut kinds: Vec<_> = window.capture(time(5), true, &workers).pieces.iter().map(|piece| piece.kind).collect();
    assert!(kinds.len() > 5 * SHARDS / 2);
    kinds.dedup();
    assert_eq!(kinds.len(), 1 + 5, "what was before is replaced, then pane by pane");
}
