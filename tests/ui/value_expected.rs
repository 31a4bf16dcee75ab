use microbatch::prelude::*;

fn main() {
    let _ = stream!(every = 1s, |ssc| {
        let numbers = ssc.queue_stream([vec![1u64]]);
        numbers.top(|n| n).print();
        numbers.collect_into(|batch| batch);
    });
}
