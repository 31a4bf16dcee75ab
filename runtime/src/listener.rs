//! Events of a running context, for those who want to watch it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::panics;
use crate::time::Time;

/// Called when something happens in a context: Spark's events, under Spark's names.
///
/// Every method does nothing unless you write it. They run on the engine's and the receivers' threads, so they should be
/// short. A panic in one is caught, harms neither the batch nor other listeners, and is counted in
/// [`Progress::listener_panics`](crate::Progress::listener_panics). A listener stops its context with a
/// [`StopHandle`](crate::StopHandle), which does not wait.
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use microbatch::prelude::*;
/// use microbatch::{BatchInfo, StreamingListener};
///
/// #[derive(Default)]
/// struct Records(AtomicU64);
///
/// impl StreamingListener for Records {
///     fn on_batch_completed(&self, batch: &BatchInfo) {
///         // One that has failed may come again.
///         if batch.failure.is_none() {
///             self.0.fetch_add(batch.records(), Ordering::Relaxed);
///         }
///     }
/// }
///
/// let records = Arc::new(Records::default());
/// let out = Collector::default();
/// let pipeline = stream!(every = 1s, |ssc| { ssc.queue_stream([vec![1, 2, 3]]).collect_into(&out); });
/// StreamingContext::new(pipeline).listener(records.clone()).manual()?.advance(1)?;
/// assert_eq!(records.0.load(Ordering::Relaxed), 3);
/// # Ok::<(), microbatch::Error>(())
/// ```
pub trait StreamingListener: Send + Sync {
    /// The context has started at `time`: its setup statements have run and its sources have started. Receivers' own events
    /// may come before.
    fn on_streaming_started(&self, time: Time) {
        let _ = time;
    }
    /// A receiver has started.
    fn on_receiver_started(&self, receiver: &ReceiverInfo) {
        let _ = receiver;
    }
    /// A receiver has reported an error; it goes on, or restarts.
    fn on_receiver_error(&self, receiver: &ReceiverInfo) {
        let _ = receiver;
    }
    /// A receiver has stopped.
    fn on_receiver_stopped(&self, receiver: &ReceiverInfo) {
        let _ = receiver;
    }
    /// The time of a batch has come. Its records are not counted yet.
    fn on_batch_submitted(&self, batch: &BatchInfo) {
        let _ = batch;
    }
    /// A batch is being processed.
    fn on_batch_started(&self, batch: &BatchInfo) {
        let _ = batch;
    }
    /// A batch is committed, was given up, or has failed and is kept: see [`BatchInfo::failure`]. A kept batch that runs again
    /// completes again; attempts that `OnFailure::Retry` repeats are not told.
    fn on_batch_completed(&self, batch: &BatchInfo) {
        let _ = batch;
    }
    /// A checkpoint could not be written; batches go on, and the next one is tried when it is due, or at the end.
    fn on_checkpoint_failed(&self, why: &str) {
        let _ = why;
    }
    /// An output operation begins.
    fn on_output_operation_started(&self, output: &OutputOperationInfo) {
        let _ = output;
    }
    /// An output operation has ended.
    fn on_output_operation_completed(&self, output: &OutputOperationInfo) {
        let _ = output;
    }
}

/// A batch, as far as it has come.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct BatchInfo {
    /// The batch's time.
    pub batch_time: Time,
    /// The records of each input stream in this batch.
    pub inputs: Vec<InputInfo>,
    /// When the batch became due.
    pub submission_time: Time,
    /// When its processing began.
    pub processing_start_time: Option<Time>,
    /// When its processing ended.
    pub processing_end_time: Option<Time>,
    /// Its output operations, in the order in which they ran; of one that was tried several times, the last attempt.
    pub output_operations: Vec<OutputOperationInfo>,
    /// Why the batch failed, if it did.
    pub failure: Option<String>,
    /// Whether the batch was begun by an earlier run of the program, and runs again after its end.
    pub is_replay: bool,
}

impl BatchInfo {
    /// The records of all input streams.
    pub fn records(&self) -> u64 {
        self.inputs.iter().map(|input| input.records).sum()
    }

    /// How long the batch waited for its processing to begin.
    pub fn scheduling_delay(&self) -> Option<Duration> {
        self.processing_start_time.map(|start| start.since(self.submission_time))
    }

    /// How long the processing took.
    pub fn processing_delay(&self) -> Option<Duration> {
        Some(self.processing_end_time?.since(self.processing_start_time?))
    }

    /// From the time the batch became due to the end of its processing.
    pub fn total_delay(&self) -> Option<Duration> {
        self.processing_end_time.map(|end| end.since(self.submission_time))
    }
}

/// The part of an input stream in a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InputInfo {
    /// The stream's name.
    pub stream: Arc<str>,
    /// How many of its records belong to the batch.
    pub records: u64,
}

/// An output operation in a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutputOperationInfo {
    /// The batch's time.
    pub batch_time: Time,
    /// The operation's number in its pipeline.
    pub id: usize,
    /// The stream and the operation.
    pub name: Arc<str>,
    /// When it began.
    pub start_time: Time,
    /// When it ended.
    pub end_time: Option<Time>,
    /// Why it failed, if it did.
    pub failure: Option<String>,
}

/// A receiver, as far as it has come.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReceiverInfo {
    /// The stream that it feeds.
    pub stream: Arc<str>,
    /// Whether it is receiving.
    pub active: bool,
    /// The last error, if there was one.
    pub last_error: Option<String>,
    /// When the last error happened.
    pub last_error_time: Option<Time>,
}

/// The listeners of a context.
#[derive(Clone, Default)]
pub(crate) struct Listeners(Arc<Told>);

type List = Arc<[Arc<dyn StreamingListener>]>;

#[derive(Default)]
struct Told {
    list: Mutex<List>,
    panics: AtomicU64,
}

impl Listeners {
    fn lock(&self) -> MutexGuard<'_, List> {
        self.0.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn add(&self, listener: Arc<dyn StreamingListener>) {
        let mut list = self.lock();
        *list = list.iter().cloned().chain([listener]).collect();
    }

    /// Returns whether the listener was there.
    pub fn remove(&self, listener: &Arc<dyn StreamingListener>) -> bool {
        let mut list = self.lock();
        let before = list.len();
        // By address alone: the same listener may have several vtables.
        let is_it = |other: &Arc<dyn StreamingListener>| std::ptr::addr_eq(Arc::as_ptr(other), Arc::as_ptr(listener));
        *list = list.iter().filter(|other| !is_it(other)).cloned().collect();
        list.len() < before
    }

    /// Tells every listener. They run without the lock, and a panic in one reaches neither the others nor the engine.
    pub fn tell(&self, event: impl Fn(&dyn StreamingListener)) {
        let list = Arc::clone(&*self.lock());
        for listener in &*list {
            if panics::caught(|| event(&**listener)).is_err() {
                self.0.panics.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// How often a listener has panicked.
    pub fn panics(&self) -> u64 {
        self.0.panics.load(Ordering::Relaxed)
    }
}
