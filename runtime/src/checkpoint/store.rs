//! A directory of checkpoints, open for writing.

use std::path::{Path, PathBuf};

use super::disk::Disk;
use super::types::{Begin, Capture, CheckpointFigures, Commit, Recovered, SyncPolicy};
use crate::error::{Error, Result};

/// A directory of checkpoints. It is locked for other processes as long as this lives.
pub(crate) struct Store {
    dir: PathBuf,
    disk: Disk,
}

/// What [`Store::open`] gives.
pub(crate) struct Opened {
    pub store: Store,
    /// None in a new directory, and as long as no batch has begun.
    pub recovered: Option<Recovered>,
}

impl Store {
    /// Creates the directory if needed, takes the lock, finishes the renames of committed batches, finds the newest checkpoint
    /// that is whole.
    pub fn open(dir: &Path, _pipeline: &str, disk: Disk) -> Result<Opened> {
        let store = Store { dir: dir.to_owned(), disk };
        Ok(Opened { store, recovered: None })
    }

    /// How often the journal is synced from now on.
    pub fn sync_policy(&mut self, _policy: SyncPolicy) {}

    /// Notes that the batch is decided. Beginning the same batch again, to run it again, is fine.
    pub fn begin(&mut self, _batch: &Begin) -> Result<()> {
        Ok(())
    }

    /// Notes that the batch is done: the commit point. The caller calls `publish` next.
    pub fn commit(&mut self, _commit: &Commit) -> Result<()> {
        Ok(())
    }

    /// Renames what a committed batch staged, so that it outlasts a loss of power. What is not there (any more) is left out.
    pub fn publish(&self, _commit: &Commit) -> Result<()> {
        Ok(())
    }

    /// Rolls the journal and hands the capture to the background thread; an earlier one is waited for. With `wait` it returns
    /// when the checkpoint is durable. After an error the store goes on; `needs_full` knows what is missing.
    pub fn checkpoint(&mut self, _capture: Capture, _wait: bool) -> Result<()> {
        Ok(())
    }

    /// Commits the batch by a checkpoint, for sources that cannot be read again: either both are durable or none.
    pub fn commit_by_checkpoint(&mut self, _commit: &Commit, _capture: Capture) -> Result<()> {
        Ok(())
    }

    /// Whether the background thread still writes a checkpoint.
    pub fn is_busy(&mut self) -> bool {
        false
    }

    /// A failure of the background thread since the last call, such as a full disk. The store goes on.
    pub fn failure(&mut self) -> Option<Error> {
        None
    }

    /// Whether the next capture of this state must be whole: a `Full` piece, and all panes of a window.
    pub fn needs_full(&self, _state: &str) -> bool {
        true
    }

    /// The last checkpoint that is whole on disk, of this process.
    pub fn last(&self) -> Option<CheckpointFigures> {
        None
    }

    /// Waits for the background thread.
    pub fn close(self) -> Result<()> {
        Ok(())
    }
}
