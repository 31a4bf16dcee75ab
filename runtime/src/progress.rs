//! How a context is doing.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::checkpoint::CheckpointFigures;
use crate::durable::Unclaimed;
use crate::error::Error;
use crate::listener::{BatchInfo, ReceiverInfo, StreamingListener};
use crate::source::Input;
use crate::time::Time;
use crate::transaction::StateSize;

/// How many batches [`Progress::recent`] looks back.
const RECENT: usize = 1000;

/// How a context is doing: what `context.progress()` returns.
///
/// ```
/// use microbatch::prelude::*;
///
/// let out = Collector::default();
/// let pipeline = stream!(every = 1s, |ssc| {
///     let numbers = ssc.queue_stream([vec![1, 2], vec![3, 4]]);
///     numbers.collect_into(&out);
/// });
/// let mut context = StreamingContext::new(pipeline).manual()?;
/// context.advance(2)?;
/// let progress = context.progress();
/// assert_eq!((progress.batches, progress.records), (2, 4));
/// assert_eq!(progress.streams[0].stream.as_ref(), "numbers");
/// assert_eq!(progress.recent.input_rate, 2.0);
/// # Ok::<(), microbatch::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// Batches that were committed.
    pub batches: u64,
    /// Batches whose time has come and that wait because an earlier one still runs. On manual time there are none.
    pub waiting_batches: u64,
    /// Attempts at batches that failed.
    pub failures: u64,
    /// Batches that were given up, by `OnFailure::Skip`.
    pub skipped: u64,
    /// Records of all committed batches.
    pub records: u64,
    /// Records a second that came in during the last batch.
    pub input_rate: f64,
    /// The last batch that has ended.
    pub last_batch: BatchInfo,
    /// The last 1000 batches that were committed.
    pub recent: Recent,
    /// The input streams.
    pub streams: Vec<StreamProgress>,
    /// What windows and stateful operators remember; on the wall clock it may be a second old.
    pub states: Vec<StateProgress>,
    /// The checkpoints, if there is a directory for them.
    pub checkpoint: Option<CheckpointProgress>,
    /// How often a listener has panicked.
    pub listener_panics: u64,
}

/// How a context keeps what it must not lose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckpointProgress {
    /// The last batch that is in a checkpoint of this run.
    pub time: Option<Time>,
    /// What the last checkpoint has written.
    pub bytes: u64,
    /// How long it was written, beside the batches.
    pub took: Duration,
    /// What all state files take on disk.
    pub disk: u64,
    /// Batches of an earlier run that had to run again when this one started.
    pub replays: u64,
    /// How many of them are still to run again.
    pub backlog: u64,
    /// Why the last checkpoint could not be made. Nothing is lost as long as batches are committed; the next one is tried.
    pub failure: Option<String>,
    /// Saved states that no operator has asked for. They are kept until `drop_state` lets them go.
    pub unclaimed: Vec<String>,
    /// Sources of an earlier run that the program does not have. How far they were read is kept until `drop_state` lets it go.
    pub unclaimed_sources: Vec<String>,
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
    /// Receivers that are receiving. A source that reads, such as a queue or a folder, has none.
    pub fn active_receivers(&self) -> u64 {
        self.streams.iter().map(|stream| stream.active_receivers).sum()
    }
    /// Records that could not be decoded, of all streams.
    pub fn bad_records(&self) -> u64 {
        self.streams.iter().map(|stream| stream.bad_records).sum()
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "batch {} | {} records | {:.0} records/s | scheduling delay {:.1?} | processing {:.1?} | total {:.1?}",
            self.batches,
            self.records,
            self.input_rate,
            self.scheduling_delay(),
            self.processing_time(),
            self.total_delay()
        )
    }
}

/// Figures over the last batches that were committed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Recent {
    /// How many batches these are.
    pub batches: u64,
    /// The average of records a second.
    pub input_rate: f64,
    /// How long batches waited for their processing to begin.
    pub scheduling_delay: Spread,
    /// How long the processing took.
    pub processing_time: Spread,
    /// From the time a batch became due to its end.
    pub total_delay: Spread,
}

/// How a duration is spread over batches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Spread {
    /// The arithmetic mean.
    pub average: Duration,
    /// Half of the batches took at most this long.
    pub median: Duration,
    /// 95 of 100 batches took at most this long.
    pub p95: Duration,
    /// 99 of 100 batches took at most this long.
    pub p99: Duration,
    /// The longest.
    pub max: Duration,
}

