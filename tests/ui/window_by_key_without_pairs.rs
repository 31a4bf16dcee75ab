use microbatch::aggregate::sum;
use microbatch::prelude::*;

fn main() {
    let _ = stream!(every = 1s, |ssc| {
        let numbers = ssc.queue_stream([vec![1u64]]);
        numbers.reduce_by_key_and_window(|a, b| a + b, 30s).print();
        numbers.reduce_by_key_and_window(|a, b| a + b, |a, b| a - b, 30s).print();
        numbers.group_by_key_and_window(30s).print();
        numbers.aggregate_by_key_and_window(sum(), 30s).print();
    });
}
