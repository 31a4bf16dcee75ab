//! Each operator on the edges of its meaning: empty batches, duplicates, order, sizes; and the interfaces that programs
//! written elsewhere rely on, as they are written there.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use microbatch::prelude::*;

/// Runs `batches` batches on as many workers as asked for, a worker for each record where there are enough.
fn run(pipeline: impl Pipeline + Send + 'static, workers: usize, batches: u64) {
    let context = StreamingContext::new(pipeline).workers(workers).parallel_grain(1);
    context.manual().unwrap().advance(batches).unwrap();
}

/// The records of each batch, without its time; empties the collector.
fn records<T>(out: &Collector<T>) -> Vec<Vec<T>> {
    out.take().into_iter().map(|(_, records)| records).collect()
}

fn sorted<T: Ord>(mut records: Vec<T>) -> Vec<T> {
    records.sort();
    records
}

fn texts(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn pairs<V: Clone>(pairs: &[(&str, V)]) -> Vec<(String, V)> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect()
}

const WORKERS: [usize; 4] = [1, 2, 3, 8];

mod batches {
    use super::*;

    #[test]
    fn every_due_batch_has_an_entry_also_after_the_queue_has_ended() {
        let out = Collector::default();
        let pipeline = stream!(every = 1s, |ssc| {
            ssc.queue_stream(vec![vec![7u64], vec![]]).collect_into(&out);
        });
        run(pipeline, 2, 4);
        let times: Vec<u64> = out.batches().iter().map(|(time, _)| time.as_millis()).collect();
        assert_eq!(times, [1000, 2000, 3000, 4000]);
        assert_eq!(records(&out), [vec![7], vec![], vec![], vec![]]);
    }

    #[test]
    fn an_interval_below_a_second_and_an_expression_as_interval() {
        for every in [Duration::from_millis(250), Duration::from_secs(5)] {
            let out = Collector::default();
            let pipeline = stream!(every = every, |ssc| {
                ssc.queue_stream([vec![1u8]]).collect_into(&out);
            });
            run(pipeline, 1, 2);
            let times: Vec<Time> = out.batches().iter().map(|(time, _)| *time).collect();
            assert_eq!(times, [Time::ZERO + every, Time::ZERO + every * 2]);
        }
    }

    #[test]
    fn advance_returns_when_its_batches_are_done() {
        let out = Collector::default();
        let pipeline = stream!(every = 1s, |ssc| {
            ssc.queue_stream((0..10u64).map(|n| vec![n])).collect_into(&out);
        });
        let mut context = StreamingContext::new(pipeline).manual().unwrap();
        for batches in 1..=3 {
            context.advance(1).unwrap();
            assert_eq!(out.batches().len(), batches);
        }
        context.advance(4).unwrap();
        assert_eq!(out.batches().len(), 7);
        context.advance(0).unwrap();
        assert_eq!(out.batches().len(), 7);
        assert_eq!(context.time(), Time::from_millis(7000));
    }

    #[test]
    fn a_queue_is_any_iterator_of_vectors() {
        let out = Collector::default();
        let pipeline = stream!(every = 1s, |ssc| {
            let array = ssc.queue_stream([vec![1u32], vec![2]]);
            let lazy = ssc.queue_stream((10..12u32).map(|n| vec![n; 2]));
            let deque = ssc.queue_stream(std::collections::VecDeque::from([vec![100u32]]));
            ssc.union([array, lazy, deque]).collect_into(&out);
        });
        run(pipeline, 2, 3);
        assert_eq!(records(&out), [vec![1, 10, 10, 100], vec![2, 11, 11], vec![]]);
    }
}

mod narrow {
    use super::*;

    #[test]
    fn a_record_at_a_time_in_the_order_of_the_source() {
        for workers in WORKERS {
            let (mapped, flat, kept, both) = Default::default();
            let pipeline = stream!(every = 1s, |ssc| {
                let numbers = ssc.queue_stream([(0..20i64).collect(), vec![], vec![-1]]);
                numbers.map(|n| n * 2).collect_into(&mapped);
                numbers.flat_map(|n| (0..n % 3).map(move |k| (n, k))).collect_into(&flat);
                numbers.filter(|n| *n < 5).collect_into(&kept);
                numbers.filter_map(|n| (n % 7 == 0).then_some(n.to_string())).collect_into(&both);
            });
            run(pipeline, workers, 3);
            assert_eq!(records(&mapped), [(0..20).map(|n| n * 2).collect(), vec![], vec![-2]]);
            let first: Vec<(i64, i64)> = (0..20).flat_map(|n| (0..n % 3).map(move |k| (n, k))).collect();
            assert_eq!(records(&flat), [first, vec![], vec![]]);
            assert_eq!(records(&kept), [(0..5).collect(), vec![], vec![-1]]);
            assert_eq!(records(&both), [texts(&["0", "7", "14"]), vec![], vec![]]);
        }
    }

    #[test]
    fn text_lines_and_words() {
        let out = Collector::default();
        let pipeline = stream!(every = 1s, |ssc| {
            let lines = ssc.queue_stream([texts(&["to be", "", "or not", "äöü ß"])]);
            lines.filter(|line| line.contains(' ')).flat_map(|line| line.split(' ')).collect_into(&out);
        });
        run(pipeline, 2, 1);
        assert_eq!(records(&out), [texts(&["to", "be", "or", "not", "äöü", "ß"])]);
    }

    #[test]
    fn values_change_and_keys_stay() {
        let (mapped, flat) = (Collector::default(), Collector::default());
        let pipeline = stream!(every = 1s, |ssc| {
            let pairs = ssc.queue_stream([pairs(&[("a", 1u64), ("", 2), ("a", 3)])]);
            pairs.map_values(|n| n + 10).collect_into(&mapped);
            pairs.flat_map_values(|n| 0..n).collect_into(&flat);
        });
        run(pipeline, 2, 1);
        assert_eq!(records(&mapped), [super::pairs(&[("a", 11), ("", 12), ("a", 13)])]);
        assert_eq!(records(&flat), [super::pairs(&[("a", 0), ("", 0), ("", 1), ("a", 0), ("a", 1), ("a", 2)])]);
    }

