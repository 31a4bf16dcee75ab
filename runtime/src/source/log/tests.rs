#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::ErrorKind;
use std::sync::atomic::Ordering;

use super::*;
use crate::checkpoint::Recovered;
use crate::checkpoint::crash::{CrashPoints, Fault};
use crate::source::report::Reporter;
use crate::source::testing::context;
use crate::source::{Input, stored};
use crate::stored::Shapes;
use crate::time::Time;
use crate::{StoredBlock, TextBlock};

type Numbers = Arc<Vec<u64>>;

pub(super) const SECOND: Duration = Duration::from_secs(1);

/// The log of a stream in a directory.
pub(super) struct Log {
    folder: tempfile::TempDir,
    pub disk: Disk,
    sync: LogSync,
    input: Arc<Input>,
    pub now: Time,
}

impl Log {
    pub fn new(sync: LogSync) -> Log {
        let folder = tempfile::tempdir().unwrap();
        Log { folder, disk: Disk::real(), sync, input: Arc::default(), now: Time::from_millis(1000) }
    }

    fn dir(&self) -> PathBuf {
        self.folder.path().join("numbers")
    }

    fn path(&self, number: u64) -> PathBuf {
        segment::path(&self.dir(), number)
    }

    fn cursor(&self) -> Result<LogCursor> {
        let options =
            LogOptions { directory: self.folder.path().to_owned(), write: Some(self.sync), disk: Disk::real() };
        let reporter = Arc::new(Reporter::new(&context(Time::ZERO)));
        LogCursor::open(&options, &"numbers".into(), Numbers::shape(), &self.input, &reporter)
    }

    pub fn writer(&self) -> LogWriter {
        let next = self.cursor().unwrap().end().1;
        LogWriter::new(self.disk.clone(), self.dir(), self.sync, Numbers::shape(), Arc::clone(&self.input), next)
    }

    pub fn append(&self, writer: &mut LogWriter, number: u64) -> Result<Place> {
        let block = Arc::new(vec![number; 3]);
        writer.append(self.now, 3, self.now, &mut |out| block.store(out))
    }

    pub fn rest(&self) -> Result<Vec<u64>> {
        Ok(self.cursor()?.rest::<Numbers>((usize::MAX, u64::MAX))?.into_iter().map(|(_, block)| block[0]).collect())
    }
}

fn behind(place: Place) -> Option<Position> {
    Some(Position { segment: place.segment, offset: place.end })
}

fn segments(log: &Log) -> Vec<u64> {
    segment::list(&log.dir()).unwrap()
}

#[test]
fn what_was_appended_is_read_in_order_at_the_next_start() {
    let log = Log::new(LogSync::AtBatch);
    assert_eq!(log.rest().unwrap(), []);
    assert!(!log.dir().exists(), "a log begins with its first block");
    for run in 0..3 {
        let mut writer = log.writer();
        for number in 0..10 {
            log.append(&mut writer, run * 10 + number).unwrap();
        }
    }
    assert_eq!(segments(&log), [0, 1, 2], "each run has a segment of its own");
    assert_eq!(log.rest().unwrap(), (0..30).collect::<Vec<_>>());
    let files: u64 = segments(&log).iter().map(|number| fs::metadata(log.path(*number)).unwrap().len()).sum();
    assert_eq!(log.input.log_bytes.load(Ordering::Relaxed), files);
}

#[test]
fn a_segment_ends_when_it_is_old_or_long() {
    let mut log = Log::new(LogSync::AtBatch);
    let mut writer = log.writer();
    let mut places = Vec::new();
    for second in [1, 60, 61, 100, 121] {
        log.now = Time::since_epoch(SECOND * second);
        places.push(log.append(&mut writer, u64::from(second)).unwrap().segment);
    }
    assert_eq!(places, [0, 0, 1, 1, 2]);
    let large = TextBlock::new("x".repeat(33 << 20));
    for segment in [2, 2, 3] {
        let place = writer.append(log.now, 1, log.now, &mut |out| large.store_block(out)).unwrap();
        assert_eq!(place.segment, segment);
    }
    assert!(fs::metadata(log.path(2)).unwrap().len() > 64 << 20);
}

