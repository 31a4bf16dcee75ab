#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use super::*;
use crate::checkpoint::Disk;
use crate::source::log::LogCursor;
use crate::source::testing::context;
use crate::source::{Interval, LogOptions, LogSync};

const SECOND: Duration = Duration::from_secs(1);

/// Blocks of three numbers.
#[derive(Default)]
struct Threes(Vec<u64>);

impl Fill for Threes {
    type Sealed = Arc<Vec<u64>>;

    fn records(&self) -> u64 {
        self.0.len() as u64
    }
    fn is_full(&self) -> bool {
        self.0.len() >= 3
    }
    fn seal(&mut self) -> Option<Arc<Vec<u64>>> {
        (!self.0.is_empty()).then(|| Arc::new(std::mem::take(&mut self.0)))
    }
    /// Numbers that stand for large records.
    fn bytes(block: &Arc<Vec<u64>>) -> u64 {
        block.iter().map(|number| if *number < LARGE { 8 } else { *number }).sum()
    }
}

/// As much as a full block may hold.
const LARGE: u64 = 1 << 20;

/// A run of a source whose log is in a directory.
struct Rig {
    context: SourceContext,
    feed: Feed<Threes>,
    inbox: Inbox<Threes>,
}

fn rig(directory: Option<&Path>, second: u64) -> Rig {
    let mut context = context(Time::since_epoch(SECOND * second as u32));
    context.options.log = directory.map(|directory| LogOptions {
        directory: directory.to_owned(),
        write: Some(LogSync::AtBatch),
        disk: Disk::real(),
    });
    let (feed, inbox) = inbox(&context, Threes::default(), &Arc::new(Reporter::new(&context))).unwrap();
    Rig { context, feed, inbox }
}

impl Rig {
    fn put(&self, numbers: impl IntoIterator<Item = u64>) {
        numbers.into_iter().for_each(|number| self.feed.put(|fill| fill.0.push(number)).unwrap());
    }

    /// The blocks of the batch that ends at this second.
    fn batch(&mut self, second: u64) -> Result<Vec<Vec<u64>>> {
        let end = Time::since_epoch(SECOND * second as u32);
        self.context.clock.set(end);
        let held = self.inbox.hold(&Interval { start: end - SECOND, end })?;
        let blocks = held.iter().map(|block| block.to_vec()).collect();
        self.inbox.delivered();
        Ok(blocks)
    }

    fn cursor(&mut self) -> &mut LogCursor {
        self.inbox.cursor_mut().unwrap()
    }

    fn pending(&self) -> u64 {
        self.context.input.pending.load(Ordering::Acquire)
    }
}

#[test]
fn blocks_are_in_the_log_before_a_batch_has_them() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("numbers/0000000000.wal");
    let mut rig = rig(Some(folder.path()), 1);
    rig.put([1, 2]);
    assert!(!log.exists(), "a block that is not full");
    rig.put([3]);
    let length = fs::metadata(&log).unwrap().len();
    rig.feed.put_block(Arc::new(vec![4]), 1).unwrap();
    assert!(fs::metadata(&log).unwrap().len() > length);
    rig.put([5]);
    assert_eq!(rig.batch(2).unwrap(), [vec![1, 2, 3], vec![4], vec![5]]);
    assert_eq!(rig.pending(), 0);
    let (position, extent) = (rig.cursor().position(), rig.cursor().extent());
    rig.put([6]);
    assert_eq!(rig.batch(2).unwrap(), [[0; 0]; 0], "what came later belongs to the next one");
    rig.put([7, 8, 9, 10]);
    drop(rig); // 9 and 10 were in no block

    let mut rig = self::rig(Some(folder.path()), 3);
    assert!(!rig.context.input.is_drained());
    let end = Time::since_epoch(SECOND * 2);
    let again = rig.inbox.again(&Interval { start: end - SECOND, end }, &extent).unwrap();
    assert_eq!(again.iter().map(|block| block.to_vec()).collect::<Vec<_>>(), [vec![1, 2, 3], vec![4], vec![5]]);
    assert_eq!((rig.cursor().position(), rig.cursor().extent()), (position.clone(), extent));
    rig.put([11]);
    assert_eq!(rig.batch(4).unwrap().concat(), [6, 7, 8, 11]);
    drop(rig);

    let mut rig = self::rig(Some(folder.path()), 5);
    rig.cursor().seek(&position).unwrap();
    let all: Vec<u64> = rig.batch(6).unwrap().concat();
    assert_eq!(all, [6, 7, 8, 11], "no batch was recorded that has them");
}

#[test]
fn without_a_log_nothing_is_written() {
    let mut rig = rig(None, 1);
    rig.put(1..=7);
    rig.feed.put_block(Arc::new(vec![8]), 1).unwrap();
    assert_eq!(rig.batch(2).unwrap(), [vec![1, 2, 3], vec![4, 5, 6], vec![7], vec![8]]);
    assert!(rig.inbox.cursor().is_none());
}

#[test]
fn a_log_that_fails_keeps_records_and_acknowledges_none() {
    let folder = tempfile::tempdir().unwrap();
    let mut rig = rig(Some(folder.path()), 1);
    let obstacle = folder.path().join("numbers");
    fs::write(&obstacle, "in the way").unwrap();
    assert!(rig.feed.put_block(Arc::new(vec![1]), 1).unwrap_err().to_string().contains("stands where"));
    assert_eq!(rig.pending(), 0);
    rig.put([2, 3, 4]);
    assert!(rig.feed.put_block(Arc::new(vec![5]), 1).is_err());
    assert_eq!(rig.pending(), 3);
    assert!(rig.batch(2).is_err(), "its records are not in the log");
    assert_eq!(rig.feed.common.lock().aside.len(), 1);
    let feed = rig.feed.clone();
    let held_back = thread::spawn(move || feed.put(|fill| fill.0.push(6)));
    assert!(rig.batch(2).is_err());
    fs::remove_file(&obstacle).unwrap();
    held_back.join().unwrap().unwrap();
    assert_eq!(rig.batch(2).unwrap(), [[2, 3, 4]]);
    assert_eq!(rig.batch(3).unwrap(), [[6]]);
}

