use microbatch::prelude::*;

fn main() {
    let out = Collector::default();
    let mut total = 0;
    let _ = stream!(every = 1s, |ssc| {
        let numbers = ssc.queue_stream([vec![1u64]]);
        numbers.inspect(|n| total += n).collect_into(&out);
    });
}
