use microbatch::prelude::*;

fn main() {
    let _ = stream!(every = 2s, |ssc| {
        let numbers = ssc.queue_stream([vec![1]]);
        numbers.window(5s, 4s).print();
        numbers.window(4s, 1s).print();
        numbers.window(20s, 10s).window(30s, 15s).print();
    });
}
