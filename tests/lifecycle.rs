//! From the start of a context to its end, on every way to it. Times are short, and no outcome depends on them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Instant;

use microbatch::prelude::*;
use microbatch::source::{Interval, Source};
use microbatch::{BatchInfo, Error, Status, StopHandle, StreamingListener};

/// Fails the test instead of hanging it.
fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !condition() {
        assert!(Instant::now() < deadline, "it did not come to this within a minute: {what}");
        thread::sleep(Duration::from_millis(1));
    }
}

/// A pipeline that counts its batches.
fn ticking(ticks: &Arc<AtomicU64>) -> impl Pipeline + Send + 'static + use<> {
    let ticks = Arc::clone(ticks);
    let out = Collector::<u64>::default();
    stream!(every = 1ms, |ssc| {
        let numbers = ssc.queue_stream(std::iter::repeat_with(|| vec![1u64]));
        let counted = numbers.inspect(|n| {
            ticks.fetch_add(*n, Ordering::SeqCst);
        });
        counted.filter(|_| false).collect_into(&out);
    })
}

/// Numbers without end: the next ones each time it is asked.
#[derive(Default)]
struct Numbers(Arc<AtomicU64>);

impl Source for Numbers {
    type Block = Vec<u64>;

    fn batch(&mut self, _: &Interval) -> microbatch::Result<Vec<Arc<Vec<u64>>>> {
        let from = self.0.fetch_add(3, Ordering::SeqCst);
        Ok(vec![Arc::new((from..from + 3).collect())])
    }
}

#[test]
fn a_context_goes_through_its_states() -> microbatch::Result<()> {
    let gate = Arc::new(AtomicBool::new(false));
    let opened = Arc::clone(&gate);
    let out = Collector::default();
    let pipeline = stream!(every = 1ms, |ssc| {
        while !opened.load(Ordering::SeqCst) {
            thread::yield_now();
        }
        ssc.queue_stream([vec![1]]).collect_into(&out);
    });
    let starter = thread::spawn(|| StreamingContext::new(pipeline).start());
    thread::sleep(Duration::from_millis(5));
    assert!(!starter.is_finished(), "setup statements run");
    gate.store(true, Ordering::SeqCst);
    let context = starter.join().unwrap()?;
    assert_eq!(context.status(), Status::Active);
    context.stop()?;
    assert_eq!(context.status(), Status::Stopped);
    Ok(())
}

#[test]
fn a_pipeline_that_ends_at_once_has_started() -> microbatch::Result<()> {
    let pipeline = || {
        let out = Collector::<u64>::default();
        stream!(every = 1ms, |ssc| {
            ssc.queue_stream(Vec::<Vec<u64>>::new()).collect_into(&out);
        })
    };
    for _ in 0..20 {
        let context = StreamingContext::new(pipeline()).duration(Duration::ZERO).start()?;
        context.await_termination()?;
        assert_eq!(context.status(), Status::Stopped);
        let mut context = StreamingContext::new(pipeline()).duration(Duration::ZERO).manual()?;
        assert!(matches!(context.advance(1), Err(Error::Stopped)));
    }
    Ok(())
}

#[test]
fn no_batches_at_all_are_refused() {
    let context = || {
        let out = Collector::<u64>::default();
        let pipeline = stream!(every = 1ms, name = "idle", |ssc| {
            ssc.queue_stream(Vec::<Vec<u64>>::new()).collect_into(&out);
        });
        StreamingContext::new(pipeline).batches(0)
    };
    for error in [context().start().unwrap_err(), context().run().unwrap_err(), context().manual().unwrap_err()] {
        assert!(matches!(error, Error::Config { .. }), "{error}");
        let error = error.to_string();
        assert!(error.contains("`idle`: it would end before its first batch"), "{error}");
        assert!(error.contains("write `batches(1)` or more"), "{error}");
    }
}