    #[test]
    fn keys_are_made_of_records() {
        let (keyed, seen) = (Collector::default(), Arc::new(AtomicU64::new(0)));
        let counter = Arc::clone(&seen);
        let pipeline = stream!(every = 1s, |ssc| {
            let words = ssc.queue_stream([texts(&["a", "bcd", "ef"])]);
            words
                .inspect(|word| {
                    counter.fetch_add(word.len() as u64, Ordering::Relaxed);
                })
                .key_by(|word| word.len())
                .collect_into(&keyed);
        });
        run(pipeline, 2, 1);
        assert_eq!(records(&keyed), [vec![(1usize, "a".to_owned()), (3, "bcd".to_owned()), (2, "ef".to_owned())]]);
        assert_eq!(seen.load(Ordering::Relaxed), 6);
    }

    #[test]
    fn a_union_has_the_left_records_first() {
        for workers in WORKERS {
            let (out, all) = (Collector::default(), Collector::default());
            let pipeline = stream!(every = 1s, |ssc| {
                let left = ssc.queue_stream([vec![3u64, 1], vec![], vec![5]]);
                let right = ssc.queue_stream([vec![2u64], vec![9], vec![]]);
                let tens = right.map(|n| n * 10);
                left.union(tens).map(|n| n + 1).collect_into(&out);
                ssc.union([right, left, right]).collect_into(&all);
            });
            run(pipeline, workers, 3);
            assert_eq!(records(&out), [vec![4, 2, 21], vec![91], vec![6]]);
            assert_eq!(records(&all), [vec![2, 3, 1, 2], vec![9, 9], vec![5]]);
        }
    }

    #[test]
    fn a_union_of_a_stream_with_itself_and_with_what_is_made_of_it() {
        for workers in WORKERS {
            let (twice, mixed) = (Collector::default(), Collector::default());
            let pipeline = stream!(every = 1s, |ssc| {
                let numbers = ssc.queue_stream([vec![1u64, 2, 3]]);
                numbers.union(numbers).collect_into(&twice);
                let sums = numbers.reduce(|a, b| a + b);
                let doubled = numbers.map(|n| n * 2);
                sums.union(doubled).union(numbers).filter(|n| *n != 2).collect_into(&mixed);
            });
            run(pipeline, workers, 2);
            assert_eq!(records(&twice), [vec![1, 2, 3, 1, 2, 3], vec![]]);
            assert_eq!(records(&mixed), [vec![6, 4, 6, 1, 3], vec![]]);
        }
    }
}

mod partitions {
    use super::*;

    #[test]
    fn repartition_cuts_into_equal_runs_in_order() {
        for workers in WORKERS {
            let out = Collector::default();
            let pipeline = stream!(every = 1s, |ssc| {
                ssc.queue_stream([(0..10u64).collect()]).repartition(3).glom().collect_into(&out);
            });
            run(pipeline, workers, 1);
            assert_eq!(records(&out), [[vec![0, 1, 2], vec![3, 4, 5], vec![6, 7, 8, 9]]]);
        }
    }

    #[test]
    fn there_are_as_many_partitions_as_asked_for_also_when_records_are_few() {
        for workers in WORKERS {
            let (runs, sizes) = (Collector::default(), Collector::default());
            let pipeline = stream!(every = 1s, |ssc| {
                let five = ssc.queue_stream([vec![8u64, 9], vec![]]).repartition(5);
                five.glom().collect_into(&runs);
                five.map_partitions(|records| [records.count()]).collect_into(&sizes);
            });
            run(pipeline, workers, 3);
            for runs in records(&runs).iter().zip([vec![8, 9], vec![], vec![]]) {
                assert_eq!((runs.0.len(), runs.0.concat()), (5, runs.1));
            }
            let sizes: Vec<(usize, usize)> =
                records(&sizes).iter().map(|sizes| (sizes.len(), sizes.iter().sum())).collect();
            assert_eq!(sizes, [(5, 2), (5, 0), (5, 0)]);
        }
    }

    #[test]
    fn partitions_stay_what_they_are_when_their_stream_is_shared() {
        for workers in WORKERS {
            let (runs, count, all) = (Collector::default(), Collector::default(), Collector::default());
            let pipeline = stream!(every = 1s, |ssc| {
                let numbers = ssc.queue_stream([(0..8u64).collect()]).repartition(4).map(|n| n * 10);
                numbers.glom().collect_into(&runs);
                numbers.count().collect_into(&count);
                numbers.union(numbers).glom().map(|run| run.len()).collect_into(&all);
            });
            run(pipeline, workers, 1);
            assert_eq!(records(&runs), [[vec![0, 10], vec![20, 30], vec![40, 50], vec![60, 70]]]);
            assert_eq!(records(&count), [[8]]);
            assert_eq!(records(&all), [[2; 8]]);
        }
    }

    #[test]
    fn a_function_on_partitions_may_end_early_and_give_more() {
        for workers in WORKERS {
            let out = Collector::default();
            let pipeline = stream!(every = 1s, |ssc| {
                let runs = ssc.queue_stream([(1..=9u64).collect()]).repartition(3);
                runs.map_partitions(|records| records.take(2).chain([0])).collect_into(&out);
            });
            run(pipeline, workers, 1);
            assert_eq!(records(&out), [[1, 2, 0, 4, 5, 0, 7, 8, 0]]);
        }
    }

    #[test]
    fn no_partitions_at_all_is_an_error() {
        let out = Collector::default();
        let pipeline = stream!(every = 1s, |ssc| {
            ssc.queue_stream([vec![1u64]]).repartition(0).collect_into(&out);
        });
        let error = StreamingContext::new(pipeline).manual().unwrap().advance(1).unwrap_err().to_string();
        assert!(error.contains("0 partitions") && error.contains("repartition(1)"), "{error}");
    }
}

mod shuffles {
    use super::*;

