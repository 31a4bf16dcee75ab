//! What a batch frees is there for the next one, and what a spike frees goes back to the system. Told by the system, for the
//! whole process, so there is one test.
#![cfg(all(target_os = "linux", target_env = "gnu"))]
#![allow(clippy::unwrap_used)]

use std::fs;
use std::sync::Arc;

use microbatch::prelude::*;
use microbatch::source::{Interval, Source};

const USUAL: u64 = 20_000;
/// The first batch with more, and how many times as many.
const SPIKE: u64 = 40;
const TIMES: u64 = 50;

/// Each record has a key of its own, and a long one.
struct Names {
    padding: String,
    /// How many batches have more.
    spikes: u64,
}

impl Source for Names {
    type Block = Vec<String>;
    fn batch(&mut self, interval: &Interval) -> microbatch::Result<Vec<Arc<Vec<String>>>> {
        let is_spike = (SPIKE..SPIKE + self.spikes).contains(&(interval.end.as_millis() / 1000));
        let records = if is_spike { TIMES * USUAL } else { USUAL };
        Ok(vec![Arc::new((0..records).map(|n| format!("{n}{}", self.padding)).collect())])
    }
}

/// The page faults of this process so far that read nothing.
fn page_faults() -> u64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let (_, after_the_name) = stat.rsplit_once(") ").unwrap();
    after_the_name.split(' ').nth(7).unwrap().parse().unwrap()
}

/// A line of `/proc/self/status`, in bytes.
fn status(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.split_whitespace().next().unwrap().parse::<u64>().unwrap() * 1024
}

fn check(workers: usize, spikes: u64) {
    let names = Names { padding: "x".repeat(150), spikes };
    let counts = stream!(every = 1s, |ssc| {
        ssc.source(names).count_by_value().count().foreach_batch(|_, _| Ok::<(), String>(()));
    });
    let mut context = StreamingContext::new(counts).workers(workers).manual().unwrap();
    context.advance(20).unwrap();
    let (faults, before) = (page_faults(), status("VmRSS:"));
    context.advance(SPIKE - 21).unwrap();
    let each = (page_faults() - faults) / (SPIKE - 21);
    // A batch writes to 500 pages and more.
    assert!(each < 50, "{workers} workers: {each} page faults a batch");

    context.advance(spikes - 1).unwrap();
    let faults = page_faults();
    context.advance(1).unwrap();
    let latest = page_faults() - faults;
    // Large batches keep all of their memory, from the second one on.
    assert!(spikes == 1 || latest < 1000, "{workers} workers: {latest} page faults in a large batch");
    let spike = status("VmHWM:").saturating_sub(before);
    context.advance(6).unwrap();
    let kept = status("VmRSS:").saturating_sub(before);
    println!("{workers} workers: {each} page faults a batch, {kept} of {spike} bytes kept after {spikes} batches");
    assert!(kept < spike / 3, "{workers} workers: {kept} of {spike} bytes kept after {spikes} batches");
}

#[test]
fn memory_stays_for_the_next_batch_and_goes_back_after_a_spike() {
    check(1, 1);
    check(1, 3);
    check(2, 1);
    check(2, 3);
}
