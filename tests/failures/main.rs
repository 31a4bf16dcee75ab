//! What fails, fails its batch and nothing else: the error names the place, nothing is lost, and the policy decides.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod disk;
mod ends;
mod leaks;
mod outputs;
mod restarts;
mod told;

use std::collections::HashSet;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::thread::{self, ThreadId};

use microbatch::prelude::*;
use microbatch::source::{Interval, Source};
use microbatch::{Error, OnFailure, Status};

/// On the engine's thread alone, and on several workers from the first record on.
const WORKERS: [usize; 2] = [1, 4];

fn context<P: Pipeline>(pipeline: P, workers: usize) -> StreamingContext<P> {
    StreamingContext::new(pipeline).workers(workers).parallel_grain(1)
}

fn panic_of(error: Error) -> (u64, String, String, String) {
    match error {
        Error::Panic { time, stage, place, message } => (time.as_millis(), stage, place, message),
        other => panic!("not a panic: {other}"),
    }
}

/// Whether `place` is this line of a file.
fn is_at(file: &str, place: &str, line: u32) -> bool {
    let column = place.strip_prefix(&format!("{file}:{line}:"));
    column.is_some_and(|column| column.parse::<u32>().is_ok())
}

/// A switch that closures look at.
#[derive(Clone, Default)]
struct Mended(Arc<AtomicBool>);

