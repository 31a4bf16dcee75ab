//! Operators with state against the obvious program: a map that goes from batch to batch. Timeouts and initial states are
//! random, so are the batches; in some runs a batch fails once and is tried again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use microbatch::OnFailure;
use microbatch::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::data::{self, Input};
use crate::naive;
use crate::{Results, shown, sorted};

/// What a run begins with, and whether something goes wrong.
#[derive(Clone, Debug)]
struct Setting {
    initial: Vec<(String, i64)>,
    timeout: u64,
    fails_after: i64,
}

impl Setting {
    /// A record passes; one of them panics.
    fn fuse(&self) -> impl Fn() + Clone + Send + Sync + 'static {
        let left = Arc::new(AtomicI64::new(self.fails_after));
        move || assert!(left.fetch_sub(1, Ordering::Relaxed) != 0, "the fuse")
    }
}

fn advance(pipeline: impl Pipeline + Send + 'static, workers: usize, batches: usize) {
    let context = StreamingContext::new(pipeline).workers(workers).parallel_grain(1).on_failure(OnFailure::Retry(1));
    context.manual().unwrap().advance(batches as u64).unwrap();
}

/// Compares each batch of each output as a multiset, and in every detail between numbers of workers.
fn property(name: &str, run: impl Fn(&Input, &Setting, usize) -> Results, model: impl Fn(&Input, &Setting) -> Results) {
    use proptest::prelude::*;
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(40);
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let initial = prop::collection::vec(("[ab]{0,2}", -9i64..9), 0..4);
    let setting = (initial, 1..5u64, -1..60i64).prop_map(|(initial, timeout, fails_after)| Setting {
        initial,
        timeout,
        fails_after,
    });
    let checked = runner.run(&(data::input(), setting, 2..=8usize), |(input, setting, workers)| {
        let (found, expected) = (run(&input, &setting, 1), model(&input, &setting));
        for (output, (found, expected)) in found.iter().zip(expected).enumerate() {
            for (batch, (found, expected)) in found.iter().zip(expected).enumerate() {
                assert_eq!(sorted(found.clone()), sorted(expected), "output {output}, batch {batch}");
            }
        }
        assert_eq!(run(&input, &setting, workers), found, "{workers} workers against 1");
        Ok(())
    });
    checked.unwrap_or_else(|failure| panic!("{name}: {failure}"));
}

fn initial(setting: &Setting) -> BTreeMap<String, i64> {
    let mut states = BTreeMap::new();
    for (key, state) in &setting.initial {
        states.entry(key.clone()).or_insert(*state);
    }
    states
}

/// The sum of all values; zero is forgotten.
fn sum(values: &[i64], state: Option<i64>) -> Option<i64> {
    let sum = state.unwrap_or(0) + values.iter().sum::<i64>();
    (sum != 0).then_some(sum)
}

#[test]
fn all_keys_are_updated_in_every_batch() {
    let run = |input: &Input, setting: &Setting, workers: usize| {
        let (pairs, fuse, initial) = (input.pairs.clone(), setting.fuse(), setting.initial.clone());
        let (sums, kept) = (Collector::default(), Collector::default());
        let pipeline = stream!(every = 1s, |ssc| {
            let pairs = ssc.queue_stream(pairs);
            let states = pairs
                .update_state_by_key(|values, state| {
                    fuse();
                    sum(values, state)
                })
                .initial_state(initial);
            states.collect_into(&sums);
            // With the key and the time: even seconds forget short keys.
            let other = pairs.update_state_by_key(|time, key, values, state| {
                let forgets = key.len() < 2 && time.as_millis() % 2000 == 0;
                if forgets { None } else { Some(state.unwrap_or(0) * 3 + values.len() as i64) }
            });
            other.map(|(key, n)| format!("{key}{n}")).collect_into(&kept);
        });
        advance(pipeline, workers, input.batches());
        vec![shown(&sums), shown(&kept)]
    };
    let model = |input: &Input, setting: &Setting| {
        let (mut sums, mut others) = (initial(setting), BTreeMap::<String, i64>::new());
        let mut results = vec![Vec::new(), Vec::new()];
        for number in 0..input.batches() {
            let batch = input.batch(number);
            let values: BTreeMap<String, Vec<i64>> = naive::group(batch.pairs).into_iter().collect();
            for key in values.keys() {
                sums.entry(key.clone()).or_insert(0);
                others.entry(key.clone()).or_insert(0);
            }
            let of = |key: &String| values.get(key).map_or(&[][..], |values| values);
            sums =
                sums.into_iter().filter_map(|(key, state)| Some((key.clone(), sum(of(&key), Some(state))?))).collect();
            others.iter_mut().for_each(|(key, state)| *state = *state * 3 + of(key).len() as i64);
            others.retain(|key, _| key.len() >= 2 || !batch.millis.is_multiple_of(2000));
            results[0].push(naive::shown(&sums));
            results[1].push(naive::shown(others.iter().map(|(key, n)| format!("{key}{n}"))));
        }
        results
    };
    property("update_state_by_key", run, model);
}

#[test]
fn keys_of_the_batch_meet_their_states() {
    let run = |input: &Input, setting: &Setting, workers: usize| {
        let (pairs, fuse, initial) = (input.pairs.clone(), setting.fuse(), setting.initial.clone());
        let timeout = Duration::from_secs(setting.timeout);
        let (mapped, all) = (Collector::default(), Collector::default());
        let pipeline = stream!(every = 1s, |ssc| {
            let pairs = ssc.queue_stream(pairs).inspect(|_| fuse());
            let sums = pairs
                .map_with_state(|time, key, value: Option<i64>, state: &mut State<i64>| {
                    let Some(value) = value else {
                        assert!(state.is_timing_out());
                        return format!("{key} times out with {} at {}", state.get(), time.as_millis());
                    };
                    let sum = state.get_option().unwrap_or(&0) + value;
                    if sum % 5 == 0 {
                        state.remove();
                    } else {
                        state.update(sum);
                    }
                    format!("{key} has {sum}")
                })
                .timeout(timeout)
                .initial_state(initial);
            sums.collect_into(&mapped);
            sums.state_snapshots().collect_into(&all);
        });
        advance(pipeline, workers, input.batches());
        vec![shown(&mapped), shown(&all)]
    };
    let model = |input: &Input, setting: &Setting| {
        // The state, and when it had data.
        let mut states: BTreeMap<String, (i64, u64)> =
            initial(setting).into_iter().map(|(key, state)| (key, (state, 1000))).collect();
        let mut results = vec![Vec::new(), Vec::new()];
        for number in 0..input.batches() {
            let batch = input.batch(number);
            let mut mapped = Vec::new();
            for (key, value) in &batch.pairs {
                let sum = states.get(key).map_or(0, |state| state.0) + value;
                mapped.push(format!("{key} has {sum}"));
                if sum % 5 == 0 {
                    states.remove(key);
                } else {
                    states.insert(key.clone(), (sum, batch.millis));
                }
            }
            states.retain(|key, (state, last)| {
                let is_due = *last + setting.timeout * 1000 < batch.millis;
                if is_due {
                    mapped.push(format!("{key} times out with {state} at {}", batch.millis));
                }
                !is_due
            });
            results[0].push(naive::shown(mapped));
            results[1].push(naive::shown(states.iter().map(|(key, (state, _))| (key, state))));
        }
        results
    };
    property("map_with_state", run, model);
}
