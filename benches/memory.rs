//! What a key costs in memory: of a state with a `u64`, and of a window in which each key has one record.
//!
//! `cargo bench --bench memory` prints for each case the bytes that the pipeline itself reports, without what keys hold
//! elsewhere, such as the text of strings; and what is resident, as it is and at its highest, from which what was resident
//! without keys is taken. Then what is resident before, in and after a batch that is a hundred times as large as the others. Each
//! case runs in a process of its own.
#![allow(clippy::unwrap_used)]

#[path = "common/memory.rs"]
mod memory;

use std::process::Command;
use std::sync::Arc;

use microbatch::prelude::*;
use microbatch::source::{Interval, Source};
use microbatch::{Block, ManualContext};

/// New keys a batch.
const BATCH: u64 = 100_000;

/// New keys in each batch, until all are there.
struct NewKeys<K> {
    keys: u64,
    key: fn(u64) -> K,
}

impl<K: Send + 'static> Source for NewKeys<K>
where
    Vec<K>: Block,
{
    type Block = Vec<K>;
    fn batch(&mut self, interval: &Interval) -> microbatch::Result<Vec<Arc<Vec<K>>>> {
        let batch = interval.end.as_millis() / 1000;
        let keys = ((batch - 1) * BATCH).min(self.keys)..(batch * BATCH).min(self.keys);
        Ok(if keys.is_empty() { Vec::new() } else { vec![Arc::new(keys.map(self.key).collect())] })
    }
}

fn number(n: u64) -> u64 {
    n.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Twelve bytes.
fn name(n: u64) -> String {
    format!("user-{n:07}")
}

fn context(case: &str, keys: u64) -> ManualContext {
    let (numbers, names) = (NewKeys { keys, key: number }, NewKeys { keys, key: name });
    match case {
        "state-u64" => manual(stream!(every = 1s, |ssc| {
            let keys = ssc.source(numbers).map(|key| (key, 1u64));
            keys.map_with_state(|_, _, value, state: &mut State<u64>| value.into_iter().for_each(|n| state.update(n)))
                .count()
                .foreach_batch(|_, _| Ok::<(), String>(()));
        })),
        "state-timeout-u64" => manual(stream!(every = 1s, |ssc| {
            let keys = ssc.source(numbers).map(|key| (key, 1u64));
            keys.map_with_state(|_, _, value, state: &mut State<u64>| value.into_iter().for_each(|n| state.update(n)))
                .timeout(1h)
                .count()
                .foreach_batch(|_, _| Ok::<(), String>(()));
        })),
        "state-String" => manual(stream!(every = 1s, |ssc| {
            let keys = ssc.source(names).map(|key| (key, 1u64));
            keys.map_with_state(|_, _, value, state: &mut State<u64>| value.into_iter().for_each(|n| state.update(n)))
                .count()
                .foreach_batch(|_, _| Ok::<(), String>(()));
        })),
        "window-u64" => manual(stream!(every = 1s, |ssc| {
            let keys = ssc.source(numbers).map(|key| (key, 1u64));
            keys.reduce_by_key_and_window(|a, b| a + b, |a, b| a - b, 1h, 1s)
                .count()
                .foreach_batch(|_, _| Ok::<(), String>(()));
        })),
        "window-String" => manual(stream!(every = 1s, |ssc| {
            let keys = ssc.source(names).map(|key| (key, 1u64));
            keys.reduce_by_key_and_window(|a, b| a + b, |a, b| a - b, 1h, 1s)
                .count()
                .foreach_batch(|_, _| Ok::<(), String>(()));
        })),
        "window-max-u64" => manual(stream!(every = 1s, |ssc| {
            let keys = ssc.source(numbers).map(|key| (key, 1u64));
            keys.reduce_by_key_and_window(|a, b| a.max(b), 1h, 1s).count().foreach_batch(|_, _| Ok::<(), String>(()));
        })),
        _ => panic!("no case named `{case}`"),
    }
}

/// So many records in each batch, but a hundred times as many in one of them; each has a key of its own.
struct Spike(fn(u64) -> String);

const USUAL: u64 = 20_000;
const SPIKE: u64 = 10;

impl Source for Spike {
    type Block = Vec<String>;
    fn batch(&mut self, interval: &Interval) -> microbatch::Result<Vec<Arc<Vec<String>>>> {
        let is_spike = interval.end.as_millis() / 1000 == SPIKE;
        let records = if is_spike { 100 * USUAL } else { USUAL };
        Ok(vec![Arc::new((0..records).map(self.0).collect())])
    }
}

fn spike(workers: usize) {
    let counts = stream!(every = 1s, |ssc| {
        let words = ssc.source(Spike(name));
        words.count_by_value().count().foreach_batch(|_, _| Ok::<(), String>(()));
    });
    let mut context = StreamingContext::new(counts).workers(workers).manual().unwrap();
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    let mut after = |batches| {
        context.advance(batches).unwrap();
        megabytes(memory::resident())
    };
    let (before, first, fifth) = (after(SPIKE - 1), after(2), after(4));
    let highest = megabytes(memory::highest());
    println!("{workers:>7} {before:>10.1} {highest:>10.1} {first:>10.1} {fifth:>10.1}");
}

fn manual(pipeline: impl Pipeline + Send + 'static) -> ManualContext {
    StreamingContext::new(pipeline).manual().unwrap()
}

fn measure(case: &str, keys: u64) {
    let mut context = context(case, keys);
    let before = memory::resident();
    context.advance(keys / BATCH + 5).unwrap();
    let state = &context.progress().states[0];
    assert_eq!(state.entries, keys);
    let each = |bytes: u64| bytes as f64 / keys as f64;
    println!(
        "{case:<18} {keys:>10} {:>10.1} {:>10.1} {:>10.1}",
        each(state.bytes),
        each(memory::resident() - before),
        each(memory::highest() - before),
    );
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    match &args[..] {
        [case, workers] if case == "spike" => return spike(workers.parse().unwrap()),
        [case, keys] => return measure(case, keys.parse().unwrap()),
        _ => {}
    }
    println!("{:<18} {:>10} {:>10} {:>10} {:>10}   bytes a key", "case", "keys", "reported", "resident", "highest");
    let cases = [
        ("state-u64", 1_000_000),
        ("state-u64", 10_000_000),
        ("state-timeout-u64", 1_000_000),
        ("state-String", 1_000_000),
        ("window-u64", 1_000_000),
        ("window-u64", 10_000_000),
        ("window-max-u64", 1_000_000),
        ("window-String", 1_000_000),
    ];
    let alone = |case: &str, number: u64| {
        let itself = std::env::current_exe().unwrap();
        assert!(Command::new(itself).args([case, &number.to_string()]).status().unwrap().success());
    };
    cases.iter().for_each(|(case, keys)| alone(case, *keys));
    println!("\n{:>7} {:>10} {:>10} {:>10} {:>10}   MB", "workers", "before", "highest", "1 after", "5 after");
    [1, 2].iter().for_each(|workers| alone("spike", *workers));
}
