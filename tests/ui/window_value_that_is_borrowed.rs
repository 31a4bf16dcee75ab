use microbatch::aggregate::max;
use microbatch::prelude::*;

fn main() {
    let _ = stream!(every = 1s, |ssc| {
        let words = ssc.queue_stream([vec!["a b".to_string()]]).flat_map(|line| line.split(' '));
        let pairs = words.map(|word| (word.len(), word));
        pairs.reduce_by_key_and_window(|a, b| if a > b { a } else { b }, 30s).print();
        pairs.reduce_by_key_and_window(|a, _| a, |a, _| a, 30s).print();
        pairs.aggregate_by_key_and_window(max(), 30s).print();
        words.reduce_by_window(|a, b| if a > b { a } else { b }, 30s).print();
        words.aggregate_by_window(max(), 30s).print();
    });
}
