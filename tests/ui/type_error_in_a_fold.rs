use microbatch::prelude::*;

fn main() {
    let out = Collector::default();
    let _ = stream!(every = 1s, |ssc| {
        let pairs = ssc.queue_stream([vec![(1u64, 2u64)]]);
        pairs.reduce_by_key(|a, b| a == b).collect_into(&out);
    });
}
