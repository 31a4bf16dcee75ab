//! Running a stage: the fused chain of a dataset over all workers.
//!
//! A dataset is cut into one contiguous run of records a worker. Contiguous, because then whatever is merged in the order of
//! the workers is in the order of the records: results do not depend on how many workers there are.

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use crate::as_of::{self, CurrentBatch};
use crate::dataset::Dataset;
use crate::error::{Error, Result};
use crate::panics::Board;
use crate::pool::Helpers;
use crate::tuples::for_tuples;

pub(crate) use crate::panics::{Panicked, caught};

/// Below this many records in all, merging on one thread is faster than waking others.
const MERGE_GRAIN: usize = 4096;

/// The threads that stages run on: the engine's own thread, and one less than there are workers beside it.
pub struct Workers {
    /// The others.
    helpers: Option<Helpers>,
    /// The batch that the workers are at.
    batch: Arc<CurrentBatch>,
    panics: Board,
    count: usize,
    grain: Option<usize>,
}

impl Workers {
    /// Starts `count` workers. `grain` overrides the least weight that is worth a worker of its own.
    pub(crate) fn new(count: usize, grain: Option<usize>) -> Result<Self> {
        let (batch, panics) = (Arc::new(CurrentBatch::none()), Board::default());
        let helpers = (count > 1).then(|| {
            let (batch, panics) = (Arc::clone(&batch), panics.clone());
            Helpers::new(count - 1, move || {
                panics.join();
                as_of::join(&batch);
            })
        });
        let helpers = helpers.transpose().map_err(|error| {
            Error::config(
                format!("{count} worker threads cannot be started: {error}"),
                "ask for fewer with `workers(n)`",
            )
        })?;
        Ok(Workers { helpers, batch, panics, count, grain })
    }

    /// The batch that the workers are at.
    pub(crate) fn batch(&self) -> &Arc<CurrentBatch> {
        &self.batch
    }

    /// Whether so many records are merged faster by all workers than by one.
    pub(crate) fn is_worth_sharing(&self, records: usize) -> bool {
        self.count > 1 && records >= self.grain.unwrap_or(MERGE_GRAIN).max(1)
    }

    /// Applies `f` to each item, in parallel if there are enough `records`, keeping the order.
    pub(crate) fn map<T: Send, U: Send>(&self, items: Vec<T>, records: usize, f: impl Fn(T) -> U + Sync) -> Vec<U> {
        let tasks = items.len();
        let mut waiting = Vec::with_capacity(tasks);
        for item in items {
            waiting.push(Some(item));
        }
        let waiting = Mutex::new(waiting);
        self.collect(tasks, self.is_worth_sharing(records), |task| {
            let item = waiting.lock().unwrap_or_else(PoisonError::into_inner)[task].take();
            item.map(&f)
        })
    }

    /// Sorts `rows`, keeping the order of equal ones.
    pub(crate) fn sort_by<T: Send>(&self, rows: &mut [T], order: impl Fn(&T, &T) -> Ordering + Sync) {
        if self.is_worth_sharing(rows.len()) {
            let runs: Vec<&mut [T]> = rows.chunks_mut(rows.len().div_ceil(self.count)).collect();
            self.map(runs, usize::MAX, |run| run.sort_by(&order));
        }
        // The standard sort merges runs that are in order already.
        rows.sort_by(order);
    }

    /// What `work` gives for the numbers below `tasks`, in order.
    fn collect<U: Send>(&self, tasks: usize, in_parallel: bool, work: impl Fn(usize) -> Option<U> + Sync) -> Vec<U> {
        if tasks == 1 {
            let mut only = Vec::with_capacity(1);
            only.extend(work(0));
            return only;
        }
        // With loops: a third of what the adaptors would compile to.
        let mut results = Vec::with_capacity(tasks);
        for _ in 0..tasks {
            results.push(None);
        }
        let results = Mutex::new(results);
        self.each(tasks, in_parallel, &|task| {
            let result = work(task);
            results.lock().unwrap_or_else(PoisonError::into_inner)[task] = result;
        });
        let mut all = Vec::with_capacity(tasks);
        for result in results.into_inner().unwrap_or_else(PoisonError::into_inner) {
            all.extend(result);
        }
        all
    }

