use microbatch::prelude::*;

fn main() {
    let out = Collector::default();
    let _ = stream!(every = 1s, |ssc| {
        let numbers = ssc.queue_stream([vec![1u64]]);
        numbers.filter(|n| *n % 2).collect_into(&out);
    });
}
