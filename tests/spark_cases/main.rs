//! What Spark computes, computed here: every case of `spark-cases.json` that has a counterpart.
//!
//! The facts were measured on Spark 3.5.1 and read in its test suites. Each case is in exactly one table: a pipeline whose
//! results are compared batch by batch (`PIPELINES`), a check of its own (`CHECKS`), or the reason why it does not run here
//! ([`elsewhere`]). Each runs with 1, 2 and 4 workers. Where the results are not Spark's on purpose, [`departures`] has them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[macro_use]
mod case;
mod batches;
mod contexts;
mod departures;
mod elsewhere;
mod rates;
mod recovery;
mod state;
mod windows;

#[path = "../shared/numbers.rs"]
mod numbers;

use case::{Check, Compute, all_cases, same};
use elsewhere::ELSEWHERE;

const PIPELINES: [&[(&str, Compute)]; 3] = [batches::PIPELINES, windows::PIPELINES, state::PIPELINES];
const CHECKS: [&[(&str, Check)]; 6] =
    [batches::CHECKS, contexts::CHECKS, windows::CHECKS, state::CHECKS, rates::CHECKS, recovery::CHECKS];

#[test]
fn every_case_is_in_exactly_one_table() {
    let cases = all_cases();
    let mut named: Vec<&str> = PIPELINES.concat().iter().map(|(id, _)| *id).collect();
    named.extend(CHECKS.concat().iter().map(|(id, _)| *id));
    for id in &named {
        assert!(cases.iter().any(|case| case.id == *id), "{id} is not a case");
    }
    for case in &cases {
        let here = named.iter().filter(|id| **id == case.id).count();
        assert_eq!(here + elsewhere::reasons(&case.id), 1, "{} must be in one table", case.id);
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

#[test]
fn pipelines_give_what_spark_gives() {
    let pipelines = PIPELINES.concat();
    for case in all_cases() {
        let Some((_, compute)) = pipelines.iter().find(|(id, _)| *id == case.id) else { continue };
        for workers in [1, 2, 4] {
            same(&case, &compute(&case, workers), workers);
        }
    }
}

#[test]
fn checks_hold() {
    let checks = CHECKS.concat();
    for case in all_cases() {
        let Some((_, check)) = checks.iter().find(|(id, _)| *id == case.id) else { continue };
        for workers in [1, 2, 4] {
            check(&case, workers);
        }
    }
}