    #[test]
    fn an_empty_batch_counts_zero_and_reduces_to_nothing() {
        for workers in WORKERS {
            let (counts, sums, by_value, unique, groups) = Default::default();
            let pipeline = stream!(every = 1s, |ssc| {
                let numbers = ssc.queue_stream([vec![], vec![4u64, 4, 5]]);
                numbers.count().collect_into(&counts);
                numbers.reduce(|a, b| a + b).collect_into(&sums);
                numbers.count_by_value().collect_into(&by_value);
                numbers.distinct().collect_into(&unique);
                numbers.map(|n| (n, n)).group_by_key().collect_into(&groups);
            });
            run(pipeline, workers, 3);
            assert_eq!(records::<u64>(&counts), [[0], [3], [0]]);
            assert_eq!(records::<u64>(&sums), [vec![], vec![13], vec![]]);
            let by_value: Vec<_> = records::<(u64, u64)>(&by_value).into_iter().map(sorted).collect();
            assert_eq!(by_value, [vec![], vec![(4, 2), (5, 1)], vec![]]);
            let unique: Vec<_> = records::<u64>(&unique).into_iter().map(sorted).collect();
            assert_eq!(unique, [vec![], vec![4, 5], vec![]]);
            let groups: Vec<_> = records::<(u64, Vec<u64>)>(&groups).into_iter().map(sorted).collect();
            assert_eq!(groups, [vec![], vec![(4, vec![4, 4]), (5, vec![5])], vec![]]);
        }
    }

    #[test]
    fn folds_see_records_in_order() {
        for workers in WORKERS {
            let (all, by_key) = (Collector::default(), Collector::default());
            let words: Vec<String> = (0..30).map(|n| n.to_string()).collect();
            let input = words.clone();
            let pipeline = stream!(every = 1s, |ssc| {
                let words = ssc.queue_stream([input]);
                words.map(|word| word.to_string()).reduce(|a, b| a + "," + &b).collect_into(&all);
                let by_length = words.map(|word| (word.len(), word.to_string()));
                by_length.reduce_by_key(|a, b| a + "," + &b).collect_into(&by_key);
            });
            run(pipeline, workers, 1);
            assert_eq!(records(&all), [[words.join(",")]]);
            let expected = vec![(1usize, words[..10].join(",")), (2, words[10..].join(","))];
            assert_eq!(records(&by_key).into_iter().map(sorted).collect::<Vec<_>>(), [expected]);
        }
    }

    #[test]
    fn views_can_be_folded_too() {
        let out = Collector::default();
        let pipeline = stream!(every = 1s, |ssc| {
            ssc.queue_stream([texts(&["pear", "fig", "apple"])])
                .reduce(|a, b| if a.len() >= b.len() { a } else { b })
                .collect_into(&out);
        });
        run(pipeline, 3, 1);
        assert_eq!(records(&out), [["apple".to_owned()]]);
    }

    #[test]
    fn groups_hold_their_values_in_the_order_of_the_records() {
        for workers in WORKERS {
            let out = Collector::default();
            let pipeline = stream!(every = 1s, |ssc| {
                let pairs = ssc.queue_stream([(0..40u64).map(|n| (n % 3, n)).collect()]);
                pairs.group_by_key().map(|(key, values)| (key, values.len(), values.to_vec())).collect_into(&out);
            });
            run(pipeline, workers, 1);
            let group = |key: u64| (0..40).filter(move |n| n % 3 == key).collect::<Vec<u64>>();
            let expected: Vec<_> = (0..3).map(|key| (key, group(key).len(), group(key))).collect();
            assert_eq!(sorted(records(&out).remove(0)), expected);
        }
    }

    #[test]
    fn combiners_may_be_of_another_type() {
        for workers in WORKERS {
            let (mean, range) = (Collector::default(), Collector::default());
            let pipeline = stream!(every = 1s, |ssc| {
                let pairs = ssc.queue_stream([pairs(&[("a", 1i64), ("b", 5), ("a", 4), ("a", 1)]), vec![]]);
                let sums =
                    pairs.combine_by_key(|v| (v, 1u64), |(sum, n), v| (sum + v, n + 1), |a, b| (a.0 + b.0, a.1 + b.1));
                sums.map_values(|(sum, n)| sum as f64 / n as f64).collect_into(&mean);
                pairs
                    .aggregate_by_key(
                        (i64::MAX, i64::MIN),
                        |(low, high), v| (low.min(v), high.max(v)),
                        |a, b| (a.0.min(b.0), a.1.max(b.1)),
                    )
                    .collect_into(&range);
            });
            run(pipeline, workers, 2);
            let mut mean = records(&mean);
            mean[0].sort_by(|a, b| a.0.cmp(&b.0));
            assert_eq!(mean, [super::pairs(&[("a", 2.0), ("b", 5.0)]), vec![]]);
            let range: Vec<_> = records(&range).into_iter().map(sorted).collect();
            assert_eq!(range, [super::pairs(&[("a", (1, 4)), ("b", (5, 5))]), vec![]]);
        }
    }

    #[test]
    fn the_zero_of_an_aggregate_begins_each_key_and_nothing_else() {
        let out = Collector::default();
        let pipeline = stream!(every = 1s, |ssc| {
            let pairs = ssc.queue_stream([(0..50u64).map(|n| (n % 5, n)).collect()]);
            pairs
                .aggregate_by_key(
                    String::new(),
                    |mut seen, n| {
                        seen.push_str(&format!("{n};"));
                        seen
                    },
                    |a, b| a + &b,
                )
                .collect_into(&out);
        });
        run(pipeline, 4, 1);
        for (key, seen) in &records(&out)[0] {
            let expected: String = (0..50).filter(|n| n % 5 == *key).map(|n| format!("{n};")).collect();
            assert_eq!(*seen, expected);
        }
    }

    #[test]
    fn top_gives_the_greatest_in_descending_order() {
        for workers in WORKERS {
            let (two, many, none) = (Collector::default(), Collector::default(), Collector::default());
            let pipeline = stream!(every = 1s, |ssc| {
                let numbers = ssc.queue_stream([vec![3i64, 9, -4, 9, 1], vec![], vec![2]]);
                numbers.top(2).collect_into(&two);
                numbers.top(100).collect_into(&many);
                numbers.top(0).collect_into(&none);
            });
            run(pipeline, workers, 3);
            assert_eq!(records(&two), [vec![9, 9], vec![], vec![2]]);
            assert_eq!(records(&many), [vec![9, 9, 3, 1, -4], vec![], vec![2]]);
            assert_eq!(records(&none), [vec![], vec![], vec![]]);
        }
    }

