//! Time, sources that fail, and the life of a context.

use std::sync::{Arc, Mutex};

use microbatch::prelude::*;
use microbatch::source::{Interval, Source};
use microbatch::{BatchInfo, Error, OnFailure, RunningContext, StreamingListener};
use serde_json::{Value, json};

use crate::case::{Case, Check, batches, int, manual, text};

pub const CHECKS: &[(&str, Check)] = &[
    ("B.unionNone", |case, workers| {
        let (source, out) = (MayFail::of(case.field("input"), int), Collector::default());
        let pipeline = stream!(every = 1s, |ssc| {
            let s = ssc.source(source);
            s.union(s.map(|x| x + 4)).collect_into(&out);
        });
        fails_where_the_source_does(pipeline, case.field("input"), &out, workers);
    }),
    ("B.transformNone", |case, workers| {
        let (source, out) = (MayFail::of(case.field("input"), int), Collector::default());
        let pipeline = stream!(every = 1s, |ssc| {
            ssc.source(source).transform(|batch, _| batch.into_iter().map(|x| x.to_string())).collect_into(&out);
        });
        fails_where_the_source_does(pipeline, case.field("input"), &out, workers);
    }),
    ("B.transformWithNone", |case, workers| {
        let inputs = case.field("inputs");
        let (left, right, out) = (MayFail::of(&inputs[0], text), MayFail::of(&inputs[1], text), Collector::default());
        let pipeline = stream!(every = 1s, |ssc| {
            let s1 = ssc.source(left);
            let s2 = ssc.source(right);
            s1.transform_with(s2, |a, b, _| a.into_iter().chain(b)).collect_into(&out);
        });
        fails_where_the_source_does(pipeline, &inputs[0], &out, workers);
    }),
    ("B.sscTransformNone", |case, workers| {
        let (source, out) = (MayFail::of(case.field("input"), int), Collector::default());
        let pipeline = stream!(every = 1s, |ssc| {
            let s = ssc.source(source);
            let two = s.transform_with(s.map(|x| x + 4), |a, b, _| a.into_iter().chain(b));
            two.transform_with(s.map(|x| x + 8), |a, b, _| a.into_iter().chain(b)).collect_into(&out);
        });
        fails_where_the_source_does(pipeline, case.field("input"), &out, workers);
    }),
    ("L.1", batch_info),
    ("Q.clock", |case, workers| {
        let (input, out) = (case.input(int), Collector::default());
        let pipeline = stream!(every = 1s, |ssc| {
            ssc.queue_stream(input).collect_into(&out);
        });
        let start = Time::from_millis(case.param("clock_at_start_ms") as u64);
        let context = StreamingContext::new(pipeline).workers(workers);
        let mut context = context.manual_from(start).unwrap();
        context.advance(3).unwrap();
        let times: Vec<u64> = out.batches().iter().map(|(time, _)| time.as_millis()).collect();
        assert_eq!(json!(times), case.expected()["batch_times_ms"]);
        assert_eq!(json!(start.floor(case.every()).as_millis()), case.expected()["zero_time_ms"]);
    }),
    ("S.start and stop state check", |_, workers| {
        let context = started(workers);
        assert!(!context.await_termination_or_timeout(Duration::ZERO).unwrap(), "active");
        context.stop().unwrap();
        assert!(context.await_termination_or_timeout(Duration::ZERO).unwrap(), "stopped");
    }),
    ("S.stop multiple times", |_, workers| {
        let context = started(workers);
        context.stop().unwrap();
        context.stop().unwrap();
    }),
    ("S.awaitTermination with error in task", |_, workers| {
        let out = Collector::default();
        let pipeline = stream!(every = 1ms, |ssc| {
            ssc.queue_stream([vec![1i64]]).map(fails_in_task).collect_into(&out);
        });
        assert!(error_of(pipeline, workers).contains("error in map task"));
        assert!(out.batches().is_empty());
    }),
    ("S.awaitTermination with error in job generation", |_, workers| {
        let out = Collector::default();
        let pipeline = stream!(every = 1ms, |ssc| {
            ssc.queue_stream([vec![1i64]]).transform(fails_in_transform).collect_into(&out);
        });
        assert!(error_of(pipeline, workers).contains("error in transform"));
        assert!(out.batches().is_empty());
    }),
    // By default the failed batch stops the context and stays; Spark's way is a policy.
    ("Y.fail", |case, workers| {
        for policy in [OnFailure::Stop, OnFailure::Skip] {
            let (input, out) = (case.input(int), Collector::default());
            let pipeline = stream!(every = 500ms, |ssc| {
                ssc.queue_stream(input).inspect(|x| assert!(*x != 1, "one")).collect_into(&out);
            });
            let mut context = StreamingContext::new(pipeline).workers(workers).on_failure(policy).manual().unwrap();
            let ended = context.advance(4);
            let results = json!(out.take().into_iter().map(|(_, records)| records).collect::<Vec<_>>());
            if policy == OnFailure::Skip {
                ended.unwrap();
                assert_eq!(results, case.expected());
            } else {
                assert!(matches!(ended, Err(Error::Panic { message, .. }) if message == "one"));
                assert_eq!(results, json!([[0]]));
            }
        }
    }),
    ("T.floor.[1350, 200]", time),
    ("T.floor.[1200, 200]", time),
    ("T.floor.[199, 200]", time),
    ("T.floor.[1, 1]", time),
    ("T.until.[1000, 1100, 100]", time),
    ("T.until.[1000, 1000, 100]", time),
    ("T.until.[1000, 1100, 30]", time),
    ("T.to.[1000, 1000, 100]", time),
    ("T.isMultipleOf.[1000, 1000]", time),
    ("T.isMultipleOf.[1000, 6]", time),
];

