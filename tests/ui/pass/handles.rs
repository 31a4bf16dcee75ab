//! Where the handle of an output comes from.
#![deny(warnings)]
use microbatch::prelude::*;

#[derive(Default)]
struct Sinks {
    words: Collector<u64>,
    list: Collector<u64>,
}

fn main() -> microbatch::Result<()> {
    let sinks = Sinks::default();
    let (out, kept) = { let out = Collector::default(); (out.clone(), out) };
    let pipeline = stream!(every = 1s, |ssc| {
        static OUT: std::sync::LazyLock<Collector<u64>> = std::sync::LazyLock::new(Collector::default);
        let list = vec![vec![1u64, 2]];
        let words = ssc.queue_stream(list);
        words.collect_into(&sinks.words);
        words.collect_into(&sinks.list);
        words.collect_into(&OUT);
        let sink = out.clone();
        let out = words.count();
        out.collect_into(&sink);
        words.foreach_batch(|_, _| assert!(OUT.batches().len() < 2));
    });
    StreamingContext::new(pipeline).manual()?.advance(1)?;
    assert_eq!(sinks.words.batches()[0].1, [1, 2]);
    assert_eq!(sinks.list.batches()[0].1, [1, 2]);
    assert_eq!(kept.batches()[0].1, [2]);
    Ok(())
}
