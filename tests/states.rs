//! What operators with state remember: as other parts of the program see it, in the progress, on both clocks, and when
//! something goes wrong.
#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicBool, Ordering};

use microbatch::prelude::*;
use microbatch::{OnFailure, StateView};

fn words(batches: &[&str]) -> Vec<Vec<String>> {
    batches.iter().map(|batch| vec![batch.to_string()]).collect()
}

fn counting(batches: &[&str]) -> impl Pipeline + Send + 'static {
    let text = words(batches);
    stream!(every = 1s, name = "counting", |ssc| {
        let pairs = ssc.queue_stream(text).flat_map(|line| line.split(' ')).map(|word| (word, 1u64));
        let counts = pairs.update_state_by_key(|ones, count: Option<u64>| Some(count.unwrap_or(0) + ones.len() as u64));
        counts.count().foreach_batch(|_, _| {});
        let recent = pairs.map_with_state(|time, _, _: Option<u64>, last: &mut State<Time>| {
            if !last.is_timing_out() {
                last.update(time)
            }
        });
        recent.timeout(1s).name("last seen").foreach_batch(|_, _| {});
        pairs.reduce_by_key_and_window(|a, b| a + b, |a, b| a - b, 2s).name("window").foreach_batch(|_, _| {});
    })
}

mod views {
    use super::*;

    #[test]
    fn a_view_is_that_of_the_last_committed_batch_and_stays_so() {
        let mut context = StreamingContext::new(counting(&["a b a", "b", "c"])).manual().unwrap();
        context.advance(1).unwrap();
        let first = context.state::<String, u64>("counts").unwrap();
        context.advance(2).unwrap();
        let third: StateView<String, u64> = context.state("counts").unwrap();
        assert_eq!((first.get("a"), first.get("b"), first.get("c"), first.len()), (Some(&2), Some(&1), None, 2));
        assert_eq!((third.get("a"), third.get("b"), third.get("c"), third.len()), (Some(&2), Some(&2), Some(&1), 3));
        assert_eq!([first.time(), third.time()], [1000, 3000].map(|millis| Some(Time::from_millis(millis))));
        let mut all: Vec<(String, u64)> = third.iter().map(|(word, n)| (word.clone(), *n)).collect();
        all.sort();
        assert_eq!(all, [("a".to_string(), 2), ("b".to_string(), 2), ("c".to_string(), 1)]);
        let seen = context.state::<String, Time>("last seen").unwrap();
        assert_eq!(
            (seen.get("a"), seen.get("b").map(|time| time.as_millis())),
            (None, Some(2000)),
            "`a` has timed out"
        );
    }

    #[test]
    fn another_thread_looks_while_batches_run() {
        let text = words(&["a"; 200]);
        let pipeline = stream!(every = 1ms, |ssc| {
            let pairs = ssc.queue_stream(text).map(|word| (word, 1u64));
            let counts =
                pairs.update_state_by_key(|ones, count: Option<u64>| Some(count.unwrap_or(0) + ones.len() as u64));
            counts.count().foreach_batch(|_, _| {});
        });
        let context = StreamingContext::new(pipeline).batches(200).start().unwrap();
        let (mut before, mut views) = (0, 0);
        while before < 200 {
            let Ok(view) = context.state::<String, u64>("counts") else { continue };
            let now = view.get("a").copied().unwrap_or(0);
            assert!(now >= before, "{now} after {before}");
            (before, views) = (now, views + 1);
        }
        context.await_termination().unwrap();
        assert!(views > 0);
    }

    #[test]
    fn what_is_not_there_is_named() {
        let mut context = StreamingContext::new(counting(&["a"])).manual().unwrap();
        context.advance(1).unwrap();
        let error = context.state::<String, u64>("count").map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("no state has the name `count`") && error.contains("`counts`, `last seen`"), "{error}");
        let error = context.state::<String, i32>("counts").map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("the state `counts` has other types than `alloc::string::String` and `i32`"), "{error}");
    }
}

#[test]
fn sizes_are_in_the_progress() {
    let mut context = StreamingContext::new(counting(&["a b a", "b", "c", "c", "c"])).manual().unwrap();
    let entries = |context: &microbatch::ManualContext| -> Vec<(String, u64)> {
        let states = context.progress().states;
        states.iter().map(|state| (state.name.to_string(), state.entries)).collect()
    };
    let named = |counts, seen, window| {
        vec![("counts".to_string(), counts), ("last seen".to_string(), seen), ("window".to_string(), window)]
    };
    context.advance(1).unwrap();
    assert_eq!(entries(&context), named(2, 2, 2));
    context.advance(4).unwrap();
    assert_eq!(entries(&context), named(3, 1, 1));
    let window = &context.progress().states[2];
    assert!(window.bytes > 0);
    assert_eq!(window.oldest.map(|time| time.as_millis()), Some(3000), "its panes cover (3 s, 5 s]");
}

