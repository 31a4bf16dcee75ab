//! The last batches of a stream, for programs that look at them while the pipeline runs.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::time::Time;

/// The last batches of a stream, which [`remember`](crate::DStream::remember) keeps for other parts of the program.
///
/// Clones share what they remember. A batch is there as soon as it is committed.
///
/// ```
/// use microbatch::prelude::*;
///
/// let last = Remembered::default();
/// let pipeline = stream!(every = 1s, |ssc| {
///     ssc.queue_stream([vec!['a'], vec!['b'], vec!['c'], vec!['d']]).remember(&last, 3s);
/// });
/// StreamingContext::new(pipeline).manual()?.advance(4)?;
/// let second = Time::from_millis(2000);
/// assert_eq!(last.slice(second, second), [(second, vec!['b'])]);
/// assert_eq!(last.slice(Time::ZERO, Time::from_millis(9000)).len(), 3, "the first one is gone");
/// # Ok::<(), microbatch::Error>(())
/// ```
pub struct Remembered<T> {
    batches: Arc<Mutex<Batches<T>>>,
}

/// In the order of their times.
type Batches<T> = VecDeque<(Time, Arc<Vec<T>>)>;

impl<T> Remembered<T> {
    /// Nothing yet.
    pub fn new() -> Self {
        Remembered { batches: Arc::default() }
    }

    /// The batches from the one at or before `from` to the one at or before `to`, both included: times between two batches
    /// count as the earlier one, as in Spark. Of what lies outside of what is remembered, there is nothing.
    pub fn slice(&self, from: Time, to: Time) -> Vec<(Time, Vec<T>)>
    where
        T: Clone,
    {
        let batches: Vec<(Time, Arc<Vec<T>>)> = {
            let batches = self.lock();
            let start = batches.partition_point(|(time, _)| *time <= from).saturating_sub(1);
            let end = batches.partition_point(|(time, _)| *time <= to);
            batches.range(start.min(end)..end).cloned().collect()
        };
        // Copied without the lock, so that the engine need not wait.
        batches.into_iter().map(|(time, records)| (time, records.to_vec())).collect()
    }

    /// The last batch.
    pub fn last(&self) -> Option<(Time, Vec<T>)>
    where
        T: Clone,
    {
        let last = self.lock().back().cloned();
        last.map(|(time, records)| (time, records.to_vec()))
    }

    pub(crate) fn push(&self, time: Time, records: Vec<T>, duration: Duration) {
        let mut batches = self.lock();
        // A batch that runs again takes the place of what it was.
        batches.retain(|(other, _)| *other != time);
        batches.push_back((time, Arc::new(records)));
        while batches.front().is_some_and(|(before, _)| *before + duration <= time) {
            batches.pop_front();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Batches<T>> {
        // No user code runs under the lock, so that a poisoned one is still whole.
        self.batches.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Default for Remembered<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Clone for Remembered<T> {
    fn clone(&self) -> Self {
        Remembered { batches: Arc::clone(&self.batches) }
    }
}

impl<T> fmt::Debug for Remembered<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remembered").field("batches", &self.lock().len()).finish()
    }
}
