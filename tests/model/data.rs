//! Random input: records with empty strings, many duplicates, a skew towards few keys and unicode, cut into batches at
//! random, some of them empty.

use proptest::collection::vec;
use proptest::prelude::*;

/// The batches of every stream that a pipeline may read. Streams may differ in length; then the queue of one has ended.
#[derive(Clone, Debug)]
pub struct Input {
    pub lines: Vec<Vec<String>>,
    pub pairs: Vec<Vec<(String, i64)>>,
    pub others: Vec<Vec<(String, u8)>>,
    pub numbers: Vec<Vec<i64>>,
    /// Which of several functions the pipeline's closures call.
    pub kinds: Vec<i64>,
}

/// One batch of every stream.
#[derive(Default)]
pub struct Batch {
    pub lines: Vec<String>,
    pub pairs: Vec<(String, i64)>,
    pub others: Vec<(String, u8)>,
    pub numbers: Vec<i64>,
    pub kinds: Vec<i64>,
    pub millis: u64,
}

impl Input {
    /// As many batches as the longest stream has, and one in which all queues have ended.
    pub fn batches(&self) -> usize {
        1 + [self.lines.len(), self.pairs.len(), self.others.len(), self.numbers.len()].into_iter().max().unwrap()
    }

    pub fn batch(&self, number: usize) -> Batch {
        fn of<T: Clone>(batches: &[Vec<T>], number: usize) -> Vec<T> {
            batches.get(number).cloned().unwrap_or_default()
        }
        Batch {
            lines: of(&self.lines, number),
            pairs: of(&self.pairs, number),
            others: of(&self.others, number),
            numbers: of(&self.numbers, number),
            kinds: self.kinds.clone(),
            millis: 1000 * (number as u64 + 1),
        }
    }
}

pub fn input() -> impl Strategy<Value = Input> {
    let line = vec(word(), 0..5).prop_map(|words| words.join(" "));
    let lines = batches(line, 24);
    let pairs = batches((word(), -5i64..100), 40);
    let others = batches((word(), any::<u8>()), 20);
    let numbers = batches(prop_oneof![4 => -6i64..6, 1 => -1_000_000i64..1_000_000], 60);
    (lines, pairs, others, numbers, vec(0i64..4, 3)).prop_map(|(lines, pairs, others, numbers, kinds)| Input {
        lines,
        pairs,
        others,
        numbers,
        kinds,
    })
}

/// Few words are in most records.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => Just("a".to_owned()),
        4 => prop::sample::select(vec!["", "b", "ab", "to", "be", "ä", "日本"]).prop_map(str::to_owned),
        2 => vec(prop::sample::select(vec!['a', 'b', 'ß', '9']), 0..4).prop_map(String::from_iter),
        1 => vec(any::<char>(), 0..3).prop_map(String::from_iter),
    ]
}

/// Up to `most` records, cut at random; a cut that is there twice leaves an empty batch.
fn batches<T: Clone + std::fmt::Debug>(
    record: impl Strategy<Value = T>,
    most: usize,
) -> impl Strategy<Value = Vec<Vec<T>>> {
    (vec(record, 0..=most), vec(0..=most, 0..5)).prop_map(|(records, mut cuts)| {
        cuts.iter_mut().for_each(|cut| *cut = (*cut).min(records.len()));
        cuts.extend([0, records.len()]);
        cuts.sort_unstable();
        cuts.windows(2).map(|ends| records[ends[0]..ends[1]].to_vec()).collect()
    })
}
