//! A pipeline with a checkpoint directory ends, however it ends, and goes on.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::hash::{Hash, Hasher};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use microbatch::OnFailure;
use microbatch::prelude::*;
use microbatch::source::{Interval, Source};

type Pairs = Vec<(String, u64)>;

fn batches() -> Vec<Vec<String>> {
    (0..30u64).map(|batch| (0..batch % 4).map(|n| format!("k{}", (batch * 7 + n * 3) % 5)).collect()).collect()
}

/// A state, a window by key, a window of records and a window over all, over the same words.
fn pipeline(outs: &[Collector<(String, u64)>; 3], totals: &Collector<u64>) -> impl Pipeline + use<> {
    let [sums_out, window_out, groups_out] = outs.clone();
    let totals = totals.clone();
    let text = batches();
    stream!(every = 1s, name = "recovery", |ssc| {
        let words = ssc.queue_stream(text);
        let pairs = words.map(|word| (word, 1u64));
        let sums = pairs.map_with_state(|_time, key, value: Option<u64>, sum: &mut State<u64>| {
            let total = sum.get_option().unwrap_or(&0) + value.unwrap_or(0);
            if total == 7 {
                sum.remove();
            } else {
                sum.update(total);
            }
            (key, total)
        });
        sums.collect_into(&sums_out);
        let counts = pairs.reduce_by_key_and_window(|a, b| a + b, |a, b| a - b, 6s, 2s);
        counts.sort_by_key().collect_into(&window_out);
        let lists = pairs.group_by_key_and_window(5s, 1s).map(|(key, ones)| (key, ones.len() as u64));
        lists.sort_by_key().collect_into(&groups_out);
        let total = words.window(4s, 2s).count();
        total.collect_into(&totals);
    })
}

/// What all outputs got: of the keyed streams, and of the one without keys.
type Results = (Vec<Vec<(Time, Pairs)>>, Vec<(Time, Vec<u64>)>);

fn run(directory: Option<&Path>, stops: &[u64]) -> Results {
    let outs: [Collector<(String, u64)>; 3] = Default::default();
    let totals = Collector::default();
    let mut done = 0;
    for stop in stops {
        let mut context = StreamingContext::new(pipeline(&outs, &totals));
        if let Some(directory) = directory {
            context = context.checkpoint_dir(directory).checkpoint_interval(Duration::from_secs(3));
        }
        let mut context = context.manual().unwrap();
        context.advance(stop - done).unwrap();
        done = *stop;
        drop(context);
    }
    let mut results: Vec<_> = outs.iter().map(Collector::batches).collect();
    // A keyed batch has no order of its own.
    results.iter_mut().flatten().for_each(|(_, pairs)| pairs.sort());
    (results, totals.batches())
}

#[test]
fn a_run_that_is_stopped_and_started_gives_what_an_uninterrupted_one_does() {
    let expected = run(None, &[30]);
    for stops in [&[10, 30][..], &[1, 2, 3, 30], &[4, 9, 11, 17, 30]] {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(run(Some(directory.path()), stops), expected, "{stops:?}");
    }
}

/// A key whose hash another build of the program makes in another way.
#[derive(Clone, Debug, PartialEq, Eq, Record)]
struct Salted(u64);

static SALT: AtomicU64 = AtomicU64::new(0);

impl Hash for Salted {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.0 ^ SALT.load(Ordering::Relaxed)).hash(state);
    }
}

/// All keys come in the first batch, and few of them in the following ones, so that changes alone are written.
fn sums_of_salted_keys(out: &Collector<(u64, u64)>) -> impl Pipeline + use<> {
    let (out, batches) = (out.clone(), [400u64, 9, 8, 7, 6].map(|keys| (0..keys).collect::<Vec<_>>()));
    stream!(every = 1s, name = "salted", |ssc| {
        let ones = ssc.queue_stream(batches).map(|key| (Salted(key), 1u64));
        let sums = ones.map_with_state(|_time, key, one: Option<u64>, sum: &mut State<u64>| {
            sum.update(sum.get_option().unwrap_or(&0) + one.unwrap_or(0));
            (key.0, *sum.get())
        });
        sums.collect_into(&out);
    })
}

#[test]
fn states_are_found_by_a_build_that_hashes_their_keys_in_another_way() {
    let (directory, out) = (tempfile::tempdir().unwrap(), Collector::default());
    for salt in [0, 1 << 40, 1 << 40, 1 << 50, 1 << 50] {
        SALT.store(salt, Ordering::Relaxed);
        let context = StreamingContext::new(sums_of_salted_keys(&out)).checkpoint_dir(directory.path());
        context.checkpoint_interval(Duration::from_secs(1)).manual().unwrap().advance(1).unwrap();
    }
    let (_, mut last) = out.batches().pop().unwrap();
    last.sort();
    assert_eq!(last, (0..6).map(|key| (key, 5)).collect::<Vec<_>>());
}

