//! Where records come from.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use crate::backpressure::Backpressure;
use crate::block::Block;
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::listener::Listeners;
use crate::signal::StopSignal;
use crate::source::limit::RateLimit;
use crate::source::log::SharedLog;
use crate::stored::{Malformed, Stored};
use crate::time::Time;

mod decode;
mod file;
mod glob;
mod inbox;
mod limit;
mod log;
mod queue;
mod rate;
mod receiver;
mod report;
mod socket;
mod stdin;
#[cfg(test)]
pub(crate) mod testing;
mod text;

pub use file::{BinaryBlock, FileOptions, FileSource, FixedLength, TextLines};
pub use log::LogSync;
#[cfg(feature = "cli")]
pub(crate) use log::tools as log_tools;
pub(crate) use log::{LogOptions, directory as log_directory};
pub use queue::QueueSource;
pub use rate::{Numbers, RateSource};
pub use receiver::{Intake, Receiver, ReceiverSource};
pub use socket::{SocketOptions, SocketSource};
pub use stdin::StdinSource;

/// A source of records: what `ssc.source(…)` takes.
///
/// The engine asks for the records of one batch after the other; it keeps them until the batch is committed, so that a batch
/// that fails runs again with the same records.
pub trait Source: Send {
    /// How the records are stored: `Vec<T>` for records of any type, [`TextBlock`](crate::TextBlock) for lines of text.
    type Block: Block;

    /// Called once, before the first batch. A source with threads of its own starts them here.
    ///
    /// # Errors
    /// What makes the source unusable from the start: the context does not start then.
    fn start(&mut self, context: &SourceContext) -> Result<()> {
        let _ = context;
        Ok(())
    }

    /// The blocks of the batch of `interval`: for a source that receives, what arrived before its end and was not given yet.
    ///
    /// # Errors
    /// What keeps the source from delivering this batch; the batch fails and follows the context's policy.
    fn batch(&mut self, interval: &Interval) -> Result<Vec<Arc<Self::Block>>>;

    /// Whether the records of a batch can be read again after a restart. Asked after [`start`](Self::start). A source that says
    /// so implements the methods below; of one that does not, a crash loses what was received and not yet committed, and with a
    /// checkpoint directory every batch is a checkpoint.
    fn is_replayable(&self) -> bool {
        false
    }

    /// Where the source stands after the last batch that it gave: what a later run needs to go on from there, in bytes of its
    /// own. Every checkpoint keeps it.
    fn position(&self) -> Vec<u8> {
        Vec::new()
    }

    /// Goes to a position that an earlier run has told. Called after [`start`](Self::start), before the first batch.
    ///
    /// # Errors
    /// When there is no such position any more: the context does not start then.
    fn seek(&mut self, position: &[u8]) -> Result<()> {
        let _ = position;
        Ok(())
    }

    /// What the batch that it gave last consists of: what [`batch_again`](Self::batch_again) needs to give the same records,
    /// in bytes of its own. Recorded before the batch has any effect.
    fn extent(&self) -> Vec<u8> {
        Vec::new()
    }

    /// As [`batch`](Self::batch), in a later run: the same records as those of a batch whose [`extent`](Self::extent) was
    /// recorded. Such batches come in their order, after [`seek`](Self::seek) and before all new ones.
    ///
    /// # Errors
    /// When the records cannot be read any more: the context stops, and nothing is lost.
    fn batch_again(&mut self, interval: &Interval, extent: &[u8]) -> Result<Vec<Arc<Self::Block>>> {
        let _ = (interval, extent);
        Ok(Vec::new())
    }

    /// Everything up to the batch of `time` is in a checkpoint: it will not be asked for again. A source may tell its sender.
    fn checkpointed(&mut self, time: Time) {
        let _ = time;
    }
}

/// A position or an extent in bytes.
pub(crate) fn stored<T: Stored>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    value.store(&mut bytes);
    bytes
}

/// A position or an extent from its bytes: all of them, for what is left over tells that another kind of source has written them.
pub(crate) fn loaded<T: Stored>(source: &str, mut bytes: &[u8]) -> Result<T> {
    let value = T::load(&mut bytes).and_then(|value| match bytes {
        [] => Ok(value),
        _ => Err(Malformed::new("they go on behind the value")),
    });
    value.map_err(|malformed| {
        Error::config(
            format!("the checkpoint has a position that `{source}` cannot read: {malformed}"),
            "was another source of this name there before? Give the stream another name, or start with another directory",
        )
    })
}

