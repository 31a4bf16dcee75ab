//! Hard shapes: of keys, of batches, and of what a function makes of a record.

use microbatch::prelude::*;
use microbatch::text;

use super::words::{count_text_by_hand, word_count_text};
use super::{Repeated, Sides, Workload, side, sides_of_records, sides_of_text, sum_up, workload};
use crate::data::{self, Text};
use crate::random::Random;
use crate::threads::{Counts, Table, lines, merge, on_threads, on_threads_of};

const RECORDS: usize = 1_000_000;
const MANY: usize = 10_000_000;
const LONG_KEYS: usize = 200_000;
const TINY_BATCHES: usize = 50_000;
const HUGE: usize = 20_000_000;

pub const WORKLOADS: &[Workload] = &[
    workload("one_key_of_90%", "record", RECORDS, |workers| {
        sides_of_records(mostly_one_key(), workers, sums, sums_by_hand)
    }),
    Workload {
        name: "10M_keys",
        records: MANY,
        unit: "key",
        turns: 3,
        sides: |workers| sides_of_records(distinct_keys(), workers, sums, sums_by_hand),
    },
    workload("keys_of_200_bytes", "record", LONG_KEYS, |workers| {
        sides_of_text(long_keys(), workers, lines_by_value, lines_by_hand)
    }),
    // A million of them in all turns.
    Workload { name: "tiny_batches", records: TINY_BATCHES, unit: "batch", turns: 20, sides: tiny_batches },
    Workload {
        name: "huge_batch",
        records: HUGE,
        unit: "word",
        turns: 3,
        sides: |workers| sides_of_text(data::words(HUGE / 10, 100_000), workers, word_count_text, count_text_by_hand),
    },
    workload("a_thousand_for_one", "record", 10 * RECORDS, |workers| {
        sides_of_records((0..(RECORDS / 100) as u64).collect(), workers, thousands, thousands_by_hand)
    }),
];

fn mostly_one_key() -> Vec<(u64, u64)> {
    let mut random = Random(6);
    let mut key = || if random.next() % 10 < 9 { 7 } else { random.next() % 100_000 };
    (0..RECORDS as u64).map(|n| (key(), n % 8)).collect()
}

fn distinct_keys() -> Vec<(u64, u64)> {
    (0..MANY as u64).map(|n| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15), 1)).collect()
}

fn long_keys() -> Text {
    let mut random = Random(7);
    let prefix = "/a/path/that/all/keys/have/in/common".repeat(5);
    Text::new((0..LONG_KEYS).map(|_| format!("{prefix}{:020}\n", random.next() % 20_000)).collect())
}

pub fn sums(source: Repeated<Vec<(u64, u64)>>, out: Collector<u64>) -> impl Pipeline {
    stream!(every = 1s, |ssc| {
        let sums = ssc.source(source).reduce_by_key(|a, b| a + b);
        let totals = sums.map(|(_, n)| (1u64, n)).reduce(|(keys, a), (more, b)| (keys + more, a.max(b)));
        totals.map(|(keys, greatest)| sum_up(keys, greatest)).collect_into(&out);
    })
}

pub fn sums_by_hand(records: &[(u64, u64)], workers: usize) -> u64 {
    let sums = merge(on_threads_of(records, workers, |part| {
        let mut sums = Table::<u64, u64>::default();
        for (key, value) in part {
            *sums.entry(*key).or_default() += value;
        }
        sums
    }));
    sum_up(sums.len() as u64, sums.values().copied().max().unwrap_or(0))
}

fn lines_by_value(source: Repeated, out: Collector<u64>) -> impl Pipeline {
    stream!(every = 1s, |ssc| {
        let counts = ssc.source(source).count_by_value();
        let totals = counts.map(|(_, n)| (1u64, n)).reduce(|(keys, a), (more, b)| (keys + more, a.max(b)));
        totals.map(|(keys, greatest)| sum_up(keys, greatest)).collect_into(&out);
    })
}

fn lines_by_hand(text: &str, workers: usize) -> u64 {
    let counts = merge(on_threads(text, workers, |part| {
        let mut counts = Counts::default();
        for line in lines(part) {
            *counts.entry(line).or_default() += 1;
        }
        counts
    }));
    sum_up(counts.len() as u64, counts.values().copied().max().unwrap_or(0))
}

/// Ten words a batch. By hand it is a table that is cleared; nobody would start threads for them.
fn tiny_batches(workers: usize) -> Sides {
    let Text { text, blocks } = data::words(1, 100);
    Sides {
        ours: side(workers, TINY_BATCHES as u64, |out| word_count_text(Repeated(blocks), out)),
        by_hand: Box::new(move || {
            let (mut sum, mut counts) = (0, Counts::default());
            for _ in 0..TINY_BATCHES {
                counts.clear();
                for word in text::words(std::hint::black_box(&text)) {
                    *counts.entry(word).or_default() += 1;
                }
                sum += sum_up(counts.len() as u64, counts.values().copied().max().unwrap_or(0));
            }
            sum
        }),
    }
}

fn of_a_thousand(n: u64, m: u64) -> (u64, u64) {
    ((n * 31 + m) % 4096, m)
}

fn thousands(source: Repeated<Vec<u64>>, out: Collector<u64>) -> impl Pipeline {
    stream!(every = 1s, |ssc| {
        let pairs = ssc.source(source).flat_map(|n| (0..1000).map(move |m| of_a_thousand(n, m)));
        let sums = pairs.reduce_by_key(|a, b| a + b);
        let totals = sums.map(|(_, n)| (1u64, n)).reduce(|(keys, a), (more, b)| (keys + more, a.max(b)));
        totals.map(|(keys, greatest)| sum_up(keys, greatest)).collect_into(&out);
    })
}

fn thousands_by_hand(records: &[u64], workers: usize) -> u64 {
    let sums = merge(on_threads_of(records, workers, |part| {
        let mut sums = Table::<u64, u64>::default();
        for n in part {
            for (key, value) in (0..1000).map(|m| of_a_thousand(*n, m)) {
                *sums.entry(key).or_default() += value;
            }
        }
        sums
    }));
    sum_up(sums.len() as u64, sums.values().copied().max().unwrap_or(0))
}
