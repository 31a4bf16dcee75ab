//! What a store takes and gives.

use std::fmt;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use crate::time::Time;

/// How often `begin` and `commit` wait until the disk has what they wrote. Checkpoints always do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SyncPolicy {
    /// At every begin and commit: a batch that is done stays done, also when power is lost.
    #[default]
    EachBatch,
    /// At most so often. A kill of the process loses nothing; a loss of power loses the batches since then.
    Interval(Duration),
    /// Only with checkpoints. A kill of the process loses nothing; a loss of power loses the batches since the last one.
    Never,
}

/// How a batch's records of one source can be read again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Input {
    pub stream: String,
    /// The source's own words.
    pub bytes: Vec<u8>,
    pub records: u64,
}

/// A batch is decided: it has these records, whenever it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Begin {
    pub time: Time,
    pub every: Duration,
    pub inputs: Vec<Input>,
}

/// A batch is done, and what it staged is to be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Commit {
    pub time: Time,
    /// What is renamed: from, to. Files, or directories as a whole.
    pub publish: Vec<(PathBuf, PathBuf)>,
    /// The batch was given up: it changed nothing.
    pub skipped: bool,
}

/// Everything that a checkpoint holds.
pub(crate) struct Capture {
    pub time: Time,
    pub every: Duration,
    /// Where each source stands: stream, and the source's own words.
    pub positions: Vec<(String, Vec<u8>)>,
    /// States that are not among these are carried along as they are.
    pub states: Vec<StateCapture>,
    /// States that the user lets go for ever.
    pub dropped: Vec<String>,
}

/// What has changed of a state since the last capture.
pub(crate) struct StateCapture {
    pub name: String,
    /// The types, as bytes.
    pub shape: Vec<u8>,
    /// Empty; room for later versions.
    pub settings: Vec<u8>,
    pub entries: u64,
    /// Panes that end before this time are dead.
    pub cutoff: Option<Time>,
    /// The pieces of one kind in a capture are one version of it. A capture with a `Full` piece, which may be empty, replaces
    /// all that was saved before of this state, panes included. No pieces: nothing has changed.
    pub pieces: Vec<Piece>,
}

/// Some MiB of a state.
pub(crate) struct Piece {
    pub kind: PieceKind,
    /// Appends the bytes. Runs on the background thread.
    pub write: WritePiece,
}

/// Appends a piece's bytes.
pub(crate) type WritePiece = Box<dyn FnOnce(&mut Vec<u8>) + Send>;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum PieceKind {
    /// A part of the whole state.
    Full,
    /// What has changed since the capture before.
    Delta,
    /// A part of the pane that ends at this time. Replaces all earlier versions of the pane.
    Pane(Time),
}

/// What a directory held when it was opened.
#[derive(Debug)]
pub(crate) struct Recovered {
    /// The number of the checkpoint; 0 before the first.
    pub number: u64,
    /// The last batch that the states hold. Before the first checkpoint, the time before the first batch.
    pub time: Time,
    pub every: Duration,
    pub positions: Vec<(String, Vec<u8>)>,
    pub states: Vec<super::SavedState>,
    /// The batches after that, in order.
    pub batches: Vec<Journaled>,
    /// What was damaged, and what was done instead.
    pub warnings: Vec<String>,
}

/// A batch that the journal knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Journaled {
    pub begin: Begin,
    pub committed: bool,
    pub skipped: bool,
}

/// The last checkpoint that is whole on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CheckpointFigures {
    pub number: u64,
    /// The batch.
    pub time: Time,
    /// When it became whole.
    pub at: SystemTime,
    /// How long writing it took.
    pub took: Duration,
    /// What was written for it.
    pub bytes: u64,
    /// All state files together.
    pub disk: u64,
}

impl fmt::Debug for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Piece").field("kind", &self.kind).finish_non_exhaustive()
    }
}