#[test]
fn contexts_and_views_can_be_shown() -> microbatch::Result<()> {
    let pipeline = || {
        stream!(every = 1s, name = "shown", |ssc| {
            let pairs = ssc.queue_stream([vec![('a', 1u64)]]);
            pairs.update_state_by_key(|values, _| values.last().copied()).name("latest").print();
        })
    };
    let context = StreamingContext::new(pipeline());
    assert_eq!(format!("{context:?}"), "StreamingContext { pipeline: \"shown\", every: 1s, .. }");
    let mut context = context.manual()?;
    context.advance(1)?;
    let time = Time::from_millis(1000);
    assert_eq!(format!("{context:?}"), format!("ManualContext {{ status: Active, time: {time:?}, .. }}"));
    let latest = context.state::<char, u64>("latest")?;
    assert_eq!(format!("{latest:?}"), format!("StateView {{ time: Some({time:?}), .. }}"));
    let context = StreamingContext::new(pipeline()).start()?;
    assert_eq!(format!("{context:?}"), "RunningContext { status: Active, .. }");
    context.stop()
}

#[test]
fn a_stop_during_the_setup_does_not_hang_the_start() -> microbatch::Result<()> {
    let handle = Arc::new(OnceLock::<StopHandle>::new());
    let (in_setup, out) = (Arc::clone(&handle), Collector::<u64>::default());
    let pipeline = stream!(every = 1h, |ssc| {
        in_setup.wait().stop();
        ssc.queue_stream([vec![1u64]]).collect_into(&out);
    });
    let context = StreamingContext::new(pipeline);
    handle.set(context.stop_handle()).unwrap();
    context.start()?.await_termination()
}

#[test]
fn stopping_again_does_nothing() -> microbatch::Result<()> {
    let context = StreamingContext::new(ticking(&Arc::default())).start()?;
    context.stop()?;
    context.stop()?;
    context.await_termination()?;
    assert!(context.await_termination_or_timeout(Duration::ZERO)?);
    assert!(!context.resume());
    Ok(())
}

#[test]
fn a_context_that_was_stopped_does_not_start() {
    let ticks = Arc::new(AtomicU64::new(0));
    let stopped = || {
        let context = StreamingContext::new(ticking(&ticks));
        context.stop_handle().stop();
        context
    };
    assert!(matches!(stopped().start(), Err(Error::Stopped)));
    assert!(matches!(stopped().run(), Err(Error::Stopped)));
    assert_eq!(ticks.load(Ordering::SeqCst), 0);
}

#[test]
fn waiting_with_a_timeout_tells_whether_the_context_has_ended() -> microbatch::Result<()> {
    let context = StreamingContext::new(ticking(&Arc::default())).start()?;
    assert!(!context.await_termination_or_timeout(Duration::ZERO)?);
    assert!(!context.await_termination_or_timeout(Duration::from_millis(5))?);
    context.stop_handle().stop();
    assert!(context.await_termination_or_timeout(Duration::from_secs(60))?);
    Ok(())
}

#[test]
fn a_graceful_stop_processes_what_was_received() -> microbatch::Result<()> {
    let received = Arc::new(AtomicU64::new(0));
    let source = Numbers(Arc::clone(&received));
    let out = Collector::default();
    let pipeline = stream!(every = 1ms, |ssc| {
        ssc.source(source).collect_into(&out);
    });
    let context = StreamingContext::new(pipeline).start()?;
    eventually("some batches", || out.batches().len() >= 5);
    context.stop()?;
    let processed: Vec<u64> = out.batches().into_iter().flat_map(|(_, numbers)| numbers).collect();
    assert_eq!(processed, (0..received.load(Ordering::SeqCst)).collect::<Vec<_>>());
    Ok(())
}