impl Spread {
    fn of(mut nanos: Vec<u64>) -> Self {
        nanos.sort_unstable();
        let Some(max) = nanos.last() else { return Spread::default() };
        // The smallest value that is not exceeded by the given share of all.
        let at = |percent: usize| Duration::from_nanos(nanos[(nanos.len() * percent).div_ceil(100) - 1]);
        let sum: u128 = nanos.iter().map(|nanos| u128::from(*nanos)).sum();
        Spread {
            average: Duration::from_nanos((sum / nanos.len() as u128) as u64),
            median: at(50),
            p95: at(95),
            p99: at(99),
            max: Duration::from_nanos(*max),
        }
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
    /// What its write-ahead log takes on disk.
    pub log_bytes: u64,
    /// Bytes that came before this run, or while the program was down, and that no batch has had yet. Batches take them in
    /// portions, so that memory does not grow with the time that a program was down.
    pub backlog: u64,
    /// Bytes of that backlog that batches have taken already.
    pub caught_up: u64,
    /// Receivers that are receiving.
    pub active_receivers: u64,
    /// The records a second that it may take in, if that is limited.
    pub rate_limit: Option<u64>,
    /// The last error of its receiver, if there was one.
    pub last_error: Option<String>,
    /// When that error happened.
    pub last_error_time: Option<Time>,
}

/// What a window or a stateful operator remembers: what grows if nothing ends it.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct StateProgress {
    /// The name of its stream, or the one that it was given.
    pub name: Arc<str>,
    /// How many keys, or records of a window without keys.
    pub entries: u64,
    /// The memory of its tables, without what keys and values hold elsewhere, such as the text of strings.
    pub bytes: u64,
    /// The time of its oldest entry, where times are kept: in windows, and in states with a timeout.
    pub oldest: Option<Time>,
    /// The interval of its checkpoints, if it was given one.
    pub checkpoint_interval: Option<Duration>,
}

/// Keeps the progress up to date.
pub(crate) struct ProgressBoard {
    every: Duration,
    board: Mutex<Board>,
    /// The time of the batch that began last, in nanoseconds.
    begun: AtomicU64,
}

#[derive(Default)]
struct Board {
    progress: Progress,
    inputs: Vec<Arc<Input>>,
    recent: VecDeque<Sample>,
}

/// A committed batch, as short as it can be kept. Durations in nanoseconds.
#[derive(Clone, Copy)]
struct Sample {
    records: u64,
    scheduling_delay: u64,
    processing_time: u64,
    total_delay: u64,
}

impl Sample {
    fn of(batch: &BatchInfo) -> Self {
        let nanos = |delay: Option<Duration>| delay.unwrap_or_default().as_nanos() as u64;
        Sample {
            records: batch.records(),
            scheduling_delay: nanos(batch.scheduling_delay()),
            processing_time: nanos(batch.processing_delay()),
            total_delay: nanos(batch.total_delay()),
        }
    }
}

impl Board {
    fn commit(&mut self, batch: &BatchInfo, seconds: f64) {
        let sample = Sample::of(batch);
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(sample);
        self.progress.batches += 1;
        self.progress.records += sample.records;
        for input in &batch.inputs {
            let stream = self.progress.streams.iter_mut().find(|stream| stream.stream == input.stream);
            if let Some(stream) = stream {
                stream.records += input.records;
                stream.input_rate = input.records as f64 / seconds;
            }
        }
    }
}

