use microbatch::prelude::*;

fn main() {
    let out = Collector::default();
    let _ = stream!(every = 1s, |ssc| {
        let words = ssc.queue_stream([vec!["a".to_string()]]);
        words.map(|word| word.len() +).collect_into(&out);
    });
}