    #[test]
    fn sorting_keeps_equals_in_their_order() {
        for workers in WORKERS {
            let (by_length, by_key) = (Collector::default(), Collector::default());
            let words = texts(&["fig", "apple", "kiwi", "pear", "date", "nut", "", "plum"]);
            let mut expected = words.clone();
            expected.sort_by_key(String::len);
            let pipeline = stream!(every = 1s, |ssc| {
                let words = ssc.queue_stream([words, vec![]]);
                words.sort_by(|word| word.len()).collect_into(&by_length);
                words.key_by(|word| std::cmp::Reverse(word.len()).0 % 2).sort_by_key().collect_into(&by_key);
            });
            run(pipeline, workers, 2);
            assert_eq!(records(&by_length), [expected, vec![]]);
            let keyed =
                [(0, "kiwi"), (0, "pear"), (0, "date"), (0, ""), (0, "plum"), (1, "fig"), (1, "apple"), (1, "nut")];
            assert_eq!(records(&by_key)[0], keyed.map(|(key, word)| (key, word.to_owned())));
        }
    }

    #[test]
    fn a_batch_is_in_memory_after_a_shuffle_and_can_be_shuffled_again() {
        for workers in WORKERS {
            let out = Collector::default();
            let pipeline = stream!(every = 1s, |ssc| {
                let words = ssc.queue_stream([texts(&["a", "b", "a", "c", "b", "a"])]);
                let counts = words.count_by_value();
                counts.map(|(_, n)| n).count_by_value().reduce(|a, b| (a.0 + b.0, a.1 + b.1)).collect_into(&out);
            });
            run(pipeline, workers, 2);
            assert_eq!(records(&out), [vec![(6, 3)], vec![]]);
        }
    }
}

mod joins {
    use super::*;

    type Joined<A, B> = Vec<(String, (A, B))>;

    #[test]
    fn duplicates_give_products_and_what_has_no_partner_none() {
        for workers in WORKERS {
            let (inner, left_outer, right_outer, full, grouped) = Default::default();
            let pipeline = stream!(every = 1s, |ssc| {
                let left = ssc.queue_stream([pairs(&[("a", 1u64), ("b", 2), ("a", 3), ("", 4)]), vec![]]);
                let right = ssc.queue_stream([pairs(&[("a", 'x'), ("c", 'y'), ("a", 'z')]), pairs(&[("a", 'q')])]);
                left.join(right).collect_into(&inner);
                left.left_outer_join(right).collect_into(&left_outer);
                left.right_outer_join(right).collect_into(&right_outer);
                left.full_outer_join(right).collect_into(&full);
                left.cogroup(right).collect_into(&grouped);
            });
            run(pipeline, workers, 3);
            let products = [("a", (1, 'x')), ("a", (1, 'z')), ("a", (3, 'x')), ("a", (3, 'z'))];
            let inner: Vec<Joined<u64, char>> = records(&inner).into_iter().map(sorted).collect();
            assert_eq!(inner, [super::pairs(&products), vec![], vec![]]);

            let left_outer: Vec<Joined<u64, Option<char>>> = records(&left_outer).into_iter().map(sorted).collect();
            let some = products.map(|(key, (v, w))| (key, (v, Some(w))));
            assert_eq!(
                left_outer,
                [super::pairs(&[&[("", (4, None))], &some[..], &[("b", (2, None))]].concat()), vec![], vec![]]
            );

            let right_outer: Vec<Joined<Option<u64>, char>> = records(&right_outer).into_iter().map(sorted).collect();
            let some = products.map(|(key, (v, w))| (key, (Some(v), w)));
            let first = super::pairs(&[&some[..], &[("c", (None, 'y'))]].concat());
            assert_eq!(right_outer, [first, super::pairs(&[("a", (None, 'q'))]), vec![]]);

            let full: Vec<Joined<Option<u64>, Option<char>>> = records(&full).into_iter().map(sorted).collect();
            let some = products.map(|(key, (v, w))| (key, (Some(v), Some(w))));
            let ends = [("b", (Some(2), None)), ("c", (None, Some('y')))];
            let first = super::pairs(&[&[("", (Some(4), None))], &some[..], &ends].concat());
            assert_eq!(full, [first, super::pairs(&[("a", (None, Some('q')))]), vec![]]);

            let grouped: Vec<Joined<Vec<u64>, Vec<char>>> = records(&grouped).into_iter().map(sorted).collect();
            let groups = [
                ("", (vec![4], vec![])),
                ("a", (vec![1, 3], vec!['x', 'z'])),
                ("b", (vec![2], vec![])),
                ("c", (vec![], vec!['y'])),
            ];
            assert_eq!(grouped, [super::pairs(&groups), super::pairs(&[("a", (vec![], vec!['q']))]), vec![]]);
        }
    }

    #[test]
    fn sides_may_hold_their_keys_in_different_ways() {
        for workers in WORKERS {
            let (made, seen) = (Collector::default(), Collector::default());
            let pipeline = stream!(every = 1s, |ssc| {
                let words = ssc.queue_stream([texts(&["Ab", "cd"])]);
                let lower = words.map(|word| (word.to_lowercase(), 1u64));
                let plain = words.map(|word| (word, 2u64));
                lower.join(plain).collect_into(&made);
                plain.join(lower).collect_into(&seen);
            });
            run(pipeline, workers, 1);
            let expected = super::pairs(&[("cd", (1, 2))]);
            assert_eq!(records(&made), [expected]);
            assert_eq!(records(&seen), [super::pairs(&[("cd", (2, 1))])]);
        }
    }

    #[test]
    fn a_stream_joins_itself_and_what_is_made_of_it() {
        for workers in WORKERS {
            let (itself, totals) = (Collector::default(), Collector::default());
            let pipeline = stream!(every = 1s, |ssc| {
                let pairs = ssc.queue_stream([pairs(&[("a", 1u64), ("b", 2), ("a", 3)])]);
                pairs.join(pairs).map(|(key, (a, b))| (key, a * b)).reduce_by_key(|a, b| a + b).collect_into(&itself);
                let total = pairs.reduce_by_key(|a, b| a + b);
                pairs.join(total).map(|(_, (part, whole))| part as f64 / whole as f64).collect_into(&totals);
            });
            run(pipeline, workers, 1);
            assert_eq!(sorted(records(&itself).remove(0)), super::pairs(&[("a", 16), ("b", 4)]));
            let mut shares = records(&totals).remove(0);
            shares.sort_by(f64::total_cmp);
            assert_eq!(shares, [0.25, 0.75, 1.0]);
        }
    }

