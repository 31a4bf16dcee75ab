//! What Spark computes, computed here: every case of `spark-cases.json` that uses what is built so far.
//!
//! The facts were measured on Spark 3.5.1 and read in its test suites. Each case is in exactly one of three tables: a pipeline
//! whose results are compared batch by batch ([`PIPELINES`]), a check of its own ([`CHECKS`]), or the reason why it does not
//! run here ([`ELSEWHERE`]). Each runs with 1, 2 and 4 workers.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use microbatch::prelude::*;
use microbatch::source::{Interval, Source};
use microbatch::{BatchInfo, Error, OnFailure, RunningContext, StreamingListener};
use serde_json::{Value, json};

/// One entry of the file.
struct Case {
    id: String,
    json: Value,
}

impl Case {
    fn field(&self, name: &str) -> &Value {
        &self.json[name]
    }

    fn expected(&self) -> &Value {
        self.field("expected")
    }

    fn param(&self, name: &str) -> usize {
        usize::try_from(self.field("params")[name].as_u64().unwrap()).unwrap()
    }

    /// The batches of the only input.
    fn input<T>(&self, record: impl Fn(&Value) -> T) -> Vec<Vec<T>> {
        batches(self.field("input"), record)
    }

    /// The batches of one of two inputs.
    fn side<T>(&self, number: usize, record: impl Fn(&Value) -> T) -> Vec<Vec<T>> {
        batches(&self.field("inputs")[number], record)
    }

    fn every(&self) -> Duration {
        Duration::from_secs_f64(self.field("batch_interval_s").as_f64().unwrap())
    }
}

fn batches<T>(batches: &Value, record: impl Fn(&Value) -> T) -> Vec<Vec<T>> {
    batches.as_array().unwrap().iter().map(|batch| batch.as_array().unwrap().iter().map(&record).collect()).collect()
}

