//! Accumulators and broadcast values.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::thread;
use std::time::Instant;

use microbatch::OnFailure;
use microbatch::prelude::*;

#[test]
fn every_worker_adds() {
    for workers in 1..=8 {
        let (sum, words) =
            (Accumulator::<u64>::new("sum"), Accumulator::with_merge("words", BTreeSet::new(), BTreeSet::extend));
        let (to_sum, to_words) = (sum.clone(), words.clone());
        let pipeline = stream!(every = 1s, |ssc| {
            let numbers = ssc.queue_stream([(0..1000).collect::<Vec<u64>>(), vec![1]]);
            let added = numbers.inspect(|n| {
                to_sum.add(*n);
                to_words.add(BTreeSet::from([format!("word {}", n % 3)]));
            });
            added.count().foreach_batch(|_, _| ());
        });
        let mut context = StreamingContext::new(pipeline).workers(workers).parallel_grain(1).manual().unwrap();
        context.advance(1).unwrap();
        assert_eq!(sum.value(), 499_500);
        context.advance(1).unwrap();
        assert_eq!(sum.value(), 499_501);
        assert_eq!(words.value().len(), 3);
    }
}

#[test]
fn an_accumulator_is_read_while_it_grows() {
    let (sum, done) = (Accumulator::<u64>::new("sum"), AtomicBool::new(false));
    thread::scope(|scope| {
        let writers: Vec<_> = (0..4).map(|_| scope.spawn(|| (0..5000).for_each(|_| sum.add(1)))).collect();
        let reader = scope.spawn(|| {
            let mut last = 0;
            while !done.load(Ordering::Acquire) {
                let value = sum.value();
                assert!(value >= last, "{value} after {last}");
                last = value;
            }
        });
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        done.store(true, Ordering::Release);
        reader.join().unwrap();
    });
    assert_eq!(sum.value(), 20_000);
}