#[test]
fn a_pipeline_slower_than_its_interval_stops() -> microbatch::Result<()> {
    let out = Collector::default();
    let pipeline = stream!(every = 1ms, |ssc| {
        let numbers = ssc.queue_stream(std::iter::repeat_with(|| vec![1]));
        numbers.inspect(|_| thread::sleep(Duration::from_millis(3))).count().collect_into(&out);
    });
    let context = StreamingContext::new(pipeline).start()?;
    eventually("batches wait", || context.progress().waiting_batches > 2);
    context.stop()?;
    assert_eq!(context.progress().waiting_batches, 0);
    let times: Vec<u64> = out.batches().iter().map(|(time, _)| time.as_millis()).collect();
    assert!(times.windows(2).all(|pair| pair[1] == pair[0] + 1), "no batch is left out: {times:?}");
    Ok(())
}

#[test]
fn dropping_a_context_ends_it() -> microbatch::Result<()> {
    let ticks = Arc::new(AtomicU64::new(0));
    let context = StreamingContext::new(ticking(&ticks)).start()?;
    eventually("a batch", || ticks.load(Ordering::SeqCst) > 0);
    drop(context);
    let before = ticks.load(Ordering::SeqCst);
    thread::sleep(Duration::from_millis(5));
    assert_eq!(ticks.load(Ordering::SeqCst), before);
    Ok(())
}

#[test]
fn a_number_of_batches_ends_a_context_by_itself() -> microbatch::Result<()> {
    let ticks = Arc::new(AtomicU64::new(0));
    StreamingContext::new(ticking(&ticks)).batches(4).run()?;
    assert_eq!(ticks.load(Ordering::SeqCst), 4);

    let context = StreamingContext::new(ticking(&ticks)).batches(3).start()?;
    context.await_termination()?;
    assert_eq!((ticks.load(Ordering::SeqCst), context.progress().batches), (7, 3));

    let mut manual = StreamingContext::new(ticking(&ticks)).batches(2).manual()?;
    manual.advance(2)?;
    assert!(matches!(manual.advance(1), Err(Error::Stopped)));
    Ok(())
}

#[test]
fn a_duration_ends_a_context_by_itself() -> microbatch::Result<()> {
    let ticks = Arc::new(AtomicU64::new(0));
    StreamingContext::new(ticking(&ticks)).duration(Duration::from_millis(20)).run()?;
    assert!(ticks.load(Ordering::SeqCst) >= 19, "every batch of 20 ms, but for the one that was cut by the start");

    ticks.store(0, Ordering::SeqCst);
    let mut manual = StreamingContext::new(ticking(&ticks)).duration(Duration::from_millis(3)).manual()?;
    assert!(matches!(manual.advance(10), Err(Error::Stopped)));
    assert_eq!(ticks.load(Ordering::SeqCst), 3);
    Ok(())
}

#[test]
fn a_pipeline_on_the_callers_thread_borrows_from_it() -> microbatch::Result<()> {
    let names = vec![String::from("ann"), String::from("bob")];
    let seen = AtomicU64::new(0);
    let out = Collector::default();
    let (names, seen_by) = (&names, &seen);
    let pipeline = stream!(every = 1ms, |ssc| {
        let ids = ssc.queue_stream([vec![1usize, 0]]).inspect(|_| {
            seen_by.fetch_add(1, Ordering::Relaxed);
        });
        ids.map(|id| names[id].as_str()).collect_into(&out);
    });
    StreamingContext::new(pipeline).workers(1).batches(1).run()?;
    assert_eq!(out.batches()[0].1, ["bob", "ann"]);
    assert_eq!(seen.into_inner(), 2);
    Ok(())
}

