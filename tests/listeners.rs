//! What listeners are told, and what `progress()` shows.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use microbatch::prelude::*;
use microbatch::{BatchInfo, OnFailure, OutputOperationInfo, StreamingListener};

/// Writes down every event.
#[derive(Default)]
struct Diary(Mutex<Vec<String>>);

impl Diary {
    fn write(&self, entry: String) {
        self.0.lock().unwrap().push(entry);
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl StreamingListener for Diary {
    fn on_streaming_started(&self, time: Time) {
        self.write(format!("started {}", time.as_millis()));
    }
    fn on_batch_submitted(&self, batch: &BatchInfo) {
        assert_eq!((batch.processing_start_time, batch.scheduling_delay()), (None, None));
        self.write(format!("submitted {}", batch.batch_time.as_millis()));
    }
    fn on_batch_started(&self, batch: &BatchInfo) {
        assert!(batch.processing_start_time.is_some() && batch.total_delay().is_none());
        self.write(format!("started {}", batch.batch_time.as_millis()));
    }
    fn on_batch_completed(&self, batch: &BatchInfo) {
        let inputs: Vec<String> =
            batch.inputs.iter().map(|input| format!("{} {}", input.stream, input.records)).collect();
        let outputs: Vec<&str> = batch.output_operations.iter().map(|output| &*output.name).collect();
        assert_eq!(
            batch.total_delay(),
            Some(batch.scheduling_delay().unwrap() + batch.processing_delay().unwrap()),
            "the total delay is the sum"
        );
        let failed = if batch.failure.is_some() { ", failed" } else { "" };
        self.write(format!("completed {}: {inputs:?} {outputs:?}{failed}", batch.batch_time.as_millis()));
    }
    fn on_output_operation_started(&self, output: &OutputOperationInfo) {
        assert_eq!(output.end_time, None);
        self.write(format!("output {} {}", output.id, output.name));
    }
    fn on_output_operation_completed(&self, output: &OutputOperationInfo) {
        assert!(output.end_time.is_some());
        self.write(format!("output {} done", output.id));
    }
}

#[test]
fn events_come_in_order_and_know_their_streams() -> microbatch::Result<()> {
    let diary = Arc::new(Diary::default());
    let (all, sums) = (Collector::default(), Collector::default());
    let pipeline = stream!(every = 1s, |ssc| {
        let numbers = ssc.queue_stream([vec![1, 2, 3]]);
        let words = ssc.queue_stream([vec![String::from("a")]]);
        words.collect_into(&all);
        numbers.reduce(|a, b| a + b).collect_into(&sums);
    });
    let mut context = StreamingContext::new(pipeline).listener(Arc::clone(&diary) as _).manual()?;
    context.advance(2)?;
    let batch = |time: u64, numbers: u64, words: u64| {
        [
            format!("submitted {time}"),
            format!("started {time}"),
            "output 0 words.collect_into".to_owned(),
            "output 0 done".to_owned(),
            "output 1 reduce.collect_into".to_owned(),
            "output 1 done".to_owned(),
            format!(
                "completed {time}: [\"numbers {numbers}\", \"words {words}\"] [\"words.collect_into\", \"reduce.collect_into\"]"
            ),
        ]
    };
    let mut expected = vec!["started 0".to_owned()];
    expected.extend(batch(1000, 3, 1));
    expected.extend(batch(2000, 0, 0));
    assert_eq!(diary.take(), expected);
    Ok(())
}

#[test]
fn a_start_that_fails_is_not_announced() {
    let diary = Arc::new(Diary::default());
    let out = Collector::default();
    let pipeline = stream!(every = 1s, |ssc| {
        Err("no rules")?;
        ssc.queue_stream([vec![1]]).collect_into(&out);
    });
    assert!(StreamingContext::new(pipeline).listener(Arc::clone(&diary) as _).manual().is_err());
    assert!(diary.take().is_empty());
}

fn one_number_a_batch() -> impl Pipeline + Send + 'static {
    let out = Collector::default();
    stream!(every = 1s, |ssc| {
        ssc.queue_stream(std::iter::repeat_with(|| vec![7])).collect_into(&out);
    })
}

#[test]
fn listeners_come_and_go() -> microbatch::Result<()> {
    let diary = Arc::new(Diary::default());
    let mut context = StreamingContext::new(one_number_a_batch()).manual()?;
    context.advance(1)?;
    let listener: Arc<dyn StreamingListener> = Arc::clone(&diary) as _;
    context.add_listener(Arc::clone(&listener));
    context.advance(1)?;
    assert_eq!(diary.take().first().unwrap(), "submitted 2000");
    assert!(context.remove_listener(&listener));
    assert!(!context.remove_listener(&listener));
    context.advance(1)?;
    assert!(diary.take().is_empty());
    Ok(())
}

/// Panics wherever it can.
struct Clumsy;

impl StreamingListener for Clumsy {
    fn on_streaming_started(&self, _: Time) {
        panic!("at the start");
    }
    fn on_batch_started(&self, _: &BatchInfo) {
        panic!("at a batch");
    }
    fn on_output_operation_completed(&self, _: &OutputOperationInfo) {
        panic!("at an output");
    }
}

#[test]
fn a_panic_in_a_listener_harms_nobody_and_is_counted() -> microbatch::Result<()> {
    let diary = Arc::new(Diary::default());
    let context = StreamingContext::new(one_number_a_batch()).listener(Arc::new(Clumsy));
    let mut context = context.listener(Arc::clone(&diary) as _).manual()?;
    context.advance(2)?;
    assert_eq!(diary.take().len(), 1 + 2 * 5, "the other listener hears everything");
    let progress = context.progress();
    assert_eq!((progress.batches, progress.failures, progress.listener_panics), (2, 0, 5));
    Ok(())
}

#[test]
fn progress_counts_batches_and_records_by_stream() -> microbatch::Result<()> {
    let (a, b) = (Collector::default(), Collector::default());
    let pipeline = stream!(every = 2s, |ssc| {
        let numbers = ssc.queue_stream([vec![1, 2, 3, 4], vec![5]]);
        let words = ssc.queue_stream([vec![String::from("a")]]);
        numbers.collect_into(&a);
        words.collect_into(&b);
    });
    let mut context = StreamingContext::new(pipeline).manual()?;
    context.advance(1)?;
    let progress = context.progress();
    assert_eq!((progress.batches, progress.records, progress.input_rate), (1, 5, 2.5));
    assert_eq!(progress.last_batch.batch_time.as_millis(), 2000);
    context.advance(1)?;
    let progress = context.progress();
    let streams: Vec<_> =
        progress.streams.iter().map(|stream| (&*stream.stream, stream.records, stream.input_rate)).collect();
    assert_eq!(streams, [("numbers", 5, 0.5), ("words", 1, 0.0)]);
    assert_eq!((progress.recent.batches, progress.recent.input_rate), (2, 1.5));
    assert_eq!((progress.waiting_batches, progress.active_receivers(), progress.bad_records()), (0, 0, 0));
    assert!(progress.to_string().starts_with("batch 2 | 6 records | 0 records/s"), "{progress}");
    Ok(())
}

#[test]
fn progress_knows_failures() -> microbatch::Result<()> {
    let out = Collector::default();
    let pipeline = stream!(every = 1s, |ssc| {
        ssc.queue_stream([vec![1], vec![2], vec![3]]).inspect(|n| assert_ne!(*n, 2)).collect_into(&out);
    });
    let diary = Arc::new(Diary::default());
    let context = StreamingContext::new(pipeline).on_failure(OnFailure::Skip).listener(Arc::clone(&diary) as _);
    let mut context = context.manual()?;
    context.advance(2)?;
    let progress = context.progress();
    assert_eq!((progress.batches, progress.skipped, progress.failures, progress.records), (1, 1, 1, 1));
    assert!(progress.last_batch.failure.unwrap().contains("panicked"));
    assert_eq!(diary.take().last().unwrap(), "completed 2000: [\"queue_stream 1\"] [], failed");
    Ok(())
}

/// Takes its time over the first batch.
#[derive(Default)]
struct Delays {
    scheduling: AtomicU64,
    processing: AtomicU64,
}

impl StreamingListener for Delays {
    fn on_batch_completed(&self, batch: &BatchInfo) {
        let most = |most: &AtomicU64, delay: Option<Duration>| {
            most.fetch_max(delay.unwrap().as_nanos() as u64, Ordering::SeqCst);
        };
        most(&self.scheduling, batch.scheduling_delay());
        most(&self.processing, batch.processing_delay());
    }
}

#[test]
fn delays_are_those_of_the_wall_clock() -> microbatch::Result<()> {
    let delays = Arc::new(Delays::default());
    let slow = AtomicBool::new(true);
    let out = Collector::default();
    let pipeline = stream!(every = 1ms, |ssc| {
        let numbers = ssc.queue_stream(std::iter::repeat_with(|| vec![1]));
        let taking_time = numbers.inspect(|_| {
            if slow.swap(false, Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        taking_time.collect_into(&out);
    });
    let context = StreamingContext::new(pipeline).listener(Arc::clone(&delays) as _).batches(30).start()?;
    context.await_termination()?;
    let recent = context.progress().recent;
    assert_eq!(recent.batches, 30);
    assert!(recent.processing_time.max >= Duration::from_millis(20), "{recent:?}");
    assert!(recent.scheduling_delay.max >= Duration::from_millis(18), "the second batch waited: {recent:?}");
    assert!(recent.total_delay.max >= recent.processing_time.max);
    assert!(recent.processing_time.median <= recent.processing_time.p95);
    assert_eq!(recent.processing_time.max.as_nanos() as u64, delays.processing.load(Ordering::SeqCst));
    assert_eq!(recent.scheduling_delay.max.as_nanos() as u64, delays.scheduling.load(Ordering::SeqCst));
    Ok(())
}

/// A receiver that hands its intake to the test.
struct Handed(std::sync::mpsc::Sender<Intake<u64>>);

impl Receiver for Handed {
    type Item = u64;

    fn start(&mut self, intake: Intake<u64>) -> microbatch::Result<()> {
        self.0.send(intake).map_err(|_| "nobody wants the intake".into())
    }
}

#[test]
fn progress_knows_receivers_and_their_errors() -> microbatch::Result<()> {
    let (sender, intakes) = std::sync::mpsc::channel();
    let out = Collector::default();
    let pipeline = stream!(every = 1s, |ssc| {
        let numbers = ssc.receiver_stream(Handed(sender));
        numbers.collect_into(&out);
    });
    let mut context = StreamingContext::new(pipeline).manual()?;
    let intake = intakes.recv().unwrap();
    intake.store_many([1, 2])?;
    intake.report_error("the line is noisy");
    let stream = |context: &microbatch::ManualContext| context.progress().streams[0].clone();
    let before = stream(&context);
    assert_eq!((before.active_receivers, before.pending, before.received, before.records), (1, 2, 2, 0));
    assert!(before.last_error.unwrap().contains("the line is noisy"));
    assert_eq!(before.last_error_time, Some(Time::ZERO));
    drop(intake);
    context.advance(1)?;
    let after = stream(&context);
    assert_eq!((after.pending, after.received, after.records, after.input_rate), (0, 2, 2, 2.0));
    context.stop()
}
