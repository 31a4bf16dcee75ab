use microbatch::aggregate::{Aggregate, Associative, mean, sum};
use microbatch::prelude::*;

struct Longest;

impl Aggregate for Longest {
    type Input = String;
    type Partial = u64;
    type Output = u64;
    type Algebra = Associative;

    fn lift(&self, line: String) -> u64 {
        line.len() as u64
    }
    fn combine(&self, older: u64, newer: u64) -> u64 {
        older.max(newer)
    }
    fn lower(&self, longest: u64) -> u64 {
        longest
    }
}

fn main() {
    let _ = stream!(every = 1s, |ssc| {
        let numbers = ssc.queue_stream([vec![1u64]]);
        numbers.aggregate_by_window(Longest, 30s).print();
        numbers.key_by(|n| n % 2).aggregate_by_key_and_window(Longest, 30s).print();
        numbers.map(|n| n > 1).aggregate_by_window(mean(), 30s).print();
        numbers.map(|n| (n, n.to_string())).aggregate_by_key_and_window(sum(), 30s).print();
    });
}