    /// Calls `work` for each number below `tasks`.
    fn each(&self, tasks: usize, in_parallel: bool, work: &(dyn Fn(usize) + Sync)) {
        match &self.helpers {
            Some(helpers) if in_parallel && tasks > 1 => self.panics.watch(|| helpers.each(tasks, work)),
            _ => (0..tasks).for_each(work),
        }
    }

    fn runs<D: Dataset>(&self, dataset: &D, whole_partitions: bool) -> Vec<Vec<Span>> {
        let mut weights = Vec::with_capacity(dataset.partitions());
        for partition in 0..dataset.partitions() {
            weights.push(dataset.weight(partition));
        }
        self.runs_of(&weights, dataset.grain(), whole_partitions)
    }

    /// A run for each worker that is worth it, at least one. Compiled once, and not for each dataset.
    fn runs_of(&self, weights: &[usize], grain: usize, whole_partitions: bool) -> Vec<Vec<Span>> {
        match self.worth(weights.iter().sum(), grain) {
            1 => vec![whole(weights, whole_partitions)],
            workers => cut(weights, workers, whole_partitions),
        }
    }

    /// How many workers records of this weight are worth.
    fn worth(&self, weight: usize, grain: usize) -> usize {
        if self.count == 1 {
            return 1;
        }
        self.count.min(weight / self.grain.unwrap_or(grain).max(1)).max(1)
    }
}

/// A part of a partition.
type Span = (usize, Range<usize>);

/// All partitions in one run, for one worker: without those that are empty, unless partitions matter.
fn whole(weights: &[usize], whole_partitions: bool) -> Vec<Span> {
    let belongs = |weight: usize| weight > 0 || whole_partitions;
    let mut run = Vec::with_capacity(weights.iter().filter(|weight| belongs(**weight)).count());
    for (partition, weight) in weights.iter().enumerate() {
        if belongs(*weight) {
            run.push((partition, 0..*weight));
        }
    }
    run
}

/// Cuts partitions into one run of spans a worker, equal in weight, in order. An empty partition is a span only where
/// partitions matter: an operator on whole partitions sees it as one without records.
fn cut(weights: &[usize], workers: usize, whole_partitions: bool) -> Vec<Vec<Span>> {
    let total: usize = weights.iter().sum();
    let mut runs = vec![Vec::new(); workers];
    let mut before = 0;
    for (partition, &weight) in weights.iter().enumerate() {
        if whole_partitions {
            let middle = before + weight / 2;
            let worker = (middle * workers).checked_div(total).unwrap_or(0).min(workers - 1);
            runs[worker].push((partition, 0..weight));
        } else {
            for (worker, run) in runs.iter_mut().enumerate() {
                let from = (total * worker / workers).clamp(before, before + weight);
                let to = (total * (worker + 1) / workers).clamp(before, before + weight);
                if from < to {
                    run.push((partition, from - before..to - before));
                }
            }
        }
        before += weight;
    }
    runs
}

/// What a stage leaves behind: one of these for each of its ends.
pub trait Gather: Sized {
    /// The gathered result.
    type Output;
    /// Merges the workers' parts, given in the order of their records.
    fn gather(parts: Vec<Self>, workers: &Workers) -> Self::Output;
}

