use microbatch::aggregate::mean;
use microbatch::prelude::*;

fn main() {
    let _ = stream!(every = 1s, |ssc| {
        let pairs = ssc.queue_stream([vec![(1u64, 2u64)]]);
        pairs.reduce_by_key().print();
        pairs.combine_by_key(|v| v).print();
        pairs.aggregate_by_key(mean()).print();
        pairs.aggregate_by_key(0, |sum, n| sum + n).print();
        pairs.count(1).print();
        pairs.print(1, 2);
    });
}
