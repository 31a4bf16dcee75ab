//! The ways of naming, passing and typing streams.
use microbatch::prelude::*;

fn main() -> microbatch::Result<()> {
    let out = Collector::default();
    let also = out.clone();
    let numbers = vec![vec![1u64, 2], vec![3]];
    let first = numbers.len() as u64;
    let pipeline = stream!(every = Duration::from_millis(500), |context| {
        // A stream may be called what a captured variable is called.
        let numbers = context.queue_stream(numbers);
        let r#loop = numbers.map(|n| (n % 2, n));
        #[allow(unused_mut)]
        let mut _unnamed = 5; // ordinary Rust
        let typed: DStream<(u64, u64)> = numbers.map(|n| (n % 2, n * first));
        let other: microbatch::DStream<(u64, u64)> = typed.filter(|(_, n)| *n > 0);
        let alias = other;
        r#loop.join(&alias).map(|(key, (a, b))| key + a + b).collect_into(&out);
        r#loop.join(alias.map_values(|n| n + 1)).map(|(key, (a, b))| key + a + b).collect_into(&also);
        numbers.union([numbers.map(|n| n + 1), numbers]).union(numbers).count().collect_into(&out);
        context.union([numbers, numbers.filter(|n| *n > 1)]).collect_into(&out);
        /* The last statement may end without a semicolon. */
        numbers.map(|n| n).collect_into(&also)
    });
    assert_eq!(pipeline.every(), Duration::from_millis(500));
    StreamingContext::new(pipeline).manual()?.advance(2)?;
    assert_eq!(out.batches().len(), 10);
    Ok(())
}
