use microbatch::prelude::*;

fn main() {
    let _ = stream!(every = 1s, |ssc| {
        let words = ssc.queue_stream([vec!["a".to_string()]]);
        words.mapp(|word| word).print();
        words.map(|word| word.len() + limits).print();
    });
}
