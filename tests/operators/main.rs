//! Each operator on the edges of its meaning: empty batches, duplicates, order, sizes; and the interfaces that programs
//! written elsewhere rely on, as they are written there.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod arguments;
mod batches;
mod joins;
mod narrow;
mod partitions;
mod programs;
mod relied_on;
mod shuffles;
mod values;
mod whole_batches;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use microbatch::prelude::*;

/// Runs `batches` batches on as many workers as asked for, a worker for each record where there are enough.
fn run(pipeline: impl Pipeline + Send + 'static, workers: usize, batches: u64) {
    let context = StreamingContext::new(pipeline).workers(workers).parallel_grain(0);
    context.manual().unwrap().advance(batches).unwrap();
}

/// The records of each batch, without its time; empties the collector.
fn records<T>(out: &Collector<T>) -> Vec<Vec<T>> {
    out.take().into_iter().map(|(_, records)| records).collect()
}

fn sorted<T: Ord>(mut records: Vec<T>) -> Vec<T> {
    records.sort();
    records
}

fn texts(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn pairs<V: Clone>(pairs: &[(&str, V)]) -> Vec<(String, V)> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect()
}

const WORKERS: [usize; 4] = [1, 2, 3, 8];
