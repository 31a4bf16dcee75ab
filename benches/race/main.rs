//! The race against other engines: DFIR and Timely Dataflow, each as somebody writes it who knows it well.
//!
//! `cargo bench --features race --bench race` prints for each workload and number of workers the nanoseconds a record of each
//! contestant, and the throughput of microbatch over it. All take the same inputs, and split and parse with the same functions
//! (`text.rs`). They take turns on the same batches in one process, and their results are compared in every turn.
//!
//! `… -- word_count window 2` runs some workloads, on that many workers. `… -- word_count 1 timely 20` runs one contestant alone
//! for 20 batches: for `perf record` and callgrind.
//!
//! The contestants, where a workload has them:
//!
//! | | |
//! |---|---|
//! | `microbatch` | the pipeline as a user writes it |
//! | `dfir` | a flow of DFIR's own operators, with borrowed keys, one batch a tick. DFIR has one thread |
//! | `dfir_fused` | the loop that one would write by hand, as one closure at the end of a flow: a tick and its channel are left of DFIR |
//! | `timely` | a dataflow with an operator for each step; keys are hashed once and go to their owner in buffers of ours, which counts them in a table of ours |
//! | `timely_fused` | the loop that one would write by hand, in one operator on each worker, which sends as little as it can |
//! | `timely_book` | the word count of timely's book: owned words, an exchange, a table of the standard library |
#![allow(clippy::unwrap_used)]
#![allow(clippy::redundant_closure)] // a closure is compiled into its chain, a function's name is not always

mod by_hand;
#[path = "../common/cores.rs"]
mod cores;
#[path = "../throughput/data.rs"]
mod data;
mod on_dfir;
mod on_microbatch;
mod on_timely;
#[path = "../common/random.rs"]
mod random;
mod text;
#[path = "../common/timing.rs"]
mod timing;
mod workloads;

use cores::Cores;
use timing::{figures, processor_time_of, ratio, time};
use workloads::{Contestant, Input, Side, WORKLOADS, Workload};

const TURNS: usize = 21;

fn main() {
    let cores = Cores::all();
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    if let [workload, workers, contestant, batches] = &args[..]
        && let Ok(batches) = batches.parse()
    {
        return alone(find(workload), workers.parse().unwrap(), contestant, batches);
    }
    let (numbers, names): (Vec<_>, Vec<_>) = args.iter().partition(|arg| arg.parse::<usize>().is_ok());
    println!("{:<11} {:>7}  {:<13} {:>12}  {:>22}", "workload", "workers", "contestant", "a record", "ratio");
    for workload in
        WORKLOADS.iter().filter(|workload| names.is_empty() || names.iter().any(|name| *name == workload.name))
    {
        for workers in [1, 2] {
            if numbers.is_empty() || numbers.iter().any(|number| **number == workers.to_string()) {
                cores.choose(workers);
                race(workload, workers);
            }
        }
    }
    println!(
        "\nns a record, median of {TURNS} turns; with one worker of the processors' time, with several of the time that passes. Ratio:\n\
         throughput of microbatch over the contestant's in each turn: the median, and between what half of the turns lie.\n\
         DFIR has one thread, so it takes part with one worker only."
    );
}

fn find(name: &str) -> &'static Workload {
    WORKLOADS.iter().find(|workload| workload.name == name).unwrap_or_else(|| panic!("no workload named `{name}`"))
}

fn race(workload: &Workload, workers: usize) {
    let contestants: Vec<&Contestant> =
        workload.contestants.iter().filter(|contestant| workers <= contestant.workers).collect();
    let mut sides: Vec<Side> = contestants.iter().map(|contestant| (contestant.side)(workers)).collect();
    let mut times = vec![Vec::new(); sides.len()];
    let mut inputs = (workload.inputs)();
    for turn in 0..workload.warm_up + TURNS {
        let batches: Vec<Input> = (0..workload.batches).map(|_| inputs()).collect();
        let mut results = vec![Vec::with_capacity(workload.batches); sides.len()];
        // Whoever comes second finds batches in the caches, so another one begins in each turn.
        for n in (0..sides.len()).map(|n| (n + turn) % contestants.len()) {
            let (side, results) = (&mut sides[n], &mut results[n]);
            let mut work = || batches.iter().for_each(|batch| results.push(side(batch)));
            let passed = if workers == 1 { processor_time_of(&mut work) } else { time(&mut work) };
            if turn >= workload.warm_up {
                times[n].push(passed);
            }
        }
        for (results_of_one, contestant) in results.iter().zip(&contestants) {
            assert_eq!(results_of_one, &results[0], "{}: {} in turn {turn}", workload.name, contestant.name);
        }
    }
    let ours = times[0].clone();
    for (contestant, times) in contestants.iter().zip(&mut times) {
        let ratio = ratio(times, &ours);
        let each = figures(times).median.as_nanos() as f64 / (workload.records * workload.batches) as f64;
        println!("{:<11} {workers:>7}  {:<13} {each:>9.2} ns  {ratio:>22}", workload.name, contestant.name);
    }
}

fn alone(workload: &Workload, workers: usize, name: &str, batches: usize) {
    let contestant = workload.contestants.iter().find(|contestant| contestant.name == name);
    let contestant = contestant.unwrap_or_else(|| panic!("`{}` has no contestant `{name}`", workload.name));
    let (mut side, mut inputs) = ((contestant.side)(workers), (workload.inputs)());
    for _ in 0..batches {
        std::hint::black_box(side(&inputs()));
    }
}
