//! Throughput with checkpoints beside that without, over turns of ten batches of which each has one checkpoint.
//!
//! Batches are run back to back, and while one runs, the next one is received. Those of a million records come thirty times as
//! fast as the stream that they stand for, and so do their checkpoints. Those that hold what a second at full rate comes to have a
//! checkpoint every ten seconds, as it would be.

use std::hint::black_box;
use std::time::{Duration, Instant};

use microbatch::Record;

use super::pipelines;
use super::random::Random;
use super::side::{Mode, Side};
use super::timing::{figures, processor_time};

/// Words, or records of the window, in a small batch.
const RECORDS: usize = 1_000_000;
const KEYS: u64 = 100_000;
const WORDS_A_LINE: usize = 10;
/// Batches from one checkpoint to the next.
const INTERVAL: usize = 10;
/// Checkpoints lie in the middle of a turn, so that batches run while they are written.
const BEFORE: usize = INTERVAL / 2;
const TURNS: usize = 9;
/// With batches of a second each.
const LONG_TURNS: usize = 3;

pub fn checkpoints() {
    head("checkpoints every 10 batches", 0.9);
    for workers in [1, 2] {
        race("word_count", workers, BEFORE, lines, |interval| {
            Side::queue(Mode { workers, interval, log: false }, pipelines::words)
        });
        race("window_60", workers, 60 + BEFORE, keys, |interval| {
            Side::queue(Mode { workers, interval, log: false }, pipelines::window)
        });
    }
}

pub fn log() {
    head("a receiver that stores blocks; checkpoints and the log", 0.7);
    for workers in [1, 2] {
        race("word_count", workers, BEFORE, lines, |interval| {
            Side::receiver(Mode { workers, interval, log: true }, pipelines::received_words)
        });
        race("window_60", workers, 60 + BEFORE, keys, |interval| {
            Side::receiver(Mode { workers, interval, log: true }, pipelines::received_window)
        });
    }
}

fn head(what: &str, aim: f64) {
    println!("\n{what}; the ratio of throughputs is to be {aim} or more");
    println!(
        "{:<12} {:>7} {:>9}  {:>9}  {:>9}  {:>6}  {:>6}  {:>9}  {:>11}",
        "", "workers", "a batch", "off", "on", "ratio", "worst", "processor", "written"
    );
}

fn lines(batch: usize, records: usize) -> Vec<String> {
    let mut random = Random(batch as u64);
    // As in language, a word's frequency falls with its rank.
    let mut word = || {
        let unit = (random.next() >> 11) as f64 / (1u64 << 53) as f64;
        (KEYS as f64).powf(unit) as u64 * 2_654_435_761 % 10_000_000
    };
    let mut line = || (0..WORDS_A_LINE).map(|_| format!("w{}", word())).collect::<Vec<_>>().join(" ");
    (0..records / WORDS_A_LINE).map(|_| line()).collect()
}

