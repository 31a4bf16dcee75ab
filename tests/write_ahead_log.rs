//! Receivers with a write-ahead log: what was logged is processed once, however the run before has ended.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Instant;

use microbatch::prelude::*;
use microbatch::{LogSync, ManualContext, ReceiverInfo, StreamingListener};

const ALL: [LogSync; 3] = [LogSync::AtBatch, LogSync::EachBlock, LogSync::Interval(Duration::from_millis(1))];

/// Polls until `condition` holds.
fn eventually(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !condition() {
        assert!(Instant::now() < deadline, "it never happened that {what}");
        thread::sleep(Duration::from_millis(1));
    }
}

/// A receiver that hands its intake out.
struct Handed(mpsc::Sender<Intake<u64>>);

impl Receiver for Handed {
    type Item = u64;

    fn start(&mut self, intake: Intake<u64>) -> microbatch::Result<()> {
        self.0.send(intake).map_err(|_| "nobody wants the intake".into())
    }
}

/// The second of a batch, and its records.
type Row = (u64, Vec<u64>);

/// A table outside, and whether it can be written to.
#[derive(Clone, Default)]
struct Table {
    rows: Arc<Mutex<Vec<Row>>>,
    is_locked: Arc<AtomicBool>,
}

impl Table {
    fn write(&self, time: Time, numbers: &[u64]) -> microbatch::Result<()> {
        if self.is_locked.load(Ordering::Acquire) {
            return Err("the table is locked".into());
        }
        self.rows.lock().unwrap().push((time.as_millis() / 1000, numbers.to_vec()));
        Ok(())
    }

    /// The records of all batches; each batch has come once.
    fn all(&self) -> Vec<u64> {
        let rows = self.rows.lock().unwrap();
        assert!(rows.is_sorted_by(|a, b| a.0 < b.0), "{rows:?}");
        rows.iter().flat_map(|(_, numbers)| numbers.clone()).collect()
    }
}

/// Stands for what makes a batch fail before it is decided.
const POISON: u64 = 1_000_000;

/// The numbers go to the table; their sum is a state.
fn numbers(sender: mpsc::Sender<Intake<u64>>, table: &Table, sums: &Collector<(u8, u64)>) -> impl Pipeline + use<> {
    let (table, sums) = (table.clone(), sums.clone());
    let is_locked = Arc::clone(&table.is_locked);
    stream!(every = 1s, name = "numbers", |ssc| {
        let numbers = ssc.receiver_stream(Handed(sender));
        let checked = numbers.inspect(|number| assert!(*number != POISON || !is_locked.load(Ordering::Acquire)));
        let sum = checked
            .map(|number| (0u8, number))
            .update_state_by_key(|numbers, sum: Option<u64>| Some(sum.unwrap_or(0) + numbers.iter().sum::<u64>()));
        sum.collect_into(&sums);
        checked.foreach_batch(|numbers, time| table.write(time, &numbers));
    })
}

/// A program that is started again and again with the same directory.
struct Program {
    folder: tempfile::TempDir,
    sync: Option<LogSync>,
    table: Table,
    sums: Collector<(u8, u64)>,
}

impl Program {
    fn new(sync: LogSync) -> Program {
        let folder = tempfile::tempdir().unwrap();
        Program { folder, sync: Some(sync), table: Table::default(), sums: Collector::default() }
    }

    fn context(&self, sender: mpsc::Sender<Intake<u64>>) -> StreamingContext<impl Pipeline + Send + use<>> {
        StreamingContext::new(numbers(sender, &self.table, &self.sums))
            .checkpoint_dir(self.folder.path())
            .checkpoint_interval(Duration::from_secs(if self.sync.is_some() { 4 } else { 1 }))
            .write_ahead_log(self.sync.is_some())
            .write_ahead_log_sync(self.sync.unwrap_or_default())
    }

    fn start(&self) -> (ManualContext, Intake<u64>) {
        let (sender, intakes) = mpsc::channel();
        let context = self.context(sender).manual().unwrap();
        (context, intakes.recv().unwrap())
    }

    fn lock(&self, is_locked: bool) {
        self.table.is_locked.store(is_locked, Ordering::Release);
    }

    fn sum(&self) -> u64 {
        self.sums.batches().last().unwrap().1[0].1
    }

    fn segment(&self, number: u64) -> PathBuf {
        self.folder.path().join(format!("log/numbers/{number:010}.wal"))
    }
}

