//! Windows and states against the programs that one would write by hand for the one job, in the same run.
//!
//! `cargo bench --bench stateful` prints for each workload and number of workers the nanoseconds a record, or a key, of both,
//! and the ratios. Both have their full size before a time counts. They take turns on the same batches, and their results are
//! compared in each.
//!
//! `cargo bench --bench stateful -- count_60 1 ours 200` runs one side alone: for `perf record` and callgrind.
#![allow(clippy::unwrap_used)]

mod by_hand;
#[path = "../common/cores.rs"]
mod cores;
mod more_by_hand;
#[path = "../common/random.rs"]
mod random;
#[path = "../common/timing.rs"]
mod timing;
mod workloads;

use std::time::Duration;

use cores::Cores;
use timing::{figures, processor_time_of, ratio, time};
use workloads::{WORKLOADS, Workload};

fn main() {
    let cores = Cores::all();
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    if let [workload, workers, side @ ("ours" | "by_hand"), batches] =
        &args.iter().map(String::as_str).collect::<Vec<_>>()[..]
    {
        return alone(find(workload), workers.parse().unwrap(), side, batches.parse().unwrap());
    }
    println!(
        "{:<14} {:>7} {:>7}  {:>10}  {:>10}  {:>6}  {:>22}",
        "workload", "workers", "ns per", "by hand", "microbatch", "ratio", "of turns"
    );
    for workload in WORKLOADS.iter().filter(|workload| args.is_empty() || args.iter().any(|arg| arg == workload.name)) {
        for workers in [1, 2] {
            cores.choose(workers);
            race(workload, workers);
        }
    }
    println!(
        "\nns are means over all turns, because both do some work only now and then; with one worker of the processor's time,\n\
         with several of the time that passes. Ratio: throughput of microbatch over the program by hand, of the means, and in\n\
         each turn: the median, and between what half of the turns lie."
    );
}

fn find(name: &str) -> &'static Workload {
    WORKLOADS.iter().find(|workload| workload.name == name).unwrap_or_else(|| panic!("no workload named `{name}`"))
}

fn race(workload: &Workload, workers: usize) {
    let (mut ours, mut by_hand) = ((workload.ours)(workers), (workload.by_hand)(workers));
    let (mut our_times, mut hand_times) = (Vec::new(), Vec::new());
    let timed =
        |work: &mut dyn FnMut()| if workers == 1 { processor_time_of(&mut || work()) } else { time(&mut || work()) };
    for turn in 0..workload.warm_up + workload.turns {
        let batch = workload.batch(turn);
        let (mut our_sum, mut hand_sum) = (0, 0);
        let (mut our_turn, mut hand_turn) = (|| our_sum = ours(&batch), || hand_sum = by_hand(&batch));
        // Whoever comes second finds the batch in the caches.
        let (our_time, hand_time);
        if turn % 2 == 0 {
            our_time = timed(&mut our_turn);
            hand_time = timed(&mut hand_turn);
        } else {
            hand_time = timed(&mut hand_turn);
            our_time = timed(&mut our_turn);
        }
        assert_eq!(our_sum, hand_sum, "{}: the results of batch {turn} differ", workload.name);
        if turn >= workload.warm_up {
            our_times.push(our_time);
            hand_times.push(hand_time);
        }
    }
    report(workload, workers, &mut hand_times, &mut our_times);
}

fn report(workload: &Workload, workers: usize, hand_times: &mut [Duration], our_times: &mut [Duration]) {
    let of_turns = ratio(hand_times, our_times);
    let (hand, ours) = (figures(hand_times).mean, figures(our_times).mean);
    let each = |time: Duration| time.as_nanos() as f64 / workload.units as f64;
    println!(
        "{:<14} {workers:>7} {:>7}  {:>7.2} ns  {:>7.2} ns  {:>6.2}  {of_turns:>22}",
        workload.name,
        workload.unit,
        each(hand),
        each(ours),
        hand.as_secs_f64() / ours.as_secs_f64(),
    );
}

fn alone(workload: &Workload, workers: usize, side: &str, batches: usize) {
    let mut side = if side == "ours" { (workload.ours)(workers) } else { (workload.by_hand)(workers) };
    for turn in 0..batches {
        std::hint::black_box(side(&workload.batch(turn)));
    }
}
