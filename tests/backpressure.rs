//! Rates of receivers: fixed limits, and limits that follow how fast the batches are. Nothing is lost by them, it comes later.
#![allow(clippy::unwrap_used)]

#[path = "shared/numbers.rs"]
mod numbers;

use std::io::Write;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use microbatch::Backpressure;
use microbatch::prelude::*;

use numbers::Numbers;

/// Polls until `condition` holds.
fn eventually(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !condition() {
        assert!(Instant::now() < deadline, "it never happened that {what}");
        thread::sleep(Duration::from_millis(1));
    }
}

/// The number of records of each batch, and all of them.
fn received(out: &Collector<u64>) -> (Vec<usize>, Vec<u64>) {
    let batches = out.batches();
    let counts = batches.iter().map(|(_, records)| records.len()).collect();
    (counts, batches.into_iter().flat_map(|(_, records)| records).collect())
}

#[test]
fn a_receiver_takes_in_no_more_than_its_limit() {
    let out = Collector::default();
    let pipeline = stream!(every = 100ms, |ssc| {
        ssc.receiver_stream(Numbers).collect_into(&out);
    });
    let context = StreamingContext::new(pipeline).max_rate(1000).batches(8).start().unwrap();
    context.await_termination().unwrap();
    let (counts, all) = received(&out);
    // 100 records in 100 ms; a batch may have those of a pause before it, and the first one is not whole.
    assert!(counts.iter().all(|count| *count <= 210), "{counts:?}");
    assert!(all.len() <= 900 && all.len() > 100, "{counts:?}");
    assert!(all.iter().copied().eq(0..all.len() as u64), "in order, and none is missing");
}

#[test]
fn a_limit_of_nothing_is_refused_by_name() {
    let context = || {
        StreamingContext::new(stream!(every = 100ms, |ssc| {
            ssc.receiver_stream(Numbers).count().print();
        }))
    };
    let always = context().max_rate(0).start().unwrap_err().to_string();
    assert!(always.contains("give `max_rate` 1 or more"), "{always}");
    let initially = Backpressure::default().initial_rate(0);
    let initially = context().backpressure(initially).start().unwrap_err().to_string();
    assert!(initially.contains("give `initial_rate` 1 or more"), "{initially}");
}

#[test]
fn slow_batches_slow_the_receiver_down() {
    let (out, slow) = (Collector::default(), Arc::new(AtomicBool::new(true)));
    let is_slow = Arc::clone(&slow);
    let pipeline = stream!(every = 20ms, |ssc| {
        let numbers = ssc.receiver_stream(Numbers);
        // 2,000 records a second at most.
        numbers.collect_into(&out);
        numbers.count().foreach_batch(move |counts, _| {
            let pause = if is_slow.load(Ordering::Relaxed) { 500 } else { 1 };
            thread::sleep(Duration::from_micros(pause * counts.iter().sum::<u64>().min(400)));
        });
    });
    let backpressure = Backpressure::default().initial_rate(10_000).min_rate(50.0);
    let context = StreamingContext::new(pipeline).backpressure(backpressure).max_rate(20_000).start().unwrap();
    let rate = || context.progress().streams.first().and_then(|stream| stream.rate_limit);
    eventually("the rate goes down", || rate().is_some_and(|rate| rate <= 2500));
    slow.store(false, Ordering::Relaxed);
    eventually("the rate goes up", || rate().is_some_and(|rate| rate >= 5000));
    context.stop().unwrap();
    let (_, all) = received(&out);
    assert!(all.iter().copied().eq(0..all.len() as u64), "in order, and none is missing");
}

#[test]
fn a_limited_socket_pushes_back_and_loses_nothing() {
    const LINES: usize = 20_000;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let sender = thread::spawn(move || {
        let (mut connection, _) = listener.accept().unwrap();
        (0..LINES).for_each(|line| writeln!(connection, "line {line}").unwrap());
    });
    let out = Collector::default();
    let pipeline = stream!(every = 20ms, |ssc| {
        ssc.socket_text_stream("127.0.0.1", port).count().collect_into(&out);
    });
    let context = StreamingContext::new(pipeline).max_rate(100_000).start().unwrap();
    eventually("all lines are counted", || received(&out).1.iter().sum::<u64>() == LINES as u64);
    context.stop().unwrap();
    sender.join().unwrap();
    assert_eq!(received(&out).1.iter().sum::<u64>(), LINES as u64);
}

#[test]
fn limits_that_cannot_work_are_refused() {
    let error = |max_rate: u64, backpressure: Backpressure| {
        let pipeline = stream!(every = 1s, |ssc| {
            ssc.receiver_stream(Numbers).count().print();
        });
        let context = StreamingContext::new(pipeline).max_rate(max_rate).backpressure(backpressure);
        context.manual().unwrap_err().to_string()
    };
    assert!(error(0, Backpressure::default()).contains("give `max_rate` 1 or more"));
    assert!(error(1, Backpressure::default().proportional(-1.0)).contains("the proportional gain is -1"));
    assert!(error(1, Backpressure::default().min_rate(0.0)).contains("the least rate is 0"));
}
