//! Numbers at a steady rate, for trying things out.

use std::ops::Range;
use std::sync::Arc;

use crate::block::{Block, StoredBlock};
use crate::error::Result;
use crate::source::{Interval, Source, loaded, stored};
use crate::stored::{Malformed, Shape, Shapes, Stored};
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

    fn is_replayable(&self) -> bool {
        true
    }

    fn position(&self) -> Vec<u8> {
        stored(&self.start)
    }

    fn seek(&mut self, position: &[u8]) -> Result<()> {
        self.start = loaded("rate_stream", position)?;
        Ok(())
    }

    fn extent(&self) -> Vec<u8> {
        stored(&self.start)
    }

    fn batch_again(&mut self, interval: &Interval, extent: &[u8]) -> Result<Vec<Arc<Numbers>>> {
        self.start = loaded("rate_stream", extent)?;
        self.batch(interval)
    }
}

/// A run of numbers.
#[derive(Clone, Debug)]
pub struct Numbers(Range<u64>);

impl Block for Numbers {
    type Item<'a> = u64;
    type Views<'a> = Range<u64>;

    fn empty() -> Self {
        Numbers(0..0)
    }

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

impl StoredBlock for Numbers {
    fn store_block(&self, out: &mut Vec<u8>) {
        (self.0.start, self.0.end).store(out);
    }
    fn load_block(from: &mut &[u8]) -> Result<Self, Malformed> {
        let (start, end) = Stored::load(from)?;
        if start <= end { Ok(Numbers(start..end)) } else { Err(Malformed::new("numbers that end before they begin")) }
    }
    fn block_shape(shapes: &mut Shapes) -> Shape {
        <(u64, u64)>::shape(shapes)
    }
}
