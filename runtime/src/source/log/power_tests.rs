//! What a loss of power and a failing disk take from a log that several threads share.

#![allow(clippy::unwrap_used)]

use std::io::ErrorKind;

use super::tests::{Log, SECOND};
use super::*;
use crate::checkpoint::crash::{CrashPoints, Fault, Loss};
use crate::error::Error;
use crate::stored::Stored;
use crate::time::Time;

const BLOCKS: u64 = 8;

/// What a run was told is in the log.
#[derive(Debug, Default)]
struct Told {
    /// Blocks that were acknowledged.
    appended: u64,
    /// Blocks of batches that were decided.
    decided: u64,
}

/// A batch every two blocks, a segment every four. Goes on after an error as often as is allowed.
fn run(log: &mut Log, mut errors: usize) -> Told {
    let shared = SharedLog::start(log.writer()).unwrap();
    let mut told = Told::default();
    let mut fails = |error: &Error| {
        let is_over = errors == 0;
        errors = errors.saturating_sub(1);
        assert!(is_over || error.to_string().contains("make room on the disk"), "{error}");
        is_over
    };
    for number in 0..BLOCKS {
        log.now = Time::since_epoch(SECOND * 20 * number as u32);
        let place = loop {
            let mut writer = shared.lock();
            match log.append(&mut writer, number) {
                Ok(place) => break place,
                Err(error) if fails(&error) => return told,
                Err(_) => {}
            }
        };
        told.appended = number + 1;
        if number % 2 == 1 {
            shared.give(place);
            while let Err(error) = shared.settle() {
                if fails(&error) {
                    return told;
                }
            }
            told.decided = number + 1;
        }
    }
    told
}

#[test]
fn a_loss_of_power_takes_what_the_policy_lets_it_take() {
    for sync in
        [LogSync::EachBlock, LogSync::Interval(Duration::ZERO), LogSync::Interval(SECOND * 3600), LogSync::AtBatch]
    {
        for (loss, fault) in [
            (Loss::Contents, Fault::Before),
            (Loss::Contents, Fault::Half),
            (Loss::Names, Fault::After),
            (Loss::Both, Fault::Half),
            (Loss::Both, Fault::After),
        ] {
            for at in 0.. {
                let mut log = Log::new(sync);
                let points = CrashPoints::at(at, fault);
                log.disk = Disk::with_failpoints(Arc::clone(&points));
                let told = run(&mut log, 0);
                points.lose(loss);
                let read = log.rest().unwrap();
                let context = format!("{sync:?} {loss:?} {fault:?} {at}: {told:?}, {read:?}");
                assert!(read.iter().copied().eq(0..read.len() as u64), "{context}: no holes, and nothing twice");
                let is_strict = matches!(sync, LogSync::EachBlock | LogSync::Interval(Duration::ZERO));
                let least = if is_strict { told.appended } else { told.decided };
                assert!((least..=told.appended + 1).contains(&(read.len() as u64)), "{context}");
                if !points.crashed() {
                    break;
                }
            }
        }
    }
}

#[test]
fn a_disk_that_fails_beside_the_writers_is_told_and_mended() {
    for sync in [LogSync::EachBlock, LogSync::Interval(Duration::ZERO), LogSync::AtBatch] {
        for at in 0.. {
            let mut log = Log::new(sync);
            let points = CrashPoints::at(at, Fault::Fails(ErrorKind::StorageFull));
            log.disk = Disk::with_failpoints(Arc::clone(&points));
            let told = run(&mut log, 1);
            assert_eq!((told.appended, told.decided), (BLOCKS, BLOCKS), "{sync:?} {at}");
            // What it has said to be on disk is there, also if the system has dropped what it could not write.
            points.lose(Loss::Contents);
            assert_eq!(log.rest().unwrap(), (0..BLOCKS).collect::<Vec<_>>(), "{sync:?} {at}");
            if at >= points.seen().len() {
                break;
            }
        }
    }
}

#[test]
fn much_is_synced_without_a_batch() {
    let log = Log::new(LogSync::AtBatch);
    let shared = SharedLog::start(log.writer()).unwrap();
    let block = vec![7u64; 1 << 20];
    let mut writer = shared.lock();
    let place = writer.append(log.now, 1, log.now, &mut |out| block.store(out)).unwrap();
    shared.appended(&writer);
    writer.want(place);
    assert!(writer.is_wanted());
    drop(writer);
    while shared.lock().is_wanted() {
        std::thread::yield_now();
    }
}
