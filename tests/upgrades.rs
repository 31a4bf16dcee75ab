//! A program goes on from the checkpoint of an earlier version of itself, or says why it cannot.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::{Arc, Mutex};

use microbatch::prelude::*;
use microbatch::source::{Interval, Source};

type Counts<V> = Collector<(u64, V)>;

fn context<P: Pipeline>(pipeline: P, directory: &Path) -> StreamingContext<P> {
    StreamingContext::new(pipeline).checkpoint_dir(directory).checkpoint_interval(Duration::from_secs(1))
}

/// What came out of the last batch, by key.
fn last<V: Clone + Ord>(out: &Counts<V>) -> Vec<(u64, V)> {
    let (_, mut pairs) = out.batches().pop().unwrap();
    pairs.sort();
    pairs
}

/// Many keys in the first batch and a few in those after it, so that changes alone are written.
fn visits() -> Vec<Vec<u64>> {
    [400u64, 2, 1, 3].map(|keys| (0..keys).collect()).into()
}

#[test]
fn a_migrated_state_is_not_mixed_with_what_it_was_before() {
    let (directory, counts, spans) = (tempfile::tempdir().unwrap(), Counts::default(), Counts::default());
    let (out, keys) = (counts.clone(), visits());
    let old = stream!(every = 1s, name = "visits", |ssc| {
        let visits = ssc.queue_stream(keys).map(|key| (key, ()));
        let counts = visits.map_with_state(|_, key, _, count: &mut State<u32>| {
            count.update(count.get_option().unwrap_or(&0) + 1);
            (key, *count.get())
        });
        counts.name("visits").collect_into(&out);
    });
    context(old, directory.path()).manual().unwrap().advance(1).unwrap();
    // The second start finds the old state, the third one what the second has made of it, all of which has the new type.
    for starts in 2..=4 {
        let (out, keys) = (spans.clone(), visits());
        let new = stream!(every = 1s, name = "visits", |ssc| {
            let visits = ssc.queue_stream(keys).map(|key| (key, ()));
            let spans = visits.map_with_state(|_, _, _, span: &mut State<(u32, i32)>| {
                let (count, _) = *span.get_option().unwrap_or(&(0, 0));
                span.update((count + 1, -1));
            });
            spans.name("visits").state_snapshots().collect_into(&out);
        });
        let new = context(new, directory.path()).state_migration("visits", |count: u32| (count, 7i32));
        new.manual().unwrap().advance(1).unwrap();
        let now = last(&spans);
        assert_eq!((now.len(), now[0].1, now[399].1), (400, (starts, -1), (1, 7)), "start {starts}");
    }
    assert_eq!(counts.batches()[0].1.len(), 400);
}

#[test]
fn a_state_that_has_become_empty_stays_empty() {
    let (directory, out) = (tempfile::tempdir().unwrap(), Counts::default());
    let run = |batches| {
        let out = out.clone();
        let pipeline = stream!(every = 1s, name = "sessions", |ssc| {
            let visits = ssc.queue_stream([vec![(1u64, 1u64), (2, 1)], vec![], vec![], vec![(1, 1)]]);
            let open = visits.update_state_by_key(|values, sum: Option<u64>| {
                (!values.is_empty()).then(|| sum.unwrap_or(0) + values.len() as u64)
            });
            open.collect_into(&out);
        });
        context(pipeline, directory.path()).manual().unwrap().advance(batches).unwrap();
    };
    run(1);
    run(2);
    run(1);
    assert_eq!(last(&out), [(1, 1)]);
}

/// The records of a window, one a batch: its own time.
fn seconds(batches: u64) -> Vec<Vec<(u64, u64)>> {
    (1..=batches).map(|second| vec![(0, 1 << second)]).collect()
}

fn sums(length: Duration, slide: Duration, out: &Counts<u64>) -> impl Pipeline + use<> {
    let out = out.clone();
    stream!(every = 1s, name = "sums", |ssc| {
        let sums = ssc.queue_stream(seconds(40)).reduce_by_key_and_window(|a, b| a + b, |a, b| a - b, length, slide);
        sums.collect_into(&out);
    })
}

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn panes_that_become_longer_have_each_record_once() {
    let (directory, before, after) = (tempfile::tempdir().unwrap(), Counts::default(), Counts::default());
    context(sums(secs(6), secs(1), &before), directory.path()).manual().unwrap().advance(7).unwrap();
    for batches in [1, 4, 2, 2, 2] {
        context(sums(secs(6), secs(3), &after), directory.path()).manual().unwrap().advance(batches).unwrap();
    }
    let expected = [9u64, 12, 15, 18].map(|end| (end - 5..=end).map(|second| 1 << second).sum::<u64>());
    let sums: Vec<u64> = after.batches().into_iter().flat_map(|(_, sums)| sums).map(|(_, sum)| sum).collect();
    assert_eq!(sums, expected);
}

