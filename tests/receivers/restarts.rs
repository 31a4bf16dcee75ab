//! Receivers that start again, and that end.

use std::path::Path;

use super::*;

#[test]
fn a_receiver_starts_again_after_an_error_a_panic_and_a_lost_thread() {
    struct Clumsy(u64);
    impl Receiver for Clumsy {
        type Item = u64;
        fn start(&mut self, intake: Intake<u64>) -> microbatch::Result<()> {
            self.0 += 1;
            intake.store(self.0)?;
            match self.0 {
                1 => return Err("the line is dead".into()),
                2 => panic!("two left feet"),
                3 => {
                    let intake = intake.clone();
                    let thread = thread::Builder::new().name("juggler".to_owned());
                    thread.spawn(move || {
                        intake.report_error("a ball is missing");
                        panic!("dropped {intake:?}")
                    })?;
                }
                4 => intake.restart_after("for a change", Duration::from_millis(2)),
                5 => intake.restart("once more"),
                _ => intake.stop("enough"),
            }
            Ok(())
        }
        fn stop(&mut self) {
            assert!(self.0 != 5, "stops badly");
        }
        fn restart_delay(&self) -> Duration {
            Duration::from_millis(1)
        }
    }
    let (out, events) = (Collector::default(), Arc::new(Events::default()));
    let pipeline = stream!(every = 5ms, |ssc| {
        let attempts = ssc.receiver_stream(Clumsy(0));
        attempts.collect_into(&out);
    });
    let context = StreamingContext::new(pipeline).listener(events.clone()).start().unwrap();
    context.await_termination().unwrap();
    assert_eq!(all(&out), [1, 2, 3, 4, 5, 6]);
    let seen = events.seen();
    let expected = [
        "started: ",
        "error: the line is dead; the receiver starts again in 1ms",
        "started: the line",
        "error: it panicked at tests/receivers/restarts.rs",
        "started: it panicked",
        "error: a ball is missing",
        "error: the receiver's thread `juggler` panicked; the receiver starts again in 1ms",
        "started: ",
        "error: for a change; the receiver starts again in 2ms",
        "started: ",
        "error: its `stop` panicked",
        "error: once more; the receiver starts again in 1ms",
        "started: ",
        "stopped: enough",
    ];
    assert_eq!(seen.len(), expected.len(), "{seen:#?}");
    for (seen, expected) in seen.iter().zip(expected) {
        assert!(seen.starts_with(&format!("attempts {expected}")), "{seen} is not {expected}");
    }
}

/// A receiver that panics where it is asked for how long to wait, and when it is dropped.
struct Brittle(fn(Intake<u64>) -> microbatch::Result<()>);

impl Receiver for Brittle {
    type Item = u64;
    fn start(&mut self, intake: Intake<u64>) -> microbatch::Result<()> {
        (self.0)(intake)
    }
    fn restart_delay(&self) -> Duration {
        panic!("how should I know")
    }
}

impl Drop for Brittle {
    fn drop(&mut self) {
        panic!("it breaks");
    }
}

/// Runs a brittle receiver. Gives what listeners were told when `until` has happened and the context has ended.
fn brittle(
    start: fn(Intake<u64>) -> microbatch::Result<()>,
    until: impl FnOnce(&microbatch::RunningContext, &Events),
) -> Vec<String> {
    let (out, events) = (Collector::default(), Arc::new(Events::default()));
    let pipeline = stream!(every = 5ms, |ssc| {
        let numbers = ssc.receiver_stream(Brittle(start));
        numbers.collect_into(&out);
    });
    let context = StreamingContext::new(pipeline).listener(events.clone()).start().unwrap();
    until(&context, &events);
    let ending = thread::spawn(move || context.await_termination());
    eventually("the context ends", || ending.is_finished());
    ending.join().unwrap().unwrap();
    assert_eq!(all(&out), [1]);
    events.seen()
}

#[test]
fn a_receiver_that_panics_when_it_is_dropped_has_ended() {
    let seen = brittle(|intake| intake.store(1), |_, _| ());
    assert_eq!(seen.len(), 3, "{seen:#?}");
    assert!(seen[1].contains("it panicked when it was dropped, at tests/receivers/restarts.rs"), "{seen:#?}");
    assert!(seen[2].starts_with("numbers stopped: "), "{seen:#?}");
}

