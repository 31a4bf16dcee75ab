use microbatch::prelude::*;

fn main() {
    let out = Collector::default();
    let _ = stream!(every = 1s, |ssc| {
        let numbers = ssc.queue_stream([vec![1u64]]);
        numbers.sort_by_key().collect_into(&out);
    });
}
