use microbatch::aggregate::max;
use microbatch::prelude::*;

struct Longest;

fn main() {
    let _ = stream!(every = 1s, |ssc| {
        let numbers = ssc.queue_stream([vec![1u64]]);
        numbers.aggregate_by_window(Longest, 30s).print();
        numbers.key_by(|n| n % 2).aggregate_by_key_and_window(Longest, 30s).print();
        numbers.aggregate_by_window(max, 30s).print();
    });
}
