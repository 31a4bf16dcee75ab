//! `remember` and `slice`: the last batches of a stream, for programs that look at them while it runs.
#![allow(clippy::unwrap_used)]

use microbatch::OnFailure;
use microbatch::prelude::*;

fn millis(millis: u64) -> Time {
    Time::from_millis(millis)
}

fn remembering(last: &Remembered<u64>, duration: Duration) -> impl Pipeline + Send + use<> {
    let last = last.clone();
    stream!(every = 1s, |ssc| {
        ssc.queue_stream((1..=5u64).map(|n| vec![n])).remember(&last, duration);
    })
}

fn records(slice: Vec<(Time, Vec<u64>)>) -> Vec<u64> {
    slice.into_iter().flat_map(|(_, records)| records).collect()
}

/// Case Q.slice of the conformance cases: both ends count as the batch at or before them, and are included.
#[test]
fn ends_between_batches_count_as_the_batch_before() {
    let last = Remembered::default();
    let mut context = StreamingContext::new(remembering(&last, Duration::from_secs(60))).manual().unwrap();
    context.advance(3).unwrap();
    assert_eq!(records(last.slice(millis(500), millis(2500))), [1, 2]);
    assert_eq!(records(last.slice(millis(1000), millis(1000))), [1]);
    assert_eq!(records(last.slice(millis(1999), millis(2000))), [1, 2]);
    assert_eq!(records(last.slice(millis(3000), millis(9000))), [3]);
    assert_eq!(records(last.slice(millis(2000), millis(1000))), [0; 0]);
}

/// Case B.sliceUninit: there is nothing before the first batch, and that is no error.
#[test]
fn before_the_first_batch_there_is_nothing() {
    let last = Remembered::default();
    let context = StreamingContext::new(remembering(&last, Duration::from_secs(60))).manual().unwrap();
    assert_eq!(last.slice(millis(0), millis(1000)), []);
    assert_eq!(last.last(), None);
    context.stop().unwrap();
}

#[test]
fn what_is_too_old_goes() {
    let last = Remembered::default();
    StreamingContext::new(remembering(&last, Duration::from_secs(2))).manual().unwrap().advance(4).unwrap();
    assert_eq!(records(last.slice(millis(0), millis(9000))), [3, 4]);
    assert_eq!(last.last(), Some((millis(4000), vec![4])));
}

#[test]
fn windows_are_remembered_when_they_slide_and_failed_batches_once() {
    let (last, fails) = (Remembered::default(), std::sync::atomic::AtomicBool::new(true));
    let pipeline = stream!(every = 1s, |ssc| {
        let n = ssc.queue_stream((1..=4u64).map(|n| vec![n]));
        n.window(4s, 2s).reduce(|a, b| a + b).remember(&last, 10s);
        n.foreach_batch(|_, time| {
            let fails = time.as_millis() == 4000 && fails.swap(false, std::sync::atomic::Ordering::Relaxed);
            if fails { Err("once") } else { Ok(()) }
        });
    });
    let context = StreamingContext::new(pipeline).on_failure(OnFailure::Retry(1));
    context.manual().unwrap().advance(4).unwrap();
    assert_eq!(last.slice(millis(0), millis(9000)), [(millis(2000), vec![3]), (millis(4000), vec![10])]);
}

/// A literal `0s` does not compile.
#[test]
fn a_duration_of_nothing_is_refused() {
    let error = StreamingContext::new(remembering(&Remembered::default(), Duration::ZERO)).manual().unwrap_err();
    let error = error.to_string();
    assert!(error.contains("remember` would remember nothing: its duration is zero"), "{error}");
    assert!(error.contains("write a duration above zero"), "{error}");
}
