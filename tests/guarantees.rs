//! What a pipeline promises if the process dies: what its plan says of it, and which contexts `require = exactly_once` refuses.
#![allow(clippy::unwrap_used)]

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use microbatch::prelude::*;
use microbatch::source::{Interval, Source};
use microbatch::{BatchId, BoxError, OnFailure, TransactionalSink};

/// Has every batch, and says so.
#[derive(Default)]
struct Table {
    last: Option<BatchId>,
}

impl TransactionalSink<u64> for Table {
    fn last_batch(&mut self, _output: &str) -> Result<Option<BatchId>, BoxError> {
        Ok(self.last.clone())
    }
    fn write_batch(&mut self, batch: &BatchId, _numbers: Vec<u64>) -> Result<(), BoxError> {
        self.last = Some(batch.clone());
        Ok(())
    }
}

/// A database into which several outputs write, each with an entry of its own for its last batch.
#[derive(Clone, Default)]
struct Database(Arc<Mutex<Tables>>);

#[derive(Default)]
struct Tables {
    last: HashMap<String, BatchId>,
    written: Vec<(BatchId, Vec<u64>)>,
}

impl TransactionalSink<u64> for Database {
    fn last_batch(&mut self, output: &str) -> Result<Option<BatchId>, BoxError> {
        Ok(self.0.lock().unwrap().last.get(output).cloned())
    }
    fn write_batch(&mut self, batch: &BatchId, numbers: Vec<u64>) -> Result<(), BoxError> {
        let Tables { last, written } = &mut *self.0.lock().unwrap();
        last.insert(batch.output.to_string(), batch.clone());
        written.push((batch.clone(), numbers));
        Ok(())
    }
}

#[test]
fn outputs_of_one_stream_into_one_database_are_told_apart() {
    let (database, directory) = (Database::default(), tempfile::tempdir().unwrap());
    for _ in 0..2 {
        let (first, second) = (database.clone(), database.clone());
        let pipeline = stream!(every = 1s, name = "twice", |ssc| {
            let numbers = ssc.queue_stream([vec![1u64], vec![2]]);
            numbers.foreach_batch_once(first);
            numbers.foreach_batch_once(second);
        });
        StreamingContext::new(pipeline).checkpoint_dir(directory.path()).manual().unwrap().advance(1).unwrap();
    }
    let written = database.0.lock().unwrap().written.clone();
    let written: Vec<_> = written.iter().map(|(batch, numbers)| (&*batch.output, &numbers[..])).collect();
    let (first, second) = ("numbers.foreach_batch_once", "numbers.foreach_batch_once_2");
    assert_eq!(written, [(first, &[1][..]), (second, &[1]), (first, &[2]), (second, &[2])]);
}

/// Nothing, and nothing of it can be read again.
struct Silent;

impl Source for Silent {
    type Block = Vec<u64>;
    fn batch(&mut self, _: &Interval) -> microbatch::Result<Vec<Arc<Self::Block>>> {
        Ok(Vec::new())
    }
}

/// Receives nothing.
struct Quiet;

impl Receiver for Quiet {
    type Item = u64;
    fn start(&mut self, _: Intake<u64>) -> microbatch::Result<()> {
        Ok(())
    }
}

fn strict(out: &Collector<u64>) -> impl Pipeline + Send + use<> {
    let out = out.clone();
    stream!(every = 1s, name = "strict", require = exactly_once, |ssc| {
        let numbers = ssc.queue_stream([vec![1u64, 2], vec![3]]);
        numbers.collect_into(&out);
        numbers.foreach_batch_once(Table::default());
    })
}

/// Why a context cannot run one batch.
fn refusal<P: Pipeline + Send + 'static>(context: StreamingContext<P>) -> String {
    context.manual().and_then(|mut context| context.advance(1)).unwrap_err().to_string()
}

#[test]
fn exactly_once_needs_a_checkpoint_directory() {
    let out = Collector::default();
    let context = || StreamingContext::new(strict(&out));
    let what = "pipeline `strict` requires exactly once, and its context has no checkpoint directory";
    for error in
        [context().manual().err().unwrap(), context().start().err().unwrap(), context().batches(1).run().err().unwrap()]
    {
        let error = error.to_string();
        assert!(error.starts_with(what) && error.contains("help: write `checkpoint_dir("), "{error}");
    }
    let directory = tempfile::tempdir().unwrap();
    context().checkpoint_dir(directory.path()).manual().unwrap().advance(2).unwrap();
    assert_eq!(out.batches().into_iter().flat_map(|(_, batch)| batch).collect::<Vec<_>>(), [1, 2, 3]);
}

