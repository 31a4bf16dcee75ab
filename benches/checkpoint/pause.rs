//! The longest batch, with a checkpoint and without, of a state with a million keys.

use std::time::{Duration, Instant};

use super::pipelines;
use super::random::Random;
use super::side::{Mode, Side};
use super::timing::figures;

const KEYS: u64 = 1_000_000;
const RECORDS: usize = 10_000;
const BATCHES: usize = 40;
/// Batches from one checkpoint to the next.
const INTERVAL: usize = 5;
const ROUNDS: usize = 5;

/// Of the batches of a run.
struct Run {
    median: Duration,
    other: Duration,
    checkpoint: Duration,
}

pub fn run() {
    println!(
        "\n{KEYS} keys, {RECORDS} records a batch, a checkpoint every {INTERVAL} batches; medians of {ROUNDS} runs"
    );
    println!(
        "{:<16} {:>7} {:>12}  {:>10}  {:>10}  {:>10}",
        "", "workers", "checkpoints", "median", "longest", "checkpoint"
    );
    for workers in [1, 2] {
        compare("map_with_state", workers, |mode| Side::queue(mode, pipelines::sums));
        compare("update_state", workers, |mode| Side::queue(mode, pipelines::scores));
    }
}

fn compare(name: &str, workers: usize, side: impl Fn(Mode) -> Side<u64>) {
    let (mut offs, mut ons) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let interval = Some(Duration::from_secs(INTERVAL as u64));
        let (off, expected) = measure(side(Mode { workers, interval: None, log: false }));
        let (on, results) = measure(side(Mode { workers, interval, log: false }));
        assert_eq!(results, expected, "{name}: the results differ");
        offs.push(off);
        ons.push(on);
    }
    for (kind, runs) in [("off", offs), ("on", ons)] {
        let of = |time: fn(&Run) -> Duration| figures(&mut runs.iter().map(time).collect::<Vec<_>>()).median;
        println!(
            "{name:<16} {workers:>7} {kind:>12}  {:>10.2?}  {:>10.2?}  {:>10.2?}",
            of(|run| run.median),
            of(|run| run.other),
            of(|run| run.checkpoint)
        );
    }
}

fn measure(mut side: Side<u64>) -> (Run, Vec<u64>) {
    let key = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let (mut times, mut results) = (Vec::new(), Vec::new());
    for number in 1..=INTERVAL + BATCHES {
        let mut random = Random(number as u64);
        let batch = if number == 1 {
            (0..KEYS).map(key).collect()
        } else {
            (0..RECORDS).map(|_| key(random.next() % KEYS)).collect()
        };
        // At a real rate the checkpoint before has long been written.
        if number > INTERVAL && number % INTERVAL == 0 {
            side.await_checkpoint();
        }
        let begun = Instant::now();
        results.push(side.batch(batch));
        if number > INTERVAL {
            times.push((begun.elapsed(), number % INTERVAL == 0));
        }
    }
    let longest = |kind: bool| times.iter().filter(|(_, is)| *is == kind).map(|(time, _)| *time).max().unwrap();
    let (other, checkpoint) = (longest(false), longest(true));
    let median = figures(&mut times.iter().map(|(time, _)| *time).collect::<Vec<_>>()).median;
    (Run { median, other, checkpoint }, results)
}
