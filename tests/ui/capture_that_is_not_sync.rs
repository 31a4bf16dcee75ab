use microbatch::prelude::*;

use std::rc::Rc;

fn main() {
    let out = Collector::default();
    let limit = Rc::new(5);
    let _ = stream!(every = 1s, |ssc| {
        let numbers = ssc.queue_stream([vec![1u64]]);
        numbers.map(|n| n + *limit).collect_into(&out);
    });
}
