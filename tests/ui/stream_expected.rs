use microbatch::prelude::*;

fn main() {
    let _ = stream!(every = 1s, |ssc| {
        let pairs = ssc.queue_stream([vec![(1u64, 2u64)]]);
        pairs.join(vec![(1u64, 2u64)]).print();
        pairs.join(|pair| pair).print();
        pairs.union(5).print();
    });
}
