//! Windows: what they hold, when they slide, what runs behind them, and what a failed batch leaves of them.
#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicBool, Ordering};

use microbatch::prelude::*;
use microbatch::{Keep, OnFailure};

const WORKERS: [usize; 3] = [1, 2, 5];

fn run(pipeline: impl Pipeline + Send + 'static, batches: u64, workers: usize) {
    let context = StreamingContext::new(pipeline).workers(workers).parallel_grain(1).on_failure(OnFailure::Retry(3));
    context.manual().unwrap().advance(batches).unwrap();
}

/// The batches of a collector, by second.
fn by_second<T: Keep<Owned = T> + Clone>(out: &Collector<T>) -> Vec<(u64, Vec<T>)> {
    out.batches().into_iter().map(|(time, records)| (time.as_millis() / 1000, records)).collect()
}

fn numbers(batches: u64) -> Vec<Vec<u64>> {
    (1..=batches).map(|n| vec![n]).collect()
}

mod kept_as_they_are {
    use super::*;

    #[test]
    fn a_window_slides_with_its_stream_unless_told_otherwise() {
        for workers in WORKERS {
            let (each, other, gaps) = (Collector::default(), Collector::default(), Collector::default());
            let pipeline = stream!(every = 1s, |ssc| {
                let n = ssc.queue_stream(numbers(6));
                n.window(3s).collect_into(&each);
                n.window(4s, 2s).collect_into(&other);
                n.window(1s, 3s).collect_into(&gaps);
            });
            run(pipeline, 7, workers);
            assert_eq!(
                by_second(&each),
                [
                    (1, vec![1]),
                    (2, vec![1, 2]),
                    (3, vec![1, 2, 3]),
                    (4, vec![2, 3, 4]),
                    (5, vec![3, 4, 5]),
                    (6, vec![4, 5, 6]),
                    (7, vec![5, 6]),
                ]
            );
            assert_eq!(by_second(&other), [(2, vec![1, 2]), (4, vec![1, 2, 3, 4]), (6, vec![3, 4, 5, 6])]);
            assert_eq!(by_second(&gaps), [(3, vec![3]), (6, vec![6])]);
        }
    }

    #[test]
    fn what_follows_runs_when_the_window_slides() {
        for workers in WORKERS {
            let (counts, times, table) = (Collector::default(), Collector::default(), Collector::default());
            let pipeline = stream!(every = 1s, |ssc| {
                let words = ssc.queue_stream([vec!["a b".to_string()], vec!["b".to_string()], vec!["c".to_string()]]);
                let last = words.flat_map(|line| line.split(' ')).window(2s, 2s);
                last.count().collect_into(&counts);
                last.transform(|_, time| [time.as_millis()]).collect_into(&times);
                last.map(|word| (word, 1u64)).reduce_by_key(|a, b| a + b).sort_by_key().collect_into(&table);
            });
            run(pipeline, 5, workers);
            assert_eq!(by_second(&counts), [(2, vec![3]), (4, vec![1])]);
            assert_eq!(by_second(&times), [(2, vec![2000]), (4, vec![4000])]);
            let counts =
                |pairs: &[(&str, u64)]| pairs.iter().map(|(word, n)| (word.to_string(), *n)).collect::<Vec<_>>();
            assert_eq!(by_second(&table), [(2, counts(&[("a", 1), ("b", 2)])), (4, counts(&[("c", 1)]))]);
        }
    }

    #[test]
    fn windows_of_windows_and_of_everything_else() {
        for workers in WORKERS {
            let (twice, reduced, merged) = (Collector::default(), Collector::default(), Collector::default());
            let pipeline = stream!(every = 1s, |ssc| {
                let n = ssc.queue_stream(numbers(4));
                n.window(2s).window(4s, 2s).collect_into(&twice);
                n.map(|n| (n % 2, n)).reduce_by_key(|a, b| a + b).window(3s, 3s).collect_into(&reduced);
                n.union(n.map(|n| n * 10)).window(2s).filter(|n| *n > 1).collect_into(&merged);
            });
            run(pipeline, 4, workers);
            assert_eq!(by_second(&twice), [(2, vec![1, 1, 2]), (4, vec![1, 1, 2, 2, 3, 3, 4])]);
            assert_eq!(by_second(&reduced), [(3, vec![(1, 1), (0, 2), (1, 3)])]);
            assert_eq!(by_second(&merged)[2], (3, vec![2, 20, 3, 30]));
        }
    }