fn int(value: &Value) -> i64 {
    value.as_i64().unwrap()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn ints(pair: &Value) -> (i64, i64) {
    (int(&pair[0]), int(&pair[1]))
}

fn text_int(pair: &Value) -> (String, i64) {
    (text(&pair[0]), int(&pair[1]))
}

fn all_cases() -> Vec<Case> {
    let cases: Vec<Value> = serde_json::from_str(include_str!("spark-cases.json")).unwrap();
    cases.into_iter().map(|json| Case { id: text(&json["id"]), json }).collect()
}

/// A table of cases as pipelines: given the number of workers, each gives the records of each batch.
macro_rules! pipelines {
    ($($id:literal: |$case:ident, $ssc:ident, $out:ident| ($($name:ident = $value:expr),*) { $($body:tt)* })*) => {
        const PIPELINES: &[(&str, Compute)] = &[$(($id, |$case, workers| {
            let ($out, every) = (Collector::default(), $case.every());
            $(let $name = $value;)*
            let pipeline = stream!(every = every, |$ssc| { $($body)* });
            let batches = run(pipeline, $case, workers);
            check_times($out.batches().iter().map(|(time, _)| *time), $case, batches);
            json!($out.take().into_iter().map(|(_, records)| records).collect::<Vec<_>>())
        })),*];
    };
}

type Compute = fn(&Case, usize) -> Value;

/// Runs the batches of a case on manual time, and says how many there were.
fn run(pipeline: impl Pipeline + Send + 'static, case: &Case, workers: usize) -> u64 {
    let batches = case.field("num_batches").as_u64().unwrap();
    manual(pipeline, workers).advance(batches).unwrap();
    batches
}

fn manual(pipeline: impl Pipeline + Send + 'static, workers: usize) -> microbatch::ManualContext {
    StreamingContext::new(pipeline).workers(workers).parallel_grain(1).manual().unwrap()
}

fn check_times(times: impl Iterator<Item = Time>, case: &Case, batches: u64) {
    let due: Vec<Time> = (1..=batches).map(|n| Time::ZERO + case.every() * u32::try_from(n).unwrap()).collect();
    assert_eq!(times.collect::<Vec<_>>(), due, "{}", case.id);
}

pipelines! {
    "B.map": |case, ssc, out| (input = case.input(int)) {
        ssc.queue_stream(input).map(|x| x.to_string()).collect_into(&out);
    }
    "B.flatMap": |case, ssc, out| (input = case.input(int)) {
        ssc.queue_stream(input).flat_map(|x| [x, x * 2]).collect_into(&out);
    }
    "B.filter": |case, ssc, out| (input = case.input(int)) {
        ssc.queue_stream(input).filter(|x| x % 2 == 0).collect_into(&out);
    }
    "B.glom": |case, ssc, out| (input = case.input(int), partitions = case.param("input_partitions")) {
        ssc.queue_stream(input).repartition(partitions).glom().collect_into(&out);
    }
    "B.mapPartitions": |case, ssc, out| (input = case.input(int), partitions = case.param("input_partitions")) {
        ssc.queue_stream(input).repartition(partitions).map_partitions(|xs| [xs.sum::<i64>()]).collect_into(&out);
    }
    "B.groupByKey": |case, ssc, out| (input = case.input(text)) {
        ssc.queue_stream(input).map(|x| (x, 1)).group_by_key().collect_into(&out);
    }
    "B.reduceByKey": |case, ssc, out| (input = case.input(text)) {
        ssc.queue_stream(input).map(|x| (x, 1)).reduce_by_key(|a, b| a + b).collect_into(&out);
    }
    "B.reduce": |case, ssc, out| (input = case.input(int)) {
        ssc.queue_stream(input).reduce(|a, b| a + b).collect_into(&out);
    }
    "B.count": |case, ssc, out| (input = case.input(int)) {
        ssc.queue_stream(input).count().collect_into(&out);
    }
    "B.countByValue": |case, ssc, out| (input = case.input(int)) {
        ssc.queue_stream(input).count_by_value().collect_into(&out);
    }
    "B.mapValues": |case, ssc, out| (input = case.input(text)) {
        let counts = ssc.queue_stream(input).map(|x| (x, 1)).reduce_by_key(|a, b| a + b);
        counts.map_values(|v| v + 10).collect_into(&out);
    }
    "B.flatMapValues": |case, ssc, out| (input = case.input(text)) {
        let counts = ssc.queue_stream(input).map(|x| (x, 1)).reduce_by_key(|a, b| a + b);
        counts.flat_map_values(|v| [v, v + 10]).collect_into(&out);
    }
    "B.sscUnion": |case, ssc, out| (input = case.input(int)) {
        let s = ssc.queue_stream(input);
        ssc.union([s, s.map(|x| x + 4), s.map(|x| x + 8)]).collect_into(&out);
    }
    "B.transformWith": |case, ssc, out| (left = case.side(0, text), right = case.side(1, text)) {
        let left = ssc.queue_stream(left).map(|x| (x, 1));
        let right = ssc.queue_stream(right).map(|x| (x, "x"));
        let joined = left.transform_with(right, |left, right, _| {
            let right: HashMap<&str, &str> = right.into_iter().collect();
            left.into_iter().filter_map(|(key, v)| right.get(key).map(|w| (key, (v, *w)))).collect::<Vec<_>>()
        });
        joined.collect_into(&out);
    }
    "B.cogroup": |case, ssc, out| (left = case.side(0, text), right = case.side(1, text)) {
        let left = ssc.queue_stream(left).map(|x| (x, 1));
        let right = ssc.queue_stream(right).map(|x| (x, "x"));
        left.cogroup(right).collect_into(&out);
    }
    "B.leftOuterJoin": |case, ssc, out| (left = case.side(0, text), right = case.side(1, text)) {
        let left = ssc.queue_stream(left).map(|x| (x, 1));
        let right = ssc.queue_stream(right).map(|x| (x, "x"));
        left.left_outer_join(right).collect_into(&out);
    }
    "B.fullOuterJoin": |case, ssc, out| (left = case.side(0, text), right = case.side(1, text)) {
        let left = ssc.queue_stream(left).map(|x| (x, 1));
        let right = ssc.queue_stream(right).map(|x| (x, "x"));
        left.full_outer_join(right).collect_into(&out);
    }
    // What is enqueued before each tick, one item a batch.
    "I.queueOne": |case, ssc, out| (items = case.input(text).concat().into_iter().map(|item| vec![item])) {
        ssc.queue_stream(items).collect_into(&out);
    }
    "Y.union": |case, ssc, out| (first = case.side(0, int), second = case.side(1, int)) {
        let first = ssc.queue_stream(first);
        let second = ssc.queue_stream(second);
        first.union(second).collect_into(&out);
    }
    "J.sort": |case, ssc, out| (input = case.input(ints)) {
        let sorted = ssc.queue_stream(input).transform(|mut batch, _| {
            batch.sort_by_key(|(key, _)| *key);
            batch
        });
        sorted.collect_into(&out);
    }
    "J.flat": |case, ssc, out| (input = case.input(text_int)) {
        ssc.queue_stream(input).flat_map(|(word, n)| word.chars().map(move |c| (n, c))).collect_into(&out);
    }
    "J.mapPart": |case, ssc, out| (input = case.input(text), partitions = case.param("input_partitions")) {
        let words = ssc.queue_stream(input).repartition(partitions);
        words.map_partitions(|words| [words.map(str::to_uppercase).collect::<String>()]).collect_into(&out);
    }
    "Q.reduceEmpty": |case, ssc, out| (input = case.input(int)) {
        ssc.queue_stream(input).reduce(|a, b| a + b).collect_into(&out);
    }
}

type Check = fn(&Case, usize);

/// Cases that compare something else than the records of each batch.
const CHECKS: &[(&str, Check)] = &[
    ("B.repartitionMore", repartition),
    ("B.repartitionFewer", repartition),
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
                assert_eq!(results, *case.expected());
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

fn repartition(case: &Case, workers: usize) {
    let (before, after, out) = (case.param("input_partitions"), case.param("numPartitions"), Collector::default());
    let input = case.input(int);
    let pipeline = stream!(every = 1s, |ssc| {
        ssc.queue_stream(input).repartition(before).repartition(after).glom().collect_into(&out);
    });
    run(pipeline, case, workers);
    let batches: Vec<Vec<Vec<i64>>> = out.take().into_iter().map(|(_, partitions)| partitions).collect();
    let partitions = usize::try_from(case.field("expected_partitions").as_u64().unwrap()).unwrap();
    assert!(batches.iter().all(|batch| batch.len() == partitions));
    same(case, &json!(batches.iter().map(|batch| batch.concat()).collect::<Vec<_>>()), workers);
}

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
    assert_eq!(result, *case.expected(), "{}", case.id);
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

/// Cases that do not run here, and why. A `*` at the end stands for anything.
const ELSEWHERE: &[(&str, &[&str])] = &[
    (
        "windows: later",
        &[
            "W.*",
            "B.cleanupWindow",
            "J.window",
            "J.windowSlide",
            "J.rbkw",
            "J.rbkwi",
            "J.gbkw",
            "J.cbvw",
            "Y.window",
            "Y.cbwl",
            "Y.cbvw",
            "Y.invalid",
            "Q.cbwEmpty",
            "Q.rbwEmpty",
            "Q.slideGtNaive",
            "Q.cbwSlideGt",
            "Q.winAlign",
            "Q.err.window_not_a_multiple",
            "Q.err.slide_not_a_multiple",
            "Q.err.inverse_window_not_a_multiple",
            "Q.err.union_of_different_slides",
            "Q.err.join_of_different_slides",
            "Q.err.countByWindow_without_checkpoint_dir",
            "Q.slice",
            "B.sliceUninit",
        ],
    ),
    (
        "state: later",
        &[
            "M.*",
            "X.*",
            "B.usbkInit",
            "B.usbkTime",
            "B.usbkIter",
            "J.usbk",
            "Y.usbkInit",
            "Q.usbkNone",
            "Q.usbkInitNone",
            "Q.mwsMany",
            "Q.toEq",
            "Q.mwsRemUpd",
            "Q.err.updateStateByKey_without_checkpoint_dir",
            "Q.err.mapWithState_without_checkpoint_dir",
        ],
    ),
    (
        "recovery: later",
        &[
            "K.*",
            "S.getOrCreate",
            "Q.cpdef",
            "Q.err.corrupt_checkpoint",
            "Q.err.checkpoint_interval_lower_than_slide",
            "Q.err.checkpoint_interval_not_a_multiple_of_slide",
            "Q.err.checkpoint_on_a_windowed_stream",
        ],
    ),
    ("rates follow the load (PID): later", &["P.*", "Q.pid", "RC.*", "RL.*"]),
    (
        "needs sockets, files or receivers: tests/sources.rs and tests/receivers.rs",
        &[
            "I.noblock",
            "I.binary",
            "I.file.*",
            "I.wild",
            "I.multi",
            "BG.*",
            "L.2",
            "S.stop gracefully",
            "S.stop slow receiver gracefully",
        ],
    ),
    ("file names: tests/outputs.rs", &["Q.names"]),
    ("compile error: tests/ui/no_output.rs", &["Q.err.no_output_operation"]),
    (
        "cannot be written: the shape of a pipeline is fixed when it is compiled",
        &[
            "Q.err.operator_after_start",
            "Q.err.operator_after_stop",
            "Q.err.persist_after_start",
            "Q.err.checkpoint(interval)_after_start",
        ],
    ),
    (
        "cannot be written: `start` takes the context, and only what has started can stop",
        &["S.start multiple times", "S.stop before start", "S.start after stop", "Q.err.start_after_stop"],
    ),
    ("cannot be written: a closure of `transform` returns records, never null", &["B.transformNull"]),
    (
        "departs: any number of contexts run in one process, see tests/operators.rs",
        &["Q.err.second_context_in_one_process"],
    ),
    (
        "no counterpart: there is no SparkContext below a context that could go on without it",
        &["S.stop only streaming context", "S.stop(stopSparkContext=true) after stop(stopSparkContext=false)"],
    ),
    ("no counterpart: streams have names, not numbers", &["I.ids"]),
    ("no counterpart: listeners are added in code, not by configuration", &["L.3"]),
    ("no counterpart: `queue_stream` takes one item a batch; several are one vector", &["I.queueAll"]),
    (
        "no counterpart: blocks live as long as a batch needs them, there is nothing to persist or remember",
        &["B.cleanupBlocks", "Q.err.remember_twice"],
    ),
];

fn is_elsewhere(id: &str) -> usize {
    let matches = |pattern: &&&str| match pattern.strip_suffix('*') {
        Some(start) => id.starts_with(start),
        None => **pattern == id,
    };
    ELSEWHERE.iter().flat_map(|(_, patterns)| *patterns).filter(matches).count()
}

#[test]
fn every_case_is_in_exactly_one_table() {
    let cases = all_cases();
    let named: Vec<&str> = PIPELINES.iter().map(|(id, _)| *id).chain(CHECKS.iter().map(|(id, _)| *id)).collect();
    for id in &named {
        assert!(cases.iter().any(|case| case.id == *id), "{id} is not a case");
    }
    for case in &cases {
        let here = named.iter().filter(|id| **id == case.id).count();
        assert_eq!(here + is_elsewhere(&case.id), 1, "{} must be in one table", case.id);
    }
}

#[test]
fn no_reason_is_given_for_nothing() {
    let cases = all_cases();
    for pattern in ELSEWHERE.iter().flat_map(|(_, patterns)| *patterns) {
        let start = pattern.strip_suffix('*').unwrap_or(pattern);
        assert!(cases.iter().any(|case| case.id.starts_with(start)), "{pattern} is not a case");
    }
}

/// Compares batch by batch: as lists where the case says so, otherwise as multisets.
fn same(case: &Case, results: &Value, workers: usize) {
    let is_ordered = case.field("ordered").as_bool().unwrap();
    let normal = |batches: &Value| -> Vec<Vec<String>> {
        let mut batches = self::batches(batches, Value::to_string);
        if !is_ordered {
            batches.iter_mut().for_each(|batch| batch.sort());
        }
        batches
    };
    assert_eq!(normal(results), normal(case.expected()), "{} with {workers} workers", case.id);
}

#[test]
fn pipelines_give_what_spark_gives() {
    for case in all_cases() {
        let Some((_, compute)) = PIPELINES.iter().find(|(id, _)| *id == case.id) else { continue };
        for workers in [1, 2, 4] {
            same(&case, &compute(&case, workers), workers);
        }
    }
}

#[test]
fn checks_hold() {
    for case in all_cases() {
        let Some((_, check)) = CHECKS.iter().find(|(id, _)| *id == case.id) else { continue };
        for workers in [1, 2, 4] {
            check(&case, workers);
        }
    }
}
