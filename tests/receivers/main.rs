//! Receivers: storing, membership by interval, push-back, restarts, and stops that lose nothing.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod restarts;

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Instant;

use microbatch::prelude::*;
use microbatch::{OnFailure, ReceiverInfo, StreamingListener};

/// Polls until `condition` holds.
fn eventually(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !condition() {
        assert!(Instant::now() < deadline, "it never happened that {what}");
        thread::sleep(Duration::from_millis(1));
    }
}

/// A receiver that hands its intake out.
struct Handed<T: Record>(mpsc::Sender<Intake<T>>);

impl<T: Record> Receiver for Handed<T> {
    type Item = T;

    fn start(&mut self, intake: Intake<T>) -> microbatch::Result<()> {
        self.0.send(intake).map_err(|_| "nobody wants the intake".into())
    }

    fn restart_delay(&self) -> Duration {
        Duration::from_millis(1)
    }
}

fn handed<T: Record>() -> (Handed<T>, mpsc::Receiver<Intake<T>>) {
    let (sender, intakes) = mpsc::channel();
    (Handed(sender), intakes)
}

fn all<T: Clone>(out: &Collector<T>) -> Vec<T> {
    out.batches().into_iter().flat_map(|(_, batch)| batch).collect()
}

/// Writes the receivers' events down.
#[derive(Default)]
struct Events(Mutex<Vec<String>>);

