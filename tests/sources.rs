//! Sources: sockets, files, standard input, steady rates, sources of one's own.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs::{self, File};
use std::io::Write;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
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

// ---- sockets

#[test]
fn lines_belong_to_the_interval_in_which_they_are_complete() {
    let (server, port) = Server::new();
    let (mut context, out, _) = socket_lines(port, BadRecords::Replace);
    let mut client = server.accept();
    client.write_all("to be\r\nor\n\nnöt to".as_bytes()).unwrap();
    eventually("three lines arrive", || received(&context) == 3);
    context.advance(1).unwrap();
    client.write_all(b" be\nthat").unwrap();
    eventually("a line is complete", || received(&context) == 4);
    context.advance(2).unwrap();
    let lines = |lines: &[&str]| lines.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(by_time(&out), [(1000, lines(&["to be", "or", ""])), (2000, lines(&["nöt to be"])), (3000, lines(&[]))]);
}

#[test]
fn a_connection_that_ends_is_made_again() {
    let (server, port) = Server::new();
    let (mut context, out, troubles) = socket_lines(port, BadRecords::Replace);
    for round in 1..=3 {
        let mut client = server.accept();
        write!(client, "whole {round}\nunfinished {round}").unwrap();
        drop(client);
        eventually("the unfinished line counts as a line", || received(&context) == 2 * round);
    }
    eventually("every end is reported", || troubles.seen().len() >= 3);
    context.advance(1).unwrap();
    let expected: Vec<String> = (1..=3).flat_map(|n| [format!("whole {n}"), format!("unfinished {n}")]).collect();
    assert_eq!(all(&out), expected);
    assert!(troubles.seen().iter().all(|trouble| trouble.contains("the connection has ended; next attempt in 1ms")));
}

#[test]
fn a_refused_connection_is_reported_and_tried_again_ever_more_slowly() {
    let (server, port) = Server::new();
    drop(server);
    let (mut context, out, troubles) = socket_lines(port, BadRecords::Replace);
    eventually("it is refused four times", || troubles.seen().len() >= 4);
    let delays: Vec<String> =
        troubles.seen().iter().map(|trouble| trouble.rsplit_once(' ').unwrap().1.to_owned()).collect();
    assert_eq!(delays[..4], ["1ms", "2ms", "4ms", "4ms"]);
    assert!(troubles.seen()[0].starts_with(&format!("127.0.0.1:{port}: cannot connect: ")));
    // Somebody else may have taken the port meanwhile; then there is nothing more to see.
    let Ok(listener) = TcpListener::bind(("127.0.0.1", port)) else { return };
    Server(listener).accept().write_all(b"at last\n").unwrap();
    eventually("a line arrives", || received(&context) == 1);
    context.advance(1).unwrap();
    assert_eq!(all(&out), ["at last"]);
}

#[test]
fn a_host_that_does_not_exist_is_reported() {
    let (out, troubles) = (Collector::default(), Arc::new(Troubles::default()));
    let pipeline = stream!(every = 1s, |ssc| {
        ssc.socket_text_stream("no-such-host.invalid", 9, quickly()).collect_into(&out);
    });
    let mut context = StreamingContext::new(pipeline).listener(troubles.clone()).manual().unwrap();
    eventually("it is reported", || !troubles.seen().is_empty());
    context.advance(1).unwrap();
    assert_eq!(by_time(&out), [(1000, Vec::<String>::new())]);
}

const BAD_LINES: &[u8] = b"good\n\xff bad\r\nbetter\nb\xc3\nbest\n";

fn bad_lines(on_bad_record: BadRecords) -> (Vec<String>, u64) {
    let (server, port) = Server::new();
    let (mut context, out, _) = socket_lines(port, on_bad_record);
    server.accept().write_all(BAD_LINES).unwrap();
    eventually("five lines arrive", || received(&context) == 5);
    context.advance(1).unwrap();
    (all(&out), bad(&context))
}