    #[test]
    fn windows_of_one_slide_meet() {
        for workers in WORKERS {
            let out = Collector::default();
            let (length, slide) = (Duration::from_secs(3), Duration::from_secs(2));
            let pipeline = stream!(every = 1s, |ssc| {
                let n = ssc.queue_stream(numbers(4));
                let left = n.key_by(|n| n % 2).window(length, slide);
                let right = n.map(|n| (n % 2, n * 10)).window(2s, 2s);
                left.join(right).sort_by(|pair| *pair).collect_into(&out);
            });
            run(pipeline, 4, workers);
            assert_eq!(
                by_second(&out),
                [(2, vec![(0, (2, 20)), (1, (1, 10))]), (4, vec![(0, (2, 40)), (0, (4, 40)), (1, (3, 30))]),]
            );
        }
    }
}

#[test]
fn closures_of_whole_batches_run_when_their_window_slides() {
    let (one, two) = (Collector::default(), Collector::default());
    let pipeline = stream!(every = 1s, |ssc| {
        let n = ssc.queue_stream(numbers(4)).window(2s, 2s);
        n.transform(|batch, time| [(time.as_millis(), *batch.iter().max().unwrap())]).collect_into(&one);
        let other = n.map(|n| n * 10);
        n.transform_with(other, |a, b, _| [*a.last().unwrap() + *b.last().unwrap()]).collect_into(&two);
    });
    run(pipeline, 4, 1);
    assert_eq!(by_second(&one), [(2, vec![(2000, 2)]), (4, vec![(4000, 4)])]);
    assert_eq!(by_second(&two), [(2, vec![22]), (4, vec![44])]);
}

#[test]
fn for_ever_is_a_length_too() {
    for length in [Duration::from_secs(18_446_744_074), Duration::from_secs(u64::MAX)] {
        let (counts, last) = (Collector::default(), Remembered::default());
        let pipeline = stream!(every = 1s, |ssc| {
            let n = ssc.queue_stream(numbers(5));
            n.window(length).count().collect_into(&counts);
            n.reduce_by_window(|a, b| a + b, |a, b| a - b, length).remember(&last, Duration::MAX);
        });
        run(pipeline, 5, 1);
        assert_eq!(by_second(&counts)[4], (5, vec![5]));
        assert_eq!(last.slice(Time::ZERO, Time::from_millis(5000)).last().unwrap().1, [15]);
    }
}

/// An aggregate is evaluated once; it may be a variable, and hold what cannot be copied.
#[test]
fn an_aggregate_is_lent_to_the_stages() {
    use microbatch::aggregate::{Aggregate, Associative};

    struct Joined(String);

    impl Aggregate for Joined {
        type Input = u64;
        type Partial = String;
        type Output = String;
        type Algebra = Associative;

        fn lift(&self, n: u64) -> String {
            n.to_string()
        }
        fn combine(&self, older: String, newer: String) -> String {
            older + &self.0 + &newer
        }
        fn lower(&self, text: &str) -> String {
            format!("[{text}]")
        }
    }

    for workers in WORKERS {
        let (out, joined) = (Collector::default(), Joined(", ".to_owned()));
        let pipeline = stream!(every = 1s, |ssc| {
            let n = ssc.queue_stream(numbers(3));
            n.aggregate_by_window(joined, 2s).collect_into(&out);
        });
        run(pipeline, 3, workers);
        assert_eq!(by_second(&out)[2], (3, vec!["[2, 3]".to_owned()]));
    }
}

mod mistakes_at_the_start {
    use super::*;

    fn error(length: Duration, slide: Duration) -> String {
        let out = Collector::<u64>::default();
        let pipeline = stream!(every = 2s, |ssc| {
            ssc.queue_stream(numbers(1)).window(length, slide).collect_into(&out);
        });
        StreamingContext::new(pipeline).manual().err().unwrap().to_string()
    }

    #[test]
    fn durations_are_multiples_of_the_streams_slide() {
        let (short, long) = (Duration::from_secs(3), Duration::from_secs(4));
        assert!(error(short, long).contains("the length of its window is 3s, and its stream has a batch every 2s"));
        assert!(error(long, short).contains("the slide of its window is 3s"));
        assert!(error(Duration::ZERO, long).contains("make the length a multiple of 2s above zero"));
    }

    #[test]
    fn streams_that_meet_have_their_batches_together() {
        let out = Collector::<u64>::default();
        let slide = Duration::from_secs(3);
        let pipeline = stream!(every = 1s, |ssc| {
            let n = ssc.queue_stream(numbers(1));
            let both = n.window(6s, 2s).union(n.window(6s, slide));
            both.collect_into(&out);
        });
        let error = StreamingContext::new(pipeline).manual().err().unwrap().to_string();
        assert!(error.contains(
            "`both`: the batches of its streams do not come together: one slides every 2s, the other every 3s"
        ));
    }
}