fn time(case: &Case, _: usize) {
    let args = batches(&json!([case.field("params")["args_ms"]]), |ms| ms.as_u64().unwrap()).remove(0);
    let (time, span) = (Time::from_millis(args[0]), Duration::from_millis(args[args.len() - 1]));
    let end = Time::from_millis(args[1]);
    let millis = |times: Vec<Time>| json!(times.into_iter().map(Time::as_millis).collect::<Vec<_>>());
    let result = match case.field("operator").as_str().unwrap() {
        "Time.floor" => json!(time.floor(span).as_millis()),
        "Time.until" => millis(time.until(end, span).collect()),
        "Time.to" => millis(time.to(end, span).collect()),
        "Time.isMultipleOf" => json!(time.is_multiple_of(span)),
        other => panic!("{other}"),
    };
    assert_eq!(result, case.expected(), "{}", case.id);
}

/// A source that has the batches of a case, and cannot deliver where the case has `null`.
struct MayFail<T>(std::vec::IntoIter<Option<Vec<T>>>);

impl<T> MayFail<T> {
    fn of(input: &Value, record: impl Fn(&Value) -> T) -> Self {
        let batch = |batch: &Value| Some(batch.as_array()?.iter().map(&record).collect());
        MayFail(input.as_array().unwrap().iter().map(batch).collect::<Vec<_>>().into_iter())
    }
}

impl<T: Record> Source for MayFail<T> {
    type Block = Vec<T>;

    fn batch(&mut self, _: &Interval) -> microbatch::Result<Vec<Arc<Vec<T>>>> {
        match self.0.next().flatten() {
            Some(records) => Ok(vec![Arc::new(records)]),
            None => Err("the source has no batch to give".into()),
        }
    }
}

/// The batches before the one that the source cannot deliver are there; that one is an error, and no later one runs.
fn fails_where_the_source_does<T: Clone>(
    pipeline: impl Pipeline + Send + 'static,
    input: &Value,
    out: &Collector<T>,
    workers: usize,
) {
    let whole = input.as_array().unwrap().iter().take_while(|batch| !batch.is_null()).count();
    let error = manual(pipeline, workers).advance(whole as u64 + 2).unwrap_err().to_string();
    assert!(error.contains("no batch to give"), "{error}");
    assert_eq!(out.batches().len(), whole);
}

/// A context on the wall clock whose source never ends.
fn started(workers: usize) -> RunningContext {
    let out = Collector::default();
    let pipeline = stream!(every = 1ms, |ssc| {
        ssc.queue_stream([vec![1i64]]).collect_into(&out);
    });
    StreamingContext::new(pipeline).workers(workers).start().unwrap()
}

/// What `await_termination` returns of a pipeline that fails.
fn error_of(pipeline: impl Pipeline + Send + 'static, workers: usize) -> String {
    let context = StreamingContext::new(pipeline).workers(workers).start().unwrap();
    context.await_termination_or_timeout(Duration::from_secs(60)).unwrap_err().to_string()
}

fn fails_in_task(_: i64) -> i64 {
    panic!("error in map task")
}

fn fails_in_transform(_: Vec<i64>, _: Time) -> Vec<i64> {
    panic!("error in transform")
}

/// Remembers what it was told of batches: when they were submitted, started and completed.
#[derive(Default)]
struct Told([Mutex<Vec<BatchInfo>>; 3]);

impl StreamingListener for Told {
    fn on_batch_submitted(&self, batch: &BatchInfo) {
        self.0[0].lock().unwrap().push(batch.clone());
    }
    fn on_batch_started(&self, batch: &BatchInfo) {
        self.0[1].lock().unwrap().push(batch.clone());
    }
    fn on_batch_completed(&self, batch: &BatchInfo) {
        self.0[2].lock().unwrap().push(batch.clone());
    }
}

/// The number of records is known when a batch is completed; Spark knows it when the batch is submitted.
fn batch_info(case: &Case, workers: usize) {
    let (told, out) = (Arc::new(Told::default()), Collector::default());
    let input = case.input(int);
    let pipeline = stream!(every = 100ms, |ssc| {
        ssc.queue_stream(input).map(|x| x).collect_into(&out);
    });
    let context = StreamingContext::new(pipeline).workers(workers).listener(Arc::clone(&told) as Arc<_>);
    context.manual().unwrap().advance(4).unwrap();
    let [submitted, started, completed] = told.0.each_ref().map(|batches| batches.lock().unwrap().clone());
    for (batches, event) in [(&submitted, "submitted"), (&started, "started"), (&completed, "completed")] {
        assert_eq!(json!(batches.len()), case.expected()[event]["count"], "{event}");
        assert!(batches.is_sorted_by_key(|batch| batch.batch_time), "{event}");
    }
    let delays = |batch: &BatchInfo| {
        [batch.scheduling_delay(), batch.processing_delay(), batch.total_delay()].map(|delay| delay.is_some())
    };
    assert!(submitted.iter().all(|batch| delays(batch) == [false, false, false]));
    assert!(started.iter().all(|batch| delays(batch) == [true, false, false]));
    assert!(completed.iter().all(|batch| delays(batch) == [true, true, true]));
    assert!(submitted.is_sorted_by_key(|batch| batch.submission_time));
    assert!(started.is_sorted_by_key(|batch| batch.processing_start_time));
    assert!(completed.is_sorted_by_key(|batch| batch.processing_end_time));
    assert!(completed.iter().all(|batch| batch.records() == 1 && batch.inputs.len() == 1));
}