impl Events {
    fn seen(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
    fn note(&self, event: &str, receiver: &ReceiverInfo) {
        let error = receiver.last_error.clone().unwrap_or_default();
        self.0.lock().unwrap().push(format!("{} {event}: {error}", receiver.stream));
    }
}

impl StreamingListener for Events {
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
fn ten_threads_store_a_thousand_records_each() {
    struct TenThreads;
    impl Receiver for TenThreads {
        type Item = u64;
        fn start(&mut self, intake: Intake<u64>) -> microbatch::Result<()> {
            for thread in 0..10 {
                let intake = intake.clone();
                thread::spawn(move || (0..1000).try_for_each(|number| intake.store(thread * 1000 + number)));
            }
            Ok(())
        }
    }
    let (out, counts) = (Collector::default(), Collector::default());
    let pipeline = stream!(every = 5ms, |ssc| {
        let numbers = ssc.receiver_stream(TenThreads);
        numbers.collect_into(&out);
        numbers.count().collect_into(&counts);
    });
    // All its intakes are gone, so the receiver has ended, and with it the context.
    StreamingContext::new(pipeline).start().unwrap().await_termination().unwrap();
    assert_eq!(all(&counts).into_iter().sum::<u64>(), 10_000);
    let mut numbers = all(&out);
    for thread in 0..10 {
        assert!(numbers.iter().filter(|number| *number / 1000 == thread).is_sorted(), "each thread's order is kept");
    }
    numbers.sort_unstable();
    assert!(numbers.into_iter().eq(0..10_000));
}

#[test]
fn a_record_belongs_to_the_interval_in_which_it_was_stored() {
    let (receiver, intakes) = handed::<String>();
    let out = Collector::default();
    let pipeline = stream!(every = 1s, |ssc| {
        ssc.receiver_stream(receiver).collect_into(&out);
    });
    let mut context = StreamingContext::new(pipeline).manual().unwrap();
    let intake = intakes.recv().unwrap();
    intake.store("a".to_owned()).unwrap();
    intake.store_many(["b", "c"].map(String::from)).unwrap();
    context.advance(1).unwrap();
    intake.store("d".to_owned()).unwrap();
    context.advance(2).unwrap();
    intake.store_block(vec!["e".to_owned()]).unwrap();
    intake.store("f".to_owned()).unwrap();
    context.advance(1).unwrap();
    let batches: Vec<(u64, String)> =
        out.batches().into_iter().map(|(time, batch)| (time.as_millis(), batch.join(" "))).collect();
    let expected = [(1000, "a b c"), (2000, "d"), (3000, ""), (4000, "e f")];
    assert_eq!(batches, expected.map(|(time, batch)| (time, batch.to_owned())));
}

#[test]
fn records_stored_while_a_batch_runs_belong_to_a_later_one() {
    let (receiver, intakes) = handed::<u64>();
    let (running, go_on) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let out = Collector::default();
    let pipeline = {
        let (running, go_on) = (Arc::clone(&running), Arc::clone(&go_on));
        stream!(every = 1s, |ssc| {
            let numbers = ssc.receiver_stream(receiver).inspect(|_| {
                running.store(true, Ordering::Release);
                eventually("the test goes on", || go_on.load(Ordering::Acquire));
            });
            numbers.collect_into(&out);
        })
    };
    let mut context = StreamingContext::new(pipeline).workers(1).manual().unwrap();
    let intake = intakes.recv().unwrap();
    intake.store(1).unwrap();
    let storing = thread::spawn(move || {
        eventually("the batch runs", || running.load(Ordering::Acquire));
        intake.store(2).unwrap();
        intake.store_block(vec![3, 4]).unwrap();
        go_on.store(true, Ordering::Release);
    });
    context.advance(1).unwrap();
    storing.join().unwrap();
    context.advance(1).unwrap();
    let batches: Vec<Vec<u64>> = out.batches().into_iter().map(|(_, batch)| batch).collect();
    assert_eq!(batches, [vec![1], vec![2, 3, 4]]);
}

#[test]
fn a_fast_sender_is_held_back_and_loses_nothing() {
    const BLOCKS: usize = 3;
    const BLOCK: u64 = 16_384;
    const RECORDS: u64 = 40 * BLOCK;
    let (receiver, intakes) = handed::<u64>();
    let (sums, counts) = (Collector::default(), Collector::default());
    let pipeline = stream!(every = 1s, |ssc| {
        let numbers = ssc.receiver_stream(receiver);
        numbers.reduce(|a, b| a + b).collect_into(&sums);
        numbers.count().collect_into(&counts);
    });
    let mut context = StreamingContext::new(pipeline).buffered_blocks(BLOCKS).manual().unwrap();
    let intake = intakes.recv().unwrap();
    let stored = Arc::new(AtomicU64::new(0));
    let sender = {
        let stored = Arc::clone(&stored);
        thread::spawn(move || {
            for number in 0..RECORDS {
                intake.store(number).unwrap();
                stored.store(number + 1, Ordering::Release);
            }
        })
    };
    // The channel, one block that found it full, and what was put in after the engine had taken from it.
    let bound = BLOCK * (BLOCKS as u64 + 2);
    let mut advanced = 0;
    while !sender.is_finished() || advanced == 0 {
        eventually("the sender is held back or done", || {
            sender.is_finished() || context.progress().streams[0].pending >= BLOCK * (BLOCKS as u64 + 1)
        });
        assert!(context.progress().streams[0].pending <= bound);
        let before = all(&counts).into_iter().sum::<u64>();
        assert!(stored.load(Ordering::Acquire) <= before + bound, "the sender ran ahead");
        context.advance(1).unwrap();
        advanced += 1;
    }
    context.advance(1).unwrap();
    assert!(advanced > 5);
    assert_eq!(all(&counts).into_iter().sum::<u64>(), RECORDS);
    assert_eq!(all(&sums).into_iter().sum::<u64>(), RECORDS * (RECORDS - 1) / 2);
    assert_eq!(context.progress().streams[0].pending, 0);
    assert_eq!(context.progress().streams[0].received, RECORDS);
}

#[test]
fn a_batch_that_is_tried_again_has_the_same_records() {
    let (receiver, intakes) = handed::<u64>();
    let attempts = Arc::new(AtomicUsize::new(0));
    let (out, seen) = (Collector::default(), Arc::new(Mutex::new(Vec::new())));
    let pipeline = {
        let (attempts, seen) = (Arc::clone(&attempts), Arc::clone(&seen));
        stream!(every = 1s, |ssc| {
            let numbers = ssc.receiver_stream(receiver).inspect(|number| {
                seen.lock().unwrap().push(*number);
                assert!(*number != 3 || attempts.fetch_add(1, Ordering::AcqRel) > 1, "not yet");
            });
            numbers.collect_into(&out);
        })
    };
    let mut context = StreamingContext::new(pipeline).workers(1).on_failure(OnFailure::Retry(2)).manual().unwrap();
    let intake = intakes.recv().unwrap();
    intake.store_many([1, 2, 3]).unwrap();
    context.advance(1).unwrap();
    assert_eq!(all(&out), [1, 2, 3]);
    // The lock is poisoned by no panic: the assertion fails outside of it.
    assert_eq!(*seen.lock().unwrap(), [1, 2, 3, 1, 2, 3, 1, 2, 3]);
    intake.store(4).unwrap();
    context.advance(1).unwrap();
    assert_eq!(all(&out), [1, 2, 3, 4]);
}

#[test]
fn a_graceful_stop_on_manual_time_processes_what_was_received() {
    let (receiver, intakes) = handed::<u64>();
    let out = Collector::default();
    let pipeline = stream!(every = 1s, |ssc| {
        ssc.receiver_stream(receiver).collect_into(&out);
    });
    let mut context = StreamingContext::new(pipeline).manual().unwrap();
    let intake = intakes.recv().unwrap();
    intake.store(1).unwrap();
    context.advance(1).unwrap();
    intake.store_many([2, 3]).unwrap();
    drop(intake);
    context.stop().unwrap();
    let batches: Vec<(u64, Vec<u64>)> = out.batches().into_iter().map(|(time, b)| (time.as_millis(), b)).collect();
    assert_eq!(batches, [(1000, vec![1]), (2000, vec![2, 3])]);
}

#[test]
fn a_graceful_stop_waits_for_what_receivers_still_store() {
    /// Stores a block when it is stopped, although the engine has room for none.
    struct Late(Option<Intake<u64>>, mpsc::Sender<()>);
    impl Receiver for Late {
        type Item = u64;
        fn start(&mut self, intake: Intake<u64>) -> microbatch::Result<()> {
            for block in 0..2 {
                intake.store_block(vec![block; 1000])?;
            }
            self.0 = Some(intake);
            self.1.send(()).map_err(|_| "nobody waits".into())
        }
        fn stop(&mut self) {
            if let Some(intake) = self.0.take() {
                for block in 2..9 {
                    intake.store_block(vec![block; 1000]).unwrap();
                    intake.store(100 + block).unwrap();
                }
            }
        }
    }
    let (sender, started) = mpsc::channel();
    let out = Collector::default();
    let pipeline = stream!(every = 1h, |ssc| {
        ssc.receiver_stream(Late(None, sender)).count_by_value().collect_into(&out);
    });
    let context = StreamingContext::new(pipeline).buffered_blocks(1).start().unwrap();
    started.recv().unwrap();
    context.stop().unwrap();
    let mut counts = all(&out);
    counts.sort_unstable();
    let expected = (0..9).map(|block| (block, 1000)).chain((102..109).map(|number| (number, 1)));
    assert_eq!(counts, expected.collect::<Vec<(u64, u64)>>());
}

#[test]
fn a_stop_frees_senders_that_are_held_back() {
    let (receiver, intakes) = handed::<u64>();
    let counts = Collector::default();
    let pipeline = stream!(every = 1h, |ssc| {
        ssc.receiver_stream(receiver).count().collect_into(&counts);
    });
    let context = StreamingContext::new(pipeline).buffered_blocks(1).start().unwrap();
    let intake = intakes.recv().unwrap();
    let stored = Arc::new(AtomicU64::new(0));
    let senders: Vec<_> = (0..4)
        .map(|_| {
            let (intake, stored) = (intake.clone(), Arc::clone(&stored));
            thread::spawn(move || {
                while !intake.is_stopped() {
                    intake.store_block(vec![0; 100]).unwrap();
                    stored.fetch_add(100, Ordering::AcqRel);
                }
            })
        })
        .collect();
    drop(intake);
    eventually("the channel is full", || stored.load(Ordering::Acquire) >= 200);
    context.stop().unwrap();
    senders.into_iter().for_each(|sender| sender.join().unwrap());
    assert_eq!(all(&counts).into_iter().sum::<u64>(), stored.load(Ordering::Acquire));
}

#[test]
fn storing_fails_when_the_context_has_ended() {
    let (receiver, intakes) = handed::<u64>();
    let out = Collector::default();
    let pipeline = stream!(every = 1s, |ssc| {
        ssc.receiver_stream(receiver).collect_into(&out);
    });
    let mut context = StreamingContext::new(pipeline).batches(1).manual().unwrap();
    let intake = intakes.recv().unwrap();
    context.advance(1).unwrap();
    let _ = context.advance(1); // beyond the last batch
    eventually("the intake is closed", || intake.is_stopped());
    let refused = intake.store(1).and_then(|()| intake.store_block(vec![1]));
    assert!(matches!(refused, Err(microbatch::Error::Stopped)), "{refused:?}");
}

#[test]
fn a_user_iterator_may_store_while_it_is_stored() {
    let (receiver, intakes) = handed::<u64>();
    let out = Collector::default();
    let pipeline = stream!(every = 1s, |ssc| {
        ssc.receiver_stream(receiver).collect_into(&out);
    });
    let mut context = StreamingContext::new(pipeline).manual().unwrap();
    let intake = intakes.recv().unwrap();
    let inner = intake.clone();
    intake.store_many((0..3).inspect(|number| inner.store(number + 10).unwrap())).unwrap();
    context.advance(1).unwrap();
    assert_eq!(all(&out), [10, 11, 12, 0, 1, 2]);
}
