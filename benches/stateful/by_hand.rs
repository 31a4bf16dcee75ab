//! The programs that one would write by hand for the one job: one good table, a fast hash, values side by side, no framework.
//! On two threads each has the keys of one half of the hashes, for good, and finds its own records in the whole batch.
//!
//! They change what they keep in place and in the order of the records, sum up their result on the way instead of handing on
//! rows, and know that values are above 0. They do less than microbatch: a batch that fails cannot be taken back, nobody can
//! look at what is kept while a batch runs, and all panes of a window are turned over in one batch. None of that is charged to
//! them.

use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasher;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use foldhash::fast::FixedState;

use super::workloads::{Batch, Side, entry};

/// One thread's part of a job. Gives the sum over its entries.
pub trait Job: Send + 'static {
    fn batch(&mut self, records: &[(u64, u64)]) -> u64;
}

/// The job on so many threads. As with a context, none of them is the one that makes the batches.
pub fn side<J: Job>(workers: usize, job: impl Fn() -> J) -> Side {
    let threads: Vec<_> = (0..workers).map(|own| Thread::start(job(), own, workers)).collect();
    Box::new(move |batch| {
        threads.iter().for_each(|thread| thread.requests.send(Arc::clone(batch)).unwrap());
        threads.iter().fold(0, |sum, thread| thread.sums.recv().unwrap().wrapping_add(sum))
    })
}

struct Thread {
    requests: Sender<Batch>,
    sums: Receiver<u64>,
}

impl Thread {
    fn start(mut job: impl Job, own: usize, workers: usize) -> Thread {
        let ((requests, batches), (results, sums)) = (channel::<Batch>(), channel());
        thread::spawn(move || {
            let mut records = Vec::new();
            for batch in batches {
                let own_records = match workers {
                    1 => &**batch,
                    _ => select(&batch, own, workers, &mut records),
                };
                results.send(job.batch(own_records)).unwrap();
            }
        });
        Thread { requests, sums }
    }
}

/// The records of a thread's own keys, found without a branch that depends on the hash.
fn select<'a>(batch: &[(u64, u64)], own: usize, workers: usize, records: &'a mut Vec<(u64, u64)>) -> &'a [(u64, u64)] {
    records.resize(batch.len(), (0, 0));
    // The upper half of a hash as a part of 1, times the number of threads: no division.
    let thread_of = |hash: u64| (((hash >> 32) * workers as u64) >> 32) as usize;
    let (hasher, mut length) = (FixedState::with_seed(1), 0);
    for record in batch {
        records[length] = *record;
        length += usize::from(thread_of(hasher.hash_one(record.0)) == own);
    }
    &records[..length]
}

/// The number of each key, so that the rest can be kept side by side.
#[derive(Default)]
struct Numbers {
    of: HashMap<u64, u32, FixedState>,
    keys: Vec<u64>,
    free: Vec<u32>,
}

impl Numbers {
    #[inline]
    fn get(&mut self, key: u64) -> usize {
        *self.of.entry(key).or_insert_with(|| {
            if let Some(number) = self.free.pop() {
                self.keys[number as usize] = key;
                return number;
            }
            self.keys.push(key);
            self.keys.len() as u32 - 1
        }) as usize
    }

    fn remove(&mut self, number: usize) {
        self.of.remove(&self.keys[number]);
        self.free.push(number as u32);
    }
}

/// The value of a number that may be new.
fn at<T: Default>(values: &mut Vec<T>, number: usize) -> &mut T {
    if number == values.len() {
        values.push(T::default());
    }
    &mut values[number]
}

/// Counts, and the numbers of all records in the window.
pub struct Counts {
    numbers: Numbers,
    counts: Vec<u64>,
    panes: VecDeque<Vec<u32>>,
    length: usize,
}

impl Counts {
    pub fn new(length: usize) -> Self {
        Counts { numbers: Numbers::default(), counts: Vec::new(), panes: VecDeque::new(), length }
    }

    fn leave(&mut self, pane: &mut Vec<u32>) {
        for number in pane.drain(..) {
            let count = &mut self.counts[number as usize];
            *count -= 1;
            if *count == 0 {
                self.numbers.remove(number as usize);
            }
        }
    }
}