#[test]
fn panes_that_would_have_to_be_divided_are_refused() {
    let (directory, out) = (tempfile::tempdir().unwrap(), Counts::default());
    context(sums(secs(6), secs(3), &out), directory.path()).manual().unwrap().advance(7).unwrap();
    let refused = context(sums(secs(6), secs(2), &out), directory.path()).manual().unwrap_err().to_string();
    for words in ["has `sums` in panes of 3s, of which panes of 2s cannot be made", "`.drop_state(\"sums\")`"] {
        assert!(refused.contains(words), "{words}: {refused}");
    }
    let dropped = context(sums(secs(6), secs(2), &out), directory.path()).drop_state("sums");
    dropped.manual().unwrap().advance(1).unwrap();
    assert_eq!(last(&out), [(0, 1 << 8)]);
}

#[test]
fn a_window_over_windows_keeps_what_it_needs_between_its_ends() {
    let run = |stops: &[u64]| {
        let (directory, out) = (tempfile::tempdir().unwrap(), Collector::default());
        for stop in stops {
            let out = out.clone();
            let pipeline = stream!(every = 1s, name = "windows", |ssc| {
                let seconds = ssc.queue_stream(seconds(40)).map(|(_, second)| second);
                seconds.window(2s, 2s).name("inner").window(6s, 2s).reduce(|a, b| a + b).collect_into(&out);
            });
            context(pipeline, directory.path()).manual().unwrap().advance(*stop).unwrap();
        }
        out.batches().into_iter().map(|(_, sums)| sums).filter(|sums| !sums.is_empty()).collect::<Vec<_>>()
    };
    let expected = run(&[20]);
    assert_eq!(run(&[7, 13]), expected);
    assert_eq!(run(&[7, 1, 1, 2, 9]), expected);
}

/// The numbers of the source `$stream`, of whose batches the output of the third one fails if it is to.
macro_rules! numbers {
    ($stream:ident, $fails:expr, $out:expr) => {{
        let (fails, out): (bool, Collector<u64>) = ($fails, $out.clone());
        stream!(every = 1s, name = "numbers", |ssc| {
            let $stream = ssc.queue_stream([1u64, 2, 3, 4].map(|number| vec![number]));
            $stream.collect_into(&out);
            $stream.foreach_batch(|_, time| match fails && time == Time::from_millis(3000) {
                true => Err("the disk is full"),
                false => Ok(()),
            });
        })
    }};
}

#[test]
fn a_batch_does_not_run_again_without_its_source() {
    let (directory, out) = (tempfile::tempdir().unwrap(), Collector::default());
    let failed = context(numbers!(old, true, out), directory.path()).manual().unwrap().advance(4).unwrap_err();
    assert!(failed.to_string().contains("the disk is full"), "{failed}");
    let refused = context(numbers!(new, false, out), directory.path()).manual().unwrap_err().to_string();
    for words in ["must run again with records of the source `old`", "`let old = …;`"] {
        assert!(refused.contains(words), "{words}: {refused}");
    }
    context(numbers!(old, false, out), directory.path()).manual().unwrap().advance(1).unwrap();
    assert_eq!(out.batches().last().unwrap().1, [4]);

    // Nothing is to run again now, and the new stream begins at its beginning.
    out.take();
    let mut renamed = context(numbers!(new, false, out), directory.path()).manual().unwrap();
    renamed.advance(1).unwrap();
    assert_eq!(out.batches().last().unwrap().1, [1]);
    assert_eq!(renamed.progress().checkpoint.unwrap().unclaimed_sources, ["old"]);
    drop(renamed);
    let mut dropped = context(numbers!(new, false, out), directory.path()).drop_state("old").manual().unwrap();
    dropped.advance(1).unwrap();
    assert!(dropped.progress().checkpoint.unwrap().unclaimed_sources.is_empty());
    drop(dropped);
    let mut later = context(numbers!(new, false, out), directory.path()).manual().unwrap();
    later.advance(1).unwrap();
    assert!(later.progress().checkpoint.unwrap().unclaimed_sources.is_empty());
    assert_eq!(out.batches().last().unwrap().1, [3]);
}

#[test]
fn the_records_of_a_source_that_is_gone_can_be_given_up() {
    let (directory, out) = (tempfile::tempdir().unwrap(), Collector::default());
    context(numbers!(old, true, out), directory.path()).manual().unwrap().advance(4).unwrap_err();
    out.take();
    let mut dropped = context(numbers!(new, false, out), directory.path()).drop_state("old").manual().unwrap();
    dropped.advance(1).unwrap();
    assert_eq!(out.batches().last().unwrap().1, [1]);
}