    #[test]
    fn joins_chain() {
        for workers in WORKERS {
            let out = Collector::default();
            let pipeline = stream!(every = 1s, |ssc| {
                let a = ssc.queue_stream([pairs(&[("k", 1u8), ("l", 2)])]);
                let b = ssc.queue_stream([pairs(&[("k", 3u16)])]);
                let c = ssc.queue_stream([pairs(&[("k", "x".to_owned())])]);
                a.left_outer_join(b).full_outer_join(c).collect_into(&out);
            });
            run(pipeline, workers, 1);
            let expected = [("k", (Some((1, Some(3))), Some("x".to_owned()))), ("l", (Some((2, None)), None))];
            assert_eq!(sorted(records(&out).remove(0)), super::pairs(&expected));
        }
    }
}

mod whole_batches {
    use super::*;

    #[test]
    fn transform_sees_all_records_and_the_time_of_the_batch() {
        for workers in WORKERS {
            let out = Collector::default();
            let pipeline = stream!(every = 500ms, |ssc| {
                let words = ssc.queue_stream([texts(&["b", "a"]), vec![], texts(&["c"])]);
                let stamped = words.transform(|mut batch, time| {
                    batch.sort();
                    batch.into_iter().map(move |word| (word, time.as_millis()))
                });
                stamped.collect_into(&out);
            });
            run(pipeline, workers, 3);
            assert_eq!(records(&out), [super::pairs(&[("a", 500), ("b", 500)]), vec![], super::pairs(&[("c", 1500)])]);
        }
    }

    #[test]
    fn transform_may_make_records_of_nothing() {
        let out = Collector::default();
        let pipeline = stream!(every = 1s, |ssc| {
            ssc.queue_stream([vec![1u64, 2]]).transform(|batch, _| [batch.len()]).collect_into(&out);
        });
        run(pipeline, 1, 2);
        assert_eq!(records(&out), [[2], [0]]);
    }

    #[test]
    fn transform_with_sees_both_batches() {
        for workers in WORKERS {
            let out = Collector::default();
            let pipeline = stream!(every = 1s, |ssc| {
                let numbers = ssc.queue_stream([vec![1u64, 2, 3], vec![4]]);
                let words = ssc.queue_stream([texts(&["x"]), texts(&["y", "z"])]);
                let zipped =
                    numbers.transform_with(words, |numbers, words, time| vec![(numbers.len(), words.len(), time)]);
                zipped.collect_into(&out);
            });
            run(pipeline, workers, 3);
            let times = [1, 2, 3].map(|second| Time::from_millis(second * 1000));
            assert_eq!(records(&out), [[(3, 1, times[0])], [(1, 2, times[1])], [(0, 0, times[2])]]);
        }
    }

    #[test]
    fn transforms_of_views_borrow_from_what_they_are_made_of() {
        let out = Collector::default();
        let pipeline = stream!(every = 1s, |ssc| {
            let lines = ssc.queue_stream([texts(&["b a", "c a"])]);
            let words = lines.flat_map(|line| line.split(' '));
            let first = words.transform(|batch, _| batch.into_iter().take(3));
            first.map(|word| (word, 1u64)).reduce_by_key(|a, b| a + b).sort_by_key().collect_into(&out);
        });
        run(pipeline, 2, 1);
        assert_eq!(records(&out), [super::pairs(&[("a", 1), ("b", 1), ("c", 1)])]);
    }
}

mod values {
    use super::*;

    #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Record)]
    struct Click {
        user: u64,
        page: String,
    }

    #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Record)]
    enum Event {
        Opened(Click),
        Closed { user: u64 },
        Idle,
    }

    #[derive(Clone, Debug, PartialEq, Record)]
    struct Measured<T> {
        value: T,
    }

    fn click(user: u64, page: &str) -> Click {
        Click { user, page: page.to_owned() }
    }

    fn event(click: &Click) -> Event {
        match click.user {
            1 => Event::Opened(click.clone()),
            2 => Event::Closed { user: 2 },
            _ => Event::Idle,
        }
    }

    #[test]
    fn structs_and_enums_of_the_user() {
        for workers in WORKERS {
            let (pages, happened, clicks_out, users) = Default::default();
            let clicks = vec![click(1, "/"), click(2, "/faq"), click(1, "/faq"), click(3, "/"), click(1, "/")];
            let pipeline = stream!(every = 1s, |ssc| {
                let clicks = ssc.queue_stream([clicks]);
                clicks.map(|click| (click.page.as_str(), 1u64)).reduce_by_key(|a, b| a + b).collect_into(&pages);
                clicks.map(event).filter(|event| *event != Event::Idle).distinct().collect_into(&happened);
                clicks.count_by_value().collect_into(&clicks_out);
                clicks.key_by(|click| click.user).map_values(|click| click.page.len()).top(1).collect_into(&users);
            });
            run(pipeline, workers, 1);
            assert_eq!(sorted(records(&pages).remove(0)), pairs(&[("/", 3), ("/faq", 2)]));
            let expected = [Event::Opened(click(1, "/")), Event::Opened(click(1, "/faq")), Event::Closed { user: 2 }];
            assert_eq!(sorted(records(&happened).remove(0)), expected);
            let expected = [(click(1, "/"), 2), (click(1, "/faq"), 1), (click(2, "/faq"), 1), (click(3, "/"), 1)];
            assert_eq!(sorted(records(&clicks_out).remove(0)), expected);
            assert_eq!(records(&users), [[(3, 1)]]);
        }
    }

    #[test]
    fn generic_structs_of_the_user() {
        let out = Collector::default();
        let pipeline = stream!(every = 1s, |ssc| {
            let measured = ssc.queue_stream([vec![Measured { value: 1.5f64 }, Measured { value: -1.0 }]]);
            measured.filter(|measured| measured.value > 0.0).collect_into(&out);
        });
        run(pipeline, 1, 1);
        assert_eq!(records(&out), [[Measured { value: 1.5 }]]);
    }

