use microbatch::prelude::*;

fn main() {
    let out = Collector::default();
    let _ = stream!(every = 1s, |ssc| {
        let numbers = ssc.queue_stream([vec![1u64]]);
        let halves = numbers.map(|n| (n as f64 / 2.0, n));
        halves.reduce_by_key(|a, b| a + b).collect_into(&out);
    });
}