impl Job for Counts {
    fn batch(&mut self, records: &[(u64, u64)]) -> u64 {
        let mut pane = Vec::new();
        if self.panes.len() == self.length {
            pane = self.panes.pop_front().unwrap();
            self.leave(&mut pane);
        }
        for (key, _) in records {
            let number = self.numbers.get(*key);
            *at(&mut self.counts, number) += 1;
            pane.push(number as u32);
        }
        self.panes.push_back(pane);
        let counts = self.numbers.keys.iter().zip(&self.counts).filter(|(_, count)| **count > 0);
        counts.fold(0, |sum, (key, count)| entry(sum, *key, *count))
    }
}

/// Running sums.
#[derive(Default)]
pub struct Sums(HashMap<u64, u64, FixedState>);

impl Job for Sums {
    fn batch(&mut self, records: &[(u64, u64)]) -> u64 {
        records.iter().fold(0, |sum, (key, value)| {
            let total = self.0.entry(*key).or_default();
            *total += value;
            entry(sum, *key, *total)
        })
    }
}

/// Scores that lose an eighth in each batch. Keys stay.
#[derive(Default)]
pub struct Scores {
    numbers: Numbers,
    scores: Vec<u64>,
}

impl Job for Scores {
    fn batch(&mut self, records: &[(u64, u64)]) -> u64 {
        self.scores.iter_mut().for_each(|score| *score -= *score / 8);
        for (key, value) in records {
            let number = self.numbers.get(*key);
            *at(&mut self.scores, number) += value;
        }
        self.numbers.keys.iter().zip(&self.scores).fold(0, |sum, (key, score)| entry(sum, *key, *score))
    }
}

/// The greatest values by two stacks of panes, as for any associative function. A queue a key of the values that may still be the
/// greatest takes several times as long. Values are above 0.
pub struct Stacks {
    numbers: Numbers,
    records: Vec<u32>,
    /// The merge of all values in the front, and in the back; 0 if there are none.
    fronts: Vec<u64>,
    backs: Vec<u64>,
    panes: VecDeque<Pane>,
    /// How many panes are in the front.
    front: usize,
    length: usize,
}

/// In the back, numbers with their values. In the front, with the merge of all newer values in the front.
#[derive(Default)]
struct Pane {
    numbers: Vec<u32>,
    values: Vec<u64>,
}

impl Stacks {
    pub fn new(length: usize) -> Self {
        Stacks {
            numbers: Numbers::default(),
            records: Vec::new(),
            fronts: Vec::new(),
            backs: Vec::new(),
            panes: VecDeque::new(),
            front: 0,
            length,
        }
    }

    fn turn_over(&mut self) {
        self.fronts.fill(0);
        self.backs.fill(0);
        for pane in self.panes.iter_mut().rev() {
            for (number, value) in pane.numbers.iter().zip(&mut pane.values).rev() {
                let front = &mut self.fronts[*number as usize];
                let newer = *front;
                *front = newer.max(*value);
                *value = newer;
            }
        }
        self.front = self.panes.len();
    }

    fn leave(&mut self, pane: &mut Pane) {
        for (number, newer) in pane.numbers.drain(..).zip(pane.values.drain(..)) {
            let index = number as usize;
            self.fronts[index] = newer;
            self.records[index] -= 1;
            if self.records[index] == 0 {
                self.numbers.remove(index);
            }
        }
    }
}

impl Job for Stacks {
    fn batch(&mut self, records: &[(u64, u64)]) -> u64 {
        let mut pane = Pane::default();
        if self.panes.len() == self.length {
            if self.front == 0 {
                self.turn_over();
            }
            self.front -= 1;
            pane = self.panes.pop_front().unwrap();
            self.leave(&mut pane);
        }
        for (key, value) in records {
            let number = self.numbers.get(*key);
            let back = at(&mut self.backs, number);
            *back = (*back).max(*value);
            at(&mut self.fronts, number);
            *at(&mut self.records, number) += 1;
            pane.numbers.push(number as u32);
            pane.values.push(*value);
        }
        self.panes.push_back(pane);
        let mut sum = 0;
        for (number, key) in self.numbers.keys.iter().enumerate() {
            let greatest = self.fronts[number].max(self.backs[number]);
            if greatest > 0 {
                sum = entry(sum, *key, greatest);
            }
        }
        sum
    }
}