#[test]
fn what_is_not_utf8_is_replaced() {
    let expected = ["good", "\u{FFFD} bad", "better", "b\u{FFFD}", "best"].map(String::from);
    assert_eq!(bad_lines(BadRecords::default()), (expected.to_vec(), 2));
}

#[test]
fn what_is_not_utf8_is_skipped() {
    let expected = ["good", "better", "best"].map(String::from);
    assert_eq!(bad_lines(BadRecords::Skip), (expected.to_vec(), 2));
}

#[test]
fn what_is_not_utf8_is_rejected() {
    let rejected = Arc::new(Mutex::new(Vec::new()));
    let keep = {
        let rejected = Arc::clone(&rejected);
        Arc::new(move |record: &BadRecord<'_>| {
            rejected.lock().unwrap().push((record.stream.to_owned(), record.reason.to_owned(), record.bytes.to_vec()));
        })
    };
    let expected = ["good", "better", "best"].map(String::from);
    assert_eq!(bad_lines(BadRecords::Reject(keep)), (expected.to_vec(), 2));
    let record = |bytes: &[u8]| ("socket_text_stream".to_owned(), "the line is not UTF-8".to_owned(), bytes.to_vec());
    assert_eq!(*rejected.lock().unwrap(), [record(b"\xff bad"), record(b"b\xc3")]);
}

#[test]
fn what_is_not_utf8_fails_its_batch_and_no_other() {
    let (server, port) = Server::new();
    let out = Collector::default();
    let pipeline = stream!(every = 1s, |ssc| {
        let lines = ssc.socket_text_stream("127.0.0.1", port);
        lines.collect_into(&out);
    });
    let context = StreamingContext::new(pipeline).on_bad_record(BadRecords::Fail).on_failure(OnFailure::Retry(1));
    let mut context = context.manual().unwrap();
    let mut client = server.accept();
    client.write_all(b"good\n").unwrap();
    eventually("a line arrives", || received(&context) == 1);
    context.advance(1).unwrap();
    client.write_all(BAD_LINES).unwrap();
    eventually("five lines more arrive", || received(&context) == 6);
    for _ in 0..2 {
        // The batch is intact: asked again, it fails for the same record.
        match context.advance(1).unwrap_err() {
            Error::BadRecord { stream, time, what } => {
                assert_eq!((stream.as_str(), time.as_millis()), ("lines", 2000));
                assert_eq!(what, format!("the line is not UTF-8: \"\\xff bad\", from 127.0.0.1:{port}"));
            }
            error => panic!("{error}"),
        }
    }
    assert_eq!(all(&out), ["good"]);
    assert_eq!(bad(&context), 1);
}

#[test]
fn a_batch_with_a_bad_record_may_be_given_up() {
    let (server, port) = Server::new();
    let out = Collector::default();
    let pipeline = stream!(every = 1s, |ssc| {
        ssc.socket_text_stream("127.0.0.1", port).collect_into(&out);
    });
    let context = StreamingContext::new(pipeline).on_bad_record(BadRecords::Fail).on_failure(OnFailure::Skip);
    let mut context = context.manual().unwrap();
    let mut client = server.accept();
    client.write_all(BAD_LINES).unwrap();
    eventually("five lines arrive", || received(&context) == 5);
    context.advance(1).unwrap();
    client.write_all(b"the next\n").unwrap();
    eventually("a line more arrives", || received(&context) == 6);
    context.advance(1).unwrap();
    assert_eq!(by_time(&out), [(2000, vec!["the next".to_owned()])]);
    assert_eq!(context.progress().skipped, 1);
}

/// Counts what a sender could write.
fn write_numbers(mut client: TcpStream, numbers: u64) -> u64 {
    let mut bytes = 0;
    let mut chunk = Vec::new();
    for number in 0..numbers {
        writeln!(chunk, "{number}").unwrap();
        if chunk.len() > 60_000 || number + 1 == numbers {
            client.write_all(&chunk).unwrap();
            bytes += chunk.len() as u64;
            chunk.clear();
        }
    }
    client.shutdown(Shutdown::Write).unwrap();
    bytes
}

