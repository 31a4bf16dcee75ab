//! Words of text: counts, and counts beside another output.

use microbatch::prelude::*;
use microbatch::text;

use super::{Repeated, Sides, Workload, sides_of_text, sum_up, workload};
use crate::data;
use crate::threads::{Counts, lines, merge, on_threads};

const LINES: usize = 100_000;
const DISTINCT: usize = 100_000;

pub const WORKLOADS: &[Workload] = &[
    workload("word_count", "word", LINES * 10, |workers| sides(workers, word_count, count_by_hand)),
    workload("word_count_text", "word", LINES * 10, |workers| sides(workers, word_count_text, count_text_by_hand)),
    workload("two_outputs", "word", LINES * 10, |workers| sides(workers, two_outputs, two_outputs_by_hand)),
];

fn sides<P: Pipeline + Send + 'static>(
    workers: usize,
    pipeline: fn(Repeated, Collector<u64>) -> P,
    by_hand: fn(&str, usize) -> u64,
) -> Sides {
    sides_of_text(data::words(LINES, DISTINCT), workers, pipeline, by_hand)
}

fn word_count(source: Repeated, out: Collector<u64>) -> impl Pipeline {
    stream!(every = 1s, |ssc| {
        let lines = ssc.source(source);
        let counts = lines.flat_map(|line| line.split(' ')).map(|word| (word, 1u64)).reduce_by_key(|a, b| a + b);
        let totals = counts.map(|(_, n)| (1u64, n)).reduce(|(keys, a), (more, b)| (keys + more, a.max(b)));
        totals.map(|(keys, greatest)| sum_up(keys, greatest)).collect_into(&out);
    })
}

/// With the text helpers.
pub fn word_count_text(source: Repeated, out: Collector<u64>) -> impl Pipeline {
    stream!(every = 1s, |ssc| {
        let lines = ssc.source(source);
        let counts = lines.flat_map(text::words).map(|word| (word, 1u64)).reduce_by_key(|a, b| a + b);
        let totals = counts.map(|(_, n)| (1u64, n)).reduce(|(keys, a), (more, b)| (keys + more, a.max(b)));
        totals.map(|(keys, greatest)| sum_up(keys, greatest)).collect_into(&out);
    })
}

fn two_outputs(source: Repeated, out: Collector<u64>) -> impl Pipeline {
    let long = out.clone();
    stream!(every = 1s, |ssc| {
        let words = ssc.source(source).flat_map(|line| line.split(' '));
        let counts = words.map(|word| (word, 1u64)).reduce_by_key(|a, b| a + b);
        let totals = counts.map(|(_, n)| (1u64, n)).reduce(|(keys, a), (more, b)| (keys + more, a.max(b)));
        totals.map(|(keys, greatest)| sum_up(keys, greatest)).collect_into(&out);
        words.filter(|word| word.len() > 7).map(|word| word.len() as u64).reduce(|a, b| a + b).collect_into(&long);
    })
}

fn summed_up(counts: &Counts) -> u64 {
    sum_up(counts.len() as u64, counts.values().copied().max().unwrap_or(0))
}

fn count_by_hand(text: &str, workers: usize) -> u64 {
    let tables = on_threads(text, workers, |part| {
        let mut counts = Counts::default();
        for line in lines(part) {
            for word in line.split(' ') {
                *counts.entry(word).or_default() += 1;
            }
        }
        counts
    });
    summed_up(&merge(tables))
}

/// With the same splitter.
pub fn count_text_by_hand(text: &str, workers: usize) -> u64 {
    let tables = on_threads(text, workers, |part| {
        let mut counts = Counts::default();
        // A line's end is white space as well.
        for word in text::words(part) {
            *counts.entry(word).or_default() += 1;
        }
        counts
    });
    summed_up(&merge(tables))
}

/// Counts per word, and the number of characters of the long words.
fn two_outputs_by_hand(text: &str, workers: usize) -> u64 {
    let parts = on_threads(text, workers, |part| {
        let (mut counts, mut long) = (Counts::default(), 0);
        for line in lines(part) {
            for word in line.split(' ') {
                *counts.entry(word).or_default() += 1;
                if word.len() > 7 {
                    long += word.len() as u64;
                }
            }
        }
        (counts, long)
    });
    let (counts, long): (Vec<_>, Vec<u64>) = parts.into_iter().unzip();
    summed_up(&merge(counts)) + long.into_iter().sum::<u64>()
}
