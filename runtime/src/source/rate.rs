//! Numbers at a steady rate, for trying things out.

use std::ops::Range;
use std::sync::Arc;

use crate::block::Block;
use crate::error::Result;
use crate::source::{Interval, Source};
use crate::time::Time;

/// Counts upwards in proportion to the batches' time: see [`rate_stream`](crate::dstream::Sources::rate_stream).
#[derive(Debug)]
pub struct RateSource {
    records_per_second: u64,
    /// The beginning of the first batch.
    start: Option<Time>,
}

impl RateSource {
    pub(crate) fn new(records_per_second: u64) -> Self {
        RateSource { records_per_second, start: None }
    }

    /// How many numbers there are before `time`.
    fn numbers_before(&self, start: Time, time: Time) -> u64 {
        let numbers = u128::from(self.records_per_second) * time.since(start).as_nanos() / 1_000_000_000;
        u64::try_from(numbers).unwrap_or(u64::MAX)
    }
}

impl Source for RateSource {
    type Block = Numbers;

    fn batch(&mut self, interval: &Interval) -> Result<Vec<Arc<Numbers>>> {
        let start = *self.start.get_or_insert(interval.start);
        let numbers = self.numbers_before(start, interval.start)..self.numbers_before(start, interval.end);
        Ok(if numbers.is_empty() { Vec::new() } else { vec![Arc::new(Numbers(numbers))] })
    }
}

/// A run of numbers.
#[derive(Clone, Debug)]
pub struct Numbers(Range<u64>);

impl Block for Numbers {
    type Item<'a> = u64;
    type Views<'a> = Range<u64>;

    fn weight(&self) -> usize {
        (self.0.end - self.0.start) as usize
    }

    fn grain() -> usize {
        1024
    }

    fn records(&self) -> u64 {
        self.0.end - self.0.start
    }

    fn bytes(&self) -> u64 {
        size_of_val(&self.0) as u64
    }

    fn views(&self, range: Range<usize>) -> Range<u64> {
        self.0.start + range.start as u64..self.0.start + range.end as u64
    }
}
