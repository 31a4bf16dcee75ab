//! Nexmark: queries 0 to 5, 7 and 8 of the benchmark of an auction house, as pipelines.
//!
//! `cargo bench --bench nexmark` runs each over twenty seconds of events, a batch a second, with one worker and with two; compares
//! the results with a computation that knows no batches (`model.rs`), and prints what a query makes in a second. The events are
//! made before, and lie in memory as they would come from a receiver. `-- q5 q8` runs those two; `-- q5 1 10` runs one with one
//! worker for ten times: for callgrind.
//!
//! Windows are of processing time here, as everything is: a batch of a second has the events of that second. The generator gives
//! events in the order of their time, so these are windows of event time as well, and the results are those of the benchmark.
//! Where they are not, the query says so.
#![allow(clippy::unwrap_used)]

mod generator;
mod model;
mod queries;
#[path = "../common/random.rs"]
mod random;
#[path = "../common/timing.rs"]
mod timing;

use std::sync::Arc;
use std::time::Duration;

use generator::{Event, RATE};
use queries::{QUERIES, Query};

const SECONDS: u64 = 20;
const TURNS: usize = 5;
/// Events in a block.
const BLOCK: u64 = 10_000;

/// All events: blocks for each second.
pub struct Input {
    pub seconds: Vec<Vec<Arc<Vec<Event>>>>,
}

impl Input {
    fn new() -> Input {
        let block = |first: u64| Arc::new((first..first + BLOCK).map(generator::event).collect());
        let second = |n: u64| (n * RATE..(n + 1) * RATE).step_by(BLOCK as usize).map(block).collect();
        Input { seconds: (0..SECONDS).map(second).collect() }
    }

    pub fn events(&self) -> impl Iterator<Item = &Event> {
        self.seconds.iter().flatten().flat_map(|block| block.iter())
    }
}

/// The rows of all batches, with the second at whose end they came, sorted.
pub type Rows = Vec<(u64, String)>;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    let input = Arc::new(Input::new());
    if let [name, workers, times] = &args[..]
        && let (Ok(workers), Ok(times)) = (workers.parse(), times.parse::<usize>())
    {
        let query = QUERIES.iter().find(|query| query.name == *name).unwrap();
        (0..times).for_each(|_| drop((query.run)(&input, workers)));
        return;
    }
    println!("{:<4} {:>14} {:>14} {:>7}   {:>9}", "", "1 worker", "2 workers", "ratio", "rows");
    for query in QUERIES.iter().filter(|query| args.is_empty() || args.iter().any(|arg| arg == query.name)) {
        race(query, &input);
    }
    println!("\nmillion events a second, of the medians of {TURNS} turns; {} events each", RATE * SECONDS);
}

fn race(query: &Query, input: &Arc<Input>) {
    let expected = (query.model)(input);
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..TURNS {
        for workers in [1, 2] {
            let (time, rows) = (query.run)(input, workers);
            assert!(rows == expected, "{} with {workers} worker(s): the results differ", query.name);
            times[workers - 1].push(time);
        }
    }
    let rate = |time: Duration| (RATE * SECONDS) as f64 / time.as_secs_f64() / 1e6;
    let [one, two] = times.map(|mut times| rate(timing::figures(&mut times).median));
    println!("{:<4} {one:>14.2} {two:>14.2} {:>7.2}   {:>9}   {}", query.name, two / one, expected.len(), query.says);
}