#[test]
fn what_was_acknowledged_is_processed_once_however_often_the_program_dies() {
    for sync in ALL {
        let program = Program::new(sync);
        let mut sent = 0;
        for run in 0..8 {
            program.lock(false);
            let (mut context, intake) = program.start();
            let mut send = |count: u64| {
                intake.store_block((sent..sent + count).collect()).unwrap();
                sent += count;
            };
            for batch in 0..=run % 4 {
                send(3);
                send(batch * 2);
                context.advance(1).unwrap();
            }
            send(5);
            program.lock(true);
            if run % 3 > 0 {
                // The batch is decided, and not committed.
                assert!(context.advance(1).unwrap_err().to_string().contains("the table is locked"));
                send(run);
                if run % 3 > 1 {
                    assert!(context.advance(1).is_err());
                    send(1);
                }
            } else {
                intake.store_block(vec![POISON]).unwrap();
                assert!(context.advance(1).is_err(), "the batch is not decided");
                send(2);
            }
            drop(context);
        }
        program.lock(false);
        let (mut context, intake) = program.start();
        intake.store_block(vec![sent]).unwrap();
        context.advance(1).unwrap();
        let poison = |number: &u64| *number == POISON;
        let all = program.table.all();
        assert!(all.iter().copied().filter(|number| !poison(number)).eq(0..=sent), "{sync:?}: {all:?}");
        assert_eq!(all.iter().filter(|number| poison(number)).count(), 3);
        assert_eq!(program.sum(), all.iter().sum::<u64>(), "the state has each record once, too");
        assert_eq!(context.progress().streams[0].pending, 0);
    }
}

#[test]
fn a_graceful_stop_leaves_nothing_behind() {
    let program = Program::new(LogSync::AtBatch);
    for run in 0..3 {
        let (mut context, intake) = program.start();
        intake.store_many(run * 10..run * 10 + 5).unwrap();
        context.advance(1).unwrap();
        intake.store_many(run * 10 + 5..run * 10 + 10).unwrap();
        drop(intake);
        context.stop().unwrap();
    }
    assert!(program.table.all().into_iter().eq(0..30));
}

#[test]
fn records_of_a_batch_are_logged_one_by_one_too() {
    let program = Program::new(LogSync::EachBlock);
    let (mut context, intake) = program.start();
    intake.store(0).unwrap();
    intake.store_many(1..20_000).unwrap();
    program.lock(true);
    assert!(context.advance(1).is_err());
    drop(context);
    program.lock(false);
    let (mut context, _intake) = program.start();
    context.advance(1).unwrap();
    assert!(program.table.all().into_iter().eq(0..20_000));
}

#[test]
fn old_segments_go() {
    let program = Program::new(LogSync::AtBatch);
    let (mut context, intake) = program.start();
    let mut most = 0;
    for number in 0..100 {
        intake.store(number).unwrap();
        context.advance(10).unwrap();
        let files = fs::read_dir(program.folder.path().join("log/numbers")).unwrap().count();
        most = most.max(files);
        assert!(context.progress().streams[0].log_bytes > 0);
    }
    assert!((2..=4).contains(&most), "{most}");
    assert!(!program.segment(5).exists() && program.segment(16).exists());
    // Also those that an earlier run has left.
    program.lock(true);
    assert!(context.advance(1).is_err());
    drop(context);
    program.lock(false);
    let (mut context, intake) = program.start();
    for number in 100..110 {
        intake.store(number).unwrap();
        context.advance(10).unwrap();
    }
    assert!(!program.segment(16).exists());
    assert!(program.table.all().into_iter().eq(0..110));
}

#[test]
fn a_log_that_is_switched_off_is_read_to_its_end() {
    let mut program = Program::new(LogSync::AtBatch);
    let (mut context, intake) = program.start();
    intake.store_block(vec![0, 1]).unwrap();
    program.lock(true);
    assert!(context.advance(1).is_err());
    intake.store_block(vec![2]).unwrap();
    drop(context);
    program.lock(false);
    let log = program.sync.take();
    for run in 1..4 {
        let (mut context, intake) = program.start();
        intake.store_block(vec![run * 2 + 1]).unwrap();
        context.advance(1).unwrap();
        intake.store_block(vec![run * 2 + 2]).unwrap();
        context.advance(1).unwrap();
    }
    program.sync = log;
    let (mut context, intake) = program.start();
    intake.store_block(vec![9]).unwrap();
    context.advance(1).unwrap();
    assert!(program.table.all().into_iter().eq(0..10));
}

#[derive(Default)]
struct Errors(Mutex<Vec<String>>);

impl StreamingListener for Errors {
    fn on_receiver_error(&self, receiver: &ReceiverInfo) {
        assert_eq!(receiver.stream.as_ref(), "numbers");
        self.0.lock().unwrap().extend(receiver.last_error.clone());
    }
}

#[test]
fn a_log_that_cannot_be_written_is_told_and_loses_nothing() {
    let program = Program::new(LogSync::AtBatch);
    let (mut context, intake) = program.start();
    let errors = Arc::new(Errors::default());
    context.add_listener(errors.clone());
    let obstacle = program.folder.path().join("log");
    fs::write(&obstacle, "in the way").unwrap();
    for _ in 0..3 {
        let error = intake.store_block(vec![100]).unwrap_err().to_string();
        assert!(error.contains("cannot create the directory") && error.contains("help"), "{error}");
    }
    assert_eq!(errors.0.lock().unwrap().len(), 1, "said once");
    intake.store(0).unwrap();
    assert!(context.advance(1).is_err(), "a batch whose records cannot be logged");
    let held_back = thread::spawn(move || intake.store(1).map(|()| intake));
    fs::remove_file(&obstacle).unwrap();
    let intake = held_back.join().unwrap().unwrap();
    context.advance(1).unwrap();
    intake.store_block(vec![2]).unwrap();
    context.advance(1).unwrap();
    assert_eq!(program.table.all(), [0, 1, 2]);
    assert_eq!(context.progress().streams[0].received, 3);
}