impl Mended {
    fn mend(&self) {
        self.0.store(true, Ordering::SeqCst);
    }
    fn is_mended(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

#[test]
fn a_panic_names_stage_and_place_and_leaves_the_batch_intact() -> microbatch::Result<()> {
    for workers in WORKERS {
        let (mended, line) = (Mended::default(), line!() + 5);
        let out = Collector::default();
        let check = mended.clone();
        let divided = stream!(every = 1s, |ssc| {
            let numbers = ssc.queue_stream([vec![1, 2], (0..100).collect(), vec![3]]);
            let quotients = numbers.map(|n| 100 / (if n == 7 && !check.is_mended() { 0 } else { n + 1 }));
            quotients.collect_into(&out);
        });
        let mut context = context(divided, workers).manual()?;
        context.advance(1)?;
        for _ in 0..2 {
            // Time stands still, and every attempt tells the same.
            let error = context.advance(1).unwrap_err();
            assert!(error.to_string().contains("help: the batch is intact"), "{error}");
            let (time, stage, place, message) = panic_of(error);
            assert_eq!((time, &*stage), (2000, "numbers -> map -> collect_into"));
            assert!(is_at(file!(), &place, line), "{place} is not line {line}");
            assert_eq!(message, "attempt to divide by zero");
            assert_eq!((context.status(), context.time().as_millis()), (Status::Failed, 2000));
        }
        assert_eq!(out.batches().len(), 1, "nothing of the failed batch is seen");
        mended.mend();
        context.advance(2)?;
        let batches = out.batches();
        assert_eq!(batches[1].0.as_millis(), 2000);
        assert_eq!(batches[1].1, (0..100).map(|n| 100 / (n + 1)).collect::<Vec<i32>>());
        assert_eq!(batches[2].1, [25]);
        assert_eq!((context.status(), context.progress().failures), (Status::Active, 2));
    }
    Ok(())
}

#[test]
fn on_the_wall_clock_a_failed_batch_waits_to_be_resumed() -> microbatch::Result<()> {
    for workers in WORKERS {
        let mended = Mended::default();
        let out = Collector::default();
        let check = mended.clone();
        let pipeline = stream!(every = 1ms, |ssc| {
            let numbers = ssc.queue_stream([vec![1, 2], vec![3, 4], vec![5]]);
            numbers.inspect(|n| assert!(*n != 4 || check.is_mended(), "four")).collect_into(&out);
        });
        let context = context(pipeline, workers).batches(3).start()?;
        for _ in 0..2 {
            let (_, stage, _, message) = panic_of(context.await_termination().unwrap_err());
            assert_eq!((&*stage, &*message), ("numbers -> inspect -> collect_into", "four"));
            assert_eq!(context.status(), Status::Failed);
        }
        assert!(context.resume());
        assert!(context.await_termination().is_err(), "it fails again");
        mended.mend();
        assert!(context.resume());
        context.await_termination()?;
        assert!(!context.resume());
        let records: Vec<Vec<i32>> = out.batches().into_iter().map(|(_, records)| records).collect();
        assert_eq!(records, [vec![1, 2], vec![3, 4], vec![5]]);
        let progress = context.progress();
        assert_eq!((progress.batches, progress.failures, context.status()), (3, 2, Status::Stopped));
    }
    Ok(())
}

fn always_failing() -> impl Pipeline + Send + 'static {
    let out = Collector::default();
    stream!(every = 1ms, |ssc| {
        ssc.queue_stream([vec![1]]).map(|_| -> i32 { panic!("never works") }).collect_into(&out);
    })
}

#[test]
fn stopping_a_failed_context_tells_its_error_and_ends() -> microbatch::Result<()> {
    let running = context(always_failing(), 1).start()?;
    assert!(running.await_termination().is_err());
    assert_eq!(panic_of(running.stop().unwrap_err()).3, "never works");
    running.stop()?;

    let mut manual = context(always_failing(), 1).manual()?;
    assert!(manual.advance(1).is_err());
    assert_eq!(panic_of(manual.stop().unwrap_err()).3, "never works");

    assert_eq!(panic_of(context(always_failing(), 4).run().unwrap_err()).3, "never works");
    drop(context(always_failing(), 4).start()?);
    Ok(())
}

#[test]
fn a_batch_is_retried_as_often_as_the_policy_says() -> microbatch::Result<()> {
    for workers in WORKERS {
        let attempts = Arc::new(AtomicU64::new(0));
        let out = Collector::default();
        let count = Arc::clone(&attempts);
        let pipeline = stream!(every = 1s, |ssc| {
            let batches = ssc.queue_stream([vec![1], vec![2], vec![3]]);
            let flaky = batches.inspect(|n| {
                let attempt = count.fetch_add(1, Ordering::SeqCst);
                assert!(*n != 2 || attempt >= 3, "attempt {attempt}");
            });
            flaky.collect_into(&out);
        });
        let mut manual = context(pipeline, workers).on_failure(OnFailure::Retry(2)).manual()?;
        manual.advance(3)?;
        assert_eq!(attempts.load(Ordering::SeqCst), 5, "the second batch took three");
        assert_eq!(out.batches().len(), 3);
        assert_eq!((manual.progress().failures, manual.progress().skipped), (2, 0));

        let mut manual = context(always_failing(), workers).on_failure(OnFailure::Retry(3)).manual()?;
        assert!(manual.advance(1).is_err());
        assert_eq!(manual.progress().failures, 4, "the first attempt and three more");
    }
    Ok(())
}

#[test]
fn a_skipped_batch_is_counted_and_the_next_one_runs() -> microbatch::Result<()> {
    for workers in WORKERS {
        let (all, sums) = (Collector::default(), Collector::default());
        let pipeline = stream!(every = 1s, |ssc| {
            let numbers = ssc.queue_stream([vec![1, 2], vec![3, 4], vec![5, 6]]);
            numbers.collect_into(&all);
            let sum = numbers.reduce(|a, b| {
                assert_ne!(a + b, 7);
                a + b
            });
            sum.collect_into(&sums);
        });
        let mut manual = context(pipeline, workers).on_failure(OnFailure::Skip).manual()?;
        manual.advance(3)?;
        let batches = |out: &Collector<i32>| -> Vec<(u64, Vec<i32>)> {
            out.batches().into_iter().map(|(time, records)| (time.as_millis(), records)).collect()
        };
        assert_eq!(batches(&all), [(1000, vec![1, 2]), (3000, vec![5, 6])], "the batch is given up as a whole");
        assert_eq!(batches(&sums), [(1000, vec![3]), (3000, vec![11])]);
        let progress = manual.progress();
        assert_eq!((progress.batches, progress.failures, progress.skipped, progress.records), (2, 1, 1, 4));
    }
    Ok(())
}

#[test]
fn closures_that_run_between_stages_are_named_as_well() -> microbatch::Result<()> {
    for workers in WORKERS {
        let line = line!() + 4;
        let out = Collector::default();
        let merging = stream!(every = 1s, |ssc| {
            let numbers = ssc.queue_stream([vec![1, 2, 1, 3, 1]]).map(|word| (word, 1));
            numbers.reduce_by_key(|_, _| panic!("merged")).collect_into(&out);
        });
        let (_, stage, place, message) = panic_of(context(merging, workers).manual()?.advance(1).unwrap_err());
        assert!(stage.contains("reduce_by_key"), "{stage}");
        assert!(is_at(file!(), &place, line), "{place} is not line {line}");
        assert_eq!(message, "merged");

        let line = line!() + 4;
        let out = Collector::default();
        let sorting = stream!(every = 1s, |ssc| {
            let numbers = ssc.queue_stream([(0..10_000).collect::<Vec<i32>>()]);
            numbers.sort_by(|n| if *n == 5_000 { panic!("sorted {n}") } else { -*n }).collect_into(&out);
        });
        let (_, stage, place, message) = panic_of(context(sorting, workers).manual()?.advance(1).unwrap_err());
        assert_eq!((&*stage, &*message), ("sort_by", "sorted 5000"));
        assert!(is_at(file!(), &place, line), "{place} is not line {line}");

        let line = line!() + 4;
        let out = Collector::<i32>::default();
        let transforming = stream!(every = 1s, |ssc| {
            let numbers = ssc.queue_stream([vec![1]]);
            numbers.transform(|_, time| -> Vec<i32> { panic!("at {time}") }).collect_into(&out);
        });
        let (_, stage, place, message) = panic_of(context(transforming, workers).manual()?.advance(1).unwrap_err());
        assert_eq!((&*stage, &*message), ("transform", "at 1000 ms"));
        assert!(is_at(file!(), &place, line), "{place} is not line {line}");
    }
    Ok(())
}

#[test]
fn the_merge_of_workers_is_named_where_it_panics() -> microbatch::Result<()> {
    // Each key once a worker, so that nothing but the merge calls the closure; and enough keys to merge on several threads.
    let line = line!() + 5;
    let out = Collector::default();
    let keys: Vec<u64> = (0..20_000).chain(0..20_000).collect();
    let pipeline = stream!(every = 1s, |ssc| {
        let pairs = ssc.queue_stream([keys]).map(|key| (key, 1));
        pairs.reduce_by_key(|_, _| panic!("merged")).collect_into(&out);
    });
    let (_, stage, place, message) = panic_of(context(pipeline, 2).manual()?.advance(1).unwrap_err());
    assert_eq!((&*stage, &*message), ("reduce_by_key", "merged"));
    assert!(is_at(file!(), &place, line), "{place} is not line {line}");
    Ok(())
}

#[test]
fn two_workers_may_panic_at_once_and_their_threads_go_on() -> microbatch::Result<()> {
    let both = Barrier::new(2);
    let threads = Arc::new(Mutex::new(HashSet::<ThreadId>::new()));
    let seen = Arc::clone(&threads);
    let out = Collector::default();
    let bad: Vec<i32> = (0..100).collect();
    let batches = (0..40).map(move |number| if number % 2 == 0 { bad.clone() } else { vec![200; 100] });
    let pipeline = stream!(every = 1s, |ssc| {
        let numbers = ssc.queue_stream(batches);
        let checked = numbers.inspect(|n| {
            seen.lock().unwrap().insert(thread::current().id());
            if *n == 0 || *n == 99 {
                both.wait();
                panic!("number {n}");
            }
        });
        checked.count().collect_into(&out);
    });
    let mut manual = context(pipeline, 4).on_failure(OnFailure::Skip).manual()?;
    manual.advance(40)?;
    assert_eq!((manual.progress().failures, manual.progress().batches), (20, 20));
    assert!(out.batches().iter().all(|(_, counts)| counts[..] == [100]));
    assert!(threads.lock().unwrap().len() <= 4, "no worker was replaced");
    let error = manual.progress().last_batch.failure;
    assert_eq!(error, None, "the last batch is a good one");
    Ok(())
}

/// The same words for everyone who waits.
fn together(all: &Barrier) -> Option<&'static str> {
    all.wait();
    Some("together")
}

