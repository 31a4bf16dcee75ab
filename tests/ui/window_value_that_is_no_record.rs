use microbatch::prelude::*;

struct Visit {
    page: u64,
}

fn main() {
    let _ = stream!(every = 1s, |ssc| {
        let numbers = ssc.queue_stream([vec![1u64]]);
        numbers.map(|n| (n % 10, Visit { page: n })).reduce_by_key_and_window(|a, _| a, 30s).count().print();
        numbers.map(|n| (n % 10, Visit { page: n })).group_by_key_and_window(30s).count().print();
        numbers.map(|n| (n % 10, Visit { page: n })).window(30s).count().print();
        numbers.map(|n| Visit { page: n }).reduce_by_window(|a, _| a, 30s).count().print();
    });
}