#[test]
fn a_timeout_that_is_new_begins_once() {
    let (directory, out) = (tempfile::tempdir().unwrap(), Collector::default());
    let run = |timeout: Option<Duration>, batches: u64| {
        let out = out.clone();
        let keys = [(0..400).collect::<Vec<u64>>()].into_iter().chain((0..6).map(|_| vec![0]));
        let visits = keys.collect::<Vec<_>>();
        if let Some(timeout) = timeout {
            let pipeline = stream!(every = 1s, name = "visits", |ssc| {
                let visits = ssc.queue_stream(visits).map(|key| (key, 1u64));
                let states = visits.map_with_state(|time, _, one: Option<u64>, state: &mut State<u64>| {
                    one.map_or(Some(time.as_millis()), |one| {
                        state.update(one);
                        None
                    })
                });
                states.timeout(timeout).name("states").flat_map(|gone| gone).collect_into(&out);
            });
            context(pipeline, directory.path()).manual().unwrap().advance(batches).unwrap();
        } else {
            let pipeline = stream!(every = 1s, name = "visits", |ssc| {
                let visits = ssc.queue_stream(visits).map(|key| (key, 1u64));
                let states = visits.map_with_state(|_, _, one: Option<u64>, state: &mut State<u64>| {
                    state.update(one.unwrap_or(0));
                });
                states.name("states").foreach_batch(|_, _| ());
            });
            context(pipeline, directory.path()).manual().unwrap().advance(batches).unwrap();
        }
    };
    run(None, 1);
    run(Some(secs(3)), 2);
    run(Some(secs(3)), 2);
    let gone: Vec<u64> = out.batches().into_iter().flat_map(|(_, gone)| gone).collect();
    assert_eq!(gone, vec![5000; 399]);
}

#[test]
fn initial_states_in_place_of_a_dropped_one_stay() {
    let directory = tempfile::tempdir().unwrap();
    let run = |initial: bool, drops: bool| {
        let batches = [(0..400).collect::<Vec<u64>>(), vec![0], vec![1]];
        let states = if initial { (0..400).map(|key| (key, 100)).collect() } else { Vec::<(u64, u64)>::new() };
        let pipeline = stream!(every = 1s, name = "counts", |ssc| {
            let visits = ssc.queue_stream(batches).map(|key| (key, 1u64));
            let counts = visits.map_with_state(|_, _, one: Option<u64>, count: &mut State<u64>| {
                count.update(count.get_option().unwrap_or(&0) + one.unwrap_or(0));
            });
            counts.initial_state(states).name("counts").foreach_batch(|_, _| ());
        });
        let context = context(pipeline, directory.path());
        let context = if drops { context.drop_state("counts") } else { context };
        let mut context = context.manual().unwrap();
        context.advance(1).unwrap();
        context.state::<u64, u64>("counts").unwrap()
    };
    run(false, false);
    run(true, true);
    let counts = run(true, false);
    assert_eq!((counts.len(), counts.get(0), counts.get(1), counts.get(2)), (400, Some(&101), Some(&101), Some(&100)));
}

/// A number for each interval that a batch is about, which can be read again.
struct Intervals(Arc<Mutex<Vec<(u64, u64)>>>);

impl Source for Intervals {
    type Block = Vec<u64>;

    fn batch(&mut self, interval: &Interval) -> microbatch::Result<Vec<Arc<Vec<u64>>>> {
        let (start, end) = (interval.start.as_millis() / 1000, interval.end.as_millis() / 1000);
        self.0.lock().unwrap().push((start, end));
        Ok(vec![Arc::new((start + 1..=end).collect())])
    }
    fn is_replayable(&self) -> bool {
        true
    }
    fn batch_again(&mut self, interval: &Interval, _: &[u8]) -> microbatch::Result<Vec<Arc<Vec<u64>>>> {
        self.batch(interval)
    }
}

/// Seconds in a window of records, in one by key, beside it, and behind it; the output of the batch of 3 s fails if it is to.
fn seconds_in_windows(
    every: Duration,
    fails: bool,
    intervals: &Arc<Mutex<Vec<(u64, u64)>>>,
    outs: &[Collector<u64>; 3],
) -> impl Pipeline + Send + 'static + use<> {
    let (source, [plain, counts, sums]) = (Intervals(Arc::clone(intervals)), outs.clone());
    stream!(every = every, name = "windows", |ssc| {
        let seconds = ssc.source(source);
        seconds.window(4s, 4s).reduce(|a, b| a + b).collect_into(&counts);
        seconds.collect_into(&plain);
        let by_key = seconds.map(|second| ((), second)).reduce_by_key_and_window(|a, b| a + b, 4s, 2s);
        by_key.map(|(_, sum)| sum).collect_into(&sums);
        seconds.foreach_batch(|_, time| match fails && time == Time::from_millis(3000) {
            true => Err("the disk is full"),
            false => Ok(()),
        });
    })
}