#[test]
fn of_two_panics_at_once_the_one_of_the_earlier_records_is_told() -> microbatch::Result<()> {
    for _ in 0..20 {
        let both = Barrier::new(2);
        let (first, second) = (line!() + 5, line!() + 6);
        let out = Collector::default();
        let pipeline = stream!(every = 1s, |ssc| {
            let numbers = ssc.queue_stream([(0..100).collect::<Vec<i32>>()]);
            let checked = numbers.inspect(|n| match *n {
                0 => together(&both).map_or((), |words| panic!("{words}")),
                99 => together(&both).map_or((), |words| panic!("{words}")),
                _ => {}
            });
            checked.collect_into(&out);
        });
        let (_, _, place, message) = panic_of(context(pipeline, 4).manual()?.advance(1).unwrap_err());
        assert_eq!(message, "together");
        assert!(is_at(file!(), &place, first) && !is_at(file!(), &place, second), "{place} is not line {first}");
    }
    Ok(())
}

#[test]
fn a_panic_that_a_closure_catches_itself_is_none() -> microbatch::Result<()> {
    for workers in WORKERS {
        let out = Collector::default();
        let pipeline = stream!(every = 1s, |ssc| {
            let numbers = ssc.queue_stream([vec![1, 0, 2]]);
            numbers.map(|n| std::panic::catch_unwind(|| 10 / n).unwrap_or(-1)).collect_into(&out);
        });
        context(pipeline, workers).manual()?.advance(1)?;
        assert_eq!(out.batches()[0].1, [10, -1, 5]);
    }
    Ok(())
}

