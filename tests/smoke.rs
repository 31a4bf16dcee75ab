use microbatch::prelude::*;

#[test]
fn queue_map_collect() -> microbatch::Result<()> {
    let out = Collector::default();
    let pipeline = stream!(every = 1s, |ssc| {
        ssc.queue_stream([vec![1, 2], vec![3]]).map(|n| n * 10).collect_into(&out);
    });
    StreamingContext::new(pipeline).manual()?.advance(3)?;
    assert_eq!(
        out.batches(),
        [
            (Time::from_millis(1000), vec![10, 20]),
            (Time::from_millis(2000), vec![30]),
            (Time::from_millis(3000), vec![])
        ]
    );
    Ok(())
}

#[test]
fn words() -> microbatch::Result<()> {
    let (counts, joined, tops) = (Collector::default(), Collector::default(), Collector::default());
    let text = vec![vec!["to be or not to be".to_string()], vec!["be".to_string()]];
    let pipeline = stream!(every = 1s, |ssc| {
        let lines = ssc.queue_stream(text);
        let words = lines.flat_map(|line| line.split(' '));
        let pairs: DStream<(&str, u64)> = words.map(|word| (word, 1u64));
        let count = pairs.reduce_by_key(|a, b| a + b);
        count.filter(|(_, n)| *n > 1).collect_into(&counts);
        let lengths = words.map(|word| (word.to_string(), word.len()));
        count.join(lengths).map(|(k, (a, b))| (k.to_uppercase(), a, b)).collect_into(&joined);
        count.map(|(word, n)| (n, word)).top(1).collect_into(&tops);
    });
    println!("{}", pipeline.plan());
    println!("{}", pipeline.plan().to_mermaid());
    StreamingContext::new(pipeline).workers(2).parallel_grain(1).manual()?.advance(2)?;
    let mut first = counts.batches()[0].1.clone();
    first.sort();
    assert_eq!(first, [("be".to_string(), 2), ("to".to_string(), 2)]);
    assert_eq!(joined.batches()[1].1, [("BE".to_string(), 1, 2)]);
    println!("{:?}", tops);
    Ok(())
}
