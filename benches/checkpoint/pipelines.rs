//! The pipelines. Each sums up its result in one number a batch.

use std::path::Path;

use microbatch::prelude::*;

use super::side::{Batches, Handed};

/// Takes an entry into the sum over all of them.
fn entry(key: u64, value: u64) -> u64 {
    (key.wrapping_mul(value) ^ value).wrapping_add(1 << 60)
}

pub fn words(lines: Batches<String>, out: Collector<u64>) -> impl Pipeline {
    stream!(every = 1s, name = "words", |ssc| {
        let words = ssc.queue_stream(lines).flat_map(|line| line.split(' '));
        let counts = words.map(|word| (word, 1u64)).reduce_by_key(|a, b| a + b);
        counts.map(|(word, n)| entry(word.len() as u64, n)).reduce(|a, b| a.wrapping_add(b)).collect_into(&out);
    })
}

pub fn files(folder: &Path, out: Collector<u64>) -> impl Pipeline + use<> {
    let folder = folder.to_owned();
    stream!(every = 1s, name = "files", |ssc| {
        let words = ssc.text_file_stream(folder).flat_map(|line| line.split(' '));
        let counts = words.map(|word| (word, 1u64)).reduce_by_key(|a, b| a + b);
        counts.map(|(word, n)| entry(word.len() as u64, n)).reduce(|a, b| a.wrapping_add(b)).collect_into(&out);
    })
}

pub fn received_words(lines: Handed<String>, out: Collector<u64>) -> impl Pipeline {
    stream!(every = 1s, name = "words", |ssc| {
        let words = ssc.receiver_stream(lines).flat_map(|line| line.split(' '));
        let counts = words.map(|word| (word, 1u64)).reduce_by_key(|a, b| a + b);
        counts.map(|(word, n)| entry(word.len() as u64, n)).reduce(|a, b| a.wrapping_add(b)).collect_into(&out);
    })
}

pub fn window(keys: Batches<u64>, out: Collector<u64>) -> impl Pipeline {
    stream!(every = 1s, name = "window", |ssc| {
        let ones = ssc.queue_stream(keys).map(|key| (key, 1u64));
        let counts = ones.reduce_by_key_and_window(|a, b| a + b, |sum, left| sum - left, 60s, 1s);
        counts.map(|(key, n)| entry(key, n)).reduce(|a, b| a.wrapping_add(b)).collect_into(&out);
    })
}

pub fn received_window(keys: Handed<u64>, out: Collector<u64>) -> impl Pipeline {
    stream!(every = 1s, name = "window", |ssc| {
        let ones = ssc.receiver_stream(keys).map(|key| (key, 1u64));
        let counts = ones.reduce_by_key_and_window(|a, b| a + b, |sum, left| sum - left, 60s, 1s);
        counts.map(|(key, n)| entry(key, n)).reduce(|a, b| a.wrapping_add(b)).collect_into(&out);
    })
}

/// Touches the keys that have records.
pub fn sums(keys: Batches<u64>, out: Collector<u64>) -> impl Pipeline {
    stream!(every = 1s, name = "keys", |ssc| {
        let ones = ssc.queue_stream(keys).map(|key| (key, 1u64));
        let sums = ones.map_with_state(|_, key, one: Option<u64>, sum: &mut State<u64>| {
            let total = sum.get_option().unwrap_or(&0) + one.unwrap_or(0);
            sum.update(total);
            (key, total)
        });
        sums.map(|(key, total)| entry(key, total)).reduce(|a, b| a.wrapping_add(b)).collect_into(&out);
    })
}

/// Touches all keys.
pub fn scores(keys: Batches<u64>, out: Collector<u64>) -> impl Pipeline {
    stream!(every = 1s, name = "keys", |ssc| {
        let ones = ssc.queue_stream(keys).map(|key| (key, 1000u64));
        let scores = ones.update_state_by_key(|values, score: Option<u64>| {
            let score = score.unwrap_or(0);
            Some(score - score / 8 + values.iter().sum::<u64>())
        });
        scores.map(|(key, score)| entry(key, score)).reduce(|a, b| a.wrapping_add(b)).collect_into(&out);
    })
}
