//! Windows. Their durations are variables here, so that they are checked when a pipeline starts.

use microbatch::prelude::*;
use serde_json::{Map, Value, json};

use crate::case::{Case, Check, check_times, int, manual, run, same, text, text_int};

pipelines! {
    "W.larger": |case, ssc, out| (input = case.input(int), (length, slide) = case.window()) {
        ssc.queue_stream(input).window(length, slide).collect_into(&out);
    }
    "W.nonoverlap": |case, ssc, out| (input = case.input(int), (length, slide) = case.window()) {
        ssc.queue_stream(input).window(length, slide).collect_into(&out);
    }
    "J.window": |case, ssc, out| (input = case.input(int), (length, slide) = case.window()) {
        ssc.queue_stream(input).window(length, slide).collect_into(&out);
    }
    "J.windowSlide": |case, ssc, out| (input = case.input(int), (length, slide) = case.window()) {
        ssc.queue_stream(input).window(length, slide).collect_into(&out);
    }
    "Y.window": |case, ssc, out| (input = case.input(int), (length, slide) = case.window()) {
        ssc.queue_stream(input).window(length, slide).count().collect_into(&out);
    }
    "W.cbw": |case, ssc, out| (input = case.input(int), (length, slide) = case.window()) {
        ssc.queue_stream(input).count_by_window(length, slide).collect_into(&out);
    }
    "Y.cbwl": |case, ssc, out| (input = case.input(int), (length, slide) = case.window()) {
        ssc.queue_stream(input).count_by_window(length, slide).collect_into(&out);
    }
    "Q.cbwEmpty": |case, ssc, out| (input = case.input(int), (length, slide) = case.window()) {
        ssc.queue_stream(input).count_by_window(length, slide).collect_into(&out);
    }
    "Q.cbwSlideGt": |case, ssc, out| (input = case.input(int), (length, slide) = case.window()) {
        ssc.queue_stream(input).count_by_window(length, slide).collect_into(&out);
    }
    "Y.cbvw": |case, ssc, out| (input = case.input(int), (length, slide) = case.window()) {
        ssc.queue_stream(input).count_by_value_and_window(length, slide).collect_into(&out);
    }
    "J.cbvw": |case, ssc, out| (input = case.input(text), (length, slide) = case.window()) {
        ssc.queue_stream(input).count_by_value_and_window(length, slide).collect_into(&out);
    }
    "J.gbkw": |case, ssc, out| (input = case.input(text_int), (length, slide) = case.window()) {
        let groups = ssc.queue_stream(input).group_by_key_and_window(length, slide);
        groups.map_values(sorted).collect_into(&out);
    }
}

fn sorted(values: &[i64]) -> Vec<i64> {
    let mut values = values.to_vec();
    values.sort_unstable();
    values
}

pub const CHECKS: &[(&str, Check)] = &[
    ("W.N1", sums_by_key),
    ("W.N4", sums_by_key),
    ("W.N5", sums_by_key),
    ("W.I1", sums_by_key),
    ("W.I2", sums_by_key),
    ("W.I3", sums_by_key),
    ("W.I4", sums_by_key),
    ("W.I6", sums_by_key),
    ("J.rbkw", sums_by_key),
    ("J.rbkwi", sums_by_key),
    ("Q.slideGtNaive", sums_by_key),
    ("Q.rbwEmpty", sums),
    ("Q.winAlign", |case, workers| {
        let ((length, slide), every) = (case.window(), case.every());
        let (input, out) = (case.input(int), Collector::default());
        let batches = case.batches();
        let pipeline = stream!(every = every, |ssc| {
            ssc.queue_stream(input).window(length, slide).collect_into(&out);
        });
        let start = Time::from_millis(case.param("clock_at_start_ms") as u64);
        let context = StreamingContext::new(pipeline).workers(workers);
        context.manual_from(start).unwrap().advance(batches).unwrap();
        let outputs = out.batches().into_iter().map(|(time, records)| (time.as_millis().to_string(), json!(records)));
        assert_eq!(json!(outputs.collect::<Map<String, Value>>()), case.expected()["outputs"]);
    }),
    // Records that no window needs any more are gone.
    ("B.cleanupWindow", |case, workers| {
        let input = case.input(int);
        let pipeline = stream!(every = 1s, |ssc| {
            let window1 = ssc.queue_stream(input).map(|x| (x % 10, 1)).window(2s, 1s);
            let window2 = window1.window(4s, 2s);
            window2.count().foreach_batch(|_, _| {});
        });
        let mut context = manual(pipeline, workers);
        context.advance(case.param("batches_run") as u64).unwrap();
        for state in context.progress().states {
            let gone = &case.expected()["at_10s"][state.name.as_ref()]["has_not"][0];
            let oldest = state.oldest.expect("it is not empty");
            assert!(oldest > Time::ZERO + case.every() * u32::try_from(int(gone)).unwrap(), "{state:?}");
        }
    }),
    ("Q.err.window_not_a_multiple", |_, workers| {
        refused(window(1000, 1500, 1000), workers, "length of its window is 1.5s")
    }),
    ("Q.err.slide_not_a_multiple", |_, workers| {
        refused(window(1000, 2000, 1500), workers, "slide of its window is 1.5s")
    }),
    ("Q.err.inverse_window_not_a_multiple", |_, workers| {
        refused(window_with_inverse(1000, 1500, 1000), workers, "length of its window is 1.5s");
    }),
    ("Y.invalid", |case, workers| {
        let every = case.every().as_millis() as u64;
        for call in case.field("params")["calls"].as_array().unwrap() {
            let [length, slide] = ["window_s", "slide_s"]
                .map(|name| Duration::from_secs_f64(call[name].as_f64().unwrap()).as_millis() as u64);
            refused(window_with_inverse(every, length, slide), workers, "its stream has a batch every 500ms");
        }
    }),
    ("Q.err.union_of_different_slides", |_, workers| {
        let slide = Duration::from_secs(2);
        let pipeline = stream!(every = 1s, |ssc| {
            let s = ssc.queue_stream([vec![1]]);
            s.union(s.window(slide, slide)).count().print();
        });
        refused(pipeline, workers, "one slides every 1s, the other every 2s");
    }),
    ("Q.err.join_of_different_slides", |_, workers| {
        let slide = Duration::from_secs(2);
        let pipeline = stream!(every = 1s, |ssc| {
            let s = ssc.queue_stream([vec![(1, 2)]]);
            s.join(s.window(slide, slide)).count().print();
        });
        refused(pipeline, workers, "one slides every 1s, the other every 2s");
    }),
];