#[test]
fn a_fast_sender_is_held_back_through_the_socket_and_loses_nothing() {
    const NUMBERS: u64 = 3_000_000;
    const MIB: u64 = 1 << 20;
    let (server, port) = Server::new();
    let (sums, counts, sizes) = (Collector::default(), Collector::default(), Collector::default());
    let pipeline = stream!(every = 1s, |ssc| {
        let lines = ssc.socket_text_stream("127.0.0.1", port, SocketOptions::default());
        lines.map(|line| line.parse::<u64>().unwrap()).reduce(|a, b| a + b).collect_into(&sums);
        lines.map(|line| line.len() as u64 + 1).reduce(|a, b| a + b).collect_into(&sizes);
        lines.count().collect_into(&counts);
    });
    let mut context = StreamingContext::new(pipeline).buffered_blocks(2).manual().unwrap();
    let client = server.accept();
    let sender = thread::spawn(move || write_numbers(client, NUMBERS));
    let mut batches = 0;
    while received(&context) < NUMBERS || context.progress().streams[0].pending > 0 {
        // Some 130,000 lines a block: without push-back all of them would come at once.
        let pending = context.progress().streams[0].pending;
        assert!(pending < 1_000_000, "{pending} lines wait");
        if pending > 300_000 || sender.is_finished() {
            context.advance(1).unwrap();
            batches += 1;
        }
        thread::yield_now();
    }
    context.advance(1).unwrap();
    let sent = sender.join().unwrap();
    assert!(batches > 3, "{batches}");
    assert!(all(&sizes).into_iter().all(|size| size < 6 * MIB));
    assert_eq!(all(&sizes).into_iter().sum::<u64>(), sent);
    assert_eq!(all(&counts).into_iter().sum::<u64>(), NUMBERS);
    assert_eq!(all(&sums).into_iter().sum::<u64>(), NUMBERS * (NUMBERS - 1) / 2);
}

#[test]
fn a_graceful_stop_processes_the_lines_that_were_received() {
    let (server, port) = Server::new();
    let out = Collector::default();
    let pipeline = stream!(every = 1h, |ssc| {
        ssc.socket_text_stream("127.0.0.1", port).collect_into(&out);
    });
    let context = StreamingContext::new(pipeline).start().unwrap();
    let mut client = server.accept();
    client.write_all(b"one\ntwo\nthr").unwrap();
    eventually("two lines arrive", || context.progress().streams[0].received == 2);
    context.stop().unwrap();
    let lines = all(&out);
    assert_eq!(lines[..2], ["one", "two"]);
    // The unfinished line may or may not have been received with the others; if it was, it is not lost.
    assert!(lines.len() == 2 || lines[2].starts_with('t'), "{lines:?}");
}

#[test]
fn a_graceful_stop_on_manual_time_processes_the_lines_that_were_received() {
    let (server, port) = Server::new();
    let (context, out, _) = socket_lines(port, BadRecords::Replace);
    let mut client = server.accept();
    client.write_all(b"one\ntwo\n").unwrap();
    eventually("two lines arrive", || received(&context) == 2);
    context.stop().unwrap();
    assert_eq!(by_time(&out), [(1000, vec!["one".to_owned(), "two".to_owned()])]);
}

#[test]
fn a_stop_is_noticed_while_the_socket_holds_the_sender_back() {
    let (server, port) = Server::new();
    let counts = Collector::default();
    let pipeline = stream!(every = 1h, |ssc| {
        ssc.socket_text_stream("127.0.0.1", port).count().collect_into(&counts);
    });
    let context = StreamingContext::new(pipeline).buffered_blocks(1).start().unwrap();
    let mut client = server.accept();
    thread::spawn(move || {
        let lines = "a line of text\n".repeat(10_000);
        while client.write_all(lines.as_bytes()).is_ok() {}
    });
    eventually("two blocks are full", || context.progress().streams[0].received > 130_000);
    let progress = context.progress();
    context.stop().unwrap();
    assert!(all(&counts)[0] >= progress.streams[0].received);
    assert_eq!(all(&counts)[0], context.progress().streams[0].received);
    assert_eq!(context.progress().streams[0].pending, 0);
}

