#![allow(unused_parens)]
use microbatch::prelude::*;

fn main() {
    let fast = true;
    let _ = stream!(every = (1sec), |ssc| {
        let numbers = ssc.queue_stream([vec![1u64]]);
        numbers.window(if fast { 2m } else { 10s }).print();
        numbers.window((1500ms)).print();
        numbers.window(((0s))).print();
        numbers.window(2 * 99999999999d).print();
    });
}
