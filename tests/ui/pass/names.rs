//! Names of streams that mean something else to Rust or to the generated code.
use microbatch::prelude::*;

fn main() -> microbatch::Result<()> {
    let (out, pairs, counts) = (Collector::default(), Collector::default(), Collector::default());
    let pipeline = stream!(every = 1s, |ssc| {
        let r#type = ssc.queue_stream([vec![1u64, 2]]);
        let r#match = r#type.count();
        let r#gen = r#type.map(|n| n);
        r#gen.foreach_batch(|_, _| {});
        let engine = r#type.map(|n| n + 1);
        let batch = engine.union(r#type);
        let record = batch.map(|record| (record % 2, record));
        let both_left = record.reduce_by_key(|a, b| a + b);
        let both = both_left.join(record);
        let outcome = both_left.cogroup(both);
        let plan = outcome.count();
        let pipeline = r#type.union(r#match);
        let records = batch.distinct();
        records.count().collect_into(&counts);
        both.map(|(key, (a, b))| key + a + b).union(plan).collect_into(&out);
        both_left.collect_into(&pairs);
        engine.union(pipeline).collect_into(&out);
    });
    StreamingContext::new(pipeline).manual()?.advance(1)?;
    assert_eq!(out.batches()[0].1.len(), 5);
    assert_eq!(out.batches()[1].1, [2, 3, 1, 2, 2]);
    assert_eq!(pairs.batches()[0].1.len(), 2);
    assert_eq!(counts.batches()[0].1, [3]);
    Ok(())
}
