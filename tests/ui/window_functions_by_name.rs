use microbatch::prelude::*;

fn add(a: i32, b: i32) -> i32 {
    a + b
}

fn subtract(total: i32, left: i32) -> i32 {
    total - left
}

fn main() {
    let _ = stream!(every = 1s, |ssc| {
        let pairs = ssc.queue_stream([vec![(1, 2)]]);
        pairs.reduce_by_key_and_window(add, subtract, 60s).print();
        pairs.map(|(_, n)| n).reduce_by_window(add, subtract, 60s).print();
    });
}
