//! A body of `stream!` type-checks as ordinary Rust against `DStream`, which is what an editor sees of it. The same tokens are
//! compiled both ways; the pipeline then runs, so that the reference cannot promise what does not exist.
#![allow(clippy::unwrap_used, clippy::expect_used)]
// Streams are `Copy`, but people write `&stream` as well.
#![allow(clippy::needless_borrows_for_generic_args)]

use std::collections::BTreeSet;

use microbatch::dstream::Sources;
use microbatch::prelude::*;

/// Type-checks a body against the reference; it is not called.
fn check(_: impl FnOnce(&Sources)) {}

macro_rules! both {
    (|$ssc:ident| { $($body:tt)* }) => {{
        check(|$ssc| { $($body)* });
        let pipeline = stream!(every = 1s, |$ssc| { $($body)* });
        StreamingContext::new(pipeline).workers(2).parallel_grain(1).manual().unwrap().advance(2).unwrap();
    }};
}

#[test]
fn the_word_count() {
    let out: Collector<(String, u64)> = Collector::default();
    both!(|ssc| {
        let lines = ssc.queue_stream([vec!["to be".to_owned()]]);
        let words = lines.flat_map(|line| line.split(' '));
        let counts = words.map(|word| (word, 1u64)).reduce_by_key(|a, b| a + b);
        counts.sort_by_key().collect_into(&out);
    });
    assert_eq!(out.batches()[0].1, [("be".to_owned(), 1), ("to".to_owned(), 1)]);
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Click {
    user: u64,
    page: String,
}

#[test]
fn a_body_with_every_kind_of_operator() {
    let limit = 3;
    let pages = Collector::default();
    let names: Collector<(u64, (String, Option<String>))> = Collector::default();
    let rest = Collector::default();
    both!(|ssc| {
        let clicks = ssc.queue_stream([vec![Click { user: 1, page: "/".to_owned() }]]);
        let long = clicks.filter(|click| click.page.len() > limit).inspect(|click| assert!(click.user > 0));

        // Text that a closure makes is seen as `&str` once it was kept.
        let by_page: DStream<(String, u64)> = long.map(|click| (click.page.to_uppercase(), click.user));
        let users: DStream<(&str, &BTreeSet<u64>)> = by_page.aggregate_by_key(
            BTreeSet::new(),
            |mut users, user| {
                users.insert(user);
                users
            },
            |mut users, more| {
                users.extend(more);
                users
            },
        );
        users
            .filter(|(page, users)| page.starts_with('/') && users.len() > 1)
            .map(|(page, _)| page)
            .collect_into(&pages);

        // The streams of a join may hold their keys in different ways, and are used several times.
        let owned = clicks.map(|click| (click.user, click.page.clone()));
        let borrowed = clicks.map(|click| (click.user, click.page.as_str()));
        owned.left_outer_join(borrowed).collect_into(&names);
        owned.left_outer_join(&borrowed).collect_into(&names);
        let joined = owned.join(borrowed).full_outer_join(clicks.key_by(|click| click.user));
        joined
            .map_values(|(pair, click)| pair.map_or(0, |(a, b)| a.len() + b.len()) + click.map_or(0, |c| c.page.len()))
            .reduce_by_key(|a, b| a + b)
            .sort_by(|(_, n)| std::cmp::Reverse(*n))
            .map(|(user, _)| user)
            .collect_into(&rest);
        owned.cogroup(borrowed).flat_map_values(|(left, right)| left.iter().chain(right)).count().collect_into(&rest);
        owned.right_outer_join(borrowed).group_by_key().map(|(_, values)| values.len() as u64).collect_into(&rest);

        // Unions of one, of several, of texts in different hands.
        let numbers = clicks.map(|click| click.user);
        let same = numbers.map(|user| user);
        numbers.union(numbers).union(&same).union([numbers, same]).top(3).collect_into(&rest);
        ssc.union([numbers, same]).distinct().reduce(u64::max).collect_into(&rest);
        let texts = clicks.map(|click| click.page.clone()).union(clicks.map(|click| click.page.as_str()));
        texts.count_by_value().map(|(text, n)| n + text.len() as u64).collect_into(&rest);

        // Whole partitions and batches.
        numbers
            .repartition(4)
            .map_partitions(|records| records.step_by(2))
            .glom()
            .map(|run| run.len() as u64)
            .collect_into(&rest);
        numbers.transform(|batch, time| batch.into_iter().map(move |n| n + time.as_millis())).collect_into(&rest);
        numbers.transform_with(texts, |a, b, _| a.into_iter().zip(b)).sort_by_key().map(|(n, _)| n).collect_into(&rest);
        let means = clicks.map(|click| (click.user, 1.0)).combine_by_key(
            |x| (x, 1),
            |(s, n), x| (s + x, n + 1),
            |a, b| (a.0 + b.0, a.1 + b.1),
        );
        means.filter_map(|(user, (sum, _))| (sum > 1.0).then_some(user)).collect_into(&rest);
    });
    // Two outputs into one collector, in each of two batches.
    assert_eq!(names.batches().len(), 4);
    assert_eq!(names.batches()[0].1, [(1, ("/".to_owned(), Some("/".to_owned())))]);
}

#[test]
fn windows_and_states() {
    use microbatch::aggregate::{max, mean};

    let (counts, sums, seen, last) =
        (Collector::default(), Collector::default(), Collector::default(), Remembered::default());
    let length = Duration::from_secs(4);
    both!(|ssc| {
        let words = ssc.queue_stream([vec!["to be or not to be".to_owned()]]).flat_map(|line| line.split(' '));
        let pairs: DStream<(&str, u64)> = words.map(|word| (word, 1u64));
        let last_counts: DStream<(&str, u64)> = words.count_by_value_and_window(length, length);
        last_counts.collect_into(&counts);
        pairs.aggregate_by_key_and_window(mean(), length, length).map(|(_, mean)| mean + 0.5).print(10);
        pairs.map(|(_, n)| n).aggregate_by_window(max(), length, length).print(10);
        pairs.group_by_key_and_window(length, length).map_values(|ones: &[u64]| ones.len()).print(10);
        pairs.window(length, length).reduce_by_key(|a, b| a + b).print(10);

        let states = pairs.update_state_by_key(|ones, sum: Option<u64>| Some(sum.unwrap_or(0) + ones.len() as u64));
        states.map(|(word, n)| (word.len(), n)).collect_into(&sums);
        pairs.join(states).count().remember(&last, length);

        let came = pairs.map_with_state(|time, word, _, state: &mut State<Time>| {
            if !state.is_timing_out() {
                state.update(time);
            }
            word
        });
        let settled = came.timeout(length).initial_state([("be".to_owned(), Time::ZERO)]).name("last seen");
        settled.collect_into(&seen);
        settled.state_snapshots().filter(|(word, time)| !word.is_empty() && *time > Time::ZERO).print(10);
    });
    assert_eq!(seen.batches()[0].1.len(), 6);
    assert_eq!(last.slice(Time::ZERO, Time::from_millis(1000))[0].1, [6]);
}