#[test]
fn a_stop_ends_a_silent_connection_at_once() {
    let (server, port) = Server::new();
    let counts = Collector::default();
    let pipeline = stream!(every = 1h, |ssc| {
        ssc.socket_text_stream("127.0.0.1", port).count().collect_into(&counts);
    });
    let context = StreamingContext::new(pipeline).start().unwrap();
    let mut client = server.accept();
    client.write_all(b"one\n").unwrap();
    eventually("a line arrives", || context.progress().streams[0].received == 1);
    let start = Instant::now();
    context.stop().unwrap();
    assert!(start.elapsed() < Duration::from_millis(800), "a silent connection is looked at once a second");
    assert_eq!(all(&counts), [1]);
}

// ---- files

#[test]
fn files_of_many_blocks_are_whole_in_memory_that_others_had() {
    let dir = tempfile::tempdir().unwrap();
    let (mut context, out) = files(dir.path(), FileOptions::default(), 10_000);
    for turn in 0..5u64 {
        let lines =
            (0..200_000 + turn * 1_000).map(|line| format!("{turn} {} {line}", "ä".repeat((line % 9) as usize)));
        let mut lines: Vec<String> = lines.collect();
        lines.insert(1_000, "x".repeat(turn as usize * 700_000));
        put(dir.path().join(turn.to_string()), lines.join("\n"), 11_000 + 2_000 * turn);
        context.advance(1).unwrap();
        let batch = out.take().into_iter().flat_map(|(_, lines)| lines);
        assert!(batch.eq(lines), "the lines of turn {turn} differ");
    }
}

/// Writes a file under another name, dates it and renames it into place.
fn put(path: impl AsRef<Path>, bytes: impl AsRef<[u8]>, modified_ms: u64) {
    let path = path.as_ref();
    let hidden = path.with_file_name(".being-written");
    fs::write(&hidden, bytes).unwrap();
    touch(&hidden, modified_ms);
    fs::rename(hidden, path).unwrap();
}

fn touch(path: &Path, modified_ms: u64) {
    let time = SystemTime::UNIX_EPOCH + Duration::from_millis(modified_ms);
    File::options().append(true).open(path).unwrap().set_modified(time).unwrap();
}

/// Text files in `dir` every two seconds, from a manual time.
fn files(dir: &Path, options: FileOptions, start_ms: u64) -> (ManualContext, Collector<String>) {
    let out = Collector::default();
    let dir = dir.to_path_buf();
    let pipeline = stream!(every = 2s, |ssc| {
        ssc.text_file_stream(dir, options).collect_into(&out);
    });
    (StreamingContext::new(pipeline).manual_from(Time::from_millis(start_ms)).unwrap(), out)
}

/// The conformance cases `I.file.True` and `I.file.False`.
fn new_files(existing: bool) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    put(dir.path().join("0"), "0\n", 10_000);
    let (mut context, out) = files(dir.path(), FileOptions::default().existing_files(existing), 12_000);
    for number in 1..=5u64 {
        let clock = 12_000 + 2_000 * (number - 1) + 1_000;
        put(dir.path().join(number.to_string()), format!("{number}\n"), clock);
        context.advance(1).unwrap();
    }
    all(&out)
}

#[test]
fn new_files_are_taken() {
    assert_eq!(new_files(false), ["1", "2", "3", "4", "5"]);
}

#[test]
fn existing_files_are_taken_on_demand() {
    assert_eq!(new_files(true), ["0", "1", "2", "3", "4", "5"]);
}

#[test]
fn existing_files_are_taken_however_old() {
    let dir = tempfile::tempdir().unwrap();
    put(dir.path().join("old"), "old", 1_000);
    let (mut context, out) = files(dir.path(), FileOptions::default().existing_files(true), 1_000_000);
    context.advance(1).unwrap();
    put(dir.path().join("also old"), "also old", 2_000);
    context.advance(40).unwrap();
    assert_eq!(all(&out), ["old"]);
}

