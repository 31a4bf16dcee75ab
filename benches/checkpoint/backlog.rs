//! A start after a stop of a minute at full input rate, and after crashes before any batch was decided: what batches take, and
//! what is in memory.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc;
use std::time::{Duration, Instant, SystemTime};

use microbatch::prelude::*;
use microbatch::{ManualContext, StreamProgress};

use super::memory::{highest, resident};
use super::pipelines;
use super::random::Random;
use super::side::Handed;

/// Seconds without the program.
const STOP: u64 = 60;
/// Seconds of input before.
const BEFORE: u64 = 5;
/// A second of input: what word count gets through in about as long.
const BYTES: usize = 100 << 20;
/// Crashes before a batch is decided, and blocks that each of them has received.
const CRASHES: usize = 8;
const BLOCKS: usize = 256;
const BLOCK: usize = 16_384;

pub fn run() {
    println!("\na stop of {STOP} s, files of {} MB a second, word count with 2 workers", BYTES >> 20);
    itself("files", 1);
    println!("\n{CRASHES} crashes before a batch was decided, each with {BLOCKS} blocks of {BLOCK} numbers in the log");
    itself("log", CRASHES);
}

/// Each step is a process of its own: what one of them has in memory is not the next one's.
fn itself(kind: &str, crashes: usize) {
    let folder = tempfile::tempdir().unwrap();
    for step in std::iter::repeat_n("before", crashes).chain(["after"]) {
        let mut program = Command::new(std::env::current_exe().unwrap());
        assert!(program.arg(format!("{step}-{kind}")).arg(folder.path()).arg("0").status().unwrap().success());
    }
}

pub fn step(step: &str, folder: &Path) {
    match step {
        "before-files" => before_files(folder),
        "after-files" => after_files(folder),
        "before-log" => before_log(folder),
        "after-log" => after_log(folder),
        _ => panic!("no step named `{step}`"),
    }
}

fn head() {
    println!("{:>6} {:>12} {:>10} {:>10} {:>10}", "batch", "records", "took", "left", "resident");
}

/// Runs a batch and prints it.
fn batch(context: &mut ManualContext, number: u64) -> StreamProgress {
    let begun = Instant::now();
    context.advance(1).unwrap();
    let (took, progress) = (begun.elapsed(), context.progress());
    let stream = progress.streams[0].clone();
    println!(
        "{number:>6} {:>12} {:>8.2} s {:>7} MB {:>7} MB",
        progress.last_batch.records(),
        took.as_secs_f64(),
        stream.backlog >> 20,
        resident() >> 20
    );
    stream
}

/// Runs batches until nothing is left of what came before.
fn catch_up(context: &mut ManualContext) {
    let begun = Instant::now();
    let mut number = 1;
    while batch(context, number).backlog > 0 {
        number += 1;
    }
    println!("{number} batches, {:.1?}; at most {} MB resident", begun.elapsed(), highest() >> 20);
}

fn second(number: u64) -> Time {
    Time::from_millis(1_000_000_000 + number * 1000)
}

fn text() -> Vec<u8> {
    let (mut random, mut text) = (Random(1), Vec::with_capacity(BYTES + 100));
    while text.len() < BYTES {
        let words: Vec<String> = (0..10).map(|_| format!("w{}", random.next() % 100_000)).collect();
        writeln!(text, "{}", words.join(" ")).unwrap();
    }
    text
}

/// A file of the second before.
fn write(folder: &Path, number: u64, text: &[u8]) {
    let (hidden, path) = (folder.join(format!(".{number}")), folder.join(number.to_string()));
    let mut file = File::create(&hidden).unwrap();
    file.write_all(text).unwrap();
    let since = Duration::from_millis(second(number).as_millis() - 500);
    file.set_modified(SystemTime::UNIX_EPOCH + since).unwrap();
    fs::rename(hidden, path).unwrap();
}

fn files(folder: &Path, now: u64) -> ManualContext {
    let pipeline = pipelines::files(&folder.join("in"), Collector::default());
    let context = StreamingContext::new(pipeline).workers(2).checkpoint_dir(folder.join("state"));
    context.manual_from(second(now)).unwrap()
}

fn before_files(folder: &Path) {
    let (input, text) = (folder.join("in"), text());
    fs::create_dir(&input).unwrap();
    let mut context = files(folder, 0);
    println!("before:");
    head();
    for number in 1..=BEFORE {
        write(&input, number, &text);
        batch(&mut context, number);
    }
    (BEFORE + 1..=BEFORE + STOP).for_each(|number| write(&input, number, &text));
    std::process::exit(0); // without a graceful stop
}

fn after_files(folder: &Path) {
    println!("after:");
    head();
    catch_up(&mut files(folder, BEFORE + STOP));
}

fn log(folder: &Path) -> (ManualContext, Intake<u64>) {
    let (sender, intakes) = mpsc::channel();
    let pipeline = pipelines::received_window(Handed(sender), Collector::default());
    let context = StreamingContext::new(pipeline).workers(2).checkpoint_dir(folder).write_ahead_log(true);
    (context.manual().unwrap(), intakes.recv().unwrap())
}

fn receive(intake: &Intake<u64>) {
    (0..BLOCKS as u64).for_each(|block| intake.store_block(vec![block; BLOCK]).unwrap());
}

fn before_log(folder: &Path) {
    let (_context, intake) = log(folder);
    receive(&intake);
    std::process::exit(0);
}

fn after_log(folder: &Path) {
    let (mut context, intake) = log(folder);
    receive(&intake);
    head();
    catch_up(&mut context);
}
