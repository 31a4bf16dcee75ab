//! The pipelines, each beside its rival. Both sides take the same batches, and return the sum over all entries of the result.

use std::hash::BuildHasher;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use foldhash::fast::FixedState;
use microbatch::aggregate::{count_distinct, max};
use microbatch::prelude::*;
use microbatch::source::{Interval, Source};

use super::by_hand::{self, Counts, Scores, Stacks, Sums};
use super::more_by_hand::{Distincts, Groups, TextCounts, Texts, Whole};
use super::random::Random;

/// Pairs of a key and a value above 0.
pub type Batch = Arc<Vec<(u64, u64)>>;

/// One side of a race: runs a batch and sums up its result.
pub type Side = Box<dyn FnMut(&Batch) -> u64>;

pub struct Workload {
    pub name: &'static str,
    /// What the time is divided by: records or keys.
    pub unit: &'static str,
    pub units: usize,
    /// The keys that are there, and how many records a batch has.
    pub keys: usize,
    pub records: usize,
    /// Batches until everything has its full size, and those that are timed after them.
    pub warm_up: usize,
    pub turns: usize,
    pub ours: fn(usize) -> Side,
    pub by_hand: fn(usize) -> Side,
}

/// Windows: so many keys, and as many records a batch.
const KEYS: usize = 100_000;

/// A window of so many panes. It is timed for as many batches, because some work is done once in that time.
const fn window(name: &'static str, panes: usize, ours: fn(usize) -> Side, by_hand: fn(usize) -> Side) -> Workload {
    let (keys, records) = (KEYS, KEYS);
    Workload {
        name,
        unit: "record",
        units: records,
        keys,
        records,
        warm_up: 2 * panes + 5,
        turns: panes,
        ours,
        by_hand,
    }
}

/// States: so many keys, of which a hundredth has records in a batch.
const MANY_KEYS: usize = 1_000_000;
const RECORDS: usize = MANY_KEYS / 100;

pub const WORKLOADS: &[Workload] = &[
    window(
        "count_60",
        60,
        |workers| side(workers, |feed, out| counts(feed, out, 60)),
        |workers| by_hand::side(workers, || Counts::new(60)),
    ),
    window(
        "count_600",
        600,
        |workers| side(workers, |feed, out| counts(feed, out, 600)),
        |workers| by_hand::side(workers, || Counts::new(600)),
    ),
    window(
        "max_60",
        60,
        |workers| side(workers, |feed, out| greatest(feed, out, 60)),
        |workers| by_hand::side(workers, || Stacks::new(60)),
    ),
    window(
        "max_600",
        600,
        |workers| side(workers, |feed, out| greatest(feed, out, 600)),
        |workers| by_hand::side(workers, || Stacks::new(600)),
    ),
    window(
        "stacks_60",
        60,
        |workers| side(workers, |feed, out| greatest_by_function(feed, out, 60)),
        |workers| by_hand::side(workers, || Stacks::new(60)),
    ),
    window(
        "stacks_600",
        600,
        |workers| side(workers, |feed, out| greatest_by_function(feed, out, 600)),
        |workers| by_hand::side(workers, || Stacks::new(600)),
    ),
    window(
        "group_60",
        60,
        |workers| side(workers, |feed, out| groups(feed, out, 60)),
        |workers| by_hand::side(workers, || Groups::new(60)),
    ),
    window(
        "window_10",
        10,
        |workers| side(workers, |feed, out| whole(feed, out, 10)),
        |workers| by_hand::side(workers, || Whole::new(10)),
    ),
    window(
        "texts_60",
        60,
        |workers| side(workers, |feed, out| text_counts(feed, out, 60)),
        |workers| by_hand::side(workers, || TextCounts::new(60)),
    ),
    window(
        "distinct_60",
        60,
        |workers| side(workers, |feed, out| distincts(feed, out, 60)),
        |workers| by_hand::side(workers, || Distincts::new(60)),
    ),
    Workload {
        name: "text_state",
        unit: "record",
        units: KEYS,
        keys: KEYS,
        records: KEYS,
        warm_up: 10,
        turns: 51,
        ours: |workers| side(workers, texts),
        by_hand: |workers| by_hand::side(workers, Texts::default),
    },
    Workload {
        name: "map_with_state",
        unit: "record",
        units: RECORDS,
        keys: MANY_KEYS,
        records: RECORDS,
        warm_up: 10,
        turns: 201,
        ours: |workers| side(workers, sums),
        by_hand: |workers| by_hand::side(workers, Sums::default),
    },
    Workload {
        name: "update_state",
        unit: "key",
        units: MANY_KEYS,
        keys: MANY_KEYS,
        records: RECORDS,
        warm_up: 10,
        turns: 51,
        ours: |workers| side(workers, scores),
        by_hand: |workers| by_hand::side(workers, Scores::default),
    },
];

impl Workload {
    /// The n-th batch. The first one has all keys.
    pub fn batch(&self, n: usize) -> Batch {
        let mut random = Random(n as u64);
        let mut record = |key: u64| (key_of(key), (random.next() >> 20) + 1);
        if n == 0 {
            return Arc::new((0..self.keys as u64).map(record).collect());
        }
        let mut keys = Random(!(n as u64));
        Arc::new((0..self.records).map(|_| record(keys.next() % self.keys as u64)).collect())
    }
}