impl ProgressBoard {
    pub fn new(every: Duration) -> Self {
        ProgressBoard { every, board: Mutex::default(), begun: AtomicU64::new(u64::MAX) }
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

    /// False if there is one of this name.
    pub fn add_state(&self, state: StateProgress) -> bool {
        let mut board = self.lock();
        let is_new = board.progress.states.iter().all(|other| other.name != state.name);
        if is_new {
            board.progress.states.push(state);
        }
        is_new
    }

    /// The sizes of all states, in the order in which they were added.
    pub fn set_sizes(&self, sizes: impl Iterator<Item = StateSize>) {
        for (state, size) in self.lock().progress.states.iter_mut().zip(sizes) {
            (state.entries, state.bytes, state.oldest) = (size.entries, size.bytes, size.oldest);
        }
    }

    /// What an earlier run has left: batches to run again, and what nobody asks for.
    pub fn set_recovery(&self, backlog: usize, unclaimed: Unclaimed) {
        let (backlog, Unclaimed { states, sources }) = (backlog as u64, unclaimed);
        self.lock().progress.checkpoint = Some(CheckpointProgress {
            replays: backlog,
            backlog,
            unclaimed: states,
            unclaimed_sources: sources,
            ..CheckpointProgress::default()
        });
    }

    /// The checkpoints alone.
    #[cfg(feature = "cli")]
    pub fn checkpoint(&self) -> Option<CheckpointProgress> {
        self.lock().progress.checkpoint.clone()
    }

    pub fn set_checkpoint(&self, figures: Option<CheckpointFigures>, failure: Option<Error>, backlog: usize) {
        let mut board = self.lock();
        let Some(checkpoint) = &mut board.progress.checkpoint else { return };
        checkpoint.backlog = backlog as u64;
        if let Some(figures) = figures {
            if checkpoint.time != Some(figures.time) {
                checkpoint.failure = None;
            }
            checkpoint.time = Some(figures.time);
            (checkpoint.bytes, checkpoint.took, checkpoint.disk) = (figures.bytes, figures.took, figures.disk);
        }
        if let Some(error) = failure {
            checkpoint.failure = Some(error.to_string());
        }
    }

    pub fn count_failure(&self) {
        self.lock().progress.failures += 1;
    }

    pub fn count_skipped(&self) {
        self.lock().progress.skipped += 1;
    }

    pub fn begin(&self, time: Time) {
        self.begun.store(time.as_nanos(), Ordering::Relaxed);
    }

    pub fn complete(&self, batch: &BatchInfo) {
        let seconds = self.every.as_secs_f64();
        let mut board = self.lock();
        if batch.failure.is_none() {
            board.commit(batch, seconds);
        }
        board.progress.input_rate = batch.records() as f64 / seconds;
        board.progress.last_batch.clone_from(batch);
    }

    /// The progress as of `now`; `None` for `now` when no batch will run any more.
    pub fn read(&self, now: Option<Time>) -> Progress {
        let board = self.lock();
        let mut progress = board.progress.clone();
        let samples: Vec<Sample> = board.recent.iter().copied().collect();
        for (stream, input) in progress.streams.iter_mut().zip(&board.inputs) {
            stream.pending = input.pending.load(Ordering::Acquire);
            stream.received = input.received.load(Ordering::Acquire);
            stream.bad_records = input.bad.load(Ordering::Acquire);
            stream.log_bytes = input.log_bytes.load(Ordering::Relaxed);
            stream.backlog = input.backlog.left.load(Ordering::Relaxed);
            stream.caught_up = input.backlog.had.load(Ordering::Relaxed);
            stream.rate_limit = input.limit.rate();
            stream.active_receivers = input.receiving.load(Ordering::Acquire);
        }
        drop(board);
        progress.waiting_batches = now.map_or(0, |now| self.waiting(now));
        progress.recent = self.recent(&samples);
        progress
    }

    /// Batches that are due and have not begun.
    fn waiting(&self, now: Time) -> u64 {
        let begun = Time::from_nanos(self.begun.load(Ordering::Relaxed));
        (now.since(begun).as_nanos() / self.every.as_nanos().max(1)) as u64
    }

    fn recent(&self, samples: &[Sample]) -> Recent {
        let spread = |member: fn(&Sample) -> u64| Spread::of(samples.iter().map(member).collect());
        let records: u64 = samples.iter().map(|sample| sample.records).sum();
        let seconds = self.every.as_secs_f64() * samples.len().max(1) as f64;
        Recent {
            batches: samples.len() as u64,
            input_rate: records as f64 / seconds,
            scheduling_delay: spread(|sample| sample.scheduling_delay),
            processing_time: spread(|sample| sample.processing_time),
            total_delay: spread(|sample| sample.total_delay),
        }
    }

    fn note_error(&self, receiver: &ReceiverInfo) {
        let mut board = self.lock();
        let stream = board.progress.streams.iter_mut().find(|stream| stream.stream == receiver.stream);
        if let Some(stream) = stream
            && receiver.last_error.is_some()
        {
            stream.last_error.clone_from(&receiver.last_error);
            stream.last_error_time = receiver.last_error_time;
        }
    }
}

/// The board is the first listener of its context: receivers tell their errors to listeners alone.
impl StreamingListener for ProgressBoard {
    fn on_receiver_error(&self, receiver: &ReceiverInfo) {
        self.note_error(receiver);
    }
    fn on_receiver_stopped(&self, receiver: &ReceiverInfo) {
        self.note_error(receiver);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_that_of_its_values() {
        let spread = Spread::of((1..=200).rev().collect());
        let nanos = [spread.average, spread.median, spread.p95, spread.p99, spread.max].map(|value| value.as_nanos());
        assert_eq!(nanos, [100, 100, 190, 198, 200]);
        assert_eq!(Spread::of(vec![7]).p99.as_nanos(), 7);
        assert_eq!(Spread::of(vec![]), Spread::default());
    }

    #[test]
    fn a_batch_waits_from_its_time_until_it_begins() {
        let board = ProgressBoard::new(Duration::from_secs(1));
        let at = |millis| Some(Time::from_millis(millis));
        assert_eq!(board.read(at(9_000)).waiting_batches, 0, "nothing has begun");
        board.begin(Time::from_millis(10_000));
        assert_eq!(board.read(at(10_999)).waiting_batches, 0);
        assert_eq!(board.read(at(13_500)).waiting_batches, 3);
        assert_eq!(board.read(None).waiting_batches, 0);
    }

    #[test]
    fn the_last_thousand_batches_are_remembered() {
        let board = ProgressBoard::new(Duration::from_secs(1));
        for _ in 0..RECENT + 5 {
            board.complete(&BatchInfo::default());
        }
        let progress = board.read(None);
        assert_eq!((progress.batches, progress.recent.batches), (RECENT as u64 + 5, RECENT as u64));
    }
}
