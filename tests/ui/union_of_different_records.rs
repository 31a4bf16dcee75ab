use microbatch::prelude::*;

fn main() {
    let out = Collector::default();
    let _ = stream!(every = 1s, |ssc| {
        let numbers = ssc.queue_stream([vec![1u64]]);
        let words = ssc.queue_stream([vec!["a".to_string()]]);
        numbers.union(words).collect_into(&out);
    });
}