/// Keys are spread over all numbers.
fn key_of(n: u64) -> u64 {
    n.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Takes an entry into the sum over all of a side's entries, which says how many there are and what they hold.
#[inline(always)]
pub fn entry(sum: u64, key: u64, value: u64) -> u64 {
    sum.wrapping_add(key.wrapping_mul(value) ^ value).wrapping_add(1 << 60)
}

/// A source that gives what was put into it.
#[derive(Clone, Default)]
struct Feed(Arc<Mutex<Batch>>);

impl Source for Feed {
    type Block = Vec<(u64, u64)>;
    fn batch(&mut self, _: &Interval) -> microbatch::Result<Vec<Batch>> {
        Ok(vec![std::mem::take(&mut *self.0.lock().unwrap())])
    }
}

fn side<P: Pipeline + Send + 'static>(workers: usize, pipeline: impl FnOnce(Feed, Collector<u64>) -> P) -> Side {
    let (feed, out) = (Feed::default(), Collector::default());
    let pipeline = pipeline(feed.clone(), out.clone());
    let mut context = StreamingContext::new(pipeline).workers(workers).manual().unwrap();
    Box::new(move |batch| {
        *feed.0.lock().unwrap() = Arc::clone(batch);
        context.advance(1).unwrap();
        out.take().into_iter().flat_map(|(_, records)| records).fold(0, u64::wrapping_add)
    })
}

fn seconds(panes: u64) -> Duration {
    Duration::from_secs(panes)
}

fn counts(feed: Feed, out: Collector<u64>, panes: u64) -> impl Pipeline {
    stream!(every = 1s, |ssc| {
        let clicks = ssc.source(feed).map(|(user, _)| (user, 1u64));
        let counts = clicks.reduce_by_key_and_window(|a, b| a + b, |sum, left| sum - left, seconds(panes), 1s);
        counts.map(|(user, count)| entry(0, user, count)).reduce(|a, b| a.wrapping_add(b)).collect_into(&out);
    })
}

fn greatest(feed: Feed, out: Collector<u64>, panes: u64) -> impl Pipeline {
    stream!(every = 1s, |ssc| {
        let greatest = ssc.source(feed).aggregate_by_key_and_window(max(), seconds(panes), 1s);
        greatest.map(|(key, value)| entry(0, key, value)).reduce(|a, b| a.wrapping_add(b)).collect_into(&out);
    })
}

fn greatest_by_function(feed: Feed, out: Collector<u64>, panes: u64) -> impl Pipeline {
    stream!(every = 1s, |ssc| {
        let greatest = ssc.source(feed).reduce_by_key_and_window(|a, b| a.max(b), seconds(panes), 1s);
        greatest.map(|(key, value)| entry(0, key, value)).reduce(|a, b| a.wrapping_add(b)).collect_into(&out);
    })
}

fn sums(feed: Feed, out: Collector<u64>) -> impl Pipeline {
    stream!(every = 1s, |ssc| {
        let totals = ssc.source(feed).map_with_state(|_, key, value: Option<u64>, sum: &mut State<u64>| {
            let total = sum.get_option().unwrap_or(&0) + value.unwrap_or(0);
            sum.update(total);
            (key, total)
        });
        totals.map(|(key, total)| entry(0, key, total)).reduce(|a, b| a.wrapping_add(b)).collect_into(&out);
    })
}

fn scores(feed: Feed, out: Collector<u64>) -> impl Pipeline {
    stream!(every = 1s, |ssc| {
        let scores = ssc.source(feed).update_state_by_key(|values, score: Option<u64>| {
            let score = score.unwrap_or(0);
            Some(score - score / 8 + values.iter().sum::<u64>())
        });
        scores.map(|(key, score)| entry(0, key, score)).reduce(|a, b| a.wrapping_add(b)).collect_into(&out);
    })
}

fn groups(feed: Feed, out: Collector<u64>, panes: u64) -> impl Pipeline {
    stream!(every = 1s, |ssc| {
        let groups = ssc.source(feed).group_by_key_and_window(seconds(panes), 1s);
        let sums = groups.map(|(key, values)| entry(0, key, values[0] ^ values.len() as u64));
        sums.reduce(|a, b| a.wrapping_add(b)).collect_into(&out);
    })
}

fn whole(feed: Feed, out: Collector<u64>, panes: u64) -> impl Pipeline {
    stream!(every = 1s, |ssc| {
        let all = ssc.source(feed).window(seconds(panes), 1s);
        all.map(|(key, value)| entry(0, key, value)).reduce(|a, b| a.wrapping_add(b)).collect_into(&out);
    })
}

fn text_counts(feed: Feed, out: Collector<u64>, panes: u64) -> impl Pipeline {
    stream!(every = 1s, |ssc| {
        let texts = ssc.source(feed).map(|(key, _)| key.to_string());
        let counts = texts.count_by_value_and_window(seconds(panes), 1s);
        let sums = counts.map(|(text, n)| entry(0, FixedState::with_seed(7).hash_one(text.len()), n));
        sums.reduce(|a, b| a.wrapping_add(b)).collect_into(&out);
    })
}

fn texts(feed: Feed, out: Collector<u64>) -> impl Pipeline {
    stream!(every = 1s, |ssc| {
        let texts = ssc.source(feed).map(|(key, value)| (key.to_string(), (key, value)));
        let totals = texts.map_with_state(|_, _, value: Option<(u64, u64)>, sum: &mut State<u64>| {
            let (key, value) = value.unwrap_or((0, 0));
            let total = sum.get_option().unwrap_or(&0) + value;
            sum.update(total);
            (key % 1000, total)
        });
        totals.map(|(key, total)| entry(0, key, total)).reduce(|a, b| a.wrapping_add(b)).collect_into(&out);
    })
}

fn distincts(feed: Feed, out: Collector<u64>, panes: u64) -> impl Pipeline {
    stream!(every = 1s, |ssc| {
        let keys = ssc.source(feed).map(|(key, _)| key);
        keys.aggregate_by_window(count_distinct(), seconds(panes), 1s).collect_into(&out);
    })
}
