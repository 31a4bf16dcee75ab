use microbatch::prelude::*;

fn main() {
    let out = Collector::default();
    let _ = stream!(every = 1s, |ssc| {
        let words = ssc.queue_stream([vec!["a".to_string()]]);
        let pairs: DStream<(&str, u64)> = words.map(|word| (word, word.is_empty()));
        pairs.reduce_by_key(|a, b| a | b).collect_into(&out);
    });
}