    #[test]
    fn options_vectors_and_tuples_are_seen_member_by_member() {
        for workers in WORKERS {
            let (options, lengths, threes) = Default::default();
            let record = |text: Option<&str>, list: &[u8], n: i32| (text.map(str::to_owned), list.to_vec(), n);
            let input = vec![record(Some("a"), &[1, 2], 1), record(None, &[], 2), record(Some("a"), &[3], 4)];
            let owned = input.clone();
            let pipeline = stream!(every = 1s, |ssc| {
                let records = ssc.queue_stream([input]);
                records.map(|(text, _, n)| (text, n)).reduce_by_key(|a, b| a + b).collect_into(&options);
                records.map(|(text, list, n)| (text.map_or(0, str::len), list.len(), n)).collect_into(&lengths);
                records.collect_into(&threes);
            });
            run(pipeline, workers, 1);
            assert_eq!(sorted(records(&options).remove(0)), [(None, 2), (Some("a".to_owned()), 5)]);
            assert_eq!(records(&lengths), [[(1, 2, 1), (0, 0, 2), (1, 1, 4)]]);
            assert_eq!(records(&threes), [owned]);
        }
    }

    #[test]
    fn keys_may_be_owned_borrowed_or_compound() {
        for workers in WORKERS {
            let (owned, compound, lists) = Default::default();
            let pipeline = stream!(every = 1s, |ssc| {
                let words = ssc.queue_stream([texts(&["To", "be", "to", "Be", ""])]);
                words.map(|word| (word.to_lowercase(), 1u64)).reduce_by_key(|a, b| a + b).collect_into(&owned);
                words
                    .map(|word| ((word.len(), word.chars().next()), 1u64))
                    .reduce_by_key(|a, b| a + b)
                    .collect_into(&compound);
                words.map(|word| word.to_lowercase().into_bytes()).distinct().collect_into(&lists);
            });
            run(pipeline, workers, 1);
            assert_eq!(sorted(records(&owned).remove(0)), pairs(&[("", 1), ("be", 2), ("to", 2)]));
            let expected = [
                ((0usize, None), 1),
                ((2, Some('B')), 1),
                ((2, Some('T')), 1),
                ((2, Some('b')), 1),
                ((2, Some('t')), 1),
            ];
            assert_eq!(sorted(records(&compound).remove(0)), expected);
            assert_eq!(sorted(records(&lists).remove(0)), [b"".to_vec(), b"be".to_vec(), b"to".to_vec()]);
        }
    }

    #[test]
    fn a_stream_may_carry_its_type() {
        let out = Collector::default();
        let pipeline = stream!(every = 1s, |ssc| {
            let lines: DStream<&str> = ssc.queue_stream([texts(&["a b", "a"])]);
            let pairs: DStream<(&str, u64)> = lines.flat_map(|line| line.split(' ')).map(|word| (word, 1));
            let counts: DStream<(&str, u64)> = pairs.reduce_by_key(|a, b| a + b);
            counts.sort_by_key().collect_into(&out);
        });
        run(pipeline, 2, 1);
        assert_eq!(records(&out), [pairs(&[("a", 2), ("b", 1)])]);
    }
}

mod programs {
    use super::*;

    /// Counts the words that are longer than `least`.
    fn long_words(text: Vec<Vec<String>>, least: usize, out: &Collector<(String, u64)>) -> impl Pipeline + use<> {
        stream!(every = 1s, name = "long-words", |ssc| {
            let words = ssc.queue_stream(text).flat_map(|line| line.split(' '));
            let counts = words.filter(|word| word.len() > least).count_by_value();
            counts.sort_by_key().collect_into(out);
        })
    }

    #[test]
    fn functions_make_pipelines_of_their_parameters() {
        for least in [0, 2] {
            let out = Collector::default();
            let pipeline = long_words(vec![texts(&["to be or not", "not"])], least, &out);
            assert_eq!(pipeline.name(), "long-words");
            assert_eq!(pipeline.every(), Duration::from_secs(1));
            run(pipeline, 2, 1);
            let expected = [("be", 1), ("not", 2), ("or", 1), ("to", 1)];
            let expected: Vec<_> = expected.into_iter().filter(|(word, _)| word.len() > least).collect();
            assert_eq!(records(&out), [pairs(&expected)]);
        }
    }

    #[test]
    fn setup_statements_run_once_when_the_pipeline_starts() {
        let runs = Arc::new(AtomicU64::new(0));
        let (counter, out) = (Arc::clone(&runs), Collector::default());
        let path = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(path.path(), "a=1\nb=2").unwrap();
        let file = path.path().to_owned();
        let pipeline = stream!(every = 1s, |ssc| {
            counter.fetch_add(1, Ordering::Relaxed);
            let rules = std::fs::read_to_string(&file)?;
            let mut prices = HashMap::new();
            for line in rules.lines() {
                let (name, price) = line.split_once('=').ok_or("a rule has no `=`")?;
                prices.insert(name, price.parse::<u64>()?);
            }
            let words = ssc.queue_stream([texts(&["a", "b", "c"]), texts(&["b"])]);
            words.filter_map(|word| prices.get(word).copied()).collect_into(&out);
        });
        let mut context = StreamingContext::new(pipeline).manual().unwrap();
        context.advance(2).unwrap();
        assert_eq!(runs.load(Ordering::Relaxed), 1);
        assert_eq!(records(&out), [vec![1, 2], vec![2]]);
    }

    #[test]
    fn a_setup_statement_that_fails_is_the_error_of_the_start() {
        let out = Collector::default();
        let pipeline = stream!(every = 1s, |ssc| {
            let limit: u64 = "ten".parse()?;
            ssc.queue_stream([vec![1u64]]).filter(|n| *n < limit).collect_into(&out);
        });
        let error = StreamingContext::new(pipeline).manual().err().unwrap();
        assert!(error.to_string().contains("invalid digit"), "{error}");
        assert!(out.batches().is_empty());
    }

    #[test]
    fn what_surrounds_a_pipeline_is_captured() {
        let (factor, prefix, table) = (3u64, String::from("n="), BTreeMap::from([(3u64, "three")]));
        let out = Collector::default();
        let pipeline = stream!(every = 1s, |ssc| {
            let numbers = ssc.queue_stream([vec![1u64, 2]]).map(|n| n * factor);
            let named =
                numbers.map(move |n| table.get(&n).map_or_else(|| format!("{prefix}{n}"), |name| name.to_string()));
            named.collect_into(&out);
        });
        run(pipeline, 2, 1);
        assert_eq!(records(&out), [texts(&["three", "n=6"])]);
    }