/// One worker's part at one end of a stage. It is told how large such parts were in the batch before, so that it allocates
/// once and not while it grows; a part after a spike is therefore small again two batches later.
pub trait Part: Default + Send {
    /// How much the part holds, in units of its own.
    fn size(&self) -> usize {
        0
    }
    /// Makes room for as much.
    fn reserve(&mut self, size: usize) {
        let _ = size;
    }
    /// Tells to which of so many partitions the records belong that come next. A partition may come in several pieces.
    fn begin(&mut self, partition: usize, partitions: usize) {
        let _ = (partition, partitions);
    }
    /// Leaves nothing but the user's functions, if the part holds any.
    fn clear(&mut self) {
        *self = Self::default();
    }
}

/// Records that are collected.
impl<T: Send> Part for Vec<T> {
    fn size(&self) -> usize {
        self.len()
    }
    fn reserve(&mut self, size: usize) {
        Vec::reserve(self, size);
    }
}

/// The parts of one worker for all ends of a stage: a tuple.
pub trait Parts: Default + Send {
    /// The same as a tuple of vectors, one part a worker.
    type Columns;
    /// See [`Part::begin`].
    fn begin(&mut self, partition: usize, partitions: usize);
    /// Turns rows into columns.
    fn columns(rows: Vec<Self>) -> Self::Columns;
    /// Raises the next sizes to those of these parts.
    fn sizes(&self, sizes: &mut dyn FnMut(usize));
    /// Makes room in each part for the next size.
    fn reserve(&mut self, sizes: &mut dyn Iterator<Item = usize>);
    /// See [`Part::clear`].
    fn clear(&mut self);
}

/// How large the parts of a stage were, in the order of its ends; none at first.
pub type Sizes = Vec<usize>;

macro_rules! parts {
    ($(($($name:ident $index:tt),+))*) => {$(
        impl<$($name: Part),+> Parts for ($($name,)+) {
            type Columns = ($(Vec<$name>,)+);
            fn begin(&mut self, partition: usize, partitions: usize) {
                $(self.$index.begin(partition, partitions);)+
            }
            fn columns(rows: Vec<Self>) -> Self::Columns {
                let mut columns: Self::Columns = ($(Vec::<$name>::with_capacity(rows.len()),)+);
                for row in rows {
                    $(columns.$index.push(row.$index);)+
                }
                columns
            }
            fn sizes(&self, sizes: &mut dyn FnMut(usize)) {
                $(sizes(self.$index.size());)+
            }
            fn reserve(&mut self, sizes: &mut dyn Iterator<Item = usize>) {
                $(self.$index.reserve(sizes.next().unwrap_or(0));)+
            }
            fn clear(&mut self) {
                $(self.$index.clear();)+
            }
        }
    )*};
}

for_tuples!(parts);

/// The parts of a stage with more ends than a tuple has members: those of the first ones, and of the others.
#[derive(Default)]
pub struct More<A, B>(pub A, pub B);

impl<A: Parts, B: Parts> Parts for More<A, B> {
    type Columns = More<A::Columns, B::Columns>;
    fn begin(&mut self, partition: usize, partitions: usize) {
        self.0.begin(partition, partitions);
        self.1.begin(partition, partitions);
    }
    fn sizes(&self, sizes: &mut dyn FnMut(usize)) {
        self.0.sizes(sizes);
        self.1.sizes(sizes);
    }
    fn reserve(&mut self, sizes: &mut dyn Iterator<Item = usize>) {
        self.0.reserve(sizes);
        self.1.reserve(sizes);
    }
    fn clear(&mut self) {
        self.0.clear();
        self.1.clear();
    }
    fn columns(rows: Vec<Self>) -> Self::Columns {
        let (first, others) = rows.into_iter().map(|More(first, others)| (first, others)).unzip();
        More(A::columns(first), B::columns(others))
    }
}

/// How a stage goes over its dataset.
#[derive(Clone, Copy, Default)]
pub(crate) struct Pass {
    /// Partitions are not cut.
    pub whole_partitions: bool,
    /// Parts must hold the user's functions, also if there are no records.
    pub wants_functions: bool,
}

