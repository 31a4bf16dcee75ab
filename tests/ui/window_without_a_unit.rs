use microbatch::prelude::*;

fn main() {
    let _ = stream!(every = 1s, |ssc| {
        let numbers = ssc.queue_stream([vec![1]]);
        numbers.window(0s).print();
        numbers.window(30, 10s).print();
        numbers.window(30sec).print();
        numbers.window(|n| n).print();
        numbers.window().print();
    });
}