/// The sums of each key, with and without an inverse, and as an aggregate: all give the same.
fn sums_by_key(case: &Case, workers: usize) {
    let ((length, slide), every, input) = (case.window(), case.every(), case.input(text_int));
    let (folded, subtracted, aggregated) = (Collector::default(), Collector::default(), Collector::default());
    let pipeline = stream!(every = every, |ssc| {
        let pairs = ssc.queue_stream(input);
        pairs.reduce_by_key_and_window(|a, b| a + b, length, slide).collect_into(&folded);
        pairs.reduce_by_key_and_window(|a, b| a + b, |sum, left| sum - left, length, slide).collect_into(&subtracted);
        pairs.aggregate_by_key_and_window(microbatch::aggregate::sum(), length, slide).collect_into(&aggregated);
    });
    run(pipeline, case, workers);
    for out in [folded, subtracted, aggregated] {
        check_times(out.batches().iter().map(|(time, _)| *time), case);
        same(case, &records!(out), workers);
    }
}

/// The sum of all records, with and without an inverse.
fn sums(case: &Case, workers: usize) {
    let ((length, slide), every, input) = (case.window(), case.every(), case.input(int));
    let (folded, subtracted) = (Collector::default(), Collector::default());
    let pipeline = stream!(every = every, |ssc| {
        let numbers = ssc.queue_stream(input);
        numbers.reduce_by_window(|a, b| a + b, length, slide).collect_into(&folded);
        numbers.reduce_by_window(|a, b| a + b, |sum, left| sum - left, length, slide).collect_into(&subtracted);
    });
    run(pipeline, case, workers);
    for out in [folded, subtracted] {
        check_times(out.batches().iter().map(|(time, _)| *time), case);
        same(case, &records!(out), workers);
    }
}

fn window(every: u64, length: u64, slide: u64) -> impl Pipeline + Send {
    let [every, length, slide] = [every, length, slide].map(Duration::from_millis);
    stream!(every = every, |ssc| {
        ssc.queue_stream([vec![1]]).window(length, slide).count().print();
    })
}

fn window_with_inverse(every: u64, length: u64, slide: u64) -> impl Pipeline + Send {
    let [every, length, slide] = [every, length, slide].map(Duration::from_millis);
    stream!(every = every, |ssc| {
        let pairs = ssc.queue_stream([vec![(1, 2)]]);
        pairs.reduce_by_key_and_window(|a, b| a + b, |a, b| a - b, length, slide).print();
    })
}

/// The pipeline does not begin its first batch; tests/ui has the same mistakes in literals, which do not compile.
fn refused(pipeline: impl Pipeline + Send + 'static, workers: usize, words: &str) {
    let error = StreamingContext::new(pipeline).workers(workers).manual().err().unwrap().to_string();
    assert!(error.contains(words), "{error}");
}