#[test]
fn an_error_of_a_setup_statement_reaches_the_caller() {
    fn pipeline() -> impl Pipeline + Send + 'static {
        let out = Collector::default();
        stream!(every = 1ms, |ssc| {
            let rules = std::fs::read_to_string("/no/such/rules")?;
            ssc.queue_stream([vec![rules]]).collect_into(&out);
        })
    }
    let says_so = |error: Error| assert!(error.to_string().contains("No such file"), "{error}");
    says_so(context(pipeline(), 1).manual().err().unwrap());
    says_so(context(pipeline(), 1).run().unwrap_err());
    says_so(context(pipeline(), 4).start().err().unwrap());
}

#[test]
fn a_panic_of_a_setup_statement_reaches_the_caller() {
    let line = line!() + 4;
    fn pipeline() -> impl Pipeline + Send + 'static {
        let out = Collector::default();
        stream!(every = 1ms, name = "rules", |ssc| {
            let rules: Vec<i32> = Vec::from([1]).into_iter().map(|_| panic!("rules")).collect();
            ssc.queue_stream([rules]).collect_into(&out);
        })
    }
    let says_so = |error: Error| {
        let words = error.to_string();
        assert!(words.starts_with("the setup of `rules` panicked at ") && !words.contains("batch of"), "{words}");
        let Error::Setup { pipeline, place, message } = error else { panic!("{words}") };
        assert_eq!((&*pipeline, &*message), ("rules", "rules"));
        assert!(is_at(file!(), &place, line), "{place} is not line {line}");
    };
    says_so(context(pipeline(), 1).manual().err().unwrap());
    says_so(context(pipeline(), 1).run().unwrap_err());
    says_so(context(pipeline(), 4).start().err().unwrap());
}

/// Fails to start, or to deliver its second batch the first time.
struct Failing {
    at_start: bool,
    batches: u64,
    tries: u64,
    panics: bool,
}

impl Source for Failing {
    type Block = Vec<u64>;

    fn start(&mut self, _: &microbatch::source::SourceContext) -> microbatch::Result<()> {
        if self.at_start { Err("no connection".into()) } else { Ok(()) }
    }

    fn batch(&mut self, _: &Interval) -> microbatch::Result<Vec<Arc<Vec<u64>>>> {
        self.tries += 1;
        if self.tries == 2 {
            assert!(!self.panics, "the source panics");
            return Err("the disk is gone".into());
        }
        self.batches += 1;
        Ok(vec![Arc::new(vec![self.batches])])
    }
}

#[test]
fn a_source_that_fails_fails_the_start_or_the_batch() -> microbatch::Result<()> {
    let pipeline = |at_start: bool, panics: bool, out: &Collector<u64>| {
        let source = Failing { at_start, batches: 0, tries: 0, panics };
        stream!(every = 1s, |ssc| {
            let numbers = ssc.source(source);
            numbers.collect_into(out);
        })
    };
    let out = Collector::default();
    let error = context(pipeline(true, false, &out), 1).manual().err().unwrap();
    assert_eq!(error.to_string(), "no connection");

    let mut manual = context(pipeline(false, false, &out), 1).manual()?;
    manual.advance(1)?;
    assert_eq!(manual.advance(1).unwrap_err().to_string(), "the disk is gone");
    manual.advance(1)?;
    assert_eq!(out.take(), [(Time::from_millis(1000), vec![1]), (Time::from_millis(2000), vec![2])]);

    let mut manual = context(pipeline(false, true, &out), 1).manual()?;
    let (time, stage, _, message) = panic_of(manual.advance(2).unwrap_err());
    assert_eq!((time, &*stage, &*message), (2000, "numbers", "the source panics"));
    manual.advance(2)?;
    assert_eq!(out.batches().len(), 3);
    Ok(())
}

/// Runs as a process of its own, so that its standard error can be read.
#[test]
fn child_that_panics_everywhere() {
    if std::env::var_os("MICROBATCH_PANICS").is_none() {
        return;
    }
    for workers in WORKERS {
        for test in [
            closures_that_run_between_stages_are_named_as_well,
            the_merge_of_workers_is_named_where_it_panics,
            two_workers_may_panic_at_once_and_their_threads_go_on,
        ] {
            test().unwrap();
        }
        assert!(context(always_failing(), workers).run().is_err());
    }
    eprintln!("done");
}

#[test]
fn caught_panics_print_nothing() {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_that_panics_everywhere", "--nocapture"])
        .env("MICROBATCH_PANICS", "1")
        .output()
        .unwrap();
    assert!(child.status.success());
    assert_eq!(String::from_utf8(child.stderr).unwrap(), "done\n");
}