#[test]
fn a_receiver_that_cannot_say_when_to_start_again_has_the_usual_delay() {
    let start = |intake: Intake<u64>| intake.store(1).and(Err("the line is dead".into()));
    let seen = brittle(start, |context, events| {
        eventually("it is told", || events.seen().len() >= 3);
        context.stop_handle().stop();
    });
    assert_eq!(seen.len(), 5, "{seen:#?}");
    assert!(seen[1].contains("error: its `restart_delay` panicked at tests/receivers/restarts.rs"), "{seen:#?}");
    assert_eq!(seen[2], "numbers error: the line is dead; the receiver starts again in 2s");
    assert!(seen[4].starts_with("numbers stopped: "), "{seen:#?}");
}

#[test]
fn a_receiver_that_stops_stays_stopped() {
    let (receiver, intakes) = handed::<u64>();
    let (out, events) = (Collector::default(), Arc::new(Events::default()));
    let pipeline = stream!(every = 1s, |ssc| {
        let numbers = ssc.receiver_stream(receiver);
        numbers.collect_into(&out);
    });
    let mut context = StreamingContext::new(pipeline).listener(events.clone()).manual().unwrap();
    let intake = intakes.recv().unwrap();
    intake.store(1).unwrap();
    intake.stop("no more");
    assert!(intake.is_stopped() && intake.wait_for_stop(Duration::from_secs(60)));
    intake.store(2).unwrap(); // what it holds it may still hand over
    drop(intake);
    eventually("it stops", || events.seen().len() == 2);
    // Manual time goes on as long as it is told to.
    context.advance(3).unwrap();
    assert_eq!(all(&out), [1, 2]);
    assert_eq!(out.batches().len(), 3);
    assert_eq!(events.seen(), ["numbers started: ", "numbers stopped: no more"]);
    assert!(intakes.try_recv().is_err(), "it was started again");
}

#[test]
fn threads_of_an_earlier_run_cannot_store_beside_the_new_one() {
    let (receiver, intakes) = handed::<u64>();
    let out = Collector::default();
    let pipeline = stream!(every = 1s, |ssc| {
        ssc.receiver_stream(receiver).collect_into(&out);
    });
    let mut context = StreamingContext::new(pipeline).manual().unwrap();
    let old = intakes.recv().unwrap();
    old.store(1).unwrap();
    old.restart("a new run");
    let new = intakes.recv().unwrap();
    assert!(matches!(old.store(2), Err(microbatch::Error::Stopped)));
    assert!(!new.is_stopped() && !new.wait_for_stop(Duration::from_millis(1)));
    new.store(3).unwrap();
    context.advance(1).unwrap();
    assert_eq!(all(&out), [1, 3]);
}

/// A thread of an earlier run is held back while the receiver starts again.
fn held_back_across_a_restart(directory: Option<&Path>) {
    let (receiver, intakes) = handed::<u64>();
    let out = Collector::default();
    let pipeline = stream!(every = 1s, |ssc| {
        ssc.receiver_stream(receiver).collect_into(&out);
    });
    let mut context = StreamingContext::new(pipeline).buffered_blocks(1);
    if let Some(directory) = directory {
        context = context.checkpoint_dir(directory).write_ahead_log(true);
    }
    let mut context = context.manual().unwrap();
    let old = intakes.recv().unwrap();
    let storing = {
        let old = old.clone();
        thread::spawn(move || (0..).take_while(|number| old.store_block(vec![*number]).is_ok()).collect::<Vec<u64>>())
    };
    let one_by_one = {
        let old = old.clone();
        thread::spawn(move || {
            eventually("the blocks are full", || old.is_stopped());
            old.store(100).is_ok()
        })
    };
    // The channel, and one block that found it full.
    eventually("the sender is held back", || context.progress().streams[0].pending == 2);
    old.restart_after("a new run", Duration::ZERO);
    let new = intakes.recv().unwrap();
    context.advance(1).unwrap();
    let stored = storing.join().unwrap();
    assert_eq!(stored, [0, 1], "what was held back is not stored beside the new run");
    assert!(!one_by_one.join().unwrap());
    new.store_block(vec![200]).unwrap();
    context.advance(1).unwrap();
    assert_eq!(all(&out), [0, 1, 200]);
    assert_eq!(context.progress().streams[0].received, 3);
}

#[test]
fn who_is_held_back_cannot_store_beside_the_new_run() {
    held_back_across_a_restart(None);
    held_back_across_a_restart(Some(tempfile::tempdir().unwrap().path()));
}