/// Runs the fused chain `work` over `dataset`, one run of records a worker.
pub(crate) fn run<'d, D: Dataset, P: Parts>(
    workers: &Workers,
    dataset: &'d D,
    pass: Pass,
    sizes: &mut Sizes,
    work: impl Fn(D::Views<'d>, &mut P) + Sync,
) -> Result<P::Columns, Panicked> {
    let (runs, partitions) = (workers.runs(dataset, pass.whole_partitions), dataset.partitions());
    let expected = &*sizes;
    let first_failure: Mutex<Option<(usize, Panicked)>> = Mutex::new(None);
    let one = |run: usize| {
        let parts = caught(|| {
            let mut parts = P::default();
            parts.reserve(&mut expected.iter().copied());
            if partitions > 0 {
                parts.begin(0, partitions); // in case that all of them are empty
            }
            for (partition, range) in &runs[run] {
                parts.begin(*partition, partitions);
                work(dataset.views(*partition, range.clone()), &mut parts);
            }
            if pass.wants_functions && runs[run].is_empty() {
                work(dataset.none(), &mut parts);
                parts.clear(); // an operator on whole partitions may have made records of nothing
                if partitions > 0 {
                    parts.begin(0, partitions);
                }
            }
            parts
        });
        parts.map_err(|panicked| note_failure(&first_failure, run, panicked)).ok()
    };
    let parts = workers.collect(runs.len(), true, one);
    if let Some((_, panicked)) = first_failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(panicked);
    }
    *sizes = largest(&parts);
    Ok(P::columns(parts))
}

/// Of several failures that of the first records is reported.
#[cold]
fn note_failure(first: &Mutex<Option<(usize, Panicked)>>, run: usize, panicked: Panicked) {
    let mut first = first.lock().unwrap_or_else(PoisonError::into_inner);
    if first.as_ref().is_none_or(|(before, _)| run < *before) {
        *first = Some((run, panicked));
    }
}

/// The size of the largest part at each end.
fn largest<P: Parts>(parts: &[P]) -> Sizes {
    let mut largest = Sizes::new();
    for parts in parts {
        let mut end = 0;
        parts.sizes(&mut |size| {
            match largest.get_mut(end) {
                Some(before) => *before = size.max(*before),
                None => largest.push(size),
            }
            end += 1;
        });
    }
    largest
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_covers_everything_once_and_in_order() {
        for workers in 1..=8 {
            for weights in [vec![], vec![0, 5, 0, 1, 9], vec![1; 3], vec![100]] {
                let covered: Vec<(usize, usize)> = cut(&weights, workers, false)
                    .into_iter()
                    .flatten()
                    .flat_map(|(partition, range)| range.map(move |at| (partition, at)))
                    .collect();
                let all: Vec<(usize, usize)> = weights
                    .iter()
                    .enumerate()
                    .flat_map(|(partition, &n)| (0..n).map(move |at| (partition, at)))
                    .collect();
                assert_eq!(covered, all);
            }
        }
    }

    #[test]
    fn each_task_is_done_once() {
        for (count, tasks) in [(1, 3), (2, 1), (2, 64), (8, 3), (8, 1000)] {
            let workers = Workers::new(count, Some(1)).unwrap();
            let done = workers.map((0..tasks).collect(), tasks, |task| task * 2);
            assert_eq!(done, (0..tasks).map(|task| task * 2).collect::<Vec<_>>());
        }
    }

    #[test]
    fn whole_partitions_are_neither_cut_nor_left_out() {
        for workers in 1..=8 {
            for weights in [vec![3, 1, 0, 2, 8], vec![0, 0], vec![0, 7, 0], vec![]] {
                let all: Vec<Span> = cut(&weights, workers, true).into_iter().flatten().collect();
                assert_eq!(all, weights.iter().map(|weight| 0..*weight).enumerate().collect::<Vec<_>>());
            }
        }
    }
}
