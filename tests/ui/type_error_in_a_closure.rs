use microbatch::prelude::*;

fn double(n: u64) -> u64 {
    n * 2
}

fn main() {
    let out = Collector::default();
    let _ = stream!(every = 1s, |ssc| {
        let numbers = ssc.queue_stream([vec![1u64]]);
        numbers.map(|n| double(n > 1)).collect_into(&out);
    });
}
