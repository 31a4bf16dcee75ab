//! Rates that follow the load: the PID estimator, and that it goes on after a restart. The limits themselves (RL.*, RC.*) are unit tests beside the code and
//! tests/backpressure.rs.

use std::thread;
use std::time::Instant;

use microbatch::prelude::*;
use microbatch::{Backpressure, PidRateEstimator};
use serde_json::{Value, json};

use crate::case::{Case, Check};
use crate::numbers::Numbers;

pub const CHECKS: &[(&str, Check)] = &[
    ("P.range.[0, 1, 2, 3, 10]", refused),
    ("P.range.[100, -1, 2, 3, 10]", refused),
    ("P.range.[100, 0, -1, 3, 10]", refused),
    ("P.range.[100, 0, 0, -1, 10]", refused),
    ("P.range.[100, 0, 0, 0, 0]", refused),
    ("P.range.[100, 0, 0, 0, -10]", refused),
    ("P.second estimate is not None", estimates),
    ("P.no estimate when no time difference between successive calls", estimates),
    ("P.no estimate when no records in previous batch", estimates),
    ("P.no estimate when there is no processing delay", estimates),
    ("P.estimate is never less than min rate", estimates),
    ("P.with no accumulated or positive error, |I| > 0, follow the processing speed", estimates),
    ("P.with no accumulated but some positive error, |I| > 0, follow the processing speed", estimates),
    ("P.prop", stays_below),
    ("Q.pid", estimates),
    ("K.rate", a_rate_after_a_restart),
];

fn estimator(params: &Value) -> microbatch::Result<PidRateEstimator> {
    let number = |name: &str| params[name].as_f64().unwrap();
    let every = Duration::from_secs_f64(number("batch_interval_ms") / 1000.0);
    let [proportional, integral, derivative] = ["proportional", "integral", "derivative"].map(number);
    PidRateEstimator::new(every, proportional, integral, derivative, number("minRate"))
}

fn refused(case: &Case, _: usize) {
    let error = estimator(&case.field("params")["args"]).map(|_| ()).unwrap_err().to_string();
    // Spark's message begins with the argument that is wrong.
    let spark = case.field("error").as_str().unwrap();
    let argument = ["batch interval", "proportional", "integral", "derivative", "minRate"];
    let wrong = argument.into_iter().find(|argument| spark.contains(*argument)).unwrap();
    let ours = if wrong == "minRate" { "least rate" } else { wrong };
    assert!(error.contains(ours), "{}: {error}", case.id);
}

fn estimates(case: &Case, _: usize) {
    let mut estimator = estimator(case.field("params")).unwrap();
    let calls = case.field("input").as_array().unwrap().iter();
    for (call, expected) in calls.zip(case.expected().as_array().unwrap()) {
        let number = |at: usize| call[at].as_f64().unwrap();
        let found = estimator.compute(number(0), number(1), number(2), number(3));
        match (found, expected.as_f64()) {
            (Some(found), Some(expected)) => {
                assert!((found - expected).abs() < 1e-9 * expected, "{}: {found}", case.id)
            }
            (found, expected) => assert_eq!(found, expected, "{}", case.id),
        }
    }
}

/// Random load: the first call gives nothing, every later one a rate, below the speed of the batch where something waits.
fn stays_below(case: &Case, _: usize) {
    let mut estimator = estimator(case.field("params")).unwrap();
    let mut random = 7u64;
    let mut below = |limit: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((random >> 33) % limit) as f64
    };
    for call in 0..50 {
        let (records, waited) = (below(999) + 1.0, below(19));
        match estimator.compute(f64::from(call * 20), records, 20.0, waited) {
            None => assert_eq!(call, 0, "{}", case.id),
            Some(rate) => {
                let speed = records / 20.0 * 1000.0;
                assert!(rate <= 10.0 || waited == 0.0 || rate < speed, "{}: {rate} at {speed}", case.id);
            }
        }
    }
}

/// Batches that get less done than the least rate: it is the rate that the estimator arrives at, in each run anew.
fn a_rate_after_a_restart(case: &Case, workers: usize) {
    let folder = tempfile::tempdir().unwrap();
    let rate = case.param("estimator_rate") as u64;
    for _ in 0..2 {
        let pipeline = stream!(every = 20ms, name = "rate", |ssc| {
            let counts = ssc.receiver_stream(Numbers).count();
            counts.foreach_batch(move |counts, _| {
                // 100 records a second.
                thread::sleep(Duration::from_millis(10) * counts.iter().sum::<u64>() as u32);
            });
        });
        let backpressure = Backpressure::default().initial_rate(rate * 2).min_rate(rate as f64);
        let context = StreamingContext::new(pipeline).workers(workers).checkpoint_dir(folder.path());
        let context = context.backpressure(backpressure).start().unwrap();
        let limit = || context.progress().streams.first().and_then(|stream| stream.rate_limit);
        let deadline = Instant::now() + Duration::from_secs(60);
        while Some(&json!(limit())) != case.expected().get("receiver_rate_limit_after_restart_and_2_batches") {
            assert!(Instant::now() < deadline, "the rate is {:?}", limit());
            thread::sleep(Duration::from_millis(1));
        }
        context.stop().unwrap();
    }
}
