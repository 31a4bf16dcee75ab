use microbatch::prelude::*;

fn main() {
    let _ = stream!(every = 1s, |ssc| {
        let pairs = ssc.queue_stream([vec![("a".to_string(), 1u64)]]);
        pairs.reduce_by_key_and_window(|a, b| a == b, 30s).print();
        pairs.reduce_by_key_and_window(|a, b| a + b, |a, b| Some(a - b), 30s).print();
        pairs.reduce_by_key_and_window(|a, b| a + b, |(_, n)| n, 30s).print();
        pairs.map(|(_, n)| n).reduce_by_window(|a, b| format!("{a}{b}"), 30s).print();
    });
}
