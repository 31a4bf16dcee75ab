//! The write-ahead log of a receiver beside a plain file that gets the same bytes and is synced as often.
//!
//! `cargo bench --bench log` writes some GB below the folder of temporary files, which should be on a disk.
#![allow(clippy::unwrap_used)]

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use microbatch::prelude::*;
use microbatch::{LogSync, ManualContext, SyncPolicy};

const BATCHES: usize = 4;
const BLOCKS: usize = 48;
/// A block of 1 MiB.
const RECORDS: usize = 1 << 17;
const TURNS: usize = 7;

/// A receiver that hands its intake out.
struct Handed(mpsc::Sender<Intake<u64>>);

impl Receiver for Handed {
    type Item = u64;
    fn start(&mut self, intake: Intake<u64>) -> microbatch::Result<()> {
        self.0.send(intake).map_err(|_| "nobody wants the intake".into())
    }
}

fn start(directory: &Path, sync: LogSync) -> (ManualContext, Intake<u64>) {
    let (sender, intakes) = mpsc::channel();
    let pipeline = stream!(every = 1s, name = "log", |ssc| {
        ssc.receiver_stream(Handed(sender)).count().foreach_batch(|counts, _| {
            assert_eq!(counts, [(BLOCKS * RECORDS) as u64]);
        });
    });
    let context = StreamingContext::new(pipeline).buffered_blocks(2 * BLOCKS).checkpoint_dir(directory);
    // Only the log is to be synced.
    let context = context.sync_policy(SyncPolicy::Never).checkpoint_interval(Duration::from_secs(3600));
    let context = context.write_ahead_log(true).write_ahead_log_sync(sync).manual().unwrap();
    (context, intakes.recv().unwrap())
}

/// Takes the blocks from memory into the log and through the batches.
fn logged(sync: LogSync, block: &[u64]) -> Duration {
    let folder = tempfile::tempdir().unwrap();
    let (mut context, intake) = start(folder.path(), sync);
    let mut took = Duration::ZERO;
    for _ in 0..BATCHES {
        let blocks = vec![block.to_vec(); BLOCKS];
        let begun = Instant::now();
        blocks.into_iter().for_each(|block| intake.store_block(block).unwrap());
        context.advance(1).unwrap();
        took += begun.elapsed();
    }
    drop(intake);
    took
}

/// Writes the same bytes to a file.
fn plain(sync: LogSync, block: &[u64]) -> Duration {
    let folder = tempfile::tempdir().unwrap();
    let bytes: Vec<u8> = block.iter().flat_map(|number| number.to_le_bytes()).collect();
    let mut file = File::create(folder.path().join("plain")).unwrap();
    let mut took = Duration::ZERO;
    for _ in 0..BATCHES {
        // What was received is no more in the processor's cache than a receiver's blocks are.
        let blocks = vec![bytes.clone(); BLOCKS];
        let begun = Instant::now();
        for bytes in &blocks {
            file.write_all(bytes).unwrap();
            if sync == LogSync::EachBlock {
                file.sync_data().unwrap();
            }
        }
        file.sync_data().unwrap();
        took += begun.elapsed();
    }
    took
}

fn main() {
    let block: Vec<u64> = (0..RECORDS as u64).map(|number| number.wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect();
    let rate = |mut times: Vec<Duration>| {
        times.sort();
        (BATCHES * BLOCKS * RECORDS * 8) as f64 / times[times.len() / 2].as_secs_f64() / 1e6
    };
    for (name, sync) in [("a sync a batch", LogSync::AtBatch), ("a sync a block", LogSync::EachBlock)] {
        let (mut log, mut file) = (Vec::new(), Vec::new());
        for _ in 0..TURNS {
            file.push(plain(sync, &block));
            log.push(logged(sync, &block));
        }
        let (log, file) = (rate(log), rate(file));
        println!("{name}: log {log:.0} MB/s, plain file {file:.0} MB/s, {:.0} %", log / file * 100.0);
    }
}