#[test]
fn exactly_once_gives_no_batch_up() {
    let directory = tempfile::tempdir().unwrap();
    let context = || StreamingContext::new(strict(&Collector::default())).checkpoint_dir(directory.path());
    let error = refusal(context().on_failure(OnFailure::Skip));
    assert!(error.contains("a batch that fails is to be given up") && error.contains("OnFailure::Retry(n)"), "{error}");
    context().on_failure(OnFailure::Retry(1)).manual().unwrap().advance(1).unwrap();
}

#[test]
fn exactly_once_needs_sources_that_can_be_read_again() {
    let directory = tempfile::tempdir().unwrap();
    let out = Collector::default();
    let received = || {
        let out = out.clone();
        stream!(every = 1s, name = "received", require = exactly_once, |ssc| {
            let numbers = ssc.queue_stream([vec![1u64]]);
            let silence = ssc.receiver_stream(Quiet);
            numbers.union(silence).collect_into(&out);
        })
    };
    let context = || StreamingContext::new(received()).checkpoint_dir(directory.path().join("received"));
    let error = refusal(context());
    assert!(error.starts_with("source `silence`: the pipeline requires exactly once"), "{error}");
    assert!(error.contains("help: for a socket, standard input or a receiver set `write_ahead_log(true)`"), "{error}");

    let own = stream!(every = 1s, name = "own", require = exactly_once, |ssc| {
        ssc.source(Silent).collect_into(&out);
    });
    let error = refusal(StreamingContext::new(own).checkpoint_dir(directory.path().join("own")));
    assert!(error.starts_with("source `source`: ") && error.contains("`Source::is_replayable`"), "{error}");
    assert!(out.batches().is_empty());

    context().write_ahead_log(true).manual().unwrap().advance(1).unwrap();
    assert_eq!(out.batches()[0].1, [1]);
}

#[test]
fn at_least_once_asks_for_nothing() {
    let out = Collector::default();
    let pipeline = stream!(every = 1s, require = at_least_once, |ssc| {
        let numbers = ssc.receiver_stream(Quiet);
        numbers.collect_into(&out);
        numbers.foreach_batch(|_, _| ());
    });
    assert!(!pipeline.plan().to_string().contains("required"));
    StreamingContext::new(pipeline).manual().unwrap().advance(1).unwrap();
    assert_eq!(out.batches().len(), 1);
}

#[test]
fn the_plan_says_what_a_crash_leaves() {
    let (out, last) = (Collector::default(), Remembered::default());
    let pipeline = stream!(every = 1s, name = "fates", |ssc| {
        let lines = ssc.socket_text_stream("localhost", 9999);
        let numbers = ssc.queue_stream([vec![1u64]]).union(ssc.source(Silent));
        let sums = numbers.map(|n| (n % 3, n)).reduce_by_key_and_window(|a, b| a + b, 30s, 10s);
        let seen = lines.map(|line| (line, 1u64)).map_with_state(|_, _, _, state: &mut State<u64>| state.update(1));
        seen.timeout(10min).count().print();
        lines.foreach_batch(|_, _, _is_replay| ());
        lines.save_as_text_files("lines");
        sums.collect_into(&out);
        sums.count().remember(&last, 1min);
        numbers.foreach_batch_once(Table::default());
    });
    let expected = "
if the process dies (without `checkpoint_dir` the next run begins anew)
  source  lines                       can be read again with `write_ahead_log`; without, what was received and not committed is lost
  source  queue_stream                can be read again
  source  source                      can be read again if its `is_replayable` says so; if not, what was received and not committed is lost
  window  sums                        as of the last commit; lost without `checkpoint_dir`
  state   seen                        as of the last commit; lost without `checkpoint_dir`
  output  count.print                 at least once: a batch that was not committed runs again
  output  lines.foreach_batch         at least once: a batch that was not committed runs again
  output  lines.save_as_text_files    exactly once: written aside, renamed after the commit
  output  sums.collect_into           exactly once: in memory, which each run of the program has anew
  output  count_2.remember            exactly once: in memory, which each run of the program has anew
  output  numbers.foreach_batch_once  exactly once: the sink keeps the batch's identifier with its records
";
    let plan = pipeline.plan();
    let text = plan.to_string();
    assert!(text.ends_with(expected), "{text}");
    assert!(plan.to_mermaid().contains("[/\"print()<br/>at least once\"/]"), "{}", plan.to_mermaid());
    assert!(
        plan.to_dot().contains("save_as_text_files(\\\"lines\\\")\\nexactly once\", shape=note"),
        "{}",
        plan.to_dot()
    );
    let strict = strict(&Collector::default()).plan().to_string();
    assert!(strict.starts_with("pipeline `strict`, a batch every 1s, exactly once required\n"), "{strict}");
}