#[test]
fn a_batch_of_another_interval_is_what_it_was() {
    let (directory, intervals) = (tempfile::tempdir().unwrap(), Arc::default());
    let outs: [Collector<u64>; 3] = Default::default();
    let slow = |every, fails| {
        let context = StreamingContext::new(seconds_in_windows(every, fails, &intervals, &outs));
        context.checkpoint_dir(directory.path()).checkpoint_interval(secs(12)).manual().unwrap()
    };
    slow(secs(1), true).advance(3).unwrap_err();
    intervals.lock().unwrap().clear();
    outs.iter().for_each(|out| drop(out.take()));
    slow(secs(2), false).advance(2).unwrap();
    // The first three batches run again as they were; then the first new one has what none of them had.
    assert_eq!(*intervals.lock().unwrap(), [(0, 1), (1, 2), (2, 3), (3, 4), (4, 6)]);
    let [plain, counts, sums] =
        outs.map(|out| out.batches().into_iter().flat_map(|(_, values)| values).collect::<Vec<_>>());
    assert_eq!(plain, [1, 2, 3, 4, 5, 6]);
    assert_eq!(counts, [1 + 2 + 3 + 4]);
    assert_eq!(sums[sums.len() - 2..], [1 + 2 + 3 + 4, 3 + 4 + 5 + 6]);
}

#[test]
fn a_window_keeps_batches_that_are_not_on_the_grid_of_a_new_interval() {
    let run = |stops: &[u64]| {
        let (directory, out) = (tempfile::tempdir().unwrap(), Collector::default());
        let pipeline = |every: Duration, out: &Collector<u64>| {
            let (source, out) = (Intervals(Arc::default()), out.clone());
            stream!(every = every, name = "window", |ssc| {
                ssc.source(source).window(4s, 2s).reduce(|a, b| a + b).collect_into(&out);
            })
        };
        let started = |every, interval| {
            let context = StreamingContext::new(pipeline(every, &out)).checkpoint_dir(directory.path());
            context.checkpoint_interval(interval).manual().unwrap()
        };
        started(secs(1), secs(1)).advance(7).unwrap();
        out.take();
        stops.iter().for_each(|batches| started(secs(2), secs(2)).advance(*batches).unwrap());
        out.batches().into_iter().flat_map(|(_, sums)| sums).collect::<Vec<_>>()
    };
    let expected = [8u64, 10, 12, 14].map(|end| (end - 3..=end).sum::<u64>());
    assert_eq!(run(&[4]), expected);
    assert_eq!(run(&[1, 1, 2]), expected);
}

#[test]
fn what_is_saved_is_not_found_by_its_place() {
    let directory = tempfile::tempdir().unwrap();
    let (short, long) = (Collector::default(), Collector::default());
    let nameless = || {
        let (short, long) = (short.clone(), long.clone());
        stream!(every = 1s, name = "windows", |ssc| {
            let numbers = ssc.queue_stream((0..9u64).map(|number| vec![number]));
            numbers.window(2s, 1s).count().collect_into(&short);
            numbers.window(6s, 1s).count().collect_into(&long);
        })
    };
    StreamingContext::new(nameless()).manual().unwrap().advance(1).unwrap();
    let refused = context(nameless(), directory.path()).manual().unwrap_err().to_string();
    for words in ["`window` and `window_2` have no names", "`.name(\"name\")`", "saved as `window` is found"] {
        assert!(refused.contains(words), "{words}: {refused}");
    }
    let lock = microbatch::testing::check_lock(nameless(), directory.path().join("lock")).unwrap_err().to_string();
    assert!(lock.contains("have no names"), "{lock}");
    // With names they may change places.
    for turn in 0..2 {
        let (short, long) = (short.clone(), long.clone());
        if turn == 0 {
            let pipeline = stream!(every = 1s, name = "windows", |ssc| {
                let numbers = ssc.queue_stream((0..9u64).map(|number| vec![number]));
                numbers.window(2s, 1s).name("short").count().collect_into(&short);
                numbers.window(6s, 1s).name("long").count().collect_into(&long);
            });
            context(pipeline, directory.path()).manual().unwrap().advance(6).unwrap();
        } else {
            let pipeline = stream!(every = 1s, name = "windows", |ssc| {
                let numbers = ssc.queue_stream((0..9u64).map(|number| vec![number]));
                numbers.window(6s, 1s).name("long").count().collect_into(&long);
                numbers.window(2s, 1s).name("short").count().collect_into(&short);
            });
            context(pipeline, directory.path()).manual().unwrap().advance(1).unwrap();
        }
    }
    assert_eq!([short, long].map(|out| out.batches().pop().unwrap().1), [[2], [6]]);
}
