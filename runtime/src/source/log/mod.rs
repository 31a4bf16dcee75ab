//! The write-ahead log of a receiver: what was received is on disk before the engine sees it.
//!
//! The log of a stream is a directory `log/<stream>` in the checkpoint directory, with segments `<number>.wal`. A segment has a
//! header (eight bytes that say what it is, and a version), a frame with its number and the shape of its blocks, and a frame
//! for each block: how much of the segment was durable when the block was written, the beginning of the interval in which it
//! arrived, its number of records, and the block as [`StoredBlock`](crate::StoredBlock) writes it. Frames are those of all
//! files of a checkpoint: length, CRC-32, payload.
//!
//! - The receivers' side is `LogWriter`. It has a segment only from its first block on, and begins a new one at every start, so
//!   that what an earlier run has left is only read. All segments but the last one are durable.
//! - `SharedLog` is what receivers and the engine have of it: a lock, and a thread that waits for the disk.
//! - The engine's side is `LogCursor`: which blocks the batches have had, which are left, and which segments can go.
//! - `segment.rs` has the format, and what is done about damage.

mod cursor;
#[cfg(test)]
mod power_tests;
mod segment;
mod shared;
#[cfg(test)]
mod tests;
#[cfg_attr(not(feature = "cli"), allow(dead_code))] // what the commands need
pub(crate) mod tools;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::Record;
use crate::checkpoint::Disk;
use crate::error::Result;
use crate::source::SourceContext;
use crate::source::report::Reporter;
use crate::stored::Malformed;

pub(crate) use cursor::{LogCursor, add};
pub(crate) use shared::SharedLog;
pub(crate) use writer::LogWriter;

/// When the blocks in the log of a receiver must have reached the disk: see
/// [`write_ahead_log_sync`](crate::StreamingContext::write_ahead_log_sync).
///
/// A kill of the process loses nothing of what was written, whatever the policy. The policies differ in what a loss of power
/// may take. A batch that is decided has all its blocks on disk in each of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum LogSync {
    /// Each block, before [`store_block`](crate::Intake::store_block) returns. A loss of power takes nothing that was
    /// acknowledged. The receiver waits for the disk with every block, which is slow if its blocks are small.
    EachBlock,
    /// When a block is written and the last time is so long ago, and when the batch of the block is decided. A loss of power
    /// may take the blocks of this time, also acknowledged ones, if no batch has them yet.
    Interval(Duration),
    /// When the batch of the blocks is decided: the disk is waited for once a batch, while its stages run. A loss of power may take the blocks that no
    /// batch has yet, also acknowledged ones. The default.
    #[default]
    AtBatch,
}

/// Where logs are, and whether receivers write them.
#[derive(Clone)]
pub(crate) struct LogOptions {
    /// The directory of all logs.
    pub directory: PathBuf,
    /// How to write; if it is `None`, only what an earlier run has left is read.
    pub write: Option<LogSync>,
    pub disk: Disk,
}

/// The directory of all logs in a checkpoint directory.
pub(crate) fn directory(checkpoints: &Path) -> PathBuf {
    checkpoints.join("log")
}

/// A place between two blocks of a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Record)]
pub(crate) struct Position {
    pub segment: u64,
    pub offset: u64,
}

/// Blocks of a segment that follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Record)]
pub(crate) struct Run {
    pub segment: u64,
    /// Where the first one begins.
    pub offset: u64,
    pub count: u64,
}

/// Where a block lies: its frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub segment: u64,
    pub offset: u64,
    pub end: u64,
}

/// A block that can go through a log.
pub(crate) trait LogBlock: Clone + Send + 'static {
    /// Appends it.
    fn store(&self, out: &mut Vec<u8>);

    /// Takes a block of so many records from the front of the bytes.
    fn load(from: &mut &[u8], records: u64) -> Result<Self, Malformed>;

    /// Its shape, as bytes.
    fn shape() -> Vec<u8>;
}

/// The log of a stream, if there is a checkpoint directory: what an earlier run has left, and the way in if it is written.
///
/// # Errors
/// When what an earlier run has left cannot be read.
pub(crate) fn open(
    context: &SourceContext,
    shape: Vec<u8>,
    reporter: &Arc<Reporter>,
) -> Result<Option<(LogCursor, Option<Arc<SharedLog>>)>> {
    let SourceContext { stream, input, options, .. } = context;
    let Some(options) = &options.log else { return Ok(None) };
    let cursor = LogCursor::open(options, stream, shape.clone(), input, reporter)?;
    let (dir, next) = cursor.end();
    let Some(policy) = options.write else { return Ok(Some((cursor, None))) };
    let writer = LogWriter::new(options.disk.clone(), dir.to_owned(), policy, shape, Arc::clone(input), next);
    let log = Arc::new(SharedLog::start(writer)?);
    // The log has the input, so the input does not have the log.
    let _ = input.log.set(Arc::downgrade(&log));
    Ok(Some((cursor, Some(log))))
}
