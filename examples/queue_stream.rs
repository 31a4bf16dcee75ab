//! The smallest pipeline: batches from memory, counted by their last digit, once a second on the wall clock.
//!
//! Run it with `cargo run --release --example queue_stream`. It ends after five batches.

use microbatch::cli::Cli;
use microbatch::prelude::*;

fn main() -> microbatch::Result<()> {
    let batches = (0..5).map(|batch| (batch * 1000..(batch + 1) * 1000).collect::<Vec<u64>>());
    let by_digit = stream!(every = 1s, name = "queue-stream", |ssc| {
        let numbers = ssc.queue_stream(batches);
        let counts = numbers.map(|n| (n % 10, 1u64)).reduce_by_key(|a, b| a + b);
        counts.sort_by_key().print();
    });
    Cli::new("Counts numbers by their last digit.").parse().run_with(by_digit, |context| context.batches(5))
}