#[test]
fn snapshots_may_be_taken_any_number_of_times() {
    let (all, counts) = (Collector::default(), Collector::default());
    let pipeline = stream!(every = 1s, |ssc| {
        let numbers = ssc.queue_stream([vec![('a', 1u64), ('b', 2)]]);
        let last = numbers.map_with_state(|_, _, value: Option<u64>, state: &mut State<u64>| {
            value.into_iter().for_each(|value| state.update(value));
        });
        last.state_snapshots().sort_by_key().collect_into(&all);
        last.state_snapshots().count().collect_into(&counts);
    });
    StreamingContext::new(pipeline).manual().unwrap().advance(2).unwrap();
    assert_eq!((all.batches()[1].1.clone(), counts.batches()[1].1.clone()), (vec![('a', 1), ('b', 2)], vec![2]));
}

#[test]
fn sizes_belong_to_their_states_in_whatever_order_these_are_declared() {
    let pipeline = stream!(every = 1s, |ssc| {
        let pairs = ssc.queue_stream([vec![(1, 'a'), (2, 'a'), (3, 'b')]]);
        let latest = pairs.update_state_by_key(|values, _| values.last().copied());
        let letters = pairs.map(|(_, letter)| letter).count_by_value_and_window(5s);
        let name = "latest of each";
        latest.name(name).foreach_batch(|_, _| {});
        letters.foreach_batch(|_, _| {});
    });
    let mut context = StreamingContext::new(pipeline).manual().unwrap();
    context.advance(1).unwrap();
    let states = context.progress().states;
    let mut sizes: Vec<_> = states.iter().map(|state| (state.name.as_ref(), state.entries)).collect();
    sizes.sort();
    assert_eq!(sizes, [("latest of each", 3), ("letters", 2)]);
}

/// A shard is looked at once in 64 batches.
#[test]
fn the_oldest_entry_is_that_of_the_key_without_data_for_longest() {
    let pipeline = stream!(every = 1s, |ssc| {
        let numbers = ssc.queue_stream((1..=200u64).map(|n| if n <= 50 { vec![(n, ())] } else { vec![] }));
        let seen = numbers.map_with_state(|time, _, _, last: &mut State<Time>| {
            if !last.is_timing_out() {
                last.update(time);
            }
        });
        seen.timeout(1h).foreach_batch(|_, _| {});
    });
    let mut context = StreamingContext::new(pipeline).manual().unwrap();
    context.advance(200).unwrap();
    assert_eq!(context.progress().states[0].oldest, Some(Time::from_millis(1000)));
}

#[test]
fn two_states_of_one_name_do_not_start() {
    let pipeline = stream!(every = 1s, |ssc| {
        let pairs = ssc.queue_stream([vec![(1, 1)]]);
        pairs.update_state_by_key(|values, _| values.last().copied()).name("sums").foreach_batch(|_, _| {});
        pairs.update_state_by_key(|values, _| values.first().copied()).name("sums").foreach_batch(|_, _| {});
    });
    let error = StreamingContext::new(pipeline).manual().err().unwrap().to_string();
    assert!(error.contains("two windows or states have the name `sums`"), "{error}");
}

#[test]
fn a_checkpoint_interval_is_a_multiple_of_the_batch_interval() {
    let pipeline = stream!(every = 2s, |ssc| {
        let pairs = ssc.queue_stream([vec![(1, 1)]]);
        pairs.update_state_by_key(|values, _| values.last().copied()).checkpoint_interval(3s).foreach_batch(|_, _| {});
    });
    let error = StreamingContext::new(pipeline).manual().err().unwrap().to_string();
    assert!(
        error.contains(
            "the checkpoint interval of `update_state_by_key` is 3s, which does not go with a batch every 2s"
        ),
        "{error}"
    );
}

#[test]
fn a_batch_that_is_given_up_leaves_no_trace() {
    let (out, fails) = (Collector::default(), AtomicBool::new(true));
    let pipeline = stream!(every = 1s, |ssc| {
        let pairs = ssc.queue_stream([vec![('a', 1)], vec![('a', 10), ('b', 1)], vec![('a', 100)]]);
        let sums =
            pairs.update_state_by_key(|values, sum: Option<i32>| Some(sum.unwrap_or(0) + values.iter().sum::<i32>()));
        let window = pairs.reduce_by_key_and_window(|a, b| a + b, 5s);
        sums.join(window).sort_by_key().collect_into(&out);
        sums.foreach_batch(|_, time| {
            let fails = time.as_millis() == 2000 && fails.load(Ordering::Relaxed);
            if fails { Err("not this one") } else { Ok(()) }
        });
    });
    let context = StreamingContext::new(pipeline).workers(2).parallel_grain(1).on_failure(OnFailure::Skip);
    context.manual().unwrap().advance(3).unwrap();
    let batches: Vec<_> = out.batches().into_iter().map(|(time, records)| (time.as_millis(), records)).collect();
    assert_eq!(batches, [(1000, vec![('a', (1, 1))]), (3000, vec![('a', (101, 101))])]);
}