#[test]
fn a_torn_last_block_is_cut_off() {
    let log = Log::new(LogSync::AtBatch);
    let mut writer = log.writer();
    let places: Vec<Place> = (0..3).map(|number| log.append(&mut writer, number).unwrap()).collect();
    let whole = fs::read(log.path(0)).unwrap();
    // All of the header and of the last block.
    for cut in (0..14).chain(places[2].offset as usize..whole.len()) {
        fs::write(log.path(0), &whole[..cut]).unwrap();
        let expected: Vec<u64> = (0..3).filter(|number| places[*number as usize].end <= cut as u64).collect();
        assert_eq!(log.rest().unwrap(), expected, "cut at {cut}");
        let begins = places[0].offset <= cut as u64;
        assert_eq!(segments(&log).len(), usize::from(begins), "a segment without a beginning goes");
        // What is appended now is found behind it.
        log.append(&mut log.writer(), 7).unwrap();
        assert_eq!(log.rest().unwrap().last(), Some(&7));
        segments(&log).iter().for_each(|number| fs::remove_file(log.path(*number)).unwrap());
    }
}

#[test]
fn damage_in_what_was_durable_is_an_error() {
    let log = Log::new(LogSync::EachBlock);
    let mut writer = log.writer();
    let places: Vec<Place> = (0..3).map(|number| log.append(&mut writer, number).unwrap()).collect();
    let whole = fs::read(log.path(0)).unwrap();
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x20;
        fs::write(log.path(0), bytes).unwrap();
        let frame = places.iter().rev().find(|place| place.offset <= at as u64);
        match (frame, log.rest()) {
            // Nothing says that it was durable: it may be a block that was being written.
            (Some(place), rest) if *place == places[2] => assert_eq!(rest.unwrap(), [0, 1], "{at}"),
            (frame, rest) => {
                let offset = frame.map_or(if at < 12 { 0 } else { 12 }, |place| place.offset);
                let words = rest.unwrap_err().to_string();
                let is_version = (8..12).contains(&at) && words.contains("version");
                assert!(is_version || words.contains(&format!("at byte {offset}:")), "{at}: {words}");
                assert!(words.contains("0000000000.wal"), "{words}");
            }
        }
    }
}

#[test]
fn a_hole_in_what_was_not_durable_is_the_end() {
    let log = Log::new(LogSync::AtBatch);
    let mut writer = log.writer();
    let places: Vec<Place> = (0..5).map(|number| log.append(&mut writer, number).unwrap()).collect();
    let mut bytes = fs::read(log.path(0)).unwrap();
    bytes[places[2].offset as usize + 30] ^= 1;
    fs::write(log.path(0), bytes).unwrap();
    assert_eq!(log.rest().unwrap(), [0, 1]);
    assert_eq!(fs::metadata(log.path(0)).unwrap().len(), places[2].offset);
}

#[test]
fn damage_in_an_earlier_segment_is_an_error() {
    let log = Log::new(LogSync::AtBatch);
    let place = log.append(&mut log.writer(), 1).unwrap();
    log.append(&mut log.writer(), 2).unwrap();
    let whole = fs::read(log.path(0)).unwrap();
    for cut in 0..whole.len() {
        fs::write(log.path(0), &whole[..cut]).unwrap();
        // Only whole blocks could be missing without a trace; they are not when a position or an extent tells of them.
        assert_eq!(log.rest().is_ok(), cut as u64 == place.offset, "{cut}");
    }
    let mut cursor = log.cursor().unwrap();
    fs::write(log.path(0), &whole[..place.offset as usize]).unwrap();
    let run = Run { segment: 0, offset: place.offset, count: 1 };
    let error = cursor.again::<Numbers>(Time::ZERO, &stored(&vec![run])).unwrap_err().to_string();
    assert!(error.contains("a batch has had"), "{error}");
    fs::remove_file(log.path(0)).unwrap();
    assert!(log.rest().unwrap_err().to_string().contains("is missing"));
}

