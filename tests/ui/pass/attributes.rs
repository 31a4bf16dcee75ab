//! Attributes of statements, and imports that only types of streams need.
#![deny(warnings)]
use microbatch::{Collector, DStream, StreamingContext, stream};

fn half(n: u64) -> impl Fn(u64) -> u64 {
    move |m| m / n
}

fn main() -> microbatch::Result<()> {
    let out = Collector::default();
    let pipeline = stream!(every = 1s, |ssc| {
        /// Numbers.
        let numbers: DStream<u64> = ssc.queue_stream([vec![1u64, 2]]);
        #[rustfmt::skip]
        #[allow(unused_variables)]
        let ones = numbers.map(|n| 1u64).map(half(1));
        #[expect(unused_parens, clippy::redundant_closure)]
        ones.map(|n| (n + 1)).filter(|n| (*n > 1)).collect_into(&out);
    });
    StreamingContext::new(pipeline).manual()?.advance(1)?;
    assert_eq!(out.batches()[0].1, [2, 2]);
    Ok(())
}
