//! How long a start takes that brings a state back, beside reading the same bytes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use microbatch::ManualContext;
use microbatch::prelude::*;

use super::pipelines;
use super::timing::figures;

const TURNS: usize = 5;

pub fn run() {
    println!("\nu64 -> u64, 2 workers; medians of {TURNS} starts, each in a process of its own");
    println!("{:>10} {:>12}  {:>10}  {:>10}  {:>6}  the files", "keys", "bytes a key", "start", "read", "ratio");
    for keys in [1_000_000, 10_000_000] {
        let folder = tempfile::tempdir().unwrap();
        itself("save", folder.path(), keys);
        itself("restore", folder.path(), keys);
    }
}

fn itself(step: &str, directory: &Path, keys: u64) {
    let program = std::env::current_exe().unwrap();
    assert!(Command::new(program).arg(step).arg(directory).arg(keys.to_string()).status().unwrap().success());
}

/// A process of its own: what one of them has in memory is not the next one's.
pub fn step(step: &str, directory: &Path, keys: u64) {
    match step {
        "save" => save(directory, keys),
        "start" => println!("{}", start(directory, keys).as_nanos()),
        "restore" => restore(directory, keys),
        _ => panic!("no step named `{step}`"),
    }
}

fn context(directory: &Path, batch: Option<Vec<u64>>) -> ManualContext {
    let (batches, queue) = mpsc::channel();
    batch.into_iter().for_each(|batch| batches.send(batch).unwrap());
    drop(batches);
    let pipeline = pipelines::sums(queue.into_iter(), Collector::default());
    let context = StreamingContext::new(pipeline).workers(2).checkpoint_dir(directory);
    context.checkpoint_interval(Duration::from_secs(3600)).manual().unwrap()
}

fn key_of(n: u64) -> u64 {
    n.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn save(directory: &Path, keys: u64) {
    let mut context = context(directory, Some((0..keys).map(key_of).collect()));
    context.advance(1).unwrap();
    context.stop().unwrap();
}

/// From the start of a context to the state that it has brought back.
fn start(directory: &Path, keys: u64) -> Duration {
    let begun = Instant::now();
    let context = context(directory, None);
    let took = begun.elapsed();
    let state = context.state::<u64, u64>("sums").unwrap();
    assert_eq!(state.len() as u64, keys);
    assert!((0..keys).all(|n| state.get(key_of(n)) == Some(&1)));
    took
}

fn restore(directory: &Path, keys: u64) {
    let files = state_files(directory);
    let bytes: u64 = files.iter().map(|file| fs::metadata(file).unwrap().len()).sum();
    let (mut starts, mut reads, mut are_cold) = (Vec::new(), Vec::new(), true);
    for _ in 0..TURNS {
        are_cold &= drop_caches();
        let begun = Instant::now();
        files.iter().for_each(|file| drop(std::hint::black_box(fs::read(file).unwrap())));
        reads.push(begun.elapsed());
        are_cold &= drop_caches();
        starts.push(start_of_another(directory, keys));
    }
    let (start, read) = (figures(&mut starts).median, figures(&mut reads).median);
    println!(
        "{keys:>10} {:>12.1}  {start:>10.2?}  {read:>10.2?}  {:>6.1}  {}",
        bytes as f64 / keys as f64,
        start.as_secs_f64() / read.as_secs_f64(),
        if are_cold { "cold" } else { "in the system's cache" },
    );
}

fn start_of_another(directory: &Path, keys: u64) -> Duration {
    let mut program = Command::new(std::env::current_exe().unwrap());
    let output = program.arg("start").arg(directory).arg(keys.to_string()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Duration::from_nanos(String::from_utf8(output.stdout).unwrap().trim().parse().unwrap())
}

fn state_files(directory: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(directory).unwrap().map(|file| file.unwrap().path());
    files.filter(|file| file.file_name().unwrap().to_string_lossy().starts_with("state-")).collect()
}

/// Has the system forget what it keeps of files. False where it may not be told so.
fn drop_caches() -> bool {
    fs::write("/proc/sys/vm/drop_caches", "1").is_ok()
}