#[test]
fn files_are_selected_by_their_time_and_ordered_by_time_and_name() {
    let dir = tempfile::tempdir().unwrap();
    let (mut context, out) = files(dir.path(), FileOptions::default(), 100_000);
    let path = |name: &str| dir.path().join(name);
    for (name, time) in [
        ("b", 101_000),
        ("a", 101_000),
        ("z", 100_500),
        ("at the end", 102_000),
        ("after the end", 102_001),
        ("at the start", 100_000),
        ("before the start", 99_000),
        (".hidden", 101_000),
    ] {
        put(path(name), name, time);
    }
    fs::create_dir(path("below")).unwrap();
    put(path("below").join("deeper"), "deeper", 101_000);
    context.advance(1).unwrap();
    assert_eq!(all(&out), ["z", "a", "b", "at the end"]);
    // A file that turns up late is taken as long as it is not older than a minute, even if older than one that was taken.
    put(path("late"), "late", 100_700);
    context.advance(1).unwrap();
    assert_eq!(by_time(&out)[1].1, ["late", "after the end"]);
    put(path("too late"), "too late", 101_999);
    put(path("just in time"), "just in time", 106_001);
    // 166 s - 60 s: what was modified after 106 s.
    let (mut later, lines) = (context, out);
    later.advance(31).unwrap();
    assert_eq!(lines.batches().last().unwrap().0.as_millis(), 166_000);
    assert_eq!(all(&lines)[6..], ["too late", "just in time"]);
}

#[test]
fn a_file_older_than_a_minute_is_overlooked() {
    let dir = tempfile::tempdir().unwrap();
    let (mut context, out) = files(dir.path(), FileOptions::default(), 100_000);
    context.advance(50).unwrap(); // to 200 s
    put(dir.path().join("at the limit"), "at the limit", 142_000);
    put(dir.path().join("within"), "within", 142_001);
    context.advance(1).unwrap(); // 202 s - 60 s = 142 s
    assert_eq!(all(&out), ["within"]);
}

#[test]
fn the_span_to_remember_is_rounded_up_to_whole_batches() {
    let dir = tempfile::tempdir().unwrap();
    let options = FileOptions::default().remember(Duration::from_millis(3_001));
    let (mut context, out) = files(dir.path(), options, 100_000);
    context.advance(5).unwrap(); // to 110 s
    put(dir.path().join("at the limit"), "at the limit", 108_000);
    put(dir.path().join("within"), "within", 108_001);
    context.advance(1).unwrap(); // 112 s - 4 s = 108 s
    assert_eq!(all(&out), ["within"]);
}

#[test]
fn a_file_counts_once_even_if_it_grows() {
    let dir = tempfile::tempdir().unwrap();
    let (mut context, out) = files(dir.path(), FileOptions::default(), 100_000);
    let path = dir.path().join("log");
    put(&path, "one\n", 101_000);
    context.advance(1).unwrap();
    fs::write(&path, "one\ntwo\n").unwrap();
    touch(&path, 103_000);
    context.advance(20).unwrap();
    assert_eq!(all(&out), ["one"]);
}

#[test]
fn a_directory_may_appear_later() {
    let dir = tempfile::tempdir().unwrap();
    let (out, troubles) = (Collector::default(), Arc::new(Troubles::default()));
    let inbox = dir.path().join("inbox");
    let pipeline = stream!(every = 2s, |ssc| {
        ssc.text_file_stream(&inbox).collect_into(&out);
    });
    let context = StreamingContext::new(pipeline).listener(troubles.clone());
    let mut context = context.manual_from(Time::from_millis(100_000)).unwrap();
    context.advance(3).unwrap();
    let trouble =
        format!("there is no directory `{}`; files are taken when it appears", dir.path().join("inbox").display());
    assert_eq!(troubles.seen(), [trouble]);
    fs::create_dir(dir.path().join("inbox")).unwrap();
    put(dir.path().join("inbox/file"), "here", 107_000);
    context.advance(1).unwrap();
    assert_eq!(by_time(&out).last().unwrap(), &(108_000, vec!["here".to_owned()]));
}