#[test]
fn misuse_of_a_state_fails_the_batch_at_its_place() {
    let pipeline = stream!(every = 1s, |ssc| {
        let pairs = ssc.queue_stream([vec![('a', 1u64)]]);
        let sums = pairs.map_with_state(|_, _, _, state: &mut State<u64>| {
            state.remove();
            state.update(1);
        });
        sums.foreach_batch(|_, _| {});
    });
    let error = StreamingContext::new(pipeline).manual().unwrap().advance(1).unwrap_err().to_string();
    assert!(error.contains("`sums`") && error.contains("this call of the closure has removed it already"), "{error}");
    assert!(error.contains("tests/states.rs:"), "{error}");
}

#[test]
fn both_clocks_give_the_same() {
    let pipeline = |out: &Collector<(String, (u64, u64))>| {
        let out = out.clone();
        let text = words(&["a b", "a", "", "c a", "b", "b c", "c"]);
        stream!(every = 5ms, |ssc| {
            let pairs = ssc.queue_stream(text).flat_map(|line| line.split(' ')).map(|word| (word, 1u64));
            let window = pairs.reduce_by_key_and_window(|a, b| a + b, 15ms, 10ms);
            let sums = window
                .update_state_by_key(|counts, sum: Option<u64>| Some(sum.unwrap_or(0) + counts.iter().sum::<u64>()));
            window.join(sums).sort_by_key().collect_into(&out);
        })
    };
    let (wall, manual) = (Collector::default(), Collector::default());
    let context = StreamingContext::new(pipeline(&wall)).batches(10).start().unwrap();
    context.await_termination().unwrap();
    let begin = wall.batches().first().map(|(time, _)| *time).unwrap();
    // The batch before the first window, or the first window itself, is the first batch.
    let same = [5u64, 10].into_iter().any(|before| {
        manual.take();
        let context = StreamingContext::new(pipeline(&manual)).manual_from(begin - Duration::from_millis(before));
        context.unwrap().advance(10).unwrap();
        manual.batches() == wall.batches()
    });
    assert!(same, "{:?} on the wall clock", wall.batches());
}

#[test]
fn the_plan_says_what_may_grow() {
    let pipeline = stream!(every = 1s, |ssc| {
        let pairs = ssc.queue_stream([vec![(1u64, 1u64)]]);
        let grows = pairs.update_state_by_key(|values, sum| Some(sum.unwrap_or(0) + values.len()));
        let forgets = pairs.map_with_state(|_, _, _, state: &mut State<u64>| state.update(1));
        forgets.timeout(10min).count().print();
        let window = pairs.reduce_by_key_and_window(|a, b| a + b, 60s, 10s);
        let short = pairs.reduce_by_key_and_window(|a, b| a + b, 10s, 10s);
        grows.join(pairs.map_values(|n| n)).count().print();
        window.join(short).count().print();
    });
    let plan = pipeline.plan().to_string();
    let line = |name: &str| plan.lines().find(|line| line.contains(&format!(" {name} "))).unwrap().to_owned();
    assert!(line("grows").contains("MAY GROW WITHOUT BOUND"), "{plan}");
    assert!(!line("forgets").contains("MAY GROW") && line("forgets").contains("timeout(10min)"), "{plan}");
    assert!(line("window").contains("two stacks, as there is no inverse; 6 panes of 10s"), "{plan}");
    assert!(line("short").contains("merged anew when it slides, as its panes are few; 1 pane of 10s"), "{plan}");
}

#[test]
fn the_progress_of_a_context_that_has_stopped_has_the_sizes_after_its_last_batch() {
    let pipeline = stream!(every = 1ms, |ssc| {
        let pairs = ssc.queue_stream((1..=30u64).map(|n| vec![(n, n)]));
        pairs.update_state_by_key(|values, last| values.last().copied().or(last)).name("last").foreach_batch(|_, _| {});
    });
    let context = StreamingContext::new(pipeline).batches(30).start().unwrap();
    context.await_termination().unwrap();
    assert_eq!(context.progress().states[0].entries, 30);
}
