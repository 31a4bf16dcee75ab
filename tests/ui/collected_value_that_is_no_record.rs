use microbatch::prelude::*;

struct Visit {
    page: u64,
}

fn main() {
    let out = Collector::default();
    let _ = stream!(every = 1s, |ssc| {
        let numbers = ssc.queue_stream([vec![1u64]]);
        numbers.map(|n| Visit { page: n }).collect_into(&out);
    });
}