#[test]
fn a_wildcard_names_directories() {
    let dir = tempfile::tempdir().unwrap();
    for day in ["day-1", "day-2", "night-1"] {
        fs::create_dir(dir.path().join(day)).unwrap();
    }
    let (mut context, out) = files(&dir.path().join("day-*"), FileOptions::default(), 100_000);
    put(dir.path().join("0"), "beside", 101_000);
    put(dir.path().join("night-1/0"), "night", 101_000);
    put(dir.path().join("day-2/2"), "2", 101_000);
    put(dir.path().join("day-1/1"), "1", 101_000);
    context.advance(1).unwrap();
    fs::create_dir(dir.path().join("day-3")).unwrap();
    put(dir.path().join("day-3/3"), "3", 103_000);
    context.advance(1).unwrap();
    assert_eq!(all(&out), ["1", "2", "3"]);
}

#[test]
fn a_filter_chooses_files() {
    let dir = tempfile::tempdir().unwrap();
    let options = FileOptions::default().filter(|path| path.extension().is_some_and(|extension| extension == "log"));
    let (mut context, out) = files(dir.path(), options, 100_000);
    for name in ["a.log", "b.txt", ".c.log"] {
        put(dir.path().join(name), name, 101_000);
    }
    context.advance(1).unwrap();
    assert_eq!(all(&out), ["a.log"]);
}

#[test]
fn a_large_file_is_cut_into_partitions_at_the_ends_of_lines() {
    let dir = tempfile::tempdir().unwrap();
    let (lines, partitions) = (Collector::default(), Collector::default());
    let path = dir.path().to_path_buf();
    let pipeline = stream!(every = 2s, |ssc| {
        let text = ssc.text_file_stream(path);
        text.collect_into(&lines);
        text.map(|line| line.len() as u64).glom().map(|sizes| sizes.len() as u64).collect_into(&partitions);
    });
    let mut context = StreamingContext::new(pipeline).workers(2).manual_from(Time::from_millis(100_000)).unwrap();
    let expected: Vec<String> = (0..200_000).map(|n| format!("line {n:06} {}", "x".repeat(n % 13))).collect();
    let giant = "giant ".repeat(500_000);
    put(dir.path().join("large"), expected.join("\n"), 101_000);
    put(dir.path().join("long"), format!("{giant}\nshort"), 101_001);
    put(dir.path().join("empty"), "", 101_002);
    context.advance(1).unwrap();
    let got = all(&lines);
    assert!(got[..200_000] == expected, "the lines of a large file in order");
    assert!(got[200_000] == giant && got[200_001..] == ["short"]);
    let sizes = all(&partitions);
    assert!(sizes.len() > 4 && sizes.iter().sum::<u64>() == 200_002, "{sizes:?}");
}

/// Text files in `dir`, where `meddle` is called once between the listing and the reading of the file `name`.
fn meddled(dir: &Path, name: &'static str, meddle: fn(&Path)) -> (ManualContext, Collector<String>, Arc<Troubles>) {
    let (out, troubles) = (Collector::default(), Arc::new(Troubles::default()));
    let once = Mutex::new(true);
    let options = FileOptions::default().filter(move |path| {
        if path.ends_with(name) && std::mem::take(&mut *once.lock().unwrap()) {
            meddle(path);
        }
        true
    });
    let dir = dir.to_path_buf();
    let pipeline = stream!(every = 2s, |ssc| {
        ssc.text_file_stream(dir, options).collect_into(&out);
    });
    let context = StreamingContext::new(pipeline).listener(troubles.clone());
    (context.manual_from(Time::from_millis(100_000)).unwrap(), out, troubles)
}

