use microbatch::aggregate::sum;
use microbatch::prelude::*;

fn main() {
    let _ = stream!(every = 1s, |ssc| {
        let halves = ssc.queue_stream([vec![1u64]]).map(|n| (n as f64 / 2.0, n));
        halves.reduce_by_key_and_window(|a, b| a + b, 30s).print();
        halves.group_by_key_and_window(30s).print();
        halves.aggregate_by_key_and_window(sum(), 30s).print();
        halves.map(|(half, _)| half).count_by_value_and_window(30s).print();
    });
}
