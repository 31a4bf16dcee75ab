//! A place in memory for the results of a stream.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::time::Time;

/// Collects the records of a stream, batch by batch: the output of tests, and of programs that look at results themselves.
///
/// Clones share what they collect. It grows with every batch; [`take`](Self::take) empties it.
///
/// ```
/// use microbatch::prelude::*;
///
/// let out = Collector::default();
/// let pipeline = stream!(every = 1s, |ssc| {
///     ssc.queue_stream([vec![1, 2], vec![3]]).map(|n| n * 10).collect_into(&out);
/// });
/// StreamingContext::new(pipeline).manual()?.advance(2)?;
/// assert_eq!(out.batches(), [(Time::from_millis(1000), vec![10, 20]), (Time::from_millis(2000), vec![30])]);
/// # Ok::<(), microbatch::Error>(())
/// ```
pub struct Collector<T> {
    batches: Arc<Mutex<Batches<T>>>,
}

/// What each batch put in, in the order of the batches.
type Batches<T> = Vec<(Time, Vec<T>)>;

impl<T> Collector<T> {
    /// An empty collector.
    pub fn new() -> Self {
        Collector { batches: Arc::default() }
    }

    /// A copy of all batches so far: one for each batch in which the stream was due, in order.
    pub fn batches(&self) -> Vec<(Time, Vec<T>)>
    where
        T: Clone,
    {
        self.lock().clone()
    }

    /// Takes all batches out.
    pub fn take(&self) -> Vec<(Time, Vec<T>)> {
        std::mem::take(&mut *self.lock())
    }

    pub(crate) fn push(&self, time: Time, records: Vec<T>, is_replay: bool) {
        let mut batches = self.lock();
        // A batch that runs again takes the place of what it was.
        match batches.iter().position(|(other, _)| is_replay && *other == time) {
            Some(position) => batches[position].1 = records,
            None => batches.push((time, records)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Batches<T>> {
        // No user code runs under the lock, so that a poisoned one is still whole.
        self.batches.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Default for Collector<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Clone for Collector<T> {
    fn clone(&self) -> Self {
        Collector { batches: Arc::clone(&self.batches) }
    }
}

impl<T: fmt::Debug> fmt::Debug for Collector<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Collector").field(&*self.lock()).finish()
    }
}