#[test]
fn a_file_that_cannot_be_read_fails_the_batch_and_is_read_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    // Permissions would not stop a superuser, but nobody reads a directory.
    let (mut context, out, _) = meddled(dir.path(), "file", |path| {
        fs::remove_file(path).unwrap();
        fs::create_dir(path).unwrap();
    });
    put(dir.path().join("before"), "before", 100_500);
    put(&path, "file", 101_000);
    let error = context.advance(1).unwrap_err();
    assert!(matches!(&error, Error::File { path: failed, .. } if *failed == path), "{error}");
    assert_eq!(all(&out), Vec::<String>::new());
    fs::remove_dir(&path).unwrap();
    put(&path, "mended", 101_000);
    context.advance(1).unwrap();
    assert_eq!(by_time(&out), [(102_000, vec!["before".to_owned(), "mended".to_owned()])]);
    context.advance(1).unwrap();
    assert_eq!(all(&out).len(), 2);
}

#[test]
fn a_file_that_vanishes_before_it_is_read_is_left_out_and_reported() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    let (mut context, out, troubles) = meddled(dir.path(), "file", |path| fs::remove_file(path).unwrap());
    put(dir.path().join("other"), "other", 101_000);
    put(&path, "file", 101_000);
    context.advance(1).unwrap();
    assert_eq!(all(&out), ["other"]);
    assert_eq!(troubles.seen(), [format!("the file `{}` was removed before it could be read", path.display())]);
    put(&path, "back again", 101_000);
    context.advance(1).unwrap();
    assert_eq!(all(&out), ["other", "back again"]);
}

#[test]
fn a_file_with_a_bad_line_is_read_again_once_it_is_mended() {
    let dir = tempfile::tempdir().unwrap();
    let (out, path) = (Collector::default(), dir.path().to_path_buf());
    let pipeline = stream!(every = 2s, |ssc| {
        ssc.text_file_stream(path).collect_into(&out);
    });
    let context = StreamingContext::new(pipeline).on_bad_record(BadRecords::Fail);
    let mut context = context.manual_from(Time::from_millis(100_000)).unwrap();
    put(dir.path().join("good"), "good", 101_000);
    let bad = dir.path().join("the bad");
    put(&bad, b"fine\n\xff\n", 101_000);
    let error = context.advance(1).unwrap_err();
    assert!(matches!(&error, Error::BadRecord { .. }), "{error}");
    assert!(error.to_string().contains("the bad"), "{error}");
    put(&bad, "mended\n", 101_000);
    context.advance(1).unwrap();
    assert_eq!(by_time(&out), [(102_000, vec!["good".to_owned(), "mended".to_owned()])]);
}

#[test]
fn bad_lines_of_files_follow_the_policy() {
    let dir = tempfile::tempdir().unwrap();
    let (mut context, out) = files(dir.path(), FileOptions::default(), 100_000);
    put(dir.path().join("file"), BAD_LINES, 101_000);
    context.advance(1).unwrap();
    assert_eq!(all(&out), ["good", "\u{FFFD} bad", "better", "b\u{FFFD}", "best"]);
    assert_eq!(bad(&context), 2);
}

#[test]
fn binary_records() {
    // The conformance case `I.binary`.
    let dir = tempfile::tempdir().unwrap();
    put(dir.path().join("existing"), [0], 9_000);
    let out = Collector::default();
    let path = dir.path().to_path_buf();
    let pipeline = stream!(every = 2s, |ssc| {
        ssc.binary_records_stream(path, 1).collect_into(&out);
    });
    let mut context = StreamingContext::new(pipeline).manual_from(Time::from_millis(10_000)).unwrap();
    for file in 0..3u8 {
        put(
            dir.path().join(file.to_string()),
            [1 + file, 2 + file, 3 + file, 4 + file, 5 + file],
            11_000 + 2_000 * u64::from(file),
        );
        context.advance(1).unwrap();
    }
    let batches: Vec<Vec<u8>> = out.batches().into_iter().map(|(_, batch)| batch.concat()).collect();
    assert_eq!(batches, [[1, 2, 3, 4, 5], [2, 3, 4, 5, 6], [3, 4, 5, 6, 7]]);
}