#[test]
fn batches_and_what_no_batch_has_had_are_read_again() {
    let log = Log::new(LogSync::AtBatch);
    let (mut cursor, mut writer) = (log.cursor().unwrap(), log.writer());
    let mut places: Vec<Place> = (0..4).map(|number| log.append(&mut writer, number).unwrap()).collect();
    let mut writer = log.writer(); // a new segment, as at a start
    places.extend((4..7).map(|number| log.append(&mut writer, number).unwrap()));
    let mut told = Vec::new();
    for (second, blocks) in [(1, 0..2), (2, 2..2), (3, 2..5)] {
        let mut runs = Vec::new();
        places[blocks.clone()].iter().for_each(|place| add(&mut runs, *place));
        cursor.give(Time::since_epoch(SECOND * second), runs, places[blocks].last().copied().and_then(behind));
        told.push((cursor.position(), cursor.extent()));
    }

    for checkpoint in 0..3 {
        let mut cursor = log.cursor().unwrap();
        let mut given = 0;
        if checkpoint > 0 {
            cursor.seek(&told[checkpoint - 1].0).unwrap();
            given = [2, 2][checkpoint - 1];
        }
        for (position, extent) in &told[checkpoint..] {
            for block in cursor.again::<Numbers>(Time::ZERO, extent).unwrap() {
                assert_eq!(*block, [given; 3]);
                given += 1;
            }
            assert_eq!((&cursor.position(), &cursor.extent()), (position, extent));
        }
        // In portions, and none is given twice.
        for (left, most) in [(vec![5], (usize::MAX, 1)), (vec![6], (1, u64::MAX)), (vec![], (9, 9))] {
            let rest = cursor.rest::<Numbers>(most).unwrap();
            assert_eq!((given, rest.iter().map(|(_, block)| block[0]).collect::<Vec<_>>()), (5, left));
        }
        assert!(!cursor.has_unread());
    }
    let lost = Position { segment: 9, offset: 50 };
    assert!(log.cursor().unwrap().seek(&stored(&lost)).unwrap_err().to_string().contains("missing"));
}

#[test]
fn segments_go_when_two_checkpoints_have_what_is_in_them() {
    let mut log = Log::new(LogSync::AtBatch);
    let (mut cursor, mut writer) = (log.cursor().unwrap(), log.writer());
    for minute in 0..5 {
        log.now = Time::since_epoch(SECOND * 60 * minute);
        let place = log.append(&mut writer, u64::from(minute)).unwrap();
        assert_eq!(place.segment, u64::from(minute));
        cursor.give(log.now, Vec::new(), behind(place));
    }
    let mut left = |minute| {
        cursor.checkpointed(Time::since_epoch(SECOND * 60 * minute));
        segments(&log)
    };
    assert_eq!(left(1), [0, 1, 2, 3, 4], "the checkpoint before has nothing of it");
    assert_eq!(left(1), [0, 1, 2, 3, 4]);
    assert_eq!(left(2), [1, 2, 3, 4]);
    assert_eq!(left(4), [2, 3, 4]);
    assert_eq!(left(9), [2, 3, 4], "no batch since then");
    let bytes: u64 = (2..5).map(|number| fs::metadata(log.path(number)).unwrap().len()).sum();
    assert_eq!(log.input.log_bytes.load(Ordering::Relaxed), bytes);
}

/// What is known of a checkpoint that has a block of a segment.
fn checkpoint(number: u64, segment: u64, behind: Place) -> Option<Recovered> {
    let position = stored(&Position { segment, offset: behind.end });
    let (time, positions) = (Time::ZERO, vec![("numbers".to_owned(), position)]);
    Some(Recovered { number, time, every: SECOND, positions, states: vec![], batches: vec![], warnings: vec![] })
}

