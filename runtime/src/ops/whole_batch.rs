//! Ends of a stage in which all records of a batch meet, whatever their keys. As in `by_key`, each function is called once for each
//! run of records that a worker handles.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::dataset::{Rows, joined};
use crate::record::Keep;
use crate::stage::{Gather, Part, Workers};

/// A worker's part of `count`.
#[derive(Default)]
pub struct Counted(u64);

impl Part for Counted {}

impl Gather for Counted {
    type Output = Rows<u64>;

    fn gather(parts: Vec<Self>, _: &Workers) -> Rows<u64> {
        Rows::one_partition(vec![parts.into_iter().map(|part| part.0).sum()])
    }
}

/// See [`DStream::count`](crate::DStream::count).
#[inline]
pub fn count<I: Iterator>(batch: I, part: &mut Counted) {
    part.0 += batch.count() as u64;
}

/// A worker's part of `reduce`.
pub struct Reduced<T, F> {
    value: Option<T>,
    f: Option<F>,
}

impl<T, F> Default for Reduced<T, F> {
    fn default() -> Self {
        Reduced { value: None, f: None }
    }
}

impl<T: Send, F: Send> Part for Reduced<T, F> {}

impl<T: Keep + Send + Sync, F: Fn(T, T) -> T> Gather for Reduced<T, F> {
    type Output = Rows<T>;

    fn gather(parts: Vec<Self>, _: &Workers) -> Rows<T> {
        let (values, functions): (Vec<_>, Vec<_>) = parts.into_iter().map(|part| (part.value, part.f)).unzip();
        let f = functions.into_iter().flatten().next();
        let values = values.into_iter().flatten();
        Rows::one_partition(f.and_then(|f| values.reduce(f)).into_iter().collect())
    }
}

/// See [`DStream::reduce`](crate::DStream::reduce).
#[inline]
pub fn reduce<I, T, F>(batch: I, part: &mut Reduced<T, F>, f: F)
where
    I: Iterator<Item = T>,
    T: Keep,
    F: Fn(T, T) -> T,
{
    let mut value = part.value.take();
    // Not by `batch.reduce`: a batch comes in several calls.
    batch.for_each(|record| {
        value = Some(match value.take() {
            Some(before) => f(before, record),
            None => record,
        });
    });
    part.value = value;
    part.f = Some(f);
}

/// A worker's part of `top`: a heap of the `n` greatest records so far.
pub struct Top<T> {
    n: usize,
    /// With the number of each record: of equal ones the oldest stay, however many workers there are.
    heap: BinaryHeap<(Reverse<T>, u64)>,
    records: u64,
}

impl<T: Ord> Default for Top<T> {
    fn default() -> Self {
        Top { n: 0, heap: BinaryHeap::new(), records: 0 }
    }
}

impl<T: Ord> Top<T> {
    #[inline]
    fn push(&mut self, record: T) {
        self.records += 1;
        if self.heap.len() < self.n {
            self.heap.push((Reverse(record), self.records));
        } else if let Some(mut least) = self.heap.peek_mut()
            && record > least.0.0
        {
            *least = (Reverse(record), self.records);
        }
    }
}

impl<T: Ord + Send> Part for Top<T> {}

impl<T: Ord + Keep + Send + Sync> Gather for Top<T> {
    type Output = Rows<T>;

    fn gather(parts: Vec<Self>, _: &Workers) -> Rows<T> {
        let n = parts.iter().map(|part| part.n).max().unwrap_or(0);
        let sorted = parts.into_iter().flat_map(|part| part.heap.into_sorted_vec());
        let mut rows: Vec<T> = sorted.map(|(record, _)| record.0).collect();
        rows.sort_by(|a, b| b.cmp(a));
        rows.truncate(n);
        Rows::one_partition(rows)
    }
}

/// See [`DStream::top`](crate::DStream::top).
#[inline]
pub fn top<I: Iterator<Item = T>, T: Ord + Keep>(batch: I, part: &mut Top<T>, n: usize) {
    part.n = n;
    batch.for_each(|record| part.push(record));
}

/// The records of a batch that an operator takes as a whole, in order.
impl<T: Send> Gather for Vec<T> {
    type Output = Vec<T>;

    fn gather(parts: Vec<Self>, _: &Workers) -> Vec<T> {
        joined(parts)
    }
}

/// Collects the records of a stream, for operators that take a whole batch.
#[inline]
pub fn collect<I: Iterator<Item = T>, T>(batch: I, part: &mut Vec<T>) {
    part.extend(batch);
}

/// A worker's part of a stream that two stages share: its records, still in their partitions.
pub struct Kept<T> {
    rows: Vec<T>,
    /// Where the pieces of partitions begin: the partition, and its first row.
    pieces: Vec<(usize, usize)>,
    partitions: usize,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Kept { rows: Vec::new(), pieces: Vec::new(), partitions: 0 }
    }
}

impl<T: Send> Part for Kept<T> {
    fn size(&self) -> usize {
        self.rows.len()
    }
    fn reserve(&mut self, size: usize) {
        self.rows.reserve(size);
    }
    fn begin(&mut self, partition: usize, partitions: usize) {
        self.pieces.push((partition, self.rows.len()));
        self.partitions = partitions;
    }
}

impl<T: Send> Gather for Kept<T> {
    type Output = Rows<T>;

    fn gather(parts: Vec<Self>, _: &Workers) -> Rows<T> {
        let mut lengths = vec![0; parts.iter().map(|part| part.partitions).max().unwrap_or(0)];
        for part in &parts {
            let ends = part.pieces.iter().skip(1).map(|piece| piece.1).chain([part.rows.len()]);
            part.pieces.iter().zip(ends).for_each(|((partition, start), end)| lengths[*partition] += end - start);
        }
        Rows::with_lengths(joined(parts.into_iter().map(|part| part.rows).collect()), lengths)
    }
}

/// Keeps the records of a stream that two stages share.
#[inline]
pub fn keep<I: Iterator<Item = T>, T>(batch: I, part: &mut Kept<T>) {
    part.rows.extend(batch);
}
