//! Operators that look at one batch at a time.

use std::collections::HashMap;

use microbatch::prelude::*;
use serde_json::json;

use crate::case::{Case, Check, int, ints, run, same, text, text_int};

pipelines! {
    "B.map": |case, ssc, out| (input = case.input(int)) {
        ssc.queue_stream(input).map(|x| x.to_string()).collect_into(&out);
    }
    "B.flatMap": |case, ssc, out| (input = case.input(int)) {
        ssc.queue_stream(input).flat_map(|x| [x, x * 2]).collect_into(&out);
    }
    "B.filter": |case, ssc, out| (input = case.input(int)) {
        ssc.queue_stream(input).filter(|x| x % 2 == 0).collect_into(&out);
    }
    "B.glom": |case, ssc, out| (input = case.input(int), partitions = case.param("input_partitions")) {
        ssc.queue_stream(input).repartition(partitions).glom().collect_into(&out);
    }
    "B.mapPartitions": |case, ssc, out| (input = case.input(int), partitions = case.param("input_partitions")) {
        ssc.queue_stream(input).repartition(partitions).map_partitions(|xs| [xs.sum::<i64>()]).collect_into(&out);
    }
    "B.groupByKey": |case, ssc, out| (input = case.input(text)) {
        ssc.queue_stream(input).map(|x| (x, 1)).group_by_key().collect_into(&out);
    }
    "B.reduceByKey": |case, ssc, out| (input = case.input(text)) {
        ssc.queue_stream(input).map(|x| (x, 1)).reduce_by_key(|a, b| a + b).collect_into(&out);
    }
    "B.reduce": |case, ssc, out| (input = case.input(int)) {
        ssc.queue_stream(input).reduce(|a, b| a + b).collect_into(&out);
    }
    "B.count": |case, ssc, out| (input = case.input(int)) {
        ssc.queue_stream(input).count().collect_into(&out);
    }
    "B.countByValue": |case, ssc, out| (input = case.input(int)) {
        ssc.queue_stream(input).count_by_value().collect_into(&out);
    }
    "B.mapValues": |case, ssc, out| (input = case.input(text)) {
        let counts = ssc.queue_stream(input).map(|x| (x, 1)).reduce_by_key(|a, b| a + b);
        counts.map_values(|v| v + 10).collect_into(&out);
    }
    "B.flatMapValues": |case, ssc, out| (input = case.input(text)) {
        let counts = ssc.queue_stream(input).map(|x| (x, 1)).reduce_by_key(|a, b| a + b);
        counts.flat_map_values(|v| [v, v + 10]).collect_into(&out);
    }
    "B.sscUnion": |case, ssc, out| (input = case.input(int)) {
        let s = ssc.queue_stream(input);
        ssc.union([s, s.map(|x| x + 4), s.map(|x| x + 8)]).collect_into(&out);
    }
    "B.transformWith": |case, ssc, out| (left = case.side(0, text), right = case.side(1, text)) {
        let left = ssc.queue_stream(left).map(|x| (x, 1));
        let right = ssc.queue_stream(right).map(|x| (x, "x"));
        let joined = left.transform_with(right, |left, right, _| {
            let right: HashMap<&str, &str> = right.into_iter().collect();
            left.into_iter().filter_map(|(key, v)| right.get(key).map(|w| (key, (v, *w)))).collect::<Vec<_>>()
        });
        joined.collect_into(&out);
    }
    "B.cogroup": |case, ssc, out| (left = case.side(0, text), right = case.side(1, text)) {
        let left = ssc.queue_stream(left).map(|x| (x, 1));
        let right = ssc.queue_stream(right).map(|x| (x, "x"));
        left.cogroup(right).collect_into(&out);
    }
    "B.leftOuterJoin": |case, ssc, out| (left = case.side(0, text), right = case.side(1, text)) {
        let left = ssc.queue_stream(left).map(|x| (x, 1));
        let right = ssc.queue_stream(right).map(|x| (x, "x"));
        left.left_outer_join(right).collect_into(&out);
    }
    "B.fullOuterJoin": |case, ssc, out| (left = case.side(0, text), right = case.side(1, text)) {
        let left = ssc.queue_stream(left).map(|x| (x, 1));
        let right = ssc.queue_stream(right).map(|x| (x, "x"));
        left.full_outer_join(right).collect_into(&out);
    }
    // What is enqueued before each tick, one item a batch.
    "I.queueOne": |case, ssc, out| (items = case.input(text).concat().into_iter().map(|item| vec![item])) {
        ssc.queue_stream(items).collect_into(&out);
    }
    "Y.union": |case, ssc, out| (first = case.side(0, int), second = case.side(1, int)) {
        let first = ssc.queue_stream(first);
        let second = ssc.queue_stream(second);
        first.union(second).collect_into(&out);
    }
    "J.sort": |case, ssc, out| (input = case.input(ints)) {
        let sorted = ssc.queue_stream(input).transform(|mut batch, _| {
            batch.sort_by_key(|(key, _)| *key);
            batch
        });
        sorted.collect_into(&out);
    }
    "J.flat": |case, ssc, out| (input = case.input(text_int)) {
        ssc.queue_stream(input).flat_map(|(word, n)| word.chars().map(move |c| (n, c))).collect_into(&out);
    }
    "J.mapPart": |case, ssc, out| (input = case.input(text), partitions = case.param("input_partitions")) {
        let words = ssc.queue_stream(input).repartition(partitions);
        words.map_partitions(|words| [words.map(str::to_uppercase).collect::<String>()]).collect_into(&out);
    }
    "Q.reduceEmpty": |case, ssc, out| (input = case.input(int)) {
        ssc.queue_stream(input).reduce(|a, b| a + b).collect_into(&out);
    }
}

/// Checks that look at partitions.
pub const CHECKS: &[(&str, Check)] = &[("B.repartitionMore", repartition), ("B.repartitionFewer", repartition)];

fn repartition(case: &Case, workers: usize) {
    let (before, after, out) = (case.param("input_partitions"), case.param("numPartitions"), Collector::default());
    let input = case.input(int);
    let pipeline = stream!(every = 1s, |ssc| {
        ssc.queue_stream(input).repartition(before).repartition(after).glom().collect_into(&out);
    });
    run(pipeline, case, workers);
    let batches: Vec<Vec<Vec<i64>>> = out.take().into_iter().map(|(_, partitions)| partitions).collect();
    let partitions = usize::try_from(case.field("expected_partitions").as_u64().unwrap()).unwrap();
    assert!(batches.iter().all(|batch| batch.len() == partitions));
    same(case, &json!(batches.iter().map(|batch| batch.concat()).collect::<Vec<_>>()), workers);
}
