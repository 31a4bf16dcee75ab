//! Sources: sockets, files, standard input, steady rates, sources of one's own.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod bad_records;
mod chosen_files;
mod files;
mod files_again;
mod positions;
mod sockets;

use std::fs::{self, File};
use std::io::Write;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Instant, SystemTime};

use microbatch::prelude::*;
use microbatch::source::{Interval, Source, SourceContext};
use microbatch::{
    BadRecord, BadRecords, Error, FileOptions, ManualContext, OnFailure, ReceiverInfo, SocketOptions, StreamingListener,
};

/// Polls until `condition` holds.
fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !condition() {
        assert!(Instant::now() < deadline, "it never happened that {what}");
        thread::sleep(Duration::from_millis(1));
    }
}

fn all<T: Clone>(out: &Collector<T>) -> Vec<T> {
    out.batches().into_iter().flat_map(|(_, batch)| batch).collect()
}

/// The batches by their times in milliseconds.
fn by_time<T: Clone>(out: &Collector<T>) -> Vec<(u64, Vec<T>)> {
    out.batches().into_iter().map(|(time, batch)| (time.as_millis(), batch)).collect()
}

/// Writes down what goes wrong with receivers.
#[derive(Default)]
struct Troubles(Mutex<Vec<String>>);

impl Troubles {
    fn seen(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl StreamingListener for Troubles {
    fn on_receiver_error(&self, receiver: &ReceiverInfo) {
        self.0.lock().unwrap().push(receiver.last_error.clone().unwrap());
    }
}

/// A server on a port of its own.
struct Server(TcpListener);

impl Server {
    fn new() -> (Self, u16) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        (Server(listener), port)
    }
    fn accept(&self) -> TcpStream {
        self.0.accept().unwrap().0
    }
}

fn quickly() -> SocketOptions {
    SocketOptions::default().reconnect_after(Duration::from_millis(1)).reconnect_limit(Duration::from_millis(4))
}

/// Lines from a socket on manual time: the context, and what it collects.
fn socket_lines(port: u16, on_bad_record: BadRecords) -> (ManualContext, Collector<String>, Arc<Troubles>) {
    let (out, troubles) = (Collector::default(), Arc::new(Troubles::default()));
    let pipeline = stream!(every = 1s, |ssc| {
        ssc.socket_text_stream("127.0.0.1", port, quickly()).collect_into(&out);
    });
    let context = StreamingContext::new(pipeline).on_bad_record(on_bad_record).listener(troubles.clone());
    (context.manual().unwrap(), out, troubles)
}

fn received(context: &ManualContext) -> u64 {
    context.progress().streams[0].received
}

fn bad(context: &ManualContext) -> u64 {
    context.progress().streams[0].bad_records
}

/// Lines of which two are not UTF-8.
const BAD_LINES: &[u8] = b"good\n\xff bad\r\nbetter\nb\xc3\nbest\n";

// ---- rates

#[test]
fn a_rate_is_exact_over_time() {
    let out = Collector::default();
    let pipeline = stream!(every = 300ms, |ssc| {
        ssc.rate_stream(7).collect_into(&out);
    });
    StreamingContext::new(pipeline).manual_from(Time::from_millis(3_000_000)).unwrap().advance(10).unwrap();
    let sizes: Vec<usize> = out.batches().iter().map(|(_, batch)| batch.len()).collect();
    assert_eq!(sizes, [2, 2, 2, 2, 2, 2, 2, 2, 2, 3]); // 2.1 a batch
    assert_eq!(all(&out), (0..21).collect::<Vec<u64>>());
}

#[test]
fn a_rate_of_millions_takes_no_memory() {
    let (counts, sums) = (Collector::default(), Collector::default());
    let pipeline = stream!(every = 1s, |ssc| {
        let numbers = ssc.rate_stream(1_000_003);
        numbers.count().collect_into(&counts);
        numbers.reduce(|a, b| a + b).collect_into(&sums);
    });
    StreamingContext::new(pipeline).workers(3).manual().unwrap().advance(2).unwrap();
    assert_eq!(all(&counts), [1_000_003, 1_000_003]);
    assert_eq!(all(&sums).into_iter().sum::<u64>(), 2_000_006 * 2_000_005 / 2);
}

// ---- standard input

/// The environment variable that turns the test below into a program that reads standard input.
const CHILD: &str = "MICROBATCH_STDIN_TEST";

/// Runs this test binary's test `name` as a program of its own, which writes down its results. What `meanwhile` gives is kept until it
/// has ended.
fn as_program<T>(name: &str, stdin: impl Into<Stdio>, meanwhile: impl FnOnce(&mut Child) -> T) -> String {
    let dir = tempfile::tempdir().unwrap();
    let results = dir.path().join("results");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name])
        .env(CHILD, &results)
        .stdin(stdin)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let _kept = meanwhile(&mut child);
    assert!(child.wait().unwrap().success());
    fs::read_to_string(results).unwrap()
}