#[test]
fn a_batch_that_is_tried_again_enters_a_window_once() {
    for workers in WORKERS {
        let (out, has_failed) = (Collector::default(), AtomicBool::new(false));
        let pipeline = stream!(every = 1s, |ssc| {
            let n = ssc.queue_stream(numbers(4));
            n.map(|n| n).window(3s).collect_into(&out);
            n.window(2s).count().filter(|_| true).foreach_batch(|_, time| {
                let fails = time.as_millis() == 2000 && !has_failed.swap(true, Ordering::Relaxed);
                if fails { Err("not now") } else { Ok(()) }
            });
        });
        run(pipeline, 4, workers);
        assert_eq!(by_second(&out), [(1, vec![1]), (2, vec![1, 2]), (3, vec![1, 2, 3]), (4, vec![2, 3, 4])]);
    }
}

#[test]
fn an_inverse_that_fails_gives_up_its_batch_and_no_other() {
    for workers in WORKERS {
        let out = Collector::default();
        let pipeline = stream!(every = 1s, |ssc| {
            let pairs = ssc.queue_stream(numbers(9)).flat_map(|n| [("a", n), ("b", 10 * n)]);
            let sums = pairs.reduce_by_key_and_window(
                |a, b| a + b,
                |total, left| {
                    assert_ne!(left, 2, "two cannot leave");
                    total - left
                },
                3s,
                1s,
            );
            sums.collect_into(&out);
        });
        let context = StreamingContext::new(pipeline).workers(workers).parallel_grain(1);
        let mut context = context.on_failure(OnFailure::Skip).manual().unwrap();
        context.advance(9).unwrap();
        assert_eq!((context.progress().batches, context.progress().failures), (8, 1));
        let sums: Vec<(u64, u64)> = by_second(&out)
            .iter()
            .map(|(second, sums)| (*second, sums.iter().find(|sum| sum.0 == "a").unwrap().1))
            .collect();
        // The batch of second 5, when 2 was to leave, is given up, and what it brought with it.
        assert_eq!(sums, [(1, 1), (2, 3), (3, 6), (4, 9), (6, 10), (7, 13), (8, 21), (9, 24)]);
    }
}

#[test]
fn a_window_with_a_predicate_has_the_name_of_its_stream() {
    let (out, kept) = (Collector::default(), Collector::default());
    let pipeline = stream!(every = 1s, |ssc| {
        let pairs = ssc.queue_stream(numbers(4)).map(|n| (n % 2, n));
        let sums = pairs.reduce_by_key_and_window(|a, b| a + b, |a, b| a - b, |(_, sum)| *sum > 2, 3s, 1s);
        sums.collect_into(&out);
        sums.union(pairs).collect_into(&kept);
    });
    let plan = pipeline.plan().to_string();
    let mut context = StreamingContext::new(pipeline).manual().unwrap();
    context.advance(3).unwrap();
    let states: Vec<String> = context.progress().states.iter().map(|state| state.name.to_string()).collect();
    assert_eq!(states, ["sums"]);
    assert!(plan.contains("stage 2: sums -> filter -> "), "{plan}");
    assert_eq!(by_second(&out), [(1, vec![]), (2, vec![]), (3, vec![(1, 4)])]);
    assert_eq!(by_second(&kept), [(1, vec![(1, 1)]), (2, vec![(0, 2)]), (3, vec![(1, 4), (1, 3)])]);
}

/// A number that is none leaves with its record, also from the last of several in a value.
#[test]
fn what_is_no_number_leaves_nothing_behind_wherever_it_is() {
    let out = Collector::default();
    let values = [f32::NAN, 1.0, 1.0, 1.0].map(|number| vec![((1u64, 1.0f64), [1.0f32, number])]);
    let pipeline = stream!(every = 1s, |ssc| {
        let sums = ssc.queue_stream(values).reduce_by_window(
            |a, b| ((a.0.0 + b.0.0, a.0.1 + b.0.1), [a.1[0] + b.1[0], a.1[1] + b.1[1]]),
            |a, b| ((a.0.0 - b.0.0, a.0.1 - b.0.1), [a.1[0] - b.1[0], a.1[1] - b.1[1]]),
            2s,
        );
        sums.collect_into(&out);
    });
    StreamingContext::new(pipeline).manual().unwrap().advance(4).unwrap();
    let last: Vec<f32> = out.batches().into_iter().flat_map(|(_, sums)| sums).map(|(_, last)| last[1]).collect();
    assert!(last[1].is_nan() && last[2..] == [2.0, 2.0], "{last:?}");
}
