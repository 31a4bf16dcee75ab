use microbatch::prelude::*;

fn main() {
    let length = 30;
    let _ = stream!(every = 1s, |ssc| {
        ssc.queue_stream([vec![1]]).window(length, 10s).print();
    });
}