    #[test]
    fn functions_stand_for_closures() {
        fn double(n: u64) -> u64 {
            n * 2
        }
        fn is_small(n: &u64) -> bool {
            *n < 5
        }
        let out = Collector::default();
        let pipeline = stream!(every = 1s, |ssc| {
            ssc.queue_stream([vec![1u64, 2, 3]]).map(double).filter(is_small).reduce(u64::max).collect_into(&out);
        });
        run(pipeline, 3, 1);
        assert_eq!(records(&out), [[4]]);
    }

    #[test]
    fn a_stream_with_three_consumers_is_computed_once() {
        for workers in WORKERS {
            let calls = Arc::new(AtomicU64::new(0));
            let (counter, total, sum, odd) =
                (Arc::clone(&calls), Collector::default(), Collector::default(), Collector::default());
            let pipeline = stream!(every = 1s, |ssc| {
                let numbers = ssc.queue_stream([(0..100u64).collect()]).map(|n| {
                    counter.fetch_add(1, Ordering::Relaxed);
                    n + 1
                });
                numbers.count().collect_into(&total);
                numbers.reduce(|a, b| a + b).collect_into(&sum);
                numbers.filter(|n| n % 2 == 1).top(2).collect_into(&odd);
            });
            run(pipeline, workers, 1);
            assert_eq!(
                (records(&total), records(&sum), records(&odd)),
                (vec![vec![100]], vec![vec![5050]], vec![vec![99, 97]])
            );
            assert_eq!(calls.load(Ordering::Relaxed), 100);
        }
    }

    #[test]
    fn a_stream_may_have_any_number_of_consumers() {
        let outs: [Collector<u64>; 25] = Default::default();
        let pipeline = stream!(every = 1s, |ssc| {
            let n = ssc.queue_stream([(1..=9u64).collect()]).map(|n| n * 10);
            n.filter(|n| *n == 10).collect_into(&outs[0]);
            n.count().collect_into(&outs[1]);
            n.reduce(|a, b| a + b).collect_into(&outs[2]);
            n.top(1).collect_into(&outs[3]);
            n.filter(|n| *n == 50).collect_into(&outs[4]);
            n.filter(|n| *n == 60).collect_into(&outs[5]);
            n.filter(|n| *n == 70).collect_into(&outs[6]);
            n.filter(|n| *n == 80).collect_into(&outs[7]);
            n.filter(|n| *n == 90).collect_into(&outs[8]);
            n.filter(|n| *n == 20).collect_into(&outs[9]);
            n.filter(|n| *n == 30).collect_into(&outs[10]);
            n.filter(|n| *n == 40).collect_into(&outs[11]);
            n.count().collect_into(&outs[12]);
            n.reduce(|a, b| a + b).collect_into(&outs[13]);
            n.top(1).collect_into(&outs[14]);
            n.filter(|n| *n == 50).collect_into(&outs[15]);
            n.filter(|n| *n == 60).collect_into(&outs[16]);
            n.filter(|n| *n == 70).collect_into(&outs[17]);
            n.filter(|n| *n == 80).collect_into(&outs[18]);
            n.filter(|n| *n == 90).collect_into(&outs[19]);
            n.union(n).filter(|n| *n == 10).count().collect_into(&outs[20]);
            n.map(|n| (n, n)).group_by_key().map(|(n, _)| n).sort_by(|n| *n).collect_into(&outs[21]);
            n.filter(|n| *n == 30).collect_into(&outs[22]);
            n.map_partitions(|n| n.take(1)).collect_into(&outs[23]);
            n.filter(|n| *n == 40).collect_into(&outs[24]);
        });
        run(pipeline, 3, 1);
        let found: Vec<u64> = outs.iter().map(|out| records(out)[0][0]).collect();
        let expected =
            [10, 9, 450, 90, 50, 60, 70, 80, 90, 20, 30, 40, 9, 450, 90, 50, 60, 70, 80, 90, 2, 10, 30, 10, 40];
        assert_eq!(found, expected);
    }

    #[test]
    fn shared_streams_that_meet_again_are_computed_once_too() {
        for workers in WORKERS {
            let calls = Arc::new(AtomicU64::new(0));
            let (counter, joined, united, runs) =
                (Arc::clone(&calls), Collector::default(), Collector::default(), Collector::default());
            let pipeline = stream!(every = 1s, |ssc| {
                let pairs = ssc.queue_stream([(0..30u64).collect()]).map(|n| {
                    counter.fetch_add(1, Ordering::Relaxed);
                    (n % 10, n)
                });
                pairs.join(pairs.reduce_by_key(|a, b| a + b)).count().collect_into(&joined);
                pairs.union(pairs).count().collect_into(&united);
                pairs.map_partitions(|records| [records.count()]).reduce(|a, b| a + b).collect_into(&runs);
            });
            run(pipeline, workers, 1);
            assert_eq!(
                (records(&joined), records(&united), records(&runs)),
                (vec![vec![30]], vec![vec![60]], vec![vec![30]])
            );
            assert_eq!(calls.load(Ordering::Relaxed), 30);
        }
    }

    #[test]
    fn two_pipelines_run_in_one_process() {
        let (first, second) = (Collector::default(), Collector::default());
        let one = stream!(every = 1s, |ssc| {
            ssc.queue_stream([vec![1u64], vec![2]]).collect_into(&first);
        });
        let two = stream!(every = 2s, |ssc| {
            ssc.queue_stream([vec![10u64], vec![20]]).collect_into(&second);
        });
        let mut one = StreamingContext::new(one).manual().unwrap();
        let mut two = StreamingContext::new(two).manual().unwrap();
        one.advance(1).unwrap();
        two.advance(2).unwrap();
        one.advance(1).unwrap();
        assert_eq!(first.batches(), [(Time::from_millis(1000), vec![1]), (Time::from_millis(2000), vec![2])]);
        assert_eq!(second.batches(), [(Time::from_millis(2000), vec![10]), (Time::from_millis(4000), vec![20])]);
    }