fn keys(batch: usize, records: usize) -> Vec<u64> {
    let mut random = Random(batch as u64);
    (0..records).map(|_| (random.next() % KEYS).wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect()
}

/// What ten batches took: of the time that passes, and of the processors' time.
struct Turn {
    passed: Duration,
    processor: Duration,
    results: Vec<u64>,
}

/// Runs batches in turn until a checkpoint is due again. The first one is there already; what comes after the last one is handed
/// over at the end.
fn turn<T: Record + Clone>(side: &mut Side<T>, batches: &[Vec<T>]) -> Turn {
    let (mut passed, mut results) = (Duration::ZERO, Vec::new());
    let mut processor = Duration::ZERO;
    let worked = || processor_time().unwrap_or_default();
    for next in batches.iter().cycle().skip(1).take(INTERVAL) {
        let next = Some(next.clone());
        let (before, begun) = (worked(), Instant::now());
        results.push(black_box(side.run(next)));
        passed += begun.elapsed();
        processor += worked().saturating_sub(before);
    }
    // What is left of the checkpoint would be done while the next batch is received.
    let before = worked();
    side.await_checkpoint();
    processor += worked().saturating_sub(before);
    Turn { passed, processor, results }
}

fn race<T: Record + Clone>(
    name: &str,
    workers: usize,
    warm_up: usize,
    batch: fn(usize, usize) -> Vec<T>,
    side: impl Fn(Option<Duration>) -> Side<T>,
) {
    if std::env::var("WORKLOAD").is_ok_and(|only| only != name) {
        return;
    }
    let (mut off, mut on) = (side(None), side(Some(Duration::from_secs(INTERVAL as u64))));
    let batches: Vec<Vec<T>> = (0..INTERVAL).map(|number| batch(number, RECORDS)).collect();
    for number in 0..warm_up {
        let batch = &batches[number % INTERVAL];
        assert_eq!(off.batch(batch.clone()), on.batch(batch.clone()), "{name}: the results of batch {number} differ");
    }
    on.await_checkpoint();
    let small = compare(name, &mut off, &mut on, &batches, TURNS);
    report(name, workers, RECORDS, &small, on.bytes());
    drop(batches);
    let records = a_second_of(&small);
    let batches: Vec<Vec<T>> = (0..2).map(|number| batch(number, records)).collect();
    let long = compare(name, &mut off, &mut on, &batches, LONG_TURNS);
    report(name, workers, records, &long, on.bytes());
}

/// How many records come to a second of work without checkpoints, in whole millions.
fn a_second_of(turns: &[(Turn, Turn)]) -> usize {
    let batch = median(turns, |(off, _)| off.passed) / INTERVAL as u32;
    ((Duration::from_secs(1).as_secs_f64() / batch.as_secs_f64()).round() as usize).max(1) * RECORDS
}

/// Turns of both sides: without, and with.
fn compare<T: Record + Clone>(
    name: &str,
    off: &mut Side<T>,
    on: &mut Side<T>,
    batches: &[Vec<T>],
    turns: usize,
) -> Vec<(Turn, Turn)> {
    let mut both = Vec::new();
    off.store(batches[0].clone());
    on.store(batches[0].clone());
    for number in 0..turns {
        // Whoever comes second finds the batches in the caches.
        let (without, with);
        if number % 2 == 0 {
            without = turn(off, batches);
            with = turn(on, batches);
        } else {
            with = turn(on, batches);
            without = turn(off, batches);
        }
        assert_eq!(without.results, with.results, "{name}: the results of turn {number} differ");
        both.push((without, with));
    }
    assert_eq!(off.run(None), on.run(None), "{name}: the last results differ");
    both
}

fn median(turns: &[(Turn, Turn)], time: fn(&(Turn, Turn)) -> Duration) -> Duration {
    figures(&mut turns.iter().map(time).collect::<Vec<_>>()).median
}

fn report(name: &str, workers: usize, records: usize, turns: &[(Turn, Turn)], bytes: u64) {
    let each = |time| median(turns, time).as_nanos() as f64 / (INTERVAL * records) as f64;
    let ratios = |time: fn(&Turn) -> Duration| {
        let ratio = |(off, on): &(Turn, Turn)| time(off).as_secs_f64() / time(on).as_secs_f64();
        let mut ratios: Vec<f64> = turns.iter().map(ratio).collect();
        ratios.sort_by(f64::total_cmp);
        ratios
    };
    let (passed, processor) = (ratios(|turn| turn.passed), ratios(|turn| turn.processor));
    println!(
        "{name:<12} {workers:>7} {:>7} M  {:>6.1} ns  {:>6.1} ns  {:>6.2}  {:>6.2}  {:>9.2}  {:>8.1} MB",
        records / 1_000_000,
        each(|(off, _)| off.passed),
        each(|(_, on)| on.passed),
        passed[turns.len() / 2],
        passed[0],
        processor[turns.len() / 2],
        bytes as f64 / 1e6,
    );
}
