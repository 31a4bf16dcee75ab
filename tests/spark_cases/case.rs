//! The cases of the file, and what runs them.

use microbatch::ManualContext;
use microbatch::prelude::*;
use serde_json::{Value, json};

use crate::departures;

/// One entry of the file.
pub struct Case {
    pub id: String,
    json: Value,
}

impl Case {
    pub fn field(&self, name: &str) -> &Value {
        &self.json[name]
    }

    /// What Spark gives. Where it runs twice, it outputs the last batch before the restart again.
    pub fn spark(&self) -> Value {
        let expected = self.field("expected");
        match (expected.as_array(), self.field("params")["batches_before_restart"].as_u64()) {
            (Some(all), Some(before)) => json!({"before": all[..before as usize], "after": all[before as usize - 1..]}),
            _ => expected.clone(),
        }
    }

    /// What Spark gives, or what is right where it is departed from.
    pub fn expected(&self) -> Value {
        let spark = self.spark();
        departures::of(&self.id).map_or_else(|| spark.clone(), |right| right(&spark))
    }

    pub fn param(&self, name: &str) -> usize {
        usize::try_from(self.field("params")[name].as_u64().unwrap()).unwrap()
    }

    /// The batches of the only input.
    pub fn input<T>(&self, record: impl Fn(&Value) -> T) -> Vec<Vec<T>> {
        batches(self.field("input"), record)
    }

    /// The batches of one of two inputs.
    pub fn side<T>(&self, number: usize, record: impl Fn(&Value) -> T) -> Vec<Vec<T>> {
        batches(&self.field("inputs")[number], record)
    }

    pub fn every(&self) -> Duration {
        Duration::from_secs_f64(self.field("batch_interval_s").as_f64().unwrap())
    }

    /// A parameter that counts batch intervals.
    pub fn span(&self, name: &str) -> Duration {
        self.every() * u32::try_from(self.param(name)).unwrap()
    }

    /// The length and the slide of the window.
    pub fn window(&self) -> (Duration, Duration) {
        (self.span("window"), self.span("slide"))
    }

    /// What the state of each key is before the first batch.
    pub fn initial_state<S>(&self, state: impl Fn(&Value) -> S) -> Vec<(String, S)> {
        let pairs = self.field("params")["initial_state"].as_array();
        pairs.into_iter().flatten().map(|pair| (text(&pair[0]), state(&pair[1]))).collect()
    }

    /// How many batches run.
    pub fn batches(&self) -> u64 {
        self.field("num_batches").as_u64().unwrap_or_else(|| self.field("input").as_array().unwrap().len() as u64)
    }
}

pub fn batches<T>(batches: &Value, record: impl Fn(&Value) -> T) -> Vec<Vec<T>> {
    batches.as_array().unwrap().iter().map(|batch| batch.as_array().unwrap().iter().map(&record).collect()).collect()
}

pub fn int(value: &Value) -> i64 {
    value.as_i64().unwrap()
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

pub fn ints(pair: &Value) -> (i64, i64) {
    (int(&pair[0]), int(&pair[1]))
}

pub fn text_int(pair: &Value) -> (String, i64) {
    (text(&pair[0]), int(&pair[1]))
}

pub fn all_cases() -> Vec<Case> {
    let cases: Vec<Value> = serde_json::from_str(include_str!("../spark-cases.json")).unwrap();
    cases.into_iter().map(|json| Case { id: text(&json["id"]), json }).collect()
}

/// The records of each batch.
macro_rules! records {
    ($out:expr) => {
        serde_json::json!($out.take().into_iter().map(|(_, records)| records).collect::<Vec<_>>())
    };
}

/// A table of cases as pipelines: given the number of workers, each gives the records of each batch. Where states are kept, all
/// of them are compared in each batch, too.
macro_rules! pipelines {
    ($($id:literal: |$case:ident, $ssc:ident, $out:ident $(, $all:ident)?| ($($name:pat = $value:expr),*) { $($body:tt)* })*) => {
        pub const PIPELINES: &[(&str, $crate::case::Compute)] = &[$(($id, |$case, workers| {
            let ($out, every) = (Collector::default(), $case.every());
            $(let $all = Collector::default();)?
            $(let $name = $value;)*
            let pipeline = stream!(every = every, |$ssc| { $($body)* });
            $crate::case::run(pipeline, $case, workers);
            $crate::case::check_times($out.batches().iter().map(|(time, _)| *time), $case);
            $($crate::case::same_batches($case, &records!($all), $case.field("expected_snapshots"), workers);)?
            records!($out)
        })),*];
    };
}

pub type Compute = fn(&Case, usize) -> Value;

pub type Check = fn(&Case, usize);

/// Runs the batches of a case on manual time.
pub fn run(pipeline: impl Pipeline + Send + 'static, case: &Case, workers: usize) {
    manual(pipeline, workers).advance(case.batches()).unwrap();
}

pub fn manual(pipeline: impl Pipeline + Send + 'static, workers: usize) -> ManualContext {
    StreamingContext::new(pipeline).workers(workers).parallel_grain(1).manual().unwrap()
}

/// Every batch has results, or each one with which the window slides.
pub fn check_times(times: impl Iterator<Item = Time>, case: &Case) {
    let slide = case.field("params")["slide"].as_u64().unwrap_or(1);
    let due = (1..=case.batches()).filter(|n| n.is_multiple_of(slide));
    let due: Vec<Time> = due.map(|n| Time::ZERO + case.every() * u32::try_from(n).unwrap()).collect();
    assert_eq!(times.collect::<Vec<_>>(), due, "{}", case.id);
}

/// Compares with what the case expects.
pub fn same(case: &Case, results: &Value, workers: usize) {
    same_batches(case, results, &case.expected(), workers);
}

/// Compares batch by batch: as lists where the case says so, otherwise as multisets.
pub fn same_batches(case: &Case, results: &Value, expected: &Value, workers: usize) {
    let is_ordered = case.field("ordered").as_bool().unwrap();
    let normal = |batches: &Value| -> Vec<Vec<String>> {
        let mut batches = self::batches(batches, Value::to_string);
        if !is_ordered {
            batches.iter_mut().for_each(|batch| batch.sort());
        }
        batches
    };
    assert_eq!(normal(results), normal(expected), "{} with {workers} workers", case.id);
}
