//! What checkpoints cost: in throughput, in the longest batch, and at a start; and how a start catches up with what came meanwhile.
//!
//! `cargo bench --bench checkpoint` measures all of it below the folder of temporary files, which should be on a disk; with
//! `cost`, `log`, `pause`, `recovery` or `backlog` only that. With `WORKLOAD=word_count` or `WORKLOAD=window_60` in the environment the first
//! two measure that alone.
#![allow(clippy::unwrap_used)]

mod backlog;
mod cost;
#[path = "../common/memory.rs"]
mod memory;
mod pause;
mod pipelines;
#[path = "../common/random.rs"]
mod random;
mod recovery;
mod side;
#[path = "../common/timing.rs"]
mod timing;

use std::io::Write;
use std::time::{Duration, Instant};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    if let [step, directory, keys] = &args[..] {
        if step.starts_with("before-") || step.starts_with("after-") {
            return backlog::step(step, directory.as_ref());
        }
        return recovery::step(step, directory.as_ref(), keys.parse().unwrap());
    }
    let wants = |part: &str| args.is_empty() || args.iter().any(|arg| arg == part);
    println!("the disk takes {:.2?} for an append of 4 KiB and a sync (median of 20)", sync_time());
    println!("and writes {:.0} MB/s, in appends of 128 KiB and a sync every 8 MB (median of 20)", write_rate() / 1e6);
    if wants("cost") {
        cost::checkpoints();
    }
    if wants("log") {
        cost::log();
    }
    if wants("pause") {
        pause::run();
    }
    if wants("recovery") {
        recovery::run();
    }
    if wants("backlog") {
        backlog::run();
    }
}

fn sync_time() -> Duration {
    let mut file = tempfile::tempfile().unwrap();
    let mut times: Vec<Duration> = (0..20)
        .map(|_| {
            let begun = Instant::now();
            file.write_all(&[1; 4096]).unwrap();
            file.sync_data().unwrap();
            begun.elapsed()
        })
        .collect();
    timing::figures(&mut times).median
}

/// Bytes a second, in portions as a log gets them from a batch.
fn write_rate() -> f64 {
    const APPENDS: usize = 64;
    let mut file = tempfile::tempfile().unwrap();
    let block = vec![1; 128 << 10];
    let mut times: Vec<Duration> = (0..20)
        .map(|_| {
            let begun = Instant::now();
            (0..APPENDS).for_each(|_| file.write_all(&block).unwrap());
            file.sync_data().unwrap();
            begun.elapsed()
        })
        .collect();
    (APPENDS * block.len()) as f64 / timing::figures(&mut times).median.as_secs_f64()
}
