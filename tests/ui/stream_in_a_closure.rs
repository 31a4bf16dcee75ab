use microbatch::prelude::*;

fn contains<T>(_: T, _: u64) -> bool {
    true
}

fn main() {
    let _ = stream!(every = 1s, |ssc| {
        let names = ssc.queue_stream([vec![(1u64, 2u64)]]);
        let numbers = ssc.queue_stream([vec![1u64]]);
        numbers.map(|n| names.count()).print();
        numbers.filter(|n| contains(&names, *n)).print();
    });
}