/// Numbers that nobody can read again.
struct Once;

impl Source for Once {
    type Block = Vec<u64>;
    fn batch(&mut self, interval: &Interval) -> microbatch::Result<Vec<Arc<Self::Block>>> {
        Ok(vec![Arc::new(vec![interval.end.as_millis()])])
    }
}

/// Each batch is a checkpoint, and only every other one has an output.
#[test]
fn the_checkpoint_before_helps_where_the_last_one_is_damaged() {
    let (directory, out) = (tempfile::tempdir().unwrap(), Collector::default());
    let start = || {
        let out = out.clone();
        let pipeline = stream!(every = 1s, name = "once", |ssc| {
            let numbers = ssc.source(Once);
            numbers.reduce_by_window(|a, b| a + b, 4s, 2s).collect_into(&out);
        });
        StreamingContext::new(pipeline).checkpoint_dir(directory.path()).manual()
    };
    start().unwrap().advance(5).unwrap();
    let files = fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().path());
    let last = files.filter(|path| path.to_string_lossy().contains("manifest-")).max().unwrap();
    let mut bytes = fs::read(&last).unwrap();
    bytes[30] ^= 1;
    fs::write(&last, bytes).unwrap();
    out.take();
    start().unwrap().advance(1).unwrap();
    // The fifth batch runs again, without its number.
    assert_eq!(out.batches().last().unwrap().1, [3000 + 4000 + 6000]);
}

/// Whatever fails, fails where a checkpoint would be due.
#[test]
fn a_batch_that_is_given_up_does_not_keep_checkpoints_from_being_made() {
    let directory = tempfile::tempdir().unwrap();
    let pipeline = stream!(every = 1s, name = "skipping", |ssc| {
        let numbers = ssc.queue_stream((0u64..).map(|number| vec![number]));
        numbers.foreach_batch(|_, time| match time.as_millis() % 5000 {
            0 => Err("not every fifth one"),
            _ => Ok(()),
        });
    });
    let context = StreamingContext::new(pipeline).checkpoint_dir(directory.path()).on_failure(OnFailure::Skip);
    let mut context = context.checkpoint_interval(Duration::from_secs(5)).manual().unwrap();
    // Checkpoints are written beside the batches, and those that are due meanwhile come later.
    let deadline = Instant::now() + Duration::from_secs(60);
    while context.progress().checkpoint.unwrap().time < Some(Time::from_millis(20_000)) {
        assert!(Instant::now() < deadline, "no checkpoint within a minute");
        context.advance(1).unwrap();
    }
}

/// A longer interval does not hold for what cannot be read again, and a checkpoint that was missed is made with the next batch.
#[test]
fn every_batch_is_a_checkpoint_where_it_could_not_be_computed_again() {
    let (directory, out) = (tempfile::tempdir().unwrap(), Collector::default());
    let pipeline = stream!(every = 1s, name = "once", |ssc| {
        let numbers = ssc.source(Once);
        numbers.collect_into(&out);
        numbers.foreach_batch(|_, time| match time.as_millis() {
            5000 => Err("once"),
            _ => Ok(()),
        });
    });
    let context = StreamingContext::new(pipeline).checkpoint_dir(directory.path()).on_failure(OnFailure::Skip);
    let mut context = context.checkpoint_interval(Duration::from_secs(5)).manual().unwrap();
    let mut at = |batches| {
        context.advance(batches).unwrap();
        context.progress().checkpoint.unwrap().time
    };
    let seconds = [4, 1, 1, 1].map(|batches| at(batches).unwrap().as_millis() / 1000);
    assert_eq!(seconds, [4, 4, 6, 7]);
}

/// As it is written in Spark, where it is how often the state is saved.
#[test]
fn an_interval_for_a_state_loses_nothing_of_it() {
    let (directory, out) = (tempfile::tempdir().unwrap(), Collector::default());
    let run = |batches, fails: bool| {
        let out = out.clone();
        let pipeline = stream!(every = 1s, name = "sums", |ssc| {
            let numbers = ssc.source(Once).map(|number| ((), number / 1000));
            let sums =
                numbers.update_state_by_key(|new, sum: Option<u64>| Some(sum.unwrap_or(0) + new.iter().sum::<u64>()));
            sums.checkpoint_interval(5s).collect_into(&out);
            numbers.foreach_batch(|_, time| if fails && time.as_millis() == 9000 { Err("dies") } else { Ok(()) });
        });
        StreamingContext::new(pipeline).checkpoint_dir(directory.path()).manual().unwrap().advance(batches)
    };
    assert!(run(9, true).is_err());
    run(1, false).unwrap();
    // The ninth number is lost: it was received and not committed.
    assert_eq!(out.batches().last().unwrap().1, [((), (1..=8).sum::<u64>() + 10)]);
}

