//! Throughput against the loop that one would write by hand for the one job, in the same run.
//!
//! `cargo bench --bench throughput` prints for each workload and number of workers the nanoseconds a record of both, and the ratio. The two take
//! turns on the same input, a ratio is the median of those of the turns, and results are compared before a time counts.
//!
//! `cargo bench --bench throughput -- word_count 1 ours 20` runs one side (`ours` or `by_hand`) alone for 20 turns, for `perf stat`
//! and callgrind, and prints what it needs of memory.
//!
//! `cargo bench --bench throughput -- curve` prints the time a record with more and more workers.
#![allow(clippy::unwrap_used)]

#[path = "../common/cores.rs"]
mod cores;
mod curve;
mod data;
#[path = "../common/memory.rs"]
mod memory;
#[path = "../common/random.rs"]
mod random;
mod threads;
#[path = "../common/timing.rs"]
mod timing;
mod workloads;

use std::time::Duration;

use cores::Cores;
use timing::{figures, ratio, time};
use workloads::{Sides, Workload};

fn main() {
    let cores = Cores::all();
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    if let [workload, workers, side @ ("ours" | "by_hand"), batches] =
        &args.iter().map(String::as_str).collect::<Vec<_>>()[..]
    {
        return alone(find(workload), workers.parse().unwrap(), side, batches.parse().unwrap());
    }
    if args.iter().any(|arg| arg == "curve") {
        return curve::print();
    }
    println!(
        "{:<18} {:>7} {:>7}  {:>12}  {:>12}  {:>22}",
        "workload", "workers", "ns per", "by hand", "microbatch", "ratio"
    );
    for workload in workloads::all().filter(|workload| args.is_empty() || args.iter().any(|arg| arg == workload.name)) {
        for workers in [1, 2] {
            cores.choose(workers);
            race(workload, workers);
        }
    }
    println!(
        "\nmedians of the turns; ratio: throughput of microbatch over the loop by hand, in each turn: the median, and between what\n\
         half of the turns lie"
    );
    empty_batch(&cores);
}

fn find(name: &str) -> &'static Workload {
    workloads::all().find(|workload| workload.name == name).unwrap_or_else(|| panic!("no workload named `{name}`"))
}

fn race(workload: &Workload, workers: usize) {
    let Sides { mut ours, mut by_hand } = (workload.sides)(workers);
    assert_eq!(ours(), by_hand(), "{}: the results differ", workload.name);
    let (mut our_times, mut hand_times) = (Vec::new(), Vec::new());
    for turn in 0..workload.turns {
        // Each comes first in half of the turns.
        if turn % 2 == 0 {
            hand_times.push(time(&mut by_hand));
            our_times.push(time(&mut ours));
        } else {
            our_times.push(time(&mut ours));
            hand_times.push(time(&mut by_hand));
        }
    }
    let ratio = ratio(&hand_times, &our_times);
    let each = |time: Duration| time.as_nanos() as f64 / workload.records as f64;
    let (hand, ours) = (each(figures(&mut hand_times).median), each(figures(&mut our_times).median));
    let (name, unit) = (workload.name, workload.unit);
    println!("{name:<18} {workers:>7} {unit:>7}  {hand:>9.2} ns  {ours:>9.2} ns  {ratio:>22}");
}

fn alone(workload: &Workload, workers: usize, side: &str, turns: usize) {
    let Sides { ours, by_hand } = (workload.sides)(workers);
    let mut side = if side == "ours" { ours } else { by_hand };
    let before = memory::resident();
    for _ in 0..turns {
        std::hint::black_box(side());
    }
    let each = |bytes: u64| bytes.saturating_sub(before) as f64 / workload.records as f64;
    println!(
        "bytes a {}: {:.1} at the highest, {:.1} left",
        workload.unit,
        each(memory::highest()),
        each(memory::resident())
    );
}

/// What a batch costs before its first record.
fn empty_batch(cores: &Cores) {
    for workers in [1, 2] {
        cores.choose(workers);
        let mut context = workloads::empty(workers);
        context.advance(1000).unwrap();
        let mut times: Vec<Duration> = (0..20).map(|_| time(&mut || context.advance(1000).unwrap())).collect();
        let micros = figures(&mut times).median.as_nanos() as f64 / 1e6;
        println!("an empty batch of word count, {workers} worker(s): {micros:.2} µs");
    }
}
