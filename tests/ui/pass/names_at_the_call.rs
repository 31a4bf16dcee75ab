//! Names of the standard library may mean something else where a pipeline stands.
#![deny(warnings)]
#![allow(unused_macros, non_snake_case, dead_code)]
use microbatch::prelude::*;

macro_rules! vec {
    ($($t:tt)*) => {
        compile_error!("not this one")
    };
}

struct Vec;
struct String;
struct Option;
struct Some;
struct Clone;
struct Default;

fn Ok<T>(_: T) {}

fn main() {
    let out = Collector::default();
    let pipeline = stream!(every = 1s, |ssc| {
        let zero = 0u64;
        let numbers = ssc.queue_stream([std::vec![1u64, 2]]);
        let pairs = numbers.map(|n| (n, n));
        pairs.aggregate_by_key(zero, u64::wrapping_add, u64::wrapping_add).collect_into(&out);
        numbers.window(2s).print();
        numbers.window(2s).count().save_as_text_files("unused");
    });
    assert!(pipeline.plan().stages() > 0);
    let _ = Ok::<u64>;
}
