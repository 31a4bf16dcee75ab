use microbatch::prelude::*;

fn main() {
    let _ = stream!(every = 1s, |ssc| {
        let pairs = ssc.queue_stream([vec![(1, 2)]]);
        let slow = pairs.window(30s, 10s);
        pairs.join(slow).print();
        let fast = pairs.window(30s);
        fast.union(slow).print();
        let a = ssc.queue_stream([vec![1u64]]);
        let b = a.window(20s, 10s);
        let c = a.map(|n| n + 1);
        ssc.union([a, b, c]).print();
    });
}