#[test]
fn a_block_that_was_given_up_does_not_come_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut rig = rig(Some(folder.path()), 1);
    rig.put([1]);
    let end = Time::since_epoch(SECOND * 2);
    rig.context.clock.set(end);
    rig.inbox.hold(&Interval { start: end - SECOND, end }).unwrap(); // and is not delivered
    // Whether or not there is anything in the batches after it.
    assert_eq!(rig.batch(3).unwrap().concat(), [0; 0]);
    let position = rig.cursor().position();
    drop(rig);
    let mut rig = self::rig(Some(folder.path()), 4);
    rig.cursor().seek(&position).unwrap();
    assert_eq!(rig.batch(5).unwrap().concat(), [0; 0]);
}

/// A feed into which a thread puts these blocks, of one number each, and how many of them are taken in.
fn taken_in(rig: &Rig, numbers: Vec<u64>) -> thread::JoinHandle<Result<()>> {
    let feed = rig.feed.clone();
    thread::spawn(move || numbers.into_iter().try_for_each(|number| feed.put_block(Arc::new(vec![number]), 1)))
}

/// Waits until this many records wait for a batch, and somebody else for room.
fn until_pushed_back(rig: &Rig, records: u64) {
    // With the last one at hand, the channel is full.
    while rig.pending() < records || rig.feed.common.lock().waiting.is_empty() {
        thread::yield_now();
    }
}

#[test]
fn what_waits_is_bounded_in_bytes_as_well() {
    let folder = tempfile::tempdir().unwrap();
    for directory in [None, Some(folder.path())] {
        let mut rig = rig(directory, 1);
        assert_eq!(rig.context.options.buffered_bytes(), 4 * LARGE);
        // Two of them fill the channel, and a third one finds no room; of small ones there is room for four.
        let numbers = vec![2 * LARGE, 2 * LARGE, 2 * LARGE, 9 * LARGE, 1, 2, 3];
        let putting = taken_in(&rig, numbers.clone());
        until_pushed_back(&rig, 3);
        assert_eq!((rig.pending(), rig.feed.common.lock().ready), (3, 4 * LARGE));
        let mut all = rig.batch(2).unwrap().concat();
        assert_eq!(all, numbers[..3]);
        // One that is larger than all that may wait goes alone.
        let mut second = 2;
        while all.len() < numbers.len() {
            second += 1;
            all.extend(rig.batch(second).unwrap().concat());
            thread::yield_now();
        }
        putting.join().unwrap().unwrap();
        assert_eq!((all, rig.pending(), rig.feed.common.lock().ready), (numbers, 0, 0));
    }
}

#[test]
fn a_stop_takes_in_no_more_bytes_than_may_wait() {
    let rig = rig(None, 1);
    let putting = taken_in(&rig, vec![3 * LARGE; 9]);
    until_pushed_back(&rig, 2);
    rig.context.stop.request();
    assert!(matches!(putting.join().unwrap(), Err(Error::Stopped)));
    // One is in the channel, and two beside it are more than may wait.
    assert_eq!(rig.pending(), 3);
}

#[test]
fn many_threads_log_each_block_once_and_in_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let mut rig = rig(Some(folder.path()), 1);
    let threads: Vec<_> = (0..4)
        .map(|thread| {
            let feed = rig.feed.clone();
            thread::spawn(move || {
                for number in 0..100 {
                    let number = thread * 1000 + number;
                    if number % 2 == 0 {
                        feed.put(|fill| fill.0.push(number)).unwrap();
                    } else {
                        feed.put_block(Arc::new(vec![number]), 1).unwrap();
                    }
                }
            })
        })
        .collect();
    let (mut second, mut all) = (2, Vec::new());
    while !threads.iter().all(|thread| thread.is_finished()) || rig.pending() > 0 {
        all.append(&mut rig.batch(second).unwrap().concat());
        second += 1;
    }
    for thread in 0..4 {
        let of = all.iter().filter(|number| *number / 1000 == thread).copied();
        assert!(of.eq((0..100).map(|number| thread * 1000 + number)), "each thread's order is kept");
    }
    drop(rig);
    let mut rig = self::rig(Some(folder.path()), second);
    let mut again = Vec::new();
    while rig.cursor().has_unread() {
        second += 1;
        let blocks = rig.batch(second).unwrap();
        assert!(blocks.len() <= rig.context.options.buffered_blocks);
        again.append(&mut blocks.concat());
    }
    assert_eq!(again, all, "the log has the same order");
}

#[test]
fn nobody_writes_to_a_log_that_the_engine_has_left() {
    let folder = tempfile::tempdir().unwrap();
    let rig = rig(Some(folder.path()), 1);
    rig.put([1, 2]);
    let Rig { feed, inbox, .. } = rig;
    drop(inbox);
    assert!(matches!(feed.put(|fill| fill.0.push(3)), Err(Error::Stopped)));
    assert!(matches!(feed.put_block(Arc::new(vec![3]), 1), Err(Error::Stopped)));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
