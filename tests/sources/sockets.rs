//! Sockets as sources.

use super::*;

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

/// What was told of a receiver, and whether it was active then.
#[derive(Default)]
struct Life(Mutex<Vec<(&'static str, bool)>>);

impl Life {
    fn seen(&self) -> Vec<(&'static str, bool)> {
        self.0.lock().unwrap().clone()
    }
    fn note(&self, event: &'static str, receiver: &ReceiverInfo) {
        self.0.lock().unwrap().push((event, receiver.active));
    }
}

impl StreamingListener for Life {
    fn on_receiver_started(&self, receiver: &ReceiverInfo) {
        self.note("started", receiver);
    }
    fn on_receiver_error(&self, receiver: &ReceiverInfo) {
        self.note("error", receiver);
    }
    fn on_receiver_stopped(&self, receiver: &ReceiverInfo) {
        self.note("stopped", receiver);
    }
}

#[test]
fn a_stop_between_two_connections_is_told_once() {
    let (server, port) = Server::new();
    let (out, life) = (Collector::default(), Arc::new(Life::default()));
    let hour = Duration::from_secs(3600);
    let options = SocketOptions::default().reconnect_after(hour).reconnect_limit(hour);
    let pipeline = stream!(every = 1s, |ssc| {
        ssc.socket_text_stream("127.0.0.1", port, options).collect_into(&out);
    });
    let context = StreamingContext::new(pipeline).listener(life.clone()).manual().unwrap();
    drop(server.accept());
    eventually("the end of the connection is told", || life.seen().len() == 2);
    context.stop().unwrap();
    eventually("the end of the receiver is told", || life.seen().len() == 3);
    assert_eq!(life.seen(), [("started", true), ("error", false), ("stopped", false)]);
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

#[test]
fn a_line_without_an_end_is_left_out_and_reported() {
    let (server, port) = Server::new();
    let (out, troubles) = (Collector::default(), Arc::new(Troubles::default()));
    let options = SocketOptions::default().longest_line(1 << 20).reconnect_after(Duration::from_millis(1));
    let pipeline = stream!(every = 1s, |ssc| {
        ssc.socket_text_stream("127.0.0.1", port, options).map(|line| line.len().to_string()).collect_into(&out);
    });
    let mut context = StreamingContext::new(pipeline).listener(troubles.clone()).manual().unwrap();
    let (mut client, whole) = (server.accept(), "x".repeat(1 << 20));
    client.write_all(format!("short\n{whole}\n").as_bytes()).unwrap();
    // It is hung up on before all of it is sent.
    let _ = client.write_all("y".repeat(3 << 20).as_bytes());
    server.accept().write_all(b"next\n").unwrap();
    eventually("three lines arrive", || received(&context) == 3);
    context.advance(1).unwrap();
    assert_eq!(all(&out), ["5", "1048576", "4"]);
    assert_eq!(bad(&context), 1);
    assert!(troubles.seen()[0].contains("a line does not end within 1048576 bytes, and is left out"));
}

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
    // With `1h` a batch could come before the stop, at the full hour.
    let pipeline = stream!(every = 36500d, |ssc| {
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
    // With `1h` a batch could come before the stop, at the full hour.
    let pipeline = stream!(every = 36500d, |ssc| {
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

#[test]
fn a_connection_that_is_silent_for_too_long_is_made_again() {
    let (server, port) = Server::new();
    let (out, troubles) = (Collector::default(), Arc::new(Troubles::default()));
    let pipeline = stream!(every = 1s, |ssc| {
        let options = quickly().idle_timeout(Duration::from_millis(10));
        ssc.socket_text_stream("127.0.0.1", port, options).collect_into(&out);
    });
    let _context = StreamingContext::new(pipeline).listener(troubles.clone()).manual().unwrap();
    let vanished = server.accept();
    drop(server.accept()); // although the other one is not closed
    assert!(troubles.seen()[0].contains("nothing has come for 10ms; next attempt in"), "{:?}", troubles.seen());
    drop(vanished);
}