/// The span that a batch covers: from `start` up to and without `end`, which is the batch's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// The beginning; belongs to the batch.
    pub start: Time,
    /// The end; belongs to the next batch.
    pub end: Time,
}

/// What a source is told when it starts: its name, its clock, and how to hear of a stop.
#[derive(Clone)]
pub struct SourceContext {
    pub(crate) stream: Arc<str>,
    pub(crate) clock: Arc<Clock>,
    pub(crate) every: Duration,
    pub(crate) stop: Arc<StopSignal>,
    pub(crate) input: Arc<Input>,
    pub(crate) options: SourceOptions,
    pub(crate) listeners: Listeners,
}

/// The settings of the context that concern sources.
#[derive(Clone)]
pub(crate) struct SourceOptions {
    /// How many threads the stages run on, and may read files.
    pub workers: usize,
    /// How many full blocks may wait for the engine before a receiver is pushed back.
    pub buffered_blocks: usize,
    pub on_bad_record: crate::BadRecords,
    /// Records a second that a receiver takes in at most.
    pub max_rate: Option<u64>,
    pub backpressure: Option<Backpressure>,
    /// With a checkpoint directory: the logs of receivers.
    pub log: Option<LogOptions>,
}

/// What a full block holds at most, unless a single record is larger.
const FULL_BLOCK: u64 = 1 << 20;

impl SourceOptions {
    /// How many bytes may wait for the engine, in however few blocks.
    pub fn buffered_bytes(&self) -> u64 {
        FULL_BLOCK.saturating_mul(self.buffered_blocks as u64)
    }
}

impl SourceContext {
    /// The name of the stream that the source feeds.
    pub fn stream(&self) -> &str {
        &self.stream
    }

    /// The clock of the context.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The batch interval.
    pub fn every(&self) -> Duration {
        self.every
    }

    /// The context's request to stop. A source with threads ends them then, and keeps what it has received.
    pub fn stop(&self) -> &StopSignal {
        &self.stop
    }
}

/// What the engine and a source know of each other.
#[derive(Debug, Default)]
pub(crate) struct Input {
    /// Records that were received and not yet given to a batch.
    pub pending: AtomicU64,
    /// Records that were ever received.
    pub received: AtomicU64,
    /// Records that could not be decoded.
    pub bad: AtomicU64,
    /// Bytes of its log on disk.
    pub log_bytes: AtomicU64,
    /// Its log, if it has one that is written.
    pub log: OnceLock<Weak<SharedLog>>,
    /// An earlier run has left blocks in the log that no batch has had yet.
    pub unread: AtomicBool,
    /// What came before this run, or while a batch of it could not run, and is made up for bit by bit.
    pub backlog: Backlog,
    /// Threads of the source that may still receive.
    pub receiving: AtomicU64,
    /// The source will never have records again.
    pub ended: AtomicBool,
    /// How fast records may come.
    pub limit: RateLimit,
    /// The next batch is the last one: everything that is left belongs to it, whenever it arrived.
    pub closing: AtomicBool,
}

/// What a stream has to catch up with, in bytes.
#[derive(Debug, Default)]
pub(crate) struct Backlog {
    /// What no batch has had yet.
    pub left: AtomicU64,
    /// What batches of this run have had of it.
    pub had: AtomicU64,
}

impl Backlog {
    /// A batch has had some of it, and so much is left.
    pub fn note(&self, had: u64, left: u64) {
        self.had.fetch_add(had, Ordering::Relaxed);
        self.left.store(left, Ordering::Relaxed);
    }
}

impl Input {
    pub fn is_receiving(&self) -> bool {
        self.receiving.load(Ordering::Acquire) > 0
    }

    /// What batches were given is on disk then, if the source logs what it receives.
    ///
    /// # Errors
    /// When the disk refuses. Asking again tries it again.
    pub fn settle(&self) -> Result<()> {
        let log = self.log.get().and_then(Weak::upgrade);
        log.map_or(Ok(()), |log| log.settle())
    }

    pub fn is_drained(&self) -> bool {
        // In this order: who receives puts its last records before it says that it has ended.
        self.ended.load(Ordering::Acquire)
            && !self.is_receiving()
            && self.pending.load(Ordering::Acquire) == 0
            && !self.unread.load(Ordering::Acquire)
    }
}
