use microbatch::prelude::*;

fn main() {
    let out = Collector::<u64>::default();
    let _ = stream!(every = 1s, |ssc| {
        let numbers = ssc.queue_stream([vec![1u64]]);
        numbers.collect_into(out);
    });
}
