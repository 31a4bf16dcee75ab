//! Every operator behind an operator of each class. An operator is a step from numbers to numbers whose result does not depend on the
//! order of its input, because an operator before it may leave any order; one pipeline for each first step has all second
//! steps as consumers of one shared stream.

use microbatch::prelude::*;

use crate::naive::{self, any_order};
use crate::{advance, property, shown};

type Step = fn(&[i64]) -> Vec<i64>;

/// The steps, as they are done over a `Vec`.
const STEPS: [Step; 12] = [
    |numbers| numbers.iter().flat_map(|n| [n + 1, -n]).collect(),
    |numbers| numbers.iter().copied().filter(|n| n % 3 != 0).collect(),
    |numbers| vec![numbers.len() as i64],
    |numbers| numbers.iter().copied().max().into_iter().collect(),
    |numbers| naive::distinct(numbers.iter().map(|n| n % 5)),
    |numbers| naive::count_by_value(numbers).into_iter().map(|(n, count)| n * 3 + count as i64).collect(),
    |numbers| {
        naive::reduce_by_key(numbers.iter().map(|n| (n % 4, *n)), |a, b| a + b).into_iter().map(|(_, n)| n).collect()
    },
    |numbers| naive::top(numbers.iter().copied(), 3),
    |numbers| {
        let left = numbers.iter().map(|n| (n % 3, *n)).collect();
        let right = naive::distinct(numbers.iter().map(|n| (n % 2, n % 7)));
        naive::full_outer_join(left, right).into_iter().map(|(_, (a, b))| a.unwrap_or(100) - b.unwrap_or(50)).collect()
    },
    |numbers| naive::repartition(numbers, 4).into_iter().map(|run| run.len() as i64).collect(),
    |numbers| {
        let most = numbers.iter().max();
        numbers.iter().filter(|n| Some(*n) != most).copied().collect()
    },
    |numbers| [numbers, &numbers.iter().map(|n| n / 2).collect::<Vec<_>>()].concat(),
];

/// `name, number of the first step: the first step as operators`
macro_rules! compositions {
    ($($name:ident, $number:literal: [$($first:tt)*];)*) => {$(
        #[test]
        fn $name() {
            let run = |input: &crate::data::Input, workers: usize| {
                let (batches, numbers) = (input.batches(), input.numbers.clone());
                let outs: [Collector<i64>; 12] = Default::default();
                let pipeline = stream!(every = 1s, |ssc| {
                    let first = ssc.queue_stream(numbers)$($first)*;
                    first.flat_map(|n| [n + 1, -n]).collect_into(&outs[0]);
                    first.filter(|n| n % 3 != 0).collect_into(&outs[1]);
                    first.count().map(|count| count as i64).collect_into(&outs[2]);
                    first.reduce(|a, b| a.max(b)).collect_into(&outs[3]);
                    first.map(|n| n % 5).distinct().collect_into(&outs[4]);
                    first.count_by_value().map(|(n, count)| n * 3 + count as i64).collect_into(&outs[5]);
                    first.map(|n| (n % 4, n)).reduce_by_key(|a, b| a + b).map(|(_, n)| n).collect_into(&outs[6]);
                    first.top(3).collect_into(&outs[7]);
                    let keyed = first.map(|n| (n % 3, n));
                    let joined = keyed.full_outer_join(first.map(|n| (n % 2, n % 7)).distinct());
                    joined.map(|(_, (a, b))| a.unwrap_or(100) - b.unwrap_or(50)).collect_into(&outs[8]);
                    first.repartition(4).map_partitions(|numbers| [numbers.count() as i64]).collect_into(&outs[9]);
                    first.transform(|batch, _| {
                        let most = batch.iter().copied().max();
                        batch.into_iter().filter(move |n| Some(*n) != most)
                    }).collect_into(&outs[10]);
                    first.union(first.map(|n| n / 2)).collect_into(&outs[11]);
                });
                advance(pipeline, workers, batches);
                outs.iter().map(shown).collect()
            };
            property(stringify!($name), run, |batch| {
                let first: Vec<i64> = STEPS[$number](&batch.numbers);
                STEPS.iter().map(|step| any_order(step(&first))).collect()
            });
        }
    )*};
}

compositions! {
    flat_map_first, 0: [.flat_map(|n| [n + 1, -n])];
    count_first, 2: [.count().map(|count| count as i64)];
    distinct_first, 4: [.map(|n| n % 5).distinct()];
    reduce_by_key_first, 6: [.map(|n| (n % 4, n)).reduce_by_key(|a, b| a + b).map(|(_, n)| n)];
    repartition_first, 9: [.repartition(4).map_partitions(|numbers| [numbers.count() as i64])];
    transform_first, 10: [.transform(|batch, _| {
        let most = batch.iter().copied().max();
        batch.into_iter().filter(move |n| Some(*n) != most)
    })];
}
