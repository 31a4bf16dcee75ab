use microbatch::prelude::*;

fn main() {
    let _ = stream!(every = 1s, |ssc| {
        let words = ssc.socket_text_stream("localhost", 9999).flatMap(|line| line.split(' '));
        words.map(|word| (word, 1u64)).reduceByKey(|a, b| a + b).print();
    });
}
