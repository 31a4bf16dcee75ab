//! How a context is doing.

use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::listener::BatchInfo;
use crate::source::Input;
use crate::time::Time;

/// How a context is doing, as of its last batch: what `context.progress()` returns.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// Batches that were committed.
    pub batches: u64,
    /// Attempts at batches that failed.
    pub failures: u64,
    /// Batches that were given up, by `OnFailure::Skip`.
    pub skipped: u64,
    /// Records of all committed batches.
    pub records: u64,
    /// Records a second that came in during the last batch.
    pub input_rate: f64,
    /// The last batch.
    pub last_batch: BatchInfo,
    /// The input streams.
    pub streams: Vec<StreamProgress>,
}

impl Progress {
    /// How long the last batch waited for its processing to begin.
    pub fn scheduling_delay(&self) -> Duration {
        self.last_batch.scheduling_delay().unwrap_or_default()
    }
    /// How long the processing of the last batch took.
    pub fn processing_time(&self) -> Duration {
        self.last_batch.processing_delay().unwrap_or_default()
    }
    /// From the time the last batch became due to its end.
    pub fn total_delay(&self) -> Duration {
        self.last_batch.total_delay().unwrap_or_default()
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "batch {} | {} records | {:.0} records/s | scheduling delay {:?} | processing {:?} | total {:?}",
            self.batches,
            self.records,
            self.input_rate,
            self.scheduling_delay(),
            self.processing_time(),
            self.total_delay()
        )
    }
}

/// How an input stream is doing.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct StreamProgress {
    /// The stream's name.
    pub stream: Arc<str>,
    /// Its records in all committed batches.
    pub records: u64,
    /// Its records a second during the last batch.
    pub input_rate: f64,
    /// Records that were received and wait for a batch.
    pub pending: u64,
    /// Records that were ever received. Zero for a source that does not receive but reads, such as files.
    pub received: u64,
    /// Records that could not be decoded.
    pub bad_records: u64,
}

/// Keeps the progress up to date.
pub(crate) struct ProgressBoard {
    every: Duration,
    board: Mutex<Board>,
}

#[derive(Default)]
struct Board {
    progress: Progress,
    inputs: Vec<Arc<Input>>,
}

impl ProgressBoard {
    pub fn new(every: Duration) -> Self {
        ProgressBoard { every, board: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn add_input(&self, stream: &Arc<str>) -> Arc<Input> {
        let mut board = self.lock();
        let input = Arc::new(Input::default());
        board.inputs.push(Arc::clone(&input));
        board.progress.streams.push(StreamProgress { stream: Arc::clone(stream), ..StreamProgress::default() });
        input
    }

    pub fn count_failure(&self) {
        self.lock().progress.failures += 1;
    }

    pub fn count_skipped(&self) {
        self.lock().progress.skipped += 1;
    }

    pub fn complete(&self, batch: &BatchInfo) {
        let seconds = self.every.as_secs_f64();
        let mut board = self.lock();
        let progress = &mut board.progress;
        if batch.failure.is_none() {
            progress.batches += 1;
            progress.records += batch.records();
            for input in &batch.inputs {
                let stream = progress.streams.iter_mut().find(|stream| stream.stream == input.stream);
                if let Some(stream) = stream {
                    stream.records += input.records;
                    stream.input_rate = input.records as f64 / seconds;
                }
            }
        }
        progress.input_rate = batch.records() as f64 / seconds;
        progress.last_batch = batch.clone();
    }

    pub fn read(&self) -> Progress {
        let board = self.lock();
        let mut progress = board.progress.clone();
        for (stream, input) in progress.streams.iter_mut().zip(&board.inputs) {
            stream.pending = input.pending.load(Ordering::Acquire);
            stream.received = input.received.load(Ordering::Acquire);
            stream.bad_records = input.bad.load(Ordering::Acquire);
        }
        progress
    }

    #[allow(dead_code)]
    pub fn last_time(&self) -> Time {
        self.lock().progress.last_batch.batch_time
    }
}