#[test]
fn what_a_given_up_batch_has_left_in_a_window_is_not_saved() {
    let (directory, out) = (tempfile::tempdir().unwrap(), Collector::default());
    for batches in [2, 1] {
        let out = out.clone();
        let pipeline = stream!(every = 1s, name = "groups", |ssc| {
            let pairs = ssc.queue_stream([vec![('a', 1)], vec![('a', 2)], vec![('a', 3)]]);
            let groups = pairs.group_by_key_and_window(10s);
            groups.collect_into(&out);
            groups.foreach_batch(|_, time| if time.as_millis() == 2000 { Err("not this one") } else { Ok(()) });
        });
        let context = StreamingContext::new(pipeline).checkpoint_dir(directory.path()).on_failure(OnFailure::Skip);
        context.manual().unwrap().advance(batches).unwrap();
    }
    assert_eq!(out.batches().last().unwrap().1, [('a', vec![1, 3])]);
}

#[test]
fn initial_states_time_out_as_late_after_a_restart_as_without() {
    for stops in [&[6][..], &[1, 5], &[1, 3, 2]] {
        let (directory, out) = (tempfile::tempdir().unwrap(), Collector::default());
        for batches in stops {
            let out = out.clone();
            let pipeline = stream!(every = 1s, name = "initial", |ssc| {
                // A state behind a window has a batch when that slides.
                let ones = ssc.queue_stream(Vec::<Vec<u64>>::new()).window(3s, 3s).map(|key| (key, 1u64));
                let states = ones.map_with_state(|time, key, one: Option<u64>, state: &mut State<u64>| {
                    one.map_or(Some((key, time.as_millis())), |one| {
                        state.update(one);
                        None
                    })
                });
                let gone = states.initial_state([(7u64, 1u64)]).timeout(2s).flat_map(|gone| gone);
                gone.collect_into(&out);
            });
            StreamingContext::new(pipeline)
                .checkpoint_dir(directory.path())
                .manual()
                .unwrap()
                .advance(*batches)
                .unwrap();
        }
        let gone: Vec<_> = out.batches().into_iter().flat_map(|(_, gone)| gone).collect();
        assert_eq!(gone, [(7, 6000)], "{stops:?}");
    }
}

#[test]
fn an_empty_batch_after_a_restart_has_its_partitions() {
    let runs = [&[2][..], &[1, 1]].map(|stops| {
        let (directory, out) = (tempfile::tempdir().unwrap(), Collector::default());
        for batches in stops {
            let out = out.clone();
            let pipeline = stream!(every = 1s, name = "partitions", |ssc| {
                let numbers = ssc.queue_stream([vec![1u64, 2, 3], vec![]]);
                let window = numbers.map(|number| (number, number)).reduce_by_key_and_window(|a, b| a + b, 10s, 1s);
                window.foreach_batch(|_, _| ());
                let cut = numbers.repartition(3).map(|number| number);
                cut.union(cut).glom().collect_into(&out);
            });
            StreamingContext::new(pipeline)
                .checkpoint_dir(directory.path())
                .manual()
                .unwrap()
                .advance(*batches)
                .unwrap();
        }
        out.batches().pop().unwrap().1
    });
    assert_eq!(runs, [vec![vec![]; 6], vec![vec![]; 6]]);
}

#[test]
fn a_large_batch_of_a_window_is_saved_in_portions() {
    const RECORDS: u64 = 1_200_000;
    let (directory, out) = (tempfile::tempdir().unwrap(), Collector::default());
    for _ in 0..2 {
        let out = out.clone();
        let pipeline = stream!(every = 1s, name = "large", |ssc| {
            let numbers = ssc.queue_stream([(0..RECORDS).collect::<Vec<_>>(), vec![1]]).map(|number| number + 1);
            numbers.window(10s, 1s).reduce(|a, b| a + b).collect_into(&out);
        });
        StreamingContext::new(pipeline).checkpoint_dir(directory.path()).manual().unwrap().advance(1).unwrap();
    }
    assert_eq!(out.batches().last().unwrap().1, [RECORDS * (RECORDS + 1) / 2 + 2]);
}
