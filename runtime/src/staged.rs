//! Files that nobody sees before their batch is committed.

use std::path::{Path, PathBuf};

use crate::checkpoint::{Disk, publish_renames};
use crate::error::Result;

/// A file or directory under a hidden name, which gets its own when the batch is committed.
///
/// If it is dropped before, it goes.
pub struct Staged {
    disk: Disk,
    hidden: PathBuf,
    target: PathBuf,
    /// Perhaps the batch is committed: then the next start needs it.
    is_promised: bool,
}

impl Staged {
    /// What `hidden` holds is to become `target`. What is there then, from an earlier run of the batch, is replaced.
    pub(crate) fn new(disk: Disk, hidden: PathBuf, target: PathBuf) -> Self {
        Staged { disk, hidden, target, is_promised: false }
    }

    /// Where it is now.
    pub fn path(&self) -> &Path {
        &self.hidden
    }

    /// Where it is to be.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// Where it is, and where it is to be. From now on it is not removed: a commit that says it has failed may have come to
    /// the disk all the same.
    pub fn promise(&mut self) -> (PathBuf, PathBuf) {
        self.is_promised = true;
        (self.hidden.clone(), self.target.clone())
    }

    /// Takes its place.
    pub fn publish(mut self) -> Result<()> {
        let renames = self.promise();
        self.is_promised = false;
        publish_renames(&self.disk, &[renames])
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if !self.is_promised {
            // Nothing is lost if this fails: the next run removes it. After `publish` it is not here any more.
            let _ = self.disk.remove(&self.hidden);
        }
    }
}
