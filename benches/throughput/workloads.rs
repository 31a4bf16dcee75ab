//! The pipelines, each beside its rival. Both sides return a number that sums up their result.

use std::sync::Arc;

use microbatch::prelude::*;
use microbatch::source::{Interval, Source};
use microbatch::{ManualContext, TextBlock};

use super::data::{self, Text};
use super::rivals;

/// One side of a race: runs a batch and sums up its result.
pub type Side = Box<dyn FnMut() -> u64>;

pub struct Workload {
    pub name: &'static str,
    /// Records a batch.
    pub records: usize,
    pub input: fn() -> Text,
    pub ours: fn(&Text, usize) -> Side,
    pub by_hand: fn(&Text, usize) -> u64,
}

const LINES: usize = 100_000;

pub const WORKLOADS: &[Workload] = &[
    Workload {
        name: "word_count",
        records: LINES * 10,
        input: || data::words(LINES, 100_000),
        ours: |text, workers| side(workers, |out| word_count(text, out)),
        by_hand: |text, workers| {
            let counts = rivals::word_count(&text.text, workers);
            sum_up(counts.len() as u64, counts.values().copied().max().unwrap_or(0))
        },
    },
    Workload {
        name: "csv_sum",
        records: LINES * 10,
        input: || data::csv(LINES * 10),
        ours: |text, workers| side(workers, |out| csv_sum(text, out)),
        by_hand: |text, workers| rivals::csv_sum(&text.text, workers),
    },
    Workload {
        name: "two_outputs",
        records: LINES * 10,
        input: || data::words(LINES, 100_000),
        ours: |text, workers| side(workers, |out| two_outputs(text, out)),
        by_hand: |text, workers| {
            let (counts, long) = rivals::two_outputs(&text.text, workers);
            sum_up(counts.len() as u64, counts.values().copied().max().unwrap_or(0)) + long
        },
    },
];

/// The same batch of text again and again.
pub struct Repeated(pub Vec<Arc<TextBlock>>);

impl Source for Repeated {
    type Block = TextBlock;
    fn batch(&mut self, _: &Interval) -> microbatch::Result<Vec<Arc<TextBlock>>> {
        Ok(self.0.clone())
    }
}

fn sum_up(keys: u64, greatest: u64) -> u64 {
    keys * 1_000_000 + greatest
}

fn side<P: Pipeline + Send + 'static>(workers: usize, pipeline: impl FnOnce(&Collector<u64>) -> P) -> Side {
    let out = Collector::default();
    let mut context = StreamingContext::new(pipeline(&out)).workers(workers).manual().unwrap();
    Box::new(move || {
        context.advance(1).unwrap();
        out.take().into_iter().flat_map(|(_, records)| records).sum()
    })
}

fn word_count(text: &Text, out: &Collector<u64>) -> impl Pipeline + use<> {
    let (source, out) = (Repeated(text.blocks.clone()), out.clone());
    stream!(every = 1s, |ssc| {
        let lines = ssc.source(source);
        let counts = lines.flat_map(|line| line.split(' ')).map(|word| (word, 1u64)).reduce_by_key(|a, b| a + b);
        let totals = counts.map(|(_, n)| (1u64, n)).reduce(|(keys, a), (more, b)| (keys + more, a.max(b)));
        totals.map(|(keys, greatest)| sum_up(keys, greatest)).collect_into(&out);
    })
}

fn csv_sum(text: &Text, out: &Collector<u64>) -> impl Pipeline + use<> {
    let (source, out) = (Repeated(text.blocks.clone()), out.clone());
    stream!(every = 1s, |ssc| {
        let lines = ssc.source(source);
        let orders = lines.filter_map(|line| {
            let mut fields = line.split(',').skip(2);
            Some((fields.next()?.parse::<u64>().ok()?, fields.next()?.parse::<u64>().ok()?))
        });
        orders
            .filter(|(price, _)| *price >= 1000)
            .map(|(price, quantity)| price * quantity)
            .reduce(|a, b| a + b)
            .collect_into(&out);
    })
}

fn two_outputs(text: &Text, out: &Collector<u64>) -> impl Pipeline + use<> {
    let (source, out, long) = (Repeated(text.blocks.clone()), out.clone(), out.clone());
    stream!(every = 1s, |ssc| {
        let words = ssc.source(source).flat_map(|line| line.split(' '));
        let counts = words.map(|word| (word, 1u64)).reduce_by_key(|a, b| a + b);
        let totals = counts.map(|(_, n)| (1u64, n)).reduce(|(keys, a), (more, b)| (keys + more, a.max(b)));
        totals.map(|(keys, greatest)| sum_up(keys, greatest)).collect_into(&out);
        words.filter(|word| word.len() > 7).map(|word| word.len() as u64).reduce(|a, b| a + b).collect_into(&long);
    })
}

/// Word count with nothing to count.
pub fn empty(workers: usize) -> ManualContext {
    let out = Collector::default();
    let pipeline = stream!(every = 1s, |ssc| {
        let lines = ssc.source(Repeated(Vec::new()));
        let counts = lines.flat_map(|line| line.split(' ')).map(|word| (word, 1u64)).reduce_by_key(|a, b| a + b);
        counts.filter(|(_, n)| *n > 1).collect_into(&out);
    });
    StreamingContext::new(pipeline).workers(workers).manual().unwrap()
}
