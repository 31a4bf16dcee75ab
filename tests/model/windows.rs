//! Windows against the obvious program: the operator without its window, over all records of the window's batches. Lengths
//! and slides are random, so are the batches; in some runs a batch fails once and is tried again.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use microbatch::OnFailure;
use microbatch::aggregate::{count_distinct, max, mean, min, sum, top};
use microbatch::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::data::{self, Batch, Input};
use crate::naive::{self, Expected, any_order, in_order};
use crate::{Results, shown, sorted};

/// The shape of the windows, and whether something goes wrong.
#[derive(Clone, Debug)]
struct Shape {
    length: u64,
    slide: u64,
    /// After so many records the batch fails once.
    fails_after: i64,
}

impl Shape {
    fn length(&self) -> Duration {
        Duration::from_secs(self.length)
    }
    fn slide(&self) -> Duration {
        Duration::from_secs(self.slide)
    }
    /// A record passes; one of them panics.
    fn fuse(&self) -> impl Fn() + Clone + Send + Sync + 'static {
        let left = Arc::new(AtomicI64::new(self.fails_after));
        move || assert!(left.fetch_sub(1, Ordering::Relaxed) != 0, "the fuse")
    }
}

/// All batches of the window that ends with this one.
fn window(input: &Input, shape: &Shape, end: usize) -> Batch {
    let mut window = Batch::default();
    for number in (end + 1).saturating_sub(shape.length as usize)..=end {
        let batch = input.batch(number);
        window.lines.extend(batch.lines);
        window.pairs.extend(batch.pairs);
        window.numbers.extend(batch.numbers);
    }
    window
}

fn advance(pipeline: impl Pipeline + Send + 'static, workers: usize, batches: usize) {
    let context = StreamingContext::new(pipeline).workers(workers).parallel_grain(1).on_failure(OnFailure::Retry(1));
    context.manual().unwrap().advance(batches as u64).unwrap();
}

fn property(name: &str, run: impl Fn(&Input, &Shape, usize) -> Results, model: impl Fn(&Batch) -> Vec<Expected>) {
    use proptest::prelude::*;
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(40);
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let shape =
        (1..6u64, 1..5u64, -1..40i64).prop_map(|(length, slide, fails_after)| Shape { length, slide, fails_after });
    let checked = runner.run(&(data::input(), shape, 2..=8usize), |(input, shape, workers)| {
        let results = run(&input, &shape, 1);
        let ends = (0..input.batches()).filter(|number| (number + 1) % shape.slide as usize == 0);
        for (slide, end) in ends.enumerate() {
            for (output, expected) in model(&window(&input, &shape, end)).into_iter().enumerate() {
                let found = results[output][slide].clone();
                match expected {
                    Expected::InOrder(expected) => assert_eq!(found, expected, "output {output}, batch {end}"),
                    Expected::AnyOrder(expected) => {
                        assert_eq!(sorted(found), sorted(expected), "output {output}, batch {end}");
                    }
                }
            }
        }
        assert_eq!(run(&input, &shape, workers), results, "{workers} workers against 1");
        Ok(())
    });
    checked.unwrap_or_else(|failure| panic!("{name}: {failure}"));
}

/// `name |stream| (outputs), |ssc, length, slide, fuse| { body } = |window| [what each output must hold]`
macro_rules! windows {
    ($($name:ident |$stream:ident| ($($out:ident),*), |$ssc:ident, $length:ident, $slide:ident, $fuse:ident| { $($body:tt)* } = |$window:ident| $model:expr;)*) => {$(
        #[test]
        fn $name() {
            let run = |input: &Input, shape: &Shape, workers: usize| {
                let batches = input.batches();
                let ($length, $slide, $fuse) = (shape.length(), shape.slide(), shape.fuse());
                let $stream = input.$stream.clone();
                $(let $out = Collector::default();)*
                let pipeline = stream!(every = 1s, |$ssc| { $($body)* });
                advance(pipeline, workers, batches);
                vec![$(shown(&$out)),*]
            };
            property(stringify!($name), run, |$window| $model.into_iter().collect());
        }
    )*};
}

fn doubled(n: i64) -> i64 {
    n * 2
}

