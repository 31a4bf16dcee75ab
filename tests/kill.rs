//! A pipeline on the wall clock is killed with SIGKILL at random times, again and again. What it leaves is as if nothing had
//! happened: files, a sink with transactions, states and windows.
//!
//! `KILLS=1000 cargo test --test kill` for more than a few.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use microbatch::prelude::*;
use microbatch::{BatchId, BoxError, TransactionalSink};

const FOLDER: &str = "MICROBATCH_TEST_FOLDER";
const BATCHES: &str = "MICROBATCH_TEST_BATCHES";
/// Records of the batch of a number.
fn batch(number: u64) -> Vec<u64> {
    (0..number % 5).map(|n| number * 10 + n).collect()
}

/// Appends a line a batch, with the number of bytes that counted before: what is behind them was not committed.
struct Ledger(PathBuf);

impl TransactionalSink<u64> for Ledger {
    fn last_batch(&mut self, output: &str) -> Result<Option<BatchId>, BoxError> {
        let times = read_ledger(&self.0).into_keys();
        Ok(times.max().map(|time| BatchId { output: output.into(), time: Time::from_nanos(time) }))
    }
    fn write_batch(&mut self, batch: &BatchId, records: Vec<u64>) -> Result<(), BoxError> {
        // One file a batch, renamed to its name: a transaction of the file system.
        let path = self.0.join(batch.time.as_nanos().to_string());
        if path.exists() {
            return Err(format!("{batch} is written twice").into());
        }
        let hidden = self.0.join(".next");
        fs::write(&hidden, records.iter().sum::<u64>().to_string())?;
        Ok(fs::rename(hidden, path)?)
    }
}

fn read_ledger(folder: &Path) -> BTreeMap<u64, u64> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let visible = entries.filter(|path| !path.file_name().unwrap().to_string_lossy().starts_with('.'));
    let read = |path: PathBuf| {
        let time = path.file_name().unwrap().to_string_lossy().parse().unwrap();
        (time, fs::read_to_string(&path).unwrap().parse().unwrap())
    };
    visible.map(read).collect()
}

fn pipeline(folder: &Path) -> impl Pipeline + use<> {
    let [numbers_prefix, sums_prefix, counts_prefix] = ["numbers", "sums", "counts"].map(|name| folder.join(name));
    let ledger = Ledger(folder.join("ledger"));
    stream!(every = 4ms, name = "kill", |ssc| {
        let numbers = ssc.queue_stream((0..).map(batch));
        numbers.save_as_text_files(numbers_prefix);
        numbers.foreach_batch_once(ledger);
        let pairs = numbers.map(|n| (n % 10, n));
        let sums =
            pairs.update_state_by_key(|values, sum: Option<u64>| Some(sum.unwrap_or(0) + values.iter().sum::<u64>()));
        sums.save_as_text_files(sums_prefix);
        let counts = numbers.count_by_window(200ms, 40ms);
        counts.save_as_text_files(counts_prefix);
    })
}

/// Not a test of its own: what `a_pipeline_that_is_killed_loses_and_repeats_nothing` runs in other processes.
#[test]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let batches = std::env::var(BATCHES).unwrap().parse().unwrap();
    let context = StreamingContext::new(pipeline(&folder)).workers(1).checkpoint_dir(folder.join("state"));
    context.checkpoint_interval(Duration::from_millis(40)).batches(batches).run().unwrap();
}

fn spawn(folder: &Path, batches: u64) -> std::process::Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "child", "--nocapture"]).env(FOLDER, folder).env(BATCHES, batches.to_string());
    command.stdout(Stdio::null()).spawn().unwrap()
}

/// The times and contents of what was published under a name.
fn published(folder: &Path, name: &str) -> BTreeMap<u64, Vec<String>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        if let Some(time) = file.strip_prefix(&format!("{name}-")) {
            assert!(path.join("_SUCCESS").exists(), "{} is not whole", path.display());
            let text = fs::read_to_string(path.join("part-00000")).unwrap();
            found.insert(time.parse().unwrap(), text.lines().map(str::to_owned).collect());
        }
    }
    found
}

fn check(folder: &Path) -> usize {
    let numbers = published(folder, "numbers");
    let times: Vec<u64> = numbers.keys().copied().collect();
    let (mut sums, mut ledger) = (BTreeMap::<u64, u64>::new(), BTreeMap::new());
    let all_sums = published(folder, "sums");
    let counts = published(folder, "counts");
    for (number, (time, lines)) in numbers.iter().enumerate() {
        let expected = batch(number as u64);
        let lines: Vec<u64> = lines.iter().map(|line| line.parse().unwrap()).collect();
        assert_eq!(lines, expected, "batch {number}, of {time} ms");
        ledger.insert(time * 1_000_000, expected.iter().sum());
        expected.iter().for_each(|n| *sums.entry(n % 10).or_default() += n);
        let mut shown = all_sums[time].clone();
        shown.sort();
        assert_eq!(shown, sums.iter().map(|(key, sum)| format!("({key},{sum})")).collect::<Vec<_>>(), "at {time} ms");
        if time % 40 == 0 {
            let in_window = times.iter().zip(0..).filter(|(other, _)| *time < **other + 200 && *other <= time);
            let count: usize = in_window.map(|(_, number)| batch(number).len()).sum();
            assert_eq!(counts[time], [count.to_string()], "at {time} ms");
        }
    }
    assert_eq!(read_ledger(&folder.join("ledger")), ledger);
    assert_eq!(all_sums.len(), numbers.len());
    numbers.len()
}

#[test]
fn a_pipeline_that_is_killed_loses_and_repeats_nothing() {
    let kills: u64 = std::env::var("KILLS").map_or(12, |kills| kills.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("ledger")).unwrap();
    let mut random = Instant::now().elapsed().as_nanos() as u64 | u64::from(std::process::id()) << 20;
    let mut done = 0;
    for kill in 0..kills {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mut child = spawn(folder.path(), u64::MAX);
        std::thread::sleep(Duration::from_micros(20_000 + (random >> 33) % 250_000));
        child.kill().unwrap();
        assert!(!child.wait().unwrap().success(), "the child ended before it was killed");
        if kill % 10 == 9 {
            println!("{} kills, {done} batches", kill + 1);
        }
        // What a killed run has published is a part of what it should be; the next start shows the rest.
        done = published(folder.path(), "numbers").len();
    }
    assert!(spawn(folder.path(), 50).wait().unwrap().success());
    let batches = check(folder.path());
    assert!(batches >= done + 50, "{batches} batches after {done}");
    println!("{kills} kills, {batches} batches");
}
