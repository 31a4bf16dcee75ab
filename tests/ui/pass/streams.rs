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

    // What several use, some of them as whole partitions, has the type that is written; a body may end in ordinary Rust.
    let texts = Collector::default();
    let text = vec![vec!["a".to_string(), "b".to_string()]];
    let pipeline = stream!(every = 1s, |ssc| {
        let raw = [1, 2];
        let names: Vec<String> = raw.iter().map(|texts| texts.to_string()).collect();
        let loud: DStream<String> = ssc.queue_stream(text).map(|line| line.to_uppercase());
        loud.map_partitions(|lines| [lines.count()]).map(|n| n.to_string()).collect_into(&texts);
        loud.collect_into(&texts);
        assert_eq!(names.len(), 2)
    });
    StreamingContext::new(pipeline).manual()?.advance(1)?;
    assert_eq!(texts.batches().into_iter().flat_map(|(_, texts)| texts).collect::<Vec<_>>(), ["2", "A", "B"]);
    Ok(())
}