#[test]
fn an_incomplete_binary_record_follows_the_policy() {
    let run = |policy: BadRecords| {
        let dir = tempfile::tempdir().unwrap();
        let out = Collector::default();
        let path = dir.path().to_path_buf();
        let pipeline = stream!(every = 2s, |ssc| {
            ssc.binary_records_stream(path, 3).map(|record| (record[0], record.len())).collect_into(&out);
        });
        let context = StreamingContext::new(pipeline).on_bad_record(policy);
        let mut context = context.manual_from(Time::from_millis(10_000)).unwrap();
        let many: Vec<u8> = (0..3 * (1 << 20)).map(|byte| (byte / 3 % 251) as u8).collect();
        put(dir.path().join("a"), b"abcdef\x01\x02", 11_000);
        put(dir.path().join("b"), &many, 11_000);
        (context.advance(1), all(&out), bad(&context))
    };
    let rejected = Arc::new(Mutex::new(Vec::new()));
    let keep = {
        let rejected = Arc::clone(&rejected);
        Arc::new(move |record: &BadRecord<'_>| rejected.lock().unwrap().push(record.bytes.to_vec()))
    };
    for policy in [BadRecords::Replace, BadRecords::Skip, BadRecords::Reject(keep)] {
        let (result, records, bad) = run(policy);
        result.unwrap();
        assert_eq!((records.len(), bad), (2 + (1 << 20), 1));
        let expected = [b'a', b'd'].into_iter().chain((0..1 << 20).map(|n| (n % 251) as u8)).map(|byte| (byte, 3));
        assert!(records.into_iter().eq(expected));
    }
    assert_eq!(*rejected.lock().unwrap(), [[1, 2]]);
    let (result, records, bad) = run(BadRecords::Fail);
    let error = result.unwrap_err();
    assert!(error.to_string().contains("the file ends with 2 bytes of a record of 3"), "{error}");
    assert_eq!((records.len(), bad), (0, 1));
}

#[test]
fn records_of_no_bytes_are_refused() {
    let out = Collector::default();
    let pipeline = stream!(every = 2s, |ssc| {
        ssc.binary_records_stream("/tmp", 0).collect_into(&out);
    });
    let error = StreamingContext::new(pipeline).manual().err().unwrap();
    assert!(matches!(error, Error::Config { .. }), "{error}");
}

#[test]
fn files_are_taken_on_the_wall_clock_from_the_first_moment() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("existing"), "existing\n").unwrap();
    let out = Collector::default();
    let path = dir.path().to_path_buf();
    let ready = Arc::new(Mutex::new(false));
    let pipeline = {
        let ready = Arc::clone(&ready);
        stream!(every = 10ms, |ssc| {
            let lines = ssc.text_file_stream(path);
            *ready.lock().unwrap() = true;
            lines.collect_into(&out);
        })
    };
    let context = StreamingContext::new(pipeline).start().unwrap();
    eventually("the source has started", || *ready.lock().unwrap());
    for number in 0..20 {
        let hidden = dir.path().join(".being-written");
        fs::write(&hidden, format!("{number}\n")).unwrap();
        fs::rename(hidden, dir.path().join(number.to_string())).unwrap();
    }
    eventually("all files are read", || all(&out).len() >= 20);
    context.stop().unwrap();
    let mut numbers: Vec<u64> = all(&out).iter().map(|line| line.parse().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..20).collect::<Vec<_>>());
}

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

/// Runs this test binary's test `name` as a program of its own, with `input` on standard input.
fn with_stdin(name: &str, input: &[u8]) -> String {
    let dir = tempfile::tempdir().unwrap();
    let results = dir.path().join("results");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name])
        .env(CHILD, &results)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    assert!(child.wait().unwrap().success());
    fs::read_to_string(results).unwrap()
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
    let dir = tempfile::tempdir().unwrap();
    let results = dir.path().join("results");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_stop_does_not_wait_for_standard_input"])
        .env(CHILD, &results)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"one\n").unwrap();
    assert!(child.wait().unwrap().success());
    drop(input);
    assert_eq!(fs::read_to_string(results).unwrap(), "one");
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