#[test]
fn a_stop_handle_works_from_a_closure_and_from_another_thread() -> microbatch::Result<()> {
    let handle = Arc::new(OnceLock::<StopHandle>::new());
    let from_closure = Arc::clone(&handle);
    let out = Collector::default();
    let pipeline = stream!(every = 1ms, |ssc| {
        let numbers = ssc.queue_stream([vec![1], vec![2], vec![3]]);
        let watched = numbers.inspect(|n| {
            if *n == 2 {
                from_closure.get().unwrap().stop();
            }
        });
        watched.collect_into(&out);
    });
    let context = StreamingContext::new(pipeline);
    handle.set(context.stop_handle()).unwrap();
    context.run()?;
    let numbers: Vec<i32> = out.batches().into_iter().flat_map(|(_, batch)| batch).collect();
    assert!(numbers.starts_with(&[1, 2]));

    let ticks = Arc::new(AtomicU64::new(0));
    let context = StreamingContext::new(ticking(&ticks));
    let handle = context.stop_handle();
    let stopper = thread::spawn(move || {
        eventually("a batch", || ticks.load(Ordering::SeqCst) > 0);
        handle.stop();
        handle.is_stopped()
    });
    context.run()?;
    assert!(stopper.join().unwrap());
    Ok(())
}

/// Does in a listener what would wait for the listener.
struct StopsAndWaits {
    context: Arc<OnceLock<Arc<microbatch::RunningContext>>>,
    refused: AtomicBool,
}

impl StreamingListener for StopsAndWaits {
    fn on_batch_completed(&self, _: &BatchInfo) {
        if let Some(context) = self.context.get() {
            let refused = matches!(context.stop(), Err(Error::Config { .. }));
            self.refused.fetch_or(refused, Ordering::SeqCst);
        }
    }
}

#[test]
fn waiting_for_the_end_inside_of_it_is_an_error() -> microbatch::Result<()> {
    let slot = Arc::new(OnceLock::new());
    let listener = Arc::new(StopsAndWaits { context: Arc::clone(&slot), refused: AtomicBool::new(false) });
    let context =
        Arc::new(StreamingContext::new(ticking(&Arc::default())).listener(Arc::clone(&listener) as _).start()?);
    assert!(slot.set(Arc::clone(&context)).is_ok());
    context.await_termination()?;
    assert!(listener.refused.load(Ordering::SeqCst));
    Ok(())
}

#[test]
fn settings_that_cannot_work_say_what_to_write() {
    let context = || StreamingContext::new(ticking(&Arc::default()));
    let words = |result: microbatch::Result<microbatch::RunningContext>| result.err().unwrap().to_string();
    assert!(words(context().workers(0).start()).contains("workers(1)"));
    assert!(words(context().buffered_blocks(0).start()).contains("buffered_blocks(1)"));
}

#[test]
fn a_context_on_manual_time_has_states_too() -> microbatch::Result<()> {
    let mut context = StreamingContext::new(ticking(&Arc::default())).manual_from(Time::from_millis(500))?;
    context.advance(0)?;
    context.advance(2)?;
    assert_eq!((context.status(), context.time().as_millis()), (Status::Active, 502));
    context.stop()
}

/// A receiver that hands its intake to the test, which keeps it.
struct Endless(std::sync::mpsc::Sender<Intake<u64>>);

impl Receiver for Endless {
    type Item = u64;

    fn start(&mut self, intake: Intake<u64>) -> microbatch::Result<()> {
        self.0.send(intake).map_err(|_| "nobody wants the intake".into())
    }
}

#[test]
fn a_receiver_that_never_ends_does_not_hang_a_graceful_stop() -> microbatch::Result<()> {
    let (sender, intakes) = std::sync::mpsc::channel();
    let out = Collector::default();
    // With `1h` a batch could come before the stop, at the full hour.
    let pipeline = stream!(every = 36500d, |ssc| {
        let numbers = ssc.receiver_stream(Endless(sender));
        numbers.collect_into(&out);
    });
    let context = StreamingContext::new(pipeline).stop_timeout(Duration::from_millis(20)).start()?;
    let intake = intakes.recv().unwrap();
    intake.store_many([1, 2, 3])?;
    let error = context.stop().unwrap_err();
    assert!(error.to_string().contains("source `numbers`: it still received 20ms after"), "{error}");
    assert_eq!(out.batches()[0].1, [1, 2, 3], "what it has received is processed");
    assert!(intake.store(4).is_err(), "and nothing more is taken");
    context.stop()
}