#[test]
fn a_segment_that_went_while_somebody_looked_is_not_missing() {
    let (log, dir) = (Log::new(LogSync::AtBatch), tempfile::tempdir().unwrap());
    let first = [0, 1, 2].map(|number| log.append(&mut log.writer(), number).unwrap())[0];
    fs::rename(log.folder.path(), directory(dir.path())).unwrap();
    let problems = |checkpoints: &mut dyn Iterator<Item = Option<Recovered>>| -> Vec<PathBuf> {
        let reports = tools::verify(dir.path(), || checkpoints.next().flatten()).unwrap();
        reports.into_iter().filter(|report| report.problem.is_some()).map(|report| report.path).collect()
    };
    let before = || checkpoint(4, 0, first);
    assert_eq!(problems(&mut [before()].into_iter()), [] as [PathBuf; 0]);
    let segment = segment::path(&directory(dir.path()).join("numbers"), 0);
    fs::remove_file(&segment).unwrap();
    let newer = [before(), checkpoint(6, 1, first)];
    assert_eq!(problems(&mut newer.into_iter()), [] as [PathBuf; 0], "the pipeline has removed it");
    assert_eq!(problems(&mut [before(), before()].into_iter()), [segment], "no other checkpoint was made");
}

#[test]
fn a_disk_that_fails_at_any_time_loses_and_doubles_nothing() {
    for sync in [LogSync::EachBlock, LogSync::Interval(Duration::ZERO), LogSync::AtBatch] {
        for at in 0.. {
            let mut log = Log::new(sync);
            let points = CrashPoints::at(at, Fault::Fails(ErrorKind::StorageFull));
            log.disk = Disk::with_failpoints(Arc::clone(&points));
            let (mut writer, mut failed) = (log.writer(), 0);
            let mut check = |error: crate::Error| {
                assert!(error.to_string().contains("make room on the disk"), "{error}");
                failed += 1;
                assert!(failed < 2, "{sync:?} {at}: it does not come back");
            };
            for number in 0..6 {
                log.now = Time::since_epoch(SECOND * 25 * number);
                while let Err(error) = log.append(&mut writer, u64::from(number)) {
                    check(error);
                }
                while number % 2 == 1
                    && let Err(error) = writer.sync()
                {
                    check(error);
                }
            }
            assert_eq!(log.rest().unwrap(), (0..6).collect::<Vec<_>>(), "{sync:?} {at}");
            if at >= points.seen().len() {
                break;
            }
        }
    }
}

#[test]
fn a_crash_at_any_time_loses_and_doubles_nothing() {
    for fault in [Fault::Before, Fault::Half, Fault::After] {
        for at in 0.. {
            let mut log = Log::new(LogSync::EachBlock);
            let points = CrashPoints::at(at, fault);
            log.disk = Disk::with_failpoints(Arc::clone(&points));
            let (mut writer, mut acknowledged) = (log.writer(), Vec::new());
            for number in 0..4 {
                log.now = Time::since_epoch(SECOND * 50 * number);
                if log.append(&mut writer, u64::from(number)).is_err() {
                    break;
                }
                acknowledged.push(u64::from(number));
            }
            let read = log.rest().unwrap();
            assert!(read.starts_with(&acknowledged), "{fault:?} {at}: {read:?}");
            assert!(read.len() <= acknowledged.len() + 1);
            if !points.crashed() {
                break;
            }
        }
    }
}

#[test]
fn a_log_of_other_records_is_refused() {
    let log = Log::new(LogSync::AtBatch);
    log.append(&mut log.writer(), 1).unwrap();
    let reporter = Arc::new(Reporter::new(&context(Time::ZERO)));
    let options = LogOptions { directory: log.folder.path().to_owned(), write: None, disk: Disk::real() };
    let shape = stored(&TextBlock::block_shape(&mut Shapes::default()));
    let mut cursor = LogCursor::open(&options, &"numbers".into(), shape, &log.input, &reporter).unwrap();
    let error = cursor.rest::<Numbers>((usize::MAX, u64::MAX)).unwrap_err().to_string();
    assert!(error.contains("blocks of [u64], and this stream is of String"), "{error}");
}
