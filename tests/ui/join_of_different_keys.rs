use microbatch::prelude::*;

fn main() {
    let out = Collector::default();
    let _ = stream!(every = 1s, |ssc| {
        let pairs = ssc.queue_stream([vec![(1u64, 2u64)]]);
        let names = ssc.queue_stream([vec![("a".to_string(), 1u64)]]);
        pairs.join(names).collect_into(&out);
    });
}
