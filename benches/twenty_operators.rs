//! A pipeline of twenty operators, to measure what a change to it costs to build: `tools/build_figures` touches it.
#![allow(clippy::unwrap_used)]

use microbatch::prelude::*;

fn main() -> microbatch::Result<()> {
    let total = Collector::<usize>::default();
    let text = vec!["the quick brown fox jumps over the lazy dog".to_string(); 1000];
    let pipeline = stream!(every = 1s, name = "twenty-operators", |ssc| {
        let lines = ssc.queue_stream([text]);
        let words = lines.flat_map(|line| line.split(' ')).filter(|word| !word.is_empty());
        let pairs = words.map(|word| (word, 1u64));
        let counts = pairs.reduce_by_key(|a, b| a + b);
        counts.print();
        counts.map(|(word, n)| (n, word)).top(10).print();
        let lengths = words.map(|word| (word, word.len())).combine_by_key(|v| v, |c, v| c + v, |a, b| a + b);
        let joined = counts.join(lengths);
        joined.map_values(|(n, length)| n as usize * length).sort_by_key().print_table(["word", "letters"]);
        let rare = counts.filter(|(_, n)| *n == 1).map(|(word, _)| word);
        rare.union(lines.filter_map(|line| line.split(' ').next())).distinct().count().print();
        lines.map(|line| line.len()).reduce(|a, b| a + b).collect_into(&total);
    });
    StreamingContext::new(pipeline).manual()?.advance(1)
}
