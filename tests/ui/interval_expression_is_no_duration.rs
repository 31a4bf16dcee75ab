use microbatch::prelude::*;

fn main() {
    let out = Collector::default();
    let seconds = 5;
    let _ = stream!(every = seconds, |ssc| {
        let numbers = ssc.queue_stream([vec![1u64]]);
        numbers.collect_into(&out);
    });
}
