use microbatch::prelude::*;

fn main() {
    let _ = stream!(every = 1s, |ssc| {
        let pairs = ssc.queue_stream([vec![(1u64, 2u64)]]);
        pairs.reduce_by_key(|a| a).print();
        pairs.map(|key, value| key + value).print();
        pairs.foreach_batch(|| println!("a batch"));
    });
}
