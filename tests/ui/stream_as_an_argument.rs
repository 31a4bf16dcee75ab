use microbatch::prelude::*;

fn contains<T>(_: T) -> impl Fn(u64) -> bool {
    |_| true
}

fn main() {
    let _ = stream!(every = 1s, |ssc| {
        let numbers = ssc.queue_stream([vec![1u64]]);
        let limits = ssc.queue_stream([vec![3usize]]);
        let others = ssc.queue_stream([vec![3u64]]);
        numbers.top(limits).print();
        numbers.print(limits);
        numbers.map(contains(others)).print();
        numbers.window(10s, limits).print();
        numbers.map(limits).print();
        numbers.map(|n| (n, n)).map_with_state(|_, _, n, _| n).timeout(others).print();
    });
}
