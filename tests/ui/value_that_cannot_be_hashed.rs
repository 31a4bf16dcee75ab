use microbatch::prelude::*;

fn main() {
    let out = Collector::default();
    let _ = stream!(every = 1s, |ssc| {
        let numbers = ssc.queue_stream([vec![1u64]]);
        numbers.map(|n| n as f64).count_by_value().collect_into(&out);
    });
}
