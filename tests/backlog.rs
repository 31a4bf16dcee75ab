//! What came while a program was down is caught up with in portions: memory does not grow with the time that it was down.
#![allow(clippy::unwrap_used)]

use std::fs::{self, File};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, SystemTime};

use microbatch::prelude::*;
use microbatch::{BatchInfo, ManualContext, StreamingListener};

/// A second of input.
const BYTES: usize = 2 << 20;
const LINE: &[u8] = b"0123456789abcde\n";
const LINES: u64 = (BYTES / LINE.len()) as u64;

/// The time of a batch, and what a program of its time sees.
fn second(number: u64) -> Time {
    Time::from_millis(1_000_000_000 + number * 1000)
}

/// A file that was written in the middle of the second before.
fn write(folder: &Path, number: u64) {
    let mut path = folder.join(format!(".{number}"));
    fs::write(&path, LINE.repeat(BYTES / LINE.len())).unwrap();
    let modified = SystemTime::UNIX_EPOCH + Duration::from_millis(second(number).as_millis() - 500);
    File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
    let hidden = path.clone();
    path.set_file_name(format!("{number}.txt"));
    fs::rename(hidden, path).unwrap();
}

fn lines(folder: &Path, counts: &Collector<u64>, total: &Collector<(u8, u64)>) -> impl Pipeline + use<> {
    let (folder, counts, total) = (folder.to_owned(), counts.clone(), total.clone());
    stream!(every = 1s, name = "backlog", |ssc| {
        let lines = ssc.text_file_stream(folder);
        lines.count().collect_into(&counts);
        let sum = lines
            .map(|_| (0u8, 1u64))
            .update_state_by_key(|ones, sum: Option<u64>| Some(sum.unwrap_or(0) + ones.len() as u64));
        sum.collect_into(&total);
    })
}

fn files(folder: &Path, counts: &Collector<u64>, total: &Collector<(u8, u64)>, now: u64) -> ManualContext {
    let pipeline = lines(&folder.join("in"), counts, total);
    let context = StreamingContext::new(pipeline).checkpoint_dir(folder.join("state"));
    context.checkpoint_interval(Duration::from_secs(4)).manual_from(second(now)).unwrap()
}

#[test]
fn files_that_came_while_the_program_was_down_are_taken_in_portions() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("in")).unwrap();
    let (counts, total) = (Collector::default(), Collector::default());
    let mut context = files(folder.path(), &counts, &total, 0);
    for number in 1..=3 {
        write(&folder.path().join("in"), number);
        context.advance(1).unwrap();
    }
    drop(context); // as if it was killed
    (4..=63).for_each(|number| write(&folder.path().join("in"), number));

    let (mut now, mut left, mut portions) = (63, u64::MAX, 0);
    let mut context = files(folder.path(), &counts, &total, now);
    counts.take();
    while left > 0 {
        // Input goes on, and the program dies once more.
        now += 1;
        write(&folder.path().join("in"), now);
        context.advance(1).unwrap();
        let progress = context.progress();
        let (backlog, caught_up) = (progress.streams[0].backlog, progress.streams[0].caught_up);
        assert!(backlog < left, "{backlog} bytes are left, and were {left}");
        assert!(caught_up > 0, "it tells how far it has come");
        (left, portions) = (backlog, portions + 1);
        if portions == 3 {
            drop(context);
            context = files(folder.path(), &counts, &total, now);
            left = u64::MAX;
        }
    }
    assert!(portions < 14, "{portions}: it does not take for ever");
    let batches: Vec<u64> = counts.take().into_iter().flat_map(|(_, counts)| counts).collect();
    assert!(batches.iter().all(|count| *count <= 9 * LINES), "16 MiB, and what has the same time: {batches:?}");
    let total = total.batches().last().unwrap().1[0].1;
    assert_eq!(total, now * LINES, "each file once");
    context.advance(1).unwrap();
    assert_eq!(counts.take().last().unwrap().1, [0]);
}

/// A folder with what a run has left whose last batch is that of second 200.
fn run_to_200(counts: &Collector<u64>, total: &Collector<(u8, u64)>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("in")).unwrap();
    let mut context = files(folder.path(), counts, total, 0);
    for number in [50, 190, 200] {
        write(&folder.path().join("in"), number);
    }
    context.advance(200).unwrap();
    assert_eq!(total.take().last().unwrap().1, [(0, 3 * LINES)]);
    counts.take();
    folder
}

fn told(context: &ManualContext) -> String {
    context.progress().streams[0].last_error.clone().unwrap_or_default()
}

#[test]
fn files_are_not_too_old_because_the_clock_was_set_back() {
    let (counts, total) = (Collector::default(), Collector::default());
    let folder = run_to_200(&counts, &total);
    // Between the batch of 200 s and the next one there are 100 s by the clock.
    let mut context = files(folder.path(), &counts, &total, 100);
    for number in [110, 160] {
        write(&folder.path().join("in"), number);
    }
    context.advance(1).unwrap();
    assert_eq!(context.progress().streams[0].backlog, 0);
    assert_eq!(counts.take().last().unwrap().1, [2 * LINES], "and no file twice");
    drop(context);
    // The next start knows them as well, whatever the clock says.
    for now in [120, 300] {
        let mut context = files(folder.path(), &counts, &total, now);
        context.advance(2).unwrap();
        assert_eq!(total.take().last().unwrap().1, [(0, 5 * LINES)]);
        assert!(now < 300 || told(&context).is_empty(), "{}", told(&context));
    }
}

