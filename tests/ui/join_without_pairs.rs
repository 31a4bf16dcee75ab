use microbatch::prelude::*;

fn main() {
    let out = Collector::default();
    let _ = stream!(every = 1s, |ssc| {
        let numbers = ssc.queue_stream([vec![1u64]]);
        let pairs = ssc.queue_stream([vec![(1u64, 2u64)]]);
        pairs.join(numbers).collect_into(&out);
    });
}
