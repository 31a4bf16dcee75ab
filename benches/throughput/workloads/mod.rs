//! The pipelines, each beside its rival. Both sides return a number that sums up their result.

mod campaigns;
pub mod csv;
mod diamond;
mod operators;
mod shapes;
pub mod words;

use std::sync::Arc;

use microbatch::prelude::*;
use microbatch::source::{Interval, Source};
use microbatch::{Block, ManualContext, TextBlock, text};

use super::data::Text;

/// One side of a race: runs a turn and sums up its result.
pub type Side = Box<dyn FnMut() -> u64>;

pub struct Sides {
    pub ours: Side,
    pub by_hand: Side,
}

pub struct Workload {
    pub name: &'static str,
    /// Records a turn, and what a record is.
    pub records: usize,
    pub unit: &'static str,
    pub turns: usize,
    pub sides: fn(usize) -> Sides,
}

const TURNS: usize = 21;

/// A workload of a batch that takes some milliseconds.
const fn workload(name: &'static str, unit: &'static str, records: usize, sides: fn(usize) -> Sides) -> Workload {
    Workload { name, records, unit, turns: TURNS, sides }
}

pub fn all() -> impl Iterator<Item = &'static Workload> {
    [
        words::WORKLOADS,
        csv::WORKLOADS,
        campaigns::WORKLOADS,
        diamond::WORKLOADS,
        operators::WORKLOADS,
        shapes::WORKLOADS,
    ]
    .into_iter()
    .flatten()
}

/// The same batch again and again.
pub struct Repeated<B = TextBlock>(pub Vec<Arc<B>>);

impl<B: Block> Source for Repeated<B> {
    type Block = B;
    fn batch(&mut self, _: &Interval) -> microbatch::Result<Vec<Arc<B>>> {
        Ok(self.0.clone())
    }
}

/// A pipeline and a loop over the same text: a batch of it is a turn.
fn sides_of_text<P: Pipeline + Send + 'static>(
    text: Text,
    workers: usize,
    pipeline: impl FnOnce(Repeated, Collector<u64>) -> P,
    by_hand: impl Fn(&str, usize) -> u64 + 'static,
) -> Sides {
    let Text { text, blocks } = text;
    Sides {
        ours: side(workers, 1, |out| pipeline(Repeated(blocks), out)),
        by_hand: Box::new(move || by_hand(&text, workers)),
    }
}

/// The same over records, in blocks as a receiver makes them.
fn sides_of_records<T, P: Pipeline + Send + 'static>(
    records: Vec<T>,
    workers: usize,
    pipeline: impl FnOnce(Repeated<Vec<T>>, Collector<u64>) -> P,
    by_hand: impl Fn(&[T], usize) -> u64 + 'static,
) -> Sides
where
    T: Clone + 'static,
    Vec<T>: Block,
{
    let blocks = records.chunks(1 << 16).map(|block| Arc::new(block.to_vec())).collect();
    Sides {
        ours: side(workers, 1, |out| pipeline(Repeated(blocks), out)),
        by_hand: Box::new(move || by_hand(&records, workers)),
    }
}

pub fn side<P: Pipeline + Send + 'static>(
    workers: usize,
    batches: u64,
    pipeline: impl FnOnce(Collector<u64>) -> P,
) -> Side {
    let out = Collector::default();
    let mut context = StreamingContext::new(pipeline(out.clone())).workers(workers).manual().unwrap();
    Box::new(move || {
        context.advance(batches).unwrap();
        out.take().into_iter().flat_map(|(_, records)| records).fold(0, u64::wrapping_add)
    })
}

/// What sums up the counts of keys.
fn sum_up(keys: u64, greatest: u64) -> u64 {
    keys * 1_000_000 + greatest
}

/// Word count over the last ten batches, sliding by one.
pub fn windowed_words(source: Repeated, out: Collector<u64>) -> impl Pipeline {
    stream!(every = 1s, |ssc| {
        let words = ssc.source(source).flat_map(text::words).map(|word| (word, 1u64));
        let counts = words.reduce_by_key_and_window(|a, b| a + b, |sum, left| sum - left, 10s, 1s);
        let totals = counts.map(|(_, n)| (1u64, n)).reduce(|(keys, a), (more, b)| (keys + more, a.max(b)));
        totals.map(|(keys, greatest)| sum_up(keys, greatest)).collect_into(&out);
    })
}

/// Word count with nothing to count.
pub fn empty(workers: usize) -> ManualContext {
    let out = Collector::default();
    let pipeline = stream!(every = 1s, |ssc| {
        let lines = ssc.source(Repeated::<TextBlock>(Vec::new()));
        let counts = lines.flat_map(|line| line.split(' ')).map(|word| (word, 1u64)).reduce_by_key(|a, b| a + b);
        counts.filter(|(_, n)| *n > 1).collect_into(&out);
    });
    StreamingContext::new(pipeline).workers(workers).manual().unwrap()
}