    #[test]
    fn a_collector_takes_several_streams() {
        let out = Collector::default();
        let pipeline = stream!(every = 1s, |ssc| {
            let numbers = ssc.queue_stream([vec![1u64, 2, 3]]);
            numbers.filter(|n| *n > 1).collect_into(&out);
            numbers.count().collect_into(&out);
        });
        run(pipeline, 2, 1);
        assert_eq!(records(&out), [vec![2, 3], vec![3]]);
    }

    #[test]
    fn names_of_the_user_may_be_any() {
        let (engine, batch, out) = (2u64, 3u64, Collector::default());
        let pipeline = stream!(every = 1s, |context| {
            let part = context.queue_stream([vec![1u64, 5]]);
            let map = part.map(|record| record * engine + batch);
            let r#type = map.filter(|outcome| *outcome > 0);
            r#type.collect_into(&out);
        });
        run(pipeline, 2, 1);
        assert_eq!(records(&out), [[5, 13]]);
    }
}

/// The interfaces that programs written elsewhere rely on, letter by letter.
mod relied_on {
    use super::*;

    #[test]
    fn collectors_hold_owned_records_under_the_times_of_their_batches() {
        let out: Collector<(String, i64)> = Collector::default();
        let numbers: Collector<u64> = Collector::default();
        let batches: Vec<Vec<(String, i64)>> = vec![vec![("a".to_string(), 1), ("b".to_string(), -5)], vec![]];
        let kept = out.clone();
        let pipeline = stream!(every = 1s, |ssc| {
            let pairs = ssc.queue_stream(batches);
            pairs.filter(|(key, n)| *n > 0 && *key != "z").collect_into(&out);
            pairs.count().collect_into(&numbers);
        });
        let mut context = StreamingContext::new(pipeline).manual().unwrap();
        context.advance(3).unwrap();
        let batches: Vec<(Time, Vec<(String, i64)>)> = kept.batches();
        let millis: Vec<u64> = batches.iter().map(|(time, _)| time.as_millis()).collect();
        assert_eq!(millis, [1000, 2000, 3000]);
        assert_eq!(batches[0].1, [("a".to_string(), 1)]);
        assert!(batches[1].1.is_empty() && batches[2].1.is_empty());
        let counts: Vec<Vec<u64>> = numbers.batches().into_iter().map(|(_, records)| records).collect();
        assert_eq!(counts, [[2], [0], [0]]);
    }

    #[test]
    fn closures_see_views() -> microbatch::Result<()> {
        let (small, big, text, reduced, values, combined) = Default::default();
        let numbers = vec![vec![1i64, 9, 3]];
        let pairs = vec![vec![("a".to_string(), 1i64), ("b".to_string(), 5), ("a".to_string(), 2)]];
        let lines = vec![vec!["banana".to_string(), "fig".to_string()]];
        let pipeline = stream!(every = 1s, |ssc| {
            let numbers = ssc.queue_stream(numbers);
            let pairs = ssc.queue_stream(pairs);
            let lines = ssc.queue_stream(lines);
            numbers.filter(|x| *x < 5).collect_into(&small);
            numbers.filter(|&x| x < 5).map(|x| x + 1).collect_into(&big);
            pairs.filter(|(key, n)| *n > 1 && !key.is_empty()).collect_into(&values);
            lines.filter(|line| line.contains("a")).collect_into(&text);
            pairs.reduce_by_key(|a, b| a + b).map_values(|value| value * 2).collect_into(&reduced);
            pairs
                .combine_by_key(
                    |v| vec![v],
                    |mut c, v| {
                        c.push(v);
                        c
                    },
                    |mut c1, c2| {
                        c1.extend(c2);
                        c1
                    },
                )
                .collect_into(&combined);
        });
        StreamingContext::new(pipeline).workers(2).manual()?.advance(1)?;
        assert_eq!(records::<i64>(&small), [[1, 3]]);
        assert_eq!(records::<i64>(&big), [[2, 4]]);
        assert_eq!(records::<(String, i64)>(&values), [super::pairs(&[("b", 5), ("a", 2)])]);
        assert_eq!(records::<String>(&text), [["banana".to_string()]]);
        assert_eq!(sorted(records::<(String, i64)>(&reduced).remove(0)), super::pairs(&[("a", 6), ("b", 10)]));
        let combined = sorted(records::<(String, Vec<i64>)>(&combined).remove(0));
        assert_eq!(combined, super::pairs(&[("a", vec![1, 2]), ("b", vec![5])]));
        Ok(())
    }

    #[test]
    fn counts_are_u64() {
        let (count, by_value): (Collector<u64>, Collector<(char, u64)>) = Default::default();
        let pipeline = stream!(every = 1s, |ssc| {
            let letters = ssc.queue_stream(vec![vec!['x', 'y', 'x']]);
            letters.count().collect_into(&count);
            letters.count_by_value().collect_into(&by_value);
        });
        run(pipeline, 1, 1);
        assert_eq!(records(&count), [[3]]);
        assert_eq!(sorted(records(&by_value).remove(0)), [('x', 2), ('y', 1)]);
    }

    #[test]
    fn time_stands_still_between_two_advances() {
        let out = Collector::default();
        let pipeline = stream!(every = 1s, |ssc| {
            ssc.queue_stream((0..).map(|n: u64| vec![n])).collect_into(&out);
        });
        let mut context = StreamingContext::new(pipeline).manual().unwrap();
        context.advance(2).unwrap();
        context.advance(1).unwrap();
        let batches: Vec<(u64, Vec<u64>)> = out.batches().into_iter().map(|(time, n)| (time.as_millis(), n)).collect();
        assert_eq!(batches, [(1000, vec![0]), (2000, vec![1]), (3000, vec![2])]);
    }

    #[test]
    fn a_pipeline_may_borrow_from_the_thread_that_runs_it() {
        let words = texts(&["to", "be"]);
        let out = Collector::default();
        let longest = words.iter().map(String::len).max().unwrap_or(0);
        let known: Vec<&str> = words.iter().map(String::as_str).collect();
        let pipeline = stream!(every = 1ms, |ssc| {
            ssc.queue_stream([texts(&["be", "seen"])])
                .filter(|word| known.contains(word) && word.len() <= longest)
                .collect_into(&out);
        });
        StreamingContext::new(pipeline).batches(1).run().unwrap();
        assert_eq!(records(&out), [texts(&["be"])]);
    }
}