#[test]
fn files_that_may_have_been_read_are_told_of_when_the_clock_was_set_back() {
    let (counts, total) = (Collector::default(), Collector::default());
    let folder = run_to_200(&counts, &total);
    // While nobody reads. What the run before has read of the time of the second one, it remembers.
    for number in [110, 140] {
        write(&folder.path().join("in"), number);
    }
    let mut context = files(folder.path(), &counts, &total, 100);
    assert!(told(&context).contains("110.txt` and 1 more are not read: the last batch"), "{}", told(&context));
    // As it says; and this one is too old whatever the clock.
    fs::rename(folder.path().join("in/110.txt"), folder.path().join("in/again.txt")).unwrap();
    write(&folder.path().join("in"), 30);
    context.advance(1).unwrap();
    assert_eq!(counts.take().last().unwrap().1, [2 * LINES]);
    assert!(told(&context).contains("30.txt` is not read: last modified more than"), "{}", told(&context));
}

/// A receiver that hands its intake out.
struct Handed(mpsc::Sender<Intake<u64>>);

impl Receiver for Handed {
    type Item = u64;

    fn start(&mut self, intake: Intake<u64>) -> microbatch::Result<()> {
        self.0.send(intake).map_err(|_| "nobody wants the intake".into())
    }
}

/// The records of each batch that was processed.
#[derive(Default)]
struct Sizes(Mutex<Vec<u64>>);

impl StreamingListener for Sizes {
    fn on_batch_completed(&self, batch: &BatchInfo) {
        self.0.lock().unwrap().push(batch.records());
    }
}

const ROOM: usize = 4;
const BLOCK: u64 = 100;

fn logged(folder: &Path, fails: &Arc<AtomicBool>, all: &Collector<u64>) -> (ManualContext, Intake<u64>, Arc<Sizes>) {
    let (sender, intakes) = mpsc::channel();
    let (fails, all, sizes) = (Arc::clone(fails), all.clone(), Arc::new(Sizes::default()));
    let pipeline = stream!(every = 1s, name = "backlog", |ssc| {
        let numbers = ssc.receiver_stream(Handed(sender));
        let checked = numbers.inspect(|_| assert!(!fails.load(Ordering::Acquire), "not today"));
        checked.collect_into(&all);
    });
    let context = StreamingContext::new(pipeline).checkpoint_dir(folder).write_ahead_log(true).buffered_blocks(ROOM);
    let context = context.listener(Arc::clone(&sizes) as Arc<dyn StreamingListener>).manual().unwrap();
    (context, intakes.recv().unwrap(), sizes)
}

#[test]
fn a_log_that_grew_while_no_batch_could_run_is_read_in_portions() {
    let folder = tempfile::tempdir().unwrap();
    let (fails, all) = (Arc::new(AtomicBool::new(true)), Collector::default());
    let mut sent = 0;
    let mut send = |intake: &Intake<u64>, blocks: usize| {
        for _ in 0..blocks {
            intake.store_block((sent..sent + BLOCK).collect()).unwrap();
            sent += BLOCK;
        }
    };
    // It dies again and again with the same batch, and each time it has received as much as may wait.
    for _ in 0..8 {
        let (mut context, intake, _) = logged(folder.path(), &fails, &all);
        send(&intake, ROOM);
        assert!(context.advance(1).is_err());
    }
    fails.store(false, Ordering::Release);
    let (mut context, intake, sizes) = logged(folder.path(), &fails, &all);
    send(&intake, ROOM);
    let mut left = context.progress().streams[0].backlog;
    // All but what the failed batch has.
    assert!(left > 7 * ROOM as u64 * BLOCK * 8);
    while left > 0 {
        context.advance(1).unwrap();
        let stream = context.progress().streams[0].clone();
        assert!(stream.backlog < left && stream.caught_up > 0, "{stream:?}");
        left = stream.backlog;
    }
    drop(intake);
    context.stop().unwrap();
    let sizes = sizes.0.lock().unwrap();
    assert!(sizes.iter().all(|records| *records <= 2 * ROOM as u64 * BLOCK), "{sizes:?}");
    let all = all.batches().into_iter().flat_map(|(_, numbers)| numbers);
    assert!(all.eq(0..sent), "each record once, in its order");
}

#[test]
fn a_graceful_stop_waits_for_what_is_left_in_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let (fails, all) = (Arc::new(AtomicBool::new(true)), Collector::default());
    for run in 0..4 {
        let (mut context, intake, _) = logged(folder.path(), &fails, &all);
        (0..ROOM as u64).for_each(|block| intake.store_block(vec![run * ROOM as u64 + block]).unwrap());
        assert!(context.advance(1).is_err());
    }
    fails.store(false, Ordering::Release);
    let (context, intake, _) = logged(folder.path(), &fails, &all);
    intake.store_block(vec![4 * ROOM as u64]).unwrap();
    drop(intake);
    context.stop().unwrap();
    let all = all.batches().into_iter().flat_map(|(_, numbers)| numbers);
    assert!(all.eq(0..=4 * ROOM as u64));
}