#[test]
fn an_accumulator_shows_its_value() {
    let sum = Accumulator::new("bytes read");
    sum.add(2.5);
    sum.clone().add(1.0);
    assert_eq!((sum.name(), sum.to_string()), ("bytes read", "3.5".to_owned()));
    assert_eq!(format!("{sum:?}"), r#"Accumulator { name: "bytes read", value: 3.5 }"#);
}

#[test]
fn a_batch_that_is_tried_again_counts_again() {
    let (records, attempts) = (Accumulator::<u64>::new("records"), AtomicUsize::new(0));
    let counter = records.clone();
    let pipeline = stream!(every = 1s, |ssc| {
        let numbers = ssc.queue_stream([vec![1, 2, 3]]);
        numbers
            .inspect(|_| counter.add(1))
            .foreach_batch(|_, _| if attempts.fetch_add(1, Ordering::Relaxed) == 0 { Err("once") } else { Ok(()) });
    });
    StreamingContext::new(pipeline).on_failure(OnFailure::Retry(1)).manual().unwrap().advance(1).unwrap();
    assert_eq!(records.value(), 6);
}

/// Replaced by every record, from every worker, in stages, merges, whole-batch operators and outputs: a batch sees one version.
#[test]
fn a_batch_sees_one_version_everywhere() {
    for workers in [1, 2, 4, 8] {
        let version = Broadcast::new(0_usize);
        let next = Arc::new(AtomicUsize::new(1));
        let (source, in_map, in_merge, in_sort) = (version.clone(), version.clone(), version.clone(), version.clone());
        let (in_transform, in_output) = (version.clone(), version.clone());
        let out = Collector::default();
        let pipeline = stream!(every = 1s, |ssc| {
            let numbers = ssc.queue_stream((0..5).map(|_| (0..200).collect::<Vec<usize>>()));
            let replaced = numbers.inspect(|_| source.replace(next.fetch_add(1, Ordering::Relaxed)));
            let seen = replaced.map(|n| (n % 7, BTreeSet::from([*in_map.value()])));
            let merged = seen.reduce_by_key(|mut a, b| {
                a.extend(b);
                a.insert(*in_merge.value());
                a
            });
            let sorted = merged.sort_by(|(key, _)| (*in_sort.value(), *key));
            let all = sorted.transform(|batch, _| {
                let mut versions: BTreeSet<usize> =
                    batch.into_iter().flat_map(|(_, versions)| versions).copied().collect();
                versions.insert(*in_transform.value());
                versions
            });
            all.collect_into(&out);
            all.foreach_batch(|_, _| {
                let before = *in_output.value();
                in_output.replace(before + 1_000_000);
                assert_eq!(*in_output.value(), before);
            });
        });
        let mut context = StreamingContext::new(pipeline).workers(workers).parallel_grain(1).manual().unwrap();
        context.advance(5).unwrap();
        let stages: Vec<Vec<usize>> = out.batches().into_iter().map(|(_, versions)| versions).collect();
        assert!(stages.iter().all(|versions| versions.len() == 1), "{stages:?}");
        // The output replaces last, so the next batch sees what it wrote.
        assert_eq!(stages.concat(), [0, 1_000_000, 2_000_000, 3_000_000, 4_000_000]);
        assert_eq!(*version.value(), 5_000_000);
    }
}

#[test]
fn another_attempt_sees_the_same_version() {
    let (list, attempts) = (Broadcast::new("first"), AtomicUsize::new(0));
    let (reader, writer) = (list.clone(), list.clone());
    let out = Collector::default();
    let pipeline = stream!(every = 1s, |ssc| {
        let numbers = ssc.queue_stream([vec![1], vec![2]]);
        numbers.map(|n| (n, reader.value().to_string())).collect_into(&out);
        numbers.foreach_batch(|_, _| {
            writer.replace("second");
            if attempts.fetch_add(1, Ordering::Relaxed) < 2 { Err("not yet") } else { Ok(()) }
        });
    });
    let mut context = StreamingContext::new(pipeline).on_failure(OnFailure::Retry(1)).manual().unwrap();
    // Two attempts fail, and the context stops with the batch intact.
    context.advance(1).unwrap_err();
    assert_eq!(*list.value(), "second");
    list.replace("third");
    context.advance(2).unwrap();
    let seen: Vec<_> = out.take().into_iter().flat_map(|(_, records)| records).collect();
    assert_eq!(seen, [(1, "first".to_owned()), (2, "second".to_owned())]);
}

#[test]
fn a_value_replaced_between_batches_is_seen_from_the_next_one_on() {
    let list = Broadcast::new(1);
    let reader = list.clone();
    let out = Collector::default();
    let pipeline = stream!(every = 1s, |ssc| {
        // A setup statement runs before the first batch.
        let at_start = *reader.value();
        ssc.queue_stream((0..4).map(|n| vec![n])).map(|_| (at_start, *reader.value())).collect_into(&out);
    });
    let mut context = StreamingContext::new(pipeline).manual().unwrap();
    context.advance(2).unwrap();
    thread::scope(|scope| _ = scope.spawn(|| list.replace(2)));
    context.advance(1).unwrap();
    list.replace(3);
    list.replace(4);
    context.advance(1).unwrap();
    let seen: Vec<_> = out.take().into_iter().flat_map(|(_, records)| records).collect();
    assert_eq!(seen, [(1, 1), (1, 1), (1, 2), (1, 4)]);
}

/// The values of the test below, each with a mark of whether anybody holds it.
#[derive(Clone, Default)]
struct Values(Arc<Mutex<Vec<Weak<i32>>>>);

impl Values {
    fn make(&self, n: i32) -> Arc<i32> {
        let value = Arc::new(n);
        self.0.lock().unwrap().push(Arc::downgrade(&value));
        value
    }

    /// Waits for it, because batches of other tests may need the same versions, as far as anyone can tell.
    fn await_alive(&self, expected: &[usize]) {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let alive: Vec<usize> = self.0.lock().unwrap().iter().map(Weak::strong_count).collect();
            if alive == expected {
                return;
            }
            assert!(Instant::now() < deadline, "{alive:?} are alive, not {expected:?}");
            thread::yield_now();
        }
    }
}

#[test]
fn versions_that_nobody_can_see_are_dropped() {
    let values = Values::default();
    let list = Broadcast::new(values.make(0));
    let (in_batch, in_batch_values) = (list.clone(), values.clone());
    let pipeline = stream!(every = 1s, |ssc| {
        ssc.queue_stream([vec![1]]).foreach_batch(|_, _| {
            (1..=3).for_each(|n| in_batch.replace(in_batch_values.make(n)));
            // The batch may look at the first one again, and the next batch at the last one.
            in_batch_values.await_alive(&[1, 0, 0, 1]);
            assert_eq!(**in_batch.value(), 0);
        });
    });
    let mut context = StreamingContext::new(pipeline).workers(2).manual().unwrap();
    context.advance(1).unwrap();
    values.await_alive(&[0, 0, 0, 1]);

    let held = list.value();
    list.replace(values.make(4));
    assert_eq!((**held, **list.value()), (3, 4));
    drop(held);
    values.await_alive(&[0, 0, 0, 0, 1]);
}