#[test]
fn a_damaged_log_stops_the_start_and_says_where() {
    let program = Program::new(LogSync::EachBlock);
    let (mut context, intake) = program.start();
    (0..3).for_each(|number| intake.store_block(vec![number]).unwrap());
    program.lock(true);
    assert!(context.advance(1).is_err());
    drop(context);
    let whole = fs::read(program.segment(0)).unwrap();
    let mut damaged = whole.clone();
    damaged[70] ^= 1;
    fs::write(program.segment(0), damaged).unwrap();
    let (sender, _intakes) = mpsc::channel();
    let error = program.context(sender).manual().err().unwrap().to_string();
    assert!(error.contains("0000000000.wal") && error.contains("damaged at byte") && error.contains("help"), "{error}");
    fs::write(program.segment(0), whole).unwrap();
    program.lock(false);
    let (mut context, _intake) = program.start();
    context.advance(1).unwrap();
    assert_eq!(program.table.all(), [0, 1, 2]);
}

#[test]
fn a_log_needs_a_directory() {
    let (sender, _intakes) = mpsc::channel();
    let context = StreamingContext::new(numbers(sender, &Table::default(), &Collector::default()));
    let error = context.write_ahead_log(true).manual().map(drop).unwrap_err().to_string();
    assert!(error.contains("`numbers`: a write-ahead log needs a directory"), "{error}");
    assert!(error.contains("checkpoint_dir"), "{error}");
}

/// Lines of a socket go to the table by their numbers. Some are no UTF-8.
fn lines(port: u16, table: &Table) -> impl Pipeline + use<> {
    let table = table.clone();
    stream!(every = 1s, name = "lines", |ssc| {
        let lines = ssc.socket_text_stream("127.0.0.1", port);
        let numbers = lines.map(|line| line.trim_end_matches('\u{FFFD}').parse::<u64>().unwrap_or(u64::MAX));
        numbers.foreach_batch(|numbers, time| table.write(time, &numbers));
    })
}

#[test]
fn lines_of_a_socket_are_processed_once() {
    for sync in ALL {
        let (folder, table) = (tempfile::tempdir().unwrap(), Table::default());
        let mut sent = 0;
        for run in 0..4 {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let port = listener.local_addr().unwrap().port();
            table.is_locked.store(false, Ordering::Release);
            let context = StreamingContext::new(lines(port, &table)).checkpoint_dir(folder.path());
            let mut context = context.write_ahead_log(true).write_ahead_log_sync(sync).manual().unwrap();
            let mut connection = listener.accept().unwrap().0;
            let mut here = 0;
            let mut send = |count: u64, context: &ManualContext| {
                (sent..sent + count).for_each(|line| write_line(&mut connection, line));
                (sent, here) = (sent + count, here + count);
                eventually("the lines are received", || context.progress().streams[0].received == here);
            };
            send(1000 * run, &context);
            context.advance(1).unwrap();
            send(10, &context);
            table.is_locked.store(true, Ordering::Release);
            assert!(context.advance(1).is_err());
            drop(context);
        }
        table.is_locked.store(false, Ordering::Release);
        let context = StreamingContext::new(lines(1, &table)).checkpoint_dir(folder.path());
        context.write_ahead_log(true).manual().unwrap().advance(1).unwrap();
        assert!(table.all().into_iter().eq(0..sent), "{sync:?}");
    }
}

fn write_line(connection: &mut TcpStream, line: u64) {
    let mut bytes = line.to_string().into_bytes();
    if line % 7 == 3 {
        bytes.push(0xff);
    }
    bytes.push(b'\n');
    connection.write_all(&bytes).unwrap();
}

/// A receiver of texts, of which it has one.
struct Texts;

impl Receiver for Texts {
    type Item = String;

    fn start(&mut self, intake: Intake<String>) -> microbatch::Result<()> {
        intake.store_block(vec!["text".to_owned()])
    }
}

#[test]
fn a_log_of_which_nothing_is_left_may_become_one_of_another_type() {
    let program = Program::new(LogSync::AtBatch);
    let (mut context, intake) = program.start();
    intake.store_block(vec![1, 2, 3]).unwrap();
    context.advance(1).unwrap();
    drop(intake);
    context.stop().unwrap();
    let texts = Collector::default();
    let pipeline = stream!(every = 1s, name = "numbers", |ssc| {
        let numbers = ssc.receiver_stream(Texts);
        numbers.collect_into(&texts);
    });
    let context = StreamingContext::new(pipeline).checkpoint_dir(program.folder.path()).write_ahead_log(true);
    let mut context = context.manual().unwrap();
    eventually("the text is received", || context.progress().streams[0].received == 1);
    context.advance(1).unwrap();
    assert_eq!(texts.batches().last().unwrap().1, ["text"]);
}
