//! Throughput against the loop that one would write by hand for the one job, in the same run.
//!
//! `cargo bench` prints for each workload and number of workers the nanoseconds a record of both, and the ratio. The two take
//! turns on the same input, each number is a median over the turns, and results are compared before a time counts.
//!
//! `cargo bench --bench throughput -- word_count 1 ours 20` runs one side alone for 20 batches: for `perf stat` and callgrind.
#![allow(clippy::unwrap_used)]

mod data;
#[path = "../common/random.rs"]
mod random;
mod rivals;
#[path = "../common/timing.rs"]
mod timing;
mod workloads;

use std::time::Duration;

use timing::{figures, time};
use workloads::{WORKLOADS, Workload};

const TURNS: usize = 21;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    if let [workload, workers, side, batches] = &args[..] {
        return alone(find(workload), workers.parse().unwrap(), side, batches.parse().unwrap());
    }
    println!(
        "{:<14} {:>7}  {:>12}  {:>12}  {:>6}  {:>6}",
        "workload", "workers", "by hand", "microbatch", "ratio", "best"
    );
    for workload in WORKLOADS.iter().filter(|workload| args.is_empty() || args.iter().any(|arg| arg == workload.name)) {
        for workers in [1, 2] {
            race(workload, workers);
        }
    }
    println!(
        "\nns a record, median of {TURNS} turns each; ratio: throughput of microbatch over the loop by hand,\n\
         of the medians and of the best turns (other load disturbs the best ones least)"
    );
    empty_batch();
}

fn find(name: &str) -> &'static Workload {
    WORKLOADS.iter().find(|workload| workload.name == name).unwrap_or_else(|| panic!("no workload named `{name}`"))
}

fn race(workload: &Workload, workers: usize) {
    let input = (workload.input)();
    let mut ours = (workload.ours)(&input, workers);
    let mut by_hand = || (workload.by_hand)(&input, workers);
    assert_eq!(ours(), by_hand(), "{}: the results differ", workload.name);
    let (mut our_times, mut hand_times) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        hand_times.push(time(&mut by_hand));
        our_times.push(time(&mut ours));
    }
    let per_record = |time: Duration| time.as_nanos() as f64 / workload.records as f64;
    let (hand, ours) = (figures(&mut hand_times), figures(&mut our_times));
    let best = per_record(hand.best) / per_record(ours.best);
    let (hand, ours) = (per_record(hand.median), per_record(ours.median));
    let (name, ratio) = (workload.name, hand / ours);
    println!("{name:<14} {workers:>7}  {hand:>9.2} ns  {ours:>9.2} ns  {ratio:>6.2}  {best:>6.2}");
}

fn alone(workload: &Workload, workers: usize, side: &str, batches: usize) {
    let input = (workload.input)();
    let mut ours = (workload.ours)(&input, workers);
    for _ in 0..batches {
        std::hint::black_box(if side == "ours" { ours() } else { (workload.by_hand)(&input, workers) });
    }
}

/// What a batch costs before its first record.
fn empty_batch() {
    for workers in [1, 2] {
        let mut context = workloads::empty(workers);
        context.advance(1000).unwrap();
        let mut times: Vec<Duration> = (0..20).map(|_| time(&mut || context.advance(1000).unwrap())).collect();
        let micros = figures(&mut times).median.as_nanos() as f64 / 1e6;
        println!("an empty batch of word count, {workers} worker(s): {micros:.2} µs");
    }
}
