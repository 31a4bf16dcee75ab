//! The family of pipelines, each beside its model.

use std::collections::HashMap;

use microbatch::prelude::*;

use crate::naive::{self, any_order, in_order};
use crate::{advance, data, property, shown};

/// `name |streams that it reads| (outputs), |ssc| { body } = |batch| [what each output must hold]`
macro_rules! pipelines {
    ($($(#[$doc:meta])* $name:ident |$($stream:ident),*| ($($out:ident),*), |$ssc:ident| { $($body:tt)* } = |$batch:ident| $model:expr;)*) => {$(
        $(#[$doc])*
        #[test]
        fn $name() {
            let run = |input: &data::Input, workers: usize| {
                let batches = input.batches();
                let data::Input { $($stream,)* .. } = input.clone();
                $(let $out = Collector::default();)*
                let pipeline = stream!(every = 1s, |$ssc| { $($body)* });
                advance(pipeline, workers, batches);
                vec![$(shown(&$out)),*]
            };
            property(stringify!($name), run, |$batch| $model.into_iter().collect());
        }
    )*};
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Record)]
struct Order {
    key: String,
    amount: i64,
}

fn order(key: &str, amount: i64) -> Order {
    Order { key: key.to_owned(), amount }
}

fn concat(a: String, b: String) -> String {
    a + &b
}

/// A function that may map, leave out or multiply, chosen at run time.
fn step(kind: i64, n: i64) -> Vec<i64> {
    match kind {
        0 => vec![n + 1],
        1 => vec![n; usize::from(n % 2 == 0)],
        2 => vec![n, -n],
        _ => (0..n.rem_euclid(4)).collect(),
    }
}

pipelines! {
    chain_of_narrow_operators |lines| (out, keyed), |ssc| {
        let lines = ssc.queue_stream(lines);
        let words = lines.flat_map(|line| line.split(' ')).filter(|word| !word.is_empty()).inspect(|word| assert!(!word.contains(' ')));
        words.filter_map(|word| word.chars().last().map(|last| (last, word.len()))).map(|(last, n)| format!("{n}{last}")).collect_into(&out);
        words.key_by(|word| word.len()).map_values(|word| word.to_uppercase()).flat_map_values(|word| [word.clone(), word + "!"]).collect_into(&keyed);
    } = |batch| {
        let words: Vec<&str> = naive::words(&batch.lines).into_iter().filter(|word| !word.is_empty()).collect();
        [
            in_order(words.iter().map(|word| format!("{}{}", word.len(), word.chars().last().unwrap()))),
            in_order(words.iter().flat_map(|word| ["", "!"].map(|end| (word.len(), word.to_uppercase() + end)))),
        ]
    };

    word_count |lines| (counts, frequent, sorted, by_key), |ssc| {
        let words = ssc.queue_stream(lines).flat_map(|line| line.split(' '));
        let count = words.map(|word| (word, 1u64)).reduce_by_key(|a, b| a + b);
        count.collect_into(&counts);
        count.map(|(word, n)| (n, word)).top(3).collect_into(&frequent);
        count.sort_by(|(word, n)| (*n, word.to_string())).collect_into(&sorted);
        count.sort_by_key().filter(|(_, n)| *n > 1).collect_into(&by_key);
    } = |batch| {
        let counts = naive::count_by_value(naive::words(&batch.lines));
        let mut sorted = counts.clone();
        sorted.sort_by_key(|(word, n)| (*n, *word));
        let mut by_key = counts.clone();
        by_key.sort();
        [
            any_order(counts.clone()),
            in_order(naive::top(counts.into_iter().map(|(word, n)| (n, word)), 3)),
            in_order(sorted),
            in_order(by_key.into_iter().filter(|(_, n)| *n > 1)),
        ]
    };

    a_diamond |lines| (joined, united), |ssc| {
        let words = ssc.queue_stream(lines).flat_map(|line| line.split(' '));
        let longer = words.filter(|word| word.len() > 1).map(|word| (word, word.len()));
        let vowels = words.filter(|word| word.contains('a')).map(|word| (word, 'a'));
        longer.join(vowels).collect_into(&joined);
        longer.map(|(word, _)| word).union(vowels.map(|(word, _)| word)).collect_into(&united);
    } = |batch| {
        let words = naive::words(&batch.lines);
        let longer: Vec<_> = words.iter().filter(|word| word.len() > 1).map(|word| (*word, word.len())).collect();
        let vowels: Vec<_> = words.iter().filter(|word| word.contains('a')).map(|word| (*word, 'a')).collect();
        let united: Vec<&str> = longer.iter().map(|pair| pair.0).chain(vowels.iter().map(|pair| pair.0)).collect();
        [any_order(naive::join(longer, vowels)), in_order(united)]
    };

    nested_forks |numbers| (all, evens, even_count, largest, by_rest, odd_sum, joined), |ssc| {
        let numbers = ssc.queue_stream(numbers).map(|n| n + 1);
        let even = numbers.filter(|n| n % 2 == 0);
        let odd = numbers.filter(|n| n % 2 != 0);
        let halves = even.map(|n| n / 2);
        numbers.collect_into(&all);
        even.collect_into(&evens);
        even.count().collect_into(&even_count);
        halves.reduce(i64::max).collect_into(&largest);
        halves.map(|n| (n % 3, n)).reduce_by_key(|a, b| a + b).collect_into(&by_rest);
        odd.reduce(|a, b| a + b).collect_into(&odd_sum);
        halves.map(|n| (n, 'h')).join(odd.map(|n| (n, 'o'))).collect_into(&joined);
    } = |batch| {
        let numbers: Vec<i64> = batch.numbers.iter().map(|n| n + 1).collect();
        let (even, odd): (Vec<i64>, Vec<i64>) = numbers.iter().partition(|n| **n % 2 == 0);
        let halves: Vec<i64> = even.iter().map(|n| n / 2).collect();
        [
            in_order(numbers),
            in_order(even.clone()),
            in_order([even.len()]),
            in_order(halves.iter().max()),
            any_order(naive::reduce_by_key(halves.iter().map(|n| (n % 3, *n)), |a, b| a + b)),
            in_order(odd.iter().copied().reduce(|a, b| a + b)),
            any_order(naive::join(halves.iter().map(|n| (*n, 'h')).collect(), odd.iter().map(|n| (*n, 'o')).collect())),
        ]
    };

    all_joins |pairs, others| (inner, left_outer, right_outer, full, grouped), |ssc| {
        let left = ssc.queue_stream(pairs);
        let right = ssc.queue_stream(others);
        left.join(right).collect_into(&inner);
        left.left_outer_join(right).collect_into(&left_outer);
        left.right_outer_join(right).collect_into(&right_outer);
        left.full_outer_join(right).collect_into(&full);
        left.cogroup(right).collect_into(&grouped);
    } = |batch| {
        let full = naive::full_outer_join(batch.pairs.clone(), batch.others.clone());
        [
            any_order(naive::join(batch.pairs.clone(), batch.others.clone())),
            any_order(full.iter().filter_map(|(key, (v, w))| Some((key, (v.as_ref()?, w))))),
            any_order(full.iter().filter_map(|(key, (v, w))| Some((key, (v, w.as_ref()?))))),
            any_order(&full),
            any_order(naive::cogroup(batch.pairs.clone(), batch.others.clone())),
        ]
    };

    joins_of_derived_streams |lines, pairs| (lengths, itself, outer), |ssc| {
        let words = ssc.queue_stream(lines).flat_map(|line| line.split(' '));
        let pairs = ssc.queue_stream(pairs);
        let counts = words.count_by_value();
        let sums = pairs.reduce_by_key(|a, b| a + b);
        counts.join(words.map(|word| (word.to_string(), word.len()))).collect_into(&lengths);
        pairs.join(pairs).map(|(key, (a, b))| (key, a * b)).reduce_by_key(|a, b| a + b).collect_into(&itself);
        counts.full_outer_join(sums).left_outer_join(pairs).collect_into(&outer);
    } = |batch| {
        let words = naive::words(&batch.lines);
        let counts: Vec<(String, u64)> = naive::count_by_value(words.iter().map(|word| word.to_string()));
        let sums = naive::reduce_by_key(batch.pairs.clone(), |a, b| a + b);
        let lengths = words.iter().map(|word| (word.to_string(), word.len())).collect();
        let products = naive::join(batch.pairs.clone(), batch.pairs.clone());
        let outer = naive::full_outer_join(naive::full_outer_join(counts.clone(), sums), batch.pairs.clone());
        [
            any_order(naive::join(counts, lengths)),
            any_order(naive::reduce_by_key(products.into_iter().map(|(key, (a, b))| (key, a * b)), |a, b| a + b)),
            any_order(outer.into_iter().filter_map(|(key, (left, right))| Some((key, (left?, right))))),
        ]
    };

    folds_by_key |pairs| (grouped, reduced, combined, aggregated), |ssc| {
        let pairs = ssc.queue_stream(pairs);
        pairs.group_by_key().collect_into(&grouped);
        pairs.map(|(key, n)| (key, n.to_string())).reduce_by_key(concat).collect_into(&reduced);
        pairs.combine_by_key(|n| (n, 1), |(last, count), n| (n.max(last), count + 1), |a, b| (a.0.max(b.0), a.1 + b.1)).collect_into(&combined);
        pairs.aggregate_by_key(Vec::new(), |mut seen, n| { seen.push(n); seen }, |mut a, b| { a.extend(b); a }).collect_into(&aggregated);
    } = |batch| {
        let groups = naive::group(batch.pairs.clone());
        [
            any_order(groups.clone()),
            any_order(groups.iter().map(|(key, values)| (key, values.iter().map(i64::to_string).collect::<String>()))),
            any_order(groups.iter().map(|(key, values)| (key, (values.iter().max().unwrap(), values.len())))),
            any_order(groups.iter()),
        ]
    };

    folds_of_everything |pairs, lines| (count, last, unique, by_value, greatest, none, text), |ssc| {
        let pairs = ssc.queue_stream(pairs);
        pairs.count().collect_into(&count);
        pairs.reduce(|_, b| b).collect_into(&last);
        pairs.map_values(|n| n % 2 == 0).distinct().collect_into(&unique);
        pairs.map(|(key, _)| key).count_by_value().collect_into(&by_value);
        pairs.top(5).collect_into(&greatest);
        pairs.top(0).collect_into(&none);
        ssc.queue_stream(lines).map(|line| line.to_string()).reduce(concat).collect_into(&text);
    } = |batch| {
        let pairs = batch.pairs.iter();
        [
            in_order([pairs.len()]),
            in_order(pairs.clone().last()),
            any_order(naive::distinct(pairs.clone().map(|(key, n)| (key, n % 2 == 0)))),
            any_order(naive::count_by_value(pairs.clone().map(|(key, _)| key))),
            in_order(naive::top(pairs, 5)),
            in_order([(); 0]),
            in_order((!batch.lines.is_empty()).then(|| batch.lines.concat())),
        ]
    };

    unions_of_all_kinds |pairs, others| (all, sums, again), |ssc| {
        let pairs = ssc.queue_stream(pairs);
        let others = ssc.queue_stream(others).map_values(i64::from);
        let sums_of_pairs = pairs.reduce_by_key(|a, b| a + b);
        let large = pairs.filter(|(_, n)| *n > 50);
        let sorted = others.sort_by_key();
        let union = ssc.union([pairs, others, sums_of_pairs, large, sorted]);
        union.collect_into(&all);
        union.reduce_by_key(|a, b| a + b).collect_into(&sums);
        union.union(pairs).map(|(key, _)| key.len()).union(union.map(|(key, _)| key.len() + 1)).collect_into(&again);
    } = |batch| {
        let others: Vec<(String, i64)> = batch.others.iter().map(|(key, n)| (key.clone(), i64::from(*n))).collect();
        let sums = naive::reduce_by_key(batch.pairs.clone(), |a, b| a + b);
        let large = batch.pairs.iter().filter(|(_, n)| *n > 50).cloned().collect();
        let all = [batch.pairs.clone(), others.clone(), sums, large, others].concat();
        let lengths = all.iter().chain(&batch.pairs).map(|pair| pair.0.len());
        [
            any_order(&all),
            any_order(naive::reduce_by_key(all.clone(), |a, b| a + b)),
            any_order(lengths.chain(all.iter().map(|pair| pair.0.len() + 1))),
        ]
    };

    unions_keep_the_order_of_their_sides |lines, pairs| (out), |ssc| {
        let lines = ssc.queue_stream(lines);
        let keys = ssc.queue_stream(pairs).map(|(key, _)| key);
        keys.union(lines).map(|text| text.len()).union(lines.map(|line| line.len())).collect_into(&out);
    } = |batch| {
        let lengths = batch.pairs.iter().map(|pair| pair.0.len()).chain(batch.lines.iter().map(String::len));
        [in_order(lengths.chain(batch.lines.iter().map(String::len)))]
    };

    partitions |numbers| (runs, sums, firsts, recut), |ssc| {
        let cut = ssc.queue_stream(numbers).repartition(5);
        cut.glom().collect_into(&runs);
        cut.filter(|n| n % 2 == 0).map_partitions(|numbers| [numbers.sum::<i64>()]).collect_into(&sums);
        cut.map_partitions(|numbers| numbers.take(2)).map(|n| n + 1).collect_into(&firsts);
        cut.map(|n| n * 2).repartition(2).glom().collect_into(&recut);
    } = |batch| {
        let runs = naive::repartition(&batch.numbers, 5);
        let doubled: Vec<i64> = batch.numbers.iter().map(|n| n * 2).collect();
        [
            in_order(&runs),
            in_order(runs.iter().map(|run| run.iter().filter(|n| *n % 2 == 0).sum::<i64>())),
            in_order(runs.iter().flat_map(|run| run.iter().take(2).map(|n| n + 1))),
            in_order(naive::repartition(&doubled, 2)),
        ]
    };

    partitions_behind_forks_and_unions |numbers| (count, runs, twice, sizes), |ssc| {
        let cut = ssc.queue_stream(numbers).repartition(3).flat_map(|n| [n, n + 1]);
        let odd = cut.filter(|n| n % 2 != 0);
        cut.count().collect_into(&count);
        odd.glom().collect_into(&runs);
        odd.union(cut).glom().collect_into(&twice);
        odd.map_partitions(|numbers| [numbers.count()]).collect_into(&sizes);
    } = |batch| {
        let both = |run: Vec<i64>| run.into_iter().flat_map(|n| [n, n + 1]).collect();
        let cut: Vec<Vec<i64>> = naive::repartition(&batch.numbers, 3).into_iter().map(both).collect();
        let odd = |run: &Vec<i64>| run.iter().copied().filter(|n| n % 2 != 0).collect();
        let odd: Vec<Vec<i64>> = cut.iter().map(odd).collect();
        [
            in_order([batch.numbers.len() * 2]),
            in_order(&odd),
            in_order(odd.iter().chain(&cut)),
            in_order(odd.iter().map(Vec::len)),
        ]
    };

    whole_batches |lines, pairs| (stamped, zipped, looked_up), |ssc| {
        let lines = ssc.queue_stream(lines);
        let pairs = ssc.queue_stream(pairs);
        lines.transform(|mut batch, time| {
            batch.reverse();
            batch.into_iter().map(move |line| (time.as_millis(), line))
        }).collect_into(&stamped);
        lines.transform_with(pairs, |lines, pairs, _| lines.into_iter().zip(pairs).collect::<Vec<_>>()).collect_into(&zipped);
        let sums = pairs.reduce_by_key(|a, b| a + b);
        let known = lines.transform_with(sums, |lines, sums, _| {
            let sums: HashMap<&str, i64> = sums.into_iter().collect();
            lines.into_iter().filter_map(move |line| sums.get(line).map(|n| (line, *n)))
        });
        known.collect_into(&looked_up);
    } = |batch| {
        let sums: HashMap<String, i64> = naive::reduce_by_key(batch.pairs.clone(), |a, b| a + b).into_iter().collect();
        [
            in_order(batch.lines.iter().rev().map(|line| (batch.millis, line))),
            in_order(batch.lines.iter().zip(&batch.pairs)),
            in_order(batch.lines.iter().filter_map(|line| sums.get(line).map(|n| (line, n)))),
        ]
    };

    sorting_is_stable |pairs| (by_key, by_value, behind_a_join), |ssc| {
        let pairs = ssc.queue_stream(pairs);
        pairs.sort_by_key().collect_into(&by_key);
        pairs.sort_by(|(key, n)| (n % 3, key.len())).map(|(key, n)| (n, key)).collect_into(&by_value);
        pairs.join(pairs.map_values(|n| n.to_string())).sort_by(|(key, (a, b))| (key.to_string(), *a, b.len(), b.to_string())).collect_into(&behind_a_join);
    } = |batch| {
        let mut by_key = batch.pairs.clone();
        by_key.sort_by(|a, b| a.0.cmp(&b.0));
        let mut by_value = batch.pairs.clone();
        by_value.sort_by_key(|(key, n)| (n % 3, key.len()));
        let texts = batch.pairs.iter().map(|(key, n)| (key.clone(), n.to_string())).collect();
        let mut joined = naive::join(batch.pairs.clone(), texts);
        joined.sort_by_key(|(key, (a, b))| (key.clone(), *a, b.len(), b.clone()));
        [in_order(by_key), in_order(by_value.iter().map(|(key, n)| (n, key))), in_order(joined)]
    };

    records_of_the_user |pairs| (counts, sums, unique, last), |ssc| {
        let orders = ssc.queue_stream(pairs).map(|(key, amount)| order(key, amount % 4));
        let kept = orders.filter(|order| order.amount >= 0);
        kept.count_by_value().collect_into(&counts);
        kept.key_by(|order| order.key.clone()).map_values(|order| order.amount).reduce_by_key(|a, b| a + b).collect_into(&sums);
        orders.distinct().map(|order| Some(order.amount)).distinct().collect_into(&unique);
        orders.reduce(|_, b| b).map(|order| vec![(order.amount, order.key.len(), order.key.as_str())]).collect_into(&last);
    } = |batch| {
        let orders: Vec<Order> = batch.pairs.iter().map(|(key, amount)| order(key, amount % 4)).collect();
        let kept: Vec<&Order> = orders.iter().filter(|order| order.amount >= 0).collect();
        [
            any_order(naive::count_by_value(kept.clone())),
            any_order(naive::reduce_by_key(kept.iter().map(|order| (&order.key, order.amount)), |a, b| a + b)),
            any_order(naive::distinct(orders.iter().map(|order| Some(order.amount)))),
            in_order(orders.last().map(|order| vec![(order.amount, order.key.len(), &order.key)])),
        ]
    };

    shuffles_of_shuffles |pairs| (histogram, largest), |ssc| {
        let sums = ssc.queue_stream(pairs).reduce_by_key(|a, b| a + b);
        let by_length = sums.map(|(key, sum)| (key.chars().count(), sum)).group_by_key();
        let rests = by_length.flat_map_values(|sums| sums.iter().map(|sum| sum % 3));
        rests.count_by_value().collect_into(&histogram);
        by_length.map_values(|sums| sums.len()).join(by_length.map_values(|sums| sums.iter().max().copied())).map(|(length, (n, most))| (n, most, length)).top(2).collect_into(&largest);
    } = |batch| {
        let sums = naive::reduce_by_key(batch.pairs.clone(), |a, b| a + b);
        let groups = naive::group(sums.iter().map(|(key, sum)| (key.chars().count(), *sum)));
        let rests = groups.iter().flat_map(|(length, sums)| sums.iter().map(move |sum| (length, sum % 3)));
        let sizes = groups.iter().map(|(length, sums)| (sums.len(), sums.iter().max(), *length));
        [any_order(naive::count_by_value(rests)), in_order(naive::top(sizes, 2))]
    };

    closures_chosen_at_run_time |numbers, kinds| (out, sum), |ssc| {
        let steps = ssc.queue_stream(numbers).flat_map(|n| step(kinds[0], n)).flat_map(|n| step(kinds[1], n));
        let last = steps.flat_map(|n| step(kinds[2], n));
        last.map(|n| n % 1000).collect_into(&out);
        steps.union(last).reduce(|a, b| a + b).collect_into(&sum);
    } = |batch| {
        let run = |kind: usize, numbers: &[i64]| -> Vec<i64> {
            numbers.iter().flat_map(|n| step(batch.kinds[kind], *n)).collect()
        };
        let steps = run(1, &run(0, &batch.numbers));
        let last = run(2, &steps);
        [
            in_order(last.iter().map(|n| n % 1000)),
            in_order(steps.iter().chain(&last).copied().reduce(|a, b| a + b)),
        ]
    };
}