windows! {
    records_as_they_are |lines| (raw, words), |ssc, length, slide, fuse| {
        let lines = ssc.queue_stream(lines);
        lines.window(length, slide).inspect(|_| fuse()).map(|line| line.len()).collect_into(&raw);
        let last = lines.flat_map(|line| line.split(' ')).window(length, slide);
        last.collect_into(&words);
    } = |window| [in_order(window.lines.iter().map(|line| line.len())), in_order(naive::words(&window.lines))];

    counts_by_word |lines| (counts, by_value, twice), |ssc, length, slide, fuse| {
        let words = ssc.queue_stream(lines).flat_map(|line| line.split(' ')).inspect(|_| fuse());
        words.map(|word| (word, 1u64)).reduce_by_key_and_window(|a, b| a + b, |a, b| a - b, length, slide).collect_into(&counts);
        words.count_by_value_and_window(length, slide).collect_into(&by_value);
        words.map(|word| (word, 2u64)).reduce_by_key_and_window(|a, b| a + b, |pair| pair.1 > 4, length, slide).collect_into(&twice);
    } = |window| {
        let counts = naive::count_by_value(naive::words(&window.lines));
        [
            any_order(counts.clone()),
            any_order(counts.clone()),
            any_order(counts.into_iter().filter(|(_, n)| *n > 2).map(|(word, n)| (word, 2 * n))),
        ]
    };

    /* Not commutative: the order of time shows. */
    texts_by_key |pairs| (joined, grouped), |ssc, length, slide, fuse| {
        let pairs = ssc.queue_stream(pairs).inspect(|_| fuse());
        let texts = pairs.map_values(|n| n.to_string());
        texts.reduce_by_key_and_window(|a, b| a + &b, length, slide).collect_into(&joined);
        pairs.group_by_key_and_window(length, slide).collect_into(&grouped);
    } = |window| {
        let groups = naive::group(window.pairs.clone());
        [
            any_order(groups.iter().map(|(key, ns)| (key, ns.iter().map(i64::to_string).collect::<String>()))),
            any_order(groups),
        ]
    };

    aggregates_by_key |pairs| (sums, means, greatest, least, distinct, tops), |ssc, length, slide, fuse| {
        let pairs = ssc.queue_stream(pairs).inspect(|_| fuse());
        pairs.aggregate_by_key_and_window(sum(), length, slide).collect_into(&sums);
        pairs.aggregate_by_key_and_window(mean(), length, slide).collect_into(&means);
        pairs.aggregate_by_key_and_window(max(), length, slide).collect_into(&greatest);
        pairs.aggregate_by_key_and_window(min(), length, slide).collect_into(&least);
        pairs.aggregate_by_key_and_window(count_distinct(), length, slide).collect_into(&distinct);
        pairs.aggregate_by_key_and_window(top(2), length, slide).collect_into(&tops);
    } = |window| {
        let groups = naive::group(window.pairs.clone());
        let each = |f: &dyn Fn(&[i64]) -> String| any_order(groups.iter().map(|(key, ns)| Raw(format!("({key:?}, {})", f(ns)))));
        [
            each(&|ns| ns.iter().sum::<i64>().to_string()),
            each(&|ns| format!("{:?}", ns.iter().sum::<i64>() as f64 / ns.len() as f64)),
            each(&|ns| ns.iter().max().unwrap().to_string()),
            each(&|ns| ns.iter().min().unwrap().to_string()),
            each(&|ns| ns.iter().collect::<HashSet<_>>().len().to_string()),
            each(&|ns| format!("{:?}", naive::top(ns.to_vec(), 2))),
        ]
    };

    all_records |numbers| (counts, sums, without, greatest, means), |ssc, length, slide, fuse| {
        let numbers = ssc.queue_stream(numbers).map(doubled).inspect(|_| fuse());
        numbers.count_by_window(length, slide).collect_into(&counts);
        numbers.reduce_by_window(|a, b| a + b, |a, b| a - b, length, slide).collect_into(&sums);
        numbers.map(|n| n.to_string()).reduce_by_window(|a, b| a + &b, length, slide).collect_into(&without);
        numbers.aggregate_by_window(max(), length, slide).collect_into(&greatest);
        numbers.aggregate_by_window(mean(), length, slide).collect_into(&means);
    } = |window| {
        let numbers: Vec<i64> = window.numbers.iter().map(|n| n * 2).collect();
        let text: String = numbers.iter().map(i64::to_string).collect();
        let sum: i64 = numbers.iter().sum();
        let some = !numbers.is_empty();
        [
            in_order([numbers.len()]),
            in_order(some.then_some(sum)),
            in_order(some.then_some(text)),
            in_order(numbers.iter().max()),
            in_order(some.then(|| sum as f64 / numbers.len() as f64)),
        ]
    };

    what_follows_and_meets |pairs| (joined, again), |ssc, length, slide, fuse| {
        let pairs = ssc.queue_stream(pairs);
        let sums = pairs.reduce_by_key_and_window(|a, b| a + b, |a, b| a - b, length, slide);
        let greatest = pairs.inspect(|_| fuse()).aggregate_by_key_and_window(max(), length, slide);
        sums.join(greatest).collect_into(&joined);
        sums.map(|(_, n)| n).reduce(|a, b| a + b).collect_into(&again);
    } = |window| {
        let groups = naive::group(window.pairs.clone());
        let total = window.pairs.iter().map(|(_, n)| n).sum::<i64>();
        [
            any_order(groups.iter().map(|(key, ns)| (key, (ns.iter().sum::<i64>(), ns.iter().max().unwrap())))),
            in_order((!groups.is_empty()).then_some(total)),
        ]
    };
}

/// Text that is shown as it is.
struct Raw(String);

impl std::fmt::Debug for Raw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
