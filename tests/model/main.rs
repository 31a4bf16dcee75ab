//! Pipelines against the obvious program, over random data, random cuts into batches and 1 to 8 workers.
//!
//! [`pipelines`] holds a family of pipelines that covers every operator and the shapes that a graph can have; [`compositions`]
//! puts every operator behind one of each class. `PROPTEST_CASES` sets how many inputs each of them sees.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod compositions;
mod data;
mod naive;
mod pipelines;
mod state;
mod windows;

use microbatch::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use data::{Batch, Input};
use naive::Expected;

/// For each output the records of each batch, as `{:?}` shows them.
type Results = Vec<Vec<Vec<String>>>;

/// Checks a pipeline on random input: its results are the model's, batch by batch, and the same in every detail, order
/// included, for every number of workers.
fn property(name: &str, run: impl Fn(&Input, usize) -> Results, model: impl Fn(&Batch) -> Vec<Expected>) {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(40);
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let checked = runner.run(&(data::input(), 2..=8usize, 2..=8usize), |(input, workers, more)| {
        let results = run(&input, 1);
        let batches: Vec<Batch> = (0..input.batches()).map(|number| input.batch(number)).collect();
        for (number, batch) in batches.iter().enumerate() {
            for (output, expected) in model(batch).into_iter().enumerate() {
                let found = results[output][number].clone();
                match expected {
                    Expected::InOrder(expected) => assert_eq!(found, expected, "output {output}, batch {number}"),
                    Expected::AnyOrder(expected) => {
                        assert_eq!(sorted(found), sorted(expected), "output {output}, batch {number}");
                    }
                }
            }
        }
        for workers in [workers, more] {
            assert_eq!(run(&input, workers), results, "{workers} workers against 1");
        }
        Ok(())
    });
    checked.unwrap_or_else(|failure| panic!("{name}: {failure}"));
}

fn sorted(mut records: Vec<String>) -> Vec<String> {
    records.sort();
    records
}

fn advance(pipeline: impl Pipeline + Send + 'static, workers: usize, batches: usize) {
    let context = StreamingContext::new(pipeline).workers(workers).parallel_grain(1);
    context.manual().unwrap().advance(batches as u64).unwrap();
}

fn shown<T: std::fmt::Debug>(out: &Collector<T>) -> Vec<Vec<String>> {
    out.take().into_iter().map(|(_, records)| naive::shown(records)).collect()
}