/// The same, with `input` on standard input.
fn with_stdin(name: &str, input: &[u8]) -> String {
    as_program(name, Stdio::piped(), |child| child.stdin.take().unwrap().write_all(input).unwrap())
}

#[test]
fn standard_input_ends_the_context_when_all_is_processed() {
    if let Some(results) = std::env::var_os(CHILD) {
        let out = Collector::default();
        let pipeline = stream!(every = 10ms, |ssc| {
            ssc.stdin_text_stream().collect_into(&out);
        });
        StreamingContext::new(pipeline).run().unwrap();
        return fs::write(results, all(&out).join("|")).unwrap();
    }
    let name = "standard_input_ends_the_context_when_all_is_processed";
    assert_eq!(with_stdin(name, b"to be\nor\xff\r\n\nnot"), "to be|or\u{FFFD}||not");
    assert_eq!(with_stdin(name, b""), "");
    let many: Vec<String> = (0..300_000).map(|n| n.to_string()).collect();
    assert!(with_stdin(name, many.join("\n").as_bytes()) == many.join("|"));
}

#[cfg(unix)]
#[test]
fn standard_input_that_cannot_be_read_is_an_error() {
    if let Some(results) = std::env::var_os(CHILD) {
        let out = Collector::default();
        let pipeline = stream!(every = 10ms, |ssc| {
            ssc.stdin_text_stream().collect_into(&out);
        });
        let error = StreamingContext::new(pipeline).run().unwrap_err();
        return fs::write(results, error.to_string()).unwrap();
    }
    let dir = tempfile::tempdir().unwrap();
    let nobody_reads_a_directory = File::open(dir.path()).unwrap();
    let words = as_program("standard_input_that_cannot_be_read_is_an_error", nobody_reads_a_directory, |_| ());
    assert!(words.contains("standard input cannot be read any more"), "{words}");
}

#[test]
fn a_stop_does_not_wait_for_standard_input() {
    if let Some(results) = std::env::var_os(CHILD) {
        let out = Collector::default();
        let pipeline = stream!(every = 1h, |ssc| {
            ssc.stdin_text_stream().collect_into(&out);
        });
        let context = StreamingContext::new(pipeline).start().unwrap();
        eventually("a line arrives", || context.progress().streams.first().is_some_and(|stream| stream.received == 1));
        context.stop().unwrap();
        return fs::write(results, all(&out).join("|")).unwrap();
    }
    let results = as_program("a_stop_does_not_wait_for_standard_input", Stdio::piped(), |child| {
        let mut input = child.stdin.take().unwrap();
        input.write_all(b"one\n").unwrap();
        input // it stays open
    });
    assert_eq!(results, "one");
}

// ---- sources of one's own

#[test]
fn a_source_of_ones_own() {
    /// Tells each batch its own interval, and fails once.
    struct Intervals {
        failed: bool,
    }
    impl Source for Intervals {
        type Block = Vec<(Time, Time)>;
        fn start(&mut self, context: &SourceContext) -> microbatch::Result<()> {
            assert_eq!((context.stream(), context.every()), ("intervals", Duration::from_secs(1)));
            Ok(())
        }
        fn batch(&mut self, interval: &Interval) -> microbatch::Result<Vec<Arc<Self::Block>>> {
            if interval.end == Time::from_millis(2000) && !std::mem::replace(&mut self.failed, true) {
                return Err("not now".into());
            }
            Ok(vec![Arc::new(vec![(interval.start, interval.end)])])
        }
    }
    let out = Collector::default();
    let pipeline = stream!(every = 1s, |ssc| {
        let intervals = ssc.source(Intervals { failed: false });
        intervals.map(|(start, end)| (start.as_millis(), end.as_millis())).collect_into(&out);
    });
    let mut context = StreamingContext::new(pipeline).manual().unwrap();
    context.advance(1).unwrap();
    assert_eq!(context.advance(1).unwrap_err().to_string(), "not now");
    context.advance(2).unwrap();
    assert_eq!(all(&out), [(0, 1000), (1000, 2000), (2000, 3000)]);
}
